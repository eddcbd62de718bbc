/* SPDX-License-Identifier: MIT
 * Calls with numbers of every form, and steps of kinds that several classes share. */
#include "fixture.h"

#include <assert.h>

#include "column/best.h"
#include "column/count/flow.h"
#include "column/count/stats.h"
#include "column/count/visits.h"
#include "column/seal.h"

uint32_t dice_throw(struct dice *dice, uint32_t sides)
{
	dice->state = dice->state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(dice->state >> 33) % sides;
}

static const struct column_kind kinds[] = {
	{1, TEXT("info"), TEXT("menu"), TEXT("main")},
	{2, TEXT("prompt"), TEXT("menu"), TEXT("main")},
	{3, TEXT("error"), TEXT("menu"), TEXT("help")},
	{5, TEXT("info"), TEXT("queue"), TEXT("")},
	{8, TEXT("info"), TEXT("queue"), TEXT("pin")},
	{9, TEXT("prompt"), TEXT("digits"), TEXT("pin")},
	{300, TEXT("error"), TEXT(""), TEXT("")},
	{301, TEXT("info"), TEXT("hangup"), TEXT("")},
	{302, TEXT("info"), TEXT("hangup"), TEXT("main")},
	{70000, TEXT("debug"), TEXT("transfer"), TEXT("main")},
};
const struct column_kinds fixture_kinds = {.items = kinds, .count = COUNT_OF(kinds)};

static const char *const odd_numbers[] = {"+617 712-3002", "sales", "*98", "sip:+6177123002@pbx",
	"617/7123\302\240003", "011 617 712 3002", "01161771", "+6177123001", "6177123001",
	"006177123001", "1", "12345678901234", "123456789012345", "+12345678901234567890",
	"Outbound", "", "Anonymous", "sip:unknown@pbx", "*67", "5551267"};

static struct text make_number(struct dice *dice, struct arena *arena)
{
	if (dice_throw(dice, 4) == 0) {
		return text_of(odd_numbers[dice_throw(dice, COUNT_OF(odd_numbers))]);
	}
	switch (dice_throw(dice, 6)) {
	case 0:
		return arena_printf(arena, "61771230%02u", dice_throw(dice, 100));
	case 1:
		return arena_printf(arena, "+161771230%02u", dice_throw(dice, 100));
	case 2:
		return arena_printf(arena, "004930%04u", dice_throw(dice, 10000));
	case 3:
		return arena_printf(arena, "%u", dice_throw(dice, 1000));
	case 4:
		return arena_printf(arena, "0%u", dice_throw(dice, 100));
	default:
		return arena_printf(arena, "8199022%04u", dice_throw(dice, 10000));
	}
}

static int64_t make_duration(struct dice *dice)
{
	static const int64_t durations[] = {0, 59, 60, 4095, 4096, 65534, 65535, 65536, 5000000000};

	return dice_throw(dice, 8) == 0 ? durations[dice_throw(dice, COUNT_OF(durations))]
					: dice_throw(dice, 100);
}

uint32_t fixture_place(uint32_t kind)
{
	uint32_t at = 0, place = 0;

	while (kinds[at].id != kind) {
		at++;
	}
	while (!text_equal(kinds[place].module, kinds[at].module) ||
		!text_equal(kinds[place].variable, kinds[at].variable)) {
		place++;
	}
	return text_equal(kinds[at].module, TEXT("hangup")) ? FIXTURE_NO_PLACE : place;
}

static int64_t make_stay(struct dice *dice)
{
	static const int64_t stays[] = {253, 254, 255, 256, 4095, 4096, 4097, 5000000000};

	return dice_throw(dice, 6) == 0 ? stays[dice_throw(dice, COUNT_OF(stays))]
					: dice_throw(dice, 8);
}

void fixture_stays(struct dice *dice, struct column_row *row, struct arena *arena)
{
	static const uint32_t inputs[] = {1, 1, 1, 2, 14, 15, 16, 300};
	struct column_visit *visits = arena_calloc(arena, row->call.steps + 1, sizeof(*visits));
	struct column_stays *stays = arena_calloc(arena, 1, sizeof(*stays));
	uint32_t at = FIXTURE_NO_PLACE;

	assert(visits && stays);
	*stays = (struct column_stays){.wait = make_stay(dice), .visits = visits};
	for (uint32_t i = 0; i < row->call.steps; i++) {
		uint32_t place = fixture_place(row->kinds[i]);

		if (place != FIXTURE_NO_PLACE && place != at) {
			at = place;
			visits[stays->count++].seconds = make_stay(dice);
		}
		if (stays->count > 0 && dice_throw(dice, 6) == 0) {
			visits[stays->count - 1].no_input = inputs[dice_throw(dice, 8)];
		}
		if (stays->count > 0 && dice_throw(dice, 6) == 0) {
			visits[stays->count - 1].wrong_input = inputs[dice_throw(dice, 8)];
		}
	}
	stays->wait = stays->count > 0 ? stays->wait : 0;
	row->stays = row->call.steps > 0 ? stays : NULL;
}

static void make_steps(struct dice *dice, struct column_row *row, struct arena *arena)
{
	uint32_t steps = dice_throw(dice, 7);
	uint32_t *ids = arena_calloc(arena, steps, sizeof(*ids));

	assert(ids);
	for (uint32_t i = 0; i < steps; i++) {
		ids[i] = kinds[dice_throw(dice, COUNT_OF(kinds))].id;
	}
	row->call.has_detail = true;
	row->call.steps = steps;
	row->kinds = ids;
	fixture_stays(dice, row, arena);
}

/* How the call went, as some senders tell it and some do not. */
static void make_course(struct dice *dice, struct call *call)
{
	static const int64_t talks[] = {1, 255, 256, 65536, 5000000000};

	if (dice_throw(dice, 3) > 0) {
		call->outcome = (enum call_outcome)dice_throw(dice, CALL_COMPLETED + 1);
		call->ended_by = (enum call_ended_by)dice_throw(dice, CALL_ENDED_BY_SYSTEM + 1);
	}
	if (dice_throw(dice, 3) == 0) {
		call->answered = call->start + dice_throw(dice, 100) - 20;
	}
	if (dice_throw(dice, 3) == 0) {
		call->talk = dice_throw(dice, 8) ? dice_throw(dice, 60)
						 : talks[dice_throw(dice, COUNT_OF(talks))];
	}
	call->told = dice_throw(dice, 2) ? dice_throw(dice, 16) : 0;
}

struct column_row fixture_row(
	struct dice *dice, uint32_t number, uint32_t span, struct arena *arena)
{
	struct column_row row = {.id = number + dice_throw(dice, 3) * INT64_C(1000000)};

	row.call.session_id = arena_printf(arena, "s%u", number);
	row.call.dest = make_number(dice, arena);
	row.call.src = make_number(dice, arena);
	row.call.start = FIXTURE_START + dice_throw(dice, span);
	row.call.end = row.call.start + make_duration(dice);
	row.call.type = (enum call_type)dice_throw(dice, 3);
	make_course(dice, &row.call);
	if (dice_throw(dice, 5) > 0) {
		make_steps(dice, &row, arena);
	}
	return row;
}

static int in_order(const void *left, const void *right)
{
	const struct column_row *a = left, *b = right;

	return column_compare(&a->call, &b->call);
}

void fixture_sort(struct column_row *rows, size_t count)
{
	if (count > 0) {
		qsort(rows, count, sizeof(*rows), in_order);
	}
}

struct column_row *fixture_rows(
	struct dice *dice, uint32_t count, uint32_t span, struct arena *arena)
{
	struct column_row *rows = arena_calloc(arena, count, sizeof(*rows));

	assert(rows);
	for (uint32_t i = 0; i < count; i++) {
		rows[i] = fixture_row(dice, i, span, arena);
	}
	fixture_sort(rows, count);
	return rows;
}

int fixture_load(void *context, size_t block, enum column_id column, struct text *ret_segment,
	struct error *err)
{
	const struct fixture_blocks *blocks = context;
	const struct buffer *buffer = &blocks->blobs[block].columns[column];

	(void)err;
	*ret_segment = buffer->size > 0 ? buffer_text(buffer) : (struct text){0};
	return 0;
}

/* ---- asking all ---- */

struct asking {
	struct fixture_blocks *blocks;
	struct column_range range;
	struct column_calls calls;
	struct arena arena;
	enum error_code code; /* of the first error */
};

static void note(struct asking *asking, int status, const struct error *err)
{
	if (status < 0 && asking->code == ERROR_NONE) {
		asking->code = err->code;
	}
}

/* @group is the first of the groups that are counted. */
static void ask_orders(struct asking *asking, const struct column_question *question)
{
	for (int by = COLUMN_ORDER_DURATION; by <= COLUMN_ORDER_STEPS; by++) {
		const struct column_order order = {(enum column_order_by)by, by % 2};
		struct column_best best;
		struct error err = {0};

		column_best_init(&best, &order, 10);
		note(asking, column_best_find(&best, &asking->calls, question, &err), &err);
		column_best_deinit(&best);
	}
}

static void ask_one(
	struct asking *asking, const struct filter *filter, int64_t detail_after, int group)
{
	struct column_page_question page = {
		.base = {.filter = filter, .detail_after = detail_after},
		.limit = 10000,
		.with_total = true,
	};
	struct column_page found;
	struct column_dropoff dropoff;
	struct column_flow flow;
	struct column_stats stats;
	struct error err = {0};

	note(asking, column_search(&asking->calls, &page, &asking->arena, &found, &err), &err);
	note(asking, column_dropoff(&asking->calls, &page.base, &asking->arena, &dropoff, &err),
		&err);
	note(asking, column_flow(&asking->calls, &page.base, true, &asking->arena, &flow, &err),
		&err);
	ask_orders(asking, &page.base);
	for (; group <= COLUMN_BY_SRC; group++) {
		struct column_stats_question question = {
			.base = page.base,
			.group = (enum column_group)group,
			.by_two = group == COLUMN_BY_TIME || group == COLUMN_BY_SRC,
			.second = COLUMN_BY_OUTCOME,
			.bucket_seconds = 60,
			.buckets_max = 100000,
			.limit = 10,
		};

		note(asking,
			column_stats(&asking->calls, &question, (size_t)64 << 20, &asking->arena,
				&stats, &err),
			&err);
	}
	arena_deinit(&asking->arena);
}

static void ask_filters(struct asking *asking)
{
	static const struct {
		const char *name, *value;
	} filters[] = {{"dest", "*3001"}, {"src", "617*"}, {"dest", "*712*,sales"},
		{"src", "6177123001"}, {"type", "inbound"}, {"min_duration", "60"},
		{"module", "menu"}, {"last_module", "queue"}, {"outcome", "missed,answered"},
		{"ended_by", "caller"}, {"answered", "false"}, {"max_talk", "30"}};

	for (size_t i = 0; i <= COUNT_OF(filters); i++) {
		AUTO(arena_deinit) struct arena arena;
		struct filter filter;

		arena_init(&arena, SIZE_MAX);
		filter_init(&filter);
		if (i < COUNT_OF(filters)) {
			int set = filter_set(&filter, text_of(filters[i].name),
				text_of(filters[i].value), 0, &arena, NULL);

			assert(set == 1);
			(void)set;
		}
		ask_one(asking, &filter, i % 2 ? -1 : FIXTURE_START + 100,
			i % 3 ? COLUMN_BY_OUTCOME : COLUMN_BY_TIME);
	}
}

enum error_code fixture_ask_all(struct fixture_blocks *blocks)
{
	struct asking asking = {.blocks = blocks};
	struct column_block block;
	struct error err = {0};

	arena_init(&asking.arena, (size_t)256 << 20);
	asking.calls = (struct column_calls){
		.kinds = &fixture_kinds,
		.blocks = &asking.range,
		.blocks_count = 1,
		.loader = {.load = fixture_load, .context = blocks},
	};
	asking.range = (struct column_range){
		.number = 7, .first_start = 0, .last_start = INT64_MAX, .calls = 1};
	ask_filters(&asking);
	if (column_block_open(&block, &asking.calls.loader, 0, 7, &err) < 0) {
		note(&asking, -1, &err);
	} else {
		note(&asking, column_block_check(&block, &fixture_kinds, &err), &err);
	}
	return asking.code;
}
