# SPDX-License-Identifier: MIT
"""A failing process: no memory, no file descriptors, a clock that is set, signals at any moment, a second server, an import cut off."""
import http.client
import json
import random
import resource
import signal
import socket
import subprocess
import threading
import time

import pytest

import contract
import trouble
from conftest import BINARY, Answer, Client, Server, add_account, call, callstep
from stores import KIND, is_there, only_embedded, run_sql, store_at

SIGNAL_ROUNDS = trouble.rounds("CALLSTEP_SIGNAL_ROUNDS", 12)
IMPORT_ROUNDS = trouble.rounds("CALLSTEP_IMPORT_ROUNDS", 8)
DAY = 86400
ALL = "/api/all_logs/0/99999999999"


# ---- signals ----

def test_sigterm_and_sigint_at_any_moment_end_it_with_status_0_and_lose_nothing(tmp_path):
    store = store_at(tmp_path)
    key = add_account(store)
    ledger, random_ = trouble.Ledger(), random.Random(11)
    for number in range(SIGNAL_ROUNDS):
        server = Server(tmp_path, "--api-detail-days", "ever", store=store)
        client = Client(server, key)
        trouble.check(client, ledger)
        posters = trouble.start_posters(client, f"r{number}", number, random_)
        threading.Event().wait(random_.uniform(0, 0.2))  # any moment
        first = random_.choice([signal.SIGTERM, signal.SIGINT])
        server.process.send_signal(first)
        for _ in range(number % 3):  # someone who does not wait
            server.process.send_signal(random_.choice([signal.SIGTERM, signal.SIGINT]))
        assert server.process.wait(60) == 0, server.log
        trouble.stop_posters(posters, ledger)
        trouble.verify(store)
    server = Server(tmp_path, "--api-detail-days", "ever", store=store)
    client = Client(server, key)
    posters = trouble.start_posters(client, f"r{SIGNAL_ROUNDS}", SIGNAL_ROUNDS, random_)
    trouble.until_each_is_acknowledged(posters)
    trouble.stop_posters(posters, ledger)
    trouble.check(client, ledger)
    assert server.stop() == 0
    trouble.figure("SIGTERM, SIGINT", f"{SIGNAL_ROUNDS} signals under load, exit status 0, {len(ledger.acked)} calls acknowledged, 0 lost")


def test_a_signal_while_it_starts_leaves_the_store_whole(tmp_path):
    store = store_at(tmp_path)
    random_ = random.Random(5)
    for number in range(SIGNAL_ROUNDS):
        process = subprocess.Popen([BINARY, "serve", "--data", str(store), "--listen", "127.0.0.1:0"], stderr=subprocess.DEVNULL)
        threading.Event().wait(random_.uniform(0, 0.03))
        process.send_signal(signal.SIGTERM)
        # Before it has anything to end it has no way of its own to end.
        assert process.wait(30) in (0, -signal.SIGTERM)
        if is_there(store):
            trouble.verify(store)
    add_account(store)
    trouble.verify(store)


# ---- two at once ----

def test_a_second_server_is_refused_and_the_first_goes_on_while_imports_write_beside_it(tmp_path):
    """Two processes write: the server and `callstep import`. Both answer right, for what either took in."""
    store = store_at(tmp_path)
    key = add_account(store)
    ledger = trouble.Ledger()
    server = Server(tmp_path, "--api-detail-days", "ever", store=store)
    try:
        client = Client(server, key)
        posters = trouble.start_posters(client, "p", 0, random.Random(3), count=2)
        imported = []
        for seed in range(4):
            text = trouble.ndjson_of("--calls", "300", "--seed", str(seed))
            done = callstep("import", "--data", store, "--quiet", "-", input=text)
            assert done.returncode == 0, done.stderr
            imported += trouble.sessions_of(text)
            if KIND == "embedded":
                refused = callstep("serve", "--data", store, "--listen", "127.0.0.1:0")
                assert refused.returncode == 1 and "another server" in refused.stderr
        trouble.stop_posters(posters, ledger)
        calls = trouble.read_all(client)
        assert set(imported) <= set(calls)
        assert {s for s in calls if s not in set(imported)} <= set(ledger.sent)
        for session, version in ledger.acked.items():
            assert version <= trouble.version_of(calls[session]) <= ledger.sent[session]
        listed = callstep("calls", "--data", store, "--json", "--start", "0", "--limit", "1")
        assert listed.returncode == 0, listed.stderr
        assert json.loads(listed.stdout)["total_calls"] == len(calls)
    finally:
        assert server.stop() == 0
    trouble.verify(store)


# ---- import ----

def test_an_import_that_is_killed_and_run_again_loses_and_doubles_nothing(tmp_path):
    text = trouble.ndjson_of("--calls", "4000", "--seed", "9")
    file = tmp_path / "calls.ndjson"
    file.write_text(text)
    sessions = trouble.sessions_of(text)
    store = store_at(tmp_path)
    key = add_account(store)
    random_ = random.Random(17)
    cut = 0
    for _ in range(IMPORT_ROUNDS):
        cut += trouble.kill_after(random_.uniform(0.005, 0.15), "import", "--data", store, "--quiet", file) == -signal.SIGKILL
        trouble.verify(store)
    done = callstep("import", "--data", store, file)
    assert done.returncode == 0, done.stderr
    server = Server(tmp_path, "--api-detail-days", "ever", store=store)
    try:
        client = Client(server, key)
        calls = trouble.read_all(client)
        assert sorted(calls) == sorted(set(sessions))
        wanted = {item["session_id"]: item for item in map(json.loads, text.splitlines())}
        for session, held in calls.items():
            assert held["detail"] == wanted[session]["detail"] and int(held["start"]) == int(wanted[session]["start"])
    finally:
        assert server.stop() == 0
    trouble.verify(store)
    trouble.figure("import cut off", f"killed {cut} times, run again, {len(sessions)} calls, 0 lost, 0 twice")


# ---- the clock ----

@pytest.fixture
def stepping(tmp_path):
    """A server whose clock can be set while it runs."""
    control = trouble.Control(tmp_path / "clock")
    server = Server(tmp_path, environment={"LD_PRELOAD": trouble.preload("stepping_clock"), "CALLSTEP_TEST_CLOCK": str(control.path)})
    yield server, control
    assert server.stop() == 0
    trouble.verify(server.store)


def test_a_clock_that_is_set_back_changes_neither_order_nor_ids_nor_what_is_kept(stepping):
    server, clock = stepping
    client = Client(server, add_account(server.store))
    now = int(time.time())
    assert client.post([call(f"a{i}", start=now - 100 + i) for i in range(5)]).status == 200
    for ahead in (-3600, -10 * DAY, 0, 30 * DAY, -30 * DAY, 0):
        clock.set(ahead)
        assert client.post([call(f"b{ahead}", start=now - 50)]).json["accepted"] == 1
        listed = client.get("/api/calls/0/99999999999").json["calls"]
        keys = [(item["start"], item["session_id"]) for item in listed]
        assert keys == sorted(keys, reverse=True)
    sessions = {item["session_id"] for item in listed}
    assert sessions == {f"a{i}" for i in range(5)} | {f"b{a}" for a in (-3600, -10 * DAY, 0, 30 * DAY, -30 * DAY)}
    trouble.figure("clock", "set 6 times between thirty days back and ahead: order, ids, counts unchanged")


def test_detail_expires_by_the_clock_as_it_is_now(stepping):
    server, clock = stepping
    client = Client(server, add_account(server.store))
    now = int(time.time())
    client.post([call("c", start=now - 60)])
    for ahead, served in ((0, True), (4 * DAY, True), (6 * DAY, False), (-6 * DAY, True), (6 * DAY, False), (0, True)):
        clock.set(ahead)
        item = client.get(ALL).json["calls"][0]
        assert bool(item["detail"]) == served, f"{ahead} s ahead"


def read_events(stream, count):
    """The sessions of the next @count calls of a tail."""
    sessions, kind = [], None
    while len(sessions) < count:
        line = stream.readline().decode().strip()
        if line.startswith("event:"):
            kind = line.split(":", 1)[1].strip()
        elif line.startswith("data:") and kind == "call":
            sessions.append(json.loads(line.split(":", 1)[1])["session_id"])
    return sessions


def test_a_tail_goes_on_and_misses_nothing_when_the_clock_is_set(stepping):
    server, clock = stepping
    client = Client(server, add_account(server.store))
    host, port = server.address.rsplit(":", 1)
    with socket.create_connection((host, int(port)), 30) as connection:
        connection.sendall(f"GET /v1/tail HTTP/1.0\r\nHost: x\r\nAuthorization: {client.basic()}\r\n\r\n".encode())
        stream = connection.makefile("rb")
        while stream.readline().strip():
            pass
        for number, ahead in enumerate((0, -3600, 30 * DAY, -30 * DAY, 0)):
            clock.set(ahead)
            assert client.post([call(f"t{number}")]).status == 200
            assert read_events(stream, 1) == [f"t{number}"]


def test_when_a_key_was_used_never_goes_back(tmp_path):
    store = store_at(tmp_path)
    key = add_account(store)
    control = trouble.Control(tmp_path / "clock")
    environment = {"LD_PRELOAD": trouble.preload("stepping_clock"), "CALLSTEP_TEST_CLOCK": str(control.path)}
    for ahead in (7200, -7200):
        control.set(ahead)
        server = Server(tmp_path, environment=environment, store=store)
        assert Client(server, key).post([call(f"k{ahead}")]).status == 200
        assert server.stop() == 0  # what is noted of keys is written by then
    ((used,),) = run_sql(store, "select last_used from key")
    assert int(used) > time.time() + 3600


# ---- no file descriptors ----

def few_descriptors():
    resource.setrlimit(resource.RLIMIT_NOFILE, (40, 40))


def hold_connections(address, count):
    """Connections that say nothing, as many as can be had."""
    host, port = address.rsplit(":", 1)
    held = []
    for _ in range(count):
        try:
            held.append(socket.create_connection((host, int(port)), 5))
        except OSError:
            break
    return held


def until_answered(ask):
    """The server sees connections that were closed a moment later, and may say until then that it is busy."""
    for _ in range(200):
        try:
            answer = ask()
        except OSError:
            continue
        if answer.status == 200:
            return answer
        assert answer.status == 503, answer.body
        threading.Event().wait(0.05)
    raise AssertionError("it does not answer though there are descriptors again")


def test_without_descriptors_it_refuses_and_goes_on_when_there_are_some(tmp_path):
    store = store_at(tmp_path)
    key = add_account(store)
    server = Server(tmp_path, store=store, preexec=few_descriptors)
    try:
        client = Client(server, key)
        acked = 0
        for number in range(3):
            until_answered(lambda: client.post([call(f"before{number}")]))
            held = hold_connections(server.address, 120)
            assert len(held) > 40
            for connection in held:
                connection.close()
            until_answered(lambda: client.post([call(f"after{number}")]))
            acked += 2
            assert until_answered(lambda: client.get("/api/calls/0/99999999999")).json["total_calls"] == acked
        assert server.process.poll() is None
    finally:
        assert server.stop() == 0
    trouble.verify(store)
    trouble.figure("no descriptors", f"used up 3 times with forty, {acked} calls acknowledged, 0 lost")


# ---- no memory ----

def ask_in_trouble(client, path, method="GET", body=None):
    """The answer, when it is one of success, which is held against the contract; None when there was none, or it told a failure."""
    connection = http.client.HTTPConnection(client.server.address, timeout=60)
    try:
        connection.request(method, path, body, {"Authorization": client.basic(), "Content-Type": "application/json"})
        response = connection.getresponse()
        answer = Answer(response, response.read())
    except (OSError, http.client.HTTPException):
        return None  # the connection ended, or the answer was cut off
    finally:
        connection.close()
    if answer.status != 200:
        assert answer.status in (401, 404, 500, 503), answer.body
        return None
    contract.check(method, path.partition("?")[0], answer)
    return answer


PATHS = ["/api/all_logs/0/99999999999?limit=3", "/v1/calls?text=answered&limit=3", "/v1/stats?group=module"]


def ask_all_in_trouble(client, number, acked):
    """One post and some questions; returns how many of them failed."""
    answer = ask_in_trouble(client, "/v1/calls", "POST", json.dumps({"calls": [call(f"m{number}")]}))
    if answer:
        assert answer.json["accepted"] == 1 and answer.json["rejected"] == []
        acked.add(f"m{number}")
    return (not answer) + sum(not ask_in_trouble(client, path) for path in PATHS)


@only_embedded("without memory libpq may drop an answer and wait for it: each time for 30 seconds")
def test_with_memory_that_fails_now_and_then_it_goes_on_and_loses_nothing(tmp_path):
    control = trouble.Control(tmp_path / "memory")
    store = store_at(tmp_path)
    key = add_account(store)
    server = Server(tmp_path, store=store, environment={
        "LD_PRELOAD": trouble.preload("failing_allocations"), "CALLSTEP_TEST_MEMORY": str(control.path)})
    acked, told, number = set(), 0, 0
    try:
        client = Client(server, key)
        for one_in in (1000, 200, 50, 10, 3, 1):
            control.set(one_in)
            for _ in range(trouble.rounds("CALLSTEP_MEMORY_ROUNDS", 25)):
                told += ask_all_in_trouble(client, number, acked)
                number += 1
            control.set(0)
            assert server.process.poll() is None, server.log[-2000:]
            held = {item["session_id"] for item in client.get("/api/calls/0/99999999999?limit=10000").json["calls"]}
            assert acked <= held, f"lost: {acked - held}"
        assert client.post([call("last")]).status == 200
    finally:
        control.set(0)
        status = server.stop()
    assert status == 0
    assert told > 0
    trouble.verify(store)
    trouble.figure("no memory", f"real server, from one allocation in a thousand to every one failing: {told} failures told, "
                                f"{len(acked)} calls acknowledged, 0 lost")
