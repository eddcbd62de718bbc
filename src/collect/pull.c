/* SPDX-License-Identifier: MIT
 * Pulling: which stretch of time a pass asks for, and what comes between two passes. */
#include "collect/pull.h"

#include <stdlib.h>

#include "base/clock.h"
#include "collect/pull_private.h"
#include "json/json_find.h"

#define SETTLED_S INT64_C(60)	 /* what started later may still be on its way into the list */
#define WHOLE_S	  INT64_C(86400) /* between two passes over all days of detail */
#define URL_MAX	  ((size_t)8192)

/* ---- addresses ---- */

void pull_url_begin(struct pull *pull, const char *path)
{
	buffer_clear(&pull->url);
	buffer_append(&pull->url, text_of(pull->options->url));
	buffer_append(&pull->url, text_of(path));
}

const char *pull_url_end(struct pull *pull, struct error *err)
{
	buffer_append_byte(&pull->url, '\0');
	if (pull->url.failed) {
		error_set(err, ERROR_TOO_LARGE, "the address is too long");
		return NULL;
	}
	return pull->url.data;
}

/* ---- who answers ---- */

/* Learns from the answer of GET /v1/account how long another callstep keeps detail. Without these
 * members it is not one. */
static bool read_account(struct pull *pull, struct text json)
{
	int64_t days = json_find_integer(json, "detail_days", -1);

	if (days < 0 || json_find(json, "version").size == 0) {
		return false;
	}
	pull->is_callstep = true;
	pull->days_s = days * 86400;
	return true;
}

/* Asks once what answers there. The vendor's server has nothing at that path. */
static enum asked learn(struct pull *pull, struct error *err)
{
	struct fetch_answer answer = {0};
	const char *url;
	enum asked asked;

	pull_url_begin(pull, "/v1/account");
	url = pull_url_end(pull, err);
	asked = url ? asker_ask_text(&pull->asker, url, &answer, err) : ASKED_FAILED;
	if (asked == ASKED_ANSWERED) {
		(void)read_account(pull, answer.text);
	} else if (asked == ASKED_FAILED && (answer.status == 404 || answer.status == 405)) {
		asked = ASKED_ANSWERED;
	}
	return asked == ASKED_NOTHING ? ASKED_ANSWERED : asked;
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
	int64_t days_from = pull->asker.now - PULL_DAYS_S;

	if (state->covered == PULL_NEVER) {
		return days_from;
	}
	if (state->whole == PULL_NEVER || pull->asker.now - state->whole >= WHOLE_S) {
		return least(days_from, state->covered - pull->options->overlap_s);
	}
	return state->covered - pull->options->overlap_s;
}

/* Goes on with the pass that was begun, or begins one; its end is now, by the server's clock.
 * @since negative: as the state says. */
static void begin_pass(struct pull *pull, int64_t since)
{
	struct pull_state *state = &pull->state;
	int64_t to = pull->is_callstep ? pull->asker.now + 1 : pull->asker.now - SETTLED_S;
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
	if (state->from <= pull->asker.now - PULL_DAYS_S + WHOLE_S) {
		state->whole = pull->asker.now;
	}
	if (pull_commit(pull, err) < 0) {
		return -1;
	}
	return options->passed(options->context, &pull->report, err);
}

static enum asked pass(struct pull *pull, int64_t since, struct error *err)
{
	struct error ignored;

	begin_pass(pull, since);
	while (pull->state.at < pull->state.to) {
		enum asked asked = pull_next_window(pull, err);

		if (asked != ASKED_ANSWERED) {
			/* What it came to is told all the same. */
			(void)!pull->options->passed(
				pull->options->context, &pull->report, &ignored);
			return asked;
		}
	}
	return end_pass(pull, err) < 0 ? ASKED_FAILED : ASKED_ANSWERED;
}

/* ---- following ---- */

static enum asked follow_fuse(struct pull *pull, struct error *err)
{
	enum asked asked = ASKED_ANSWERED;

	while (asked == ASKED_ANSWERED) {
		if (!asker_wait(&pull->asker, pull->options->every_s * 1000000)) {
			return ASKED_STOPPED;
		}
		pull->asker.now = clock_now_s();
		asked = learn(pull, err);
		if (asked == ASKED_ANSWERED) {
			asked = pass(pull, -1, err);
		}
	}
	return asked;
}

/* A while of following is reported as a pass is. */
static enum asked follow_while(struct pull *pull, struct error *err)
{
	enum asked asked;

	pull->report = (struct pull_report){.from = PULL_NEVER, .to = PULL_NEVER};
	asked = pull_tail(pull, err);
	if (asked != ASKED_FAILED &&
		pull->options->passed(pull->options->context, &pull->report, err) < 0) {
		return ASKED_FAILED;
	}
	return asked;
}

static enum asked follow_callstep(struct pull *pull, int64_t since, struct error *err)
{
	bool needs_pass =
		pull->state.event == PULL_NEVER || since >= 0 || pull->state.at < pull->state.to;
	enum asked asked = ASKED_AGAIN;

	while (asked == ASKED_AGAIN || asked == ASKED_NOTHING || asked == ASKED_ANSWERED) {
		if (asked == ASKED_NOTHING) {
			asker_tell(&pull->asker,
				"changes were missed: the last days are asked for again");
			pull->state.event = PULL_NEVER;
			pull->state.whole = PULL_NEVER;
			needs_pass = true;
		}
		if (pull->state.event == PULL_NEVER) {
			asked = pull_tail_begin(pull, err);
		} else if (needs_pass) {
			asked = pass(pull, since, err);
			needs_pass = asked != ASKED_ANSWERED;
			since = -1;
		} else {
			asked = follow_while(pull, err);
		}
	}
	return asked;
}

static enum asked run(struct pull *pull, struct error *err)
{
	const struct pull_options *options = pull->options;
	enum asked asked = learn(pull, err);

	if (asked != ASKED_ANSWERED) {
		return asked;
	}
	if (options->follow && pull->is_callstep) {
		return follow_callstep(pull, options->since, err);
	}
	asked = pass(pull, options->since, err);
	if (asked == ASKED_ANSWERED && options->follow) {
		return follow_fuse(pull, err);
	}
	return asked;
}

static void pull_deinit(struct pull *pull)
{
	asker_deinit(&pull->asker);
	buffer_deinit(&pull->url);
	free(pull->asked);
}

int pull_run(const struct pull_options *options, struct error *err)
{
	AUTO(pull_deinit)
	struct pull pull = {
		.options = options,
		.days_s = PULL_DAYS_S,
		.limit = PULL_LIMIT_MAX,
		.width_s = PULL_WIDTH_S,
	};
	const struct asker_options how = {
		.name = options->url,
		.pace_ms = options->pace_ms,
		.for_ever = options->follow,
		.nothing_words = "call log not found",
		.denied_hint = ": look at --user and the secret",
		.stop_fd = options->stop_fd,
		.wait = options->wait,
		.tell = options->tell,
		.context = options->context,
	};

	buffer_init(&pull.url, URL_MAX);
	if (pull_state_load(&pull.state, options->state_path, options->whose, err) < 0 ||
		asker_init(&pull.asker, &how, options->user, options->secret, err) < 0) {
		return -1;
	}
	return run(&pull, err) == ASKED_FAILED ? -1 : 0;
}
