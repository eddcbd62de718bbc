/* SPDX-License-Identifier: MIT
 * Writing drop-off as /v1 does. */
#include "find/dropoff.h"
#include "json/json_writer.h"

static void begin(struct buffer *buffer, struct text module, struct text variable)
{
	json_write_comma(buffer);
	buffer_append_byte(buffer, '{');
	json_add_string(buffer, "module", module);
	json_add_string(buffer, "variable", variable);
}

static void write_place(struct buffer *buffer, const struct dropoff_place *place)
{
	begin(buffer, place->module, place->variable);
	json_add_number(buffer, "reached", place->reached);
	json_add_number(buffer, "went_on", place->reached - place->ended);
	json_add_number(buffer, "ended", place->ended);
	buffer_append(buffer, TEXT(",\"next\":["));
	for (size_t i = 0; i < place->next_count; i++) {
		const struct dropoff_next *next = &place->next[i];

		begin(buffer, next->module, next->variable);
		json_add_number(buffer, "calls", next->calls);
		buffer_append_byte(buffer, '}');
	}
	buffer_append(buffer, TEXT("]}"));
}

void dropoff_write(struct buffer *buffer, const struct dropoff_result *result)
{
	buffer_append(buffer, TEXT("{\"modules\":["));
	for (size_t i = 0; i < result->count; i++) {
		write_place(buffer, &result->places[i]);
	}
	buffer_append_byte(buffer, ']');
	json_add_number(buffer, "total_calls", result->total_calls);
	json_add_number(buffer, "modules_total", result->places_total);
	scan_steps_write(buffer, &result->steps);
	buffer_append_byte(buffer, '}');
}
