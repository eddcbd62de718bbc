# SPDX-License-Identifier: MIT
"""explain=true: what finding an answer took, instead of the answer."""
import pytest

import stores
from conftest import Client, add_account, call, step

CALLS = 90
START = 1_790_000_000
PARTS = {"tallies": "tallies", "words": "words", "blocks": "columns", "database": "database", "rows": "rows", "packed": "steps"}
EMBEDDED = stores.KIND == "embedded"


@pytest.fixture(scope="module")
def filled(session_server):
    client = Client(session_server, add_account(session_server.store, "explain@example.com"), "explain@example.com")
    calls = [call(f"e{n}", START + n, src=str(n % 3), detail=[step("red" if n % 9 == 0 else "blue", START + n, module=("menu", "sms")[n % 2]),
                                                              {**step("x", START + n), "event": {"line": "x", "data": {"digits": str(n % 5)}}}])
             for n in range(CALLS)]
    assert client.post(calls).json["accepted"] == CALLS
    return client


def explained(client, path):
    answer = client.get(path + "&explain=true")
    assert answer.status == 200 and list(answer.json) == ["explain"], answer.text
    took = answer.json["explain"]
    assert took["from"] == [name for part, name in PARTS.items() if took[part] > 0]
    assert took["ms"] > 0 and took["cpu_ms"] <= took["ms"] + 1
    return took


@pytest.mark.parametrize("path, looked_at", [
    ("/v1/calls?limit=7", {"tallies": 1, "rows": 8}),
    ("/v1/calls?module=menu", {"rows": CALLS} if EMBEDDED else {"database": 2}),
    ("/v1/calls?text=red", {"words": 10, "rows": 20} if EMBEDDED else {"database": 2}),
    ("/v1/calls?data.digits=3", {"rows": CALLS, "packed": CALLS} if EMBEDDED else {"database": 1, "rows": CALLS, "packed": CALLS}),
    ("/v1/calls?data.digits=3&src=1", {"rows": CALLS, "packed": CALLS // 3} if EMBEDDED else {"database": 1, "rows": CALLS // 3, "packed": CALLS // 3}),
    ("/v1/stats?group=time&values=calls&bucket=day", {"tallies": 1}),
    ("/v1/stats?group=module", {"rows": CALLS} if EMBEDDED else {"database": 1, "rows": CALLS}),
    ("/v1/dropoff?limit=1", {"rows": CALLS} if EMBEDDED else {"database": 1, "rows": CALLS}),
    ("/v1/flow?limit=1", {"rows": CALLS, "packed": CALLS} if EMBEDDED else {"database": 1, "packed": CALLS}),
    ("/v1/places?limit=1", {"rows": CALLS, "packed": CALLS} if EMBEDDED else {"database": 1, "packed": CALLS}),
])
def test_what_a_question_takes_is_told(filled, path, looked_at):
    took = explained(filled, path)
    assert {part: took[part] for part in PARTS if took[part] > 0} == looked_at


def test_an_explanation_is_never_a_part_of_what_is_found(filled):
    for path in "/v1/calls?detail=true", "/v1/stats?group=src", "/v1/dropoff?limit=9":
        answer = filled.get(path + "&explain=true")
        assert "menu" not in answer.text and "session" not in answer.text
        assert filled.get(path + "&explain=false").json == filled.get(path).json


def test_it_is_json_alone_and_other_values_are_refused(filled):
    for path, accept in ("/v1/calls", "text/csv"), ("/v1/calls", "application/x-ndjson"), ("/v1/stats", "text/csv"):
        answer = filled.get(path + "?explain=true", accept=accept)
        assert answer.status == 400 and "application/json" in answer.text, path
    assert filled.get("/v1/calls?explain=yes").json["parameter"] == "explain"
    assert filled.get("/v1/tail?explain=true").json["parameter"] == "explain"
