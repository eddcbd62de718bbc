/* SPDX-License-Identifier: MIT
 * The ceiling over the memory of all answers: counters, and lines of waiting requests that take
 * turns. */
#include "api/page_memory.h"

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

void page_memory_init(struct page_memory *memory, size_t max_bytes)
{
	size_t small = clamp(max_bytes / 64, SMALL_MIN, SMALL_MAX);

	*memory = (struct page_memory){
		.max_bytes = max_bytes,
		.lane_bytes = max_bytes - max_bytes / 4,
		.small_bytes = small,
		.reserve_bytes = clamp(max_bytes / 8, 2 * small, 32 * SMALL_MAX),
	};
	pthread_mutex_init(&memory->lock, NULL);
	clock_cond_init(&memory->spill.work);
}

void page_memory_deinit(struct page_memory *memory)
{
	for (int class = 0; class < PAGE_CLASSES; class ++) {
		assert(!memory->lines[class].first && memory->lines[class].used_bytes == 0);
	}
	pthread_cond_destroy(&memory->spill.work);
	pthread_mutex_destroy(&memory->lock);
}

static enum page_class class_of(const struct page_memory *memory, size_t bytes)
{
	return bytes <= memory->small_bytes ? PAGE_SMALL : PAGE_LARGE;
}

static struct page_lines *lines_of(struct page_memory *memory, const struct page_claim *claim)
{
	return &memory->lines[claim->class];
}

static size_t lane_number(const struct page_claim *claim)
{
	return (uint64_t)claim->request->account_id % PAGE_LANES;
}

static struct page_lane *lane_of(struct page_memory *memory, const struct page_claim *claim)
{
	return &lines_of(memory, claim)->lanes[lane_number(claim)];
}

/* ---- who may hold what ---- */

static size_t used_bytes(const struct page_memory *memory)
{
	return memory->lines[PAGE_SMALL].used_bytes + memory->lines[PAGE_LARGE].used_bytes;
}

static bool fits(const struct page_memory *memory, size_t bytes)
{
	size_t used = used_bytes(memory);

	return used <= memory->max_bytes && bytes <= memory->max_bytes - used;
}

static size_t lane_used(const struct page_memory *memory, size_t lane)
{
	return memory->lines[PAGE_SMALL].lanes[lane].used_bytes +
	       memory->lines[PAGE_LARGE].lanes[lane].used_bytes;
}

static bool has_share(const struct page_memory *memory, size_t lane, size_t bytes)
{
	size_t used = lane_used(memory, lane);

	return used <= memory->lane_bytes && bytes <= memory->lane_bytes - used;
}

/* A single large answer may have everything. */
static bool has_large_share(const struct page_memory *memory, size_t lane, size_t bytes)
{
	return memory->lines[PAGE_LARGE].lanes[lane].used_bytes == 0 ||
	       has_share(memory, lane, bytes);
}

/* A large answer that is alone with small ones need not wait for these: it may have what they
 * should not take of each other's part. */
static bool large_fits(const struct page_memory *memory, size_t bytes)
{
	return fits(memory, bytes) ||
	       (memory->lines[PAGE_LARGE].used_bytes == 0 &&
		       memory->lines[PAGE_SMALL].used_bytes <= memory->reserve_bytes);
}

/* What is kept for small answers: a quarter of it for each account, and something for an account
 * that holds nothing small yet, however many others there are. */
static bool reserve_fits(const struct page_memory *memory, size_t lane, size_t bytes)
{
	size_t own = memory->lines[PAGE_SMALL].lanes[lane].used_bytes;
	size_t all = memory->lines[PAGE_SMALL].used_bytes;

	return own == 0 ? all + bytes <= 2 * memory->reserve_bytes
			: own + bytes <= memory->reserve_bytes / 4 &&
				  all + bytes <= memory->reserve_bytes;
}

/* The claim whose turn it is: the first of the lane served longest ago of those that may have more.
 */
static struct page_claim *next_large(struct page_memory *memory)
{
	for (struct page_lane *lane = memory->lines[PAGE_LARGE].first; lane; lane = lane->next) {
		if (has_large_share(memory, lane_number(lane->first), lane->first->bytes)) {
			return lane->first;
		}
	}
	return NULL;
}

static bool small_fits(struct page_memory *memory, size_t lane, size_t bytes)
{
	/* Beyond what is kept for them, small answers leave room for a large one that waits. */
	return (!next_large(memory) && fits(memory, bytes) && has_share(memory, lane, bytes)) ||
	       reserve_fits(memory, lane, bytes);
}

static void add_used(struct page_memory *memory, struct page_claim *claim, size_t bytes)
{
	lines_of(memory, claim)->used_bytes += bytes;
	lane_of(memory, claim)->used_bytes += bytes;
	claim->bytes = bytes;
	claim->state = PAGE_HELD;
}

static void take_used(struct page_memory *memory, struct page_claim *claim, size_t bytes)
{
	struct page_lines *lines = lines_of(memory, claim);

	lines->used_bytes -= bytes;
	lane_of(memory, claim)->used_bytes -= bytes;
	claim->bytes -= bytes;
	if (bytes > 0) {
		lines->moved_us = clock_monotonic_us();
	}
}

/* ---- lines ---- */

static void append_lane(struct page_lines *lines, struct page_lane *lane)
{
	struct page_lane **end = &lines->first;

	while (*end) {
		end = &(*end)->next;
	}
	lane->next = NULL;
	*end = lane;
}

static void remove_lane(struct page_lines *lines, const struct page_lane *lane)
{
	struct page_lane **at = &lines->first;

	while (*at != lane) {
		at = &(*at)->next;
	}
	*at = lane->next;
}

static void enqueue(struct page_memory *memory, struct page_claim *claim)
{
	struct page_lane *lane = lane_of(memory, claim);

	claim->next = NULL;
	claim->state = PAGE_WAITING;
	claim->since_us = clock_monotonic_us();
	if (lane->first) {
		lane->last->next = claim;
	} else {
		lane->first = claim;
		append_lane(lines_of(memory, claim), lane);
	}
	lane->last = claim;
	pthread_cond_signal(&memory->spill.work);
}

static void dequeue(struct page_memory *memory, struct page_claim *claim)
{
	struct page_lane *lane = lane_of(memory, claim);
	struct page_claim *before = NULL;

	for (struct page_claim *at = lane->first; at != claim; at = at->next) {
		before = at;
	}
	if (before) {
		before->next = claim->next;
	} else {
		lane->first = claim->next;
	}
	if (lane->last == claim) {
		lane->last = before;
	}
	if (!lane->first) {
		remove_lane(lines_of(memory, claim), lane);
	}
}

static struct page_claim *next_small(struct page_memory *memory)
{
	for (struct page_lane *lane = memory->lines[PAGE_SMALL].first; lane; lane = lane->next) {
		if (small_fits(memory, lane_number(lane->first), lane->first->bytes)) {
			return lane->first;
		}
	}
	return NULL;
}

/* Waking under the lock keeps it before page_memory_release() of that request. */
static void let_in(struct page_memory *memory, struct page_claim *claim)
{
	struct page_lines *lines = lines_of(memory, claim);
	struct page_lane *lane = lane_of(memory, claim);

	dequeue(memory, claim);
	if (lane->first) {
		remove_lane(lines, lane);
		append_lane(lines, lane);
	}
	add_used(memory, claim, claim->bytes);
	lines->moved_us = clock_monotonic_us();
	http_request_wake(claim->request);
}

/* Lets in the claims whose turn it is, while they fit. Of the large ones a larger one keeps the
 * less large ones behind it waiting, so that it gets its turn. */
static void admit(struct page_memory *memory)
{
	struct page_claim *claim;

	while ((claim = next_large(memory)) && large_fits(memory, claim->bytes)) {
		let_in(memory, claim);
	}
	while ((claim = next_small(memory))) {
		let_in(memory, claim);
	}
}

static bool is_free(struct page_memory *memory, const struct page_claim *claim)
{
	size_t lane = lane_number(claim);

	if (lane_of(memory, claim)->first) {
		return false;
	}
	return claim->class == PAGE_SMALL
		       ? !next_small(memory) && small_fits(memory, lane, claim->bytes)
		       : !next_large(memory) && has_large_share(memory, lane, claim->bytes) &&
				 large_fits(memory, claim->bytes);
}

/* ---- answers that are being sent ---- */

static void begin_sending(struct page_memory *memory, struct page_claim *claim, struct arena *arena)
{
	claim->since_us = clock_monotonic_us();
	claim->arena = arena;
	claim->sent_before = NULL;
	claim->sent_next = memory->sent;
	if (claim->sent_next) {
		claim->sent_next->sent_before = claim;
	}
	memory->sent = claim;
}

static void end_sending(struct page_memory *memory, struct page_claim *claim)
{
	if (!claim->arena) {
		return;
	}
	if (claim->sent_before) {
		claim->sent_before->sent_next = claim->sent_next;
	} else {
		memory->sent = claim->sent_next;
	}
	if (claim->sent_next) {
		claim->sent_next->sent_before = claim->sent_before;
	}
	if (claim->spilled) {
		page_spill_drop(memory, claim);
	}
	claim->arena = NULL;
}

/* ---- claims ---- */

size_t page_memory_guess(const struct page_memory *memory, size_t bytes)
{
	return bytes < memory->max_bytes / 2 ? bytes : memory->max_bytes / 2;
}

bool page_memory_claim(struct page_memory *memory, struct page_claim *claim,
	struct http_request *request, size_t bytes)
{
	bool held;

	assert(bytes <= memory->max_bytes && claim->state == PAGE_NONE);
	pthread_mutex_lock(&memory->lock);
	claim->request = request;
	claim->bytes = bytes;
	claim->class = class_of(memory, bytes);
	held = is_free(memory, claim);
	if (held) {
		add_used(memory, claim, bytes);
	} else {
		enqueue(memory, claim);
	}
	pthread_mutex_unlock(&memory->lock);
	return held;
}

enum page_state page_memory_state(struct page_memory *memory, const struct page_claim *claim)
{
	enum page_state state;

	pthread_mutex_lock(&memory->lock);
	state = claim->state;
	pthread_mutex_unlock(&memory->lock);
	return state;
}

/* The same claim with @bytes, in the class that they belong to. */
static void resize(struct page_memory *memory, struct page_claim *claim, size_t bytes)
{
	take_used(memory, claim, claim->bytes);
	if (bytes > memory->small_bytes) {
		claim->class = PAGE_LARGE;
	}
	add_used(memory, claim, bytes);
}

/* Whether so much more may be held at once. */
static bool may_grow(struct page_memory *memory, const struct page_claim *claim, size_t bytes)
{
	return fits(memory, bytes) && has_share(memory, lane_number(claim), bytes);
}

bool page_memory_try(struct page_memory *memory, struct page_claim *claim,
	struct http_request *request, size_t bytes)
{
	bool held;

	pthread_mutex_lock(&memory->lock);
	if (claim->state == PAGE_NONE) {
		*claim = (struct page_claim){
			.request = request, .bytes = bytes, .class = class_of(memory, bytes)};
		held = is_free(memory, claim);
		if (held) {
			add_used(memory, claim, bytes);
		}
	} else {
		held = bytes <= claim->bytes || may_grow(memory, claim, bytes - claim->bytes);
		if (held) {
			resize(memory, claim, bytes);
			admit(memory);
		}
	}
	pthread_mutex_unlock(&memory->lock);
	return held;
}

bool page_memory_grow(struct page_memory *memory, struct page_claim *claim, size_t bytes)
{
	bool grown = true;

	pthread_mutex_lock(&memory->lock);
	assert(claim->state == PAGE_HELD);
	if (bytes > claim->bytes) {
		grown = may_grow(memory, claim, bytes - claim->bytes);
		if (grown) {
			resize(memory, claim, bytes);
		}
	}
	pthread_mutex_unlock(&memory->lock);
	return grown;
}

void page_memory_settle(
	struct page_memory *memory, struct page_claim *claim, size_t bytes, struct arena *arena)
{
	pthread_mutex_lock(&memory->lock);
	assert(claim->state == PAGE_HELD && !claim->arena);
	resize(memory, claim, bytes);
	if (arena) {
		begin_sending(memory, claim, arena);
	}
	admit(memory);
	pthread_mutex_unlock(&memory->lock);
}

static void tell_freed(struct page_memory *memory, size_t bytes)
{
	bool told = memory->spill.freed_bytes >= PAGE_TRIM_MIN;

	memory->spill.freed_bytes += bytes > FREED_MIN ? bytes : 0;
	if (!told && memory->spill.freed_bytes >= PAGE_TRIM_MIN) {
		pthread_cond_signal(&memory->spill.work);
	}
}

void page_memory_release(struct page_memory *memory, struct page_claim *claim)
{
	pthread_mutex_lock(&memory->lock);
	if (claim->state == PAGE_WAITING) {
		dequeue(memory, claim);
	} else if (claim->state == PAGE_HELD) {
		end_sending(memory, claim);
		tell_freed(memory, claim->bytes);
		take_used(memory, claim, claim->bytes);
	}
	*claim = (struct page_claim){0};
	admit(memory);
	pthread_mutex_unlock(&memory->lock);
}

/* ---- for page_spill.c ---- */

bool page_memory_is_short(const struct page_memory *memory)
{
	return memory->lines[PAGE_SMALL].first || memory->lines[PAGE_LARGE].first;
}

void page_memory_lessen(struct page_memory *memory, struct page_claim *claim, size_t bytes)
{
	take_used(memory, claim, bytes < claim->bytes ? bytes : claim->bytes);
	admit(memory);
}

/* The one that waits longest in a lane is its first. */
static struct page_claim *find_stuck(struct page_lines *lines, int64_t now_us)
{
	if (now_us - lines->moved_us < PAGE_STUCK_US) {
		return NULL;
	}
	for (struct page_lane *lane = lines->first; lane; lane = lane->next) {
		if (now_us - lane->first->since_us >= PAGE_STUCK_US) {
			return lane->first;
		}
	}
	return NULL;
}

void page_memory_refuse_stuck(struct page_memory *memory, int64_t now_us)
{
	for (int class = 0; class < PAGE_CLASSES; class ++) {
		struct page_claim *claim;

		while ((claim = find_stuck(&memory->lines[class], now_us))) {
			dequeue(memory, claim);
			claim->state = PAGE_REFUSED;
			http_request_wake(claim->request);
		}
	}
	admit(memory);
}
