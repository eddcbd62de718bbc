# SPDX-License-Identifier: MIT
"""callstep on one core and on two, the client beside it: what another core brings."""
import questions
from measure import say
from sides.callstep import Callstep
from sides.side import Contestant

CORES = (("0", 1), ("0,1", 2))
KEYS = ("page10-json", "page10-json-gzip", "page1000-json-gzip", "page10000-json-gzip", "page10000-json", "page10000-xml-gzip")


def run(setting):
    kept = setting.store(setting.calls)
    rows = []
    for cpus, count in CORES:
        say(f"-- {count} core{'s' if count > 1 else ''}")
        with Callstep(setting.binary, kept, f"callstep on {count}", cpus=cpus, options=["--threads", str(count)]) as side:
            reader = Contestant(f"callstep, {count} core{'s' if count > 1 else ''}", side)
            for question in questions.pages(""):
                if question.key in KEYS:
                    rows += [{**row, "cores": count} for row in setting.bench.ask([reader], question)]
    return {"rows": rows}
