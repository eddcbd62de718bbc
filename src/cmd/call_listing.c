/* SPDX-License-Identifier: MIT
 * The columns of calls. */
#include "cmd/call_listing.h"

void call_listing_init(struct listing *listing, const struct view *view, struct arena *arena)
{
	static const struct listing_column columns[] = {{"START", false}, {"LENGTH", true},
		{"TYPE", false}, {"FROM", false}, {"TO", false}, {"STEPS", true},
		{"SESSION", false}, {"OUTCOME", false}};

	listing_init(listing, view, arena, columns, COUNT_OF(columns));
}

void call_listing_add(struct listing *listing, const struct call *call)
{
	listing_time(listing, call->start);
	listing_duration(listing, call->end - call->start);
	listing_cell(listing, text_of(call_type_name(call->type)));
	listing_cell(listing, call->src);
	listing_cell(listing, call->dest);
	if (call->has_detail) {
		listing_number(listing, call->steps);
	} else {
		listing_cell(listing, TEXT("-"));
	}
	listing_cell(listing, call->session_id);
	/* Behind all others, so that these stay where programs look for them. */
	listing_cell(listing, call->outcome == CALL_NO_OUTCOME
				      ? TEXT("-")
				      : call_outcome_names.items[call->outcome]);
}

void call_listing_count(
	const struct view *view, int64_t offset, size_t count, int64_t all, const char *what)
{
	char first[NUMBER_SIZE], last[NUMBER_SIZE], number[NUMBER_SIZE];
	FILE *stream = listing_beside(view);

	number_format(all, number);
	if (count == 0) {
		fprintf(stream, "none of %s %s", number, what);
		return;
	}
	fprintf(stream, "%s–%s of %s %s", number_format(offset + 1, first),
		number_format(offset + (int64_t)count, last), number, what);
}

void call_listing_steps(const struct view *view, int64_t all, const struct scan_steps *steps)
{
	char number[NUMBER_SIZE], with[NUMBER_SIZE], over[NUMBER_SIZE], without[NUMBER_SIZE];
	FILE *stream = listing_beside(view);

	fprintf(stream, "; %s calls", number_format(all, number));
	if (steps->over_days + steps->without_steps > 0) {
		fprintf(stream,
			", %s of them with steps (%s are over their days, %s never had any)",
			number_format(steps->with_steps, with),
			number_format(steps->over_days, over),
			number_format(steps->without_steps, without));
	}
	fputc('\n', stream);
}
