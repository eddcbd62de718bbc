/* SPDX-License-Identifier: MIT
 * Calls without an execution of Studio: what their TwiML application was asked and answered, which
 * Twilio has a quarter of an hour after their end. */
#include <stdio.h>
#include <time.h>

#include "collect/twilio_private.h"

#define EVERY_ROUNDS 4
#define READY_S	     INT64_C(960) /* after a call's end its events are complete */
#define DAY_S	     INT64_C(86400)

struct calls {
	struct twilio *twilio;
	struct twilio_steps steps;
	size_t number; /* of events */
	struct text sid;
	struct text channel; /* the call, where it is another one's child */
	int64_t start;
};

static enum asked take_event(void *context, struct text entry, struct error *err)
{
	struct calls *calls = context;
	int64_t time_s =
		twilio_time(json_find_string(entry, "response.date_created", calls->steps.arena));

	(void)err;
	twilio_steps_add_event(&calls->steps, entry, calls->number++, calls->sid,
		time_s >= 0 ? time_s : calls->start, calls->channel);
	return ASKED_ANSWERED;
}

static void add_end(struct calls *calls, struct text call, int64_t end)
{
	struct text status = json_find_string(call, "status", calls->steps.arena);

	twilio_steps_add_status(&calls->steps, calls->sid, status, end, calls->channel);
}

static enum asked take_ended(struct calls *calls, struct text call, struct twilio_open *open,
	int64_t end, struct error *err)
{
	struct twilio *twilio = calls->twilio;
	struct text path = arena_printf(&twilio->arena,
		"/2010-04-01/Accounts/%s/Calls/%.*s/Events.json?PageSize=250",
		twilio->options->account_sid, TEXT_ARG(calls->sid));
	enum asked asked;

	if (!path.data) {
		error_no_memory(err);
		return ASKED_FAILED;
	}
	asked = twilio_list(
		twilio, twilio->options->api_url, path, "events", take_event, calls, err);
	if (asked != ASKED_ANSWERED) {
		return asked;
	}
	add_end(calls, call, end);
	if (twilio_spool_call(twilio, call, &calls->steps, true, err) < 0) {
		return err->code == ERROR_TIMEOUT ? ASKED_STOPPED : ASKED_FAILED;
	}
	open->done = true;
	return ASKED_ANSWERED;
}

static enum asked take_call(void *context, struct text entry, struct error *err)
{
	struct twilio *twilio = context;
	struct calls calls = {.twilio = twilio, .steps = {.arena = &twilio->arena}};
	struct twilio_open *open;
	int64_t end;

	arena_deinit(&twilio->arena);
	calls.sid = json_find_string(entry, "sid", &twilio->arena);
	calls.start = twilio_time(json_find_string(entry, "date_created", &twilio->arena));
	end = twilio_time(json_find_string(entry, "end_time", &twilio->arena));
	if (calls.start < twilio->from) {
		return ASKED_ANSWERED;
	}
	open = twilio_set_find(&twilio->calls, calls.sid);
	if (!open) {
		error_set(
			err, ERROR_TOO_LARGE, "more than %d calls go on at once", TWILIO_OPEN_MAX);
		return ASKED_FAILED;
	}
	open->created = calls.start;
	if (open->done || !twilio_call_is_over(entry) ||
		(end >= 0 ? end : calls.start) > twilio->asker.now - READY_S) {
		return ASKED_ANSWERED;
	}
	if (json_find_string(entry, "parent_call_sid", &twilio->arena).size > 0) {
		calls.channel = calls.sid;
	}
	return take_ended(&calls, entry, open, end >= 0 ? end : calls.start, err);
}

enum asked twilio_ask_calls(struct twilio *twilio, struct error *err)
{
	/* The filter knows whole days. */
	time_t day = (time_t)(twilio->from - DAY_S);
	struct tm utc;
	char path[256];

	if (twilio->rounds % EVERY_ROUNDS != 0) {
		return ASKED_ANSWERED;
	}
	gmtime_r(&day, &utc);
	snprintf(path, sizeof(path),
		"/2010-04-01/Accounts/%s/Calls.json?PageSize=250&StartTime%%3E=%04d-%02d-%02d",
		twilio->options->account_sid, utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday);
	return twilio_list(
		twilio, twilio->options->api_url, text_of(path), "calls", take_call, twilio, err);
}
