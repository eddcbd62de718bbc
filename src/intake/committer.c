/* SPDX-License-Identifier: MIT
 * The committer: the one writer. While a transaction is on its way to the disk, what comes in
 * queues up for the next. */
#include "intake/intake_private.h"

/* What one transaction takes at most, so that none lasts long and the memory for it is bounded. */
#define GROUP_CALLS_MAX ((size_t)10000)
#define GROUP_BYTES_MAX ((size_t)64 << 20)

/* The chunks of one transaction and their puts, side by side in the order of the chunks. */
struct group {
	size_t chunk_count;
	size_t put_count;
	struct chunk *chunks[GROUP_CALLS_MAX];
	struct store_put puts[GROUP_CALLS_MAX];
};

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
		       group->put_count + chunk->put_count <= GROUP_CALLS_MAX &&
		       size_bytes + chunk->held.used_bytes <= GROUP_BYTES_MAX);
}

/* Takes what waits off the queue, under the lock. */
static void take_group(struct intake *intake, struct group *group)
{
	size_t size_bytes = 0;

	group->chunk_count = 0;
	group->put_count = 0;
	LIST_EACH(struct chunk, chunk, &intake->to_commit, link) {
		if (!fits(group, chunk, size_bytes)) {
			break;
		}
		list_remove(&intake->to_commit, &chunk->link);
		group->chunks[group->chunk_count++] = chunk;
		group->put_count += chunk->put_count;
		size_bytes += chunk->held.used_bytes;
	}
}

static struct batch_result count(const struct chunk *chunk)
{
	const struct batch_options *options = &chunk->batch->options;
	struct batch_result result = {.accepted = chunk->put_count};

	for (size_t i = 0; i < chunk->put_count; i++) {
		const struct store_put *put = &chunk->puts[i];
		int64_t start = put->call.start;
		bool old = start <= options->header_after;
		bool old_detail = !old && put->call.has_detail && start <= options->detail_after;

		result.replaced += put->replaced;
		result.old_calls += old;
		result.old_detail += old_detail;
		result.unserved += !old && !old_detail && put->call.has_detail &&
				   start <= options->served_after;
	}
	return result;
}

static void tell_others(const struct chunk *chunk)
{
	for (size_t i = 0; i < chunk->put_count; i++) {
		if (chunk->puts[i].others) {
			batch_note_others(
				chunk->batch, chunk->lines[i], chunk->puts[i].call.session_id);
		}
	}
}

static void settle(struct intake *intake, struct chunk *chunk, const struct error *failure)
{
	struct batch *batch = chunk->batch;
	const struct batch_result result = count(chunk);

	if (!failure) {
		tell_others(chunk);
	}
	intake_release(intake, chunk);
	batch_settle(batch, &result, failure);
	chunk_destroy(chunk);
	batch_unreference(batch);
}

/* One transaction for a chunk alone. */
static void commit_chunk(struct intake *intake, struct chunk *chunk)
{
	struct error err = {.code = ERROR_SYSTEM};
	int done = batch_store_failed(chunk->batch) ? -1 : 0;

	if (done == 0 && chunk->put_count > 0) {
		done = store_put_calls(intake->store, chunk->puts, chunk->put_count, &err);
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

static void gather(struct group *group)
{
	size_t at = 0;

	for (size_t i = 0; i < group->chunk_count; i++) {
		const struct chunk *chunk = group->chunks[i];

		memcpy(&group->puts[at], chunk->puts, chunk->put_count * sizeof(*chunk->puts));
		at += chunk->put_count;
	}
}

static void scatter(struct group *group)
{
	size_t at = 0;

	for (size_t i = 0; i < group->chunk_count; i++) {
		struct chunk *chunk = group->chunks[i];

		for (size_t k = 0; k < chunk->put_count; k++) {
			chunk->puts[k].replaced = group->puts[at].replaced;
			chunk->puts[k].others = group->puts[at++].others;
		}
	}
}

/* Chunks that could not be read, and those of a batch that the store failed before, are dropped:
 * they follow calls that are not there. */
static void drop_failed(struct intake *intake, struct group *group)
{
	size_t kept = 0, puts = 0;

	for (size_t i = 0; i < group->chunk_count; i++) {
		struct chunk *chunk = group->chunks[i];

		if (chunk->out_of_memory || batch_store_failed(chunk->batch)) {
			struct error dropped;

			error_no_memory(&dropped);
			settle(intake, chunk, &dropped);
			continue;
		}
		group->chunks[kept++] = chunk;
		puts += chunk->put_count;
	}
	group->chunk_count = kept;
	group->put_count = puts;
}

static void commit_group(struct intake *intake, struct group *group)
{
	struct error err = {.code = ERROR_NONE};
	int done = 0;

	drop_failed(intake, group);
	gather(group);
	if (group->put_count > 0) {
		done = store_put_calls(intake->store, group->puts, group->put_count, &err);
	}
	scatter(group);
	for (size_t i = 0; i < group->chunk_count; i++) {
		if (done < 0 && group->chunk_count > 1 && may_be_one_call(err.code)) {
			commit_chunk(intake, group->chunks[i]);
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
