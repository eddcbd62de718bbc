/* SPDX-License-Identifier: MIT
 * Executions of Studio: those that began since the last round and those that go on, with the steps
 * that are new. */
#include "base/array.h"
#include "base/time_text.h"
#include "collect/twilio_private.h"

#define STEPS_MAX     1000 /* of an execution, as Twilio says */
#define KEEP_UP_ROUND 4	   /* each so many rounds a call without news is named */

/* One execution while it is taken. */
struct execution {
	struct twilio *twilio;
	struct text flow_sid;
	struct text flow_name;
	struct text json;
	struct text sid;
	struct text call; /* the call resource */
	struct text steps[STEPS_MAX];
	size_t count;
	struct text context;
};

/* ---- what it has ---- */

static struct text keep(struct execution *execution, struct text text)
{
	return arena_copy(&execution->twilio->arena, text);
}

static enum asked no_memory(struct error *err)
{
	error_no_memory(err);
	return ASKED_FAILED;
}

static enum asked take_step(void *context, struct text entry, struct error *err)
{
	struct execution *execution = context;

	if (execution->count == STEPS_MAX) {
		return ASKED_ANSWERED;
	}
	execution->steps[execution->count] = keep(execution, entry);
	return execution->steps[execution->count++].data ? ASKED_ANSWERED : no_memory(err);
}

static int64_t created(const struct execution *execution, struct text json)
{
	return twilio_time(json_find_string(json, "date_created", &execution->twilio->arena));
}

/* The list may come newest first. */
static void put_in_order(struct execution *execution)
{
	size_t count = execution->count;

	if (count < 2 || created(execution, execution->steps[0]) <=
				 created(execution, execution->steps[count - 1])) {
		return;
	}
	for (size_t i = 0; i < count / 2; i++) {
		struct text step = execution->steps[i];

		execution->steps[i] = execution->steps[count - 1 - i];
		execution->steps[count - 1 - i] = step;
	}
}

static struct text path_of(const struct execution *execution, const char *rest)
{
	return arena_printf(&execution->twilio->arena, "/v2/Flows/%.*s/Executions/%.*s/%s",
		TEXT_ARG(execution->flow_sid), TEXT_ARG(execution->sid), rest);
}

/* Asks for a document and keeps it; nothing there is not a failure. */
static enum asked ask_kept(struct execution *execution, const char *base, struct text path,
	struct text *ret_json, struct error *err)
{
	struct fetch_answer answer;
	enum asked asked = path.data ? twilio_ask(execution->twilio, base, path, &answer, err)
				     : no_memory(err);

	*ret_json = (struct text){0};
	if (asked == ASKED_ANSWERED) {
		*ret_json = keep(execution, answer.text);
		return ret_json->data ? ASKED_ANSWERED : no_memory(err);
	}
	return asked == ASKED_NOTHING ? ASKED_ANSWERED : asked;
}

static enum asked ask_call(struct execution *execution, struct text call_sid, struct error *err)
{
	const struct collect_twilio_options *options = execution->twilio->options;
	struct text path =
		arena_printf(&execution->twilio->arena, "/2010-04-01/Accounts/%s/Calls/%.*s.json",
			options->account_sid, TEXT_ARG(call_sid));

	return ask_kept(execution, options->api_url, path, &execution->call, err);
}

/* ---- its steps ---- */

/* Whether a later step is of the same widget: the execution's context then holds that one's. */
static bool is_passed_again(const struct execution *execution, size_t at)
{
	struct text widget = json_find(execution->steps[at], "transitioned_from");

	for (size_t i = at + 1; i < execution->count; i++) {
		if (text_equal(widget, json_find(execution->steps[i], "transitioned_from"))) {
			return true;
		}
	}
	return false;
}

static enum asked add_step(struct execution *execution, struct twilio_steps *steps, size_t at,
	struct text channel, struct error *err)
{
	struct text step = execution->steps[at], context = execution->context;
	enum asked asked = ASKED_ANSWERED;

	if (twilio_step_gathers(step) && is_passed_again(execution, at)) {
		struct text sid = json_find_string(step, "sid", &execution->twilio->arena);
		struct text rest = arena_printf(
			&execution->twilio->arena, "Steps/%.*s/Context", TEXT_ARG(sid));

		asked = rest.data ? ask_kept(execution, execution->twilio->options->studio_url,
					    path_of(execution, rest.data), &context, err)
				  : no_memory(err);
	}
	if (asked == ASKED_ANSWERED) {
		twilio_steps_add_step(steps, step, json_find(context, "context"),
			created(execution, step), channel);
	}
	return asked;
}

static void add_end(struct execution *execution, struct twilio_steps *steps, struct text channel)
{
	struct arena *arena = &execution->twilio->arena;
	struct text sid = json_find_string(execution->call, "sid", arena);
	struct text status = json_find_string(execution->call, "status", arena);
	int64_t end = twilio_time(json_find_string(execution->call, "end_time", arena));
	int64_t flow_end = twilio_time(json_find_string(execution->json, "date_updated", arena));

	if (flow_end < 0 || (end >= 0 && flow_end > end)) {
		flow_end = end >= 0 ? end : created(execution, execution->json);
	}
	twilio_steps_add_end(steps, execution->json, flow_end);
	twilio_steps_add_status(steps, sid, status, end >= 0 ? end : flow_end, channel);
}

static enum asked spool(
	struct execution *execution, struct twilio_open *open, bool ended, struct error *err)
{
	struct twilio *twilio = execution->twilio;
	struct twilio_steps steps = {.arena = &twilio->arena};
	struct text channel =
		json_find(execution->call, "parent_call_sid").size > 2 &&
				json_find(execution->call, "parent_call_sid").data[0] == '"'
			? json_find_string(execution->call, "sid", &twilio->arena)
			: (struct text){0};
	enum asked asked = ASKED_ANSWERED;

	if (open->steps == 0) {
		twilio_steps_add_start(&steps, execution->flow_name, execution->json,
			created(execution, execution->json));
	}
	for (size_t i = open->steps; i < execution->count && asked == ASKED_ANSWERED; i++) {
		asked = add_step(execution, &steps, i, channel, err);
	}
	if (asked == ASKED_ANSWERED && ended) {
		add_end(execution, &steps, channel);
	}
	if (asked == ASKED_ANSWERED &&
		twilio_spool_call(twilio, execution->call, &steps, ended, err) < 0) {
		return err->code == ERROR_TIMEOUT ? ASKED_STOPPED : ASKED_FAILED;
	}
	if (asked == ASKED_ANSWERED) {
		open->steps = execution->count;
		open->done = ended;
	}
	return asked;
}

/* Asks for all of an execution, and spools what is new. */
static enum asked take_news(struct execution *execution, struct twilio_open *open,
	struct text call_sid, struct error *err)
{
	struct twilio *twilio = execution->twilio;
	const char *base = twilio->options->studio_url;
	bool flow_ended = text_equal(json_find(execution->json, "status"), TEXT("\"ended\""));
	enum asked asked = twilio_list(twilio, base, path_of(execution, "Steps?PageSize=1000"),
		"steps", take_step, execution, err);

	put_in_order(execution);
	if (asked == ASKED_ANSWERED && execution->count > open->steps) {
		asked = ask_kept(
			execution, base, path_of(execution, "Context"), &execution->context, err);
	}
	if (asked == ASKED_ANSWERED) {
		asked = ask_call(execution, call_sid, err);
	}
	if (asked != ASKED_ANSWERED || execution->call.size == 0) {
		return asked;
	}
	flow_ended &= twilio_call_is_over(execution->call);
	if (execution->count == open->steps && open->steps > 0 && !flow_ended &&
		twilio->rounds % KEEP_UP_ROUND != 0) {
		return asked;
	}
	return spool(execution, open, flow_ended, err);
}

/* ---- executions and flows ---- */

static enum asked take_execution(void *context, struct text entry, struct error *err)
{
	const struct execution *flow = context;
	struct twilio *twilio = flow->twilio;
	struct twilio_open *open, *call;
	struct execution *execution;
	struct text call_sid;

	arena_deinit(&twilio->arena);
	execution = arena_calloc(&twilio->arena, 1, sizeof(*execution));
	if (!execution) {
		return no_memory(err);
	}
	execution->twilio = twilio;
	execution->flow_sid = flow->flow_sid;
	execution->flow_name = flow->flow_name;
	execution->json = keep(execution, entry);
	execution->sid = json_find_string(entry, "sid", &twilio->arena);
	open = twilio_set_find(&twilio->executions, execution->sid);
	call_sid = json_find_string(entry, "initiated_by", &twilio->arena);
	call_sid = call_sid.size > 0 ? call_sid
				     : json_find_string(entry, "started_by", &twilio->arena);
	if (!open) {
		error_set(err, ERROR_TOO_LARGE,
			"more than %d executions go on at once: name some flows by --flows",
			TWILIO_OPEN_MAX);
		return ASKED_FAILED;
	}
	open->created = created(execution, entry);
	/* Messages and requests begin executions, too. */
	open->done |= !text_starts_with(call_sid, TEXT("CA"));
	if (open->done) {
		return ASKED_ANSWERED;
	}
	call = twilio_set_find(&twilio->calls, call_sid);
	if (call) {
		call->created = open->created;
		call->done = true; /* it is told here */
	}
	return take_news(execution, open, call_sid, err);
}

static bool is_wanted(const struct twilio *twilio, struct text flow_sid)
{
	struct text rest = text_of(twilio->options->flows), name;

	while (text_split(&rest, ',', &name)) {
		if (text_equal(text_trim(name), flow_sid)) {
			return true;
		}
	}
	return !twilio->options->flows;
}

static enum asked take_flow(void *context, struct text entry, struct error *err)
{
	AUTO(arena_deinit) struct arena arena;
	struct execution flow = {.twilio = context};
	char since[TIME_TEXT_SIZE];
	struct text path;

	arena_init(&arena, (size_t)1 << 20);
	flow.flow_sid = json_find_string(entry, "sid", &arena);
	flow.flow_name = json_find_string(entry, "friendly_name", &arena);
	if (flow.flow_sid.size == 0 || !is_wanted(flow.twilio, flow.flow_sid)) {
		return ASKED_ANSWERED;
	}
	time_text_format(flow.twilio->from, true, since);
	since[10] = 'T'; /* ISO 8601 as Twilio wants it */
	path = arena_printf(&arena, "/v2/Flows/%.*s/Executions?PageSize=1000&DateCreatedFrom=%s",
		TEXT_ARG(flow.flow_sid), since);
	return path.data ? twilio_list(flow.twilio, flow.twilio->options->studio_url, path,
				   "executions", take_execution, &flow, err)
			 : no_memory(err);
}

enum asked twilio_ask_executions(struct twilio *twilio, struct error *err)
{
	return twilio_list(twilio, twilio->options->studio_url, TEXT("/v2/Flows?PageSize=1000"),
		"flows", take_flow, twilio, err);
}
