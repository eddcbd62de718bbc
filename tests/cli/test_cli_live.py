# SPDX-License-Identifier: MIT
"""Commands beside a server that takes in calls while they go on: `tail -f --steps`, `show -f`."""
import base64
import json
import os
import pty
import re
import signal
import subprocess
import time
import urllib.request

import pytest

from .conftest import EMAIL
from .test_cli_terminal import ODD, check

NOW = int(time.time()) // 60 * 60 - 60


@pytest.fixture
def live(program):
    """A program whose store a server has, and program.send(line…), which returns when the lines are on disk."""
    path = program.home / "log"
    with open(path, "wb") as log:
        server = subprocess.Popen([program.binary, "serve", "--listen", "127.0.0.1:0"], stderr=log, env=program.environment)
    try:
        while not (found := re.search(r" listening address=(\S+)", path.read_text())):
            assert server.poll() is None, path.read_text()
            time.sleep(0.02)
        basic = base64.b64encode(f"{EMAIL}:{program.key}".encode()).decode()

        def send(*lines):
            body = "".join(json.dumps(line) + "\n" for line in lines).encode()
            request = urllib.request.Request(f"http://{found.group(1)}/v1/events", body, {
                "Authorization": "Basic " + basic, "Content-Type": "application/x-ndjson"})
            with urllib.request.urlopen(request, timeout=60) as answer:
                assert json.load(answer)["accepted"] == len(lines)
        program.send = send
        yield program
    finally:
        server.terminate()
        assert server.wait(30) == 0


def step(line, timestamp, class_="event", module="gather", variable="PIN"):
    return {"event": {"line": line, "data": {"module_type": module, "result_variable": variable}}, "class": class_, "timestamp": timestamp}


def begin(session, **members):
    return {"session_id": session, "call": {"start": NOW, "dest": "6177123001", "src": "6177123000", **members}}


def steps(session, place, *more):
    return {"session_id": session, "from": place, "steps": list(more)}


ENDED = {"call": {"state": "ended"}}


class Following:
    """A command whose lines are read as they come."""

    def __init__(self, program, *arguments):
        self.process = subprocess.Popen([program.binary, *arguments], env=program.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                        encoding="utf-8")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()

    def line(self):
        return self.process.stdout.readline().rstrip("\n")

    def cells(self):
        return self.line().split("\t")

    def json(self):
        return json.loads(self.line())

    def over(self, number=None, status=0):
        """What is left of its output, and what it told, once it has ended."""
        if number:
            self.process.send_signal(number)
        rest, errors = self.process.communicate(timeout=60)
        assert self.process.returncode == status, errors
        return rest, errors


def stamp(seconds):
    return time.strftime("%Y-%m-%d %H:%M:%SZ", time.gmtime(NOW + seconds))


def test_the_calls_that_go_on_are_listed(live):
    live.send(begin("a"), begin("b"), {"session_id": "b", **ENDED})
    assert [line.split("\t")[6] for line in live.run("calls", "--state", "live").stdout.splitlines()] == ["a"]


# ---- tail --steps ----

def test_tail_shows_the_steps_of_live_calls_as_they_come(live):
    live.send(begin("old"))
    with Following(live, "tail", "-f", "--steps", "--utc") as tail:
        assert tail.cells()[6] == "old"
        live.send(begin("new"))
        assert tail.cells()[6] == "new"
        live.send(steps("new", 0, step("One", NOW), step("Two", NOW + 5, "prompt", "menu", "")), steps("old", 0, step("Other", NOW + 6)))
        rows = sorted((tail.cells() for _ in range(3)), key=lambda row: row[2:4])
        assert rows == [["", stamp(0), "new", "1", "event", "One", "gather", "PIN"],
                        ["", stamp(5), "new", "2", "prompt", "Two", "menu", ""],
                        ["", stamp(6), "old", "1", "event", "Other", "gather", "PIN"]]
        live.send(steps("new", 1, step("Another two", NOW + 5)))
        assert tail.cells()[2:6] == ["new", "2", "event", "Another two"]
        live.send({"session_id": "new", **ENDED})
        row = tail.cells()
        assert (row[1], row[5], row[6]) == ("0:05", "2", "new")
        assert tail.over(signal.SIGINT) == ("", "")


def test_tail_tells_steps_that_are_taken_back(live):
    live.send(begin("a"), steps("a", 0, step("One", NOW), step("Two", NOW)))
    with Following(live, "tail", "-f", "--steps", "--limit", "1") as tail:
        assert tail.cells()[6] == "a"
        live.send(steps("a", 1))
        assert tail.process.stderr.readline() == "callstep: the steps of a from 2 on were taken back\n"
        assert tail.over(signal.SIGTERM) == ("", "")


def test_tail_in_json_has_the_events_of_the_api(live):
    live.send(begin("a"))
    with Following(live, "tail", "-f", "--steps", "--json") as tail:
        assert tail.json()["state"] == "live"
        one, two = step("One", NOW), step("Two", NOW + 2)
        live.send(steps("a", 0, one, two))
        assert tail.json() == {"session_id": "a", "first": 0, "steps": [one, two], "end": NOW + 2}
        live.send(steps("a", 1, step("2", NOW + 3)))
        assert tail.json() == {"session_id": "a", "first": 1, "steps": [step("2", NOW + 3)], "end": NOW + 3}
        live.send(steps("a", 1))
        assert tail.json() == {"session_id": "a", "first": 1, "steps": [], "end": NOW}
        live.send({"session_id": "a", **ENDED})
        call = tail.json()
        assert (call["session_id"], call["state"], call["steps"]) == ("a", "ended", 1)
        assert tail.over(signal.SIGINT) == ("", "")


def test_tail_shows_all_steps_of_a_call_that_a_filter_means_only_now(live):
    live.send(begin("shown"), steps("shown", 0, step("!", NOW, "error")))
    with Following(live, "tail", "-f", "--steps", "--class", "error") as tail:
        assert tail.cells()[6] == "shown"
        live.send(begin("a"), steps("a", 0, step("One", NOW)))
        live.send(steps("a", 1, step("Two", NOW, "error")))
        assert tail.cells()[6] == "a"
        assert [tail.cells()[5] for _ in range(2)] == ["One", "Two"]
        live.send(steps("a", 2, step("Three", NOW)))
        assert tail.cells()[2:6] == ["a", "3", "event", "Three"]
        assert tail.over(signal.SIGINT) == ("", "")


def test_tail_without_steps_shows_the_call_at_each_of_its_changes(live):
    live.send(begin("a"))
    with Following(live, "tail", "-f") as tail:
        assert tail.cells()[5:] == ["0", "a", "-"]
        live.send(steps("a", 0, step("One", NOW)))
        assert tail.cells()[5:] == ["1", "a", "-"]
        assert tail.over(signal.SIGINT) == ("", "")


def test_steps_without_follow_are_refused(program):
    assert "--steps goes with --follow" in program.run("tail", "--steps", status=2).stderr


# ---- show --follow ----

def test_show_follows_a_call_until_it_ends(live):
    live.send(begin("a", dest=""), steps("a", 0, step("One", NOW)))
    with Following(live, "show", "-f", "a", "--utc") as show:
        head = [show.line() for _ in range(9)]
        assert head[0] == "Call a" and head[5] == "  Ended    not yet" and head[7:] == ["  Steps    1", ""]
        assert show.cells() == [stamp(0), "", "event", "One", "gather", "PIN"]
        live.send(steps("a", 1, step("Two", NOW + 7)))
        assert show.cells() == [stamp(7), "+7 s", "event", "Two", "gather", "PIN"]
        live.send({"session_id": "a", "call": {"dest": "6177123001"}})
        assert [show.line() for _ in range(10)][3] == "  To       6177123001"
        live.send(steps("a", 1, step("Another two", NOW + 8)))
        assert show.cells()[1:4] == ["+8 s", "event", "Another two"]
        live.send({**steps("a", 2, step("Three", NOW + 9)), **ENDED})
        rest, errors = show.over()
        last, *end = rest.splitlines()
        assert last.split("\t")[1:4] == ["+1 s", "event", "Three"]
        assert end[:2] == ["", "Call a"] and f"  Ended    {stamp(9)}" in end and "  Steps    3" in end
        assert errors == "callstep: the steps of a from 2 on were taken back\n"
    alone = live.run("show", "-f", "a")
    assert alone.stdout == live.run("show", "a").stdout and alone.stdout.endswith("\tThree\tgather\tPIN\n")


def test_show_in_json_follows_with_the_events_of_the_api(live):
    live.send(begin("a"))
    with Following(live, "show", "-f", "--json", "a") as show:
        assert show.json()["detail"] == []
        live.send(steps("a", 0, step("One", NOW)))
        assert show.json() == {"session_id": "a", "first": 0, "steps": [step("One", NOW)], "end": NOW}
        live.send(steps("a", 0))
        assert show.json() == {"session_id": "a", "first": 0, "steps": [], "end": NOW}
        live.send({**steps("a", 0, step("1", NOW + 1)), **ENDED})
        rest, errors = show.over()
        assert errors == "" and json.loads(rest) == json.loads(live.run("show", "--json", "a").stdout)
        assert [s["event"]["line"] for s in json.loads(rest)["detail"]] == ["1"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_show_ends_when_it_is_interrupted(live, number):
    live.send(begin("a"))
    with Following(live, "show", "-f", "a") as show:
        assert [show.line() for _ in range(9)][0] == "Call a"
        live.send(steps("a", 0, step("One", NOW)))
        assert show.cells()[3] == "One"
        assert show.over(number) == ("", "")


def test_show_says_that_a_call_it_follows_was_erased(live):
    live.send(begin("a"))
    with Following(live, "show", "-f", "a") as show:
        assert [show.line() for _ in range(9)][0] == "Call a"
        live.send(steps("a", 0, step("One", NOW)))
        assert show.cells()[3] == "One"
        live.run("erase", "--session", "a", "--yes")
        rest, errors = show.over(status=1)
        assert rest == "" and errors == "callstep: the account has no call 'a' any more\n"


def test_an_unknown_call_is_not_followed(program):
    assert program.run("show", "-f", "none", status=1).stderr == "callstep: the account has no call 'none'\n"


def test_steps_that_are_followed_control_no_terminal(live):
    session = "s" + ODD
    odd = step("odd " + ODD, NOW, "event", "m" + ODD, "v" + ODD)
    live.send(begin(session))
    master, slave = pty.openpty()
    tail = subprocess.Popen([live.binary, "tail", "-f", "--steps"], stdin=subprocess.DEVNULL, stdout=slave, stderr=slave, env=live.environment)
    os.close(slave)
    try:
        seen = os.read(master, 65536)
        live.send({**steps(session, 0, odd), **ENDED})
        while b"  1  event  odd " not in seen:
            seen += os.read(master, 65536)
    finally:
        tail.send_signal(signal.SIGINT)
        assert tail.wait(60) == 0
        os.close(master)
    check(seen.decode())
    check(live.run_on_terminal("show", "-f", session))
    check(live.run_on_terminal("show", "-f", "--json", session))
