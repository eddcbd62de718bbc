/* SPDX-License-Identifier: MIT
 * From counts to the result: which groups it has, and their percentiles. */
#include "call/call_csv.h"
#include "find/stats.h"
#include "json/json_writer.h"

/* The groups that the result has, in its order. */
struct chosen {
	uint32_t *groups;
	size_t count;
};

/* What @group is on the axis @axis. */
static uint32_t number_on(const struct stats *stats, uint32_t group, size_t axis)
{
	const struct pair *pair;

	if (stats->axes_count == 1) {
		return group;
	}
	pair = &stats->groups.items[group];
	return axis == 0 ? pair->a : (uint32_t)pair->b;
}

static struct text key_of(const struct stats *stats, uint32_t group, size_t axis)
{
	if (axis >= stats->axes_count || stats->axes[axis].group == STATS_TIME) {
		return TEXT("");
	}
	return stats->axes[axis].keys.texts[number_on(stats, group, axis)];
}

/* 0 where no axis is the time. */
static int64_t time_of(const struct stats *stats, uint32_t group)
{
	for (size_t i = 0; i < stats->axes_count; i++) {
		if (stats->axes[i].group == STATS_TIME) {
			return stats->axes[i].times[number_on(stats, group, i)];
		}
	}
	return 0;
}

/* The largest first. */
static int compare_groups(const void *left, const void *right, void *context)
{
	const struct stats *stats = context;
	uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
	int64_t calls_a = stats->counts[a].calls, calls_b = stats->counts[b].calls;
	int64_t time_a = time_of(stats, a), time_b = time_of(stats, b);
	int order = text_compare(key_of(stats, a, 0), key_of(stats, b, 0));

	if (calls_a != calls_b) {
		return calls_a > calls_b ? -1 : 1;
	}
	if (time_a != time_b) {
		return time_a < time_b ? -1 : 1;
	}
	return order != 0 ? order : text_compare(key_of(stats, a, 1), key_of(stats, b, 1));
}

static int compare_times(const void *left, const void *right, void *context)
{
	int64_t a = time_of(context, *(const uint32_t *)left);
	int64_t b = time_of(context, *(const uint32_t *)right);

	return a != b ? (a < b ? -1 : 1) : compare_groups(left, right, context);
}

/* Sorts what is in @chosen and leaves the first @limit. */
static void keep_best(struct stats *stats, struct chosen *chosen, size_t limit)
{
	qsort_r(chosen->groups, chosen->count, sizeof(*chosen->groups), compare_groups, stats);
	chosen->count = chosen->count < limit ? chosen->count : limit;
}

/* The best of however many groups, in room for twice the limit. Groups that no call is in come from
 * kinds that no call of this result has. */
static void choose_best(struct stats *stats, struct chosen *chosen, size_t limit)
{
	for (uint32_t i = 0; i < stats->count; i++) {
		if (stats->counts[i].calls == 0) {
			continue;
		}
		if (chosen->count == 2 * limit) {
			keep_best(stats, chosen, limit);
		}
		chosen->groups[chosen->count++] = i;
	}
	keep_best(stats, chosen, limit);
}

static bool choose(struct stats *stats, struct chosen *chosen)
{
	const struct stats_question *question = &stats->question;
	/* Those of the time alone are all there. */
	bool all = question->group == STATS_TIME && !question->by_two;
	size_t limit = all ? STATS_BUCKETS_MAX : question->limit;
	size_t room = stats->count < 2 * limit ? stats->count : 2 * limit;

	chosen->groups = arena_calloc(&stats->arena, room, sizeof(*chosen->groups));
	if (!chosen->groups) {
		return false;
	}
	choose_best(stats, chosen, limit);
	if (stats_is_of_time(question) && chosen->count > 0) {
		qsort_r(chosen->groups, chosen->count, sizeof(*chosen->groups), compare_times,
			stats);
	}
	return true;
}

/* Brings the durations of the chosen groups to the front of all, each group's together and sorted.
 * They get the group's place in the result instead of its number. The table is of no use after
 * that. */
static bool sort_durations(struct stats *stats, const struct chosen *chosen, size_t *ret_count)
{
	struct pair *items = stats->durations.items;
	uint32_t *places = arena_calloc(&stats->arena, stats->count, sizeof(*places));
	size_t count = 0;

	if (!places) {
		return false;
	}
	for (size_t i = 0; i < chosen->count; i++) {
		places[chosen->groups[i]] = (uint32_t)i + 1;
	}
	for (size_t i = 0; i < stats->durations.count; i++) {
		uint32_t place = places[items[i].a];

		if (place > 0) {
			items[count] = items[i];
			items[count++].a = place - 1;
		}
	}
	if (count > 0) {
		qsort(items, count, sizeof(*items), pairs_compare);
	}
	*ret_count = count;
	return true;
}

static bool fill_percentiles(
	struct stats *stats, const struct chosen *chosen, struct stats_entry *entries)
{
	const struct pair *items = stats->durations.items;
	size_t count;

	if (stats->question.calls_only) {
		return true;
	}
	if (!sort_durations(stats, chosen, &count)) {
		return false;
	}
	for (size_t i = 0; i < count; i++) {
		struct stats_entry *entry = &entries[items[i].a];

		if (i == 0 || items[i - 1].a != items[i].a) {
			entry->p50 = pairs_percentile(&items[i], entry->calls, 50);
			entry->p95 = pairs_percentile(&items[i], entry->calls, 95);
		}
	}
	return true;
}

static bool fill_entries(const struct stats *stats, const struct chosen *chosen,
	struct arena *arena, struct stats_entry *entries)
{
	for (size_t i = 0; i < chosen->count; i++) {
		uint32_t group = chosen->groups[i];
		const struct stats_counts *counts = &stats->counts[group];
		struct text key = arena_copy(arena, key_of(stats, group, 0));
		struct text second = arena_copy(arena, key_of(stats, group, 1));

		if (!key.data || !second.data) {
			return false;
		}
		entries[i] = (struct stats_entry){
			.key = key,
			.second = second,
			.time = time_of(stats, group),
			.calls = counts->calls,
			.steps = counts->steps,
			.duration_sum = counts->duration_sum,
		};
	}
	return true;
}

static int64_t count_groups(const struct stats *stats)
{
	int64_t groups = 0;

	for (size_t i = 0; i < stats->count; i++) {
		groups += stats->counts[i].calls > 0;
	}
	return groups;
}

int stats_finish(struct stats *stats, struct arena *arena, struct stats_result *ret_result,
	struct error *err)
{
	struct chosen chosen = {0};
	struct stats_entry *entries;

	if (!choose(stats, &chosen)) {
		return stats_no_room(stats, err);
	}
	entries = arena_calloc(arena, chosen.count, sizeof(*entries));
	if (!entries || !fill_entries(stats, &chosen, arena, entries) ||
		!fill_percentiles(stats, &chosen, entries)) {
		return stats_no_room(stats, err);
	}
	*ret_result = (struct stats_result){
		.question = stats->question,
		.entries = entries,
		.count = chosen.count,
		.entries_total = count_groups(stats),
		.total_calls = stats->calls,
	};
	return 0;
}

/* ---- the document ---- */

static void write_key(struct buffer *buffer, const struct stats_entry *entry,
	enum stats_group group, struct text key)
{
	if (group == STATS_TIME) {
		buffer_append_int64(buffer, entry->time);
	} else {
		json_write_string(buffer, key);
	}
}

static void write_keys(struct buffer *buffer, const struct stats_question *question,
	const struct stats_entry *entry)
{
	if (!question->by_two) {
		write_key(buffer, entry, question->group, entry->key);
		return;
	}
	buffer_append_byte(buffer, '[');
	write_key(buffer, entry, question->group, entry->key);
	buffer_append_byte(buffer, ',');
	write_key(buffer, entry, question->second, entry->second);
	buffer_append_byte(buffer, ']');
}

static void write_entry(struct buffer *buffer, const struct stats_question *question,
	const struct stats_entry *entry)
{
	buffer_append(buffer, TEXT("{\"key\":"));
	write_keys(buffer, question, entry);
	json_add_number(buffer, "calls", entry->calls);
	if (!question->calls_only) {
		json_add_number(buffer, "steps", entry->steps);
		buffer_append(buffer, TEXT(",\"duration\":{"));
		json_add_number(buffer, "sum", entry->duration_sum);
		json_add_number(buffer, "p50", entry->p50);
		json_add_number(buffer, "p95", entry->p95);
		buffer_append_byte(buffer, '}');
	}
	buffer_append_byte(buffer, '}');
}

void stats_write(struct buffer *buffer, const struct stats_result *result)
{
	const struct stats_question *question = &result->question;

	buffer_printf(buffer, "{\"group\":\"%s%s%s\",", stats_group_name(question->group),
		question->by_two ? "," : "",
		question->by_two ? stats_group_name(question->second) : "");
	if (stats_is_of_time(question)) {
		buffer_printf(buffer,
			"\"bucket\":\"%s\",\"zone\":", stats_bucket_name(question->bucket_seconds));
		json_write_string(buffer, question->zone ? question->zone_name : TEXT("UTC"));
		buffer_append_byte(buffer, ',');
	}
	buffer_append(buffer, TEXT("\"groups\":["));
	for (size_t i = 0; i < result->count; i++) {
		json_write_comma(buffer);
		write_entry(buffer, question, &result->entries[i]);
	}
	buffer_append(buffer, TEXT("]"));
	json_add_number(buffer, "groups_total", result->entries_total);
	json_add_number(buffer, "total_calls", result->total_calls);
	if (stats_is_of_steps(question)) {
		scan_steps_write(buffer, &result->steps);
	}
	buffer_append_byte(buffer, '}');
}

/* ---- as CSV ---- */

static void write_title(struct buffer *buffer, enum stats_group group)
{
	buffer_append(buffer, text_of(stats_group_name(group)));
	buffer_append(buffer, group == STATS_TIME ? TEXT(",time_iso,") : TEXT(","));
}

static void write_cell(struct buffer *buffer, const struct stats_entry *entry,
	enum stats_group group, struct text key)
{
	if (group == STATS_TIME) {
		call_csv_write_time(buffer, entry->time, NULL);
		return;
	}
	call_csv_write_text(buffer, key, false);
	buffer_append_byte(buffer, ',');
}

static void write_row(struct buffer *buffer, const struct stats_question *question,
	const struct stats_entry *entry)
{
	write_cell(buffer, entry, question->group, entry->key);
	if (question->by_two) {
		write_cell(buffer, entry, question->second, entry->second);
	}
	buffer_append_int64(buffer, entry->calls);
	if (!question->calls_only) {
		buffer_printf(buffer, ",%lld,%lld,%lld,%lld", (long long)entry->steps,
			(long long)entry->duration_sum, (long long)entry->p50,
			(long long)entry->p95);
	}
	buffer_append(buffer, TEXT("\r\n"));
}

void stats_write_csv(struct buffer *buffer, const struct stats_result *result)
{
	const struct stats_question *question = &result->question;

	write_title(buffer, question->group);
	if (question->by_two) {
		write_title(buffer, question->second);
	}
	buffer_append(buffer, TEXT("calls"));
	if (!question->calls_only) {
		buffer_append(buffer, TEXT(",steps,duration_sum,duration_p50,duration_p95"));
	}
	buffer_append(buffer, TEXT("\r\n"));
	for (size_t i = 0; i < result->count; i++) {
		write_row(buffer, question, &result->entries[i]);
	}
}
