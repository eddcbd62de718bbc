/* SPDX-License-Identifier: MIT
 * Marks and the key that they are made with. */
#include "redact/mark.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

#define BULLET	     "\xe2\x80\xa2" /* U+2022 */
#define KEY_FILE_MIN 32
#define KEY_FILE_MAX 4096

/* Only letters: no rule about digits finds any in a token, so that what was redacted is not
 * redacted again. */
static const char letters[] = "abcdefghijklmnop";

static int check_file(int fd, const char *path, struct error *err)
{
	struct stat status;

	if (fstat(fd, &status) < 0) {
		return error_set_errno(err, errno, "cannot look at '%s'", path);
	}
	if (!S_ISREG(status.st_mode)) {
		return error_set(err, ERROR_INVALID, "'%s' is not a regular file", path);
	}
	if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
		return error_set(err, ERROR_DENIED,
			"others than its owner may use '%s': change that by chmod 600", path);
	}
	if (status.st_uid != geteuid() && status.st_uid != 0) {
		return error_set(err, ERROR_DENIED,
			"'%s' belongs to another user, which could change it: change that by chown",
			path);
	}
	return 0;
}

static int read_all(int fd, const char *path, unsigned char content[KEY_FILE_MAX + 1],
	size_t *ret_size, struct error *err)
{
	size_t size = 0;
	ssize_t more;

	do {
		more = read(fd, content + size, KEY_FILE_MAX + 1 - size);
		size += more > 0 ? (size_t)more : 0;
	} while (more > 0 && size <= KEY_FILE_MAX);
	if (more < 0) {
		return error_set_errno(err, errno, "cannot read '%s'", path);
	}
	*ret_size = size;
	return 0;
}

static size_t size_without_space(const unsigned char *content, size_t size)
{
	while (size > 0 && memchr(" \t\r\n", content[size - 1], 4)) {
		size--;
	}
	return size;
}

int redact_key_read(struct redact_key *ret_key, const char *path, struct error *err)
{
	AUTO(file_close) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	unsigned char content[KEY_FILE_MAX + 1];
	size_t size = 0;

	if (fd < 0) {
		return error_set_errno(err, errno, "cannot open '%s'", path);
	}
	if (sodium_init() < 0) {
		return error_set(err, ERROR_SYSTEM, "there is no source of randomness");
	}
	if (check_file(fd, path, err) < 0 || read_all(fd, path, content, &size, err) < 0) {
		return -1;
	}
	if (size <= KEY_FILE_MAX) {
		size = size_without_space(content, size);
	}
	if (size < KEY_FILE_MIN || size > KEY_FILE_MAX) {
		return error_set(err, ERROR_INVALID,
			"'%s' holds no key: write %d to %d random bytes into it, as in "
			"'head -c 32 /dev/urandom | base64'",
			path, KEY_FILE_MIN, KEY_FILE_MAX);
	}
	ret_key->given = true;
	crypto_generichash(ret_key->bytes, sizeof(ret_key->bytes), content, size, NULL, 0);
	sodium_memzero(content, sizeof(content));
	return 0;
}

int redact_key_derive(
	unsigned char ret_bytes[REDACT_KEY_SIZE], const struct redact_key *key, struct error *err)
{
	static const unsigned char purpose[] = "digits of live calls";

	if (sodium_init() < 0) {
		return error_set(err, ERROR_SYSTEM, "there is no source of randomness");
	}
	if (key->given) {
		crypto_generichash(ret_bytes, REDACT_KEY_SIZE, purpose, sizeof(purpose), key->bytes,
			sizeof(key->bytes));
	} else {
		randombytes_buf(ret_bytes, REDACT_KEY_SIZE);
	}
	return 0;
}

void redact_digest(unsigned char ret_digest[REDACT_DIGEST_SIZE],
	const unsigned char key[REDACT_KEY_SIZE], struct text text)
{
	unsigned char hash[crypto_generichash_BYTES_MIN];

	crypto_generichash(hash, sizeof(hash), (const unsigned char *)text.data, text.size, key,
		REDACT_KEY_SIZE);
	memcpy(ret_digest, hash, REDACT_DIGEST_SIZE);
}

void redact_key_forget(struct redact_key *key)
{
	sodium_memzero(key, sizeof(*key));
}

/* ---- marks ---- */

/* A number has the token of its digits, however it is written. */
static void hash_value(struct text value, const struct redact_key *key,
	unsigned char hash[crypto_generichash_BYTES_MIN])
{
	char buffer[CALL_NUMBER_MAX];
	struct text number = call_number_undialled(&key->prefixes, call_number_key(value, buffer));

	crypto_generichash(hash, crypto_generichash_BYTES_MIN, (const unsigned char *)number.data,
		number.size, key->bytes, sizeof(key->bytes));
}

void redact_mark_write(struct buffer *out, const struct redact_key *key, struct text value)
{
	unsigned char hash[crypto_generichash_BYTES_MIN];

	if (!key->given) {
		buffer_append(out, TEXT(BULLET BULLET BULLET));
		return;
	}
	hash_value(value, key, hash);
	buffer_append(out, TEXT(BULLET));
	for (int i = 0; i < REDACT_TOKEN_SIZE; i++) {
		buffer_append_byte(out, letters[hash[i / 2] >> (i % 2 * 4) & 0xf]);
	}
}

bool redact_marks_write(
	struct buffer *out, const struct redact_key *key, struct text text, const char *hidden)
{
	bool any = false;

	for (size_t at = 0, end; at < text.size; at = end) {
		struct text run;

		for (end = at + 1; end < text.size && !hidden[end] == !hidden[at];) {
			end++;
		}
		run = text_head(text_tail(text, at), end - at);
		if (hidden[at]) {
			redact_mark_write(out, key, run);
		} else {
			buffer_append(out, run);
		}
		any |= hidden[at] != 0;
	}
	return any;
}

bool redact_is_mark(struct text text)
{
	if (text_equal(text, TEXT(BULLET BULLET BULLET))) {
		return true;
	}
	if (text.size != sizeof(BULLET) - 1 + REDACT_TOKEN_SIZE ||
		!text_starts_with(text, TEXT(BULLET))) {
		return false;
	}
	for (size_t i = sizeof(BULLET) - 1; i < text.size; i++) {
		if (text.data[i] < 'a' || text.data[i] > 'p') {
			return false;
		}
	}
	return true;
}

struct text redact_next_token(struct text text, size_t at)
{
	while (at < text.size) {
		struct text rest = text_tail(text, at);
		const char *bullet = memmem(rest.data, rest.size, BULLET, sizeof(BULLET) - 1);
		struct text mark;

		if (!bullet) {
			break;
		}
		at += (size_t)(bullet - rest.data);
		mark = text_head(text_tail(text, at), REDACT_MARK_SIZE);
		if (mark.size == REDACT_MARK_SIZE && redact_is_mark(mark)) {
			return mark;
		}
		at += sizeof(BULLET) - 1;
	}
	return text_tail(text, text.size);
}
