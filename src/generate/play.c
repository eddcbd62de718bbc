/* SPDX-License-Identifier: MIT
 * Playing a call: a caller, with some luck and some patience, goes through an application's
 * script. */
#include "generate/play.h"

#include "generate/number.h"
#include "generate/value.h"

#define TRIES_MAX	  3
#define ROUNDS_MAX	  6
#define LETTERS_A_S	  15 /* that a voice speaks */
#define IMPATIENT_PERCENT 42 /* of the callers hang up wherever they are */
#define BARGE_IN_PERCENT  75 /* choose before the whole menu was said */
#define MORE_PERCENT	  12 /* want something else afterwards */

struct play {
	const struct application *application;
	enum language language;
	struct value_maker maker;
	struct buffer *steps_json;
	int64_t now;
	uint32_t steps;
	uint32_t patience;     /* the call has no more steps than this */
	bool over;	       /* the caller hung up: nothing more is heard */
	const struct op *last; /* what the last step belonged to */
};

/* ---- steps ---- */

/* Texts one behind the other. Printing them would take ten times as long. */
/* clang-format off */
#define TEXTS(...) (const struct text[]){__VA_ARGS__, {0}}
/* clang-format on */

static void append(struct buffer *out, const struct text *texts)
{
	for (; texts->data; texts++) {
		buffer_append(out, *texts);
	}
}

/* A step whose line and data need no escaping. @data ends with a comma, or is empty. */
static void add_step(struct play *play, const struct op *op, struct text class_name,
	const struct text *line, const struct text *data)
{
	struct buffer *out = play->steps_json;

	if (play->over) {
		return;
	}
	append(out, TEXTS(play->steps > 0 ? TEXT(",") : TEXT(""), TEXT("{\"event\":{\"line\":\"")));
	append(out, line);
	buffer_append(out, TEXT("\",\"data\":{"));
	append(out, data);
	append(out, TEXTS(TEXT("\"module_type\":\""), op->module, TEXT("\",\"result_variable\":\""),
			    op->variable, TEXT("\"}},\"class\":\""), class_name,
			    TEXT("\",\"timestamp\":")));
	buffer_append_int64(out, play->now);
	buffer_append_byte(out, '}');
	play->steps++;
	play->last = op;
	play->over |= play->steps + 1 >= play->patience;
}

/* A step with nothing in its data but what every step has. */
#define ADD_STEP(play, op, class_name, ...)                                                        \
	add_step(play, op, TEXT(class_name), TEXTS(__VA_ARGS__), TEXTS(TEXT("")))

static void say(struct play *play, const struct op *op, const struct phrase *phrase)
{
	struct text line = phrase->text[play->language];
	struct value_maker maker;
	size_t id;

	if (play->over) {
		return;
	}
	/* A prompt's id must be the same in every call: it comes from what is said. */
	id = 500000 + line.size * 7919 % 99991 + (unsigned char)line.data[line.size / 2];
	add_step(play, op, TEXT("prompt"), TEXTS(line),
		TEXTS(TEXT("\"type\":\"static\",\"has_audio\":false,\"revision_id\":\""),
			play->application->revision_id,
			TEXT("\",\"prompt_id_type\":\"module\",\"prompt_id\":\""),
			value_number(&maker, (uint32_t)id), TEXT("\",\"language\":\""),
			number_language_tag(play->language), TEXT("\",")));
	play->now += 1 + (int64_t)line.size / LETTERS_A_S;
}

static void say_value(struct play *play, const struct op *op, struct text value)
{
	if (play->over) {
		return;
	}
	add_step(play, op, TEXT("prompt"), TEXTS(value, TEXT(" (say-as: prompt)")),
		TEXTS(TEXT("\"type\":\"dynamic\",\"language\":\""),
			number_language_tag(play->language), TEXT("\",")));
	play->now += 1 + (int64_t)value.size / 3;
}

static void tell(struct play *play, const struct op *op, const struct phrase *phrase,
	enum value value, unsigned int digit_count)
{
	say(play, op, phrase);
	say_value(play, op, value_make(&play->maker, value, digit_count));
	say(play, op, &phrase_stop);
}

/* ---- input ---- */

static void hear(struct play *play, const struct op *op, struct text value)
{
	bool spoken = random_percent(play->maker.random, 15);

	ADD_STEP(play, op, "event", TEXT("User input: "), value,
		spoken ? TEXT(" (speech)") : TEXT(" (dtmf)"));
}

static void hear_nothing(struct play *play, const struct op *op)
{
	play->now += 5;
	ADD_STEP(play, op, "event", TEXT("No input"));
	say(play, op, &phrase_no_input);
}

static void hear_wrong(struct play *play, const struct op *op)
{
	struct text digit = value_make(&play->maker, VALUE_DIGITS, 1);

	ADD_STEP(play, op, "event", TEXT("Invalid input: "), digit, TEXT(" (dtmf)"));
	say(play, op, &phrase_no_match);
}

/* Whether the caller's input can be used, or, what is told, must be tried again. */
static bool input_comes(struct play *play, const struct op *op)
{
	uint32_t luck = random_below(play->maker.random, 100);

	play->now += random_between(play->maker.random, 1, 6);
	if (luck < 5) {
		hear_nothing(play, op);
		return false;
	}
	if (luck < 11) {
		hear_wrong(play, op);
		return false;
	}
	return true;
}

static bool ask(struct play *play, const struct op *op)
{
	for (int i = 0; i < TRIES_MAX && !play->over; i++) {
		say(play, op, &op->phrase);
		if (input_comes(play, op)) {
			hear(play, op, value_make(&play->maker, op->value, op->digits));
			return true;
		}
	}
	return false;
}

/* ---- what applications do ---- */

static void look_up(struct play *play, const struct op *op)
{
	uint32_t answer_ms;

	ADD_STEP(play, op, "info",
		text_equal_string(op->module, "soap") ? TEXT("Executing SOAP request ")
						      : TEXT("Executing REST request GET "),
		op->target);
	if (random_percent(play->maker.random, 3)) {
		play->now += 10;
		ADD_STEP(play, op, "error", TEXT("HTTP 503 from "), op->target,
			TEXT(": upstream did not answer in 10 s"));
		say(play, op, &phrase_error);
		return;
	}
	answer_ms = 20 + random_skewed(play->maker.random, 1800);
	play->now += random_below(play->maker.random, 2);
	ADD_STEP(play, op, "event", TEXT("HTTP 200 in "), value_number(&play->maker, answer_ms),
		TEXT(" ms"));
}

static void evaluate(struct play *play, const struct op *op)
{
	ADD_STEP(play, op, "info", TEXT("Executing JavaScript"));
	if (random_percent(play->maker.random, 40)) {
		ADD_STEP(play, op, "debug", op->variable, TEXT(" = "),
			value_make(&play->maker, VALUE_BOOLEAN, 0));
	}
}

static void queue(struct play *play, const struct op *op)
{
	uint32_t position = random_skewed(play->maker.random, 9);
	int64_t since = play->now;

	ADD_STEP(play, op, "event", TEXT("Entering queue "), op->target);
	say(play, op, &phrase_hold);
	for (; position > 0 && !play->over; position--) {
		play->now += random_between(play->maker.random, 15, 70);
		say(play, op, &phrase_position);
		say_value(play, op, value_number(&play->maker, position));
	}
	play->now += random_between(play->maker.random, 2, 40);
	ADD_STEP(play, op, "event", TEXT("Leaving queue after "),
		value_number(&play->maker, (uint32_t)(play->now - since)), TEXT(" s"));
}

static void transfer(struct play *play, const struct op *op)
{
	static const struct text outcomes[] = {
		TEXT("answered"), TEXT("not answered"), TEXT("busy"), TEXT("failed")};
	uint32_t luck = random_below(play->maker.random, 100);
	size_t outcome = luck < 82 ? 0 : luck < 91 ? 1 : luck < 97 ? 2 : 3;
	uint32_t talk_s = 20 + random_skewed(play->maker.random, 1500);

	say(play, op, &phrase_connecting);
	ADD_STEP(play, op, "event", TEXT("Transferring call to "), op->target);
	play->now += random_between(play->maker.random, 3, 20);
	add_step(play, op, outcome == 3 ? TEXT("error") : TEXT("event"),
		TEXTS(TEXT("Transfer "), outcomes[outcome]), TEXTS(TEXT("")));
	if (outcome != 0) {
		say(play, op, &phrase_busy);
		return;
	}
	if (!play->over) {
		play->now += talk_s;
	}
	ADD_STEP(play, op, "event", TEXT("Transfer ended after "),
		value_number(&play->maker, talk_s), TEXT(" s"));
}

static void record(struct play *play, const struct op *op)
{
	uint32_t length_s = 3 + random_skewed(play->maker.random, 60);

	say(play, op, &phrase_after_tone);
	play->now += length_s;
	ADD_STEP(play, op, "event", TEXT("Recording saved: "), value_number(&play->maker, length_s),
		TEXT(" s"));
}

/* Returns false when the caller could not be understood. */
static bool do_op(struct play *play, const struct op *op)
{
	switch (op->kind) {
	case OP_SAY:
		say(play, op, &op->phrase);
		break;
	case OP_TELL:
		tell(play, op, &op->phrase, op->value, op->digits);
		break;
	case OP_ASK:
		return ask(play, op);
	case OP_LOOKUP:
		look_up(play, op);
		break;
	case OP_SCRIPT:
		evaluate(play, op);
		break;
	case OP_QUEUE:
		queue(play, op);
		break;
	case OP_TRANSFER:
		transfer(play, op);
		break;
	case OP_RECORD:
		record(play, op);
		break;
	case OP_MESSAGE:
		ADD_STEP(play, op, "event", TEXT("Sending SMS "), op->target);
		break;
	case OP_END:
		break;
	}
	return true;
}

static bool do_ops(struct play *play, const struct op *ops)
{
	for (; ops->kind != OP_END && !play->over; ops++) {
		if (!do_op(play, ops)) {
			return false;
		}
	}
	return true;
}

/* ---- the call ---- */

static const struct op op_start = {.module = TEXT("start"), .variable = TEXT("start")};
static const struct op op_language = {.module = TEXT("menu"), .variable = TEXT("language")};
static const struct op op_menu = {.module = TEXT("menu"), .variable = TEXT("main_menu")};
static const struct op op_else = {.module = TEXT("yes_no"), .variable = TEXT("anything_else")};
static const struct op op_goodbye = {.module = TEXT("prompt"), .variable = TEXT("goodbye")};
static const struct op op_help = {.module = TEXT("transfer"),
	.variable = TEXT("too_many_tries"),
	.target = TEXT("Operators")};

static void start(struct play *play)
{
	const struct application *application = play->application;

	ADD_STEP(play, &op_start, "info", TEXT("Executing application \\\""), application->name,
		TEXT("\\\" version \\\""),
		application->versions[random_below(play->maker.random, 3)], TEXT("\\\""));
	if (!application->outbound && random_percent(play->maker.random, 70)) {
		ADD_STEP(play, &op_language, "debug", TEXT("Language: "),
			number_language_tag(play->language));
	}
}

/* The place of the weight that luck falls on. */
static size_t choose(struct random *random, const unsigned int *weights, size_t count)
{
	uint32_t all = 0, choice;
	size_t chosen = 0;

	for (size_t i = 0; i < count; i++) {
		all += weights[i];
	}
	choice = random_below(random, all);
	while (choice >= weights[chosen]) {
		choice -= weights[chosen++];
	}
	return chosen;
}

static size_t count_tasks(const struct application *application)
{
	size_t count = 0;

	while (count < TASKS_MAX && application->tasks[count].ops) {
		count++;
	}
	return count;
}

static size_t choose_task(struct play *play, size_t count)
{
	unsigned int weights[TASKS_MAX];

	for (size_t i = 0; i < count; i++) {
		weights[i] = play->application->tasks[i].weight;
	}
	return choose(play->maker.random, weights, count);
}

/* Offers the menu until the caller chose, at times before all was said; NULL when that did not come
 * to pass. */
static const struct task *offer(struct play *play, size_t count)
{
	for (int try = 0; try < TRIES_MAX && !play->over; try++) {
		size_t choice = choose_task(play, count) + 1;
		size_t said = random_percent(play->maker.random, BARGE_IN_PERCENT) ? choice : count;

		say(play, &op_menu, &play->application->menu);
		for (size_t i = 0; i < said; i++) {
			say(play, &op_menu, &play->application->tasks[i].offer);
		}
		if (input_comes(play, &op_menu)) {
			hear(play, &op_menu, value_number(&play->maker, (uint32_t)choice));
			return play->over ? NULL : &play->application->tasks[choice - 1];
		}
	}
	return NULL;
}

static bool wants_more(struct play *play)
{
	bool more = random_percent(play->maker.random, MORE_PERCENT);

	say(play, &op_else, &phrase_else);
	play->now += random_between(play->maker.random, 1, 5);
	hear(play, &op_else, more ? TEXT("true") : TEXT("false"));
	return more && !play->over;
}

static void give_up(struct play *play)
{
	say(play, &op_help, &phrase_too_often);
	queue(play, &op_help);
	transfer(play, &op_help);
}

static void serve(struct play *play)
{
	size_t count = count_tasks(play->application);

	if (!do_ops(play, play->application->opening)) {
		give_up(play);
		return;
	}
	for (int round = 0; count > 0 && round < ROUNDS_MAX && !play->over; round++) {
		const struct task *task = offer(play, count);

		if (!task || !do_ops(play, task->ops)) {
			give_up(play);
			return;
		}
		if (!wants_more(play)) {
			return;
		}
	}
}

/* The last step, which every call has. */
static void disconnect(struct play *play)
{
	play->over = false;
	ADD_STEP(play, play->last, "event", TEXT("Disconnecting call"));
}

static const struct application *choose_application(struct random *random)
{
	unsigned int weights[APPLICATIONS_MAX];

	for (size_t i = 0; i < application_count; i++) {
		weights[i] = applications[i].weight;
	}
	return &applications[choose(random, weights, application_count)];
}

static void write_call(
	const struct play *play, struct buffer *out, int64_t start_s, struct text session_id)
{
	const struct application *application = play->application;
	struct random *random = play->maker.random;
	char caller[NUMBER_TEXT_SIZE], service[NUMBER_TEXT_SIZE];
	struct text caller_text = number_of_caller(random, play->language, caller);
	struct text service_text = number_of_service(random, application, service);

	append(out, TEXTS(TEXT("{\"dest\":\""), application->outbound ? caller_text : service_text,
			    TEXT("\",\"src\":\""),
			    application->outbound ? TEXT("Outbound") : caller_text,
			    TEXT("\",\"start\":\"")));
	buffer_append_int64(out, start_s);
	buffer_append(out, TEXT("\",\"end\":\""));
	buffer_append_int64(out, play->now);
	append(out, TEXTS(TEXT("\",\"session_id\":\""), session_id, TEXT("\",\"detail\":["),
			    buffer_text(play->steps_json), TEXT("],\"type\":\""),
			    application->outbound   ? TEXT("outbound")
			    : application->transfer ? TEXT("transfer")
						    : TEXT("inbound"),
			    TEXT("\",\"log\":true}")));
}

void play_call(struct buffer *out, struct buffer *scratch, struct random *random, int64_t start_s,
	struct text session_id)
{
	const struct application *application = choose_application(random);
	struct play play = {
		.application = application,
		.language = (enum language)choose(random, application->languages, LANGUAGES),
		.maker = {.random = random},
		.steps_json = scratch,
		.now = start_s,
		.patience = PLAY_STEPS_MAX,
	};

	if (random_percent(random, IMPATIENT_PERCENT)) {
		play.patience = (uint32_t)random_between(random, PLAY_STEPS_MIN, PLAY_STEPS_MAX);
	}
	buffer_clear(scratch);
	start(&play);
	serve(&play);
	say(&play, &op_goodbye, &phrase_goodbye);
	disconnect(&play);
	write_call(&play, out, start_s, session_id);
}
