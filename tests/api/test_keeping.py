# SPDX-License-Identifier: MIT
"""What gets old: seen by nobody from the second on in which it is over its days, whichever way one asks, swept or not; what the sweep drops;
the cap of the disk; and the audit trail: who did what."""
import json
import os
import re
import subprocess
import time

import pytest

from conftest import BINARY, EMAIL, Client, add_account, call, callstep, keep, step
from stores import KIND, run_sql, store_at

DAY = 86400
WINDOW = "0/99999999999"


def ago(days):
    return int(time.time()) - int(days * DAY)


def old_calls():
    """One of today, one whose detail is over, one that is over altogether; each with its own word, module and class."""
    ages = {"new": 0.5, "bare": 7, "gone": 20}
    return [call(name, start=ago(days), detail=[step(f"said {name}", ago(days), module=name, class_=f"c_{name}")])
            for name, days in ages.items()]


def wait_for(found, seconds=120):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        value = found()
        if value:
            return value
        time.sleep(0.05)
    raise AssertionError("it never came")


@pytest.fixture
def kept(start_server):
    """A client of a store that keeps detail for 5 days and calls for 10, and is never swept, with the calls above."""
    server = start_server()
    client = Client(server, add_account(server.store, days=()))
    keep(server.store, 5, 10)
    answer = client.post(old_calls())
    assert answer.json["accepted"] == 3
    return client


def sessions(answer):
    return [item["session_id"] for item in answer.json["calls"]]


# ---- what is seen ----

def test_calls_that_are_old_already_are_taken_and_counted(start_server):
    server = start_server()
    client = Client(server, add_account(server.store, days=()))
    keep(server.store, 5, 10)
    answer = client.post(old_calls())
    assert answer.json == {"accepted": 3, "replaced": 0, "rejected": [], "old_detail": 1, "old_calls": 1}
    assert client.post([call("a")]).json == {"accepted": 1, "replaced": 0, "rejected": [], "old_detail": 0, "old_calls": 0}


def test_all_logs_hides_what_is_old(kept):
    answer = kept.get(f"/api/all_logs/{WINDOW}")
    assert answer.json["total_calls"] == 2
    assert [(c["session_id"], bool(c["detail"]), c["log"]) for c in answer.json["calls"]] == [
        ("new", True, True), ("bare", False, False)]
    assert kept.get(f"/api/all_logs/0/{ago(15)}").status == 404
    assert kept.get(f"/api/all_logs/{ago(30)}/{ago(15)}").status == 404
    answer = kept.get(f"/api/calls/{WINDOW}?offset=1")
    assert [(c["session_id"], c["log"]) for c in answer.json["calls"]] == [("bare", False)]
    assert kept.get(f"/api/calls/0/{ago(15)}").json == {"calls": [], "total_calls": 0}


@pytest.mark.parametrize("session, found", [("new", True), ("bare", False), ("gone", False)])
def test_the_steps_of_an_old_call_are_not_there(kept, session, found):
    assert kept.get(f"/api/call/{session}").status == (200 if found else 404)
    assert kept.get(f"/v1/diff/new/{session}").status == (200 if found else 404)


def test_an_old_call_is_not_there(kept):
    assert kept.get("/v1/calls/new").json["steps"] == 1
    assert kept.get("/v1/calls/bare").json["steps"] == 0 and kept.get("/v1/calls/bare").json["detail"] is False
    assert kept.get("/v1/calls/gone").status == 404


@pytest.mark.parametrize("query, found", [
    ("", ["new", "bare"]), ("start=0", ["new", "bare"]), ("dest=6177123001", ["new", "bare"]), ("min_duration=1", ["new", "bare"]),
    ("text=said", ["new"]), ("text=bare", []), ("text=gone", []), ("module=new", ["new"]), ("module=bare", []), ("module=gone", []),
    ("class=c_bare", []), ("last_module=bare", []), ("end=-15d", [])])
def test_a_search_finds_nothing_old(kept, query, found):
    answer = kept.get(f"/v1/calls?{query}")
    assert sessions(answer) == found and answer.json["total_calls"] == len(found)
    rows = kept.get(f"/v1/calls?{query}", accept="text/csv").text.splitlines()
    assert len(rows) == len(found) + 1


def test_counts_have_nothing_old(kept):
    assert kept.get("/v1/stats?group=time&bucket=day").json["total_calls"] == 2
    assert kept.get("/v1/stats?group=time&bucket=day&values=calls").json["total_calls"] == 2
    assert [g["key"] for g in kept.get("/v1/stats?group=module").json["groups"]] == ["new"]
    assert [m["module"] for m in kept.get("/v1/dropoff").json["modules"]] == ["new"]


def test_an_accounts_own_days_hold_at_once(kept):
    def set_days(*options):
        done = callstep("account", "set", "--data", kept.server.store, EMAIL, *options, "--yes")
        assert done.returncode == 0, done.stderr

    set_days("--keep-headers", "ever")
    assert sessions(kept.get("/v1/calls")) == ["new", "bare", "gone"]
    set_days("--keep-detail", "8", "--keep-headers", "default")
    assert sessions(kept.get("/v1/calls?text=said")) == ["new", "bare"]
    assert kept.get("/api/call/bare").status == 404, "/api/ serves detail for 5 days"
    account = kept.get("/v1/account").json
    assert (account["detail_days"], account["header_days"], account["api_detail_days"]) == (8, 10, 5)
    set_days("--keep-detail", "ever")
    assert sessions(kept.get("/v1/calls?text=said")) == ["new", "bare", "gone"]
    set_days("--keep-detail", "1", "--keep-headers", "1")
    assert sessions(kept.get("/v1/calls")) == ["new"]


def test_those_who_follow_see_nothing_old(kept):
    connection = subprocess.Popen(
        ["curl", "-sN", "-u", f"{EMAIL}:{kept.key}", f"http://{kept.server.address}/v1/tail?last_event_id=0&detail=true"],
        stdout=subprocess.PIPE, text=True)
    try:
        seen = []
        while len(seen) < 2:
            line = connection.stdout.readline()
            if line.startswith("data: "):
                seen.append(json.loads(line[6:]))
    finally:
        connection.kill()
        connection.wait()
    assert [(c["session_id"], bool(c["detail"])) for c in seen] == [("new", True), ("bare", False)]


# ---- kept and served ----

def steps_of(client, session):
    """Whether each way of asking shows the steps of a call: those below /api/, and all others."""
    page = client.get(f"/api/all_logs/{WINDOW}").json["calls"]
    headers = client.get(f"/api/calls/{WINDOW}").json["calls"]
    api = [next(c for c in page if c["session_id"] == session)["log"], next(c for c in headers if c["session_id"] == session)["log"],
           client.get(f"/api/call/{session}").status == 200,
           f"said {session}" in client.get(f"/api/all_logs/{WINDOW}", accept="application/xml").text]
    others = [client.get(f"/v1/calls/{session}").json["log"], session in sessions(client.get("/v1/calls?text=said")),
              any(c["session_id"] == session and c["detail"] for c in client.get("/v1/calls?detail=true").json["calls"]),
              session in [g["key"] for g in client.get("/v1/stats?group=module").json["groups"]],
              session in [m["module"] for m in client.get("/v1/dropoff").json["modules"]],
              client.get(f"/v1/diff/new/{session}").status == 200,
              f"said {session}" in callstep("show", "--data", client.server.store, session).stdout,
              f"said {session}" in callstep("export", "--data", client.server.store).stdout]
    return api, others


@pytest.mark.parametrize("options, served", [((), 5), (("--api-detail-days", "10"), 10), (("--api-detail-days", "off"), 31),
                                             (("--api-detail-days", "40"), 31)])
def test_api_serves_detail_for_its_days_and_everything_else_for_as_long_as_it_is_kept(start_server, options, served):
    server = start_server(*options)
    client = Client(server, add_account(server.store, days=()))
    ages = {"new": 1, "week": 7, "month": 30.9, "old": 31.1}
    client.post([call(name, start=ago(days), detail=[step(f"said {name}", ago(days), module=name)]) for name, days in ages.items()])
    for name, days in ages.items():
        api, others = steps_of(client, name)
        assert api == [days < served] * len(api), (name, api)
        assert others == [days < 31] * len(others), (name, others)


def test_detail_is_served_to_the_second(start_server):
    server = start_server("--api-detail-days", "1")
    client = Client(server, add_account(server.store, days=()))
    start = ago(1) + 3
    client.post([call("a", start=start)])
    while client.get("/api/call/a").status == 200:
        time.sleep(0.05)
    assert start + DAY <= time.time() < start + DAY + 2
    assert client.get("/v1/calls/a").json["log"] is True


def test_a_server_says_at_its_start_how_long_calls_are_kept(start_server):
    server = start_server()
    assert " keeping detail-days=31 header-days=365 audit-days=365 api-detail-days=5\n" in server.log
    server.stop()
    keep(server.store, 90, "ever")
    server = start_server("--api-detail-days", "off", store=server.store)
    assert " keeping detail-days=90 header-days=ever audit-days=365 api-detail-days=ever\n" in server.log


# ---- the sweep ----

def test_a_server_sweeps_and_says_what_it_dropped(tmp_path, start_server):
    server = start_server()
    client = Client(server, add_account(server.store, days=()))
    keep(server.store, 5, 10)
    client.post(old_calls())
    server.stop()
    server = start_server("--sweep-every", "1s", store=server.store)
    found = wait_for(lambda: re.search(r" swept detail=(\d+) calls=(\d+) ", server.log))
    assert found.groups() == ("2", "1")
    assert run_sql(server.store, "select count(*) from call") == [("2",)]
    assert run_sql(server.store, "select count(*) from packed", "select count(*) from detail") == [("1",)]
    client = Client(server, client.key)
    assert sessions(client.get("/v1/calls")) == ["new", "bare"]
    server.stop()
    done = callstep("verify", "--data", server.store)
    assert done.returncode == 0, done.stdout


def size_of(store):
    if KIND == "embedded":
        return (store / "callstep.db").stat().st_size
    ((size,),) = run_sql(store, "", "select sum(pg_total_relation_size(oid)) from pg_class where relkind = 'r'"
                                    " and relnamespace = current_schema()::regnamespace")
    return int(size)


def test_a_cap_drops_the_oldest_and_says_so(start_server):
    server = start_server("--api-detail-days", "ever")
    key = add_account(server.store)
    client = Client(server, key)
    for batch in range(20):
        calls = [call(f"{batch}-{i}", start=ago(3) + batch * 12000 + i, detail=[
            step(f"word {i}", ago(3), module="m", data=os.urandom(2000).hex())]) for i in range(200)]
        assert client.post(calls).json["accepted"] == 200
    server.stop()
    size = size_of(server.store)
    cap = size * 6 // 10
    server = start_server("--api-detail-days", "ever", "--disk-max", str(cap), store=server.store)
    wait_for(lambda: re.search(r" disk state=above-the-cap .* disk state=(near-the-cap|ok) ", server.log, re.S))
    swept = re.search(r" swept .*cap-detail=(\d+) cap-calls=(\d+)", server.log)
    dropped = int(swept.group(1))
    assert 0 < dropped < 4000
    client = Client(server, key)
    if KIND == "embedded":  # on PostgreSQL room is given back day by day: there may be more of it
        assert client.get("/readyz").json["disk"] == "near the cap"
    page = client.get(f"/api/calls/{WINDOW}?limit=10000").json
    assert page["total_calls"] == 4000 - int(swept.group(2))
    logs = [c["log"] for c in page["calls"]]
    assert logs == sorted(logs, reverse=True), "not the oldest"
    assert logs.count(False) == dropped
    server.stop()
    records = [json.loads(line) for line in
               callstep("audit", "--data", server.store, "--action", "cap-detail", "--limit", 10000, "--json").stdout.splitlines()]
    assert sum(record["calls"] for record in records) == dropped
    assert callstep("verify", "--data", server.store).returncode == 0


def test_a_cap_below_an_empty_store_is_refused(tmp_path):
    done = callstep("serve", "--data", store_at(tmp_path), "--disk-max", "20")
    assert done.returncode == 2 and "--disk-max 20 is below what an empty store takes" in done.stderr


# ---- the audit trail ----

def admin(server, email=EMAIL):
    made = callstep("key", "add", "--data", server.store, "--account", email, "--scope", "read,write,admin")
    return Client(server, made.stdout.strip(), email)


def trail(client, query=""):
    answer = client.get(f"/v1/audit?limit=1000&action={query}" if query else "/v1/audit?limit=1000")
    assert answer.status == 200, answer.text
    return answer.json["records"]


@pytest.fixture
def audited(start_server):
    server = start_server()
    add_account(server.store)
    return admin(server)


def test_requests_are_recorded_with_who_and_what(audited):
    audited.post([call("a"), call("b")])
    audited.get("/v1/calls?text=answered&limit=1")
    audited.get("/api/call/a")
    audited.get("/api/call/none")
    audited.get("/v1/stats")
    records = wait_for(lambda: (r := trail(audited, "count-calls")) and trail(audited))
    seen = {(r["action"], r["subject"], r["calls"]) for r in records if r["address"]}
    assert seen >= {("store-calls", "/v1/calls", 2), ("read-calls", "/v1/calls?text=answered&limit=1", 1),
                    ("read-call", "/api/call/a", 1), ("read-call", "/api/call/none", 0), ("count-calls", "/v1/stats", None)}
    key = audited.get("/v1/keys").json["keys"][-1]["id"]
    for record in records:
        assert (record["key"], record["address"], record["user"]) == (key, "127.0.0.1", None) or record["user"]
        assert record["outcome"] == "done" and record["times"] >= 1 and abs(record["time"] - time.time()) < 60


def test_keys_are_recorded_before_the_answer(audited):
    made = audited.ask("/v1/keys", method="POST", body=b'{"scopes":["read"],"label":"x"}', headers={"Content-Type": "application/json"}).json
    audited.ask(f"/v1/keys/{made['id']}", method="DELETE")
    subjects = [(r["action"], r["subject"]) for r in trail(audited)]
    assert subjects[:2] == [("revoke-key", f"key {made['id']}"), ("make-key", f"key {made['id']}, scopes read")]
    assert made["key"] not in json.dumps(trail(audited))


def test_wrong_keys_and_missing_scopes_are_recorded(audited):
    audited.get("/v1/calls", authorization=audited.basic(key="cs_" + "x" * 43))
    audited.get("/v1/calls", authorization=audited.basic(email="nobody@example.com"))
    audited.get("/v1/calls", authorization="Basic " + "Zm9vOmJhcg==")
    reader = Client(audited.server, callstep("key", "add", "--data", audited.server.store, "--scope", "read").stdout.strip())
    reader.get("/v1/audit")
    records = wait_for(lambda: (r := trail(audited, "read-audit")) and any(x["outcome"] == "refused" for x in r) and trail(audited))
    refused = [(r["action"], r["subject"], r["key"] is None) for r in records if r["outcome"] == "refused"]
    assert ("read-audit", "/v1/audit", False) in refused
    assert ("sign-in", EMAIL, True) in refused, "the account that someone tried to open"
    lines = callstep("audit", "--data", audited.server.store, "--json").stdout
    assert '"subject":"nobody@example.com"' in lines
    assert "xxxx" not in lines and "bar" not in lines and audited.key not in lines


def test_an_account_sees_its_own_records_only(audited):
    server = audited.server
    add_account(server.store, "other@example.com")
    other = admin(server, "other@example.com")
    audited.get("/v1/calls?text=secret")
    wait_for(lambda: any("secret" in r["subject"] for r in trail(audited)))
    assert "secret" not in json.dumps(trail(other))
    assert {r["action"] for r in trail(other)} <= {"add-account", "make-key", "read-audit"}


def test_pages_of_records_neither_repeat_nor_skip(audited):
    for i in range(7):
        audited.ask("/v1/keys", method="POST", body=b'{"scopes":["read"]}', headers={"Content-Type": "application/json"})
    got, cursor = [], ""
    while True:
        page = audited.get(f"/v1/audit?action=make-key&limit=3{cursor}").json
        got += [r["subject"].split(",")[0] for r in page["records"]]
        if page["next"] is None:
            break
        cursor = "&cursor=" + page["next"]
    assert len(got) == 8 and got == sorted(set(got), key=lambda subject: -int(subject.split()[1]))


@pytest.mark.parametrize("query, parameter", [("start=x", "start"), ("end=", "end"), ("limit=0", "limit"), ("cursor=x", "cursor"), ("cursor=1-9999999", "cursor")])
def test_a_wrong_parameter_of_the_trail_is_named(audited, query, parameter):
    answer = audited.get(f"/v1/audit?{query}")
    assert answer.status == 400 and answer.json["parameter"] == parameter


def test_reads_are_recorded_only_where_that_is_wanted(start_server):
    server = start_server("--audit-reads=no")
    add_account(server.store)
    client = admin(server)
    client.get("/v1/calls")
    client.get("/v1/calls", authorization=client.basic(key="wrong"))
    client.post([call("a")])
    server.stop()
    actions = [json.loads(line)["action"] for line in callstep("audit", "--data", server.store, "--json").stdout.splitlines()]
    assert sorted(actions) == ["add-account", "make-key", "sign-in", "store-calls"]


def test_what_is_recorded_is_there_after_a_stop(start_server):
    server = start_server()
    client = Client(server, add_account(server.store))
    for i in range(30):
        client.get(f"/v1/calls?limit={i + 1}")
    server.stop()
    done = callstep("audit", "--data", server.store, "--action", "read-calls", "--json")
    assert sum(json.loads(line)["times"] for line in done.stdout.splitlines()) == 30


def test_a_flood_of_reads_makes_few_records(start_server):
    server = start_server("--log-requests=no")
    client = Client(server, add_account(server.store))
    for i in range(400):
        client.get(f"/v1/calls/{i}")
    server.stop()
    records = [json.loads(line) for line in
               callstep("audit", "--data", server.store, "--action", "read-call", "--limit", 1000, "--json").stdout.splitlines()]
    assert sum(r["times"] for r in records) == 400
