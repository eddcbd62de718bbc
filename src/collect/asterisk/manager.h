/* SPDX-License-Identifier: MIT
 * A session with Asterisk's manager interface: it connects for ever, logs in, asks what is up, and
 * hands on the events. It reads whatever comes at once, because Asterisk cuts off a client that
 * reads slowly. */
#ifndef COLLECT_MANAGER_H
#define COLLECT_MANAGER_H

#include "collect/asterisk/connection.h"
#include "intake/sources/ami/ami_block.h"

struct manager;

struct manager_options {
	struct connection_options connection;
	struct text user;
	struct text secret;
	bool plain; /* the secret goes as it is; otherwise an MD5 of a challenge and it */
	/* An event, the answers to Status among them. */
	void (*event)(void *context, const struct ami_block *block);
	/* It is logged in, and the list of what is up follows. */
	void (*begin)(void *context);
	/* The list is complete. @listed: false where the exchange refused to give it. @restarted:
	 * the exchange began anew since the connection before this one. @gap_us: for how long
	 * nothing was heard; 0: it is the first connection. */
	void (*complete)(void *context, bool listed, bool restarted, int64_t gap_us);
	/* What time it is there, as it writes it: epoch and microseconds. */
	void (*clock)(void *context, struct text time);
	/* The exchange has its own name before its ids. */
	void (*settings)(void *context, bool has_system_name);
	void *context;
};

struct manager_counts {
	bool up; /* logged in, and the list is complete */
	uint64_t connections;
	uint64_t bytes;
	uint64_t blocks;
	uint64_t too_long;
	uint64_t wrong_lines;
};

int manager_create(struct manager **ret_manager, const struct manager_options *options,
	struct error *err) CHECK_RESULT;
void manager_destroy(struct manager *manager);

/* The descriptor to wait for and its events, -1 while there is none; and in how many milliseconds
 * manager_turn() is to be called at the latest. */
int manager_fd(const struct manager *manager, short *ret_events, int *ret_timeout_ms);

/* Connects, reads and writes what can be. */
void manager_turn(struct manager *manager);

/* Closes the connection, and makes a new one not before manager_resume(). */
void manager_pause(struct manager *manager);
void manager_resume(struct manager *manager);

struct manager_counts manager_counts(const struct manager *manager);

#endif
