/* SPDX-License-Identifier: MIT
 * What the store's tests share: a fresh store of the backend under test, and calls to put into it.
 */
#ifndef TESTS_STORE_FIXTURE_H
#define TESTS_STORE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/arena.h"
#include "store/store.h"

/* 2026-01-31T00:00:00Z, the border of a day. */
#define MIDNIGHT INT64_C(1769817600)

struct fixture {
	struct store *store;
	char folder[128]; /* of an embedded store; otherwise empty */
	char schema[64];  /* of a store on PostgreSQL; otherwise empty */
	struct packer *packer;
	struct arena arena;
	int64_t account;
	int64_t other;
	bool seals;	     /* calls are brought into blocks of columns, now and then; */
	unsigned int sealed; /* so often it was tried */
};

/* Opens a new, empty store of the kind @backend: "reference", "sqlite", "blocks8" (as sqlite, with
 * calls in blocks of columns, of 8 or any other number of calls), "postgres" (which
 * tests/postgres.py has to have started) or "postgres8"; a new backend adds its kind here. It has
 * two accounts. */
void fixture_open(struct fixture *fixture, const char *backend);
void fixture_close(struct fixture *fixture);

/* What cmocka calls before and after a test whose state is a fixture. fixture_set_up() opens the
 * backend that the environment's CALLSTEP_TEST_BACKEND names, fixture_new() the one that is given;
 * fixture_tear_down_sound() has the store verified first. */
int fixture_new(void **state, const char *backend);
int fixture_set_up(void **state);
int fixture_tear_down(void **state);
int fixture_tear_down_sound(void **state);

/* An empty folder for a store; removed with all that is in it by folder_remove(). */
void folder_make(char folder[128]);
void folder_remove(const char *folder);

/* A new schema for a store on PostgreSQL, where that store is (for store_open()), and SQL that is
 * run in it. */
void postgres_schema_make(char schema[64]);
void postgres_schema_drop(const char *schema);
void postgres_location(const char *schema, char location[256]);
void postgres_run_sql(const char *schema, const char *sql);
/* The first value of the first row. */
int64_t postgres_ask_number(const char *schema, const char *sql);
const char *postgres_ask_text(struct fixture *fixture, const char *sql);

/* A call with @steps steps, each saying @word, packed; without detail when @steps is negative.
 * Lives as long as the fixture. */
struct store_put put_of(struct fixture *fixture, const char *session_id, const char *dest,
	int64_t start, int steps, const char *word);

/* The same with given steps: what is given of each, one second after the other. */
struct step_of {
	const char *class_name;
	const char *module; /* NULL: it has no data */
	const char *variable;
	const char *line;
};
struct store_put put_of_steps(struct fixture *fixture, const char *session_id, int64_t start,
	const struct step_of *steps, size_t count);

/* Packs @put anew with @steps after its header was changed. */
void repack(
	struct fixture *fixture, struct store_put *put, const struct step_of *steps, size_t count);

/* Where the store has blocks of columns, does some steps of bringing calls into them, or none: as
 * it comes. */
void seal_some(struct fixture *fixture);

/* Puts them, and seals some. */
void put_all(struct fixture *fixture, struct store_put *puts, size_t count);

/* All calls of the first account, with detail; the caller narrows it. */
struct store_query query_all(const struct fixture *fixture);
struct store_page page_of(struct fixture *fixture, const struct store_query *query);

/* The canonical JSON that @packed holds. */
struct text json_of(struct fixture *fixture, const struct packed *packed);

/* Drops up to @limit of the first account's calls that started up to @up_to, or with @whole false
 * their detail; returns how many. */
int64_t drop_old(struct fixture *fixture, int64_t up_to, int64_t limit, bool whole);

/* Runs store_verify(), printing each problem, and returns how many there are. */
int64_t problems_of(struct store *store);

#endif
