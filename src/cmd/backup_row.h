/* SPDX-License-Identifier: MIT
 * A row of backups in one folder: each is a folder named by its time, and the oldest go. */
#ifndef CMD_BACKUP_ROW_H
#define CMD_BACKUP_ROW_H

#include "store/store.h"

/* Makes a backup of @store in @folder, which is made where it is missing, as
 * callstep-2026-12-01T170000Z: @now_s, UNIX seconds, in UTC. It has this name only when it is
 * whole. Then drops the oldest of such folders beyond @keep, at least 1; the new one always stays.
 * Other files in @folder stay as they are.
 * Errors: those of store_backup(); ERROR_BUSY: another process makes one there; ERROR_EXISTS: there
 * is one of this second. What fails before the new one is whole drops nothing. */
int backup_row_add(struct store *store, const char *folder, int64_t keep, int64_t now_s,
	struct error *err) CHECK_RESULT;

#endif
