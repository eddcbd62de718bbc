# SPDX-License-Identifier: MIT
"""Calls while they go on: PATCH /v1/calls/{session_id}, POST /v1/calls/{session_id}/events, POST /v1/events, and who sees them."""
import gzip
import json
import threading
import time

import pytest

from conftest import Client, add_account, call, callstep, step
from test_intake import zstd
from test_tail import Tail

NOW = int(time.time())
NDJSON = {"Content-Type": "application/x-ndjson"}


def patch(client, session, **members):
    return client.ask(f"/v1/calls/{session}", method="PATCH", body=json.dumps(members).encode(), headers={"Content-Type": "application/json"})


def add(client, session, steps, place=None, headers=None, body=None):
    query = "" if place is None else f"?from={place}"
    return client.ask(f"/v1/calls/{session}/events{query}", method="POST", body=body or json.dumps(steps).encode(),
                      headers={"Content-Type": "application/json", **(headers or {})})


def events(client, *lines, **more):
    body = "".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines).encode()
    return client.ask("/v1/events", method="POST", body=body, headers=NDJSON, **more)


def lines_of(client, session):
    return [s["event"]["line"] for s in client.get(f"/v1/calls/{session}").json["detail"]]


def test_a_call_begins_changes_and_ends(client):
    begun = patch(client, "a", start=NOW, dest="1", src="2")
    assert begun.status == 201 and begun.json == {"session_id": "a", "state": "live", "start": NOW, "end": NOW, "steps": 0}
    changed = patch(client, "a", dest="3")
    assert changed.status == 200 and changed.json["state"] == "live"
    assert add(client, "a", [step("One", NOW + 1), step("Two", NOW + 5)]).json == {"steps": 2, "added": 2, "duplicates": 0}
    held = client.get("/v1/calls/a").json
    assert (held["dest"], held["src"], held["type"], held["end"], held["state"]) == ("3", "2", "inbound", NOW + 5, "live")
    ended = patch(client, "a", state="ended")
    assert ended.status == 200 and ended.json == {"session_id": "a", "state": "ended", "start": NOW, "end": NOW + 5, "steps": 2}
    assert patch(client, "a", state="live").json["state"] == "live"
    assert patch(client, "a", end=NOW + 9).json == {"session_id": "a", "state": "ended", "start": NOW, "end": NOW + 9, "steps": 2}


@pytest.mark.parametrize("members, said", [
    ({"dest": "1"}, "the session is not known"), ({"start": NOW, "end": NOW - 1}, "\"end\" is before \"start\""),
    ({"start": "x"}, "line 1, column"), ({"begin": 1}, "\"begin\" is not known here"), ({"start": NOW, "state": "over"}, "\"live\" or \"ended\"")])
def test_what_is_wrong_is_422_and_begins_no_call(client, members, said):
    answer = patch(client, "a", **members)
    assert answer.status == 422 and said in answer.json["detail"]
    assert client.get("/v1/calls/a").status == 404


def test_an_end_before_the_start_is_422(client):
    patch(client, "a", start=NOW)
    answer = patch(client, "a", end=NOW - 5)
    assert answer.status == 422 and "before it starts" in answer.json["detail"]
    assert client.get("/v1/calls/a").json["state"] == "live"


def test_steps_alone_begin_a_call(client):
    answer = add(client, "a", step("One", NOW))
    assert answer.status == 200 and answer.json == {"steps": 1, "added": 1, "duplicates": 0}
    held = client.get("/v1/calls/a").json
    assert (held["start"], held["end"], held["dest"], held["type"], held["state"]) == (NOW, NOW, "", "inbound", "live")


def test_steps_from_a_place_replace_what_stood_there_and_behind(client):
    assert add(client, "a", [step(c, NOW) for c in "abc"], place=0).status == 200
    assert add(client, "a", [step(c, NOW + 1) for c in "xy"], place=1).json["steps"] == 3
    assert lines_of(client, "a") == ["a", "x", "y"]
    again = add(client, "a", [step(c, NOW + 1) for c in "xy"], place=1).json
    assert again == {"steps": 3, "added": 0, "duplicates": 2}
    assert add(client, "a", [], place=1).json["steps"] == 1
    assert lines_of(client, "a") == ["a"]


def test_a_gap_is_409_and_stores_nothing(client):
    add(client, "a", [step("a", NOW)], place=0)
    answer = add(client, "a", [step("z", NOW)], place=5)
    assert answer.status == 409 and answer.json["steps"] == 1
    assert lines_of(client, "a") == ["a"]
    unknown = add(client, "b", [step("z", NOW)], place=1)
    assert unknown.status == 409 and unknown.json["steps"] == 0
    assert client.get("/v1/calls/b").status == 404


def test_steps_without_a_place_come_in_the_order_of_time_and_once(client):
    add(client, "a", [step("b", NOW + 2, event_id="2")])
    add(client, "a", [step("a", NOW + 1, event_id="1"), step("c", NOW + 2, event_id="3")])
    assert lines_of(client, "a") == ["a", "b", "c"]
    assert add(client, "a", [step("c", NOW + 2, event_id="3"), step("d", NOW + 3, event_id="4")]).json == {
        "steps": 4, "added": 1, "duplicates": 1}


CODINGS = {"identity": lambda body: body, "gzip": gzip.compress, "zstd": zstd}


@pytest.mark.parametrize("coding", CODINGS)
def test_what_is_said_of_live_calls_comes_in_each_coding(client, coding):
    def send(method, path, kind, body):
        return client.ask(path, method=method, body=CODINGS[coding](body), headers={"Content-Type": kind, "Content-Encoding": coding})
    some = json.dumps({"start": NOW, "dest": "1"}).encode()
    assert send("PATCH", "/v1/calls/a", "application/json", some).status == 201
    assert send("POST", "/v1/calls/a/events?from=0", "application/json", json.dumps([step("One", NOW)]).encode()).json["added"] == 1
    lines = b"".join(json.dumps({"session_id": "a", "from": i, "steps": [step(f"Line {i}", NOW)]}).encode() + b"\n" for i in range(1, 500))
    assert send("POST", "/v1/events", "application/x-ndjson", lines).json["accepted"] == 499
    assert lines_of(client, "a") == ["One"] + [f"Line {i}" for i in range(1, 500)]


@pytest.mark.parametrize("coding", ["gzip", "zstd"])
def test_events_lines_that_are_cut_off_are_400_and_the_whole_ones_kept(client, coding):
    lines = b"".join(json.dumps({"session_id": f"s{i}", "call": {"start": NOW, "src": str(i * 7919 % 10007)}}).encode() + b"\n" for i in range(20000))
    answer = client.ask("/v1/events", method="POST", body=CODINGS[coding](lines)[:-20], headers={**NDJSON, "Content-Encoding": coding})
    assert answer.status == 400
    assert client.get("/v1/calls/s0").json["state"] == "live" and client.get("/v1/calls/s19999").status == 404


@pytest.mark.parametrize("coding", CODINGS)
def test_steps_a_line_are_taken_all_or_none(client, coding):
    def send(*lines):
        body = "".join(json.dumps(line) + "\n" for line in lines).encode()
        return add(client, "a", None, headers={**NDJSON, "Content-Encoding": coding}, body=CODINGS[coding](body))
    assert send(step("a", NOW), step("b", NOW)).json["added"] == 2
    answer = send(step("c", NOW), {"event": {}})
    assert answer.status == 422 and answer.json["detail"].startswith("line 2, column ")
    assert lines_of(client, "a") == ["a", "b"]


def test_a_call_that_would_be_too_large_stays_as_it_is(start_server):
    server = start_server("--call-size-max", "4k")
    client = Client(server, add_account(server.store))
    assert add(client, "a", [step("x" * 1000, NOW)]).status == 200
    assert add(client, "a", [step("y" * 3500, NOW)]).status == 413
    assert add(client, "a", [step("y" * 5000, NOW)]).status == 413
    assert client.get("/v1/calls/a").json["steps"] == 1


def test_wrong_requests_are_told_so(client):
    assert add(client, "a", step("a", NOW), headers={"Content-Type": "text/plain"}).status == 415
    assert add(client, "a", step("a", NOW), headers={"Content-Encoding": "br"}).status == 415
    assert add(client, "a", step("a", NOW), place="x").status == 400
    assert add(client, "x" * 129, step("a", NOW)).status == 400
    assert add(client, "a", None, headers={"Content-Encoding": "gzip"}, body=b"not gzip").status == 400
    assert add(client, "a", None, headers={"Content-Encoding": "zstd"}, body=b"not zstd").status == 400
    assert client.ask("/v1/events", method="POST", body=b"{}", headers={"Content-Type": "application/json"}).status == 415


def test_events_lines_are_taken_in_their_order_and_the_wrong_ones_named(client):
    answer = events(client, {"session_id": "a", "call": {"start": NOW, "dest": "7"}}, {"session_id": "a", "from": 0, "steps": [step("a", NOW)]},
                    {"session_id": "b", "from": 3, "steps": []}, "{", {"session_id": "a"}, {"session_id": "c"},
                    {"session_id": "a", "call": {"state": "ended"}})
    assert answer.status == 200, answer.text
    assert (answer.json["accepted"], answer.json["replaced"]) == (4, 3)
    assert [(r["line"], r["session_id"], r.get("steps")) for r in answer.json["rejected"]] == [(3, "b", 0), (4, "", None), (6, "c", None)]
    assert client.get("/v1/calls/a").json["state"] == "ended"


@pytest.mark.parametrize("line, status", [({"session_id": "b", "from": 3, "steps": []}, 409), ({"session_id": "b"}, 422), ("", 422)])
def test_events_of_which_nothing_is_taken_are_refused(client, line, status):
    assert events(client, line).status == status


def test_a_whole_call_replaces_and_ends_a_live_one(client):
    add(client, "a", [step("live", NOW)])
    assert client.post([call("a", start=NOW)]).json["replaced"] == 1
    held = client.get("/v1/calls/a").json
    assert held["state"] == "ended" and "live" not in lines_of(client, "a")


def test_live_calls_are_found_as_others_are(client):
    client.post([call("ended", start=NOW - 5)])
    patch(client, "live", start=NOW, dest="6177123001")
    add(client, "live", [step("Marmalade", NOW + 3)])
    page = client.get("/v1/calls").json
    assert page["total_calls"] == 2 and {c["session_id"]: c["state"] for c in page["calls"]} == {"live": "live", "ended": "ended"}
    for query, sessions in (("state=live", ["live"]), ("state=ended", ["ended"]), ("text=marmalade", ["live"])):
        found = client.get(f"/v1/calls?{query}").json
        assert [c["session_id"] for c in found["calls"]] == sessions and found["total_calls"] == len(sessions), query
    logs = client.get(f"/api/all_logs/{NOW}/{NOW + 1}").json
    assert [c["end"] for c in logs["calls"]] == [str(NOW + 3)] and "state" not in logs["calls"][0]
    assert [s["event"]["line"] for s in client.get("/api/call/live").json] == ["Marmalade"]


def test_accounts_have_their_own_live_calls(start_server):
    server = start_server()
    one = Client(server, add_account(server.store, "one@example.com"), "one@example.com")
    two = Client(server, add_account(server.store, "two@example.com"), "two@example.com")
    with Tail(two) as tail:
        assert patch(one, "a", start=NOW).status == 201
        assert patch(two, "a", start=NOW + 1).status == 201
        add(one, "a", [step("of one", NOW)])
        add(two, "a", [step("of two", NOW + 1)])
        assert lines_of(one, "a") == ["of one"] and lines_of(two, "a") == ["of two"]
        assert tail.event()[1]["start"] == NOW + 1
        assert tail.event()[1]["steps"][0]["event"]["line"] == "of two"


def test_a_tail_is_told_of_a_call_and_its_steps(client):
    with Tail(client) as tail:
        patch(client, "a", start=NOW)
        assert tail.event()[0] == "call"
        add(client, "a", [step("a", NOW), step("b", NOW + 2)], place=0)
        assert tail.event() == ("step", {"session_id": "a", "first": 0, "steps": client.get("/v1/calls/a").json["detail"], "end": NOW + 2})
        last = tail.id
        add(client, "a", [step("c", NOW + 3)], place=2)
        name, data = tail.event()
        assert (name, data["first"], len(data["steps"])) == ("step", 2, 1)
        add(client, "a", [step("B", NOW + 2)], place=1)
        assert tail.event()[1]["first"] == 1
        patch(client, "a", state="ended")
        name, data = tail.event()
        assert (name, data["state"], data["steps"]) == ("call", "ended", 2)
    with Tail(client, last=last) as tail:
        seen = [tail.event(), tail.event()]
        assert [name for name, _ in seen] == ["call", "step"]
        assert seen[1][1]["first"] == 1 and [s["event"]["line"] for s in seen[1][1]["steps"]] == ["B"]


def test_a_tail_of_one_call_hears_of_no_other(client):
    with Tail(client, "?session_id=a%2Fb") as tail:
        patch(client, "a", start=NOW)
        add(client, "a", [step("not this one", NOW)])
        patch(client, "a%2Fb", start=NOW)
        add(client, "a%2Fb", [step("this one", NOW)])
        seen = [tail.event(), tail.event()]
        assert [data["session_id"] for _, data in seen] == ["a/b", "a/b"]
        assert seen[-1][1]["steps"][-1]["event"]["line"] == "this one"
    refused = client.get("/v1/tail?session_id=")
    assert refused.status == 400 and refused.json["parameter"] == "session_id"


def test_a_call_that_a_filter_means_only_now_comes_with_all_its_steps(client):
    with Tail(client, "?class=error") as tail:
        add(client, "a", [step("a", NOW)])
        add(client, "a", [step("b", NOW, class_="error")])
        seen = [tail.event(), tail.event()]
        assert [name for name, _ in seen] == ["call", "step"]
        assert seen[1][1]["first"] == 0 and len(seen[1][1]["steps"]) == 2
        add(client, "a", [step("c", NOW)])
        assert tail.event()[1]["first"] == 2


def test_every_step_of_a_thousand_live_calls_arrives(client):
    with Tail(client) as tail:
        held = {}

        def follow():
            while sum(len(steps) for steps in held.values()) < 3000:
                name, data = tail.event()
                if name == "step":
                    mine = held.setdefault(data["session_id"], [])
                    del mine[data["first"]:]
                    mine.extend(s["event"]["line"] for s in data["steps"])

        follower = threading.Thread(target=follow, daemon=True)
        follower.start()
        for n in range(3):
            lines = [{"session_id": f"s{i}", "from": n, "steps": [step(f"{i}/{n}", NOW + n)]} for i in range(1000)]
            assert events(client, *lines).json["accepted"] == 1000
        follower.join(60)
        assert held == {f"s{i}": [f"{i}/{n}" for n in range(3)] for i in range(1000)}


PIN = step("User input: 4711 (dtmf)", NOW, module="gather")
REPEATED = step("The caller said 4711 twice", NOW + 1, module="say")
OTHER = step("Queue 4712", NOW + 2, module="say")


@pytest.mark.parametrize("first, second", [(PIN, REPEATED), (REPEATED, PIN)])
@pytest.mark.parametrize("restart", [False, True])
def test_a_pin_is_hidden_in_other_requests_too(start_server, first, second, restart):
    server = start_server("--redact-input", "gather")
    client = Client(server, add_account(server.store))
    add(client, "a", [first], place=0)
    if restart:
        server.stop()
        server = start_server("--redact-input", "gather", store=server.store)
        client = Client(server, client.key)
    with Tail(client) as tail:
        add(client, "a", [second], place=1)
        assert tail.event()[1]["first"] == (0 if first is REPEATED else 1)
    add(client, "a", [OTHER], place=2)
    held = " ".join(lines_of(client, "a"))
    assert "4711" not in held
    # Without a key file the next server knows of the PIN but its length.
    assert ("4712" in held) == (not restart or first is REPEATED)


@pytest.mark.parametrize("keyed", [False, True])
def test_after_the_end_tokens_tell_what_was_hidden(start_server, tmp_path, keyed):
    """docs/decisions/0031-live-redaction.md: without a key nothing is left by which the PIN could be known again."""
    (tmp_path / "key").write_text("k" * 40)
    (tmp_path / "key").chmod(0o600)
    rules = ["--redact-input", "gather", *(["--redact-key-file", str(tmp_path / "key")] if keyed else [])]
    server = start_server(*rules)
    client = Client(server, add_account(server.store))
    add(client, "a", [PIN], place=0)
    assert patch(client, "a", state="ended").json["state"] == "ended"
    server.stop()
    client = Client(start_server(*rules, store=server.store), client.key)
    add(client, "a", [REPEATED, OTHER], place=1)
    held = lines_of(client, "a")
    assert "4711" not in held[0] and "4712" in held[2]
    assert ("4711" in held[1]) == (not keyed)
    assert not keyed or held[0].split()[2] == held[1].split()[3]
    # A document that replaces the call is redacted by what it has itself.
    assert client.post([call("a", start=NOW, detail=[REPEATED])]).json["replaced"] == 1
    assert "4711" in lines_of(client, "a")[0]


@pytest.mark.parametrize("rules", [[], ["--redact-cards"]])
def test_the_scan_looks_at_live_calls_and_at_all_that_requests_brought(start_server, rules):
    server = start_server(*rules)
    client = Client(server, add_account(server.store))
    card = "4111 1111 1111 1111"
    add(client, "live", [step("Welcome", NOW)], place=0)
    add(client, "live", [step(f"Card {card}", NOW + 1)], place=1)
    add(client, "over", [step(f"Card {card}", NOW)], place=0)
    assert patch(client, "over", state="ended").json["state"] == "ended"
    add(client, "over", [step("Late", NOW + 5, number=card.replace(" ", ""))], place=1)
    done = callstep("privacy-scan", "--data", server.store, "--json")
    assert done.returncode == (0 if rules else 3), done.stderr
    found = [(one["session_id"], one["step"], one["where"]) for one in json.loads(done.stdout)["findings"]]
    assert sorted(found) == ([] if rules else [("live", 2, "line"), ("over", 1, "line"), ("over", 2, "number")])
    assert card not in done.stdout and card.replace(" ", "") not in done.stdout


def test_a_silent_call_is_ended_and_goes_on_when_it_is_heard_of(start_server):
    server = start_server("--live-timeout", "1s")
    client = Client(server, add_account(server.store))
    with Tail(client) as tail:
        add(client, "a", [step("a", NOW)])
        while (event := tail.event())[1].get("state") != "ended":
            assert event
    held = client.get("/v1/calls/a").json
    assert held["end"] == NOW and held["detail"][-1]["event"]["line"] == "Nothing was heard of this call for 1 second: it is taken as ended"
    assert add(client, "a", [step("b", NOW + 1)]).status == 200
    held = client.get("/v1/calls/a").json
    assert held["state"] == "live" and lines_of(client, "a") == ["a", "b"]


def test_what_is_said_of_live_calls_is_recorded(client):
    patch(client, "a", start=NOW)
    events(client, {"session_id": "a"}, {"session_id": "b", "call": {"start": NOW}})
    deadline = time.monotonic() + 10
    records = []
    while len(records) < 2 and time.monotonic() < deadline:
        done = callstep("audit", "--data", client.server.store, "--account", client.email, "--action", "store-events", "--json")
        records = [json.loads(line) for line in done.stdout.splitlines() if line]
    assert {(r["subject"], r["calls"]) for r in records} >= {("/v1/calls/a", 1), ("/v1/events", 2)}
