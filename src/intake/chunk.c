/* SPDX-License-Identifier: MIT
 * Chunks: filled with JSON, read into what the store takes. */
#include "intake/chunk.h"

#include "base/clock.h"
#include "call/call_events.h"
#include "call/call_json.h"
#include "call/call_outcome.h"
#include "intake/intake_private.h"

#define KEPT_BYTES_MAX ((size_t)256 << 10)

struct chunk *chunk_create(struct batch *batch, struct arena_pool *pool)
{
	struct chunk *chunk = malloc(sizeof(*chunk));

	if (!chunk) {
		return NULL;
	}
	chunk->batch = batch;
	chunk->cost_bytes = 0;
	chunk->is_read = false;
	chunk->out_of_memory = false;
	chunk->entry_count = 0;
	chunk->item_count = 0;
	chunk->amends = false;
	chunk->json_bytes = 0;
	arena_init_pooled(&chunk->raw, SIZE_MAX, pool);
	arena_init_pooled(&chunk->held, SIZE_MAX, pool);
	return chunk;
}

void chunk_destroy(struct chunk *chunk)
{
	if (!chunk) {
		return;
	}
	arena_deinit(&chunk->raw);
	arena_deinit(&chunk->held);
	free(chunk);
}

int chunk_add(struct chunk *chunk, const struct chunk_entry *entry, struct error *err)
{
	struct chunk_entry *added = &chunk->entries[chunk->entry_count];

	*added = *entry;
	added->json = arena_copy(&chunk->raw, entry->json);
	if (!added->json.data) {
		return error_no_memory(err);
	}
	chunk->json_bytes += entry->json.size;
	chunk->entry_count++;
	return 0;
}

bool chunk_full(const struct chunk *chunk)
{
	return chunk->entry_count == CHUNK_CALLS_MAX || chunk->json_bytes >= CHUNK_SIZE_FULL;
}

size_t chunk_cost(const struct chunk *chunk)
{
	return sizeof(*chunk) + chunk->raw.used_bytes + chunk->held.used_bytes;
}

struct chunk_reader *chunk_reader_create(
	size_t call_size_max, const struct redactor *redactor, struct redaction *review)
{
	struct chunk_reader *reader = calloc(1, sizeof(*reader));

	if (!reader) {
		return NULL;
	}
	reader->packer = packer_create();
	if (!reader->packer) {
		free(reader);
		return NULL;
	}
	/* Canonical JSON is hardly longer than what came: `\/` and white space shrink, a missing
	 * member of a step is not made up. Unescaped strings and the names of all objects go to the
	 * scratch. */
	buffer_init(&reader->canonical, call_size_max * 2 + 4096);
	redaction_init(&reader->redaction, redactor);
	/* A digit may become a token. */
	buffer_init(&reader->redacted, call_size_max * 12 + 4096);
	buffer_init(&reader->packed, SIZE_MAX);
	store_indexer_init(&reader->indexer);
	reader->call_size_max = call_size_max;
	reader->review = review->redactor ? redact_review : NULL;
	reader->review_context = review;
	arena_init(&reader->scratch, call_size_max * 8 + ((size_t)1 << 20));
	return reader;
}

void chunk_reader_destroy(struct chunk_reader *reader)
{
	if (!reader) {
		return;
	}
	packer_destroy(reader->packer);
	store_indexer_deinit(&reader->indexer);
	buffer_deinit(&reader->canonical);
	redaction_deinit(&reader->redaction);
	buffer_deinit(&reader->redacted);
	buffer_deinit(&reader->packed);
	arena_deinit(&reader->scratch);
	free(reader);
}

/* Copies the texts, those that are there, into the chunk. */
static int keep_texts(
	struct chunk *chunk, struct text *const *texts, size_t count, struct error *err)
{
	for (size_t i = 0; i < count; i++) {
		if (!texts[i]->data) {
			continue;
		}
		*texts[i] = arena_copy(&chunk->held, *texts[i]);
		if (!texts[i]->data) {
			return error_no_memory(err);
		}
	}
	return 0;
}

/* Copies what @put points to, which goes with the next call, into the chunk. */
static int keep_put(struct chunk *chunk, struct store_put *put, struct error *err)
{
	struct text *const texts[] = {
		&put->call.dest, &put->call.src, &put->call.session_id, &put->packed.deflate};

	return keep_texts(chunk, texts, COUNT_OF(texts) - !put->call.has_detail, err);
}

/* What of the call, or of the steps, in reader->canonical is stored. */
static int redact(
	struct chunk_reader *reader, bool steps, struct text *ret_canonical, struct error *err)
{
	int redacted = 0;

	if (reader->redaction.redactor) {
		struct text canonical = buffer_text(&reader->canonical);

		buffer_clear(&reader->redacted);
		redacted =
			steps ? redact_steps(&reader->redaction, canonical, &reader->redacted, err)
			      : redact_call(&reader->redaction, canonical, &reader->redacted, err);
	}
	if (redacted < 0) {
		return -1;
	}
	*ret_canonical = buffer_text(redacted > 0 ? &reader->redacted : &reader->canonical);
	return 0;
}

static void look_at_step(void *course, const struct call_step_look *step)
{
	call_course_step(course, step);
}

static int pack(
	struct chunk *chunk, struct chunk_reader *reader, struct store_put *put, struct error *err)
{
	struct call_course course;
	struct text canonical;

	if (redact(reader, false, &canonical, err) < 0 ||
		packer_pack(reader->packer, canonical, &reader->packed, &put->packed, err) < 0) {
		return -1;
	}
	call_course_begin(&course, &put->call);
	reader->indexer.look = look_at_step;
	reader->indexer.context = &course;
	if (store_index_make(&reader->indexer, put->account_id, call_json_detail(canonical),
		    put->call.steps, &chunk->held, &put->index, err) < 0) {
		return -1;
	}
	call_outcome_settle(&course, &put->call);
	return 0;
}

/* Whether the call is stored. Takes its steps off where these are not. */
static bool is_wanted(const struct batch_options *options, struct call *call, uint64_t line)
{
	bool whole = call->start <= options->header_after;
	bool steps = call->has_detail && call->start <= options->detail_after;

	if (!options->old || !(whole || steps)) {
		return true;
	}
	if (options->old(options->context, call, line, whole) == BATCH_OLD_LEAVE) {
		return false;
	}
	call->has_detail = false;
	call->steps = 0;
	return true;
}

/* 1: it is left out. */
static int read_call(struct chunk *chunk, struct chunk_reader *reader,
	const struct batch_options *options, const struct chunk_entry *entry, struct store_put *put,
	struct error *err)
{
	*put = (struct store_put){.account_id = options->account_id, .recorded = options->recorded};
	if (call_json_read(entry->json, entry->position, &reader->scratch, &reader->canonical,
		    &put->call, err) < 0) {
		return -1;
	}
	if (!is_wanted(options, &put->call, entry->line)) {
		return 1;
	}
	if (put->call.has_detail && pack(chunk, reader, put, err) < 0) {
		return -1;
	}
	return keep_put(chunk, put, err);
}

/* ---- what is said of live calls ---- */

/* Both name the same members. */
_Static_assert((int)CALL_GIVEN_DEST == (int)STORE_AMEND_DEST &&
		       (int)CALL_GIVEN_SRC == (int)STORE_AMEND_SRC &&
		       (int)CALL_GIVEN_START == (int)STORE_AMEND_START &&
		       (int)CALL_GIVEN_END == (int)STORE_AMEND_END &&
		       (int)CALL_GIVEN_TYPE == (int)STORE_AMEND_TYPE &&
		       (int)CALL_GIVEN_STATE == (int)STORE_AMEND_STATE &&
		       (int)CALL_GIVEN_OUTCOME == (int)STORE_AMEND_OUTCOME &&
		       (int)CALL_GIVEN_ANSWERED == (int)STORE_AMEND_ANSWERED &&
		       (int)CALL_GIVEN_TALK == (int)STORE_AMEND_TALK &&
		       (int)CALL_GIVEN_ENDED_BY == (int)STORE_AMEND_ENDED_BY,
	"enum call_given and enum store_amend_member differ");

static int read_by_content(struct chunk_reader *reader, const struct chunk_entry *entry,
	struct call_events *ret_events, struct error *err)
{
	struct arena *scratch = &reader->scratch;
	struct buffer *canonical = &reader->canonical;

	switch (entry->content) {
	case BATCH_HEADER:
		return call_events_read_header(
			entry->json, entry->position, scratch, ret_events, err);
	case BATCH_STEPS:
		return call_events_read_steps(
			entry->json, entry->position, scratch, canonical, ret_events, err);
	case BATCH_STEP_LINES:
		return call_events_read_lines(
			entry->json, entry->position, scratch, canonical, ret_events, err);
	default:
		return call_events_read(
			entry->json, entry->position, scratch, canonical, ret_events, err);
	}
}

/* Steps of which nothing hangs on others are redacted here, the others by the review. */
static int take_steps(struct chunk_reader *reader, struct store_amend *amend, struct error *err)
{
	if (!reader->review) {
		return redact(reader, true, &amend->steps, err);
	}
	amend->steps = buffer_text(&reader->canonical);
	return 0;
}

static int read_events(struct chunk *chunk, struct chunk_reader *reader,
	const struct batch_options *options, const struct chunk_entry *entry,
	struct store_amend *amend, struct error *err)
{
	bool single = entry->content != BATCH_EVENTS;
	struct text *const texts[] = {
		&amend->session_id, &amend->call.dest, &amend->call.src, &amend->steps};
	struct call_events events;
	int done = read_by_content(reader, entry, &events, err);

	*amend = (struct store_amend){
		.account_id = options->account_id,
		.session_id = single ? options->session_id : events.call.session_id,
		.given = events.given,
		.call = events.call,
		.from = single ? options->from : events.from,
		.heard = clock_now_s(),
		.detail_after = options->detail_after,
		.size_max = reader->call_size_max,
		.review = reader->review,
		.review_context = reader->review_context,
	};
	amend->call.session_id = (struct text){0};
	if (done < 0 || (events.has_steps && take_steps(reader, amend, err) < 0)) {
		return -1;
	}
	chunk->amends = true;
	return keep_texts(chunk, texts, COUNT_OF(texts), err);
}

/* ---- an entry ---- */

/* 1: it is left out. */
static int read_entry(struct chunk *chunk, struct chunk_reader *reader,
	const struct batch_options *options, const struct chunk_entry *entry,
	struct chunk_item *item, struct error *err)
{
	buffer_clear(&reader->canonical);
	buffer_clear(&reader->packed);
	arena_deinit(&reader->scratch);
	item->line = entry->line;
	item->is_amend = entry->content != BATCH_CALLS;
	return item->is_amend ? read_events(chunk, reader, options, entry, &item->amend, err)
			      : read_call(chunk, reader, options, entry, &item->put, err);
}

/* A large call's memory is not kept for small ones. */
static void shrink(struct buffer *buffer)
{
	if (buffer->capacity > KEPT_BYTES_MAX) {
		buffer_deinit(buffer);
	}
}

/* Whether memory ran out for what the call is: it came to the reader's ceilings, not to the
 * machine's. */
static bool asks_too_much(const struct chunk_reader *reader)
{
	return reader->scratch.used_bytes > reader->scratch.ceiling_bytes / 2 ||
	       reader->canonical.size > reader->canonical.ceiling_bytes / 2;
}

static struct text session_id_of(const struct chunk_item *item)
{
	return item->is_amend ? item->amend.session_id : item->put.call.session_id;
}

void chunk_read(
	struct chunk *chunk, struct chunk_reader *reader, const struct batch_options *options)
{
	for (size_t i = 0; i < chunk->entry_count; i++) {
		struct chunk_item *item = &chunk->items[chunk->item_count];
		struct error err;
		int left_out = read_entry(chunk, reader, options, &chunk->entries[i], item, &err);

		if (left_out >= 0) {
			chunk->item_count += left_out == 0;
			continue;
		}
		if (err.code == ERROR_NO_MEMORY && !asks_too_much(reader)) {
			chunk->out_of_memory = true;
			chunk->item_count = 0;
			break;
		}
		batch_reject(
			chunk->batch, chunk->entries[i].line, session_id_of(item), err.message);
	}
	arena_deinit(&chunk->raw);
	arena_deinit(&reader->scratch);
	shrink(&reader->canonical);
	shrink(&reader->redacted);
	shrink(&reader->packed);
}
