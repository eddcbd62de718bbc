/* SPDX-License-Identifier: MIT
 * Playing a call: a caller, with luck and patience of their own, goes through an application's
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

static void begin_step(struct play *play)
{
	if (play->steps > 0) {
		buffer_append_byte(play->steps_json, ',');
	}
	buffer_append(play->steps_json, TEXT("{\"event\":{\"line\":\""));
}

/* The end of a step whose line was written, and whether it was the caller's last. */
static void end_step(struct play *play, const struct op *op, struct text class_name)
{
	buffer_append(play->steps_json, TEXT("\"module_type\":\""));
	buffer_append(play->steps_json, op->module);
	buffer_append(play->steps_json, TEXT("\",\"result_variable\":\""));
	buffer_append(play->steps_json, op->variable);
	buffer_append(play->steps_json, TEXT("\"}},\"class\":\""));
	buffer_append(play->steps_json, class_name);
	buffer_append(play->steps_json, TEXT("\",\"timestamp\":"));
	buffer_append_int64(play->steps_json, play->now);
	buffer_append_byte(play->steps_json, '}');
	play->steps++;
	play->last = op;
	play->over |= play->steps + 1 >= play->patience;
}

static void add_step(struct play *play, const struct op *op, struct text class_name,
	const struct text *parts, size_t part_count)
{
	if (play->over) {
		return;
	}
	begin_step(play);
	for (size_t i = 0; i < part_count; i++) {
		buffer_append(play->steps_json, parts[i]);
	}
	buffer_append(play->steps_json, TEXT("\",\"data\":{"));
	end_step(play, op, class_name);
}

static void say(struct play *play, const struct op *op, const struct phrase *phrase)
{
	struct text line = phrase->text[play->language];

	if (play->over) {
		return;
	}
	begin_step(play);
	buffer_append(play->steps_json, line);
	buffer_append(play->steps_json,
		TEXT("\",\"data\":{\"type\":\"static\",\"has_audio\":false,\"revision_id\":\""));
	buffer_append(play->steps_json, play->application->revision_id);
	buffer_append(play->steps_json, TEXT("\",\"prompt_id_type\":\"module\",\"prompt_id\":\""));
	/* A prompt's id must be the same in every call: it comes from what is said. */
	buffer_append_int64(play->steps_json, 500000 + (int64_t)(line.size * 7919 % 99991) +
						      (unsigned char)line.data[line.size / 2]);
	buffer_append(play->steps_json, TEXT("\",\"language\":\""));
	buffer_append(play->steps_json, number_language_tag(play->language));
	buffer_append(play->steps_json, TEXT("\","));
	end_step(play, op, TEXT("prompt"));
	play->now += 1 + (int64_t)line.size / LETTERS_A_S;
}

static void say_value(struct play *play, const struct op *op, struct text value)
{
	if (play->over) {
		return;
	}
	begin_step(play);
	buffer_append(play->steps_json, value);
	buffer_append(play->steps_json,
		TEXT(" (say-as: prompt)\",\"data\":{\"type\":\"dynamic\",\"language\":\""));
	buffer_append(play->steps_json, number_language_tag(play->language));
	buffer_append(play->steps_json, TEXT("\","));
	end_step(play, op, TEXT("prompt"));
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
	struct text parts[] = {
		TEXT("User input: "), value, spoken ? TEXT(" (speech)") : TEXT(" (dtmf)")};

	add_step(play, op, TEXT("event"), parts, 3);
}

static void hear_nothing(struct play *play, const struct op *op)
{
	struct text line = TEXT("No input");

	play->now += 5;
	add_step(play, op, TEXT("event"), &line, 1);
	say(play, op, &phrase_no_input);
}

static void hear_wrong(struct play *play, const struct op *op)
{
	struct text parts[] = {TEXT("Invalid input: "), value_make(&play->maker, VALUE_DIGITS, 1),
		TEXT(" (dtmf)")};

	add_step(play, op, TEXT("event"), parts, 3);
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
	bool soap = op->module.size == 4 && op->module.data[0] == 's';
	struct text request[] = {
		soap ? TEXT("Executing SOAP request ") : TEXT("Executing REST request GET "),
		op->target};
	struct text answer[] = {TEXT("HTTP "), TEXT("200"), TEXT(" in "), {0}, TEXT(" ms")};

	add_step(play, op, TEXT("info"), request, 2);
	if (random_percent(play->maker.random, 3)) {
		struct text failure[] = {TEXT("HTTP 503 from "), op->target,
			TEXT(": upstream did not answer in 10 s")};

		play->now += 10;
		add_step(play, op, TEXT("error"), failure, 3);
		say(play, op, &phrase_error);
		return;
	}
	answer[3] = value_number(&play->maker, 20 + random_skewed(play->maker.random, 1800));
	play->now += random_below(play->maker.random, 2);
	add_step(play, op, TEXT("event"), answer, 5);
}

static void evaluate(struct play *play, const struct op *op)
{
	struct text line = TEXT("Executing JavaScript");
	struct text result[] = {op->variable, TEXT(" = "), {0}};

	add_step(play, op, TEXT("info"), &line, 1);
	if (random_percent(play->maker.random, 40)) {
		result[2] = value_make(&play->maker, VALUE_BOOLEAN, 0);
		add_step(play, op, TEXT("debug"), result, 3);
	}
}

static void queue(struct play *play, const struct op *op)
{
	struct text enter[] = {TEXT("Entering queue "), op->target};
	struct text leave[] = {TEXT("Leaving queue after "), {0}, TEXT(" s")};
	uint32_t position = random_skewed(play->maker.random, 9);
	int64_t since = play->now;

	add_step(play, op, TEXT("event"), enter, 2);
	say(play, op, &phrase_hold);
	for (; position > 0 && !play->over; position--) {
		play->now += random_between(play->maker.random, 15, 70);
		say(play, op, &phrase_position);
		say_value(play, op, value_number(&play->maker, position));
	}
	play->now += random_between(play->maker.random, 2, 40);
	leave[1] = value_number(&play->maker, (uint32_t)(play->now - since));
	add_step(play, op, TEXT("event"), leave, 3);
}

static void transfer(struct play *play, const struct op *op)
{
	static const struct text outcomes[] = {TEXT("Transfer answered"),
		TEXT("Transfer not answered"), TEXT("Transfer busy"), TEXT("Transfer failed")};
	uint32_t luck = random_below(play->maker.random, 100);
	size_t outcome = luck < 82 ? 0 : luck < 91 ? 1 : luck < 97 ? 2 : 3;
	struct text line[] = {TEXT("Transferring call to "), op->target};
	struct text end[] = {TEXT("Transfer ended after "), {0}, TEXT(" s")};
	uint32_t talk_s = 20 + random_skewed(play->maker.random, 1500);

	say(play, op, &phrase_connecting);
	add_step(play, op, TEXT("event"), line, 2);
	play->now += random_between(play->maker.random, 3, 20);
	add_step(play, op, outcome == 3 ? TEXT("error") : TEXT("event"), &outcomes[outcome], 1);
	if (outcome != 0) {
		say(play, op, &phrase_busy);
		return;
	}
	if (!play->over) {
		play->now += talk_s;
	}
	end[1] = value_number(&play->maker, talk_s);
	add_step(play, op, TEXT("event"), end, 3);
}

static void record(struct play *play, const struct op *op)
{
	uint32_t length_s = 3 + random_skewed(play->maker.random, 60);
	struct text parts[] = {TEXT("Recording saved: "), {0}, TEXT(" s")};

	say(play, op, &phrase_after_tone);
	play->now += length_s;
	parts[1] = value_number(&play->maker, length_s);
	add_step(play, op, TEXT("event"), parts, 3);
}

static void send_message(struct play *play, const struct op *op)
{
	struct text parts[] = {TEXT("Sending SMS "), op->target};

	add_step(play, op, TEXT("event"), parts, 2);
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
		send_message(play, op);
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
	struct text line[] = {TEXT("Executing application \\\""), application->name,
		TEXT("\\\" version \\\""),
		application->versions[random_below(play->maker.random, 3)], TEXT("\\\"")};
	struct text language[] = {TEXT("Language: "), number_language_tag(play->language)};

	add_step(play, &op_start, TEXT("info"), line, 5);
	if (!application->outbound && random_percent(play->maker.random, 70)) {
		add_step(play, &op_language, TEXT("debug"), language, 2);
	}
}

static size_t count_tasks(const struct application *application)
{
	size_t count = 0;

	while (count < TASKS_MAX && application->tasks[count].ops) {
		count++;
	}
	return count;
}

static const struct task *choose_task(struct play *play, size_t count)
{
	const struct task *task = play->application->tasks;
	uint32_t all = 0;
	uint32_t choice;

	for (size_t i = 0; i < count; i++) {
		all += task[i].weight;
	}
	choice = random_below(play->maker.random, all);
	for (; choice >= task->weight; task++) {
		choice -= task->weight;
	}
	return task;
}

/* Offers the menu until the caller chose, at times before all was said; NULL when that did not come
 * to pass. */
static const struct task *offer(struct play *play, size_t count)
{
	for (int try = 0; try < TRIES_MAX && !play->over; try++) {
		const struct task *task = choose_task(play, count);
		size_t choice = (size_t)(task - play->application->tasks) + 1;
		size_t said = random_percent(play->maker.random, BARGE_IN_PERCENT) ? choice : count;

		say(play, &op_menu, &play->application->menu);
		for (size_t i = 0; i < said; i++) {
			say(play, &op_menu, &play->application->tasks[i].offer);
		}
		if (input_comes(play, &op_menu)) {
			hear(play, &op_menu, value_number(&play->maker, (uint32_t)choice));
			return play->over ? NULL : task;
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
	struct text line = TEXT("Disconnecting call");

	play->over = false;
	add_step(play, play->last, TEXT("event"), &line, 1);
}

static const struct application *choose_application(struct random *random)
{
	const struct application *application = applications;
	uint32_t all = 0;
	uint32_t choice;

	for (size_t i = 0; i < application_count; i++) {
		all += applications[i].weight;
	}
	choice = random_below(random, all);
	for (; choice >= application->weight; application++) {
		choice -= application->weight;
	}
	return application;
}

static enum language choose_language(struct random *random, const struct application *application)
{
	uint32_t all = 0;
	uint32_t choice;
	int language = 0;

	for (int i = 0; i < LANGUAGES; i++) {
		all += application->languages[i];
	}
	choice = random_below(random, all);
	for (; choice >= application->languages[language]; language++) {
		choice -= application->languages[language];
	}
	return (enum language)language;
}

static void write_call(
	const struct play *play, struct buffer *out, int64_t start_s, struct text session_id)
{
	const struct application *application = play->application;
	struct random *random = play->maker.random;
	char caller[NUMBER_TEXT_SIZE], service[NUMBER_TEXT_SIZE];
	struct text caller_text = number_of_caller(random, play->language, caller);
	struct text service_text = number_of_service(random, application, service);

	buffer_append(out, TEXT("{\"dest\":\""));
	buffer_append(out, application->outbound ? caller_text : service_text);
	buffer_append(out, TEXT("\",\"src\":\""));
	buffer_append(out, application->outbound ? TEXT("Outbound") : caller_text);
	buffer_append(out, TEXT("\",\"start\":\""));
	buffer_append_int64(out, start_s);
	buffer_append(out, TEXT("\",\"end\":\""));
	buffer_append_int64(out, play->now);
	buffer_append(out, TEXT("\",\"session_id\":\""));
	buffer_append(out, session_id);
	buffer_append(out, TEXT("\",\"detail\":["));
	buffer_append(out, buffer_text(play->steps_json));
	buffer_append(out, TEXT("],\"type\":\""));
	buffer_append(out, application->outbound   ? TEXT("outbound")
			   : application->transfer ? TEXT("transfer")
						   : TEXT("inbound"));
	buffer_append(out, TEXT("\",\"log\":true}"));
}

void play_call(struct buffer *out, struct buffer *scratch, struct random *random, int64_t start_s,
	struct text session_id)
{
	const struct application *application = choose_application(random);
	struct play play = {
		.application = application,
		.language = choose_language(random, application),
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
