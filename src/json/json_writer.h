/* SPDX-License-Identifier: MIT
 * Writes JSON into a buffer: compact, strings escaped minimally. The caller sees to commas and
 * order: what callstep writes has fixed shapes, so that each writer reads like its output. */
#ifndef JSON_JSON_WRITER_H
#define JSON_JSON_WRITER_H

#include "base/buffer.h"

/* Writes @string, valid UTF-8, as a JSON string with its quotes. Escaped are `"`, `\` and the
 * control characters below 0x20 only: \b \f \n \r \t by letter, the others as \u00xx in lower case
 * (RFC 8259 §7). */
void json_write_string(struct buffer *buffer, struct text string);

/* Writes the string of a token's @raw text with every escape brought to the minimal form above. */
void json_write_raw_string(struct buffer *buffer, struct text raw, bool escaped);

/* Writes @raw, between the quotes of an escaped token, in the minimal form to @out, which has room
 * for raw.size bytes: it never gets longer. Returns how many bytes it takes. */
size_t json_minimal(char *out, struct text raw);

/* `"name":`, @name being a plain literal. */
void json_write_name(struct buffer *buffer, const char *name);

#endif
