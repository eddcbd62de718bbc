/* SPDX-License-Identifier: MIT
 * The header of a call detail record. Source: FreeSWITCH's switch_ivr.c, which writes the records
 * of both modules: variables, app_log, and a callflow for each extension, the newest first. Old
 * versions repeat the JSON member `callflow`, as XML repeats its element. */
#include "intake/sources/freeswitch/freeswitch_cdr.h"

#include "intake/sources/freeswitch/freeswitch_private.h"

#define SECOND_US INT64_C(1000000)

static struct text variable(const struct freeswitch_record *record, const char *name)
{
	return tree_member_text(record->variables, name);
}

/* ---- times ---- */

int64_t freeswitch_us(struct text text)
{
	int64_t us;

	return text_to_int64(text, &us) && us > 0 ? us : REPORT_TIME_NONE;
}

int64_t freeswitch_time_us(const struct freeswitch_record *record, const char *name)
{
	struct text fine = report_text(record->report, "%s_uepoch", name);
	struct text coarse = report_text(record->report, "%s_epoch", name);
	int64_t us = freeswitch_us(variable(record, fine.data));
	int64_t s = us < 0 ? freeswitch_us(variable(record, coarse.data)) : us;

	return us < 0 && s > 0 && s < INT64_MAX / SECOND_US ? s * SECOND_US : us;
}

static int64_t flow_time_us(const struct tree *flow, const char *name)
{
	return freeswitch_us(tree_member_text(tree_member(flow, "times"), name));
}

/* ---- the extensions that it went through ---- */

static void add_flow(struct freeswitch_record *record, const struct tree *flow)
{
	if (flow->kind != TREE_OBJECT) {
		return;
	}
	if (record->flow_count == FREESWITCH_FLOWS_MAX) {
		record->flows_left_out++;
		return;
	}
	record->flows[record->flow_count++] = flow;
}

static int64_t profile_index(const struct tree *flow)
{
	int64_t index;

	return text_to_int64(tree_member_text(flow, "profile_index"), &index) ? index : 0;
}

/* Puts the oldest first: by their index, and where there is none the other way round. */
static void order_flows(struct freeswitch_record *record)
{
	const struct tree **flows = record->flows;

	for (size_t i = 0; i < record->flow_count / 2; i++) {
		const struct tree *flow = flows[i];

		flows[i] = flows[record->flow_count - 1 - i];
		flows[record->flow_count - 1 - i] = flow;
	}
	for (size_t i = 1; i < record->flow_count; i++) {
		const struct tree *flow = flows[i];
		size_t k = i;

		for (; k > 0 && profile_index(flows[k - 1]) > profile_index(flow); k--) {
			flows[k] = flows[k - 1];
		}
		flows[k] = flow;
	}
}

static void find_flows(struct freeswitch_record *record)
{
	for (const struct tree *tree = record->root->first; tree; tree = tree->next) {
		if (!text_equal(tree->name, TEXT("callflow"))) {
			continue;
		}
		if (tree->kind == TREE_OBJECT) {
			add_flow(record, tree);
			continue;
		}
		for (const struct tree *flow = tree->first; flow; flow = flow->next) {
			add_flow(record, flow);
		}
	}
	order_flows(record);
}

/* ---- the header ---- */

static struct text first_of(struct text a, struct text b)
{
	return a.size > 0 ? a : b;
}

static struct text profile_text(const struct freeswitch_record *record, const char *name)
{
	const struct tree *flow = record->flow_count > 0 ? record->flows[0] : NULL;

	return tree_member_text(tree_member(flow, "caller_profile"), name);
}

/* FusionPBX says what a call is to its own users; `local` is between phones. FreeSWITCH itself says
 * which way the leg came up. */
static enum call_type find_type(const struct freeswitch_record *record)
{
	struct text direction =
		first_of(variable(record, "call_direction"), variable(record, "direction"));

	direction = first_of(direction,
		tree_member_text(tree_member(record->root, "channel_data"), "direction"));
	return text_equal(direction, TEXT("inbound")) ? CALL_INBOUND : CALL_OUTBOUND;
}

static int set_times(struct freeswitch_record *record, struct error *err)
{
	const struct tree *newest =
		record->flow_count > 0 ? record->flows[record->flow_count - 1] : NULL;
	int64_t start_us = freeswitch_time_us(record, "start");
	int64_t end_us = freeswitch_time_us(record, "end");

	if (start_us < 0 && record->flow_count > 0) {
		start_us = flow_time_us(record->flows[0], "created_time");
	}
	if (end_us < 0) {
		end_us = flow_time_us(newest, "hangup_time");
	}
	if (start_us < 0) {
		return error_set(err, ERROR_INVALID,
			"the record does not say when the call began: "
			"variables.start_uepoch is missing");
	}
	record->report->start_us = start_us;
	record->report->end_us = end_us > start_us ? end_us : start_us;
	return 0;
}

static void set_header(struct freeswitch_record *record)
{
	struct report *report = record->report;

	report->src = first_of(
		variable(record, "caller_id_number"), profile_text(record, "caller_id_number"));
	report->dest = first_of(
		profile_text(record, "destination_number"), variable(record, "destination_number"));
	report->has_type = true;
	report->type = find_type(record);
	report->state = EVENT_LINE_ENDED;
}

/* The a leg's record says what the call was. Of the b leg's only the steps are of use, and that a
 * call of long ago has ended. */
static void forget_header(struct report *report, bool is_past)
{
	report->start_us = report->end_us = REPORT_TIME_NONE;
	if (is_past) {
		report->state = EVENT_LINE_ENDED;
	}
}

static int identify(struct freeswitch_record *record, struct error *err)
{
	struct text call;

	record->variables = tree_member(record->root, "variables");
	record->uuid = variable(record, "uuid");
	call = first_of(variable(record, "call_uuid"), record->uuid);
	if (call.size == 0) {
		return error_set(err, ERROR_INVALID,
			"this is not a call detail record of FreeSWITCH: variables.uuid is "
			"missing");
	}
	record->report->session_id = call;
	record->is_b_leg = record->uuid.size > 0 && !text_equal(record->uuid, call);
	record->channel = variable(record, "channel_name");
	return 0;
}

int freeswitch_cdr_report(const struct tree *root, const struct freeswitch_options *options,
	struct report *report, struct error *err)
{
	struct freeswitch_record record = {.root = root, .report = report};

	if (identify(&record, err) < 0) {
		return -1;
	}
	find_flows(&record);
	record.channel = first_of(record.channel, profile_text(&record, "chan_name"));
	if (set_times(&record, err) < 0) {
		return -1;
	}
	if (!record.is_b_leg) {
		set_header(&record);
	}
	if (!options->header_only) {
		freeswitch_steps(&record);
	}
	if (record.is_b_leg) {
		forget_header(report, options->is_past);
	}
	return 0;
}
