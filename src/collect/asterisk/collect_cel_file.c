/* SPDX-License-Identifier: MIT
 * Joins a file that grows and the open calls. */
#include "collect/asterisk/collect_cel_file.h"

#include "base/hash.h"
#include "base/log.h"
#include "collect/asterisk/cel_file.h"
#include "json/json_reader.h"
#include "json/json_writer.h"

struct following {
	const struct collect_cel_file_options *options;
	struct collector collector;
	struct cel_file *file;
	struct buffer mark;
	struct buffer open; /* uint64_t: hashes of the calls that were open at the mark, sorted */
	uint64_t rows_again;
	bool mark_too_large; /* told already */
	bool held;
	bool more; /* there is more to read at once */
};

/* ---- rows that are read again ---- */

static uint64_t hash_id(struct text linked_id)
{
	static const struct hash_key key = {{0, 0}};

	return hash_text(&key, linked_id);
}

static int compare(const void *left, const void *right)
{
	const uint64_t *a = left, *b = right;

	return (*a > *b) - (*a < *b);
}

static size_t open_count(const struct following *following)
{
	return following->open.size / sizeof(uint64_t);
}

static int read_ids(struct following *following, struct json_reader *reader, struct arena *arena)
{
	struct json_token token;
	int more;

	while ((more = json_reader_next(reader, &token, NULL)) > 0 && token.kind == JSON_STRING) {
		uint64_t hash = hash_id(json_token_string(&token, arena));

		buffer_append(&following->open,
			(struct text){.data = (const char *)&hash, .size = sizeof(hash)});
	}
	return more > 0 && token.kind == JSON_ARRAY_END ? 0 : -1;
}

/* Which calls were open when @mark was written. */
static int read_open(struct following *following, struct text mark, struct error *err)
{
	AUTO(arena_deinit) struct arena arena = {0};
	struct json_reader reader;
	struct json_token name, value;
	int status = 0;

	arena_init(&arena, 4 * SPOOL_MARK_BYTES_MAX);
	json_reader_init(&reader, mark, (struct json_position){1, 1});
	if (mark.size == 0 || json_reader_next(&reader, &value, err) <= 0) {
		return 0;
	}
	while (status == 0 && json_reader_next_member(&reader, &name, &value, NULL) > 0) {
		status = json_token_is(&name, "open") && value.kind == JSON_ARRAY
				 ? read_ids(following, &reader, &arena)
				 : json_reader_skip(&reader, &value, NULL);
	}
	if (status < 0 || following->open.failed) {
		return error_set(err, ERROR_CORRUPT, "the mark in the spool's state is broken");
	}
	if (following->open.size > 0) {
		qsort(following->open.data, open_count(following), sizeof(uint64_t), compare);
	}
	return 0;
}

/* What was read before the mark was written is told already, but for calls that were open then. */
static bool was_told(const struct following *following, const struct ami_row *row)
{
	uint64_t hash = hash_id(row->field[CEL_LINKED_ID].size ? row->field[CEL_LINKED_ID]
							       : row->field[CEL_UNIQUE_ID]);

	return following->open.size == 0 ||
	       !bsearch(&hash, following->open.data, open_count(following), sizeof(hash), compare);
}

static void take_row(void *context, const struct ami_row *row, int64_t place, bool again)
{
	struct following *following = context;

	if (again && was_told(following, row)) {
		following->rows_again++;
		return;
	}
	live_calls_add_row(following->collector.live, row, place);
}

static void take_gap(void *context, const char *reason)
{
	struct following *following = context;
	char shown[300];

	log_event(
		LOG_WARNING, "gap", "reason=%s", log_value(text_of(reason), shown, sizeof(shown)));
	following->collector.gaps++;
	live_calls_tell_gap(following->collector.live, reason);
}

static size_t source_fds(void *context, struct pollfd *fds, int *timeout_ms)
{
	struct following *following = context;

	*timeout_ms = following->more && !following->held ? 0 : *timeout_ms;
	fds[0] = (struct pollfd){.fd = cel_file_fd(following->file), .events = POLLIN};
	return 1;
}

static int source_turn(void *context, struct error *err)
{
	struct following *following = context;
	const char *rejected;
	char shown[300];
	int more;

	if (following->held) {
		return 0;
	}
	more = cel_file_turn(following->file, err);
	rejected = cel_file_rejected(following->file);
	if (rejected) {
		log_event(LOG_WARNING, "rows-rejected", "count=%llu last=%s",
			(unsigned long long)cel_file_counts(following->file).rejected,
			log_value(text_of(rejected), shown, sizeof(shown)));
	}
	following->more = more > 0;
	return more < 0 ? -1 : more == 0 && following->options->collector.once;
}

/* The file waits. */
static void source_hold(void *context, bool held)
{
	struct following *following = context;

	following->held = held;
}

/* A restart reads again from the first row of a call that is not over. */
static int source_synced(void *context, struct error *err)
{
	struct following *following = context;
	int64_t least =
		live_calls_least_place(following->collector.live, cel_file_place(following->file));
	struct text old = spool_mark(following->collector.spool);

	cel_file_mark(following->file, least, &following->mark);
	if (following->mark.size == 0) {
		return 0;
	}
	following->mark.size--; /* the brace */
	json_write_name(&following->mark, "open");
	live_calls_list(following->collector.live, &following->mark);
	buffer_append_byte(&following->mark, '}');
	if (following->mark.failed) { /* the one before still holds */
		log_event(following->mark_too_large ? LOG_DEBUG : LOG_WARNING, "too-many-calls",
			"advice=\"cel.conf needs LINKEDID_END among its events\"");
		following->mark_too_large = true;
		return 0;
	}
	if (text_equal(old, buffer_text(&following->mark))) {
		return 0;
	}
	return spool_set_mark(following->collector.spool, buffer_text(&following->mark), err);
}

static void source_status(void *context, struct buffer *line)
{
	struct following *following = context;
	struct cel_file_counts counts = cel_file_counts(following->file);

	buffer_printf(line, " files=%llu rows_rejected=%llu rows_again=%llu",
		(unsigned long long)counts.files, (unsigned long long)counts.rejected,
		(unsigned long long)following->rows_again);
}

static void following_deinit(struct following *following)
{
	cel_file_close(following->file);
	collector_close(&following->collector);
	buffer_deinit(&following->mark);
	buffer_deinit(&following->open);
}

int collect_cel_file(const struct collect_cel_file_options *options, struct error *err)
{
	AUTO(following_deinit) struct following following = {.options = options, .more = true};
	const struct cel_file_options file = {
		.path = options->path,
		.columns = options->columns,
		.local_times = options->local_times,
		.row = take_row,
		.gap = take_gap,
		.context = &following,
	};
	const struct collector_source source = {
		.fds = source_fds,
		.turn = source_turn,
		.hold = source_hold,
		.synced = source_synced,
		.status = source_status,
		.context = &following,
	};

	following.collector.signals = -1;
	buffer_init(&following.mark, SPOOL_MARK_BYTES_MAX);
	buffer_init(&following.open, SPOOL_MARK_BYTES_MAX);
	if (collector_open(&following.collector, &options->collector, err) < 0 ||
		read_open(&following, spool_mark(following.collector.spool), err) < 0 ||
		cel_file_open(&following.file, &file, spool_mark(following.collector.spool), err) <
			0) {
		return -1;
	}
	return collector_run(&following.collector, &source, err);
}
