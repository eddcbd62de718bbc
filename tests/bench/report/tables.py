# SPDX-License-Identifier: MIT
"""The tables of docs/benchmarks.md."""


def figure(value):
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 1 else f"{value:.2f}"


def spread(summary):
    return f"{figure(summary['median'])} ({figure(summary['min'])}–{figure(summary['max'])})"


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(map(str, row)) + " |" for row in rows])


def pivot(rows, names, cell):
    """A line a question, a column a side."""
    titles = list(dict.fromkeys(row["title"] for row in rows))
    by = {(row["title"], row["side"]): row for row in rows}
    found = []
    for title in titles:
        cells = [by.get((title, name)) for name in names]
        found.append([title] + ["–" if row is None else cell(row) if row["sound"] else "wrong answers" for row in cells])
    return table(["", *names], found)


def sides_of(rows, wanted):
    present = {row["side"] for row in rows}
    return [name for name in wanted if name in present]


MAIN = ("callstep", "nginx", "PHP", "Node")
VARIANTS = ("PHP, zlib 6", "PHP, no total", "Node, zlib 6", "Node, no total")


def times(rows, names):
    """How many times the others' rate callstep's is."""
    mine = {row["title"]: row["rate"]["median"] for row in rows if row["side"] == "callstep" and row["sound"]}
    return pivot([row for row in rows if row["title"] in mine], names, lambda row: f"{mine[row['title']] / row['rate']['median']:,.2f}")


def pages(part):
    rows = part["rows"]
    others = sides_of(rows, MAIN[1:] + VARIANTS)
    wire = table(["", "bytes on the wire", "calls/s", "MB/s"], [
        [row["title"], f"{row['wire']:,}", f"{row['rate']['median'] * row['limit']:,.0f}", f"{row['rate']['median'] * row['wire'] / 1e6:,.0f}"]
        for row in rows if row["side"] == "callstep" and row["sound"]])
    return "\n\n".join([
        "Requests/s, median (minimum–maximum):", pivot(rows, sides_of(rows, MAIN), lambda row: spread(row["rate"])),
        "callstep's rate as a multiple of the other's:", times(rows, others),
        "The sides with zlib at level 6, and without any total:", pivot(rows, sides_of(rows, VARIANTS), lambda row: spread(row["rate"])),
        "Latency that 99% did not exceed, ms:", pivot(rows, sides_of(rows, MAIN), lambda row: figure(row["p99_ms"]["median"])),
        "What callstep's rates come to:", wire])


def clients(part):
    rows = part["rows"]
    return "\n\n".join(["Requests/s:", pivot(rows, sides_of(rows, MAIN), lambda row: spread(row["rate"])),
                        "Latency that 99% did not exceed, ms:", pivot(rows, sides_of(rows, MAIN), lambda row: figure(row["p99_ms"]["median"]))])


def mixed(part):
    return table(["", "alone, requests/s", "while calls come in", "p99 alone, ms", "p99 while calls come in, ms", "calls/s taken in", "p99 of posts, ms"], [
        [row["title"], spread(row["alone"]), spread(row["rate"]), figure(row["alone_p99_ms"]["median"]), figure(row["p99_ms"]["median"]),
         figure(row["taken_in"]["median"]), figure(row["post_p99_ms"]["median"])] if row["sound"] else [row["title"], "wrong answers"] + [""] * 5
        for row in part["rows"]])


def columns(part):
    return f"{part['calls']:,} calls.\n\n" + table(["", "columns, ms", "rows, ms", "times"], [
        [row["title"], figure(row["columns_ms"]["min"]), figure(row["rows_ms"]["min"]), f"{row['times']:.1f}"] for row in part["rows"]])


def intake(part):
    return table(["", "calls/s", "p99 of a post, ms"], [
        [row["what"], spread(row["rate"]) if row["sound"] else "wrong", figure(row["p99_ms"]["median"]) if "p99_ms" in row else ""]
        for row in part["rows"]])


def live(part):
    return table(["", "steps/s", "p99 of a request, ms", "p50 on the tail, ms", "p99 on the tail, ms", "most, ms"], [
        [row["what"], spread(row["rate"]) if row["sound"] else "wrong",
         *(["", *(figure(row[name]["median"]) for name in ("p50_ms", "p99_ms", "most_ms"))] if row.get("tail") else [figure(row["p99_ms"]["median"]), "", "", ""])]
        for row in part["rows"]])


def collector(part):
    names = ("cores", "mb", "mb_an_hour", "times_as_fast")
    return table(["", "cores", "MB", "spool, MB an hour", "caught up, × as fast as it came in"], [
        [row["what"], *(figure(row[name]["median"]) if row["sound"] else "wrong" for name in names)] for row in part["rows"]])


def postgres(part):
    rows, taken = part["rows"], part["intake"]
    names = sides_of(rows, ("callstep", "callstep on PostgreSQL"))
    base = {row["side"]: row["rate"]["median"] for row in taken if row["sound"] and row["base"]}
    share = lambda row, side: figure(row["rate"]["median"] / base[side]) if row["sound"] and side in base else "–"
    intake_table = table(["", "calls/s", "× one embedded server", "× COPY", "p99 of a post, ms"], [
        [row["what"], spread(row["rate"]) if row["sound"] else "wrong", share(row, "callstep"), share(row, "PostgreSQL"),
         figure(row["p99_ms"]["median"]) if "p99_ms" in row else ""] for row in taken])
    return "\n\n".join([
        "Requests/s, median (minimum–maximum):", pivot(rows, names, lambda row: spread(row["rate"])),
        "The embedded store's rate as a multiple:", times(rows, names[1:]),
        "Latency that 99% did not exceed, ms:", pivot(rows, names, lambda row: figure(row["p99_ms"]["median"])),
        "Taking calls in:", intake_table])


def sizes(part):
    rows = []
    for side, parts in part["parts"].items():
        rows.append([f"**{side}**", f"**{sum(size for _, size in parts):,.0f}**"])
        rows += [[name, f"{size:,.0f}"] for name, size in parts if size >= 0.5]
    return f"{part['calls']:,} calls of {part['json_bytes']:,.0f} bytes of JSON.\n\n" + table(["", "bytes a call"], rows)


def memory(part):
    return table(["", "", "MB, shared pages counted once", "MB not shared"], [
        [row["side"], row["when"], f"{row['pss'] / 2**20:,.1f}", f"{row['anonymous'] / 2**20:,.1f}"] for row in part["rows"]])


def cores(part):
    rows = [row for row in part["rows"] if row["sound"]]
    names = list(dict.fromkeys(row["side"] for row in rows))
    by = {(row["title"], row["cores"]): row["rate"]["median"] for row in rows}
    gains = [[title, f"{by[title, 2] / by[title, 1]:.2f}"] for title in dict.fromkeys(row["title"] for row in rows)
             if (title, 1) in by and (title, 2) in by]
    return pivot(rows, names, lambda row: spread(row["rate"])) + "\n\n" + table(["", "two cores ÷ one"], gains)


def microseconds(row):
    """Time of the server for one answer, all cores busy."""
    return 1e6 / row["rate"]["median"]


def growth(part):
    rows = [row for row in part["rows"] if row["sound"]]
    sizes_seen = list(dict.fromkeys(row["size"] for row in rows))
    by = {(row["question"], row["size"]): row for row in rows}
    titles = {row["question"]: row["title"] for row in rows}
    cost = table(["µs an answer, calls in the store:", *(f"{size:,}" for size in sizes_seen)], [
        [title, *(f"{microseconds(by[key, size]):,.0f}" if (key, size) in by else "–" for size in sizes_seen)] for key, title in titles.items()])
    start = table(["calls in the store", "first answer after, ms", "with nothing of it in memory, ms", "bytes a call"], [
        [f"{one['size']:,}", spread(one["warm_ms"]), spread(one["cold_ms"]), f"{one['bytes_a_call']:,.0f}"] for one in part["starts"]])
    return cost + "\n\n" + start
