/* SPDX-License-Identifier: MIT
 * Rows that are JSON objects. */
#include "intake/sources/asterisk/cel_input.h"

#include "base/buffer.h"
#include "intake/sources/repair.h"
#include "json/json_reader.h"

#define REPAIRED_BYTES_MAX ((size_t)8 << 20)

/* The member's value as a column would have it: a string's content, anything else as it is written.
 */
static bool take_value(struct json_reader *reader, const struct json_token *token,
	struct arena *arena, struct text *ret_value)
{
	size_t begin = reader->token_at;

	if (token->kind == JSON_STRING) {
		*ret_value = json_token_string(token, arena);
		return ret_value->data != NULL;
	}
	if (json_reader_skip(reader, token, NULL) < 0) {
		return false;
	}
	*ret_value = token->kind == JSON_NULL
			     ? TEXT("")
			     : text_head(text_tail(reader->input, begin), reader->at - begin);
	return true;
}

static bool read_row(struct text line, struct arena *arena, struct cel_columns *columns,
	struct text field[CEL_FIELDS])
{
	struct json_reader reader;
	struct json_token name, value;
	int more;

	for (int i = 0; i < CEL_FIELDS; i++) {
		field[i] = TEXT("");
	}
	json_reader_init(&reader, line, (struct json_position){1, 1});
	if (json_reader_next(&reader, &value, NULL) <= 0 || value.kind != JSON_OBJECT) {
		return false;
	}
	while ((more = json_reader_next_member(&reader, &name, &value, NULL)) > 0) {
		struct text key = json_token_string(&name, arena), text;
		enum cel_field place;
		int known;

		if (!key.data || !take_value(&reader, &value, arena, &text)) {
			return false;
		}
		known = cel_columns_field(key, &place);
		if (known < 0) {
			cel_columns_note_unknown(columns, key);
		} else if (known > 0 && field[place].size == 0) {
			field[place] = text;
		}
	}
	return more == 0 && json_reader_next(&reader, &value, NULL) == 0;
}

/* Of what JSON must escape cel_custom's own writer escapes quotes alone: here backslashes and
 * control characters are escaped too. */
static struct text escape_rest(struct text line, struct arena *arena)
{
	AUTO(buffer_deinit) struct buffer out;
	bool in_string = false;

	buffer_init(&out, REPAIRED_BYTES_MAX);
	for (size_t i = 0; i < line.size; i++) {
		char byte = line.data[i];
		bool escapes =
			in_string && byte == '\\' && i + 1 < line.size && line.data[i + 1] == '"';

		if (in_string && (unsigned char)byte < 0x20) {
			buffer_printf(&out, "\\u%04x", (unsigned int)byte);
		} else if (in_string && byte == '\\' && !escapes) {
			buffer_append(&out, TEXT("\\\\"));
		} else {
			buffer_append_byte(&out, byte);
			in_string ^= byte == '"';
		}
		if (escapes) {
			buffer_append_byte(&out, line.data[++i]);
		}
	}
	return out.failed ? (struct text){0} : arena_copy(arena, buffer_text(&out));
}

bool cel_json_row(struct text line, struct arena *arena, struct cel_columns *columns,
	struct text field[CEL_FIELDS])
{
	struct text whole = text_utf8_valid(line, NULL) ? line : repair_utf8(arena, line);

	if (!whole.data) {
		return false;
	}
	if (read_row(whole, arena, columns, field)) {
		return true;
	}
	whole = escape_rest(whole, arena);
	return whole.data && read_row(whole, arena, columns, field);
}
