/* SPDX-License-Identifier: MIT
 * Reading calls one by one; what is checked here is what a question by columns never looks at. */
#include "column/rows.h"

static int open_sequences(struct column_rows *rows, struct error *err)
{
	struct column_block *block = rows->block;
	struct column_sequences sequences;

	rows->sequences = arena_calloc(&rows->arena, rows->paths.count, sizeof(struct text));
	if (!rows->sequences) {
		return error_no_memory(err);
	}
	if (column_block_sequences(block, COLUMN_PATHS, &sequences, err) < 0) {
		return -1;
	}
	if (sequences.count != rows->paths.count) {
		return column_damaged(
			&sequences.reader, "it has another number of paths than 'path info'", err);
	}
	for (uint32_t i = 0; i < sequences.count; i++) {
		if (column_sequences_next(&sequences, &rows->sequences[i], err) < 0) {
			return -1;
		}
	}
	return column_read_end(&sequences.reader, err);
}

static int open_groups(struct column_rows *rows, enum column_id column,
	struct column_reader *reader, struct error *err)
{
	*reader = (struct column_reader){.column = column, .block = rows->block->number};
	return column_block_column(rows->block, column, &reader->data, err);
}

static int open_numbers(struct column_rows *rows, enum column_id column,
	struct column_numbers *numbers, struct error *err)
{
	struct text payload;

	return column_block_column(rows->block, column, &payload, err) < 0
		       ? -1
		       : column_numbers_open(numbers, payload, column, rows->block->number, err);
}

static int open_course(struct column_rows *rows, struct error *err)
{
	struct column_block *block = rows->block;

	if (block->version < COLUMN_VERSION_COURSE) {
		return 0;
	}
	if (column_block_course(block, COLUMN_OUTCOME, &rows->outcome, err) < 0 ||
		column_block_course(block, COLUMN_ANSWERED, &rows->answered, err) < 0 ||
		column_block_course(block, COLUMN_TALK, &rows->talk, err) < 0) {
		return -1;
	}
	return column_block_course(block, COLUMN_ENDED_BY, &rows->ended_by, err);
}

static int open_arrays(struct column_rows *rows, struct error *err)
{
	struct column_block *block = rows->block;

	if (column_block_spans(block, COLUMN_START, &rows->starts, err) < 0 ||
		column_block_spans(block, COLUMN_CALL_ID, &rows->ids, err) < 0 ||
		column_block_durations(block, &rows->durations, err) < 0 ||
		column_block_flags(block, &rows->flags, err) < 0) {
		return -1;
	}
	if (column_block_array(block, COLUMN_DEST, 2, &rows->dest, err) < 0 ||
		column_block_array(block, COLUMN_SRC, 2, &rows->src, err) < 0 ||
		column_block_array(block, COLUMN_PATH, 2, &rows->path, err) < 0) {
		return -1;
	}
	return open_course(rows, err);
}

static int open_stays(struct column_rows *rows, struct error *err)
{
	rows->has_stays = true;
	return stays_open(&rows->stays, rows->block, err) < 0
		       ? -1
		       : stays_read_inputs(&rows->stays, err);
}

int column_rows_open(
	struct column_rows *rows, struct column_block *block, bool steps, struct error *err)
{
	memset(rows, 0, sizeof(*rows));
	rows->block = block;
	arena_init(&rows->arena, SIZE_MAX);
	column_group_view_init(&rows->session_group);
	if (open_arrays(rows, err) < 0 ||
		open_numbers(rows, COLUMN_DEST_NUMBERS, &rows->dest_numbers, err) < 0 ||
		open_numbers(rows, COLUMN_SRC_NUMBERS, &rows->src_numbers, err) < 0 ||
		column_block_paths(block, &rows->paths, err) < 0 ||
		open_groups(rows, COLUMN_SESSION, &rows->sessions, err) < 0) {
		return -1;
	}
	if (!steps) {
		return 0;
	}
	if (open_sequences(rows, err) < 0) {
		return -1;
	}
	return block->version >= COLUMN_VERSION_STAYS ? open_stays(rows, err) : 0;
}

void column_rows_deinit(struct column_rows *rows)
{
	column_group_view_deinit(&rows->session_group);
	stays_deinit(&rows->stays);
	arena_deinit(&rows->arena);
}

int column_rows_place(struct column_rows *rows, uint32_t at, int64_t *ret_start,
	struct text *ret_session_id, struct error *err)
{
	struct text session;

	if (column_groups_read(&rows->sessions, rows->block->count, at, &rows->session_group,
		    &session, err) < 0) {
		return -1;
	}
	if (session.size > CALL_SESSION_ID_MAX) {
		return column_damaged(
			&rows->sessions, "a session is longer than sessions are", err);
	}
	*ret_session_id = session;
	*ret_start = column_spans_at(&rows->starts, at);
	return 0;
}

/* ---- steps ---- */

static int read_kinds(
	struct column_rows *rows, uint32_t path, uint32_t steps, uint32_t *kinds, struct error *err)
{
	struct column_reader reader = {.column = COLUMN_PATHS, .block = rows->block->number};
	struct text rest = rows->sequences[path];
	uint32_t count = 0;

	while (rest.size > 0 && count < steps) {
		uint32_t kind = column_sequence_next(&rest);

		if (kind >= rows->block->kinds_count) {
			return column_damaged(&reader, "a path has a kind that is not there", err);
		}
		kinds[count++] = column_block_kind(rows->block, kind);
	}
	return count == steps && rest.size == 0
		       ? 0
		       : column_damaged(
				 &reader, "a path has another length than in 'path info'", err);
}

static int add_steps(struct column_rows *rows, uint32_t at, uint32_t path, struct arena *arena,
	struct column_row *row, struct error *err)
{
	/* A byte of a sequence is a step at least: memory is not asked for on the word of a number.
	 */
	uint32_t *kinds = row->call.steps <= rows->sequences[path].size
				  ? arena_calloc(arena, row->call.steps, sizeof(*kinds))
				  : NULL;

	if (!kinds) {
		return row->call.steps <= rows->sequences[path].size
			       ? error_no_memory(err)
			       : column_damaged(&rows->paths.reader,
					 "a path has more steps than kinds", err);
	}
	row->kinds = kinds;
	if (read_kinds(rows, path, row->call.steps, kinds, err) < 0) {
		return -1;
	}
	return rows->has_stays ? stays_of_call(&rows->stays, at, arena, &row->stays, err) : 0;
}

/* ---- the whole ---- */

static int add_numbers(struct column_rows *rows, uint32_t at, struct arena *arena,
	struct call *call, struct error *err)
{
	char dest[CALL_NUMBER_MAX], src[CALL_NUMBER_MAX];

	if (column_numbers_text(&rows->dest_numbers, (uint32_t)column_array_at(&rows->dest, at),
		    dest, &call->dest, err) < 0 ||
		column_numbers_text(&rows->src_numbers, (uint32_t)column_array_at(&rows->src, at),
			src, &call->src, err) < 0) {
		return -1;
	}
	call->dest = arena_copy(arena, call->dest);
	call->src = arena_copy(arena, call->src);
	return call->dest.data && call->src.data ? 0 : error_no_memory(err);
}

static int course_damaged(const struct column_rows *rows, enum column_id column, struct error *err)
{
	struct column_reader reader = {.column = column, .block = rows->block->number};

	return column_damaged(&reader, "a call went as no call does", err);
}

/* How the call went; its start is known. */
static int add_course(
	const struct column_rows *rows, uint32_t at, struct call *call, struct error *err)
{
	uint64_t outcome, answered, talk, ended_by;

	if (!rows->outcome.at) {
		return 0;
	}
	outcome = column_array_at(&rows->outcome, at);
	answered = column_array_at(&rows->answered, at);
	talk = column_array_at(&rows->talk, at);
	ended_by = column_array_at(&rows->ended_by, at);
	call->outcome = (enum call_outcome)outcome;
	call->ended_by = (enum call_ended_by)ended_by;
	call->talk = (int64_t)talk;
	call->told = (rows->flags[at] & COLUMN_FLAG_TOLD) >> COLUMN_TOLD_SHIFT;
	if (answered > 0) {
		call->answered = (int64_t)((uint64_t)call->start + column_unfold(answered - 1));
	}
	if (outcome > CALL_COMPLETED || ended_by > CALL_ENDED_BY_SYSTEM) {
		return course_damaged(
			rows, outcome > CALL_COMPLETED ? COLUMN_OUTCOME : COLUMN_ENDED_BY, err);
	}
	if (call->talk < 0 || call->answered < 0 || (answered > 0 && call->answered == 0)) {
		return course_damaged(rows, call->talk < 0 ? COLUMN_TALK : COLUMN_ANSWERED, err);
	}
	return 0;
}

static int add_header(struct column_rows *rows, uint32_t at, struct arena *arena,
	struct column_row *row, struct error *err)
{
	struct column_reader flags = {
		.at = at, .column = COLUMN_FLAGS, .block = rows->block->number};
	struct call *call = &row->call;
	uint32_t type = rows->flags[at] & COLUMN_FLAG_TYPE;
	int64_t duration;

	if (type > CALL_TRANSFER) {
		return column_damaged(&flags, "a call has a type that there is not", err);
	}
	if (column_rows_place(rows, at, &call->start, &call->session_id, err) < 0 ||
		column_durations_at(&rows->durations, at, &duration, err) < 0 ||
		add_numbers(rows, at, arena, call, err) < 0) {
		return -1;
	}
	if (add_course(rows, at, call, err) < 0) {
		return -1;
	}
	call->session_id = arena_copy(arena, call->session_id);
	call->end = (int64_t)((uint64_t)call->start + (uint64_t)duration);
	call->type = (enum call_type)type;
	call->has_detail = (rows->flags[at] & COLUMN_FLAG_DETAIL) != 0;
	return call->session_id.data ? 0 : error_no_memory(err);
}

int column_rows_at(struct column_rows *rows, uint32_t at, struct arena *arena,
	struct column_row *ret_row, struct error *err)
{
	uint32_t path = (uint32_t)column_array_at(&rows->path, at);
	struct column_row row = {.id = column_spans_at(&rows->ids, at)};

	if (path >= rows->paths.count) {
		return column_paths_damaged(rows->block, at, err);
	}
	if (add_header(rows, at, arena, &row, err) < 0) {
		return -1;
	}
	row.call.steps = (uint32_t)column_array_at(&rows->paths.steps, path);
	if (rows->sequences && row.call.steps > 0 &&
		add_steps(rows, at, path, arena, &row, err) < 0) {
		return -1;
	}
	*ret_row = row;
	return 0;
}
