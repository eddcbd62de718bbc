# SPDX-License-Identifier: MIT
"""What callstep must reach, held against the results. A goal without its figures, or with wrong answers, is open."""
from dataclasses import dataclass


@dataclass
class Verdict:
    key: str
    what: str
    goal: str
    measured: str
    holds: object          # True, False, None: not measured


class Results:
    """Finds figures in the parts' results."""

    def __init__(self, parts):
        self.parts = parts

    def rows(self, part):
        return self.parts.get(part, {}).get("rows", [])

    def row(self, part, **wanted):
        for row in self.rows(part):
            if row.get("sound") and all(row.get(name) == value for name, value in wanted.items()):
                return row
        return None

    def rate(self, part, **wanted):
        row = self.row(part, **wanted)
        return row["rate"]["median"] if row else None


def ratio(results, key, other):
    mine, theirs = results.rate("pages", question=key, side="callstep"), results.rate("pages", question=key, side=other)
    return mine / theirs if mine and theirs else None


def at_least(key, what, name, value, least, unit=""):
    measured = "not measured" if value is None else f"{value:,.2f}{unit}" if value < 100 else f"{value:,.0f}{unit}"
    return Verdict(key, what, f"≥ {least:,g}{unit} {name}".strip(), measured, None if value is None else value >= least)


def at_most(key, what, name, value, most, unit=""):
    measured = "not measured" if value is None else f"{value:,.2f}{unit}" if value < 10 else f"{value:,.0f}{unit}"
    return Verdict(key, what, f"≤ {most:,g}{unit} {name}".strip(), measured, None if value is None else value <= most)


PAGES = [
    # question, title, of nginx, times PHP
    ("page10000-json-gzip", "page of 10,000 with detail, gzip", 0.5, 50),
    ("page10000-json", "page of 10,000 with detail, identity", 0.4, 5),
    ("page10-json-gzip", "page of 10 with exact total, gzip", 0.5, 250),
    ("page10-json", "page of 10 with exact total, identity", 0.5, 250),
    ("page10-number-json-gzip", "page of 10 of one number, gzip", 0.5, 100),
    ("page10-number-json", "page of 10 of one number, identity", 0.5, 100),
]


def of_pages(results):
    found = []
    for key, what, of_nginx, times_php in PAGES:
        found.append(at_least(key + "/nginx", what, "× nginx with the same bytes", ratio(results, key, "nginx"), of_nginx))
        found.append(at_least(key + "/php", what, "× PHP + PostgreSQL", ratio(results, key, "PHP"), times_php))
    return found


def of_offset(results):
    size = 10_000_000
    near, far = (results.rate("growth", question=key, size=size) for key in ("page10", "page10-deep"))
    return at_most("offset", "page of 10 at offset 5,000,000 of 10,000,000, exact total included", "× its time at offset 0",
                   near / far if near and far else None, 1.5)


def best_intake(results):
    rates = [row["rate"]["median"] for row in results.rows("intake") if row["sound"] and row["what"].startswith("POST")]
    return max(rates) if rates else None


def best_copy(results):
    rates = [row["rate"]["median"] for row in results.rows("intake") if row["sound"] and row["side"] == "PostgreSQL" and row["words"]]
    return max(rates) if rates else None


def of_intake(results):
    mine, theirs = best_intake(results), best_copy(results)
    what = "intake over HTTP, durable, word index included"
    return [at_least("intake", what, "", mine, 20_000, " calls/s"),
            at_least("intake/copy", what, "× PostgreSQL's COPY", mine / theirs if mine and theirs else None, 2.5)]


def of_collector(results):
    row = results.row("collector") or {}
    value = lambda name: row[name]["median"] if row else None
    what = "the collector at 100 calls/s of an exchange"
    return [at_most("collector/cores", what, "", value("cores"), 0.5, " cores"), at_most("collector/memory", what, "", value("mb"), 128, " MB"),
            at_most("collector/spool", f"{what}, its server away for an hour: spool", "", value("mb_an_hour"), 1024, " MB"),
            at_least("collector/catch-up", f"{what}, its server back", "× as fast as it comes in", value("times_as_fast"), 1)]


def of_live(results):
    rows = [row for row in results.rows("live") if row["sound"]]
    steps = [row["rate"]["median"] for row in rows if not row.get("tail")]
    late = [row["p99_ms"]["median"] for row in rows if row.get("tail")]
    return [at_least("live", "steps of live calls in groups over HTTP, durable", "", max(steps, default=None), 6_000, " steps/s"),
            at_most("live/tail", "from a step of 1,000 live calls to a tail, for 99 of 100", "", max(late, default=None), 250, " ms")]


def of_size(results):
    part = results.parts.get("sizes")
    share = None
    if part:
        total = lambda side: sum(size for _, size in part["parts"][side])
        share = total("callstep") / total("PostgreSQL, jsonb pglz")
    return at_most("size", "bytes a call on disk, all indices", "× PostgreSQL with jsonb", share, 0.7)


def of_start(results):
    found = [one for one in results.parts.get("growth", {}).get("starts", []) if one["size"] == 10_000_000]
    return at_most("start", "from starting the server over 10,000,000 calls to its first answer", "", found[0]["warm_ms"]["median"] if found else None, 50, " ms")


def of_memory(results):
    rows = [row for row in results.rows("memory") if row["side"] == "callstep"]
    rest = [row["pss"] / 2**20 for row in rows if row["when"] == "at rest"]
    most = max((row["pss"] / 2**20 for row in rows), default=None)
    return [at_most("memory", "memory at rest", "", rest[0] if rest else None, 64, " MB"),
            at_most("memory/load", "memory while 16 clients ask for pages of 10,000: the ceiling of 256 MB for pages, and what stands beside it", "",
                    most, 384, " MB")]


def verdicts(parts):
    results = Results(parts)
    return [*of_pages(results), of_offset(results), *of_intake(results), *of_live(results), *of_collector(results), of_size(results), of_start(results), *of_memory(results)]
