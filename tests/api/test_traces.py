# SPDX-License-Identifier: MIT
"""POST /v1/traces: OTLP/HTTP. tests/web/traces.test.mjs posts as OpenTelemetry's own clients do; here is what they never send."""
import gzip
import http.client
import json
import struct
import subprocess
import threading
import time

import pytest

import conftest
from conftest import Client, Server, add_account, callstep

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
JSON = {"Content-Type": "application/json"}
PROTOBUF = {"Content-Type": "application/x-protobuf"}
START = int(time.time()) - 1000


# ---- spans ----


def value(of):
    if isinstance(of, bool):
        return {"boolValue": of}
    if isinstance(of, int):
        return {"intValue": str(of)}
    return {"doubleValue": of} if isinstance(of, float) else {"stringValue": of}


def span(number, name, attributes=None, at=0.0, lasts=1.0, root=False, trace=TRACE, **more):
    start = int((START + at) * 1e6) * 1000
    return {"traceId": trace, "spanId": f"{number:016x}", **({} if root else {"parentSpanId": "f" * 16}), "name": name,
            "startTimeUnixNano": str(start), "endTimeUnixNano": str(start + int(lasts * 1e9)),
            "attributes": [{"key": k, "value": value(v)} for k, v in (attributes or {}).items()], **more}


def own(number, line, at=0.0, **more):
    return span(number, "step", {"callstep.line": line}, at, **more)


def request(*spans):
    return {"resourceSpans": [{"scopeSpans": [{"spans": list(spans)}]}]}


def post(client, spans, headers=JSON, **more):
    return client.ask("/v1/traces", method="POST", body=spans if isinstance(spans, bytes) else json.dumps(request(*spans)).encode(),
                      headers=headers, **more)


def held(client, trace=TRACE):
    return client.get(f"/v1/calls/{trace}").json


def lines(call):
    return [step["event"]["line"] for step in call["detail"]]


def varint(number):
    out = b""
    while number > 127:
        out += bytes([number & 127 | 128])
        number >>= 7
    return out + bytes([number])


def field(number, content):
    return varint(number << 3 | 2) + varint(len(content)) + content


def packed(spans):
    def one(of):
        out = field(1, bytes.fromhex(of["traceId"])) + field(2, bytes.fromhex(of["spanId"]))
        out += field(4, bytes.fromhex(of["parentSpanId"])) if "parentSpanId" in of else b""
        out += field(5, of["name"].encode()) + struct.pack("<BQBQ", 7 << 3 | 1, int(of["startTimeUnixNano"]), 8 << 3 | 1, int(of["endTimeUnixNano"]))
        return out + b"".join(field(9, field(1, a["key"].encode()) + field(2, field(1, a["value"]["stringValue"].encode()))) for a in of["attributes"])
    return field(1, field(2, b"".join(field(2, one(s)) for s in spans)))


# ---- what is taken ----


@pytest.mark.parametrize("coding", ["identity", "gzip", "zstd"])
@pytest.mark.parametrize("kind", ["json", "protobuf"])
def test_both_encodings_in_three_codings(client, kind, coding):
    spans = [own(1, "one"), own(2, "two", at=1)]
    body = packed(spans) if kind == "protobuf" else json.dumps(request(*spans)).encode()
    body = {"identity": lambda b: b, "gzip": gzip.compress,
            "zstd": lambda b: subprocess.run(["zstd", "-qc"], input=b, capture_output=True, check=True).stdout}[coding](body)
    answer = post(client, body, {**(PROTOBUF if kind == "protobuf" else JSON), "Content-Encoding": coding})
    assert (answer.status, answer.body) == (200, b"" if kind == "protobuf" else b"{}")
    assert answer.headers["Content-Type"] == ("application/x-protobuf" if kind == "protobuf" else "application/json")
    assert lines(held(client)) == ["one", "two"] and held(client)["state"] == "live"


def test_a_request_without_spans_is_taken(client):
    assert post(client, b"{}").body == b"{}" and post(client, b"", PROTOBUF).body == b""


def test_a_bad_span_is_set_aside_and_the_others_are_kept(client):
    bad = {**own(1, "bad"), "traceId": "12"}
    answer = post(client, [bad, own(2, "good"), span(3, "x", {"callstep.line": "a", "callstep.class": "no class"})])
    partial = answer.json["partialSuccess"]
    assert answer.status == 200 and partial["rejectedSpans"] == "2"
    assert "trace id" in partial["errorMessage"] and "callstep.class" in partial["errorMessage"]
    assert lines(held(client)) == ["good"]


def test_protobuf_is_told_in_protobuf(client):
    answer = post(client, packed([span(1, "GET /", trace="1" * 32)]), PROTOBUF)
    assert answer.status == 200 and answer.body.startswith(b"\x0a") and b"\x08\x01" in answer.body and b"not a call" in answer.body
    wrong = post(client, b"\x0a\x05\x12", PROTOBUF)
    assert wrong.status == 400 and wrong.headers["Content-Type"] == "application/x-protobuf" and b"ExportTraceServiceRequest" in wrong.body


def test_what_comes_later_of_a_call_is_its_own_whatever_its_name(client):
    assert post(client, [span(9, "server", root=True)]).json["partialSuccess"]["rejectedSpans"] == "1"
    assert post(client, [own(1, "one")]).json == {}
    assert post(client, [span(2, "query")]).json == {}
    assert held(client)["state"] == "live"
    assert post(client, [span(9, "server", at=-2, lasts=9, root=True)]).json == {}
    call = held(client)
    assert (call["state"], call["start"], call["end"]) == ("ended", START - 2, START + 7)


def test_spans_within_a_second_stand_in_their_order_whatever_came_first(client):
    names = [f"step {i}" for i in range(10)]
    spans = [own(i + 1, name, at=i / 20) for i, name in enumerate(names)]
    for i in (7, 2, 9, 0, 4, 4, 1, 8, 3, 6, 5):
        assert post(client, [spans[i]]).json == {}
    assert lines(held(client)) == names


def test_two_accounts_have_two_calls_of_one_trace(client):
    other = Client(client.server, add_account(client.server.store, "other@example.com"), "other@example.com")
    post(client, [own(1, "mine")])
    post(other, [own(1, "theirs")])
    assert lines(held(client)) == ["mine"] and lines(held(other)) == ["theirs"]


def test_many_requests_at_once_lose_nothing(client):
    def send(part):
        connection = http.client.HTTPConnection(client.server.address, timeout=60)
        for i in range(part, 200, 8):
            connection.request("POST", "/v1/traces", json.dumps(request(own(i + 1, f"step {i:03}", at=i / 100))),
                               {**JSON, "Authorization": client.basic()})
            answer = connection.getresponse()
            answers.append((answer.status, answer.read()))
        connection.close()
    answers = []
    threads = [threading.Thread(target=send, args=(part,)) for part in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [(200, b"{}")] * 200
    assert lines(held(client)) == [f"step {i:03}" for i in range(200)]


def test_a_trace_larger_than_a_line_is_whole(client):
    spans = [span(i + 1, "step", {"callstep.line": f"step {i:03}", "text": "x" * 3000}, at=i) for i in range(200)]
    assert post(client, spans).json == {}
    assert lines(held(client)) == [f"step {i:03}" for i in range(200)]


def test_a_call_that_would_be_too_large_is_told_and_what_is_held_stays(tmp_path):
    server = Server(tmp_path, "--call-size-max", "20000")
    client = Client(server, add_account(server.store))
    assert post(client, [own(1, "small")]).json == {}
    answer = post(client, [span(i + 2, "step", {"callstep.line": "x" * 3000}) for i in range(8)])
    assert answer.json["partialSuccess"]["rejectedSpans"] == "8" and "20000 bytes" in answer.json["partialSuccess"]["errorMessage"]
    assert lines(held(client)) == ["small"]
    server.stop()


def test_spans_that_only_tell_a_time_are_steps_where_that_is_asked_for(tmp_path):
    server = Server(tmp_path, "--all-spans")
    client = Client(server, add_account(server.store))
    assert post(client, [span(1, "llm_node", {"lk.response.ttft": 0.2})]).json == {}
    step = held(client)["detail"][0]
    assert (step["class"], step["event"]["line"], step["event"]["data"]["lk.response.ttft"]) == ("debug", "llm_node", 0.2)
    server.stop()


# ---- privacy ----


def test_a_pin_in_a_span_is_hidden(tmp_path):
    server = Server(tmp_path, "--redact-input", "gather,dtmf", "--redact-variables", "pin")
    client = Client(server, add_account(server.store))
    body = json.dumps({"digits": "482613", "reason": "dtmfDetected"})
    post(client, [span(1, "verb:hook (/pin)", {"http.statusCode": 200, "http.body": body}), span(2, "dtmf:4", {"dtmf": "4"}, at=2)])
    post(client, [span(3, "x", {"callstep.line": "checked", "pin": "482613"}, at=3)])
    text = client.get(f"/v1/calls/{TRACE}").text
    assert "482613" not in text and "User input: •••" in text and "dtmf:4" not in text
    server.stop()
    assert b"482613" not in b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())


# ---- what is refused ----


@pytest.mark.parametrize("body, headers, said", [
    (b"", JSON, "column"), (b"[]", JSON, "object"), (b'{"resourceSpans":[', JSON, "column"), (b"\xff", JSON, "column"),
    (b"{}", PROTOBUF, "ExportTraceServiceRequest"), (b"\x0a\xff\xff\xff\xff\x0f", PROTOBUF, "ExportTraceServiceRequest"),
    (b"not gzip", {**JSON, "Content-Encoding": "gzip"}, "gzip"), (gzip.compress(b"{}", mtime=0)[:-4], {**JSON, "Content-Encoding": "gzip"}, "cut off")])
def test_what_is_not_a_request_is_400(client, body, headers, said):
    answer = post(client, body, headers)
    assert answer.status == 400 and said in answer.body.decode(errors="replace")


@pytest.mark.parametrize("headers", [{"Content-Type": "text/plain"}, {"Content-Type": "application/x-ndjson"}, {**JSON, "Content-Encoding": "br"}])
def test_another_type_or_coding_is_415(client, headers):
    assert post(client, b"{}", headers).status == 415


def test_a_body_that_is_too_large_or_unfolds_too_far_is_413(client):
    connection = http.client.HTTPConnection(client.server.address, timeout=60)
    connection.putrequest("POST", "/v1/traces")
    for name, said in {**JSON, "Authorization": client.basic(), "Content-Length": (4 << 20) + 1}.items():
        connection.putheader(name, said)
    connection.endheaders()
    assert connection.getresponse().status == 413
    connection.close()
    assert post(client, gzip.compress(b" " * (9 << 20)), {**JSON, "Content-Encoding": "gzip"}).status == 413
    assert post(client, field(1, field(2, b"\x12\x00" * 1_500_000)), PROTOBUF).status == 413
    assert post(client, [own(1, "still there")]).json == {}


def test_without_room_a_client_is_told_when_to_come_again(tmp_path):
    server = Server(tmp_path, "--page-memory-max", "8m")
    client = Client(server, add_account(server.store))
    large = json.dumps(request(own(1, "x" * 3_500_000))).encode()
    for headers in (JSON, PROTOBUF):
        answer = post(client, large, headers)
        assert answer.status == 503 and answer.headers["Retry-After"] == "5" and b"try again" in answer.body
    assert post(client, [own(1, "small")]).json == {}
    assert server.stop() == 0


@pytest.mark.parametrize("levels, status", [(1000, 200), (100_000, 413)])
def test_values_nested_without_end_are_set_aside(client, levels, status):
    """The library that reads protobuf follows nested messages by recursion: these must not reach it."""
    parts, size = [], 3
    for _ in range(levels):  # from the inside out
        head = b"\x0a" + varint(size)
        head = b"\x2a" + varint(size + len(head)) + head
        parts.append(head)
        size += len(head)
    inner = b"".join(reversed(parts)) + b"\x0a\x01x"
    answer = post(client, field(1, field(2, field(2, packed_span_with(inner)))), PROTOBUF)
    assert answer.status == status and (status == 413 or b"value that is not one" in answer.body)


def packed_span_with(inner):
    return (field(1, bytes.fromhex(TRACE)) + field(2, b"\1" * 8) + field(5, b"x") + struct.pack("<BQ", 7 << 3 | 1, START * 10**9) +
            field(9, field(1, b"callstep.line") + field(2, field(1, b"a"))) + field(9, field(1, b"deep") + field(2, inner)))


# ---- the audit trail, files ----


def test_a_request_makes_a_record_with_its_calls(client):
    post(client, [own(1, "one"), own(2, "two", trace="a" * 32)])
    deadline = time.monotonic() + 20
    while "store-traces" not in (trail := callstep("audit", "--data", client.server.store).stdout):
        assert time.monotonic() < deadline, trail
        time.sleep(0.05)
    assert [line for line in trail.splitlines() if "store-traces" in line and "/v1/traces" in line]


def test_import_reads_what_the_collector_writes(tmp_path):
    store = conftest.store_at(tmp_path)
    key = add_account(store)
    file = tmp_path / "spans.json"
    file.write_text("".join(json.dumps(request(s)) + "\n" for s in (
        own(2, "two", at=2), span(9, "incoming-call", at=0, lasts=5, root=True), own(1, "one", at=1), own(2, "two", at=2))))
    refused = callstep("import", "--data", store, file)
    assert refused.returncode == 1 and "spans of OpenTelemetry (OTLP): say --format otlp" in refused.stderr
    done = callstep("import", "--data", store, "--format", "otlp", file)
    assert done.returncode == 0, done.stderr
    packed_file = tmp_path / "spans.pb"
    body = packed([own(3, "three", at=3)])
    packed_file.write_bytes(struct.pack(">I", len(body)) + body)
    assert callstep("import", "--data", store, "--format", "otlp", packed_file).returncode == 0
    shifted = callstep("import", "--data", store, "--format", "otlp", "--shift-to", "now", file)
    assert shifted.returncode == 2 and "--shift-to moves whole calls" in shifted.stderr
    server = Server(tmp_path, store=store)
    call = held(Client(server, key))
    assert lines(call) == ["Incoming call", "one", "two", "three"]
    assert (call["state"], call["start"], call["end"]) == ("ended", START, START + 5)
    server.stop()
