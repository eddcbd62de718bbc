/* SPDX-License-Identifier: MIT
 * What was hidden of a live call, so that later steps do not show it: of each number how many
 * digits it has, and a digest of them. The digest's key is never stored. Where another program made
 * it with another key, all numbers of that length are hidden: more than needed, and nothing is
 * shown that was hidden. When the call has ended nothing of that is kept; then the tokens that
 * stand in its steps tell, where there is a key. docs/decisions/0031-live-redaction.md says why. */
#include "redact/private.h"

/* Of one call. The digits of more numbers are known by their length alone. */
#define KNOWN_MAX 4096

#define KEY_ID_SIZE 4

/* As it is stored. */
struct known {
	unsigned char key_id[KEY_ID_SIZE]; /* of the digest's key; all 0: there is no digest */
	unsigned char length;
	unsigned char digest[REDACT_DIGEST_SIZE];
};
_Static_assert(sizeof(struct known) == KEY_ID_SIZE + 1 + REDACT_DIGEST_SIZE, "it has no holes");

static uint64_t bit_of(size_t length)
{
	return UINT64_C(1) << (length - 1);
}

static void make_key_id(const struct redactor *redactor, unsigned char ret_id[KEY_ID_SIZE])
{
	unsigned char digest[REDACT_DIGEST_SIZE];

	redact_digest(digest, redactor->live_key, TEXT("its name"));
	memcpy(ret_id, digest, KEY_ID_SIZE);
	ret_id[0] |= 1;
}

static struct known known_of(const struct redactor *redactor, struct text digits)
{
	struct known known = {.length = (unsigned char)digits.size};

	make_key_id(redactor, known.key_id);
	redact_digest(known.digest, redactor->live_key, digits);
	return known;
}

static int compare(const void *left, const void *right)
{
	return memcmp(left, right, sizeof(struct known));
}

int redact_known_read(struct redaction *redaction, struct text hidden, struct error *err)
{
	size_t count = hidden.size / sizeof(struct known);
	unsigned char own[KEY_ID_SIZE];

	if (hidden.size % sizeof(struct known) != 0) {
		return error_set(err, ERROR_CORRUPT, "what was hidden of a live call is damaged");
	}
	make_key_id(redaction->redactor, own);
	for (size_t i = 0; i < count; i++) {
		const struct known *known = (const struct known *)hidden.data + i;

		if (known->length < REDACT_SECRET_MIN || known->length > REDACT_SECRET_MAX) {
			return error_set(
				err, ERROR_CORRUPT, "what was hidden of a live call is damaged");
		}
		if (memcmp(known->key_id, own, KEY_ID_SIZE) == 0) {
			redaction->known_lengths |= bit_of(known->length);
		} else {
			redaction->any_lengths |= bit_of(known->length);
		}
	}
	redaction->known = (const unsigned char *)hidden.data;
	redaction->known_count = count;
	return 0;
}

/* ---- tokens ---- */

static int compare_texts(const void *left, const void *right)
{
	return text_compare(*(const struct text *)left, *(const struct text *)right);
}

int redact_tokens_read(struct redaction *redaction, struct text detail, struct error *err)
{
	struct text token = {0};
	size_t at = 0;

	if (!redaction->redactor->key.given) {
		return 0;
	}
	while ((token = redact_next_token(detail, at)).size > 0) {
		struct text *grown = arena_list_grow(&redaction->arena, redaction->tokens,
			redaction->tokens_count, sizeof(*grown));

		if (!grown) {
			return error_no_memory(err);
		}
		redaction->tokens = grown;
		grown[redaction->tokens_count++] = token;
		at = (size_t)(token.data - detail.data) + token.size;
	}
	if (redaction->tokens_count > 0) {
		qsort(redaction->tokens, redaction->tokens_count, sizeof(*redaction->tokens),
			compare_texts);
	}
	return 0;
}

static bool has_token(const struct redaction *redaction, struct text digits)
{
	AUTO(buffer_deinit) struct buffer mark;
	struct text text;

	buffer_init(&mark, REDACT_MARK_SIZE);
	if (redaction->tokens_count == 0) {
		return false;
	}
	redact_mark_write(&mark, &redaction->redactor->key, digits);
	text = buffer_text(&mark);
	return bsearch(&text, redaction->tokens, redaction->tokens_count, sizeof(text),
		       compare_texts) != NULL;
}

bool redact_known_has(const struct redaction *redaction, struct text digits)
{
	struct known known;

	if (has_token(redaction, digits)) {
		return true;
	}
	if (redaction->any_lengths & bit_of(digits.size)) {
		return true;
	}
	if (!(redaction->known_lengths & bit_of(digits.size))) {
		return false;
	}
	known = known_of(redaction->redactor, digits);
	return bsearch(&known, redaction->known, redaction->known_count, sizeof(known), compare) !=
	       NULL;
}

/* ---- writing ---- */

/* Sorts @items and drops those that are there twice. Returns how many are left. */
static size_t unite(struct known *items, size_t count)
{
	size_t kept = 0;

	qsort(items, count, sizeof(*items), compare);
	for (size_t i = 0; i < count; i++) {
		if (kept == 0 || compare(&items[kept - 1], &items[i]) != 0) {
			items[kept++] = items[i];
		}
	}
	return kept;
}

int redact_known_write(struct redaction *redaction, struct buffer *out, struct error *err)
{
	size_t count = redaction->known_count, all = count + redaction->secrets_count;
	struct known *items;

	if (all == 0) {
		return 0;
	}
	items = arena_alloc(&redaction->arena, all * sizeof(*items));
	if (!items) {
		return error_no_memory(err);
	}
	if (count > 0) {
		memcpy(items, redaction->known, count * sizeof(*items));
	}
	for (size_t i = 0; i < redaction->secrets_count; i++) {
		items[count + i] = known_of(redaction->redactor, redaction->secrets[i]);
	}
	count = unite(items, all);
	if (count > KNOWN_MAX) {
		for (size_t i = 0; i < count; i++) {
			items[i] = (struct known){.length = items[i].length};
		}
		count = unite(items, count);
	}
	buffer_append(
		out, (struct text){.data = (const char *)items, .size = count * sizeof(*items)});
	return out->failed ? error_no_memory(err) : 0;
}
