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
from conftest import BINARY, Client, Server, add_account, call, callstep, keep, step
from stores import run_sql, store_at

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


def held(store):
    """Calls, calls with detail, and how many calls the tallies count, as they are held, whatever their days."""
    ((calls,),) = run_sql(store, "select count(*) from call")
    ((detail,),) = run_sql(store, "select count(*) from packed", "select count(*) from detail")
    ((total,),) = run_sql(store, "select coalesce(sum(calls), 0) from tally where is_all = 1 and seconds = 60",
                          "select coalesce(sum(calls), 0) from tally where is_all and seconds = 60")
    return int(calls), int(detail), int(total)


def test_a_sweep_that_is_killed_leaves_a_whole_store(tmp_path):
    random_ = random.Random(SEED)
    store = store_at(tmp_path)
    key = add_account(store, days=())
    keep(store, 5, 365)
    old, new = int(time.time()) - 400 * DAY, int(time.time()) - 3600
    server = Server(tmp_path, "--api-detail-days", "ever", store=store)
    client = Client(server, key)
    for at in range(0, CALLS, 1000):
        client.post([call(f"o{i}", start=old + i, detail=[step(f"words {i}", old, module=f"m{i % 9}")]) for i in range(at, at + 1000)])
    posted = killed = 0
    for _ in range(ROUNDS):
        sweep = subprocess.Popen([BINARY, "sweep", "--data", store, "--quiet"])
        client.post([call(f"n{posted + i}", start=new) for i in range(50)])
        posted += 50
        threading.Event().wait(0.005 * 30 ** random_.random())  # the random moment: rather early, so that something is left to sweep
        sweep.send_signal(signal.SIGKILL)
        killed += sweep.wait() == -signal.SIGKILL
        done = callstep("verify", "--data", store)
        assert done.returncode == 0, (SEED, done.stdout, done.stderr)
        calls, detail, total = held(store)
        dropped = totals(store)
        assert calls == total == CALLS + posted - dropped["expire-calls"], SEED
        assert detail == CALLS + posted - dropped["expire-detail"], SEED
    assert callstep("sweep", "--data", store).returncode == 0
    assert held(store) == (posted, posted, posted)
    assert totals(store) == {"expire-detail": CALLS, "expire-calls": CALLS}
    assert server.stop() == 0
    assert callstep("verify", "--data", store).returncode == 0
    trouble.figure("kill -9 of a sweep", f"{killed} kills, {2 * CALLS} calls and details dropped, 0 problems")
