/* SPDX-License-Identifier: MIT
 * The rules of docs/outcome.md: one walk over the steps, a row of a table for each kind of words.
 *
 * Lines are looked at as they are written in JSON: the words that are asked for need no escaping.
 * Nothing is asked of a prompt but its module, for a prompt may say anything. */
#include "call/call_outcome.h"

#include "call/call_steps.h"
#include "json/json_find.h"

/* ---- words ---- */

static bool has(struct text text, struct text part)
{
	return memmem(text.data, text.size, part.data, part.size) != NULL;
}

static bool is_module(const struct call_course *course, const char *const *names)
{
	struct text module = course->step->module.raw;
	char first = module.size > 0 ? text_lower(module.data[0]) : '\0';

	for (; *names; names++) {
		if ((*names)[0] == first && text_equal_ascii_case(module, text_of(*names))) {
			return true;
		}
	}
	return false;
}

static const char *const queues[] = {
	"queue", "enqueue", "enqueue-call", "send-to-flex", "callcenter", NULL};
static const char *const voicemails[] = {"voicemail", NULL};
static const char *const transfers[] = {"transfer", "sip:refer", NULL};
static const char *const statuses[] = {"call-status", NULL};
/* Their prompts do not wait for input. */
static const char *const speakers[] = {"prompt", "playback", "say", "saydigits", "saynumber",
	"sayalpha", "sayphonetic", "say-play", "speak", "phrase", "play", "tts", "agent_turn",
	"musiconhold", "dial", "transfer", "record", "import", "", NULL};

/* ---- talks ---- */

static void begin_talk(struct call_course *course)
{
	course->person = true;
	course->transferred = false;
	course->answered = course->answered > 0 ? course->answered : course->time;
	course->talk_from = course->talk_from > 0 ? course->talk_from : course->time;
}

static void end_talk(struct call_course *course, int64_t time)
{
	if (course->talk_from > 0 && time > course->talk_from) {
		course->talk += time - course->talk_from;
	}
	course->talk_from = 0;
}

static void on_connected(struct call_course *course)
{
	course->connects = true;
	course->peer = json_find(course->step->data, "peer");
	begin_talk(course);
}

/* One that began before the log does is a talk all the same; its length is not known. One of
 * the party before the present one ends nothing. */
static void on_disconnected(struct call_course *course)
{
	struct text peer = json_find(course->step->data, "peer");

	course->person = true;
	course->connects = true;
	if (course->peer.size == 0 || peer.size == 0 || text_equal(peer, course->peer)) {
		end_talk(course, course->time);
	}
}

static void on_leg_answered(struct call_course *course)
{
	if (json_find(course->step->data, "channel").size == 0) {
		return;
	}
	course->transferred = false;
	if (course->leg_answered == 0) {
		course->leg_answered = course->time;
	}
}

/* Whether the system called the party that the call is about. */
static bool was_called(const struct call_course *course)
{
	return course->call->type == CALL_OUTBOUND && !course->dialled;
}

/* The main channel: a person only where the system called. */
static void on_answered(struct call_course *course)
{
	if (was_called(course) && course->leg_answered == 0) {
		course->leg_answered = course->time;
	}
}

static void on_dialled(struct call_course *course)
{
	course->dialled = true;
}

static void on_leg_left(struct call_course *course)
{
	struct text channel = json_find(course->step->data, "channel");

	course->peer_left = course->time;
	if (channel.size > 0 && text_equal(channel, course->peer)) {
		end_talk(course, course->time);
	}
}

/* What a queue says of its agents. */
static void on_agent(struct call_course *course)
{
	if (has(course->line, TEXT(" took the call"))) {
		course->queued = false;
		begin_talk(course);
	} else if (has(course->line, TEXT("ended by agent"))) {
		end_talk(course, course->time);
		course->ended_by = CALL_ENDED_BY_CALLED;
	} else if (has(course->line, TEXT("ended by caller"))) {
		end_talk(course, course->time);
		course->ended_by = CALL_ENDED_BY_CALLER;
	} else if (has(course->line, TEXT(" transferred the call"))) {
		end_talk(course, course->time);
		course->transferred = true;
	} else if (has(course->line, TEXT(" did not answer"))) {
		course->tried = CALL_TRIED_IN_VAIN;
	}
}

/* ---- attempts and places ---- */

static void on_calling(struct call_course *course)
{
	if (text_equal(course->step->class_name, TEXT("debug"))) {
		return;
	}
	course->tried = CALL_TRIED_IN_VAIN;
	course->leg_answered = 0;
	if (has(course->line, TEXT("): callComplete"))) {
		begin_talk(course);
		end_talk(course, course->time);
	} else if (has(course->line, TEXT("): busy"))) {
		course->tried = CALL_TRIED_BUSY;
	} else if (text_equal(course->step->class_name, TEXT("error"))) {
		course->tried = CALL_TRIED_FAILED;
	}
}

static void on_ringing(struct call_course *course)
{
	course->tried = was_called(course) ? CALL_TRIED_IN_VAIN : course->tried;
}

static void on_no_answer(struct call_course *course)
{
	course->tried = CALL_TRIED_IN_VAIN;
}

static void on_busy(struct call_course *course)
{
	course->tried = CALL_TRIED_BUSY;
}

static void on_unreached(struct call_course *course)
{
	course->tried = CALL_TRIED_FAILED;
}

/* `The call to 203 failed`, not `… was picked up by …`. */
static void on_call_to(struct call_course *course)
{
	if (has(course->line, TEXT(" failed"))) {
		course->tried = CALL_TRIED_FAILED;
	}
}

static void on_queued(struct call_course *course)
{
	course->queued = true;
}

static void on_left_queue(struct call_course *course)
{
	course->queued = has(course->line, TEXT(": the caller hung up"));
	course->tried = CALL_TRIED_IN_VAIN;
	if (course->queued) {
		course->over = true;
		course->ended_by = CALL_ENDED_BY_CALLER;
	}
}

static void on_input(struct call_course *course)
{
	course->asks = false;
	course->entered = true;
}

static void on_no_input(struct call_course *course)
{
	course->asks = false;
}

/* ---- the end ---- */

/* A leg that answered is a person where nothing tells of connections. */
static void take_leg(struct call_course *course)
{
	if (!course->connects && !course->person && course->leg_answered > 0) {
		course->answered = course->talk_from = course->leg_answered;
		course->person = true;
	}
}

static void end(struct call_course *course, enum call_ended_by ended_by)
{
	take_leg(course);
	end_talk(course, course->time);
	course->over = true;
	course->over_why = json_find(course->step->data, "cause").size > 0;
	course->failed |= text_equal(course->step->class_name, TEXT("error"));
	course->ended_by = ended_by;
	if (has(course->line, TEXT("user busy")) || has(course->line, TEXT("Hung up: busy"))) {
		course->tried = CALL_TRIED_BUSY;
	} else if (has(course->line, TEXT(": no answer")) ||
		   has(course->line, TEXT("Hung up: cancelled"))) {
		course->tried = CALL_TRIED_IN_VAIN;
	}
}

static void on_caller_left(struct call_course *course)
{
	end(course, CALL_ENDED_BY_CALLER);
}

static void on_system_left(struct call_course *course)
{
	end(course, CALL_ENDED_BY_SYSTEM);
}

static void on_called_left(struct call_course *course)
{
	end(course, CALL_ENDED_BY_CALLED);
}

/* FreeSWITCH says by `send_…` that it hung up itself, which it does where the other party left. */
static void on_hung_up(struct call_course *course)
{
	struct text source = json_find(course->step->data, "source");
	bool talked = course->talk_from > 0;
	bool left = course->peer_left > 0 && course->time - course->peer_left <= 1;

	end(course, left ? CALL_ENDED_BY_CALLED : course->ended_by);
	if (course->ended_by == CALL_ENDED_BY_NONE && text_starts_with(source, TEXT("\"send_"))) {
		course->ended_by = talked ? CALL_ENDED_BY_CALLED : CALL_ENDED_BY_SYSTEM;
	}
	if (course->ended_by == CALL_ENDED_BY_NONE && course->failed) {
		course->ended_by = CALL_ENDED_BY_SYSTEM;
	}
}

static void on_flow_ended(struct call_course *course)
{
	end(course, course->ended_by);
}

/* The reasons for which jambonz, Retell and Vapi say that a call ended. */
static const struct {
	const char *word;
	enum call_ended_by ended_by;
	enum call_tried tried;
	bool transferred, voicemail;
} reasons[] = {
	{"dial_busy", .tried = CALL_TRIED_BUSY},
	{"customer-busy", .tried = CALL_TRIED_BUSY},
	{"dial_no_answer", .tried = CALL_TRIED_IN_VAIN},
	{"customer-did-not-answer", .tried = CALL_TRIED_IN_VAIN},
	{"dial_failed", .tried = CALL_TRIED_FAILED},
	{"voicemail", .ended_by = CALL_ENDED_BY_SYSTEM, .voicemail = true},
	{"call_transfer", .transferred = true},
	{"assistant-forwarded-call", .transferred = true},
	{"agent_hangup", .ended_by = CALL_ENDED_BY_SYSTEM},
	{"assistant-ended-call", .ended_by = CALL_ENDED_BY_SYSTEM},
	{"jambonz", .ended_by = CALL_ENDED_BY_SYSTEM},
	{"user_hangup", .ended_by = CALL_ENDED_BY_CALLER},
	{"customer-ended-call", .ended_by = CALL_ENDED_BY_CALLER},
	{"caller", .ended_by = CALL_ENDED_BY_CALLER},
};

/* In a call that the system made, the other side is the called one. */
static enum call_ended_by side_of(const struct call_course *course, enum call_ended_by side)
{
	return side == CALL_ENDED_BY_CALLER && was_called(course) ? CALL_ENDED_BY_CALLED : side;
}

static void on_termination(struct call_course *course)
{
	size_t at = 0;

	end(course, course->ended_by);
	while (at < COUNT_OF(reasons) && !has(course->line, text_of(reasons[at].word))) {
		at++;
	}
	if (at == COUNT_OF(reasons)) {
		return;
	}
	if (reasons[at].ended_by != CALL_ENDED_BY_NONE) {
		course->ended_by = side_of(course, reasons[at].ended_by);
	}
	course->tried = reasons[at].tried != CALL_TRIED_NOBODY ? reasons[at].tried : course->tried;
	course->transferred |= reasons[at].transferred;
	course->voicemail |= reasons[at].voicemail;
}

static void on_failed_start(struct call_course *course)
{
	course->tried = CALL_TRIED_FAILED;
}

/* ---- transfers ---- */

/* FreeSWITCH's dialplan is full of transfers: one is away only from a person. */
static void on_flow_transfer(struct call_course *course)
{
	course->transferred |= course->person;
}

/* One that asked first goes on where the call is connected already. */
static void on_transfer(struct call_course *course)
{
	course->transferred =
		course->talk_from == 0 || !text_starts_with(course->line, TEXT("Attended"));
}

static void on_transfer_answered(struct call_course *course)
{
	begin_talk(course);
}

static void on_transfer_ended(struct call_course *course)
{
	end_talk(course, course->time);
}

static void on_transfer_in_vain(struct call_course *course)
{
	course->transferred = false;
	course->tried = has(course->line, TEXT("busy"))	    ? CALL_TRIED_BUSY
			: has(course->line, TEXT("failed")) ? CALL_TRIED_FAILED
							    : CALL_TRIED_IN_VAIN;
}

/* ---- jambonz' statuses ---- */

static void on_leg_status(struct call_course *course, struct text status)
{
	if (text_equal(status, TEXT("in-progress"))) {
		begin_talk(course);
	} else if (text_equal(status, TEXT("completed"))) {
		end_talk(course, course->time);
	} else if (text_equal(status, TEXT("busy"))) {
		course->tried = CALL_TRIED_BUSY;
	} else if (text_equal(status, TEXT("failed"))) {
		course->tried = CALL_TRIED_FAILED;
	} else {
		course->tried = CALL_TRIED_IN_VAIN;
	}
}

static bool is_busy(const struct call_course *course)
{
	struct text sip = json_find(course->step->data, "sip_status");

	return text_equal(course->step->variable.raw, TEXT("busy")) || has(sip, TEXT("486")) ||
	       has(sip, TEXT("600"));
}

static void on_main_status(struct call_course *course, struct text status)
{
	struct text by = json_find(course->step->data, "terminated_by");
	bool completed = text_equal(status, TEXT("completed"));

	if (text_equal(status, TEXT("in-progress"))) {
		on_answered(course);
	} else if (completed || text_equal(status, TEXT("busy")) ||
		   text_equal(status, TEXT("no-answer")) || text_equal(status, TEXT("failed"))) {
		end(course, text_equal(by, TEXT("\"caller\""))	  ? CALL_ENDED_BY_CALLER
			    : text_equal(by, TEXT("\"jambonz\"")) ? CALL_ENDED_BY_SYSTEM
								  : course->ended_by);
		course->tried = completed	  ? course->tried
				: is_busy(course) ? CALL_TRIED_BUSY
						  : CALL_TRIED_IN_VAIN;
	}
}

static void on_status(struct call_course *course)
{
	struct text status = course->step->variable.raw;

	if (json_find(course->step->data, "parent_call_sid").size > 0) {
		on_leg_status(course, status);
	} else {
		on_main_status(course, status);
	}
}

/* ---- Asterisk's call records ---- */

/* It says for how long it was answered, of a called channel or of an application. Where that is all
 * of its time the exchange may have answered before: then it is not known when the person did. */
static void on_record_answered(struct call_course *course)
{
	int64_t answered_s = json_find_integer(course->step->data, "answered_s", 0);
	int64_t duration_s = json_find_integer(course->step->data, "duration_s", 0);
	int64_t from = course->time - answered_s;

	if (!has(course->line, TEXT("): ANSWERED,"))) {
		return;
	}
	course->person = course->connects = true;
	if (answered_s >= duration_s) {
		return;
	}
	if (course->answered == 0 || from < course->answered) {
		course->answered = from;
	}
	from = from > course->recorded_until ? from : course->recorded_until;
	course->talk += course->time > from ? course->time - from : 0;
	course->recorded_until = course->time;
}

/* ---- the walk ---- */

struct row {
	struct text words;
	void (*take)(struct call_course *course);
};

#define ROW(words, take)                                                                           \
	{                                                                                          \
		{(words), sizeof(words) - 1}, (take)                                               \
	}

/* How a line begins: the first row that fits is taken. */
static const struct row beginnings[] = {
	ROW("User input", on_input),
	ROW("No input", on_no_input),
	ROW("Invalid input", on_no_input),
	ROW("Dialled ", on_dialled),
	ROW("Incoming call", on_dialled),
	ROW("Calling", on_calling),
	ROW("Ringing", on_ringing),
	ROW("Answered", on_answered),
	ROW("An originated call failed", on_failed_start),
	ROW("The call to ", on_call_to),
	ROW("Agent ", on_agent),
	ROW("Connected to ", on_connected),
	ROW("Joined conference", on_connected),
	ROW("Joined the conference", on_connected),
	ROW("Disconnected from ", on_disconnected),
	ROW("Left conference", on_disconnected),
	ROW("Left the conference", on_disconnected),
	ROW("Waiting in queue", on_queued),
	ROW("Joined queue ", on_queued),
	ROW("Entering queue ", on_queued),
	ROW("Queued ", on_queued),
	ROW("Left queue ", on_left_queue),
	ROW("Leaving queue ", on_left_queue),
	ROW("Transferred to ", on_flow_transfer),
	ROW("Transferring to ", on_flow_transfer),
	ROW("Transfer answered", on_transfer_answered),
	ROW("Transfer ended", on_transfer_ended),
	ROW("Transfer not answered", on_transfer_in_vain),
	ROW("Transfer busy", on_transfer_in_vain),
	ROW("Transfer failed", on_transfer_in_vain),
	ROW("Hung up by the caller", on_caller_left),
	ROW("Caller hung up", on_caller_left),
	ROW("Hung up by the called party", on_called_left),
	ROW("Hung up by the dialplan", on_system_left),
	ROW("Hung up by the application", on_system_left),
	ROW("Hung up by ", on_called_left),
	ROW("Hung up", on_hung_up),
	ROW("Disconnecting call", on_flow_ended),
	ROW("Flow ended", on_flow_ended),
	ROW("Call ended: ", on_termination),
};

/* What stands inside a line. */
static const struct row insides[] = {
	ROW(": ANSWERED,", on_record_answered),
	ROW(": NO ANSWER,", on_no_answer),
	ROW(": BUSY,", on_busy),
	ROW(": FAILED,", on_unreached),
	ROW(": CONGESTION,", on_unreached),
	ROW(" did not answer", on_no_answer),
	ROW(" is busy", on_busy),
	ROW(" could not be reached", on_unreached),
	ROW(" hung up", on_leg_left),
	ROW(" answered", on_leg_answered),
};

static bool take_beginning(struct call_course *course)
{
	for (size_t i = 0; i < COUNT_OF(beginnings); i++) {
		if (beginnings[i].words.data[0] == course->line.data[0] &&
			text_starts_with(course->line, beginnings[i].words)) {
			beginnings[i].take(course);
			return true;
		}
	}
	return false;
}

static void take_inside(struct call_course *course)
{
	for (size_t i = 0; i < COUNT_OF(insides); i++) {
		if (has(course->line, insides[i].words)) {
			insides[i].take(course);
			return;
		}
	}
}

static void take_prompt(struct call_course *course)
{
	course->voicemail |= is_module(course, voicemails);
	course->queued = is_module(course, queues);
	course->asks = !course->queued && !course->voicemail && !is_module(course, speakers);
}

void call_course_begin(struct call_course *course, const struct call *call)
{
	*course = (struct call_course){.call = call};
}

void call_course_step(struct call_course *course, const struct call_step_look *step)
{
	course->step = step;
	course->line = step->line.raw;
	course->time = step->timestamp;
	if (text_equal(step->class_name, TEXT("prompt"))) {
		take_prompt(course);
	} else if (is_module(course, statuses)) {
		on_status(course);
	} else if (course->line.size == 0 || take_beginning(course)) {
		return;
	} else if (is_module(course, transfers)) {
		on_transfer(course);
	} else {
		course->voicemail |= is_module(course, voicemails);
		/* What becomes of a leg is never mere information. */
		if (step->class_name.size > 0 && step->class_name.data[0] == 'e') {
			take_inside(course);
		}
	}
}

/* ---- what comes of it ---- */

static void finish(struct call_course *course)
{
	take_leg(course);
	end_talk(course, course->call->end);
	/* A document of the vendor does not say which side ended it. One that waited for its
	 * caller was left by it. */
	if (course->over && !course->over_why && course->ended_by == CALL_ENDED_BY_NONE &&
		!course->person && (course->queued || course->asks)) {
		course->ended_by = CALL_ENDED_BY_CALLER;
	}
}

/* Nobody was tried to reach: the flow alone had the call. */
static enum call_outcome outcome_of_flow(const struct call_course *course)
{
	switch (course->ended_by) {
	case CALL_ENDED_BY_CALLER:
		return course->entered && !course->asks ? CALL_COMPLETED : CALL_ABANDONED;
	case CALL_ENDED_BY_SYSTEM:
		return CALL_COMPLETED;
	default:
		return course->over && !course->over_why ? CALL_COMPLETED : CALL_NO_OUTCOME;
	}
}

static enum call_outcome outcome_of(const struct call_course *course)
{
	if (course->transferred) {
		return CALL_TRANSFERRED;
	}
	if (course->person) {
		return CALL_ANSWERED;
	}
	if (course->voicemail) {
		return CALL_VOICEMAIL;
	}
	if (course->queued && course->over) {
		return course->ended_by == CALL_ENDED_BY_SYSTEM ? CALL_MISSED : CALL_ABANDONED;
	}
	if (course->tried == CALL_TRIED_BUSY) {
		return CALL_BUSY;
	}
	if (course->tried == CALL_TRIED_FAILED || course->failed) {
		return CALL_FAILED;
	}
	return course->tried == CALL_TRIED_IN_VAIN ? CALL_MISSED : outcome_of_flow(course);
}

static void set(struct call *call, const struct call_course *course)
{
	bool ended = call->state == CALL_ENDED;

	if (!(call->told & CALL_TOLD_OUTCOME)) {
		call->outcome = ended ? outcome_of(course) : CALL_NO_OUTCOME;
	}
	if (!(call->told & CALL_TOLD_ENDED_BY)) {
		call->ended_by = ended ? course->ended_by : CALL_ENDED_BY_NONE;
	}
	if (!(call->told & CALL_TOLD_ANSWERED)) {
		call->answered = course->answered;
	}
	if (!(call->told & CALL_TOLD_TALK)) {
		call->talk = course->talk;
	}
}

int call_outcome_find(struct call *call, struct text detail, struct error *err)
{
	struct call_course course;
	struct call_step_look step;
	struct call_steps steps;
	int more = 0;

	if (!detail.data) {
		struct call told = *call;

		call_outcome_take_told(call, &told);
		return 0;
	}
	call_course_begin(&course, call);
	call_steps_init(&steps, detail);
	while ((more = call_steps_next(&steps, &step, err)) > 0) {
		call_course_step(&course, &step);
	}
	if (more == 0) {
		finish(&course);
		set(call, &course);
	}
	return more;
}

void call_outcome_take(struct call *call, const struct call *from)
{
	call->told = from->told;
	call->outcome = from->outcome;
	call->ended_by = from->ended_by;
	call->answered = from->answered;
	call->talk = from->talk;
}

void call_outcome_settle(struct call_course *course, struct call *call)
{
	const struct call told = *call;
	struct call found = told;

	found.told = 0;
	finish(course);
	set(&found, course);
	call_outcome_take(call, &found);
	if ((told.told & CALL_TOLD_OUTCOME) != 0 && told.outcome != found.outcome) {
		call->outcome = told.outcome;
		call->told |= CALL_TOLD_OUTCOME;
	}
	if ((told.told & CALL_TOLD_ENDED_BY) != 0 && told.ended_by != found.ended_by) {
		call->ended_by = told.ended_by;
		call->told |= CALL_TOLD_ENDED_BY;
	}
	if ((told.told & CALL_TOLD_ANSWERED) != 0 && told.answered != found.answered) {
		call->answered = told.answered;
		call->told |= CALL_TOLD_ANSWERED;
	}
	if ((told.told & CALL_TOLD_TALK) != 0 &&
		(told.talk != found.talk || !call_knows_talk(&found))) {
		call->talk = told.talk;
		call->told |= CALL_TOLD_TALK;
	}
}

void call_outcome_take_told(struct call *call, const struct call *told)
{
	call->told = told->told;
	call->outcome = told->told & CALL_TOLD_OUTCOME ? told->outcome : CALL_NO_OUTCOME;
	call->ended_by = told->told & CALL_TOLD_ENDED_BY ? told->ended_by : CALL_ENDED_BY_NONE;
	call->answered = told->told & CALL_TOLD_ANSWERED ? told->answered : 0;
	call->talk = told->told & CALL_TOLD_TALK ? told->talk : 0;
}
