/* SPDX-License-Identifier: MIT
 * The bench of columns: blocks of made-up calls in a SQLite file, and questions to them. */
#ifndef BENCH_COLUMNS_H
#define BENCH_COLUMNS_H

#include <sqlite3.h>

#include "column/search.h"

#define SEGMENTS 32 /* a segment's id is that of its block times so many, and its column */

/* Ends the program with SQLite's message unless @status is what is expected. */
void expect(sqlite3 *db, int status, int wanted);

/* Makes the file @path with @calls calls, of which @made are different: the others are these at
 * another time. Prints what the columns take and what making them took. */
void make_file(const char *path, int64_t calls, int64_t made);

/* Asks the file all questions whose name has @word in it, each in an own process, and prints what
 * each took. With @mapped, SQLite maps the file into memory. */
void ask_file(const char *path, bool mapped, const char *word);

#endif
