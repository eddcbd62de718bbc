/* SPDX-License-Identifier: MIT
 * Hooks on PostgreSQL. */
#include "store/hooks.h"

#include "store/postgres/postgres.h"

/* clang-format off */
#define LIST \
	"select h.*, (select count(*) from hook_failure f where f.account_id = h.account_id" \
	" and f.hook_id = h.id) as failures, (select min(f.id) from hook_failure f" \
	" where f.account_id = h.account_id and f.hook_id = h.id and f.due > 0) as due," \
	" coalesce(a.detail_days, -1) as detail_days, coalesce(a.header_days, -1) as header_days," \
	" (select detail_days from keeping) as store_detail_days," \
	" (select header_days from keeping) as store_header_days" \
	" from hook h join account a on a.account_id = h.account_id"
#define ITS_ROW " where account_id = $account_id::bigint and id = $id::bigint"
#define ITS_ROWS " where account_id = $account_id::bigint and hook_id = $id::bigint"

static const struct postgres_statement hook_add = {
	.sql = "insert into hook (account_id, name, url, event, filter, more_than, window_s, times,"
	" secret, state, created, place) select $account_id::bigint, $name::text, $url::text,"
	" $event::bigint, $filter::text, $more_than::bigint, $window_s::bigint, $times::bigint,"
	" $secret::bytea, $state::bigint, $created::bigint, $place::bigint"
	" where (select count(*) from hook where account_id = $account_id) < $max::bigint"
	" returning id"};
static const struct postgres_statement hook_list = {
	.sql = LIST " where h.account_id = $account_id::bigint"
	" and ($id::bigint = 0 or h.id = $id) order by h.id"};
static const struct postgres_statement hook_list_all = {
	.sql = LIST " where a.disabled = 0 order by h.id"};
static const struct postgres_statement hook_change = {
	.sql = "update hook set name = $name, url = $url, event = $event::bigint,"
	" filter = $filter, more_than = $more_than::bigint, window_s = $window_s::bigint,"
	" times = $times::bigint, state = $state::bigint, version = version + 1, tries = 0,"
	" failing = 0, next = 0, reached = 0" ITS_ROW};
static const struct postgres_statement hook_remove = {.sql = "delete from hook" ITS_ROW};
static const struct postgres_statement hook_test = {
	.sql = "update hook set test = $now::bigint" ITS_ROW};
static const struct postgres_statement failure_list = {
	.sql = "select id, session_id, kind, change_id, first_step, time, tries, status, error, due"
	" from hook_failure" ITS_ROWS " and id > $after::bigint and (not $due_only::boolean or"
	" due > 0) order by id limit $limit::bigint"};
static const struct postgres_statement failure_resend = {
	.sql = "update hook_failure set due = $now::bigint" ITS_ROWS
	" and ($failure_id::bigint = 0 or id = $failure_id)"};
static const struct postgres_statement note_course = {
	.sql = "update hook set place = $place::bigint, told = $told::bigint,"
	" tries = $tries::bigint, failing = $failing::bigint, next = $next::bigint,"
	" last_time = $last_time::bigint, last_status = $last_status::bigint,"
	" last_error = $last_error, reached = $reached::bigint,"
	" state = case when state = 0 then $state::bigint else state end,"
	" test = case when test = $test::bigint then 0 else test end" ITS_ROW};
static const struct postgres_statement note_failed = {
	.sql = "insert into hook_failure (account_id, hook_id, session_id, kind, change_id,"
	" first_step, time, tries, status, error) select $account_id::bigint, $id::bigint,"
	" $session::text, $kind::bigint, $change_id::bigint, $first_step::bigint, $time::bigint,"
	" $its_tries::bigint, $status::bigint, $error::text"
	" where exists (select from hook" ITS_ROW ") and exists (select from call"
	" where account_id = $account_id and session_id = $session)"};
static const struct postgres_statement note_trim = {
	.sql = "delete from hook_failure" ITS_ROWS " and id <= (select id from hook_failure"
	ITS_ROWS " order by id desc limit 1 offset $max::bigint)"};
static const struct postgres_statement note_again = {
	.sql = "update hook_failure set time = $time::bigint, tries = $its_tries::bigint,"
	" status = $status::bigint, error = $error, due = 0" ITS_ROWS
	" and id = $failure_id::bigint"};
static const struct postgres_statement note_resent = {
	.sql = "delete from hook_failure" ITS_ROWS " and id = $resent::bigint"};
static const struct postgres_statement note_begun = {
	.sql = "insert into hook_begun (account_id, session_id, hook_id, steps)"
	" select $account_id::bigint, $begun::text, $id::bigint, $begun_steps::bigint"
	" where exists (select from hook" ITS_ROW ") and exists (select from call"
	" where account_id = $account_id and session_id = $begun)"
	" on conflict (account_id, session_id, hook_id) do update set steps = excluded.steps"};
static const struct postgres_statement note_over = {
	.sql = "delete from hook_begun" ITS_ROWS " and session_id = $over"};
static const struct postgres_statement hook_knows = {
	.sql = "select steps from hook_begun" ITS_ROWS " and session_id = $session"};
/* clang-format on */

#define OF_HOOK(member) POSTGRES_MEMBER(struct store_hook, member)

static const struct postgres_column hook_columns[] = {
	{"id", POSTGRES_BIGINT, OF_HOOK(id)},
	{"account_id", POSTGRES_BIGINT, OF_HOOK(account_id)},
	{"name", POSTGRES_TEXT, OF_HOOK(name)},
	{"url", POSTGRES_TEXT, OF_HOOK(url)},
	{"event", POSTGRES_BIGINT, OF_HOOK(event)},
	{"filter", POSTGRES_TEXT, OF_HOOK(filter)},
	{"more_than", POSTGRES_BIGINT, OF_HOOK(more_than)},
	{"window_s", POSTGRES_BIGINT, OF_HOOK(window_s)},
	{"times", POSTGRES_BIGINT, OF_HOOK(times)},
	{"state", POSTGRES_BIGINT, OF_HOOK(state)},
	{"created", POSTGRES_BIGINT, OF_HOOK(created)},
	{"version", POSTGRES_BIGINT, OF_HOOK(version)},
	{"test", POSTGRES_BIGINT, OF_HOOK(test)},
	{"place", POSTGRES_BIGINT, OF_HOOK(course.place)},
	{"told", POSTGRES_BIGINT, OF_HOOK(course.told)},
	{"tries", POSTGRES_BIGINT, OF_HOOK(course.tries)},
	{"failing", POSTGRES_BIGINT, OF_HOOK(course.failing)},
	{"next", POSTGRES_BIGINT, OF_HOOK(course.next)},
	{"last_time", POSTGRES_BIGINT, OF_HOOK(course.last_time)},
	{"last_status", POSTGRES_BIGINT, OF_HOOK(course.last_status)},
	{"last_error", POSTGRES_TEXT, OF_HOOK(course.last_error)},
	{"reached", POSTGRES_BIGINT, OF_HOOK(course.reached)},
	{"failures", POSTGRES_BIGINT, OF_HOOK(failures)},
	{"due", POSTGRES_BIGINT, OF_HOOK(due)},
};

static int read_rest(
	struct postgres_rows *rows, int row, struct arena *arena, void *item, struct error *err)
{
	const struct store_days store = {
		.detail = postgres_int64(rows, row, "store_detail_days"),
		.header = postgres_int64(rows, row, "store_header_days"),
	};
	const struct store_days own = {
		.detail = postgres_int64(rows, row, "detail_days"),
		.header = postgres_int64(rows, row, "header_days"),
	};
	struct text secret = postgres_text(rows, row, "secret");
	struct store_hook *hook = item;

	(void)arena;
	if (secret.size != sizeof(hook->secret)) {
		return error_set(err, ERROR_CORRUPT, "the stored hook %lld has no proper secret",
			(long long)hook->id);
	}
	memcpy(hook->secret, secret.data, secret.size);
	hook->kept = store_days_in_force(&store, &own);
	return 0;
}

static const struct postgres_layout hook_layout = POSTGRES_LAYOUT(hook_columns, struct store_hook,
	.finish = read_rest, .too_large = "the hooks do not fit into memory");

#define OF_FAILURE(member) POSTGRES_MEMBER(struct store_hook_failure, member)

static const struct postgres_column failure_columns[] = {
	{"id", POSTGRES_BIGINT, OF_FAILURE(id)},
	{"session_id", POSTGRES_TEXT, OF_FAILURE(session_id)},
	{"kind", POSTGRES_BIGINT, OF_FAILURE(kind)},
	{"change_id", POSTGRES_BIGINT, OF_FAILURE(change_id)},
	{"first_step", POSTGRES_BIGINT, OF_FAILURE(first_step)},
	{"time", POSTGRES_BIGINT, OF_FAILURE(time)},
	{"tries", POSTGRES_BIGINT, OF_FAILURE(tries)},
	{"status", POSTGRES_BIGINT, OF_FAILURE(status)},
	{"error", POSTGRES_TEXT, OF_FAILURE(error)},
	{"due", POSTGRES_BIGINT, OF_FAILURE(due)},
};

static const struct postgres_layout failure_layout = POSTGRES_LAYOUT(failure_columns,
	struct store_hook_failure, .too_large = "the failures do not fit into memory");

static struct text secret_of(const struct store_hook *hook)
{
	return (struct text){.data = (const char *)hook->secret, .size = sizeof(hook->secret)};
}

static void bind_hook(struct postgres_connection *connection, const struct store_hook *hook)
{
	BIND(connection, INT64(account_id, hook->account_id), INT64(id, hook->id),
		STRING(name, hook->name), STRING(url, hook->url), INT64(event, hook->event),
		STRING(filter, hook->filter), INT64(more_than, hook->more_than),
		INT64(window_s, hook->window_s), INT64(times, hook->times),
		INT64(state, hook->state));
}

static int add(
	struct store *base, const struct store_hook *hook, int64_t *ret_id, struct error *err)
{
	POSTGRES_BORROW(connection, base, err);
	int done;

	bind_hook(connection, hook);
	BIND(connection, STRING(secret, secret_of(hook)), INT64(created, hook->created),
		INT64(place, hook->course.place), INT64(max, STORE_HOOKS_MAX));
	done = postgres_ask_int64(connection, &hook_add, ret_id, err);
	return done < 0 && postgres_failed_with(connection, POSTGRES_FOREIGN_KEY)
		       ? store_no_account(hook->account_id, err)
		       : done;
}

static int list(struct store *base, int64_t account_id, int64_t hook_id, struct arena *arena,
	struct store_hook **ret_hooks, size_t *ret_count, struct error *err)
{
	POSTGRES_BORROW(connection, base, err);

	BIND(connection, INT64(account_id, account_id), INT64(id, hook_id));
	return postgres_list(connection, account_id ? &hook_list : &hook_list_all, &hook_layout,
		arena, ret_hooks, ret_count, err);
}

static int change(struct store *base, const struct store_hook *hook, struct error *err)
{
	POSTGRES_BORROW(connection, base, err);

	bind_hook(connection, hook);
	return postgres_change(connection, &hook_change, err);
}

static int remove_hook(struct store *base, int64_t account_id, int64_t hook_id, struct error *err)
{
	POSTGRES_BORROW(connection, base, err);

	BIND(connection, INT64(account_id, account_id), INT64(id, hook_id));
	return postgres_change(connection, &hook_remove, err);
}

static int ask_test(
	struct store *base, int64_t account_id, int64_t hook_id, int64_t now, struct error *err)
{
	POSTGRES_BORROW(connection, base, err);

	BIND(connection, INT64(account_id, account_id), INT64(id, hook_id), INT64(now, now));
	return postgres_change(connection, &hook_test, err);
}

static int failures(struct store *base, int64_t account_id, int64_t hook_id, int64_t after,
	int64_t limit, bool due_only, struct arena *arena, struct store_hook_failure **ret_failures,
	size_t *ret_count, struct error *err)
{
	POSTGRES_BORROW(connection, base, err);

	BIND(connection, INT64(account_id, account_id), INT64(id, hook_id), INT64(after, after),
		INT64(limit, limit), BOOLEAN(due_only, due_only));
	return postgres_list(
		connection, &failure_list, &failure_layout, arena, ret_failures, ret_count, err);
}

static int resend(struct store *base, int64_t account_id, int64_t hook_id, int64_t failure_id,
	int64_t now, struct error *err)
{
	POSTGRES_BORROW(connection, base, err);

	BIND(connection, INT64(account_id, account_id), INT64(id, hook_id),
		INT64(failure_id, failure_id), INT64(now, now));
	return postgres_change(connection, &failure_resend, err);
}

static void add_course(struct postgres_connection *connection, const struct store_hook_note *note)
{
	const struct store_hook_course *course = note->course;

	BIND(connection, INT64(account_id, note->account_id), INT64(id, note->hook_id),
		INT64(place, course->place), INT64(told, course->told), INT64(tries, course->tries),
		INT64(failing, course->failing), INT64(next, course->next),
		INT64(last_time, course->last_time), INT64(last_status, course->last_status),
		STRING(last_error, course->last_error), INT64(reached, course->reached),
		INT64(state, note->state), INT64(test, note->test));
	postgres_add(connection, &note_course);
}

static void add_failure(
	struct postgres_connection *connection, const struct store_hook_failure *failure)
{
	BIND(connection, STRING(session, failure->session_id), INT64(kind, failure->kind),
		INT64(change_id, failure->change_id), INT64(first_step, failure->first_step),
		INT64(time, failure->time), INT64(its_tries, failure->tries),
		INT64(status, failure->status), STRING(error, failure->error),
		INT64(failure_id, failure->id), INT64(max, STORE_HOOK_FAILURES_MAX));
	if (failure->id != 0) {
		postgres_add(connection, &note_again);
	} else {
		postgres_add(connection, &note_failed);
		postgres_add(connection, &note_trim);
	}
}

static int note(struct store *base, const struct store_hook_note *note, struct error *err)
{
	POSTGRES_BORROW(connection, base, err);

	postgres_add(connection, &postgres_begin);
	add_course(connection, note);
	if (note->failure) {
		add_failure(connection, note->failure);
	}
	if (note->resent) {
		BIND(connection, INT64(resent, note->resent));
		postgres_add(connection, &note_resent);
	}
	if (note->begun.data) {
		BIND(connection, STRING(begun, note->begun), INT64(begun_steps, note->begun_steps));
		postgres_add(connection, &note_begun);
	}
	if (note->over.data) {
		BIND(connection, STRING(over, note->over));
		postgres_add(connection, &note_over);
	}
	postgres_add(connection, &postgres_commit);
	return postgres_run(connection, err);
}

static int knows(struct store *base, int64_t account_id, int64_t hook_id, struct text session_id,
	int64_t *ret_steps, struct error *err)
{
	POSTGRES_BORROW(connection, base, err);

	BIND(connection, INT64(account_id, account_id), INT64(id, hook_id),
		ASKED(session, session_id));
	return postgres_ask_int64(connection, &hook_knows, ret_steps, err);
}

const struct store_hooks_backend postgres_hooks = {
	.add = add,
	.list = list,
	.change = change,
	.remove = remove_hook,
	.test = ask_test,
	.failures = failures,
	.resend = resend,
	.note = note,
	.knows = knows,
};
