/* SPDX-License-Identifier: MIT
 * The text index: words in, words out, and which calls have those that are asked for. */
#include "base/array.h"
#include "store/sqlite/sqlite.h"

#define BITS	       ((int64_t)64)
#define QUESTION_SIZE  ((size_t)64 << 10)
#define WORDS_SIZE_MAX ((size_t)256 << 20) /* of one call */

/* ---- writing ---- */

/* clang-format off */
static const struct sqlite_statement
	words_add = {"insert into words (rowid, line) values (:id, :words)"},
	words_drop = {"insert into words (words, rowid, line) values ('delete', :id, :words)"},
	words_of = {"select term from word where doc = :id"},
	words_find = {"select rowid from words where words match :question"};
/* clang-format on */

static int run_words(struct sqlite_connection *connection, const struct sqlite_statement *statement,
	int64_t id, struct text words, struct error *err)
{
	if (words.size == 0) {
		return 0;
	}
	return sqlite_run(connection, statement, BIND(INT64(id, id), STRING(words, words)), err);
}

int sqlite_words_add(
	struct sqlite_connection *connection, int64_t id, struct text words, struct error *err)
{
	return run_words(connection, &words_add, id, words, err);
}

int sqlite_words_drop(
	struct sqlite_connection *connection, int64_t id, struct text words, struct error *err)
{
	return run_words(connection, &words_drop, id, words, err);
}

/* Every word of a call, once for each place. */
static int read_words(
	struct sqlite_connection *connection, int64_t id, struct buffer *words, struct error *err)
{
	AUTO(sqlite_end)
	struct sqlite_cursor row = sqlite_query(connection, &words_of, BIND(INT64(id, id)), err);
	int more;

	while ((more = sqlite_step(&row, err)) > 0) {
		buffer_append(words, sqlite_column_text(&row, ONLY_COLUMN));
		buffer_append_byte(words, ' ');
	}
	return more == 0 && words->failed ? error_no_memory(err) : more;
}

int sqlite_words_drop_unknown(struct sqlite_connection *connection, int64_t id, struct error *err)
{
	AUTO(buffer_deinit) struct buffer words;

	buffer_init(&words, WORDS_SIZE_MAX);
	if (read_words(connection, id, &words, err) < 0) {
		return -1;
	}
	return sqlite_words_drop(connection, id, buffer_text(&words), err);
}

/* ---- asking ---- */

static void write_phrase(
	struct buffer *question, int64_t account_id, const struct words_phrase *phrase)
{
	buffer_append_byte(question, '"');
	for (size_t i = 0; i < phrase->count; i++) {
		buffer_printf(question, i > 0 ? " %lld:" : "%lld:", (long long)account_id);
		buffer_append(question, phrase->words[i]);
	}
	buffer_append(question, phrase->open ? TEXT("\" *") : TEXT("\""));
}

static int write_question(struct buffer *question, int64_t account_id,
	const struct words_query *text, struct error *err)
{
	for (size_t i = 0; i < text->count; i++) {
		buffer_append(question, i > 0 ? TEXT(" AND ") : TEXT(""));
		write_phrase(question, account_id, &text->phrases[i]);
	}
	return question->failed ? error_no_memory(err) : 0;
}

void sqlite_id_set_deinit(struct sqlite_id_set *set)
{
	free(set->ids);
	free(set->bits);
	*set = (struct sqlite_id_set){0};
}

static bool add_few(struct sqlite_id_set *set, int64_t id)
{
	if (!ARRAY_RESERVE(set->ids, set->ids_room, set->count + 1)) {
		return false;
	}
	set->ids[set->count++] = id;
	return true;
}

static bool set_bit(struct sqlite_id_set *set, int64_t id)
{
	size_t at = (size_t)(id / BITS);

	if (!ARRAY_RESERVE(set->bits, set->bits_room, at + 1)) {
		return false;
	}
	set->bits[at] |= UINT64_C(1) << (id % BITS);
	return true;
}

/* Ids are listed while they are few; then all become bits. */
bool sqlite_id_set_add(struct sqlite_id_set *set, int64_t id)
{
	if (id < 0) {
		return true; /* no call has such an id */
	}
	if (!set->bits && set->count < SQLITE_ID_SET_FEW) {
		return add_few(set, id);
	}
	if (!set->bits) {
		for (size_t i = 0; i < set->count; i++) {
			if (!set_bit(set, set->ids[i])) {
				return false;
			}
		}
	}
	set->count++;
	return set_bit(set, id);
}

bool sqlite_id_set_has(const struct sqlite_id_set *set, int64_t id)
{
	size_t at = (size_t)(id / BITS);

	return at < set->bits_room && (set->bits[at] >> (id % BITS) & 1) != 0;
}

bool sqlite_id_set_next(const struct sqlite_id_set *set, size_t *at, int64_t *ret_id)
{
	if (!set->bits) {
		*ret_id = *at < set->count ? set->ids[*at] : 0;
		return (*at)++ < set->count;
	}
	while (*at < set->bits_room * (size_t)BITS) {
		uint64_t left = set->bits[*at / (size_t)BITS] >> *at % (size_t)BITS;

		if (left != 0) {
			*at += (size_t)__builtin_ctzll(left);
			*ret_id = (int64_t)(*at)++;
			return true;
		}
		*at = (*at / (size_t)BITS + 1) * (size_t)BITS;
	}
	return false;
}

int sqlite_words_find(struct sqlite_connection *connection, int64_t account_id,
	const struct words_query *text, struct sqlite_id_set *set, struct error *err)
{
	AUTO(buffer_deinit) struct buffer question;
	int more;

	buffer_init(&question, QUESTION_SIZE);
	if (write_question(&question, account_id, text, err) < 0) {
		return -1;
	}
	AUTO(sqlite_end)
	struct sqlite_cursor row = sqlite_query(
		connection, &words_find, BIND(STRING(question, buffer_text(&question))), err);
	while ((more = sqlite_step(&row, err)) > 0) {
		if (!sqlite_id_set_add(set, sqlite_column_int64(&row, ONLY_COLUMN))) {
			return error_no_memory(err);
		}
	}
	return more;
}
