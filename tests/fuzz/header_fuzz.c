/* SPDX-License-Identifier: MIT
 * Any bytes as the headers that are read: Accept, Accept-Encoding, Authorization, Content-Type,
 * If-None-Match, and as a cursor. What is refused changes nothing, what is taken can be written
 * again. */
#include <sodium.h>

#include "api/credentials.h"
#include "api/cursor.h"
#include "base/buffer.h"
#include "fuzz_target.h"
#include "http/header.h"
#include "http/negotiate.h"

static void check_accept(struct text header)
{
	static const char *const offers[] = {
		"application/json", "application/xml", "text/xml", NULL};
	static const char *const only[] = {"application/json", NULL};
	int choice = negotiate_type(header, offers);

	fuzz_require(choice >= -1 && choice < 3);
	/* What is acceptable by itself leaves something acceptable among several. */
	fuzz_require(negotiate_type(header, only) != 0 || choice >= 0);
	(void)negotiate_coding(header, "gzip");
}

static void check_credentials(struct text header)
{
	struct credentials credentials = {0};
	AUTO(arena_deinit) struct arena arena;
	struct credentials again = {0};
	char encoded[CREDENTIALS_MAX * 2];
	struct text pair, basic;

	arena_init(&arena, SIZE_MAX);
	if (!credentials_read(header, &credentials)) {
		return;
	}
	if (!credentials.email.data) {
		fuzz_require(credentials.key.size > 0 && credentials.key.size < header.size);
		return;
	}
	fuzz_require(credentials.email.size + credentials.key.size < CREDENTIALS_MAX);
	fuzz_require(!credentials.email.size ||
		     !memchr(credentials.email.data, ':', credentials.email.size));
	pair = (struct text){
		credentials.decoded, credentials.email.size + 1 + credentials.key.size};
	sodium_bin2base64(encoded, sizeof(encoded), (const unsigned char *)pair.data, pair.size,
		sodium_base64_VARIANT_ORIGINAL);
	basic = arena_printf(&arena, "basic %s", encoded);
	fuzz_require(credentials_read(basic, &again));
	fuzz_require(text_equal(again.email, credentials.email) &&
		     text_equal(again.key, credentials.key));
}

static struct text joined(struct buffer *buffer, struct text first, struct text second)
{
	buffer_init(buffer, SIZE_MAX);
	buffer_append(buffer, first);
	buffer_append(buffer, second);
	return buffer_text(buffer);
}

static void check_media_type(struct text header)
{
	AUTO(buffer_deinit) struct buffer longer;
	struct text type = header_media_type(header);

	fuzz_require(text_equal(type, text_trim(type)));
	fuzz_require(type.size == 0 || !memchr(type.data, ';', type.size));
	/* Parameters change nothing. */
	fuzz_require(text_equal(
		type, header_media_type(joined(&longer, type, TEXT("\t; charset=utf-8")))));
}

static void check_etags(struct text header)
{
	AUTO(buffer_deinit) struct buffer longer;
	struct text etag = TEXT("\"v1\"");

	if (header_names_etag(header, etag)) {
		fuzz_require(memchr(header.data, '*', header.size) ||
			     memmem(header.data, header.size, etag.data, etag.size));
	}
	fuzz_require(header_names_etag(joined(&longer, header, TEXT(", W/\"v1\"")), etag));
}

static void check_cursor(struct text word)
{
	AUTO(arena_deinit) struct arena arena;
	char written[CURSOR_TEXT_SIZE];
	struct store_place place;
	struct call call = {0};

	arena_init(&arena, SIZE_MAX);
	if (cursor_read(word, &arena, &place)) {
		call.start = place.start;
		call.session_id = place.session_id;
		fuzz_require(text_equal_string(word, cursor_write(&call, written)));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct text header = {.data = (const char *)data, .size = size};

	check_accept(header);
	check_credentials(header);
	check_media_type(header);
	check_etags(header);
	check_cursor(header);
	return 0;
}
