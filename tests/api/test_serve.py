# SPDX-License-Identifier: MIT
"""callstep serve: starting, stopping, and what goes wrong around it. Each failure has its sentence."""
import contextlib
import os
import re
import resource
import signal
import socket
import ssl
import subprocess
import time
import urllib.request
from pathlib import Path

import pytest

from conftest import BINARY, Client, Server, add_account, call, callstep, step
from stores import only_embedded, run_sql, store_at

ALL = "/api/all_logs/0/99999999999"


def serve(store, *options, **more):
    """Runs a server that is expected to refuse."""
    return callstep("serve", "--data", store, "--listen", "127.0.0.1:0", *options, **more)


def as_nobody():
    os.setgid(65534)
    os.setuid(65534)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_it_with_status_0(tmp_path, number):
    assert Server(tmp_path).stop(number) == 0


def test_a_store_without_an_account_is_told_at_the_start(start_server):
    server = start_server()
    assert " no-account " in server.log and "callstep account add" in server.log
    server.stop()
    add_account(server.store)
    assert "no-account" not in start_server().log


def test_running_requests_end_before_it_stops(tmp_path):
    server = Server(tmp_path)
    client = Client(server, add_account(server.store))
    client.post([call(f"s{i}") for i in range(700)])
    host, port = server.address.rsplit(":", 1)
    with socket.create_connection((host, int(port)), 20) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.sendall(f"GET {ALL}?limit=10000 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                           f"Authorization: {client.basic()}\r\n\r\n".encode())
        got = connection.recv(1000)
        server.process.send_signal(signal.SIGTERM)
        while piece := connection.recv(65536):
            got += piece
    assert server.process.wait(30) == 0
    assert got.endswith(b'"total_calls":700}')


@only_embedded("a store on PostgreSQL has any number of servers: test_postgres.py")
def test_a_second_server_on_the_same_store_is_refused(start_server):
    server = start_server()
    done = serve(server.store)
    assert done.returncode == 1 and "another server" in done.stderr and str(server.process.pid) in done.stderr


def test_a_port_in_use_is_named(start_server, tmp_path):
    server = start_server()
    done = callstep("serve", "--data", store_at(tmp_path / "other"), "--listen", server.address)
    assert done.returncode == 1 and server.address in done.stderr and "in use" in done.stderr


@pytest.mark.parametrize("listen", ["0.0.0.0:0", "[::]:0"])
def test_other_than_loopback_addresses_need_tls_or_insecure(tmp_path, listen):
    done = callstep("serve", "--data", store_at(tmp_path), "--listen", listen)
    assert done.returncode in (1, 2) and "--insecure" in done.stderr


@pytest.mark.parametrize("listen", ["nonsense", "127.0.0.1", "127.0.0.1:99999", "127.0.0.1:x"])
def test_a_listen_address_that_is_none_is_named(tmp_path, listen):
    done = callstep("serve", "--data", store_at(tmp_path), "--listen", listen, "--insecure")
    assert done.returncode in (1, 2) and listen in done.stderr


@only_embedded("about the permissions of its folder")
def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    folder = tmp_path / "closed"
    folder.mkdir(mode=0o755)
    for parent in (tmp_path, *tmp_path.parents):
        if str(parent).startswith("/tmp/"):
            parent.chmod(parent.stat().st_mode | 0o055)
    if not os.access(BINARY, os.X_OK) or os.getuid() != 0:
        pytest.skip("needs root, to become another user")
    binary = tmp_path / "callstep"
    binary.write_bytes(open(BINARY, "rb").read())
    binary.chmod(0o755)
    done = subprocess.run([binary, "serve", "--data", folder / "store", "--listen", "127.0.0.1:0"], preexec_fn=as_nobody,
                          capture_output=True, text=True, timeout=60, cwd="/")
    assert done.returncode == 1 and str(folder) in done.stderr and "ermission denied" in done.stderr


@only_embedded("about its file")
def test_a_file_that_is_no_store_is_refused(tmp_path):
    (tmp_path / "store").mkdir()
    (tmp_path / "store/callstep.db").write_bytes(b"this is not a database, and it is longer than a header" * 100)
    done = serve(tmp_path / "store")
    assert done.returncode == 1 and "store" in done.stderr
    other = tmp_path / "other"
    other.mkdir()
    run_sql(other, "create table t (x)")
    done = serve(other)
    assert done.returncode == 1 and "callstep" in done.stderr


def test_a_newer_store_is_refused(tmp_path):
    store = store_at(tmp_path)
    add_account(store)
    run_sql(store, "pragma user_version = 4711", "update callstep_store set version = 4711")
    done = serve(store)
    assert done.returncode == 1 and "4711" in done.stderr and "newer" in done.stderr


@only_embedded("about the permissions of its files")
def test_files_are_the_owners_alone(tmp_path):
    store = tmp_path / "store"
    add_account(store)
    assert store.stat().st_mode & 0o777 == 0o700
    assert {f.name: f.stat().st_mode & 0o077 for f in store.iterdir()} == {f.name: 0 for f in store.iterdir()}


def test_acknowledged_calls_survive_sigkill(tmp_path):
    server = Server(tmp_path)
    client = Client(server, add_account(server.store))
    for number in range(20):
        assert client.post([call(f"s{number}")]).status == 200
    assert server.stop(signal.SIGKILL) == -signal.SIGKILL
    again = Server(tmp_path)
    try:
        assert Client(again, client.key).get(ALL).json["total_calls"] == 20
        assert callstep("verify", "--data", again.store).returncode == 0
    finally:
        assert again.stop() == 0


def small_files():
    """Files that cannot grow past this fail with EFBIG: a disk that fails, not one that is full."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2_000_000, 2_000_000))


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 3 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", folder], capture_output=True).returncode != 0:
        pytest.skip("cannot mount a small file system here: needs root")
    yield folder
    subprocess.run(["umount", folder], check=True)


def fill(client):
    """Posts until it fails; returns how many calls were acknowledged, and the failure."""
    accepted = 0
    for number in range(400):
        detail = [{"event": {"line": os.urandom(2000).hex()}, "class": "info", "timestamp": 1}]
        answer = client.post([call(f"{number}-{i}", detail=detail) for i in range(10)])
        if answer.status != 200:
            return accepted, answer
        accepted += 10
    raise AssertionError("the disk did not fill up")


@only_embedded("fills the disk that its folder lies on")
def test_a_full_disk_is_507_leaves_nothing_half_written_and_heals_when_there_is_room(small_disk, tmp_path):
    store = small_disk / "store"
    key = add_account(store)
    server = Server(tmp_path, store=store)
    try:
        client = Client(server, key)
        accepted, answer = fill(client)
        assert accepted > 0 and answer.status == 507 and answer.json["accepted"] == 0
        assert "space" in answer.json["detail"]
        assert client.get("/api/calls/0/99999999999").json["total_calls"] == accepted
        subprocess.run(["mount", "-o", "remount,size=30m", small_disk], check=True)
        assert client.post([call("after")]).status == 200
        assert client.get("/api/calls/0/99999999999").json["total_calls"] == accepted + 1
    finally:
        server.stop()
    assert callstep("verify", "--data", store).returncode == 0


@only_embedded("its file cannot grow")
def test_a_failing_disk_is_told_and_leaves_nothing_half_written(tmp_path):
    store = tmp_path / "store"
    key = add_account(store)
    server = Server(tmp_path, preexec=small_files, store=store)
    try:
        client = Client(server, key)
        accepted, answer = fill(client)
        assert answer.status in (500, 507) and answer.json["accepted"] == 0
        assert client.get("/api/calls/0/99999999999").json["total_calls"] == accepted
    finally:
        server.stop()
    assert callstep("verify", "--data", store).returncode == 0


def test_a_failure_below_the_api_is_500_database_error_and_its_cause_only_in_the_log(tmp_path):
    server = Server(tmp_path)
    try:
        client = Client(server, add_account(server.store))
        client.post([call("a")])
        run_sql(server.store, "alter table tally rename to away")
        answer = client.get(ALL)
        assert answer.status == 500 and answer.json == {"error": "database error"}
        assert client.get(ALL, accept="text/xml").text == \
            '<?xml version="1.0"?><result><error>database error</error></result>'
        assert "tally" in server.log
    finally:
        server.stop()


def damage(server):
    run_sql(server.store, "update packed set crc32 = crc32 + 1", "update detail set crc32 = crc32 + 1")


def test_a_damaged_packed_call_breaks_a_large_page_off(tmp_path):
    server = Server(tmp_path)
    try:
        client = Client(server, add_account(server.store))
        client.post([call("a", detail=[step("x" * 1000)] * 500)])
        assert client.get(ALL).status == 200
        damage(server)
        with pytest.raises(Exception):
            client.get(ALL)
        assert "answer-broken-off" in server.log and "checksum" in server.log
    finally:
        server.stop()


def test_a_damaged_packed_call_never_becomes_a_wrong_answer(tmp_path):
    server = Server(tmp_path)
    try:
        client = Client(server, add_account(server.store))
        client.post([call("a")])
        damage(server)
        assert client.get("/api/call/a").status == 500
        assert client.get(ALL).status == 500
        assert server.log.count("checksum") == 2
    finally:
        server.stop()


def make_certificate(folder, name):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                    "-keyout", folder / "key.pem", "-out", folder / "cert.pem", "-subj", f"/CN={name}",
                    "-addext", "subjectAltName=IP:127.0.0.1"], check=True, capture_output=True)


def ask_tls(server, folder):
    context = ssl.create_default_context(cafile=str(folder / "cert.pem"))
    with urllib.request.urlopen(f"https://{server.address}/healthz", context=context, timeout=20) as answer:
        return answer.status


def test_tls_with_certificate_and_key_reread_on_sighup(tmp_path):
    make_certificate(tmp_path, "first")
    server = Server(tmp_path, "--tls-certificate", str(tmp_path / "cert.pem"), "--tls-key", str(tmp_path / "key.pem"))
    try:
        assert ask_tls(server, tmp_path) == 200
        make_certificate(tmp_path, "second")
        server.process.send_signal(signal.SIGHUP)
        deadline = time.monotonic() + 10
        while " reloaded " not in server.log and time.monotonic() < deadline:
            time.sleep(0.02)
        assert ask_tls(server, tmp_path) == 200
        host, port = server.address.rsplit(":", 1)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.maximum_version = ssl.TLSVersion.TLSv1_1
        with pytest.raises((ssl.SSLError, OSError)), socket.create_connection((host, int(port)), 10) as plain:
            context.wrap_socket(plain)
    finally:
        assert server.stop() == 0


def test_a_certificate_that_is_none_is_named(tmp_path):
    (tmp_path / "bad.pem").write_text("nonsense")
    done = serve(store_at(tmp_path), "--tls-certificate", tmp_path / "bad.pem", "--tls-key", tmp_path / "bad.pem")
    assert done.returncode in (1, 2) and "bad.pem" in done.stderr
    done = serve(store_at(tmp_path), "--tls-certificate", tmp_path / "bad.pem")
    assert done.returncode in (1, 2) and "--tls-key" in done.stderr


def test_headers_that_are_too_large_are_431(start_server):
    server = start_server("--header-size-max", "4k")
    client = Client(server, add_account(server.store))
    answer = client.get(ALL, headers={"X-Large": "x" * 6000})
    assert answer.status == 431


def test_an_idle_connection_is_closed_after_the_timeout(start_server):
    server = start_server("--timeout", "1s")
    host, port = server.address.rsplit(":", 1)
    with socket.create_connection((host, int(port)), 20) as connection:
        connection.sendall(b"GET /healthz HTTP/1.1\r\n")
        assert connection.recv(100) == b""


def sockets_of(server):
    """One that is closed while they are counted does not count."""
    found = 0
    for fd in Path(f"/proc/{server.process.pid}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):
            found += str(fd.readlink()).startswith("socket:")
    return found


POST_HEAD = "POST /v1/calls HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n"


@pytest.mark.parametrize("before, at_once", [
    ("", "GET /healthz HTTP/1.1\r\n"),
    ("", "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"),
    ("", POST_HEAD + "Authorization: {basic}\r\n\r\n5\r\n{{\"se"),
    (POST_HEAD + "Authorization: {basic}\r\n\r\n", "5\r\n{{\"se")],
    ids=["half a header", "a request", "a header and half a body", "half a body"])
def test_a_client_that_sends_and_goes_at_once_is_noticed(start_server, before, at_once):
    server = start_server()
    client = Client(server, add_account(server.store))
    host, port = server.address.rsplit(":", 1)
    sockets = sockets_of(server)
    with socket.create_connection((host, int(port)), 20) as connection:
        connection.sendall(before.format(basic=client.basic()).encode())
        deadline = time.monotonic() + 10
        while sockets_of(server) == sockets and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(0.2)  # the loop waits for more
        server.process.send_signal(signal.SIGSTOP)
        connection.sendall(at_once.format(basic=client.basic()).encode())
    server.process.send_signal(signal.SIGCONT)
    deadline = time.monotonic() + 10
    while sockets_of(server) > sockets and time.monotonic() < deadline:
        time.sleep(0.05)
    assert sockets_of(server) == sockets


def test_pages_share_a_ceiling_and_all_are_answered(start_server):
    from concurrent.futures import ThreadPoolExecutor
    server = start_server("--page-memory-max", "2M")
    client = Client(server, add_account(server.store))
    client.post([call(f"s{i}") for i in range(1000)])
    with ThreadPoolExecutor(24) as pool:
        answers = list(pool.map(lambda i: client.get(f"{ALL}?limit=1000", gzipped=i % 2 == 0), range(60)))
    assert [a.status for a in answers] == [200] * 60
    assert len({a.body for a in answers}) == 1


def test_a_page_larger_than_the_ceiling_is_503_with_retry_after(start_server):
    server = start_server("--page-memory-max", "2M")
    client = Client(server, add_account(server.store))
    client.post([call(f"s{i}", detail=[{"event": {"line": os.urandom(200_000).hex()}, "class": "info", "timestamp": 1}])
                 for i in range(10)])
    answer = client.get(ALL)
    assert answer.status == 503 and answer.headers["Retry-After"]
    assert client.get(ALL + "?limit=1").status == 200


def test_the_request_log_tells_what_was_asked_without_numbers_and_keys(start_server):
    server = start_server()
    client = Client(server, add_account(server.store))
    client.get(ALL + "?number=6177123999")
    server.stop() # a request's line is written after its answer
    line = next(l for l in server.log.splitlines() if "/api/all_logs" in l)
    assert "method=GET" in line and "status=404" in line and "account=1" in line
    assert "6177123999" not in server.log and client.key not in server.log


def test_a_path_cannot_forge_a_log_line(start_server):
    server = start_server()
    Client(server, "x").get("/api/call/a%0A2026%20info%20forged%20x=y")
    server.stop()
    assert not any(line.startswith("2026 info forged") for line in server.log.splitlines())


TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


@pytest.mark.parametrize("traceparent, trace", [
    (f"00-{TRACE}-00f067aa0ba902b7-01", TRACE),
    (f"01-{TRACE}-00f067aa0ba902b7-01-more", TRACE),
    (f"ff-{TRACE}-00f067aa0ba902b7-01", None),
    (f"00-{'0' * 32}-00f067aa0ba902b7-01", None),
    (f"00-{TRACE.upper()}-00f067aa0ba902b7-01", None),
    (f"00-{TRACE}-00f067aa0ba902b7", None),
    (f"00-{TRACE[1:]}-00f067aa0ba902b7-01", None),
    ("6177123001", None),
    ("", None),
])
def test_request_lines_have_the_trace_id_of_a_traceparent_that_is_one(start_server, traceparent, trace):
    server = start_server()
    Client(server, "none").get("/healthz", headers={"traceparent": traceparent}, authorization=None)
    server.stop()
    line = next(line for line in server.log.splitlines() if " path=/healthz " in line)
    assert line.endswith(" account=0 client=127.0.0.1" + (f" trace={trace}" if trace else "")), line


@pytest.mark.parametrize("options, client", [((), "127.0.0.1"), (("--trusted-proxies", "127.0.0.1"), "192.0.2.7")])
def test_request_lines_have_the_client_that_a_trusted_proxy_asks_for(start_server, options, client):
    server = start_server(*options)
    Client(server, "none").get("/healthz", headers={"X-Forwarded-For": "192.0.2.7"}, authorization=None)
    server.stop()
    assert re.search(rf" path=/healthz .* client={re.escape(client)}$", server.log, re.M)


@pytest.mark.parametrize("journal", [True, False])
def test_in_the_journal_lines_have_their_severity_and_no_time(tmp_path, journal):
    with open(tmp_path / "log", "wb") as log:
        found = os.fstat(log.fileno())
        stream = f"{found.st_dev}:{found.st_ino if journal else found.st_ino + 1}"
        process = subprocess.Popen([BINARY, "serve", "--data", str(store_at(tmp_path)), "--listen", "127.0.0.1:0"], stderr=log,
                                   env={**os.environ, "JOURNAL_STREAM": stream})
    deadline = time.monotonic() + 30
    while " listening " not in (tmp_path / "log").read_text():
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.02)
    process.terminate()
    assert process.wait(30) == 0
    lines = (tmp_path / "log").read_text().splitlines()
    if journal:
        assert {line.split()[0] for line in lines} == {"<6>info", "<4>warning"} and any(line.startswith("<4>warning no-account ") for line in lines)
    else:
        assert all(re.match(r"20\d\d-\d\d-\d\dT\S+Z (info|warning) ", line) for line in lines)
