/* SPDX-License-Identifier: MIT
 * base64url of: start (8 bytes, big end first), session_id, checksum (8 bytes). The checksum tells
 * a cursor that was cut or typed from a good one; it guards no secret: a cursor gives no access
 * that the key does not give. */
#include "api/cursor.h"

#include <endian.h>
#include <sodium.h>

#define START_SIZE    8
#define CHECKSUM_SIZE crypto_shorthash_BYTES
#define SIZE_MIN      (START_SIZE + CHECKSUM_SIZE)
#define SIZE_LIMIT    (SIZE_MIN + CALL_SESSION_ID_MAX)

_Static_assert(sodium_base64_ENCODED_LEN(SIZE_LIMIT, sodium_base64_VARIANT_URLSAFE_NO_PADDING) <=
		       CURSOR_TEXT_SIZE,
	"CURSOR_TEXT_SIZE is too small");

static void make_checksum(const unsigned char *bytes, size_t size, unsigned char *ret)
{
	static const unsigned char key[crypto_shorthash_KEYBYTES] = "callstep cursor";

	crypto_shorthash(ret, bytes, size, key);
}

const char *cursor_write(const struct call *call, char buffer[CURSOR_TEXT_SIZE])
{
	unsigned char bytes[SIZE_LIMIT];
	uint64_t start = htobe64((uint64_t)call->start);
	size_t size = START_SIZE + call->session_id.size;

	memcpy(bytes, &start, START_SIZE);
	memcpy(bytes + START_SIZE, call->session_id.data, call->session_id.size);
	make_checksum(bytes, size, bytes + size);
	return sodium_bin2base64(buffer, CURSOR_TEXT_SIZE, bytes, size + CHECKSUM_SIZE,
		sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

bool cursor_read(struct text text, struct arena *arena, struct store_place *ret_place)
{
	unsigned char bytes[SIZE_LIMIT];
	unsigned char checksum[CHECKSUM_SIZE];
	uint64_t start;
	size_t size;

	if (sodium_base642bin(bytes, sizeof(bytes), text.data, text.size, NULL, &size, NULL,
		    sodium_base64_VARIANT_URLSAFE_NO_PADDING) != 0 ||
		size <= SIZE_MIN) {
		return false;
	}
	size -= CHECKSUM_SIZE;
	make_checksum(bytes, size, checksum);
	memcpy(&start, bytes, START_SIZE);
	if (memcmp(checksum, bytes + size, CHECKSUM_SIZE) != 0 || be64toh(start) > INT64_MAX) {
		return false;
	}
	ret_place->start = (int64_t)be64toh(start);
	ret_place->session_id = arena_copy(
		arena, (struct text){(const char *)bytes + START_SIZE, size - START_SIZE});
	return ret_place->session_id.data != NULL;
}
