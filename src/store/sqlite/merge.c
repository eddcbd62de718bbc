/* SPDX-License-Identifier: MIT
 * Bringing the segments of the text index together. Words that were dropped go only then:
 * before, a mark stands against them in a newer segment. It is done in steps, so that other
 * writers wait for milliseconds only. */
#include "base/clock.h"
#include "store/sqlite/sqlite.h"

/* How long a step takes. It writes as many pages of the index as fit into this time. Their
 * number alone does not tell the time: for few pages many words that go may be read. */
#define STEP_US	       INT64_C(10000)
#define STEP_PAGES_MIN 16
#define STEP_PAGES_MAX 1000

/* A merge is worth it when the newer segments have one page for so many of the oldest. Where the
 * marks are an eighth of a segment, half of it is dropped
 * (docs/decisions/0028-dropped-words.md). */
#define WORTH_PART 8

#define SEGMENTS_MAX 10000

/* clang-format off */
static const struct sqlite_statement
	words_segments = {"select block from words_data where id = 10"},
	/* A merge goes on while a level has two segments. With a higher number it would stop
	 * early while others write. */
	words_merge_from = {"insert into words (words, rank) values ('usermerge', 2)"},
	words_merge = {"insert into words (words, rank) values ('merge', :pages)"};
/* clang-format on */

/* ---- what the index consists of ---- */

struct segments {
	int64_t pages;
	int64_t largest;
	bool merging; /* the largest with newer ones: it was begun, and goes on */
};

struct level {
	int64_t segments;
	int64_t merging; /* so many of them are being merged into the next level's last */
	int64_t largest;
};

/* A number as SQLite writes it (https://www.sqlite.org/fileformat2.html#varint); negative: there is
 * none. */
static int64_t read_number(struct text *rest)
{
	uint64_t number = 0;

	for (size_t i = 0; i < rest->size && i < 8; i++) {
		unsigned char byte = (unsigned char)rest->data[i];

		number = number << 7 | (byte & 0x7f);
		if (byte < 0x80) {
			*rest = text_tail(*rest, i + 1);
			return (int64_t)number;
		}
	}
	*rest = TEXT("");
	return -1;
}

/* False: it is not the list of segments that is known here. */
static bool read_level(struct text *rest, struct level *ret_level, int64_t *pages)
{
	struct level level = {0};

	level.merging = read_number(rest);
	level.segments = read_number(rest);
	if (level.merging < 0 || level.segments < 0 || level.segments > SEGMENTS_MAX) {
		return false;
	}
	for (int64_t i = 0; i < level.segments; i++) {
		int64_t id = read_number(rest);
		int64_t first = read_number(rest);
		int64_t last = read_number(rest);

		if (id < 0 || first < 0 || last < first) {
			return false;
		}
		*pages += last - first + 1;
		level.largest = last - first + 1 > level.largest ? last - first + 1 : level.largest;
	}
	*ret_level = level;
	return true;
}

/* FTS5's list of segments: 4 bytes, the number of levels, the number of segments, a counter. Then,
 * for each level, the newest first: how many segments are being merged, and how many there are. For
 * each follow its id, its first and its last page. */
static struct segments read_segments(struct text list)
{
	struct segments segments = {0};
	struct level level, before = {0};
	struct text rest = text_tail(list, list.size < 4 ? list.size : 4);
	int64_t levels = read_number(&rest);

	if (levels < 0 || read_number(&rest) < 0 || read_number(&rest) < 0) {
		return (struct segments){0};
	}
	for (int64_t i = 0; i < levels; i++) {
		if (!read_level(&rest, &level, &segments.pages)) {
			return (struct segments){0};
		}
		if (level.largest >= segments.largest && level.segments > 0) {
			segments.largest = level.largest;
			/* It is written by the merge of the level before, or read by that of this
			 * level. */
			segments.merging = before.merging > 0 || level.merging > 0;
		}
		before = level;
	}
	return segments;
}

static int find_segments(
	struct sqlite_connection *connection, struct segments *ret_segments, struct error *err)
{
	AUTO(sqlite_end)
	struct sqlite_cursor row = sqlite_query(connection, &words_segments, BIND_NOTHING, err);
	int found = sqlite_step(&row, err);

	if (found < 0) {
		return -1;
	}
	*ret_segments = found > 0 ? read_segments(sqlite_column_text(&row, ONLY_COLUMN))
				  : (struct segments){0};
	return 0;
}

/* ---- merging ---- */

/* Returns 1 when something was merged. @all puts all segments that there are into one merge. */
static int merge(struct sqlite_connection *connection, bool all, int pages, struct error *err)
{
	int before = sqlite3_total_changes(connection->db);

	if (sqlite_run(connection, &words_merge, BIND(INT64(pages, all ? -pages : pages)), err) <
		0) {
		return -1;
	}
	/* The command itself counts as a change. */
	return sqlite3_total_changes(connection->db) - before >= 2;
}

static int pages_for(int pages, int64_t took_us)
{
	if (took_us > STEP_US) {
		return pages / 2 > STEP_PAGES_MIN ? pages / 2 : STEP_PAGES_MIN;
	}
	if (took_us < STEP_US / 2) {
		pages = 2 * pages < STEP_PAGES_MAX ? 2 * pages : STEP_PAGES_MAX;
	}
	return pages > STEP_PAGES_MIN ? pages : STEP_PAGES_MIN;
}

int sqlite_words_merge(struct sqlite_store *store, enum sqlite_merge what, struct error *err)
{
	AUTO(sqlite_writer_end) struct sqlite_writer writer = {0};
	struct segments segments = {0};
	int64_t began_us;
	int more, pages;

	if (sqlite_writer_begin(&writer, &store->base, err) < 0) {
		return -1;
	}
	began_us = clock_monotonic_us();
	if (what == SQLITE_MERGE_WORTH) {
		if (find_segments(writer.connection, &segments, err) < 0) {
			return -1;
		}
		if (!segments.merging &&
			segments.pages - segments.largest <= segments.largest / WORTH_PART) {
			return 0;
		}
		what = segments.merging ? SQLITE_MERGE_ON : SQLITE_MERGE_ALL;
	}
	if (store->merge_pages == 0 &&
		sqlite_run(writer.connection, &words_merge_from, BIND_NOTHING, err) < 0) {
		return -1;
	}
	more = merge(writer.connection, what == SQLITE_MERGE_ALL,
		store->merge_pages > 0 ? store->merge_pages : STEP_PAGES_MIN, err);
	if (more < 0) {
		return -1;
	}
	/* The time of the commit does not count: fewer pages would not make it shorter. */
	pages = pages_for(store->merge_pages, clock_monotonic_us() - began_us);
	if (sqlite_writer_commit(&writer, err) < 0) {
		return -1;
	}
	store->merge_pages = pages;
	return more;
}

int sqlite_tidy(struct store *base, struct error *err)
{
	return sqlite_words_merge((struct sqlite_store *)base, SQLITE_MERGE_WORTH, err);
}
