/* SPDX-License-Identifier: MIT
 * What writers note of calls that blocks of columns have. Whatever writes to the table of calls, or
 * lets a call go on again, says so here in the same transaction. Private to the folder above. */
#ifndef STORE_SQLITE_BLOCKS_NOTE_H
#define STORE_SQLITE_BLOCKS_NOTE_H

#include "store/sqlite/sqlite.h"

/* Of one transaction; all zero but the writer's connection. */
struct sqlite_block_notes {
	struct sqlite_connection *connection;
	int64_t account_id; /* whose up_to is known; 0: none's */
	int64_t up_to;	    /* its calls that started up to then are in blocks, or late */
};

/* Up to when the account's calls are in blocks, or late. 1; 0: none is, *ret_up_to stays. */
int sqlite_sealed_to(struct sqlite_connection *connection, int64_t account_id, int64_t *ret_up_to,
	struct error *err) CHECK_RESULT;

/* A row was added. */
int sqlite_blocks_added(struct sqlite_block_notes *notes, int64_t account_id, int64_t id,
	int64_t start, struct error *err) CHECK_RESULT;
/* It changed, or goes on again; it started at @start, and now at @new_start. */
int sqlite_blocks_changed(struct sqlite_block_notes *notes, int64_t account_id, int64_t id,
	int64_t start, int64_t new_start, struct error *err) CHECK_RESULT;
/* It was dropped. */
int sqlite_blocks_dropped(struct sqlite_block_notes *notes, int64_t account_id, int64_t id,
	int64_t start, struct error *err) CHECK_RESULT;
/* Its detail was dropped, and that of all calls of the account that started before. The call stays
 * in its block. */
int sqlite_blocks_detail_dropped(struct sqlite_block_notes *notes, int64_t account_id,
	int64_t start, struct error *err) CHECK_RESULT;

#endif
