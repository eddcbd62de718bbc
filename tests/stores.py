# SPDX-License-Identifier: MIT
"""Where the stores of tests are: CALLSTEP_TEST_STORE says `embedded` (the default) or `postgres`, which starts one PostgreSQL for all tests of
the run and gives each store its own schema. A location is given to the program as --data, be it a folder or a URL.

Tests know a store by what the program says of it. Those that look behind it, or damage it, do so by run_sql() and files_of()."""
import atexit
import contextlib
import os
import sqlite3
from pathlib import Path

import pytest

import postgres
from postgres import Cluster

KIND = os.environ.get("CALLSTEP_TEST_STORE", "embedded")
assert KIND in ("embedded", "postgres"), KIND


def only_embedded(reason):
    """For tests of what the embedded store alone has; @reason says what that is, or what stands for the test on PostgreSQL."""
    assert isinstance(reason, str), "a reason, not the test itself"
    return pytest.mark.skipif(KIND != "embedded", reason=f"embedded store only: {reason}")


_clusters = []
_locations = {}


def cluster():
    """The run's PostgreSQL, started when it is first asked for."""
    if not _clusters:
        _clusters.append(Cluster())
        atexit.register(_clusters[0].stop)
    return _clusters[0]


def store_at(folder):
    """The store that belongs to @folder, always the same one."""
    folder = Path(folder)
    if KIND == "embedded":
        return folder / "store"
    if folder not in _locations:
        _locations[folder] = cluster().new_store()
    return _locations[folder]


# ---- behind the program's back ----

def is_there(store):
    """Whether a store was made at that place."""
    if KIND == "embedded":
        return (store / "callstep.db").exists()
    return run_sql(store, "", "select from pg_tables where schemaname = current_schema() and tablename = 'callstep_store'") != []

def run_sql(store, embedded, postgresql=None):
    """Runs SQL in @store, whose tables are mostly the same: @postgresql is what says it there where they are not. Returns the rows, their
    values as text."""
    if KIND == "embedded":
        with contextlib.closing(sqlite3.connect(store / "callstep.db")) as database, database:
            return [tuple(map(str, row)) for row in database.execute(embedded).fetchall()]
    return [tuple(line.split("|")) for line in postgres.run_sql(store, postgresql or embedded).splitlines()]


# Tables and indices in the store's schema, and where their large values lie.
RELATIONS = """with own as (select oid, reltoastrelid from pg_class where relnamespace = current_schema()::regnamespace),
    toast as (select reltoastrelid as oid from own where reltoastrelid <> 0
        union select i.indexrelid from own join pg_index i on i.indrelid = reltoastrelid)
    select pg_relation_filepath(oid) from (select oid from own union select oid from toast) files
    where pg_relation_filepath(oid) is not null"""


SAMPLES = """select concat_ws(' ', most_common_vals::text, histogram_bounds::text, most_common_elems::text) from pg_stats
    where schemaname = current_schema()"""


def files_of(store):
    """What lies in the files of @store, by their names; on PostgreSQL in those of its tables and their indices, and what the planner noted."""
    if KIND == "embedded":
        return {path.name: path.read_bytes() for path in store.iterdir()}
    postgres.run_sql(store, "checkpoint")
    files = {name: (cluster().data / name).read_bytes() for (name,) in run_sql(store, RELATIONS)}
    return {**files, "samples": postgres.run_sql(store, SAMPLES).encode()}
