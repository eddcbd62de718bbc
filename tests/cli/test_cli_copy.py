# SPDX-License-Identifier: MIT
"""callstep copy: everything of one store in another, both ways, going on where it was cut short."""
import json
import time

import pytest

from stores import cluster

from .conftest import EVER


@pytest.fixture(params=["folder", "postgres"])
def source(request, tmp_path):
    return tmp_path / "source" if request.param == "folder" else cluster().new_store()


@pytest.fixture(params=["folder", "postgres"])
def target(request, tmp_path):
    return tmp_path / "target" if request.param == "folder" else cluster().new_store()


def fill(program, store, emails=("ann@example.org", "bob@example.org"), calls=1200):
    keys = []
    for seed, email in enumerate(emails, 1):
        keys.append(program.run("account", "add", "--data", store, email, *EVER).stdout.strip())
        made = program.run("generate", "--calls", calls, "--seed", seed).stdout
        program.run("import", "--data", store, "--account", email, "--quiet", "-", input=made)
    return keys


def exported(program, store, email="ann@example.org"):
    return program.run("export", "--data", store, "--account", email, "--quiet").stdout


def trail(program, store):
    """The records without their numbers, which each store gives itself, and without those of reading them here."""
    records = map(json.loads, program.run("audit", "--data", store, "--limit", 100000, "--json").stdout.splitlines())
    return [{name: value for name, value in record.items() if name != "id"} for record in records if record["action"] != "read-audit"]


def test_everything_is_copied(empty, source, target):
    fill(empty, source)
    empty.run("account", "disable", "--data", source, "bob@example.org")
    empty.run("key", "add", "--data", source, "--account", "ann@example.org", "--scope", "read", "--label", "desk")
    empty.run("key", "revoke", "--data", source, "--account", "ann@example.org", "1")
    empty.run("account", "set", "--data", source, "ann@example.org", "--keep-detail", "30", "--keep-headers", "ever", "--yes")
    records = len(trail(empty, source)) + 2  # that the trail was read, and that the store is copied
    done = empty.run("copy", "--from", source, "--to", target)
    assert done.stderr == ("copied 2,400 calls; compared: 2,400 the same, 0 missing, 0 different, 0 only in the copy\n"
                           f"copied {records} records of the audit trail; compared: {records} the same, 0 missing\n")
    assert trail(empty, source) == trail(empty, target)
    assert "30\tever" in empty.run("account", "list", "--data", target).stdout
    for email in ("ann@example.org", "bob@example.org"):
        assert exported(empty, target, email) == exported(empty, source, email)
    assert empty.run("verify", "--data", target, "--quiet").stdout == ""
    accounts = [empty.run("account", "list", "--data", store).stdout for store in (source, target)]
    assert accounts[0] == accounts[1] and "disabled" in accounts[0]
    keys = [empty.run("key", "list", "--data", store, "--account", "ann@example.org").stdout for store in (source, target)]
    assert [[line.split()[1:] for line in text.splitlines()] for text in keys[:1]] == [[line.split()[1:] for line in text.splitlines()] for text in keys[1:]]
    assert "desk" in keys[1]


def test_a_second_run_copies_what_is_new_or_changed_alone(empty, source, target):
    fill(empty, source, emails=("ann@example.org",), calls=700)
    empty.run("copy", "--from", source, "--to", target)
    assert empty.run("copy", "--from", source, "--to", target).stderr.startswith("copied 0 calls; compared: 700 the same, 0 missing")
    made = empty.run("generate", "--calls", 705, "--seed", 1).stdout.splitlines()
    changed = json.loads(made[0])
    changed["dest"] = "5550000"
    empty.run("import", "--data", source, "--quiet", "-", input="\n".join([json.dumps(changed)] + made[700:]))
    told = empty.run("copy", "--from", source, "--to", target).stderr
    assert "0 missing, 0 different" in told
    assert 1 <= int(told.split()[1]) <= 6
    assert exported(empty, target) == exported(empty, source)


def test_calls_of_the_copy_alone_stay_and_are_told(empty, source, target):
    fill(empty, source, emails=("ann@example.org",), calls=10)
    fill(empty, target, emails=("ann@example.org",), calls=10)
    made = empty.run("generate", "--calls", 3, "--seed", 99).stdout
    empty.run("import", "--data", target, "--quiet", "-", input=made)
    assert "3 only in the copy" in empty.run("copy", "--from", source, "--to", target).stderr


def test_the_trail_goes_on_where_it_was_and_comes_back(empty, source, target, tmp_path):
    fill(empty, source, emails=("ann@example.org",), calls=5)
    empty.run("copy", "--from", source, "--to", target)
    # The other store has its own records, some of them in the seconds of those that are copied.
    empty.run("key", "add", "--data", target, "--account", "ann@example.org", "--scope", "write")
    for _ in range(3):
        empty.run("key", "add", "--data", source, "--account", "ann@example.org", "--scope", "read", "--label", "x")
    told = empty.run("copy", "--from", source, "--to", target).stderr
    assert f"copied 4 records of the audit trail; compared: {len(trail(empty, source))} the same, 0 missing\n" in told
    assert [len(trail(empty, store)) for store in (source, target)] == [7, 8]
    told = empty.run("copy", "--from", target, "--to", source).stderr
    assert " records of the audit trail; compared: " in told and told.endswith(" the same, 0 missing\n")
    assert [record["time"] for record in trail(empty, source)] == [record["time"] for record in trail(empty, target)]
    assert empty.run("verify", "--data", target, "--quiet").stdout == ""


def store_days(program, store):
    return program.run("retention", "--data", store).stdout.splitlines()[0]


def test_the_stores_days_are_copied(empty, source, target):
    fill(empty, source, emails=("ann@example.org",), calls=10)
    empty.run("retention", "--data", source, "--keep-detail", "90", "--keep-headers", "ever", "--keep-audit", "100")
    for detail in ("90", "60"):  # into a new store, and into the copy
        empty.run("retention", "--data", source, "--keep-detail", detail)
        assert "different days" not in empty.run("copy", "--from", source, "--to", target).stderr
        assert store_days(empty, target) == store_days(empty, source) == f"the store\t{detail}\tever\t100"
    assert [record["subject"] for record in trail(empty, target) if record["action"] == "set-retention"][0].startswith("keeps detail 60, headers ever")


def test_days_that_would_drop_calls_of_the_other_store_are_asked_about(empty, source, target):
    fill(empty, source, emails=("ann@example.org",), calls=10)
    empty.run("account", "add", "--data", target, "bob@example.org")
    empty.run("retention", "--data", target, "--keep-detail", "ever", "--keep-headers", "ever")
    start = int(time.time()) - 100 * 86400
    old = {"dest": "1", "src": "2", "start": start, "end": start, "session_id": "old", "type": "inbound",
           "detail": [{"event": {"line": "x"}, "class": "info", "timestamp": start}]}
    empty.run("import", "--data", target, "--quiet", "-", input=json.dumps(old))
    refused = empty.run("copy", "--from", source, "--to", target, status=2).stderr
    assert "bob@example.org: drops 0 calls, and the detail of 1 more" in refused and "nothing was changed: say --yes" in refused
    assert store_days(empty, target) == "the store\tever\tever\t365"
    empty.run("copy", "--from", source, "--to", target, "--yes")
    assert store_days(empty, target) == "the store\t31\t365\t365"


@pytest.mark.parametrize("arguments, words", [
    ([], "name both stores"),
    (["--from", "a"], "name both stores"),
    (["--from", "a", "--to", "a"], "the same store"),
    (["--from", "a", "--to", "b", "c"], "'c' is too much"),
])
def test_wrong_usage(empty, arguments, words):
    assert words in empty.run("copy", *arguments, status=2).stderr


def test_a_source_that_is_not_there_is_not_made(empty, tmp_path):
    assert "callstep: " in empty.run("copy", "--from", tmp_path / "none", "--to", tmp_path / "new", status=1).stderr
    assert not (tmp_path / "none").exists() and not (tmp_path / "new").exists()
