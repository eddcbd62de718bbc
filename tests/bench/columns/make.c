/* SPDX-License-Identifier: MIT
 * Generated calls, block after block, into segments. */
#include "columns.h"

#include <assert.h>
#include <time.h>

#include "base/intern.h"
#include "call/call_json.h"
#include "call/call_steps.h"
#include "generate/generate.h"

#define YEAR  INT64_C(31536000)
#define START INT64_C(1735689600)

struct maker {
	sqlite3 *db;
	sqlite3_stmt *put;
	struct generator generator;
	struct arena kind_arena;
	struct intern kind_names;
	struct column_kind *kinds;
	struct arena arena; /* of the calls of a block */
	struct column_stays_writer stays;
	struct column_row *rows;
	uint32_t count;
	int64_t next_id;
	struct column_blobs blobs;
	uint64_t bytes[COLUMN_COUNT];
	double seconds; /* of encoding */
	int64_t calls, blocks;
};

void expect(sqlite3 *db, int status, int wanted)
{
	if (status != wanted) {
		fprintf(stderr, "bench_columns: %s\n", sqlite3_errmsg(db));
		exit(1);
	}
}

static void run(sqlite3 *db, const char *sql)
{
	expect(db, sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
}

static double cpu_seconds(void)
{
	struct timespec time;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* ---- one call ---- */

static uint32_t kind_id(struct maker *maker, const struct call_step_look *step)
{
	struct arena *arena = &maker->kind_arena;
	struct column_kind kind = {.class_name = step->class_name,
		.module = call_string_text(&step->module, &maker->arena),
		.variable = call_string_text(&step->variable, &maker->arena)};
	struct text name = arena_printf(&maker->arena, "%.*s\n%.*s\n%.*s",
		TEXT_ARG(kind.class_name), TEXT_ARG(kind.module), TEXT_ARG(kind.variable));
	uint32_t before = maker->kind_names.count, number = 0;
	bool added = intern_number(&maker->kind_names, name, &number);

	assert(added);
	if (added && number == before) {
		maker->kinds = arena_list_grow(arena, maker->kinds, before, sizeof(kind));
		assert(maker->kinds);
		maker->kinds[before] = (struct column_kind){.id = before + 1,
			.class_name = arena_copy(arena, kind.class_name),
			.module = arena_copy(arena, kind.module),
			.variable = arena_copy(arena, kind.variable)};
	}
	return number + 1;
}

static void take_steps(struct maker *maker, struct text detail, struct column_row *row)
{
	uint32_t *ids = arena_calloc(&maker->arena, row->call.steps, sizeof(*ids));
	struct call_step_look step;
	struct call_steps steps;
	uint32_t i = 0;

	assert(ids);
	call_steps_init(&steps, detail);
	while (i < row->call.steps && call_steps_next(&steps, &step, NULL) > 0) {
		ids[i++] = kind_id(maker, &step);
	}
	row->kinds = ids;
	column_stays_begin(&maker->stays);
	if (row->call.steps > 0 &&
		(path_visits_walk(
			 detail, 0, &maker->arena, column_stays_write, &maker->stays, NULL) < 0 ||
			column_stays_read(&row->call, buffer_text(&maker->stays.bytes),
				&maker->arena, &row->stays, NULL) <= 0)) {
		exit(1);
	}
}

static bool take_call(struct maker *maker, struct buffer *line, struct buffer *canonical)
{
	struct column_row *row = &maker->rows[maker->count];
	struct error err = {0};
	struct text json;

	buffer_clear(line);
	buffer_clear(canonical);
	if (!generator_next(&maker->generator, line)) {
		return false;
	}
	json = arena_copy(&maker->arena, text_head(buffer_text(line), line->size - 1));
	*row = (struct column_row){.id = ++maker->next_id};
	if (call_json_read(json, (struct json_position){0}, &maker->arena, canonical, &row->call,
		    &err) < 0) {
		fprintf(stderr, "bench_columns: %s\n", err.message);
		exit(1);
	}
	if (row->call.has_detail) {
		take_steps(maker, call_json_detail(buffer_text(canonical)), row);
	}
	maker->count++;
	return true;
}

/* ---- blocks ---- */

static int in_order(const void *left, const void *right)
{
	const struct column_row *a = left, *b = right;

	return column_compare(&a->call, &b->call);
}

/* The same calls, so many seconds later. */
static void shift(struct maker *maker, int64_t seconds)
{
	for (uint32_t i = 0; i < maker->count; i++) {
		struct column_row *row = &maker->rows[i];

		row->call.start += seconds;
		row->call.end += seconds;
		row->id += seconds;
	}
}

static void store_block(struct maker *maker, int64_t id)
{
	struct column_kinds kinds = {.items = maker->kinds, .count = maker->kind_names.count};
	struct error err = {0};
	double before = cpu_seconds();

	if (column_encode(maker->rows, maker->count, &kinds, &maker->blobs, &err) < 0) {
		fprintf(stderr, "bench_columns: %s\n", err.message);
		exit(1);
	}
	maker->seconds += cpu_seconds() - before;
	for (int column = 0; column < COLUMN_COUNT; column++) {
		const struct buffer *blob = &maker->blobs.columns[column];

		if (blob->size > 0) {
			sqlite3_bind_int64(maker->put, 1, id * SEGMENTS + column);
			sqlite3_bind_blob64(maker->put, 2, blob->data, blob->size, SQLITE_STATIC);
			expect(maker->db, sqlite3_step(maker->put), SQLITE_DONE);
			sqlite3_reset(maker->put);
			maker->bytes[column] += blob->size;
		}
	}
	maker->calls += maker->count;
	maker->blocks++;
}

static void put_kinds(struct maker *maker)
{
	sqlite3_stmt *put;

	expect(maker->db,
		sqlite3_prepare_v2(
			maker->db, "insert into kind values (?, ?, ?, ?)", -1, &put, NULL),
		SQLITE_OK);
	for (uint32_t i = 0; i < maker->kind_names.count; i++) {
		const struct column_kind *kind = &maker->kinds[i];
		const struct text texts[] = {kind->class_name, kind->module, kind->variable};

		sqlite3_bind_int64(put, 1, kind->id);
		for (int at = 0; at < 3; at++) {
			sqlite3_bind_text(
				put, at + 2, texts[at].data, (int)texts[at].size, SQLITE_STATIC);
		}
		expect(maker->db, sqlite3_step(put), SQLITE_DONE);
		sqlite3_reset(put);
	}
	sqlite3_finalize(put);
}

static void print_sizes(const struct maker *maker)
{
	uint64_t all = 0;

	printf("%lld calls in %lld blocks, %.2f s of CPU to encode one\n\n| column | bytes a call "
	       "|\n"
	       "|---|---|\n",
		(long long)maker->calls, (long long)maker->blocks,
		maker->seconds / (double)maker->blocks);
	for (uint32_t i = 0; i < COLUMN_COUNT; i++) {
		if (maker->bytes[i] > 0) {
			printf("| %s | %.2f |\n", column_name((enum column_id)i),
				(double)maker->bytes[i] / (double)maker->calls);
			all += maker->bytes[i];
		}
	}
	printf("| all | %.2f |\n", (double)all / (double)maker->calls);
}

static void open_file(struct maker *maker, const char *path)
{
	remove(path);
	expect(NULL, sqlite3_open(path, &maker->db), SQLITE_OK);
	run(maker->db,
		"pragma page_size = 8192; pragma journal_mode = off; pragma synchronous = off;"
		"create table segment (id integer primary key, data blob);"
		"create table kind (id integer primary key, class, module, variable); begin");
	expect(maker->db,
		sqlite3_prepare_v2(
			maker->db, "insert into segment values (?, ?)", -1, &maker->put, NULL),
		SQLITE_OK);
}

void make_file(const char *path, int64_t calls, int64_t made)
{
	struct maker maker = {0};
	int64_t copies = (calls + made - 1) / made;
	int64_t span = YEAR / copies,
		made_blocks = (made + COLUMN_CALLS_MAX - 1) / COLUMN_CALLS_MAX;
	struct buffer line, canonical;
	bool more = true;

	buffer_init(&line, SIZE_MAX);
	buffer_init(&maker.stays.bytes, SIZE_MAX);
	buffer_init(&canonical, SIZE_MAX);
	arena_init(&maker.arena, SIZE_MAX);
	arena_init(&maker.kind_arena, SIZE_MAX);
	intern_init(&maker.kind_names, &maker.kind_arena);
	column_blobs_init(&maker.blobs);
	open_file(&maker, path);
	generator_init(&maker.generator, 1, made, START, START + span);
	for (int64_t block = 0; more; block++) {
		maker.count = 0;
		maker.rows = arena_calloc(&maker.arena, COLUMN_CALLS_MAX, sizeof(*maker.rows));
		assert(maker.rows);
		while (maker.count < COLUMN_CALLS_MAX &&
			(more = take_call(&maker, &line, &canonical))) {
		}
		qsort(maker.rows, maker.count, sizeof(*maker.rows), in_order);
		for (int64_t copy = 0; maker.count > 0 && copy < copies && maker.calls < calls;
			copy++) {
			store_block(&maker, copy * made_blocks + block);
			shift(&maker, span);
		}
		arena_deinit(&maker.arena);
	}
	put_kinds(&maker);
	run(maker.db, "commit");
	print_sizes(&maker);
	sqlite3_finalize(maker.put);
	sqlite3_close(maker.db);
	generator_deinit(&maker.generator);
	column_blobs_deinit(&maker.blobs);
	buffer_deinit(&maker.stays.bytes);
	buffer_deinit(&line);
	buffer_deinit(&canonical);
	arena_deinit(&maker.kind_arena);
}
