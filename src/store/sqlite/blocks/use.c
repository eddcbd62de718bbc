/* SPDX-License-Identifier: MIT
 * Letting others answer questions from columns. */
#include "store/find.h"
#include "store/sqlite/blocks/blocks.h"

/* One sqlite_columns_use(). */
struct use {
	struct sqlite_reader reader;
	struct sqlite_match match;
	struct sqlite_columns columns;
};

static void use_end(struct use *use)
{
	sqlite_columns_close(&use->columns);
	sqlite_match_deinit(&use->match);
	sqlite_reader_close(&use->reader);
}

static int open_use(struct use *use, struct store *base, const struct store_search *search,
	const struct store_columns_use *asked, struct error *err)
{
	const struct sqlite_columns_question question = {.match = &use->match,
		.with_steps = true,
		.with_course = asked->course,
		.with_stays = asked->stays};

	use->reader = sqlite_reader_open_snapshot(base, err);
	if (!use->reader.connection ||
		sqlite_match_init(&use->match, use->reader.connection, search, err) < 0) {
		return -1;
	}
	return sqlite_columns_open(&use->columns, use->reader.connection, &question, err);
}

int sqlite_columns_use(struct store *base, const struct store_search *search,
	const struct store_columns_use *asked, struct error *err)
{
	AUTO(use_end) struct use use = {0};
	struct error problem = {0};
	int status;

	if (!store_blocks_can(search->filter)) {
		return 0;
	}
	status = open_use(&use, base, search, asked, &problem);
	if (status > 0) {
		status = asked->answer(asked->context, &use.columns.reader.calls, &problem) < 0 ? -1
												: 1;
	}
	if (status < 0 && store_blocks_are_damaged(&problem)) {
		sqlite_blocks_note_damage((struct sqlite_store *)base, &use.columns, &problem);
		return 0;
	}
	if (status < 0 && (problem.code == ERROR_NO_MEMORY || problem.code == ERROR_TOO_LARGE)) {
		return 0; /* the calls themselves are counted in other memory */
	}
	return status < 0 ? error_set(err, problem.code, "%s", problem.message) : status;
}
