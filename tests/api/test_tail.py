# SPDX-License-Identifier: MIT
"""GET /v1/tail: calls as they come."""
import http.client
import json
import subprocess
import threading
import time

import contract
from conftest import BINARY, Client, add_account, call, callstep, step

NOW = int(time.time())


class Tail:
    """One stream, read event by event."""

    def __init__(self, client, query="", last=None, server=None):
        self.connection = http.client.HTTPConnection((server or client.server).address, timeout=30)
        headers = {"Authorization": client.basic(), **({} if last is None else {"Last-Event-ID": str(last)})}
        self.connection.request("GET", "/v1/tail" + query, headers=headers)
        self.response = self.connection.getresponse()
        assert self.response.status == 200, self.response.read()
        assert self.response.headers["Content-Type"] == "text/event-stream"
        assert self.response.headers["Cache-Control"] == "no-store"
        self.id = None
        assert self.block() == {"retry": "2000", "id": self.id}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.connection.close()

    def block(self):
        """The next block as a dictionary of its fields; None at the end of the stream."""
        fields = {}
        while True:
            line = self.response.readline().decode()
            if line == "":
                return None
            if line == "\n":
                return fields
            name, _, value = line.rstrip("\n").partition(":")
            if name:
                fields[name] = value.removeprefix(" ")
            self.id = fields.get("id", self.id)

    def event(self):
        """The next event as (name, data); None at the end."""
        while (block := self.block()) is not None:
            if "data" in block:
                return block.get("event", "message"), json.loads(block["data"])
        return None

    def calls(self, count):
        events = [self.event() for _ in range(count)]
        assert {name for name, _ in events} <= {"call"}
        return [data for _, data in events]

    def sessions(self, count):
        return [c["session_id"] for c in self.calls(count)]


def import_calls(client, calls):
    """By another process."""
    lines = "".join(json.dumps(c) + "\n" for c in calls)
    done = subprocess.run([BINARY, "import", "--data", client.server.store, "--account", client.email, "-"], input=lines, text=True,
                          capture_output=True)
    assert done.returncode == 0, done.stderr


def test_calls_come_as_they_are_stored_and_as_v1_writes_them(client):
    with Tail(client) as tail, Tail(client, "?detail=true") as detailed:
        client.post([call("a"), call("b", detail=None)])
        calls = tail.calls(2)
        assert calls == [c for session in "ab" for c in client.get("/v1/calls").json["calls"] if c["session_id"] == session]
        assert detailed.calls(2) == [client.get(f"/v1/calls/{c}").json for c in "ab"]
        for each in calls:
            assert contract.CALL.is_valid(each)
        client.post([call("a", NOW - 60, NOW)])
        assert tail.calls(1)[0]["end"] == NOW


def test_a_tail_begins_now_and_tells_of_calls_by_other_processes(client):
    client.post([call("before")])
    with Tail(client) as tail:
        import_calls(client, [call("imported")])
        assert tail.sessions(1) == ["imported"]


def test_the_filter_is_that_of_search(client):
    calls = [call("menu", detail=[step("Press one", module="menu")]), call("long", NOW - 600, NOW), call("other", dest="100")]
    with Tail(client, "?module=menu") as module, Tail(client, "?min_duration=500&dest=*3001") as length, \
            Tail(client, '?text=%22press+o*%22') as text, Tail(client, "?start=-1m&start=-1h&type=inbound,outbound&dest=100") as number, \
            Tail(client, "?last_module=menu") as last:
        for _ in range(2):  # seen one by one: of two changes in a row the last alone may be told
            client.post(calls)
            assert module.sessions(1) == text.sessions(1) == last.sessions(1) == ["menu"]
            assert length.sessions(1) == ["long"] and number.sessions(1) == ["other"]


def test_a_tail_goes_on_behind_the_last_event_that_was_seen(client):
    with Tail(client) as tail:
        client.post([call(f"s{i}") for i in range(5)])
        assert tail.sessions(2) == ["s0", "s1"]
        seen = tail.id
    client.post([call("s5")])
    with Tail(client, last=seen) as header, Tail(client, f"?last_event_id={seen}") as parameter:
        assert header.sessions(4) == parameter.sessions(4) == ["s2", "s3", "s4", "s5"]
    with Tail(client, "?last_event_id=0", last=seen) as both:
        assert both.sessions(4) == ["s2", "s3", "s4", "s5"]


def test_the_beginning_of_a_stream_is_a_place_to_come_back_to(client):
    with Tail(client) as tail:
        place = tail.id
    client.post([call("between")])
    with Tail(client, last=place) as tail:
        assert tail.sessions(1) == ["between"]


def test_a_place_that_is_not_kept_is_told_as_a_gap(start_server):
    server = start_server()
    client = Client(server, add_account(server.store))
    client.post([call("a")])
    with Tail(client, last=999) as tail:
        assert tail.event() == ("gap", {"after": 999})
        client.post([call("b")])
        assert tail.sessions(1) == ["b"]
    for part in range(11):
        lines = "".join(json.dumps(call(f"s{i}", NOW, detail=None)) + "\n" for i in range(20000 * part, 20000 * (part + 1)))
        client.post(lines.encode(), headers={"Content-Type": "application/x-ndjson"})
    with Tail(client, "?dest=1", last=1) as tail:
        assert tail.event() == ("gap", {"after": 1})


def test_fifty_tails_see_every_call_in_its_order(client):
    tails = [Tail(client, f"?dest=*{i % 2}") for i in range(50)]
    calls = [call(f"s{i:03}", dest=f"617{i % 2}") for i in range(300)]
    poster = threading.Thread(target=lambda: [client.post(calls[at:at + 10]) for at in range(0, 300, 10)])
    poster.start()
    for index, tail in enumerate(tails):
        assert tail.sessions(150) == [c["session_id"] for c in calls if c["dest"].endswith(str(index % 2))]
        tail.connection.close()
    poster.join()


def test_one_account_hears_nothing_of_another(client, session_server):
    other = Client(session_server, add_account(session_server.store, "deaf-" + client.email), "deaf-" + client.email)
    with Tail(other, "?last_event_id=0") as tail, Tail(client) as own:
        client.post([call("secret")])
        other.post([call("mine")])
        assert own.sessions(1) == ["secret"]
        assert tail.sessions(1) == ["mine"]


def test_a_slow_reader_misses_nothing(client):
    large = [step("x" * 20000, NOW)]
    with Tail(client, "?detail=true") as tail:
        for part in range(4):
            client.post([call(f"s{part * 100 + i:03}", detail=large) for i in range(100)])
        assert tail.sessions(400) == [f"s{i:03}" for i in range(400)]


def test_a_stop_ends_tails_at_once_and_in_order(start_server):
    server = start_server("--grace", "30")
    client = Client(server, add_account(server.store))
    tails = [Tail(client) for _ in range(5)]
    began = time.monotonic()
    assert server.stop() == 0
    assert time.monotonic() - began < 20, "the stop waited for tails"
    for tail in tails:
        assert tail.event() is None
        tail.connection.close()


def test_tails_of_an_account_are_bounded_and_a_client_that_goes_makes_room(start_server):
    server = start_server()
    client = Client(server, add_account(server.store))
    tails = [Tail(client) for _ in range(100)]
    answer = client.get("/v1/tail")
    assert answer.status == 429 and answer.headers["Retry-After"] == "1"
    for tail in tails[:50]:
        tail.response.close()
        tail.connection.close()
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            Tail(client).connection.close()
            break
        except AssertionError:
            client.post([call("a")])
    else:
        raise AssertionError("the places of those who went away were not free again")
    for tail in tails[50:]:
        tail.connection.close()
    other = Client(server, add_account(server.store, "other@example.com"), "other@example.com")
    Tail(other).connection.close()


def test_a_key_that_is_revoked_hears_nothing_more(client):
    admin = callstep("key", "add", "--data", client.server.store, "--account", client.email, "--scope", "read,write,admin").stdout.strip()
    boss = Client(client.server, admin, client.email)
    with Tail(client) as tail, Tail(boss) as other:
        boss.post([call("before")])
        assert tail.sessions(1) == other.sessions(1) == ["before"]
        own = next(k["id"] for k in boss.get("/v1/keys").json["keys"] if not k["own"])
        assert boss.ask(f"/v1/keys/{own}", "DELETE").status == 204
        boss.post([call("after")])
        assert tail.event() is None and other.sessions(1) == ["after"]
    assert client.get("/v1/tail").status == 401


def test_head_of_a_tail_ends(client):
    assert client.ask("/v1/tail", method="HEAD").status == 200


def test_a_tail_says_nothing_of_what_is_refused(client):
    with Tail(client, "?-module=menu&-src=none") as tail:
        client.post([call("a", NOW, src="unknown"), call("b", NOW, detail=[step("x", NOW, "info", "menu")]), call("c", NOW, src="12")])
        assert tail.sessions(1) == ["c"]
