# SPDX-License-Identifier: MIT
"""Backups of a store on PostgreSQL are PostgreSQL's own: what callstep says of it, and that what pg_dump copies is a store."""
import subprocess

from postgres import USER, programs
from stores import cluster, only_embedded

from .conftest import EMAIL, EVER


def test_a_store_on_postgresql_is_left_to_its_own_programs(empty, tmp_path):
    store = cluster().new_store()
    empty.run("account", "add", "--data", store, EMAIL, *EVER)
    told = empty.run("backup", "--data", store, tmp_path / "copy", status=2).stderr
    assert "use pg_dump or pg_basebackup" in told
    assert not (tmp_path / "copy").exists()


def test_what_pg_dump_copies_answers_the_same(empty):
    store = cluster().new_store()
    schema = f"store{cluster().schemas}"
    empty.run("account", "add", "--data", store, EMAIL, *EVER)
    empty.run("account", "set", "--data", store, EMAIL, "--keep-headers", "ever")
    made = empty.run("generate", "--calls", 500, "--seed", 3).stdout
    empty.run("import", "--data", store, "--quiet", "-", input=made)
    where = ["-h", str(cluster().folder), "-U", USER]
    cluster().sql("create database dumped", separately=True)
    dump = subprocess.run([programs() / "pg_dump", *where, "-n", schema, "postgres"], capture_output=True, text=True, check=True).stdout
    subprocess.run([programs() / "psql", *where, "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", "dumped"], input=dump, capture_output=True, text=True, check=True)
    copy = store.replace("///postgres?", "///dumped?")
    assert empty.run("verify", "--data", copy).stderr == "checked 1 accounts, 500 calls, 500 of them with detail: 0 problems\n"
    # The audit trail first: reading calls is written down in it, in each store at its own second.
    for question in (["audit", "--json"], ["export", "--quiet"], ["stats", "--json"], ["dropoff", "--json"], ["account", "list"], ["search", "--json", "press"]):
        assert empty.run(*question, "--data", copy).stdout == empty.run(*question, "--data", store).stdout, question
    # It goes on taking calls in.
    empty.run("import", "--data", copy, "--quiet", "-", input=empty.run("generate", "--calls", 50, "--seed", 4).stdout)
    assert "550 calls" in empty.run("verify", "--data", copy).stderr


@only_embedded("pg_dump copies the whole schema: above")
def test_a_backup_keeps_calls_as_long(program, tmp_path):
    program.run("retention", "--keep-detail", "90", "--keep-headers", "800", "--keep-audit", "ever")
    program.run("account", "set", EMAIL, "--keep-detail", "120")
    program.run("backup", tmp_path / "copy")
    assert program.run("retention", "--data", tmp_path / "copy").stdout == program.run("retention").stdout \
        == f"the store\t90\t800\tever\n{EMAIL}\t120\tever\t\n"
