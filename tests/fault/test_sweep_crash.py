# SPDX-License-Identifier: MIT
"""A sweep is killed with SIGKILL at random moments, beside a server that takes calls in. After each kill the store agrees with itself, what was
dropped is in the audit trail to the call, and a sweep that is let run drops the rest.

CALLSTEP_SWEEP_ROUNDS sets how often (10)."""
import json
import os
import random
import signal
import subprocess
import threading
import time

import trouble
from conftest import BINARY, Client, Server, add_account, call, callstep, step
from stores import store_at

ROUNDS = trouble.rounds("CALLSTEP_SWEEP_ROUNDS", 10)
SEED = int(os.environ.get("CALLSTEP_CRASH_SEED", random.randrange(10 ** 9)))
CALLS = 600 * ROUNDS
DAY = 86400


def totals(store):
    """How many calls the audit trail says were dropped."""
    dropped = {"expire-detail": 0, "expire-calls": 0}
    lines = callstep("audit", "--data", store, "--limit", 1000000, "--json").stdout.splitlines()
    for record in map(json.loads, lines):
        if record["action"] in dropped:
            dropped[record["action"]] += record["calls"]
    return dropped


def held(client):
    """Calls and calls with detail, as they are held, whatever their days."""
    page, got = None, []
    while page is None or page["calls"]:
        page = client.get(f"/api/calls/0/99999999999?limit=10000&offset={len(got)}").json
        got += page["calls"]
    return len(got), sum(item["log"] for item in got), page["total_calls"]


def test_a_sweep_that_is_killed_leaves_a_whole_store(tmp_path):
    random_ = random.Random(SEED)
    store = store_at(tmp_path)
    key = add_account(store)
    old, new = int(time.time()) - 400 * DAY, int(time.time()) - 3600
    server = Server(tmp_path, "--detail-days", "0", store=store)
    client = Client(server, key)
    for at in range(0, CALLS, 1000):
        client.post([call(f"o{i}", start=old + i, detail=[step(f"words {i}", old, module=f"m{i % 9}")]) for i in range(at, at + 1000)])
    posted = killed = 0
    for _ in range(ROUNDS):
        sweep = subprocess.Popen([BINARY, "sweep", "--data", store, "--detail-days", "5", "--header-days", "365", "--quiet"])
        client.post([call(f"n{posted + i}", start=new) for i in range(50)])
        posted += 50
        threading.Event().wait(0.005 * 30 ** random_.random())  # the random moment: rather early, so that something is left to sweep
        sweep.send_signal(signal.SIGKILL)
        killed += sweep.wait() == -signal.SIGKILL
        done = callstep("verify", "--data", store)
        assert done.returncode == 0, (SEED, done.stdout, done.stderr)
        calls, detail, total = held(client)
        dropped = totals(store)
        assert calls == total == CALLS + posted - dropped["expire-calls"], SEED
        assert detail == CALLS + posted - dropped["expire-detail"], SEED
    assert callstep("sweep", "--data", store, "--detail-days", "5", "--header-days", "365").returncode == 0
    assert held(client) == (posted, posted, posted)
    assert totals(store) == {"expire-detail": CALLS, "expire-calls": CALLS}
    assert server.stop() == 0
    assert callstep("verify", "--data", store).returncode == 0
    trouble.figure("kill -9 of a sweep", f"{killed} kills, {2 * CALLS} calls and details dropped, 0 problems")
