/* SPDX-License-Identifier: MIT
 * The thread of those that follow. It reads changes without the lock; a tail that it works for is
 * `busy` meanwhile. One whose request is over by then is the thread's to free: nobody waits for it,
 * and there is one at most. A tail whose client is slow is passed over until its stream was read:
 * nothing is lost, it goes on behind its last change. */
#include "api/tails.h"

#include <assert.h>
#include <stdlib.h>

#include "api/tail_events.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/thread.h"
#include "metric/metric.h"

/* Between two looks at the store; where it tells of what is stored, looking is only for what was
 * not told, and waiting only for the clients. */
#define LOOK_US		INT64_C(200000)
#define LOOK_TOLD_US	INT64_C(5000000)
#define WAIT_TOLD_US	INT64_C(1000000)
#define HEARTBEAT_US	INT64_C(15000000)
#define GONE_CHECK_US	INT64_C(1000000)
#define ACCOUNT_MAX	100
#define TAILS_MAX	500
#define CHANGES_AT_ONCE 100
#define OUT_FULL	((size_t)256 << 10) /* a stream takes no more until it was read */
#define OUT_FREE	((size_t)32 << 10)  /* what a stream may hold whatever others do */
#define CHANGES_MAX	((size_t)16 << 20)  /* of the changes that are held: some calls */
#define MEMORY_MAX	((size_t)64 << 20)  /* of one call, at most some MiB, in any form */
/* ms after which a client that lost its connection comes again */
#define RETRY "retry: 2000\n"

struct tails {
	struct tails_options options;
	struct thread
		thread;	  /* woken when a client came, something was stored; its lock guards all */
	struct list list; /* tails; those of one account stand together */
	uint64_t round;
	bool woken;
	bool told;	/* the store tells when something was stored */
	bool finishing; /* streams end */
	/* of the thread alone */
	struct arena arena; /* the changes that are held */
	struct arena scratch;
	struct store_changes changes;
	int64_t changes_account; /* whose they are; 0: none */
	int64_t changes_after;
	struct follow writing;
	struct buffer events;
	int64_t gone_checked_us;
	int64_t looked_us;
	bool failing; /* the store's failure was told */
	_Atomic uint64_t gaps;
	bool crowded; /* a stream found no memory for what is new */
};

void tails_figures(struct tails *tails, size_t *ret_followers, uint64_t *ret_gaps)
{
	size_t followers = 0;

	thread_lock(&tails->thread);
	LIST_EACH(struct tail, tail, &tails->list, link) {
		followers++;
	}
	thread_unlock(&tails->thread);
	*ret_followers = followers;
	*ret_gaps = metric_read(&tails->gaps);
}

struct tail *tail_create(struct http_request *request)
{
	struct tail *tail = calloc(1, sizeof(*tail));

	if (tail) {
		arena_init(&tail->arena, request->arena.ceiling_bytes);
		tail->request = request;
		tail->account_id = request->account_id;
	}
	return tail;
}

void tail_destroy(struct tail *tail)
{
	if (tail) {
		arena_deinit(&tail->arena);
		free(tail);
	}
}

/* ---- writing, without the lock ---- */

static void tell(struct tails *tails, const struct error *err)
{
	char cause[sizeof(err->message) + 32];

	if (!tails->failing) {
		log_event(LOG_ERROR, "tail-failed", "cause=%s",
			log_value(text_of(err->message), cause, sizeof(cause)));
	}
	tails->failing = true;
}

static struct retention retention_of(const struct tails *tails, const struct tail *tail)
{
	return retention_at(&tail->days, tails->options.now());
}

/* Whether tails->changes, those of @account_id behind changes_after, go on behind @after. */
static bool are_loaded(const struct tails *tails, int64_t account_id, int64_t after)
{
	return tails->changes_account == account_id && after >= tails->changes_after &&
	       after < tails->changes.last;
}

static void forget_changes(struct tails *tails)
{
	tails->changes_account = 0;
	arena_deinit(&tails->arena);
	follow_forget(&tails->writing);
	if (tails->events.capacity > 2 * OUT_FULL) {
		buffer_deinit(&tails->events);
	}
}

/* The changes behind @after, into tails->changes, unless they are there already. */
static int load_changes(
	struct tails *tails, const struct tail *tail, int64_t after, struct error *err)
{
	int64_t account_id = tail->account_id;
	int64_t limit = CHANGES_AT_ONCE;
	int done;

	if (are_loaded(tails, account_id, after)) {
		return 0;
	}
	do {
		forget_changes(tails);
		done = store_changes(tails->options.store, account_id, after, limit,
			retention_of(tails, tail).detail_after, &tails->arena, &tails->changes,
			err);
	} while (done < 0 && err->code == ERROR_TOO_LARGE && (limit /= 2) > 0);
	if (done == 0) {
		tails->changes_account = account_id;
		tails->changes_after = after;
	}
	return done;
}

/* Whether the key that the tail was opened with is still good. Learns how long the account's calls
 * are kept now. */
static bool is_allowed(struct tails *tails, struct tail *tail)
{
	struct store_account account;
	struct store_key key;
	struct error err;
	int found = store_key_find(
		tails->options.store, tail->key_hash, &tails->scratch, &key, &account, &err);
	bool allowed = found > 0 && store_key_is_good(&key, &account, tails->options.now());

	if (found < 0) {
		tell(tails, &err);
	} else if (found > 0) {
		tail->days = account.kept;
	}
	arena_deinit(&tails->scratch);
	return allowed;
}

/* Writes what is behind @after into tails->events, as much as a stream takes at once. */
static int write_changes(
	struct tails *tails, const struct tail *tail, int64_t *after, struct error *err)
{
	const struct retention retention = retention_of(tails, tail);
	const struct store_changes *changes = &tails->changes;

	buffer_clear(&tails->events);
	if (load_changes(tails, tail, *after, err) < 0) {
		return -1;
	}
	if (changes->gap && *after == tails->changes_after) {
		metric_add(&tails->gaps, 1);
		buffer_printf(&tails->events, "event: gap\ndata: {\"after\":%lld}\n\n",
			(long long)*after);
	}
	for (size_t i = 0; i < changes->count; i++) {
		if (changes->items[i].id <= *after) {
			continue;
		}
		if (tail_events_write(&tails->writing, tail, &retention, &changes->items[i],
			    &tails->events, err) < 0) {
			return -1;
		}
		*after = changes->items[i].id;
		if (tails->events.size >= OUT_FULL) {
			return 0;
		}
	}
	*after = changes->last;
	return 0;
}

/* ---- the round, under the lock ---- */

/* Ends the stream; when it has @failed, so that the client sees that it was cut. */
static void end(struct tail *tail, bool failed)
{
	tail->ended = true;
	tail->failed |= failed;
	http_request_wake(tail->request);
}

/* What was read makes room for what comes. */
static void compact(struct tail *tail)
{
	struct buffer *out = &tail->out;

	if (tail->out_at > 0) {
		memmove(out->data, out->data + tail->out_at, out->size - tail->out_at);
		out->size -= tail->out_at;
		tail->out_at = 0;
	}
}

/* Counts what the stream holds with @size bytes more: a buffer doubles. False: there is no room for
 * them now. */
static bool has_room(struct tails *tails, struct tail *tail, size_t size)
{
	size_t bytes = 2 * (tail->out.size - tail->out_at + size);

	bytes = bytes > tail->out.capacity ? bytes : tail->out.capacity;
	return bytes <= OUT_FREE ||
	       memory_try(tails->options.memory, &tail->claim, tail->request, bytes);
}

static void put(struct tail *tail, struct text text)
{
	compact(tail);
	buffer_append(&tail->out, text);
	if (tail->out.failed) {
		end(tail, true);
	}
	tail->written_us = clock_monotonic_us();
	http_request_wake(tail->request);
}

/* The comment shows that the connection is alive; the id without data moves the place from which
 * the client would resume. */
static void put_heartbeat(struct tail *tail)
{
	char beat[64];
	int size = snprintf(beat, sizeof(beat), ":\nid: %lld\n\n", (long long)tail->after);

	put(tail, (struct text){.data = beat, .size = (size_t)size});
}

static bool is_full(const struct tail *tail)
{
	return tail->out.size - tail->out_at >= OUT_FULL;
}

/* Gives @tail what is new for it. Returns whether there may be more. */
static bool serve(struct tails *tails, struct tail *tail, int64_t newest)
{
	int64_t after = tail->after;
	bool allowed = true;
	struct error err;
	int done;

	tail->busy = true;
	thread_unlock(&tails->thread);
	done = write_changes(tails, tail, &after, &err);
	if (done < 0) {
		tell(tails, &err);
	} else if (tails->events.size > 0) {
		allowed = is_allowed(tails, tail);
	}
	thread_lock(&tails->thread);
	tail->busy = false;
	if (tail->gone) {
		tail_destroy(tail);
		return false;
	}
	if (done < 0) {
		/* A store that does not answer now may later; a call that cannot be read never
		 * will. */
		if (err.code == ERROR_CORRUPT || err.code == ERROR_NO_MEMORY) {
			end(tail, true);
		}
		return false;
	}
	/* Its request is about to be ended (permits.h). */
	if (!allowed) {
		return false;
	}
	/* It stays where it is, and is looked at again. */
	if (!has_room(tails, tail, tails->events.size)) {
		tails->crowded = true;
		return false;
	}
	tail->after = after;
	if (tails->events.size > 0 && !tail->ended) {
		put(tail, buffer_text(&tails->events));
	}
	return after < newest;
}

static void check(struct tails *tails, struct tail *tail, int64_t now_us)
{
	if (tails->gone_checked_us == now_us && http_request_gone(tail->request)) {
		end(tail, true);
	} else if (now_us - tail->written_us >= HEARTBEAT_US && !is_full(tail)) {
		put_heartbeat(tail);
	}
}

static struct tail *not_looked_at(const struct tails *tails)
{
	LIST_EACH(struct tail, tail, &tails->list, link) {
		if (tail->round != tails->round && !tail->ended) {
			return tail;
		}
	}
	return NULL;
}

/* Whether there may be something new. */
static bool is_due(const struct tails *tails, int64_t now_us)
{
	return tails->woken || !tails->told || tails->failing || tails->crowded ||
	       now_us - tails->looked_us >= LOOK_TOLD_US;
}

/* The newest change, without the lock meanwhile. */
static int look(struct tails *tails, int64_t *ret_newest)
{
	struct error err;
	int done;

	thread_unlock(&tails->thread);
	done = store_change_newest(tails->options.store, ret_newest, &err);
	if (done < 0) {
		tell(tails, &err);
	}
	thread_lock(&tails->thread);
	return done;
}

/* Looks at each tail once. Returns whether there is more to do at once. */
static bool run_round(struct tails *tails)
{
	int64_t now_us = clock_monotonic_us();
	bool due = is_due(tails, now_us), more = false;
	int64_t newest = 0;
	struct tail *tail;
	int done = 0;

	tails->woken = false;
	if (due) {
		tails->crowded = false;
		tails->looked_us = now_us;
		done = look(tails, &newest);
	}
	tails->round++;
	if (now_us - tails->gone_checked_us >= GONE_CHECK_US) {
		tails->gone_checked_us = now_us;
	}
	while ((tail = not_looked_at(tails))) {
		tail->round = tails->round;
		check(tails, tail, now_us);
		if (due && done == 0 && tail->after != newest && !tail->ended && !is_full(tail)) {
			more |= serve(tails, tail, newest);
		}
	}
	tails->failing &= !due || done < 0;
	if (!more) {
		forget_changes(tails);
	}
	return more;
}

static void *follow(void *context)
{
	struct tails *tails = context;
	bool going_on = true;

	thread_lock(&tails->thread);
	while (going_on) {
		bool told = tails->told && !tails->failing;

		if (!tails->list.first) {
			going_on = thread_wait(&tails->thread, -1);
		} else if (run_round(tails)) {
			going_on = !tails->thread.stopping;
		} else {
			going_on = thread_wait(&tails->thread, told ? WAIT_TOLD_US : LOOK_US);
		}
	}
	thread_unlock(&tails->thread);
	return NULL;
}

/* ---- from other threads ---- */

static int listen_to(struct tails *tails, struct error *err)
{
	int told = store_listen(tails->options.store, tails_look, tails, err);

	thread_lock(&tails->thread);
	tails->told = told > 0;
	thread_unlock(&tails->thread);
	return told < 0 ? -1 : 0;
}

int tails_create(struct tails **ret_tails, const struct tails_options *options, struct error *err)
{
	struct tails *tails = calloc(1, sizeof(*tails));
	int started;

	if (!tails) {
		return error_no_memory(err);
	}
	tails->options = *options;
	arena_init(&tails->arena, CHANGES_MAX);
	arena_init(&tails->scratch, MEMORY_MAX);
	buffer_init(&tails->events, MEMORY_MAX);
	thread_init(&tails->thread);
	started = follow_init(&tails->writing, MEMORY_MAX, err);
	if (started == 0) {
		started = thread_start(
			&tails->thread, follow, tails, "the thread that follows calls", err);
	}
	if (started < 0 || listen_to(tails, err) < 0) {
		tails_destroy(tails);
		return -1;
	}
	*ret_tails = tails;
	return 0;
}

void tails_finish(struct tails *tails)
{
	thread_lock(&tails->thread);
	tails->finishing = true;
	LIST_EACH(struct tail, tail, &tails->list, link) {
		end(tail, false);
	}
	thread_unlock(&tails->thread);
}

void tails_destroy(struct tails *tails)
{
	if (!tails) {
		return;
	}
	assert(!tails->list.first);
	store_listen_end(tails->options.store);
	thread_stop(&tails->thread);
	arena_deinit(&tails->arena);
	arena_deinit(&tails->scratch);
	follow_deinit(&tails->writing);
	buffer_deinit(&tails->events);
	thread_deinit(&tails->thread);
	free(tails);
}

/* Puts @tail into the list, where there is room for it. */
static int insert(struct tails *tails, struct tail *tail, struct error *err)
{
	struct list_link *place = tails->list.first;
	unsigned int own = 0, all = 0;

	LIST_EACH(struct tail, at, &tails->list, link) {
		all++;
		if (at->account_id == tail->account_id) {
			own++;
			place = at->link.next;
		}
	}
	if (own >= ACCOUNT_MAX || all >= TAILS_MAX) {
		return error_set(err, ERROR_BUSY,
			"%s follows calls %u times already: end one first",
			own >= ACCOUNT_MAX ? "this account" : "someone",
			own >= ACCOUNT_MAX ? own : all);
	}
	list_insert(&tails->list, &tail->link, place);
	return 0;
}

/* The beginning of a stream says from where it goes on, so that a client that loses it early misses
 * nothing. */
static void put_beginning(struct tail *tail)
{
	char text[64];
	int size = snprintf(text, sizeof(text), RETRY "id: %lld\n\n", (long long)tail->after);

	buffer_append(&tail->out, (struct text){.data = text, .size = (size_t)size});
	tail->written_us = clock_monotonic_us();
}

/* Under the lock. */
static void wake(struct tails *tails)
{
	tails->woken = true;
	if (tails->list.first) {
		thread_wake(&tails->thread);
	}
}

int tails_add(struct tails *tails, struct tail *tail, struct error *err)
{
	int done;

	if (!tail->resume && store_change_newest(tails->options.store, &tail->after, err) < 0) {
		return -1;
	}
	tail->tails = tails;
	buffer_init(&tail->out, MEMORY_MAX);
	thread_lock(&tails->thread);
	done = insert(tails, tail, err);
	if (done == 0) {
		put_beginning(tail);
		tail->ended = tails->finishing;
		wake(tails);
	}
	thread_unlock(&tails->thread);
	return done;
}

void tail_close(void *context)
{
	struct tail *tail = context;
	struct tails *tails = tail->tails;
	bool busy;

	thread_lock(&tails->thread);
	list_remove(&tails->list, &tail->link);
	buffer_deinit(&tail->out);
	memory_release(tails->options.memory, &tail->claim);
	tail->request = NULL;
	tail->gone = true;
	busy = tail->busy;
	thread_unlock(&tails->thread);
	if (!busy) {
		tail_destroy(tail);
	}
}

ssize_t tail_read(void *context, char *to, size_t max)
{
	struct tail *tail = context;
	struct tails *tails = tail->tails;
	ssize_t result;
	bool was_full;
	size_t size;

	thread_lock(&tails->thread);
	was_full = is_full(tail);
	size = tail->out.size - tail->out_at;
	size = size < max ? size : max;
	if (size > 0 && !tail->failed) {
		memcpy(to, tail->out.data + tail->out_at, size);
		tail->out_at += size;
		result = (ssize_t)size;
	} else {
		result = tail->failed ? -1 : tail->ended ? 0 : HTTP_BODY_WAIT;
	}
	if (tail->out_at == tail->out.size) {
		/* The memory of a burst is not kept. */
		buffer_deinit(&tail->out);
		tail->out_at = 0;
		memory_release(tails->options.memory, &tail->claim);
	}
	if (was_full && !is_full(tail)) {
		wake(tails); /* it was passed over */
	}
	thread_unlock(&tails->thread);
	return result;
}

void tails_look(void *context)
{
	struct tails *tails = context;

	thread_lock(&tails->thread);
	wake(tails);
	thread_unlock(&tails->thread);
}
