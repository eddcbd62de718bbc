# SPDX-License-Identifier: MIT
"""Order: path=, as docs/paths.md has it, and thousands of made-up paths against a plain model. CALLSTEP_PATHS says how many."""
import json
import os
import random
import re
import time
import urllib.parse
from pathlib import Path

import pytest

import finding
import ordering
from conftest import Client, add_account, call, callstep, step

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = (ROOT / "docs/paths.md").read_text()
EXAMPLES = [row.replace("\\|", "|") for row in re.findall(r"^\| [^|]* \| `([^`]*)` \|$", DOCUMENT, re.M)]
PATHS = int(os.environ.get("CALLSTEP_PATHS", "250"))
NOW = int(time.time())
START = NOW - 3600


def steps(*rows):
    """A row: `module/variable`, seconds after the start, line, class."""
    made = []
    for place, after, *more in rows:
        module, _, variable = place.partition("/")
        made.append(step(more[0] if more else "x", START + after, more[1] if len(more) > 1 else "event", module, variable))
    return made


CALLS = {
    "wrong": steps(("menu/main_menu", 1, "Press one"), ("menu/main_menu", 20, "Invalid input: 8"), ("hangup", 25)),
    "late": steps(("menu/main_menu", 1, "invalid input"), ("menu/main_menu", 2, "invalid input"), ("menu/other", 3, "Invalid input"), ("transfer", 25)),
    "dialled": steps(("Read/CHOICE", 1), ("hangup", 2), ("Dial", 2), ("transfer", 31)),
    "detour": steps(("Read/CHOICE", 1), ("Playback", 2), ("Dial", 3)),
    "back": steps(("menu/main_menu", 1), ("menu/order", 2), ("menu/main_menu", 3), ("Dial", 4)),
    "failed": steps(("transfer", 1), ("Dial", 2, "busy", "error"), ("Dial", 3)),
    "saved": steps(("Dial", 2, "busy", "error"), ("transfer", 3)),
    "queue": steps(("queue", 5, "waiting"), ("Dial", 20)),
    "served": steps(("queue", 5, "waiting"), ("transfer", 20), ("Dial", 30)),
    "language": steps(("menu/main_menu", 1), ("menu/language", 2), ("menu/order", 3), ("Dial", 4)),
    "by_main": steps(("menu/language", 2), ("menu/main_menu", 3), ("menu/order", 4), ("Dial", 5)),
    "bare": False,
}
LENGTHS = {"wrong": 29, "queue": 130, "served": 130}
FOUND = {
    'menu/main_menu:"invalid input" > <10s end': ["wrong"],
    "Read/CHOICE >> Dial": ["dialled"],
    "!Dial": ["late", "wrong"],
    "menu >> end": ["wrong"],
    "menu/main_menu > menu/order,transfer > menu/main_menu": ["back"],
    '*:"invalid input" > *:"invalid input" > *:"invalid input"': ["late"],
    "class=error > !transfer > end": ["failed"],
    "queue > !transfer > >2m end": ["queue"],
    "begin > <30s transfer": ["failed", "late", "saved", "served"],
    "menu/language > !menu/main_menu > menu/order": ["language"],
}


def get(client, address, /, **query):
    answer = client.get(f"{address}?{urllib.parse.urlencode(query)}")
    assert answer.status == 200, (query, answer.text)
    return answer.json


def ids(document):
    return [c["session_id"] for c in document["calls"]]


@pytest.fixture(scope="module")
def client(session_server):
    client = Client(session_server, add_account(session_server.store, "order@example.com"), "order@example.com")
    answer = client.post([call(name, START, START + LENGTHS.get(name, 40), detail=detail) for name, detail in CALLS.items()])
    assert answer.json["rejected"] == []
    return client


def test_the_document_has_ten_examples():
    assert EXAMPLES == list(FOUND) and len(EXAMPLES) == 10


@pytest.mark.parametrize("path", EXAMPLES)
def test_each_example_finds_its_calls_everywhere(client, path):
    wanted = FOUND[path]
    page = get(client, "/v1/calls", path=path)
    assert sorted(ids(page)) == wanted and page["total_calls"] == len(wanted)
    assert get(client, "/v1/stats", path=path, group="type")["total_calls"] == len(wanted)
    assert get(client, "/v1/dropoff", path=path)["total_calls"] == len(wanted)
    done = callstep("export", "--data", client.server.store, "--account", client.email, "--path", path)
    assert done.returncode == 0 and sorted(json.loads(line)["session_id"] for line in done.stdout.splitlines()) == wanted
    done = callstep("stats", "--data", client.server.store, "--account", client.email, "--group", "type", "--json", "--path", path)
    assert done.returncode == 0 and json.loads(done.stdout)["total_calls"] == len(wanted)


def test_what_is_wrong_is_told_with_its_place(client):
    answer = client.get("/v1/calls?" + urllib.parse.urlencode({"path": "menu > Dial Queue"}))
    assert answer.status == 400 and answer.json["parameter"] == "path"
    assert answer.json["detail"] == "path: character 13: > or >> is expected, not 'Queue'"
    done = callstep("calls", "--data", client.server.store, "--account", client.email, "--path", "menu >")
    assert done.returncode == 2 and "--path: character 7: a place is expected" in done.stderr, done.stderr


def test_a_hook_and_its_test_take_a_path(client):
    query = urllib.parse.urlencode({"path": 'menu/main_menu:"invalid input" > <10s end'})
    done = callstep("hook", "add", "--data", client.server.store, "--account", client.email, "--url", "https://example.org/x", "--event", "ends",
                    "--filter", query)
    assert done.returncode == 0, done.stderr
    done = callstep("hook", "add", "--data", client.server.store, "--account", client.email, "--url", "https://example.org/x", "--event", "ends",
                    "--filter", "path=menu%20%3E")
    assert done.returncode != 0 and "path: character 7" in done.stderr, done.stderr


def test_a_path_is_of_steps_that_are_served(start_server):
    """Detail that is over its days is no longer looked at."""
    server = start_server()
    client = Client(server, add_account(server.store))
    assert callstep("account", "set", "--data", server.store, client.email, "--keep-detail", 1, "--yes").returncode == 0
    client.post([call("old", NOW - 2 * 86400, NOW - 2 * 86400 + 9, detail=[]), call("new", START, START + 9, detail=[])])
    assert ids(get(client, "/v1/calls", path="!Dial")) == ["new"]
    assert ids(get(client, "/v1/calls", path="begin > <9s end")) == []
    assert ids(get(client, "/v1/calls", path="begin > <10s end")) == ["new"]


# ---- made-up paths ----

def page_through(client, query, limit):
    found, cursor = [], None
    while True:
        page = get(client, "/v1/calls", **query, limit=limit, **({"cursor": cursor} if cursor else {}))
        found += ids(page)
        cursor = page["next"]
        if not cursor:
            return found, page["total_calls"]


def timed_call(rng, number):
    """A random call whose steps are further apart, and may go back in time."""
    made = finding.random_call(rng, number, NOW)
    at = int(made["start"])
    for one in made["detail"] or []:
        at = max(at + rng.choice([0, 0, 1, 1, 2, 30, -1]), 0)
        one["timestamp"] = at
    return made


def test_made_up_paths_find_what_the_model_finds(start_server):
    server = start_server("--log-requests=no")
    client = Client(server, add_account(server.store))
    rng = random.Random(int(os.environ.get("CALLSTEP_PATHS_SEED", "16")))
    held = {}
    for number in range(PATHS):
        if number % 250 == 0:
            calls = [timed_call(rng, rng.randint(0, 300)) for _ in range(60)]
            calls = list({c["session_id"]: c for c in calls}.values())
            assert client.post(calls).json["rejected"] == []
            # A call without steps keeps those that it had.
            held.update({c["session_id"]: c if c["detail"] is not False else {**c, "detail": held.get(c["session_id"], c)["detail"]} for c in calls})
        points, text = ordering.random_path(rng)
        query = finding.random_query(rng, NOW) if rng.random() < 0.3 else {}
        query.pop("state", None)
        wanted = [c["session_id"] for c in finding.in_order([c for c in held.values() if ordering.takes(points, c) and finding.matches(query, c)])]
        asked = finding.in_one(query) | {"path": text}
        limit = rng.choice([1000, 1000, 1000, 7])
        assert page_through(client, asked, limit) == (wanted, len(wanted)), asked
        if rng.random() < 0.1:
            assert get(client, "/v1/stats", **asked, group="type")["total_calls"] == len(wanted), asked
