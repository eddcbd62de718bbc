# SPDX-License-Identifier: MIT
"""scripts/bench --check: fails when callstep fell by half. Each figure is a ratio within this run: to nginx serving the same bytes, to
zlib compressing the same calls, or to callstep's own answer to an easier question; its sides take turns, so that whatever else the machine does slows both. What such
a ratio must be stands in expected.json; below LEAST of it, and again in two more tries, is a fall. expected.json is rewritten by
scripts/bench --check --record, on purpose, never by a run that checks."""
import json
import shutil
import statistics
import time
import zlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import bodies
import questions
from load import is_sound
from measure import say
from paths import HERE, RUN
from parts.intake import post
from process import memory

CALLS = 20_000
EXPECTED = HERE / "expected.json"
LEAST = 0.6
TRIES = 3
ROUNDS = 3
SECONDS = 0.3
POSTED = 12_000
MEMORY_AT_REST_MAX = 64 * 2**20


def asked():
    ten = questions.question("page10", "page of 10")
    thousand = questions.question("headers1000", "1,000 headers", kind="calls", limit=1000, clients=4)
    most = questions.question("page10000", "page of 10,000", limit=10_000, clients=4)
    forms = questions.FORMS
    return [*questions.in_forms(ten, forms[:2]), *questions.in_forms(thousand, forms[:1]), *questions.in_forms(most, forms[:3])]


def rates(bench, ready, question, clients):
    seconds = {one: bench.duration(one, question, answer, clients) for one, answer in ready}
    for _ in range(ROUNDS):
        results = [bench.once(one, question, answer, clients, seconds[one]) for one, answer in ready]
        if not all(map(is_sound, results)):
            raise SystemExit(f"{question.title}: wrong answers under load: {results}")
        yield [result["rate"] for result in results]


def beside_nginx(setting, question):
    ready = setting.bench.prepare(setting.contestants, question, setting.nginx)
    return lambda: statistics.median(mine / theirs for mine, theirs in rates(setting.bench, ready, question, question.clients))


def deep_beside_near(setting):
    near = asked()[0]
    far = replace(near, key="deep", title="page of 10 at offset 15,000", offset=CALLS * 3 // 4)
    reader = setting.contestants[0]
    ready = [(reader, question, setting.bench.prepare([reader], question)[0][1]) for question in (far, near)]

    def measure():
        pairs = []
        for _ in range(ROUNDS):
            deep, easy = (setting.bench.once(one, question, answer, question.clients, SECONDS)["rate"] for one, question, answer in ready)
            pairs.append(deep / easy)
        return statistics.median(pairs)
    return measure


def compress_rate(lines):
    """Calls/s of zlib level 1 over the same lines, on all cores."""
    pieces = [b"".join(lines[first:first + 500]) for first in range(0, len(lines), 500)]
    began = time.monotonic()
    with ThreadPoolExecutor() as pool:
        list(pool.map(lambda piece: zlib.compress(piece, 1), pieces))
    return len(lines) / (time.monotonic() - began)


def intake_beside_zlib(setting, folder):
    lines = bodies.first_lines(setting.lines.path, POSTED)

    def measure():
        pairs = []
        for _ in range(ROUNDS):
            result, count = post(setting, bodies.NDJSON, 100, 16, folder, POSTED)
            if not result["sound"]:
                raise SystemExit("intake: not all calls that were posted are there")
            pairs.append(count / result["seconds"] / compress_rate(lines))
        return statistics.median(pairs)
    return measure


def all_checks(setting, folder):
    """By name: how to measure the ratio once."""
    used = memory(setting.callstep.pids())["pss"]
    if used > MEMORY_AT_REST_MAX:
        raise SystemExit(f"memory at rest: {used / 2**20:.0f} MB, more than 64 MB")
    found = {question.key: beside_nginx(setting, question) for question in asked()}
    found["deep-offset"] = deep_beside_near(setting)
    found["intake"] = intake_beside_zlib(setting, folder)
    return found


def hold(name, measure, wanted):
    """Whether the ratio is no fall; the best of up to three tries, for a machine that others use too."""
    best = 0.0
    for _ in range(TRIES):
        best = max(best, measure())
        if best >= LEAST * wanted:
            break
    fell = best < LEAST * wanted
    print(f"{name:24} {best:8.3f}, expected {wanted:.3f}, at least {LEAST * wanted:.3f}{'   FELL' if fell else ''}", flush=True)
    return not fell


def run(setting, record):
    folder = RUN / "check"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    checks = all_checks(setting, folder)
    if record:
        ratios = {name: round(statistics.median(measure() for _ in range(TRIES)), 4) for name, measure in checks.items()}
        EXPECTED.write_text(json.dumps(ratios, indent=1) + "\n")
        say(f"recorded: {ratios}")
        return True
    expected = json.loads(EXPECTED.read_text())
    if set(expected) != set(checks):
        raise SystemExit("expected.json has other checks than these: scripts/bench --check --record")
    held = [hold(name, measure, expected[name]) for name, measure in checks.items()]
    print(f"{sum(held)} passed, {len(held) - sum(held)} failed")
    return all(held)
