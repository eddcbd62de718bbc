# SPDX-License-Identifier: MIT
"""The collector and the real server: what is stored at the end is what an import of the event log stores, also when the server is killed meanwhile."""
import json
import os
import socket
import subprocess

import pytest

from .conftest import BINARY, asterisk, kinds, wait_for

STILL_UP, UP_BEFORE = "pbx-1795459223.129", "pbx-1795459153.0"


class Real:
    def __init__(self, folder):
        self.data = folder / "data"
        self.environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "CALLSTEP_DATA": str(self.data)}
        self.run("account", "add", "ann@example.org", "--keep-detail", "ever", "--keep-headers", "ever")
        self.key = self.run("key", "add").strip()
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.folder = folder
        self.start()

    def run(self, *arguments):
        return subprocess.run([BINARY, *arguments], capture_output=True, text=True, check=True, env=self.environment).stdout

    def start(self):
        with open(self.folder / "server-log", "ab") as log:
            self.process = subprocess.Popen([BINARY, "serve", "--listen", f"127.0.0.1:{self.port}"], stdout=log, stderr=log, env=self.environment)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def calls(self):
        return {call["session_id"]: call for call in map(json.loads, self.run("export").splitlines())}


@pytest.fixture
def real(tmp_path):
    server = Real(tmp_path)
    yield server
    server.kill()


def compare(real, imported):
    stored = real.calls()
    here = there = 0
    assert stored.keys() == imported.keys()
    for session, call in imported.items():
        if session not in (STILL_UP, UP_BEFORE):
            wanted = kinds(session, call["detail"])
            there += wanted.total()
            here += (wanted & kinds(session, stored[session]["detail"])).total()
    return here / there


def test_the_server_stores_what_an_import_of_the_event_log_stores(collect, exchange, real, imported, tmp_path):
    played = exchange()
    collector = collect(*asterisk(played, tmp_path), server=real)
    wait_for(lambda: played.done.is_set() and collector.said().count("collect-begins") == 1, "the stream")
    wait_for(lambda: collector.waiting() == 0 and len(real.calls()) == len(imported) and ended(collector) >= 39, "all to be stored")
    assert compare(real, imported) >= 0.98
    assert not (collector.spool / "rejected.ndjson").exists()


def test_a_server_that_is_killed_meanwhile_misses_nothing(collect, exchange, real, imported, tmp_path):
    played = exchange(speed=600)
    collector = collect(*asterisk(played, tmp_path), server=real)
    wait_for(lambda: played.at > 800, "calls")
    real.kill()
    wait_for(lambda: played.at > 1600, "more calls")
    real.start()
    wait_for(played.done.is_set, "the stream")
    wait_for(lambda: collector.waiting() == 0 and len(real.calls()) == len(imported) and ended(collector) >= 39, "all to be stored")
    assert compare(real, imported) >= 0.98


def ended(collector):
    """How many calls the spool says are over."""
    return len({json.loads(line)["session_id"] for path in collector.spool.glob("[0-9]*.ndjson") for line in path.read_text().splitlines()
                if '"state":"ended"' in line})
