# SPDX-License-Identifier: MIT
"""Calls that go on, in what works on whole stores: copy, verify, backup, erase, privacy-scan, drop-off."""
import json

from conftest import EMAIL, Client, add_account, call, callstep, step
from stores import only_embedded

T = 1769817600


def post_events(client, *lines):
    body = "".join(json.dumps(line) + "\n" for line in lines).encode()
    return client.ask("/v1/events", method="POST", body=body, headers={"Content-Type": "application/x-ndjson"})


def server_with_live_calls(start_server):
    server = start_server()
    client = Client(server, add_account(server.store))
    assert client.post([call("over", start=T, detail=[step("Over", T, module="menu", variable="over")])]).status == 200
    answer = post_events(client, *({"session_id": session, "from": 0, "steps": [step(f"Dialled {session}", T + 1, module="menu", variable="up")]}
                                   for session in ("up", "more")))
    assert answer.status == 200, answer.body
    return server, client


def live_sessions(store):
    done = callstep("calls", "--data", store, "--account", EMAIL, "--state", "live", "--json")
    return {each["session_id"] for each in json.loads(done.stdout)["calls"]}


def assert_go_on(store):
    assert live_sessions(store) == {"up", "more"}
    assert callstep("verify", "--data", store, "--quiet").returncode == 0


def test_a_call_that_goes_on_does_so_in_a_copy(start_server, tmp_path):
    server, _ = server_with_live_calls(start_server)
    done = callstep("copy", "--from", server.store, "--to", tmp_path / "copied")
    assert "3 the same, 0 missing, 0 different, 0 only in the copy" in done.stderr, done.stderr
    assert_go_on(tmp_path / "copied")


@only_embedded("a store on PostgreSQL is backed up by PostgreSQL's means")
def test_a_call_that_goes_on_does_so_in_a_backup(start_server, tmp_path):
    server, _ = server_with_live_calls(start_server)
    assert callstep("backup", "--data", server.store, tmp_path / "backup").returncode == 0
    assert_go_on(tmp_path / "backup")


def test_a_call_that_goes_on_is_erased(start_server):
    server, client = server_with_live_calls(start_server)
    assert callstep("erase", "--data", server.store, "--account", EMAIL, "--session", "up", "--yes").returncode == 0
    assert client.get("/v1/calls/up").status == 404
    assert live_sessions(server.store) == {"more"}
    assert callstep("verify", "--data", server.store, "--quiet").returncode == 0


def test_drop_off_counts_ended_calls_unless_a_state_is_asked_for(start_server):
    _, client = server_with_live_calls(start_server)
    counted = {state: client.get("/v1/dropoff" + (f"?state={state}" if state else "")).json["total_calls"] for state in ("", "ended", "live")}
    assert counted == {"": 1, "ended": 1, "live": 2}
    assert client.get("/v1/stats").json["total_calls"] == 3
