/* SPDX-License-Identifier: MIT
 * A disk that fails on purpose: SQLite's own file layer with a write, truncation or sync that goes wrong when asked to. */
#ifndef TESTS_STORE_FAULTY_VFS_H
#define TESTS_STORE_FAULTY_VFS_H

#include <stdbool.h>

/* Makes it the layer of every database opened from now on. */
void faulty_vfs_register(void);

/* Lets the @nth write, truncation or sync from now on, and all after it, fail with the SQLite @status. */
void faulty_vfs_fail(int nth, int status);

/* Lets all go well again; whether any failed. */
bool faulty_vfs_stop(void);

#endif
