/* SPDX-License-Identifier: MIT
 * Writing statistics as /v1 does. */
#include "find/stats.h"
#include "json/json_writer.h"

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
