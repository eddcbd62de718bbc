# SPDX-License-Identifier: MIT
"""Calls in columns, as a user meets them: import and a server bring them there, questions are answered alike, damage is told and made anew."""
import json
import re

import pytest

from conftest import EMAIL, Client, add_account, callstep, step
from stores import KIND, run_sql
from test_keeping import wait_for

CALLS = 75_000  # a block, and what is too little for a small one
START = 1_700_000_000
TABLES = ("segment", "block", "sealed", "late", "gone")
BLOCKS = "select count(*) from block where calls > 60000"
QUESTIONS = [("search", "--dest", "*07"), ("search", "--src", "61771230003", "--limit", "3"), ("stats", "--group", "dest"),
             ("stats", "--group", "time", "--bucket", "day"), ("stats", "--group", "type", "--min-duration", "40"), ("dropoff",),
             ("search", "--outcome", "missed", "--min-talk", "9"), ("search", "--answered", "true", "--ended-by", "caller"), ("stats", "--group", "outcome"),
             ("stats", "--group", "outcome,time", "--bucket", "day"), ("stats", "--group", "ended_by,dest", "--limit", "30"),
             ("stats", "--group", "src,type", "--limit", "30"), ("stats", "--group", "outcome,type"), ("stats", "--group", "src"), ("calls", "--order=-duration", "--limit", "50"), ("calls", "--order", "talk", "--limit", "50"), ("calls", "--order=-steps", "--dest", "*07"), ("places",), ("flow",), ("places", "--dest", "61771230007"), ("flow", "--min-duration", "40", "--limit", "2")]


@pytest.fixture(scope="module")
def lines(tmp_path_factory):
    path = tmp_path_factory.mktemp("columns") / "calls.ndjson"
    with path.open("w") as file:
        for i in range(CALLS):
            file.write(json.dumps({"session_id": f"s{i}", "dest": f"6177123{i % 40:04}", "src": f"617712300{i % 17:02}", "start": START + i,
                                   "end": START + i + i % 100, "type": ("inbound", "outbound", "transfer")[i % 3],
                                   "outcome": ("missed", "answered", None)[i % 3], "talk": i % 11, "ended_by": ("caller", "called")[i % 2], **detail(i)}) + "\n")
    return path


def detail(i):
    """Steps of every fifth call, which come to two places and one of them twice."""
    places = ("main", "help", "main")[:i % 4] if i % 5 == 0 else ()
    return {"detail": [step("No input" if i % 3 else "Hello", START + i + 7 * at * at, "event", "menu", place) for at, place in enumerate(places)]} if places else {}


def answers(store):
    return [callstep(question[0], "--data", store, *question[1:]).stdout for question in QUESTIONS]


def own(took):
    """Where an answer came from. PostgreSQL looks at rows for it, too."""
    return [name for name in took["from"] if KIND == "embedded" or name != "database"]


def blank(store, columns):
    run_sql(store, f"update segment set data = zeroblob(length(data)) where id % 32 in ({columns})",
            f"update segment set data = decode(repeat('00', length(data)), 'hex') where id % 32 in ({columns})")


def forget(store):
    """Leaves the rows of calls alone, as a store of before has them."""
    for table in TABLES:
        run_sql(store, f"delete from {table}")


def test_import_and_a_server_bring_calls_into_columns_and_mend_them(start_server, lines):
    server = start_server()
    client = Client(server, add_account(server.store))
    server.stop()
    done = callstep("import", "--data", server.store, "--account", EMAIL, "--quiet", str(lines))
    assert done.returncode == 0, done.stderr
    assert run_sql(server.store, BLOCKS) == [("1",)]
    columns = answers(server.store)
    forget(server.store)
    assert answers(server.store) == columns

    server = start_server("--query-time-max=60s", store=server.store)
    wait_for(lambda: re.search(r" sealed blocks=1\n", server.log))
    client = Client(server, client.key)
    wanted = client.get("/v1/stats?group=dest").json
    assert wanted["total_calls"] == CALLS
    for group in "dest", "outcome,time", "src,type":
        took = client.get(f"/v1/stats?group={group}&explain=true").json["explain"]
        assert own(took) == ["columns", "rows"] and took["blocks"] > 0 and took["column_bytes"] > CALLS and took["rows"] < CALLS / 2, group
    for group in "src,dest", "module,time":
        took = client.get(f"/v1/stats?group={group}&explain=true").json["explain"]
        assert own(took) == ["rows"] and took["rows"] == CALLS, group
    places = client.get("/v1/places").json
    blank(server.store, "6, 20")
    assert client.get("/v1/places").json == places and places["calls_with_steps"] == sum(bool(detail(i)) for i in range(CALLS))
    assert client.get("/v1/stats?group=dest").json == wanted
    wait_for(lambda: re.search(r" block-damaged cause=.*column 'stays'", server.log))
    wait_for(lambda: len(re.findall(r" sealed blocks=1\n", server.log)) == 2)
    assert client.get("/v1/stats?group=dest").json == wanted
    server.stop()

    blank(server.store, "6")
    done = callstep("verify", "--data", server.store)
    assert done.returncode == 1 and re.search(r"^block \d+: column 'dest numbers'", done.stdout), done.stdout
    done = callstep("verify", "--data", server.store, "--repair")
    assert done.returncode == 1 and done.stderr.startswith("1 blocks of columns made\n"), done.stderr
    done = callstep("verify", "--data", server.store)
    assert done.returncode == 0, done.stdout
    assert answers(server.store) == columns
