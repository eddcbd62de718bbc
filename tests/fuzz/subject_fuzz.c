/* SPDX-License-Identifier: MIT
 * Any bytes as what a request was about: what is kept of it for the audit trail is one line of
 * valid text that holds no key, and stays as it is. */
#include "fuzz_target.h"
#include "upkeep/audit_document.h"
#include "upkeep/auditor.h"
#include "json/json_reader.h"

/* What a record's document says of @subject can be read again. */
static void check_document(struct text subject)
{
	const struct store_audit record = {.address = subject,
		.user = subject,
		.action = subject,
		.subject = subject,
		.times = 1};
	AUTO(buffer_deinit) struct buffer body;
	struct json_reader reader;
	struct json_token token;
	int more;

	buffer_init(&body, SIZE_MAX);
	audit_document_write(&body, &record, subject);
	fuzz_require(!body.failed);
	json_reader_init(&reader, buffer_text(&body), (struct json_position){1, 1});
	while ((more = json_reader_next(&reader, &token, NULL)) > 0) {
	}
	fuzz_require(more == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct text given = {.data = (const char *)data, .size = size};
	char first[STORE_SUBJECT_MAX], second[STORE_SUBJECT_MAX];
	struct text kept = auditor_subject(given, first);
	size_t at;

	fuzz_require(kept.size <= STORE_SUBJECT_MAX);
	fuzz_require(text_utf8_valid(kept, &at) && !text_has_control(kept));
	fuzz_require(text_equal(kept, auditor_subject(kept, second)));
	check_document(kept);
	return 0;
}
