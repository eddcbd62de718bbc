/* SPDX-License-Identifier: MIT
 * Writing records. */
#include "upkeep/audit_document.h"

#include "json/json_writer.h"

const char *audit_outcome_name(enum store_outcome outcome)
{
	static const char *const names[] = {"done", "refused", "failed"};

	return names[outcome <= STORE_FAILED ? outcome : STORE_FAILED];
}

static void write_member(struct buffer *body, const char *name, struct text value)
{
	buffer_printf(body, ",\"%s\":", name);
	if (value.size > 0) {
		json_write_string(body, value);
	} else {
		buffer_append(body, TEXT("null"));
	}
}

static void write_number(struct buffer *body, const char *name, int64_t value, bool known)
{
	buffer_printf(body, ",\"%s\":", name);
	if (known) {
		buffer_append_int64(body, value);
	} else {
		buffer_append(body, TEXT("null"));
	}
}

void audit_document_write(struct buffer *body, const struct store_audit *record, struct text email)
{
	buffer_append_byte(body, '{');
	if (email.data) {
		buffer_printf(body, "\"id\":%lld,", (long long)record->id);
	}
	buffer_printf(body, "\"time\":%lld", (long long)record->time);
	if (email.data) {
		write_member(body, "account", email);
	}
	write_number(body, "key", record->key_id, record->key_id > 0);
	write_member(body, "address", record->address);
	write_member(body, "user", record->user);
	write_member(body, "action", record->action);
	write_member(body, "subject", record->subject);
	write_member(body, "outcome", text_of(audit_outcome_name(record->outcome)));
	write_number(body, "calls", record->calls, record->calls >= 0);
	buffer_printf(body, ",\"times\":%lld}", (long long)record->times);
}
