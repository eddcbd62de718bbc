# SPDX-License-Identifier: MIT
"""Rows of backups, and the unit of systemd that makes them. Backups of a store on PostgreSQL are PostgreSQL's own: what callstep says of it, and that
what pg_dump copies is a store."""
import fcntl
import os
import re
import subprocess
from datetime import datetime, timezone

import pytest

from postgres import USER, programs
from stores import cluster, only_embedded
from units import Unit, analyze, installed

from .conftest import BINARY, EMAIL, EVER

SERVICE, TIMER = Unit("callstep-backup.service"), Unit("callstep-backup.timer")
OTHERS = only_embedded("a store on PostgreSQL is left to its own programs: above")


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


# ---- a row of backups ----


def old(row, day, *files):
    """A backup of @day, or what is named like one."""
    folder = row / f"callstep-2026-01-{day:02}T030000Z"
    folder.mkdir(parents=True)
    for file in files or ("callstep.db",):
        (folder / file).write_text("old")
    return folder


def names(row):
    return sorted(path.name for path in row.iterdir())


@OTHERS
def test_a_backup_joins_a_row_and_the_oldest_go(example, tmp_path):
    row = tmp_path / "deep/row"
    days = [old(row, day) for day in (3, 1, 4, 2)]
    before = datetime.now(timezone.utc).replace(microsecond=0)
    example.run("backup", "--keep", 3, row)
    made = [name for name in names(row) if not name.startswith("callstep-2026-01-")]
    assert names(row) == sorted([days[0].name, days[2].name, *made])
    when = datetime.strptime(made[0], "callstep-%Y-%m-%dT%H%M%SZ").replace(tzinfo=timezone.utc)
    assert before <= when <= datetime.now(timezone.utc)
    assert ((row / made[0]).stat().st_mode & 0o777, list((row / made[0]).glob("*.unfinished"))) == (0o700, [])
    assert example.run("export", "--quiet", "--data", row / made[0]).stdout == example.run("export", "--quiet").stdout


@OTHERS
def test_what_is_not_of_the_row_stays(program, tmp_path):
    row = tmp_path / "row"
    old(row, 1)
    for name in ("callstep-2026-01-01", "callstep-2026-01-02T030000Z.bak", "xcallstep-2026-01-02T030000Z", "callstep-2026-01-0xT030000Z", "other"):
        (row / name).mkdir()
        (row / name / "file").write_text("mine")
    before = set(names(row))
    program.run("backup", "--keep", 1, row)
    assert before - set(names(row)) == {"callstep-2026-01-01T030000Z"} and len(names(row)) == len(before)


@OTHERS
def test_what_was_left_of_a_backup_goes_and_counts_for_nothing(program, tmp_path):
    """A backup that was killed, and one that was being dropped, have another name: neither is taken for one, or drops one."""
    row = tmp_path / "row"
    kept = old(row, 1)
    for day in (2, 3):
        left = old(row, day, "callstep.db.unfinished", "callstep.db")
        left.rename(f"{left}.unfinished")
    program.run("backup", "--keep", 2, row)
    assert len(names(row)) == 2 and kept.name in names(row) and not any("unfinished" in name for name in names(row))


@OTHERS
def test_the_new_backup_stays_though_the_clock_was_set_back(program, tmp_path):
    row = tmp_path / "row"
    for year in (2098, 2099):
        (row / f"callstep-{year}-01-01T000000Z").mkdir(parents=True)
    program.run("backup", "--keep", 1, row)
    [made] = names(row)
    assert made < "callstep-2098"


@OTHERS
def test_a_backup_that_fails_drops_nothing(program, tmp_path):
    row = tmp_path / "row"
    old(row, 1)
    old(row, 2)
    before = names(row)
    assert "no store" in program.run("backup", "--keep", 1, "--data", tmp_path / "none", row, status=1).stderr
    folder = os.open(row, os.O_RDONLY)
    fcntl.flock(folder, fcntl.LOCK_EX)
    assert f"another backup is being made in '{row}'" in program.run("backup", "--keep", 1, row, status=1).stderr
    os.close(folder)
    # No file may have more than 64 KiB: the new backup cannot be written.
    done = subprocess.run(["bash", "-c", 'ulimit -f 64; exec "$@"', "bash", BINARY, "backup", "--keep", "1", row], env=program.environment, capture_output=True)
    assert done.returncode != 0
    assert [name for name in names(row) if "unfinished" not in name] == before


@OTHERS
def test_a_folder_in_an_old_backup_is_not_removed_and_is_named(program, tmp_path):
    row = tmp_path / "row"
    (old(row, 1) / "mine").mkdir()
    told = program.run("backup", "--keep", 1, row, status=1).stderr
    assert "cannot remove" in told and "callstep-2026-01-01T030000Z" in told
    assert (row / "callstep-2026-01-01T030000Z.unfinished/mine").is_dir() and len(names(row)) == 2


# ---- the unit ----


@OTHERS
def test_the_unit_makes_a_backup_in_its_folder(example, tmp_path):
    """By the settings and the store that its environment names, as systemd fills it in."""
    folder = SERVICE.one("Service", "ReadWritePaths")
    words = SERVICE.one("Service", "ExecStart").replace("@bindir@/callstep", BINARY).split()
    assert folder == words[-1] and int(words[words.index("--keep") + 1]) > 1
    environment = dict(word.split("=", 1) for word in SERVICE.one("Service", "Environment").replace("%E", str(tmp_path / "etc")).replace("%S", str(tmp_path / "lib")).split())
    (tmp_path / "lib").mkdir()
    example.data.rename(tmp_path / "lib/callstep")
    (tmp_path / "etc/callstep").mkdir(parents=True)
    (tmp_path / "etc/callstep/callstep.ini").write_text(f"data = {tmp_path}/lib/callstep\n")  # root's default is another folder
    done = subprocess.run([*words[:-1], tmp_path / "row"], env={"PATH": os.environ["PATH"], **environment}, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "") and len(names(tmp_path / "row")) == 1


def test_the_folders_of_store_and_backups_are_made_for_the_units_user():
    rows = re.findall(r"^d (\S+) 0700 callstep callstep$", Unit("callstep.tmpfiles").text, re.M)
    assert rows == ["/var/lib/callstep", SERVICE.one("Service", "ReadWritePaths")] and SERVICE.one("Service", "User") == "callstep"


@pytest.mark.parametrize("unit", [SERVICE, TIMER], ids=lambda unit: unit.name)
def test_systemd_finds_nothing_wrong_with_the_units(unit, tmp_path):
    SERVICE.at(tmp_path)  # that the timer starts
    done = analyze("verify", "--man=no", unit.at(tmp_path))
    assert [line for line in done.stderr.splitlines() if "callstep-backup" in line] == []


def test_the_backups_unit_is_exposed_to_little(tmp_path):
    done = analyze("security", "--offline=yes", "--threshold=15", SERVICE.at(tmp_path))
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_units_of_backups_are_installed():
    paths = installed(BINARY)
    for path in ("/lib/systemd/system/callstep-backup.service", "/lib/systemd/system/callstep-backup.timer", "/lib/tmpfiles.d/callstep.conf"):
        assert any(each.endswith(path) for each in paths)
