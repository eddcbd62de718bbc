/* SPDX-License-Identifier: MIT
 * The document of flow. */
#include "find/flow.h"
#include "json/json_writer.h"

static void write_node_counts(struct buffer *buffer, const struct flow_node_counts *counts)
{
	json_add_number_or_null(buffer, "calls", counts->calls, counts->calls >= 0);
	json_add_number(buffer, "visits", counts->visits);
}

static void write_node(struct buffer *buffer, const struct flow_node *node, bool compared)
{
	static const char *const kinds[] = {"begin", "place", "others", "end"};

	json_write_comma(buffer);
	buffer_append_byte(buffer, '{');
	json_add_string(buffer, "kind", text_of(kinds[node->kind]));
	if (node->kind == FLOW_PLACE) {
		json_add_string(buffer, "module", node->module);
		json_add_string(buffer, "variable", node->variable);
	} else if (node->kind == FLOW_OTHERS) {
		json_add_number(buffer, "places", node->places);
	} else if (node->kind == FLOW_END) {
		json_add_string_or_null(buffer, "outcome", call_outcome_names.items[node->outcome]);
	}
	write_node_counts(buffer, &node->counts[0]);
	if (compared) {
		buffer_append(buffer, TEXT(",\"compared\":{"));
		write_node_counts(buffer, &node->counts[1]);
		buffer_append_byte(buffer, '}');
	}
	buffer_append_byte(buffer, '}');
}

static void write_edge_counts(struct buffer *buffer, const struct flow_edge_counts *counts)
{
	json_add_number_or_null(buffer, "calls", counts->calls, counts->calls >= 0);
	json_add_number(buffer, "times", counts->times);
	buffer_append(buffer, TEXT(",\"time\":{"));
	json_add_number(buffer, "sum", counts->seconds);
	json_add_number(buffer, "p50", counts->p50);
	json_add_number(buffer, "p95", counts->p95);
	buffer_append_byte(buffer, '}');
}

static void write_edge(struct buffer *buffer, const struct flow_edge *edge, bool compared)
{
	json_write_comma(buffer);
	buffer_append_byte(buffer, '{');
	json_add_number(buffer, "from", edge->from);
	json_add_number(buffer, "to", edge->to);
	write_edge_counts(buffer, &edge->counts[0]);
	if (compared) {
		buffer_append(buffer, TEXT(",\"compared\":{"));
		write_edge_counts(buffer, &edge->counts[1]);
		buffer_append_byte(buffer, '}');
	}
	buffer_append_byte(buffer, '}');
}

static void write_window(struct buffer *buffer, const struct flow_window *window)
{
	json_add_number(buffer, "total_calls", window->total_calls);
	scan_steps_write(buffer, &window->steps);
}

void flow_write(struct buffer *buffer, const struct flow_result *result)
{
	bool compared = result->windows_count > 1;

	buffer_append(buffer, TEXT("{\"nodes\":["));
	for (size_t i = 0; i < result->nodes_count; i++) {
		write_node(buffer, &result->nodes[i], compared);
	}
	buffer_append(buffer, TEXT("],\"edges\":["));
	for (size_t i = 0; i < result->edges_count; i++) {
		write_edge(buffer, &result->edges[i], compared);
	}
	buffer_append_byte(buffer, ']');
	json_add_number(buffer, "places_total", result->places_total);
	write_window(buffer, &result->windows[0]);
	if (compared) {
		buffer_append(buffer, TEXT(",\"compared\":{"));
		write_window(buffer, &result->windows[1]);
		buffer_append_byte(buffer, '}');
	}
	buffer_append_byte(buffer, '}');
}
