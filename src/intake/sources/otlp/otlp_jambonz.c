/* SPDX-License-Identifier: MIT
 * Spans of jambonz (its feature server: lib/utils/call-tracer.js, lib/session, lib/tasks). What a
 * gather collected by keys stands in the body that its action hook is sent; its own span says only
 * that there were keys. */
#include "intake/sources/otlp/otlp_kinds.h"

#include "json/json_reader.h"

/* ---- a verb ---- */

struct summary {
	struct text verb; /* "say", "sip:refer" */
	struct text rest; /* what stands in the braces behind it, or behind a space */
};

/* `say{text=Hello}`, `play:{url=…}`, `say streaming`, `hangup`. */
static struct summary cut_summary(struct text text)
{
	struct summary summary = {.rest = TEXT("")};
	size_t at = 0;

	while (at < text.size && text.data[at] != '{' && text.data[at] != ' ') {
		at++;
	}
	summary.verb = text_head(text, at);
	if (summary.verb.size > 1 && summary.verb.data[at - 1] == ':') {
		summary.verb.size--;
	}
	if (at < text.size) {
		summary.rest = text_tail(text, at + 1);
		if (text.data[at] == '{' && summary.rest.size > 0 &&
			summary.rest.data[summary.rest.size - 1] == '}') {
			summary.rest.size--;
		}
	}
	return summary;
}

static struct text behind(struct text text, char byte)
{
	const char *at = memchr(text.data, byte, text.size);

	return at ? text_tail(text, (size_t)(at - text.data) + 1) : TEXT("");
}

static void say_prompt(struct otlp_maker *maker, const struct summary *summary)
{
	bool say = text_equal_string(summary->verb, "say");

	otlp_step_begin(maker, "prompt", summary->verb);
	otlp_step_say(maker, say ? TEXT("Saying ") : TEXT("Playing "));
	otlp_step_say(maker, memchr(summary->rest.data, '=', summary->rest.size)
				     ? behind(summary->rest, '=')
				     : summary->rest);
	otlp_step_copy(maker, "vendor", "tts.vendor");
	otlp_step_copy(maker, "voice", "tts.voice");
	otlp_step_copy(maker, "language", "tts.language");
	otlp_step_end(maker);
}

/* ---- what a gather got ---- */

/* Members of stt.result, or of a hook's body. */
struct heard {
	struct text reason;
	struct text digits;
	struct text words; /* of the first alternative */
	struct text language;
	struct text confidence; /* as it is written */
};

static int read_alternative(struct json_reader *reader, struct heard *heard, struct arena *arena)
{
	struct json_token name, value;
	int more;

	while ((more = json_reader_next_member(reader, &name, &value, NULL)) > 0) {
		if (json_token_is(&name, "transcript") && value.kind == JSON_STRING &&
			!heard->words.data) {
			heard->words = json_token_string(&value, arena);
		} else if (json_token_is(&name, "confidence") && value.kind == JSON_NUMBER &&
			   !heard->confidence.data) {
			heard->confidence = value.raw;
		} else if (json_reader_skip(reader, &value, NULL) < 0) {
			return -1;
		}
	}
	return more;
}

static int read_alternatives(struct json_reader *reader, struct heard *heard, struct arena *arena)
{
	struct json_token item;
	int more;

	while ((more = json_reader_next(reader, &item, NULL)) > 0 && item.kind != JSON_ARRAY_END) {
		if (item.kind == JSON_OBJECT ? read_alternative(reader, heard, arena) < 0
					     : json_reader_skip(reader, &item, NULL) < 0) {
			return -1;
		}
	}
	return more < 0 ? -1 : 0;
}

static void take_string(struct text *into, const struct json_token *value, struct arena *arena)
{
	*into = json_token_string(value, arena);
}

static int read_heard_member(struct json_reader *reader, const struct json_token *name,
	struct json_token *value, struct heard *heard, struct arena *arena)
{
	if (value->kind == JSON_STRING) {
		if (json_token_is(name, "digits")) {
			take_string(&heard->digits, value, arena);
		} else if (json_token_is(name, "reason")) {
			take_string(&heard->reason, value, arena);
		} else if (json_token_is(name, "language_code")) {
			take_string(&heard->language, value, arena);
		}
		return 0;
	}
	if (json_token_is(name, "alternatives") && value->kind == JSON_ARRAY) {
		return read_alternatives(reader, heard, arena);
	}
	return json_reader_skip(reader, value, NULL);
}

/* What is not such JSON says nothing. */
static struct heard read_heard(struct text json, struct arena *arena)
{
	struct heard heard = {0};
	struct json_reader reader;
	struct json_token name, value;

	if (json.size == 0) {
		return heard;
	}
	json_reader_init(&reader, json, (struct json_position){1, 1});
	if (json_reader_next(&reader, &value, NULL) <= 0 || value.kind != JSON_OBJECT) {
		return heard;
	}
	while (json_reader_next_member(&reader, &name, &value, NULL) > 0 &&
		read_heard_member(&reader, &name, &value, &heard, arena) == 0) {
	}
	return heard;
}

static void add_heard(struct otlp_maker *maker, const struct heard *heard, struct text reason)
{
	otlp_step_add(maker, TEXT("reason"), reason, true);
	otlp_step_add(maker, TEXT("confidence"), heard->confidence, false);
	otlp_step_add(maker, TEXT("language"), heard->language, true);
}

static void say_gathered(struct otlp_maker *maker, struct text verb, struct text reason)
{
	struct heard heard =
		read_heard(otlp_get(&maker->span->attributes, "stt.result"), maker->arena);
	bool low = text_starts_with(reason, TEXT("stt-low-confidence"));

	otlp_step_begin(maker, "event", verb);
	if (heard.digits.size > 0) {
		otlp_step_say_digits(maker, heard.digits);
	} else if (heard.words.size > 0) {
		otlp_step_say_words(maker, heard.words);
	} else if (text_starts_with(reason, TEXT("timeout"))) {
		otlp_step_say(maker, TEXT("No input"));
	} else {
		/* by keys, or cut short: the digits come with the action hook */
		otlp_step_class(maker, TEXT("info"));
		otlp_step_say(maker, TEXT("Input ended: "));
		otlp_step_say(maker, reason);
	}
	if (low) {
		otlp_step_say(maker, TEXT(", not sure"));
	}
	if (text_starts_with(reason, TEXT("stt-error"))) {
		otlp_step_failed(maker);
	}
	add_heard(maker, &heard, reason);
	otlp_step_end(maker);
}

/* Behind the prefix of the name stands the summary that the attribute has as well. */
void otlp_jambonz_verb(struct otlp_maker *maker, struct otlp_header *header)
{
	struct text text = otlp_get(&maker->span->attributes, "verb.summary");
	struct text reason = otlp_get(&maker->span->attributes, "stt.resolve");
	struct summary summary = cut_summary(text.size > 0 ? text : behind(maker->span->name, ':'));

	(void)header;
	if (text_equal_string(summary.verb, "say") || text_equal_string(summary.verb, "play")) {
		say_prompt(maker, &summary);
		return;
	}
	if (reason.size > 0) {
		say_gathered(maker, summary.verb, reason);
		return;
	}
	otlp_step_begin(maker, "info", summary.verb);
	otlp_step_say(maker, summary.verb);
	if (summary.rest.size > 0) {
		otlp_step_say(maker, TEXT(" "));
		otlp_step_say(maker, summary.rest);
	}
	otlp_step_copy(maker, "status", "refer.status_code");
	otlp_step_end(maker);
}

/* ---- a hook ---- */

/* Where `verb:hook (URL)` goes to. */
static struct text hook_url(const struct otlp_span *span)
{
	struct text url = otlp_get(&span->attributes, "hook.url");

	if (url.size == 0) {
		url = behind(span->name, '(');
		url.size -= url.size > 0 && url.data[url.size - 1] == ')';
	}
	return url;
}

/* The URL's path, without what stands before and behind it. */
static struct text path_of(struct text url)
{
	const char *host = memmem(url.data, url.size, "://", 3);
	size_t size = 0;

	if (host) {
		url = text_tail(url, (size_t)(host - url.data) + 3);
		while (url.size > 0 && url.data[0] != '/') {
			url = text_tail(url, 1);
		}
	}
	while (size < url.size && url.data[size] != '?' && url.data[size] != '#') {
		size++;
	}
	return size > 0 ? text_head(url, size) : TEXT("/");
}

static struct text last_part(struct text path)
{
	const char *slash;

	path.size -= path.size > 1 && path.data[path.size - 1] == '/';
	slash = memrchr(path.data, '/', path.size);
	return slash ? text_tail(path, (size_t)(slash - path.data) + 1) : path;
}

/* What the application was told that the caller pressed. */
static void say_pressed(struct otlp_maker *maker, struct text path)
{
	struct heard heard =
		read_heard(otlp_get(&maker->span->attributes, "http.body"), maker->arena);

	if (heard.digits.size == 0) {
		return;
	}
	otlp_step_begin(maker, "event", TEXT("gather"));
	otlp_step_variable(maker, last_part(path));
	otlp_step_say_digits(maker, heard.digits);
	add_heard(maker, &heard, heard.reason);
	otlp_step_end(maker);
}

void otlp_jambonz_hook(struct otlp_maker *maker, struct otlp_header *header)
{
	struct text status = otlp_get(&maker->span->attributes, "http.statusCode");
	struct text path = path_of(hook_url(maker->span));

	(void)header;
	otlp_step_begin(maker, "info", TEXT("hook"));
	otlp_step_variable(maker, last_part(path));
	otlp_step_say(maker, TEXT("Request "));
	otlp_step_say(maker, path);
	if (status.size > 0) {
		otlp_step_say(maker, TEXT(": "));
		otlp_step_say(maker, status);
	}
	if (status.size == 3 && status.data[0] >= '4') {
		otlp_step_failed(maker);
	}
	otlp_step_copy(maker, "status", "http.statusCode");
	otlp_step_end(maker);
	say_pressed(maker, path);
}

/* ---- keys beside a gather: while the audio is streamed ---- */

void otlp_jambonz_dtmf(struct otlp_maker *maker, struct otlp_header *header)
{
	struct text digit = otlp_get(&maker->span->attributes, "dtmf");

	(void)header;
	otlp_step_begin(maker, "event", TEXT("dtmf"));
	otlp_step_say_digits(maker, digit.size > 0 ? digit : behind(maker->span->name, ':'));
	otlp_step_copy(maker, "tone", "duration");
	otlp_step_end(maker);
}

/* ---- the call ---- */

/* SIP statuses by which a call did not come about although nothing failed. */
static bool is_usual(struct text status)
{
	static const char *const usual[] = {"480", "486", "487", "408", "600", "603"};

	for (size_t i = 0; i < COUNT_OF(usual); i++) {
		if (text_equal_string(status, usual[i])) {
			return true;
		}
	}
	return false;
}

static bool is_over(struct text status)
{
	return text_equal_string(status, "completed") || text_equal_string(status, "failed") ||
	       text_equal_string(status, "busy") || text_equal_string(status, "no-answer");
}

static void say_status(struct otlp_maker *maker, struct text status)
{
	const struct otlp_attributes *attributes = &maker->span->attributes;
	struct text sip = otlp_get(attributes, "sipStatus");
	struct text reason = otlp_get(attributes, "sipReason");

	otlp_step_begin(maker, "event", TEXT("call-status"));
	otlp_step_variable(maker, status);
	otlp_step_say(maker, TEXT("Call "));
	otlp_step_say(maker, status);
	if (!text_equal_string(status, "completed") && is_over(status) && reason.size > 0) {
		otlp_step_say(maker, TEXT(": "));
		otlp_step_say(maker, reason);
	}
	if (text_equal_string(status, "failed") && !is_usual(sip)) {
		otlp_step_failed(maker);
	}
	otlp_step_copy(maker, "call_sid", "callSid");
	otlp_step_copy(maker, "parent_call_sid", "parentCallSid");
	otlp_step_copy(maker, "call_id", "callId");
	otlp_step_copy(maker, "sip_status", "sipStatus");
	otlp_step_copy(maker, "sip_reason", "sipReason");
	otlp_step_copy(maker, "duration", "duration");
	otlp_step_copy(maker, "terminated_by", "callTerminationBy");
	otlp_step_end(maker);
}

/* A called leg has a call that it belongs to, whose header and end are not its own. */
void otlp_jambonz_status(struct otlp_maker *maker, struct otlp_header *header)
{
	const struct otlp_attributes *attributes = &maker->span->attributes;
	struct text status = behind(maker->span->name, ':');

	say_status(maker, status);
	if (otlp_get(attributes, "parentCallSid").size > 0) {
		return;
	}
	header->src = otlp_get(attributes, "from");
	header->dest = otlp_get(attributes, "to");
	header->type = otlp_get(attributes, "direction");
	header->ends = is_over(status);
}

static void say_root(struct otlp_maker *maker, const char *line)
{
	struct text termination = otlp_get(&maker->span->attributes, "call.termination");

	otlp_step_begin(maker, "event", TEXT("start"));
	otlp_step_say(maker, text_of(line));
	otlp_step_copy(maker, "call_sid", "callSid");
	otlp_step_copy(maker, "call_id", "callId");
	otlp_step_copy(maker, "account_sid", "accountSid");
	otlp_step_copy(maker, "application_sid", "applicationSid");
	otlp_step_copy(maker, "final_status", "finalStatus");
	otlp_step_end(maker);
	if (termination.size > 0) {
		otlp_step_begin(maker, "event", TEXT("hangup"));
		otlp_step_at_end(maker);
		otlp_step_say(maker, TEXT("Call ended: "));
		otlp_step_say(maker, termination);
		otlp_step_end(maker);
	}
}

void otlp_jambonz_root(struct otlp_maker *maker, struct otlp_header *header)
{
	header->ends = true;
	say_root(maker, "Incoming call");
}

void otlp_jambonz_root_out(struct otlp_maker *maker, struct otlp_header *header)
{
	header->ends = true;
	header->type = TEXT("outbound");
	say_root(maker, "Outgoing call");
}
