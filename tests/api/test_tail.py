# SPDX-License-Identifier: MIT
"""GET /v1/tail: calls as they come, whoever stores them."""
import http.client
import json
import socket
import subprocess
import time
import urllib.parse

import pytest

from conftest import BINARY, Client, add_account, call, step


class Tail:
    """A stream of events that is read event by event."""

    def __init__(self, client, query="", last_id=None):
        self.connection = http.client.HTTPConnection(client.server.address, timeout=30)
        headers = {"Authorization": client.basic(), "Accept": "text/event-stream"}
        if last_id is not None:
            headers["Last-Event-ID"] = str(last_id)
        self.connection.request("GET", f"/v1/tail{query}", headers=headers)
        self.response = self.connection.getresponse()
        assert self.response.status == 200 and self.response.headers["Content-Type"] == "text/event-stream"
        self.id = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.connection.close()

    def next(self):
        """The next event: its type and its data. None at the end of the stream."""
        kind, data = None, []
        while line := self.response.readline():
            name, _, value = line.decode().rstrip("\n").partition(": ")
            if name == "event":
                kind = value
            elif name == "data":
                data.append(value)
            elif name == "id":
                self.id = int(value)
            elif line == b"\n" and data:
                return kind, json.loads("\n".join(data))
        return None

    def session(self):
        kind, data = self.next()
        assert kind == "call", (kind, data)
        return data["session_id"]


def post(client, *calls):
    assert client.post(list(calls)).status == 200


def test_a_call_appears_as_v1_calls_writes_it(client):
    with Tail(client) as tail:
        post(client, call("a"))
        assert tail.next() == ("call", client.get("/v1/calls").json["calls"][0])


def test_what_was_there_before_is_not_told_and_a_change_is(client):
    post(client, call("old"))
    with Tail(client) as tail:
        post(client, call("new"))
        assert tail.session() == "new"
        post(client, call("old", detail=[step("changed")]))
        assert tail.session() == "old"


def test_steps_come_with_detail(client):
    with Tail(client, "?detail=true") as tail:
        post(client, call("a", detail=[step("Press one")]))
        assert tail.next()[1]["detail"][0]["event"]["line"] == "Press one"


@pytest.mark.parametrize("query", ["dest=*3001", "module=menu", "text=%22press+one%22", "min_duration=60", "last_variable=main", "type=outbound"])
def test_the_filter_is_that_of_search(client, query):
    wanted = call("yes", dest="6177123001", type_="outbound", start=int(time.time()) - 100, end=int(time.time()),
                  detail=[step("Press one", module="menu", variable="main")])
    with Tail(client, f"?{query}") as tail:
        post(client, call("no", dest="1", detail=[step("one press")]), wanted)
        assert tail.session() == "yes"
    assert [c["session_id"] for c in client.get(f"/v1/calls?{query}").json["calls"]] == ["yes"]


@pytest.mark.parametrize("by", ["header", "query"])
def test_it_resumes_behind_the_last_event(client, by):
    with Tail(client) as tail:
        post(client, call("a"))
        assert tail.session() == "a"
        last = tail.id
    post(client, call("b"))
    post(client, call("c"))
    with Tail(client, last_id=last) if by == "header" else Tail(client, f"?last_event_id={last}") as tail:
        assert [tail.session(), tail.session()] == ["b", "c"]


def test_calls_that_another_process_stores_appear(start_server, tmp_path):
    server = start_server()
    client = Client(server, add_account(server.store))
    with Tail(client) as tail:
        document = json.dumps({"calls": [call("imported")]}).encode()
        subprocess.run([BINARY, "import", "--data", server.store, "-"], input=document, check=True, capture_output=True)
        assert tail.session() == "imported"


def test_a_gap_is_told(start_server):
    """More changes than are remembered, by a store whose oldest ones are taken away."""
    server = start_server()
    client = Client(server, add_account(server.store))
    for name in ("a", "b", "c"):
        post(client, call(name))
    subprocess.run(["sqlite3", server.store / "callstep.db", "delete from change where id <= (select min(id) + 1 from change)"], check=True)
    with Tail(client, last_id=0) as tail:
        kind, data = tail.next()
        assert kind == "gap" and data["after"] == 0
        assert tail.session() == "c"


def test_one_account_hears_nothing_of_another(client, session_server):
    other = Client(session_server, add_account(session_server.store, f"other-{time.monotonic_ns()}@example.com"))
    other.email = None
    headers = {"Authorization": f"Bearer {other.key}"}
    with Tail(client) as tail:
        assert other.ask("/v1/calls", "POST", json.dumps({"calls": [call("theirs")]}).encode(),
                         {"Content-Type": "application/json"}, authorization=headers["Authorization"]).status == 200
        post(client, call("mine"))
        assert tail.session() == "mine"


def test_many_follow_at_once(start_server):
    server = start_server()
    client = Client(server, add_account(server.store))
    tails = [Tail(client) for _ in range(50)]
    post(client, *(call(f"s{i}") for i in range(20)))
    for tail in tails:
        assert sorted(tail.session() for _ in range(20)) == sorted(f"s{i}" for i in range(20))
        tail.connection.close()


def test_too_many_of_an_account_are_429(start_server):
    server = start_server()
    client = Client(server, add_account(server.store))
    tails = [Tail(client) for _ in range(100)]
    assert client.get("/v1/tail").status == 429
    for tail in tails:
        tail.connection.close()


def test_a_client_that_vanishes_makes_room(start_server):
    server = start_server()
    client = Client(server, add_account(server.store))
    tails = [Tail(client) for _ in range(100)]
    for tail in tails:
        tail.connection.sock.shutdown(socket.SHUT_RDWR)
        tail.connection.close()
    deadline = time.monotonic() + 20
    while (answer := raw_status(client)) == 429 and time.monotonic() < deadline:
        post(client, call("wake"))
    assert answer == 200


def raw_status(client):
    connection = http.client.HTTPConnection(client.server.address, timeout=20)
    connection.request("GET", "/v1/tail", headers={"Authorization": client.basic()})
    status = connection.getresponse().status
    connection.close()
    return status


def test_a_stop_ends_open_streams_at_once(start_server):
    server = start_server("--grace", "60")
    client = Client(server, add_account(server.store))
    with Tail(client) as tail:
        began = time.monotonic()
        assert server.stop() == 0
        assert tail.next() is None
        assert time.monotonic() - began < 30, "it waited for a stream without end"


@pytest.mark.parametrize("query", ["last_event_id=x", "last_event_id=-1", "min_duration=x", "detail=maybe"])
def test_a_wrong_parameter_is_named(client, query):
    answer = client.get(f"/v1/tail?{query}")
    assert answer.status == 400 and answer.json["parameter"] == urllib.parse.parse_qsl(query)[0][0]


def test_a_wrong_last_event_id_is_named(client):
    answer = client.get("/v1/tail", headers={"Last-Event-ID": "yesterday"})
    assert answer.status == 400 and answer.json["parameter"] == "Last-Event-ID"
