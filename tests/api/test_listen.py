# SPDX-License-Identifier: MIT
"""Where a server listens: several addresses, sockets of files, sockets that a service manager hands over; and what proxies say there."""
import base64
import http.client
import json
import os
import re
import signal
import socket
import stat
import subprocess
import time

import pytest

from conftest import BINARY, Client, Server, add_account, call, callstep
from stores import store_at

CALLS = "/v1/calls"


class FileConnection(http.client.HTTPConnection):
    """Over the socket at a path."""

    def __init__(self, path):
        super().__init__("localhost", timeout=60)
        self.path = str(path)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(60)
        self.sock.connect(self.path)


def ask(connection, path="/healthz", headers=()):
    connection.putrequest("GET", path)
    for name, value in headers:
        connection.putheader(name, value)
    connection.endheaders()
    answer = connection.getresponse()
    return answer.status, answer.read()


# ---- several addresses ----


@pytest.mark.parametrize("written", [["127.0.0.1:0,[::1]:0, 127.0.0.2:0"], ["127.0.0.1:0", "[::1]:0,127.0.0.2:0"], ["127.0.0.1:0", "[::1]:0", "127.0.0.2:0"]])
def test_it_answers_on_each_of_its_addresses(start_server, written):
    server = start_server(*[part for listen in written for part in ("--listen", listen)])
    addresses = server.address.split(",")
    assert [address.rsplit(":", 1)[0] for address in addresses] == ["127.0.0.1", "[::1]", "127.0.0.2"]
    for address in addresses:
        assert ask(http.client.HTTPConnection(address, timeout=60))[0] == 200


def test_one_that_is_taken_is_named_and_none_is_served(start_server, tmp_path):
    taken = start_server().address
    done = callstep("serve", "--data", store_at(tmp_path), "--listen", f"127.0.0.1:0,{taken}")
    assert done.returncode == 1 and f"cannot listen on '{taken}': address already in use" in done.stderr


@pytest.mark.parametrize("listen, named", [
    ("127.0.0.1:0,", "''"), ("127.0.0.1:0,nonsense", "'nonsense'"), ("unix:", "'unix:'"), ("unix:relative", "'unix:relative'"),
    ("unix:/" + "x" * 200, "at most 107 bytes"), (",".join(["127.0.0.1:0"] * 17), "more than 16 addresses")])
def test_an_address_that_is_not_one_is_named(tmp_path, listen, named):
    done = callstep("serve", "--data", store_at(tmp_path), "--listen", listen)
    assert done.returncode == 2 and named in done.stderr


@pytest.mark.parametrize("listen", ["127.0.0.1:0,0.0.0.0:0", "[::1]:0,[::]:0"])
def test_none_of_them_may_be_reached_by_others_in_clear(tmp_path, listen):
    done = callstep("serve", "--data", store_at(tmp_path), "--listen", listen)
    assert done.returncode == 2 and f"will not listen on '{listen.split(',')[1]}' in clear" in done.stderr


# ---- sockets of files ----


def test_a_socket_of_files_answers_its_user_and_group_and_goes_with_the_server(start_server, tmp_path):
    path = tmp_path / "http"
    server = start_server("--listen", f"unix:{path},127.0.0.1:0")
    key = add_account(server.store)
    basic = "Basic " + base64.b64encode(f"me@example.com:{key}".encode()).decode()
    assert server.address.split(",")[0] == f"unix:{path}"
    assert stat.S_IMODE(path.stat().st_mode) == 0o660
    connection = FileConnection(path)
    connection.request("POST", CALLS, json.dumps({"calls": [call("s1")]}), {"Authorization": basic, "Content-Type": "application/json"})
    assert json.loads(connection.getresponse().read())["accepted"] == 1
    for _ in range(3):  # kept alive
        assert json.loads(ask(connection, "/v1/calls?start=0", [("Authorization", basic)])[1])["total_calls"] == 1
    connection.close()
    assert server.stop() == 0
    assert not path.exists()
    assert re.search(r" request .*path=/v1/calls .*client=- ?", server.log)


def test_connections_over_a_file_are_not_bounded_by_their_address(start_server, tmp_path):
    """They all come from one proxy."""
    path = tmp_path / "http"
    start_server("--listen", f"unix:{path}", "--connections-per-address-max", "2", "--connections-max", "20")
    connections = [FileConnection(path) for _ in range(10)]
    assert [ask(connection)[0] for connection in connections] == [200] * 10


def test_a_client_of_a_file_that_takes_its_time_is_not_too_slow(start_server, tmp_path):
    """--rate-min counts bytes of TCP, which a socket of files does not tell."""
    path = tmp_path / "http"
    server = start_server("--listen", f"unix:{path}", "--timeout", "1s", "--rate-min", "1M", "--api-detail-days", "ever")
    key = add_account(server.store)
    basic = "Basic " + base64.b64encode(f"me@example.com:{key}".encode()).decode()
    connection = FileConnection(path)
    body = json.dumps({"calls": [call("s1")]}).encode()
    connection.putrequest("POST", CALLS)
    for name, value in (("Authorization", basic), ("Content-Type", "application/json"), ("Content-Length", str(len(body)))):
        connection.putheader(name, value)
    connection.endheaders()
    for at in range(0, len(body), len(body) // 6 + 1):
        connection.send(body[at:at + len(body) // 6 + 1])
        time.sleep(0.5)
    assert json.loads(connection.getresponse().read())["accepted"] == 1


def test_what_a_killed_server_left_does_not_stop_the_next(tmp_path):
    path = tmp_path / "http"
    (tmp_path / "store").mkdir()
    Server(tmp_path / "store", "--listen", f"unix:{path}").stop(signal.SIGKILL)
    assert path.is_socket()
    again = Server(tmp_path / "store", "--listen", f"unix:{path}")
    assert ask(FileConnection(path))[0] == 200
    assert again.stop() == 0 and not path.exists()


def test_a_socket_where_another_server_listens_is_left_to_it(start_server, tmp_path):
    path = tmp_path / "http"
    start_server("--listen", f"unix:{path}")
    done = callstep("serve", "--data", store_at(tmp_path / "other"), "--listen", f"unix:{path}")
    assert done.returncode == 1 and f"cannot listen on 'unix:{path}': address already in use" in done.stderr
    assert ask(FileConnection(path))[0] == 200


def test_a_file_that_is_not_a_socket_is_kept(tmp_path):
    path = tmp_path / "precious"
    path.write_text("precious")
    done = callstep("serve", "--data", store_at(tmp_path), "--listen", f"unix:{path}")
    assert done.returncode == 1 and "address already in use" in done.stderr
    assert path.read_text() == "precious"


# ---- what a service manager hands over ----


class Handed:
    """A server that is started with a socket as descriptor 3, as systemd does."""

    def __init__(self, folder, listening, *options, pid="$$", count="1"):
        self.store = store_at(folder)
        self.log = folder / f"log{time.monotonic_ns()}"
        script = f"LISTEN_PID={pid} LISTEN_FDS={count} exec \"$@\""
        number = listening.fileno()

        def keep():
            os.dup2(number, 3)

        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(["sh", "-c", script, "sh", BINARY, "serve", "--data", str(self.store), *options], stderr=log,
                                            pass_fds=(3,) if number == 3 else (), close_fds=False, preexec_fn=keep)

    def stop(self):
        self.process.terminate()
        return self.process.wait(60)


def listening_socket(family=socket.AF_INET, address=("127.0.0.1", 0)):
    made = socket.socket(family)
    made.bind(address)
    made.listen(64)
    return made


def test_a_restart_with_a_handed_socket_loses_no_connection(tmp_path):
    with listening_socket() as listening:
        address = "%s:%d" % listening.getsockname()
        waiting = http.client.HTTPConnection(address, timeout=60)
        waiting.request("GET", "/healthz")  # nobody serves it yet
        first = Handed(tmp_path, listening)
        assert waiting.getresponse().status == 200
        waiting.close()
        assert first.stop() == 0
        assert f" listening address={address} " in first.log.read_text()
        between = http.client.HTTPConnection(address, timeout=60)
        between.request("GET", "/healthz")
        second = Handed(tmp_path, listening)
        assert between.getresponse().status == 200
        between.close()
        assert second.stop() == 0


def test_a_handed_socket_of_a_file_stays_when_the_server_ends(tmp_path):
    path = tmp_path / "http"
    with listening_socket(socket.AF_UNIX, str(path)) as listening:
        server = Handed(tmp_path, listening)
        assert ask(FileConnection(path))[0] == 200
        assert server.stop() == 0
        assert path.is_socket()


def test_a_handed_socket_that_others_reach_is_refused_in_clear(tmp_path):
    with listening_socket(address=("0.0.0.0", 0)) as listening:
        server = Handed(tmp_path, listening)
        assert server.process.wait(60) == 2
        assert "will not listen on '0.0.0.0:%d' in clear" % listening.getsockname()[1] in server.log.read_text()


def test_a_handed_descriptor_that_does_not_listen_is_refused(tmp_path):
    with socket.socket() as idle:
        server = Handed(tmp_path, idle)
        assert server.process.wait(60) == 2
        assert "handed over descriptor 3, which does not listen" in server.log.read_text()


def test_sockets_for_another_process_do_not_count(tmp_path):
    with listening_socket() as listening:
        server = Handed(tmp_path, listening, "--listen", "127.0.0.1:0", pid="1")
        end = time.monotonic() + 60
        while " listening " not in server.log.read_text() and time.monotonic() < end:
            time.sleep(0.02)
        assert f":{listening.getsockname()[1]} " not in server.log.read_text()
        assert server.stop() == 0


def test_more_sockets_than_there_may_be_are_an_error(tmp_path):
    with listening_socket() as listening:
        server = Handed(tmp_path, listening, count="17")
        assert server.process.wait(60) == 2
        assert "LISTEN_FDS '17' in the environment: from 0 to 16 sockets are possible" in server.log.read_text()


# ---- what proxies say ----


def network_of(server, connection, headers):
    """The network that a wrong key with @headers is counted for."""
    wrong = ("Authorization", "Basic " + base64.b64encode(b"me@example.com:wrong").decode())
    assert ask(connection, CALLS, [wrong, *headers])[0] == 401
    connection.close()
    return re.findall(r" wrong-key .*?network=(\S+)", server.log)[-1]


@pytest.mark.parametrize("values, network", [
    ([], "127.0.0.1"),
    (["for=192.0.2.7"], "192.0.2.7"),
    (["For=192.0.2.7;proto=http;by=203.0.113.43"], "192.0.2.7"),
    (["proto=http; for=192.0.2.7"], "192.0.2.7"),
    (['for="192.0.2.7:4711"'], "192.0.2.7"),
    (['for="[2001:db9::7]"'], "2001:db9::/64"),
    (['for="[2001:db9::7]:4711"'], "2001:db9::/64"),
    (["for=192.0.2.6, for=192.0.2.7"], "192.0.2.7"),
    (["for=192.0.2.7", "for=10.1.2.3"], "192.0.2.7"),
    (['for="invented, for=192.0.2.7'], "192.0.2.7"),
    (['for="192.0.2.9,192.0.2.7"'], "127.0.0.1"),
    (["for=unknown"], "127.0.0.1"),
    (["for=_hidden"], "127.0.0.1"),
    (["for=192.0.2.7, for=unknown"], "127.0.0.1"),
    (["by=192.0.2.7"], "127.0.0.1"),
    (["192.0.2.7"], "127.0.0.1"),
    (["for="], "127.0.0.1"),
    (['for="'], "127.0.0.1"),
    ([";;,"], "127.0.0.1"),
])
def test_the_header_forwarded_is_read_where_it_is_named(start_server, values, network):
    server = start_server("--trusted-proxies", "127.0.0.1,10.0.0.0/8", "--proxy-header", "forwarded", "--wrong-keys-max", "0")
    headers = [("X-Forwarded-For", "192.0.2.99"), *(("Forwarded", value) for value in values)]  # a client wrote the other one
    assert network_of(server, http.client.HTTPConnection(server.address, timeout=60), headers) == network


def test_the_header_forwarded_is_nothing_where_it_is_not_named(start_server):
    server = start_server("--trusted-proxies", "127.0.0.1", "--wrong-keys-max", "0")
    headers = [("Forwarded", "for=192.0.2.99"), ("X-Forwarded-For", "192.0.2.7")]
    assert network_of(server, http.client.HTTPConnection(server.address, timeout=60), headers) == "192.0.2.7"


@pytest.mark.parametrize("trusted, network", [("unix", "192.0.2.7"), ("10.0.0.0/8, unix", "192.0.2.7"), ("127.0.0.1", '""')])
def test_a_proxy_that_comes_over_a_file_is_believed_where_it_is_trusted(start_server, tmp_path, trusted, network):
    server = start_server("--listen", f"unix:{tmp_path / 'http'}", "--trusted-proxies", trusted, "--wrong-keys-max", "0")
    assert network_of(server, FileConnection(tmp_path / "http"), [("X-Forwarded-For", "192.0.2.7")]) == network


# ---- while it stops ----


def test_a_server_that_is_about_to_stop_is_not_ready(start_server):
    server = start_server("--metrics-listen", "127.0.0.1:0", "--grace", "60s")
    key = add_account(server.store)
    metrics = re.search(r" metrics address=(\S+)", server.log).group(1)
    assert ask(http.client.HTTPConnection(metrics, timeout=60), "/readyz")[0] == 200
    body = json.dumps({"calls": [call("s1")]}).encode()
    host, port = server.address.rsplit(":", 1)
    running = socket.create_connection((host, int(port)), timeout=60)
    running.sendall(f"POST {CALLS} HTTP/1.1\r\nHost: x\r\nAuthorization: {Client(server, key).basic()}\r\nContent-Type: application/json\r\n"
                    f"Content-Length: {len(body)}\r\nExpect: 100-continue\r\n\r\n".encode())
    assert running.recv(100).startswith(b"HTTP/1.1 100 ")  # its header is read
    end = time.monotonic() + 60
    server.process.send_signal(signal.SIGTERM)
    while (answer := ask(http.client.HTTPConnection(metrics, timeout=60), "/readyz"))[0] == 200 and time.monotonic() < end:
        time.sleep(0.02)
    assert answer == (503, b'{"status":"stopping"}')
    running.sendall(body)
    with running:
        assert b'"accepted":1' in b"".join(iter(lambda: running.recv(65536), b""))  # what runs ends
    assert server.process.wait(60) == 0


# ---- callstep ready ----


def test_ready_says_whether_a_server_is(start_server, tmp_path):
    server = start_server("--listen", f"127.0.0.1:0,unix:{tmp_path / 'http'}")
    address = server.address.split(",")[0]
    for arguments in (["--listen", address], ["--listen", f"unix:{tmp_path / 'http'}"], [f"http://{address}"], [f"http://{address}/"],
                      ["--listen", f"0.0.0.0:{address.rsplit(':', 1)[1]}"], ["--listen", "unix:/nowhere", "--metrics-listen", address]):
        done = callstep("ready", *arguments)
        assert (done.returncode, done.stdout) == (0, "ready\n"), (arguments, done.stderr)
    assert callstep("ready", "--quiet", f"http://{address}").stdout == ""
    assert server.stop() == 0
    for arguments in (["--listen", address], ["--listen", f"unix:{tmp_path / 'http'}"], [f"http://{address}"]):
        done = callstep("ready", *arguments)
        assert done.returncode == 1 and arguments[-1].removeprefix("unix:") in done.stderr, arguments


@pytest.mark.parametrize("arguments, sentence", [
    (["ftp://localhost"], "'ftp://localhost' is not the URL of a server"),
    (["http:///readyz"], "is not the URL of a server"),
    (["a", "b"], "'b' is too much"),
    (["--tls-certificate", "c.pem"], "the server has a certificate: give the URL whose name stands in it"),
])
def test_ready_says_what_it_does_not_understand(arguments, sentence):
    done = callstep("ready", *arguments)
    assert done.returncode == 2 and sentence in done.stderr
