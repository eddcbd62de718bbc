# SPDX-License-Identifier: MIT
"""Writes a report, docs/NAME.md, and its charts from the parts' results."""
import json

from paths import ROOT
from report import chart, tables
from report.goals import Results, best_copy, best_intake, verdicts
from report.reasons import REASONS

DOCS = ROOT / "docs"
ORDER = ("pages", "clients", "mixed", "columns", "intake", "live", "collector", "postgres", "sizes", "memory", "cores", "growth")

INTRODUCTION = """# Benchmarks

callstep beside what people would use instead, on one machine, over loopback, the clients beside the servers: ratios between sides of one run mean something,
absolute figures only on this machine. Written by `scripts/bench`; nothing here is put in by hand but the reasons.

- Every side is asked the same questions about the same calls: {calls}.
- **A figure counts only when its answers were right.** Before a side is timed its answer is fetched and compared: callstep's with the lines that the calls were made from (which
  calls, in which order, each step, the exact total), the other sides' with callstep's, call by call; large XML by the calls, their order and the total. nginx serves the very
  bytes that callstep answered. While the clock runs the load client checks the status and length of each answer and, for the first on each connection, its CRC-32.
- The sides take turns within each question; {rounds} rounds; figures are medians, with minimum and maximum.
- The load client is a small program in C (`tests/bench/client`): epoll, two threads, connections kept, every byte read.
- No side caches whole answers. No side writes a request log. All check the developer key in their store, except nginx, which serves files.
"""

TEXTS = {
    "pages": ("Questions", "16 clients for small answers, 4 for pages of 1,000 and more. Leaving the total away is not the same answer; it shows what counting costs."),
    "clients": ("1, 16 and 256 clients", "A page of 10 with its exact total, JSON."),
    "mixed": ("Reading while calls come in", "5,000 calls/s in batches of 100, each batch answered when it is on disk. A post's latency counts from when it was due."),
    "columns": ("By columns and by rows", "Processor time of the whole command, its start included, beside the same calls in columns and as rows alone; the least of the rounds."),
    "intake": ("Taking calls in", "Each run begins with an empty store; at its end all calls must be there. Everything is durable when it is answered. "
                                  "PostgreSQL's COPY reads rows that lie ready in files on the server: no HTTP, no JSON to take apart, no duplicates to replace."),
    "live": ("Live calls", "Collectors tell of calls that go on, each with one request under way; every step is durable when it is answered, and at the end all must be there. "
                           "Then a tail follows 1,000 calls, each with a step every 2 s: the time is from when a step was due at its collector until the tail has it."),
    "collector": ("The collector", "A recording of a real exchange, its calls multiplied, is sent to `callstep collect asterisk`. Then the server is stopped while calls go on, "
                               "faster, and goes on again: what the spool takes in an hour follows from what a call's lines took, and how segments were packed. "
                               "Then how much faster it is sent than 100 calls/s come in."),
    "postgres": ("callstep on PostgreSQL",
                 "The same questions to callstep over its own file and to callstep over PostgreSQL on the same machine, with the settings that PHP's and Node's database has. "
                 "Then calls posted into an empty store: to one server, and to three servers on one database together; beside them PostgreSQL's COPY of the same calls "
                 "into the tables of PHP and Node, all indices in place. At the end every server must count every call."),
    "sizes": ("Bytes a call", "PostgreSQL's jsonb after `vacuum full`, callstep on PostgreSQL as taking in leaves it. The `call_by_word` is the index of words."),
    "memory": ("Memory", "16 clients."),
    "cores": ("One core and two", "The server alone is held to one core; the client runs on both. What a machine with more cores would give shows in the ratio: what is near 2 is bound by "
                                  "the server's cores, what is lower by the client beside it or by memory."),
    "growth": ("Growth", "Calls of one year, so that a larger store has more of them in every window. "
                         "The cost of an answer must follow the size of the answer and not that of the store: lines that stay flat.\n\n![cost by size of the store]({name}-growth.svg)"),
}


def load(folder):
    return {path.stem: json.loads(path.read_text()) for path in sorted(folder.glob("*.json"))}


def verdict_table(found):
    words = {True: "**holds**", False: "does not hold", None: "open"}
    return tables.table(["what", "goal", "measured", ""], [[one.what, one.goal, one.measured, words[one.holds]] for one in found])


def reasons(found):
    lines = []
    for one in found:
        if one.holds is False:
            lines.append(f"- **{one.what}, {one.goal}** ({one.measured}): {REASONS.get(one.key, 'not explained yet.')}")
    return "\n".join(lines) or "None."


def origin(part):
    return f"*{part['date']}, commit {part['commit']}, load before {part['load_before']}, {part['rounds']} rounds, took {part['took_s']} s.*"


def machine(parts):
    newest = max(parts.values(), key=lambda part: part["date"])
    lines = [f"- {newest['cores']} cores of {newest['processor']}, {newest['memory_gb']} GB, {newest['system']}"]
    sides = {name: side for part in parts.values() for name, side in part.get("sides", {}).items() if side["version"]}
    for name in ("callstep", "nginx", "PostgreSQL", "PHP", "Node"):
        if name in sides:
            lines.append(f"- {name}: {sides[name]['version']}")
    commits = sorted({part["commit"] for part in parts.values()})
    if len(commits) > 1:
        lines.append(f"- The parts below come from different commits ({', '.join(commits)}): compare within a part only.")
    busy = max(part["load_before"] for part in parts.values())
    if busy > 1.5 or min(part["rounds"] for part in parts.values()) < 5:
        lines.append(f"- **A trial, not the record**: the machine was at other work too (load up to {busy}) or there were fewer than five rounds. Sides were slowed alike, the "
                     "figures are low, and a ratio near its goal decides nothing.")
    return "\n".join(lines)


def settings(parts):
    sides = {name: side for part in parts.values() for name, side in part.get("sides", {}).items() if side["settings"]}
    return "\n\n".join(f"{name}:\n```\n" + "\n".join(sides[name]["settings"]) + "\n```"
                       for name in ("callstep", "nginx", "PostgreSQL", "PHP", "Node") if name in sides)


def comparison_chart(parts):
    results, groups = Results(parts), []
    for key, title in (("page10-json-gzip", "Page of 10 calls with the exact total, gzip"), ("page10000-json-gzip", "Page of 10,000 calls, gzip"),
                       ("page10000-json", "Page of 10,000 calls, uncompressed")):
        values = [(side, results.rate("pages", question=key, side=side)) for side in tables.MAIN]
        values = [(side, value) for side, value in values if value]
        if values:
            groups.append((title, "requests/s", values))
    if best_intake(results) and best_copy(results):
        groups.append(("Taking calls in, durable", "calls/s", [("callstep", best_intake(results)), ("COPY", best_copy(results))]))
    return chart.bars(groups, "callstep beside nginx, PHP and Node over PostgreSQL") if groups else None


def growth_chart(part):
    rows = [row for row in part["rows"] if row["sound"]]
    keys = {row["question"]: row["title"] for row in rows}
    series = [(title, [(row["size"], tables.microseconds(row)) for row in rows if row["question"] == key]) for key, title in keys.items()]
    return chart.lines(series, "cost of an answer by the size of the store", "calls in the store", "µs an answer")


def write_charts(parts, name):
    drawn = comparison_chart(parts)
    if drawn:
        (DOCS / f"{name}.svg").write_text(drawn)
    if "growth" in parts:
        (DOCS / f"{name}-growth.svg").write_text(growth_chart(parts["growth"]))


def write(folder, name):
    parts = load(folder)
    if not parts:
        return
    found = verdicts(parts)
    rounds = sorted({part["rounds"] for part in parts.values()})
    chapters = [
        INTRODUCTION.format(calls="200,000 calls of `callstep generate --seed 1`, spread over one year", rounds=" or ".join(map(str, rounds))),
        f"![callstep beside others]({name}.svg)",
        "## What it must reach", verdict_table(found), "### Not met, why, and what comes next", reasons(found),
        "## Machine and versions", machine(parts),
        "## Run it\n```\nscripts/bench                          # everything\nscripts/bench --only pages,intake      # parts: " + " ".join(ORDER)
        + "\nscripts/bench --quick                  # callstep and nginx, within 3 minutes\n"
          "scripts/bench --quick --before BINARY  # and another callstep beside it\nscripts/bench --check                  # fails when callstep fell by half\n```",
    ]
    for part in ORDER:
        if part in parts:
            title, words = TEXTS[part]
            chapters += [f"## {title}", words.format(name=name), getattr(tables, part)(parts[part]), origin(parts[part])]
    chapters += ["## Settings", settings(parts)]
    (DOCS / f"{name}.md").write_text("\n\n".join(chapters) + "\n")
    write_charts(parts, name)
    print("\n" + "\n".join(f"{'holds' if one.holds else 'open' if one.holds is None else 'DOES NOT HOLD':14} {one.what}: {one.measured}, goal {one.goal}" for one in found))
