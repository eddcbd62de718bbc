# SPDX-License-Identifier: MIT
"""The real collector between an exchange that is played and a server that is played. Nothing sleeps for a guess: each wait has a condition."""
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from .exchange import Exchange  # noqa: E402
from .stub import Stub  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
BINARY = str(Path(os.environ.get("CALLSTEP_BIN", ROOT / "build" / "callstep")).resolve())
# Sanitizers hold their own memory: ceilings on what is resident are for a plain build.
PLAIN = not any(word in subprocess.run(["nm", "-D", BINARY], capture_output=True, text=True).stdout for word in ("__asan_init", "__tsan_init"))
FIXTURES = ROOT / "tests" / "fixtures"
CEL = FIXTURES / "asterisk" / "cel-Master.csv"
PATIENCE_S = int(os.environ.get("CALLSTEP_PATIENCE", "60"))


def wait_for(condition, what):
    until = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < until, f"waited {PATIENCE_S} s for {what}"
        time.sleep(0.02)


class Collector:
    """The process, with its log."""

    def __init__(self, folder, server, *arguments, **more):
        self.folder, self.server, self.arguments = folder, server, arguments
        self.spool = folder / "spool"
        for name, secret in (("key", server.key), ("secret", "secret")):
            (folder / name).write_text(secret + "\n")
            (folder / name).chmod(0o600)
        self.log = folder / "log"
        self.process = None
        self.more = more
        self.secrets = {}  # in the environment, instead of files

    def command(self):
        return [BINARY, "collect", *map(str, self.arguments), "--to", self.server.url, "--spool", self.spool,
                *(() if "CALLSTEP_KEY" in self.secrets else ("--key-file", self.folder / "key"))]

    def start(self):
        environment = {"PATH": os.environ["PATH"], "HOME": str(self.folder), "TZ": "America/New_York",
                       **{name: value for name, value in os.environ.items() if name.endswith("SAN_OPTIONS")}, **self.secrets}
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(self.command(), stdout=log, stderr=log, env=environment, **self.more)
        return self

    def end(self, number=signal.SIGTERM):
        if self.process and self.process.poll() is None:
            self.process.send_signal(number)
            assert self.process.wait(PATIENCE_S) in (0, -signal.SIGKILL), self.said()
        return self.said()

    def said(self):
        return self.log.read_text() if self.log.exists() else ""

    def waiting(self):
        """Bytes that lie in the spool, as its files say: packed segments by their size."""
        state = json.loads((self.spool / "state").read_text()) if (self.spool / "state").exists() else {"segment": 1, "offset": 0}
        found = 0
        for path in self.spool.glob("[0-9]*.ndjson*"):
            number = int(path.name.split(".")[0])
            if number < state["segment"] or path.suffix not in (".ndjson", ".zst"):
                continue
            try:
                found += path.stat().st_size - (state["offset"] if number == state["segment"] and path.suffix == ".ndjson" else 0)
            except FileNotFoundError:  # it was packed, or removed, in between
                pass
        return found


@pytest.fixture
def stub():
    server = Stub()
    yield server
    server.close()


@pytest.fixture
def collect(tmp_path, stub):
    """Starts collectors, and ends them."""
    started = []

    def start(*arguments, server=None, **more):
        collector = Collector(tmp_path, server or stub, *arguments, **more)
        started.append(collector)
        return collector.start()

    yield start
    for collector in started:
        collector.end(signal.SIGKILL)


@pytest.fixture
def exchange():
    played = []

    def play(*arguments, **more):
        played.append(Exchange(*arguments, **more))
        return played[-1]

    yield play
    for each in played:
        each.close()


def asterisk(exchange, tmp_path, *more):
    return ("asterisk", "--host", f"127.0.0.1:{exchange.port}", "--user", "callstep", "--secret-file", tmp_path / "secret", *more)


def import_log(log, store):
    """What an import of an event log stores, by session."""
    run = lambda *arguments: subprocess.run([BINARY, *map(str, arguments), "--data", store], capture_output=True, text=True, check=True).stdout
    run("account", "add", "ann@example.org", "--keep-detail", "ever", "--keep-headers", "ever")
    run("import", "--format", "asterisk-cel", "--zone", "America/New_York", log)
    return {call["session_id"]: call for call in map(json.loads, run("export").splitlines())}


@pytest.fixture(scope="session")
def imported(tmp_path_factory):
    """What an import of the recording's own event log stores, by session."""
    return import_log(CEL, tmp_path_factory.mktemp("import") / "store")


def kinds(session, steps):
    return Counter((session, step["class"], step["event"]["data"].get("module_type"), step["event"]["data"].get("result_variable")) for step in steps)


def lines(call):
    return [step["event"]["line"] for step in call.steps]


def is_gap(step):
    return step["event"]["data"].get("module_type") == "gap"


def count_of(text, name):
    """The last value of @name in the collector's log."""
    return int(re.findall(rf"\b{name}=(\d+)", text)[-1])
