# SPDX-License-Identifier: MIT
"""Taking calls in: over HTTP in every form, by the command line, and PostgreSQL's COPY of the same calls, each into an empty store."""
import json
import shutil
import subprocess
import time

import bodies
import data
from load import fetch, is_sound
from measure import say, summary
from paths import scratch
from process import run as run_command
from process import user_seconds
from sides import postgres
from sides.callstep import Callstep
from sides.rows import copy_row

CALLS = 30_000
SINGLE_CALLS = 10_000         # posted one by one: each has its own commit, or shares one
COPY_CALLS = 30_000
IMPORT_CALLS = 100_000

# form, calls a body, posters
CASES = [
    (bodies.NDJSON, 1, 1), (bodies.NDJSON, 1, 16), (bodies.NDJSON, 1, 256),
    (bodies.NDJSON, 100, 1), (bodies.NDJSON, 100, 16), (bodies.NDJSON, 100, 256),
    (bodies.NDJSON, 10_000, 1), (bodies.NDJSON, 10_000, 3),
    (bodies.DOCUMENT, 100, 16), (bodies.DOCUMENT, 10_000, 1),
    (bodies.GZIP, 100, 16), (bodies.GZIP, 10_000, 3),
]
QUICK_CASES = [(bodies.NDJSON, 1, 16), (bodies.NDJSON, 100, 16), (bodies.NDJSON, 10_000, 1)]


def calls_of(batch, posters):
    return 1_000 if (batch, posters) == (1, 1) else SINGLE_CALLS if batch == 1 else CALLS


def post(setting, form, batch, posters, folder, count=None):
    """Posts into an empty store. Returns the client's result, with the seconds that the server computed, once all calls were found to be there, and how
    many they are."""
    count = count or calls_of(batch, posters)
    path = folder / f"bodies-{form.name.replace(' ', '-')}-{batch}-{count}"
    if not path.exists():
        bodies.write(path, bodies.first_lines(setting.lines.path, count), form, batch)
    kept = data.empty_store(setting.binary, folder / "store")
    with Callstep(setting.binary, kept, "callstep taking in", options=setting.serve_options) as side:
        headers = {**side.headers, **dict(form.headers)}
        before = user_seconds(side.pids())
        result = setting.bench.client.run(side.address, ["/v1/calls - -"], headers, posters, "-d", 0, "-b", path, "-m", "accepted")
        result["user_s"] = user_seconds(side.pids()) - before
        answer = fetch(side.address, f"/api/calls/0/{data.END}?limit=1", side.headers)
        total = json.loads(answer.body)["total_calls"]
    result["sound"] = is_sound(result) and result["sum"] == count == total
    return result, count


def over_http(setting, folder):
    rows = []
    for form, batch, posters in QUICK_CASES if setting.quick else CASES:
        results = [post(setting, form, batch, posters, folder) for _ in range(setting.bench.rounds)]
        rows.append({
            "what": f"POST {form.name}, {batch:,} a body, {posters} poster{'s' if posters > 1 else ''}",
            "side": "callstep", "batch": batch, "posters": posters, "form": form.name, "calls": results[0][1],
            "sound": all(result["sound"] for result, _ in results),
            "rate": summary([count / result["seconds"] for result, count in results]),
            "p99_ms": summary([result["p99_ms"] for result, _ in results]),
        })
        show(rows[-1])
    return rows


def import_once(setting, folder, lines):
    kept = data.empty_store(setting.binary, folder / "import")
    began = time.monotonic()
    run_command(setting.binary, "import", "--data", kept / "store", "--quiet", lines)
    took = time.monotonic() - began
    listed = run_command(setting.binary, "export", "--data", kept / "store").count('"session_id"')
    return took, listed


def by_command(setting, folder, calls):
    lines = folder / "import.ndjson"
    lines.write_bytes(b"".join(bodies.first_lines(setting.lines.path, calls)))
    done = [import_once(setting, folder, lines) for _ in range(setting.bench.rounds)]
    rows = [{"what": f"callstep import of {calls:,}", "side": "callstep", "calls": calls, "sound": all(listed == calls for _, listed in done),
             "rate": summary([calls / took for took, _ in done])}]
    show(rows[0])
    return rows


def copy_once(server, files, indices):
    """COPY of the files at once, one session each, by the server itself from files: nothing is sent, nothing parsed but the rows."""
    server.sql("drop table if exists call")
    server.sql("drop table if exists key, account; drop function if exists call_words")
    server.script("schema.sql")
    for name in indices:
        server.script(name)
    server.sql("checkpoint")
    began = time.monotonic()
    sessions = [subprocess.Popen(server.command("-c", f"copy call from '{path}'")) for path in files]
    failed = [session.wait() for session in sessions]
    took = time.monotonic() - began
    return took, any(failed), int(server.sql("select count(*) from call"))


def write_rows(setting, folder, parts):
    lines = bodies.first_lines(setting.lines.path, COPY_CALLS)
    files = []
    for part in range(parts):
        path = folder / f"rows-{parts}-{part}"
        path.write_bytes(b"".join(copy_row(line) for line in lines[part::parts]))
        path.chmod(0o644)
        files.append(path)
    return files


def by_copy(setting, folder):
    rows = []
    cases = [(parts, words) for words in (False, True) for parts in (1, 2)]
    seen = {case: [] for case in cases}
    shutil.rmtree(folder / "cluster", ignore_errors=True)
    postgres.make_cluster(folder / "cluster")
    with postgres.Postgres(folder / "cluster", "PostgreSQL taking in") as server:
        for _ in range(setting.bench.rounds):
            for parts, words in cases:
                names = ["indices.sql", "words.sql"] if words else ["indices.sql"]
                seen[parts, words].append(copy_once(server, write_rows(setting, folder, parts), names))
    for (parts, words), done in seen.items():
        rows.append({
            "what": f"PostgreSQL COPY, {parts} session{'s' if parts > 1 else ''}, {'with' if words else 'without'} the word index",
            "side": "PostgreSQL", "sessions": parts, "words": words, "calls": COPY_CALLS,
            "sound": all(not failed and count == COPY_CALLS for _, failed, count in done),
            "rate": summary([COPY_CALLS / took for took, _, _ in done])})
        show(rows[-1])
    return rows


def show(row):
    rate = row["rate"]
    mark = "" if row["sound"] else "   WRONG: does not count"
    print(f"{row['what']:60} {rate['median']:10.0f} calls/s  {rate['min']:8.0f} – {rate['max']:<8.0f}{mark}", flush=True)


def run(setting):
    with scratch("intake") as folder:
        say("-- over HTTP")
        rows = over_http(setting, folder)
        say("-- by the command line")
        rows += by_command(setting, folder, 30_000 if setting.quick else IMPORT_CALLS)
        if not setting.quick:
            say("-- PostgreSQL's COPY")
            rows += by_copy(setting, folder)
    return {"rows": rows}
