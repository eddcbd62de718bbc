/* SPDX-License-Identifier: MIT
 * The statements that the store on PostgreSQL keeps prepared, and the pieces that others are made
 * of. Private to store_postgres*.c. */
#ifndef STORE_STORE_POSTGRES_SQL_H
#define STORE_STORE_POSTGRES_SQL_H

/* What is notified when calls were stored: a hint, change_head says how many. */
#define POSTGRES_CHANNEL "callstep"

enum postgres_sql {
	POSTGRES_BEGIN_READ,
	POSTGRES_BEGIN_WRITE,
	POSTGRES_COMMIT,
	POSTGRES_ROLLBACK,
	POSTGRES_PING,
	POSTGRES_PLAN_EACH,
	POSTGRES_ACCOUNT_ADD,
	POSTGRES_ACCOUNT_FIND,
	POSTGRES_ACCOUNT_LIST,
	POSTGRES_ACCOUNT_SET_DISABLED,
	POSTGRES_ACCOUNT_SET_DAYS,
	POSTGRES_KEEPING,
	POSTGRES_SET_KEEPING,
	POSTGRES_ACCOUNTS_LOCK,
	POSTGRES_KEY_ADD,
	POSTGRES_KEY_LIST,
	POSTGRES_KEY_REVOKE,
	POSTGRES_KEY_FIND,
	POSTGRES_KEY_TOUCH,
	POSTGRES_KIND_FIND,
	POSTGRES_KIND_GET,
	POSTGRES_KINDS,
	POSTGRES_PART_FIND,
	POSTGRES_PARTS,
	POSTGRES_HELD,
	POSTGRES_HELD_PACKED,
	POSTGRES_CALL_PUT,
	POSTGRES_DETAIL_DROP,
	POSTGRES_DETAIL_MOVE,
	POSTGRES_DETAIL_ADD,
	POSTGRES_TALLY_ADD,
	POSTGRES_TALLY_DROP_EMPTY,
	POSTGRES_TALLY_SUM,
	POSTGRES_TALLY_NEWEST_FIRST,
	POSTGRES_COUNT,
	POSTGRES_COUNT_DEST,
	POSTGRES_SKIP,
	POSTGRES_SKIP_DEST,
	POSTGRES_PAGE,
	POSTGRES_PAGE_DEST,
	POSTGRES_PAGE_DESTS,
	POSTGRES_CALL_FIND,
	POSTGRES_CHANGES_ADD,
	POSTGRES_CHANGES_TRIM,
	POSTGRES_CHANGE_HEAD,
	POSTGRES_CHANGES,
	POSTGRES_NOTIFY,
	POSTGRES_DROP_DETAIL,
	POSTGRES_DETAIL_OLDEST,
	POSTGRES_CALL_OLDEST,
	POSTGRES_SPACE,
	POSTGRES_AUDIT_ADD,
	POSTGRES_AUDIT_LIST,
	POSTGRES_AUDIT_LIST_ACTION,
	POSTGRES_AUDIT_RAISE_FLOOR,
	POSTGRES_AUDIT_DROP,
	POSTGRES_STATEMENTS,
};

extern const char *const postgres_sql_texts[POSTGRES_STATEMENTS];

/* A call's header out of @c, and its packed call out of d: as enum postgres_call_column has them.
 */
#define POSTGRES_HEADER(c)                                                                         \
	c ".session_id, " c ".start, " c ".\"end\", " c ".type, " c ".steps, " c ".dest, " c ".sr" \
	  "c"
#define POSTGRES_PACKED "d.size, d.crc32, d.crc32_op, d.deflate"

/* The detail of the call @c. */
#define POSTGRES_JOIN_DETAIL(c)                                                                    \
	" d on d.account_id = " c ".account_id and d.start = " c ".start and d.session_id = " c    \
	".session_id and d.part = " c ".part "

/* What the header of the call c has to be like: the parameters of postgres_match_bind() but the
 * text. $7 and $8 are the numbers called, whole ones and patterns, $9 and $10 those that called; %s
 * what postgres_match_sql() makes of each pair. $13 and $14 are the place behind which calls are
 * looked for. */
#define POSTGRES_MATCH                                                                             \
	"c.account_id = $1::bigint and c.start >= $2::bigint and c.start < $3::bigint and "        \
	"($4::smallint[] is null or c.type = any($4)) and "                                        \
	"c.\"end\" - c.start between $5::bigint and $6::bigint and "                               \
	"%s and %s and "                                                                           \
	"($11::integer[] is null or c.path && $11) and "                                           \
	"($12::integer[] is null or c.last_kind = any($12)) and "                                  \
	"(c.start, c.session_id) < ($13::bigint, $14::text) "

/* The calls to look at: all, or those that have the text $15, and $16 and $17 side by side, which
 * were looked at elsewhere. Those that have the text are found first, once, and then looked up one
 * by one (`offset 0` keeps it so): the other way round, which PostgreSQL takes for better where a
 * table was never analysed, the text is looked for anew for each call. */
#define POSTGRES_FROM_ALL "from call c where $15::text is null and " POSTGRES_MATCH
#define POSTGRES_FROM_TEXT                                                                         \
	"from (select d.account_id, d.session_id from detail d where d.account_id = $1::bigint "   \
	"and d.words @@ ($15::text)::tsquery and d.start >= $2::bigint and d.start < $3::bigint "  \
	"and "                                                                                     \
	"(d.part = 0 or d.part between $2 / 86400 and $3 / 86400) union all "                      \
	"select $1::bigint, u.session_id from unnest($16::text[]) as u (session_id)) f "           \
	"cross join lateral (select * from call k where k.account_id = f.account_id "              \
	"and k.session_id = f.session_id offset 0) c "                                             \
	"where " POSTGRES_MATCH

/* What follows "with old as materialized (…), ", old being calls with account_id, start,
 * session_id, part and dest_key: takes them out of every table. A select from old follows. @units
 * is the parameter with the units of the tallies. A tally that falls to nothing goes. */
#define POSTGRES_TAKE_OUT(units)                                                                   \
	"falls as materialized (select o.account_id, a.is_all, "                                   \
	"case when a.is_all then '' else o.dest_key end as dest_key, s.seconds, "                  \
	"o.start - o.start % s.seconds as bucket, count(*) as calls from old o "                   \
	"cross join (values (true), (false)) as a (is_all) "                                       \
	"cross join unnest(" units "::bigint[]) as s (seconds) group by 1, 2, 3, 4, 5), "          \
	"fallen as (update tally t set calls = t.calls - f.calls from falls f where "              \
	"t.account_id = f.account_id and t.is_all = f.is_all and t.dest_key = f.dest_key and "     \
	"t.seconds = f.seconds and t.bucket = f.bucket and t.calls > f.calls), "                   \
	"empty as (delete from tally t using falls f where "                                       \
	"t.account_id = f.account_id and t.is_all = f.is_all and t.dest_key = f.dest_key and "     \
	"t.seconds = f.seconds and t.bucket = f.bucket and t.calls <= f.calls), "                  \
	"detail_gone as (delete from detail d using old o where d.account_id = o.account_id "      \
	"and d.start = o.start and d.session_id = o.session_id and d.part = o.part), "             \
	"changes_gone as (delete from change h using old o where "                                 \
	"h.account_id = o.account_id and h.session_id = o.session_id), "                           \
	"calls_gone as (delete from call c using old o where c.account_id = o.account_id and "     \
	"c.session_id = o.session_id) "

/* Whether the detail of the call c went with its day, and its header does not say so yet: it looks
 * as if it never had any. */
#define POSTGRES_GONE                                                                              \
	"(c.part is not null and exists (select from detail_gone g where "                         \
	"g.account_id = c.account_id and g.part = c.part and c.start >= g.start) and "             \
	"not exists (select from detail o where o.account_id = c.account_id and "                  \
	"o.start = c.start and o.session_id = c.session_id and o.part = c.part))"

#define POSTGRES_NEWEST_FIRST "order by c.start desc, c.session_id desc "

#endif
