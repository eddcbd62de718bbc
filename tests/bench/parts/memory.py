# SPDX-License-Identifier: MIT
"""Memory at rest, under load and after it, of callstep and of PHP with PostgreSQL and nginx: pages shared by processes counted once."""
import shutil
import time

import data
import questions
from measure import say
from paths import RUN
from process import memory
from sides.callstep import Callstep
from sides.side import Contestant

CLIENTS = 16
SAMPLES_S = 0.05
LOADS = ("page10-json", "page10000-json-gzip", "page10000-json")


def under_load(setting, contestant, question):
    """The most that was seen while 16 clients asked."""
    answer = setting.bench.prepare([contestant], question)[0][1]
    started = setting.bench.client.start(contestant.side.address, [answer.target(contestant.path(question))],
                                         contestant.request_headers(question), CLIENTS, "-d", 3)
    most = {"pss": 0, "anonymous": 0}
    while started[0].poll() is None:
        now = memory(contestant.side.pids())
        most = {name: max(most[name], now[name]) for name in most}
        time.sleep(SAMPLES_S)
    setting.bench.client.finish(started)
    return most


def measure(setting, contestant):
    found = [("at rest", memory(contestant.side.pids()))]
    for question in questions.pages(""):
        if question.key in LOADS:
            found.append((f"16 clients, {question.title}", under_load(setting, contestant, question)))
    time.sleep(2)
    found.append(("after it", memory(contestant.side.pids())))
    return [{"side": contestant.name, "when": when, **used} for when, used in found]


def run(setting):
    rows, folder = [], RUN / "memory"
    # A server that has answered nothing yet; another may be at work on the kept store.
    with Callstep(setting.binary, data.copy_store(setting.store(setting.calls), folder), "callstep for memory") as side:
        reader = Contestant("callstep", side)
        setting.bench.learn(reader, questions.pages("")[0])
        rows += measure(setting, reader)
    shutil.rmtree(folder)
    say("-- PHP, nginx and PostgreSQL together")
    rows += measure(setting, Contestant("PHP + nginx + PostgreSQL", setting.php))
    for row in rows:
        print(f"{row['side']:26} {row['when']:36} {row['pss'] / 2**20:8.1f} MB, not shared {row['anonymous'] / 2**20:8.1f} MB", flush=True)
    return {"rows": rows}
