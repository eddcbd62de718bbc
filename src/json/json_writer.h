/* SPDX-License-Identifier: MIT
 * Writes JSON into a buffer: compact, strings escaped minimally. What callstep writes has
 * fixed shapes, so that each writer reads like its output. */
#ifndef JSON_JSON_WRITER_H
#define JSON_JSON_WRITER_H

#include "base/buffer.h"

/* Writes @string, valid UTF-8, as a JSON string with its quotes. Escaped are `"`, `\` and the
 * control characters below 0x20 only (RFC 8259 §7). They are \b \f \n \r \t by letter, the others
 * as \u00xx in lower case. */
void json_write_string(struct buffer *buffer, struct text string);

/* Writes the string of a token's @raw text with every escape brought to the minimal form above. */
void json_write_raw_string(struct buffer *buffer, struct text raw, bool escaped);

/* Writes @raw, between the quotes of an escaped token, in the minimal form to @out, which has room
 * for raw.size bytes: it never gets longer. Returns how many bytes it takes. */
size_t json_minimal(char *out, struct text raw);

/* Writes @json, a valid JSON value, without white space and with its strings escaped minimally. */
void json_write_canonical(struct buffer *buffer, struct text json);

/* The comma before a member or an entry. There is none where its object or array has just begun:
 * where @buffer ends in `{` or `[`, or is empty. */
void json_write_comma(struct buffer *buffer);

/* The comma and `"name":`, @name being a plain literal. */
void json_write_name(struct buffer *buffer, const char *name);

/* A whole member, with its comma. */
void json_add_string(struct buffer *buffer, const char *name, struct text value);
void json_add_number(struct buffer *buffer, const char *name, int64_t value);

/* The same; null for an empty text, and for a number that is not @known. */
void json_add_string_or_null(struct buffer *buffer, const char *name, struct text value);
void json_add_number_or_null(struct buffer *buffer, const char *name, int64_t value, bool known);

#endif
