# SPDX-License-Identifier: MIT
"""Hooks: who is told of calls, in which order, how often it is tried, and what is never told."""
import base64
import hashlib
import hmac
import json
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

import stores
from conftest import Client, Server, add_account, call, callstep, step
from receiver import Receiver
from test_access import make_key
from test_serve import make_certificate


@pytest.fixture
def receiver():
    receivers = []

    def start(**more):
        receivers.append(Receiver(**more))
        return receivers[-1]

    start.first = start()
    yield start
    for one in receivers:
        one.stop()


@pytest.fixture
def told(start_server, receiver):
    """A server that may post to loopback, a client with every scope, and its receiver."""
    server = start_server("--hook-private", "--hook-timeout", "2s")
    client = make_key(Client(server, add_account(server.store)), "read,write,admin")
    return server, client, receiver.first


def ask(client, path, method="POST", body=None):
    return client.ask(path, method=method, body=json.dumps(body).encode() if body is not None else b"",
                      headers={"Content-Type": "application/json"})


def add_hook(client, receiver, **members):
    made = ask(client, "/v1/hooks", body={"url": receiver.url, **members})
    assert made.status == 201, made.text
    receiver.secret = made.json["secret"]
    return made.json["id"]


def patch(client, session_id, **members):
    answer = ask(client, f"/v1/calls/{session_id}", "PATCH", members)
    assert answer.status in (200, 201), answer.text


def add_steps(client, session_id, *steps):
    assert ask(client, f"/v1/calls/{session_id}/events", body=list(steps)).status == 200


def hook_of(client, hook, condition=lambda hook: True, seconds=30):
    """What is said of the hook once @condition holds."""
    deadline = time.monotonic() + seconds
    while not condition(found := client.get(f"/v1/hooks/{hook}").json) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert condition(found), found
    return found


# ---- what is told ----

def test_each_call_is_told_when_it_ends_in_order_and_signed(told):
    server, client, receiver = told
    client.post([call("before")])
    hook = add_hook(client, receiver, name="desk", event="ends")
    for i in range(30):
        client.post([call(f"s{i}")])
    receiver.wait(lambda taken: len(taken) >= 30)
    assert receiver.sessions() == [f"s{i}" for i in range(30)]
    document = receiver.taken()[0]
    shown = client.get("/v1/calls/s0").json
    del shown["detail"]
    assert document["type"] == "call.ended" and document["data"] == {"hook": {"id": hook, "name": "desk"}, "call": shown}
    assert time.strptime(document["timestamp"], "%Y-%m-%dT%H:%M:%SZ")
    assert len({identity for identity, _, _ in receiver.came}) == 30
    assert hook_of(client, hook, lambda hook: hook["told"] == 30)["last_status"] == 200


def test_a_filter_says_which_calls_are_not_told(told):
    _, client, receiver = told
    add_hook(client, receiver, filter="-class=error&-src=none")
    client.post([call("wrong", detail=[step(class_="error")]), call("withheld", src="Anonymous"), call("fine", src="12", detail=[step()])])
    receiver.wait(lambda taken: taken)
    assert receiver.sessions() == ["fine"]


def test_a_filter_says_which_calls_are_told(told):
    server, client, receiver = told
    add_hook(client, receiver, filter="dest=*3001&class=error")
    client.post([call("other", dest="6175553002", detail=[step(class_="error")]), call("fine", dest="6175553001"),
                 call("wrong", dest="6175553001", detail=[step(class_="error")])])
    receiver.wait(lambda taken: taken)
    client.post([call("last", dest="6175553001", detail=[step(class_="error")])])
    receiver.wait(lambda taken: len(taken) >= 2)
    assert receiver.sessions() == ["wrong", "last"]


def test_a_live_call_is_told_once_when_it_begins_and_once_when_it_ends(told, receiver):
    server, client, begins = told
    ends = receiver()
    add_hook(client, begins, event="begins")
    add_hook(client, ends, event="ends")
    now = int(time.time())
    patch(client, "live", dest="3001", src="3002", start=now, type="inbound")
    begins.wait(lambda taken: taken)
    add_steps(client, "live", step(timestamp=now))
    patch(client, "live", dest="3009")
    patch(client, "live", end=now + 5, state="ended")
    ends.wait(lambda taken: taken)
    client.post([call("whole")])
    ends.wait(lambda taken: len(taken) >= 2)
    begins.wait(lambda taken: len(taken) >= 2)
    assert begins.sessions("call.began") == ["live", "whole"] and ends.sessions() == ["live", "whole"]
    assert begins.taken()[0]["data"]["call"]["state"] == "live"


def test_a_call_that_began_is_not_told_again_after_a_restart(told):
    server, client, receiver = told
    add_hook(client, receiver, event="begins")
    patch(client, "live", dest="3001", src="3002", start=int(time.time()), type="inbound")
    receiver.wait(lambda taken: taken)
    server.stop(signal.SIGKILL)
    again = Server(server.folder, *server.options, store=server.store)
    try:
        client.server = again
        patch(client, "live", state="ended")
        client.post([call("next")])
        receiver.wait(lambda taken: "next" in receiver.sessions("call.began"))
        assert receiver.sessions("call.began").count("live") <= 2
    finally:
        again.stop()


def test_steps_that_the_filter_means_are_told_with_their_numbers(told):
    server, client, receiver = told
    add_hook(client, receiver, event="step", filter="module=Queue&text=waits")
    now = int(time.time())
    patch(client, "live", dest="3001", src="3002", start=now, type="inbound")
    add_steps(client, "live", step(timestamp=now), step("The caller waits", module="Queue", timestamp=now))
    receiver.wait(lambda taken: taken)
    add_steps(client, "live", step("The caller waits", module="Menu", timestamp=now + 1))
    add_steps(client, "live", step("The caller waits still", module="Queue", timestamp=now + 2))
    receiver.wait(lambda taken: len(taken) >= 2)
    patch(client, "live", end=now + 5, state="ended")
    client.post([call("whole", detail=[step(), step("waits", module="Queue"), step("waits", module="Queue")])])
    taken = receiver.wait(lambda taken: len(taken) >= 3)
    found = [(one["data"]["call"]["session_id"], [(each["number"], each["step"]["event"]["line"]) for each in one["data"]["steps"]]) for one in taken]
    assert found == [("live", [(2, "The caller waits")]), ("live", [(4, "The caller waits still")]), ("whole", [(2, "waits"), (3, "waits")])]


def test_a_threshold_is_told_once_and_when_it_is_over(told):
    server, client, receiver = told
    add_hook(client, receiver, event="threshold", filter="dest=3001", more_than=2, window=60)
    now = int(time.time())
    client.post([call(f"old{i}", dest="3001", start=now - 500, end=now - 300) for i in range(5)])
    client.post([call("a", dest="3001", start=now - 58, end=now - 50), call("b", dest="3001", start=now - 58, end=now - 49)])
    client.post([call("c", dest="3001", start=now - 60, end=now - 48), call("other", dest="3002", start=now - 60, end=now - 48)])
    taken = receiver.wait(lambda taken: taken, 60)
    assert taken[0]["type"] == "threshold.reached" and taken[0]["data"]["calls"] == 3
    taken = receiver.wait(lambda taken: len(taken) >= 2, 60)
    assert [one["type"] for one in taken] == ["threshold.reached", "threshold.over"] and taken[1]["data"]["calls"] <= 2


def test_a_threshold_may_ask_for_more_than_a_week_before(told, receiver):
    server, client, of_times = told
    of_more = receiver()
    add_hook(client, of_times, event="threshold", more_than=1, window=60, times=3)
    add_hook(client, of_more, event="threshold", more_than=1, window=60)
    now = int(time.time())
    client.post([call("before", start=now - 604800 - 40, end=now - 604800 - 10)])
    client.post([call(f"s{i}", start=now - 40, end=now - 10 + i) for i in range(3)])
    of_more.wait(lambda taken: taken, 60)
    client.post([call("s3", start=now - 40, end=now - 7)])
    data = of_times.wait(lambda taken: taken, 60)[0]["data"]
    assert (data["calls"], data["times"], data["week_before"]) == (4, 3, 1)


# ---- receivers that do not take it ----

def test_a_receiver_that_fails_for_a_while_gets_everything_in_order(told):
    server, client, receiver = told
    failures = iter([500, 503, None, 429, 404])
    receiver.answer = lambda document: next(failures, 200)
    hook = add_hook(client, receiver)
    for i in range(10):
        client.post([call(f"s{i}")])
    receiver.wait(lambda taken: len(taken) >= 10, 60)
    assert receiver.sessions() == [f"s{i}" for i in range(10)]
    identities = [identity for identity, document, _ in receiver.came if document["data"]["call"]["session_id"] == "s0"]
    assert len(identities) >= 5 and len(set(identities)) == 1
    found = hook_of(client, hook, lambda hook: hook["told"] == 10)
    assert found["failing_since"] is None and found["tries"] == 0 and found["failures"] == 0
    assert "hook-failing" in server.log and "hook-well" in server.log


def test_a_receiver_that_is_down_gets_everything_when_it_comes(told):
    server, client, receiver = told
    hook = add_hook(client, receiver)
    receiver.stop()
    for i in range(5):
        client.post([call(f"s{i}")])
    found = hook_of(client, hook, lambda hook: hook["tries"] >= 2)
    assert found["failing_since"] and found["last_status"] is None and found["next_try"]
    back = Receiver(port=receiver.port)
    try:
        back.secret = receiver.secret
        back.wait(lambda taken: len(taken) >= 5, 60)
        assert back.sessions() == [f"s{i}" for i in range(5)]
    finally:
        back.stop()


def test_a_slow_receiver_holds_up_no_other(told, receiver):
    server, client, slow = told
    quick = receiver()
    slow.answer = lambda document: time.sleep(3) or 200
    hook = add_hook(client, slow)
    add_hook(client, quick)
    for i in range(5):
        client.post([call(f"s{i}")])
    quick.wait(lambda taken: len(taken) >= 5)
    assert slow.taken() == [] or len(slow.taken()) < 5
    assert "imed out" in hook_of(client, hook, lambda hook: hook["last_error"])["last_error"]


def test_what_a_receiver_refuses_is_listed_and_can_be_sent_again(told):
    server, client, receiver = told
    refused = {"s1"}
    receiver.answer = lambda document: 422 if document["data"]["call"]["session_id"] in refused else 200
    hook = add_hook(client, receiver)
    client.post([call("s0"), call("s1"), call("s2")])
    receiver.wait(lambda taken: len(taken) >= 2)
    assert receiver.sessions() == ["s0", "s2"]
    hook_of(client, hook, lambda hook: hook["failures"] == 1)
    failure, = client.get(f"/v1/hooks/{hook}/failures").json["failures"]
    assert (failure["type"], failure["session_id"], failure["status"]) == ("call.ended", "s1", 422)
    assert ask(client, f"/v1/hooks/{hook}/failures/{failure['id']}/resend").status == 204
    hook_of(client, hook, lambda _: client.get(f"/v1/hooks/{hook}/failures").json["failures"][0]["tries"] == 2)
    refused.clear()
    assert ask(client, f"/v1/hooks/{hook}/failures/all/resend").status == 204
    receiver.wait(lambda taken: len(taken) >= 3)
    identities = {identity for identity, document, _ in receiver.came if document["data"]["call"]["session_id"] == "s1"}
    assert len(identities) == 1 and receiver.sessions()[-1] == "s1"
    hook_of(client, hook, lambda hook: hook["failures"] == 0)
    assert ask(client, f"/v1/hooks/{hook}/failures/{failure['id']}/resend").status == 404


def test_a_receiver_that_says_gone_ends_the_hook_until_it_is_turned_on(told):
    server, client, receiver = told
    receiver.answer = lambda document: 410
    hook = add_hook(client, receiver)
    client.post([call("s0"), call("s1")])
    assert hook_of(client, hook, lambda hook: hook["state"] == "gone")["last_status"] == 410
    assert [record["subject"] for record in client.get("/v1/audit?action=pause-hook").json["records"]] == [f"hook {hook}: its receiver answered 410"]
    receiver.answer = lambda document: 200
    assert ask(client, f"/v1/hooks/{hook}", "PATCH", {"state": "on"}).json["state"] == "on"
    receiver.wait(lambda taken: len(taken) >= 2)
    assert receiver.sessions() == ["s0", "s1"]


def test_a_receiver_that_takes_nothing_for_three_days_pauses_the_hook(told, start_server):
    server, client, receiver = told
    receiver.answer = lambda document: 500
    hook = add_hook(client, receiver)
    client.post([call("s0")])
    hook_of(client, hook, lambda hook: hook["tries"] >= 1)
    server.stop()
    stores.run_sql(server.store, "update hook set failing = failing - 3 * 86400, next = 0")
    server = start_server("--hook-private", store=server.store)
    client = Client(server, client.key, client.email)
    hook_of(client, hook, lambda hook: hook["state"] == "paused")
    assert [record["subject"] for record in client.get("/v1/audit?action=pause-hook").json["records"]] == [f"hook {hook}: its receiver failed for three days"]
    assert "hook-paused" in server.log
    receiver.answer = lambda document: 200
    assert callstep("hook", "on", "--data", server.store, "--account", client.email, str(hook)).returncode == 0
    receiver.wait(lambda taken: taken)
    assert receiver.sessions() == ["s0"]


def test_redirects_are_not_followed(told, receiver):
    server, client, first = told
    second = receiver()
    first.answer = lambda document: (302, {"Location": second.url}, b"")
    hook = add_hook(client, first)
    client.post([call("s0")])
    assert hook_of(client, hook, lambda hook: hook["tries"] >= 2)["last_status"] == 302
    assert second.came == []


def test_a_huge_answer_counts_by_its_status_alone(told):
    server, client, receiver = told
    receiver.answer = lambda document: (200, {}, b"x" * 5_000_000)
    hook = add_hook(client, receiver)
    client.post([call("s0"), call("s1")])
    receiver.wait(lambda taken: len(taken) >= 2)
    assert hook_of(client, hook, lambda hook: hook["told"] == 2)["last_error"] is None


def test_a_certificate_that_nobody_trusts_is_not_sent_to(told, receiver, tmp_path):
    server, client, _ = told
    make_certificate(tmp_path, "127.0.0.1")
    secure = receiver(certificate=(tmp_path / "cert.pem", tmp_path / "key.pem"))
    hook = add_hook(client, secure)
    client.post([call("s0")])
    assert "certificate" in hook_of(client, hook, lambda hook: hook["last_error"])["last_error"]
    assert secure.came == []


# ---- what is never told, or not any more ----

@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0", "169.254.169.254", "10.0.0.1"])
def test_private_addresses_are_not_asked_unless_the_server_may(start_server, receiver, host):
    server = start_server()
    client = make_key(Client(server, add_account(server.store)), "write,admin")
    made = ask(client, "/v1/hooks", body={"url": f"https://{host}:{receiver.first.port}/"})
    assert made.status == 201
    client.post([call("s0")])
    found = hook_of(client, made.json["id"], lambda hook: hook["last_error"])
    assert "not an address of the public internet" in found["last_error"] or "resolve" in found["last_error"]
    assert receiver.first.came == []
    assert ask(client, "/v1/hooks", body={"url": receiver.first.url}).json["parameter"] == "url"


def test_an_erased_call_is_told_no_more_and_leaves_no_failure(told):
    server, client, receiver = told
    receiver.answer = lambda document: 422 if document["data"]["call"]["session_id"] == "refused" else 500
    hook = add_hook(client, receiver)
    client.post([call("refused"), call("waits"), call("stays")])
    hook_of(client, hook, lambda hook: hook["failures"] == 1 and hook["tries"] >= 1)
    for session in ("refused", "waits"):
        assert callstep("erase", "--data", server.store, "--account", client.email, "--session", session, "--yes", "--defer").returncode == 0
    assert client.get(f"/v1/hooks/{hook}/failures").json["failures"] == []
    came = len(receiver.came)
    receiver.answer = lambda document: 200
    receiver.wait(lambda taken: taken)
    assert receiver.sessions() == ["stays"]
    assert {document["data"]["call"]["session_id"] for _, document, _ in receiver.came[came + 1:]} <= {"stays"}
    assert stores.run_sql(server.store, "select count(*) from hook_failure") == [("0",)]


def test_a_hook_of_one_account_is_told_nothing_of_another(told):
    server, client, receiver = told
    other = make_key(Client(server, add_account(server.store, "other@example.com"), "other@example.com"), "read,write,admin")
    hook = add_hook(client, receiver)
    other.post([call("theirs")])
    client.post([call("ours")])
    receiver.wait(lambda taken: taken)
    assert receiver.sessions() == ["ours"]
    assert other.get("/v1/hooks").json == {"hooks": []} and other.get(f"/v1/hooks/{hook}").status == 404
    for path, method in ((f"/v1/hooks/{hook}", "DELETE"), (f"/v1/hooks/{hook}/test", "POST"), (f"/v1/hooks/{hook}/failures/all/resend", "POST")):
        assert ask(other, path, method).status == 404
    assert ask(other, f"/v1/hooks/{hook}", "PATCH", {"state": "off"}).status == 404
    assert other.get(f"/v1/hooks/{hook}/failures").status == 404


def test_a_hook_that_is_off_or_removed_or_whose_account_is_disabled_is_told_nothing(told):
    server, client, receiver = told
    hook = add_hook(client, receiver)
    assert ask(client, f"/v1/hooks/{hook}", "PATCH", {"state": "off"}).status == 200
    client.post([call("while-off")])
    assert ask(client, f"/v1/hooks/{hook}/test").status == 204
    receiver.wait(lambda taken: taken)
    assert [one["type"] for one in receiver.taken()] == ["test"]
    assert ask(client, f"/v1/hooks/{hook}", "PATCH", {"state": "on"}).status == 200
    receiver.wait(lambda taken: len(taken) >= 2)
    assert callstep("account", "disable", "--data", server.store, client.email).returncode == 0
    assert callstep("account", "enable", "--data", server.store, client.email).returncode == 0
    assert ask(client, f"/v1/hooks/{hook}", "DELETE").status == 204
    client.post([call("after")])
    second = add_hook(client, receiver)
    client.post([call("last")])
    receiver.wait(lambda taken: "last" in receiver.sessions())
    assert receiver.sessions() == ["while-off", "last"] and second != hook and client.get(f"/v1/hooks/{hook}").status == 404


# ---- crashes ----

def test_every_call_is_told_at_least_once_in_order_whatever_is_killed(told):
    """tests/fault/test_hooks_crash.py does it at any moment."""
    server, client, receiver = told
    hook_count, kills = 60, 3
    add_hook(client, receiver)
    port, secret, came = receiver.port, receiver.secret, []
    current = receiver
    for turn in range(kills):
        for i in range(turn * hook_count, (turn + 1) * hook_count):
            client.post([call(f"s{i:05}")])
        current.wait(lambda taken: taken)
        server.stop(signal.SIGKILL)
        current.stop()
        came += current.sessions()
        current = Receiver(port=port)
        current.secret = secret
        server = Server(server.folder, *server.options, store=server.store)
        client.server = server
    last = f"s{kills * hook_count - 1:05}"
    current.wait(lambda taken: last in current.sessions(), 60)
    came += current.sessions()
    current.stop()
    server.stop()
    first_times = list(dict.fromkeys(came))
    assert first_times == [f"s{i:05}" for i in range(kills * hook_count)]


def test_changes_that_were_forgotten_are_told_as_a_gap(told):
    server, client, receiver = told
    hook = add_hook(client, receiver)
    ask(client, f"/v1/hooks/{hook}", "PATCH", {"state": "off"})
    client.post([call("forgotten")])
    client.post([call("kept")])
    stores.run_sql(server.store, "delete from change where id < (select max(id) from change)",
                   "delete from change where id < (select max(id) from change); update change_head set oldest = newest")
    ask(client, f"/v1/hooks/{hook}", "PATCH", {"state": "on"})
    receiver.wait(lambda taken: len(taken) >= 2)
    assert [one["type"] for one in receiver.taken()] == ["gap", "call.ended"] and receiver.sessions() == ["kept"]
    client.post([call("next")])
    receiver.wait(lambda taken: len(taken) >= 3)
    assert [one["type"] for one in receiver.taken()] == ["gap", "call.ended", "call.ended"]


# ---- managing ----

def test_hooks_are_made_shown_changed_and_removed(told):
    server, client, receiver = told
    hook = add_hook(client, receiver, name="Büro", event="step", filter="class=error")
    shown = client.get(f"/v1/hooks/{hook}").json
    assert client.get("/v1/hooks").json == {"hooks": [shown]}
    assert "secret" not in shown and receiver.secret not in client.get("/v1/hooks").text
    assert (shown["name"], shown["event"], shown["filter"], shown["state"], shown["told"]) == ("Büro", "step", "class=error", "on", 0)
    changed = ask(client, f"/v1/hooks/{hook}", "PATCH", {"name": "Desk", "event": "ends", "filter": ""}).json
    assert (changed["name"], changed["event"], changed["filter"], changed["url"]) == ("Desk", "ends", "", receiver.url)
    assert ask(client, f"/v1/hooks/{hook}/test").status == 204
    assert receiver.wait(lambda taken: taken)[0] == {**receiver.taken()[0], "type": "test", "data": {"hook": {"id": hook, "name": "Desk"}}}
    hook_of(client, hook, lambda hook: not hook["testing"])
    assert ask(client, f"/v1/hooks/{hook}", "DELETE").status == 204
    assert client.get("/v1/hooks").json == {"hooks": []} and ask(client, f"/v1/hooks/{hook}", "DELETE").status == 404
    actions = [record["action"] for record in client.get("/v1/audit").json["records"] if record["action"].endswith("-hook")]
    assert actions == ["remove-hook", "test-hook", "change-hook", "make-hook"]


@pytest.mark.parametrize("members, parameter", [
    ({"url": "ftp://example.org/"}, "url"), ({"url": "https://"}, "url"), ({"url": "https://user@example.org/"}, "url"), ({"url": 3}, "url"),
    ({"url": "https://example.org/#x"}, "url"), ({"url": "https://example.org/ x"}, "url"), ({"url": "https://example.org/" + "x" * 2048}, "url"),
    ({"event": "rings"}, "event"), ({"state": "paused"}, "state"), ({"filter": "clas=error"}, "filter"), ({"filter": "start=-2h"}, "filter"),
    ({"filter": "min_duration=x"}, "filter"), ({"event": "step"}, "filter"), ({"event": "step", "filter": "dest=3001"}, "filter"),
    ({"name": "x" * 129}, "name"), ({"name": "a\nb"}, "name"), ({"event": "threshold", "window": 59}, "window"), ({"more_than": 5}, "event"),
    ({"event": "threshold", "window": 60, "times": 1001}, "times"), ({"event": "threshold", "window": 60, "more_than": -1}, "more_than"),
])
def test_what_is_wrong_with_a_hook_is_said_by_its_member(told, members, parameter):
    server, client, _ = told
    answer = ask(client, "/v1/hooks", body={"url": "https://example.org/", **members})
    assert answer.status == 400 and answer.json["parameter"] == parameter, answer.text
    assert client.get("/v1/hooks").json == {"hooks": []}


def test_an_account_has_a_hundred_hooks_at_most(told):
    server, client, receiver = told
    for _ in range(100):
        ask(client, "/v1/hooks", body={"url": "https://example.org/", "state": "off"})
    assert len(client.get("/v1/hooks").json["hooks"]) == 100
    assert ask(client, "/v1/hooks", body={"url": "https://example.org/"}).status == 409


@pytest.mark.parametrize("body, kind, status", [(b"[]", "application/json", 400), (b"{", "application/json", 400), (b"{}", "text/plain", 415),
                                                (b'{"name":"' + b"x" * 20000 + b'"}', "application/json", 413)])
def test_a_body_that_is_not_a_hook_is_refused(told, body, kind, status):
    server, client, _ = told
    assert client.ask("/v1/hooks", method="POST", body=body, headers={"Content-Type": kind}).status == status


# ---- the command line ----

def test_the_command_line_does_the_same(told):
    server, client, receiver = told

    def hook(*arguments):
        return callstep("hook", *arguments, "--data", server.store, "--account", client.email)

    made = hook("add", "--url", receiver.url, "--name", "desk", "--filter", "dest=3001")
    assert made.returncode == 0 and "secret of hook 1" in made.stderr
    receiver.secret = made.stdout.strip()
    receiver.answer = lambda document: 422 if document["type"] != "test" and document["data"]["call"]["session_id"] == "bad" else 200
    client.post([call("bad", dest="3001"), call("other", dest="3002"), call("good", dest="3001")])
    receiver.wait(lambda taken: taken)
    hook_of(client, 1, lambda hook: hook["failures"] == 1 and hook["told"] == 1)
    row = hook("list").stdout.split("\t")
    assert row[:5] == ["1", "on", "ends", "1", "1"] and row[6] == "desk" and row[7] == receiver.url
    assert json.loads(hook("show", "1").stdout) == client.get("/v1/hooks/1").json
    failure = hook("failures", "1").stdout.split("\t")
    assert failure[1:3] == ["call.ended", "bad"] and "answered 422" in failure[6]
    receiver.answer = lambda document: 200
    assert hook("resend", "1", "all").returncode == 0
    receiver.wait(lambda taken: len(taken) >= 2)
    assert hook("test", "1").returncode == 0
    assert receiver.wait(lambda taken: len(taken) >= 3)[2]["type"] == "test"
    assert hook("off", "1").returncode == 0 and client.get("/v1/hooks/1").json["state"] == "off"
    assert hook("on", "1").returncode == 0 and client.get("/v1/hooks/1").json["state"] == "on"
    assert hook("remove", "1").returncode == 0 and hook("list").stdout == ""
    for arguments, status in ((("show", "1"), 1), (("remove", "1"), 1), (("test", "9"), 1), (("resend", "9", "all"), 1), (("show", "x"), 2), (("on",), 2),
                              (("add", "--url", "gopher://x"), 2), (("add", "--url", "https://x", "--filter", "clas=x"), 2), (("resend", "1", "x"), 2)):
        assert hook(*arguments).returncode == status, arguments


# ---- docs/hooks.md ----

GUIDE = (Path(__file__).resolve().parents[2] / "docs/hooks.md").read_text()
CHECKS = {
    "python": ("python3", "import json, sys\n{code}\ng = json.load(sys.stdin)\nprint(int(is_genuine(g['secret'], g['headers'], g['body'].encode())))"),
    "js": ("node", "{code}\nconst g = JSON.parse(require('node:fs').readFileSync(0));\nconsole.log(Number(isGenuine(g.secret, g.headers, g.body)));"),
    "php": ("php", "<?php\n{code}\n$g = json_decode(file_get_contents('php://stdin'), true);\necho (int)is_genuine($g['secret'], $g['headers'], $g['body']), \"\\n\";"),
}


@pytest.mark.parametrize("language", CHECKS)
def test_the_guides_code_tells_what_is_genuine(told, tmp_path, language):
    program, frame = CHECKS[language]
    if not shutil.which(program):
        pytest.skip(f"{program} is not installed")
    server, client, receiver = told
    add_hook(client, receiver)
    client.post([call("Büro")])
    receiver.wait(lambda taken: taken)
    headers, body = receiver.requests[0]
    script = tmp_path / "check"
    script.write_text(frame.replace("{code}", GUIDE.split(f"```{language}\n")[1].split("```")[0]))

    def is_genuine(**other):
        given = {"secret": receiver.secret, "headers": headers, "body": body, **other}
        done = subprocess.run([program, script], input=json.dumps(given), capture_output=True, text=True, timeout=30)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip() == "1"

    assert is_genuine()
    assert not is_genuine(body=body.replace("B", "b"))
    assert not is_genuine(secret="whsec_" + "A" * 43 + "=")
    assert not is_genuine(headers={**headers, "webhook-id": "msg_other"})
    assert not is_genuine(headers={**headers, "webhook-timestamp": str(int(headers["webhook-timestamp"]) - 600)})
    assert is_genuine(headers={**headers, "webhook-signature": "v1,AAAA " + headers["webhook-signature"]})


def test_the_guides_example_is_signed_as_it_says():
    secret = re.search(r"^whsec_\S+", GUIDE, re.M)[0]
    head, body = GUIDE.split("POST /calls HTTP/1.1\n")[1].split("```")[0].split("\n\n")
    headers = dict(line.split(": ") for line in head.splitlines())
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.{body.replace(chr(10), '')}".encode()
    key = base64.b64decode(secret.removeprefix("whsec_"))
    assert headers["webhook-signature"] == "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert json.loads(body)["type"] == "call.ended"
