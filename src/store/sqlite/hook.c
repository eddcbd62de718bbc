/* SPDX-License-Identifier: MIT
 * Hooks in the embedded store. */
#include "store/hooks.h"
#include "store/sqlite/sqlite.h"

/* clang-format off */
enum {
	HOOK_ID, HOOK_ACCOUNT_ID, HOOK_NAME, HOOK_URL, HOOK_EVENT, HOOK_FILTER, HOOK_MORE_THAN,
	HOOK_WINDOW, HOOK_TIMES, HOOK_SECRET, HOOK_STATE, HOOK_CREATED, HOOK_VERSION, HOOK_TEST,
	HOOK_PLACE, HOOK_TOLD, HOOK_TRIES, HOOK_FAILING, HOOK_NEXT, HOOK_LAST_TIME,
	HOOK_LAST_STATUS, HOOK_LAST_ERROR, HOOK_REACHED, HOOK_FAILURES, HOOK_DUE, HOOK_DETAIL_DAYS,
	HOOK_HEADER_DAYS, HOOK_STORE_DETAIL_DAYS, HOOK_STORE_HEADER_DAYS
};
#define LIST \
	"select h.id, h.account_id, h.name, h.url, h.event, h.filter, h.more_than, h.window_s, " \
	"h.times, h.secret, h.state, h.created, h.version, h.test, h.place, h.told, h.tries, " \
	"h.failing, h.next, h.last_time, h.last_status, h.last_error, h.reached, " \
	"(select count(*) from hook_failure f where f.hook_id = h.id), " \
	"coalesce((select min(id) from hook_failure f where f.hook_id = h.id and f.due > 0), 0), " \
	"coalesce(a.detail_days, -1), coalesce(a.header_days, -1), k.detail_days, k.header_days " \
	"from hook h join account a on a.id = h.account_id left join keeping k on k.id = 1 "
enum {
	FAILURE_ID, FAILURE_SESSION_ID, FAILURE_KIND, FAILURE_CHANGE_ID, FAILURE_FIRST_STEP,
	FAILURE_TIME, FAILURE_TRIES, FAILURE_STATUS, FAILURE_ERROR, FAILURE_DUE
};
/* The id of the session's call. */
#define CALL_ID "(select id from call where account_id = :account_id and session_id = :session)"

static const struct sqlite_statement
	hook_add = {
		"insert into hook (account_id, name, url, event, filter, more_than, window_s, "
		"times, secret, state, created, place) select :account_id, :name, :url, "
		":event, :filter, :more_than, :window_s, :times, :secret, :state, :created, :place "
		"where (select count(*) from hook where account_id = :account_id) < :max"},
	hook_list = {
		LIST "where h.account_id = :account_id and (:id = 0 or h.id = :id) order by h.id"},
	hook_list_all = {LIST "where a.disabled = 0 order by h.id"},
	hook_change = {
		"update hook set name = :name, url = :url, event = :event, filter = :filter, "
		"more_than = :more_than, window_s = :window_s, times = :times, state = :state, "
		"version = version + 1, tries = 0, failing = 0, next = 0, reached = 0 "
		"where id = :id and account_id = :account_id"},
	hook_remove = {"delete from hook where id = :id and account_id = :account_id"},
	hook_test = {
		"update hook set test = :now where id = :id and account_id = :account_id"},
	failure_list = {
		"select f.id, c.session_id, f.kind, f.change_id, f.first_step, f.time, f.tries, "
		"f.status, f.error, f.due from hook_failure f join hook h on h.id = f.hook_id "
		"join call c on c.id = f.call_id where f.hook_id = :id and f.id > :after "
		"and h.account_id = :account_id and (not :due_only or f.due > 0) "
		"order by f.id limit :limit"},
	failure_resend = {
		"update hook_failure set due = :now where hook_id = "
		"(select id from hook where id = :id and account_id = :account_id) "
		"and (:failure_id = 0 or id = :failure_id)"},
	note_course = {
		"update hook set place = :place, told = :told, tries = :tries, failing = :failing, "
		"next = :next, last_time = :last_time, last_status = :last_status, "
		"last_error = :last_error, reached = :reached, "
		"state = iif(state = 0, :state, state), test = iif(test = :test, 0, test) "
		"where id = :id and account_id = :account_id"},
	note_failed = {
		"insert into hook_failure (hook_id, call_id, kind, change_id, first_step, time, "
		"tries, status, error) select :id, " CALL_ID ", :kind, :change_id, :first_step, "
		":time, :tries, :status, :error where exists (select 1 from hook where id = :id) "
		"and " CALL_ID " is not null"},
	note_trim = {
		"delete from hook_failure where hook_id = :id and id <= (select id from "
		"hook_failure where hook_id = :id order by id desc limit 1 offset :max)"},
	note_again = {
		"update hook_failure set time = :time, tries = :tries, status = :status, "
		"error = :error, due = 0 where id = :failure_id and hook_id = :id"},
	note_resent = {"delete from hook_failure where id = :failure_id and hook_id = :id"},
	note_begun = {
		"insert or replace into hook_begun (hook_id, call_id, steps) "
		"select :id, " CALL_ID ", :steps"
		" where " CALL_ID " is not null and exists (select 1 from hook where id = :id)"},
	note_over = {"delete from hook_begun where hook_id = :id and call_id = " CALL_ID},
	hook_knows = {"select steps from hook_begun where hook_id = :id and call_id = " CALL_ID};
/* clang-format on */

static struct text secret_of(const struct store_hook *hook)
{
	return (struct text){.data = (const char *)hook->secret, .size = sizeof(hook->secret)};
}

static int add(
	struct store *base, const struct store_hook *hook, int64_t *ret_id, struct error *err)
{
	AUTO(sqlite_writer_end) struct sqlite_writer writer = {0};
	int64_t id;

	if (sqlite_writer_begin(&writer, base, err) < 0) {
		return -1;
	}
	if (sqlite_run(writer.connection, &hook_add,
		    BIND(INT64(account_id, hook->account_id), STRING(name, hook->name),
			    STRING(url, hook->url), INT64(event, hook->event),
			    STRING(filter, hook->filter), INT64(more_than, hook->more_than),
			    INT64(window_s, hook->window_s), INT64(times, hook->times),
			    BLOB(secret, secret_of(hook)), INT64(state, hook->state),
			    INT64(created, hook->created), INT64(place, hook->course.place),
			    INT64(max, STORE_HOOKS_MAX)),
		    err) < 0) {
		return sqlite_failed_with(writer.connection, SQLITE_CONSTRAINT_FOREIGNKEY)
			       ? store_no_account(hook->account_id, err)
			       : -1;
	}
	if (sqlite3_changes(writer.connection->db) == 0) {
		return 0;
	}
	id = sqlite3_last_insert_rowid(writer.connection->db);
	if (sqlite_writer_commit(&writer, err) < 0) {
		return -1;
	}
	*ret_id = id;
	return 1;
}

static struct store_hook_course course_of(const struct sqlite_cursor *row)
{
	return (struct store_hook_course){
		.place = sqlite_column_int64(row, HOOK_PLACE),
		.told = sqlite_column_int64(row, HOOK_TOLD),
		.tries = sqlite_column_int64(row, HOOK_TRIES),
		.failing = sqlite_column_int64(row, HOOK_FAILING),
		.next = sqlite_column_int64(row, HOOK_NEXT),
		.last_time = sqlite_column_int64(row, HOOK_LAST_TIME),
		.last_status = sqlite_column_int64(row, HOOK_LAST_STATUS),
		.last_error = sqlite_column_text(row, HOOK_LAST_ERROR),
		.reached = sqlite_column_int64(row, HOOK_REACHED),
	};
}

static struct store_hook hook_of(const struct sqlite_cursor *row)
{
	return (struct store_hook){
		.id = sqlite_column_int64(row, HOOK_ID),
		.account_id = sqlite_column_int64(row, HOOK_ACCOUNT_ID),
		.name = sqlite_column_text(row, HOOK_NAME),
		.url = sqlite_column_text(row, HOOK_URL),
		.event = sqlite_column_int64(row, HOOK_EVENT),
		.filter = sqlite_column_text(row, HOOK_FILTER),
		.more_than = sqlite_column_int64(row, HOOK_MORE_THAN),
		.window_s = sqlite_column_int64(row, HOOK_WINDOW),
		.times = sqlite_column_int64(row, HOOK_TIMES),
		.state = sqlite_column_int64(row, HOOK_STATE),
		.created = sqlite_column_int64(row, HOOK_CREATED),
		.version = sqlite_column_int64(row, HOOK_VERSION),
		.test = sqlite_column_int64(row, HOOK_TEST),
		.course = course_of(row),
		.failures = sqlite_column_int64(row, HOOK_FAILURES),
		.due = sqlite_column_int64(row, HOOK_DUE),
	};
}

static bool copy(struct arena *arena, struct text *text)
{
	*text = arena_copy(arena, *text);
	return text->data != NULL;
}

static int read_hook(
	struct sqlite_cursor *row, struct arena *arena, void *ret_hook, struct error *err)
{
	const struct store_days store = {
		.detail = sqlite_column_int64(row, HOOK_STORE_DETAIL_DAYS),
		.header = sqlite_column_int64(row, HOOK_STORE_HEADER_DAYS),
	};
	const struct store_days own = {
		.detail = sqlite_column_int64(row, HOOK_DETAIL_DAYS),
		.header = sqlite_column_int64(row, HOOK_HEADER_DAYS),
	};
	struct text secret = sqlite_column_blob(row, HOOK_SECRET);
	struct store_hook hook = hook_of(row);

	if (secret.size != sizeof(hook.secret)) {
		return error_set(err, ERROR_CORRUPT, "the stored hook %lld has no proper secret",
			(long long)hook.id);
	}
	memcpy(hook.secret, secret.data, secret.size);
	if (!copy(arena, &hook.name) || !copy(arena, &hook.url) || !copy(arena, &hook.filter) ||
		!copy(arena, &hook.course.last_error)) {
		return error_set(err, ERROR_TOO_LARGE, "the hooks do not fit into memory");
	}
	hook.kept = store_days_in_force(&store, &own);
	*(struct store_hook *)ret_hook = hook;
	return 0;
}

static int list(struct store *base, int64_t account_id, int64_t hook_id, struct arena *arena,
	struct store_hook **ret_hooks, size_t *ret_count, struct error *err)
{
	AUTO(sqlite_reader_close) struct sqlite_reader reader = sqlite_reader_open(base, err);
	struct sqlite_list hooks = {arena, sizeof(**ret_hooks), read_hook, .what = "hooks"};

	if (sqlite_list(&hooks, reader.connection, account_id ? &hook_list : &hook_list_all,
		    BIND(INT64(account_id, account_id), INT64(id, hook_id)), err) < 0) {
		return -1;
	}
	*ret_hooks = hooks.items;
	*ret_count = hooks.count;
	return 0;
}

static int change(struct store *base, const struct store_hook *hook, struct error *err)
{
	return sqlite_change(base, &hook_change,
		BIND(INT64(id, hook->id), INT64(account_id, hook->account_id),
			STRING(name, hook->name), STRING(url, hook->url), INT64(event, hook->event),
			STRING(filter, hook->filter), INT64(more_than, hook->more_than),
			INT64(window_s, hook->window_s), INT64(times, hook->times),
			INT64(state, hook->state)),
		err);
}

static int remove_hook(struct store *base, int64_t account_id, int64_t hook_id, struct error *err)
{
	return sqlite_change(
		base, &hook_remove, BIND(INT64(id, hook_id), INT64(account_id, account_id)), err);
}

static int ask_test(
	struct store *base, int64_t account_id, int64_t hook_id, int64_t now, struct error *err)
{
	return sqlite_change(base, &hook_test,
		BIND(INT64(id, hook_id), INT64(account_id, account_id), INT64(now, now)), err);
}

static int read_failure(
	struct sqlite_cursor *row, struct arena *arena, void *ret_failure, struct error *err)
{
	struct store_hook_failure failure = {
		.id = sqlite_column_int64(row, FAILURE_ID),
		.session_id = sqlite_column_text(row, FAILURE_SESSION_ID),
		.kind = sqlite_column_int64(row, FAILURE_KIND),
		.change_id = sqlite_column_int64(row, FAILURE_CHANGE_ID),
		.first_step = sqlite_column_int64(row, FAILURE_FIRST_STEP),
		.time = sqlite_column_int64(row, FAILURE_TIME),
		.tries = sqlite_column_int64(row, FAILURE_TRIES),
		.status = sqlite_column_int64(row, FAILURE_STATUS),
		.error = sqlite_column_text(row, FAILURE_ERROR),
		.due = sqlite_column_int64(row, FAILURE_DUE),
	};

	if (!copy(arena, &failure.error) || !copy(arena, &failure.session_id)) {
		return error_set(err, ERROR_TOO_LARGE, "the failures do not fit into memory");
	}
	*(struct store_hook_failure *)ret_failure = failure;
	return 0;
}

static int failures(struct store *base, int64_t account_id, int64_t hook_id, int64_t after,
	int64_t limit, bool due_only, struct arena *arena, struct store_hook_failure **ret_failures,
	size_t *ret_count, struct error *err)
{
	AUTO(sqlite_reader_close) struct sqlite_reader reader = sqlite_reader_open(base, err);
	struct sqlite_list found = {
		arena, sizeof(**ret_failures), read_failure, .what = "failures"};

	if (sqlite_list(&found, reader.connection, &failure_list,
		    BIND(INT64(account_id, account_id), INT64(id, hook_id), INT64(after, after),
			    INT64(limit, limit), INT64(due_only, due_only)),
		    err) < 0) {
		return -1;
	}
	*ret_failures = found.items;
	*ret_count = found.count;
	return 0;
}

static int resend(struct store *base, int64_t account_id, int64_t hook_id, int64_t failure_id,
	int64_t now, struct error *err)
{
	int changed = sqlite_change(base, &failure_resend,
		BIND(INT64(account_id, account_id), INT64(id, hook_id),
			INT64(failure_id, failure_id), INT64(now, now)),
		err);

	return changed > 0 ? 1 : changed;
}

static int note_course_of(
	struct sqlite_connection *connection, const struct store_hook_note *note, struct error *err)
{
	const struct store_hook_course *course = note->course;

	return sqlite_run(connection, &note_course,
		BIND(INT64(id, note->hook_id), INT64(account_id, note->account_id),
			INT64(place, course->place), INT64(told, course->told),
			INT64(tries, course->tries), INT64(failing, course->failing),
			INT64(next, course->next), INT64(last_time, course->last_time),
			INT64(last_status, course->last_status),
			STRING(last_error, course->last_error), INT64(reached, course->reached),
			INT64(state, note->state), INT64(test, note->test)),
		err);
}

static int note_failure(
	struct sqlite_connection *connection, const struct store_hook_note *note, struct error *err)
{
	const struct store_hook_failure *failure = note->failure;
	const struct sqlite_values values = BIND(INT64(id, note->hook_id),
		INT64(account_id, note->account_id), STRING(session, failure->session_id),
		INT64(kind, failure->kind), INT64(change_id, failure->change_id),
		INT64(first_step, failure->first_step), INT64(time, failure->time),
		INT64(tries, failure->tries), INT64(status, failure->status),
		STRING(error, failure->error), INT64(failure_id, failure->id));

	if (failure->id != 0) {
		return sqlite_run(connection, &note_again, values, err);
	}
	return sqlite_run(connection, &note_failed, values, err) < 0
		       ? -1
		       : sqlite_run(connection, &note_trim,
				 BIND(INT64(id, note->hook_id),
					 INT64(max, STORE_HOOK_FAILURES_MAX)),
				 err);
}

static int note_session(struct sqlite_connection *connection,
	const struct sqlite_statement *statement, const struct store_hook_note *note,
	struct text session, struct error *err)
{
	return !session.data
		       ? 0
		       : sqlite_run(connection, statement,
				 BIND(INT64(id, note->hook_id), INT64(account_id, note->account_id),
					 STRING(session, session), INT64(steps, note->begun_steps)),
				 err);
}

static int note(struct store *base, const struct store_hook_note *note, struct error *err)
{
	AUTO(sqlite_writer_end) struct sqlite_writer writer = {0};

	if (sqlite_writer_begin(&writer, base, err) < 0 ||
		note_course_of(writer.connection, note, err) < 0 ||
		(note->failure && note_failure(writer.connection, note, err) < 0) ||
		(note->resent &&
			sqlite_run(writer.connection, &note_resent,
				BIND(INT64(failure_id, note->resent), INT64(id, note->hook_id)),
				err) < 0) ||
		note_session(writer.connection, &note_begun, note, note->begun, err) < 0 ||
		note_session(writer.connection, &note_over, note, note->over, err) < 0) {
		return -1;
	}
	return sqlite_writer_commit(&writer, err);
}

static int knows(struct store *base, int64_t account_id, int64_t hook_id, struct text session_id,
	int64_t *ret_steps, struct error *err)
{
	AUTO(sqlite_reader_close) struct sqlite_reader reader = sqlite_reader_open(base, err);

	return sqlite_read_int64(reader.connection, &hook_knows,
		BIND(INT64(id, hook_id), INT64(account_id, account_id),
			STRING(session, session_id)),
		ret_steps, err);
}

const struct store_hooks_backend sqlite_hooks = {
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
