# SPDX-License-Identifier: MIT
"""--cors-origins: pages of other origins that may ask by script (Fetch, "CORS protocol")."""
import http.client

import pytest

from conftest import Client, add_account, call, callstep

WALL = "https://wall.example:8443"
PREFLIGHT = {"Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "authorization"}


def send(server, method, path, headers, body=None):
    connection = http.client.HTTPConnection(server.address, timeout=60)
    try:
        connection.request(method, path, body=body, headers=headers)
        answer = connection.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
    finally:
        connection.close()


@pytest.fixture
def server(start_server):
    return start_server("--cors-origins", f"http://127.0.0.1:3000, {WALL}")


def cors(headers):
    return {name: value for name, value in headers.items() if name.startswith("access-control-")}


def test_a_page_of_a_named_origin_is_told_what_it_may_ask(server):
    for path, methods in ("/v1/calls", "GET, HEAD, POST"), ("/api/all_logs/0/9", "GET, HEAD"), ("/v1/keys/7", "DELETE"):
        status, headers, body = send(server, "OPTIONS", path, {"Origin": WALL, **PREFLIGHT})
        assert (status, body, headers["vary"]) == (204, b"", "Origin")
        allowed = [name.strip() for name in headers["access-control-allow-headers"].split(",")]
        assert (headers["access-control-allow-origin"], headers["access-control-allow-methods"]) == (WALL, methods)
        assert "Authorization" in allowed and "Callstep-Session" not in allowed
        assert "access-control-allow-credentials" not in headers  # no cookie goes along
    assert send(server, "OPTIONS", "/nowhere", {"Origin": WALL, **PREFLIGHT})[0] == 404


def test_it_may_read_every_answer(server):
    client = Client(server, add_account(server.store))
    assert client.post([call("a")]).status == 200
    key = {"Authorization": client.basic(), "Origin": WALL}
    asked = [("GET", "/v1/calls", key, 200), ("GET", "/api/all_logs/0/9999999999", {**key, "Accept-Encoding": "gzip"}, 200), ("GET", "/v1/calls", {"Origin": WALL}, 401),
             ("GET", "/nowhere", key, 404), ("DELETE", "/v1/calls", key, 405), ("GET", "/v1/calls?x=1", key, 400), ("HEAD", "/v1/calls", key, 200),
             ("GET", "/healthz", {**key, "Content-Length": "x"}, 400)]
    for method, path, headers, wanted in asked:
        status, got, _ = send(server, method, path, headers)
        assert status == wanted and got["access-control-allow-origin"] == WALL and "Origin" in got["vary"], (path, got)
        assert "X-Total-Calls" in got["access-control-expose-headers"]


@pytest.mark.parametrize("origin", ["https://wall.example", "http://wall.example:8443", "https://wall.example:8443.evil.example", "null", "", WALL.upper()])
def test_pages_of_other_origins_may_not(server, origin):
    status, headers, _ = send(server, "OPTIONS", "/v1/calls", {"Origin": origin, **PREFLIGHT})
    assert (status, cors(headers)) == (405, {})
    status, headers, _ = send(server, "GET", "/healthz", {"Origin": origin})
    assert (status, cors(headers), headers["vary"]) == (200, {}, "Origin")


def test_without_a_list_nobody_may(start_server):
    server = start_server()
    for method in "OPTIONS", "GET":
        assert cors(send(server, method, "/healthz", {"Origin": WALL, **PREFLIGHT})[1]) == {}


def test_a_star_is_any_origin_and_an_options_that_is_no_preflight_stays_405(start_server):
    server = start_server("--cors-origins", "*")
    assert send(server, "GET", "/healthz", {"Origin": "http://any.example"})[1]["access-control-allow-origin"] == "http://any.example"
    assert send(server, "OPTIONS", "/v1/calls", {"Origin": "http://any.example"})[0] == 405
    assert send(server, "OPTIONS", "/v1/calls", PREFLIGHT)[0] == 405


def test_who_stays_signed_in_here_is_not_signed_in_there(server):
    client = Client(server, add_account(server.store))
    begun = client.ask("/v1/sessions", "POST", b"{}", {"Content-Type": "application/json", "Callstep-Session": "1", "Sec-Fetch-Site": "same-origin"})
    cookie = begun.headers["Set-Cookie"].split(";")[0]
    assert send(server, "GET", "/v1/account", {"Cookie": cookie, "Callstep-Session": "1"})[0] == 200
    for site in {"Origin": WALL}, {"Origin": WALL, "Sec-Fetch-Site": "cross-site"}, {"Origin": WALL, "Sec-Fetch-Site": "same-site"}:
        assert send(server, "GET", "/v1/account", {"Cookie": cookie, "Callstep-Session": "1", **site})[0] == 401


@pytest.mark.parametrize("wrong", ["wall.example", "https://wall.example/", "https://Wall.example", "ftp://wall.example", "https://", "https://a.example,null", "https://*.example"])
def test_what_is_not_an_origin_is_named(tmp_path, wrong):
    for more in [], ["--check"]:
        done = callstep("serve", "--data", tmp_path, "--listen", "127.0.0.1:0", "--cors-origins", wrong, *more)
        assert done.returncode == 2 and "--cors-origins: '" in done.stderr and "is not an origin" in done.stderr
