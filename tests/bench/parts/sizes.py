# SPDX-License-Identifier: MIT
"""Bytes a call on disk, each table and index apart: callstep over its file and over PostgreSQL, PostgreSQL's jsonb with pglz and lz4, SQLite with plain JSON."""
import shutil
import sqlite3

import bodies
import data
from measure import say
from paths import RUN
from process import run as run_command
from sides import postgres, sqlite_plain

CALLS = 100_000

RELATIONS = """
select case when c.relkind = 't' then 'call (out of line)' when i.indrelid is not null and t.relkind = 't' then 'index of call (out of line)'
	else c.relname end, pg_relation_size(c.oid)
from pg_class c left join pg_index i on i.indexrelid = c.oid left join pg_class t on t.oid = i.indrelid
where c.oid = 'call'::regclass or i.indrelid = 'call'::regclass
	or c.oid = (select reltoastrelid from pg_class where oid = 'call'::regclass)
	or i.indrelid = (select reltoastrelid from pg_class where oid = 'call'::regclass)
order by 2 desc
"""


# What each table and index of callstep's takes, its partitions together; what lies out of line counts to its table.
STORE_RELATIONS = """
select regexp_replace(c.relname, '^detail_[0-9]+', 'detail'), sum(pg_relation_size(c.oid)
	+ case when c.reltoastrelid <> 0 then pg_total_relation_size(c.reltoastrelid) else 0 end)
from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'i')
group by 1 having sum(pg_relation_size(c.oid)) > 0 order by 2 desc
"""


def of_sqlite(path):
    database = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    rows = database.execute("select name, sum(pgsize) from dbstat group by name order by 2 desc").fetchall()
    database.close()
    return rows


def of_callstep(setting, folder, lines):
    kept = data.empty_store(setting.binary, folder / "callstep")
    (folder / "lines").write_bytes(b"".join(lines))
    run_command(setting.binary, "import", "--data", kept / "store", "--quiet", folder / "lines")
    return of_sqlite(kept / "store/callstep.db")


def of_callstep_on_postgres(setting, folder):
    postgres.make_cluster(folder / "store")
    with postgres.Postgres(folder / "store", "PostgreSQL sizes of callstep") as server:
        data.add_account(setting.binary, server.location())
        run_command(setting.binary, "import", "--data", server.location(), "--quiet", folder / "lines")
        server.sql("vacuum analyze")
        return [(name, int(size)) for name, size in server.rows(STORE_RELATIONS)]


def of_plain_sqlite(folder, lines):
    path = folder / "plain.db"
    sqlite_plain.make(path, lines)
    return of_sqlite(path)


def of_postgres(setting, folder, compression):
    postgres.make_cluster(folder / compression)
    with postgres.Postgres(folder / compression, f"PostgreSQL sizes {compression}", options=[f"default_toast_compression={compression}"]) as server:
        postgres.fill(server, folder / "lines")
        server.script("indices.sql")
        server.script("words.sql")
        server.sql("vacuum (full, analyze) call")
        rows = server.rows(RELATIONS)
    shutil.rmtree(folder / compression)
    return [(name, int(size)) for name, size in rows]


def run(setting):
    folder = RUN / "sizes"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    lines = bodies.first_lines(setting.lines.path, CALLS)
    makers = {
        "callstep": lambda: of_callstep(setting, folder, lines),
        "callstep on PostgreSQL": lambda: of_callstep_on_postgres(setting, folder),
        "PostgreSQL, jsonb pglz": lambda: of_postgres(setting, folder, "pglz"),
        "PostgreSQL, jsonb lz4": lambda: of_postgres(setting, folder, "lz4"),
        "SQLite, plain JSON": lambda: of_plain_sqlite(folder, lines),
    }
    sides = {}
    for name, make in makers.items():
        say(f"-- {name}")
        sides[name] = [(part, size / CALLS) for part, size in make()]
        print(f"{name:26} {sum(size for _, size in sides[name]):8.0f} bytes a call:  "
              + ", ".join(f"{part} {size:.0f}" for part, size in sides[name] if size >= 1), flush=True)
    shutil.rmtree(folder)
    return {"calls": CALLS, "json_bytes": sum(map(len, lines)) / CALLS, "parts": sides}
