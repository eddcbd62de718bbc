/* SPDX-License-Identifier: MIT
 * Chunks: filled with JSON, read into what the store takes. */
#include "intake/chunk.h"

#include "call/call_json.h"

/* Room for the three texts of each put. */
#define ARENA_CEILING ((size_t)CHUNK_CALLS_MAX * 2048)

struct chunk *chunk_create(struct batch *batch)
{
	struct chunk *chunk = malloc(sizeof(*chunk));

	if (!chunk) {
		return NULL;
	}
	chunk->batch = batch;
	chunk->next_of_batch = NULL;
	chunk->next = NULL;
	chunk->cost_bytes = 0;
	chunk->is_read = false;
	chunk->entry_count = 0;
	chunk->put_count = 0;
	buffer_init(&chunk->raw, SIZE_MAX);
	buffer_init(&chunk->deflate, SIZE_MAX);
	arena_init(&chunk->arena, ARENA_CEILING);
	return chunk;
}

void chunk_destroy(struct chunk *chunk)
{
	if (!chunk) {
		return;
	}
	buffer_deinit(&chunk->raw);
	buffer_deinit(&chunk->deflate);
	arena_deinit(&chunk->arena);
	free(chunk);
}

int chunk_add(struct chunk *chunk, struct text json, struct json_position position, uint64_t line,
	struct error *err)
{
	size_t offset = chunk->raw.size;

	buffer_append(&chunk->raw, json);
	if (chunk->raw.failed) {
		return error_no_memory(err);
	}
	chunk->entries[chunk->entry_count++] = (struct chunk_entry){
		.offset = offset,
		.size = json.size,
		.position = position,
		.line = line,
	};
	return 0;
}

bool chunk_full(const struct chunk *chunk)
{
	return chunk->entry_count == CHUNK_CALLS_MAX || chunk->raw.size >= CHUNK_SIZE_FULL;
}

struct chunk_reader *chunk_reader_create(size_t call_size_max)
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
	/* Canonical JSON is hardly longer than what came: `\/` and white space shrink, a missing member of
	 * a step is not made up. Unescaped strings and the names of all objects go to the scratch. */
	buffer_init(&reader->canonical, call_size_max * 2 + 4096);
	arena_init(&reader->scratch, call_size_max * 8 + ((size_t)1 << 20));
	return reader;
}

void chunk_reader_destroy(struct chunk_reader *reader)
{
	if (!reader) {
		return;
	}
	packer_destroy(reader->packer);
	buffer_deinit(&reader->canonical);
	arena_deinit(&reader->scratch);
	free(reader);
}

static int keep_texts(struct chunk *chunk, struct call *call, struct error *err)
{
	struct text *const texts[] = {&call->dest, &call->src, &call->session_id};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		*texts[i] = arena_copy(&chunk->arena, *texts[i]);
		if (!texts[i]->data) {
			return error_no_memory(err);
		}
	}
	return 0;
}

static int read_entry(struct chunk *chunk, struct chunk_reader *reader,
	const struct chunk_entry *entry, struct store_put *put, struct error *err)
{
	struct text json = {.data = chunk->raw.data + entry->offset, .size = entry->size};

	buffer_clear(&reader->canonical);
	arena_deinit(&reader->scratch);
	if (call_json_read(json, entry->position, &reader->scratch, &reader->canonical, &put->call,
		    err) < 0) {
		return -1;
	}
	if (put->call.has_detail && packer_pack(reader->packer, buffer_text(&reader->canonical),
					    &chunk->deflate, &put->packed, err) < 0) {
		return -1;
	}
	return keep_texts(chunk, &put->call, err);
}

/* The buffer grew while the calls were packed into it: now that it rests, each learns where its bytes are. */
static void find_packed(struct chunk *chunk)
{
	const char *at = chunk->deflate.data;

	for (size_t i = 0; i < chunk->put_count; i++) {
		if (chunk->puts[i].call.has_detail) {
			chunk->puts[i].packed.deflate.data = at;
			at += chunk->puts[i].packed.deflate.size;
		}
	}
}

void chunk_read(struct chunk *chunk, struct chunk_reader *reader, int64_t account_id,
	void (*reject)(
		struct batch *batch, uint64_t line, struct text session_id, const char *error))
{
	for (size_t i = 0; i < chunk->entry_count; i++) {
		struct store_put *put = &chunk->puts[chunk->put_count];
		size_t packed_before = chunk->deflate.size;
		struct error err;

		*put = (struct store_put){.account_id = account_id};
		if (read_entry(chunk, reader, &chunk->entries[i], put, &err) == 0) {
			chunk->put_count++;
			continue;
		}
		chunk->deflate.size = packed_before;
		chunk->deflate.failed = false;
		reject(chunk->batch, chunk->entries[i].line, put->call.session_id, err.message);
	}
	find_packed(chunk);
	buffer_deinit(&chunk->raw);
}

void chunk_queue_push(struct chunk_queue *queue, struct chunk *chunk)
{
	chunk->next = NULL;
	if (queue->last) {
		queue->last->next = chunk;
	} else {
		queue->first = chunk;
	}
	queue->last = chunk;
}

struct chunk *chunk_queue_pop(struct chunk_queue *queue)
{
	struct chunk *chunk = queue->first;

	if (chunk) {
		queue->first = chunk->next;
		queue->last = queue->first ? queue->last : NULL;
	}
	return chunk;
}
