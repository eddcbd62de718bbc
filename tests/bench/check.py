# SPDX-License-Identifier: MIT
"""scripts/bench --check: fails when callstep fell by half. What callstep needs for an answer is held against what yardsticks need in the same
run: nginx to send the same bytes, which is the system's work; zlib to pack 100 calls, which is a program's; and callstep itself to answer an easier
question, or the same one by rows where it is asked by columns. A call taken in has a file instead of nginx: a MiB that it gets, page by page, and that is
then on the disk. They take turns, so that whatever else the machine does slows all; and since the
system's work and a program's have each their yardstick, a processor or a disk that does one of them slowly and the other not changes little. None of them
is quicker in one Debian than in another: SQLite, which counted here once, took half the time in 3.46 than in 3.40. How many of each
callstep takes stands in expected.json: the figure is the time that these take now, divided by callstep's. Below LEAST, and again in two more
tries, is a fall. expected.json is rewritten by scripts/bench --check --record, on purpose, never by a run that checks."""
import json
import os
import shutil
import statistics
import time
import zlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import bodies
import questions
from load import is_sound
from machine import CORES
from measure import say
from paths import HERE, RUN
from parts import columns
from parts.intake import post
from process import memory, user_seconds

CALLS = 20_000
CALLS_IN_COLUMNS = 100_000
EXPECTED = HERE / "expected.json"
LEAST = 0.6
TRIES = 3
ROUNDS = 3
SECONDS = 0.3
POSTED = 12_000
WRITTEN = 16       # MiB, each synced
PAGE_SIZE = 4096
MEMORY_AT_REST_MAX = 64 * 2**20


def asked():
    ten = questions.question("page10", "page of 10")
    thousand = questions.question("headers1000", "1,000 headers", kind="calls", limit=1000, clients=4)
    most = questions.question("page10000", "page of 10,000", limit=10_000, clients=4)
    forms = questions.FORMS
    return [*questions.in_forms(ten, forms[:2]), *questions.in_forms(thousand, forms[:1]), *questions.in_forms(most, forms[:3])]


@dataclass
class Trial:
    """Seconds of one round, side by side."""
    callstep: float         # for an answer, or a call taken in
    yardsticks: dict        # by name: for one of its own; of two the system's comes first
    computed: float = None  # of the first, what callstep spent in its own code, on all cores

    def figure(self, expected):
        return sum(count * self.yardsticks[name] for name, count in expected.items()) / self.callstep

    def counts(self):
        """How many of each a figure of 1 takes. Of two, the program's stands for what callstep computed, the system's for the rest."""
        spent = [self.callstep] if len(self.yardsticks) == 1 else [self.callstep - self.computed, self.computed]
        return {name: part / seconds for part, (name, seconds) in zip(spent, self.yardsticks.items(), strict=True)}


def on_all_cores(work, pieces):
    """Seconds until @work was done with each of the pieces, by threads; it holds no lock of Python's."""
    began = time.monotonic()
    with ThreadPoolExecutor(CORES) as pool:
        list(pool.map(work, pieces))
    return time.monotonic() - began


def compress_seconds(lines):
    """Of zlib level 1 for 100 of the calls, on all cores."""
    pieces = [b"".join(lines[first:first + 500]) for first in range(0, len(lines), 500)]
    return on_all_cores(lambda piece: zlib.compress(piece, 1), pieces) / len(lines) * 100


def write_seconds(folder):
    """Of a file to get a MiB in pages and to be synced."""
    page = os.urandom(PAGE_SIZE)
    with open(folder / "written", "wb", buffering=0) as file:
        began = time.monotonic()
        for _ in range(WRITTEN):
            for _ in range(2**20 // PAGE_SIZE):
                file.write(page)
            os.fdatasync(file.fileno())
        return (time.monotonic() - began) / WRITTEN


def answering(setting, question):
    """Trials of one question to callstep and nginx, zlib packing between them."""
    lines = bodies.first_lines(setting.lines.path, POSTED)
    ready = setting.bench.prepare(setting.contestants, question, setting.nginx)
    lengths = {one: setting.bench.duration(one, question, answer, question.clients) for one, answer in ready}

    def once(one, answer):
        result = setting.bench.once(one, question, answer, question.clients, lengths[one])
        if not is_sound(result):
            raise SystemExit(f"{question.title}: wrong answers under load: {result}")
        return result

    def trial():
        before = user_seconds(setting.callstep.pids())
        result = once(*ready[0])
        computed = (user_seconds(setting.callstep.pids()) - before) / CORES / result["answers"]
        packing = compress_seconds(lines)
        return Trial(1 / result["rate"], {"nginx": 1 / once(*ready[1])["rate"], "zlib": packing}, computed)
    return trial


def deep_beside_near(setting):
    near = asked()[0]
    far = replace(near, key="deep", title="page of 10 at offset 15,000", offset=CALLS * 3 // 4)
    reader = setting.contestants[0]
    ready = [(reader, question, setting.bench.prepare([reader], question)[0][1]) for question in (far, near)]

    def trial():
        deep, easy = (setting.bench.once(one, question, answer, question.clients, SECONDS)["rate"] for one, question, answer in ready)
        return Trial(1 / deep, {"near": 1 / easy})
    return trial


def columns_beside_rows(setting, stores, title):
    words = columns.asked(setting.lines.numbers()[0][0])[title]

    def trial():
        by_columns, by_rows = columns.both(setting.binary, stores, words)
        return Trial(by_columns, {"rows": by_rows})
    return trial


def intake_beside_file_and_zlib(setting, folder):
    lines = bodies.first_lines(setting.lines.path, POSTED)

    def trial():
        result, count = post(setting, bodies.NDJSON, 100, 16, folder, POSTED)
        if not result["sound"]:
            raise SystemExit("intake: not all calls that were posted are there")
        yardsticks = {"file": write_seconds(folder), "zlib": compress_seconds(lines)}
        return Trial(result["seconds"] / count, yardsticks, result["user_s"] / CORES / count)
    return trial


def all_checks(setting, folder):
    """By name: how to make one trial."""
    used = memory(setting.callstep.pids())["pss"]
    if used > MEMORY_AT_REST_MAX:
        raise SystemExit(f"memory at rest: {used / 2**20:.0f} MB, more than 64 MB")
    words = questions.texts(bodies.first_lines(setting.lines.path, questions.SAMPLE_LINES))
    found = {question.key: answering(setting, question) for question in [*asked(), words[0]]}
    found["deep-offset"] = deep_beside_near(setting)
    stores = columns.stores(setting, CALLS_IN_COLUMNS, folder / "rows")
    for name, title in {"columns-filter": "search for missed calls", "columns-stats": "statistics by module"}.items():
        found[name] = columns_beside_rows(setting, stores, title)
    found["intake"] = intake_beside_file_and_zlib(setting, folder)
    return found


def hold(name, trial, expected):
    """Whether the figure is not a fall; the best of up to three tries, for a machine that others use too."""
    best = 0.0
    for _ in range(TRIES):
        best = max(best, statistics.median(trial().figure(expected) for _ in range(ROUNDS)))
        if best >= LEAST:
            break
    beside = ", ".join(f"{count:.4g} × {yardstick}" for yardstick, count in expected.items())
    print(f"{name:24} {best:6.2f} of what {beside} took{'   FELL' if best < LEAST else ''}", flush=True)
    return best >= LEAST


def counted(trial):
    """The medians of what trials come to, each by itself."""
    trials = [trial().counts() for _ in range(TRIES * ROUNDS)]
    return {name: float(f"{statistics.median(one[name] for one in trials):.4g}") for name in trials[0]}


def run(setting, record):
    folder = RUN / "check"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    checks = all_checks(setting, folder)
    if record:
        recorded = {name: counted(trial) for name, trial in checks.items()}
        EXPECTED.write_text(json.dumps(recorded, indent=1) + "\n")
        say(f"recorded: {recorded}")
        return True
    expected = json.loads(EXPECTED.read_text())
    if set(expected) != set(checks):
        raise SystemExit("expected.json has other checks than these: scripts/bench --check --record")
    held = [hold(name, trial, expected[name]) for name, trial in checks.items()]
    print(f"{sum(held)} passed, {len(held) - sum(held)} failed")
    return all(held)
