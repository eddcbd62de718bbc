/* SPDX-License-Identifier: MIT
 * From counts to the result: which groups it has, and their percentiles. */
#include "find/stats.h"
#include "json/json_writer.h"

/* The groups that the result has, in its order. */
struct chosen {
	uint32_t *groups;
	size_t count;
};

static struct text key_of(const struct stats *stats, uint32_t group)
{
	return stats->question.group == STATS_TIME ? (struct text){0} : stats->keys.texts[group];
}

static int compare_groups(const void *left, const void *right, void *context)
{
	const struct stats *stats = context;
	uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
	int64_t calls_a = stats->counts[a].calls, calls_b = stats->counts[b].calls;

	if (calls_a != calls_b) {
		return calls_a > calls_b ? -1 : 1;
	}
	return text_compare(stats->keys.texts[a], stats->keys.texts[b]);
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
	bool by_time = stats->question.group == STATS_TIME;
	size_t room = by_time ? stats->count : 2 * stats->question.limit;

	chosen->groups = arena_calloc(&stats->arena, room, sizeof(*chosen->groups));
	if (!chosen->groups) {
		return false;
	}
	if (!by_time) {
		choose_best(stats, chosen, stats->question.limit);
		return true;
	}
	for (; chosen->count < stats->count; chosen->count++) {
		chosen->groups[chosen->count] = (uint32_t)(stats->count - 1 - chosen->count);
	}
	return true;
}

static int compare_durations(const void *left, const void *right)
{
	const struct pair *a = left, *b = right;

	if (a->a != b->a) {
		return a->a < b->a ? -1 : 1;
	}
	return a->b < b->b ? -1 : a->b > b->b;
}

/* The smallest duration that at least @percent of the calls do not exceed: nearest rank. */
static int64_t percentile(const struct pair *durations, int64_t calls, int64_t percent)
{
	int64_t rank = calls / 100 * percent + (calls % 100 * percent + 99) / 100;

	while (durations->count < rank) {
		rank -= durations->count;
		durations++;
	}
	return durations->b;
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
		qsort(items, count, sizeof(*items), compare_durations);
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
			entry->p50 = percentile(&items[i], entry->calls, 50);
			entry->p95 = percentile(&items[i], entry->calls, 95);
		}
	}
	return true;
}

static bool fill_entries(const struct stats *stats, const struct chosen *chosen,
	struct arena *arena, struct stats_entry *entries)
{
	for (size_t i = 0; i < chosen->count; i++) {
		const struct stats_counts *counts = &stats->counts[chosen->groups[i]];
		struct text key = arena_copy(arena, key_of(stats, chosen->groups[i]));

		if (!key.data) {
			return false;
		}
		entries[i] = (struct stats_entry){
			.key = key,
			.time = counts->time,
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

static const char *bucket_name(int64_t seconds)
{
	return seconds == 60 ? "minute" : (seconds == 3600 ? "hour" : "day");
}

static void write_entry(struct buffer *buffer, const struct stats_question *question,
	const struct stats_entry *entry)
{
	buffer_append(buffer, TEXT("{\"key\":"));
	if (question->group == STATS_TIME) {
		buffer_append_int64(buffer, entry->time);
	} else {
		json_write_string(buffer, entry->key);
	}
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

	buffer_printf(buffer, "{\"group\":\"%s\",", stats_group_name(question->group));
	if (question->group == STATS_TIME) {
		buffer_printf(buffer,
			"\"bucket\":\"%s\",\"zone\":", bucket_name(question->bucket_seconds));
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
	if (stats_is_of_steps(question->group)) {
		scan_steps_write(buffer, &result->steps);
	}
	buffer_append_byte(buffer, '}');
}
