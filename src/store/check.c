/* SPDX-License-Identifier: MIT
 * Checking stored calls: what is packed has to say what the columns say. */
#include "store/check.h"

#include <stdarg.h>
#include <stdio.h>

#include "call/call_json.h"

int store_check_init(struct store_check *check, store_problem_fn *problem,
	store_progress_fn *progress, void *context, struct error *err)
{
	*check = (struct store_check){
		.problem = problem,
		.progress = progress,
		.context = context,
		.unpacker = unpacker_create(),
	};
	store_indexer_init(&check->indexer);
	arena_init(&check->arena, UINT32_MAX);
	buffer_init(&check->json, UINT32_MAX);
	buffer_init(&check->canonical, UINT32_MAX);
	return check->unpacker ? 0 : error_no_memory(err);
}

void store_check_deinit(struct store_check *check)
{
	unpacker_destroyp(&check->unpacker);
	store_indexer_deinit(&check->indexer);
	arena_deinit(&check->arena);
	buffer_deinit(&check->json);
	buffer_deinit(&check->canonical);
}

static bool same_call(const struct call *a, const struct call *b)
{
	return text_equal(a->dest, b->dest) && text_equal(a->src, b->src) &&
	       text_equal(a->session_id, b->session_id) && a->start == b->start &&
	       a->end == b->end && a->type == b->type && a->has_detail == b->has_detail &&
	       a->steps == b->steps;
}

/* The JSON has to read as the call that the columns tell of, and to be canonical: written again it
 * is the same. */
static int check_json(struct store_check *check, const struct store_call *call, struct error *err)
{
	const struct json_position position = {.line = 1, .column = 1};
	struct text json = buffer_text(&check->json);
	struct call read;

	arena_deinit(&check->arena);
	buffer_clear(&check->canonical);
	if (call_json_read(json, position, &check->arena, &check->canonical, &read, err) < 0) {
		return -1;
	}
	if (!same_call(&read, &call->call)) {
		return error_set(err, ERROR_CORRUPT, "its columns differ from its packed header");
	}
	if (!text_equal(json, buffer_text(&check->canonical))) {
		return error_set(err, ERROR_CORRUPT, "its packed JSON is not canonical");
	}
	return 0;
}

/* Inflates it into check->json. */
static int check_bytes(struct store_check *check, const struct packed *packed, struct error *err)
{
	if (!packed_has_tail(packed)) {
		return error_set(err, ERROR_CORRUPT, "its packed bytes do not end as they should");
	}
	if (!packed_has_op_of_size(packed)) {
		return error_set(err, ERROR_CORRUPT, "its CRC operator does not fit its size");
	}
	buffer_clear(&check->json);
	return unpacker_append(check->unpacker, packed, &check->json, err);
}

void store_check_tell(struct store_check *check, const char *format, ...)
{
	char sentence[640];
	va_list args;

	va_start(args, format);
	vsnprintf(sentence, sizeof(sentence), format, args);
	va_end(args);
	check->verdict.problems++;
	check->problem(check->context, sentence);
}

static int check_packed(struct store_check *check, const struct store_call *call, struct error *err)
{
	struct error problem;

	if (!packed_may_hold_size(&call->packed)) {
		store_check_tell(check,
			"the call '%.*s' is damaged: its size is more than its bytes can hold",
			TEXT_ARG(call->call.session_id));
		return 0;
	}
	if (check_bytes(check, &call->packed, &problem) == 0 &&
		check_json(check, call, &problem) == 0) {
		return 1;
	}
	if (problem.code == ERROR_NO_MEMORY) {
		return error_no_memory(err);
	}
	error_prefix(&problem, "the call '%.*s' is damaged", TEXT_ARG(call->call.session_id));
	store_check_tell(check, "%s", problem.message);
	return 0;
}

int store_check_call(
	struct store_check *check, const struct store_call *call, bool has_path, struct error *err)
{
	if (call->call.has_detail != (call->packed.deflate.data != NULL)) {
		store_check_tell(check, "the call '%.*s' %s", TEXT_ARG(call->call.session_id),
			call->call.has_detail ? "has lost its detail"
					      : "has a detail that its header does not know of");
		return 0;
	}
	if (!call->call.has_detail) {
		if (has_path) {
			store_check_tell(check, "the call '%.*s' has a path and no detail",
				TEXT_ARG(call->call.session_id));
		}
		return 0;
	}
	check->verdict.packed++;
	return check_packed(check, call, err);
}

int store_check_index(struct store_check *check, int64_t account_id, const struct call *call,
	struct arena *arena, struct store_index *ret_index, struct error *err)
{
	return store_index_make(&check->indexer, account_id,
		call_json_detail(buffer_text(&check->json)), call->steps, arena, ret_index, err);
}

static bool is_key_of(struct text key, struct text number)
{
	char buffer[CALL_NUMBER_MAX];

	return text_equal(key, call_number_key(number, buffer));
}

void store_check_keys(struct store_check *check, const struct call *call, struct text dest_key,
	struct text src_key)
{
	if (!is_key_of(dest_key, call->dest) || (src_key.data && !is_key_of(src_key, call->src))) {
		store_check_tell(check,
			"the call '%.*s' is kept under a number that is not its own",
			TEXT_ARG(call->session_id));
	}
}

void store_check_tell_path(struct store_check *check, struct text session_id)
{
	store_check_tell(check, "the call '%.*s' has a path that does not fit its steps",
		TEXT_ARG(session_id));
}

void store_check_tell_tally(
	struct store_check *check, const struct tally_delta *said, int64_t counted)
{
	store_check_tell(check,
		"the tally of account %lld%s%.*s for %lld seconds from %lld says %lld calls, "
		"there are %lld",
		(long long)said->account_id, said->is_all ? "" : ", number ",
		TEXT_ARG(said->dest_key), (long long)tally_unit_seconds(said->unit),
		(long long)said->bucket, (long long)said->calls, (long long)counted);
}

void store_check_records(struct store_check *check, int64_t wanted)
{
	if (check->verdict.records != wanted) {
		store_check_tell(check, "the audit trail has %lld records, it should have %lld",
			(long long)check->verdict.records, (long long)wanted);
	}
}

void store_check_show_progress(const struct store_check *check, int64_t all)
{
	if (check->progress) {
		check->progress(check->context, check->verdict.calls, all);
	}
}
