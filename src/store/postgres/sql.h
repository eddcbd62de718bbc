/* SPDX-License-Identifier: MIT
 * The pieces that statements of several files are made of. Private to this folder. */
#ifndef STORE_POSTGRES_SQL_H
#define STORE_POSTGRES_SQL_H

#include "store/columns.h"

/* The channel that is notified when calls were stored. That is a hint alone: change_head says
 * how many. */
#define POSTGRES_CHANNEL "callstep"

/* clang-format off */

/* The header of the call c and, out of the detail d, its packed call. */
#define POSTGRES_HEADER \
	"c.session_id, c.start, c.steps" STORE_COLUMNS(STORE_COLUMN_NAME, "c.")
/* Whether the call c goes on. */
#define POSTGRES_IS_LIVE \
	"exists (select from live l where l.account_id = c.account_id" \
	" and l.session_id = c.session_id)"
#define POSTGRES_LIVE POSTGRES_IS_LIVE " as live"
#define POSTGRES_PACKED "d.size, d.crc32, d.crc32_op, d.deflate"

/* The detail d of the call c. */
#define POSTGRES_DETAIL_OF_CALL \
	"d on d.account_id = c.account_id and d.start = c.start and d.session_id = c.session_id" \
	" and d.part = c.part"

/* The place of the detail d is that of the row u. */
#define POSTGRES_AT_PLACE \
	"d.account_id = u.account_id and d.start = u.start and d.session_id = u.session_id" \
	" and d.part = u.part"

#define POSTGRES_NEWEST_FIRST " order by c.start desc, c.session_id desc"

/* What follows "with old as materialized (…), ", old being calls with account_id, start,
 * session_id, part and dest_key: takes them out of every table. A select from old follows.
 * $units are the seconds of the tallies' units. A tally that falls to nothing goes. */
#define POSTGRES_SAME_TALLY \
	"t.account_id = f.account_id and t.is_all = f.is_all and t.dest_key = f.dest_key" \
	" and t.seconds = f.seconds and t.bucket = f.bucket"
#define POSTGRES_TAKE_OUT \
	"falls as materialized (select o.account_id, a.is_all," \
	" case when a.is_all then '' else o.dest_key end as dest_key, s.seconds," \
	" o.start - o.start % s.seconds as bucket, count(*) as calls from old o" \
	" cross join (values (true), (false)) as a (is_all)" \
	" cross join unnest($units::bigint[]) as s (seconds) group by 1, 2, 3, 4, 5)," \
	" fallen as (update tally t set calls = t.calls - f.calls from falls f" \
	" where " POSTGRES_SAME_TALLY " and t.calls > f.calls)," \
	" empty as (delete from tally t using falls f" \
	" where " POSTGRES_SAME_TALLY " and t.calls <= f.calls)," \
	" detail_gone as (delete from detail d using old u where " POSTGRES_AT_PLACE ")," \
	" changes_gone as (delete from change h using old o" \
	" where h.account_id = o.account_id and h.session_id = o.session_id)," \
	" live_gone as (delete from live l using old o" \
	" where l.account_id = o.account_id and l.session_id = o.session_id)," \
	" failures_gone as (delete from hook_failure f using old o" \
	" where f.account_id = o.account_id and f.session_id = o.session_id)," \
	" begun_gone as (delete from hook_begun b using old o" \
	" where b.account_id = o.account_id and b.session_id = o.session_id)," \
	" calls_gone as (delete from call c using old o" \
	" where c.account_id = o.account_id and c.session_id = o.session_id) "

/* Whether the detail of the call c went with its day, and its header does not say so yet. The call
 * looks as if it never had any. */
#define POSTGRES_GONE \
	"(c.part is not null and exists (select from detail_gone g" \
	" where g.account_id = c.account_id and g.part = c.part and c.start >= g.start)" \
	" and not exists (select from detail o where o.account_id = c.account_id" \
	" and o.start = c.start and o.session_id = c.session_id and o.part = c.part))"

/* clang-format on */

#endif
