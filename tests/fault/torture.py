# SPDX-License-Identifier: MIT
"""Runs the tests of faults for as long as there is time, each kind for its share of it, and adds up the figures that they print."""
import os
import re
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
OUT = ROOT / "build/torture"
GCC = ROOT / "build/gcc"
FUZZ = ROOT / "build/fuzz/tests/fuzz"
CRASH_ROUNDS_MAX = 1000


class Sum:
    """Figures: lines that say the same with other numbers are one line with the numbers added up."""

    def __init__(self):
        self.lines = {}

    def take(self, text):
        for what, sentence in re.findall(r"figure: ([^:\n]+): (.*)", text):
            key = (what, re.sub(r"\d+", "#", sentence))
            numbers = [int(number) for number in re.findall(r"\d+", sentence)]
            held = self.lines.get(key)
            self.lines[key] = [a + b for a, b in zip(held, numbers)] if held else numbers

    def __str__(self):
        rows = []
        for (what, pattern), numbers in self.lines.items():
            left = iter(numbers)
            rows.append(f"{what}: " + re.sub("#", lambda _: str(next(left)), pattern))
        return "\n".join(rows)


class Torture:
    def __init__(self, minutes):
        self.sum = Sum()
        self.failures = []
        self.end = time.monotonic() + 60 * minutes
        self.seconds = 60 * minutes

    def run(self, name, command, environment=None, timeout=900):
        """One command; its output goes to a file, its figures into the sum. Returns the output."""
        done_at = time.monotonic() + timeout
        log = OUT / f"{name}.log"
        with open(log, "ab") as out:
            out.write(f"\n== {' '.join(map(str, command))}\n".encode())
            out.flush()
            start = out.tell()
            try:
                status = subprocess.run([*map(str, command)], cwd=ROOT, stdout=out, stderr=subprocess.STDOUT,
                                        env={**os.environ, **(environment or {})}, timeout=done_at - time.monotonic()).returncode
            except subprocess.TimeoutExpired:
                status = f"not done after {timeout} s"
        with open(log, "rb") as read:
            read.seek(start)
            text = read.read().decode(errors="replace")
        self.sum.take(text)
        if status != 0:
            self.failures.append(f"{name}: {status}, see {log.relative_to(ROOT)}")
            print(f"FAILED {self.failures[-1]}", flush=True)
        return text

    def pytest(self, name, file, environment):
        return self.run(name, [sys.executable, "-m", "pytest", "-q", "-s", "-rs", "-p", "no:cacheprovider", file],
                        {"CALLSTEP_BIN": str(GCC / "callstep"), "PYTHONPATH": "tests/api", **environment})

    def for_share(self, share, each, at_most=1000):
        """Calls @each at least once and until the share of all the time is used up, or nothing is left."""
        until = min(time.monotonic() + share * self.seconds, self.end)
        for count in range(at_most):
            failed = len(self.failures)
            each(count)
            if time.monotonic() > until or len(self.failures) > failed:
                return


def kills(torture):
    rounds = 50
    torture.for_share(0.3, lambda _: torture.pytest("crash", "tests/fault/test_crash.py", {"CALLSTEP_CRASH_ROUNDS": str(rounds)}),
                      CRASH_ROUNDS_MAX // rounds)


def every_fault(torture):
    """Not repeated: they fail every operation once. The power is cut with as many patterns as the time allows."""
    for name in ("disk_test", "memory_test", "api_memory_test"):
        torture.run(name, [GCC / f"tests/fault/fault_{name}"], {"CALLSTEP_MEMORY_STRIDE": "1"}, timeout=1500)
    seeds = str(max(4, int(torture.seconds / 60)))
    for name in ("power_test", "upgrade_test"):
        torture.run(name, [GCC / f"tests/fault/fault_{name}"], {"CALLSTEP_POWER_SEEDS": seeds})


def processes(torture):
    more = {"CALLSTEP_SIGNAL_ROUNDS": "40", "CALLSTEP_IMPORT_ROUNDS": "20", "CALLSTEP_MEMORY_ROUNDS": "60"}
    torture.for_share(0.1, lambda _: torture.pytest("process", "tests/fault/test_process.py", more))


def full_disks(torture):
    torture.for_share(0.07, lambda _: torture.pytest("full_disk", "tests/fault/test_full_disk.py", {}))


def backups(torture):
    torture.for_share(0.07, lambda _: torture.pytest("backup", "tests/fault/test_backup.py", {"CALLSTEP_BACKUP_ROUNDS": "8"}))


def load(torture):
    """What tests/load has, where it is there."""
    if (ROOT / "tests/load").is_dir():
        torture.for_share(0.08, lambda _: torture.pytest("load", "tests/load", {"CALLSTEP_LOAD_LONG": "1"}))


def fuzz(torture):
    """What is left of the time, the same for each target."""
    targets = sorted(path.name[:-len("_fuzz.c")] for path in (ROOT / "tests/fuzz").glob("*_fuzz.c"))
    for at, target in enumerate(targets):
        seconds = int((torture.end - time.monotonic()) / (len(targets) - at))
        grown = OUT / "corpus" / target
        grown.mkdir(parents=True, exist_ok=True)
        text = torture.run(f"fuzz-{target}", [FUZZ / f"{target}_fuzz", f"-max_total_time={max(seconds, 5)}", "-print_final_stats=1",
                                              f"-artifact_prefix={OUT}/{target}-", grown, ROOT / "tests/fuzz/corpus" / target],
                           timeout=max(seconds, 5) + 300)
        inputs = re.search(r"stat::number_of_executed_units: +(\d+)", text)
        torture.sum.take(f"figure: fuzz {target}: {inputs.group(1) if inputs else 0} inputs")


def main():
    minutes = max(5, int(sys.argv[1]))
    OUT.mkdir(parents=True, exist_ok=True)
    for old in OUT.glob("*.log"):
        old.unlink()
    torture = Torture(minutes)
    started = time.monotonic()
    for part in (every_fault, kills, processes, full_disks, backups, load, fuzz):
        print(f"== {part.__name__} ({int((torture.end - time.monotonic()) / 60)} minutes left)", flush=True)
        part(torture)
    summary = f"{int((time.monotonic() - started) / 60)} minutes\n{torture.sum}\n" + \
        ("\n".join(f"FAILED {failure}" for failure in torture.failures) or "everything survived, 0 lost") + "\n"
    (OUT / "summary.txt").write_text(summary)
    print(summary)
    return 1 if torture.failures else 0


if __name__ == "__main__":
    sys.exit(main())
