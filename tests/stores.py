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


def files_of(store):
    """What lies in the files of @store, by their names; on PostgreSQL in those of its tables and their indices, and what the planner noted."""
    if KIND == "embedded":
        return {path.name: path.read_bytes() for path in store.iterdir()}
    return cluster().files_of(store)
