# SPDX-License-Identifier: MIT
"""The server is killed with SIGKILL at random moments while calls come in. After each restart every acknowledged call is there, once
and whole, nothing is half-visible, and the store agrees with itself.

CALLSTEP_CRASH_ROUNDS sets how often (50, ten to a store), CALLSTEP_CRASH_SEED gives the posters the same calls and the killer the
same pauses again."""
import collections
import os
import random
import signal
import threading

import pytest

from poster import Poster
from conftest import Client, Server, add_account, callstep

ROUNDS = int(os.environ.get("CALLSTEP_CRASH_ROUNDS", "50"))
SEED = int(os.environ.get("CALLSTEP_CRASH_SEED", random.randrange(10 ** 9)))
ROUNDS_PER_STORE = 10
POSTERS = 4


def read_all(client):
    """Every call with its steps, by session; pages must neither repeat nor contradict the total."""
    calls, total = {}, None
    while total is None or len(calls) < total:
        page = client.get(f"/api/all_logs/0/99999999999?limit=10000&offset={len(calls)}", gzipped=True)
        if page.status == 404:
            return {}
        assert page.status == 200
        total = page.json["total_calls"]
        for item in page.json["calls"]:
            assert item["session_id"] not in calls, f"{item['session_id']} stands on two pages"
            calls[item["session_id"]] = item
        assert page.json["calls"], f"the total is {total}, the pages end after {len(calls)}"
    return calls


def version_of(item):
    """The version of a call, which all its parts have to agree on."""
    version = int(item["end"]) - int(item["start"])
    lines = [entry["event"]["line"] for entry in item["detail"]]
    assert len(lines) == version % 5 + 1
    assert all(line.endswith(f" version{version}") for line in lines), (item["session_id"], version, lines)
    assert item["src"] == f"617555{version:04}" and item["dest"] == f"617{version % 9:07}"
    return version


def check_number_totals(client, calls):
    """The tallies of each number against the calls."""
    expected = collections.Counter(item["dest"] for item in calls.values())
    for number, count in expected.items():
        answer = client.get(f"/api/calls/0/99999999999?number={number}&limit=1")
        assert answer.json["total_calls"] == count, number


def check(server, key, acked, sent):
    client = Client(server, key)
    calls = read_all(client)
    for session, version in acked.items():
        assert session in calls, f"the acknowledged call {session} is lost"
        assert version <= version_of(calls[session]) <= sent[session], f"{session} is older than was acknowledged"
    for session in calls:
        assert session in sent, f"{session} was never sent"
        version_of(calls[session])
    check_number_totals(client, calls)
    return len(calls)


def verify(store):
    done = callstep("verify", "--data", store)
    assert done.returncode == 0, done.stdout + done.stderr


def run_round(folder, store, key, number, acked, sent, random_):
    server = Server(folder, "--detail-days", "0", store=store)
    check(server, key, acked, sent)
    authorization = Client(server, key).basic()
    posters = [Poster(f"r{number}p{i}", server.address, authorization, 1_700_000_000 + number * 1000, random_.random())
               for i in range(POSTERS)]
    for poster in posters:
        poster.start()
    threading.Event().wait(random_.uniform(0.005, 0.3))  # the random moment
    server.stop(signal.SIGKILL)
    for poster in posters:
        poster.join(60)
        assert not poster.is_alive()
        acked.update(poster.acked)
        sent.update(poster.sent)


@pytest.mark.parametrize("life", range(max(1, ROUNDS // ROUNDS_PER_STORE)))
def test_no_acknowledged_call_is_lost_when_the_server_is_killed(tmp_path, life):
    store = tmp_path / "store"
    key = add_account(store)
    seed = SEED + life
    random_ = random.Random(seed)
    acked, sent = {}, {}
    rounds = min(ROUNDS, ROUNDS_PER_STORE)
    for number in range(rounds):
        run_round(tmp_path, store, key, number, acked, sent, random_)
        verify(store)
    server = Server(tmp_path, "--detail-days", "0", store=store)
    held = check(server, key, acked, sent)
    assert server.stop() == 0
    print(f"seed {seed}: {rounds} kills; {len(acked)} calls acknowledged, {held} held, 0 lost")
    assert acked
