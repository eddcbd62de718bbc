/* SPDX-License-Identifier: MIT
 * The numbered SQL files of schema/, compiled in. The file numbered n brings a store from schema n
 * - 1 to n. */
#ifndef STORE_SCHEMA_H
#define STORE_SCHEMA_H

struct schema_step {
	const char *name;
	const char *sql;
};

/* Of the embedded store: step n stands at [n - 1], and the highest that this program knows. */
extern const struct schema_step schema_steps[];
extern const int schema_version;

#endif
