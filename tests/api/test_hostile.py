# SPDX-License-Identifier: MIT
"""What no client of good will sends: requests that two servers could read in two ways, headers and lines made up, bombs, depths, lengths, and
texts that are code somewhere else. Sent as raw bytes."""
import base64
import csv
import gzip
import http.client
import io
import json
import re
import socket
import subprocess
import time
import urllib.parse
import xml.etree.ElementTree as ElementTree
import zlib

import pytest

from conftest import Client, Server, add_account, call, resident, step
from stores import run_sql

ALL = "/api/all_logs/0/99999999999"
# If these bytes are taken for a request, its answer is one too many.
SMUGGLED = b"GET /healthz HTTP/1.1\r\nHost: smuggler\r\n\r\n"
assert len(SMUGGLED) == 41


def raw(server, data):
    """Sends @data; returns the status of each answer, and all that came until the server closed the connection or was idle for its timeout."""
    host, port = server.address.rsplit(":", 1)
    with socket.create_connection((host, int(port)), 60) as connection:
        connection.sendall(data)
        got = b""
        try:
            while piece := connection.recv(65536):
                got += piece
        except ConnectionError:
            pass
    return [int(s) for s in re.findall(rb"HTTP/1\.[01] (\d\d\d)", got)], got


def post(*headers, body=b""):
    lines = ["POST /v1/calls HTTP/1.1", "Host: x", "Content-Type: application/json", *headers]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


def get(*headers, line="GET /healthz HTTP/1.1", host="Host: x"):
    return "\r\n".join([line, *([host] if host else []), *headers]).encode("latin-1") + b"\r\n\r\n"


CHUNKED = "Transfer-Encoding: chunked"

@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """One that soon ends a connection on which it waits for more."""
    server = Server(tmp_path_factory.mktemp("hostile"), "--timeout", "1s")
    yield server
    assert server.stop() == 0
    assert "Sanitizer" not in server.log


@pytest.fixture(scope="module")
def credentials(server):
    return f"Authorization: {Client(server, add_account(server.store)).basic()}\r\n".encode()


# ---- the body's length, told in more than one way, or in none (RFC 9112 §6) ----


@pytest.mark.parametrize("request_", [
    post(CHUNKED, "Content-Length: 5", body=b"0\r\n\r\n" + SMUGGLED),
    post("Content-Length: 5", CHUNKED, body=b"0\r\n\r\n" + SMUGGLED),
    post("Content-Length: 0", CHUNKED, body=b"0\r\n\r\n" + SMUGGLED),
    post(CHUNKED, CHUNKED, body=b"0\r\n\r\n" + SMUGGLED),
    post("Content-Length: 0", "Content-Length: 41", body=SMUGGLED),
    post("Content-Length: 41", "Content-Length: 0", body=SMUGGLED),
    post("Content-Length: 0", "content-length: 0", body=SMUGGLED),
    post("Content-Length: 0, 41", body=SMUGGLED),
    post("Content-Length: +0", body=SMUGGLED),
    post("Content-Length: -1", body=SMUGGLED),
    post("Content-Length: 0x0", body=SMUGGLED),
    post("Content-Length: 0 0", body=SMUGGLED),
    post("Content-Length: 0abc", body=SMUGGLED),
    post("Content-Length: ", body=SMUGGLED),
    post("Content-Length: 99999999999999999999999", body=SMUGGLED),
    post("Content-Length: 18446744073709551616", body=SMUGGLED),
    post("Transfer-Encoding: identity", body=SMUGGLED),
    post("Transfer-Encoding: xchunked", body=SMUGGLED),
    post("Transfer-Encoding: chunked, identity", body=b"0\r\n\r\n" + SMUGGLED),
    post("Transfer-Encoding: gzip, chunked", body=b"0\r\n\r\n" + SMUGGLED),
    post("Transfer-Encoding: chunked;q=1", body=b"0\r\n\r\n" + SMUGGLED),
    post("Transfer-Encoding: \x0bchunked", body=b"0\r\n\r\n" + SMUGGLED),
    post("Transfer-Encoding: chunked", body=b"0\r\n\r\n" + SMUGGLED).replace(b"HTTP/1.1", b"HTTP/1.0", 1),
    post("Transfer-Encoding : chunked", "Content-Length: 0", body=b"0\r\n\r\n" + SMUGGLED),
    post("Content-Length : 41", body=SMUGGLED),
    post("X: a", " Content-Length: 41", body=SMUGGLED),
    post("Content-Length:", " 41", body=SMUGGLED),
    post("Transfer-Encoding:", " chunked", body=b"0\r\n\r\n" + SMUGGLED),
    post("Content-Length: 0", "\t41", body=SMUGGLED),
    post("X: a", " Content-Length:41", body=SMUGGLED),
    post("X: a\rContent-Length: 41", body=SMUGGLED),
    post("X: a\x00", "Content-Length: 41", body=SMUGGLED),
    post(CHUNKED, body=b"x\r\n" + SMUGGLED),
    post(CHUNKED, body=b"-1\r\n" + SMUGGLED),
    post(CHUNKED, body=b"+0\r\n\r\n" + SMUGGLED),
    post(CHUNKED, body=b"0x0\r\n\r\n" + SMUGGLED),
    post(CHUNKED, body=b"10000000000000000\r\n" + SMUGGLED),
    post(CHUNKED, body=b"fffffffffffffffff\r\n" + SMUGGLED),
    post(CHUNKED, body=b"1\r\nab\r\n0\r\n\r\n" + SMUGGLED),
    post(CHUNKED, body=b"1\r\na0\r\n\r\n" + SMUGGLED),
    post(CHUNKED, body=b"\r\n0\r\n\r\n" + SMUGGLED),
    post("X: a", "\tContent-Length: 41", body=SMUGGLED),
    post("Content-Length: 0\x00", body=SMUGGLED),
    post("Content-Length: 0\x0041", body=SMUGGLED),
    post("Content-Length\x00: 41", body=SMUGGLED),
    post("Content-Length\t: 41", body=SMUGGLED),
    post("Content-Length: \x0b0", body=SMUGGLED),
    post("Content-Length: 0\r", body=SMUGGLED),
    post("Content-Length: \r0", body=SMUGGLED),
    post("Content-Length: 0\nX: a", body=SMUGGLED),
    post("Transfer-Encoding: chunked\x00", body=b"0\r\n\r\n" + SMUGGLED),
    post("Transfer-Encoding: chunk\x00ed", body=SMUGGLED),
    post("Transfer-Encoding: chunked,", body=b"0\r\n\r\n" + SMUGGLED),
    post("Transfer-Encoding: , chunked", body=b"0\r\n\r\n" + SMUGGLED),
    post("Transfer-Encoding: \"chunked\"", body=b"0\r\n\r\n" + SMUGGLED),
    post("Transfer-Encoding: chunked\nX: a", body=b"0\r\n\r\n" + SMUGGLED),
    post("Transfer-Encoding: chunked\r", body=b"0\r\n\r\n" + SMUGGLED),
    post("Transfer-Encoding: chunked", "Transfer-Encoding: identity", body=b"0\r\n\r\n" + SMUGGLED),
    post("Transfer-Encoding: identity", "Transfer-Encoding: chunked", body=b"0\r\n\r\n" + SMUGGLED),
    post("Transfer\x00-Encoding: chunked", "Content-Length: 0", body=SMUGGLED),
    post("Transfer-Encoding:", body=SMUGGLED),
    post("Transfer-Encoding: chunked ", body=b"0\r\n\r\n" + SMUGGLED),
    post("Transfer-Encoding: chunked\t", body=b"0\r\n\r\n" + SMUGGLED),
    post("Content-Length: 0 ", body=SMUGGLED),
    # Chunks: sizes and ends of lines (RFC 9112 §7.1).
    *(post(CHUNKED, body=b"5" + end + b"hello\r\n0\r\n\r\n" + SMUGGLED) for end in (
        b"\n", b"\r", b" \r\n", b"\t\r\n", b" ;a\r\n", b";a\n", b";a\r", b";a=\rb\r\n", b';a="\n"\r\n', b';a="\r"\r\n', b";\x00\r\n",
        b"\x00\r\n", b";" + b"a" * 400 + b"\r\n", b"h\r\n", b"_\r\n", b",\r\n", b"\n\r\n", b";a\n\r\n", b"\r\r\n", b"\x0b\r\n")),
    *(post(CHUNKED, body=size + b"\r\nhello\r\n0\r\n\r\n" + SMUGGLED) for size in (
        b" 5", b"\t5", b"+5", b"-5", b"0x5", b"5h", b"5.0", b"0000000000000005", b"10000000000000005", b"\xb5", b"", b";a", b"\n5", b"\r\n5")),
    *(post(CHUNKED, body=b"5\r\nhello" + end + b"0\r\n\r\n" + SMUGGLED) for end in (b"\n", b"\r", b"", b"x\r\n", b" \r\n", b"\r\n\r\n", b"\n\r\n")),
    # The last chunk and the trailers.
    *(post(CHUNKED, body=b"5\r\nhello\r\n0" + end + SMUGGLED) for end in (
        b"\n\r\n", b"\r\n\n", b"\n\n", b";a\n\r\n", b"\r\n\r", b"\r\n\r\r\n", b"\r\nX: a\r\n b\r\n\r\n", b"\r\n X: a\r\n\r\n",
        b"\r\nX: a\n\r\n", b"\r\nX: a\rb\r\n\r\n", b"\r\nX: \x00\r\n\r\n", b"\r\nX : a\r\n\r\n", b"\r\nX\r\n\r\n", b"\r\n: a\r\n\r\n",
        b"\r\nX: " + b"a" * 40000 + b"\r\n\r\n", b"\r\n" + b"X:\r\n" * 400 + b"\r\n")),
])
def test_a_body_of_doubtful_length_is_refused_and_nothing_behind_it_is_a_request(server, credentials, request_):
    statuses, got = raw(server, request_.replace(b"Host: x\r\n", b"Host: x\r\n" + credentials, 1))
    assert b'"status":"ok"' not in got and len(statuses) == 1 and statuses[0] >= 400, got


def test_what_is_refused_is_refused_however_it_is_cut_into_packets(server, credentials):
    """A byte at a time, behind a request that is right, whose answer comes first."""
    right = get()
    for odd in (post("Content-Length: 0\x00"), post("X: a", " b"), post(CHUNKED, body=b"5;a\nhello\r\n0\r\n\r\n"), post(CHUNKED, body=b"0\r\nX: a\n\r\n")):
        odd = odd.replace(b"Host: x\r\n", b"Host: x\r\n" + credentials, 1) + SMUGGLED
        host, port = server.address.rsplit(":", 1)
        with socket.create_connection((host, int(port)), 60) as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            try:
                for byte in right + odd:
                    connection.sendall(bytes([byte]))
            except ConnectionError:
                pass
            got = b""
            try:
                while piece := connection.recv(65536):
                    got += piece
            except ConnectionError:
                pass
        assert got.count(b'"status":"ok"') == 1 and re.findall(rb"HTTP/1\.1 (\d\d\d)", got)[:2] in ([b"200"], [b"200", b"400"]), (odd, got)


# ---- requests that are taken as they are meant, and those that are not (RFC 9112 §2.2, §3) ----


@pytest.mark.parametrize("request_, expected", [
    (get(), [200]),
    (get() + get(), [200, 200]),
    (b"\r\n" + get(), [200]),
    (get(line="GET /healthz HTTP/1.0"), [200]),
    (get(line="GET http://other/healthz HTTP/1.1"), [200]),
    (get(line="get /healthz HTTP/1.1"), [405]),
    (get("X: a\tb"), [200]),
    (get("X:"), [200]),
    (get("X:\t \xe9 "), [200]),
    (get("X: " + "a" * 100000), [431]),
    (get(*["X: a"] * 5000), [431]),
    (get(*["X:"] * 300), [431]),
    (get("Cookie: " + ";" * 5000), [431]),
    (get("Cookie: " + "; ".join(f"a{n}=b" for n in range(100))), [200]),
    (get(line="GET /" + "a" * 100000 + " HTTP/1.1"), [431]),
    (get(line="GET /healthz?" + "a&" * 15000 + " HTTP/1.1"), [200]),
    (get(line="GET /healthz HTTP/2.0"), [505]),
    (get(line="GET /healthz HTTP/0.9"), [505]),
    (get(line="GET /healthz HTTP/1.2"), [505]),
    (get(line="GET /healthz FTP/1.1"), [400]),
    (get(line="GET /healthz http/1.1"), [400]),
    (get(line="GET /healthz HTTP/1.11"), [400]),
    (get(line="GET /healthz HTTP/1.1 "), [400]),
    (get(line="GET /healthz"), [400]),
    (get(line="GET"), [400]),
    (get(line=" GET /healthz HTTP/1.1"), [400]),
    (get(line="GET  /healthz HTTP/1.1"), [400]),
    (get(line="GET /healthz  HTTP/1.1"), [400]),
    (get(line="GET /health z HTTP/1.1"), [400]),
    (get(line="GET\t/healthz HTTP/1.1"), [400]),
    (get(line="GET /healthz\x00 HTTP/1.1"), [400]),
    (get(line="GET /healthz\r HTTP/1.1"), [400]),
    (get(line="G@T /healthz HTTP/1.1"), [400]),
    (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 500, [400]),
    (b"\r\n\r\n" + get(), [400]),
    (b"\n" + get(), [400]),
    (b"\r" + get(), [400]),
    (get().replace(b"\r\n", b"\n"), [400]),
    (get().replace(b"HTTP/1.1\r\n", b"HTTP/1.1\n"), [400]),
    (get().replace(b"x\r\n", b"x\n"), [400]),
    (get()[:-2] + b"\n", [400]),
    (get()[:-2] + b"\r\r\n", [400]),
    (get("no colon"), [400]),
    (get("X Y: a"), [400]),
    (get("X\t: a"), [400]),
    (get("X : a"), [400]),
    (get(": a"), [400]),
    (get("X\x00Y: a"), [400]),
    (get("X\xe9: a"), [400]),
    (get("X: a\x0bb"), [400]),
    (get("X: a\x00b"), [400]),
    (get("X: a\rb"), [400]),
    (get("X: a\x7fb"), [400]),
    (get("X: a", " b"), [400]),
    (get(" X: a"), [400]),
    # One host (RFC 9112 §3.2). The target's wins over the header's where it has one.
    (get(host=None), [400]),
    (get("Host: x"), [400]),
    (get("host: y"), [400]),
    (get(host="Host: x y"), [400]),
    (get(host="Host: x, y"), [400]),
    (get(host="Host: x/y"), [400]),
    (get(host="Host: a@x"), [400]),
    (get(host="Host: [::1]:8080 "), [200]),
    (get(host="Host:"), [200]),
    (get(host=None, line="GET /healthz HTTP/1.0"), [200]),
    (get("Host: x", line="GET /healthz HTTP/1.0"), [400]),
    (get(host=None, line="GET http://x/healthz HTTP/1.1"), [400]),
    # A body of GET is not read: the connection ends with the answer.
    (get("Content-Length: 5") + b"hello" + SMUGGLED, [200]),
    (get(CHUNKED) + b"5\r\nhello\r\n0\r\n\r\n" + SMUGGLED, [200]),
])
def test_a_request_that_is_odd_is_answered_once_as_it_is_meant_or_refused(server, request_, expected):
    before = len(server.log)
    statuses, got = raw(server, request_)
    assert statuses == expected, got
    assert server.log[before:].count(" request ") == len(expected)


def test_chunk_extensions_and_trailers_are_passed_over(client):
    body = json.dumps({"calls": [call("chunked")]}).encode()
    head = post(CHUNKED, "Connection: close", f"Authorization: {client.basic()}")
    statuses, _ = raw(client.server, head + b"%x;name=\"va;lue\"\r\n%s\r\n0;last\r\nContent-Length: 9\r\nX: y\r\n\r\n" % (len(body), body))
    assert statuses == [200] and client.get("/v1/calls/chunked").status == 200


@pytest.mark.parametrize("path", [ALL, "/v1/calls", "/v1/stats", "/v1/dropoff", "/v1/audit", "/nowhere"])
@pytest.mark.parametrize("parameter", ["a=b", "number=1", "dest=1", "a", "", "%00=%00", "limit=1"])
def test_thousands_of_parameters_are_answered_at_once_and_logged(session_server, client, path, parameter):
    """They were left without an answer and without a line until the timeout."""
    asked = time.monotonic()
    answer = client.get(f"{path}?" + "&".join([parameter] * 2000))
    assert answer.status in (200, 400, 403, 404), answer.text
    while f"id={answer.headers['X-Request-Id']} " not in session_server.log:
        assert time.monotonic() - asked < 20  # of a timeout of 30


# ---- headers and lines made up ----

# What a terminal obeys, what ends lines, what turns the direction of writing.
CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
INJECTED = "a\r\nX-Injected: yes\r\n\r\n<script>"


def test_nothing_that_is_sent_becomes_a_header_of_the_answer(client):
    quoted = urllib.parse.quote(INJECTED, safe="")
    for path in (f"/api/call/{quoted}", f"/{quoted}", f"{ALL}?number={quoted}", f"/v1/calls?type={quoted}", f"/v1/calls?cursor={quoted}",
                 f"/v1/diff/{quoted}/{quoted}", f"/v1/calls?limit={quoted}", f"/assets/{quoted}"):
        for method in ("GET", "DELETE"):
            _, got = raw(client.server, f"{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                         f"Authorization: {client.basic()}\r\n\r\n".encode())
            head = got.split(b"\r\n\r\n", 1)[0]
            assert got.startswith(b"HTTP/1.1 ") and b"Injected" not in head


def test_nothing_that_is_sent_becomes_a_line_of_the_log(start_server):
    server = start_server("--log-level", "debug")
    client = Client(server, add_account(server.store))
    forged = "\n2026-01-31T12:00:00.000Z info request id=0 \x1b[31m\x00\x7f\u202e\u2066\u200f\u061c\u2029\x85\x9b31m\r"
    quoted = urllib.parse.quote(forged, safe="") + "%FF%C2%E2%80"
    for path in (f"/api/call/{quoted}", f"{ALL}?number={quoted}", f"/v1/calls?text={quoted}", f"/{quoted}?{quoted}={quoted}"):
        client.get(path)
    ending = b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    for odd in ("\u202e\x9b31m".encode(), b"\x9b31m\xff", "\u20ac".encode() * 700, b"a" + "\u202e".encode() * 700):
        raw(server, b"GET /" + odd + ending)
        raw(server, b"GET /v1/calls?text=" + odd + b"&" + odd + b"=" + ending)
        raw(server, b"GET /v1/calls" + ending[:-2] + b"Authorization: Basic " + base64.b64encode(odd + b"@:x") + b"\r\n\r\n")
        client.get(b"/api/call/".decode() + urllib.parse.quote(odd, safe=""))
    raw(server, b"GET /a\x1b[31m\x08b" + ending)
    raw(server, b"B\x1b[31mREW /x" + ending)
    client.ask(ALL, authorization=client.basic(email=forged + "@", key="x"))
    client.post([call("a\u0001b"), call("x", detail=[step("line\u2028" + forged)])])
    server.stop()
    log = server.log_path.read_bytes()
    lines = log.split(b"\n")
    assert lines.pop() == b""
    for line in lines:
        assert re.match(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (error|warning|info|debug) [a-z-]+ ", line), line
        assert not CONTROL.search(line.decode()), line
        assert not line.startswith(b"2026-01-31T12:00:00.000Z")
    subjects = [subject for (subject,) in run_sql(server.store, "select subject from audit")]
    assert len(subjects) > 10 and not any(CONTROL.search(subject) for subject in subjects)


def test_a_failure_is_logged_under_the_id_that_its_answer_has(start_server):
    server = start_server()
    client = Client(server, add_account(server.store))
    run_sql(server.store, "alter table call rename to not_call")
    answers = [client.get("/v1/calls"), client.get("/api/all_logs/0/9"), client.post([call("a")])]
    server.stop()
    run_sql(server.store, "alter table not_call rename to call")
    assert [answer.status for answer in answers] == [500] * 3
    failed = re.findall(r" error (?:request|intake)-failed request=(\S+) ", server.log)
    assert failed == [answer.headers["X-Request-Id"] for answer in answers]
    assert set(failed) <= set(re.findall(r" info request id=(\S+) ", server.log))


def test_a_flood_of_wrong_keys_is_counted_in_the_log_and_not_listed(start_server):
    server = start_server()
    client = Client(server, add_account(server.store))
    connection = http.client.HTTPConnection(server.address, timeout=60)
    for _ in range(4000):
        connection.request("GET", "/v1/calls", headers={"Authorization": client.basic(key="wrong")})
        connection.getresponse().read()
    server.stop()
    listed = len(re.findall(r" info request id=", server.log))
    assert listed + sum(map(int, re.findall(r" requests-not-listed count=(\d+)\n", server.log))) == 4000
    assert listed < 100 and len(server.log) < 65536


# ---- bombs, depths, lengths, numbers ----


def zstd(data):
    return subprocess.run(["zstd", "-q", "-c"], input=data, capture_output=True, check=True).stdout


@pytest.mark.parametrize("coding", ["gzip", "zstd"])
@pytest.mark.parametrize("content", [b" ", b'{"a":', b"[", b'"', b"0", b"\n", b'{"calls":['])
def test_a_bomb_of_any_content_is_read_in_bounded_memory(start_server, coding, content):
    server = start_server()
    client = Client(server, add_account(server.store))
    plain = content * (64_000_000 // len(content))
    before = resident(server)
    answer = client.post(gzip.compress(plain, 9) if coding == "gzip" else zstd(plain), headers={"Content-Encoding": coding})
    assert answer.status in (200, 400, 413, 422)
    assert "san" in server.log or resident(server) - before < 48_000_000


def test_gzip_within_gzip_is_not_opened_twice(client):
    bomb = gzip.compress(gzip.compress(b" " * 1_000_000))
    assert client.post(bomb, headers={"Content-Encoding": "gzip"}).status in (400, 422)
    assert client.post(bomb, headers={"Content-Encoding": "gzip, gzip"}).status == 415


def with_data(text):
    """A call, as text, whose step has the member `x` with @text as its value."""
    made = json.dumps(call("s", detail=[step(x="VALUE")]))
    return made.replace('"VALUE"', text).encode()


@pytest.mark.parametrize("depth, taken", [(1, True), (30, True), (63, False), (64, False), (1000, False), (400_000, False)])
@pytest.mark.parametrize("pair", ["[]", "{}"])
def test_depth_is_taken_up_to_64(client, depth, taken, pair):
    opening = "[" if pair == "[]" else '{"a":'
    answer = client.post(with_data(opening * depth + "1" + pair[1] * depth))
    assert answer.status == (200 if taken else 422)
    if taken:
        assert opening * depth + "1" + pair[1] * depth in client.get("/api/call/s").text


@pytest.mark.parametrize("number", ["0", "-0", "1e400", "-1E-400", "9" * 400, "0." + "0" * 400 + "1", "123456789012345678901234567890.5e+10"], ids=range(7))
def test_numbers_of_any_length_are_kept_as_written(client, number):
    assert client.post(with_data(number)).status == 200
    assert f'"x":{number}' in client.get("/api/call/s").text
    assert ElementTree.fromstring(client.get("/api/call/s", accept="text/xml").body).find(".//x").text == number


@pytest.mark.parametrize("member, value", [
    ("start", "9" * 19), ("start", "-1"), ("start", "1e3"), ("start", "1.0"), ("start", '" 1"'), ("start", '"1e3"'), ("start", '"+1"'), ("end", "9" * 400)])
def test_times_that_are_none_are_rejected_by_name(client, member, value):
    made = json.dumps(call("s")).replace(f'"{member}": "{call("s")[member]}"', f'"{member}": {value}')
    answer = client.post(made.encode())
    assert answer.status == 422 and member in answer.json["rejected"][0]["error"]


@pytest.mark.parametrize("value", ["9" * 19, "9" * 400, "-9" * 200, "1e3", "0x10", "１", "1\u0000", "%31%", "+1", " 1", "NaN", "''"])
@pytest.mark.parametrize("path", [ALL + "?offset={}", ALL + "?limit={}", "/v1/calls?limit={}", "/v1/calls?offset={}", "/v1/calls?min_duration={}",
                                  "/v1/stats?limit={}", "/v1/tail?last_event_id={}"])
def test_numbers_of_the_query_that_are_none_are_400(client, path, value):
    assert client.get(path.format(urllib.parse.quote(value, safe=""))).status == 400


# ---- texts that are code elsewhere ----

CODE = ["'", '"', "''; drop table call; --", "\\", "\\'", "%", "_", "%%", "*", "?", ";", "/*", "--", "\x7f", "a' or '1'='1", "$1", "{}", "${x}",
        "{{7*7}}", "../../etc/passwd", "<script>alert(1)</script>", "]]>", "<!--", "&amp;", "&#0;", "<?xml?>", "&lt;", '" onload="x', "javascript:x",
        "=1+1", "+1+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1", "=cmd|' /C calc'!A0", "|x", "\u202e", "\ufeff", "NULL", "nul", "%s%n", "\ud7ff\ue000"]
TEXTS = [t for t in CODE if not re.search("[\x00-\x1f\x7f]", t)]


def name_of(text):
    """As a member's name; Python's XML reader knows fewer letters of names than the newest edition of XML."""
    return text if text.isascii() else "more2"


@pytest.fixture(scope="module")
def coded(session_server):
    """A call for each text, which has it wherever a call has text."""
    client = Client(session_server, add_account(session_server.store, "coded@example.com"), "coded@example.com")
    now = int(time.time()) // 60 * 60 - 3600
    for number, text in enumerate(CODE):
        safe = text if text in TEXTS else f"odd{number}"
        made = call(f"{number}:{safe}", now - number, dest=safe, src=safe, detail=[step(text, now, module=text, variable=text, more=text, **{name_of(text): 1})])
        assert client.post([made]).json["accepted"] == 1, text
    return client


def test_they_come_back_as_they_were_in_every_representation(coded):
    page = coded.get(ALL).json["calls"]
    tree = ElementTree.fromstring(coded.get(ALL, accept="text/xml").body)
    lines = {tree_call.find("session_id").text: tree_call.find(".//line").text for tree_call in tree.find("calls")}
    assert len(page) == len(lines) == len(CODE)
    for made in page:
        number, _, _ = made["session_id"].partition(":")
        text = CODE[int(number)]
        event = made["detail"][0]["event"]
        assert event["line"] == text and event["data"]["module_type"] == event["data"]["more"] == text and event["data"][name_of(text)] == 1
        assert lines[made["session_id"]] == text


@pytest.mark.parametrize("text", TEXTS)
def test_they_are_looked_for_as_themselves(coded, text):
    number = CODE.index(text)
    session = f"{number}:{text}"
    quoted = urllib.parse.quote(text, safe="")
    assert coded.get("/v1/calls/" + urllib.parse.quote(session, safe="")).json["session_id"] == session
    for parameter in ("module", "variable"):
        listed = "," in text
        answer = coded.get(f"/v1/calls?{parameter}={quoted}")
        assert listed or [c["session_id"] for c in answer.json["calls"]] == [session]
    same = {"".join(c for c in t if c not in " ()-.").removeprefix("+") for t in (text,)}
    found = coded.get(f"{ALL}?number={quoted}").json
    assert session in [c["session_id"] for c in found["calls"]] and (found["total_calls"] == 1 or "".join(same).isdigit())


@pytest.mark.parametrize("text", TEXTS)
def test_a_search_for_them_is_answered_or_says_what_is_wrong(coded, text):
    for parameter in ("text", "dest", "src", "class", "type", "state", "start", "cursor", "last_module"):
        assert coded.get(f"/v1/calls?{parameter}=" + urllib.parse.quote(text, safe="")).status in (200, 400)


def test_no_cell_of_a_table_begins_as_a_formula(coded):
    rows = list(csv.reader(io.StringIO(coded.get("/v1/calls", accept="text/csv").text)))
    assert len(rows) == len(CODE) + 1
    for row in rows[1:]:
        assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in row), row


@pytest.mark.parametrize("accept", ["application/json", "application/xml", "text/xml"])
def test_an_error_that_quotes_is_not_markup(coded, accept):
    for text in ("<script>alert(1)</script>", '"}<x>&', "]]>"):
        answer = coded.get(f"/api/all_logs/{urllib.parse.quote(text, safe='')}/1", accept=accept)
        assert answer.status == 400 and answer.headers["Content-Type"].split(";")[0] == accept
        assert b"<script" not in answer.body and b"<x>" not in answer.body
