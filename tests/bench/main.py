# SPDX-License-Identifier: MIT
"""Measures callstep beside what people would use instead. See scripts/bench."""
import argparse
import fcntl
import json
import os
import signal
import sys
import time
from importlib import import_module
from pathlib import Path

import check
import machine
from measure import say
from paths import BUILD, RESULTS
from setting import CALLS, Setting

PARTS = ["pages", "clients", "mixed", "columns", "intake", "live", "collector", "postgres", "sizes", "memory", "cores", "growth"]
QUICK_PARTS = ["pages", "intake", "live", "collector"]


def read_options():
    parser = argparse.ArgumentParser(prog="scripts/bench", description="Measures callstep beside what people would use instead.")
    parser.add_argument("--quick", action="store_true", help="the main questions to callstep and nginx alone, within 3 minutes; the report stays as it is")
    parser.add_argument("--only", metavar="PART,…", help="only these parts: " + " ".join(PARTS))
    parser.add_argument("--questions", metavar="KEY,…", type=lambda text: text.split(","), help="only these of the part pages, such as page10-json")
    parser.add_argument("--rounds", type=int, help="how often each side is measured [5; with --quick 3]")
    parser.add_argument("--seconds", type=float, help="how long each time at least [1; with --quick 0.7]")
    parser.add_argument("--sizes", metavar="N,…", type=lambda text: [int(word) for word in text.split(",")],
                        help="of the stores that the part growth asks [10000,100000,1000000,10000000]")
    parser.add_argument("--callstep", metavar="BINARY", default=os.environ.get("CALLSTEP_BIN", BUILD / "release/callstep"),
                        help="measure this one; its build has the load client too [$CALLSTEP_BIN]")
    parser.add_argument("--before", metavar="BINARY", help="measure this other callstep beside it, as its own side")
    parser.add_argument("--check", action="store_true", help="fail when callstep fell by half against what expected.json says; some two minutes")
    parser.add_argument("--report", metavar="NAME", default="benchmarks", help="write docs/NAME.md and its charts [%(default)s]")
    parser.add_argument("--record", action="store_true", help="with --check: write expected.json instead")
    options = parser.parse_args()
    options.client = BUILD / "release/tests/bench/client/bench_load"
    if "CALLSTEP_BIN" in os.environ:
        options.client = Path(os.environ["CALLSTEP_BIN"]).with_name("tests") / "bench/client/bench_load"
    options.calls = check.CALLS if options.check else CALLS
    options.quick = options.quick or options.check
    options.rounds = options.rounds or (3 if options.quick else 5)
    options.seconds = options.seconds or (check.SECONDS if options.check else 0.7 if options.quick else 1.0)
    return options


def write_result(name, options, facts, result, seconds):
    RESULTS.mkdir(parents=True, exist_ok=True)
    result = {"part": name, **facts, "took_s": round(seconds), "rounds": options.rounds, **result}
    (RESULTS / f"{name}.json").write_text(json.dumps(result, indent=1))


def run_parts(names, options, facts, setting):
    """The facts are those of the run's beginning: later the load is our own, which says nothing of other work on the machine."""
    for name in names:
        say(f"== {name}")
        began = time.monotonic()
        result = import_module(f"parts.{name}").run(setting)
        if not options.quick:
            result["sides"] = {side.name: {"version": side.version(), "settings": side.settings()} for side in setting.sides()}
            write_result(name, options, facts, result, time.monotonic() - began)
        say(f"== {name}: {time.monotonic() - began:.0f} s")


def lock():
    """One run at a time in a working copy: two would share the sides' folders and disturb each other's figures."""
    BUILD.mkdir(parents=True, exist_ok=True)
    file = open(BUILD / "lock", "w")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        sys.exit("scripts/bench runs here already: wait for its end")
    return file


def main():
    options = read_options()
    locked = lock()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    names = options.only.split(",") if options.only else QUICK_PARTS if options.quick else PARTS
    facts = machine.facts()
    print(f"{facts['date']}, commit {facts['commit']}, {facts['cores']} cores of {facts['processor']}, load {facts['load_before']}")
    with locked, Setting(options) as setting:
        if options.check:
            return 0 if check.run(setting, options.record) else 1
        run_parts(names, options, facts, setting)
    if not options.quick:
        import_module("report.render").write(RESULTS, options.report)
    return 0


if __name__ == "__main__":
    os.umask(0o022)
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
