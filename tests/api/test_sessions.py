# SPDX-License-Identifier: MIT
"""Staying signed in by a cookie: when it counts, what it may do, when it ends, what is kept and recorded."""
import http.client
import json
import re
import ssl
import time

import pytest

import contract
from conftest import Answer, Client, add_account, call, callstep
from stores import only_embedded, run_sql
from test_access import CALLS, OPERATIONS, ask, make_key
from test_serve import make_certificate

PAGE = {"Callstep-Session": "1"}  # what this server's own page sends, and no other site's page may
MADE = {"Content-Type": "application/json", **PAGE}


class Browser(Client):
    """Asks with the cookie of a session, as the page does."""

    def __init__(self, client, label="Firefox on Linux"):
        super().__init__(client.server, client.key, client.email)
        self.made = client.ask("/v1/sessions", "POST", json.dumps({"label": label}), MADE)
        assert self.made.status == 201, self.made.text
        self.cookie, self.attributes = self.made.headers["Set-Cookie"].split("; ", 1)
        self.id = self.made.json["id"]

    def ask(self, path, method="GET", body=None, headers=None, authorization=None, page=PAGE):
        return super().ask(path, method, body, {"Cookie": f"theme=dark; {self.cookie}; a=b", **page, **(headers or {})}, authorization)


def run(client, *arguments):
    return callstep(*arguments, "--data", client.server.store, *([] if arguments[0] == "account" else ["--account", client.email]))


def end(client, *arguments):
    done = run(client, *arguments)
    assert done.returncode == 0, done.stderr


def test_a_session_does_what_its_key_may(client):
    assert client.post([call("a")]).status == 200
    browser = Browser(make_key(client, "read"))
    assert browser.get(CALLS).status == 200 and browser.get("/v1/calls").json["total_calls"] == 1
    assert browser.post([call("b")]).status == 403
    account = browser.get("/v1/account").json
    assert account["scopes"] == ["read"] and account["session_expires"] == browser.made.json["expires"]
    assert client.get("/v1/account").json["session_expires"] is None


def test_the_cookie_is_kept_from_scripts_and_other_sites_and_its_secret_is_in_no_body(client):
    browser = Browser(client)
    assert browser.attributes == "Path=/; Max-Age=2592000; HttpOnly; SameSite=Strict"
    assert re.fullmatch(r"callstep-session=cs_[\w-]{43}", browser.cookie)
    secret = browser.cookie.partition("=")[2]
    assert secret not in browser.made.text + browser.get("/v1/sessions").text + client.server.log


@only_embedded("reads the files of the store")
def test_a_secret_is_kept_as_its_hash(client):
    secret = Browser(client).cookie.partition("=")[2].encode()
    files = [path for path in client.server.store.iterdir() if path.is_file()]
    assert files and not any(secret in path.read_bytes() for path in files)


# ---- what other sites' pages may try ----

@pytest.mark.parametrize("page, counts", [
    ({}, False),  # a form, a picture, a link: no page of another site may send the header
    (PAGE, True),
    ({**PAGE, "Sec-Fetch-Site": "same-origin"}, True),
    ({**PAGE, "Sec-Fetch-Site": "cross-site"}, False),
    ({**PAGE, "Sec-Fetch-Site": "same-site"}, False),
    ({**PAGE, "Sec-Fetch-Site": "none"}, False),
    ({**PAGE, "Sec-Fetch-Site": "cross-site", "Origin": "http://HOST"}, False),
    ({**PAGE, "Sec-Fetch-Site": "same-origin", "Origin": "https://behind.a.proxy"}, True),
    ({**PAGE, "Origin": "http://HOST"}, True),
    ({**PAGE, "Origin": "http://evil.example"}, False),
    ({**PAGE, "Origin": "http://HOST.evil.example"}, False),
    ({**PAGE, "Origin": "null"}, False),
    ({"Sec-Fetch-Site": "same-origin"}, False)])
@pytest.mark.parametrize("method, path, body", [("GET", "/v1/calls", None), ("POST", "/v1/calls", b'{"calls":[]}')])
def test_a_cookie_counts_for_this_servers_page_alone(client, page, counts, method, path, body):
    browser = Browser(client)
    sent = {name: value.replace("HOST", client.server.address) for name, value in page.items()}
    answer = browser.ask(path, method, body, {"Content-Type": "application/json"} if body else {}, page=sent)
    assert answer.status == (200 if counts else 401)


def test_no_page_of_another_site_is_allowed_to_ask(client):
    """The preflight, without which a browser sends no such header."""
    asked = {"Origin": "http://evil.example", "Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "callstep-session"}
    for path in ("/v1/calls", "/v1/sessions", "/v1/account"):
        answer = client.ask(path, "OPTIONS", headers=asked, authorization=None)
        assert answer.status == 405 and not [name for name in answer.headers if name.lower().startswith("access-control-")]


@pytest.mark.parametrize("page", [{}, {"Sec-Fetch-Site": "same-origin"}, {**PAGE, "Sec-Fetch-Site": "cross-site"}, {**PAGE, "Origin": "http://evil.example"}])
def test_nobody_is_signed_in_as_someone_else_by_another_site(client, page):
    """A form whose address has the attacker's key in it."""
    answer = client.ask("/v1/sessions", "POST", b"{}", {"Content-Type": "application/json", **page})
    assert answer.status == 403 and answer.headers["Set-Cookie"] is None
    assert client.ask("/v1/sessions", "POST", b"label=x", {"Content-Type": "text/plain", **PAGE}).status == 415


def test_a_browser_is_not_asked_for_a_password_over_the_page(client):
    browser = Browser(client)
    end(client, "session", "end", browser.id)
    assert browser.get("/v1/account").headers["WWW-Authenticate"] is None
    assert client.get("/v1/account", authorization=None).headers["WWW-Authenticate"]


# ---- what a stolen cookie may do ----

def test_nothing_that_outlives_a_session_is_made_by_it(client):
    browser = Browser(make_key(client, "read,write,admin"))
    refused = {(template, method) for template, method in OPERATIONS
               if ask(browser, template, method, **({} if template == "/v1/sessions" else {"authorization": None})).status == 403}
    assert refused == {("/v1/keys", "post"), ("/v1/sessions", "post"), ("/v1/hooks", "post"), ("/v1/hooks/{id}", "patch"), ("/metrics", "get")}
    assert "needs the key itself" in browser.ask("/v1/keys", "POST", b'{"scopes":["read"]}', {"Content-Type": "application/json"}).text


def test_the_secret_of_a_session_is_no_key_and_a_key_no_secret_of_a_session(client):
    browser = Browser(client)
    secret = browser.cookie.partition("=")[2]
    for authorization in (f"Bearer {secret}", client.basic(key=secret)):
        assert client.get("/v1/account", authorization=authorization).status == 401
    browser.cookie = f"callstep-session={client.key}"
    assert browser.get("/v1/account").status == 401


def test_wrong_cookies_are_wrong_keys(start_server):
    server = start_server("--wrong-keys-max", "3")
    browser = Browser(Client(server, add_account(server.store)))
    right, browser.cookie = browser.cookie, "callstep-session=cs_wrong"
    assert [browser.get("/v1/account").status for _ in range(5)] == [401] * 3 + [429] * 2
    browser.cookie = right
    assert browser.get("/v1/account").status == 200


# ---- ends ----

@pytest.mark.parametrize("how", ["session end SESSION", "key revoke KEY", "account disable EMAIL"])
def test_it_ends_alone_with_its_key_or_its_account(client, how):
    browser = Browser(make_key(client, "read"))
    assert browser.get("/v1/calls").status == 200
    said = {"SESSION": browser.id, "KEY": browser.made.json["key"], "EMAIL": client.email}
    end(client, *[said.get(word, word) for word in how.split()])
    assert browser.get("/v1/calls").status == 401


def test_it_ends_by_itself(start_server):
    server = start_server("--session-age", "2s")
    client = Client(server, add_account(server.store))
    browser = Browser(client)
    assert "Max-Age=2;" in browser.attributes and browser.get("/v1/account").status == 200
    deadline = time.monotonic() + 20
    while browser.get("/v1/account").status == 200:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert browser.get("/v1/account").status == 401 and client.get("/v1/sessions").json["sessions"] == []


def test_what_it_follows_is_broken_off_when_it_ends(client):
    browser = Browser(client)
    connection = http.client.HTTPConnection(client.server.address, timeout=20)
    connection.request("GET", "/v1/tail", headers={"Cookie": browser.cookie, **PAGE})
    answer = connection.getresponse()
    assert answer.status == 200
    end(client, "session", "end", browser.id)
    with pytest.raises((http.client.IncompleteRead, ConnectionError)):
        answer.read()


def test_who_signs_out_ends_it_and_has_the_cookie_taken_back(client):
    browser = Browser(client)
    answer = browser.ask("/v1/sessions/own", "DELETE")
    assert answer.status == 204 and answer.headers["Set-Cookie"].startswith("callstep-session=; Path=/; Max-Age=0;")
    assert browser.get("/v1/account").status == 401
    assert client.ask("/v1/sessions/own", "DELETE").status == 404


def test_nobody_stays_signed_in_where_that_is_not_wanted(start_server):
    server = start_server("--session-age", "0")
    client = Client(server, add_account(server.store))
    answer = client.ask("/v1/sessions", "POST", b"{}", MADE)
    assert answer.status == 403 and "--session-age" in answer.text and client.get("/v1/account").json["session_age"] == 0


# ---- lists and records ----

def test_sessions_are_listed_and_ended_by_their_key_and_by_admin_alone(client):
    reader, other, admin = make_key(client, "read"), make_key(client, "read"), make_key(client, "admin")
    one, two = Browser(reader, "One"), Browser(other, "Two")
    labels = lambda who: [session["label"] for session in who.get("/v1/sessions").json["sessions"]]
    assert labels(reader) == labels(one) == ["One"] and labels(other) == ["Two"] and labels(admin) == ["One", "Two"]
    assert [session["own"] for session in one.get("/v1/sessions").json["sessions"]] == [True]
    assert one.ask(f"/v1/sessions/{two.id}", "DELETE").status == 404 and two.get("/v1/account").status == 200
    assert admin.ask(f"/v1/sessions/{two.id}", "DELETE").status == 204 and two.get("/v1/account").status == 401
    stranger = Client(client.server, add_account(client.server.store, "you@example.com"), "you@example.com")
    assert stranger.ask(f"/v1/sessions/{one.id}", "DELETE").status == 404
    for wrong in ("0", "-1", "x", str(10**18), str(one.made.json["key"])):
        assert admin.ask(f"/v1/sessions/{wrong}", "DELETE").status == 404
    three = Browser(admin, "Three")
    first = admin.get("/v1/sessions?limit=1").json
    assert [session["label"] for session in first["sessions"]] == ["One"] and first["next"] == str(one.id)
    assert [session["id"] for session in admin.get(f"/v1/sessions?cursor={one.id}").json["sessions"]] == [three.id]
    assert len(admin.get("/v1/keys").json["keys"]) == 4, "a session is no key"


def test_the_command_line_lists_and_ends_them(client):
    browser = Browser(client, "Firefox on Linux")
    done = run(client, "session", "list", "--utc")
    assert done.returncode == 0 and re.match(rf"{browser.id}\t{browser.made.json['key']}\t.*\tFirefox on Linux", done.stdout), done.stdout
    end(client, "session", "end", browser.id)
    assert run(client, "session", "list").stdout == ""
    for wrong in (browser.id, browser.made.json["key"], "x"):
        assert run(client, "session", "end", wrong).returncode > 0
    assert len(run(client, "key", "list").stdout.splitlines()) == 1


def test_what_becomes_of_a_session_is_on_record(client):
    browser = Browser(client)
    browser.get("/v1/calls?limit=1")
    browser.ask("/v1/sessions/own", "DELETE")
    end(client, "session", "end", Browser(client).id)
    deadline = time.monotonic() + 10
    while "/v1/calls" not in (trail := run(client, "audit", "--json").stdout):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    records = [json.loads(line) for line in trail.splitlines()]
    found = [(record["action"], record["subject"], record["key"]) for record in records if "session" in record["action"]]
    key = browser.made.json["key"]
    later = max(int(subject.split()[1]) for _, subject, _ in found)
    assert sorted(found, key=str) == sorted([
        ("make-session", f"session {browser.id} of key {key}", key), ("end-session", f"session {browser.id}", browser.id),
        ("make-session", f"session {later} of key {key}", key), ("end-session", f"session {later}", None)], key=str)
    assert [record["key"] for record in records if record["subject"] == "/v1/calls?limit=1"] == [browser.id]


@pytest.mark.parametrize("body, named", [(b'{"label":7}', "label"), (json.dumps({"label": "x" * 129}).encode(), "label"), (b'{"label":"\\u0000"}', "label")])
def test_a_wrong_label_is_named(client, body, named):
    answer = client.ask("/v1/sessions", "POST", body, MADE)
    assert answer.status == 400 and answer.json["parameter"] == named


@only_embedded("PostgreSQL's verify asks nothing of keys")
def test_verify_finds_a_session_without_its_key(start_server):
    server = start_server()
    client = Client(server, add_account(server.store))
    Browser(client)
    assert "0 problems" in callstep("verify", "--data", server.store).stderr
    server.stop()
    run_sql(server.store, "update key set of_key = 99 where of_key = 1")
    done = callstep("verify", "--data", server.store)
    assert done.returncode == 1 and "the session 2 is of a key that is not there" in done.stdout + done.stderr


# ---- TLS ----

def test_by_tls_the_cookie_is_secure_and_no_other_counts(start_server, tmp_path):
    make_certificate(tmp_path, "localhost")
    server = start_server("--tls-certificate", tmp_path / "cert.pem", "--tls-key", tmp_path / "key.pem")
    client = Client(server, add_account(server.store))
    trust = ssl.create_default_context(cafile=str(tmp_path / "cert.pem"))

    def asked(method, path, headers, body=None):
        connection = http.client.HTTPSConnection(server.address, context=trust, timeout=20)
        connection.request(method, path, body, headers)
        response = connection.getresponse()
        answer = Answer(response, response.read())
        connection.close()
        contract.check(method, path, answer)
        return answer

    made = asked("POST", "/v1/sessions", {"Authorization": client.basic(), **MADE}, b"{}")
    cookie, attributes = made.headers["Set-Cookie"].split("; ", 1)
    assert cookie.startswith("__Host-callstep-session=") and attributes.endswith("; HttpOnly; SameSite=Strict; Secure")
    assert asked("GET", "/v1/account", {"Cookie": cookie, **PAGE}).status == 200
    assert asked("GET", "/v1/account", {"Cookie": cookie.removeprefix("__Host-"), **PAGE}).status == 401
    assert "; Secure" in asked("DELETE", "/v1/sessions/own", {"Cookie": cookie, **PAGE}).headers["Set-Cookie"]


def test_behind_a_proxy_with_tls_the_cookie_is_secure(client):
    made = client.ask("/v1/sessions", "POST", b"{}", {**MADE, "Sec-Fetch-Site": "same-origin", "Origin": "https://calls.example"})
    cookie, attributes = made.headers["Set-Cookie"].split("; ", 1)
    assert cookie.startswith("__Host-callstep-session=") and attributes.endswith("; Secure")
    assert client.ask("/v1/account", headers={"Cookie": cookie, **PAGE}, authorization=None).status == 200
