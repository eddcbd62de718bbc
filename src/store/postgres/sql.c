/* SPDX-License-Identifier: MIT
 * The text of the statements. Parameters are typed where they stand; each question names the
 * account first. */
#include "store/postgres/sql.h"

#define ACCOUNT_COLUMNS                                                                            \
	"a.account_id, a.email, a.created, a.disabled, coalesce(a.detail_days, -1), "              \
	"coalesce(a.header_days, -1), (select detail_days from keeping), "                         \
	"(select header_days from keeping)"
#define KEY_COLUMNS                                                                                \
	"k.id, k.account_id, k.hash, k.scope, k.label, k.created, k.last_used, k.revoked"

#define KIND_NAMED                                                                                 \
	"account_id = $1::bigint and "                                                             \
	"md5(class || '/' || module || '/' || variable) = "                                        \
	"md5($2::text || '/' || $3::text || '/' || $4::text) and "                                 \
	"class = $2 and module = $3 and variable = $4 "

#define IN_WINDOW                                                                                  \
	"from call c where c.account_id = $1::bigint and c.start >= $2::bigint and c.start < "     \
	"$3::bigint "

/* The newest calls of a window from one call on, given by its start and session; packed where they
 * started after $5. The calls of the page are found first, then each is joined with its detail. */
#define PAGE_OF(where)                                                                             \
	"select " POSTGRES_HEADER(                                                                 \
		"c") ", " POSTGRES_PACKED                                                          \
		     " from (select c.account_id, c.part, " POSTGRES_HEADER(                       \
			     "c") " from call c where c.account_id = $1::bigint and c.start >= "   \
				  "$2::bigint and "                                                \
				  "(c.start, c.session_id) <= ($3::bigint, $4::text) " where       \
					  POSTGRES_NEWEST_FIRST                                    \
				  "limit $6::bigint) c left join detail" POSTGRES_JOIN_DETAIL(     \
					  "c") "and c.start > $5::bigint " POSTGRES_NEWEST_FIRST

/* The same of several numbers: each one's newest are found out of its index first. */
#define PAGE_OF_DESTS                                                                              \
	"select " POSTGRES_HEADER(                                                                 \
		"c") ", " POSTGRES_PACKED                                                          \
		     " from (select c.* from unnest($7::text[]) as u (dest_key) "                  \
		     "cross join lateral (select c.account_id, c.part, " POSTGRES_HEADER(          \
			     "c") " from call c where c.account_id = $1::bigint and c.start >= "   \
				  "$2::bigint and (c.start, c.session_id) <= ($3::bigint, "        \
				  "$4::text) and c.dest_key = u.dest_key " POSTGRES_NEWEST_FIRST   \
				  "limit $6::bigint) c " POSTGRES_NEWEST_FIRST                     \
				  "limit $6::bigint) c left join detail" POSTGRES_JOIN_DETAIL(     \
					  "c") "and c.start > $5::bigint " POSTGRES_NEWEST_FIRST

/* Rows of arrays side by side, each row a call's detail: where it lies. */
#define PLACES                                                                                     \
	"unnest($1::bigint[], $2::bigint[], $3::text[], $4::bigint[]) "                            \
	"as u (account_id, start, session_id, part) "
#define AT_PLACE                                                                                   \
	"d.account_id = u.account_id and d.start = u.start and d.session_id = u.session_id and "   \
	"d.part = u.part"

#define AUDIT_COLUMNS                                                                              \
	"select id, time, account_id, key_id, address, \"user\", action, subject, outcome, "       \
	"calls, times from audit where time >= $1::bigint and time < $2::bigint and (time, id) < " \
	"($3::bigint, $4::bigint) and "
#define AUDIT_ORDERED "order by time desc, id desc limit $6::bigint"

const char *const postgres_sql_texts[POSTGRES_STATEMENTS] = {
	[POSTGRES_BEGIN_READ] = "begin isolation level repeatable read read only",
	[POSTGRES_BEGIN_WRITE] = "begin isolation level read committed",
	[POSTGRES_COMMIT] = "commit",
	[POSTGRES_ROLLBACK] = "rollback",
	[POSTGRES_PING] = "select newest from change_head",
	[POSTGRES_PLAN_EACH] = "set local plan_cache_mode = force_custom_plan",

	[POSTGRES_ACCOUNT_ADD] = "insert into account (email, created) values ($1, $2::bigint) "
				 "returning account_id",
	[POSTGRES_ACCOUNT_FIND] =
		"select " ACCOUNT_COLUMNS
		" from account a where lower(email collate \"C\") = lower($1::text collate \"C\")",
	[POSTGRES_ACCOUNT_LIST] =
		"select " ACCOUNT_COLUMNS " from account a order by lower(email collate \"C\")",
	[POSTGRES_ACCOUNT_SET_DISABLED] =
		"update account set disabled = $2::bigint where account_id = $1::bigint",
	[POSTGRES_ACCOUNT_SET_DAYS] =
		"update account set detail_days = nullif($2::bigint, -1), "
		"header_days = nullif($3::bigint, -1) where account_id = $1::bigint",
	[POSTGRES_KEEPING] = "select detail_days, header_days, audit_days from keeping",
	[POSTGRES_SET_KEEPING] =
		"insert into keeping (detail_days, header_days, audit_days) values ($1::bigint, "
		"$2::bigint, $3::bigint) on conflict (only_row) do update set detail_days = "
		"excluded.detail_days, header_days = excluded.header_days, audit_days = "
		"excluded.audit_days",
	/* Those who store for an account take turns: what they read of it stays so until they
	   commit. */
	[POSTGRES_ACCOUNTS_LOCK] = "select account_id, xmin::text::bigint from account "
				   "where account_id = any($1::bigint[]) "
				   "order by account_id for no key update",

	[POSTGRES_KEY_ADD] =
		"insert into key (account_id, hash, scope, label, created, last_used, revoked) "
		"values ($1::bigint, $2::bytea, $3::bigint, $4, $5::bigint, $6::bigint, "
		"$7::bigint) returning id",
	[POSTGRES_KEY_LIST] =
		"select " KEY_COLUMNS " from key k where k.account_id = $1::bigint and k.id > "
		"$2::bigint order by k.id limit $3::bigint",
	[POSTGRES_KEY_REVOKE] =
		"update key set revoked = case when revoked = 0 then $3::bigint else revoked end "
		"where account_id = $1::bigint and id = $2::bigint",
	[POSTGRES_KEY_FIND] = "select " KEY_COLUMNS ", " ACCOUNT_COLUMNS
			      " from key k join account a on a.account_id = k.account_id "
			      "where k.hash = $1::bytea",
	[POSTGRES_KEY_TOUCH] = "update key set last_used = $2::bigint where id = $1::bigint and "
			       "last_used < $2",

	[POSTGRES_KIND_FIND] = "select id from kind where " KIND_NAMED,
	[POSTGRES_KIND_GET] =
		"with found as (select id from kind where " KIND_NAMED "), "
		"added as (insert into kind (account_id, id, class, module, variable) "
		"select $1, coalesce((select max(id) from kind where account_id = $1), 0) + 1, "
		"$2, $3, $4 where not exists (select from found) returning id) "
		"select id from found union all select id from added",
	[POSTGRES_KINDS] = "select id, class, module, variable from kind "
			   "where account_id = $1::bigint order by id",

	[POSTGRES_PART_FIND] = "select 1 from pg_inherits i join pg_class c on c.oid = i.inhrelid "
			       "where i.inhparent = 'detail'::regclass and c.relname = $1::text",
	[POSTGRES_PARTS] =
		"select day from (select substr(c.relname, 8)::bigint as day from pg_inherits i "
		"join pg_class c on c.oid = i.inhrelid where i.inhparent = 'detail'::regclass and "
		"c.relname ~ '^detail_[1-9][0-9]*$') p where day > $1::bigint "
		"order by day limit $2::bigint",

	[POSTGRES_HELD] =
		"select u.place, c.start, c.dest_key, case when " POSTGRES_GONE
		" then -1 else c.steps end, c.part from "
		"unnest($1::bigint[], $2::text[]) with ordinality as u (account_id, session_id, "
		"place) join call c on c.account_id = u.account_id and c.session_id = "
		"u.session_id",
	[POSTGRES_HELD_PACKED] =
		"select u.place, " POSTGRES_PACKED " from "
		"unnest($1::bigint[], $2::bigint[], $3::text[], $4::bigint[]) with ordinality "
		"as u (account_id, start, session_id, part, place) join detail d on " AT_PLACE,
	[POSTGRES_CALL_PUT] =
		"insert into call (account_id, session_id, start, \"end\", type, dest, dest_key, "
		"src, src_key, steps, part, last_kind, path) "
		"select u.account_id, u.session_id, u.start, u.\"end\", u.type, u.dest, "
		"u.dest_key, u.src, u.src_key, u.steps, u.part, u.last_kind, u.path::integer[] "
		"from unnest($1::bigint[], $2::text[], $3::bigint[], $4::bigint[], $5::smallint[], "
		"$6::text[], $7::text[], $8::text[], $9::text[], $10::integer[], $11::bigint[], "
		"$12::integer[], $13::text[]) as u (account_id, session_id, start, \"end\", type, "
		"dest, dest_key, src, src_key, steps, part, last_kind, path) "
		"on conflict (account_id, session_id) do update set start = excluded.start, "
		"\"end\" = excluded.\"end\", type = excluded.type, dest = excluded.dest, "
		"dest_key = excluded.dest_key, src = excluded.src, src_key = excluded.src_key, "
		"steps = excluded.steps, part = excluded.part, "
		"last_kind = case when excluded.steps >= 0 then "
		"coalesce(excluded.last_kind, call.last_kind) end, "
		"path = case when excluded.steps >= 0 then coalesce(excluded.path, call.path) end",
	[POSTGRES_DETAIL_DROP] = "delete from detail d using " PLACES "where " AT_PLACE,
	[POSTGRES_DETAIL_MOVE] =
		"update detail d set start = u.new_start, part = u.new_part, size = u.size, "
		"crc32 = u.crc32, crc32_op = u.crc32_op, deflate = u.deflate from "
		"unnest($1::bigint[], $2::bigint[], $3::text[], $4::bigint[], $5::bigint[], "
		"$6::bigint[], $7::bigint[], $8::bigint[], $9::bigint[], $10::bytea[]) as u "
		"(account_id, start, session_id, part, new_start, new_part, size, crc32, "
		"crc32_op, deflate) where " AT_PLACE,
	[POSTGRES_DETAIL_ADD] =
		"insert into detail (account_id, start, session_id, part, size, crc32, crc32_op, "
		"deflate, words) select u.account_id, u.start, u.session_id, u.part, u.size, "
		"u.crc32, u.crc32_op, u.deflate, u.words from "
		"unnest($1::bigint[], $2::bigint[], $3::text[], $4::bigint[], $5::bigint[], "
		"$6::bigint[], $7::bigint[], $8::bytea[], $9::tsvector[]) as u (account_id, start, "
		"session_id, part, size, crc32, crc32_op, deflate, words)",

	[POSTGRES_TALLY_ADD] =
		"insert into tally (account_id, is_all, dest_key, seconds, bucket, calls) "
		"select * from unnest($1::bigint[], $2::boolean[], $3::text[], $4::integer[], "
		"$5::bigint[], $6::bigint[]) "
		"on conflict (account_id, is_all, dest_key, seconds, bucket) "
		"do update set calls = tally.calls + excluded.calls",
	[POSTGRES_TALLY_DROP_EMPTY] =
		"delete from tally t using unnest($1::bigint[], $2::boolean[], $3::text[], "
		"$4::integer[], $5::bigint[], $6::bigint[]) as u (account_id, is_all, dest_key, "
		"seconds, bucket, calls) where t.account_id = u.account_id and "
		"t.is_all = u.is_all and t.dest_key = u.dest_key and t.seconds = u.seconds and "
		"t.bucket = u.bucket and t.calls = 0",
	[POSTGRES_TALLY_SUM] =
		"select coalesce(sum(calls), 0)::bigint from tally where account_id = $1::bigint "
		"and is_all = $2::boolean and dest_key = any($3::text[]) and seconds = $4::integer "
		"and "
		"bucket >= $5::bigint and bucket < $6::bigint",
	[POSTGRES_TALLY_NEWEST_FIRST] =
		"select bucket, sum(calls)::bigint from tally where account_id = $1::bigint and "
		"is_all = $2::boolean and dest_key = any($3::text[]) and seconds = $4::integer and "
		"bucket >= $5::bigint and bucket < $6::bigint group by bucket order by bucket desc",

	[POSTGRES_COUNT] = "select count(*) " IN_WINDOW,
	[POSTGRES_COUNT_DEST] = "select count(*) " IN_WINDOW "and c.dest_key = any($4::text[])",
	[POSTGRES_SKIP] = "select c.start, c.session_id " IN_WINDOW POSTGRES_NEWEST_FIRST
			  "limit 1 offset $4::bigint",
	[POSTGRES_SKIP_DEST] = "select c.start, c.session_id " IN_WINDOW
			       "and c.dest_key = any($5::text[]) " POSTGRES_NEWEST_FIRST
			       "limit 1 offset $4::bigint",
	[POSTGRES_PAGE] = PAGE_OF(""),
	[POSTGRES_PAGE_DEST] = PAGE_OF("and c.dest_key = $7::text "),
	[POSTGRES_PAGE_DESTS] = PAGE_OF_DESTS,
	[POSTGRES_CALL_FIND] = "select " POSTGRES_HEADER(
		"c") ", " POSTGRES_PACKED
		     " from call c left join detail" POSTGRES_JOIN_DETAIL(
			     "c") "where c.account_id = $1::bigint and c.session_id = $2::text",

	[POSTGRES_CHANGES_ADD] =
		"with head as (update change_head set newest = newest + $1::bigint "
		"returning newest - $1 as before) "
		"insert into change (account_id, id, session_id) "
		"select u.account_id, head.before + u.place, u.session_id from head, "
		"unnest($2::bigint[], $3::bigint[], $4::text[]) as u (account_id, place, "
		"session_id)",
	/* Forgets the oldest in large steps: where the newest $1 changes crossed a border of
	   25,000. */
	[POSTGRES_CHANGES_TRIM] =
		"with head as (update change_head set oldest = newest - 100000 + 1 where "
		"newest > 100000 and newest / 25000 <> (newest - $1::bigint) / 25000 "
		"returning oldest) delete from change where id < (select oldest from head)",
	[POSTGRES_CHANGE_HEAD] = "select newest, oldest from change_head",
	[POSTGRES_CHANGES] =
		"with list as materialized (select id, session_id from change where account_id = "
		"$1::bigint and id > $2::bigint order by id limit $3::bigint) "
		"select h.id, (select count(*) from list), (select max(id) from "
		"list), " POSTGRES_HEADER(
			"c") ", " POSTGRES_PACKED " from (select max(id) as id, session_id from "
			     "list group by session_id) h "
			     "join call c on c.account_id = $1 and c.session_id = h.session_id "
			     "left join detail" POSTGRES_JOIN_DETAIL(
				     "c") "and c.start > $4::bigint "
					  "order by h.id",
	[POSTGRES_NOTIFY] = "select pg_notify('" POSTGRES_CHANNEL "', '')",

	[POSTGRES_DROP_DETAIL] =
		"with old as materialized (select account_id, start, session_id, part from detail "
		"where account_id = $1::bigint and start <= $2::bigint "
		"order by start, session_id limit $3::bigint), "
		"gone as (delete from detail d using old u where " AT_PLACE "), "
		"marked as (update call c set steps = -1, part = null, last_kind = null, "
		"path = null from old u where c.account_id = u.account_id and "
		"c.session_id = u.session_id) "
		"select count(*) from old",
	[POSTGRES_DETAIL_OLDEST] = "select start from detail where account_id = $1::bigint "
				   "order by start limit 1",
	[POSTGRES_CALL_OLDEST] = "select start from call where account_id = $1::bigint "
				 "order by start limit 1",
	[POSTGRES_SPACE] = "select sum(pg_total_relation_size(c.oid))::bigint from pg_class c "
			   "where c.relkind = 'r' and "
			   "c.relnamespace = current_schema()::text::regnamespace and "
			   "(c.relname <> 'detail_0' or "
			   "exists (select from detail_0 where account_id > 0))",

	[POSTGRES_AUDIT_ADD] =
		"with head as (update audit_floor set newest = newest + $1::bigint "
		"returning newest - $1 as before) "
		"insert into audit (id, time, account_id, key_id, address, \"user\", action, "
		"subject, outcome, calls, times) select head.before + u.place, u.time, "
		"u.account_id, u.key_id, u.address, u.by_user, u.action, u.subject, u.outcome, "
		"u.calls, u.times from head, unnest($2::bigint[], $3::bigint[], $4::bigint[], "
		"$5::text[], $6::text[], $7::text[], $8::text[], $9::bigint[], $10::bigint[], "
		"$11::bigint[]) with ordinality as u (time, account_id, key_id, address, by_user, "
		"action, subject, outcome, calls, times, place)",
	[POSTGRES_AUDIT_LIST] =
		AUDIT_COLUMNS "($5::text is null or action = $5) and ($7::bigint < 0 or account_id "
			      "= $7) " AUDIT_ORDERED,
	[POSTGRES_AUDIT_LIST_ACTION] =
		AUDIT_COLUMNS "action = $5::text and account_id = $7::bigint " AUDIT_ORDERED,
	[POSTGRES_AUDIT_RAISE_FLOOR] =
		"with old as (select id, time from audit order by id limit $2::bigint) "
		"update audit_floor set dropped = greatest(dropped, coalesce((select max(id) from "
		"old where id < coalesce((select min(id) from old where time >= $1::bigint), "
		"9223372036854775807)), 0))",
	[POSTGRES_AUDIT_DROP] = "delete from audit where id <= (select dropped from audit_floor)",
};
