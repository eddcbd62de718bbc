# SPDX-License-Identifier: MIT
"""Finding calls: /v1/calls, stats, dropoff, diff, rule by rule, and against a plain model."""
import csv
import http.client
import io
import json
import random
import re
import subprocess
import threading
import time
import urllib.parse

import pytest
from zoneinfo import ZoneInfo

import contract
import finding
from conftest import BINARY, Client, add_account, call, callstep, step
from stores import store_at

NDJSON, CSV = "application/x-ndjson", "text/csv"
NOW = int(time.time())


def path_of(path, query=(), **more):
    pairs = list(query.items() if isinstance(query, dict) else query) + list(more.items())
    return path + "?" + urllib.parse.urlencode(pairs)


def found(client, query=(), **more):
    answer = client.get(path_of("/v1/calls", query, **more))
    assert answer.status == 200, answer.text
    return answer.json


def ids(document):
    return [c["session_id"] for c in document["calls"]]


def post(client, calls):
    answer = client.post(calls)
    assert answer.status == 200 and answer.json["rejected"] == [], answer.text


def key_with(client, scopes, label="test"):
    done = callstep("key", "add", "--data", client.server.store, "--account", client.email, "--scope", scopes, "--label", label)
    assert done.returncode == 0, done.stderr
    return Client(client.server, done.stdout.strip(), client.email)


@pytest.fixture(scope="module")
def sample(session_server):
    """An account with random calls, and these as they were posted."""
    client = Client(session_server, add_account(session_server.store, "sample@example.com"), "sample@example.com")
    rng = random.Random(5)
    calls = [finding.random_call(rng, number, NOW) for number in range(400)]
    post(client, calls)
    return client, finding.in_order(calls)


# ---- one call ----

def test_a_call_as_v1_writes_it(client):
    made = call("a", NOW - 60, NOW - 30, detail=[step("Answered", NOW - 60)])
    post(client, [made])
    summary = {"dest": made["dest"], "src": made["src"], "start": NOW - 60, "end": NOW - 30, "duration": 30, "session_id": "a",
               "type": "inbound", "steps": 1, "state": "ended", "outcome": None, "answered": None, "talk": None, "ended_by": None, "log": True}
    assert found(client) == {"calls": [summary], "total_calls": 1, "next": None}
    assert found(client, detail="true")["calls"] == [{**summary, "detail": made["detail"]}]
    answer = client.get("/v1/calls/a", gzipped=True)
    assert answer.json == {**summary, "detail": made["detail"]} and answer.headers["Content-Encoding"] == "gzip"
    assert list(answer.json) == ["dest", "src", "start", "end", "duration", "session_id", "detail", "type", "steps", "state", "outcome",
                                 "answered", "talk", "ended_by", "log"]


def keep_detail(client, days):
    done = callstep("account", "set", "--data", client.server.store, client.email, "--keep-detail", days, "--yes")
    assert done.returncode == 0, done.stderr


def test_a_call_that_is_not_there_is_404_and_one_whose_detail_expired_is_there(client):
    keep_detail(client, 5)
    post(client, [call("old", NOW - 6 * 86400)])
    assert client.get("/v1/calls/nowhere").status == 404
    assert client.get("/v1/calls/%ff").status == 404
    old = client.get("/v1/calls/old").json
    assert (old["steps"], old["log"], old["detail"]) == (0, False, False)
    assert found(client, text="Answered")["total_calls"] == 0
    assert found(client, module="start")["total_calls"] == 0


# ---- the model ----

@pytest.mark.parametrize("seed", range(60))
def test_what_is_found_counted_and_streamed_is_what_the_model_finds(sample, seed):
    client, calls = sample
    rng = random.Random(seed)
    query = finding.random_query(rng, NOW)
    wanted = [c for c in calls if finding.matches(query, c)]
    pairs = finding.pairs(query)
    document = found(client, pairs, limit=10000)
    assert ids(document) == [c["session_id"] for c in wanted], query
    assert document["total_calls"] == len(wanted) and document["next"] is None
    group = ",".join(rng.sample(finding.GROUPS, rng.randint(1, 2)))
    bucket, zone = rng.choice(finding.BUCKETS), rng.choice(["UTC", "America/New_York", "Asia/Kolkata"])
    stats = client.get(path_of("/v1/stats", pairs, group=group, bucket=bucket, zone=zone, limit=10000)).json
    rows = finding.stats(wanted, group, bucket, ZoneInfo(zone))
    assert stats["groups"] == rows and stats["groups_total"] == len(rows) and stats["total_calls"] == len(wanted), (query, group)
    dropoff = client.get(path_of("/v1/dropoff", pairs, limit=10000)).json
    assert dropoff["modules"] == finding.dropoff(wanted), query
    assert dropoff["total_calls"] == len(wanted)
    places = client.get(path_of("/v1/places", pairs, limit=10000)).json
    rows, total = finding.places(wanted)
    shares = [place.pop("share") for place in places["places"]]
    assert shares == pytest.approx([row.pop("share") for row in rows], abs=0.00011)
    assert places["places"] == rows and (places["places_total"], places["total_time"], places["total_calls"]) == (len(rows), total, len(wanted)), query
    assert [places[name] for name in dropoff if name.startswith("calls_")] == [dropoff[name] for name in dropoff if name.startswith("calls_")]
    with_steps = sum(1 for c in wanted if c["detail"])
    assert (dropoff["calls_with_steps"], dropoff["calls_over_days"], dropoff["calls_without_steps"]) == (with_steps, 0, len(wanted) - with_steps)
    windows, asked = [wanted], {}
    if rng.random() < 0.5:
        asked = {"compare_start": NOW - rng.randint(0, 6) * 86400 - rng.randint(0, 86400), "compare_end": NOW - rng.randint(0, 86400)}
        asked["compare_end"] = max(asked.values())
        windows.append([c for c in calls if finding.matches({**query, "start": asked["compare_start"], "end": asked["compare_end"]}, c)])
    limit = rng.choice([1, 3, 200])
    flow = client.get(path_of("/v1/flow", pairs, limit=limit, **asked)).json
    counted = [flow, flow.pop("compared")] if asked else [flow]
    assert [(window.pop("total_calls"), window.pop("calls_with_steps"), window.pop("calls_over_days"), window.pop("calls_without_steps"))
            for window in counted] == [(len(c), sum(bool(m["detail"]) for m in c), 0, sum(not m["detail"] for m in c)) for c in windows], query
    assert flow == finding.flow(windows, limit), (query, asked, limit)
    lines = client.get(path_of("/v1/calls", pairs), accept=NDJSON)
    assert [json.loads(line)["session_id"] for line in lines.text.splitlines()] == ids(document)
    assert lines.headers["X-Total-Calls"] == str(len(wanted))


def test_stats_of_calls_alone_leaves_steps_and_durations_out_and_counts_the_same(sample):
    client, calls = sample
    for query in ({}, {"dest": "6177123001"}, {"start": NOW - 86400}):
        rows = finding.stats([c for c in calls if finding.matches(query, c)], "time", "hour")
        answer = client.get(path_of("/v1/stats", query, values="calls")).json
        assert answer["groups"] == [{"key": r["key"], "calls": r["calls"]} for r in rows]


def test_places_say_how_long_a_call_stayed_where_and_what_went_wrong(client):
    start = NOW - 1000
    detail = [step("Welcome", start, "prompt", "menu", "main"), step("No input", start + 5, "event", "menu", "main"),
              step("Invalid input: 7 (dtmf)", start + 9, "event", "menu", "main"), step("invalid input, try again", start + 9, "prompt", "menu", "main"),
              step("Joined queue", start + 20, "event", "queue", ""), step("back", start + 15, "event", "menu", "main"),
              step("Hung up", start + 40, "event", "hangup", "")]
    post(client, [call("a", start, start + 50, detail=detail), call("bare", start, start + 9, detail=None)])
    answer = client.get("/v1/places").json
    menu = {"module": "menu", "variable": "main", "calls": 1, "visits": 2, "time": {"sum": 55, "p50": 20, "p95": 35, "max": 35}, "share": 1,
            "no_input": 1, "wrong_input": 1, "slowest": [{"session_id": "a", "seconds": 35}]}
    queue = {"module": "queue", "variable": "", "calls": 1, "visits": 1, "time": {"sum": 0, "p50": 0, "p95": 0, "max": 0}, "share": 0,
             "no_input": 0, "wrong_input": 0, "slowest": [{"session_id": "a", "seconds": 0}]}
    assert answer == {"places": [menu, queue], "places_total": 2, "total_time": 55, "total_calls": 2,
                      "calls_with_steps": 1, "calls_over_days": 0, "calls_without_steps": 1}
    done = callstep("places", "--data", client.server.store, "--account", client.email)
    assert [line.split("\t") for line in done.stdout.splitlines()] == [
        ["menu", "main", "2", "0:55", "100.0", "0:20", "0:35", "1", "1", "a"], ["queue", "", "1", "0:00", "0.0", "0:00", "0:00", "0", "0", "a"]]
    assert json.loads(callstep("places", "--json", "--data", client.server.store, "--account", client.email).stdout) == answer


def test_flow_says_where_calls_go_how_they_end_and_what_differs_from_another_time(client):
    start = NOW - 1000
    detail = [step("Welcome", start + 2, "prompt", "menu", "main"), step("Joined queue", start + 20, "event", "queue", ""),
              step("back", start + 25, "event", "menu", "main")]
    before = [step("Welcome", start - 500, "prompt", "menu", "main")]
    post(client, [{**call("a", start, start + 50, detail=detail), "outcome": "abandoned"}, call("bare", start, start + 9, detail=None),
                  {**call("before", start - 500, start - 480, detail=before), "outcome": "completed"}])
    answer = client.get(path_of("/v1/flow", start=start, compare_start=start - 500, compare_end=start)).json
    assert [node["kind"] for node in answer["nodes"]] == ["begin", "place", "place", "end", "end"]
    assert answer["nodes"][1] == {"kind": "place", "module": "menu", "variable": "main", "calls": 1, "visits": 2, "compared": {"calls": 1, "visits": 1}}
    assert [node["outcome"] for node in answer["nodes"][3:]] == ["abandoned", "completed"]
    none = {"calls": 0, "times": 0, "time": {"sum": 0, "p50": 0, "p95": 0}}
    assert answer["edges"][0] == {"from": 0, "to": 1, "calls": 1, "times": 1, "time": {"sum": 2, "p50": 2, "p95": 2},
                                  "compared": {"calls": 1, "times": 1, "time": {"sum": 0, "p50": 0, "p95": 0}}}
    assert [(e["from"], e["to"], e["time"]["sum"], e["compared"] == none) for e in answer["edges"][1:]] == [
        (1, 2, 18, True), (1, 3, 25, True), (1, 4, 0, False), (2, 1, 5, True)]
    assert (answer["total_calls"], answer["calls_without_steps"], answer["compared"]["total_calls"]) == (2, 1, 1)
    options = ["--data", client.server.store, "--account", client.email, "--start", str(start)]
    compared = ["--compare-start", str(start - 500), "--compare-end", str(start)]
    assert json.loads(callstep("flow", "--json", *options, *compared).stdout) == answer
    done = callstep("flow", *options)
    assert [line.split("\t") for line in done.stdout.splitlines()] == [
        ["[begin]", "menu/main", "1", "1", "0:02", "0:02"], ["menu/main", "queue", "1", "1", "0:18", "0:18"],
        ["menu/main", "[end: abandoned]", "1", "1", "0:25", "0:25"], ["queue", "menu/main", "1", "1", "0:05", "0:05"]]
    assert callstep("flow", *options, *compared).stdout.splitlines()[0].split("\t") == ["[begin]", "menu/main", "1", "1", "0:02", "0:02", "1", "0:00", "0:00"]
    assert "compared with others; 1 calls" in callstep("flow", *options, *compared).stderr
    assert [line.split("\t")[:3] for line in callstep("flow", *options, "--limit", "1").stdout.splitlines()][0] == ["[begin]", "menu/main", "1"]
    for wrong in compared[:2], ["--compare-start", str(start), "--compare-end", str(start - 1)]:
        assert callstep("flow", *options, *wrong).returncode == 2


def test_the_slowest_calls_of_a_place_are_five_and_the_newest_of_those_as_slow(client):
    post(client, [call(f"s{i}", NOW - 900 + i, NOW - 900 + i + 10 * min(i, 7), detail=[step("x", NOW - 900 + i, module="menu")]) for i in range(12)])
    place = client.get("/v1/places").json["places"][0]
    assert [c["session_id"] for c in place["slowest"]] == ["s11", "s10", "s9", "s8", "s7"] and place["time"]["max"] == 70


@pytest.mark.parametrize("group", ["time", "src", "outcome,time", "module,src"])
def test_stats_as_csv_are_the_same_groups(sample, group):
    client, _ = sample
    for values in "all", "calls":
        path = path_of("/v1/stats", group=group, bucket="day", values=values, limit=30)
        document, table = client.get(path).json, client.get(path, accept=CSV)
        assert table.headers["Content-Type"].startswith(CSV) and table.headers["X-Total-Groups"] == str(document["groups_total"])
        rows = list(csv.DictReader(io.StringIO(table.text, newline="")))
        keys = [[shown_key(row, name) for name in group.split(",")] for row in rows]
        assert keys == [[str(key) for key in (g["key"] if "," in group else [g["key"]])] for g in document["groups"]]
        assert [int(row["calls"]) for row in rows] == [g["calls"] for g in document["groups"]]
        if values == "all":
            assert [[int(row[n]) for n in ("steps", "duration_sum", "duration_p50", "duration_p95")] for row in rows] == [
                [g["steps"], *g["duration"].values()] for g in document["groups"]]
        else:
            assert rows and "steps" not in rows[0]


def shown_key(row, name):
    if name == "time":
        assert row["time_iso"] == time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(int(row["time"])))
    return row[name]


def test_two_groups_that_a_limit_cuts_are_the_largest_and_the_rest_is_told(sample):
    client, calls = sample
    rows = finding.stats(calls, "time,dest", "day")
    answer = client.get(path_of("/v1/stats", group="time,dest", bucket="day", limit=5)).json
    assert answer["group"] == "time,dest" and answer["groups_total"] == len(rows) > 5 and answer["total_calls"] == len(calls)
    assert [g for g in rows if g in answer["groups"]] == answer["groups"] and len(answer["groups"]) == 5
    assert min(g["calls"] for g in answer["groups"]) >= sorted((g["calls"] for g in rows), reverse=True)[4]


def test_what_counts_steps_says_how_many_calls_have_any_and_why_others_have_none(client):
    keep_detail(client, 5)
    post(client, [call("has", NOW - 60), call("empty", NOW - 60, detail=[]), call("bare", NOW - 60, detail=None), call("old", NOW - 6 * 86400),
                  call("older", NOW - 9 * 86400, detail=None)])
    told = {"total_calls": 5, "calls_with_steps": 1, "calls_over_days": 2, "calls_without_steps": 2}
    for path in "/v1/dropoff", "/v1/places", "/v1/flow", "/v1/stats?group=class", "/v1/stats?group=module", "/v1/stats?group=variable":
        document = client.get(path).json
        assert {name: document[name] for name in told} == told, path
    for path in "/v1/stats?group=time", "/v1/stats?group=dest", "/v1/stats?group=type":
        assert not told.keys() - {"total_calls"} & client.get(path).json.keys()
    for command in ["dropoff"], ["stats", "--group", "module"]:
        done = callstep(*command, "--data", client.server.store, "--account", client.email)
        assert done.stderr.endswith("; 5 calls, 1 of them with steps (2 are over their days, 2 never had any)\n")
    assert callstep("stats", "--data", client.server.store, "--account", client.email).stderr.endswith("; 5 calls\n")


def test_groups_and_places_are_limited_and_all_are_counted(sample):
    client, calls = sample
    assert len(client.get("/v1/stats?group=dest&limit=2").json["groups"]) == 2
    assert client.get("/v1/stats?group=dest&limit=2").json["groups_total"] == len(finding.stats(calls, "dest"))
    assert len(client.get("/v1/dropoff?limit=1").json["modules"]) == 1
    assert client.get("/v1/dropoff?limit=1").json["modules_total"] == len(finding.dropoff(calls))


def test_too_many_buckets_name_the_parameter(client):
    post(client, [call(f"s{i}", 1700000000 + 60 * i, detail=None) for i in range(10001)])
    for values in ("calls", "all"):
        answer = client.get(f"/v1/stats?bucket=minute&values={values}")
        assert answer.status == 400 and answer.json["parameter"] == "bucket"
        assert client.get(f"/v1/stats?bucket=hour&values={values}").json["total_calls"] == 10001


# ---- pages ----

@pytest.mark.parametrize("limit", [1, 7, 100, 399, 400, 401])
def test_pages_by_cursor_are_the_whole_in_its_order(sample, limit):
    client, calls = sample
    got, query = [], {"limit": limit}
    while True:
        document = found(client, query)
        assert document["total_calls"] == len(calls) and len(document["calls"]) <= limit
        got += ids(document)
        if document["next"] is None:
            break
        query["cursor"] = document["next"]
    assert got == [c["session_id"] for c in calls]


def test_a_cursor_neither_repeats_nor_skips_while_calls_come_in(client):
    rng = random.Random(3)
    calls = [call(f"old{i:03}", NOW - rng.randint(100, 200)) for i in range(200)]
    post(client, calls)
    got, query, more = [], {"limit": 9, "text": "answered"}, 0
    while True:
        document = found(client, query)
        got += ids(document)
        if document["next"] is None:
            break
        query["cursor"] = document["next"]
        post(client, [call(f"new{more}", NOW - rng.randint(0, 300)), {**rng.choice(calls)}])
        more += 1
    assert [i for i in got if i.startswith("old")] == [c["session_id"] for c in finding.in_order(calls)]
    assert len(set(got)) == len(got)


def test_an_offset_jumps_and_a_cursor_goes_on_from_there(sample):
    client, calls = sample
    everything = [c["session_id"] for c in calls]
    for offset in (0, 1, 250, 399, 400, 5000):
        document = found(client, offset=offset, limit=10)
        assert ids(document) == everything[offset:offset + 10] and document["total_calls"] == 400
        if document["next"]:
            assert ids(found(client, cursor=document["next"], limit=5)) == everything[offset + 10:offset + 15]


def test_a_cursor_that_was_changed_names_the_parameter(sample):
    client, _ = sample
    cursor = found(client, limit=1)["next"]
    for wrong in ("", "x", cursor[:-1], cursor + "A", cursor.swapcase(), "A" + cursor[1:-1] + "B", cursor + "=", "A" * 300):
        answer = client.get(path_of("/v1/calls", cursor=wrong))
        assert answer.status == 400 and answer.json["parameter"] == "cursor", wrong
    answer = client.get(path_of("/v1/calls", cursor=cursor, offset=1))
    assert answer.status == 400 and answer.json["parameter"] == "offset"


def test_a_cursor_is_bound_to_nothing_but_its_place(sample):
    client, calls = sample
    document = found(client, limit=20)
    inbound = [c["session_id"] for c in calls[20:] if c["type"] == "inbound"]
    assert ids(found(client, cursor=document["next"], type="inbound", limit=1000)) == inbound


# ---- representations ----

def test_ndjson_and_csv_are_whole_unless_limited_and_gzip_holds_the_same(session_server):
    client = Client(session_server, add_account(session_server.store, "whole@example.com"), "whole@example.com")
    post(client, [call(f"s{i:05}", NOW - i // 3) for i in range(2600)])
    everything = ids(found(client, limit=10000))
    for gzipped in (False, True):
        for query in ("", "?detail=true"):
            lines = client.get("/v1/calls" + query, accept=NDJSON, gzipped=gzipped)
            assert lines.headers["X-Total-Calls"] == "2600" and lines.headers["Content-Type"] == NDJSON
            assert [json.loads(line)["session_id"] for line in lines.text.splitlines()] == everything
            table = client.get("/v1/calls" + query, accept=CSV, gzipped=gzipped)
            assert [row["session_id"] for row in csv.DictReader(io.StringIO(table.text))] == everything
            assert (lines.headers["Content-Encoding"] == "gzip") == gzipped
    for limit in (1, 999, 1000, 1001, 2600, 9000):
        lines = client.get(f"/v1/calls?limit={limit}", accept=NDJSON).text.splitlines()
        assert [json.loads(line)["session_id"] for line in lines] == everything[:limit]
    assert len(client.get("/v1/calls?offset=2500", accept=NDJSON).text.splitlines()) == 100
    cursor = found(client, limit=2000)["next"]
    assert len(client.get("/v1/calls?cursor=" + cursor, accept=NDJSON).text.splitlines()) == 600


def test_csv_has_its_columns_quotes_and_makes_formulas_harmless(client):
    evil = '=HYPERLINK("http://x","y")'
    post(client, [call("=1+1", NOW - 60, NOW, dest="+16177123001", src='a,"b"', detail=[
        step(evil, NOW - 60, "event", "@menu", "-x"), step("two\nlines", NOW - 50)]), call("none", NOW - 90, detail=None)])
    plain = client.get("/v1/calls", accept=CSV)
    assert plain.text.split("\r\n")[0] == "session_id,start,start_iso,end,end_iso,duration,type,src,dest,steps,state,outcome,answered,answered_iso,talk,ended_by"
    rows = list(csv.DictReader(io.StringIO(plain.text, newline="")))
    assert rows[0]["session_id"] == "'=1+1" and rows[0]["dest"] == "+16177123001" and rows[0]["src"] == 'a,"b"'
    assert rows[0]["duration"] == "60" and rows[0]["steps"] == "2" and rows[1]["steps"] == "0"
    assert rows[0]["start_iso"] == time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(NOW - 60))
    steps = list(csv.DictReader(io.StringIO(client.get("/v1/calls?detail=true", accept=CSV).text, newline="")))
    assert [(r["session_id"], r["step"]) for r in steps] == [("'=1+1", "1"), ("'=1+1", "2"), ("none", "")]
    assert (steps[0]["line"], steps[0]["module"], steps[0]["variable"]) == ("'" + evil, "'@menu", "'-x")
    assert steps[1]["line"] == "two\nlines"


def shown(cell):
    """What a spreadsheet shows of a cell: of a formula that is a text the text."""
    return cell[2:-1].replace('""', '"') if cell.startswith('="') and cell.endswith('"') else cell


def test_csv_for_a_spreadsheet_keeps_every_text(client):
    texts = ["0891234567", "1795510000.10", "12345678901234567890", "3E10", "1-2", "+498912345", "=1+1", '=cmd|"x"', "Jos\u00e9", "00012345", "a,b"]
    calls = [call(text, NOW - 60 - i, dest=text, src=text, detail=[step(text, NOW, "event", text, text)]) for i, text in enumerate(texts)]
    post(client, calls)
    for path, columns in [("/v1/calls?spreadsheet=true", ["session_id", "src", "dest"]),
                          ("/v1/calls?spreadsheet=true&detail=true", ["session_id", "src", "dest", "module", "variable", "line"])]:
        answer = client.get(path, accept=CSV)
        assert answer.status == 200 and answer.body.startswith(b"\xef\xbb\xbfsession_id,")
        rows = list(csv.DictReader(io.StringIO(answer.text[1:], newline="")))
        for text, row in zip(texts, rows):
            for column in columns:
                assert shown(row[column]) == text and (row[column] == text) == (text in ("Jos\u00e9", "a,b")), (column, row[column])
    done = callstep("export", "--data", client.server.store, "--account", client.email, "--format", "csv", "--spreadsheet")
    assert done.stdout.encode() == client.get("/v1/calls?spreadsheet=true", accept=CSV).body.replace(b"\r\n", b"\n")
    assert client.get("/v1/calls", accept=CSV).text.startswith("session_id,")
    refused = client.get("/v1/calls?spreadsheet=true")
    assert refused.status == 400 and refused.json["parameter"] == "spreadsheet"
    assert "--format csv" in callstep("export", "--spreadsheet", "--data", client.server.store).stderr


def test_csv_has_the_times_of_a_zone(client):
    start = 1795485027  # 2026-11-24 01:50:27 UTC
    post(client, [call("there", start, detail=[step("x", start + 1, "event", "menu", "main")])])
    window = f"start={start}&end={start + 1}"
    for path, column, wanted in [("", "start_iso", "2026-11-23T20:50:27-05:00"), ("&detail=true", "timestamp_iso", "2026-11-23T20:50:28-05:00")]:
        [row] = csv.DictReader(io.StringIO(client.get(f"/v1/calls?{window}&zone=America/New_York{path}", accept=CSV).text, newline=""))
        assert (row[column], row["start"]) == (wanted, str(start))
    done = callstep("export", "--data", client.server.store, "--account", client.email, "--format", "csv", "--zone", "America/New_York", "--start", str(start), "--end", str(start + 1))
    assert done.stdout.encode() == client.get(f"/v1/calls?{window}&zone=America/New_York", accept=CSV).body.replace(b"\r\n", b"\n")
    for path, accept in [("/v1/calls?zone=Mars/Phobos", CSV), ("/v1/calls?zone=America/New_York", "application/json")]:
        refused = client.get(path, accept=accept)
        assert refused.status == 400 and refused.json["parameter"] == "zone"
    assert "--format csv" in callstep("export", "--zone", "UTC", "--data", client.server.store).stderr


@pytest.mark.parametrize("accept, type_", [
    (None, "application/json"), ("*/*", "application/json"), ("image/png", "application/json"), ("text/*", "text/csv"),
    ("text/csv;q=0.5, application/x-ndjson", NDJSON), ("text/html, application/json;q=0.9, */*;q=0.1", "application/json")])
def test_the_representation_is_chosen_by_accept(client, accept, type_):
    answer = client.get("/v1/calls", accept=accept)
    assert answer.headers["Content-Type"].split(";")[0] == type_
    assert answer.headers["Content-Disposition"] == ('attachment; filename="callstep.csv"' if type_ == CSV else None)


@pytest.mark.parametrize("path", ["/v1/calls", "/v1/stats", "/v1/dropoff", "/v1/account", "/v1/calls/a"])
def test_head_is_get_without_its_body(client, path):
    post(client, [call("a")])
    get, head = client.get(path), client.ask(path, method="HEAD")
    assert head.status == get.status and head.body == b""
    assert head.headers["Content-Type"] == get.headers["Content-Type"]
    assert head.headers["X-Total-Calls"] == get.headers["X-Total-Calls"]


# ---- parameters ----

@pytest.mark.parametrize("query", [
    "start=x", "start=", "end=2026-13-01T00:00:00Z", "dest=", "src=", "type=Inbound", "type=", "class=", "module=,", "variable=",
    "last_module=", "last_variable=a,,b", "text=", "text=...", "text=%22open", "text=%ff", "session=", "session=%ff",
    "text=*0123", "text=**", "text=a*b", "text=%22a*+b%22", "text=%22*98%22", "path=", "path=menu+Dial", "path=menu+%3E", "path=men*", "dest=617*3001", "src=*1*2*", "min_duration=x", "min_duration=-1", "max_duration=1.5",
    "state=over", "-dest=", "-src=6*1", "-type=Inbound", "-outcome=", "-class=", "-module=a,,b", "-last_variable=,", "-last_module=%ff"])
@pytest.mark.parametrize("path", ["/v1/calls", "/v1/stats", "/v1/dropoff", "/v1/places", "/v1/flow", "/v1/tail"])
def test_a_wrong_filter_parameter_is_named(client, path, query):
    answer = client.get(f"{path}?{query}")
    assert answer.status == 400 and answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json["parameter"] == query.split("=")[0] and answer.json["detail"].startswith(query.split("=")[0])
    assert ("a * stands" in answer.json["detail"]) == ("*" in query)


@pytest.mark.parametrize("path, parameter", [
    ("/v1/calls?limit=0", "limit"), ("/v1/calls?limit=10001", "limit"), ("/v1/calls?limit=x", "limit"), ("/v1/calls?offset=-1", "offset"),
    ("/v1/calls?detail=yes", "detail"), ("/v1/stats?group=x", "group"), ("/v1/stats?group=time,time", "group"), ("/v1/stats?group=", "group"),
    ("/v1/stats?group=type,dest,src", "group"), ("/v1/stats?bucket=year", "bucket"), ("/v1/stats?values=x", "values"),
    ("/v1/stats?limit=10001", "limit"), ("/v1/dropoff?limit=0", "limit"), ("/v1/places?limit=0", "limit"), ("/v1/flow?limit=201", "limit"), ("/v1/flow?compare_start=1", "compare_end"),
    ("/v1/flow?compare_end=1", "compare_start"), ("/v1/flow?compare_start=2&compare_end=1", "compare_end"), ("/v1/flow?compare_start=x&compare_end=1", "compare_start"),
    ("/v1/calls?start=100&end=99", "end"),
    ("/v1/calls?min_duration=2&max_duration=1", "max_duration"), ("/v1/tail?detail=1", "detail"), ("/v1/tail?last_event_id=x", "last_event_id")])
def test_any_other_wrong_parameter_is_named(client, path, parameter):
    answer = client.get(path)
    assert answer.status == 400 and answer.json["parameter"] == parameter


# Below /v1/in other programs ask, which append parameters of their own: FreeSWITCH `?uuid=…`.
ROUTES = [(path, method.upper()) for path, row in contract.DOCUMENT["paths"].items() for method in row
          if path.startswith("/v1/") and not path.startswith("/v1/in/")]


@pytest.mark.parametrize("path, method", ROUTES, ids=lambda value: value)
def test_a_parameter_that_there_is_not_is_named(client, path, method):
    admin = key_with(client, "read,write,admin")
    for query, name in [("whatever=1", "whatever"), ("a%00b=", "(a name)"), ("&%ff", "(a name)"), ("x" * 99, "(a name)"), ("=1", "(a name)")]:
        answer = admin.ask(re.sub(r"{[^}]*}", "1", path) + "?" + query, method=method, body=b"" if method == "POST" else None)
        assert answer.status == 400 and answer.json["parameter"] == name, answer.text
        assert answer.json["detail"].startswith(f"{name}: there is no such parameter here")
        assert "did you mean" not in answer.json["detail"]


@pytest.mark.parametrize("path, query, nearest", [
    ("/v1/calls", "status=failed", "state"), ("/v1/calls", "modul=Queue", "module"), ("/v1/calls", "min-duration=9", "min_duration"),
    ("/v1/calls", "start=1&Limit=3", "limit"), ("/v1/stats", "groups=dest", "group"), ("/v1/dropoff", "txet=x", "text"),
    ("/v1/tail", "last-event-id=1", "last_event_id"), ("/v1/audit", "limt=1", "limit"), ("/v1/calls", "-modul=menu", "-module"),
    ("/v1/calls", "-text=x", "text"), ("/v1/calls", "-start=1", "start")])
def test_and_so_is_the_nearest_one_that_there_is(client, path, query, nearest):
    answer = key_with(client, "read,admin").get(f"{path}?{query}")
    assert answer.status == 400 and f"did you mean '{nearest}'?" in answer.json["detail"]


@pytest.mark.parametrize("path", [path for path, method in ROUTES if method == "GET"])
def test_the_parameters_that_there_are_are_those_of_the_document(client, path):
    operation = contract.DOCUMENT["paths"][path]["get"]
    wanted = {p["name"] for p in map(contract.resolved, operation.get("parameters", [])) if p["in"] == "query"}
    detail = key_with(client, "read,admin").get(re.sub(r"{[^}]*}", "1", path) + "?zzzzzzzzzz=1").json["detail"]
    listed = detail.partition("there is no such parameter here")[2].lstrip(": ").removeprefix("there are ")
    assert set(filter(None, listed.split(", "))) == wanted


# ---- what a call must not have ----

def test_a_call_that_has_none_of_these_is_found_whatever_it_lacks(client):
    post(client, [call("menu", NOW - 40, detail=[step("x", NOW - 40, "info", "menu", "main"), step("y", NOW - 39, "event", "hangup")]),
                  call("queue", NOW - 30, src="anonymous", detail=[step("x", NOW - 30, "error", "queue", "help")]),
                  {**call("bare", NOW - 20, src="", dest="*67", detail=False), "outcome": "missed"}, call("empty", NOW - 10, dest="5551267", detail=[])])
    for query, wanted in [
            ({"-module": "menu"}, ["empty", "bare", "queue"]), ({"-module": "menu,queue"}, ["empty", "bare"]), ({"-class": "error", "module": "menu"}, ["menu"]),
            ({"-last_module": "menu"}, ["empty", "bare", "queue"]), ({"-variable": "help", "text": "x"}, ["menu"]),
            ({"-outcome": "missed"}, ["empty", "queue", "menu"]), ({"src": "none"}, ["bare", "queue"]), ({"-src": "none"}, ["empty", "menu"]),
            ({"dest": "*67"}, ["empty", "bare"]), ({"dest": '"*67"'}, ["bare"]), ({"-dest": '"*67",5551267'}, ["queue", "menu"])]:
        assert ids(found(client, query)) == wanted, query
        assert found(client, query, limit=1)["total_calls"] == len(wanted)
    listed = ["--data", client.server.store, "--json"]
    for options, wanted in [(["--not-module", "menu,queue"], ["empty", "bare"]), (["--not-last-module", "menu"], ["empty", "bare", "queue"]),
                            (["--dest", '"*67"'], ["bare"]), (["--not-src", "none", "--not-dest", "5551267"], ["menu"])]:
        done = callstep("calls", *listed, "--account", client.email, *options)
        assert done.returncode == 0 and ids(json.loads(done.stdout)) == wanted, options
    done = callstep("calls", *listed, "--account", client.email, "--not-module", "")
    assert done.returncode == 2 and "--not-module: a name, or several" in done.stderr


def test_what_stands_between_parameters_is_none(client):
    assert client.get("/v1/calls?&limit=1&&").status == 200


def test_relative_times_count_from_now(client):
    post(client, [call("near", NOW - 60), call("far", NOW - 7200)])
    assert ids(found(client, start="-1h")) == ["near"]
    assert ids(found(client, start="-3h", end="-1h")) == ["far"]


# ---- comparing ----

def test_diff_puts_the_steps_of_two_calls_side_by_side(client):
    start = NOW - 100
    post(client, [call("a", start, start + 10, detail=[step("Answered", start), step("Press one", start + 2), step("only a", start + 3, module="x")]),
                  call("b", start + 50, start + 55, detail=[step("Answered", start + 50), step("Press two", start + 51)])])
    diff = client.get("/v1/diff/a/b").json
    assert [(s["change"], (s["a"] or {}).get("line"), (s["b"] or {}).get("line")) for s in diff["steps"]] == [
        ("same", "Answered", "Answered"), ("changed", "Press one", "Press two"), ("only_a", "only a", None)]
    assert [diff[name] for name in ("same", "changed", "only_a", "only_b")] == [1, 1, 1, 0]
    assert diff["steps"][1]["a"] == {"index": 2, "timestamp": start + 2, "offset": 2, "duration": 1, "class": "event", "module": "start",
                                     "variable": "start", "line": "Press one"}
    assert diff["a"]["session_id"] == "a" and diff["b"]["duration"] == 5


@pytest.mark.parametrize("a, b, named", [("a", "nowhere", "nowhere"), ("nowhere", "a", "nowhere"), ("a", "bare", "bare"), ("old", "a", "old")])
def test_diff_names_what_is_missing(client, a, b, named):
    keep_detail(client, 5)
    post(client, [call("a"), call("bare", detail=None), call("old", NOW - 6 * 86400)])
    answer = client.get(f"/v1/diff/{a}/{b}")
    assert answer.status == 404 and f"'{named}'" in answer.json["detail"]


# ---- accounts and keys ----

def test_account_tells_whom_a_key_belongs_to(client):
    answer = client.get("/v1/account").json
    assert answer["email"] == client.email and answer["scopes"] == ["read", "write"] and (answer["detail_days"], answer["api_detail_days"]) == (0, 5)
    assert abs(answer["time"] - time.time()) < 60
    built = f"{answer['version']} ({answer['revision']})" if answer["revision"] else answer["version"]
    assert callstep("version").stdout.splitlines()[0] == f"callstep {built}"
    assert key_with(client, "write").get("/v1/account").json["scopes"] == ["write"]


def test_keys_are_made_listed_used_and_revoked(client):
    admin = key_with(client, "admin", "boss")
    made = admin.ask("/v1/keys", "POST", json.dumps({"label": "répôrt", "scopes": ["read"], "more": [1]}),
                     {"Content-Type": "application/json"})
    assert made.status == 201 and made.json["label"] == "répôrt" and made.json["scopes"] == ["read"]
    assert made.headers["Cache-Control"] == "no-store"
    reader = Client(client.server, made.json["key"], client.email)
    assert found(reader)["total_calls"] == 0 and reader.post([call("a")]).status == 403
    listed = admin.get("/v1/keys").json["keys"]
    assert [(k["scopes"], k["own"]) for k in listed] == [(["read", "write"], False), (["admin"], True), (["read"], False)]
    assert made.json["key"] not in admin.get("/v1/keys").text
    assert admin.ask(f"/v1/keys/{made.json['id']}", "DELETE").status == 204
    assert reader.get("/v1/calls").status == 401
    assert admin.ask(f"/v1/keys/{made.json['id']}", "DELETE").status == 204
    assert admin.get("/v1/keys").json["keys"][2]["revoked"] is not None
    assert admin.get("/v1/calls").status == 403


@pytest.mark.parametrize("body, parameter", [
    ('{"label":"x"}', "scopes"), ('{"scopes":[]}', "scopes"), ('{"scopes":"read"}', "scopes"), ('{"scopes":["root"]}', "scopes"),
    ('{"scopes":["read,admin"]}', "scopes"), ('{"scopes":[1]}', "scopes"), ('{"scopes":["read"],"label":1}', "label"),
    ('{"scopes":["read"],"label":"a\\u0000b"}', "label"), ('{"scopes":["read"],"label":"' + "x" * 129 + '"}', "label"),
    ("[]", None), ("", None), ('{"scopes":["read"]', None), ('{"scopes":["read"],"scopes":["admin"]}', None), ('{"scopes":["read"]} x', None)])
def test_a_wrong_wish_for_a_key_says_what_is_wrong(client, body, parameter):
    admin = key_with(client, "admin")
    answer = admin.ask("/v1/keys", "POST", body, {"Content-Type": "application/json"})
    assert answer.status == 400 and answer.json.get("parameter") == parameter, answer.text
    assert len(admin.get("/v1/keys").json["keys"]) == 2


def test_a_key_without_admin_makes_lists_and_revokes_none(client):
    for scopes in ("read", "write", "read,write"):
        plain = key_with(client, scopes)
        assert plain.get("/v1/keys").status == 403
        assert plain.ask("/v1/keys", "POST", '{"scopes":["admin"]}', {"Content-Type": "application/json"}).status == 403
        assert plain.ask("/v1/keys/1", "DELETE").status == 403


def test_a_key_is_posted_as_json_and_short(client):
    admin = key_with(client, "admin")
    assert admin.ask("/v1/keys", "POST", '{"scopes":["read"]}', {"Content-Type": "text/plain"}).status == 415
    assert admin.ask("/v1/keys", "POST", b" " * 20000, {"Content-Type": "application/json"}).status == 413


@pytest.mark.parametrize("path", ["/v1/calls", "/v1/calls/a", "/v1/stats", "/v1/dropoff", "/v1/diff/a/b", "/v1/tail"])
def test_finding_needs_the_scope_read(client, path):
    assert key_with(client, "write,admin").get(path).status == 403


def test_one_account_sees_nothing_of_another(client, session_server):
    other = Client(session_server, add_account(session_server.store, "other-" + client.email), "other-" + client.email)
    post(client, [call(f"s{i}", NOW - i, detail=[step(f"secret{i}", NOW, module=f"m{i}")]) for i in range(5)])
    post(other, [call("mine", NOW - 3)])
    assert ids(found(other)) == ["mine"] and found(other)["total_calls"] == 1
    assert other.get("/v1/calls/s1").status == 404
    assert found(other, text="secret1")["total_calls"] == 0 and found(other, module="m1")["total_calls"] == 0
    assert [g["key"] for g in other.get("/v1/stats?group=module").json["groups"]] == ["start"]
    assert [m["module"] for m in other.get("/v1/dropoff").json["modules"]] == ["start"]
    for path in ("/v1/diff/mine/s1", "/v1/diff/s1/mine"):
        answer = other.get(path)
        assert answer.status == 404 and "there is no call 's1'" in answer.json["detail"]
    cursor = found(client, limit=2)["next"]
    assert ids(found(other, cursor=cursor)) == ["mine"]
    admin, boss = key_with(client, "admin"), key_with(other, "admin")
    own = {k["id"] for k in admin.get("/v1/keys").json["keys"]}
    theirs = {k["id"] for k in boss.get("/v1/keys").json["keys"]}
    assert not own & theirs
    for number in theirs:
        assert admin.ask(f"/v1/keys/{number}", "DELETE").status == 404
    assert found(other)["total_calls"] == 1


# ---- long questions ----

LONG = ["/v1/calls?text=answered", "/v1/calls?module=nothing", "/v1/stats?group=module", "/v1/dropoff", "/v1/places", "/v1/flow"]


@pytest.fixture(scope="module")
def large_store(tmp_path_factory):
    """A store with more calls than can be looked at in a millisecond."""
    store = store_at(tmp_path_factory.mktemp("large"))
    key = add_account(store, "large@example.com")
    made = subprocess.run([BINARY, "generate", "--calls", "6000", "--end", "now", "--days", "2"], capture_output=True, check=True).stdout
    subprocess.run([BINARY, "import", "--data", store, "--account", "large@example.com", "-"], input=made, capture_output=True, check=True)
    return store, key


def test_a_question_that_takes_too_long_says_so_and_others_are_answered(start_server, large_store):
    store, key = large_store
    server = start_server("--query-time-max", "1ms", store=store)
    client = Client(server, key, "large@example.com")
    for path in ("/v1/stats?group=module", "/v1/dropoff"):
        answer = client.get(path)
        assert answer.status == 503 and "--query-time-max" in answer.json["detail"] and answer.headers["Retry-After"] == "1"
    other = Client(server, add_account(store, "quick@example.com"), "quick@example.com")
    post(other, [call("a")])
    assert other.get("/v1/calls/a").status == 200 and client.get("/v1/account").status == 200


def test_the_questions_of_one_account_do_not_keep_another_from_its_answer(start_server, large_store):
    store, key = large_store
    server = start_server("--threads", "1", store=store)
    client = Client(server, key, "large@example.com")
    other = Client(server, add_account(store, "patient@example.com"), "patient@example.com")
    post(other, [call("a")])
    answers = []

    def ask(number):
        answers.append((number, client.get("/v1/dropoff").status))

    crowd = [threading.Thread(target=ask, args=(number,)) for number in range(30)]
    for thread in crowd:
        thread.start()
    assert ids(found(other, type="inbound")) == ["a"]
    for thread in crowd:
        thread.join()
    assert {status for _, status in answers} == {200}


def test_too_many_questions_of_one_account_are_429(start_server, large_store):
    store, key = large_store
    server = start_server("--threads", "1", store=store)
    client = Client(server, key, "large@example.com")
    # All are connected first, and then ask at once: many more than wait for one account.
    connections = [http.client.HTTPConnection(server.address, timeout=60) for _ in range(300)]
    for connection in connections:
        connection.connect()
    for connection in connections:
        connection.request("GET", "/v1/dropoff", headers={"Authorization": client.basic()})
    statuses = [connection.getresponse().status for connection in connections]
    for connection in connections:
        connection.close()
    assert set(statuses) == {200, 429}
    assert client.get("/v1/dropoff").status == 200


def test_clients_that_go_away_leave_nothing_behind(start_server, large_store):
    store, key = large_store
    server = start_server("--threads", "1", "--page-memory-max", "8M", store=store)
    client = Client(server, key, "large@example.com")
    for accept, path in [(NDJSON, "/v1/calls?detail=true"), ("application/json", "/v1/dropoff"), (CSV, "/v1/calls?text=answered")] * 5:
        connection = http.client.HTTPConnection(server.address, timeout=60)
        connection.request("GET", path, headers={"Authorization": client.basic(), "Accept": accept})
        if accept == NDJSON:
            connection.getresponse().read(10)
        connection.close()
    assert client.get("/v1/dropoff").status == 200
    lines = client.get("/v1/calls?detail=true", accept=NDJSON, gzipped=True)
    assert lines.body.count(b"\n") == 6000


def test_a_stop_cuts_a_stream_that_nobody_reads(start_server, large_store):
    store, key = large_store
    server = start_server("--grace", "0", store=store)
    client = Client(server, key, "large@example.com")
    connection = http.client.HTTPConnection(server.address, timeout=60)
    connection.request("GET", "/v1/calls?detail=true", headers={"Authorization": client.basic(), "Accept": NDJSON})
    response = connection.getresponse()
    response.read(10)
    assert server.stop() == 0
    with pytest.raises((http.client.IncompleteRead, ConnectionError)):
        response.read()
    connection.close()
