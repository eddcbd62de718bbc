# SPDX-License-Identifier: MIT
"""What clients can make the server hold by bodies that they do not end is within --intake-memory-max, whatever kind it is of, leaves room for
other accounts, and is given back."""
import gzip
import json
import socket
import subprocess
import threading
import time

import pytest

from conftest import PLAIN, Client, add_account, call, resident
from stores import only_embedded
from test_loops import Health, Held, zstd_run

MIB = 1 << 20
OPEN = 200
BESIDE = 64 * MIB  # connections, the library, what malloc() keeps
WINDOW_8_MB = b"\x28\xb5\x2f\xfd\x00\x68"

LINE = b'{"dest":"1","src":"2","start":1,"end":2,"session_id":"s","type":"inbound"}\n'
REJECTED = b'{"session_id":"' + b"s" * 128 + b'","dest":"' + b"d" * 200 + b'"}\n'

NDJSON, DOCUMENT = "application/x-ndjson", "application/json"
# Content-Type, Content-Encoding, and what is sent of the body.
BODIES = {
    "zstd windows": (NDJSON, "zstd", WINDOW_8_MB + zstd_run(b"\n", 16 * MIB)[6:-4] + zstd_run(b"{", 128 * 1024)[6:10]),
    "gzip": (NDJSON, "gzip", gzip.compress(b"\n" * 1000 + LINE, mtime=0)[:-4]),
    "half a call": (NDJSON, "identity", b'{"dest":"' + b"1" * (MIB - 100)),
    "half a document": (DOCUMENT, "identity", b'{"x":"' + b"1" * (MIB - 100)),
    "a member behind many": (DOCUMENT, "identity", b'{"calls":[],"x":"' + b"1" * (MIB - 100)),
    "rejects": (NDJSON, "identity", REJECTED * 1200),
}


class Half:
    """A body of which so much is sent, as far as the server takes it."""

    def __init__(self, client, kind, coding, body):
        host, port = client.server.address.rsplit(":", 1)
        self.socket = socket.create_connection((host, int(port)))
        head = (f"POST /v1/calls HTTP/1.1\r\nHost: x\r\nAuthorization: {client.basic()}\r\nContent-Type: {kind}\r\n"
                f"Content-Encoding: {coding}\r\nContent-Length: 100000000\r\n\r\n")
        self.socket.sendall(head.encode())
        self.socket.setblocking(False)
        self.rest = body
        self.send()

    def send(self):
        while self.rest:
            try:
                self.rest = self.rest[self.socket.send(self.rest[:65536]):]
            except BlockingIOError:
                return False
        return True


@pytest.mark.parametrize("kind", BODIES)
def test_bodies_that_are_never_ended_hold_no_more_than_they_may(start_server, kind):
    server = start_server("--timeout", "4", "--connections-per-address-max", "0", "--intake-memory-max", "64M")
    holder = Client(server, add_account(server.store, "a@example.com"), "a@example.com")
    other = Client(server, add_account(server.store))
    assert other.post([call("first")]).status == 200
    before = resident(server)
    with Health(server) as health:
        halves = [Half(holder, *BODIES[kind]) for _ in range(OPEN)]
        most = 0
        for _ in range(15):
            for half in halves:
                half.send()
            time.sleep(0.1)
            most = max(most, resident(server) - before)
        assert other.post([call("beside")]).json["accepted"] == 1
    health.check()
    assert not PLAIN or most < 64 * MIB + BESIDE
    for half in halves:
        half.socket.close()
    deadline = time.monotonic() + 60
    while PLAIN and resident(server) - before > BESIDE and time.monotonic() < deadline:
        time.sleep(0.2)
    assert not PLAIN or resident(server) - before <= BESIDE
    assert holder.post([call("after")]).json["accepted"] == 1


def test_calls_that_are_nothing_are_counted_with_what_they_take(start_server):
    """A chunk of 64 calls of two bytes takes 16 KiB and more."""
    server = start_server("--intake-memory-max", "16M")
    client = Client(server, add_account(server.store))
    assert client.post([call("first")]).status == 200
    body = subprocess.run(["zstd", "-q", "-c", "-1"], input=b"{}\n" * 12_000_000, capture_output=True, check=True).stdout
    before, most, answers = resident(server), 0, []
    posting = threading.Thread(target=lambda: answers.append(
        client.post(body, headers={"Content-Type": NDJSON, "Content-Encoding": "zstd"}).status))
    posting.start()
    while posting.is_alive():
        most = max(most, resident(server) - before)
        time.sleep(0.02)
    assert answers in ([422], [413]) and (not PLAIN or most < 16 * MIB + BESIDE)


@only_embedded("the write lock is SQLite's")
def test_a_body_that_waits_for_room_in_vain_is_told_when_to_come_again(start_server):
    """Those that hold the room are told what became of them once the store goes on; those that found none need not wait for it. A chunk takes 256 KiB, so some find none."""
    server = start_server("--intake-memory-max", "1M", "--intake-wait-max", "1s")
    client = Client(server, add_account(server.store))
    answers = []
    bodies = [b"".join(json.dumps(call(f"{name}-{i}", src="5" * 100)).encode() + b"\n" for i in range(2500)) for name in "abcdefghij"]
    threads = [threading.Thread(target=lambda body: answers.append(client.post(body, headers={"Content-Type": NDJSON})), args=[body])
               for body in bodies]
    with Held(server):
        for thread in threads:
            thread.start()
        deadline = time.monotonic() + 20
        while not answers and time.monotonic() < deadline:
            time.sleep(0.02)
        early = answers[:]
    for thread in threads:
        thread.join(60)
    assert {answer.status for answer in early} == {503}, early
    assert all(int(answer.headers["Retry-After"]) > 0 and answer.json["accepted"] == 0 for answer in early), [answer.body for answer in early]
    assert len(answers) == len(bodies) and {answer.status for answer in answers} <= {200, 503}, [answer.body for answer in answers]
    assert client.get("/v1/calls").json["total_calls"] == sum(answer.json["accepted"] for answer in answers)
    assert client.post([call("after")]).json["accepted"] == 1
