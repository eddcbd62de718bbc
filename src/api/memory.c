/* SPDX-License-Identifier: MIT
 * The ceiling over the memory of all answers: counters, and lines of waiting requests that take
 * turns. */
#include "api/memory.h"

#include <assert.h>
#include <stdlib.h>

#include "base/clock.h"

/* A page of 10 calls is small whatever --page-memory-max says, and a page of 100 by its default. */
#define SMALL_MIN ((size_t)160 << 10)
#define SMALL_MAX ((size_t)1 << 20)

/* What a page of some calls holds is kept for the next one. */
#define FREED_MIN ((size_t)256 << 10)

static size_t clamp(size_t value, size_t min, size_t max)
{
	return value < min ? min : value > max ? max : value;
}

void memory_init(struct memory *memory, size_t max_bytes)
{
	size_t small = clamp(max_bytes / 64, SMALL_MIN, SMALL_MAX);

	*memory = (struct memory){
		.max_bytes = max_bytes,
		.lane_bytes = max_bytes - max_bytes / 4,
		.small_bytes = small,
		.reserve_bytes = clamp(max_bytes / 8, 2 * small, 32 * SMALL_MAX),
	};
	thread_init(&memory->thread);
}

void memory_deinit(struct memory *memory)
{
	for (int class = 0; class < CLAIM_CLASSES; class ++) {
		assert(memory->classes[class].lanes.waiting == 0 &&
			memory->classes[class].used_bytes == 0);
	}
	thread_deinit(&memory->thread);
}

static enum claim_class class_of(const struct memory *memory, size_t bytes)
{
	return bytes <= memory->small_bytes ? CLAIM_SMALL : CLAIM_LARGE;
}

static struct memory_class *class_of_claim(struct memory *memory, const struct claim *claim)
{
	return &memory->classes[claim->class];
}

static struct lane *lane_of(struct memory *memory, const struct claim *claim)
{
	return &class_of_claim(memory, claim)->lanes.lanes[claim->lane];
}

static struct claim *first_of(const struct lane *lane)
{
	return CONTAINER_OF(lane->items.first, struct claim, link);
}

/* ---- what may be held ---- */

static size_t lane_used(const struct memory *memory, enum claim_class class, size_t lane)
{
	return memory->classes[class].lanes.lanes[lane].used;
}

static bool fits(const struct memory *memory, size_t bytes)
{
	size_t used =
		memory->classes[CLAIM_SMALL].used_bytes + memory->classes[CLAIM_LARGE].used_bytes;

	return used <= memory->max_bytes && bytes <= memory->max_bytes - used;
}

static bool has_share(const struct memory *memory, size_t lane, size_t bytes)
{
	size_t used = lane_used(memory, CLAIM_SMALL, lane) + lane_used(memory, CLAIM_LARGE, lane);

	return used <= memory->lane_bytes && bytes <= memory->lane_bytes - used;
}

/* A single large answer may have everything. */
static bool has_large_share(const struct memory *memory, size_t lane, size_t bytes)
{
	return lane_used(memory, CLAIM_LARGE, lane) == 0 || has_share(memory, lane, bytes);
}

/* A large answer that is alone with small ones need not wait for these. It may have what they
 * should not take of each other's part. */
static bool large_fits(const struct memory *memory, size_t bytes)
{
	return fits(memory, bytes) ||
	       (memory->classes[CLAIM_LARGE].used_bytes == 0 &&
		       memory->classes[CLAIM_SMALL].used_bytes <= memory->reserve_bytes);
}

/* What is kept for small answers: a quarter of it for each account. An account that holds nothing
 * small yet has something, however many others there are. */
static bool reserve_fits(const struct memory *memory, size_t lane, size_t bytes)
{
	size_t own = lane_used(memory, CLAIM_SMALL, lane);
	size_t all = memory->classes[CLAIM_SMALL].used_bytes;

	return own == 0 ? all + bytes <= 2 * memory->reserve_bytes
			: own + bytes <= memory->reserve_bytes / 4 &&
				  all + bytes <= memory->reserve_bytes;
}

/* The claim whose turn it is: the first of the lane served longest ago of those that may have more.
 */
static struct claim *next_large(const struct memory *memory)
{
	LIST_EACH(struct lane, lane, &memory->classes[CLAIM_LARGE].lanes.turns, link) {
		struct claim *claim = first_of(lane);

		if (has_large_share(memory, claim->lane, claim->bytes)) {
			return claim;
		}
	}
	return NULL;
}

static bool small_fits(const struct memory *memory, size_t lane, size_t bytes)
{
	/* Beyond what is kept for them, small answers leave room for a large one that waits. */
	return (!next_large(memory) && fits(memory, bytes) && has_share(memory, lane, bytes)) ||
	       reserve_fits(memory, lane, bytes);
}

static struct claim *next_small(const struct memory *memory)
{
	LIST_EACH(struct lane, lane, &memory->classes[CLAIM_SMALL].lanes.turns, link) {
		struct claim *claim = first_of(lane);

		if (small_fits(memory, claim->lane, claim->bytes)) {
			return claim;
		}
	}
	return NULL;
}

/* Makes @bytes of what is held. */
static void hold(struct memory *memory, struct claim *claim, size_t bytes)
{
	struct memory_class *class = class_of_claim(memory, claim);
	size_t held = claim->state == CLAIM_HELD ? claim->bytes : 0;

	class->used_bytes += bytes - held;
	lane_of(memory, claim)->used += bytes - held;
	claim->bytes = bytes;
	claim->state = CLAIM_HELD;
	if (bytes < held) {
		class->moved_us = clock_monotonic_us();
	}
}

/* ---- lanes ---- */

static void enqueue(struct memory *memory, struct claim *claim)
{
	claim->state = CLAIM_WAITING;
	claim->since_us = clock_monotonic_us();
	lanes_push(&class_of_claim(memory, claim)->lanes, lane_of(memory, claim), &claim->link);
	thread_wake(&memory->thread);
}

static void dequeue(struct memory *memory, struct claim *claim)
{
	lanes_remove(&class_of_claim(memory, claim)->lanes, lane_of(memory, claim), &claim->link);
}

/* Waking under the lock keeps it before memory_release() of that request. */
static void let_in(struct memory *memory, struct claim *claim)
{
	struct memory_class *class = class_of_claim(memory, claim);

	lanes_take(&class->lanes, lane_of(memory, claim));
	hold(memory, claim, claim->bytes);
	class->moved_us = clock_monotonic_us();
	http_request_wake(claim->request);
}

/* Lets in the claims whose turn it is, while they fit. Of the large ones a larger one keeps the
 * less large ones behind it waiting, so that it gets its turn. */
static void admit(struct memory *memory)
{
	struct claim *claim;

	while ((claim = next_large(memory)) && large_fits(memory, claim->bytes)) {
		let_in(memory, claim);
	}
	while ((claim = next_small(memory))) {
		let_in(memory, claim);
	}
}

static bool is_free(struct memory *memory, const struct claim *claim)
{
	if (lane_of(memory, claim)->waiting > 0) {
		return false;
	}
	return claim->class == CLAIM_SMALL
		       ? !next_small(memory) && small_fits(memory, claim->lane, claim->bytes)
		       : !next_large(memory) &&
				 has_large_share(memory, claim->lane, claim->bytes) &&
				 large_fits(memory, claim->bytes);
}

/* ---- answers that are being sent ---- */

static void begin_sending(struct memory *memory, struct claim *claim, struct arena *arena)
{
	claim->since_us = clock_monotonic_us();
	claim->arena = arena;
	list_prepend(&memory->sent, &claim->sent);
}

static void end_sending(struct memory *memory, struct claim *claim)
{
	if (!claim->arena) {
		return;
	}
	list_remove(&memory->sent, &claim->sent);
	if (claim->spilled) {
		spill_drop(memory, claim);
	}
	claim->arena = NULL;
}

/* ---- claims ---- */

size_t memory_guess(const struct memory *memory, size_t bytes)
{
	return bytes < memory->max_bytes / 2 ? bytes : memory->max_bytes / 2;
}

/* A claim of nothing yet becomes one of @bytes, held where there is room at once. */
static bool take(
	struct memory *memory, struct claim *claim, struct http_request *request, size_t bytes)
{
	*claim = (struct claim){
		.request = request,
		.lane = lanes_number(request->account_id),
		.bytes = bytes,
		.class = class_of(memory, bytes),
	};
	if (!is_free(memory, claim)) {
		return false;
	}
	hold(memory, claim, bytes);
	return true;
}

bool memory_claim(
	struct memory *memory, struct claim *claim, struct http_request *request, size_t bytes)
{
	bool held;

	assert(bytes <= memory->max_bytes && claim->state == CLAIM_NONE);
	thread_lock(&memory->thread);
	held = take(memory, claim, request, bytes);
	if (!held) {
		enqueue(memory, claim);
	}
	thread_unlock(&memory->thread);
	return held;
}

enum claim_state memory_state(struct memory *memory, const struct claim *claim)
{
	enum claim_state state;

	thread_lock(&memory->thread);
	state = claim->state;
	thread_unlock(&memory->thread);
	return state;
}

/* The same claim with @bytes, in the class that they belong to. */
static void resize(struct memory *memory, struct claim *claim, size_t bytes)
{
	hold(memory, claim, 0);
	if (bytes > memory->small_bytes) {
		claim->class = CLAIM_LARGE;
	}
	hold(memory, claim, bytes);
}

/* Makes at least @bytes of what is held, where there is room at once. */
static bool grow(struct memory *memory, struct claim *claim, size_t bytes)
{
	size_t more = bytes > claim->bytes ? bytes - claim->bytes : 0;

	if (more == 0) {
		return true;
	}
	if (!fits(memory, more) || !has_share(memory, claim->lane, more)) {
		return false;
	}
	resize(memory, claim, bytes);
	return true;
}

bool memory_grow(struct memory *memory, struct claim *claim, size_t bytes)
{
	bool grown;

	thread_lock(&memory->thread);
	assert(claim->state == CLAIM_HELD);
	grown = grow(memory, claim, bytes);
	thread_unlock(&memory->thread);
	return grown;
}

bool memory_try(
	struct memory *memory, struct claim *claim, struct http_request *request, size_t bytes)
{
	bool held;

	thread_lock(&memory->thread);
	if (claim->state == CLAIM_NONE) {
		held = take(memory, claim, request, bytes);
	} else {
		held = grow(memory, claim, bytes);
		if (bytes < claim->bytes) {
			resize(memory, claim, bytes);
			admit(memory);
		}
	}
	thread_unlock(&memory->thread);
	return held;
}

void memory_settle(struct memory *memory, struct claim *claim, size_t bytes, struct arena *arena)
{
	thread_lock(&memory->thread);
	assert(claim->state == CLAIM_HELD && !claim->arena);
	resize(memory, claim, bytes);
	if (arena) {
		begin_sending(memory, claim, arena);
	}
	admit(memory);
	thread_unlock(&memory->thread);
}

static void tell_freed(struct memory *memory, size_t bytes)
{
	bool told = memory->spill.freed_bytes >= MEMORY_TRIM_MIN;

	memory->spill.freed_bytes += bytes > FREED_MIN ? bytes : 0;
	if (!told && memory->spill.freed_bytes >= MEMORY_TRIM_MIN) {
		thread_wake(&memory->thread);
	}
}

void memory_release(struct memory *memory, struct claim *claim)
{
	thread_lock(&memory->thread);
	if (claim->state == CLAIM_WAITING) {
		dequeue(memory, claim);
	} else if (claim->state == CLAIM_HELD) {
		end_sending(memory, claim);
		tell_freed(memory, claim->bytes);
		hold(memory, claim, 0);
	}
	*claim = (struct claim){0};
	admit(memory);
	thread_unlock(&memory->thread);
}

/* ---- for spill.c ---- */

bool memory_is_short(const struct memory *memory)
{
	return memory->classes[CLAIM_SMALL].lanes.waiting > 0 ||
	       memory->classes[CLAIM_LARGE].lanes.waiting > 0;
}

void memory_lessen(struct memory *memory, struct claim *claim, size_t bytes)
{
	hold(memory, claim, bytes < claim->bytes ? claim->bytes - bytes : 0);
	admit(memory);
}

/* The one that waits longest in a lane is its first. */
static struct claim *find_stuck(const struct memory_class *class, int64_t now_us)
{
	if (now_us - class->moved_us < MEMORY_STUCK_US) {
		return NULL;
	}
	LIST_EACH(struct lane, lane, &class->lanes.turns, link) {
		if (now_us - first_of(lane)->since_us >= MEMORY_STUCK_US) {
			return first_of(lane);
		}
	}
	return NULL;
}

void memory_refuse_stuck(struct memory *memory, int64_t now_us)
{
	for (int class = 0; class < CLAIM_CLASSES; class ++) {
		struct claim *claim;

		while ((claim = find_stuck(&memory->classes[class], now_us))) {
			dequeue(memory, claim);
			claim->state = CLAIM_REFUSED;
			http_request_wake(claim->request);
		}
	}
	admit(memory);
}

void memory_figures(struct memory *memory, size_t *ret_used_bytes, size_t *ret_waiting)
{
	size_t used_bytes = 0, waiting = 0;

	thread_lock(&memory->thread);
	for (size_t i = 0; i < CLAIM_CLASSES; i++) {
		used_bytes += memory->classes[i].used_bytes;
		waiting += memory->classes[i].lanes.waiting;
	}
	thread_unlock(&memory->thread);
	*ret_used_bytes = used_bytes;
	*ret_waiting = waiting;
}
