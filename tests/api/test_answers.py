# SPDX-License-Identifier: MIT
"""Large answers: they are right however often more memory had to be asked for."""
import csv
import io
import json
import os
import time
import xml.etree.ElementTree as ElementTree

import pytest

from conftest import call, step

NDJSON = "application/x-ndjson"
KB = 1024
# Around each doubling of what a question asks for at first: 64 KiB, 128 KiB, 1 MiB.
SIZES = [10 * KB, 30 * KB, 60 * KB, 70 * KB, 120 * KB, 130 * KB, 250 * KB, 300 * KB, 500 * KB, 700 * KB, 1000 * KB]


def steps_of(size):
    """Steps of about @size bytes in all that hardly compress."""
    return [step(os.urandom(500).hex(), timestamp=1) for _ in range(size // 1100)]


@pytest.mark.parametrize("size", SIZES)
def test_every_question_begins_afresh_when_it_is_asked_again_with_more_memory(client, size):
    a, b = (call(name, detail=steps_of(size), start=int(time.time()) - 60 + i) for i, name in enumerate("ab"))
    assert client.post([a, b]).json["accepted"] == 2
    steps = {"a": len(a["detail"]), "b": len(b["detail"])}
    compared = client.get("/v1/diff/a/b")
    assert compared.status == 200, compared.text
    assert (compared.json["a"]["session_id"], compared.json["b"]["session_id"]) == ("a", "b")
    for side in "ab":
        assert sum(pair[side] is not None for pair in compared.json["steps"]) == steps[side]
    for made in (a, b):
        name = made["session_id"]
        assert client.get(f"/v1/calls/{name}").json["detail"] == made["detail"]
        assert client.get(f"/api/call/{name}").json == made["detail"]
        assert len(ElementTree.fromstring(client.get(f"/api/call/{name}", accept="application/xml").body)) == steps[name]
    for gzipped in (False, True):
        for path in ("/api/all_logs/0/99999999999", "/v1/calls?detail=true", "/v1/calls?detail=true&module=start"):
            document = client.get(path, gzipped=gzipped).json
            assert [one["detail"] for one in document["calls"]] == [b["detail"], a["detail"]] and document["total_calls"] == 2
        logs = ElementTree.fromstring(client.get("/api/all_logs/0/99999999999", accept="application/xml", gzipped=gzipped).body)
        assert [len(one.find("detail")) for one in logs.find("calls")] == [steps["b"], steps["a"]]
        lines = client.get("/v1/calls?detail=true", accept=NDJSON, gzipped=gzipped).text.splitlines()
        assert [json.loads(line)["detail"] for line in lines] == [b["detail"], a["detail"]]
        rows = list(csv.DictReader(io.StringIO(client.get("/v1/calls?detail=true", accept="text/csv", gzipped=gzipped).text)))
        assert [row["session_id"] for row in rows] == ["b"] * steps["b"] + ["a"] * steps["a"]


def test_a_call_that_is_missing_beside_a_large_one_is_named(client):
    assert client.post([call("large", detail=steps_of(900 * KB))]).json["accepted"] == 1
    for path in ("/v1/diff/large/nowhere", "/v1/diff/nowhere/large"):
        answer = client.get(path)
        assert answer.status == 404 and "'nowhere'" in answer.json["detail"]


def test_counts_that_need_more_memory_than_was_claimed_at_first_are_exact(client):
    """Each call has a variable and a destination of its own with a long name: more than the 4 MiB that counting asks for at first."""
    calls = [call(f"s{i}", dest=f"{i}" + "d" * 100, detail=[step("x", timestamp=1, variable=f"v{i}-{'n' * 200}")]) for i in range(12000)]
    for at in range(0, len(calls), 3000):
        assert client.post(calls[at:at + 3000]).json["accepted"] == 3000
    for group in ("variable", "dest"):
        answer = client.get(f"/v1/stats?group={group}&limit=1000").json
        assert answer["total_calls"] == 12000 and answer["groups_total"] == 12000, {k: v for k, v in answer.items() if k != "groups"}
