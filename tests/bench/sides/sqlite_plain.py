# SPDX-License-Identifier: MIT
"""The same calls in SQLite as plain JSON text, with the same indices: what a small program of one's own would have."""
import sqlite3

from sides.rows import fields

SCHEMA = """
pragma journal_mode = wal;
create table call (
	id integer primary key, account_id integer not null, start integer not null, "end" integer not null, steps integer not null,
	type integer not null, session_id text not null, dest text not null, dest_key text not null, src text not null, detail text,
	unique (account_id, session_id)
) strict;
create index call_by_start on call (account_id, start, session_id);
create index call_by_dest on call (account_id, dest_key, start, session_id);
"""


def row(line):
    start, end, steps, kind, *texts = fields(line)
    return (1, int(start), int(end), int(steps), int(kind), *(text.decode() for text in texts))


def make(path, lines):
    database = sqlite3.connect(path)
    database.executescript(SCHEMA)
    database.executemany('insert into call (account_id, start, "end", steps, type, session_id, dest, dest_key, src, detail)'
                         " values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", map(row, lines))
    database.commit()
    database.execute("pragma wal_checkpoint(truncate)")
    database.close()
