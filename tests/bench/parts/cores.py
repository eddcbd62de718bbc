# SPDX-License-Identifier: MIT
"""callstep on one core and on two, the client beside it: what another core brings."""
import shutil
from contextlib import ExitStack

import data
import questions
from measure import say
from paths import RUN
from sides.callstep import Callstep
from sides.side import Contestant

CORES = (("0", 1), ("0,1", 2))
KEYS = ("page10-json", "page10-json-gzip", "page1000-json-gzip", "page10000-json-gzip", "page10000-json", "page10000-xml-gzip")


def run(setting):
    kept = setting.store(setting.calls)
    # One server works on a store, and one may be at work on the kept one: these have copies.
    stores = [data.copy_store(kept, RUN / "cores" / str(count)) for _, count in CORES]
    with ExitStack() as stack:
        sides = [stack.enter_context(Callstep(setting.binary, store, f"callstep on {count}", cpus=cpus, options=["--threads", str(count)]))
                 for (cpus, count), store in zip(CORES, stores)]
        readers = [Contestant(f"callstep, {count} core{'s' if count > 1 else ''}", side) for (_, count), side in zip(CORES, sides)]
        rows = []
        for question in questions.pages(""):
            if question.key in KEYS:
                say(f"-- {question.title}")
                found = setting.bench.ask(readers, question)
                rows += [{**row, "cores": count} for row, (_, count) in zip(found, CORES)]
    shutil.rmtree(RUN / "cores")
    return {"rows": rows}
