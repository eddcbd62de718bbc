/* SPDX-License-Identifier: MIT
 * The ceiling over the memory of all pages: a counter with a line of waiting requests. */
#include "api/page_memory.h"

#include <assert.h>

void page_memory_init(struct page_memory *memory, size_t max_bytes)
{
	*memory = (struct page_memory){.max_bytes = max_bytes};
	pthread_mutex_init(&memory->lock, NULL);
}

void page_memory_deinit(struct page_memory *memory)
{
	assert(!memory->first && memory->used_bytes == 0);
	pthread_mutex_destroy(&memory->lock);
}

static bool fits(const struct page_memory *memory, size_t bytes)
{
	return memory->used_bytes <= memory->max_bytes &&
	       bytes <= memory->max_bytes - memory->used_bytes;
}

/* Lets in those at the head of the line that fit. A big one there keeps the small ones behind it waiting,
 * so that it gets its turn. Waking under the lock keeps it before page_memory_release() of that request. */
static void admit(struct page_memory *memory)
{
	while (memory->first && fits(memory, memory->first->bytes)) {
		struct page_claim *claim = memory->first;

		memory->first = claim->next;
		memory->used_bytes += claim->bytes;
		claim->waiting = false;
		http_request_wake(claim->request);
	}
}

static void enqueue(struct page_memory *memory, struct page_claim *claim)
{
	struct page_claim **end = &memory->first;

	while (*end) {
		end = &(*end)->next;
	}
	*end = claim;
	claim->next = NULL;
	claim->waiting = true;
}

static void dequeue(struct page_memory *memory, struct page_claim *claim)
{
	for (struct page_claim **at = &memory->first; *at; at = &(*at)->next) {
		if (*at == claim) {
			*at = claim->next;
			return;
		}
	}
}

bool page_memory_claim(struct page_memory *memory, struct page_claim *claim,
	struct http_request *request, size_t bytes)
{
	bool held;

	assert(bytes <= memory->max_bytes && claim->bytes == 0);
	pthread_mutex_lock(&memory->lock);
	claim->request = request;
	claim->bytes = bytes;
	held = !memory->first && fits(memory, bytes);
	if (held) {
		memory->used_bytes += bytes;
	} else {
		enqueue(memory, claim);
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
	pthread_mutex_lock(&memory->lock);
	assert(!claim->waiting && claim->bytes > 0 && bytes > 0);
	memory->used_bytes -= claim->bytes;
	memory->used_bytes += bytes;
	claim->bytes = bytes;
	admit(memory);
	pthread_mutex_unlock(&memory->lock);
}

void page_memory_release(struct page_memory *memory, struct page_claim *claim)
{
	pthread_mutex_lock(&memory->lock);
	if (claim->waiting) {
		dequeue(memory, claim);
	} else {
		memory->used_bytes -= claim->bytes;
	}
	*claim = (struct page_claim){0};
	admit(memory);
	pthread_mutex_unlock(&memory->lock);
}
