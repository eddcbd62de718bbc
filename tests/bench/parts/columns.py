# SPDX-License-Identifier: MIT
"""Filters and statistics beside one store whose calls are in columns, and beside a copy of it that has rows alone: processor time of the whole
command, in turns. The answers must be the same, to the byte."""
import os
import shutil
import sqlite3
import subprocess

import data
from measure import say, summary
from paths import RUN

TABLES = ("segment", "block", "sealed", "late", "gone")
WINDOW = ["--start", str(data.START), "--end", str(data.END)]


def asked(number):
    """By title; @number was often called."""
    search = lambda *words: ["search", "--limit", "10", *words]
    stats = lambda *words: ["stats", "--group", *words]
    return {
        "search for an end of numbers": search("--dest", f"*{number[-4:]}"),
        "search for what stands in numbers": search("--src", "*712*"),
        "search for calls of 2 minutes and more": search("--min-duration", "120"),
        "search for a module": search("--module", "menu"),
        "search for missed calls": search("--outcome", "missed,abandoned"),
        "search for calls that no person answered": search("--answered", "false"),
        "search for talks of a minute and more": search("--min-talk", "60"),
        "statistics by day": stats("time", "--bucket", "day", "--min-duration", "1"),
        "statistics by number": stats("dest"),
        "statistics by outcome": stats("outcome"),
        "statistics by outcome and day": stats("outcome,time", "--bucket", "day"),
        "statistics by caller and outcome": stats("src,outcome"),
        "statistics by module": stats("module"),
        "statistics by caller": stats("src"),
        "drop-off": ["dropoff"],
        "places": ["places"],
        "flow": ["flow"],
    }


def without_columns(kept, folder):
    """A copy that has rows alone. Only a server, an import or a sweep would bring them into columns."""
    copy = data.copy_store(kept, folder)
    database = sqlite3.connect(copy / "store/callstep.db")
    for table in TABLES:
        database.execute(f"delete from {table}")
    database.commit()
    database.close()
    return copy


def ask(binary, kept, words):
    """Seconds of the processor that the command takes, and what it says."""
    child = subprocess.Popen([str(binary), words[0], "--data", str(kept / "store"), *WINDOW, *words[1:]], stdout=subprocess.PIPE)
    said = child.stdout.read()
    child.stdout.close()
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        raise SystemExit(f"callstep {' '.join(words)} failed")
    return usage.ru_utime + usage.ru_stime, said


def both(binary, stores, words):
    """One round: the seconds beside each store, columns first."""
    taken, said = zip(*(ask(binary, kept, words) for kept in stores))
    if len(set(said)) != 1:
        raise SystemExit(f"callstep {' '.join(words)} says something else by columns than by rows")
    return taken


def stores(setting, calls, folder):
    kept = setting.store(calls)
    return kept, without_columns(kept, folder)


def measure(setting, pair, title, words):
    rounds = [both(setting.binary, pair, words) for _ in range(setting.bench.rounds)]
    columns, rows = ([one[side] * 1000 for one in rounds] for side in (0, 1))
    return {"title": title, "columns_ms": summary(columns), "rows_ms": summary(rows), "times": min(rows) / min(columns)}


def show(row):
    print(f"{row['title']:42} columns {row['columns_ms']['min']:7.1f} ms, rows {row['rows_ms']['min']:7.1f} ms: {row['times']:.1f} ×", flush=True)


def run(setting):
    folder = RUN / "columns"
    pair = stores(setting, setting.calls, folder)
    say("-- each question, by columns and by rows")
    found = []
    for title, words in asked(setting.lines.numbers()[0][0]).items():
        found.append(measure(setting, pair, title, words))
        show(found[-1])
    shutil.rmtree(folder)
    return {"calls": setting.calls, "rows": found}
