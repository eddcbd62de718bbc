# SPDX-License-Identifier: MIT
"""Server and receiver are killed with SIGKILL at random moments while calls come in. Each call that was acknowledged is told to both hooks, at least
once and in order.

CALLSTEP_HOOK_ROUNDS sets how often (6)."""
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import trouble
from conftest import Server, Client, add_account, call, callstep
from stores import store_at

ROUNDS = trouble.rounds("CALLSTEP_HOOK_ROUNDS", 6)
SEED = int(os.environ.get("CALLSTEP_CRASH_SEED", random.randrange(10 ** 9)))
SECONDS_MAX = 180  # until everything is told, back-off and all
HOOKS = {"/ends": "ends", "/begins": "begins"}


def start_receiver(port, notes):
    process = subprocess.Popen([sys.executable, Path(__file__).with_name("hook_receiver.py"), str(port), notes], stdout=subprocess.PIPE, text=True)
    return process, int(process.stdout.readline())


class Poster(threading.Thread):
    """Posts one call after the other, each until it is acknowledged."""

    def __init__(self, client):
        super().__init__()
        self.client, self.over, self.acknowledged = client, False, []

    def run(self):
        while not self.over:
            session = f"s{len(self.acknowledged):06}"
            try:
                if self.client.post([call(session)]).status == 200:
                    self.acknowledged.append(session)
            except OSError:
                time.sleep(0.02)  # until another server is there
            except AssertionError:
                raise
            except Exception:  # an answer that broke off
                time.sleep(0.02)


def told(notes, path):
    """The sessions in the order in which they were told first."""
    lines = notes.read_text().splitlines() if notes.exists() else []
    return list(dict.fromkeys(line.split()[1] for line in lines if line.startswith(path + " ")))


def wait_until_told(notes, last):
    deadline = time.monotonic() + SECONDS_MAX
    while time.monotonic() < deadline and not all(last in told(notes, path) for path in HOOKS):
        time.sleep(0.2)


def test_hooks_tell_everything_in_order_whatever_is_killed(tmp_path):
    print("seed", SEED)
    chance = random.Random(SEED)
    store, notes = store_at(tmp_path), tmp_path / "notes"
    server = Server(tmp_path, "--hook-private", store=store)
    client = Client(server, add_account(store))
    receiver, port = start_receiver(0, notes)
    for path, event in HOOKS.items():
        made = callstep("hook", "add", "--data", store, "--url", f"http://127.0.0.1:{port}{path}", "--event", event)
        assert made.returncode == 0, made.stderr
    poster = Poster(client)
    poster.start()
    kills = 0
    try:
        while kills < ROUNDS:
            time.sleep(chance.uniform(0.2, 1.2))
            which = chance.choice(("server", "receiver", "both"))
            if which != "server":
                receiver.kill()
                receiver.wait()
            if which != "receiver":
                server.stop(signal.SIGKILL)
                server = client.server = Server(tmp_path, "--hook-private", store=store)
            if which != "server":
                receiver, port = start_receiver(port, notes)
            kills += 1
    finally:
        poster.over = True
        poster.join()
    wait_until_told(notes, poster.acknowledged[-1])
    hooks = [json.loads(line) for line in callstep("hook", "list", "--data", store, "--json").stdout.splitlines()]
    server.stop()
    receiver.kill()
    receiver.wait()
    for path in HOOKS:
        # A call that was stored when its server was killed may be told too.
        assert [session for session in told(notes, path) if session <= poster.acknowledged[-1]] == poster.acknowledged, hooks
    assert [hook["failures"] for hook in hooks] == [0, 0]
    trouble.figure("kill -9 of servers and receivers of hooks", f"{kills} kills, {len(poster.acknowledged)} calls told to 2 hooks, 0 missing")
