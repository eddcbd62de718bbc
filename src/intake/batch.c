/* SPDX-License-Identifier: MIT
 * A batch: decodes and cuts what it is fed, fills chunks with it, and keeps the account of what
 * became of them. */
#include <assert.h>
#include <stdio.h>

#include "intake/intake_private.h"

/* A chunk this small is read by the thread that fed it. */
#define SMALL_CALLS 4
#define SMALL_BYTES ((size_t)32 << 10)

/* What of a body is decoded on the thread that feeds, which others wait for. The rest goes to the
 * pool, this much at a time. */
#define FEED_BYTES  DECODER_STEP
#define SLICE_BYTES ((size_t)256 << 10)

/* Of a body that the pool decodes: as much is taken before it is decoded. */
#define PENDING_BYTES ((size_t)64 << 10)

/* What a body may unfold to: as many times its size as gzip can, and something for small ones. */
#define UNFOLD_TIMES 1100
#define UNFOLD_BYTES ((uint64_t)16 << 20)

static void fail(struct batch *batch, const struct error *err)
{
	LOCKED(&batch->lock);

	if (batch->result.failure.code == ERROR_NONE) {
		batch->result.failure = *err;
	}
}

static bool has_failed(struct batch *batch)
{
	LOCKED(&batch->lock);

	return batch->result.failure.code != ERROR_NONE;
}

/* Whether it has waited for room for too long: then it is failed. */
static bool gave_up(struct batch *batch)
{
	struct error err;

	if (!intake_look(batch->intake, &batch->gave_up)) {
		return false;
	}
	error_set(&err, ERROR_BUSY,
		"no room to take the body in for %lld s: the store is slow, or others send too "
		"much",
		(long long)(batch->intake->room_wait_us / 1000000));
	fail(batch, &err);
	return true;
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

static void take(struct batch *batch, const struct chunk_entry *entry)
{
	struct error err;

	if (batch->starved) {
		return; /* it would follow a call that is not there */
	}
	if (!batch->filling) {
		batch->filling = chunk_create(batch, &batch->intake->pool);
	}
	if (!batch->filling) {
		error_no_memory(&err);
	} else if (chunk_add(batch->filling, entry, &err) == 0) {
		if (chunk_full(batch->filling)) {
			send_filling(batch, false);
		}
		return;
	}
	batch->starved = true;
	fail(batch, &err);
}

static void take_cut(void *context, struct text json, struct json_position position, uint64_t line)
{
	struct batch *batch = context;

	take(batch, &(struct chunk_entry){.content = batch->options.content,
			    .json = json,
			    .position = position,
			    .line = line});
}

/* It outlives the owner's. */
static void keep_session_id(struct batch *batch)
{
	struct text *session_id = &batch->options.session_id;

	assert(session_id->size <= sizeof(batch->session_id));
	if (session_id->size > 0) {
		memcpy(batch->session_id, session_id->data, session_id->size);
	}
	session_id->data = batch->session_id;
}

static int open_batch(struct batch *batch, struct intake *intake,
	const struct batch_options *options, struct error *err)
{
	const struct call_sink sink = {
		.call = take_cut,
		.reject = batch_reject,
		.context = batch,
		.call_size_max = intake->call_size_max,
	};

	batch->task.run = batch_work;
	batch->intake = intake;
	batch->options = *options;
	keep_session_id(batch);
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
	free(batch->pending);
	chunk_destroy(batch->filling);
	splitter_destroy(batch->splitter);
	decoder_destroy(batch->decoder);
	pthread_cond_destroy(&batch->changed);
	pthread_mutex_destroy(&batch->lock);
	free(batch);
}

/* ---- feeding ---- */

static size_t holds(const struct batch *batch)
{
	return sizeof(*batch) + batch->told_bytes + decoder_holds(batch->decoder) +
	       splitter_holds(batch->splitter) + (batch->filling ? chunk_cost(batch->filling) : 0) +
	       (batch->pending ? PENDING_BYTES : 0);
}

static bool has_room(struct batch *batch, bool wait)
{
	return intake_room(batch->intake, batch, holds(batch), decoder_wants(batch->decoder), wait);
}

static int check_unfolding(const struct batch *batch, struct error *err)
{
	if (batch->given_bytes <= UNFOLD_BYTES + UNFOLD_TIMES * batch->taken_bytes) {
		return 0;
	}
	return error_set(err, ERROR_TOO_LARGE,
		"the body unfolds to more than %d times its size: send it in parts, or compress it "
		"less",
		UNFOLD_TIMES);
}

/* Decodes and cuts one step's worth off the front of @input. */
static int feed_step(struct batch *batch, struct text *input, struct error *err)
{
	size_t before = input->size;
	struct text output;
	int more = decoder_step(batch->decoder, input, &output, err);

	if (more < 0 || splitter_feed(batch->splitter, output, err) < 0) {
		return -1;
	}
	batch->more = more > 0;
	batch->taken_bytes += before - input->size;
	batch->given_bytes += output.size;
	return check_unfolding(batch, err);
}

enum fed {
	FED_ALL,
	FED_NO_ROOM, /* with @wait it is woken when there is some */
	FED_ENOUGH,  /* there is more to decode than was asked for */
};

/* Feeds as much of @input as there is room for, and as unfolds to @bytes, and takes it off. What
 * the decoder holds back of bytes taken is let through, room or not. Negative: the body is over. */
static int feed_some(
	struct batch *batch, struct text *input, size_t bytes, bool wait, struct error *err)
{
	uint64_t enough = batch->given_bytes + bytes;

	while (input->size > 0 || batch->more) {
		if (batch->given_bytes >= enough) {
			return FED_ENOUGH;
		}
		if ((input->size > 0 || decoder_wants(batch->decoder) > 0) &&
			!has_room(batch, wait)) {
			return FED_NO_ROOM;
		}
		if (feed_step(batch, input, err) < 0) {
			return -1;
		}
	}
	return FED_ALL;
}

/* While chunks of this batch are under way the next one may as well become full. */
static void send_unless_under_way(struct batch *batch)
{
	if (batch->filling && !is_small(batch->filling) &&
		!intake_under_way(batch->intake, batch)) {
		send_filling(batch, false);
	}
}

static void forget_wake(struct batch *batch)
{
	LOCKED(&batch->lock);

	batch->woken = false;
}

/* Asks to be woken when there is room. Returns whether there is room already. */
static bool wait_for_room(struct batch *batch)
{
	forget_wake(batch);
	return has_room(batch, true);
}

/* Lets the pool go on with what is left of @input, as far as it is taken. */
static int hand_over(struct batch *batch, struct text *input, struct error *err)
{
	size_t size = input->size < PENDING_BYTES ? input->size : PENDING_BYTES;

	batch->pending = malloc(PENDING_BYTES);
	if (!batch->pending) {
		return error_no_memory(err);
	}
	memcpy(batch->pending, input->data, size);
	batch->rest = (struct text){.data = batch->pending, .size = size};
	*input = text_tail(*input, size);
	batch->by_pool = true;
	intake_decode(batch->intake, batch);
	return 0;
}

/* On the owner's thread: what unfolds to @bytes of the whole body, and no more. */
static int feed_here(struct batch *batch, struct text *input, size_t bytes, struct error *err)
{
	int fed;

	do {
		size_t left = batch->given_bytes < bytes ? bytes - batch->given_bytes : 0;

		fed = batch->by_pool ? FED_ENOUGH : feed_some(batch, input, left, false, err);
	} while (fed == FED_NO_ROOM && wait_for_room(batch));
	if (fed == FED_ENOUGH) {
		return hand_over(batch, input, err);
	}
	if (fed >= 0) {
		send_unless_under_way(batch);
	}
	return fed < 0 ? -1 : 0;
}

static size_t feed(struct batch *batch, const char *data, size_t size, size_t bytes)
{
	struct text input = {.data = data, .size = size};
	struct error err;

	forget_wake(batch);
	if (intake_look(batch->intake, &batch->behind)) {
		return 0;
	}
	if (gave_up(batch) || has_failed(batch)) {
		return size;
	}
	if (feed_here(batch, &input, bytes, &err) < 0) {
		fail(batch, &err);
		return size;
	}
	return size - input.size;
}

size_t batch_feed(struct batch *batch, const char *data, size_t size)
{
	return feed(batch, data, size, FEED_BYTES);
}

static void wait_until_woken(struct batch *batch)
{
	LOCKED(&batch->lock);

	while (!batch->woken) {
		pthread_cond_wait(&batch->changed, &batch->lock);
	}
}

void batch_feed_all(struct batch *batch, const char *data, size_t size)
{
	size_t taken = feed(batch, data, size, SIZE_MAX);

	while (taken < size) {
		wait_until_woken(batch);
		taken += feed(batch, data + taken, size - taken, SIZE_MAX);
	}
}

/* @what names it. */
static void add(struct batch *batch, const struct chunk_entry *entry, const char *what)
{
	char message[80];

	if (has_failed(batch)) {
		return;
	}
	if (entry->json.size > batch->intake->call_size_max) {
		snprintf(message, sizeof(message), "the %s is larger than %zu bytes", what,
			batch->intake->call_size_max);
		batch_reject(batch, entry->line, (struct text){0}, message);
		return;
	}
	while (!wait_for_room(batch)) {
		wait_until_woken(batch);
		if (gave_up(batch)) {
			return;
		}
	}
	batch->by_call = true;
	take(batch, entry);
}

void batch_add_call(struct batch *batch, struct text json, uint64_t line)
{
	add(batch,
		&(struct chunk_entry){.content = BATCH_CALLS,
			.json = json,
			.position = {.line = 1, .column = 1},
			.line = line},
		"call");
}

void batch_add_events(struct batch *batch, struct text line, uint64_t line_number)
{
	add(batch,
		&(struct chunk_entry){.content = BATCH_EVENTS,
			.json = line,
			.position = {.line = 1, .column = 1},
			.line = line_number},
		"events line");
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

/* By whichever thread has it. */
static void end(struct batch *batch, bool cut_off)
{
	struct error err;

	if (!batch->by_call && !has_failed(batch) && finish_stream(batch, cut_off, &err) < 0) {
		fail(batch, &err);
	}
	if (batch->filling) {
		send_filling(batch, is_small(batch->filling));
	}
	decoder_destroy(batch->decoder);
	batch->decoder = NULL;
	splitter_destroy(batch->splitter);
	batch->splitter = NULL;
	intake_leave(batch->intake, batch, batch->told_bytes);
	pthread_mutex_lock(&batch->lock);
	batch->ended = true;
	if (is_done(batch)) {
		announce(batch);
	}
	pthread_mutex_unlock(&batch->lock);
}

void batch_end(struct batch *batch, bool cut_off)
{
	if (batch->was_ended) {
		return;
	}
	batch->was_ended = true;
	if (!intake_end_behind(batch->intake, batch, cut_off)) {
		end(batch, cut_off);
	}
}

/* ---- on the pool ---- */

static void catch_up(struct batch *batch)
{
	bool cut_off;

	free(batch->pending);
	batch->pending = NULL;
	batch->rest = (struct text){0};
	send_unless_under_way(batch);
	if (intake_caught_up(batch->intake, batch, holds(batch), &cut_off)) {
		end(batch, cut_off);
	} else {
		batch_wake(batch);
	}
	batch_unreference(batch);
}

void batch_work(struct task *task)
{
	struct batch *batch = (struct batch *)(void *)task;
	struct error err;
	int fed = FED_ALL;

	if (!gave_up(batch) && !has_failed(batch) && !intake_look(batch->intake, &batch->cut_off)) {
		fed = feed_some(batch, &batch->rest, SLICE_BYTES, true, &err);
	}
	if (fed == FED_NO_ROOM) {
		return; /* it comes back */
	}
	if (fed == FED_ENOUGH) {
		intake_decode(batch->intake, batch);
		return;
	}
	if (fed < 0) {
		fail(batch, &err);
	}
	catch_up(batch);
}

bool batch_done(struct batch *batch)
{
	LOCKED(&batch->lock);

	return is_done(batch);
}

void batch_wait(struct batch *batch)
{
	LOCKED(&batch->lock);

	while (!is_done(batch)) {
		pthread_cond_wait(&batch->changed, &batch->lock);
	}
}

struct batch_result batch_result(struct batch *batch)
{
	LOCKED(&batch->lock);

	return batch->result;
}

void batch_destroy(struct batch *batch)
{
	if (!batch) {
		return;
	}
	pthread_mutex_lock(&batch->lock);
	batch->detached = true;
	batch->told_bytes = 0;
	pthread_mutex_unlock(&batch->lock);
	batch_end(batch, true);
	intake_abandon(batch->intake, batch);
	batch_unreference(batch);
}

void batch_leave(struct batch *batch,
	void (*over)(void *context, const struct batch_result *result), void *context)
{
	batch->over = over;
	batch->over_context = context;
	batch_destroy(batch);
}

/* Under the batch's lock. @by: the owner's callback; NULL: none is told. */
static void tell(struct batch *batch,
	size_t (*by)(void *context, const struct batch_reject *reject),
	const struct batch_reject *reject)
{
	if (by && !batch->detached) {
		batch->told_bytes = by(batch->options.context, reject);
	}
}

void batch_reject(void *context, uint64_t line, struct text session_id, const char *error)
{
	const struct batch_reject reject = {.line = line, .session_id = session_id, .error = error};

	batch_refuse(context, &reject);
}

void batch_refuse(struct batch *batch, const struct batch_reject *reject)
{
	LOCKED(&batch->lock);

	batch->result.rejected++;
	atomic_fetch_add_explicit(&batch->intake->counts.rejected, 1, memory_order_relaxed);
	tell(batch, batch->options.rejected, reject);
}

void batch_note_others(struct batch *batch, uint64_t line, struct text session_id)
{
	const struct batch_reject note = {
		.line = line,
		.session_id = session_id,
		.error = "the call that was held under this id had other numbers and another "
			 "channel: where two exchanges give the same ids, name each with --system",
	};
	LOCKED(&batch->lock);

	tell(batch, batch->options.noted, &note);
}

void batch_wake(struct batch *batch)
{
	LOCKED(&batch->lock);

	batch->woken = true;
	announce(batch);
}

bool batch_store_failed(struct batch *batch)
{
	LOCKED(&batch->lock);

	return batch->store_failed;
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
		batch->result.unserved += result->unserved;
		if (result->amended.any) {
			batch->result.amended = result->amended;
		}
	}
	batch->unsettled--;
	if (is_done(batch)) {
		announce(batch);
	}
	pthread_mutex_unlock(&batch->lock);
}
