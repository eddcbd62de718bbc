/* SPDX-License-Identifier: MIT
 * Hooks as users give and see them. */
#include "hook/hook.h"

#include <sodium.h>

#include "base/array.h"
#include "base/suggest.h"
#include "json/json_writer.h"

#define FILTER_MEMORY_MAX ((size_t)1 << 20)
#define MORE_THAN_MAX	  INT64_C(1000000000)
#define WINDOW_MIN_S	  INT64_C(60)
#define WINDOW_MAX_S	  INT64_C(86400)
#define TIMES_MAX	  INT64_C(1000)

const char *const hook_event_names[4] = {"begins", "ends", "step", "threshold"};
const char *const hook_state_names[4] = {"on", "off", "paused", "gone"};

static const char *const kind_names[HOOK_KINDS] = {"call.began", "call.ended", "call.step",
	"threshold.reached", "threshold.over", "gap", "test"};

const char *hook_kind_name(int64_t kind)
{
	return kind >= 0 && kind < HOOK_KINDS ? kind_names[kind] : "unknown";
}

static int find(const char *const *names, size_t count, struct text name)
{
	for (size_t i = 0; i < count; i++) {
		if (text_equal_string(name, names[i])) {
			return (int)i;
		}
	}
	return -1;
}

int hook_event_find(struct text name)
{
	return find(hook_event_names, COUNT_OF(hook_event_names), name);
}

int hook_state_find(struct text name)
{
	return find(hook_state_names, COUNT_OF(hook_state_names), name);
}

int hook_make(struct store_hook *ret_hook, int64_t account_id, int64_t place, int64_t now,
	struct error *err)
{
	if (sodium_init() < 0) {
		return error_set(
			err, ERROR_SYSTEM, "cannot make a secret: no source of randomness");
	}
	*ret_hook = (struct store_hook){
		.account_id = account_id,
		.name = TEXT(""),
		.url = TEXT(""),
		.filter = TEXT(""),
		.event = STORE_HOOK_ENDS,
		.created = now,
		.course = {.place = place},
	};
	randombytes_buf(ret_hook->secret, sizeof(ret_hook->secret));
	return 0;
}

const char *hook_secret_format(const struct store_hook *hook, char buffer[HOOK_SECRET_TEXT_SIZE])
{
	const size_t prefix = sizeof("whsec_") - 1;

	memcpy(buffer, "whsec_", prefix);
	sodium_bin2base64(buffer + prefix, HOOK_SECRET_TEXT_SIZE - prefix, hook->secret,
		sizeof(hook->secret), sodium_base64_VARIANT_ORIGINAL);
	return buffer;
}

/* ---- the filter ---- */

static int unknown(struct text name, struct error *err)
{
	struct suggestion near = {.word = name, .distance = SIZE_MAX};

	for (size_t i = 0; filter_parameters[i]; i++) {
		suggest_consider(&near, filter_parameters[i]);
	}
	return near.found.data ? error_set(err, ERROR_INVALID,
					 "there is no parameter '%.*s': did you mean '%.*s'?",
					 TEXT_ARG(name), TEXT_ARG(near.found))
			       : error_set(err, ERROR_INVALID, "there is no parameter '%.*s'",
					 TEXT_ARG(name));
}

static int set(struct filter *filter, struct text pair, int64_t now, struct arena *arena,
	struct error *err)
{
	struct text value = pair, name = {0};
	int done;

	if (!text_split(&value, '=', &name)) {
		return 0;
	}
	name = arena_decode(arena, name, true);
	value = arena_decode(arena, value.data ? value : TEXT(""), true);
	if (!name.data || !value.data) {
		return error_no_memory(err);
	}
	if (text_equal(name, TEXT("start")) || text_equal(name, TEXT("end"))) {
		return error_set(err, ERROR_INVALID,
			"'%.*s' does not go with a hook, which is told of calls as they come",
			TEXT_ARG(name));
	}
	done = filter_set(filter, name, value, now, arena, err);
	return done == 0 ? unknown(name, err) : done;
}

int hook_filter(const struct store_hook *hook, const struct call_prefixes *prefixes, int64_t now,
	struct arena *arena, struct filter *ret_filter, struct error *err)
{
	struct text rest = hook->filter, pair;

	filter_init(ret_filter);
	ret_filter->prefixes = prefixes;
	while (rest.size > 0 && text_split(&rest, '&', &pair)) {
		if (pair.size > 0 && set(ret_filter, pair, now, arena, err) < 0) {
			return error_prefix(err, "filter");
		}
	}
	return filter_check(ret_filter, err) < 0 ? error_prefix(err, "filter") : 0;
}

/* ---- checking ---- */

/* The part between the scheme and the path. {NULL, 0}: the scheme is another. */
static struct text host_of(struct text url, bool clear)
{
	struct text host = {0};

	if (text_starts_with(url, TEXT("https://"))) {
		url = text_tail(url, sizeof("https://") - 1);
	} else if (clear && text_starts_with(url, TEXT("http://"))) {
		url = text_tail(url, sizeof("http://") - 1);
	} else {
		return host;
	}
	host = (struct text){.data = url.data, .size = 0};
	while (host.size < url.size && !strchr("/?", url.data[host.size])) {
		host.size++;
	}
	return host;
}

static bool is_url(struct text url, bool clear)
{
	struct text host = host_of(url, clear);

	if (host.size == 0 || url.size > STORE_HOOK_URL_MAX || memchr(host.data, '@', host.size)) {
		return false;
	}
	for (size_t i = 0; i < url.size; i++) {
		unsigned char byte = (unsigned char)url.data[i];

		if (byte <= 0x20 || byte >= 0x7f || strchr("#\\\"<>", byte)) {
			return false;
		}
	}
	return true;
}

static int check_number(
	const char *name, int64_t value, int64_t min, int64_t max, struct error *err)
{
	return value >= min && value <= max
		       ? 0
		       : error_set(err, ERROR_INVALID, "%s: a number from %lld to %lld is expected",
				 name, (long long)min, (long long)max);
}

static int check_threshold(const struct store_hook *hook, struct error *err)
{
	if (hook->event != STORE_HOOK_THRESHOLD) {
		return hook->more_than == 0 && hook->window_s == 0 && hook->times == 0
			       ? 0
			       : error_set(err, ERROR_INVALID,
					 "event: more_than, window and times go with 'threshold'");
	}
	return check_number("more_than", hook->more_than, 0, MORE_THAN_MAX, err) < 0 ||
			       check_number("window", hook->window_s, WINDOW_MIN_S, WINDOW_MAX_S,
				       err) < 0
		       ? -1
		       : check_number("times", hook->times, 0, TIMES_MAX, err);
}

static int check_filter(const struct store_hook *hook, const struct call_prefixes *prefixes,
	int64_t now, struct error *err)
{
	AUTO(arena_deinit) struct arena arena;
	struct filter filter;

	arena_init(&arena, FILTER_MEMORY_MAX);
	if (hook->filter.size > STORE_HOOK_FILTER_MAX) {
		return error_set(err, ERROR_INVALID, "filter: it is longer than %d bytes",
			STORE_HOOK_FILTER_MAX);
	}
	if (!text_utf8_valid(hook->filter, NULL) || text_has_control(hook->filter)) {
		return error_set(err, ERROR_INVALID, "filter: it has control characters");
	}
	if (hook_filter(hook, prefixes, now, &arena, &filter, err) < 0) {
		return -1;
	}
	if (hook->event == STORE_HOOK_STEP && !filter_asks_for_step(&filter) &&
		filter.text.count == 0) {
		return error_set(err, ERROR_INVALID,
			"filter: the event 'step' needs class, module, variable or text");
	}
	return 0;
}

int hook_check(const struct store_hook *hook, const struct call_prefixes *prefixes, bool clear,
	int64_t now, struct error *err)
{
	if (hook->name.size > STORE_HOOK_NAME_MAX || text_has_control(hook->name) ||
		!text_utf8_valid(hook->name, NULL)) {
		return error_set(err, ERROR_INVALID,
			"name: at most %d bytes without control characters are expected",
			STORE_HOOK_NAME_MAX);
	}
	if (!is_url(hook->url, clear)) {
		return error_set(err, ERROR_INVALID,
			"url: %s without user or # is expected, at most %d bytes",
			clear ? "https://HOST or http://HOST" : "https://HOST", STORE_HOOK_URL_MAX);
	}
	return check_threshold(hook, err) < 0 ? -1 : check_filter(hook, prefixes, now, err);
}

/* ---- writing ---- */

static void write_course(struct buffer *body, const struct store_hook *hook)
{
	const struct store_hook_course *course = &hook->course;

	json_add_number(body, "told", course->told);
	json_add_number(body, "tries", course->tries);
	json_add_number_or_null(body, "failing_since", course->failing, course->failing > 0);
	json_add_number_or_null(body, "next_try", course->next, course->next > 0);
	json_add_number_or_null(body, "last_try", course->last_time, course->last_time > 0);
	json_add_number_or_null(body, "last_status", course->last_status, course->last_status > 0);
	json_add_string_or_null(body, "last_error", course->last_error);
	json_add_number(body, "failures", hook->failures);
}

void hook_write(struct buffer *body, const struct store_hook *hook, bool secret)
{
	char text[HOOK_SECRET_TEXT_SIZE];

	buffer_append_byte(body, '{');
	json_add_number(body, "id", hook->id);
	json_add_string(body, "name", hook->name);
	json_add_string(body, "url", hook->url);
	json_add_string(body, "event", text_of(hook_event_names[hook->event & 3]));
	json_add_string(body, "filter", hook->filter);
	if (hook->event == STORE_HOOK_THRESHOLD) {
		json_add_number(body, "more_than", hook->more_than);
		json_add_number(body, "window", hook->window_s);
		json_add_number(body, "times", hook->times);
		json_add_number_or_null(
			body, "reached", hook->course.reached, hook->course.reached > 0);
	}
	json_add_string(body, "state", text_of(hook_state_names[hook->state & 3]));
	json_add_number(body, "created", hook->created);
	json_write_name(body, "testing");
	buffer_append(body, hook->test > 0 ? TEXT("true") : TEXT("false"));
	write_course(body, hook);
	if (secret) {
		json_add_string(body, "secret", text_of(hook_secret_format(hook, text)));
		sodium_memzero(text, sizeof(text));
	}
	buffer_append_byte(body, '}');
}

void hook_write_failure(struct buffer *body, const struct store_hook_failure *failure)
{
	buffer_append_byte(body, '{');
	json_add_number(body, "id", failure->id);
	json_add_string(body, "type", text_of(hook_kind_name(failure->kind)));
	json_add_string_or_null(body, "session_id", failure->session_id);
	json_add_number(body, "last_try", failure->time);
	json_add_number(body, "tries", failure->tries);
	json_add_number_or_null(body, "status", failure->status, failure->status > 0);
	json_add_string(body, "error", failure->error);
	json_write_name(body, "resending");
	buffer_append(body, failure->due > 0 ? TEXT("true}") : TEXT("false}"));
}
