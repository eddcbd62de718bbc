/* SPDX-License-Identifier: MIT
 * A chunk: neighbouring calls of a batch on their way to the store. First their JSON as it came,
 * then checked and packed. */
#ifndef INTAKE_CHUNK_H
#define INTAKE_CHUNK_H

#include "base/lanes.h"
#include "call/pack.h"
#include "intake/intake.h"
#include "redact/redact.h"
#include "store/index.h"
#include "json/json_reader.h"

#define CHUNK_CALLS_MAX 64
/* A chunk with as much is full; its last call may take it further. */
#define CHUNK_SIZE_FULL ((size_t)256 << 10)

struct batch;

/* What waits for a thread of the pool. */
struct task {
	struct list_link link; /* in its lane */
	/* on a thread of the pool, without its lock */
	void (*run)(struct task *task);
};

struct chunk_entry {
	enum batch_content content;
	struct text json;
	struct json_position position;
	uint64_t line; /* as a reject names it */
};

/* What an entry becomes. */
struct chunk_item {
	uint64_t line;
	bool is_amend;
	union {
		struct store_put put;
		struct store_amend amend;
	};
};

struct chunk {
	struct task task; /* first: to read it */
	struct batch *batch;
	/* in the order of the batch until it is read, then in the committer's queue */
	struct list_link link;
	size_t cost_bytes; /* what it counts for in flight */
	bool is_read;
	/* it could not be read: the batch fails, its calls are not called bad */
	bool out_of_memory;

	struct arena raw;  /* the JSON of the entries, until it is read */
	size_t json_bytes; /* of all entries */
	struct chunk_entry entries[CHUNK_CALLS_MAX];
	size_t entry_count;

	struct arena held; /* what the items point to */
	struct chunk_item items[CHUNK_CALLS_MAX];
	size_t item_count;
	bool amends; /* some items are amendments */
};

/* Its memory comes from @pool and goes back there. NULL: out of memory. */
struct chunk *chunk_create(struct batch *batch, struct arena_pool *pool);
void chunk_destroy(struct chunk *chunk);

/* Copies @entry with its JSON into it; it must not be full. */
int chunk_add(struct chunk *chunk, const struct chunk_entry *entry, struct error *err) CHECK_RESULT;

bool chunk_full(const struct chunk *chunk);

/* The bytes that it holds: less when it was read. */
size_t chunk_cost(const struct chunk *chunk);

/* What reading takes, kept from chunk to chunk; one a thread at a time. */
struct chunk_reader {
	struct packer *packer;
	struct store_indexer indexer;
	struct buffer canonical;
	struct redaction redaction; /* redactor NULL: nothing is hidden */
	struct buffer redacted;
	struct buffer packed; /* of one call */
	struct arena scratch;
	size_t call_size_max;
	/* of amendments; NULL: what is hidden of a step does not depend on others */
	store_review_fn *review;
	void *review_context;
	struct chunk_reader *next;
};

/* @redactor may be NULL; @review is the committer's. NULL: out of memory. */
struct chunk_reader *chunk_reader_create(
	size_t call_size_max, const struct redactor *redactor, struct redaction *review);
void chunk_reader_destroy(struct chunk_reader *reader);

/* Checks, redacts and packs every call: the good ones become puts, unless @options leave them out,
 * the others are rejected. What is said of live calls becomes amendments likewise. Without memory
 * there are no items, and out_of_memory is set. The JSON is freed. */
void chunk_read(
	struct chunk *chunk, struct chunk_reader *reader, const struct batch_options *options);

#endif
