/* SPDX-License-Identifier: MIT
 * The ceiling over the memory of all pages: a counter, and lines of waiting requests that take turns. */
#include "api/page_memory.h"

#include <assert.h>

void page_memory_init(struct page_memory *memory, size_t max_bytes)
{
	*memory = (struct page_memory){
		.max_bytes = max_bytes, .lane_bytes = max_bytes - max_bytes / 4};
	pthread_mutex_init(&memory->lock, NULL);
}

void page_memory_deinit(struct page_memory *memory)
{
	assert(!memory->first && memory->used_bytes == 0);
	pthread_mutex_destroy(&memory->lock);
}

static struct page_lane *lane_of(struct page_memory *memory, const struct page_claim *claim)
{
	return &memory->lanes[(uint64_t)claim->request->account_id % PAGE_LANES];
}

static bool fits(const struct page_memory *memory, size_t bytes)
{
	return memory->used_bytes <= memory->max_bytes &&
	       bytes <= memory->max_bytes - memory->used_bytes;
}

/* Whether the lane may hold so much more: a single page may have everything. */
static bool may_hold(const struct page_memory *memory, const struct page_lane *lane, size_t bytes)
{
	return lane->used_bytes == 0 || (lane->used_bytes <= memory->lane_bytes &&
						bytes <= memory->lane_bytes - lane->used_bytes);
}

static void add_used(struct page_memory *memory, struct page_lane *lane, size_t bytes)
{
	memory->used_bytes += bytes;
	lane->used_bytes += bytes;
}

static void take_used(struct page_memory *memory, struct page_lane *lane, size_t bytes)
{
	memory->used_bytes -= bytes;
	lane->used_bytes -= bytes;
}

/* ---- lines ---- */

static void append_lane(struct page_memory *memory, struct page_lane *lane)
{
	struct page_lane **end = &memory->first;

	while (*end) {
		end = &(*end)->next;
	}
	lane->next = NULL;
	*end = lane;
}

static void remove_lane(struct page_memory *memory, const struct page_lane *lane)
{
	struct page_lane **at = &memory->first;

	while (*at != lane) {
		at = &(*at)->next;
	}
	*at = lane->next;
}

static void enqueue(struct page_memory *memory, struct page_lane *lane, struct page_claim *claim)
{
	claim->next = NULL;
	claim->waiting = true;
	if (lane->first) {
		lane->last->next = claim;
	} else {
		lane->first = claim;
		append_lane(memory, lane);
	}
	lane->last = claim;
}

static void dequeue(struct page_memory *memory, struct page_lane *lane, struct page_claim *claim)
{
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
		remove_lane(memory, lane);
	}
}

/* The lane whose turn it is: the one served longest ago of those that may hold more. */
static struct page_lane *next_lane(struct page_memory *memory)
{
	struct page_lane *lane = memory->first;

	while (lane && !may_hold(memory, lane, lane->first->bytes)) {
		lane = lane->next;
	}
	return lane;
}

/* Lets in those whose turn it is, while they fit. A big one keeps the small ones behind it waiting, so that it gets its turn. Waking under
 * the lock keeps it before page_memory_release() of that request. */
static void admit(struct page_memory *memory)
{
	struct page_lane *lane;

	while ((lane = next_lane(memory)) && fits(memory, lane->first->bytes)) {
		struct page_claim *claim = lane->first;

		dequeue(memory, lane, claim);
		if (lane->first) {
			remove_lane(memory, lane);
			append_lane(memory, lane);
		}
		add_used(memory, lane, claim->bytes);
		claim->waiting = false;
		http_request_wake(claim->request);
	}
}

/* ---- claims ---- */

bool page_memory_claim(struct page_memory *memory, struct page_claim *claim,
	struct http_request *request, size_t bytes)
{
	struct page_lane *lane;
	bool held;

	assert(bytes <= memory->max_bytes && claim->bytes == 0);
	pthread_mutex_lock(&memory->lock);
	claim->request = request;
	claim->bytes = bytes;
	lane = lane_of(memory, claim);
	held = !next_lane(memory) && !lane->first && may_hold(memory, lane, bytes) &&
	       fits(memory, bytes);
	if (held) {
		add_used(memory, lane, bytes);
	} else {
		enqueue(memory, lane, claim);
	}
	pthread_mutex_unlock(&memory->lock);
	return held;
}

bool page_memory_held(struct page_memory *memory, const struct page_claim *claim)
{
	bool held;

	pthread_mutex_lock(&memory->lock);
	held = claim->bytes > 0 && !claim->waiting;
	pthread_mutex_unlock(&memory->lock);
	return held;
}

void page_memory_settle(struct page_memory *memory, struct page_claim *claim, size_t bytes)
{
	struct page_lane *lane;

	pthread_mutex_lock(&memory->lock);
	assert(!claim->waiting && claim->bytes > 0 && bytes > 0);
	lane = lane_of(memory, claim);
	take_used(memory, lane, claim->bytes);
	add_used(memory, lane, bytes);
	claim->bytes = bytes;
	admit(memory);
	pthread_mutex_unlock(&memory->lock);
}

void page_memory_release(struct page_memory *memory, struct page_claim *claim)
{
	pthread_mutex_lock(&memory->lock);
	if (claim->waiting) {
		dequeue(memory, lane_of(memory, claim), claim);
	} else if (claim->bytes > 0) {
		take_used(memory, lane_of(memory, claim), claim->bytes);
	}
	*claim = (struct page_claim){0};
	admit(memory);
	pthread_mutex_unlock(&memory->lock);
}
