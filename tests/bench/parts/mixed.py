# SPDX-License-Identifier: MIT
"""Reading while 5,000 calls/s come in, durable: pages of a window that the new calls are not in, so that each answer can be checked."""
from dataclasses import replace

import bodies
import data
import questions
from load import is_sound
from measure import say, summary
from paths import RUN
from sides.callstep import Callstep
from sides.side import Contestant

RATE, BATCH, POSTERS = 5_000, 100, 4
SECONDS_MIN = 2.0
NEW_SEED = 2


def asked():
    return [questions.in_forms(questions.question("page10", "page of 10"), questions.FORMS[:1])[0],
            questions.in_forms(questions.question("page1000", "page of 1,000", limit=1000, clients=4), questions.FORMS[1:2])[0]]


def both(setting, reader, question, answer, path, seconds):
    """Reads and posts at once. Returns the two results."""
    client, side = setting.bench.client, reader.side
    headers = {**side.headers, "Content-Type": "application/x-ndjson"}
    posting = client.start(side.address, ["/v1/calls - -"], headers, POSTERS, "-d", seconds + 0.5, "-r", RATE / BATCH, "-b", path, "-m", "accepted")
    reading = setting.bench.once(reader, question, answer, question.clients, seconds)
    return reading, client.finish(posting)


def measure(setting, reader, question, path):
    answer = setting.bench.prepare([reader], question)[0][1]
    seconds = max(SECONDS_MIN, setting.bench.seconds)
    alone, reads, posts = [], [], []
    for _ in range(setting.bench.rounds):
        alone.append(setting.bench.once(reader, question, answer, question.clients, seconds))
        reading, posting = both(setting, reader, question, answer, path, seconds)
        reads.append(reading)
        posts.append(posting)
    return {
        "title": question.title, "sound": all(map(is_sound, alone + reads + posts)),
        "alone": summary([one["rate"] for one in alone]), "alone_p99_ms": summary([one["p99_ms"] for one in alone]),
        "rate": summary([one["rate"] for one in reads]), "p99_ms": summary([one["p99_ms"] for one in reads]),
        "taken_in": summary([one["sum"] / one["seconds"] for one in posts]), "post_p99_ms": summary([one["p99_ms"] for one in posts]),
    }


def show(row):
    mark = "" if row["sound"] else "   WRONG: does not count"
    print(f"{row['title']:30} alone {row['alone']['median']:9.1f}/s p99 {row['alone_p99_ms']['median']:7.2f} ms; while {row['taken_in']['median']:.0f} calls/s"
          f" come in {row['rate']['median']:9.1f}/s p99 {row['p99_ms']['median']:7.2f} ms; posts p99 {row['post_p99_ms']['median']:7.2f} ms{mark}", flush=True)


def run(setting):
    folder = RUN / "mixed"
    kept = data.copy_store(setting.store(setting.calls), folder)
    count = int(RATE * (max(SECONDS_MIN, setting.bench.seconds) + 1))
    # Calls of the year after: none of them is in the window that is read.
    lines = data.lines(setting.binary, count, NEW_SEED, data.END, data.END + data.DAYS * 86400)
    path = folder / "bodies"
    bodies.write(path, bodies.first_lines(lines, count), bodies.NDJSON, BATCH)
    rows = []
    with Callstep(setting.binary, kept, "callstep reading and taking in") as side:
        for question in asked():
            say(f"-- {question.title} while calls come in")
            rows.append(measure(setting, Contestant("callstep", side), replace(question), path))
            show(rows[-1])
    return {"rows": rows, "rate": RATE, "batch": BATCH}
