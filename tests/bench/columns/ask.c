/* SPDX-License-Identifier: MIT
 * Questions to a file of blocks: what each takes of the processor and of memory. */
#include "columns.h"

#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "column/count/flow.h"
#include "column/count/stats.h"
#include "column/count/visits.h"

#define ROUNDS	   5
#define MEMORY_MAX ((size_t)768 << 20)

struct asker {
	sqlite3 *db;
	sqlite3_blob *blob;
	struct buffer bytes[COLUMN_COUNT]; /* of the last segment of each column */
	int64_t *ids;			   /* of blocks, by place */
	struct column_range *ranges;
	struct column_kind *kinds;
	struct column_kinds all_kinds;
	struct column_calls calls;
	struct arena arena;
};

enum what { PAGE, PAGE_DEEP, STATS, DROPOFF, PLACES, FLOW };

static const struct {
	const char *name;
	enum what what;
	enum column_group group;
	int64_t bucket;
	const char *filter; /* name=value, a blank between */
} questions[] = {
	{"newest 100", PAGE, 0, 0, ""},
	{"100 at offset 5,000,000", PAGE_DEEP, 0, 0, ""},
	{"one caller", PAGE, 0, 0, "src=%caller"},
	{"callers that end in 6 digits", PAGE, 0, 0, "src=*%end"},
	{"src=415*", PAGE, 0, 0, "src=415*"},
	{"dest=*3001", PAGE, 0, 0, "dest=*3001"},
	{"src=*712*", PAGE, 0, 0, "src=*712*"},
	{"type=outbound", PAGE, 0, 0, "type=outbound"},
	{"min_duration=300", PAGE, 0, 0, "min_duration=300"},
	{"module=sms", PAGE, 0, 0, "module=sms"},
	{"module=menu", PAGE, 0, 0, "module=menu"},
	{"class=error", PAGE, 0, 0, "class=error"},
	{"module and variable of one step", PAGE, 0, 0, "module=menu variable=main_menu"},
	{"last_module=queue", PAGE, 0, 0, "last_module=queue"},
	{"statistics by day", STATS, COLUMN_BY_TIME, 86400, ""},
	{"statistics by hour", STATS, COLUMN_BY_TIME, 3600, ""},
	{"statistics by type", STATS, COLUMN_BY_TYPE, 0, ""},
	{"statistics by class", STATS, COLUMN_BY_CLASS, 0, ""},
	{"statistics by module", STATS, COLUMN_BY_MODULE, 0, ""},
	{"statistics by variable", STATS, COLUMN_BY_VARIABLE, 0, ""},
	{"by module, min_duration=60", STATS, COLUMN_BY_MODULE, 0, "min_duration=60"},
	{"by variable, min_duration=60", STATS, COLUMN_BY_VARIABLE, 0, "min_duration=60"},
	{"by variable, class=error", STATS, COLUMN_BY_VARIABLE, 0, "class=error"},
	{"by day, module=menu", STATS, COLUMN_BY_TIME, 86400, "module=menu"},
	{"statistics by number", STATS, COLUMN_BY_DEST, 0, ""},
	{"drop-off", DROPOFF, 0, 0, ""},
	{"drop-off, one number", DROPOFF, 0, 0, "dest=%dest"},
	{"drop-off, min_duration=60", DROPOFF, 0, 0, "min_duration=60"},
	{"places", PLACES, 0, 0, ""},
	{"places, one number", PLACES, 0, 0, "dest=%dest"},
	{"places, min_duration=105", PLACES, 0, 0, "min_duration=105"},
	{"flow", FLOW, 0, 0, ""},
	{"flow, one number", FLOW, 0, 0, "dest=%dest"},
	{"flow, min_duration=105", FLOW, 0, 0, "min_duration=105"},
};

/* ---- the file ---- */

/* Reads into memory that is kept from block to block: a fresh piece for each segment would cost
 * more than reading it. */
static int load(void *context, size_t block, enum column_id column, struct text *ret_segment,
	struct error *err)
{
	struct asker *asker = context;
	struct buffer *bytes = &asker->bytes[column];
	sqlite3_int64 id = asker->ids[block] * SEGMENTS + (int64_t)column;
	char *at;

	*ret_segment = (struct text){0};
	if (column == COLUMN_GONE) {
		return 0; /* the file has none */
	}
	if (asker->blob ? sqlite3_blob_reopen(asker->blob, id)
			: sqlite3_blob_open(
				  asker->db, "main", "segment", "data", id, 0, &asker->blob)) {
		return error_set(err, ERROR_SYSTEM, "%s", sqlite3_errmsg(asker->db));
	}
	buffer_clear(bytes);
	at = buffer_reserve(bytes, (size_t)sqlite3_blob_bytes(asker->blob));
	if (!at || sqlite3_blob_read(asker->blob, at, sqlite3_blob_bytes(asker->blob), 0)) {
		return error_set(err, ERROR_SYSTEM, "%s", sqlite3_errmsg(asker->db));
	}
	buffer_advance(bytes, (size_t)sqlite3_blob_bytes(asker->blob));
	*ret_segment = buffer_text(bytes);
	return 0;
}

static sqlite3_stmt *prepare(struct asker *asker, const char *sql)
{
	sqlite3_stmt *statement;

	expect(asker->db, sqlite3_prepare_v2(asker->db, sql, -1, &statement, NULL), SQLITE_OK);
	return statement;
}

static struct text column_text(struct asker *asker, sqlite3_stmt *statement, int column)
{
	return arena_copy(&asker->arena,
		(struct text){.data = (const char *)sqlite3_column_text(statement, column),
			.size = (size_t)sqlite3_column_bytes(statement, column)});
}

static void read_kinds(struct asker *asker)
{
	sqlite3_stmt *kinds = prepare(asker, "select * from kind order by id");
	size_t count = 0;

	while (sqlite3_step(kinds) == SQLITE_ROW) {
		asker->kinds =
			arena_list_grow(&asker->arena, asker->kinds, count, sizeof(*asker->kinds));
		asker->kinds[count++] =
			(struct column_kind){.id = (uint32_t)sqlite3_column_int64(kinds, 0),
				.class_name = column_text(asker, kinds, 1),
				.module = column_text(asker, kinds, 2),
				.variable = column_text(asker, kinds, 3)};
	}
	sqlite3_finalize(kinds);
	asker->all_kinds = (struct column_kinds){.items = asker->kinds, .count = count};
}

/* A store has what stands in the ranges in the block's row; here the heads are read once. */
static void read_ranges(struct asker *asker)
{
	sqlite3_stmt *blocks =
		prepare(asker, "select id / 32 from segment where id % 32 = 0 order by id");
	size_t count = 0;

	while (sqlite3_step(blocks) == SQLITE_ROW) {
		struct column_block block;

		asker->ids = arena_list_grow(&asker->arena, asker->ids, count, sizeof(*asker->ids));
		asker->ranges = arena_list_grow(
			&asker->arena, asker->ranges, count, sizeof(*asker->ranges));
		asker->ids[count] = sqlite3_column_int64(blocks, 0);
		if (column_block_open(
			    &block, &asker->calls.loader, count, asker->ids[count], NULL) < 0) {
			exit(1);
		}
		asker->ranges[count++] = (struct column_range){.number = block.number,
			.first_start = block.first_start,
			.last_start = block.last_start,
			.calls = block.count};
	}
	sqlite3_finalize(blocks);
	asker->calls.blocks = asker->ranges;
	asker->calls.blocks_count = count;
}

static void open_file(struct asker *asker, const char *path, bool mapped)
{
	*asker = (struct asker){0};
	arena_init(&asker->arena, SIZE_MAX);
	expect(NULL, sqlite3_open_v2(path, &asker->db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
	sqlite3_exec(asker->db,
		mapped ? "pragma mmap_size = 8000000000; pragma cache_size = -32768"
		       : "pragma cache_size = -32768",
		NULL, NULL, NULL);
	for (size_t i = 0; i < COLUMN_COUNT; i++) {
		buffer_init(&asker->bytes[i], SIZE_MAX);
	}
	asker->calls = (struct column_calls){
		.kinds = &asker->all_kinds, .loader = {.load = load, .context = asker}};
	read_kinds(asker);
	read_ranges(asker);
}

/* ---- questions ---- */

/* Numbers that are asked for: those of the call in the middle of the file. */
struct numbers {
	char caller[CALL_NUMBER_MAX + 1];
	char end[CALL_NUMBER_MAX + 1];
	char dest[CALL_NUMBER_MAX + 1];
};

static void read_numbers(struct asker *asker, struct numbers *numbers)
{
	struct column_page_question question = {.offset = 1000, .limit = 1};
	struct column_page page;
	struct filter filter;
	struct text src;

	filter_init(&filter);
	question.base = (struct column_question){.filter = &filter, .detail_after = -1};
	if (column_search(&asker->calls, &question, &asker->arena, &page, NULL) < 0) {
		exit(1);
	}
	src = page.rows[0].call.src;
	snprintf(numbers->caller, sizeof(numbers->caller), "%.*s", TEXT_ARG(src));
	snprintf(numbers->end, sizeof(numbers->end), "%s",
		numbers->caller + (src.size > 6 ? src.size - 6 : 0));
	snprintf(numbers->dest, sizeof(numbers->dest), "%.*s", TEXT_ARG(page.rows[0].call.dest));
}

static void set_one(struct filter *filter, struct text name, struct text value,
	const struct numbers *numbers, struct arena *arena)
{
	const char *mark = memchr(value.data, '%', value.size);

	if (mark) {
		const char *number = *(mark + 1) == 'c'
					     ? numbers->caller
					     : (*(mark + 1) == 'e' ? numbers->end : numbers->dest);

		value = arena_printf(arena, "%.*s%s", (int)(mark - value.data), value.data, number);
	}
	if (filter_set(filter, name, value, 0, arena, NULL) != 1) {
		exit(1);
	}
}

static void set_filter(struct filter *filter, const char *words, const struct numbers *numbers,
	struct arena *arena)
{
	struct text rest = text_of(words), part;

	filter_init(filter);
	while (rest.size > 0 && text_split(&rest, ' ', &part)) {
		struct text name;

		text_split(&part, '=', &name);
		set_one(filter, name, part, numbers, arena);
	}
}

/* How many calls matched. */
static int64_t ask(struct asker *asker, size_t at, const struct filter *filter, struct error *err)
{
	AUTO(arena_deinit) struct arena arena;
	const struct column_question base = {.filter = filter, .detail_after = -1};
	struct column_page_question page = {.base = base,
		.limit = 100,
		.with_total = true,
		.offset = questions[at].what == PAGE_DEEP ? 5000000 : 0};
	struct column_stats_question stats = {.base = base,
		.group = questions[at].group,
		.bucket_seconds = questions[at].bucket,
		.buckets_max = 10000,
		.limit = 100};
	struct column_page found;
	struct column_stats counted;
	struct column_dropoff dropoff;
	struct column_flow flow;

	arena_init(&arena, SIZE_MAX);
	switch (questions[at].what) {
	case STATS:
		return column_stats(&asker->calls, &stats, MEMORY_MAX, &arena, &counted, err) < 0
			       ? -1
			       : counted.calls;
	case DROPOFF:
		return column_dropoff(&asker->calls, &base, &arena, &dropoff, err) < 0
			       ? -1
			       : dropoff.calls;
	case PLACES:
	case FLOW:
		return column_flow(&asker->calls, &base, questions[at].what == PLACES, &arena,
			       &flow, err) < 0
			       ? -1
			       : flow.calls;
	default:
		return column_search(&asker->calls, &page, &arena, &found, err) < 0 ? -1
										    : found.total;
	}
}

static double cpu_ms(void)
{
	struct timespec time;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
	return (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
}

static void measure(const char *path, bool mapped, size_t at)
{
	struct asker asker;
	struct numbers numbers;
	struct filter filter;
	struct rusage usage;
	struct error err = {0};
	double least = 0;
	int64_t calls = 0;
	long before;

	open_file(&asker, path, mapped);
	read_numbers(&asker, &numbers);
	set_filter(&filter, questions[at].filter, &numbers, &asker.arena);
	getrusage(RUSAGE_SELF, &usage);
	before = usage.ru_maxrss;
	for (int i = 0; i < ROUNDS; i++) {
		double start = cpu_ms(), ms;

		calls = ask(&asker, at, &filter, &err);
		ms = cpu_ms() - start;
		least = i == 0 || ms < least ? ms : least;
	}
	if (calls < 0) {
		fprintf(stderr, "bench_columns: %s\n", err.message);
		exit(1);
	}
	getrusage(RUSAGE_SELF, &usage);
	printf("| %s | %lld | %.2f | %ld |\n", questions[at].name, (long long)calls, least,
		(usage.ru_maxrss - before) / 1024);
	fflush(stdout);
}

void ask_file(const char *path, bool mapped, const char *word)
{
	printf("\n| question%s | calls | ms of CPU | MB of memory |\n|---|---|---|---|\n",
		mapped ? ", file mapped" : "");
	fflush(stdout);
	for (size_t i = 0; i < COUNT_OF(questions); i++) {
		int status = 0;
		pid_t child;

		if (!strstr(questions[i].name, word)) {
			continue;
		}
		child = fork();
		if (child == 0) {
			measure(path, mapped, i);
			exit(0);
		}
		if (child < 0 || waitpid(child, &status, 0) < 0 || status != 0) {
			exit(1);
		}
	}
}
