# SPDX-License-Identifier: MIT
"""What a key or an account may no longer do ends within a second, on requests under way too (API.md §3 "Ending")."""
import json
import re
import socket
import threading
import time

import pytest

from conftest import Client, Server, add_account, call, callstep, step
from stores import KIND, run_sql
from test_access import make_key

CALLS = 12000
ENDED = " end=no-longer-allowed"
WAIT_S = 10  # a second is promised; a machine that does much else is given more


def ask(holder, target, method="GET", headers=()):
    """A request by @holder whose answer is taken by nobody yet, on a connection that keeps little of it."""
    host, port = holder.server.address.rsplit(":", 1)
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 32768)
    connection.connect((host, int(port)))
    connection.settimeout(30)
    lines = [f"{method} {target} HTTP/1.1", "Host: x", "Authorization: " + holder.basic(), *headers]
    connection.sendall("".join(line + "\r\n" for line in lines).encode() + b"\r\n")
    return connection


def drain(connection):
    """What there is to read until the connection ends, however it does."""
    got = b""
    try:
        while block := connection.recv(1 << 20):
            got += block
    except ConnectionError:
        pass
    connection.close()
    return got


def whole_call(session):
    return call(session, start=1700000000)


def events_line(session):
    return {"session_id": session, "call": {"start": 1700000000}, "from": 0, "steps": [step("One", 1700000000)]}


class Upload:
    """Posts a line every 5 ms, for 60 s or until nobody takes them; says so in `refused`."""

    def __init__(self, holder, name, path="/v1/calls", make=whole_call):
        headers = ["Content-Type: application/x-ndjson", "Transfer-Encoding: chunked"]
        self.connection = ask(holder, path, "POST", headers)
        self.name, self.make, self.refused, self.sent = name, make, False, 0
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        for i in range(12000):
            line = json.dumps(self.make(f"{self.name}-{i}")).encode() + b"\n"
            try:
                self.connection.sendall(b"%x\r\n%s\r\n" % (len(line), line))
            except OSError:
                self.refused = True
                return
            self.sent += 1
            if self.stop.wait(0.005):
                return


def ended(server, count):
    """The requests that were ended, once there are so many or time is up."""
    deadline = time.monotonic() + WAIT_S
    while time.monotonic() < deadline:
        lines = [line for line in server.log.splitlines() if ENDED in line]
        if len(lines) >= count:
            break
        time.sleep(0.05)
    return sorted(re.search(r"method=(\S+) path=(\S+)", line).group(1, 2) for line in lines)


def end_by_command(holder, key_id, server):
    return callstep("key", "revoke", "--data", server.store, "--account", holder.email, key_id).returncode


def end_by_request(holder, key_id, server):
    return 204 - make_key(holder, "admin").ask(f"/v1/keys/{key_id}", method="DELETE").status


def end_by_account(holder, key_id, server):
    return callstep("account", "disable", "--data", server.store, holder.email).returncode


def end_by_scope(holder, key_id, server):
    run_sql(server.store, f"update key set scope = 0 where id = {key_id}")
    return 0


def end_by_another_server(holder, key_id, server):
    another = Server(server.folder, store=server.store)
    try:
        return end_by_request(Client(another, holder.key, holder.email), key_id, another)
    finally:
        another.stop()


ENDS = [end_by_command, end_by_request, end_by_account, end_by_scope]


# An embedded store has one server.
@pytest.mark.parametrize("end", ENDS + [end_by_another_server] * (KIND == "postgres"))
def test_what_may_no_longer_be_done_ends_on_requests_under_way(start_server, end):
    server = start_server("--page-memory-max", "32M", "--audit-reads")
    other = Client(server, add_account(server.store, "other@example.com"), "other@example.com")
    client = Client(server, add_account(server.store))
    holder, key_id = make_key(client, "read,write,admin"), 3
    newest = int(time.time()) - 60
    steps = [step("Some words of a step that make it long enough " * 4) for _ in range(4)]
    for first in range(0, CALLS, 4000):
        some = [call(f"c{i}", start=newest - i, detail=steps) for i in range(first, first + 4000)]
        assert client.post(some).status == 200
    reading = [ask(holder, "/v1/calls", headers=["Accept: text/csv"])]
    reading += [ask(holder, target, headers=["Accept: application/x-ndjson"]) for target in (
        "/v1/calls?detail=true", "/v1/calls?detail=true&limit=10000", "/api/all_logs/0/99999999999?limit=10000",
        "/v1/tail", "/v1/tail?dest=0",
        # No page has room beside those that nobody reads: this one waits.
        "/v1/calls?text=words&limit=10000&detail=true")]
    making = ask(holder, "/v1/keys", "POST", ["Content-Type: application/json", "Content-Length: 100"])
    upload, beside = Upload(holder, "of-holder"), Upload(other, "of-other")
    time.sleep(1)
    assert ended(server, 0) == []
    assert end(holder, key_id, server) == 0
    over = ended(server, len(reading) + 2)
    beside.stop.set()
    assert [path for method, path in over if method == "POST"] == ["/v1/calls", "/v1/keys"]
    assert len(over) == len(reading) + 2
    upload.thread.join(30)
    beside.thread.join(30)
    assert upload.refused and not beside.refused
    for connection in reading:
        got = drain(connection)
        head, _, body = got.partition(b"\r\n\r\n")
        length = re.search(rb"Content-Length: (\d+)", head)
        assert not got or (len(body) < int(length[1]) if length else not body.endswith(b"0\r\n\r\n")), head
    assert drain(making) == b""
    beside.connection.close()
    upload.connection.close()
    taken = int(run_sql(server.store, "select count(*) from call where session_id like 'of-holder-%'")[0][0])
    assert 0 < taken < 12000


def wait_for(condition):
    deadline = time.monotonic() + WAIT_S
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert condition()


@pytest.mark.parametrize("end", ENDS)
def test_a_key_that_ends_while_events_lines_come_ends_that_request(start_server, end):
    server = start_server()
    other = Client(server, add_account(server.store, "other@example.com"), "other@example.com")
    client = Client(server, add_account(server.store))
    holder, key_id = make_key(client, "write"), 3
    upload = Upload(holder, "of-holder", "/v1/events", events_line)
    beside = Upload(other, "of-other", "/v1/events", events_line)
    wait_for(lambda: upload.sent > 100 and beside.sent > 100)
    assert ended(server, 0) == []
    assert end(holder, key_id, server) == 0
    assert ended(server, 1) == [("POST", "/v1/events")]
    upload.thread.join(30)
    assert upload.refused
    sent = beside.sent
    wait_for(lambda: beside.sent > sent + 10)
    beside.stop.set()
    beside.thread.join(30)
    assert not beside.refused
    upload.connection.close()
    beside.connection.close()
    # What came before stays, each call with its step.
    rows = run_sql(server.store, "select steps from call where session_id like 'of-holder-%'")
    assert 0 < len(rows) <= upload.sent + 1 and set(rows) == {("1",)}


def test_an_answer_that_its_key_ends_comes_all_the_same(start_server):
    server = start_server()
    client = Client(server, add_account(server.store))
    holder = make_key(client, "admin")
    assert holder.ask("/v1/keys/2", method="DELETE").status == 204
    assert holder.ask("/v1/keys").status == 401


def test_a_key_that_ended_while_the_body_came_makes_no_key(start_server):
    server = start_server()
    client = Client(server, add_account(server.store))
    holder = make_key(client, "admin")
    body = b'{"scopes":["admin"]}'
    connection = ask(holder, "/v1/keys", "POST", ["Content-Type: application/json", f"Content-Length: {len(body)}", "Connection: close"])
    connection.sendall(body[:5])
    assert callstep("key", "revoke", "--data", server.store, "--account", client.email, 2).returncode == 0
    try:
        connection.sendall(body[5:])
    except OSError:
        pass
    assert drain(connection)[:12] in (b"", b"HTTP/1.1 401")  # or it was broken off before
    assert int(run_sql(server.store, "select count(*) from key")[0][0]) == 2
