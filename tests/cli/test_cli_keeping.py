# SPDX-License-Identifier: MIT
"""How long calls are kept, the sweep and the audit trail, from the command line."""
import json
import os
import pty
import pwd
import subprocess
import time

import pytest

from stores import KIND, run_sql

from .conftest import EMAIL

DAY = 86400


def line(session, days):
    start = int(time.time() - days * DAY)
    return json.dumps({"dest": "1", "src": "2", "start": start, "end": start + 9, "session_id": session, "type": "inbound", "detail": [
        {"event": {"line": f"said {session}", "data": {"module_type": session, "result_variable": "v"}}, "class": "info", "timestamp": start}]}) + "\n"


@pytest.fixture
def kept(empty):
    """A store that keeps detail for 5 days and calls for 10: a call of today, one whose detail is over, one that is over altogether."""
    empty.run("account", "add", EMAIL)
    empty.run("import", "--quiet", "-", input=line("new", 0.5) + line("bare", 7) + line("gone", 20))
    empty.run("retention", "--keep-detail", "5", "--keep-headers", "10", "--yes")
    return empty


def sessions(done):
    """Behind a session stands how its call went."""
    return [row.split("\t")[-2] for row in done.stdout.splitlines()]


@pytest.mark.parametrize("arguments, found", [
    (["calls"], ["new", "bare"]), (["calls", "--start", "0"], ["new", "bare"]), (["calls", "--end", "-15d"], []),
    (["calls", "--text", "said"], ["new"]), (["calls", "--module", "bare,gone"], []), (["tail"], ["bare", "new"])])
def test_lists_have_nothing_old(kept, arguments, found):
    assert sessions(kept.run(*arguments)) == found


def test_what_is_still_held_is_seen_again_when_it_is_kept_for_longer(kept):
    kept.run("retention", "--keep-detail", "ever")
    assert sessions(kept.run("calls", "--text", "said")) == ["new", "bare", "gone"]
    exported = kept.run("export").stdout.splitlines()
    assert [bool(json.loads(call)["detail"]) for call in exported] == [True, True, True]


def test_an_export_has_nothing_old(kept):
    for options in ([], ["--dest", "1*"]):  # a walk through the window, and a search
        calls = [json.loads(call) for call in kept.run("export", *options).stdout.splitlines()]
        assert [(call["session_id"], bool(call["detail"])) for call in calls] == [("new", True), ("bare", False)]
    rows = kept.run("export", "--format", "csv").stdout.splitlines()
    assert len(rows) == 3


def test_show_and_diff_know_nothing_old(kept):
    assert "said new" in kept.run("show", "new").stdout
    assert "said bare" not in kept.run("show", "bare").stdout
    assert "has no call 'gone'" in kept.run("show", "gone", status=1).stderr
    assert "has no call 'gone-'" in kept.run("show", "gone-", status=1).stderr
    assert json.loads(kept.run("calls", "--session", "gon*", "--json").stdout)["calls"] == []
    assert "is not held" in kept.run("diff", "new", "bare", status=1).stderr
    assert "has no call 'gone'" in kept.run("diff", "gone", "new", status=1).stderr


def test_stats_and_dropoff_count_nothing_old(kept):
    assert json.loads(kept.run("stats", "--json").stdout)["total_calls"] == 2
    modules = json.loads(kept.run("dropoff", "--json").stdout)["modules"]
    assert [module["module"] for module in modules] == ["new"]


def test_an_account_has_days_of_its_own(kept):
    kept.run("account", "set", EMAIL, "--keep-detail", "8", "--keep-headers", "ever")
    assert sessions(kept.run("calls")) == ["new", "bare", "gone"]
    assert sessions(kept.run("calls", "--text", "said")) == ["new", "bare"]
    assert kept.run("account", "list").stdout.split("\t")[-2:] == ["8", "ever\n"]
    kept.run("account", "set", EMAIL, "--keep-headers", "default", "--yes")
    assert kept.run("account", "list").stdout.split("\t")[-2:] == ["8", "default\n"]


@pytest.mark.parametrize("arguments, words", [
    ([EMAIL], "there is nothing to set"), ([EMAIL, "--keep-detail", "-1"], "from 1 to 36500, ever or default"),
    ([EMAIL, "--keep-headers", "many"], "'many' is not a value for --keep-headers")])
def test_wrong_days_are_refused(kept, arguments, words):
    assert words in kept.run("account", "set", *arguments, status=2).stderr


def held(program):
    """How many calls, and how many with detail, are in the store, whatever is seen of them."""
    ((calls,),) = run_sql(program.data, "select count(*) from call")
    ((detail,),) = run_sql(program.data, "select count(*) from packed", "select count(*) from detail")
    return int(calls), int(detail)


def test_a_sweep_drops_what_is_over_its_days(kept):
    done = kept.run("sweep")
    assert done.stderr == "dropped the detail of 2 calls, and 1 calls whole\n"
    assert held(kept) == (2, 1)
    assert kept.run("sweep").stderr == "dropped the detail of 0 calls, and 0 calls whole\n"
    assert kept.run("verify").stdout == ""
    assert kept.run("sweep", "--quiet").stderr == ""


def test_a_sweep_leaves_an_account_its_own_days(kept):
    kept.run("account", "set", EMAIL, "--keep-detail", "ever")
    assert kept.run("sweep").stderr == "dropped the detail of 0 calls, and 0 calls whole\n"


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
    kept.run("retention", "--keep-headers", "ever")
    records = trail(kept)
    user = pwd.getpwuid(os.geteuid()).pw_name
    assert [(r["action"], r["subject"], r["calls"]) for r in records] == [
        ("list-accounts", "retention", None), ("set-retention", "keeps detail 5, headers ever, audit 365; before: detail 5, headers 10, audit 365", None),
        ("erase-calls", "one session", 1), *([("backup", str(tmp_path / "copy"), None)] if KIND == "embedded" else []),
        ("export", "csv --text said (erased) --number 1", 1),  # the session was asked for by its name
        ("set-account", "keeps detail 30, headers default", None), ("enable-account", EMAIL, None), ("disable-account", EMAIL, None),
        ("revoke-key", "key 2", None), ("make-key", "key 2, scopes read", None),
        ("set-retention", "keeps detail 5, headers 10, audit 365; before: detail 31, headers 365, audit 365", None), ("import", "fuse -", 3),
        ("add-account", EMAIL, None)]
    assert {r["account"] for r in records if r["action"] not in ("backup", "set-retention", "list-accounts")} == {EMAIL}
    for record in records:
        assert record["user"].startswith(user) and record["outcome"] == "done" and record["times"] == 1
        assert record["address"] is None and record["key"] is None
    assert [r["id"] for r in records] == list(range(len(records), 0, -1))


READS = [
    (["calls", "--dest", "617*"], "read-calls", "calls --dest 617*", 0), (["calls"], "read-calls", "calls", 2),
    (["search", "said", "new", "--type", "inbound"], "read-calls", "search said new --type inbound", 1), (["search"], "read-calls", "search", 2),
    (["show", "new"], "read-call", "new", 1), (["diff", "new", "new"], "compare-calls", "diff new new", None),
    (["stats", "--group", "type"], "count-calls", "stats", None), (["dropoff", "--class", "event"], "count-calls", "dropoff --class event", None),
    (["places", "--class", "event"], "count-calls", "places --class event", None),
    (["flow", "--class", "event"], "count-calls", "flow --class event", None),
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
    kept.run("sweep")
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
    assert trail(kept, "--end", "-1h") == [] and len(trail(kept, "--start", "-1h")) == 4
    assert "there is no account" in kept.run("audit", "--account", "x@y", status=1).stderr


def test_the_trail_is_a_table(kept):
    row = kept.run("audit", "--utc", "--action", "import").stdout.split("\t")
    assert row[1] == EMAIL and row[3:] == ["import", "done", "3", "1", "fuse -\n"]
    assert "WHO" in kept.run_on_terminal("audit")


def test_an_old_trail_is_dropped(kept):
    kept.run("retention", "--keep-detail", "ever", "--keep-headers", "ever")
    record = "insert into audit values (5, 1, 0, 0, '', 'x', 'x', '', 0, -1, 1)"
    run_sql(kept.data, record, f"{record}; update audit_floor set newest = 5")
    kept.run("sweep")  # the records before it are not old: the trail is dropped from its old end only
    assert len(trail(kept)) == 5
    kept.run("retention", "--keep-audit", "1", "--yes")
    assert "records" not in kept.run("sweep").stderr


# ---- how long the store keeps calls ----

def days(program):
    """What the table of `retention` says, row by row."""
    return [row.split("\t") for row in program.run("retention").stdout.splitlines()]


def test_a_new_store_keeps_detail_for_a_month_and_calls_for_a_year(empty):
    empty.run("account", "add", EMAIL)
    assert days(empty) == [["the store", "31", "365", "365"]]


def test_one_command_makes_a_store_that_keeps_everything(empty):
    empty.run("account", "add", EMAIL, "--keep-detail", "ever", "--keep-headers", "ever")
    assert days(empty) == [["the store", "31", "365", "365"], [EMAIL, "ever", "ever", ""]]
    empty.run("import", "--quiet", "-", input=line("ancient", 4000))
    assert "said ancient" in empty.run("show", "ancient").stdout
    assert empty.run("sweep").stderr == "dropped the detail of 0 calls, and 0 calls whole\n"


def test_the_stores_days_are_shown_and_set(kept):
    kept.run("retention", "--keep-detail", "30", "--keep-audit", "ever")
    assert days(kept) == [["the store", "30", "30", "ever"]], "calls are kept as long as their detail"
    kept.run("account", "set", EMAIL, "--keep-headers", "90")
    assert days(kept) == [["the store", "30", "30", "ever"], [EMAIL, "30", "90", ""]]
    assert "KEPT BY" in kept.run_on_terminal("retention")


@pytest.mark.parametrize("arguments, words", [
    (["--keep-detail", "-1"], "'-1' is not a value for --keep-detail: write a number of days from 1 to 36500, or ever"),
    (["--keep-headers", "default"], "'default' is not a value for --keep-headers"), (["--keep-audit", "36501"], "'36501' is not a value for --keep-audit"),
    (["thirty"], "'thirty' is too much"), (["--keep-details", "3"], "did you mean --keep-detail?")])
def test_wrong_days_of_the_store_are_refused(kept, arguments, words):
    assert words in kept.run("retention", *arguments, status=2).stderr
    assert days(kept) == [["the store", "5", "10", "365"]]


SHORTER = [["retention", "--keep-detail", "1", "--keep-headers", "2"], ["account", "set", EMAIL, "--keep-detail", "1", "--keep-headers", "2"]]


@pytest.mark.parametrize("command", SHORTER, ids=["the store", "an account"])
def test_shorter_days_say_what_they_drop_and_want_a_yes(program, command):
    """Nothing is changed without it, for the store as for an account."""
    if command[0] == "retention":
        program.run("account", "set", EMAIL, "--keep-detail", "default", "--keep-headers", "default")
    program.run("import", "--quiet", "-", input=line("new", 0.5) + line("bare", 1.5) + line("gone", 7) + line("gone too", 8))
    before = program.run("account", "list").stdout, days(program)
    done = program.run(*command, "--utc", status=2)
    oldest = time.strftime("%F %T +0000", time.gmtime(time.time() - 8 * DAY))[:-9]  # to the minute
    assert f"{EMAIL}: drops 2 calls, and the detail of 1 more, that started from {oldest}" in done.stderr
    assert "nothing was changed: say --yes" in done.stderr
    assert (program.run("account", "list").stdout, days(program)) == before
    for answer in (b"no\n", b"\n"):
        assert b"nothing was changed" in on_terminal(program, *command, answer=answer, status=1)
    assert (program.run("account", "list").stdout, days(program)) == before
    assert b"Type yes:" in on_terminal(program, *command, answer=b"yes\n", status=0)
    assert sessions(program.run("calls")) == ["new", "bare"] and sessions(program.run("calls", "--text", "said")) == ["new"]
    # Where detail is kept by day the day that runs out goes as a whole, later.
    assert program.run("sweep").stderr in [f"dropped the detail of {detail} calls, and 2 calls whole\n" for detail in (3, 2)]


def on_terminal(program, *command, answer, status):
    """What someone at a terminal sees who gives @answer."""
    master, slave = pty.openpty()
    process = subprocess.Popen([program.binary, *command], stdin=slave, stdout=slave, stderr=subprocess.PIPE, env=program.environment)
    os.close(slave)
    os.write(master, answer)
    told = process.communicate(timeout=60)[1]
    os.close(master)
    assert process.returncode == status, told
    return told


def test_accounts_that_are_shown_are_on_record(kept):
    kept.run("retention")
    assert trail(kept)[0]["action"] == "set-retention"
    kept.run("account", "set", EMAIL, "--keep-detail", "7")
    kept.run("retention")
    assert (trail(kept)[0]["action"], trail(kept)[0]["subject"]) == ("list-accounts", "retention")


def test_longer_days_ask_nothing(kept):
    kept.run("retention", "--keep-detail", "6", "--keep-headers", "11", "--keep-audit", "366")
    kept.run("account", "set", EMAIL, "--keep-detail", "7")


def test_shorter_days_of_the_audit_trail_say_what_they_drop(kept):
    record = "insert into audit values (4, 86400, 0, 0, '', 'x', 'x', '', 0, -1, 1)"
    run_sql(kept.data, record, f"{record}; update audit_floor set newest = 4")
    kept.run("retention", "--keep-audit", "ever")
    assert "the audit trail: drops 1 records" in kept.run("retention", "--keep-audit", "100", status=2).stderr


def test_a_sweep_started_without_any_setting_drops_nothing_that_is_kept(kept):
    """What a server and 'sweep' drop is the store's to say, not a flag's."""
    kept.run("retention", "--keep-detail", "ever", "--keep-headers", "ever")
    for option in ("--detail-days", "--header-days", "--audit-days"):
        for command in ("serve", "sweep"):
            assert f"there is no option {option} any more: the store itself holds" in kept.run(command, option, "5", status=2).stderr
    assert kept.run("sweep").stderr == "dropped the detail of 0 calls, and 0 calls whole\n"
    assert held(kept) == (3, 3)
