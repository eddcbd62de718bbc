/* SPDX-License-Identifier: MIT
 * Developer keys: making and hashing them. */
#ifndef API_KEY_H
#define API_KEY_H

#include "base/buffer.h"
#include "store/store.h"

/* "cs_", 43 characters of base64url without padding for 256 random bits, and the NUL. */
#define KEY_TEXT_SIZE 48

/* Makes a new key into @key and its hash. Call sodium_init() is seen to. Negative when the system
 * has no randomness. */
int key_make(char key[KEY_TEXT_SIZE], unsigned char hash[STORE_KEY_HASH_SIZE],
	struct error *err) CHECK_RESULT;

/* BLAKE2b-256 of the key's text. */
void key_hash(struct text key, unsigned char hash[STORE_KEY_HASH_SIZE]);

/* Reads "read,write,admin" in any order. */
int key_scopes_parse(struct text text, unsigned int *ret_scopes, struct error *err) CHECK_RESULT;

/* Writes "read,write". Returns @buffer. */
const char *key_scopes_format(unsigned int scopes, char *buffer, size_t size);

/* Whether @label may stand beside a key: at most STORE_LABEL_MAX bytes of UTF-8 without control
 * characters. */
int key_label_check(struct text label, struct error *err) CHECK_RESULT;

/* What GET /v1/keys and GET /v1/sessions are asked for. */
struct keys_wanted {
	int64_t limit;
	int64_t after_id;
};

/* For documents: ["read","write"]; `,"created":1795459000`, null for 0, which is never. */
void key_write_scopes(struct buffer *body, unsigned int scopes);
void key_write_time(struct buffer *body, const char *name, int64_t time_s);

#endif
