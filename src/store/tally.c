/* SPDX-License-Identifier: MIT
 * Tallies: cutting windows into whole buckets and adding changes up by bucket. */
#include "store/tally.h"

static const int64_t unit_seconds[TALLY_UNITS] = {
	[TALLY_MINUTE] = 60,
	[TALLY_HOUR] = 3600,
	[TALLY_DAY] = 86400,
	[TALLY_32_DAYS] = 32 * 86400,
};

int64_t tally_unit_seconds(enum tally_unit unit)
{
	return unit_seconds[unit];
}

static int64_t round_down(int64_t time, enum tally_unit unit)
{
	return time - time % unit_seconds[unit];
}

/* The end of the window stands in for a bucket that would begin beyond what an int64_t holds. */
static int64_t round_up(int64_t time, enum tally_unit unit, int64_t window_end)
{
	int64_t down = round_down(time, unit);

	if (down == time) {
		return time;
	}
	return down > INT64_MAX - unit_seconds[unit] ? window_end : down + unit_seconds[unit];
}

static size_t split(
	int coarsest, int64_t start, int64_t end, struct tally_span *spans, size_t count)
{
	enum tally_unit unit = (enum tally_unit)coarsest;
	int64_t first, last;

	if (start >= end) {
		return count;
	}
	if (coarsest < TALLY_MINUTE) {
		spans[count] = (struct tally_span){TALLY_UNITS, start, end};
		return count + 1;
	}
	first = round_up(start, unit, end);
	last = round_down(end, unit);
	if (first >= last) {
		return split(coarsest - 1, start, end, spans, count);
	}
	count = split(coarsest - 1, start, first, spans, count);
	spans[count++] = (struct tally_span){unit, first, last};
	return split(coarsest - 1, last, end, spans, count);
}

size_t tally_split(int64_t start, int64_t end, struct tally_span spans[TALLY_SPANS_MAX])
{
	return split(TALLY_UNITS - 1, start, end, spans, 0);
}

void tally_pass_span(struct tally_passing *passing, const struct tally_span *span, int64_t calls)
{
	if (passing->found) {
		return;
	}
	passing->found = calls > passing->left;
	if (passing->found) {
		passing->span = *span;
	} else {
		passing->left -= calls;
	}
}

bool tally_pass_bucket(struct tally_passing *passing, int64_t bucket, int64_t calls)
{
	enum tally_unit unit = passing->span.unit;

	if (bucket != passing->bucket) {
		passing->left -= passing->calls;
		passing->calls = 0;
		passing->bucket = bucket;
	}
	passing->calls += calls;
	if (passing->calls <= passing->left) {
		return false;
	}
	passing->calls = 0;
	passing->span = (struct tally_span){
		.unit = unit == TALLY_MINUTE ? TALLY_UNITS : (enum tally_unit)(unit - 1),
		.start = bucket,
		.end = bucket + unit_seconds[unit],
	};
	return true;
}

static int compare_int64(int64_t a, int64_t b)
{
	return (a > b) - (a < b);
}

static int by_start(const void *left, const void *right)
{
	const struct tally_change *a = left, *b = right;
	int order = compare_int64(a->account_id, b->account_id);

	return order != 0 ? order : compare_int64(a->start, b->start);
}

static int by_dest(const void *left, const void *right)
{
	const struct tally_change *a = left, *b = right;
	int order = compare_int64(a->account_id, b->account_id);

	if (order == 0) {
		order = text_compare(a->dest_key, b->dest_key);
	}
	return order != 0 ? order : compare_int64(a->start, b->start);
}

static bool same_bucket(const struct tally_delta *delta, const struct tally_change *change)
{
	return delta->account_id == change->account_id &&
	       delta->bucket == round_down(change->start, delta->unit) &&
	       (delta->is_all || text_equal(delta->dest_key, change->dest_key));
}

struct pass {
	int (*each)(void *context, const struct tally_delta *delta, struct error *err);
	void *context;
	bool is_all;
	enum tally_unit unit;
};

/* Goes once over the sorted changes, adding up those of one bucket. */
static int add_up(const struct tally_change *changes, size_t count, const struct pass *pass,
	struct error *err)
{
	size_t i = 0;

	while (i < count) {
		struct tally_delta delta = {
			.account_id = changes[i].account_id,
			.is_all = pass->is_all,
			.dest_key = pass->is_all ? TEXT("") : changes[i].dest_key,
			.unit = pass->unit,
			.bucket = round_down(changes[i].start, pass->unit),
		};

		for (; i < count && same_bucket(&delta, &changes[i]); i++) {
			delta.calls += changes[i].calls;
		}
		if (delta.calls != 0 && pass->each(pass->context, &delta, err) < 0) {
			return -1;
		}
	}
	return 0;
}

int tally_add_up(struct tally_change *changes, size_t count,
	int (*each)(void *context, const struct tally_delta *delta, struct error *err),
	void *context, struct error *err)
{
	if (count == 0) {
		return 0;
	}
	for (int is_all = 1; is_all >= 0; is_all--) {
		qsort(changes, count, sizeof(*changes), is_all ? by_start : by_dest);
		for (int unit = TALLY_MINUTE; unit < TALLY_UNITS; unit++) {
			struct pass pass = {each, context, is_all, (enum tally_unit)unit};

			if (add_up(changes, count, &pass, err) < 0) {
				return -1;
			}
		}
	}
	return 0;
}
