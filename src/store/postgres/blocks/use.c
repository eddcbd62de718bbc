/* SPDX-License-Identifier: MIT
 * Letting others answer questions from columns. */
#include "store/find.h"
#include "store/postgres/blocks/blocks.h"

/* One postgres_columns_use(). */
struct use {
	struct postgres_connection *connection;
	struct postgres_match match;
	struct postgres_columns columns;
};

static void use_end(struct use *use)
{
	postgres_columns_close(&use->columns);
	postgres_match_deinit(&use->match);
	postgres_give_backp(&use->connection);
}

static int open_use(struct use *use, struct store *base, const struct store_search *search,
	const struct store_columns_use *asked, struct error *err)
{
	const struct postgres_columns_question question = {.match = &use->match,
		.with_steps = true,
		.with_course = asked->course,
		.with_stays = asked->stays};

	if (store_find_check_deadline(search, err) < 0) {
		return -1;
	}
	use->connection = postgres_borrow_snapshot(base, err);
	if (!use->connection) {
		return -1;
	}
	use->connection->search = search;
	postgres_add(use->connection, &postgres_plan_each);
	if (postgres_run(use->connection, err) < 0 ||
		postgres_match_init(&use->match, use->connection, search, err) < 0) {
		return -1;
	}
	return postgres_columns_open(&use->columns, use->connection, &question, err);
}

int postgres_columns_use(struct store *base, const struct store_search *search,
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
		postgres_blocks_note_damage((struct postgres_store *)base, &use.columns, &problem);
		return 0;
	}
	if (status < 0 && (problem.code == ERROR_NO_MEMORY || problem.code == ERROR_TOO_LARGE)) {
		return 0; /* the calls themselves are counted in other memory */
	}
	return status < 0 ? error_set(err, problem.code, "%s", problem.message) : status;
}
