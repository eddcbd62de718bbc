/* SPDX-License-Identifier: MIT
 * Writing records. */
#include "upkeep/audit_document.h"

#include "json/json_writer.h"

const char *audit_outcome_name(enum store_outcome outcome)
{
	static const char *const names[] = {"done", "refused", "failed"};

	return names[outcome <= STORE_FAILED ? outcome : STORE_FAILED];
}

void audit_document_write(struct buffer *body, const struct store_audit *record, struct text email)
{
	buffer_append_byte(body, '{');
	if (email.data) {
		json_add_number(body, "id", record->id);
	}
	json_add_number(body, "time", record->time);
	if (email.data) {
		json_add_string_or_null(body, "account", email);
	}
	json_add_number_or_null(body, "key", record->key_id, record->key_id > 0);
	json_add_string_or_null(body, "address", record->address);
	json_add_string_or_null(body, "user", record->user);
	json_add_string_or_null(body, "action", record->action);
	json_add_string_or_null(body, "subject", record->subject);
	json_add_string_or_null(body, "outcome", text_of(audit_outcome_name(record->outcome)));
	json_add_number_or_null(body, "calls", record->calls, record->calls >= 0);
	json_add_number(body, "times", record->times);
	buffer_append_byte(body, '}');
}
