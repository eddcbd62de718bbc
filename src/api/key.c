/* SPDX-License-Identifier: MIT
 * Developer keys: 256 random bits as base64url behind "cs_", kept as their BLAKE2b hash. */
#include "api/key.h"

#include <sodium.h>

#define KEY_PREFIX	"cs_"
#define KEY_RANDOM_SIZE 32

_Static_assert(STORE_KEY_HASH_SIZE >= crypto_generichash_BYTES_MIN &&
		       STORE_KEY_HASH_SIZE <= crypto_generichash_BYTES_MAX,
	"a key's hash has a size that BLAKE2b can give");

static const struct {
	const char *name;
	unsigned int scope;
} scope_names[] = {
	{"read", STORE_SCOPE_READ},
	{"write", STORE_SCOPE_WRITE},
	{"admin", STORE_SCOPE_ADMIN},
	{"metrics", STORE_SCOPE_METRICS},
};

#define SCOPE_COUNT (sizeof(scope_names) / sizeof(scope_names[0]))

int key_make(char key[KEY_TEXT_SIZE], unsigned char hash[STORE_KEY_HASH_SIZE], struct error *err)
{
	const size_t prefix = sizeof(KEY_PREFIX) - 1;
	unsigned char random[KEY_RANDOM_SIZE];

	if (sodium_init() < 0) {
		return error_set(err, ERROR_SYSTEM, "cannot make a key: no source of randomness");
	}
	randombytes_buf(random, sizeof(random));
	memcpy(key, KEY_PREFIX, prefix);
	sodium_bin2base64(key + prefix, KEY_TEXT_SIZE - prefix, random, sizeof(random),
		sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	sodium_memzero(random, sizeof(random));
	key_hash(text_of(key), hash);
	return 0;
}

void key_hash(struct text key, unsigned char hash[STORE_KEY_HASH_SIZE])
{
	crypto_generichash(
		hash, STORE_KEY_HASH_SIZE, (const unsigned char *)key.data, key.size, NULL, 0);
}

static unsigned int scope_of(struct text name)
{
	for (size_t i = 0; i < SCOPE_COUNT; i++) {
		if (text_equal_string(name, scope_names[i].name)) {
			return scope_names[i].scope;
		}
	}
	return 0;
}

int key_scopes_parse(struct text text, unsigned int *ret_scopes, struct error *err)
{
	struct text rest = text;
	unsigned int scopes = 0;
	struct text part;

	while (text_split(&rest, ',', &part)) {
		unsigned int scope = scope_of(text_trim(part));

		if (scope == 0) {
			return error_set(err, ERROR_INVALID,
				"unknown scope '%.*s': write read, write, admin or metrics, with "
				"commas between",
				TEXT_ARG(part));
		}
		scopes |= scope;
	}
	if (scopes == 0) {
		return error_set(err, ERROR_INVALID,
			"no scope: write read, write, admin or metrics, with commas between");
	}
	*ret_scopes = scopes;
	return 0;
}

const char *key_scopes_format(unsigned int scopes, char *buffer, size_t size)
{
	size_t used = 0;

	buffer[0] = '\0';
	for (size_t i = 0; i < SCOPE_COUNT; i++) {
		if ((scopes & scope_names[i].scope) && used < size) {
			int more = snprintf(buffer + used, size - used, "%s%s", used ? "," : "",
				scope_names[i].name);

			used += more > 0 ? (size_t)more : 0;
		}
	}
	return buffer;
}

int key_label_check(struct text label, struct error *err)
{
	if (label.size > STORE_LABEL_MAX || text_has_control(label) ||
		!text_utf8_valid(label, NULL)) {
		return error_set(err, ERROR_INVALID,
			"the label is not usable: write at most %d bytes of UTF-8 without control "
			"characters",
			STORE_LABEL_MAX);
	}
	return 0;
}

void key_write_scopes(struct buffer *body, unsigned int scopes)
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

void key_write_time(struct buffer *body, const char *name, int64_t time_s)
{
	buffer_printf(body, ",\"%s\":", name);
	if (time_s == 0) {
		buffer_append(body, TEXT("null"));
	} else {
		buffer_append_int64(body, time_s);
	}
}
