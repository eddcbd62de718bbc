# SPDX-License-Identifier: MIT
"""The same questions to stores of 10 thousand to 10 million calls over the same year, and the start of a server over each."""
import http.client
import time
from contextlib import ExitStack
from dataclasses import replace

import bodies
import data
import questions
from measure import show, summary
from paths import RUN
from process import Process, free_port
from sides.callstep import Callstep, serve_options
from sides.side import Contestant

SIZES = (10_000, 100_000, 1_000_000, 10_000_000)


def asked(size):
    """The key says what is compared across sizes."""
    ten = questions.question("page10", "page of 10, JSON")
    found = [
        ten,
        replace(ten, key="page10-deep", title="page of 10, JSON, at half the offset", offset=size // 2),
        questions.question("page1000", "page of 1,000, JSON gzip", limit=1000, coding="gzip", clients=4),
        questions.question("page10000", "page of 10,000, JSON gzip", limit=10_000, coding="gzip", clients=4),
        questions.question("hour", "total of an hour", kind="calls", start=data.START + 7 * 86400 + 99, end=data.START + 7 * 86400 + 3799, limit=1),
        questions.question("day", "total of a day", kind="calls", start=data.START + 7 * 86400 + 99, end=data.START + 8 * 86400 + 199, limit=1),
        questions.question("year", "total of a year", kind="calls", start=data.START + 99, end=data.END - 99, limit=1),
    ]
    if size > 10_000:
        found.append(questions.question("page10000-deep", "page of 10,000, JSON gzip, at half the offset", limit=10_000, offset=size // 2, coding="gzip", clients=4))
    return found


def first_answer(setting, kept, log):
    """Milliseconds from starting the program to its first answer: a page of 10 with the exact total."""
    port = free_port()
    headers = Callstep(setting.binary, kept).basic(data.EMAIL, (kept / "key").read_text().strip())
    path = questions.question("page10", "").path()
    began = time.monotonic()
    process = Process([setting.binary, "serve", "--data", kept / "store", "--listen", f"127.0.0.1:{port}", *serve_options(setting.binary)], log)
    try:
        while time.monotonic() - began < 30:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
            try:
                connection.request("GET", path, headers=headers)
                answer = connection.getresponse()
                answer.read()
                return (time.monotonic() - began) * 1000 if answer.status == 200 else None
            except ConnectionError:
                time.sleep(0.0005)
            finally:
                connection.close()
    finally:
        process.stop()
    return None


def starts(setting, kept, log):
    """Warm, and with the store's files out of the page cache."""
    warm = [first_answer(setting, kept, log) for _ in range(setting.bench.rounds)]
    cold = []
    for _ in range(setting.bench.rounds):
        data.forget_pages(kept / "store")
        cold.append(first_answer(setting, kept, log))
    return {"warm_ms": summary(warm), "cold_ms": summary(cold)}


def questions_by_key(setting, sizes):
    """The same question for each size, so that all sizes answer in turns."""
    found = {}
    for size in sizes:
        for question in asked(size) + searched(setting):
            found.setdefault(question.key, []).append((size, question))
    return found


def searched(setting):
    words = questions.texts(bodies.first_lines(setting.lines.path, questions.SAMPLE_LINES))
    return [replace(words[1], key="text", title="search for a rare word")]


def ask(setting, readers):
    rows = []
    for pairs in questions_by_key(setting, readers).values():
        # A verifier each: the sizes' answers are not to be compared with each other.
        benches = {size: setting.bench_of(setting.bench.rounds, setting.bench.seconds) for size, _ in pairs}
        ready = [(readers[size], question, benches[size].prepare([readers[size]], question)[0][1]) for size, question in pairs]
        found = setting.bench.interleaved(ready)
        show(found)
        rows += [{**row, "size": size} for row, (size, _) in zip(found, pairs)]
    return rows


def start_of(setting, size, kept, log):
    start = {"size": size, **starts(setting, kept, log)}
    start["bytes_a_call"] = sum(path.stat().st_size for path in (kept / "store").iterdir()) / size
    print(f"{size:,} calls: first answer after {start['warm_ms']['median']:.1f} ms (cold {start['cold_ms']['median']:.1f} ms),"
          f" {start['bytes_a_call']:.0f} bytes a call", flush=True)
    return start


def run(setting):
    sizes = setting.options.sizes or SIZES
    kept = {size: setting.store(size) for size in sizes}
    with ExitStack() as stack:
        sides = {size: stack.enter_context(Callstep(setting.binary, kept[size], f"callstep with {size}")) for size in sizes}
        rows = ask(setting, {size: Contestant(f"{size:,} calls", side) for size, side in sides.items()})
    log = RUN / "start-log"
    return {"rows": rows, "starts": [start_of(setting, size, kept[size], log) for size in sizes]}
