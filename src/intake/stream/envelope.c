/* SPDX-License-Identifier: MIT
 * The envelope: a small state machine over the top of a document; what is deeper is passed over as
 * an extent. */
#include "intake/stream/envelope.h"

enum state {
	AT_START,
	AT_FIRST_NAME,
	AT_NAME,
	AT_COLON,
	AT_VALUE,
	AFTER_VALUE,
	AT_CALLS, /* the value of `calls` */
	AT_FIRST_CALL,
	AT_CALL,
	AFTER_CALL,
	AT_END,
};

enum opening { OPENS_NOTHING, OPENS_NAME, OPENS_VALUE };

/* What may stand in each state: a byte that leads to another one, or a value that begins here. */
static const struct expectation {
	const char *words;
	struct {
		char byte;
		enum state next;
	} steps[2];
	enum opening opening;
} expectations[] = {
	[AT_START] = {"a JSON object", {{'{', AT_FIRST_NAME}}, OPENS_NOTHING},
	[AT_FIRST_NAME] = {"a member's name or '}'", {{'}', AT_END}}, OPENS_NAME},
	[AT_NAME] = {"a member's name", {{0}}, OPENS_NAME},
	[AT_COLON] = {"':'", {{':', AT_VALUE}}, OPENS_NOTHING},
	[AT_VALUE] = {"a value", {{0}}, OPENS_VALUE},
	[AFTER_VALUE] = {"',' or '}'", {{',', AT_NAME}, {'}', AT_END}}, OPENS_NOTHING},
	[AT_CALLS] = {"an array of calls", {{'[', AT_FIRST_CALL}}, OPENS_NOTHING},
	[AT_FIRST_CALL] = {"a call or ']'", {{']', AFTER_VALUE}}, OPENS_VALUE},
	[AT_CALL] = {"a call", {{0}}, OPENS_VALUE},
	[AFTER_CALL] = {"',' or ']'", {{',', AT_CALL}, {']', AFTER_VALUE}}, OPENS_NOTHING},
	[AT_END] = {"the end of the document", {{0}}, OPENS_NOTHING},
};

void envelope_init(struct envelope *envelope, const struct call_sink *sink)
{
	*envelope = (struct envelope){.sink = *sink, .state = AT_START};
	place_init(&envelope->place);
	span_init(&envelope->bare, sink->call_size_max);
	span_init(&envelope->span, sink->call_size_max);
	buffer_init(&envelope->name, sink->call_size_max);
}

void envelope_deinit(struct envelope *envelope)
{
	span_deinit(&envelope->bare);
	span_deinit(&envelope->span);
	buffer_deinit(&envelope->name);
}

static int fail_at(
	struct json_position position, struct error *err, enum error_code code, const char *what)
{
	error_set(err, code, "%s", what);
	return place_prefix(position, err);
}

static int unexpected(const struct envelope *envelope, const char *at, struct error *err)
{
	const char *words = expectations[envelope->state].words;
	unsigned char byte = (unsigned char)*at;

	if (call_sink_is_utf16(*at)) {
		error_set(err, ERROR_INVALID, CALL_SINK_UTF16);
	} else if (byte > 0x20 && byte < 0x7f) {
		error_set(err, ERROR_INVALID, "%s is expected here, not '%c'", words, byte);
	} else {
		error_set(err, ERROR_INVALID, "%s is expected here, not 0x%02x", words, byte);
	}
	return place_prefix(place_of(&envelope->place, at), err);
}

/* Whether @text is one strict JSON value. */
static int check_value(struct text text, struct json_position position, struct error *err)
{
	struct json_reader reader;
	struct json_token token;

	json_reader_init(&reader, text, position);
	if (json_reader_next(&reader, &token, err) < 0 ||
		json_reader_skip(&reader, &token, err) < 0) {
		return -1;
	}
	return json_reader_next(&reader, &token, err) < 0 ? -1 : 0;
}

/* Tells the sink of the members of @document, which was checked, but for `calls`. */
static int tell_members(const struct envelope *envelope, struct text document, struct error *err)
{
	struct json_reader reader;
	struct json_token name, value;
	int more;

	json_reader_init(&reader, document, envelope->bare_position);
	if (json_reader_next(&reader, &value, err) < 0) {
		return -1;
	}
	while ((more = json_reader_next_member(&reader, &name, &value, err)) > 0) {
		size_t from = reader.token_at;

		if (json_reader_skip(&reader, &value, err) < 0) {
			return -1;
		}
		if (!json_token_is(&name, "calls")) {
			envelope->sink.member(envelope->sink.context, name.raw,
				text_head(text_tail(document, from), reader.at - from));
		}
	}
	return more;
}

/* `calls` and its bracket came: what stands before it is closed and checked as a separate
 * document. */
static int check_before_calls(struct envelope *envelope, const char *end, struct error *err)
{
	AUTO(buffer_deinit) struct buffer document;
	struct text before;

	buffer_init(&document, envelope->sink.call_size_max + 2);
	if (span_close(&envelope->bare, end, &before, err) < 0) {
		return -1;
	}
	if (envelope->bare.oversize) {
		return fail_at(envelope->bare_position, err, ERROR_TOO_LARGE,
			"the members before 'calls' are larger than a call may be");
	}
	buffer_append(&document, before);
	buffer_append(&document, TEXT("]}"));
	if (document.failed) {
		return error_no_memory(err);
	}
	if (check_value(buffer_text(&document), envelope->bare_position, err) < 0) {
		return -1;
	}
	return envelope->sink.member ? tell_members(envelope, buffer_text(&document), err) : 0;
}

static int take_bare_call(struct envelope *envelope, const char *end, struct error *err)
{
	struct text text;

	if (span_close(&envelope->bare, end, &text, err) < 0) {
		return -1;
	}
	call_sink_take(&envelope->sink, text, envelope->bare.oversize, envelope->bare_position, 1);
	return 0;
}

/* A byte led to the next state; @end is behind it. */
static int enter(struct envelope *envelope, enum state next, const char *end, struct error *err)
{
	envelope->state = (int)next;
	switch (next) {
	case AT_VALUE:
		envelope->state = (int)(envelope->is_calls ? AT_CALLS : AT_VALUE);
		return 0;
	case AT_FIRST_CALL:
		envelope->seen_calls = true;
		return check_before_calls(envelope, end, err);
	case AT_END:
		return envelope->seen_calls ? 0 : take_bare_call(envelope, end, err);
	default:
		return 0;
	}
}

static bool opens(enum opening opening, char byte)
{
	switch (opening) {
	case OPENS_NAME:
		return byte == '"';
	case OPENS_VALUE:
		return byte == '\0' || !strchr(",:]}", byte);
	default:
		return false;
	}
}

static void start_value(struct envelope *envelope, const char *at)
{
	envelope->in_value = true;
	envelope->position = place_of(&envelope->place, at);
	extent_start(&envelope->extent, *at);
	if (envelope->seen_calls || envelope->state != AT_VALUE) {
		span_open(&envelope->span, at);
	}
}

/* Takes the byte at *@at where no value is under way. */
static int take_byte(struct envelope *envelope, const char **at, struct error *err)
{
	const struct expectation *expectation = &expectations[envelope->state];
	char byte = **at;

	if (byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n') {
		if (byte == '\n') {
			place_line_feed(&envelope->place, *at);
		}
		(*at)++;
		return 0;
	}
	if (opens(expectation->opening, byte)) {
		start_value(envelope, *at);
		return 0;
	}
	for (size_t i = 0; byte && i < 2; i++) {
		if (expectation->steps[i].byte != byte) {
			continue;
		}
		if (envelope->state == AT_START) {
			envelope->bare_position = place_of(&envelope->place, *at);
			span_open(&envelope->bare, *at);
		}
		(*at)++;
		return enter(envelope, expectation->steps[i].next, *at, err);
	}
	return unexpected(envelope, *at, err);
}

static int take_name(struct envelope *envelope, struct text text, struct error *err)
{
	struct json_reader reader;
	struct json_token token;

	envelope->state = AT_COLON;
	envelope->is_calls = false;
	if (envelope->span.oversize) {
		return envelope->seen_calls ? fail_at(envelope->position, err, ERROR_TOO_LARGE,
						      "the member's name is too long")
					    : 0;
	}
	json_reader_init(&reader, text, envelope->position);
	if (json_reader_next(&reader, &token, err) < 0) {
		return -1;
	}
	envelope->is_calls = json_token_is(&token, "calls");
	if (envelope->is_calls && envelope->seen_calls) {
		return fail_at(envelope->position, err, ERROR_INVALID, "'calls' is there twice");
	}
	if (envelope->sink.member && envelope->seen_calls) {
		buffer_clear(&envelope->name);
		buffer_append(&envelope->name, token.raw);
	}
	return 0;
}

static int take_member(struct envelope *envelope, struct text text, struct error *err)
{
	envelope->state = AFTER_VALUE;
	if (!envelope->seen_calls) {
		/* Of a bare call, or checked when `calls` turns up. */
		return 0;
	}
	if (envelope->span.oversize) {
		return fail_at(envelope->position, err, ERROR_TOO_LARGE,
			"the member is larger than a call may be");
	}
	if (check_value(text, envelope->position, err) < 0) {
		return -1;
	}
	if (envelope->sink.member) {
		envelope->sink.member(envelope->sink.context, buffer_text(&envelope->name), text);
	}
	return 0;
}

/* The value that is read ends before @end. */
static int take_value(struct envelope *envelope, const char *end, struct error *err)
{
	struct text text = {0};

	envelope->in_value = false;
	if (envelope->span.open && span_close(&envelope->span, end, &text, err) < 0) {
		return -1;
	}
	switch (envelope->state) {
	case AT_FIRST_NAME:
	case AT_NAME:
		return take_name(envelope, text, err);
	case AT_VALUE:
		return take_member(envelope, text, err);
	default:
		envelope->state = AFTER_CALL;
		envelope->ordinal++;
		call_sink_take(&envelope->sink, text, envelope->span.oversize, envelope->position,
			envelope->ordinal);
		return 0;
	}
}

static int scan(struct envelope *envelope, const char *at, const char *end, struct error *err)
{
	while (at < end) {
		int ended;

		if (!envelope->in_value) {
			if (take_byte(envelope, &at, err) < 0) {
				return -1;
			}
			continue;
		}
		ended = extent_scan(&envelope->extent, &envelope->place, &at, end, err);
		if (ended < 0 || (ended > 0 && take_value(envelope, at, err) < 0)) {
			return -1;
		}
	}
	return 0;
}

int envelope_feed(struct envelope *envelope, struct text data, struct error *err)
{
	const char *end = data.data + data.size;

	place_begin(&envelope->place, data.data);
	span_resume(&envelope->bare, data.data);
	span_resume(&envelope->span, data.data);
	if (scan(envelope, data.data, end, err) < 0) {
		return -1;
	}
	place_end(&envelope->place, data.size);
	if (span_suspend(&envelope->bare, end, err) < 0) {
		return -1;
	}
	return span_suspend(&envelope->span, end, err);
}

int envelope_end(struct envelope *envelope, bool cut_off, struct error *err)
{
	if (envelope->state == AT_END) {
		return 0;
	}
	if (envelope->state == AT_START && !cut_off) {
		return error_set(err, ERROR_INVALID,
			"the document is empty: an object with 'calls', or one call, is expected");
	}
	if (envelope->in_value &&
		(envelope->state == AT_FIRST_CALL || envelope->state == AT_CALL)) {
		return error_set(err, ERROR_INVALID, "%s in the middle of call %llu",
			cut_off ? "the body is cut off" : "the document ends",
			(unsigned long long)envelope->ordinal + 1);
	}
	if (cut_off) {
		return error_set(err, ERROR_INVALID, "the body is cut off");
	}
	return error_set(err, ERROR_INVALID, "the document ends where %s is expected",
		expectations[envelope->state].words);
}
