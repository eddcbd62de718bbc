/* SPDX-License-Identifier: MIT
 * A batch: decodes and cuts what it is fed, fills chunks with it, and keeps the account of what became of them. */
#include "intake/intake_private.h"

/* A chunk this small is read by the thread that fed it. */
#define SMALL_CALLS 4
#define SMALL_BYTES ((size_t)32 << 10)

static void fail(struct batch *batch, const struct error *err)
{
	pthread_mutex_lock(&batch->lock);
	if (batch->result.failure.code == ERROR_NONE) {
		batch->result.failure = *err;
	}
	pthread_mutex_unlock(&batch->lock);
}

static bool has_failed(struct batch *batch)
{
	bool failed;

	pthread_mutex_lock(&batch->lock);
	failed = batch->result.failure.code != ERROR_NONE;
	pthread_mutex_unlock(&batch->lock);
	return failed;
}

static bool is_small(const struct chunk *chunk)
{
	return chunk->entry_count <= SMALL_CALLS && chunk->json_bytes <= SMALL_BYTES;
}

static void send_filling(struct batch *batch, bool small)
{
	struct chunk *chunk = batch->filling;

	batch->filling = NULL;
	pthread_mutex_lock(&batch->lock);
	batch->unsettled++;
	pthread_mutex_unlock(&batch->lock);
	batch_reference(batch);
	intake_send(batch->intake, chunk, small);
}

static void take_call(void *context, struct text json, struct json_position position, uint64_t line)
{
	struct batch *batch = context;
	struct error err;

	if (batch->starved) {
		return; /* it would follow a call that is not there */
	}
	if (!batch->filling) {
		batch->filling = chunk_create(batch, &batch->intake->pool);
	}
	if (!batch->filling) {
		error_no_memory(&err);
	} else if (chunk_add(batch->filling, json, position, line, &err) == 0) {
		if (chunk_full(batch->filling)) {
			send_filling(batch, false);
		}
		return;
	}
	batch->starved = true;
	fail(batch, &err);
}

static void take_reject(void *context, uint64_t line, struct text session_id, const char *error)
{
	batch_reject(context, line, session_id, error);
}

static int open_batch(struct batch *batch, struct intake *intake,
	const struct batch_options *options, struct error *err)
{
	const struct call_sink sink = {
		.call = take_call,
		.reject = take_reject,
		.context = batch,
		.call_size_max = intake->call_size_max,
	};

	batch->intake = intake;
	batch->options = *options;
	atomic_init(&batch->references, 1);
	pthread_mutex_init(&batch->lock, NULL);
	pthread_cond_init(&batch->changed, NULL);
	if (decoder_create(&batch->decoder, options->coding, err) < 0) {
		return -1;
	}
	return splitter_create(&batch->splitter, options->shape, &sink, err);
}

int batch_create(struct batch **ret_batch, struct intake *intake,
	const struct batch_options *options, struct error *err)
{
	struct batch *batch = calloc(1, sizeof(*batch));

	if (!batch) {
		return error_no_memory(err);
	}
	if (open_batch(batch, intake, options, err) < 0) {
		batch_unreference(batch);
		return -1;
	}
	*ret_batch = batch;
	return 0;
}

void batch_reference(struct batch *batch)
{
	atomic_fetch_add(&batch->references, 1);
}

void batch_unreference(struct batch *batch)
{
	if (atomic_fetch_sub(&batch->references, 1) > 1) {
		return;
	}
	if (batch->over) {
		batch->over(batch->over_context, &batch->result);
	}
	chunk_destroy(batch->filling);
	splitter_destroy(batch->splitter);
	decoder_destroy(batch->decoder);
	pthread_cond_destroy(&batch->changed);
	pthread_mutex_destroy(&batch->lock);
	free(batch);
}

/* Decodes and cuts one step's worth off the front of @input. Returns whether more would come without more input. */
static int feed_step(struct batch *batch, struct text *input, struct error *err)
{
	struct text output;
	int more = decoder_step(batch->decoder, input, &output, err);

	if (more < 0 || splitter_feed(batch->splitter, output, err) < 0) {
		return -1;
	}
	return more;
}

/* Feeds as much of @input as there is room for, and takes it off. What the decoder holds back of bytes taken is
 * little (a deflate match, a zstd block) and is let through, room or not. */
static int feed_while_room(struct batch *batch, struct text *input, struct error *err)
{
	int more = 0;

	while (more > 0 || (input->size > 0 && intake_room(batch->intake, batch, false))) {
		more = feed_step(batch, input, err);
		if (more < 0) {
			return -1;
		}
		/* As long as there is input, room is asked for before each step. */
		more = more > 0 && input->size == 0;
	}
	return 0;
}

/* Asks to be woken when there is room. Returns whether there is room already. */
static bool wait_for_room(struct batch *batch)
{
	pthread_mutex_lock(&batch->lock);
	batch->woken = false;
	pthread_mutex_unlock(&batch->lock);
	return intake_room(batch->intake, batch, true);
}

size_t batch_feed(struct batch *batch, const char *data, size_t size)
{
	struct text input = {.data = data, .size = size};
	struct error err;

	do {
		if (has_failed(batch)) {
			return size;
		}
		if (feed_while_room(batch, &input, &err) < 0) {
			fail(batch, &err);
			return size;
		}
	} while (input.size > 0 && wait_for_room(batch));
	/* While chunks of this batch are under way the next one may as well become full. */
	if (batch->filling && !is_small(batch->filling) &&
		!intake_under_way(batch->intake, batch)) {
		send_filling(batch, false);
	}
	return size - input.size;
}

static void wait_until_woken(struct batch *batch)
{
	pthread_mutex_lock(&batch->lock);
	while (!batch->woken) {
		pthread_cond_wait(&batch->changed, &batch->lock);
	}
	pthread_mutex_unlock(&batch->lock);
}

void batch_feed_all(struct batch *batch, const char *data, size_t size)
{
	size_t taken = batch_feed(batch, data, size);

	while (taken < size) {
		wait_until_woken(batch);
		taken += batch_feed(batch, data + taken, size - taken);
	}
}

void batch_add_call(struct batch *batch, struct text json, uint64_t line)
{
	char message[80];

	if (has_failed(batch)) {
		return;
	}
	if (json.size > batch->intake->call_size_max) {
		snprintf(message, sizeof(message), "the call is larger than %zu bytes",
			batch->intake->call_size_max);
		batch_reject(batch, line, (struct text){0}, message);
		return;
	}
	while (!wait_for_room(batch)) {
		wait_until_woken(batch);
	}
	batch->by_call = true;
	take_call(batch, json, (struct json_position){.line = 1, .column = 1}, line);
}

static int finish_stream(struct batch *batch, bool cut_off, struct error *err)
{
	if (!cut_off && decoder_end(batch->decoder, err) < 0) {
		return -1;
	}
	return splitter_end(batch->splitter, cut_off, err);
}

/* Under the batch's lock. */
static bool is_done(const struct batch *batch)
{
	return batch->ended && batch->unsettled == 0;
}

/* Under the batch's lock. */
static void announce(struct batch *batch)
{
	pthread_cond_broadcast(&batch->changed);
	if (batch->options.wake && !batch->detached) {
		batch->options.wake(batch->options.context);
	}
}

void batch_end(struct batch *batch, bool cut_off)
{
	struct error err;

	if (batch->was_ended) {
		return;
	}
	batch->was_ended = true;
	if (!batch->by_call && !has_failed(batch) && finish_stream(batch, cut_off, &err) < 0) {
		fail(batch, &err);
	}
	if (batch->filling) {
		send_filling(batch, is_small(batch->filling));
	}
	pthread_mutex_lock(&batch->lock);
	batch->ended = true;
	if (is_done(batch)) {
		announce(batch);
	}
	pthread_mutex_unlock(&batch->lock);
}

bool batch_done(struct batch *batch)
{
	bool done;

	pthread_mutex_lock(&batch->lock);
	done = is_done(batch);
	pthread_mutex_unlock(&batch->lock);
	return done;
}

void batch_wait(struct batch *batch)
{
	pthread_mutex_lock(&batch->lock);
	while (!is_done(batch)) {
		pthread_cond_wait(&batch->changed, &batch->lock);
	}
	pthread_mutex_unlock(&batch->lock);
}

struct batch_result batch_result(struct batch *batch)
{
	struct batch_result result;

	pthread_mutex_lock(&batch->lock);
	result = batch->result;
	pthread_mutex_unlock(&batch->lock);
	return result;
}

void batch_destroy(struct batch *batch)
{
	if (!batch) {
		return;
	}
	pthread_mutex_lock(&batch->lock);
	batch->detached = true;
	pthread_mutex_unlock(&batch->lock);
	batch_end(batch, true);
	intake_stop_waiting(batch->intake, batch);
	batch_unreference(batch);
}

void batch_leave(struct batch *batch,
	void (*over)(void *context, const struct batch_result *result), void *context)
{
	batch->over = over;
	batch->over_context = context;
	batch_destroy(batch);
}

void batch_reject(struct batch *batch, uint64_t line, struct text session_id, const char *error)
{
	const struct batch_reject reject = {
		.line = line,
		.session_id = session_id,
		.error = error,
	};

	pthread_mutex_lock(&batch->lock);
	batch->result.rejected++;
	if (batch->options.rejected && !batch->detached) {
		batch->options.rejected(batch->options.context, &reject);
	}
	pthread_mutex_unlock(&batch->lock);
}

void batch_wake(struct batch *batch)
{
	pthread_mutex_lock(&batch->lock);
	batch->woken = true;
	announce(batch);
	pthread_mutex_unlock(&batch->lock);
}

bool batch_store_failed(struct batch *batch)
{
	bool failed;

	pthread_mutex_lock(&batch->lock);
	failed = batch->store_failed;
	pthread_mutex_unlock(&batch->lock);
	return failed;
}

void batch_settle(
	struct batch *batch, const struct batch_result *result, const struct error *failure)
{
	if (failure) {
		fail(batch, failure);
	}
	pthread_mutex_lock(&batch->lock);
	if (failure) {
		batch->store_failed = true;
	} else {
		batch->result.accepted += result->accepted;
		batch->result.replaced += result->replaced;
		batch->result.old_detail += result->old_detail;
		batch->result.old_calls += result->old_calls;
	}
	batch->unsettled--;
	if (is_done(batch)) {
		announce(batch);
	}
	pthread_mutex_unlock(&batch->lock);
}
