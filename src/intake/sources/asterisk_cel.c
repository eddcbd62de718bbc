/* SPDX-License-Identifier: MIT
 * The source asterisk-cel: Asterisk's channel event log as CSV. Rows of many calls stand mixed; those of one linkedid
 * are collected until the call is over, then handed over as one call. */
#include "base/file.h"
#include "call/call.h"
#include "intake/sources/cel_call.h"
#include "intake/sources/cel_time.h"
#include "intake/sources/cel_write.h"
#include "intake/sources/csv.h"
#include "intake/sources/source.h"

#define COLUMNS_FILE_BYTES_MAX ((size_t)1 << 20)
#define JSON_BYTES_MAX	       ((size_t)4 << 20)

/* Rows may follow a call's LINKEDID_END: other processes write theirs late. */
#define LINGER_US	  INT64_C(2000000)
#define OPEN_BYTES_MAX	  ((size_t)128 << 20) /* of all calls that are not over */
#define OPEN_BUCKETS	  ((size_t)1 << 14)
#define CLOSED_REMEMBERED ((size_t)1 << 16)

#define CUT_BY_END    "Call still up at the end of the recording"
#define CUT_BY_MEMORY "No more of this call was read: too many calls were open at once"

/* FreePBX's names for what comes from outside, and common ones. */
#define INBOUND_CONTEXTS                                                                           \
	"from-trunk,from-trunk-*,from-pstn,from-pstn-*,from-did-direct,from-external,from-"        \
	"outside,"                                                                                 \
	"from-sip-external,from-dahdi,from-digital,from-analog,from-isdn,ext-did,incoming,inbound"

LIST_HEAD(call_list, cel_call);
TAILQ_HEAD(call_queue, cel_call);

struct source {
	struct csv_reader csv;
	struct source_sink sink;
	struct cel_columns columns;
	bool has_columns; /* by --columns, or seen from the first row */
	bool started;	  /* the first row was read */
	bool local_times;
	char *inbound_contexts;
	int64_t time_us;	  /* of the row read last */
	struct call_list *open;	  /* OPEN_BUCKETS of them */
	uint64_t *closed;	  /* CLOSED_REMEMBERED hashes of linkedids */
	struct call_queue by_use; /* the one that a row was added to last is at its end */
	struct call_queue by_end; /* those that have ended, waiting for late rows */
	size_t open_bytes;
	struct buffer json;
};

static uint64_t hash_text(struct text text)
{
	uint64_t hash = UINT64_C(14695981039346656037); /* FNV-1a */

	for (size_t i = 0; i < text.size; i++) {
		hash = (hash ^ (unsigned char)text.data[i]) * UINT64_C(1099511628211);
	}
	return hash ? hash : 1;
}

static void reject(struct source *source, uint64_t line, struct text session_id, const char *format,
	...) FORMAT_PRINTF(4, 5);

static void reject(
	struct source *source, uint64_t line, struct text session_id, const char *format, ...)
{
	char message[300];
	va_list args;

	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	source->sink.reject(source->sink.context, line, session_id, message);
}

/* ---- open calls ---- */

static struct call_list *bucket(struct source *source, struct text linked_id)
{
	return &source->open[hash_text(linked_id) % OPEN_BUCKETS];
}

static struct cel_call *find_call(struct source *source, struct text linked_id)
{
	struct cel_call *call;

	LIST_FOREACH(call, bucket(source, linked_id), by_id)
	{
		if (text_equal(call->linked_id, linked_id)) {
			return call;
		}
	}
	return NULL;
}

static bool was_closed(const struct source *source, struct text linked_id)
{
	uint64_t hash = hash_text(linked_id);

	return source->closed[hash % CLOSED_REMEMBERED] == hash;
}

static struct cel_call *open_call(struct source *source, struct text linked_id, uint64_t line)
{
	struct cel_call *call = cel_call_create(linked_id, line);

	if (call) {
		LIST_INSERT_HEAD(bucket(source, linked_id), call, by_id);
		TAILQ_INSERT_TAIL(&source->by_use, call, by_use);
		source->open_bytes += call->arena.used_bytes;
	}
	return call;
}

static void hand_over(struct source *source, struct cel_call *call, const char *cut)
{
	struct error err;

	/* Rows of which none is a start or an end belong to no call: a conference's announcer has such. */
	if (!call->first || !call->has_bounds) {
		return;
	}
	buffer_clear(&source->json);
	if (cel_write(&source->json, call, source->inbound_contexts, cut, &err) < 0) {
		reject(source, call->line, call->linked_id, "%s", err.message);
		return;
	}
	source->sink.call(source->sink.context, buffer_text(&source->json), call->line);
}

static void close_call(struct source *source, struct cel_call *call, const char *cut)
{
	uint64_t hash = hash_text(call->linked_id);

	hand_over(source, call, cut);
	source->closed[hash % CLOSED_REMEMBERED] = hash;
	source->open_bytes -= call->arena.used_bytes;
	LIST_REMOVE(call, by_id);
	TAILQ_REMOVE(&source->by_use, call, by_use);
	if (call->is_ending) {
		TAILQ_REMOVE(&source->by_end, call, by_end);
	}
	cel_call_destroy(call);
}

static void note_ending(struct source *source, struct cel_call *call)
{
	if (call->has_ended && !call->is_ending) {
		TAILQ_INSERT_TAIL(&source->by_end, call, by_end);
	} else if (!call->has_ended && call->is_ending) {
		TAILQ_REMOVE(&source->by_end, call, by_end);
	}
	call->is_ending = call->has_ended;
}

static void close_what_is_over(struct source *source)
{
	struct cel_call *call;

	while ((call = TAILQ_FIRST(&source->by_end)) &&
		source->time_us - call->ended_us >= LINGER_US) {
		close_call(source, call, NULL);
	}
	/* Calls whose end was never recorded would otherwise fill the memory of a long import. */
	while (source->open_bytes > OPEN_BYTES_MAX) {
		call = TAILQ_FIRST(&source->by_use);
		close_call(source, call, cel_call_is_silent(call) ? NULL : CUT_BY_MEMORY);
	}
}

/* ---- rows ---- */

static void add_row(struct source *source, const struct text field[CEL_FIELDS],
	struct text linked_id, int64_t time_us, uint64_t line)
{
	struct cel_call *call = find_call(source, linked_id);
	size_t before;

	if (!call && was_closed(source, linked_id)) {
		reject(source, line, linked_id,
			"the row comes after its call was over and handed on");
		return;
	}
	call = call ? call : open_call(source, linked_id, line);
	if (!call) {
		reject(source, line, linked_id, "out of memory");
		return;
	}
	before = call->arena.used_bytes;
	if (!cel_call_add(call, field, time_us)) {
		reject(source, line, linked_id,
			"the call's rows are more than %zu MiB: this row is left out",
			CEL_CALL_BYTES_MAX >> 20);
	}
	source->open_bytes += call->arena.used_bytes - before;
	TAILQ_REMOVE(&source->by_use, call, by_use);
	TAILQ_INSERT_TAIL(&source->by_use, call, by_use);
	note_ending(source, call);
}

static void place_fields(
	const struct cel_columns *columns, const struct text *fields, struct text field[CEL_FIELDS])
{
	for (int i = 0; i < CEL_FIELDS; i++) {
		field[i] = columns->place[i] >= 0 ? fields[columns->place[i]] : TEXT("");
	}
}

static void take_fields(
	struct source *source, const struct text *fields, size_t count, uint64_t line)
{
	struct text field[CEL_FIELDS];
	struct text linked_id;
	int64_t time_us;

	if (count < source->columns.width) {
		reject(source, line, TEXT(""), "%zu columns where %zu are expected", count,
			source->columns.width);
		return;
	}
	place_fields(&source->columns, fields, field);
	linked_id = field[CEL_LINKED_ID].size ? field[CEL_LINKED_ID] : field[CEL_UNIQUE_ID];
	if (linked_id.size == 0 || linked_id.size > CALL_SESSION_ID_MAX ||
		text_has_control(linked_id) || !text_utf8_valid(linked_id, NULL)) {
		reject(source, line, TEXT(""),
			"the linkedid must be 1 to 128 bytes of UTF-8 without control characters");
		return;
	}
	if (field[CEL_EVENT_TYPE].size == 0) {
		reject(source, line, linked_id, "the eventtype is empty");
		return;
	}
	if (!cel_time_parse(
		    field[CEL_EVENT_TIME], source->local_times, source->time_us, &time_us)) {
		struct text time = field[CEL_EVENT_TIME];

		reject(source, line, linked_id, "eventtime '%.*s' is not a time: %s",
			(int)(time.size < 40 ? time.size : 40), time.data, cel_time_advice(time));
		return;
	}
	source->time_us = time_us;
	add_row(source, field, linked_id, time_us, line);
	close_what_is_over(source);
}

static int take_record(
	void *context, const struct text *fields, size_t count, uint64_t line, struct error *err)
{
	struct source *source = context;
	struct cel_columns header;

	if (!source->started) {
		bool is_header = cel_columns_header(fields, count, &header);

		source->started = true;
		if (is_header && !source->has_columns) {
			source->columns = header;
			if (cel_columns_check(&source->columns, err) < 0) {
				return error_prefix(err, "line %llu", (unsigned long long)line);
			}
		}
		if (is_header) {
			return 0;
		}
	}
	take_fields(source, fields, count, line);
	return 0;
}

static void take_reject(void *context, uint64_t line, const char *error)
{
	struct source *source = context;

	source->sink.reject(source->sink.context, line, TEXT(""), error);
}

/* ---- the source ---- */

static int read_columns(struct source *source, const char *path, struct error *err)
{
	AUTO(arena_deinit) struct arena arena;
	struct text config;

	arena_init(&arena, 2 * COLUMNS_FILE_BYTES_MAX);
	cel_columns_sample(&source->columns);
	if (!path) {
		return 0;
	}
	if (file_read(path, COLUMNS_FILE_BYTES_MAX, &arena, &config, err) < 0) {
		return -1;
	}
	source->has_columns = true;
	if (cel_columns_config(config, &source->columns, err) < 0 ||
		cel_columns_check(&source->columns, err) < 0) {
		return error_prefix(err, "'%s'", path);
	}
	return 0;
}

static void cel_close(struct source *source)
{
	struct cel_call *call;

	if (!source) {
		return;
	}
	while ((call = TAILQ_FIRST(&source->by_use))) {
		TAILQ_REMOVE(&source->by_use, call, by_use);
		cel_call_destroy(call);
	}
	csv_deinit(&source->csv);
	buffer_deinit(&source->json);
	free(source->open);
	free(source->closed);
	free(source->inbound_contexts);
	free(source);
}
AUTO_POINTER(struct source *, cel_close);

static int cel_open(struct source **ret_source, const struct source_options *options,
	const struct source_sink *sink, struct error *err)
{
	AUTO(cel_closep) struct source *source = calloc(1, sizeof(*source));
	const char *contexts =
		options->inbound_contexts ? options->inbound_contexts : INBOUND_CONTEXTS;

	if (!source) {
		return error_no_memory(err);
	}
	TAILQ_INIT(&source->by_use);
	TAILQ_INIT(&source->by_end);
	buffer_init(&source->json, JSON_BYTES_MAX);
	csv_init(&source->csv, &(struct csv_handler){take_record, take_reject, source});
	source->sink = *sink;
	source->local_times = options->local_times;
	source->inbound_contexts = strdup(contexts);
	source->open = calloc(OPEN_BUCKETS, sizeof(*source->open));
	source->closed = calloc(CLOSED_REMEMBERED, sizeof(*source->closed));
	if (!source->inbound_contexts || !source->open || !source->closed) {
		return error_no_memory(err);
	}
	if (read_columns(source, options->columns_path, err) < 0) {
		return -1;
	}
	*ret_source = source;
	source = NULL;
	return 0;
}

static int cel_feed(struct source *source, const char *data, size_t size, struct error *err)
{
	return csv_feed(&source->csv, data, size, err);
}

static int cel_end(struct source *source, struct error *err)
{
	struct cel_call *call;
	int result = csv_end(&source->csv, err);

	while ((call = TAILQ_FIRST(&source->by_use))) {
		close_call(source, call, cel_call_is_silent(call) ? NULL : CUT_BY_END);
	}
	return result;
}

const struct source_format source_asterisk_cel = {
	.name = "asterisk-cel",
	.summary = "Asterisk's channel event log as CSV (cel_custom, or with a header row)",
	.open = cel_open,
	.feed = cel_feed,
	.end = cel_end,
	.close = cel_close,
};
