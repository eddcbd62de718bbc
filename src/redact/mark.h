/* SPDX-License-Identifier: MIT
 * What stands in the place of something hidden: •••, whatever it was and however long. With a key
 * it is a token, • and 20 letters, the same for the same text. Nobody can make or check a token
 * without the key (80 bits of BLAKE2b keyed with it). */
#ifndef INTAKE_REDACT_MARK_H
#define INTAKE_REDACT_MARK_H

#include "base/buffer.h"
#include "base/error.h"
#include "call/call_number.h"

#define REDACT_KEY_SIZE	  32
#define REDACT_TOKEN_SIZE 20			  /* letters */
#define REDACT_MARK_SIZE  (3 + REDACT_TOKEN_SIZE) /* bytes of a token with its • */

struct redact_key {
	bool given;
	struct call_prefixes prefixes; /* what is dialled for a +: it makes no other token */
	unsigned char bytes[REDACT_KEY_SIZE];
};

/* Makes the key of what the file at @path holds: 32 to 4096 bytes of any kind, less white space at
 * the end. ERROR_DENIED when others than its owner may read or write it, or its owner is neither
 * the user that runs the program nor root. */
int redact_key_read(struct redact_key *ret_key, const char *path, struct error *err) CHECK_RESULT;

#define REDACT_DIGEST_SIZE 8

/* Makes the key that digests of what was hidden are made with: of @key where one is given, so that
 * it is the same in each program that has it; otherwise at random. */
int redact_key_derive(unsigned char ret_bytes[REDACT_KEY_SIZE], const struct redact_key *key,
	struct error *err) CHECK_RESULT;

/* What nobody can make of @text, or check, without the key (64 bits of BLAKE2b). */
void redact_digest(unsigned char ret_digest[REDACT_DIGEST_SIZE],
	const unsigned char key[REDACT_KEY_SIZE], struct text text);

void redact_key_forget(struct redact_key *key);

/* Appends the mark for @value. A number has the token of its digits alone, however it is written:
 * as call_number_key() has it. */
void redact_mark_write(struct buffer *out, const struct redact_key *key, struct text value);

/* Appends @text with a mark for each run of its bytes that are not 0 in @hidden, which has a byte
 * for each. Returns whether there is any. */
bool redact_marks_write(
	struct buffer *out, const struct redact_key *key, struct text text, const char *hidden);

/* The next mark with a token in @text from @at on; its size is 0 where there is none. */
struct text redact_next_token(struct text text, size_t at);

/* Whether @text is a mark and nothing else. */
bool redact_is_mark(struct text text);

#endif
