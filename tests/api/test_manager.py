# SPDX-License-Identifier: MIT
"""The service manager: what a server tells it by NOTIFY_SOCKET, and the unit `callstep.service`."""
import os
import re
import signal
import socket
import subprocess
import time

import pytest

from conftest import BINARY, Client, add_account, call, callstep
from stores import store_at
from test_serve import make_certificate
from units import Unit, analyze, installed

UNIT = Unit("callstep.service")
SOCKET = Unit("callstep.socket")
STATUS = re.compile(r"STATUS=\d+ connections, \d+ calls/s")
PATIENCE_S = 30


class Manager:
    """The manager's end of the socket."""

    def __init__(self, name):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(name.replace("@", "\0", 1) if name.startswith("@") else name)
        self.socket.settimeout(PATIENCE_S)
        self.environment = {"NOTIFY_SOCKET": name, "WATCHDOG_USEC": "", "WATCHDOG_PID": ""}

    def next(self):
        """The lines of the next message."""
        return self.socket.recv(4096).decode().split("\n")

    def until(self, line):
        """The message with a line that @line matches; others are passed over."""
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            lines = self.next()
            if any(re.fullmatch(line, each) for each in lines):
                return lines
        raise AssertionError(f"nothing says {line}")


@pytest.fixture(params=["path", "abstract"])
def manager(request, tmp_path):
    made = Manager(str(tmp_path / "notify") if request.param == "path" else f"@callstep-test-{os.getpid()}-{time.monotonic_ns()}")
    yield made
    made.socket.close()


def test_it_is_ready_once_it_answers_and_stopping_before_it_ends(manager, tmp_path):
    process = subprocess.Popen([BINARY, "serve", "--data", store_at(tmp_path), "--listen", "127.0.0.1:0", "--grace", "7s"],
                               stderr=subprocess.PIPE, env={**os.environ, **manager.environment})
    try:
        ready = manager.next()
        assert ready[0] == "READY=1" and STATUS.fullmatch(ready[1]) and len(ready) == 2
        process.send_signal(signal.SIGTERM)
        assert manager.next() == ["STOPPING=1", "STATUS=stopping", "EXTEND_TIMEOUT_USEC=22000000", "WATCHDOG=1"]
    finally:
        process.terminate()
        log = process.communicate(timeout=PATIENCE_S)[1].decode()
    address = re.search(r" listening address=(\S+)", log).group(1)
    assert process.returncode == 0 and address


def test_a_start_that_fails_is_never_ready(manager, tmp_path):
    done = callstep("serve", "--data", store_at(tmp_path), "--listen", "nonsense", env={**os.environ, **manager.environment})
    assert done.returncode == 2
    manager.socket.setblocking(False)
    with pytest.raises(BlockingIOError):
        manager.next()


@pytest.mark.parametrize("tls", [False, True])
def test_a_reload_begins_with_the_time_and_ends_ready(start_server, manager, tls, tmp_path):
    make_certificate(tmp_path, "server")
    options = ["--tls-certificate", tmp_path / "cert.pem", "--tls-key", tmp_path / "key.pem"] if tls else []
    server = start_server(*map(str, options), environment=manager.environment)
    manager.until("READY=1")
    before_us = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
    server.process.send_signal(signal.SIGHUP)
    reloading = manager.until("RELOADING=1")
    said_us = int(re.fullmatch(r"MONOTONIC_USEC=(\d+)", reloading[1]).group(1))
    assert before_us <= said_us <= time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
    assert "READY=1" in manager.next()
    assert ("reloaded certificate=yes" if tls else "not-reloaded") in server.log


def test_its_watchdog_hears_from_it_and_the_status_has_connections_and_calls(start_server, manager):
    server = start_server(environment={**manager.environment, "WATCHDOG_USEC": "400000"})
    client = Client(server, add_account(server.store))
    for _ in range(3):
        manager.until("WATCHDOG=1")
    host, port = server.address.rsplit(":", 1)
    with socket.create_connection((host, int(port))):
        assert manager.until(r"STATUS=[1-9] connections, 0 calls/s")[0] == "WATCHDOG=1"
        assert client.post([call(f"s{i}") for i in range(700)]).status == 200
        assert manager.until(r"STATUS=\d+ connections, [1-9]\d* calls/s")[0] == "WATCHDOG=1"


def test_a_watchdog_of_another_process_hears_nothing(start_server, manager):
    start_server(environment={**manager.environment, "WATCHDOG_USEC": "400000", "WATCHDOG_PID": "1"})
    manager.until("READY=1")
    manager.socket.settimeout(2)
    with pytest.raises(TimeoutError):
        manager.next()


@pytest.mark.parametrize("name, told", [("vsock:2:1234", "neither a path nor @"), ("/" + "x" * 108, "at most 107 bytes"), ("/nowhere/notify", "No such file")])
def test_a_manager_that_cannot_be_told_is_a_warning(name, told, start_server):
    server = start_server(environment={"NOTIFY_SOCKET": name})
    deadline = time.monotonic() + PATIENCE_S
    while "not-notified" not in server.log and time.monotonic() < deadline:
        time.sleep(0.02)
    assert server.log.count(" warning not-notified ") == 1 and told in server.log
    assert Client(server, "none").get("/healthz", authorization=None).status == 200
    assert server.stop() == 0


# ---- the unit ----


def test_the_unit_waits_until_the_server_is_ready_and_watches_it():
    for name, value in (("Type", "notify"), ("ExecReload", "/bin/kill -HUP $MAINPID"), ("TimeoutStartSec", "infinity"), ("Restart", "on-failure"),
                        ("RestartPreventExitStatus", "2"), ("User", "callstep")):
        assert UNIT.one("Service", name) == value
    assert int(UNIT.one("Service", "WatchdogSec")) > 30, "it ends within --grace, and is watched meanwhile"


def test_the_unit_names_settings_and_store_by_the_users_folders(tmp_path):
    """`%E` and `%S` are /etc and /var/lib: a setting in the file is stronger than what they say."""
    words = UNIT.one("Service", "Environment").replace("%E", str(tmp_path / "etc")).replace("%S", str(tmp_path / "lib")).split()
    (tmp_path / "etc/callstep").mkdir(parents=True)
    (tmp_path / "etc/callstep/callstep.ini").write_text("listen = nonsense\n")
    environment = {"PATH": os.environ["PATH"], **dict(word.split("=", 1) for word in words)}
    command = UNIT.one("Service", "ExecStart").replace("@bindir@/callstep", BINARY).split()
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 2 and "'nonsense'" in done.stderr
    if os.getuid() != 0:
        done = subprocess.run([BINARY, "calls"], env=environment, capture_output=True, text=True, timeout=60)
        assert str(tmp_path / "lib/callstep") in done.stderr


def test_systemd_finds_nothing_wrong_with_the_unit(tmp_path):
    done = analyze("verify", "--man=no", UNIT.at(tmp_path))
    assert [line for line in done.stderr.splitlines() if "callstep.service" in line] == []


def test_systemd_finds_nothing_wrong_with_the_socket(tmp_path):
    UNIT.at(tmp_path)  # that it starts
    done = analyze("verify", "--man=no", SOCKET.at(tmp_path))
    assert [line for line in done.stderr.splitlines() if "callstep.so" in line or "callstep.service" in line] == []


def test_the_socket_is_where_a_server_listens_by_itself():
    assert SOCKET.one("Socket", "ListenStream") == callstep("settings", env={"PATH": os.environ["PATH"]}).stdout.split("\nlisten\t")[1].split("\t")[0]


def test_a_proxy_may_reach_the_folder_of_the_file_that_the_unit_names():
    named = re.search(r"listen = unix:/run/(\w+)/", UNIT.text).group(1)
    assert UNIT.one("Service", "RuntimeDirectory") == named


def test_the_unit_is_exposed_to_little(tmp_path):
    """Of 10 points at most 1.5, which `systemd-analyze` counts in tenths."""
    done = analyze("security", "--offline=yes", "--threshold=15", UNIT.at(tmp_path))
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_unit_and_its_user_are_installed():
    paths = installed(BINARY)
    for path in ("/lib/systemd/system/callstep.service", "/lib/systemd/system/callstep.socket", "/lib/sysusers.d/callstep.conf"):
        assert any(each.endswith(path) for each in paths)
