/* SPDX-License-Identifier: MIT
 * What was erased leaves the audit trail as well: in its place in a record's subject stands a mark. The record stays. */
#include "store/store_sqlite.h"

#define MARK	    "(erased)"
#define CHANGED_MAX ((size_t)256 << 20)

struct changed_record {
	int64_t id;
	struct text subject;
};

struct erase_audit {
	struct text erased;
	struct arena arena; /* of the changed records */
	struct changed_record *records;
	size_t count;
};

static void run_end(struct erase_audit *run)
{
	arena_deinit(&run->arena);
}

/* ---- how it is spelled ---- */

static int hex_value(char c)
{
	if (c >= '0' && c <= '9') {
		return c - '0';
	}
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The byte that the front of @rest, which is not empty, stands for in a request's target; returns of how many bytes that front is. */
static size_t next_byte(struct text rest, char *ret_byte)
{
	if (rest.data[0] == '%' && rest.size >= 3 && hex_value(rest.data[1]) >= 0 &&
		hex_value(rest.data[2]) >= 0) {
		*ret_byte = (char)(hex_value(rest.data[1]) << 4 | hex_value(rest.data[2]));
		return 3;
	}
	*ret_byte = rest.data[0];
	return 1;
}

static bool is_word_byte(char c)
{
	return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}

/* How many bytes at the front of @rest spell @erased, with what a number may be written with between its digits; 0: none do. What is only a part
 * of a longer word or number is not it. */
static size_t spelling_size(struct text rest, struct text erased)
{
	size_t at = 0, matched = 0;
	char byte;

	while (matched < erased.size && at < rest.size) {
		at += next_byte(text_tail(rest, at), &byte);
		if (byte == erased.data[matched] || (byte == '+' && erased.data[matched] == ' ')) {
			matched++;
		} else if (matched == 0 || !memchr(" +()-.", byte, 6)) {
			return 0;
		}
	}
	if (matched < erased.size) {
		return 0;
	}
	if (at < rest.size) {
		next_byte(text_tail(rest, at), &byte);
		return is_word_byte(byte) ? 0 : at;
	}
	return at;
}

/* Appends @subject with the mark in place of what was erased; false: it stands nowhere in it. */
static bool write_marked(struct buffer *out, struct text subject, struct text erased)
{
	bool any = false, within = false;

	while (subject.size > 0) {
		size_t size = within ? 0 : spelling_size(subject, erased);
		char byte = ')';

		any |= size > 0;
		if (size > 0) {
			buffer_append(out, TEXT(MARK));
		} else {
			size = next_byte(subject, &byte);
			buffer_append(out, text_head(subject, size));
		}
		within = is_word_byte(byte);
		subject = text_tail(subject, size);
	}
	return any;
}

/* ---- finding ---- */

static int note_if_marked(struct erase_audit *run, struct sqlite_query *row, struct error *err)
{
	AUTO(buffer_deinit) struct buffer marked;
	struct text subject;

	buffer_init(&marked, SIZE_MAX);
	if (!write_marked(&marked, sqlite_column_text(row, 1), run->erased)) {
		return 0;
	}
	subject = buffer_text(&marked);
	subject = arena_copy(&run->arena,
		text_head(subject,
			subject.size < STORE_SUBJECT_MAX ? subject.size : STORE_SUBJECT_MAX));
	run->records =
		sqlite_list_grow(&run->arena, run->records, run->count, sizeof(*run->records));
	if (marked.failed || !subject.data || !run->records) {
		return error_no_memory(err);
	}
	run->records[run->count++] =
		(struct changed_record){.id = sqlite_column_int64(row, 0), .subject = subject};
	return 0;
}

/* Nobody waits for the writer meanwhile. */
static int find(
	struct erase_audit *run, struct sqlite_store *store, int64_t account_id, struct error *err)
{
	AUTO(sqlite_reader_close) struct sqlite_reader reader = {0};
	AUTO(sqlite_query_end) struct sqlite_query row = {0};
	int more;

	if (sqlite_reader_open(&reader, store, err) < 0 ||
		sqlite_query_start(&row, reader.connection, SQL_AUDIT_SUBJECTS, err) < 0) {
		return -1;
	}
	sqlite_query_int64(&row, account_id);
	while ((more = sqlite_query_step(&row, err)) > 0) {
		if (note_if_marked(run, &row, err) < 0) {
			return -1;
		}
	}
	return more;
}

/* ---- changing ---- */

static int change_one(struct sqlite_connection *connection, const struct changed_record *record,
	struct error *err)
{
	AUTO(sqlite_query_end) struct sqlite_query query = {0};

	if (sqlite_query_start(&query, connection, SQL_AUDIT_MARK, err) < 0) {
		return -1;
	}
	sqlite_query_text(&query, record->subject);
	sqlite_query_int64(&query, record->id);
	return sqlite_query_run(&query, err);
}

/* The trigger that keeps records as they are, as the schema has it. */
static int find_trigger(struct sqlite_connection *connection, struct arena *arena,
	const char **ret_sql, struct error *err)
{
	AUTO(sqlite_query_end) struct sqlite_query row = {0};
	int found;

	if (sqlite_query_start(&row, connection, SQL_AUDIT_TRIGGER, err) < 0) {
		return -1;
	}
	found = sqlite_query_step(&row, err);
	if (found > 0) {
		struct text sql = sqlite_column_text(&row, 0);

		*ret_sql = arena_printf(arena, "%.*s", TEXT_ARG(sql)).data;
		return *ret_sql ? 1 : error_no_memory(err);
	}
	return found;
}

/* Records may be changed in this transaction and in no other. */
static int change_all(
	struct erase_audit *run, struct sqlite_connection *connection, struct error *err)
{
	const char *trigger = NULL;
	int kept = find_trigger(connection, &run->arena, &trigger, err);

	if (kept < 0 || (kept > 0 && sqlite_exec(connection, "drop trigger audit_is_not_changed",
					     err) < 0)) {
		return -1;
	}
	for (size_t i = 0; i < run->count; i++) {
		if (change_one(connection, &run->records[i], err) < 0) {
			return -1;
		}
	}
	return kept > 0 ? sqlite_exec(connection, trigger, err) : 0;
}

int sqlite_audit_erase(struct sqlite_store *store, int64_t account_id, struct text erased,
	int64_t *ret_records, struct error *err)
{
	AUTO(sqlite_writer_end) struct sqlite_writer writer = {0};
	AUTO(run_end) struct erase_audit run = {.erased = erased};

	arena_init(&run.arena, CHANGED_MAX);
	if (erased.size == 0 || find(&run, store, account_id, err) < 0) {
		return erased.size == 0 ? 0 : -1;
	}
	if (run.count > 0 && (sqlite_writer_begin(&writer, store, err) < 0 ||
				     change_all(&run, writer.connection, err) < 0 ||
				     sqlite_writer_commit(&writer, err) < 0)) {
		return -1;
	}
	*ret_records = (int64_t)run.count;
	return 0;
}
