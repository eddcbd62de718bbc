/* SPDX-License-Identifier: MIT
 * Windows: asked for from the oldest on, as wide as one answer can hold, halved where it cannot. A
 * second with more calls than one answer holds is asked for page by page. */
#include <assert.h>
#include <stdlib.h>

#include "base/array.h"
#include "base/hash.h"
#include "collect/pull_private.h"
#include "intake/stream/splitter.h"

#define LIMIT_MIN     100
#define TRIES_MAX     3			 /* of a window in which not all calls came */
#define SECOND_MAX    ((size_t)10000000) /* calls of one second */
#define BARE_MAX      100		 /* calls of one window that are asked for once more */
#define BARE_SIZE_MAX ((size_t)16 << 20)
#define NEXT_MAX      1024 /* bytes of a cursor */
#define ANSWER_S      60

static const struct hash_key session_key = {{UINT64_C(0x63616c6c73746570), 1}};

/* One answer, and all answers of one window. */
struct window {
	struct pull *pull;
	struct splitter *splitter;
	struct fetch_answer answer;
	struct arena arena; /* of the call that is looked at */
	struct arena bare_arena;
	struct text bare[BARE_MAX]; /* calls that are asked for once more */
	size_t bare_count;
	uint64_t *sessions; /* hashes of those that came */
	size_t session_count;
	size_t session_capacity;
	int64_t total; /* negative: the answer does not say */
	size_t came;   /* calls of this answer */
	/* of another callstep: where this answer begins, and where the next one does */
	char cursor[NEXT_MAX];
	char next[NEXT_MAX];
	struct pull_report found; /* what is reported of the window, once it is done */
	struct error failure;	  /* within the splitter's callbacks */
};

/* ---- calls ---- */

static void add_bare(struct pull_report *report, uint64_t count, int64_t from, int64_t to)
{
	if (count > 0) {
		bool first = report->bare == 0;

		report->bare_from = first || from < report->bare_from ? from : report->bare_from;
		report->bare_to = first || to > report->bare_to ? to : report->bare_to;
		report->bare += count;
	}
}

/* An earlier pass asked for what started before, when its steps were there, or told it. */
static void note_bare(struct window *window, int64_t start)
{
	if (start >= window->pull->new_from) {
		add_bare(&window->found, 1, start, start);
	}
}

/* By the server's clock when it began to answer, and by what may have passed since then. */
static bool is_over_its_days(const struct window *window, int64_t start)
{
	const struct pull *pull = window->pull;
	int64_t now = window->answer.date >= 0 ? window->answer.date : pull->asker.now;

	return pull->days_s > 0 && start <= now + ANSWER_S - pull->days_s;
}

/* Whether @session was not asked for in this run yet; it then counts as asked for. */
static bool ask_once(struct pull *pull, struct text session)
{
	uint64_t hash = hash_text(&session_key, session);

	for (size_t i = 0; i < pull->asked_count; i++) {
		if (pull->asked[i] == hash) {
			return false;
		}
	}
	if (pull->asked_count >= PULL_ASKED_MAX ||
		!ARRAY_RESERVE(pull->asked, pull->asked_capacity, pull->asked_count + 1)) {
		return false;
	}
	pull->asked[pull->asked_count++] = hash;
	return true;
}

/* A call came without steps: it is asked for once more where they may be had. */
static void take_bare(struct window *window, struct text json, const struct pull_call *call)
{
	struct pull *pull = window->pull;
	struct text copy;

	if (is_over_its_days(window, call->start)) {
		note_bare(window, call->start);
		return;
	}
	if (!call->has_log || pull->is_callstep) {
		return;
	}
	if (window->bare_count == BARE_MAX) {
		note_bare(window, call->start);
		return;
	}
	copy = arena_copy(&window->bare_arena, json);
	if (copy.data) {
		window->bare[window->bare_count++] = copy;
	} else {
		note_bare(window, call->start);
	}
}

static int note_session(struct window *window, struct text session_id, struct error *err)
{
	if (window->session_count >= SECOND_MAX) {
		return error_set(
			err, ERROR_TOO_LARGE, "more than %zu calls of one second came", SECOND_MAX);
	}
	if (!ARRAY_RESERVE(window->sessions, window->session_capacity, window->session_count + 1)) {
		return error_no_memory(err);
	}
	window->sessions[window->session_count++] = hash_text(&session_key, session_id);
	return 0;
}

static int hand_on(
	struct window *window, struct text json, const struct pull_call *call, struct error *err)
{
	const struct pull_sink *sink = &window->pull->options->sink;
	AUTO(buffer_deinit) struct buffer line = {0};

	if (!call->live) {
		return sink->call(sink->context, json, err);
	}
	buffer_init(&line, 4 * window->pull->options->call_size_max);
	if (pull_call_live(json, &window->arena, &line, err) < 0) {
		/* The sink tells what is wrong with it. */
		return sink->call(sink->context, json, err);
	}
	return sink->event(sink->context, buffer_text(&line), err);
}

static void take_call(void *context, struct text json, struct json_position position, uint64_t line)
{
	struct window *window = context;
	struct error *err = &window->failure;
	struct pull_call call = {.start = -1};

	(void)position;
	(void)line;
	if (err->code != ERROR_NONE) {
		return;
	}
	window->came++;
	arena_deinit(&window->arena);
	if (pull_call_look(json, &window->arena, &call, NULL) == 0 && call.session_id.size > 0 &&
		!call.has_detail && !call.live) {
		take_bare(window, json, &call);
	}
	if (note_session(window, call.session_id, err) == 0) {
		(void)!hand_on(window, json, &call, err);
	}
}

static void take_reject(void *context, uint64_t line, struct text session_id, const char *error)
{
	struct window *window = context;

	asker_tell(&window->pull->asker, "call %llu of the answer ('%.*s') is not taken: %s",
		(unsigned long long)line, TEXT_ARG(session_id), error);
	window->came++;
	window->found.taken.rejected++;
	(void)!note_session(window, session_id, &window->failure);
}

static void take_member(void *context, struct text name, struct text value)
{
	struct window *window = context;
	int64_t total;

	if (text_equal_string(name, "total_calls") && text_to_int64(value, &total)) {
		window->total = total;
	} else if (text_equal_string(name, "next") && value.size > 2 && value.data[0] == '"' &&
		   value.size - 2 < sizeof(window->next)) {
		memcpy(window->next, value.data + 1, value.size - 2);
		window->next[value.size - 2] = '\0';
	}
}

/* ---- one answer ---- */

static int take_data(void *context, struct text data, struct error *err)
{
	struct window *window = context;

	if (splitter_feed(window->splitter, data, err) < 0) {
		return -1;
	}
	if (window->failure.code != ERROR_NONE) {
		return error_set(err, window->failure.code, "%s", window->failure.message);
	}
	return 0;
}

static void write_url(struct pull *pull, const struct window *window, int64_t from, int64_t to)
{
	struct buffer *url = &pull->url;
	const char *number = pull->options->number;

	if (pull->is_callstep) {
		pull_url_begin(pull, "/v1/calls");
		buffer_printf(url, "?detail=true&start=%lld&end=%lld&limit=%lld", (long long)from,
			(long long)to, (long long)pull->limit);
	} else {
		pull_url_begin(pull, "/api/all_logs/");
		buffer_printf(url, "%lld/%lld?limit=%lld", (long long)from, (long long)to,
			(long long)pull->limit);
	}
	if (number) {
		buffer_append(url, text_of(pull->is_callstep ? "&dest=" : "&number="));
		fetch_append_encoded(url, text_of(number));
	}
	if (window->cursor[0]) {
		buffer_append(url, TEXT("&cursor="));
		fetch_append_encoded(url, text_of(window->cursor));
	} else if (window->session_count > 0) {
		buffer_printf(url, "&offset=%zu", window->session_count);
	}
}

static int begin_answer(struct window *window, struct error *err)
{
	const struct call_sink sink = {
		.call = take_call,
		.reject = take_reject,
		.member = take_member,
		.context = window,
		.call_size_max = window->pull->options->call_size_max,
	};

	splitter_destroy(window->splitter);
	window->splitter = NULL;
	window->total = -1;
	window->came = 0;
	window->next[0] = '\0';
	window->failure = (struct error){0};
	return splitter_create(&window->splitter, STREAM_DOCUMENT, &sink, err);
}

/* An answer that is cut off or is not JSON is asked for again; the sink has what was whole. */
static enum asked end_answer(struct window *window, struct error *err)
{
	struct error said;

	if (splitter_end(window->splitter, false, &said) < 0) {
		error_set(err, said.code, "the answer of '%s': %s", window->pull->options->url,
			said.message);
		return ASKED_FAILED;
	}
	if (window->failure.code != ERROR_NONE) {
		*err = window->failure;
		return ASKED_FAILED;
	}
	if (window->total < 0) {
		error_set(err, ERROR_INVALID,
			"the answer of '%s' is not a list of calls: it has no 'total_calls'",
			window->pull->options->url);
		return ASKED_FAILED;
	}
	return ASKED_ANSWERED;
}

/* Asks for the calls of a window that follow those which came. */
static enum asked ask_answer(struct window *window, int64_t from, int64_t to, struct error *err)
{
	struct pull *pull = window->pull;
	struct fetch_request request = {.last_event_id = -1, .data = take_data, .context = window};
	const size_t sessions_before = window->session_count, bare_before = window->bare_count;
	const struct pull_report found_before = window->found;
	enum asked asked;

	write_url(pull, window, from, to);
	request.url = pull_url_end(pull, err);
	if (!request.url || begin_answer(window, err) < 0) {
		return ASKED_FAILED;
	}
	asked = asker_ask(&pull->asker, &request, &window->answer, err);
	if (window->answer.status == 500) {
		pull->limit = pull->limit / 4 < LIMIT_MIN ? LIMIT_MIN : pull->limit / 4;
	}
	if (asked == ASKED_AGAIN) {
		window->session_count = sessions_before;
		window->bare_count = bare_before;
		window->found = found_before;
	}
	return asked == ASKED_ANSWERED ? end_answer(window, err) : asked;
}

/* ---- calls that are asked for once more ---- */

static enum asked ask_single(struct window *window, struct text json, struct error *err)
{
	struct pull *pull = window->pull;
	const struct pull_sink *sink = &pull->options->sink;
	AUTO(buffer_deinit) struct buffer whole = {0};
	struct fetch_answer answer = {0};
	struct pull_call call;
	const char *url;
	enum asked asked;

	arena_deinit(&window->arena);
	if (pull_call_look(json, &window->arena, &call, err) < 0) {
		return ASKED_FAILED;
	}
	if (!ask_once(pull, call.session_id)) {
		return ASKED_ANSWERED;
	}
	pull_url_begin(pull, "/api/call/");
	fetch_append_encoded(&pull->url, call.session_id);
	url = pull_url_end(pull, err);
	asked = url ? asker_ask_text(&pull->asker, url, &answer, err) : ASKED_FAILED;
	if (asked != ASKED_ANSWERED) {
		note_bare(window, call.start);
		return answer.text_cut ? ASKED_ANSWERED : asked;
	}
	buffer_init(&whole, 2 * FETCH_TEXT_MAX);
	if (pull_call_complete(json, answer.text, &window->arena, &whole, NULL) < 0) {
		note_bare(window, call.start);
		return ASKED_ANSWERED;
	}
	return sink->call(sink->context, buffer_text(&whole), err) < 0 ? ASKED_FAILED
								       : ASKED_ANSWERED;
}

static enum asked ask_singles(struct window *window, struct error *err)
{
	for (size_t i = 0; i < window->bare_count; i++) {
		enum asked asked = ask_single(window, window->bare[i], err);

		if (asked == ASKED_FAILED || asked == ASKED_STOPPED) {
			return asked;
		}
	}
	return ASKED_ANSWERED;
}

/* ---- a window ---- */

static int compare_hashes(const void *left, const void *right)
{
	uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;

	return a < b ? -1 : a > b;
}

/* How many different sessions came. */
static int64_t count_sessions(struct window *window)
{
	int64_t count = 0;

	if (window->session_count > 0) {
		qsort(window->sessions, window->session_count, sizeof(*window->sessions),
			compare_hashes);
	}
	for (size_t i = 0; i < window->session_count; i++) {
		count += i == 0 || window->sessions[i] != window->sessions[i - 1];
	}
	return count;
}

static void window_deinit(struct window *window)
{
	splitter_destroy(window->splitter);
	arena_deinit(&window->arena);
	arena_deinit(&window->bare_arena);
	free(window->sessions);
}

/* Asks for the further pages of a window. */
static enum asked ask_rest(struct window *window, int64_t from, int64_t to, struct error *err)
{
	enum asked asked = ASKED_ANSWERED;

	while ((int64_t)window->session_count < window->total && window->came > 0 &&
		(!window->pull->is_callstep || window->next[0])) {
		memcpy(window->cursor, window->next, sizeof(window->cursor));
		do {
			asked = ask_answer(window, from, to, err);
		} while (asked == ASKED_AGAIN);
		if (asked != ASKED_ANSWERED) {
			return asked == ASKED_NOTHING ? ASKED_ANSWERED : asked;
		}
	}
	return asked;
}

/* All of the window came: what was found is reported, and the next one may be wider. */
static void end_window(struct pull *pull, const struct window *window)
{
	const struct pull_report *found = &window->found;

	add_bare(&pull->report, found->bare, found->bare_from, found->bare_to);
	pull->report.taken.rejected += found->taken.rejected;
	if (window->total <= pull->limit / 4 && pull->width_s < PULL_WIDTH_MAX_S) {
		pull->width_s *= 2;
	}
}

/* Asks for a window once. *@ret_fits is unset where it must be halved; *@ret_whole where not all
 * calls came. */
static enum asked ask_window(struct pull *pull, int64_t from, int64_t to, bool *ret_fits,
	bool *ret_whole, struct error *err)
{
	AUTO(window_deinit) struct window window = {.pull = pull};
	enum asked asked;

	arena_init(&window.arena, 16 * pull->options->call_size_max);
	arena_init(&window.bare_arena, BARE_SIZE_MAX);
	*ret_fits = true;
	*ret_whole = true;
	do {
		asked = ask_answer(&window, from, to, err);
	} while (asked == ASKED_AGAIN);
	if (asked == ASKED_ANSWERED && window.total > pull->limit && to - from > 1) {
		*ret_fits = false;
		return ASKED_ANSWERED;
	}
	if (asked == ASKED_ANSWERED) {
		asked = ask_rest(&window, from, to, err);
	}
	if (asked == ASKED_ANSWERED) {
		asked = ask_singles(&window, err);
		*ret_whole = count_sessions(&window) == window.total;
	}
	asked = asked == ASKED_NOTHING ? ASKED_ANSWERED : asked;
	if (asked == ASKED_ANSWERED && *ret_whole) {
		end_window(pull, &window);
	}
	return asked;
}

int pull_commit(struct pull *pull, struct error *err)
{
	const struct pull_options *options = pull->options;

	if (options->sink.commit(options->sink.context, &pull->report.taken, err) < 0) {
		return -1;
	}
	return pull_state_save(&pull->state, options->state_path, options->whose, err);
}

/* What was asked for is durable before the state says that it is. */
static enum asked take_window(struct pull *pull, int64_t to, struct error *err)
{
	pull->state.at = to;
	return pull_commit(pull, err) < 0 ? ASKED_FAILED : ASKED_ANSWERED;
}

enum asked pull_next_window(struct pull *pull, struct error *err)
{
	int64_t from = pull->state.at, to = from + pull->width_s;
	bool fits = true, whole = false;
	enum asked asked = ASKED_ANSWERED;

	assert(from < pull->state.to);
	to = to < pull->state.to ? to : pull->state.to;
	for (int tries = 0; tries < TRIES_MAX && fits && !whole; tries++) {
		asked = ask_window(pull, from, to, &fits, &whole, err);
		if (asked != ASKED_ANSWERED) {
			return asked;
		}
	}
	if (!fits) {
		pull->width_s = (to - from) / 2;
		return ASKED_ANSWERED;
	}
	if (!whole) {
		pull->report.short_windows++;
		asker_tell(&pull->asker,
			"not all calls that started from %lld to %lld came, in %d tries: "
			"ask again by --since %lld",
			(long long)from, (long long)to, TRIES_MAX, (long long)from);
	}
	return take_window(pull, to, err);
}
