# SPDX-License-Identifier: MIT
"""HEAD is GET without a body and without any byte behind the head, on every route: on a connection that is kept the next answer follows at once."""
import re
import socket

import pytest

import contract
from conftest import add_account, call, Client, step

ROUTES = [template for template, item in contract.DOCUMENT["paths"].items() if "get" in item]
ACCEPTS = ["application/json", "application/xml", "text/csv", "application/x-ndjson", "text/event-stream", "*/*"]
NEXT = b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"


@pytest.fixture(scope="module")
def filled(session_server):
    """A client whose pages are long enough not to be made at once."""
    client = Client(session_server, add_account(session_server.store, "head@example.com"), "head@example.com")
    calls = [call(f"head{n}", 1700000000 + n, detail=[step("word " * 20, 1700000000 + n)] * 40) for n in range(300)]
    assert client.post([*calls, call("1", 1700000000)]).json["accepted"] == 301
    return client


def paths():
    for template in ROUTES:
        path = template.replace("{start}", "0").replace("{end}", "9999999999").replace("{name}", "nothing")
        yield re.sub(r"{[a-z_]+}", "1", path)


def ask(client, path, accept, encoding, method):
    """The bytes that follow when @path and then /healthz are asked for on one connection."""
    request = (f"{method} {path} HTTP/1.1\r\nHost: x\r\nAccept: {accept}\r\nAccept-Encoding: {encoding}\r\n"
               f"Authorization: {client.basic()}\r\n\r\n").encode()
    host, port = client.server.address.rsplit(":", 1)
    with socket.create_connection((host, int(port)), 30) as connection:
        connection.sendall(request)
        got = b""
        while b"\r\n\r\n" not in got:
            got += connection.recv(65536) or pytest.fail(f"closed: {got}")
        if method == "HEAD":
            try:
                connection.sendall(NEXT)
                while piece := connection.recv(65536):
                    got += piece
            except ConnectionError:
                pass
    return got


@pytest.mark.parametrize("path", [*paths(), "/api/all_logs/1/0", "/v1/calls?nothing=1", "/v1/calls/none", "/nowhere", "/v1/calls?detail=true&limit=300"])
def test_head_is_get_without_any_byte_behind_the_head(filled, path):
    for accept in ACCEPTS:
        for encoding in ("identity", "gzip"):
            got = ask(filled, path, accept, encoding, "HEAD")
            head, _, rest = got.partition(b"\r\n\r\n")
            if b"\r\nConnection: close" in head:
                assert rest == b"", (path, accept, encoding, got)
            else:
                assert rest.startswith(b"HTTP/1.1 200 ") and rest.endswith(b"}"), (path, accept, encoding, got)
                assert rest.count(b"HTTP/1.1 ") == 1
            head_of_get, _, body = ask(filled, path, accept, encoding, "GET").partition(b"\r\n\r\n")
            assert head.split(b"\r\n")[0] == head_of_get.split(b"\r\n")[0]
            for name in (b"Content-Type", b"Content-Encoding", b"Content-Length", b"Vary", b"Cache-Control", b"ETag"):
                mine, its = (re.findall(rb"\r\n" + name + rb": ([^\r]*)", text) for text in (head, head_of_get))
                if name == b"Content-Length" and encoding == "gzip":
                    mine, its = len(mine), len(its)  # ISA-L does not pack the same text into the same bytes each time
                assert mine == its or path in ("/readyz", "/metrics"), f"{path}: HEAD has {name} {mine}, GET {its}, and then {body[:2000]}"
