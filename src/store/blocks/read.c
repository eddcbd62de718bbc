/* SPDX-License-Identifier: MIT
 * What a question is answered from. Segments are read into memory that is kept from block to block:
 * a fresh piece of memory for each costs more than all work on it. */
#include "store/blocks/blocks.h"

#include "store/find.h"

#define FRESH_BYTES_MAX	 ((size_t)48 << 20)
#define SEGMENT_SIZE_MAX ((size_t)64 << 20)

/* So many calls of blocks are looked through in the time that a row takes. */
#define CALLS_OF_ROW 64

bool store_blocks_can(const struct filter *filter)
{
	return column_can_match(filter) && filter->state != FILTER_LIVE;
}

bool store_block_is_read(const struct store_block *block, const struct store_blocks_asked *asked)
{
	bool steps = asked->steps && block->detail > 0 && block->dropped_to >= 0;

	return block->calls > 0 && (!steps || block->dropped_to <= asked->detail_after) &&
	       (!asked->course || block->version >= COLUMN_VERSION_COURSE) &&
	       (!asked->stays || block->version >= COLUMN_VERSION_STAYS);
}

/* ---- calls that are no longer in a block ---- */

static int no_such_call(int64_t block, const struct store_gone *gone, struct error *err)
{
	return gone->session_id.data
		       ? error_set(err, ERROR_CORRUPT,
				 "block %lld: the call '%.*s', which is no longer in it, never was",
				 (long long)block, TEXT_ARG(gone->session_id))
		       : error_set(err, ERROR_CORRUPT,
				 "block %lld: the call of row %lld, which is no longer in it, "
				 "never was",
				 (long long)block, (long long)gone->call_id);
}

/* What the calls of a block that went are found by. */
struct places {
	struct column_block block;
	struct column_spans starts, ids;
	struct column_reader sessions;
	struct column_group_view group;
};

static void places_deinit(struct places *places)
{
	column_group_view_deinit(&places->group);
}

static int open_places(struct places *places, struct store_blocks_reader *reader,
	const struct store_gone *gone, struct error *err)
{
	const struct column_range *range = &reader->ranges[reader->place];
	struct column_block *block = &places->block;
	struct text payload = {0};

	column_group_view_init(&places->group);
	if (column_block_open(block, &reader->calls.loader, reader->place, range->number, err) <
			0 ||
		column_block_spans(block, COLUMN_START, &places->starts, err) < 0 ||
		column_block_spans(block, COLUMN_CALL_ID, &places->ids, err) < 0 ||
		(gone->session_id.data &&
			column_block_column(block, COLUMN_SESSION, &payload, err) < 0)) {
		return -1;
	}
	places->sessions = (struct column_reader){
		.data = payload, .column = COLUMN_SESSION, .block = range->number};
	return 0;
}

/* 1 when the call @at is it. */
static int is_gone(
	struct places *places, const struct store_gone *gone, uint32_t at, struct error *err)
{
	struct text session_id;

	if (!gone->session_id.data) {
		return column_spans_at(&places->ids, at) == gone->call_id;
	}
	return column_groups_read(&places->sessions, places->block.count, at, &places->group,
		       &session_id, err) < 0
		       ? -1
		       : text_equal(session_id, gone->session_id);
}

static int find_gone(
	struct places *places, const struct store_gone *gone, uint32_t *ret_at, struct error *err)
{
	uint32_t at = column_spans_below(&places->starts, gone->start);

	while (at < places->block.count && column_spans_at(&places->starts, at) == gone->start) {
		int found = is_gone(places, gone, at, err);

		if (found != 0) {
			*ret_at = at;
			return found;
		}
		at++;
	}
	return no_such_call(places->block.number, gone, err);
}

/* Makes COLUMN_GONE of the rows that tell which calls went. */
static int make_gone(struct store_blocks_reader *reader, struct buffer *segment, struct error *err)
{
	const struct column_range *range = &reader->ranges[reader->place];
	const struct store_gone *gone = reader->gone;
	unsigned char bits[COLUMN_CALLS_MAX / 8] = {0};
	AUTO(places_deinit) struct places places = {0};
	uint32_t at = 0;

	for (size_t i = 0; i < reader->place; i++) {
		gone += reader->ranges[i].gone;
	}
	if (open_places(&places, reader, gone, err) < 0) {
		return -1;
	}
	for (uint32_t i = 0; i < range->gone; i++) {
		if (find_gone(&places, &gone[i], &at, err) < 0) {
			return -1;
		}
		bits[at / 8] |= (unsigned char)(1U << at % 8);
	}
	buffer_clear(segment);
	return column_gone_encode(bits, places.block.count, places.block.stamp, segment, err);
}

/* ---- segments ---- */

/* What the table of blocks says of the block, its head has to say. */
static int check_head(const struct column_range *range, struct text head, struct error *err)
{
	struct column_header header;
	struct text payload;

	if (!head.data) {
		return 0; /* whatever opens the block says so */
	}
	if (column_header_read(head, COLUMN_HEAD, range->number, &header, &payload, err) < 0) {
		return -1;
	}
	if (header.calls != range->calls) {
		return error_set(err, ERROR_CORRUPT,
			"block %lld: it has %u calls, and should have %u", (long long)range->number,
			header.calls, range->calls);
	}
	return 0;
}

static int read_column(struct store_blocks_reader *reader, enum column_id column, struct error *err)
{
	const struct column_range *range = &reader->ranges[reader->place];
	uint32_t bit = 1U << column;
	uint32_t columns = bit | (reader->ahead ? reader->wanted & ~reader->loaded : 0);

	for (int i = 0; i < COLUMN_COUNT; i++) {
		if ((columns >> i & 1) != 0) {
			buffer_clear(&reader->segments[i]);
		}
	}
	if (reader->read(reader->context, range->number, columns, reader->segments, err) < 0) {
		return -1;
	}
	for (int i = 0; i < COLUMN_COUNT; i++) {
		if ((columns >> i & 1) != 0) {
			STORE_COST(reader->cost, column_bytes, (int64_t)reader->segments[i].size);
		}
	}
	reader->loaded |= columns;
	reader->wanted |= bit;
	return 0;
}

static int load(void *context, size_t block, enum column_id column, struct text *ret_segment,
	struct error *err)
{
	struct store_blocks_reader *reader = context;
	struct buffer *segment = &reader->segments[column];
	const struct column_range *range = &reader->ranges[block];

	if (reader->place != block) {
		reader->place = block;
		reader->loaded = 0;
	}
	*ret_segment = (struct text){0};
	if (column == COLUMN_GONE && range->gone == 0) {
		return 0;
	}
	if ((reader->loaded >> column & 1) == 0) {
		if ((column == COLUMN_GONE ? make_gone(reader, segment, err)
					   : read_column(reader, column, err)) < 0) {
			return -1;
		}
		reader->loaded |= 1U << column;
		STORE_COST(reader->cost, blocks, column == COLUMN_HEAD);
	}
	if (segment->size > 0) {
		*ret_segment = buffer_text(segment);
	}
	return column == COLUMN_HEAD ? check_head(range, *ret_segment, err) : 0;
}

/* ---- what is put together ---- */

void store_blocks_reader_init(struct store_blocks_reader *reader, int64_t account_id)
{
	*reader = (struct store_blocks_reader){
		.account_id = account_id, .up_to = -1, .place = SIZE_MAX};
	arena_init(&reader->arena, FRESH_BYTES_MAX);
	for (size_t i = 0; i < COLUMN_COUNT; i++) {
		buffer_init(&reader->segments[i], SEGMENT_SIZE_MAX);
	}
}

void store_blocks_reader_deinit(struct store_blocks_reader *reader)
{
	for (size_t i = 0; i < COLUMN_COUNT; i++) {
		buffer_deinit(&reader->segments[i]);
	}
	arena_deinit(&reader->arena);
}

static int torn(struct store_blocks_reader *reader, struct error *err)
{
	reader->torn = true;
	return error_set(err, ERROR_CORRUPT,
		"the blocks of the account %lld do not have all times up to where they should",
		(long long)reader->account_id);
}

int store_blocks_check_order(
	struct store_blocks_reader *reader, int64_t start, int64_t end, struct error *err)
{
	int64_t next = start > 0 ? start : 0, last = end - 1;

	for (size_t i = 0; i < reader->blocks_count; i++) {
		const struct store_block *block = &reader->blocks[i];

		if (i == 0 ? block->low > next : block->low != next) {
			return torn(reader, err);
		}
		next = store_block_after(block->high);
	}
	last = last < reader->up_to ? last : reader->up_to;
	return next <= last || (reader->blocks_count > 0 && next > store_block_after(reader->up_to))
		       ? torn(reader, err)
		       : 0;
}

bool store_blocks_are_worth_it(const struct store_blocks_reader *reader,
	const struct store_blocks_asked *asked, int64_t rows)
{
	int64_t calls = 0;

	for (size_t i = 0; i < reader->blocks_count; i++) {
		calls += store_block_is_read(&reader->blocks[i], asked) ? reader->blocks[i].calls
									: 0;
	}
	return calls > 0 && rows * CALLS_OF_ROW >= calls;
}

struct column_row *store_blocks_fresh(struct store_blocks_reader *reader, struct error *err)
{
	struct column_row *rows =
		arena_list_grow(&reader->arena, reader->fresh, reader->fresh_count, sizeof(*rows));

	if (!rows) {
		(void)error_no_memory(err);
		return NULL;
	}
	reader->fresh = rows;
	return &rows[reader->fresh_count];
}

int store_blocks_reserve(struct store_blocks_reader *reader, size_t count, struct error *err)
{
	reader->ranges = arena_calloc(&reader->arena, count + 1, sizeof(*reader->ranges));
	return reader->ranges ? 0 : error_no_memory(err);
}

int store_blocks_add(struct store_blocks_reader *reader, const struct store_block *block,
	size_t gone, struct error *err)
{
	if (gone > (size_t)block->calls) {
		return error_set(err, ERROR_CORRUPT,
			"block %lld: more calls are no longer in it than it has",
			(long long)block->id);
	}
	reader->ranges[reader->ranges_count++] = (struct column_range){
		.number = block->id,
		.first_start = block->first_start,
		.last_start = block->last_start,
		.calls = (uint32_t)block->calls,
		.gone = (uint32_t)gone,
	};
	return 0;
}

static int newest_first(const void *left, const void *right)
{
	const struct column_row *a = left, *b = right;

	return column_compare(&b->call, &a->call);
}

void store_blocks_finish(struct store_blocks_reader *reader)
{
	if (reader->fresh_count > 0) {
		qsort(reader->fresh, reader->fresh_count, sizeof(*reader->fresh), newest_first);
	}
	reader->calls = (struct column_calls){
		.kinds = &reader->kinds,
		.blocks = reader->ranges,
		.blocks_count = reader->ranges_count,
		.loader = {.load = load, .context = reader},
		.fresh = reader->fresh,
		.fresh_count = reader->fresh_count,
	};
}

static int check_deadline(void *context, struct error *err)
{
	return store_find_check_deadline(context, err);
}

int store_blocks_search(const struct store_blocks_reader *reader, const struct store_search *search,
	bool with_total, struct arena *arena, struct column_page *ret_page, struct error *err)
{
	const struct column_page_question question = {
		.base = {.filter = search->filter,
			.detail_after = search->detail_after,
			.check = check_deadline,
			.check_context = (void *)(uintptr_t)search},
		.after_start = search->after.start,
		.after_session_id = search->after.session_id,
		.offset = search->offset,
		.limit = search->limit,
		.with_total = with_total,
	};

	return column_search(&reader->calls, &question, arena, ret_page, err);
}

int store_column_kinds(const struct store_kind *kinds, size_t count, struct arena *arena,
	struct column_kinds *ret_kinds, struct error *err)
{
	struct column_kind *items = arena_calloc(arena, count > 0 ? count : 1, sizeof(*items));

	if (!items) {
		return error_no_memory(err);
	}
	for (size_t i = 0; i < count; i++) {
		items[i] = (struct column_kind){.id = kinds[i].id,
			.class_name = kinds[i].class_name,
			.module = kinds[i].module,
			.variable = kinds[i].variable};
	}
	*ret_kinds = (struct column_kinds){.items = items, .count = count};
	return 0;
}
