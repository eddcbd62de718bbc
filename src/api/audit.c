/* SPDX-License-Identifier: MIT
 * From requests to records. */
#include "api/audit.h"

#include <stdio.h>
#include <stdlib.h>

#include "api/job.h"
#include "upkeep/asked.h"

/* A request that was refused because no key fits, whatever it wanted. */
#define SIGN_IN "sign-in"

#define ADDRESS_ASKED_MAX ((size_t)64 << 10)

void audit_refused(struct job *job, struct text email)
{
	/* A key that was put in its place is not to be found in the trail. */
	bool is_email = email.size > 0 && memchr(email.data, '@', email.size);

	job->note.subject = is_email ? arena_copy(&job->memory, email) : TEXT("");
}

void audit_calls(struct job *job, int64_t calls)
{
	struct audit_note *note = &job->note;

	note->calls = (note->calls < 0 ? 0 : note->calls) + calls;
}

/* What rules hide and what asked_write() does; where memory is short, nothing of it. */
static void write_value(
	struct redaction *redaction, struct buffer *out, struct text name, struct text value)
{
	struct error err;

	if (redaction->redactor && !asked_is_plain(name) &&
		redact_plain(redaction, value, &value, &err) < 0) {
		value = TEXT("");
	}
	asked_write(out, name, value);
}

void audit_write_query(void *context, struct http_request *request, struct buffer *out)
{
	AUTO(redaction_deinit) struct redaction redaction;
	const struct api *api = context;
	const char *separator = "";
	struct text name, value;
	size_t at = 0;

	redaction_init(&redaction, api->options.redactor);
	while (!out->failed && http_query_next(request, &at, &name, &value) > 0) {
		buffer_append(out, text_of(separator));
		write_value(&redaction, out, TEXT(""), name);
		buffer_append(out, value.size > 0 ? TEXT("=") : TEXT(""));
		write_value(&redaction, out, name, value);
		separator = "&";
	}
}

/* The address as it was asked for: "/v1/calls?text=invalid". */
static struct text address_asked(
	struct api *api, struct http_request *request, char buffer[STORE_SUBJECT_MAX])
{
	AUTO(buffer_deinit) struct buffer address;

	buffer_init(&address, ADDRESS_ASKED_MAX);
	buffer_append(&address, request->path);
	if (http_query_text(request).size > 0) {
		buffer_append_byte(&address, '?');
		audit_write_query(api, request, &address);
	}
	return auditor_subject(buffer_text(&address), buffer);
}

static enum store_outcome outcome_of(int status)
{
	switch (status) {
	case 401:
	case 403:
	case 429:
		return STORE_REFUSED;
	case 404:
		return STORE_DONE; /* nothing is what was found */
	default:
		return status >= 200 && status < 400 ? STORE_DONE : STORE_FAILED;
	}
}

static struct store_audit record_of(struct api *api, struct http_request *request,
	const struct audit_note *note, char address[HTTP_ADDRESS_SIZE])
{
	return (struct store_audit){
		.time = api->options.now(),
		.account_id = request->account_id,
		.key_id = note->key_id,
		.address = text_of(http_address(request, address)),
		.user = TEXT(""),
		.calls = note->calls,
		.times = 1,
	};
}

int audit_write(struct job *job, const char *action, const char *subject, struct error *err)
{
	char address[HTTP_ADDRESS_SIZE];
	struct store_audit record = record_of(job->api, job->request, &job->note, address);

	record.action = text_of(action);
	record.subject = text_of(subject);
	if (store_audit_add(job->api->options.store, &record, 1, err) < 0) {
		return -1;
	}
	job->note.recorded = true;
	return 0;
}

static bool is_wanted(
	const struct api *api, const struct http_request *request, enum store_outcome outcome)
{
	bool reads = request->method == HTTP_GET && outcome != STORE_REFUSED;

	return api->options.auditor && (!reads || api->options.audit_reads);
}

/* A record that outlives its request. */
struct audit_later {
	struct auditor *auditor;
	struct store_audit record;
	char address[HTTP_ADDRESS_SIZE];
	char subject[STORE_SUBJECT_MAX];
};

static struct audit_later *keep(struct api *api, const struct store_audit *record)
{
	struct audit_later *later = malloc(sizeof(*later));

	if (later) {
		later->auditor = api->options.auditor;
		later->record = *record;
		memcpy(later->address, record->address.data, record->address.size);
		memcpy(later->subject, record->subject.data, record->subject.size);
		later->record.address.data = later->address;
		later->record.subject.data = later->subject;
	}
	return later;
}

void audit_note_later(struct audit_later *later, int64_t calls)
{
	later->record.calls = calls;
	auditor_note(later->auditor, &later->record);
	free(later);
}

/* Where memory is short, a record that waits says no number of calls. */
static void hand_in(struct api *api, struct audit_note *note, const struct store_audit *record)
{
	if (note->waits) {
		note->later = keep(api, record);
	}
	if (!note->later) {
		auditor_note(api->options.auditor, record);
	}
}

void audit_completed(struct job *job, int status)
{
	struct api *api = job->api;
	struct http_request *request = job->request;
	struct audit_note *note = &job->note;
	enum store_outcome outcome = job->permit.ended ? STORE_REFUSED : outcome_of(status);
	char address[HTTP_ADDRESS_SIZE], subject[STORE_SUBJECT_MAX];
	bool wrong_key = status == 401 || note->subject.data;
	struct store_audit record;

	if (!job->endpoint->action || note->recorded ||
		(job->endpoint->records_refused && outcome != STORE_REFUSED) ||
		!is_wanted(api, request, outcome)) {
		return;
	}
	record = record_of(api, request, note, address);
	record.action = wrong_key ? TEXT(SIGN_IN) : text_of(job->endpoint->action);
	record.outcome = outcome;
	record.subject = wrong_key ? auditor_subject(note->subject, subject)
				   : address_asked(api, request, subject);
	hand_in(api, note, &record);
}
