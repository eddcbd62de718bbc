# SPDX-License-Identifier: MIT
"""What the tests of faults share: posters on a server, what must be in a store after them, and whether it is."""
import collections
import ctypes
import json
import os
import struct
import subprocess
import threading
import time
from pathlib import Path

import pytest

from conftest import BINARY, Client, callstep
from poster import Poster

EVERYTHING = "0/99999999999"
CI = os.environ.get("CI") == "true"


def rounds(name, usual):
    return int(os.environ.get(name, usual))


def figure(what, sentence):
    """One line for scripts/torture to gather."""
    print(f"figure: {what}: {sentence}", flush=True)


def cannot(reason):
    """What cannot be tried here is told and counted as skipped; where changes are accepted it must be tried."""
    if CI:
        pytest.fail(f"not skipped in CI: {reason}")
    pytest.skip(reason)


# ---- what is in a store ----

class Ledger:
    """What posters sent and what was acknowledged."""

    def __init__(self):
        self.acked, self.sent = {}, {}

    def take(self, posters):
        for poster in posters:
            assert poster.wrong is None, poster.wrong
            self.acked.update(poster.acked)
            self.sent.update(poster.sent)


def read_all(client):
    """Every call with its steps, by session; pages must neither repeat nor contradict the total."""
    calls, total = {}, None
    while total is None or len(calls) < total:
        page = client.get(f"/api/all_logs/{EVERYTHING}?limit=10000&offset={len(calls)}", gzipped=True)
        if page.status == 404:
            return {}
        assert page.status == 200, (page.status, page.body)
        total = page.json["total_calls"]
        for item in page.json["calls"]:
            assert item["session_id"] not in calls, f"{item['session_id']} stands on two pages"
            calls[item["session_id"]] = item
        assert page.json["calls"], f"the total is {total}, the pages end after {len(calls)}"
    return calls


def version_of(item):
    """The version of a call, which all its parts have to agree on."""
    version = int(item["end"]) - int(item["start"])
    lines = [entry["event"]["line"] for entry in item["detail"]]
    assert len(lines) == version % 5 + 1
    assert all(line.endswith(f" version{version}") for line in lines), (item["session_id"], version, lines)
    assert item["src"] == f"617555{version:04}" and item["dest"] == f"617{version % 9:07}"
    return version


def check_number_totals(client, calls):
    """The tallies of each number against the calls."""
    expected = collections.Counter(item["dest"] for item in calls.values())
    for number, count in expected.items():
        answer = client.get(f"/api/calls/{EVERYTHING}?number={number}&limit=1")
        assert answer.json["total_calls"] == count, number


def check(client, ledger):
    """Every acknowledged call is there, once, whole and not older than acknowledged; nothing is there that was never sent."""
    calls = read_all(client)
    for session, version in ledger.acked.items():
        assert session in calls, f"the acknowledged call {session} is lost"
        assert version <= version_of(calls[session]) <= ledger.sent[session], f"{session} is older than was acknowledged"
    for session in calls:
        assert session in ledger.sent, f"{session} was never sent"
        version_of(calls[session])
    check_number_totals(client, calls)
    return len(calls)


def verify(store, within=()):
    done = subprocess.run([*within, BINARY, "verify", "--data", str(store)], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr


def start_posters(client, name, number, random_, count=4, **more):
    posters = [Poster(f"{name}p{i}", client.server.address, client.basic(), 1_700_000_000 + number * 1000, random_.random(), **more)
               for i in range(count)]
    for poster in posters:
        poster.start()
    return posters


def stop_posters(posters, ledger):
    for poster in posters:
        poster.stop()
    ledger.take(posters)


def until_each_is_acknowledged(senders, seconds=120):
    """Waits until each poster or amender had another batch acknowledged: after random moments alone there may be none."""
    before = [one.acknowledged for one in senders]
    end = time.monotonic() + seconds
    while not all(one.wrong or one.acknowledged > count for one, count in zip(senders, before)):  # a wrong answer is told when it is stopped
        assert time.monotonic() < end, "nothing more was acknowledged"
        time.sleep(0.02)


# ---- what makes it fail ----

def preload(name):
    """The library tests/fault/preload/NAME.c of the build under test."""
    library = Path(BINARY).resolve().parent / f"tests/fault/{name}.so"
    if not library.exists():
        cannot(f"{library} was not built")
    if "libasan" in subprocess.run(["ldd", BINARY], capture_output=True, text=True).stdout or \
            b"__asan_init" in Path(BINARY).read_bytes():
        cannot("a sanitizer's program takes no library before its own")
    return str(library)


class Control:
    """A number that a preloaded library reads."""

    def __init__(self, path):
        self.path = Path(path)
        self.path.write_bytes(struct.pack("<q", 0))

    def set(self, number):
        with open(self.path, "r+b") as file:
            file.write(struct.pack("<q", number))


CLONE_NEWNS = 0x00020000
MS_REC_PRIVATE = 0x4000 | 0x40000


def enter_private_mounts():
    """From here on this process and those it starts see their own mounts, which go with them. Negative: not possible here."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNS) != 0:
        return -1
    return libc.mount(b"none", b"/", None, ctypes.c_ulong(MS_REC_PRIVATE), None)


def mount(*arguments):
    return subprocess.run(["mount", *map(str, arguments)], capture_output=True, text=True).returncode == 0


def ndjson_of(*arguments):
    done = callstep("generate", *arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout


def sessions_of(text):
    return [json.loads(line)["session_id"] for line in text.splitlines()]


def kill_after(seconds, *arguments):
    """Runs a command and kills it then, unless it is done; returns its status."""
    process = subprocess.Popen([BINARY, *map(str, arguments)], stderr=subprocess.PIPE)
    threading.Event().wait(seconds)
    process.kill()
    process.communicate()
    return process.returncode
