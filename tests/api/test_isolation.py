# SPDX-License-Identifier: MIT
"""Two servers that differ in nothing but another account's calls: whatever the first account asks, both answer the same bytes."""
import gzip
import http.client
import json
import random
import re
import time
import urllib.parse

import pytest

import contract
from conftest import Client, Server, add_account, call, callstep, step
from finding import NUMBERS
from test_access import OPERATIONS

ROUNDS = 12
REQUESTS = 60  # in a round
NOW = int(time.time())
# What each server was asked is on its own record, with its own times: test_keeping.py looks at that.
COMPARED = [operation for operation in OPERATIONS if operation[0] != "/v1/audit"]
SESSIONS = [f"s{i}" for i in range(30)] + ["räksmörgås", "a b", "x/y"]
WORDS = ["press", "one", "zebra", "Zebrafink", "hung up", "secret"]
MODULES = ["menu", "prompt", "transfer", "vault"]
VARIABLES = ["language", "order", "pin"]
# Ends well away from any call's start: both servers are asked within it.
MOMENTS = ["0", "now", "-1h", "-2d", "-6d", *(str(NOW - 3600 * hours) for hours in (1, 30, 200)), str(NOW + 10**6)]


def random_call(rng, theirs=False):
    start = NOW - rng.randint(1, 8 * 864) * 100 - 50
    detail = rng.choice([None, False, "steps", "steps", "steps"])
    if detail == "steps":
        detail = [step(" ".join(rng.choices(WORDS, k=3)), start + i, rng.choice(["info", "event", "error"]), rng.choice(MODULES),
                       rng.choice(VARIABLES), **({"theirs": "yes"} if theirs else {})) for i in range(rng.randint(0, 4))]
    return call(rng.choice(SESSIONS), start, start + rng.choice([0, 30, 600]), rng.choice(NUMBERS), rng.choice(NUMBERS),
                rng.choice(["inbound", "outbound", "transfer"]), detail)


def random_value(rng, name, schema, cursors):
    """Mostly a value that the parameter takes; those of the other account too."""
    if rng.random() < 0.03:
        return rng.choice(["", "%00", "-1", "x" * 300, "' or 1=1 --", "9" * 30])
    if name in ("start", "end"):
        return rng.choice(MOMENTS)
    if name == "cursor":
        return rng.choice(cursors)
    known = {"dest": [*NUMBERS, "617*", "*1*"], "src": NUMBERS, "number": NUMBERS, "text": [*WORDS, '"press one"', "zeb*"],
             "module": MODULES, "last_module": MODULES, "variable": VARIABLES, "last_variable": VARIABLES,
             "class": ["info", "event", "error"], "session_id": SESSIONS, "a": SESSIONS, "b": SESSIONS, "id": ["4", "99", "0", "x"],
             "last_event_id": ["0", "1", "5"]}.get(name)
    if known is None:
        schema = schema.get("items", schema)
        known = contract.resolved(schema).get("enum") or {"boolean": ["true", "false"]}.get(schema.get("type"), ["0", "1", "7", "100"])
    return str(rng.choice(known))


def random_request(rng, cursors):
    template, method = rng.choice(COMPARED)
    query, path = [], template
    for parameter in contract.DOCUMENT["paths"][template][method].get("parameters", []):
        parameter = contract.resolved(parameter)
        value = random_value(rng, parameter["name"], parameter["schema"], cursors)
        if parameter["in"] == "path":
            digits = "start" in template and parameter["name"] in ("start", "end")
            value = rng.choice(["0", str(NOW - 86400), "99999999999"]) if digits else value
            path = path.replace("{" + parameter["name"] + "}", urllib.parse.quote(value, safe="") or "-")
        elif parameter["in"] == "query" and rng.random() < 0.2:
            query.append((parameter["name"], value))
    if template == "/v1/tail":
        query.append(("state", "neither"))  # a stream does not end; what it says is compared below
    body = None
    if template == "/v1/calls" and method == "post":
        body = json.dumps({"calls": [random_call(rng) for _ in range(rng.randint(1, 5))]})
    elif method == "post":
        body = json.dumps({"scopes": rng.choice([["read"], ["write", "admin"], ["none"]]), "label": rng.choice(["", "x"])})
    headers = {"Accept": rng.choice(["*/*", "application/xml", "application/x-ndjson", "text/csv", "application/json"]),
               **({"Accept-Encoding": "gzip"} if rng.random() < 0.3 else {}), **({"Content-Type": "application/json"} if body else {})}
    return method.upper(), path + ("?" + urllib.parse.urlencode(query) if query else ""), body, headers


def fetch(client, request):
    method, target, body, headers = request
    connection = http.client.HTTPConnection(client.server.address, timeout=60)
    connection.request(method, target, body=body and body.encode(), headers={**headers, "Authorization": client.basic()})
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    passed_over = {"Date", "X-Request-Id"}
    if answer.headers.get("Content-Encoding") == "gzip":
        # What it packs is compared: ISA-L does not pack the same text into the same bytes each time.
        content = gzip.decompress(content)
        passed_over.add("Content-Length")
    if target.startswith(("/v1/account", "/v1/keys")):  # each server has its own clock and its own keys
        content = re.sub(rb'"(time|created|last_used|revoked)":(\d+|null)', rb'"\1":0', content)
        content = re.sub(rb'"key":"cs_[^"]+"', b'"key":""', content)
        passed_over.add("Content-Length")
    if "explain=" in target:
        content = re.sub(rb'"(ms|cpu_ms)":[0-9.]+', rb'"\1":0', content)
        passed_over.add("Content-Length")
    kept = sorted((name, value) for name, value in answer.headers.items() if name not in passed_over)
    return answer.status, kept, content


class Pair:
    """One account on both servers; the other's calls come in on one of them."""

    def __init__(self, servers, name):
        self.mine, self.theirs = [], []
        for server in servers:
            for clients, email in ((self.mine, f"mine-{name}@example.com"), (self.theirs, f"theirs-{name}@example.com")):
                client = Client(server, add_account(server.store, email), email)
                scopes = json.dumps({"scopes": ["read", "write", "admin"]})
                made = Client(server, self.admin(server, email), email).ask("/v1/keys", "POST", scopes, {"Content-Type": "application/json"})
                clients.append(Client(server, made.json["key"], client.email))
        self.crowded = self.theirs[1]

    @staticmethod
    def admin(server, email):
        return callstep("key", "add", "--data", server.store, "--account", email, "--scope", "admin").stdout.strip()

    def post_theirs(self, rng, count):
        assert self.crowded.post([random_call(rng, theirs=True) for _ in range(count)]).json["accepted"] == count

    def ask(self, request):
        alone, crowded = (fetch(client, request) for client in self.mine)
        assert alone == crowded, request
        assert b"theirs" not in alone[2]
        return alone


@pytest.fixture(scope="module")
def servers(tmp_path_factory):
    made = [Server(tmp_path_factory.mktemp(name), "--log-requests=no") for name in ("alone", "crowded")]
    yield made
    for server in made:
        assert server.stop() == 0
        assert "Sanitizer" not in server.log


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_no_answer_depends_on_another_accounts_calls(servers, seed):
    rng = random.Random(seed)
    pair = Pair(servers, seed)
    pair.post_theirs(rng, 200)
    stolen = pair.crowded.get("/v1/calls?limit=3").json["next"]
    cursors = [stolen, "nonsense"]
    first = json.dumps({"calls": [random_call(rng) for _ in range(40)]})
    assert pair.ask(("POST", "/v1/calls", first, {"Content-Type": "application/json"}))[0] == 200
    statuses = set()
    for number in range(REQUESTS):
        status, _, content = pair.ask(random_request(rng, cursors))
        statuses.add(status)
        found = re.search(rb'"next":"([^"]+)"', content)
        cursors += [found.group(1).decode()] if found else []
        if number % 10 == 0:
            pair.post_theirs(rng, 5)
    assert {200, 400, 404} <= statuses


def test_every_session_of_the_other_account_is_as_if_it_were_not_there(servers):
    pair = Pair(servers, "sessions")
    theirs = [call(f"t{i}", NOW - 60 * i) for i in range(40)]
    assert pair.crowded.post(theirs).json["accepted"] == 40
    for made in theirs:
        session = made["session_id"]
        for path in (f"/api/call/{session}", f"/v1/calls/{session}", f"/v1/diff/{session}/{session}"):
            assert pair.ask(("GET", path, None, {}))[0] == 404
