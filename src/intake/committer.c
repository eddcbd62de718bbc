/* SPDX-License-Identifier: MIT
 * The committer: the one writer. While a transaction is on its way to the disk, what comes in
 * queues up for the next. */
#include <stdio.h>

#include "base/clock.h"
#include "intake/intake_private.h"

/* What one transaction takes at most, so that none lasts long and the memory for it is bounded. */
#define GROUP_CALLS_MAX ((size_t)10000)
#define GROUP_BYTES_MAX ((size_t)64 << 20)

/* The chunks of one transaction and what they hold, in the order of the chunks: the puts side by
 * side where there is nothing else. */
struct group {
	size_t chunk_count;
	size_t item_count;
	struct chunk *chunks[GROUP_CALLS_MAX];
	struct store_put puts[GROUP_CALLS_MAX];
	struct store_entry entries[GROUP_CALLS_MAX];
};

const struct metric_bounds intake_commit_bounds = {
	.count = 4, .us = {1000, 10000, 100000, 1000000}};

struct group *group_create(void)
{
	return malloc(sizeof(struct group));
}

void group_destroy(struct group *group)
{
	free(group);
}

static bool fits(const struct group *group, const struct chunk *chunk, size_t size_bytes)
{
	return group->chunk_count == 0 ||
	       (group->chunk_count < GROUP_CALLS_MAX &&
		       group->item_count + chunk->item_count <= GROUP_CALLS_MAX &&
		       size_bytes + chunk->held.used_bytes <= GROUP_BYTES_MAX);
}

/* Takes what waits off the queue, under the lock. */
static void take_group(struct intake *intake, struct group *group)
{
	size_t size_bytes = 0;

	group->chunk_count = 0;
	group->item_count = 0;
	LIST_EACH(struct chunk, chunk, &intake->to_commit, link) {
		if (!fits(group, chunk, size_bytes)) {
			break;
		}
		list_remove(&intake->to_commit, &chunk->link);
		group->chunks[group->chunk_count++] = chunk;
		group->item_count += chunk->item_count;
		size_bytes += chunk->held.used_bytes;
	}
}

/* ---- what became of a chunk ---- */

static void count_put(const struct batch_options *options, const struct store_put *put,
	struct batch_result *result)
{
	int64_t start = put->call.start;
	bool old = start <= options->header_after;
	bool old_detail = !old && put->call.has_detail && start <= options->detail_after;

	result->accepted++;
	result->replaced += put->replaced;
	result->old_calls += old;
	result->old_detail += old_detail;
	result->unserved +=
		!old && !old_detail && put->call.has_detail && start <= options->served_after;
}

static void count_amend(const struct batch_options *options, const struct store_amend *amend,
	struct batch_result *result)
{
	bool old = amend->start <= options->header_after;

	if (amend->result != STORE_AMENDED) {
		return;
	}
	result->accepted++;
	result->replaced += !amend->created;
	result->old_calls += old;
	result->old_detail += !old && amend->steps.data && amend->start <= options->detail_after;
	result->amended = (struct batch_amended){
		.any = true,
		.created = amend->created,
		.added = amend->added,
		.duplicates = amend->duplicates,
		.start = amend->start,
		.end = amend->end,
		.steps = amend->steps_held,
		.state = amend->state,
	};
}

static struct batch_result count(const struct chunk *chunk)
{
	const struct batch_options *options = &chunk->batch->options;
	struct batch_result result = {0};

	for (size_t i = 0; i < chunk->item_count; i++) {
		const struct chunk_item *item = &chunk->items[i];

		if (item->is_amend) {
			count_amend(options, &item->amend, &result);
		} else {
			count_put(options, &item->put, &result);
		}
	}
	return result;
}

/* Each call counts once: as expired, or else as new or replaced. */
static void count_item(struct intake_counts *counts, const struct batch_options *options,
	const struct chunk_item *item)
{
	int64_t start = item->is_amend ? item->amend.start : item->put.call.start;
	bool replaced = item->is_amend ? !item->amend.created : item->put.replaced;

	if (item->is_amend && item->amend.result != STORE_AMENDED) {
		return;
	}
	metric_add(start <= options->header_after ? &counts->expired
		   : replaced			  ? &counts->replaced
						  : &counts->new_calls,
		1);
	metric_add(&counts->steps, item->is_amend ? item->amend.added : item->put.call.steps);
}

static void count_chunk(struct intake_counts *counts, const struct chunk *chunk)
{
	for (size_t i = 0; i < chunk->item_count; i++) {
		count_item(counts, &chunk->batch->options, &chunk->items[i]);
	}
	metric_add(&counts->bytes, chunk->json_bytes);
	atomic_store(&counts->last_call, (uint64_t)clock_now_s());
}

static void refuse(struct batch *batch, const struct chunk_item *item)
{
	const struct store_amend *amend = &item->amend;
	struct batch_reject reject = {.line = item->line, .session_id = amend->session_id};
	char message[160];

	switch (amend->result) {
	case STORE_AMENDED:
		return;
	case STORE_AMEND_NO_START:
		reject.error = "the session is not known, and neither a start nor a step is given: "
			       "one of both begins a call";
		break;
	case STORE_AMEND_GAP:
		snprintf(message, sizeof(message),
			"the steps would stand from %lld on, and the call has %u: send again from "
			"%u",
			(long long)amend->from, amend->steps_held, amend->steps_held);
		reject.error = message;
		reject.why = BATCH_WHY_GAP;
		reject.held = amend->steps_held;
		break;
	case STORE_AMEND_TOO_LARGE:
		snprintf(message, sizeof(message),
			"the call would be larger than %zu bytes: what is held of it stays",
			amend->size_max);
		reject.error = message;
		reject.why = BATCH_WHY_TOO_LARGE;
		break;
	case STORE_AMEND_END_BEFORE_START:
		reject.error = "the call would end before it starts";
		break;
	}
	batch_refuse(batch, &reject);
}

static void tell_items(const struct chunk *chunk)
{
	for (size_t i = 0; i < chunk->item_count; i++) {
		const struct chunk_item *item = &chunk->items[i];

		if (item->is_amend) {
			refuse(chunk->batch, item);
		} else if (item->put.others) {
			batch_note_others(chunk->batch, item->line, item->put.call.session_id);
		}
	}
}

static void settle(struct intake *intake, struct chunk *chunk, const struct error *failure)
{
	struct batch *batch = chunk->batch;
	const struct batch_result result = count(chunk);

	if (!failure) {
		count_chunk(&intake->counts, chunk);
		tell_items(chunk);
	}
	intake_release(intake, chunk);
	batch_settle(batch, &result, failure);
	chunk_destroy(chunk);
	batch_unreference(batch);
}

/* ---- a transaction ---- */

static void scatter(struct chunk *const *chunks, size_t count, const struct store_put *puts)
{
	for (size_t i = 0; i < count; i++) {
		for (size_t k = 0; k < chunks[i]->item_count; k++, puts++) {
			chunks[i]->items[k].put.replaced = puts->replaced;
			chunks[i]->items[k].put.others = puts->others;
		}
	}
}

/* Stores chunks that hold puts only. */
static int store_puts(struct intake *intake, struct group *group, struct chunk *const *chunks,
	size_t count, struct error *err)
{
	size_t at = 0;
	int done;

	for (size_t i = 0; i < count; i++) {
		for (size_t k = 0; k < chunks[i]->item_count; k++) {
			group->puts[at++] = chunks[i]->items[k].put;
		}
	}
	done = store_put_calls(intake->store, group->puts, at, err);
	scatter(chunks, count, group->puts);
	return done;
}

static int store_all(struct intake *intake, struct group *group, struct chunk *const *chunks,
	size_t count, struct error *err)
{
	size_t at = 0;

	for (size_t i = 0; i < count; i++) {
		for (size_t k = 0; k < chunks[i]->item_count; k++) {
			struct chunk_item *item = &chunks[i]->items[k];

			group->entries[at++] = (struct store_entry){
				.put = item->is_amend ? NULL : &item->put,
				.amend = item->is_amend ? &item->amend : NULL,
			};
		}
	}
	return store_amend_calls(intake->store, group->entries, at, err);
}

/* Stores what the chunks hold in one transaction. */
static int store_chunks(struct intake *intake, struct group *group, struct chunk *const *chunks,
	size_t count, struct error *err)
{
	int64_t began_us = clock_monotonic_us();
	bool amends = false;
	int done;

	for (size_t i = 0; i < count; i++) {
		amends |= chunks[i]->amends;
	}
	done = amends ? store_all(intake, group, chunks, count, err)
		      : store_puts(intake, group, chunks, count, err);
	if (done < 0) {
		metric_add(&intake->counts.commit_failures, 1);
	} else if (count > 0) {
		metric_note(&intake->counts.commits, &intake_commit_bounds,
			clock_monotonic_us() - began_us);
	}
	return done;
}

/* One transaction for a chunk alone. */
static void commit_chunk(struct intake *intake, struct group *group, struct chunk *chunk)
{
	struct error err = {.code = ERROR_SYSTEM};
	int done = batch_store_failed(chunk->batch) ? -1 : 0;

	if (done == 0) {
		done = store_chunks(intake, group, &chunk, 1, &err);
	}
	settle(intake, chunk, done < 0 ? &err : NULL);
}

/* Whether a transaction may have failed for what one of its calls or accounts is, rather than for
 * the disk. */
static bool may_be_one_call(enum error_code code)
{
	switch (code) {
	case ERROR_INVALID:
	case ERROR_NOT_FOUND:
	case ERROR_EXISTS:
	case ERROR_TOO_LARGE:
	case ERROR_UNSUPPORTED:
		return true;
	default:
		return false;
	}
}

/* Chunks that could not be read, and those of a batch that the store failed before, are dropped:
 * they follow calls that are not there. */
static void drop_failed(struct intake *intake, struct group *group)
{
	size_t kept = 0;

	for (size_t i = 0; i < group->chunk_count; i++) {
		struct chunk *chunk = group->chunks[i];

		if (chunk->out_of_memory || batch_store_failed(chunk->batch)) {
			struct error dropped;

			error_no_memory(&dropped);
			settle(intake, chunk, &dropped);
			continue;
		}
		group->chunks[kept++] = chunk;
	}
	group->chunk_count = kept;
}

static void commit_group(struct intake *intake, struct group *group)
{
	struct error err = {.code = ERROR_NONE};
	int done;

	drop_failed(intake, group);
	done = store_chunks(intake, group, group->chunks, group->chunk_count, &err);
	for (size_t i = 0; i < group->chunk_count; i++) {
		if (done < 0 && group->chunk_count > 1 && may_be_one_call(err.code)) {
			commit_chunk(intake, group, group->chunks[i]);
		} else {
			settle(intake, group->chunks[i], done < 0 ? &err : NULL);
		}
	}
}

/* Waits until there is something to do; false: never again. Fills @group, empty when there is only
 * the chore; moves whether that is wanted into *@chore. */
static bool next_group(struct intake *intake, struct group *group, bool *chore)
{
	LOCKED(&intake->lock);

	while (!intake->to_commit.first && !*chore && !intake->chore_wanted &&
		!intake->no_more_commits) {
		pthread_cond_wait(&intake->commit, &intake->lock);
	}
	take_group(intake, group);
	*chore |= intake->chore_wanted;
	intake->chore_wanted = false;
	return group->chunk_count > 0 || *chore;
}

static void tell_stored(struct intake *intake)
{
	LOCKED(&intake->lock);

	if (intake->stored) {
		intake->stored(intake->stored_context);
	}
}

void *committer_run(void *argument)
{
	struct intake *intake = argument;
	struct group *group = intake->group;
	bool chore = false;

	while (next_group(intake, group, &chore)) {
		commit_group(intake, group);
		if (group->chunk_count > 0) {
			tell_stored(intake);
		}
		chore = chore && intake->chore(intake->chore_context);
	}
	return NULL;
}
