/* SPDX-License-Identifier: MIT
 * The document of places. */
#include "find/places.h"
#include "json/json_writer.h"

double places_share(const struct places_result *result, const struct places_entry *entry)
{
	return result->seconds_total > 0 ? (double)entry->seconds / (double)result->seconds_total
					 : 0;
}

static void write_slowest(struct buffer *buffer, const struct places_entry *entry)
{
	buffer_append(buffer, TEXT(",\"slowest\":["));
	for (size_t i = 0; i < entry->slowest_count; i++) {
		json_write_comma(buffer);
		buffer_append_byte(buffer, '{');
		json_add_string(buffer, "session_id", entry->slowest[i].session_id);
		json_add_number(buffer, "seconds", entry->slowest[i].seconds);
		buffer_append_byte(buffer, '}');
	}
	buffer_append_byte(buffer, ']');
}

static void write_entry(
	struct buffer *buffer, const struct places_result *result, const struct places_entry *entry)
{
	json_write_comma(buffer);
	buffer_append_byte(buffer, '{');
	json_add_string(buffer, "module", entry->module);
	json_add_string(buffer, "variable", entry->variable);
	json_add_number(buffer, "calls", entry->calls);
	json_add_number(buffer, "visits", entry->visits);
	buffer_append(buffer, TEXT(",\"time\":{"));
	json_add_number(buffer, "sum", entry->seconds);
	json_add_number(buffer, "p50", entry->p50);
	json_add_number(buffer, "p95", entry->p95);
	json_add_number(buffer, "max", entry->most);
	buffer_printf(buffer, "},\"share\":%.4f", places_share(result, entry));
	json_add_number(buffer, "no_input", entry->no_input);
	json_add_number(buffer, "wrong_input", entry->wrong_input);
	write_slowest(buffer, entry);
	buffer_append_byte(buffer, '}');
}

void places_write(struct buffer *buffer, const struct places_result *result)
{
	buffer_append(buffer, TEXT("{\"places\":["));
	for (size_t i = 0; i < result->count; i++) {
		write_entry(buffer, result, &result->entries[i]);
	}
	buffer_append_byte(buffer, ']');
	json_add_number(buffer, "places_total", result->places_total);
	json_add_number(buffer, "total_time", result->seconds_total);
	json_add_number(buffer, "total_calls", result->total_calls);
	scan_steps_write(buffer, &result->steps);
	buffer_append_byte(buffer, '}');
}
