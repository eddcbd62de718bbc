# SPDX-License-Identifier: MIT
"""The same questions to stores of 10 thousand to 10 million calls over the same year, and the start of a server over each."""
import http.client
import time
from dataclasses import replace

import data
import questions
from measure import say, summary
from process import Process, free_port
from sides.callstep import OPTIONS, Callstep
from sides.side import Contestant

SIZES = (10_000, 100_000, 1_000_000, 10_000_000)
ROUNDS = 3
SECONDS = 0.7
DEEP = 5_000_000


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
    process = Process([setting.binary, "serve", "--data", kept / "store", "--listen", f"127.0.0.1:{port}", *OPTIONS], log)
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
    for _ in range(ROUNDS):
        data.forget_pages(kept / "store")
        cold.append(first_answer(setting, kept, log))
    return {"warm_ms": summary(warm), "cold_ms": summary(cold)}


def measure(setting, size):
    kept = setting.store(size)
    rows = []
    with Callstep(setting.binary, kept, f"callstep with {size}") as side:
        reader = Contestant("callstep", side)
        bench = setting.bench_of(ROUNDS, SECONDS)
        for question in asked(size):
            rows += [{**row, "size": size} for row in bench.ask([reader], question)]
    start = {"size": size, **starts(setting, kept, side.folder / "start-log")}
    held = sum(path.stat().st_size for path in (kept / "store").iterdir())
    print(f"{size:,} calls: first answer after {start['warm_ms']['median']:.1f} ms (cold {start['cold_ms']['median']:.1f} ms),"
          f" {held / size:.0f} bytes a call", flush=True)
    return rows, {**start, "bytes_a_call": held / size}


def run(setting):
    rows, started = [], []
    for size in setting.options.sizes or SIZES:
        say(f"-- {size:,} calls")
        found, start = measure(setting, size)
        rows += found
        started.append(start)
    return {"rows": rows, "starts": started}
