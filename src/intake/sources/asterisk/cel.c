/* SPDX-License-Identifier: MIT
 * The source asterisk-cel: Asterisk's channel event log. Rows of many calls stand mixed; those of
 * one linkedid are collected until the call is over, then handed over as one call. */
#include "base/hash.h"
#include "call/call_join.h"
#include "intake/sources/asterisk/cel_call.h"
#include "intake/sources/asterisk/cel_input.h"
#include "intake/sources/asterisk/cel_time.h"
#include "intake/sources/asterisk/cel_write.h"
#include "intake/sources/source.h"

#define JSON_BYTES_MAX ((size_t)4 << 20)

/* Rows may follow a call's LINKEDID_END: other processes write theirs late. */
#define SECOND_US	  INT64_C(1000000)
#define LINGER_US	  (2 * SECOND_US)
#define OPEN_BYTES_MAX	  ((size_t)128 << 20) /* of all calls that are not over */
#define OPEN_BUCKETS	  ((size_t)1 << 14)
#define CLOSED_REMEMBERED ((size_t)1 << 16)

#define CUT_BY_END    CALL_GOES_ON_LINE
#define CUT_BY_MEMORY "No more of this call was read: too many calls were open at once"

struct source {
	struct cel_input input;
	struct source_sink sink;
	struct rejects rejects; /* of rows */
	uint64_t row_count, call_count;
	struct cel_clock clock;
	bool local_times;
	char *inbound_contexts;
	char *system;	   /* may be NULL */
	int64_t time_us;   /* of the row read last */
	int64_t latest_us; /* of any row */
	uint64_t forward,
		/* how often a row's time was later, or earlier, than that of the one before */
		back;
	bool disordered;    /* rows step back so far that time does not tell which calls are over */
	struct list *open;  /* OPEN_BUCKETS of them */
	uint64_t *closed;   /* CLOSED_REMEMBERED hashes of linkedids */
	struct list by_use; /* the one that a row was added to last is at its end */
	struct list by_end; /* those that have ended, waiting for late rows */
	size_t open_bytes;
	struct buffer json;
};

/* Never 0. The key is not a secret: which ids are told apart must not differ from run to run. */
static uint64_t hash_id(struct text id)
{
	static const struct hash_key key = {{0, 0}};
	uint64_t hash = hash_text(&key, id);

	return hash ? hash : 1;
}

/* ---- open calls ---- */

static struct list *bucket(struct source *source, struct text linked_id)
{
	return &source->open[hash_id(linked_id) % OPEN_BUCKETS];
}

static struct cel_call *find_call(struct source *source, struct text linked_id)
{
	LIST_EACH(struct cel_call, call, bucket(source, linked_id), by_id) {
		if (text_equal(call->linked_id, linked_id)) {
			return call;
		}
	}
	return NULL;
}

static bool was_closed(const struct source *source, struct text linked_id)
{
	uint64_t hash = hash_id(linked_id);

	return source->closed[hash % CLOSED_REMEMBERED] == hash;
}

static struct cel_call *open_call(struct source *source, struct text linked_id, uint64_t line)
{
	struct cel_call *call = cel_call_create(linked_id, line);

	if (call) {
		list_prepend(bucket(source, linked_id), &call->by_id);
		list_append(&source->by_use, &call->by_use);
		source->open_bytes += call->arena.used_bytes;
	}
	return call;
}

static void hand_over(struct source *source, struct cel_call *call, const char *cut)
{
	const struct cel_write_options options = {
		.inbound_contexts = source->inbound_contexts,
		.system = source->system,
	};
	struct error err;

	if (!call->first || !call->is_call) {
		return;
	}
	cel_call_order(call, source->back > source->forward);
	buffer_clear(&source->json);
	if (cel_write(&source->json, call, &options, cut, &err) < 0) {
		source->sink.reject(
			source->sink.context, call->line, call->linked_id, err.message, 1);
		return;
	}
	source->call_count++;
	source->sink.call(source->sink.context, buffer_text(&source->json), call->line);
}

static void close_call(struct source *source, struct cel_call *call, const char *cut)
{
	uint64_t hash = hash_id(call->linked_id);

	hand_over(source, call, cut);
	/* What comes of a call that was cut is another part of it. */
	if (!cut) {
		source->closed[hash % CLOSED_REMEMBERED] = hash;
	}
	source->open_bytes -= call->arena.used_bytes;
	list_remove(bucket(source, call->linked_id), &call->by_id);
	list_remove(&source->by_use, &call->by_use);
	if (call->is_ending) {
		list_remove(&source->by_end, &call->by_end);
	}
	cel_call_destroy(call);
}

static void note_ending(struct source *source, struct cel_call *call)
{
	if (call->has_ended && !call->is_ending) {
		list_append(&source->by_end, &call->by_end);
	} else if (!call->has_ended && call->is_ending) {
		list_remove(&source->by_end, &call->by_end);
	}
	call->is_ending = call->has_ended;
}

static void close_what_is_over(struct source *source)
{
	LIST_EACH(struct cel_call, call, &source->by_end, by_end) {
		if (source->disordered || source->time_us - call->ended_us < LINGER_US) {
			break;
		}
		close_call(source, call, NULL);
	}
	/* Calls whose end was never recorded would otherwise fill the memory of a long import. */
	while (source->open_bytes > OPEN_BYTES_MAX) {
		struct cel_call *call = CONTAINER_OF(source->by_use.first, struct cel_call, by_use);

		close_call(source, call, call->has_ended ? NULL : CUT_BY_MEMORY);
	}
}

/* ---- rows ---- */

static void add_row(struct source *source, const struct cel_record *record, struct text linked_id,
	int64_t time_us)
{
	struct cel_call *call = find_call(source, linked_id);
	size_t before;

	if (!call && was_closed(source, linked_id)) {
		rejects_add(&source->rejects, record->line, linked_id,
			"the row comes after its call was over and handed on");
		return;
	}
	call = call ? call : open_call(source, linked_id, record->line);
	if (!call) {
		rejects_add(&source->rejects, record->line, linked_id, "out of memory");
		return;
	}
	before = call->arena.used_bytes;
	if (!cel_call_add(call, record->field, record->hash, time_us)) {
		rejects_add(&source->rejects, record->line, linked_id,
			"the call's rows are more than %zu MiB: this row is left out",
			CEL_CALL_BYTES_MAX >> 20);
	}
	source->open_bytes += call->arena.used_bytes - before;
	list_remove(&source->by_use, &call->by_use);
	list_append(&source->by_use, &call->by_use);
	note_ending(source, call);
}

/* Of an export that is sorted otherwise, newest first for example, no call is known to be over
 * before the end. */
static void follow_time(struct source *source, int64_t time_us)
{
	source->forward += time_us > source->time_us;
	source->back += time_us < source->time_us;
	source->time_us = time_us;
	source->latest_us = time_us > source->latest_us ? time_us : source->latest_us;
	source->disordered |= source->latest_us - time_us > LINGER_US;
}

/* What a time that comes twice in a year is not before: the row before it, and its channel's
 * beginning. */
static int64_t not_before_us(const struct source *source, const struct cel_record *record)
{
	int64_t row_us = source->back > source->forward ? 0 : source->time_us;
	int64_t id_s;

	if (!cel_clock_id_s(record->field[CEL_UNIQUE_ID], &id_s)) {
		return row_us;
	}
	return id_s * SECOND_US > row_us ? id_s * SECOND_US : row_us;
}

static bool is_good_id(struct text linked_id)
{
	return linked_id.size > 0 && linked_id.size <= CALL_SESSION_ID_MAX &&
	       !text_has_control(linked_id) && text_utf8_valid(linked_id, NULL);
}

static void take_row(void *context, const struct cel_record *record)
{
	struct source *source = context;
	struct text linked_id = record->field[CEL_LINKED_ID].size ? record->field[CEL_LINKED_ID]
								  : record->field[CEL_UNIQUE_ID];
	struct text time = record->field[CEL_EVENT_TIME];
	bool local = source->local_times && !source->input.columns.utc;
	int64_t time_us;

	if (!is_good_id(linked_id)) {
		rejects_add(&source->rejects, record->line, TEXT(""),
			"the linkedid must be 1 to 128 bytes of UTF-8 without control characters");
		return;
	}
	if (record->field[CEL_EVENT_TYPE].size == 0) {
		rejects_add(&source->rejects, record->line, linked_id, "the eventtype is empty");
		return;
	}
	if (!cel_time_parse(time, local, not_before_us(source, record), &time_us)) {
		rejects_add(&source->rejects, record->line, linked_id,
			"eventtime '%.*s' is not a time: %s",
			(int)(time.size < 40 ? time.size : 40), time.data, cel_time_advice(time));
		return;
	}
	follow_time(source, time_us);
	if (text_equal(record->field[CEL_EVENT_TYPE], TEXT("CHAN_START"))) {
		cel_clock_start(
			&source->clock, record->field[CEL_UNIQUE_ID], time_us, record->line);
	}
	source->row_count++;
	add_row(source, record, linked_id, time_us);
	close_what_is_over(source);
}

/* ---- the source ---- */

static void cel_close(struct source *source)
{
	if (!source) {
		return;
	}
	LIST_EACH(struct cel_call, call, &source->by_use, by_use) {
		cel_call_destroy(call);
	}
	cel_input_close(&source->input);
	buffer_deinit(&source->json);
	free(source->open);
	free(source->closed);
	free(source->inbound_contexts);
	free(source->system);
	free(source);
}
AUTO_POINTER(struct source *, cel_close);

static int cel_open(struct source **ret_source, const struct source_input *input,
	const struct source_sink *sink, struct error *err)
{
	AUTO(cel_closep) struct source *source = calloc(1, sizeof(*source));
	const char *contexts = source_option(input, "inbound-contexts");
	const char *system = source_option(input, "system");

	if (!source) {
		return error_no_memory(err);
	}
	buffer_init(&source->json, JSON_BYTES_MAX);
	source->sink = *sink;
	source->local_times = source_option(input, "zone") != NULL;
	source->inbound_contexts = strdup(contexts ? contexts : CEL_INBOUND_CONTEXTS);
	source->system = system ? strdup(system) : NULL;
	source->open = calloc(OPEN_BUCKETS, sizeof(*source->open));
	source->closed = calloc(CLOSED_REMEMBERED, sizeof(*source->closed));
	if (!source->inbound_contexts || (system && !source->system) || !source->open ||
		!source->closed) {
		return error_no_memory(err);
	}
	if (cel_input_open(&source->input, input, &source->rejects, take_row, source, err) < 0) {
		return -1;
	}
	*ret_source = source;
	source = NULL;
	return 0;
}

static int cel_feed(struct source *source, const char *data, size_t size, struct error *err)
{
	return cel_input_feed(&source->input, data, size, err);
}

static void warn_of_columns(const struct source *source)
{
	char warning[300];

	if (source->input.columns.unknown[0]) {
		snprintf(warning, sizeof(warning),
			"columns that are not known were passed over: %s",
			source->input.columns.unknown);
		source->sink.warn(source->sink.context, warning);
	}
}

static void warn_of_clock(const struct source *source)
{
	char warning[CEL_CLOCK_WARNING_SIZE];

	if (cel_clock_warning(&source->clock, source->local_times, warning)) {
		source->sink.warn(source->sink.context, warning);
	}
}

/* An input that holds none of what was looked for. */
static int tell_nothing_found(const struct source *source, struct error *err)
{
	char warning[200];

	if (source->row_count == 0 && source->rejects.count > 0) {
		return error_set(err, ERROR_INVALID,
			"no call was found: none of its rows could be read as one of Asterisk's "
			"channel event log");
	}
	if (source->call_count == 0 && source->rejects.count == 0) {
		snprintf(warning, sizeof(warning),
			source->row_count ? "no call was found: none of its %llu rows is a "
					    "channel's start or end"
					  : "no call was found: it has no rows",
			(unsigned long long)source->row_count);
		source->sink.warn(source->sink.context, warning);
	}
	return 0;
}

static int cel_end(struct source *source, struct error *err)
{
	int result = cel_input_end(&source->input, err);

	LIST_EACH(struct cel_call, call, &source->by_use, by_use) {
		close_call(source, call, call->has_ended ? NULL : CUT_BY_END);
	}
	rejects_tell(&source->rejects, &source->sink);
	warn_of_columns(source);
	warn_of_clock(source);
	return result < 0 ? result : tell_nothing_found(source, err);
}

const struct source_format source_asterisk_cel = {
	.name = "asterisk-cel",
	.foreign = "Asterisk's channel event log",
	.looks_like = cel_input_looks_like,
	.options = {"columns", "inbound-contexts", "system", "zone"},
	.recorded = true,
	.shape = STREAM_NDJSON,
	.open = cel_open,
	.feed = cel_feed,
	.end = cel_end,
	.close = cel_close,
};
