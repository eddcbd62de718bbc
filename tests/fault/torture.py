# SPDX-License-Identifier: MIT
"""Runs the tests of faults for as long as there is time, each kind for its share of it, and adds up the figures that they print. SIGINT and
SIGTERM end what runs, and what was found until then is told."""
import contextlib
import math
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
OUT = ROOT / "build/torture"
GCC = ROOT / "build/gcc"
FUZZ = ROOT / "build/fuzz/tests/fuzz"
CRASH_ROUNDS_MAX = 1000
MEMORY_STRIDE = 41  # as in scripts/test
WHOLE_SECONDS = 20 * 60  # with less time than this, not every operation of the disk fails
FUZZ_SECONDS_MIN = 30  # each fuzzer gets them, whatever time is left: in the seconds that used to be left, what takes some was missed
INPUT_SECONDS = 25  # one input of a fuzzer may take
END_SECONDS = 30  # what is told to end may take


class Stopped(Exception):
    """Somebody ended it."""


class Sum:
    """Figures: lines that say the same with other numbers are one line with the numbers added up. What was measured is not added up: the last
    run's counts."""

    def __init__(self):
        self.lines, self.measured, self.skipped = {}, {}, set()

    def take(self, text):
        for what, sentence in re.findall(r"figure: ([^:\n]+): (.*)", text):
            key = (what, re.sub(r"\d+", "#", sentence))
            numbers = [int(number) for number in re.findall(r"\d+", sentence)]
            held = self.lines.get(key)
            self.lines[key] = [a + b for a, b in zip(held, numbers)] if held else numbers
        for sentence in re.findall(r"^measured: (.*)", text, re.MULTILINE):
            self.measured[re.sub(r"[\d.]+", "#", sentence)] = sentence
        self.skipped.update(re.findall(r"^SKIPPED \[\d+\] (.*)", text, re.MULTILINE))

    def __str__(self):
        rows = []
        for (what, pattern), numbers in self.lines.items():
            left = iter(numbers)
            rows.append(f"{what}: " + re.sub("#", lambda _: str(next(left)), pattern))
        rows += [f"measured: {sentence}" for sentence in self.measured.values()]
        rows += [f"skipped: {reason}" for reason in sorted(self.skipped)]
        return "\n".join(rows)


def end_group(process):
    """Ends a program and all that it started, which is in its process group: politely, then not."""
    for number in (signal.SIGINT, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(END_SECONDS)


class Torture:
    def __init__(self, minutes):
        self.sum = Sum()
        self.failures = []
        self.seconds = 60 * minutes
        self.began = time.monotonic()
        self.end = self.began + self.seconds

    def run(self, name, command, environment=None, timeout=600):
        """One command; its output goes to a file, its figures into the sum. Returns the output."""
        log = OUT / f"{name}.log"
        with open(log, "ab") as out:
            out.write(f"\n== {' '.join(map(str, command))}\n".encode())
            out.flush()
            start = out.tell()
            process = subprocess.Popen([*map(str, command)], cwd=ROOT, stdout=out, stderr=subprocess.STDOUT, start_new_session=True,
                                       env={**os.environ, **(environment or {})})
            try:
                status = process.wait(timeout)
            except subprocess.TimeoutExpired:
                status = f"not done after {timeout} s"
            finally:
                end_group(process)
        with open(log, "rb") as read:
            read.seek(start)
            text = read.read().decode(errors="replace")
        self.sum.take(text)
        if status != 0:
            self.failures.append(f"{name}: {status}, see {log.relative_to(ROOT)}")
            print(f"FAILED {self.failures[-1]}", flush=True)
        return text

    def pytest(self, name, file, environment, timeout=600):
        return self.run(name, [sys.executable, "-m", "pytest", "-q", "-s", "-rs", "-p", "no:cacheprovider", file],
                        {"CALLSTEP_BIN": str(GCC / "callstep"), "PYTHONPATH": "tests/api", **environment}, timeout)

    def for_share(self, share, each, at_most=1000):
        """Calls @each at least once and until the share of all the time is used up, or nothing is left."""
        until = min(time.monotonic() + share * self.seconds, self.end)
        for _ in range(at_most):
            failed = len(self.failures)
            each()
            if time.monotonic() > until or len(self.failures) > failed:
                return

    def summary(self, stopped):
        found = [f"FAILED {failure}" for failure in self.failures]
        if stopped:
            found.append(stopped)
        return f"{int((time.monotonic() - self.began) / 60)} minutes\n{self.sum}\n" + \
            ("\n".join(found) or "everything survived, 0 lost") + "\n"


def memory(torture):
    """As many of the allocations as there is time for fail, every one when it suffices: how long they take is measured first."""
    test = GCC / "tests/fault/fault_memory_test"
    began = time.monotonic()
    torture.run("memory_test", [test], {"CALLSTEP_MEMORY_STRIDE": str(MEMORY_STRIDE)})
    seconds = time.monotonic() - began
    room = min(0.3 * torture.seconds, (torture.end - time.monotonic()) / 2)
    stride = math.ceil(MEMORY_STRIDE * seconds / room) if room > seconds else MEMORY_STRIDE
    if stride < MEMORY_STRIDE:
        torture.run("memory_test", [test], {"CALLSTEP_MEMORY_STRIDE": str(stride)}, timeout=2 * int(room))
    torture.sum.take(f"figure: no memory: one allocation of {stride} failed, one after the other")


def every_fault(torture):
    """Not repeated: they fail every operation once. The power is cut with as many patterns as the time allows."""
    more = {"CALLSTEP_POWER_SEEDS": str(max(2, int(torture.seconds / 60))),
            "CALLSTEP_FAULT_STRIDE": "1" if torture.seconds >= WHOLE_SECONDS else "11"}
    for name in ("disk_test", "api_memory_test", "power_test", "upgrade_test"):
        torture.run(name, [GCC / f"tests/fault/fault_{name}"], more)


def kills(torture):
    rounds = 50 if torture.seconds >= WHOLE_SECONDS else 10
    torture.for_share(0.3, lambda: torture.pytest("crash", "tests/fault/test_crash.py", {"CALLSTEP_CRASH_ROUNDS": str(rounds)}),
                      CRASH_ROUNDS_MAX // rounds)


def cuts(torture):
    """With time enough an exchange's stream is cut at every 1,000th byte."""
    torture.run("cuts", [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/collect/test_collect_asterisk.py", "-k", "wherever_the_connection_breaks"],
                {"CALLSTEP_BIN": str(GCC / "callstep"), "CALLSTEP_CUT_RUNS": "100" if torture.seconds >= WHOLE_SECONDS else "10"}, timeout=1800)


def sweeps(torture):
    more = {"CALLSTEP_SWEEP_ROUNDS": "20"}
    torture.for_share(0.05, lambda: [torture.pytest("sweep", f"tests/fault/{name}.py", more) for name in ("test_sweep_crash", "test_days")])


def servers(torture):
    torture.for_share(0.05, lambda: torture.pytest("servers", "tests/fault/test_servers.py", {"CALLSTEP_CRASH_ROUNDS": "100"}))
    torture.pytest("database", "tests/fault/test_database.py", {"CALLSTEP_FAILOVER_ROUNDS": "5", "CALLSTEP_SLOW_LONG": "1"})


def processes(torture):
    torture.pytest("hooks", "tests/fault/test_hooks_crash.py", {"CALLSTEP_HOOK_ROUNDS": "50"})
    more = {"CALLSTEP_SIGNAL_ROUNDS": "40", "CALLSTEP_IMPORT_ROUNDS": "20", "CALLSTEP_MEMORY_ROUNDS": "60"}
    torture.for_share(0.05, lambda: torture.pytest("process", "tests/fault/test_process.py",
                                                   more if torture.seconds >= WHOLE_SECONDS else {}))


def full_disks(torture):
    torture.for_share(0.03, lambda: torture.pytest("full_disk", "tests/fault/test_full_disk.py", {}))


def backups(torture):
    torture.for_share(0.03, lambda: torture.pytest("backup", "tests/fault/test_backup.py", {}))


def on_postgres(torture):
    """What is tried on a folder above; servers() has several of them on one database."""
    for name in ("test_crash.py", "test_process.py", "test_sweep_crash.py"):
        torture.pytest("postgres", f"tests/fault/{name}", {"CALLSTEP_TEST_STORE": "postgres", "CALLSTEP_CRASH_ROUNDS": "20"})
    if torture.seconds >= WHOLE_SECONDS:
        torture.pytest("postgres", "tests/load", {"CALLSTEP_TEST_STORE": "postgres"})


def package(torture):
    """The Debian package: twice the same bytes, and installed and started in chroots of both releases. That needs root and Debian's mirror."""
    torture.run("package", ["scripts/package", "--twice", OUT / "package"], timeout=1800)
    for suite in ("bookworm", "trixie") if os.geteuid() == 0 else ():
        text = torture.run("package", ["scripts/package", "--try", suite], timeout=1800)
        tried = text.count("\ntried: ")
        torture.sum.take(f"figure: package in a chroot of {suite}: {tried} things tried")


def load(torture):
    torture.pytest("load", "tests/load/test_load.py", {"CALLSTEP_LOAD_LONG": "1" if torture.seconds >= WHOLE_SECONDS else "0"})


def siege(torture):
    """Five minutes of hostile clients of all kinds at once, where there are five."""
    torture.pytest("siege", "tests/load/test_siege.py", {"CALLSTEP_LOAD_LONG": "1" if torture.seconds >= WHOLE_SECONDS else "0"})


def paths(torture):
    """Made-up paths against the model, on both stores."""
    count = "10000" if torture.seconds >= WHOLE_SECONDS else "1000"
    for store in ("embedded", "postgres"):
        torture.pytest("paths", "tests/api/test_paths.py", {"CALLSTEP_TEST_STORE": store, "CALLSTEP_PATHS": count}, timeout=1800)


def fuzz(torture):
    """What is left of the time, the same for each target, but no less than they need."""
    targets = sorted(path.name[:-len("_fuzz.c")] for path in (ROOT / "tests/fuzz").glob("*_fuzz.c"))
    for at, target in enumerate(targets):
        seconds = max(FUZZ_SECONDS_MIN, int((torture.end - time.monotonic()) / (len(targets) - at)))
        grown = OUT / "corpus" / target
        grown.mkdir(parents=True, exist_ok=True)
        text = torture.run(f"fuzz-{target}", [FUZZ / f"{target}_fuzz", f"-max_total_time={seconds}", f"-timeout={INPUT_SECONDS}",
                                              "-print_final_stats=1", f"-artifact_prefix={OUT}/{target}-", grown,
                                              ROOT / "tests/fuzz/corpus" / target], timeout=seconds + 300)
        inputs = re.search(r"stat::number_of_executed_units: +(\d+)", text)
        torture.sum.take(f"figure: fuzz {target}: {inputs.group(1) if inputs else 0} inputs")


PARTS = (every_fault, kills, cuts, sweeps, processes, full_disks, servers, on_postgres, backups, package, load, siege, paths, memory, fuzz)


def stop(number, _):
    """Once: ending what runs is not to be interrupted again."""
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, signal.SIG_IGN)
    raise Stopped(f"stopped by {signal.Signals(number).name}")


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    for old in OUT.glob("*.log"):
        old.unlink()
    torture = Torture(max(1, int(sys.argv[1])))
    stopped = ""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    try:
        for part in PARTS:
            print(f"== {part.__name__} ({int((torture.end - time.monotonic()) / 60)} minutes left)", flush=True)
            part(torture)
    except Stopped as reason:
        stopped = f"{reason} in {part.__name__}: what comes behind it was not run"
    summary = torture.summary(stopped)
    (OUT / "summary.txt").write_text(summary)
    print(summary, flush=True)
    return 1 if torture.failures or stopped else 0


if __name__ == "__main__":
    sys.exit(main())
