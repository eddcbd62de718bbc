# SPDX-License-Identifier: MIT
"""Who is let in: wrong keys, scopes, keys and accounts that ended, where keys never show, files, TLS, the page's headers."""
import base64
import hashlib
import http.client
import itertools
import os
import re
import signal
import socket
import ssl
import time
import urllib.request

import pytest

import contract
import stores
from conftest import Client, Server, add_account, call, callstep
from test_serve import make_certificate

CALLS = "/api/calls/0/99999999999"
OPERATIONS = [(template, method) for template, item in contract.DOCUMENT["paths"].items() for method, operation in item.items()
              if operation.get("security") != []]
# What each operation needs; None: any key will do.
SCOPE = {"/v1/account get": None, "/v1/sessions get": None, "/v1/sessions post": None, "/v1/sessions/{id} delete": None, "/v1/calls post": "write", "/v1/traces post": "write", "/v1/keys get": "admin", "/v1/keys post": "admin",
         "/v1/keys/{id} delete": "admin", "/v1/audit get": "admin", "/v1/hooks get": "admin", "/v1/hooks post": "admin", "/v1/hooks/{id} get": "admin",
         "/v1/hooks/{id} patch": "admin", "/v1/hooks/{id} delete": "admin", "/v1/hooks/{id}/test post": "admin", "/v1/hooks/{id}/failures get": "admin",
         "/v1/hooks/{id}/failures/{failure}/resend post": "admin", "/v1/events post": "write",
         "/v1/in/{source} post": "write", "/v1/in/freeswitch/header post": "write",
         "/v1/calls/{session_id} patch": "write", "/v1/calls/{session_id}/events post": "write"}
READS = ["/api/all_logs/{start}/{end}", "/api/calls/{start}/{end}", "/api/call/{session_id}", "/v1/calls", "/v1/calls/{session_id}",
         "/v1/stats", "/v1/dropoff", "/v1/places", "/v1/flow", "/v1/diff/{a}/{b}", "/v1/tail"]
SCOPE.update({f"{template} get": "read" for template in READS})
SCOPE["/metrics get"] = "metrics"


def make_key(client, scopes):
    made = callstep("key", "add", "--data", client.server.store, "--account", client.email, "--scope", scopes)
    assert made.returncode == 0, made.stderr
    return Client(client.server, made.stdout.strip(), client.email)


def ask(client, template, method, connection=None, **more):
    """One request of the operation, as small as it can be; of a tail one that ends, by a wrong parameter."""
    path = re.sub(r"{[a-z_]+}", "1", template.replace("{id}", "999")) + ("?state=x" if template == "/v1/tail" else "")
    body = {"/v1/calls post": b'{"calls":[]}', "/v1/traces post": b"{}", "/v1/keys post": b'{"scopes":[]}', "/v1/hooks post": b"{}",
            "/v1/hooks/{id} patch": b"{}", "/v1/sessions post": b"{}"}.get(f"{template} {method}")
    headers = {"Content-Type": "application/json"} if body else {}
    headers.update({"Callstep-Session": "1"} if template == "/v1/sessions" else {})
    if connection is None:
        return client.ask(path, method=method.upper(), body=body, headers=headers, **more)
    connection.request(method.upper(), path, body=body, headers={**headers, "Authorization": client.basic()})
    answer = connection.getresponse()
    answer.read()
    return answer


# ---- wrong keys ----


def guess(server, email="me@example.com", source="127.0.0.1", key="wrong", path=CALLS, accept="application/json"):
    """One request from another loopback address, as one pair of credentials."""
    connection = http.client.HTTPConnection(server.address, timeout=60, source_address=(source, 0))
    pair = "Bearer " + key if email is None else "Basic " + base64.b64encode(f"{email}:{key}".encode()).decode()
    connection.request("GET", path, headers={"Authorization": pair, "Accept": accept})
    answer = connection.getresponse()
    answer.body = answer.read()
    connection.close()
    contract.check("GET", path, answer)
    return answer


@pytest.mark.parametrize("path", [CALLS, "/v1/calls", "/v1/account"])
@pytest.mark.parametrize("email", ["me@example.com", "nobody@example.com", None])
def test_wrong_keys_are_429_beyond_what_is_heard_whether_or_not_the_account_exists(start_server, path, email):
    server = start_server("--wrong-keys-max", "5")
    add_account(server.store)
    answers = [guess(server, email, path=path, key=f"wrong{i}") for i in range(8)]
    assert [a.status for a in answers] == [401] * 5 + [429] * 3
    assert len({a.body for a in answers[:5]}) == len({a.body for a in answers[5:]}) == 1
    assert 1 <= int(answers[-1].headers["Retry-After"]) <= 12 and answers[-1].headers["WWW-Authenticate"] is None


def test_right_keys_are_let_in_while_others_guess(start_server):
    server = start_server("--wrong-keys-max", "3")
    key, other = add_account(server.store), add_account(server.store, "other@example.com")
    for i in range(10):
        guess(server, "me@example.com")
    assert guess(server, "me@example.com").status == 429
    assert guess(server, "me@example.com", key=key).status == 200
    assert guess(server, "other@example.com", key=other).status == 200
    assert guess(server, None, key=key).status == 200
    assert guess(server, "me@example.com", key=key, source="127.0.0.2").status == 200


def test_wrong_keys_of_one_email_are_counted_across_addresses_and_those_of_one_address_across_emails(start_server):
    server = start_server("--wrong-keys-max", "3")
    add_account(server.store)
    assert [guess(server, "ME@example.com", source=f"127.0.0.{i}").status for i in range(2, 7)] == [401] * 3 + [429] * 2
    assert guess(server, "you@example.com", source="127.0.0.9").status == 401
    assert [guess(server, f"{i}@example.com", source="127.0.1.1").status for i in range(5)] == [401] * 3 + [429] * 2


def test_any_number_of_wrong_keys_is_heard_where_that_is_wanted(start_server):
    server = start_server("--wrong-keys-max", "0")
    assert {guess(server).status for _ in range(100)} == {401}


def test_missing_and_malformed_credentials_are_no_guesses(start_server):
    server = start_server("--wrong-keys-max", "2")
    client = Client(server, add_account(server.store))
    assert {client.get(CALLS, authorization=a).status for a in [None, "Basic !", "Digest x", ""] * 5} == {401}
    assert guess(server).status == 401


def test_wrong_keys_are_logged_with_whence_and_for_whom_but_only_those_that_are_heard(start_server):
    server = start_server("--wrong-keys-max", "4")
    key = add_account(server.store)
    for _ in range(30):
        guess(server, key=key[:-1])
    guess(server, key, key="me@example.com", source="127.0.0.2")  # the two in each other's place
    guess(server, 'a"\nforged=yes@x', source="127.0.0.3")
    server.stop()
    lines = [line.split(" wrong-key ")[1] for line in server.log.splitlines() if " warning wrong-key " in line]
    assert len(lines) == 4 + 1 + 2
    assert all("network=127.0.0.1 email=me@example.com" in line for line in lines[:5])
    assert [line.endswith(" limited=yes") for line in lines] == [False] * 4 + [True] + [False] * 2
    assert lines[5].endswith(" network=127.0.0.2 email=-") and lines[6].endswith(r'email="a\"\x0aforged=yes@x"')
    assert key[:-1] not in server.log


# ---- whom a proxy asks for ----


def forwarded(server, *values, source="127.0.0.1", number=0):
    """One wrong key with X-Forwarded-For; the network that the log has for it."""
    connection = http.client.HTTPConnection(server.address, timeout=60, source_address=(source, 0))
    connection.putrequest("GET", CALLS)
    connection.putheader("Authorization", "Basic " + base64.b64encode(f"me{number}@example.com:wrong".encode()).decode())
    for value in values:
        connection.putheader("X-Forwarded-For", value)
    connection.endheaders()
    status = connection.getresponse().status
    connection.close()
    return status, re.findall(r" wrong-key .*?network=(\S+)", server.log)[-1]


TRUSTED = "127.0.0.1,10.0.0.0/8,2001:db8::/32"


@pytest.mark.parametrize("values, network", [
    ([], "127.0.0.1"),
    (["192.0.2.7"], "192.0.2.7"),
    (["invented, 192.0.2.7"], "192.0.2.7"),
    (["192.0.2.6,192.0.2.7"], "192.0.2.7"),
    (["192.0.2.7, 10.1.2.3"], "192.0.2.7"),
    (["192.0.2.7, 2001:db8::5"], "192.0.2.7"),
    (["192.0.2.7", "10.1.2.3 ,\t10.1.2.4"], "192.0.2.7"),
    (["192.0.2.7, 10.1.2.3, invented"], "127.0.0.1"),
    (["192.0.2.7, invented, 10.1.2.3"], "10.1.2.3"),
    (["10.1.2.3"], "10.1.2.3"),
    (["192.0.2.7:4711"], "192.0.2.7"),
    (["[2001:db9::7]:4711"], "2001:db9::/64"),
    (["2001:db9::7"], "2001:db9::/64"),
    ([""], "127.0.0.1"),
    ([","], "127.0.0.1"),
    (["192.0.2.7,"], "127.0.0.1"),
    (["1" * 500], "127.0.0.1"),
])
def test_of_trusted_proxies_the_last_address_that_is_not_theirs_counts(start_server, values, network):
    server = start_server("--trusted-proxies", TRUSTED, "--wrong-keys-max", "0")
    assert forwarded(server, *values) == (401, network)


@pytest.mark.parametrize("options", [[], ["--trusted-proxies", "127.0.0.2"], ["--trusted-proxies", "127.0.0.0/32"]])
def test_of_others_x_forwarded_for_is_ignored(start_server, options):
    assert forwarded(start_server(*options), "192.0.2.7") == (401, "127.0.0.1")


def test_behind_a_trusted_proxy_one_guesser_is_limited_and_others_are_not_and_the_trail_has_their_addresses(start_server):
    server = start_server("--trusted-proxies", "127.0.0.1", "--wrong-keys-max", "3")
    assert [forwarded(server, "192.0.2.7", number=n)[0] for n in range(5)] == [401] * 3 + [429] * 2
    assert forwarded(server, "192.0.2.8", number=9) == (401, "192.0.2.8")
    server.stop()
    trail = callstep("audit", "--data", server.store).stdout
    assert "192.0.2.7" in trail and "192.0.2.8" in trail and "127.0.0.1" not in trail


@pytest.mark.parametrize("wrong", ["proxy.example.com", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/x", "::/129", "10.0.0.1,,10.0.0.2", "10.0.0", "1.2.3.4 5"])
def test_trusted_proxies_that_are_no_addresses_are_named(tmp_path, wrong):
    done = callstep("serve", "--data", tmp_path / "store", "--listen", "127.0.0.1:0", "--trusted-proxies", wrong)
    assert done.returncode != 0 and "is not an address of a trusted proxy" in done.stderr


# ---- scopes, ends ----


def test_the_table_of_scopes_names_every_operation():
    assert {f"{template} {method}" for template, method in OPERATIONS} == set(SCOPE)


@pytest.mark.parametrize("scopes", [",".join(some) for n in (1, 2, 3) for some in itertools.combinations(("read", "write", "admin"), n)] + ["metrics"])
def test_a_key_does_what_its_scopes_say_and_nothing_else(client, scopes):
    holder = make_key(client, scopes)
    for template, method in OPERATIONS:
        needed = SCOPE[f"{template} {method}"]
        allowed = needed is None or needed in scopes.split(",")
        answer = ask(holder, template, method)
        assert (answer.status != 403) == allowed, (template, method, answer.status)
        if not allowed:
            assert needed in answer.text and holder.key not in answer.text


@pytest.mark.parametrize("end", ["revoked", "disabled"])
def test_what_ends_ends_at_once_everywhere_on_open_connections_too(start_server, end):
    server = start_server("--wrong-keys-max", "0")
    client = Client(server, add_account(server.store))
    holder = make_key(client, "read,write,admin,metrics")
    connections = {}
    for template, method in OPERATIONS:
        connections[template, method] = http.client.HTTPConnection(server.address, timeout=60)
        assert ask(holder, template, method, connections[template, method]).status not in (401, 403)
    if end == "revoked":
        done = callstep("key", "revoke", "--data", server.store, "--account", client.email, "2")
    else:
        done = callstep("account", "disable", "--data", server.store, client.email)
    assert done.returncode == 0, done.stderr
    for (template, method), connection in connections.items():
        assert ask(holder, template, method, connection).status == 401, (template, method)
        connection.close()
    assert client.get(CALLS).status == (200 if end == "revoked" else 401)


# ---- where keys never show ----


def test_a_key_shows_nowhere_but_where_it_was_made(start_server, tmp_path):
    server = start_server("--log-level", "debug", "--wrong-keys-max", "0")
    client = Client(server, add_account(server.store))
    keys = [make_key(client, scope) for scope in ("read", "write", "admin")]
    shown = []
    for holder in keys:
        for template, method in OPERATIONS:
            shown.append(ask(holder, template, method).text)
            shown.append(ask(holder, template, method, authorization=holder.basic(email="x@y")).text)
            shown.append(ask(holder, template, method, authorization="Digest " + holder.key).text)
        shown.append(holder.get(f"/{holder.key}").text.replace("/" + holder.key, ""))
    assert client.post([call("a")]).status == 200
    process = f"/proc/{server.process.pid}"
    for name in ("cmdline", "environ"):
        shown.append(open(f"{process}/{name}", errors="replace").read())
    for arguments in (["key", "list", "--account", client.email], ["account", "list"], ["verify"]):
        done = callstep(*arguments, "--data", server.store)
        shown += [done.stdout, done.stderr]
    files = stores.files_of(server.store)
    if stores.KIND == "embedded":
        assert any(name.endswith("-wal") for name in files)
        assert callstep("backup", "--data", server.store, tmp_path / "copy").returncode == 0
        files.update((path, path.read_bytes()) for path in (tmp_path / "copy").iterdir())
    server.stop()
    log = server.log.replace("/" + keys[0].key, "").replace("/" + keys[1].key, "").replace("/" + keys[2].key, "")
    for key in (client.key, *(holder.key for holder in keys)):
        secret = key.removeprefix("cs_")
        pair = base64.b64encode(f"{client.email}:{key}".encode()).decode()
        for text in (log, *shown):
            assert secret not in text and pair not in text
        assert not any(secret.encode() in content for content in files.values())
        hashed = hashlib.blake2b(key.encode(), digest_size=32).digest()
        assert any(hashed in content for content in files.values())


def test_requests_ids_do_not_count_the_requests_of_others(client):
    ids = [int(client.get("/healthz").headers["X-Request-Id"], 16) for _ in range(50)]
    assert len(set(ids)) == 50
    assert min(abs(a - b) for a, b in itertools.combinations(ids, 2)) > 1 << 32


# ---- files ----


@stores.only_embedded("about the permissions of its files")
def test_all_files_are_the_owners_alone_while_they_are_in_use_and_in_a_backup(start_server, tmp_path):
    server = start_server(preexec=lambda: os.umask(0))
    client = Client(server, add_account(server.store))
    assert client.post([call(f"s{i}") for i in range(200)]).status == 200
    before = os.umask(0)
    try:
        assert callstep("backup", "--data", server.store, tmp_path / "copy").returncode == 0
    finally:
        os.umask(before)
    names = {path.name for path in server.store.iterdir()}
    assert {"callstep.db", "callstep.db-wal", "callstep.db-shm"} <= names
    for folder in (server.store, tmp_path / "copy"):
        assert folder.stat().st_mode & 0o7777 == 0o700
        assert {path.name: oct(path.stat().st_mode & 0o7777) for path in folder.iterdir() if path.stat().st_mode & 0o077} == {}


# ---- in clear only at home ----


@pytest.mark.parametrize("how", ["flag", "environment", "file"])
@pytest.mark.parametrize("listen", ["0.0.0.0:0", "[::]:0", "192.0.2.1:8080", "[::ffff:127.0.0.1]:0", "[2001:db8::1]:8080"])
def test_other_than_loopback_addresses_are_refused_in_clear_however_they_are_given(tmp_path, how, listen):
    (tmp_path / "callstep.ini").write_text(f"listen = {listen}\n" if how == "file" else "")
    arguments = {"flag": ["--listen", listen], "environment": [], "file": []}[how]
    done = callstep("serve", "--data", stores.store_at(tmp_path), "--config", tmp_path / "callstep.ini", *arguments,
                    env={**os.environ, **({"CALLSTEP_LISTEN": listen} if how == "environment" else {})})
    assert done.returncode in (1, 2) and "--insecure" in done.stderr and listen in done.stderr


def test_insecure_says_so(tmp_path):
    server = Server(tmp_path, "--insecure", environment={"CALLSTEP_LISTEN": "0.0.0.0:0"})
    assert server.stop() == 0


# ---- TLS ----


def connect(server, **options):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    for name, value in options.items():
        setattr(context, name, value)
    host, port = server.address.rsplit(":", 1)
    return context.wrap_socket(socket.create_connection((host, int(port)), 20))


def certificate_of(server):
    with connect(server) as connection:
        return connection.getpeercert(binary_form=True)


def certificate_in(folder):
    return ssl.PEM_cert_to_DER_cert((folder / "cert.pem").read_text())


def say(connection):
    connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
    got = b""
    while b'{"status":"ok"}' not in got:
        piece = connection.recv(4096)
        assert piece, "the connection was dropped"
        got += piece
    return got.split(b"\r\n")[0]


def hang_up(server, word):
    """Sends SIGHUP and waits for the line of the log that answers it."""
    count = server.log.count(word)
    server.process.send_signal(signal.SIGHUP)
    deadline = time.monotonic() + 20
    while server.log.count(word) == count:
        assert time.monotonic() < deadline, "SIGHUP was not answered"
        time.sleep(0.02)


@pytest.fixture
def tls_server(tmp_path):
    make_certificate(tmp_path, "first")
    server = Server(tmp_path, "--tls-certificate", str(tmp_path / "cert.pem"), "--tls-key", str(tmp_path / "key.pem"))
    yield server
    assert server.stop() == 0
    assert "Sanitizer" not in server.log


def test_a_new_certificate_is_served_after_sighup_and_no_connection_is_dropped(tls_server, tmp_path):
    first = certificate_in(tmp_path)
    assert certificate_of(tls_server) == first
    with connect(tls_server) as before:
        say(before)
        make_certificate(tmp_path, "second")
        assert certificate_of(tls_server) == first
        hang_up(tls_server, " reloaded ")
        assert certificate_of(tls_server) == certificate_in(tmp_path) != first
        assert say(before) == b"HTTP/1.1 200 OK"


@pytest.mark.parametrize("damage", ["nonsense", "empty", "missing", "other key"])
def test_a_bad_new_file_keeps_the_old_certificate_and_is_logged(tls_server, tmp_path, damage):
    first = certificate_in(tmp_path)
    if damage == "other key":
        kept = (tmp_path / "key.pem").read_bytes()
        make_certificate(tmp_path, "second")
        (tmp_path / "key.pem").write_bytes(kept)
    elif damage == "missing":
        (tmp_path / "cert.pem").unlink()
    else:
        (tmp_path / "cert.pem").write_text({"nonsense": "nonsense", "empty": ""}[damage])
    hang_up(tls_server, " reload-failed ")
    assert str(tmp_path) in next(line for line in tls_server.log.splitlines() if " reload-failed " in line)
    assert certificate_of(tls_server) == first
    make_certificate(tmp_path, "third")
    hang_up(tls_server, " reloaded ")
    assert certificate_of(tls_server) == certificate_in(tmp_path)


@pytest.mark.parametrize("mode, taken", [(0o600, True), (0o400, True), (0o640, True), (0o440, True), (0o644, False), (0o666, False), (0o604, False),
                                         (0o660, False), (0o602, False)])
def test_a_tls_key_that_others_may_use_is_refused_at_start_and_at_sighup(tmp_path, mode, taken):
    make_certificate(tmp_path, "first")
    options = ["--tls-certificate", str(tmp_path / "cert.pem"), "--tls-key", str(tmp_path / "key.pem")]
    (tmp_path / "key.pem").chmod(mode)
    if taken:
        assert Server(tmp_path, *options).stop() == 0
        return
    done = callstep("serve", "--data", tmp_path / "store", "--listen", "127.0.0.1:0", *options)
    assert done.returncode != 0 and f"others may use the key '{tmp_path / 'key.pem'}'" in done.stderr and "chmod 600" in done.stderr
    (tmp_path / "key.pem").chmod(0o600)
    server = Server(tmp_path, *options)
    (tmp_path / "key.pem").chmod(mode)
    hang_up(server, " reload-failed ")
    assert certificate_of(server) == certificate_in(tmp_path)
    assert server.stop() == 0


def test_sighup_rereads_the_certificate_alone_and_says_so(tls_server):
    hang_up(tls_server, " reloaded ")
    assert tls_server.log.rstrip().endswith(" info reloaded certificate=yes settings=no")


def test_sighup_without_tls_rereads_nothing_and_says_so(start_server, tmp_path):
    (tmp_path / "settings").write_text("log-requests = yes\n")
    server = start_server("--config", str(tmp_path / "settings"))
    (tmp_path / "settings").write_text("log-requests = no\n")
    hang_up(server, " not-reloaded ")
    assert " warning not-reloaded certificate=no settings=no hint=" in server.log and " reloaded " not in server.log
    Client(server, "none").get("/healthz", authorization=None)
    server.stop()  # the line follows the answer
    assert " request " in server.log


@pytest.mark.parametrize("version, taken", [("TLSv1", False), ("TLSv1_1", False), ("TLSv1_2", True), ("TLSv1_3", True)])
def test_tls_begins_with_1_2(tls_server, version, taken):
    version = getattr(ssl.TLSVersion, version)
    # Its own ceiling on old versions is not what is tested.
    options = {"minimum_version": ssl.TLSVersion.MINIMUM_SUPPORTED, "maximum_version": version}
    if taken:
        with connect(tls_server, **options) as connection:
            assert say(connection) == b"HTTP/1.1 200 OK"
    else:
        with pytest.raises((ssl.SSLError, OSError)):
            connect(tls_server, **options)


def test_what_may_be_read_in_two_ways_is_refused_over_tls_too(tls_server):
    chunked = b"POST /v1/calls HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    for odd in (b"GET /healthz HTTP/1.1\nHost: x\n\n", b"GET /healthz HTTP/1.1\r\nHost: x\r\nX: \x00\r\n\r\n", chunked + b"0;a\n\r\n",
                chunked + b"2;a=b\r\n{}\n0\r\n\r\n"):
        with connect(tls_server) as connection:
            connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n" + odd + b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            got = b""
            try:
                while piece := connection.recv(4096):
                    got += piece
            except OSError:
                pass
        assert got.count(b'"status":"ok"') == 1 and set(re.findall(rb"HTTP/1\.1 (\d\d\d)", got)) <= {b"200", b"400", b"401"}, (odd, got)


def test_plain_http_is_not_answered_where_tls_is_spoken(tls_server):
    host, port = tls_server.address.rsplit(":", 1)
    with socket.create_connection((host, int(port)), 20) as connection:
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        connection.settimeout(20)
        try:
            assert b"HTTP/1.1" not in connection.recv(4096)
        except ConnectionError:
            pass


# ---- the page ----


def test_every_file_of_the_page_has_its_headers_whatever_is_answered(session_server):
    with urllib.request.urlopen(f"http://{session_server.address}/", timeout=60) as page:
        paths = ["/", "/docs", "/docs.md", "/docs/api.md", "/llms.txt", "/openapi.json", *re.findall(r'(?:src|href)="(/assets/[^"]+)"', page.read().decode())]
    for path in paths:
        for headers in ({}, {"If-None-Match": "*"}, {"Accept-Encoding": "gzip"}):
            connection = http.client.HTTPConnection(session_server.address, timeout=60)
            connection.request("GET", path, headers=headers)
            answer = connection.getresponse()
            answer.read()
            connection.close()
            assert answer.status == (304 if "If-None-Match" in headers else 200)
            policy = answer.headers["Content-Security-Policy"]
            assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy
            assert "unsafe" not in policy and "http" not in policy and "*" not in policy
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert answer.headers["X-Frame-Options"] == "DENY"
            assert answer.headers["Referrer-Policy"] == "no-referrer"
            assert answer.headers["Cross-Origin-Opener-Policy"] == answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"


def test_keys_come_in_pages_however_many_there_are(start_server):
    server = start_server()
    client = Client(server, add_account(server.store, "many@example.com"), "many@example.com")
    admin = make_key(client, "admin")
    made = "insert into key (account_id, hash, scope, label, created) select (select max(account_id) from key), "
    stores.run_sql(
        server.store,
        "with recursive n(i) as (select 1 union all select i + 1 from n where i < 40000) " + made + "randomblob(32), 1, 'many', 1 from n",
        made + "sha256(i::text::bytea), 1, 'many', 1 from generate_series(1, 40000) i")
    seen, cursor, pages = [], "", 0
    while cursor is not None:
        answer = admin.get(f"/v1/keys?limit=1000{cursor and '&cursor=' + cursor}").json
        seen += [key["id"] for key in answer["keys"]]
        cursor, pages = answer["next"], pages + 1
    assert len(seen) == 40002 and seen == sorted(set(seen)) and pages == 41
    assert len(admin.get("/v1/keys").json["keys"]) == 1000
    assert admin.get("/v1/keys?limit=1001").status == 400
    assert admin.get("/v1/keys?cursor=x").json["parameter"] == "cursor"
