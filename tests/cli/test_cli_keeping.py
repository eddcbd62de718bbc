# SPDX-License-Identifier: MIT
"""How long calls are kept, the sweep and the audit trail, from the command line."""
import json
import os
import pwd
import time

import pytest

from stores import KIND, run_sql

from .conftest import EMAIL

DAY = 86400
# What the tests of other things switch off.
DAYS = {"CALLSTEP_DETAIL_DAYS": "5", "CALLSTEP_HEADER_DAYS": "10"}


def line(session, days):
    start = int(time.time() - days * DAY)
    return json.dumps({"dest": "1", "src": "2", "start": start, "end": start + 9, "session_id": session, "type": "inbound", "detail": [
        {"event": {"line": f"said {session}", "data": {"module_type": session, "result_variable": "v"}}, "class": "info", "timestamp": start}]}) + "\n"


@pytest.fixture
def kept(program):
    """A call of today, one whose detail is over, one that is over altogether."""
    done = program.run("import", "-", input=line("new", 0.5) + line("bare", 7) + line("gone", 20), environment=DAYS)
    program.told = done.stderr
    return program


def sessions(done):
    return [row.split("\t")[-1] for row in done.stdout.splitlines()]


def test_import_says_how_many_are_old_already(kept):
    assert kept.told == ("took 3 calls (0 replaced), rejected 0\n"
                         "1 of them started so long ago that they are not kept (--header-days, or the account's own days)\n"
                         "1 of them started so long ago that their detail is not kept (--detail-days, or the account's own days)\n")


@pytest.mark.parametrize("arguments, found", [
    (["calls"], ["new", "bare"]), (["calls", "--start", "0"], ["new", "bare"]), (["calls", "--end", "-15d"], []),
    (["calls", "--text", "said"], ["new"]), (["calls", "--module", "bare,gone"], []), (["tail"], ["bare", "new"])])
def test_lists_have_nothing_old(kept, arguments, found):
    assert sessions(kept.run(*arguments, environment=DAYS)) == found


def test_what_is_still_held_is_shown_when_it_is_asked_for(kept):
    assert sessions(kept.run("calls", "--text", "said", "--detail-days", "0", environment=DAYS)) == ["new", "bare", "gone"]
    exported = kept.run("export", "--detail-days", "0", environment=DAYS).stdout.splitlines()
    assert [bool(json.loads(call)["detail"]) for call in exported] == [True, True, True]


def test_an_export_has_nothing_old(kept):
    for options in ([], ["--dest", "1*"]):  # a walk through the window, and a search
        calls = [json.loads(call) for call in kept.run("export", *options, environment=DAYS).stdout.splitlines()]
        assert [(call["session_id"], bool(call["detail"])) for call in calls] == [("new", True), ("bare", False)]
    rows = kept.run("export", "--format", "csv", environment=DAYS).stdout.splitlines()
    assert len(rows) == 3


def test_show_and_diff_know_nothing_old(kept):
    assert "said new" in kept.run("show", "new", environment=DAYS).stdout
    assert "said bare" not in kept.run("show", "bare", environment=DAYS).stdout
    assert "has no call 'gone'" in kept.run("show", "gone", environment=DAYS, status=1).stderr
    assert "is not held" in kept.run("diff", "new", "bare", environment=DAYS, status=1).stderr
    assert "has no call 'gone'" in kept.run("diff", "gone", "new", environment=DAYS, status=1).stderr


def test_stats_and_dropoff_count_nothing_old(kept):
    assert json.loads(kept.run("stats", "--json", environment=DAYS).stdout)["total_calls"] == 2
    modules = json.loads(kept.run("dropoff", "--json", environment=DAYS).stdout)["modules"]
    assert [module["module"] for module in modules] == ["new"]


def test_an_account_has_days_of_its_own(kept):
    kept.run("account", "set", EMAIL, "--keep-detail", "8", "--keep-headers", "ever")
    assert sessions(kept.run("calls", environment=DAYS)) == ["new", "bare", "gone"]
    assert sessions(kept.run("calls", "--text", "said", environment=DAYS)) == ["new", "bare"]
    assert kept.run("account", "list").stdout.split("\t")[-2:] == ["8", "ever\n"]
    kept.run("account", "set", EMAIL, "--keep-headers", "default")
    assert kept.run("account", "list").stdout.split("\t")[-2:] == ["8", "default\n"]


@pytest.mark.parametrize("arguments, words", [
    ([EMAIL], "there is nothing to set"), ([EMAIL, "--keep-detail", "0"], "from 1 to 36500, ever or default"),
    ([EMAIL, "--keep-headers", "many"], "'many' is no value for --keep-headers")])
def test_wrong_days_are_refused(kept, arguments, words):
    assert words in kept.run("account", "set", *arguments, status=2).stderr


def test_a_sweep_drops_what_is_over_its_days(kept):
    done = kept.run("sweep", environment=DAYS)
    assert done.stderr == "dropped the detail of 2 calls, and 1 calls whole\n"
    assert sessions(kept.run("calls", "--detail-days", "0")) == ["new", "bare"]
    assert sessions(kept.run("calls", "--detail-days", "0", "--text", "said")) == ["new"]
    assert kept.run("sweep", environment=DAYS).stderr == "dropped the detail of 0 calls, and 0 calls whole\n"
    assert kept.run("verify").stdout == ""
    assert kept.run("sweep", "--quiet", "--detail-days", "0").stderr == ""


def test_a_sweep_leaves_an_account_its_own_days(kept):
    kept.run("account", "set", EMAIL, "--keep-detail", "ever")
    assert kept.run("sweep", environment=DAYS).stderr == "dropped the detail of 0 calls, and 0 calls whole\n"


# ---- the audit trail ----

def trail(program, *options):
    """The records but those of reading them here."""
    records = [json.loads(record) for record in program.run("audit", "--json", *options).stdout.splitlines()]
    return [record for record in records if record["action"] != "read-audit"]


def test_commands_are_recorded_with_their_user(kept, tmp_path):
    kept.run("key", "add", "--scope", "read", "--label", "x")
    kept.run("key", "revoke", "2")
    kept.run("account", "disable", EMAIL)
    kept.run("account", "enable", EMAIL)
    kept.run("account", "set", EMAIL, "--keep-detail", "30")
    kept.run("export", "--text", "said new", "--number", "1", "--format", "csv")
    if KIND == "embedded":  # there is no other backup
        kept.run("backup", tmp_path / "copy")
    kept.run("erase", "--session", "new", "--yes")
    kept.run("sweep", environment={**DAYS, "CALLSTEP_HEADER_DAYS": "0"})
    records = trail(kept)
    user = pwd.getpwuid(os.geteuid()).pw_name
    assert [(r["action"], r["subject"], r["calls"]) for r in records] == [
        ("erase-calls", "one session", 1), *([("backup", str(tmp_path / "copy"), None)] if KIND == "embedded" else []),
        ("export", "csv --text said (erased) --number 1", 1),  # the session was asked for by its name
        ("set-account", "keeps detail 30, headers default", None), ("enable-account", EMAIL, None), ("disable-account", EMAIL, None),
        ("revoke-key", "key 2", None), ("make-key", "key 2, scopes read", None), ("import", "fuse -", 3), ("add-account", EMAIL, None)]
    assert {r["account"] for r in records if r["action"] != "backup"} == {EMAIL}
    for record in records:
        assert record["user"].startswith(user) and record["outcome"] == "done" and record["times"] == 1
        assert record["address"] is None and record["key"] is None
    assert [r["id"] for r in records] == list(range(len(records), 0, -1))


READS = [
    (["calls", "--dest", "617*"], "read-calls", "calls --dest 617*", 0), (["calls"], "read-calls", "calls", 2),
    (["search", "said", "new", "--type", "inbound"], "read-calls", "search said new --type inbound", 1), (["search"], "read-calls", "search", 2),
    (["show", "new"], "read-call", "new", 1), (["diff", "new", "new"], "compare-calls", "diff new new", None),
    (["stats", "--group", "type"], "count-calls", "stats", None), (["dropoff", "--class", "event"], "count-calls", "dropoff --class event", None),
    (["tail"], "follow-calls", "tail", None), (["privacy-scan"], "scan-calls", "privacy-scan", None), (["key", "list"], "list-keys", "key list", None),
    (["account", "list"], "list-accounts", "account list", None), (["audit"], "read-audit", "audit", None),
    (["audit", "--account", EMAIL], "read-audit", "audit", None),
]


@pytest.mark.parametrize("command, action, subject, calls", READS, ids=[" ".join(row[0]) for row in READS])
def test_what_a_command_shows_is_recorded(kept, command, action, subject, calls):
    kept.run(*command)
    newest = json.loads(kept.run("audit", "--json", "--limit", "1").stdout)
    calls = newest["calls"] if calls == 2 else calls  # all there are
    assert (newest["action"], newest["subject"], newest["calls"]) == (action, subject, calls)
    assert newest["account"] == (None if command in (["account", "list"], ["audit"]) else EMAIL)
    assert newest["user"].startswith(pwd.getpwuid(os.geteuid()).pw_name) and newest["outcome"] == "done"


def test_a_call_that_is_not_there_is_recorded_as_asked_for(kept):
    kept.run("show", "none", status=1)
    newest = json.loads(kept.run("audit", "--json", "--limit", "1").stdout)
    assert (newest["action"], newest["subject"], newest["calls"]) == ("read-call", "none", 0)


def test_what_is_shown_without_a_record_is_told(kept):
    refuse = "create trigger no before insert on audit begin select raise(abort, 'no more room'); end"
    run_sql(kept.data, refuse, "create function no() returns trigger language plpgsql as $$ begin raise 'no more room'; end $$; "
            "create trigger no before insert on audit for each row execute function no()")
    done = kept.run("show", "new")
    assert "new" in done.stdout and "this is not recorded in the audit trail: " in done.stderr


def test_what_is_swept_is_recorded(kept):
    kept.run("sweep", environment=DAYS)
    records = [r for r in trail(kept) if r["action"].startswith("expire-")]
    assert (records[0]["action"], records[0]["calls"]) == ("expire-calls", 1)
    # The detail in one record, or one for each day where it is kept by day.
    assert {r["action"] for r in records[1:]} == {"expire-detail"} and sum(r["calls"] for r in records[1:]) == 2
    assert {r["account"] for r in records} == {EMAIL}
    assert records[0]["subject"].startswith("started up to ") and records[0]["subject"].endswith(": older than 10 days")


def test_the_trail_is_filtered(kept):
    kept.run("account", "add", "bob@example.org")
    assert [r["account"] for r in trail(kept, "--limit", "1")] == ["bob@example.org"]
    assert [r["action"] for r in trail(kept, "--account", "bob@example.org")] == ["add-account"]
    assert [r["action"] for r in trail(kept, "--action", "import")] == ["import"]
    assert trail(kept, "--end", "-1h") == [] and len(trail(kept, "--start", "-1h")) == 3
    assert "there is no account" in kept.run("audit", "--account", "x@y", status=1).stderr


def test_the_trail_is_a_table(kept):
    row = kept.run("audit", "--utc", "--action", "import").stdout.split("\t")
    assert row[1] == EMAIL and row[3:] == ["import", "done", "3", "1", "fuse -\n"]
    assert "WHO" in kept.run_on_terminal("audit")


def test_an_old_trail_is_dropped(kept):
    record = "insert into audit values (3, 1, 0, 0, '', 'x', 'x', '', 0, -1, 1)"
    run_sql(kept.data, record, f"{record}; update audit_floor set newest = 3")
    kept.run("sweep")  # the records before it are not old: the trail is dropped from its old end only
    assert len(trail(kept)) == 3
    done = kept.run("sweep", "--audit-days", "1")
    assert "records" not in done.stderr
