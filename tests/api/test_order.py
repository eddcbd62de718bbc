# SPDX-License-Identifier: MIT
"""order= of /v1/calls: pages in another order than that of time, beside what sorting all calls gives."""
import json
import random
import time

import pytest

from conftest import Client, add_account, call, callstep, step

NOW = int(time.time())
CALLS = 300
ORDERS = ["-duration", "duration", "-talk", "talk", "-steps", "steps"]


@pytest.fixture(scope="module")
def filled(session_server):
    client = Client(session_server, add_account(session_server.store, "sorted@example.com"), "sorted@example.com")
    rng = random.Random(11)
    calls = []
    for n in range(CALLS):
        start = NOW - rng.randint(1000, 200_000)
        made = call(f"o{n}", start, start + rng.randint(0, 30), dest=str(rng.randint(10, 14)),
                    detail=[step("x", start)] * rng.randint(0, 4) if rng.random() < 0.8 else None)
        if rng.random() < 0.6:
            made["talk"] = rng.randint(0, 20)
            made["answered"] = start
        calls.append(made)
    assert client.post(calls).json["accepted"] == CALLS
    return client


def everything(client, **asked):
    found, cursor = [], None
    while True:
        more = "".join(f"&{name}={value}" for name, value in asked.items()) + (f"&cursor={cursor}" if cursor else "")
        document = client.get(f"/v1/calls?limit=1000{more}").json
        found += document["calls"]
        cursor = document["next"]
        if not cursor:
            return found


def sort(calls, order):
    """Newest first within those alike, as @calls come."""
    name = order.lstrip("-")
    return sorted(calls, key=lambda c: (c[name] or 0) * (-1 if order.startswith("-") else 1))


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("asked", [{}, {"dest": "11,12"}, {"max_duration": "9"}, {"text": "x"}, {"dest": "99"}])
def test_pages_are_those_of_all_calls_sorted(filled, order, asked):
    wanted = sort(everything(filled, **asked), order)
    more = "".join(f"&{name}={value}" for name, value in asked.items())
    for offset, limit in (0, 7), (0, 1000), (5, 20), (len(wanted), 3):
        document = filled.get(f"/v1/calls?order={order}&offset={offset}&limit={limit}{more}").json
        assert document == {"calls": wanted[offset:offset + limit], "total_calls": len(wanted), "next": None}


def test_a_live_call_says_so_in_any_order(filled):
    begun = filled.ask("/v1/calls/going", method="PATCH", headers={"Content-Type": "application/json"},
                       body=json.dumps({"state": "live", "dest": "77", "src": "1", "start": NOW - 30, "type": "inbound"}).encode())
    assert begun.status == 201, begun.text
    assert filled.get("/v1/calls?order=-duration&dest=77").json["calls"] == everything(filled, dest="77")
    assert everything(filled, dest="77")[0]["state"] == "live"


@pytest.mark.parametrize("path, says", [
    ("order=start", "-duration, duration"), ("order=", "-duration"), ("order=-steps&detail=true", "without detail"), ("order=talk&offset=9990&limit=20", "10,000"),
    ("order=talk&offset=10000&limit=1", "10,000")])
def test_what_has_no_such_page_is_refused(filled, path, says):
    answer = filled.get(f"/v1/calls?{path}")
    assert answer.status == 400 and answer.json["parameter"] == "order" and says in answer.text
    assert filled.get("/v1/calls?order=talk", accept="text/csv").status == 400
    cursor = filled.get("/v1/calls?limit=1").json["next"]
    assert filled.get(f"/v1/calls?order=talk&cursor={cursor}").status == 400
    assert filled.get("/v1/calls?order=talk&offset=9990&limit=10").status == 200


def test_the_command_line_lists_the_same(filled):
    for order in ORDERS:
        done = callstep("calls", "--data", filled.server.store, "--account", filled.email, "--order", order, "--offset", 3, "--limit", 9, "--json")
        assert done.returncode == 0, done.stderr
        assert [c["session_id"] for c in json.loads(done.stdout)["calls"]] == [
            c["session_id"] for c in filled.get(f"/v1/calls?order={order}&offset=3&limit=9").json["calls"]]
    assert callstep("calls", "--data", filled.server.store, "--account", filled.email, "--order", "start").returncode == 2
