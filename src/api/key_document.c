/* SPDX-License-Identifier: MIT
 * Writing scopes and times. */
#include "api/key_document.h"

#include "api/key.h"

void key_document_write_scopes(struct buffer *body, unsigned int scopes)
{
	char words[64];
	struct text rest = text_of(key_scopes_format(scopes, words, sizeof(words)));
	const char *separator = "";
	struct text word;

	buffer_append_byte(body, '[');
	while (text_split(&rest, ',', &word)) {
		buffer_printf(body, "%s\"%.*s\"", separator, TEXT_ARG(word));
		separator = ",";
	}
	buffer_append_byte(body, ']');
}

void key_document_write_time(struct buffer *body, const char *name, int64_t time_s)
{
	buffer_printf(body, ",\"%s\":", name);
	if (time_s == 0) {
		buffer_append(body, TEXT("null"));
	} else {
		buffer_append_int64(body, time_s);
	}
}
