# SPDX-License-Identifier: MIT
"""callstep over PostgreSQL beside callstep over its own file: pages, offsets, and taking calls in by one server and by three on one database."""
import json
import time
from contextlib import ExitStack

import bodies
import data
import questions
from load import fetch, is_sound
from measure import say, summary
from parts.intake import copy_once, show
from paths import scratch
from process import run as run_command
from sides import postgres
from sides.callstep import Callstep
from sides.rows import copy_row
from sides.side import Contestant

QUICK = ("page10-json", "page10-json-gzip", "page1000-json-gzip", "page10000-json-gzip")
ASKED = (*QUICK, "page10-number-json", "page10-number-json-gzip", "page1000-json", "page10000-json", "page10000-number-json-gzip", "offset")

CALLS = 20_000
# calls a body, posters to all servers together; the first is what the others are compared with
CASES = ((100, 16), (10_000, 3))
SERVERS = (1, 3)
DATABASE = "callstep"
COPY_SESSIONS = 2            # the quickest on two cores


# ---- questions ----

def pages(setting):
    lines = setting.lines
    start, session = lines.rows[len(lines) // 3][:2]
    wanted = setting.options.questions or (QUICK if setting.quick else ASKED)
    contestants = [Contestant("callstep", setting.callstep), Contestant("callstep on PostgreSQL", setting.callstep_on_postgres)]
    rows = []
    for question in questions.pages(lines.numbers()[0][0]) + questions.others(len(lines), session, start):
        if question.key in wanted:
            say(f"-- {question.title}")
            rows += setting.bench.ask(contestants, question)
    return rows


# ---- taking in ----

def write_shares(folder, lines, batch, servers):
    """The bodies for each server, every call to one of them. Returns (path, calls) of each."""
    shares = []
    for server in range(servers):
        share = lines[server::servers]
        path = folder / f"bodies-{batch}-{servers}-{server}"
        if not path.exists():
            bodies.write(path, share, bodies.NDJSON, batch)
        shares.append((path, len(share)))
    return shares


def post(setting, sides, shares, posters):
    """Posts each share to its server, all at once. Returns seconds, the slowest server's p99, and whether each server then counts all calls."""
    client, started = setting.bench.client, []
    began = time.monotonic()
    for side, (path, _) in zip(sides, shares):
        headers = {**side.headers, **dict(bodies.NDJSON.headers)}
        started.append(client.start(side.address, ["/v1/calls - -"], headers, max(1, posters // len(sides)), "-d", 0, "-b", path, "-m", "accepted"))
    results = [client.finish(one) for one in started]
    took = time.monotonic() - began
    counts = [json.loads(fetch(side.address, f"/api/calls/0/{data.END}?limit=1", side.headers).body)["total_calls"] for side in sides]
    sound = all(is_sound(result) and result["sum"] == count for result, (_, count) in zip(results, shares))
    return took, max(result["p99_ms"] for result in results), sound and set(counts) == {sum(count for _, count in shares)}


def embedded(setting, folder, stack):
    kept = data.empty_store(setting.binary, folder / "embedded")
    return [stack.enter_context(Callstep(setting.binary, kept, "callstep taking in", options=setting.serve_options))]


def on_postgres(setting, folder, stack, database, count):
    """Servers over a store that is empty but for the account."""
    database.sql(f"drop database if exists {DATABASE}")
    database.sql(f"create database {DATABASE}")
    location = database.location(DATABASE)
    (folder / "key").write_text(data.add_account(setting.binary, location))
    return [stack.enter_context(Callstep(setting.binary, folder, f"callstep taking in {number}", options=setting.serve_options, location=location))
            for number in range(count)]


def once(setting, folder, database, lines, case, servers):
    """@servers 0: the embedded store's."""
    batch, posters = case
    shares = write_shares(folder, lines, batch, max(1, servers))
    with ExitStack() as stack:
        sides = on_postgres(setting, folder, stack, database, servers) if servers else embedded(setting, folder, stack)
        return post(setting, sides, shares, posters)


def copy(folder, database, lines):
    files = []
    for session in range(COPY_SESSIONS):
        path = folder / f"rows-{session}"
        if not path.exists():
            path.write_bytes(b"".join(copy_row(line) for line in lines[session::COPY_SESSIONS]))
            path.chmod(0o644)
        files.append(path)
    took, failed, count = copy_once(database, files, ["indices.sql", "words.sql"])
    return took, None, not failed and count == len(lines)


def title(case, servers):
    where = "one embedded server" if servers == 0 else "one server on PostgreSQL" if servers == 1 else f"{servers} servers on one PostgreSQL"
    return f"{case[0]:,} a body, {case[1]} posters, {where}"


def row(what, side, base, done):
    found = {"what": what, "side": side, "base": base, "calls": CALLS, "sound": all(sound for _, _, sound in done),
             "rate": summary([CALLS / took for took, _, _ in done])}
    if done[0][1] is not None:
        found["p99_ms"] = summary([p99 for _, p99, _ in done])
    show(found)
    return found


def intake(setting, folder):
    """All ways in turns, round by round."""
    lines = bodies.first_lines(setting.lines.path, CALLS)
    ways = [(case, servers) for case in CASES for servers in (0, *SERVERS)]
    seen, copied = {way: [] for way in ways}, []
    postgres.make_cluster(folder / "cluster")
    with postgres.Postgres(folder / "cluster", "PostgreSQL taking in") as database:
        for _ in range(setting.bench.rounds):
            for way in ways:
                seen[way].append(once(setting, folder, database, lines, *way))
            copied.append(copy(folder, database, lines))
    rows = [row(title(*way), "callstep" if way[1] == 0 else "callstep on PostgreSQL", way == ways[0], done) for way, done in seen.items()]
    return rows + [row(f"PostgreSQL's COPY, {COPY_SESSIONS} sessions", "PostgreSQL", True, copied)]


def run(setting):
    rows = pages(setting)
    say("-- taking in, by one server and by three")
    with scratch("postgres") as folder:
        return {"rows": rows, "intake": intake(setting, folder)}
