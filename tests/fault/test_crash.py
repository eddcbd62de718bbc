# SPDX-License-Identifier: MIT
"""The server is killed with SIGKILL at random moments while calls come in. After each restart every acknowledged call is there, once
and whole, nothing is half-visible, and the store agrees with itself.

CALLSTEP_CRASH_ROUNDS sets how often (50, ten to a store), CALLSTEP_CRASH_SEED gives the posters the same calls and the killer the
same pauses again."""
import os
import random
import signal
import threading

import pytest

import trouble
from conftest import Client, Server, add_account
from stores import store_at

ROUNDS = trouble.rounds("CALLSTEP_CRASH_ROUNDS", 50)
SEED = int(os.environ.get("CALLSTEP_CRASH_SEED", random.randrange(10 ** 9)))
ROUNDS_PER_STORE = 10


def run_round(folder, store, key, number, ledger, random_):
    server = Server(folder, "--api-detail-days", "ever", store=store)
    client = Client(server, key)
    trouble.check(client, ledger)
    posters = trouble.start_posters(client, f"r{number}", number, random_)
    # The random moment: as often in the first 30 milliseconds as in the next 270.
    threading.Event().wait(0.003 * 100 ** random_.random())
    server.stop(signal.SIGKILL)
    trouble.stop_posters(posters, ledger)


@pytest.mark.parametrize("life", range(max(1, ROUNDS // ROUNDS_PER_STORE)))
def test_no_acknowledged_call_is_lost_when_the_server_is_killed(tmp_path, life):
    store = store_at(tmp_path)
    key = add_account(store)
    seed = SEED + life
    random_ = random.Random(seed)
    ledger = trouble.Ledger()
    kills = min(ROUNDS, ROUNDS_PER_STORE)
    for number in range(kills):
        run_round(tmp_path, store, key, number, ledger, random_)
        trouble.verify(store)
    server = Server(tmp_path, "--api-detail-days", "ever", store=store)
    client = Client(server, key)
    posters = trouble.start_posters(client, f"r{kills}", kills, random_)
    trouble.until_each_is_acknowledged(posters)
    trouble.stop_posters(posters, ledger)
    held = trouble.check(client, ledger)
    assert server.stop() == 0
    print(f"seed {seed}")
    trouble.figure("kill -9", f"{kills} kills, {len(ledger.acked)} calls acknowledged, {held} held, 0 lost")
