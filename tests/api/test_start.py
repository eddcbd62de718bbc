# SPDX-License-Identifier: MIT
"""A `serve` that fails to start changes nothing in a store: what is over its days, the schema, the audit trail and a store that is not there
stay as they are."""
import contextlib
import fcntl
import os
import sqlite3
import struct
import time

import pytest

from conftest import ROOT, Client, Server, add_account, call, callstep
from stores import KIND, files_of, is_there, only_embedded, run_sql, store_at

DAY = 86400
SWEEPS = {**os.environ, "CALLSTEP_SWEEP_EVERY": "10m"}
F_OFD_SETLK = 37
SERVER_LOCK = struct.pack("hhqqi", fcntl.F_WRLCK, os.SEEK_SET, 0, 1, 0)  # the byte of callstep.lock that a server holds


def failing_starts(taken, missing):
    """Options by which a start fails late, and what its message names."""
    return {
        "a port that is taken": (["--listen", taken], taken),
        "no certificate": (["--listen", "127.0.0.1:0", "--tls-certificate", missing, "--tls-key", missing], missing),
        "no address": (["--listen", "nonsense"], "nonsense"),
        "no redaction key": (["--listen", "127.0.0.1:0", "--redact-variables", "pin", "--redact-key-file", missing], missing),
    }


KINDS = list(failing_starts("", ""))


@pytest.fixture
def taken(start_server):
    """An address that another server listens on."""
    return start_server().address


def content(store):
    """All that a store holds. On PostgreSQL, how many rows of what a start could change."""
    if KIND == "embedded":
        return files_of(store)
    return run_sql(store, "", "select (select count(*) from detail), (select count(*) from call), (select count(*) from audit), "
                              "(select version from callstep_store)")


def start_and_fail(store, kind, taken, tmp_path):
    options, named = failing_starts(taken, str(tmp_path / "missing.pem"))[kind]
    done = callstep("serve", "--data", store, *options, env=SWEEPS)
    assert done.returncode in (1, 2) and named in done.stderr
    return done


@pytest.mark.parametrize("kind", KINDS)
def test_a_start_that_fails_leaves_what_is_over_its_days(kind, taken, tmp_path):
    (tmp_path / "filled").mkdir()
    filled = Server(tmp_path / "filled")
    client = Client(filled, add_account(filled.store))
    old = int(time.time()) - 400 * DAY
    assert client.post([call(f"s{i}", start=old + i) for i in range(50)]).json["accepted"] == 50
    assert filled.stop() == 0
    before = content(filled.store)
    for _ in range(3):
        start_and_fail(filled.store, kind, taken, tmp_path)
    assert content(filled.store) == before


@only_embedded("it has a store of the first schema")
@pytest.mark.parametrize("kind", KINDS)
def test_a_start_that_fails_leaves_the_schema(kind, taken, tmp_path):
    store = old_store(tmp_path)
    before = content(store)
    start_and_fail(store, kind, taken, tmp_path)
    assert content(store) == before


@only_embedded("a store on PostgreSQL has any number of servers")
def test_a_second_server_leaves_the_schema_to_the_first(tmp_path):
    store = old_store(tmp_path)
    with open(store / "callstep.lock", "wb") as lock:
        fcntl.fcntl(lock, F_OFD_SETLK, SERVER_LOCK)
        before = content(store)
        done = callstep("serve", "--data", store, "--listen", "127.0.0.1:0", env=SWEEPS)
        assert done.returncode == 1 and "another server" in done.stderr
        assert content(store) == before


@only_embedded("upgrades of a store on PostgreSQL go on beside servers")
def test_a_command_leaves_the_schema_below_a_server(tmp_path):
    store = old_store(tmp_path)
    with open(store / "callstep.lock", "wb") as lock:
        fcntl.fcntl(lock, F_OFD_SETLK, SERVER_LOCK)
        before = content(store)
        done = callstep("account", "list", "--data", store)
        assert done.returncode == 1 and "does not change its schema while it is served: another server" in done.stderr
        assert content(store) == before
    assert callstep("account", "list", "--data", store).returncode == 0


# ---- serve --check ----


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "a port that is taken"])
def test_check_says_what_would_stop_a_start(kind, tmp_path):
    options, named = failing_starts("", str(tmp_path / "missing.pem"))[kind]
    done = callstep("serve", "--check", "--data", store_at(tmp_path), *options)
    assert done.returncode in (1, 2) and named in done.stderr and "can start" not in done.stdout


def test_check_changes_nothing_and_needs_no_free_address(taken, tmp_path):
    store = store_at(tmp_path / "none")
    done = callstep("serve", "--check", "--data", store, "--listen", taken)
    assert (done.returncode, done.stdout) == (0, "there is no store yet: the server makes one\nthe server can start\n"), done.stderr
    assert not is_there(store) and not (tmp_path / "none").exists()
    add_account(store)
    before = content(store)
    done = callstep("serve", "--check", "--data", store, "--listen", taken)
    assert (done.returncode, done.stdout) == (0, "the server can start\n"), done.stderr
    assert content(store) == before


@only_embedded("it has a store of the first schema")
def test_check_says_that_a_start_changes_the_schema(tmp_path):
    store = old_store(tmp_path)
    before = content(store)
    done = callstep("serve", "--check", "--data", store)
    assert done.returncode == 0 and "has schema 1 of " in done.stdout and "'callstep backup' copies it first" in done.stdout
    assert content(store) == before


@only_embedded("it writes into an SQLite file")
def test_check_refuses_a_store_that_is_newer(tmp_path):
    store = old_store(tmp_path)
    with contextlib.closing(sqlite3.connect(store / "callstep.db")) as database:
        database.execute("pragma user_version = 999")
    done = callstep("serve", "--check", "--data", store)
    assert done.returncode == 1 and "use a newer callstep" in done.stderr and done.stdout == ""


@pytest.mark.parametrize("kind", KINDS)
def test_a_start_that_fails_makes_no_store(kind, taken, tmp_path):
    store = store_at(tmp_path / "none")
    start_and_fail(store, kind, taken, tmp_path)
    assert not is_there(store) and not (tmp_path / "none").exists()


def test_an_account_whose_email_is_none_makes_no_store(tmp_path):
    store = store_at(tmp_path / "none")
    done = callstep("account", "add", "--data", store, "nobody")
    assert done.returncode == 2 and "'nobody' is not an e-mail address" in done.stderr
    assert not is_there(store) and not (tmp_path / "none").exists()


@only_embedded("a database that is missing on PostgreSQL is not reached")
@pytest.mark.parametrize("left", [["callstep.lock"], ["callstep.db-wal", "callstep.db-shm"], ["callstep.db-wal"]])
@pytest.mark.parametrize("command", [["serve", "--listen", "127.0.0.1:0"], ["account", "add", "other@example.com"], ["calls"], ["sweep"]],
                         ids=["serve", "account add", "calls", "sweep"])
def test_a_store_whose_database_is_missing_is_not_made_anew(tmp_path, left, command):
    """A wrong mount, a move that was cut short: an empty store in its place would hide that, and fill up in its stead."""
    store = tmp_path / "store"
    add_account(store)
    (store / "callstep.db").rename(tmp_path / "moved.db")
    (store / "callstep.lock").unlink()
    for name in left:
        (store / name).write_bytes(b"")
    done = callstep(*command, "--data", store)
    assert done.returncode == 1 and f"'{store}' was a store, it has 'callstep." in done.stderr and "'callstep.db' is missing" in done.stderr
    assert sorted(path.name for path in store.iterdir()) == sorted(left)
    (tmp_path / "moved.db").rename(store / "callstep.db")
    if "callstep.db-wal" not in left:
        assert callstep("account", "list", "--data", store).stdout.count("\n") == 1


@only_embedded("about its folder")
def test_a_folder_that_never_was_a_store_becomes_one(tmp_path):
    (tmp_path / "store").mkdir()
    (tmp_path / "store/lost+found").mkdir()
    assert add_account(tmp_path / "store").startswith("cs_")


@only_embedded("it has a store of the first schema")
def test_a_store_from_before_stores_had_days_is_not_swept_until_it_is_told(tmp_path):
    """Its calls are months old."""
    store = old_store(tmp_path)
    server = Server(tmp_path, "--sweep-every", "1s", store=store)
    assert " keeping detail-days=ever header-days=ever audit-days=ever api-detail-days=5 hint=" in server.log
    assert server.stop() == 0
    assert callstep("sweep", "--data", store).stderr == "dropped the detail of 0 calls, and 0 calls whole\n"
    assert run_sql(store, "select count(*) > 3 from packed") == [("1",)]
    refused = callstep("retention", "--data", store, "--keep-detail", 31, "--keep-headers", 365)
    assert refused.returncode == 2 and refused.stderr.count(": drops ") == 2
    assert callstep("retention", "--data", store, "--keep-detail", 31, "--keep-headers", 365, "--yes").returncode == 0
    assert "the detail of 0 calls" not in callstep("sweep", "--data", store).stderr


def old_store(tmp_path):
    """A store as the first program wrote it."""
    store = tmp_path / "old"
    store.mkdir()
    with contextlib.closing(sqlite3.connect(store / "callstep.db")) as database:
        database.executescript((ROOT / "tests/fixtures/store-schema-1.sql").read_text())
    return store
