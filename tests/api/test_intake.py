# SPDX-License-Identifier: MIT
"""API.md §2 "Taking calls in": POST /v1/calls. Each test is a rule."""
import gzip
import json
import socket
import subprocess
import time

import pytest

from conftest import Client, add_account, call, step

ALL = "/api/all_logs/0/99999999999"
NDJSON = {"Content-Type": "application/x-ndjson"}


def ndjson(calls):
    return b"".join(json.dumps(c).encode() + b"\n" for c in calls)


def zstd(data):
    return subprocess.run(["zstd", "-q", "-c"], input=data, capture_output=True, check=True).stdout


def held(client, session_id):
    return next(c for c in client.get(ALL).json["calls"] if c["session_id"] == session_id)


# ---- shapes and codings ----


@pytest.mark.parametrize("coding", ["identity", "gzip", "zstd"])
@pytest.mark.parametrize("shape", ["document", "bare call", "ndjson"])
def test_three_shapes_in_three_codings(client, shape, coding):
    body = {"document": json.dumps({"calls": [call("a")], "total_calls": 1}, indent=1).encode(),
            "bare call": json.dumps(call("a"), indent=1).encode(), "ndjson": ndjson([call("a")])}[shape]
    body = {"identity": lambda b: b, "gzip": gzip.compress, "zstd": zstd}[coding](body)
    headers = {"Content-Encoding": coding, **(NDJSON if shape == "ndjson" else {})}
    assert client.post(body, headers=headers).json == {"accepted": 1, "replaced": 0, "rejected": [], "old_detail": 0, "old_calls": 0}
    assert held(client, "a")["detail"] is not False


def test_ndjson_may_have_empty_lines_crlf_and_no_last_newline(client):
    body = b"\n" + json.dumps(call("a")).encode() + b"\r\n\r\n  \n" + json.dumps(call("b")).encode()
    assert client.post(body, headers=NDJSON).json["accepted"] == 2


@pytest.mark.parametrize("headers", [{"Content-Type": "text/plain"}, {"Content-Type": "application/xml"},
                                     {"Content-Encoding": "br"}])
def test_another_type_or_coding_is_415(client, headers):
    answer = client.post([call("a")], headers=headers)
    assert answer.status == 415 and answer.headers["Content-Type"] == "application/problem+json"


def test_problems_are_rfc_9457(client):
    answer = client.post(b"{")
    assert answer.status == 400 and answer.headers["Content-Type"] == "application/problem+json"
    assert {"type", "title", "status", "detail"} <= set(answer.json) and answer.json["status"] == 400


def test_a_large_body_is_streamed(client):
    now = int(time.time()) - 100000
    calls = [call(f"s{i}", start=now + i, detail=[step("x" * 200)] * 20) for i in range(3000)]
    body = ndjson(calls)
    assert len(body) > 10_000_000
    assert client.post(gzip.compress(body, 1), headers={**NDJSON, "Content-Encoding": "gzip"}).json["accepted"] == 3000
    assert client.get(ALL + "?limit=1").json["total_calls"] == 3000


def test_a_chunked_body_is_taken(client):
    parts = iter([ndjson([call("a")])[:40], ndjson([call("a")])[40:], ndjson([call("b")])])
    answer = client.ask("/v1/calls", method="POST", body=parts, headers=NDJSON)
    assert answer.json["accepted"] == 2


# ---- identity ----


def test_the_same_call_twice_is_one_call(client):
    assert client.post([call("a"), call("a", dest="2")]).json == {"accepted": 2, "replaced": 1, "rejected": [], "old_detail": 0, "old_calls": 0}
    assert client.post([call("a", dest="3")]).json == {"accepted": 1, "replaced": 1, "rejected": [], "old_detail": 0, "old_calls": 0}
    answer = client.get(ALL).json
    assert answer["total_calls"] == 1 and answer["calls"][0]["dest"] == "3"


@pytest.mark.parametrize("detail", [None, False])
def test_a_later_copy_without_detail_updates_the_header_and_keeps_the_steps(client, detail):
    now = int(time.time()) - 500
    client.post([call("a", start=now, detail=[step("kept", now)])])
    client.post([call("a", start=now + 100, end=now + 200, dest="7", detail=detail)])
    got = held(client, "a")
    assert (got["dest"], got["start"], got["detail"][0]["event"]["line"]) == ("7", str(now + 100), "kept")
    assert client.get(ALL, gzipped=True).json["calls"][0] == got


def test_a_later_copy_with_an_array_replaces_the_steps_even_an_empty_one(client):
    client.post([call("a", detail=[step("old")])])
    client.post([call("a", detail=[step("new")])])
    assert [s["event"]["line"] for s in held(client, "a")["detail"]] == ["new"]
    client.post([call("a", detail=[])])
    assert held(client, "a")["detail"] == []


def test_totals_follow_calls_that_move(client):
    now = int(time.time())
    client.post([call(f"s{i}", start=now - i * 3000, dest="1") for i in range(50)])
    client.post([call(f"s{i}", start=now - 400000 - i, dest="2") for i in range(0, 50, 2)])
    assert client.get(f"/api/calls/{now - 200000}/{now + 1}").json["total_calls"] == 25
    assert client.get(f"/api/calls/{now - 500000}/{now - 300000}").json["total_calls"] == 25
    assert client.get("/api/calls/0/99999999999?number=1").json["total_calls"] == 25
    assert client.get("/api/calls/0/99999999999?number=2").json["total_calls"] == 25


# ---- rejects ----

GOOD = call("good", start=1000, end=1010)


def broken(**changes):
    made = {**GOOD, **changes}
    return {name: value for name, value in made.items() if value != "drop"}


BAD_CALLS = {
    "dest": [broken(dest="drop"), broken(dest=1), broken(dest="x" * 129), broken(dest="a\nb"), broken(dest="a\x7fb")],
    "src": [broken(src="drop"), broken(src=None), broken(src="x" * 129)],
    "start": [broken(start="drop"), broken(start="x"), broken(start=-1), broken(start=1.5), broken(start=""),
              broken(start=1e3), broken(start=10 ** 18), broken(start=True)],
    "end": [broken(end="drop"), broken(end="999"), broken(end="-1")],
    "session_id": [broken(session_id="drop"), broken(session_id=""), broken(session_id="x" * 129), broken(session_id=7),
                   broken(session_id="a\tb")],
    "type": [broken(type="drop"), broken(type="Inbound"), broken(type=""), broken(type=1)],
    "detail": [broken(detail=True), broken(detail={}), broken(detail="x"), broken(detail=0)],
    "step": [broken(detail=[1]), broken(detail=[[]])],
    "timestamp": [broken(detail=[{**step(), "timestamp": t}]) for t in ("1", 1.5, -1, None, 10 ** 18)]
                 + [broken(detail=[{k: v for k, v in step().items() if k != "timestamp"}])],
    "class": [broken(detail=[{**step(), "class": c}]) for c in ("", "a b", "x" * 33, 1, "é")]
             + [broken(detail=[{k: v for k, v in step().items() if k != "class"}])],
    "event": [broken(detail=[{**step(), "event": e}]) for e in ([], "x", None)]
             + [broken(detail=[{k: v for k, v in step().items() if k != "event"}])],
    "line": [broken(detail=[{**step(), "event": e}]) for e in ({}, {"line": 1}, {"data": {}})],
    "data": [broken(detail=[{**step(), "event": {"line": "x", "data": d}}]) for d in ([], "x", None, 1)],
}


@pytest.mark.parametrize("named, bad", [(n, b) for n, many in BAD_CALLS.items() for b in many])
def test_a_wrong_call_is_rejected_by_place_session_and_member_and_the_others_kept(client, named, bad):
    answer = client.post([call("first"), bad, call("last")])
    assert answer.status == 200 and answer.json["accepted"] == 2
    reject, = answer.json["rejected"]
    assert reject["line"] == 2 and named in reject["error"]
    assert {c["session_id"] for c in client.get(ALL).json["calls"]} == {"first", "last"}


@pytest.mark.parametrize("text, said", [
    (b'{"a":NaN}', "line 2"), (b'{"a":01}', "line 2"), (b'{"a":"\\ud800"}', "surrogate"), (b'{"a":"\x01"}', "control"),
    (b'{"a":"\xff"}', "UTF-8"), (b'{"dest":"1","dest":"2"}', "already"), (b'{"a":{"b":1,"\\u0062":2}}', "b"),
    (b'{"a":1,}', "column"), (b"[]", "object"), (b'"x"', "object"), (b"7", "object"),
    (b'{"a":' + b"[" * 70 + b"]" * 70 + b"}", "64")])
def test_json_is_strict_and_errors_say_where(client, text, said):
    body = json.dumps(call("first")).encode() + b"\n" + text + b"\n" + json.dumps(call("last")).encode() + b"\n"
    answer = client.post(body, headers=NDJSON)
    assert answer.json["accepted"] == 2
    reject, = answer.json["rejected"]
    assert reject["line"] == 2 and said in reject["error"]


def test_the_position_of_an_error_is_line_and_column_of_the_body(client):
    body = b'{"calls":[\n' + json.dumps(call("a")).encode() + b',\n  {"dest": "1", "src": nope}]}'
    reject, = client.post(body).json["rejected"]
    assert reject["line"] == 2 and "line 3, column 24" in reject["error"]


def test_a_reject_names_its_session_when_it_can(client):
    reject, = client.post([call("first"), broken(type="nonsense")]).json["rejected"]
    assert reject["session_id"] == "good"


def test_nothing_in_it_was_a_call_is_422(client):
    for body, headers in ((json.dumps({"calls": [{}]}).encode(), {}), (b"{}\n{}\n", NDJSON), (b"\n", NDJSON)):
        answer = client.post(body, headers=headers)
        assert answer.status == 422 and answer.json["accepted"] == 0


def test_an_empty_page_can_be_posted(client):
    assert client.post(b'{"calls":[],"total_calls":0}').json == {"accepted": 0, "replaced": 0, "rejected": [], "old_detail": 0, "old_calls": 0}


@pytest.mark.parametrize("body", [b"", b"{", b'{"calls":', b'{"calls":[', b"nonsense", b'{"calls":[]} x', b'{"calls":1}',
                                  b'{"calls":[],}', b"[1", b'{"calls":[{}}'])
def test_a_body_that_is_no_document_is_400(client, body):
    answer = client.post(body)
    assert answer.status in (400, 422)
    assert answer.json["detail"]


def test_what_was_good_before_a_broken_document_is_kept(client):
    body = b'{"calls":[' + json.dumps(call("a")).encode() + b"," + json.dumps(call("b")).encode() + b", {\"x\": ]"
    answer = client.post(body)
    assert answer.status == 400 and answer.json["accepted"] == 2
    assert client.get(ALL).json["total_calls"] == 2


def test_a_call_above_the_ceiling_is_rejected_and_the_others_kept(client):
    large = call("large", detail=[step("x" * 600_000), step("y" * 600_000)])
    for body, headers in ((json.dumps({"calls": [call("a"), large, call("b")]}).encode(), {}),
                          (ndjson([call("a"), large, call("b")]), NDJSON)):
        answer = client.post(body, headers=headers)
        assert answer.json["accepted"] == 2
        reject, = answer.json["rejected"]
        assert reject["line"] == 2 and "1048576" in reject["error"]


def test_rejects_are_listed_by_line(client):
    body = b"".join(ndjson([call(f"s{i}")]) if i % 3 else b"{}\n" for i in range(600))
    answer = client.post(body, headers=NDJSON)
    assert answer.json["accepted"] == 400
    assert [r["line"] for r in answer.json["rejected"]] == list(range(1, 601, 3))


def test_many_rejects_are_listed_up_to_a_bound_and_counted(client):
    answer = client.post(b"{}\n" * 2500 + ndjson([call("a")]), headers=NDJSON)
    assert answer.json["accepted"] == 1
    assert len(answer.json["rejected"]) == 1000 and answer.json["rejected_more"] == 1500


# ---- cut off and corrupt ----


def test_a_truncated_gzip_body_is_400_and_what_came_whole_is_kept(client):
    body = gzip.compress(ndjson([call(f"s{i}", detail=[step(str(i * 7919 % 1000))] * 30) for i in range(2000)]))
    answer = client.post(body[: len(body) // 2], headers={**NDJSON, "Content-Encoding": "gzip"})
    assert answer.status == 400 and "cut off" in answer.json["detail"]
    assert 0 < answer.json["accepted"] < 2000
    assert client.get(ALL + "?limit=1").json["total_calls"] == answer.json["accepted"]


@pytest.mark.parametrize("coding", ["gzip", "zstd"])
def test_a_body_that_is_not_what_its_coding_says_is_400(client, coding):
    answer = client.post(b"plain text, not compressed", headers={"Content-Encoding": coding})
    assert answer.status == 400 and coding in answer.json["detail"]


def test_a_decompression_bomb_does_not_fill_memory(client):
    bomb = gzip.compress(b" " * 200_000_000 + b"{}", 9)
    assert client.post(bomb, headers={"Content-Encoding": "gzip"}).status in (400, 422)
    status = open(f"/proc/{client.server.process.pid}/status").read()
    peak_kb = int(status.split("VmHWM:")[1].split()[0])
    assert peak_kb < 1_500_000 # generous: sanitizers multiply


def test_a_body_that_is_cut_off_leaves_what_came_whole(start_server):
    """A client that vanishes is noticed at once or, when its end came together with its last bytes, at the time-out."""
    server = start_server("--timeout", "2s")
    client = Client(server, add_account(server.store))
    host, port = client.server.address.rsplit(":", 1)
    body = ndjson([call("whole")]) + ndjson([call("cut")])[:50]
    with socket.create_connection((host, int(port)), 10) as connection:
        connection.sendall(f"POST /v1/calls HTTP/1.1\r\nHost: x\r\nAuthorization: {client.basic()}\r\n"
                           f"Content-Type: application/x-ndjson\r\nContent-Length: {len(body) + 1000}\r\n\r\n".encode() + body)
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and client.get(ALL).status == 404:
        time.sleep(0.05)
    assert [c["session_id"] for c in client.get(ALL).json["calls"]] == ["whole"]


def test_wrong_credentials_are_told_before_the_body_is_read(client):
    answer = client.post([call("a")], authorization=None)
    assert answer.status == 401


def test_a_body_above_the_ceiling_is_413(start_server):
    server = start_server("--body-size-max", "10k")
    client = Client(server, add_account(server.store))
    assert client.post([call("a")]).status == 200
    assert client.post(b" " * 20_000).status == 413


def test_many_posters_at_once_lose_nothing(client):
    from concurrent.futures import ThreadPoolExecutor
    def post(number):
        return client.post([call(f"{number}-{i}") for i in range(5)]).json["accepted"]
    with ThreadPoolExecutor(16) as pool:
        assert sum(pool.map(post, range(100))) == 500
    assert client.get(ALL + "?limit=1").json["total_calls"] == 500
