/* SPDX-License-Identifier: MIT
 * Times are differences: explain_begin() notes the clocks where explain_end() has what passed. */
#include "find/explain.h"

#include "base/clock.h"
#include "json/json_writer.h"

void explain_begin(struct explain *explain)
{
	*explain = (struct explain){.us = -clock_monotonic_us(), .cpu_us = -clock_thread_us()};
}

void explain_end(struct explain *explain)
{
	if (explain->ended) {
		return;
	}
	explain->us += clock_monotonic_us();
	explain->cpu_us += clock_thread_us();
	explain->ended = true;
}

const char *explain_from(const struct explain *explain, size_t at)
{
	const struct store_cost *cost = &explain->cost;
	const struct {
		const char *name;
		int64_t looked_at;
	} parts[] = {
		{"tallies", cost->tallies},
		{"words", cost->words},
		{"columns", cost->blocks},
		{"database", cost->database},
		{"rows", cost->rows},
		{"steps", cost->packed},
	};

	for (size_t i = 0; i < COUNT_OF(parts); i++) {
		if (parts[i].looked_at > 0 && at-- == 0) {
			return parts[i].name;
		}
	}
	return NULL;
}

static void write_ms(struct buffer *buffer, const char *name, int64_t us)
{
	buffer_printf(buffer, ",\"%s\":%.3f", name, (double)us / 1000);
}

void explain_write(struct buffer *buffer, const struct explain *explain)
{
	const struct store_cost *cost = &explain->cost;
	const char *from;

	buffer_append(buffer, TEXT("{\"explain\":{\"from\":["));
	for (size_t i = 0; (from = explain_from(explain, i)); i++) {
		buffer_printf(buffer, "%s\"%s\"", i > 0 ? "," : "", from);
	}
	buffer_append_byte(buffer, ']');
	json_add_number(buffer, "tallies", cost->tallies);
	json_add_number(buffer, "words", cost->words);
	json_add_number(buffer, "blocks", cost->blocks);
	json_add_number(buffer, "column_bytes", cost->column_bytes);
	json_add_number(buffer, "database", cost->database);
	json_add_number(buffer, "rows", cost->rows);
	json_add_number(buffer, "packed", cost->packed);
	write_ms(buffer, "ms", explain->us);
	write_ms(buffer, "cpu_ms", explain->cpu_us);
	buffer_append(buffer, TEXT("}}"));
}
