/* SPDX-License-Identifier: MIT
 * The numbered SQL files of schema/, compiled in. The file numbered n brings a store from schema n
 * - 1 to n. */
#ifndef STORE_SCHEMA_H
#define STORE_SCHEMA_H

struct schema_step {
	const char *name;
	const char *sql;
};

/* Of the embedded store. */
extern const struct schema_step schema_steps[]; /* step n stands at [n - 1] */
extern const int schema_version;		/* the highest that this program knows */

/* Of a store on PostgreSQL: schema/postgres/. */
extern const struct schema_step postgres_schema_steps[];
extern const int postgres_schema_version;

#endif
