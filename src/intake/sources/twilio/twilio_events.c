/* SPDX-License-Identifier: MIT
 * Requests of a TwiML application, and the TwiML that answered them. */
#include <expat.h>

#include "intake/sources/twilio/twilio_steps.h"
#include "json/json_find.h"

#define TEXT_BYTES_MAX ((size_t)64 << 10)
#define CODE_FAILED    400

/* The verbs of an answer. Verbs of which the text is told are told at their end. */
static const struct verb {
	const char *name;
	const char *class_name;
	const char *before; /* before its text */
} verbs[] = {
	{"Say", "prompt", "Said: "},
	{"Play", "prompt", "Played: "},
	{"Gather", "info", "Asking for input"},
	{"Dial", "info", "Calling "},
	{"Number", "info", "Calling "},
	{"Sip", "info", "Calling "},
	{"Client", "info", "Calling "},
	{"Enqueue", "info", "Queued "},
	{"Record", "info", "Recording"},
	{"Redirect", "info", "Redirected to "},
	{"Pause", "info", "Pause"},
	{"Hangup", "event", "Hung up by the application"},
	{"Reject", "event", "Rejected by the application"},
};

/* One answer while it is read. */
struct twiml {
	struct twilio_steps *steps;
	struct twilio_step step; /* what all its steps share */
	struct text id;		 /* event_id of the answer */
	const struct verb *verb; /* the innermost verb that is open */
	struct buffer text;	 /* of it */
	size_t number;
	XML_Parser parser;
};

static const struct verb *find_verb(const char *name)
{
	for (size_t i = 0; i < COUNT_OF(verbs); i++) {
		if (strcmp(verbs[i].name, name) == 0) {
			return &verbs[i];
		}
	}
	return NULL;
}

static bool is_plain(const struct verb *verb)
{
	return verb->before[strlen(verb->before) - 1] != ' ';
}

static void add_verb(struct twiml *twiml, const struct verb *verb, struct text text)
{
	struct arena *arena = twiml->steps->arena;
	struct twilio_step step = twiml->step;

	step.class_name = verb->class_name;
	step.module = text_of(verb->name);
	step.line = arena_printf(arena, "%s%.*s", verb->before, TEXT_ARG(text));
	step.event_id = arena_printf(arena, "%.*s-%zu", TEXT_ARG(twiml->id), twiml->number++);
	twilio_steps_add(twiml->steps, &step);
}

static void begin_element(void *context, const char *name, const char **attributes)
{
	struct twiml *twiml = context;
	const struct verb *verb = find_verb(name);

	(void)attributes;
	buffer_clear(&twiml->text);
	twiml->verb = verb;
	/* Said before what stands in it. */
	if (verb && is_plain(verb)) {
		add_verb(twiml, verb, (struct text){0});
	}
}

static struct text without_space(struct text text)
{
	while (text.size > 0 && strchr(" \t\r\n", text.data[0])) {
		text = text_tail(text, 1);
	}
	while (text.size > 0 && strchr(" \t\r\n", text.data[text.size - 1])) {
		text.size--;
	}
	return text;
}

static void end_element(void *context, const char *name)
{
	struct twiml *twiml = context;
	const struct verb *verb = find_verb(name);
	struct text text = without_space(buffer_text(&twiml->text));

	if (verb && verb == twiml->verb && !is_plain(verb) && text.size > 0) {
		add_verb(twiml, verb, text);
	}
	buffer_clear(&twiml->text);
	twiml->verb = NULL;
}

static void take_text(void *context, const char *data, int size)
{
	struct twiml *twiml = context;

	if (twiml->verb) {
		buffer_append(&twiml->text, (struct text){.data = data, .size = (size_t)size});
	}
}

/* TwiML has no document type: entities that one declares are refused. */
static void refuse_doctype(
	void *context, const char *name, const char *system, const char *public, int internal)
{
	struct twiml *twiml = context;

	(void)name;
	(void)system;
	(void)public;
	(void)internal;
	XML_StopParser(twiml->parser, XML_FALSE);
}

/* Where an answer turns out not to be XML, what was read before that is told. */
static void read_twiml(struct twiml *twiml, struct text body)
{
	twiml->parser = XML_ParserCreate("UTF-8");
	if (!twiml->parser) {
		twiml->steps->failed = true;
		return;
	}
	buffer_init(&twiml->text, TEXT_BYTES_MAX);
	XML_SetUserData(twiml->parser, twiml);
	XML_SetElementHandler(twiml->parser, begin_element, end_element);
	XML_SetCharacterDataHandler(twiml->parser, take_text);
	XML_SetStartDoctypeDeclHandler(twiml->parser, refuse_doctype);
	(void)XML_Parse(twiml->parser, body.data, (int)body.size, XML_TRUE);
	XML_ParserFree(twiml->parser);
	buffer_deinit(&twiml->text);
}

/* The path of an address, without its host and query. */
static struct text path_of(struct text url)
{
	for (int slashes = 0; url.size > 0 && slashes < 3; url = text_tail(url, 1)) {
		slashes += url.data[0] == '/';
		if (slashes == 3) {
			break;
		}
	}
	for (size_t i = 0; i < url.size; i++) {
		if (url.data[i] == '?' || url.data[i] == '#') {
			return text_head(url, i);
		}
	}
	return url;
}

/* What the caller said or pressed, which Twilio tells the application. */
static void add_request(struct twilio_steps *steps, struct twilio_step step, struct text event)
{
	struct arena *arena = steps->arena;
	struct text digits = json_find_string(event, "request.parameters.digits", arena);
	struct text speech = json_find_string(event, "request.parameters.speech_result", arena);

	if (digits.size == 0 && speech.size == 0) {
		return;
	}
	step.class_name = "event";
	step.module = TEXT("Gather");
	step.line = digits.size > 0
			    ? arena_printf(arena, "User input: %.*s (dtmf)", TEXT_ARG(digits))
			    : arena_printf(arena, "User input: \"%.*s\" (voice)", TEXT_ARG(speech));
	step.event_id = arena_printf(arena, "%.*s-request", TEXT_ARG(step.event_id));
	twilio_steps_add(steps, &step);
}

static void add_failure(struct twilio_steps *steps, struct twilio_step step, int64_t code)
{
	struct arena *arena = steps->arena;

	step.class_name = "error";
	step.module = TEXT("Request");
	step.line =
		arena_printf(arena, "Request %.*s: %lld", TEXT_ARG(step.variable), (long long)code);
	step.event_id = arena_printf(arena, "%.*s-response", TEXT_ARG(step.event_id));
	twilio_steps_add(steps, &step);
}

void twilio_steps_add_event(struct twilio_steps *steps, struct text event, size_t number,
	struct text call_sid, int64_t timestamp, struct text channel)
{
	struct arena *arena = steps->arena;
	const int64_t code = json_find_integer(event, "response.response_code", 0);
	struct text body = json_find_string(event, "response.response_body", arena);
	struct twiml twiml = {
		.steps = steps,
		.step =
			{
				.variable = path_of(json_find_string(event, "request.url", arena)),
				.timestamp = timestamp,
				.event_id =
					arena_printf(arena, "%.*s-%zu", TEXT_ARG(call_sid), number),
				.channel = channel,
			},
	};

	add_request(steps, twiml.step, event);
	if (code >= CODE_FAILED) {
		add_failure(steps, twiml.step, code);
	} else if (body.size > 0 && body.size < INT32_MAX && body.data[0] == '<') {
		twiml.id = twiml.step.event_id;
		read_twiml(&twiml, body);
	}
}
