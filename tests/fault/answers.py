# SPDX-License-Identifier: MIT
"""Every answer that a server gives about its calls, to compare two servers by."""
import urllib.parse

WINDOW = "/0/99999999999"


def pages(total):
    for offset in range(0, total, 1000):
        yield f"/api/all_logs{WINDOW}?limit=1000&offset={offset}"
        yield f"/api/calls{WINDOW}?limit=1000&offset={offset}"


def of_numbers(numbers):
    for number in numbers:
        yield f"/api/all_logs{WINDOW}?number={urllib.parse.quote(number)}&limit=100"
        yield f"/v1/calls?dest={urllib.parse.quote(number)}&limit=100"


def of_sessions(sessions):
    for session in sessions:
        quoted = urllib.parse.quote(session, safe="")
        yield f"/api/call/{quoted}"
        yield f"/v1/calls/{quoted}"
    for one, other in zip(sessions, sessions[1:]):
        yield f"/v1/diff/{urllib.parse.quote(one, safe='')}/{urllib.parse.quote(other, safe='')}"


SEARCHES = ["text=version1", "text=%22please+say%22", "text=input", "module=menu", "variable=v1,v3", "class=event", "min_duration=3",
            "max_duration=2", "type=inbound", "dest=*1", "last_variable=v2", "state=ended", "text=city&module=menu&min_duration=2"]


def of_filters():
    for search in SEARCHES:
        yield f"/v1/calls?{search}&limit=10000&detail=true"
        yield f"/v1/dropoff?{search}"
        yield f"/v1/places?{search}"
        yield f"/v1/flow?{search}"
        for group in ("dest", "type", "class", "module", "variable", "src", "outcome,time&bucket=week", "module,dest", "time&bucket=day", "time&bucket=minute"):
            yield f"/v1/stats?{search}&group={group}"


def questions(calls):
    """What is asked about these calls (as all_logs gives them)."""
    numbers = sorted({item["dest"] for item in calls})
    sessions = sorted(item["session_id"] for item in calls)
    return [*pages(len(calls)), *of_numbers(numbers), *of_sessions(sessions[:40]), *of_filters()]


def compare(one, other, calls):
    """Asks both clients everything, in each representation; returns how many answers were the same, byte for byte."""
    count = 0
    for path in questions(calls):
        kinds = [{}, {"Accept": "text/xml"}] if path.startswith("/api/") else [{}]
        if path.startswith("/v1/calls?"):
            kinds += [{"Accept": "application/x-ndjson"}, {"Accept": "text/csv"}]
        for headers in kinds:
            mine, theirs = (client.get(path, headers=headers) for client in (one, other))
            assert mine.status == theirs.status, (path, headers, mine.status, theirs.status)
            assert mine.body == theirs.body, (path, headers)
            count += 1
    return count
