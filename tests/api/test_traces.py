# SPDX-License-Identifier: MIT
"""POST /v1/traces: OTLP/HTTP. tests/web/traces.test.mjs posts as OpenTelemetry's own clients do; here is what they never send."""
import gzip
import http.client
import json
import struct
import time

import pytest

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


# ---- what is answered ----


def test_a_request_without_spans_is_taken(client):
    assert post(client, b"{}").body == b"{}" and post(client, b"", PROTOBUF).body == b""


def test_protobuf_is_told_in_protobuf(client):
    answer = post(client, packed([span(1, "GET /", trace="1" * 32)]), PROTOBUF)
    assert answer.status == 200 and answer.body.startswith(b"\x0a") and b"\x08\x01" in answer.body and b"not a call" in answer.body
    wrong = post(client, b"\x0a\x05\x12", PROTOBUF)
    assert wrong.status == 400 and wrong.headers["Content-Type"] == "application/x-protobuf" and b"ExportTraceServiceRequest" in wrong.body


@pytest.mark.parametrize("body, headers, said", [
    (b"", JSON, "column"), (b"[]", JSON, "object"), (b'{"resourceSpans":[', JSON, "column"), (b"\xff", JSON, "column"),
    (b"{}", PROTOBUF, "ExportTraceServiceRequest"), (b"\x0a\xff\xff\xff\xff\x0f", PROTOBUF, "ExportTraceServiceRequest"),
    (b"not gzip", {**JSON, "Content-Encoding": "gzip"}, "gzip"), (gzip.compress(b"{}")[:-4], {**JSON, "Content-Encoding": "gzip"}, "cut off")])
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
