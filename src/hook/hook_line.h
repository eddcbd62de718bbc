/* SPDX-License-Identifier: MIT
 * A hook while a server sends: what waits for its receiver, and what became of what was sent.
 * Private to hook/. Between two notes in the store only what the receiver took is told again after
 * a crash: at least once, in order. */
#ifndef HOOK_HOOK_LINE_H
#define HOOK_HOOK_LINE_H

#include "base/list.h"
#include "hook/hook_message.h"
#include "hook/hook_request.h"
#include "hook/hook_sender.h"

#define HOOK_GIVE_UP_TRIES 10		   /* of one event that its receiver fails at */
#define HOOK_PAUSE_S	   INT64_C(259200) /* of nothing but failures: three days */
#define HOOK_WAIT_MAX_S	   INT64_C(3600)

struct hook_line {
	struct list_link link;
	struct arena arena;	/* of the hook's texts and its filter */
	struct store_hook hook; /* its course is the one that counts */
	struct filter filter;
	char last_error[STORE_HOOK_ERROR_MAX + 1];
	bool listed;	  /* it was in the last list */
	bool unreadable;  /* its filter asks for what this program does not know */
	bool gap_told;	  /* of the gap behind its place */
	bool stopped;	  /* that it is paused or gone is not noted yet */
	bool dirty;	  /* what was taken is not noted yet */
	int64_t dirty_us; /* since then, by the monotonic clock */
	int64_t noted_place;
	int64_t limit;	    /* how many changes are looked at next */
	int64_t tries;	    /* of the event that comes next */
	int64_t counted_us; /* when a threshold was looked at */
	bool waits;	    /* the message is of a threshold, and is to be sent again */
	struct hook_message message;
	bool over;		      /* with it nothing more is remembered of its call */
	struct hook_request *request; /* NULL: nothing is under way */
};

/* A line for @hook. NULL: out of memory. */
struct hook_line *hook_line_create(const struct store_hook *hook);
void hook_line_destroy(struct hook_line *line);

/* Takes @hook as it is in the store now; what it was before is left behind. */
int hook_line_define(struct hook_line *line, const struct store_hook *hook,
	const struct hook_sender_options *options, struct error *err) CHECK_RESULT;

/* Looks for what is to be sent next, at most a few hundred changes; the store's newest one is
 * @newest. 1: line->message is it; 0: nothing for now. *@ret_more: it is worth looking again at
 * once. */
int hook_line_look(struct hook_line *line, const struct hook_sender_options *options,
	struct follow *follow, struct arena *scratch, int64_t newest, bool *ret_more,
	struct error *err) CHECK_RESULT;

/* What became of line->message. */
int hook_line_finish(struct hook_line *line, const struct hook_sender_options *options,
	const struct hook_request_result *result, struct error *err) CHECK_RESULT;

/* Notes in the store what was taken, where that is due, or @now. */
int hook_line_note(struct hook_line *line, const struct hook_sender_options *options, bool now,
	struct error *err) CHECK_RESULT;

#endif
