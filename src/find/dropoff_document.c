/* SPDX-License-Identifier: MIT
 * Writing drop-off as /v1 does. */
#include "find/dropoff.h"
#include "json/json_writer.h"

static void write_names(struct buffer *buffer, struct text module, struct text variable)
{
	buffer_append(buffer, TEXT("{\"module\":"));
	json_write_string(buffer, module);
	buffer_append(buffer, TEXT(",\"variable\":"));
	json_write_string(buffer, variable);
}

static void write_number(struct buffer *buffer, const char *name, int64_t value)
{
	buffer_append_byte(buffer, ',');
	json_write_name(buffer, name);
	buffer_append_int64(buffer, value);
}

static void write_place(struct buffer *buffer, const struct dropoff_place *place)
{
	write_names(buffer, place->module, place->variable);
	write_number(buffer, "reached", place->reached);
	write_number(buffer, "went_on", place->reached - place->ended);
	write_number(buffer, "ended", place->ended);
	buffer_append(buffer, TEXT(",\"next\":["));
	for (size_t i = 0; i < place->next_count; i++) {
		const struct dropoff_next *next = &place->next[i];

		if (i > 0) {
			buffer_append_byte(buffer, ',');
		}
		write_names(buffer, next->module, next->variable);
		write_number(buffer, "calls", next->calls);
		buffer_append_byte(buffer, '}');
	}
	buffer_append(buffer, TEXT("]}"));
}

void dropoff_write(struct buffer *buffer, const struct dropoff_result *result)
{
	buffer_append(buffer, TEXT("{\"modules\":["));
	for (size_t i = 0; i < result->count; i++) {
		if (i > 0) {
			buffer_append_byte(buffer, ',');
		}
		write_place(buffer, &result->places[i]);
	}
	buffer_append_byte(buffer, ']');
	write_number(buffer, "total_calls", result->total_calls);
	write_number(buffer, "modules_total", result->places_total);
	scan_steps_write(buffer, &result->steps);
	buffer_append_byte(buffer, '}');
}
