/* SPDX-License-Identifier: MIT
 * The ceiling over the memory of all pages under way: who finds no room waits in line, a line for each account. Accounts take turns, and
 * none holds more than three quarters, so that there is room for another's page however many one asks for. */
#ifndef API_PAGE_MEMORY_H
#define API_PAGE_MEMORY_H

#include <pthread.h>

#include "http/http.h"

/* A request's share. All zero: none. */
struct page_claim {
	struct http_request *request; /* woken when its turn comes */
	size_t bytes;		      /* held, or waited for */
	bool waiting;
	struct page_claim *next;
};

/* An account's line. Accounts whose ids differ by a multiple of PAGE_LANES share one, and so each other's turns. */
#define PAGE_LANES 1024

struct page_lane {
	size_t used_bytes;
	struct page_claim *first; /* in order of coming */
	struct page_claim *last;
	struct page_lane *next;
};

struct page_memory {
	pthread_mutex_t lock;
	size_t max_bytes;
	size_t lane_bytes; /* one account holds no more, unless it is by a single page */
	size_t used_bytes;
	struct page_lane *first; /* lines in which someone waits; who was served last stands last */
	struct page_lane lanes[PAGE_LANES];
};

void page_memory_init(struct page_memory *memory, size_t max_bytes);
void page_memory_deinit(struct page_memory *memory);

/* Claims @bytes, at most max_bytes, for the account of @request. Returns true when they are held; false when the claim stands in line:
 * its request is woken once they are held. */
bool page_memory_claim(struct page_memory *memory, struct page_claim *claim,
	struct http_request *request, size_t bytes) CHECK_RESULT;

/* Whether a claim that stood in line is held now. */
bool page_memory_held(struct page_memory *memory, const struct page_claim *claim);

/* Makes @bytes of what is held. More than was claimed goes past the ceiling at need: the memory is in use already, and those who
 * come next wait the longer. */
void page_memory_settle(struct page_memory *memory, struct page_claim *claim, size_t bytes);

/* Gives everything back, or leaves the line. */
void page_memory_release(struct page_memory *memory, struct page_claim *claim);

#endif
