# SPDX-License-Identifier: MIT
"""The server is killed with SIGKILL at random moments while it is told of live calls, beside whole calls of another account. After each
restart no acknowledged step is missing, and none stands twice, though what was not acknowledged is sent again.

CALLSTEP_CRASH_ROUNDS sets how often (a fifth of it), CALLSTEP_CRASH_SEED gives the same steps and pauses again."""
import os
import random
import signal
import threading

import amender
import trouble
from conftest import Client, Server, add_account
from stores import store_at

KILLS = max(1, trouble.rounds("CALLSTEP_CRASH_ROUNDS", 50) // 5)
SEED = int(os.environ.get("CALLSTEP_CRASH_SEED", random.randrange(10 ** 9)))
OTHER = "other@example.com"


def test_no_acknowledged_step_is_lost_and_none_stands_twice_when_the_server_is_killed(tmp_path):
    store = store_at(tmp_path)
    key, other_key = add_account(store), add_account(store, OTHER)
    random_ = random.Random(SEED)
    amenders = [amender.Amender(f"a{i}", key, 1_700_000_000 + i * 100_000, random_.random(), i % 2 == 0) for i in range(4)]
    ledger = trouble.Ledger()
    for number in range(KILLS):
        server = Server(tmp_path, "--api-detail-days", "ever", store=store)
        amender.check(Client(server, key), amenders)
        posters = trouble.start_posters(Client(server, other_key, OTHER), f"r{number}", number, random_, count=1)
        for one in amenders:
            one.begin(lambda address=server.address: [address])
        threading.Event().wait(0.01 * 60 ** random_.random())  # the random moment
        server.stop(signal.SIGKILL)
        for one in amenders:
            one.stop()
        trouble.stop_posters(posters, ledger)
        trouble.verify(store)
    server = Server(tmp_path, "--api-detail-days", "ever", store=store)
    for one in amenders:
        one.begin(lambda: [server.address])
    trouble.until_each_is_acknowledged(amenders)
    for one in amenders:
        one.stop()
    acked = amender.check(Client(server, key), amenders)
    trouble.check(Client(server, other_key, OTHER), ledger)
    assert server.stop() == 0
    print(f"seed {SEED}")
    trouble.figure("kill -9 beside live calls", f"{KILLS} kills, {acked} steps of {sum(len(one.told) for one in amenders)} live calls acknowledged, "
                   f"{sum(one.repeated for one in amenders)} batches sent again, 0 lost, 0 twice")
