# SPDX-License-Identifier: MIT
"""Large answers: they are right however often more memory had to be asked for, and however slowly one client takes its own, others get theirs."""
import csv
import gzip
import hashlib
import io
import json
import os
import socket
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from conftest import BINARY, PLAIN, Client, add_account, call, step
from stores import store_at
from test_access import make_key

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "load"))
from crowd import Process, connect, request  # noqa: E402

NDJSON = "application/x-ndjson"
KB = 1024
# Around each doubling of what a question asks for at first: 64 KiB, 128 KiB, 1 MiB.
SIZES = [10 * KB, 30 * KB, 60 * KB, 70 * KB, 120 * KB, 130 * KB, 250 * KB, 300 * KB, 500 * KB, 700 * KB, 1000 * KB]


def steps_of(size):
    """Steps of about @size bytes in all that hardly compress."""
    return [step(os.urandom(500).hex(), timestamp=1) for _ in range(size // 1100)]


@pytest.mark.parametrize("size", SIZES)
def test_every_question_begins_afresh_when_it_is_asked_again_with_more_memory(client, size):
    a, b = (call(name, detail=steps_of(size), start=int(time.time()) - 60 + i) for i, name in enumerate("ab"))
    assert client.post([a, b]).json["accepted"] == 2
    steps = {"a": len(a["detail"]), "b": len(b["detail"])}
    compared = client.get("/v1/diff/a/b")
    assert compared.status == 200, compared.text
    assert (compared.json["a"]["session_id"], compared.json["b"]["session_id"]) == ("a", "b")
    for side in "ab":
        assert sum(pair[side] is not None for pair in compared.json["steps"]) == steps[side]
    for made in (a, b):
        name = made["session_id"]
        assert client.get(f"/v1/calls/{name}").json["detail"] == made["detail"]
        assert client.get(f"/api/call/{name}").json == made["detail"]
        assert len(ElementTree.fromstring(client.get(f"/api/call/{name}", accept="application/xml").body)) == steps[name]
    for gzipped in (False, True):
        for path in ("/api/all_logs/0/99999999999", "/v1/calls?detail=true", "/v1/calls?detail=true&module=start"):
            document = client.get(path, gzipped=gzipped).json
            assert [one["detail"] for one in document["calls"]] == [b["detail"], a["detail"]] and document["total_calls"] == 2
        logs = ElementTree.fromstring(client.get("/api/all_logs/0/99999999999", accept="application/xml", gzipped=gzipped).body)
        assert [len(one.find("detail")) for one in logs.find("calls")] == [steps["b"], steps["a"]]
        lines = client.get("/v1/calls?detail=true", accept=NDJSON, gzipped=gzipped).text.splitlines()
        assert [json.loads(line)["detail"] for line in lines] == [b["detail"], a["detail"]]
        rows = list(csv.DictReader(io.StringIO(client.get("/v1/calls?detail=true", accept="text/csv", gzipped=gzipped).text)))
        assert [row["session_id"] for row in rows] == ["b"] * steps["b"] + ["a"] * steps["a"]


def test_a_call_that_is_missing_beside_a_large_one_is_named(client):
    assert client.post([call("large", detail=steps_of(900 * KB))]).json["accepted"] == 1
    for path in ("/v1/diff/large/nowhere", "/v1/diff/nowhere/large"):
        answer = client.get(path)
        assert answer.status == 404 and "'nowhere'" in answer.json["detail"]


def test_counts_that_need_more_memory_than_was_claimed_at_first_are_exact(client):
    """Each call has its own variable and destination with long names: more than the 4 MiB that counting asks for at first."""
    calls = [call(f"s{i}", dest=f"{i}" + "d" * 100, detail=[step("x", timestamp=1, variable=f"v{i}-{'n' * 200}")]) for i in range(12000)]
    for at in range(0, len(calls), 3000):
        assert client.post(calls[at:at + 3000]).json["accepted"] == 3000
    for group in ("variable", "dest"):
        answer = client.get(f"/v1/stats?group={group}&limit=1000").json
        assert answer["total_calls"] == 12000 and answer["groups_total"] == 12000, {k: v for k, v in answer.items() if k != "groups"}


# ---- one account cannot keep another from its answers ----

ALL = "/api/all_logs/0/99999999999"
XML = "Accept: application/xml\r\n"
GZIP = "Accept-Encoding: gzip\r\n"
MEMORY = 64 << 20


def store_with(folder, accounts):
    """A store with what @accounts says: by e-mail lines of calls. Returns it and the keys."""
    store = store_at(folder)
    keys = {}
    for email, lines in accounts.items():
        keys[email] = add_account(store, email)
        done = subprocess.run([BINARY, "import", "--quiet", "--data", store, "--account", email, "-"], input="".join(lines).encode(), capture_output=True)
        assert done.returncode == 0, done.stderr
    return store, keys


@pytest.fixture(scope="module")
def three_accounts(tmp_path_factory):
    """`slow` has calls of a megabyte, together nearly all of MEMORY when packed; `large` has 10,000 calls, `small` has ten."""
    now = int(time.time()) - 10_000
    return store_with(tmp_path_factory.mktemp("three"), {
        "slow@example.com": [json.dumps(call(f"s{i:03}", start=now + i, detail=steps_of(950 * KB))) + "\n" for i in range(54)],
        "large@example.com": [json.dumps(call(f"l{i:05}", start=now + i)) + "\n" for i in range(10_000)],
        "small@example.com": [json.dumps(call(f"c{i}", start=now + i)) + "\n" for i in range(10)]})


def begin(client, path, extra, receive=None):
    """Asks, and takes the head of the answer and a little more."""
    connection = connect(client.server, 1, receive=receive)
    connection.sendall(request(client, path, extra + "Connection: close\r\n"))
    got = b""
    while len(got) < 16384:
        piece = connection.recv(4096)
        assert piece, got
        got += piece
    assert got.startswith(b"HTTP/1.1 200 "), got[:300]
    return connection, got


def rest_of(connection, got):
    """The whole answer, now as fast as it comes."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
    answer = bytearray(got)
    while piece := connection.recv(1 << 20):
        answer += piece
    connection.close()
    return bytes(answer)


def body_of(answer):
    """The body of a whole answer, its chunks put together and inflated."""
    head, body = answer.split(b"\r\n\r\n", 1)
    if b"Transfer-Encoding: chunked" in head:
        parts = []
        at = 0
        while size := int(body[at:(end := body.index(b"\r\n", at))], 16):
            parts.append(body[end + 2:end + 2 + size])
            at = end + 2 + size + 2
        body = b"".join(parts)
    else:
        assert len(body) == int(head.split(b"Content-Length: ")[1].split(b"\r\n")[0])
    return gzip.decompress(body) if b"Content-Encoding: gzip" in head else body


def digest(answer):
    return hashlib.sha256(body_of(answer)).hexdigest()


FORMS = {"gzip": (ALL, GZIP), "identity": (ALL, ""), "xml": (ALL, XML), "v1": ("/v1/calls?detail=true&limit=1000", ""),
         "v1 csv": ("/v1/calls?detail=true", "Accept: text/csv\r\n")}


@pytest.mark.parametrize("form", FORMS)
def test_while_one_account_takes_all_memory_slowly_anothers_large_page_and_a_thirds_small_one_are_answered(start_server, three_accounts, form):
    store, keys = three_accounts
    server = start_server("--page-memory-max", str(MEMORY), "--timeout", "60s", "--query-time-max", "60s", store=store)
    slow, large, small = (Client(server, keys[f"{name}@example.com"], f"{name}@example.com") for name in ("slow", "large", "small"))
    path, extra = FORMS[form]
    expected = digest(rest_of(*begin(slow, path, extra)))
    connection, got = begin(slow, path, extra, receive=4096)
    with ThreadPoolExecutor(2) as pool:
        waiting = pool.submit(large.get, ALL + "?limit=10000", gzipped=True)
        for _ in range(20):
            assert len(small.get(ALL + "?limit=10").json["calls"]) == 10
        assert waiting.result().status == 200, waiting.result().text
    again = large.get(ALL + "?limit=10000", accept="application/xml")
    assert again.status == 200, again.text
    # What was moved out of the memory is still the answer, of one state, to its last byte.
    assert small.post([call("later")]).status == 200
    assert digest(rest_of(connection, got)) == expected


def test_where_nothing_may_be_moved_what_waits_is_told_so_and_small_pages_are_answered(start_server, three_accounts):
    store, keys = three_accounts
    server = start_server("--page-memory-max", str(MEMORY), "--spill-max", "0", "--grace", "0", store=store)
    slow, large, small = (Client(server, keys[f"{name}@example.com"], f"{name}@example.com") for name in ("slow", "large", "small"))
    connection, _ = begin(slow, ALL, GZIP, receive=4096)
    with ThreadPoolExecutor(2) as pool:
        waiting = [pool.submit(large.get, path) for path in (ALL + "?limit=10000", "/v1/calls?limit=10000&detail=true")]
        for _ in range(20):
            assert small.get(ALL + "?limit=10").status == 200
        answers = [one.result() for one in waiting]
    assert [answer.status for answer in answers] == [503, 503]
    assert [answer.headers["Retry-After"] for answer in answers] == ["10", "10"]
    connection.close()
    assert large.get(ALL + "?limit=10000").status == 200


def test_the_audit_trail_waits_for_memory_as_other_answers_do(start_server, three_accounts):
    """Its cursor may skip 5,000 records, which are read all the same: that is a large answer."""
    store, keys = three_accounts
    server = start_server("--page-memory-max", str(MEMORY - 6 * MB), "--spill-max", "0", "--grace", "0", store=store)
    slow = Client(server, keys["slow@example.com"], "slow@example.com")
    trail = make_key(Client(server, keys["large@example.com"], "large@example.com"), "admin")
    connection, _ = begin(slow, ALL, GZIP, receive=4096)
    skipping = f"/v1/audit?limit=1000&cursor={int(time.time())}-5000"
    answer = trail.get(skipping)
    assert answer.status == 503 and answer.headers["Retry-After"] == "10", answer.text
    assert trail.get("/v1/audit?limit=10").status == 200
    assert trail.get("/v1/keys").status == 200
    connection.close()
    assert trail.get(skipping).status == 200


# ---- what answers hold is counted, and given back ----

MB = 1 << 20
# Sanitizers hold their own memory.


@pytest.fixture(scope="module")
def packed_well(tmp_path_factory):
    """Calls that lie packed in a few KiB, and are a megabyte as JSON, five as XML; and many small ones with a variable each."""
    now = int(time.time()) - 20_000
    return store_with(tmp_path_factory.mktemp("packed"), {
        "long@example.com": [json.dumps(call(f"s{i:02}", start=now + i, detail=[step("&" * 900_000, timestamp=1)])) + "\n" for i in range(30)],
        "wide@example.com": [json.dumps(call(f"s{i:02}", start=now + i, detail=[step("a " * 40 + '"' * 20, timestamp=1)] * 4000)) + "\n"
                             for i in range(30)],
        "many@example.com": [json.dumps(call(f"m{i:05}", start=now + i, dest=str(10**9 + i), detail=[step(timestamp=1, variable=f"{i}" + "v" * 90)])) + "\n"
                             for i in range(10_000)]})


HOLDING = [("long", ALL, XML), ("long", ALL, XML + GZIP), ("long", ALL, ""), ("long", "/api/call/s01", XML), ("long", "/v1/calls?detail=true", "Accept: text/csv\r\n"),
           ("wide", "/v1/calls?detail=true", "Accept: text/csv\r\n"), ("long", "/v1/calls?detail=true", "Accept: application/x-ndjson\r\n"),
           ("long", "/v1/calls?detail=true&limit=30", ""), ("long", "/v1/calls/s01", ""), ("wide", "/v1/diff/s01/s02", ""),
           ("many", ALL + "?limit=10000", XML), ("many", "/api/calls/0/99999999999?limit=10000", XML), ("many", "/v1/calls?limit=10000", ""),
           ("many", "/v1/stats?group=variable&limit=10000", ""), ("many", "/v1/stats?group=dest&limit=10000", ""), ("many", "/v1/dropoff?limit=10000", "")]


@pytest.mark.parametrize("account, path, extra", HOLDING)
@pytest.mark.skipif(not PLAIN, reason="a sanitizer holds its own memory")
def test_what_slow_clients_make_the_server_hold_stays_within_its_memory_and_is_given_back(start_server, packed_well, account, path, extra):
    store, keys = packed_well
    server = start_server("--page-memory-max", str(MEMORY), "--grace", "0", "--log-requests=no", store=store)
    client = Client(server, keys[f"{account}@example.com"], f"{account}@example.com")
    process = Process(server)
    assert client.get("/v1/calls?limit=1").status == 200
    before = process.resident()
    connections = [connect(server, i, receive=4096) for i in range(150)]
    for connection in connections:
        connection.sendall(request(client, path, extra))
    highest, still = 0, 0
    # Until it has been the same for a second and a half: what is taken slowly is moved out of the memory after one.
    while still < 30:
        now = process.resident()
        still = still + 1 if now <= highest + MB else 0
        highest = max(highest, now)
        time.sleep(0.05)
    assert highest - before <= MEMORY + 64 * MB, f"{(highest - before) / MB:.0f} MiB"
    for connection in connections:
        connection.close()
    end = time.monotonic() + 60
    while process.resident() - before > 64 * MB and time.monotonic() < end:
        time.sleep(0.05)
    assert process.resident() - before <= 64 * MB, f"{(process.resident() - before) / MB:.0f} MiB stay"


@pytest.mark.skipif(not PLAIN, reason="a sanitizer holds its own memory")
def test_a_stream_of_large_calls_holds_some_of_them_and_no_more(start_server):
    server = start_server("--grace", "0")
    client = Client(server, add_account(server.store))
    lines = [json.dumps(call(f"s{i:04}", detail=steps_of(500 * KB))) + "\n" for i in range(80)]
    assert client.post("".join(lines).encode(), headers={"Content-Type": "application/x-ndjson"}).json["accepted"] == 80
    process = Process(server)
    connection = connect(server, 1, receive=65536)
    before = highest = process.resident()
    connection.sendall(request(client, "/v1/tail?detail=true&last_event_id=0"))
    taken = 0
    while taken < sum(map(len, lines)) * 3 // 4:
        piece = connection.recv(16384)
        assert piece
        taken += len(piece)
        highest = max(highest, process.resident())
    connection.close()
    assert highest - before < 36 * MB, f"{(highest - before) / MB:.0f} MiB"
