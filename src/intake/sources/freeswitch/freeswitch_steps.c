/* SPDX-License-Identifier: MIT
 * The steps of a call detail record: the applications that ran, and what befell the leg. A record
 * holds no digits but those that an application left in its variable, and no time for these. */
#include "intake/sources/cause.h"
#include "intake/sources/freeswitch/freeswitch_private.h"

#define CAUSE_BUSY 17
#define CAUSE_LAST 127 /* of Q.850; FreeSWITCH's own are above */

static struct text variable(const struct freeswitch_record *record, const char *name)
{
	return tree_member_text(record->variables, name);
}

static struct report_step *add(struct freeswitch_record *record, int64_t time_us,
	const char *class_name, const char *module, struct text line, const char *word)
{
	struct report_step *step = report_add(record->report, time_us, class_name, module, line);

	step->event_id = report_text(record->report, "%.*s-%s", TEXT_ARG(record->uuid), word);
	if (record->is_b_leg) {
		report_set(record->report, step, "channel", record->channel);
	}
	return step;
}

/* `1002 (sofia/internal/1002@host)`, or the one of them that is known. */
static struct text party(struct report *report, struct text number, struct text channel)
{
	if (number.size == 0 || channel.size == 0) {
		return number.size > 0 ? number : channel;
	}
	return report_text(report, "%.*s (%.*s)", TEXT_ARG(number), TEXT_ARG(channel));
}

/* ---- what is said of applications ---- */

static struct text word_at(struct text rest, size_t index)
{
	struct text word = TEXT("");

	for (size_t i = 0; i <= index; i++) {
		if (!text_split(&rest, ' ', &word)) {
			return TEXT("");
		}
	}
	return word;
}

static struct text behind_last(struct text text, char separator)
{
	const char *at = text.size > 0 ? memrchr(text.data, separator, text.size) : NULL;

	return at ? text_tail(text, (size_t)(at - text.data) + 1) : text;
}

/* A dial string without the variables in its brackets, among which are passwords. */
static struct text without_brackets(struct report *report, struct text text)
{
	char *out = arena_alloc(report->arena, text.size + 1);
	size_t size = 0, depth = 0;

	report->failed |= !out;
	for (size_t i = 0; out && i < text.size; i++) {
		bool opens = memchr("{[<", text.data[i], 3) != NULL;
		bool closes = memchr("}]>", text.data[i], 3) != NULL;

		depth += opens;
		if (depth == 0) {
			out[size++] = text.data[i];
		}
		depth -= closes && depth > 0;
	}
	return (struct text){.data = out ? out : "", .size = size};
}

enum what {
	WHAT_NOTHING, /* plumbing */
	WHAT_DATA,
	WHAT_TEXT,	  /* behind the last `|` */
	WHAT_DIAL,	  /* without its variables */
	WHAT_FIRST,	  /* the first word: what may follow it is a password */
	WHAT_ROOM,	  /* up to `@` or `+`, behind which a PIN may stand */
	WHAT_SAID,	  /* from the fourth word on */
	WHAT_DIGITS,	  /* 6th word played, 8th variable */
	WHAT_READ,	  /* 3rd word played, 4th variable */
	WHAT_FIRST_NAMED, /* the first word, which is its variable as well */
};

static const struct application {
	const char *name;
	const char *class_name;
	const char *verb;
	enum what what;
} applications[] = {
	{"playback", "prompt", "Playing", WHAT_DATA},
	{"endless_playback", "prompt", "Playing", WHAT_DATA},
	{"loop_playback", "prompt", "Playing", WHAT_DATA},
	{"speak", "prompt", "Saying", WHAT_TEXT},
	{"say", "prompt", "Saying", WHAT_SAID},
	{"phrase", "prompt", "Playing phrase", WHAT_FIRST},
	{"gentones", "prompt", "Playing tones", WHAT_DATA},
	{"play_and_get_digits", "prompt", "Playing", WHAT_DIGITS},
	{"read", "prompt", "Playing", WHAT_READ},
	{"ivr", "prompt", "Menu", WHAT_FIRST_NAMED},
	{"bridge", "info", "Calling", WHAT_DIAL},
	{"transfer", "info", "Transferring to", WHAT_DATA},
	{"execute_extension", "info", "Running extension", WHAT_DATA},
	{"voicemail", "info", "Voicemail", WHAT_DATA},
	{"conference", "info", "Joining conference", WHAT_ROOM},
	{"callcenter", "info", "Queue", WHAT_FIRST_NAMED},
	{"fifo", "info", "Queue", WHAT_FIRST_NAMED},
	{"park", "info", "Parked", WHAT_NOTHING},
	{"valet_park", "info", "Parked in", WHAT_DATA},
	{"record", "info", "Recording to", WHAT_FIRST},
	{"record_session", "info", "Recording to", WHAT_FIRST},
};

static const char *const plumbing[] = {"answer", "bind_digit_action", "bind_meta_app", "break",
	"clear_digit_action", "db", "digit_action_set_realm", "enable_heartbeat", "event", "export",
	"hangup", "hash", "info", "jitterbuffer", "limit", "limit_execute", "limit_hash", "log",
	"multiset", "multiunset", "pre_answer", "presence", "privacy", "ring_ready", "sched_hangup",
	"session_loglevel", "set", "set_audio_level", "set_global", "set_name", "set_profile_var",
	"set_user", "set_zombie_exec", "sleep", "unset", "verbose_events"};

static bool is_plumbing(struct text name)
{
	for (size_t i = 0; i < COUNT_OF(plumbing); i++) {
		if (text_equal_string(name, plumbing[i])) {
			return true;
		}
	}
	return false;
}

static const struct application *find_application(struct text name)
{
	static const struct application other = {NULL, "info", NULL, WHAT_DATA};

	for (size_t i = 0; i < COUNT_OF(applications); i++) {
		if (text_equal_string(name, applications[i].name)) {
			return &applications[i];
		}
	}
	return &other;
}

static struct text room_of(struct text data)
{
	size_t size = 0;

	while (size < data.size && !memchr("@+", data.data[size], 2)) {
		size++;
	}
	return text_head(data, size);
}

static struct text said(struct text data)
{
	struct text rest = data, word;

	for (int i = 0; i < 3; i++) {
		if (!text_split(&rest, ' ', &word)) {
			return data;
		}
	}
	return rest.data ? rest : data;
}

static struct text object_of(
	struct report *report, const struct application *application, struct text data)
{
	switch (application->what) {
	case WHAT_NOTHING:
		return TEXT("");
	case WHAT_TEXT:
		return behind_last(data, '|');
	case WHAT_DIAL:
		return without_brackets(report, data);
	case WHAT_FIRST:
	case WHAT_FIRST_NAMED:
		return word_at(data, 0);
	case WHAT_ROOM:
		return room_of(data);
	case WHAT_SAID:
		return said(data);
	case WHAT_DIGITS:
		return word_at(data, 5);
	case WHAT_READ:
		return word_at(data, 2);
	default:
		return data;
	}
}

static struct text variable_of(const struct application *application, struct text data)
{
	return application->what == WHAT_DIGITS	       ? word_at(data, 7)
	       : application->what == WHAT_READ	       ? word_at(data, 3)
	       : application->what == WHAT_FIRST_NAMED ? word_at(data, 0)
						       : TEXT("");
}

/* ---- the applications that ran ---- */

struct ran {
	struct text name, data;
	int64_t time_us;
};

/* Old versions do not say when: then it is not before the extension that it stands in. */
static void set_times(struct freeswitch_record *record, struct ran *ran, size_t count)
{
	int64_t time_us = record->report->start_us;
	size_t flow = 0, left = 0;

	for (size_t i = 0; i < count; i++) {
		while (left == 0 && flow < record->flow_count) {
			const struct tree *entry = record->flows[flow++];
			const struct tree *list =
				tree_member(tree_member(entry, "extension"), "applications");
			const struct tree *first =
				list ? list->first
				     : tree_member(tree_member(entry, "extension"), "application");
			int64_t at_us = freeswitch_us(tree_member_text(
				tree_member(entry, "times"), "profile_created_time"));

			for (; first; first = first->next) {
				left += first->kind == TREE_OBJECT;
			}
			time_us = at_us > time_us ? at_us : time_us;
		}
		left -= left > 0;
		if (ran[i].time_us < 0) {
			ran[i].time_us = time_us;
		}
		time_us = ran[i].time_us > time_us ? ran[i].time_us : time_us;
	}
}

static size_t find_ran(struct freeswitch_record *record, struct ran **ret_ran)
{
	const struct tree *log = tree_member(record->root, "app_log");
	const struct tree *list = tree_member(log, "applications");
	const struct tree *first = list ? list->first : log ? log->first : NULL;
	size_t count = 0;

	for (const struct tree *tree = first; tree; tree = tree->next) {
		count++;
	}
	*ret_ran = arena_calloc(record->report->arena, count + 1, sizeof(**ret_ran));
	if (!*ret_ran) {
		record->report->failed = true;
		return 0;
	}
	count = 0;
	for (const struct tree *tree = first; tree; tree = tree->next) {
		(*ret_ran)[count++] = (struct ran){
			.name = tree_member_text(tree, "app_name"),
			.data = tree_member_text(tree, "app_data"),
			.time_us = freeswitch_us(tree_member_text(tree, "app_stamp")),
		};
	}
	set_times(record, *ret_ran, count);
	return count;
}

/* Whether a later application fills @name again: the variable then holds what that one left. */
static bool is_filled_again(const struct ran *ran, size_t count, size_t at, struct text name)
{
	for (size_t i = at + 1; i < count; i++) {
		if (text_equal(variable_of(find_application(ran[i].name), ran[i].data), name)) {
			return true;
		}
	}
	return false;
}

static void add_input(
	struct freeswitch_record *record, const struct ran *ran, size_t count, size_t at)
{
	const struct application *application = find_application(ran[at].name);
	struct text name = variable_of(application, ran[at].data);
	struct text digits = TEXT(""), result = variable(record, "read_result"), line;
	int64_t time_us = at + 1 < count ? ran[at + 1].time_us : ran[at].time_us;
	struct report_step *step;

	if ((application->what != WHAT_DIGITS && application->what != WHAT_READ) ||
		name.size == 0 || is_filled_again(ran, count, at, name)) {
		return;
	}
	for (const struct tree *tree = record->variables->first; tree; tree = tree->next) {
		digits = text_equal(tree->name, name) ? tree_text(tree) : digits;
	}
	if (digits.size > 0) {
		line = report_text(record->report, "User input: %.*s (dtmf)", TEXT_ARG(digits));
	} else if (text_equal(result, TEXT("timeout")) || text_equal(result, TEXT("failure"))) {
		line = text_equal(result, TEXT("timeout")) ? TEXT("No input")
							   : TEXT("Invalid input");
	} else {
		return;
	}
	step = add(record, time_us, "event", application->name, line,
		report_text(record->report, "input-%zu", at).data);
	step->variable = name;
}

static void add_application(struct freeswitch_record *record, const struct ran *ran, size_t at)
{
	const struct application *application = find_application(ran[at].name);
	struct text module = ran[at].name, line;
	struct text object = object_of(record->report, application, ran[at].data);
	struct report_step *step;

	line = report_text(record->report, "%s%s%.*s",
		application->verb ? application->verb
				  : arena_copy(record->report->arena, module).data,
		object.size > 0 ? " " : "", TEXT_ARG(object));
	step = add(record, ran[at].time_us, application->class_name, "", line,
		report_text(record->report, "app-%zu", at).data);
	step->module = module;
	step->variable = variable_of(application, ran[at].data);
	if (application->what == WHAT_DATA &&
		text_equal_string(TEXT("prompt"), application->class_name)) {
		report_set(record->report, step, "sound", object);
	}
}

static void add_applications(struct freeswitch_record *record)
{
	struct ran *ran;
	size_t count = find_ran(record, &ran);

	for (size_t i = 0; i < count; i++) {
		if (ran[i].name.size == 0 || is_plumbing(ran[i].name)) {
			continue;
		}
		add_application(record, ran, i);
		add_input(record, ran, count, i);
	}
}

/* ---- what befell the leg ---- */

static void add_start(struct freeswitch_record *record)
{
	struct report *report = record->report;
	const struct tree *profile =
		record->flow_count > 0 ? tree_member(record->flows[0], "caller_profile") : NULL;
	struct text name = tree_member_text(profile, "caller_id_name");
	struct text direction = variable(record, "direction");
	struct report_step *step;
	struct text line;

	if (text_equal(direction, TEXT("outbound"))) {
		line = report_text(report, "Calling %.*s, showing %.*s", TEXT_ARG(report->dest),
			TEXT_ARG(report->src));
	} else if (name.size > 0 && !text_equal(name, report->src)) {
		line = report_text(report, "Dialled %.*s from %.*s (%.*s)", TEXT_ARG(report->dest),
			TEXT_ARG(report->src), TEXT_ARG(name));
	} else {
		line = report_text(report, "Dialled %.*s from %.*s", TEXT_ARG(report->dest),
			TEXT_ARG(report->src));
	}
	step = add(record, report->start_us, "info", "start", line, "start");
	report_set(report, step, "channel", record->channel);
	report_set(report, step, "caller_name", name);
	report_set(report, step, "context", tree_member_text(profile, "context"));
}

/* Each extension but the first is one that the call was transferred to. */
static void add_transfers(struct freeswitch_record *record)
{
	for (size_t i = 1; i < record->flow_count; i++) {
		const struct tree *flow = record->flows[i];
		const struct tree *extension = tree_member(flow, "extension");
		struct text number =
			tree_member_text(tree_member(flow, "caller_profile"), "destination_number");
		struct text name = tree_member_text(extension, "name");
		int64_t time_us = freeswitch_us(tree_member_text(
			tree_member(record->flows[i - 1], "times"), "transfer_time"));
		struct report_step *step;

		if (time_us < 0) {
			time_us = freeswitch_us(tree_member_text(
				tree_member(flow, "times"), "profile_created_time"));
		}
		step = add(record, time_us < 0 ? record->report->start_us : time_us, "event",
			"transfer",
			report_text(record->report, "Transferred to %.*s",
				TEXT_ARG(party(record->report, number, name))),
			report_text(record->report, "transfer-%zu", i).data);
		report_set(record->report, step, "extension", name);
	}
}

static void add_connection(struct freeswitch_record *record)
{
	int64_t time_us = freeswitch_time_us(record, "bridge");
	const struct tree *found = NULL;
	struct text channel;
	struct report_step *step;

	for (size_t i = record->flow_count; time_us > 0 && !found && i > 0; i--) {
		const struct tree *called = tree_member(
			tree_member(record->flows[i - 1], "caller_profile"), "originatee");

		found = tree_member(called, "originatee_caller_profiles");
		found = found ? found->first : tree_member(called, "originatee_caller_profile");
	}
	if (!found) {
		return;
	}
	channel = tree_member_text(found, "chan_name");
	step = add(record, time_us, "info", "bridge",
		report_text(record->report, "Connected to %.*s",
			TEXT_ARG(party(record->report,
				tree_member_text(found, "destination_number"), channel))),
		"bridge");
	report_set(record->report, step, "peer", channel);
}

struct cause {
	int64_t number;
	struct text words;
	bool failed;
};

/* FreeSWITCH's own causes have names alone: `LOSE_RACE` is `lose race`. */
static struct text words_of_name(struct report *report, struct text name)
{
	char *words = arena_alloc(report->arena, name.size + 1);

	report->failed |= !words;
	for (size_t i = 0; words && i < name.size; i++) {
		words[i] = (char)(name.data[i] == '_' ? ' ' : text_lower(name.data[i]));
	}
	return (struct text){.data = words ? words : "", .size = words ? name.size : 0};
}

static struct cause read_cause(struct freeswitch_record *record)
{
	static const char *const failures[] = {"CRASH", "SYSTEM_SHUTDOWN", "MEDIA_TIMEOUT",
		"GATEWAY_DOWN", "INVALID_GATEWAY", "INVALID_URL", "INVALID_PROFILE",
		"USER_NOT_REGISTERED", "DECRYPTION_FAILURE", "SRTP_READ_ERROR"};
	struct text name = variable(record, "hangup_cause");
	struct cause cause = {.number = -1};

	if (text_to_int64(variable(record, "hangup_cause_q850"), &cause.number) &&
		cause.number > 0 && cause.number <= CAUSE_LAST) {
		cause.words = text_of(cause_words(cause.number));
		cause.failed = cause_is_failure(cause.number);
		return cause;
	}
	cause.words = words_of_name(record->report, name);
	for (size_t i = 0; i < COUNT_OF(failures); i++) {
		cause.failed |= text_equal_string(name, failures[i]);
	}
	return cause;
}

static struct text hung_up_by(struct freeswitch_record *record)
{
	struct text disposition = variable(record, "sip_hangup_disposition");
	bool outbound = text_equal(variable(record, "direction"), TEXT("outbound"));

	if (!text_starts_with(disposition, TEXT("recv_"))) {
		return TEXT("Hung up");
	}
	return report_text(record->report, "Hung up by the %s (%.*s)",
		outbound ? "called party" : "caller", TEXT_ARG(record->channel));
}

static struct text end_of_other(
	struct freeswitch_record *record, const struct cause *cause, struct text other)
{
	const char *words = freeswitch_time_us(record, "answer") > 0 ? "hung up"
			    : cause->number == CAUSE_BUSY	     ? "is busy"
			    : cause->failed			     ? "could not be reached"
								     : "did not answer";

	return report_text(record->report, "%.*s %s", TEXT_ARG(other), words);
}

static void add_end(struct freeswitch_record *record, struct text other)
{
	struct report *report = record->report;
	struct cause cause = read_cause(record);
	struct text line =
		record->is_b_leg ? end_of_other(record, &cause, other) : hung_up_by(record);
	struct report_step *step;

	if (cause.words.size > 0) {
		line = report_text(report, "%.*s: %.*s", TEXT_ARG(line), TEXT_ARG(cause.words));
	}
	if (cause.number > 0 && cause.number <= CAUSE_LAST) {
		line = report_text(report, "%.*s (%lld)", TEXT_ARG(line), (long long)cause.number);
	}
	step = add(
		record, report->end_us, cause.failed ? "error" : "event", "hangup", line, "hangup");
	if (cause.number > 0) {
		report_set_number(report, step, "cause", cause.number);
	}
	report_set(report, step, "cause_text", variable(record, "hangup_cause"));
	report_set(report, step, "source", variable(record, "sip_hangup_disposition"));
}

static void add_left_out(struct freeswitch_record *record)
{
	if (record->flows_left_out > 0) {
		add(record, record->report->end_us, "error", "import",
			report_text(record->report,
				"%zu more transfers are left out: there are too many",
				record->flows_left_out),
			"left-out");
	}
}

void freeswitch_steps(struct freeswitch_record *record)
{
	struct text number =
		record->flow_count > 0
			? tree_member_text(tree_member(record->flows[0], "caller_profile"),
				  "destination_number")
			: TEXT("");
	struct text other = party(record->report, number, record->channel);
	int64_t answered_us = freeswitch_time_us(record, "answer");

	if (record->is_b_leg) {
		add(record, record->report->start_us, "info", "dial",
			report_text(record->report, "Calling %.*s", TEXT_ARG(other)), "start");
	} else {
		add_start(record);
		add_transfers(record);
	}
	add_applications(record);
	if (answered_us > 0) {
		add(record, answered_us, "event", "answer",
			record->is_b_leg
				? report_text(record->report, "%.*s answered", TEXT_ARG(other))
				: TEXT("Answered"),
			"answer");
	}
	if (!record->is_b_leg) {
		add_connection(record);
	}
	add_end(record, other);
	add_left_out(record);
}
