/* SPDX-License-Identifier: MIT
 * Sorting a call's rows: a merge sort of their list, so that many rows of one time cost no more
 * than others. */
#include "intake/sources/asterisk/cel_call.h"

typedef int compare_rows(const struct cel_row *a, const struct cel_row *b);

static int compare_numbers(int64_t a, int64_t b)
{
	return (a > b) - (a < b);
}

static int by_arrival(const struct cel_row *a, const struct cel_row *b)
{
	return compare_numbers(a->arrival, b->arrival);
}

static int by_time(const struct cel_row *a, const struct cel_row *b)
{
	int order = compare_numbers(a->time_us, b->time_us);

	return order ? order : compare_numbers(a->arrival, b->arrival);
}

/* Equal rows stand side by side then. */
static int by_content(const struct cel_row *a, const struct cel_row *b)
{
	int order = compare_numbers(a->time_us, b->time_us);

	if (order == 0) {
		order = (a->hash > b->hash) - (a->hash < b->hash);
	}
	return order ? order : compare_numbers(a->arrival, b->arrival);
}

/* Takes the first run of at most @size rows off the front of @rest. */
static struct cel_row *take_run(struct cel_row **rest, size_t size)
{
	struct cel_row *run = *rest, *last = NULL;

	for (size_t i = 0; i < size && *rest; i++) {
		last = *rest;
		*rest = last->after;
	}
	if (last) {
		last->after = NULL;
	}
	return run;
}

/* Merges two sorted runs behind @link; returns where the next one goes. */
static struct cel_row **merge(
	struct cel_row **link, struct cel_row *a, struct cel_row *b, compare_rows *compare)
{
	while (a || b) {
		struct cel_row **from = !b || (a && compare(a, b) <= 0) ? &a : &b;

		*link = *from;
		*from = (*from)->after;
		link = &(*link)->after;
	}
	*link = NULL;
	return link;
}

static void sort(struct cel_call *call, compare_rows *compare)
{
	bool merged = true;

	for (size_t size = 1; merged; size *= 2) {
		struct cel_row *rest = call->first, **link = &call->first;

		merged = false;
		while (rest) {
			struct cel_row *a = take_run(&rest, size);
			struct cel_row *b = take_run(&rest, size);

			merged |= b != NULL;
			link = merge(link, a, b, compare);
		}
	}
}

static bool is_equal(const struct cel_row *a, const struct cel_row *b)
{
	if (a->hash != b->hash || a->time_us != b->time_us) {
		return false;
	}
	for (int i = 0; i < CEL_FIELDS; i++) {
		if (!text_equal(a->field[i], b->field[i])) {
			return false;
		}
	}
	return true;
}

static void drop_doubles(struct cel_call *call)
{
	for (struct cel_row *row = call->first; row; row = row->after) {
		while (row->after && is_equal(row, row->after)) {
			row->after = row->after->after;
		}
	}
}

static void reverse(struct cel_call *call)
{
	for (struct cel_row *row = call->first; row; row = row->after) {
		row->arrival = -row->arrival;
	}
}

/* The last row, and the channels, which know what their first rows say. */
static void settle(struct cel_call *call)
{
	struct cel_channel **link = &call->channels;

	for (struct cel_channel *channel = call->channels; channel; channel = channel->next) {
		cel_channel_forget(channel);
	}
	for (struct cel_row *row = call->first; row; row = row->after) {
		call->last = row;
		if (!row->channel->is_known) {
			*link = row->channel;
			link = &row->channel->next;
		}
		cel_channel_learn(row->channel, row);
	}
	*link = NULL;
}

void cel_call_order(struct cel_call *call, bool newest_first)
{
	if (!call->first) {
		return;
	}
	if (call->back == call->forward ? newest_first : call->back > call->forward) {
		reverse(call);
	}
	sort(call, by_content);
	drop_doubles(call);
	sort(call, by_time);
	settle(call);
}

void cel_call_reopen(struct cel_call *call)
{
	if (call->first && call->first->arrival < 0) {
		reverse(call);
	}
	sort(call, by_arrival);
	for (struct cel_row *row = call->first; row; row = row->after) {
		call->last = row;
	}
}
