/* SPDX-License-Identifier: MIT
 * Pulling: which stretch of time a pass asks for, and what comes between two passes. */
#include "collect/pull.h"

#include <stdlib.h>

#include "base/clock.h"
#include "collect/pull_private.h"
#include "json/json_reader.h"

#define SETTLED_S INT64_C(60)	 /* what started later may still be on its way into the list */
#define WHOLE_S	  INT64_C(86400) /* between two passes over all days of detail */
#define SILENCE_S 120
#define URL_MAX	  ((size_t)8192)

/* ---- who answers ---- */

/* Learns from the answer of GET /v1/account how long another callstep keeps detail. Without these
 * members it is not one. */
static bool read_account(struct pull *pull, struct text json)
{
	AUTO(arena_deinit) struct arena arena;
	struct json_reader reader;
	struct json_token name, value;
	bool has_version = false;
	int64_t days = -1;

	arena_init(&arena, FETCH_TEXT_MAX);
	json_reader_init(&reader, json, (struct json_position){1, 1});
	if (json_reader_next(&reader, &value, NULL) <= 0 || value.kind != JSON_OBJECT) {
		return false;
	}
	while (json_reader_next_member(&reader, &name, &value, NULL) > 0) {
		has_version |= json_token_is(&name, "version");
		if (json_token_is(&name, "detail_days") && value.kind == JSON_NUMBER) {
			(void)text_to_int64(value.raw, &days);
		}
		if (json_reader_skip(&reader, &value, NULL) < 0) {
			return false;
		}
	}
	if (!has_version || days < 0) {
		return false;
	}
	pull->is_callstep = true;
	pull->days_s = days * 86400;
	return true;
}

/* Asks once what answers there. The vendor's server has nothing at that path. */
static enum pull_asked learn(struct pull *pull, struct error *err)
{
	struct fetch_request request = {.last_event_id = -1};
	struct fetch_answer answer;
	enum pull_asked asked;

	pull_url_begin(pull, "/v1/account");
	request.url = pull_url_end(pull, err);
	if (!request.url) {
		return PULL_FAILED;
	}
	do {
		asked = pull_ask(pull, &request, &answer, err);
	} while (asked == PULL_AGAIN);
	if (asked == PULL_ANSWERED) {
		(void)read_account(pull, answer.text);
	} else if (asked == PULL_FAILED && (answer.status == 404 || answer.status == 405)) {
		asked = PULL_ANSWERED;
	}
	return asked == PULL_NOTHING ? PULL_ANSWERED : asked;
}

/* ---- a pass ---- */

static int64_t least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* From where a new pass asks. */
static int64_t choose_from(const struct pull *pull)
{
	const struct pull_state *state = &pull->state;
	int64_t days_from = pull->now - PULL_DAYS_S;

	if (state->covered == PULL_NEVER) {
		return days_from;
	}
	if (state->whole == PULL_NEVER || pull->now - state->whole >= WHOLE_S) {
		return least(days_from, state->covered - pull->options->overlap_s);
	}
	return state->covered - pull->options->overlap_s;
}

/* Goes on with the pass that was begun, or begins one; its end is now, by the server's clock.
 * @since negative: as the state says. */
static void begin_pass(struct pull *pull, int64_t since)
{
	struct pull_state *state = &pull->state;
	int64_t to = pull->is_callstep ? pull->now + 1 : pull->now - SETTLED_S;
	bool unfinished = state->at < state->to && (since < 0 || state->from <= since);

	if (!unfinished) {
		state->from = since >= 0 ? since : choose_from(pull);
		state->from = state->from < 0 ? 0 : state->from;
		state->at = state->from;
	}
	state->to = to > state->at ? to : state->at;
	pull->new_from = state->covered == PULL_NEVER ? INT64_MIN
						      : state->covered - pull->options->overlap_s;
	pull->limit = PULL_LIMIT_MAX;
	pull->report = (struct pull_report){.from = state->at, .to = state->to};
}

static int end_pass(struct pull *pull, struct error *err)
{
	struct pull_state *state = &pull->state;
	const struct pull_options *options = pull->options;

	/* A pass that began later than all before it leaves a gap between them. */
	if (state->covered == PULL_NEVER || state->from <= state->covered) {
		state->covered = state->to > state->covered ? state->to : state->covered;
	}
	if (state->from <= pull->now - PULL_DAYS_S + WHOLE_S) {
		state->whole = pull->now;
	}
	if (pull_commit(pull, err) < 0) {
		return -1;
	}
	return options->passed(options->context, &pull->report, err);
}

static enum pull_asked pass(struct pull *pull, int64_t since, struct error *err)
{
	struct error ignored;

	begin_pass(pull, since);
	while (pull->state.at < pull->state.to) {
		enum pull_asked asked = pull_next_window(pull, err);

		if (asked != PULL_ANSWERED) {
			/* What it came to is told all the same. */
			(void)!pull->options->passed(
				pull->options->context, &pull->report, &ignored);
			return asked;
		}
	}
	return end_pass(pull, err) < 0 ? PULL_FAILED : PULL_ANSWERED;
}

/* ---- following ---- */

static enum pull_asked follow_fuse(struct pull *pull, struct error *err)
{
	enum pull_asked asked = PULL_ANSWERED;

	while (asked == PULL_ANSWERED) {
		if (!pull_wait(pull, pull->options->every_s * 1000000)) {
			return PULL_STOPPED;
		}
		pull->now = clock_now_s();
		asked = learn(pull, err);
		if (asked == PULL_ANSWERED) {
			asked = pass(pull, -1, err);
		}
	}
	return asked;
}

/* A while of following is reported as a pass is. */
static enum pull_asked follow_while(struct pull *pull, struct error *err)
{
	enum pull_asked asked;

	pull->report = (struct pull_report){.from = PULL_NEVER, .to = PULL_NEVER};
	asked = pull_tail(pull, err);
	if (asked != PULL_FAILED &&
		pull->options->passed(pull->options->context, &pull->report, err) < 0) {
		return PULL_FAILED;
	}
	return asked;
}

static enum pull_asked follow_callstep(struct pull *pull, int64_t since, struct error *err)
{
	bool needs_pass =
		pull->state.event == PULL_NEVER || since >= 0 || pull->state.at < pull->state.to;
	enum pull_asked asked = PULL_AGAIN;

	while (asked == PULL_AGAIN || asked == PULL_NOTHING || asked == PULL_ANSWERED) {
		if (asked == PULL_NOTHING) {
			pull_tell(pull, "changes were missed: the last days are asked for again");
			pull->state.event = PULL_NEVER;
			pull->state.whole = PULL_NEVER;
			needs_pass = true;
		}
		if (pull->state.event == PULL_NEVER) {
			asked = pull_tail_begin(pull, err);
		} else if (needs_pass) {
			asked = pass(pull, since, err);
			needs_pass = asked != PULL_ANSWERED;
			since = -1;
		} else {
			asked = follow_while(pull, err);
		}
	}
	return asked;
}

static enum pull_asked run(struct pull *pull, struct error *err)
{
	const struct pull_options *options = pull->options;
	enum pull_asked asked = learn(pull, err);

	if (asked != PULL_ANSWERED) {
		return asked;
	}
	if (options->follow && pull->is_callstep) {
		return follow_callstep(pull, options->since, err);
	}
	asked = pass(pull, options->since, err);
	if (asked == PULL_ANSWERED && options->follow) {
		return follow_fuse(pull, err);
	}
	return asked;
}

static void pull_deinit(struct pull *pull)
{
	fetch_destroy(pull->fetch);
	buffer_deinit(&pull->url);
	free(pull->asked);
}

int pull_run(const struct pull_options *options, struct error *err)
{
	AUTO(pull_deinit)
	struct pull pull = {
		.options = options,
		.now = clock_now_s(),
		.days_s = PULL_DAYS_S,
		.limit = PULL_LIMIT_MAX,
		.width_s = PULL_WIDTH_S,
	};
	const struct fetch_options how = {
		.user = options->user,
		.secret = options->secret,
		.silence_s = SILENCE_S,
		.stopped = pull_is_stopped,
		.context = &pull,
	};

	buffer_init(&pull.url, URL_MAX);
	if (pull_state_load(&pull.state, options->state_path, options->whose, err) < 0 ||
		fetch_create(&pull.fetch, &how, err) < 0) {
		return -1;
	}
	return run(&pull, err) == PULL_FAILED ? -1 : 0;
}
