# SPDX-License-Identifier: MIT
"""The filter grammar, statistics and drop-off once more, as plainly as can be said, for calls as they are posted."""
import calendar
import functools
import math
import random
import re
from collections import Counter, defaultdict
from datetime import datetime, timedelta, timezone

from conftest import call, step

NUMBERS = ["6177123001", "+1 (617) 712-3001", "6177123002", "4155550100", "+14155550100", "anonymous", "sip:ann@pbx", "100",
           "tel:+1-415/5550100", "\u202a+1 617\u00a07123001\u202c", "*100", "", "Unknown"]
MEANT = [*filter(None, NUMBERS[:-3]), "none", '"*100"', '""', '"6177123001"']
CLASSES = ["info", "event", "prompt", "error"]
MODULES = ["menu", "prompt", "transfer", "hangup", ""]
VARIABLES = ["language", "order", ""]
INPUTS = ["No input", "no input here", "Timeout", "Invalid input: 7 (dtmf)", "WRONG INPUT", "Was no input"]
WORDS = ["invalid", "input", "press", "one", "two", "Déjà", "vu", "hung", "up", "42"]

OUTCOMES = ["answered", "missed", "abandoned", "busy", "failed", "voicemail", "transferred", "completed"]
SIDES = ["caller", "called", "system"]

def random_step(rng, at):
    line = rng.choice(INPUTS) if rng.random() < 0.15 else " ".join(rng.choices(WORDS, k=rng.randint(1, 4)))
    made = step(line, at, rng.choice(CLASSES), rng.choice(MODULES), rng.choice(VARIABLES))
    return made


def random_call(rng, number, now):
    start = now - rng.randint(1, 3 * 86400)
    detail = [random_step(rng, start + rng.choice([i, 5 * i, i // 2])) for i in range(rng.randint(0, 6))] if rng.random() < 0.9 else False
    made = call(f"s{number:05}", start, start + rng.choice([0, 1, 30, 60, 600]), rng.choice(NUMBERS), rng.choice(NUMBERS),
                rng.choice(["inbound", "outbound", "transfer"]), detail)
    return {**made, "outcome": rng.choice(OUTCOMES), "ended_by": rng.choice(SIDES), **rng.choice([{}, {"answered": start + 1}, {"talk": rng.choice([0, 5, 50])}])}


def number_key(number):
    bare = re.sub(r"^tel:|[ ()./\u00a0\u202a\u202c-]", "", number)
    bare = bare[1:] if bare.startswith("+") else bare
    return bare if bare.isascii() and bare.isdigit() else number


def number_matches(pattern, number):
    if isinstance(pattern, list):
        return any(number_matches(each, number) for each in pattern)
    if pattern == "none":
        return number.lower() in ("", "anonymous", "unknown")
    if pattern.startswith('"'):
        return number_key(number) == number_key(pattern[1:-1])
    left, right = pattern.startswith("*"), pattern.endswith("*")
    part = number_key(pattern.strip("*"))
    key = number_key(number)
    return (part in key if left and right else key.endswith(part) if left else key.startswith(part) if right else key == part)


def steps_of(made):
    return [(s["class"], s["event"]["data"]["module_type"], s["event"]["data"]["result_variable"], s["event"]["line"])
            for s in made["detail"] or []]


def words_of(line):
    return re.findall(r"[a-z0-9]+", line.lower().replace("é", "e").replace("à", "a"))


def phrase_in(phrase, line):
    wanted, there = words_of(phrase), words_of(line)
    for at in range(len(there) - len(wanted) + 1):
        if there[at:at + len(wanted) - 1] == wanted[:-1] and (
                there[at + len(wanted) - 1].startswith(wanted[-1]) if phrase.endswith("*") else there[at + len(wanted) - 1] == wanted[-1]):
            return True
    return False


def text_matches(text, made):
    phrases = re.findall(r'"([^"]*)"|(\S+)', text)
    return all(any(phrase_in(quoted or word, line) for *_, line in steps_of(made)) for quoted, word in phrases)


def last_place(made):
    places = [(module, variable) for _, module, variable, _ in steps_of(made) if module != "hangup"]
    return places[-1] if places else None


def refused(query, made):
    """Whether the call has one of the values of a `-NAME`."""
    place, steps = last_place(made), steps_of(made)
    has = {"type": [made["type"]], "outcome": [made["outcome"]], "ended_by": [made["ended_by"]], "class": [s[0] for s in steps],
           "module": [s[1] for s in steps], "variable": [s[2] for s in steps], "last_module": place and place[:1], "last_variable": place and place[1:]}
    return any(number_matches(query["-" + side], made[side]) for side in ("dest", "src") if "-" + side in query) or any(
        value in query.get("-" + name, []) for name, values in has.items() for value in values or [])


def has_data(made, name, value):
    return any(step["event"]["data"].get(name) == value for step in made["detail"] or [])


def session_matches(wanted, session):
    return session.startswith(wanted[:-1]) if wanted.endswith("*") else session == wanted


def matches(query, made):
    """Whether the call as posted matches @query, a dictionary of parameters; lists are alternatives."""
    start, end = int(made["start"]), int(made["end"])
    place = last_place(made)
    wanted = [query.get(name) for name in ("class", "module", "variable")]
    return all([
        query.get("start", 0) <= start < query.get("end", math.inf),
        query.get("min_duration", 0) <= end - start <= query.get("max_duration", math.inf),
        "dest" not in query or number_matches(query["dest"], made["dest"]),
        "src" not in query or number_matches(query["src"], made["src"]),
        "type" not in query or made["type"] in query["type"],
        query.get("state", "ended") == "ended",
        session_matches(query.get("session", "*"), made["session_id"]),
        "outcome" not in query or made["outcome"] in query["outcome"],
        "ended_by" not in query or made["ended_by"] in query["ended_by"],
        "answered" not in query or ("answered" in made or made["outcome"] == "answered") == (query["answered"] == "true"),
        made.get("talk", 0) >= query.get("min_talk", 0),
        "max_talk" not in query or ({"talk", "answered"} & made.keys() and made.get("talk", 0) <= query["max_talk"]),
        query.get("min_steps", 0) <= len(made["detail"] or []) <= query.get("max_steps", math.inf),
        all(has_data(made, name, value) for name, value in query.get("step_data", ())),
        not any(wanted) or any(all(not names or has in names for names, has in zip(wanted, s)) for s in steps_of(made)),
        "last_module" not in query or (place is not None and place[0] in query["last_module"]),
        "last_variable" not in query or (place is not None and place[1] in query["last_variable"]),
        not refused(query, made),
        "text" not in query or text_matches(query["text"], made)])


def random_query(rng, now):
    query = {}
    for name, value in [
            ("start", lambda: now - rng.randint(0, 4 * 86400)), ("end", lambda: now - rng.randint(0, 86400)),
            ("dest", lambda: rng.choice([rng.choice(MEANT + ["617*", "*3001", "*1*"]), rng.sample(MEANT + ["*3001", "999"], 3)])),
            ("src", lambda: rng.choice([rng.choice(MEANT + ["*100", "+1415*"]), rng.sample(MEANT, 2)])), ("type", lambda: rng.sample(["inbound", "outbound", "transfer"], 2)),
            ("class", lambda: rng.sample(CLASSES, rng.randint(1, 2))), ("module", lambda: rng.sample(MODULES[:4], rng.randint(1, 2))),
            ("variable", lambda: [rng.choice(VARIABLES[:2])]), ("last_module", lambda: rng.sample(MODULES[:3], 2)),
            ("last_variable", lambda: [rng.choice(VARIABLES[:2])]),
            ("text", lambda: rng.choice(["invalid", "INPUT press", '"press one"', "inv*", "deja", '"hung up" 42', "input-press", "none"])),
            ("min_duration", lambda: rng.choice([0, 1, 30])), ("max_duration", lambda: rng.choice([30, 60, 600])),
            ("outcome", lambda: rng.sample(OUTCOMES, 4)), ("ended_by", lambda: rng.sample(SIDES, 2)), ("answered", lambda: rng.choice(["true", "false"])),
            ("min_talk", lambda: rng.choice([0, 5, 6])), ("max_talk", lambda: rng.choice([6, 50])),
            ("min_steps", lambda: rng.choice([0, 1, 3])), ("max_steps", lambda: rng.choice([3, 5])),
            ("step_data", lambda: [("module_type", rng.choice(MODULES[:4]))] + [("result_variable", VARIABLES[0])] * rng.randint(0, 1)),
            ("state", lambda: rng.choice(["ended", "ended", "live"])),
            ("session", lambda: rng.choice(["s*", "s0000*", "s0001*", "s00017", "s00017*", "s000", "t*"])),
            ("-dest", lambda: rng.sample(MEANT + ["*3001", "4155*"], 2)), ("-src", lambda: [rng.choice(MEANT + ["617*"])]),
            ("-type", lambda: ["transfer"]), ("-outcome", lambda: rng.sample(OUTCOMES, 2)), ("-ended_by", lambda: ["system"]),
            ("-class", lambda: [rng.choice(CLASSES)]), ("-module", lambda: rng.sample(MODULES[:4], rng.randint(1, 2))),
            ("-variable", lambda: [rng.choice(VARIABLES[:2])]), ("-last_module", lambda: rng.sample(MODULES[:3], 2)),
            ("-last_variable", lambda: [rng.choice(VARIABLES[:2])])]:
        if rng.random() < (0.05 if name.startswith("-") else 0.15):
            query[name] = value()
    if "start" in query and "end" in query and query["end"] < query["start"]:
        del query["end"]
    return query


def in_one(query):
    """The query with a value for each name: lists with commas."""
    return {name: value if not isinstance(value, list) else ",".join(map("=".join, value) if name == "step_data" else value)
            for name, value in query.items()}


def pairs(query):
    """The query as a list for urlencode: lists now repeated, now with commas."""
    made = []
    for index, (name, value) in enumerate(query.items()):
        if name == "step_data":
            made += list(in_one({name: value}).items()) if index % 2 else [(f"data.{one}", has) for one, has in value]
        elif not isinstance(value, list):
            made.append((name, value))
        elif index % 2:
            made.append((name, ",".join(value)))
        else:
            made += [(name, each) for each in value]
    return made


def in_order(calls):
    return sorted(calls, key=lambda c: (int(c["start"]), c["session_id"].encode()), reverse=True)


def nearest_rank(durations, percent):
    return sorted(durations)[max(math.ceil(percent / 100 * len(durations)), 1) - 1]


BUCKETS = ["minute", "hour", "day", "week", "month"]
GROUPS = ["time", "dest", "src", "type", "class", "module", "variable", "outcome", "ended_by"]
STEP_GROUPS = ("class", "module", "variable")


@functools.cache
def date_start(date, zone):
    """The first second of a date, or of the next that there is."""
    at = calendar.timegm(date.timetuple()) - 20 * 3600
    while datetime.fromtimestamp(at, zone).date() < date:
        at += 900
    return at


def bucket_start(time, bucket, zone=timezone.utc):
    at = datetime.fromtimestamp(time, timezone.utc).astimezone(zone)
    if bucket in ("minute", "hour"):
        return time - at.second - (at.minute * 60 if bucket == "hour" else 0)
    back = {"day": 0, "week": at.weekday(), "month": at.day - 1}[bucket]
    return date_start(at.date() - timedelta(days=back), zone)


def key_of(made, group, bucket, zone):
    """What a call is, of a group that is not of steps."""
    if group == "time":
        return bucket_start(int(made["start"]), bucket, zone)
    return number_key(made[group]) if group in ("dest", "src") else made[group]


def keys_of(made, groups, bucket, zone):
    """The groups that a call is in, and how many of its steps are in each; two groups make pairs."""
    ofcall = [None if group in STEP_GROUPS else key_of(made, group, bucket, zone) for group in groups]
    if not set(groups) & set(STEP_GROUPS):
        return {tuple(ofcall): len(steps_of(made))}
    ofsteps = [tuple(s[STEP_GROUPS.index(group)] if group in STEP_GROUPS else key for group, key in zip(groups, ofcall)) for s in steps_of(made)]
    return Counter(keys for keys in ofsteps if not any(key == "" and group in STEP_GROUPS for key, group in zip(keys, groups)))


def stats(calls, group, bucket="hour", zone=timezone.utc):
    groups = group.split(",")
    members, steps = defaultdict(list), Counter()
    for made in calls:
        for keys, count in keys_of(made, groups, bucket, zone).items():
            members[keys].append(int(made["end"]) - int(made["start"]))
            steps[keys] += count
    rows = [(keys, {"key": list(keys) if len(keys) > 1 else keys[0], "calls": len(durations), "steps": steps[keys],
                    "duration": {"sum": sum(durations), "p50": nearest_rank(durations, 50), "p95": nearest_rank(durations, 95)}})
            for keys, durations in members.items()]

    def order(item):
        keys, row = item
        times = [key for key in keys if isinstance(key, int)]
        return times, -row["calls"], [str(key).encode() for key in keys if not isinstance(key, int)]
    return [row for _, row in sorted(rows, key=order)]


def input_of(class_, line):
    beginnings = {"no input": "no_input", "timeout": "no_input", "invalid input": "wrong_input", "wrong input": "wrong_input"}
    return next((name for words, name in beginnings.items() if class_ != "prompt" and line.lower().startswith(words)), None)


def visits_of(made):
    """Where a call was, and from when until when."""
    visits = []
    for step_ in made["detail"] or []:
        place = (step_["event"]["data"]["module_type"], step_["event"]["data"]["result_variable"])
        if place[0] != "hangup":
            if not visits or visits[-1]["place"] != place:
                visits.append({"place": place, "from": step_["timestamp"], "no_input": 0, "wrong_input": 0})
            name = input_of(step_["class"], step_["event"]["line"])
            if name:
                visits[-1][name] += 1
    for visit, end in zip(visits, [v["from"] for v in visits[1:]] + [int(made["end"])]):
        visit["seconds"] = max(end - visit["from"], 0)
    return visits


def places(calls):
    """@calls come newest first."""
    found = defaultdict(list)
    for at, made in enumerate(calls):
        for visit in visits_of(made):
            found[visit["place"]].append((at, visit))
    total = sum(visit["seconds"] for visits in found.values() for _, visit in visits)
    rows = []
    for place, visits in found.items():
        seconds = [visit["seconds"] for _, visit in visits]
        longest = defaultdict(int)
        for at, visit in visits:
            longest[at] = max(longest[at], visit["seconds"])
        slowest = sorted(longest.items(), key=lambda item: (-item[1], item[0]))[:5]
        rows.append({"module": place[0], "variable": place[1], "calls": len(longest), "visits": len(visits),
                     "time": {"sum": sum(seconds), "p50": nearest_rank(seconds, 50), "p95": nearest_rank(seconds, 95), "max": max(seconds)},
                     "share": round(sum(seconds) / total, 4) if total else 0,
                     "no_input": sum(visit["no_input"] for _, visit in visits), "wrong_input": sum(visit["wrong_input"] for _, visit in visits),
                     "slowest": [{"session_id": calls[at]["session_id"], "seconds": seconds_} for at, seconds_ in slowest]})
    return sorted(rows, key=lambda row: (-row["time"]["sum"], -row["visits"], row["module"], row["variable"])), total


def ways_of(made):
    """From where to where a call went, and for how long it was there before."""
    visits = visits_of(made)
    if not made["detail"]:
        return []
    start, end = int(made["start"]), int(made["end"])
    nodes = ["begin"] + [visit["place"] for visit in visits] + [f"end {made['outcome']}"]
    seconds = [max(visits[0]["from"] - start, 0) if visits else end - start] + [visit["seconds"] for visit in visits]
    return list(zip(nodes, nodes[1:], seconds))


def flow(windows, limit):
    """Of the calls of one window, or of two."""
    ways = [[(at, *way) for at, made in enumerate(calls) for way in ways_of(made)] for calls in windows]
    visits = Counter(to for window in ways for _, _, to, _ in window if isinstance(to, tuple))
    order = sorted(visits, key=lambda place: (-visits[place], place))
    shown, others = order[:limit], order[limit:]
    outcomes = [name for name in OUTCOMES if any(to == f"end {name}" for window in ways for _, _, to, _ in window)]
    nodes = ["begin", *shown, *(["others"] if others else []), *[f"end {name}" for name in sorted(outcomes, key=OUTCOMES.index)]]
    number = {node: at for at, node in enumerate(nodes)} | {place: nodes.index("others") for place in others}

    def node_counts(node, window):
        at = [call_ for call_, from_, to, _ in window if number[to] == number[node] or (node == from_ == "begin")]
        return {"calls": None if node == "others" and len(others) > 1 else len(set(at)), "visits": len(at)}

    def edge_counts(edge, window):
        gone = [way for way in window if (number[way[1]], number[way[2]]) == edge]
        seconds = [way[3] for way in gone]
        return {"calls": None if len(raw[edge]) > 1 else len({way[0] for way in gone}), "times": len(gone),
                "time": {"sum": sum(seconds), "p50": nearest_rank(seconds, 50) if gone else 0, "p95": nearest_rank(seconds, 95) if gone else 0}}

    def with_both(head, counts, what):
        return {**head, **counts(what, ways[0]), **({"compared": counts(what, ways[1])} if len(ways) > 1 else {})}

    def head(node):
        if isinstance(node, tuple):
            return {"kind": "place", "module": node[0], "variable": node[1]}
        return {"kind": "others", "places": len(others)} if node == "others" else {"kind": "end", "outcome": node[4:]} if node != "begin" else {"kind": "begin"}

    raw, times = defaultdict(set), Counter()
    for window in ways:
        for _, from_, to, _ in window:
            raw[number[from_], number[to]].add((from_, to))
            times[number[from_], number[to]] += 1
    edges = sorted(raw, key=lambda edge: (-times[edge], edge))
    return {"nodes": [with_both(head(node), node_counts, node) for node in nodes],
            "edges": [with_both({"from": edge[0], "to": edge[1]}, edge_counts, edge) for edge in edges], "places_total": len(order)}


def dropoff(calls):
    reached, ended, ways = Counter(), Counter(), defaultdict(Counter)
    for made in calls:
        visits = []
        for _, module, variable, _ in steps_of(made):
            if module != "hangup" and (not visits or visits[-1] != (module, variable)):
                visits.append((module, variable))
        reached.update(set(visits))
        ended.update(visits[-1:])
        for way in {(a, b) for a, b in zip(visits, visits[1:])}:
            ways[way[0]][way[1]] += 1
    return [{"module": place[0], "variable": place[1], "reached": count, "went_on": count - ended[place], "ended": ended[place],
             "next": [{"module": to[0], "variable": to[1], "calls": calls_}
                      for to, calls_ in sorted(ways[place].items(), key=lambda item: (-item[1], item[0]))]}
            for place, count in sorted(reached.items(), key=lambda item: (-item[1], item[0]))]
