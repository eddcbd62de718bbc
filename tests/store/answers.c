/* SPDX-License-Identifier: MIT
 * Pages, statistics, drop-off, places and flow, as they are written. */
#include "answers.h"

#include "find/dropoff.h"
#include "find/flow.h"
#include "find/places.h"
#include "find/stats.h"

#define T MIDNIGHT

static void tell_page(struct fixture *f, const struct filter *filter, struct buffer *out)
{
	const struct store_search search = {.account_id = f->account,
		.filter = filter,
		.detail_after = -1,
		.limit = 1000,
		.with_total = true};
	struct store_page page;
	struct error err = {0};

	if (store_search(f->store, &search, &f->arena, &page, &err) < 0) {
		fail_msg("%s", err.message);
	}
	buffer_printf(out, "%lld:", (long long)page.total_calls);
	for (size_t i = 0; i < page.count; i++) {
		buffer_printf(out, " %.*s", TEXT_ARG(page.calls[i].call.session_id));
	}
	buffer_append_byte(out, '\n');
}

/* How long calls stayed where, and what differs between two times. */
static void tell_stays(struct fixture *f, const struct store_search *search, struct buffer *out)
{
	const struct flow_span compared = {T, T + 600};
	struct places_result places;
	struct flow_result flow;
	struct error err = {0};

	if (places_find(f->store, search, 100, &f->arena, &places, &err) < 0) {
		fail_msg("%s", err.message);
	}
	places_write(out, &places);
	if (flow_find(f->store, search, &compared, 100, &f->arena, &flow, &err) < 0) {
		fail_msg("%s", err.message);
	}
	flow_write(out, &flow);
}

static void tell_counts(struct fixture *f, const struct filter *filter, struct buffer *out)
{
	const struct store_search search = {
		.account_id = f->account, .filter = filter, .detail_after = -1};
	struct dropoff_result dropoff;
	struct stats_result stats;
	struct error err = {0};

	for (int group = STATS_TIME; group <= STATS_SRC; group++) {
		const struct stats_question question = {
			.group = (enum stats_group)group, .bucket_seconds = 60, .limit = 100};

		if (stats_find(f->store, &search, &question, &f->arena, &stats, &err) < 0) {
			fail_msg("%s", err.message);
		}
		stats_write(out, &stats);
	}
	if (dropoff_find(f->store, &search, 100, &f->arena, &dropoff, &err) < 0) {
		fail_msg("%s", err.message);
	}
	dropoff_write(out, &dropoff);
	tell_stays(f, &search, out);
}

struct text answers_of(struct fixture *f)
{
	static const char *const questions[][2] = {{"dest", "6177123001"}, {"dest", "*03"},
		{"src", "978*"}, {"type", "transfer"}, {"min_duration", "45"}, {"module", "queue"},
		{"class", "error"}, {"last_module", "menu"}, {"start", "1769817700"},
		{"outcome", "missed,abandoned"}, {"ended_by", "called"}, {"answered", "false"},
		{"min_talk", "20"}, {"max_talk", "10"}};
	AUTO(buffer_deinit) struct buffer out;
	struct filter filter;
	struct error err = {0};

	buffer_init(&out, SIZE_MAX);
	for (size_t i = 0; i < COUNT_OF(questions); i++) {
		filter_init(&filter);
		assert_int_equal(filter_set(&filter, text_of(questions[i][0]),
					 text_of(questions[i][1]), T, &f->arena, &err),
			1);
		tell_page(f, &filter, &out);
	}
	filter_init(&filter);
	tell_counts(f, &filter, &out);
	filter.min_duration = 20;
	tell_counts(f, &filter, &out);
	return arena_copy(&f->arena, buffer_text(&out));
}
