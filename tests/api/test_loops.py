# SPDX-License-Identifier: MIT
"""Nothing that may take long, and nothing that waits, runs on the threads of the connections: with a single one of them, `/healthz` answers
while the others' requests unfold, wait for locks and look through millions of records."""
import http.client
import json
import sqlite3
import subprocess
import threading
import time

import pytest

from conftest import EMAIL, Client, add_account, call, callstep
from stores import only_embedded

# Of seconds in which one would be busy or wait otherwise. A machine with much else to do takes a while to answer anything.
ANSWERS_WITHIN_S = 2


class Health:
    """Asks /healthz all the time, from when it is entered to when it is left."""

    def __init__(self, server):
        self.server = server
        self.slowest_s = 0.0
        self.asked = 0
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.ask)

    def ask(self):
        while not self.over.is_set():
            began = time.monotonic()
            connection = http.client.HTTPConnection(self.server.address, timeout=120)
            connection.request("GET", "/healthz")
            assert connection.getresponse().status == 200
            connection.close()
            self.slowest_s = max(self.slowest_s, time.monotonic() - began)
            self.asked += 1
            self.over.wait(0.02)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()

    def check(self):
        assert self.asked > 0 and self.slowest_s < ANSWERS_WITHIN_S


def zstd_run(content, size):
    """A frame of blocks that each repeat one byte: 4 bytes for 128 KiB (RFC 8878 §3.1.1.2)."""
    block = 128 * 1024
    blocks = size // block
    frame = b"\x28\xb5\x2f\xfd\x00\x58"
    for at in range(blocks):
        frame += ((block << 3) | (1 << 1) | (at == blocks - 1)).to_bytes(3, "little") + content
    return frame


def together(*jobs):
    threads = [threading.Thread(target=job) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@pytest.mark.parametrize("kind", ["application/x-ndjson", "application/json"])
def test_bodies_that_unfold_to_gigabytes_are_refused_and_hold_up_nobody(start_server, kind):
    server = start_server("--threads", "1")
    bomber = Client(server, add_account(server.store, "a@example.com"), "a@example.com")
    other = Client(server, add_account(server.store))
    bomb = zstd_run(b"\n", 2_000_000_000)
    assert len(bomb) < 65536
    answers = []

    def post():
        answers.append(bomber.post(bomb, headers={"Content-Type": kind, "Content-Encoding": "zstd"}))

    with Health(server) as health:
        bombs = threading.Thread(target=lambda: together(*[post] * 4))
        bombs.start()
        assert other.post([call("s")]).json["accepted"] == 1
        bombs.join()
    health.check()
    assert [answer.status for answer in answers] == [413] * 4
    assert "unfolds to more than 1100 times its size" in answers[0].json["detail"]


def test_a_body_may_unfold_to_as_much_as_gzip_can_make_of_it(start_server):
    """Calls that hardly differ, the same text again and again: many times what they are sent as."""
    server = start_server("--threads", "1")
    client = Client(server, add_account(server.store))
    calls = zstd_run(b" ", 128 * 1024)
    line = b'{"dest":"1","src":"2","start":1,"end":2,"session_id":"s","type":"inbound"}\n'
    packed = subprocess.run(["zstd", "-q", "-c"], input=line * 20000, capture_output=True, check=True).stdout
    assert len(line) * 20000 > 1000 * len(packed)
    answer = client.post(calls + packed + calls, headers={"Content-Type": "application/x-ndjson", "Content-Encoding": "zstd"})
    assert answer.status == 200 and answer.json["accepted"] == 20000


class Held:
    """Another program holds the store's write lock."""

    def __init__(self, server):
        self.database = sqlite3.connect(server.store / "callstep.db", isolation_level=None, timeout=30, check_same_thread=False)

    def __enter__(self):
        self.database.execute("begin immediate")

    def __exit__(self, *_):
        self.database.execute("rollback")
        self.database.close()


def make_key(store, scopes):
    done = callstep("key", "add", "--data", store, "--account", EMAIL, "--scope", scopes)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()[-1]


@only_embedded("the write lock is SQLite's")
def test_keys_that_wait_for_the_write_lock_hold_up_nobody(start_server):
    server = start_server("--threads", "1")
    add_account(server.store)
    admin = Client(server, make_key(server.store, "admin"))
    made = []

    def make():
        made.append(admin.ask("/v1/keys", method="POST", headers={"Content-Type": "application/json"},
                              body=json.dumps({"label": "x", "scopes": ["read"]}).encode()).status)

    def revoke():
        made.append(admin.ask("/v1/keys/1", method="DELETE").status)

    with Health(server) as health:
        with Held(server):
            waiting = threading.Thread(target=lambda: together(*[make, revoke] * 2))
            waiting.start()
            assert admin.get("/v1/keys").status == 200
            assert admin.get("/v1/audit").status == 200
            time.sleep(0.5)
        waiting.join()
    health.check()
    assert sorted(made) == [201, 201, 204, 204]
