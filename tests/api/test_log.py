# SPDX-License-Identifier: MIT
"""The log as JSON says what it says as text."""
import http.client
import json
import random
import re
import time

import pytest

from conftest import callstep

PAIR = re.compile(r'([a-z-]+)=("(?:[^"\\]|\\.)*"|\S*)')
NUMBERS = {"request": {"status", "bytes", "us", "account"}, "stopping": {"signal"}}


def pairs_of(line):
    """Level, event and pairs of a line of text; quotes and what they escape are taken off, \\xNN stays as it is."""
    level, event, rest = re.fullmatch(r"\S+Z (\w+) ([\w-]+) (.*)", line).groups()
    values = {name: re.sub(r'\\(["\\])', r"\1", value[1:-1]) if value.startswith('"') else value for name, value in PAIR.findall(rest)}
    return {"level": level, "event": event, **values}


def ask(server, paths):
    for path in paths:
        connection = http.client.HTTPConnection(server.address, timeout=60)
        connection._validate_path = lambda _: None  # any byte but what ends the line
        connection.putrequest("GET", path, skip_accept_encoding=True)
        connection.endheaders()
        connection.getresponse().read()
        connection.close()


def paths():
    random_ = random.Random(7)
    pieces = ['"', "\\", "%22", "%5c", "%0a", "%00", "%ff", "%e2%80%ae", "%c2%85", "%c3%a9", "=", "%20", "a", "x=1", '\\"', "{}", ",", "%7f"]
    return ["/plain", "/" + "%22" * 600] + ["/" + "".join(random_.choices(pieces, k=random_.randrange(1, 12))) for _ in range(150)]


def wait_for(server, count):
    end = time.monotonic() + 60
    while len(re.findall(r"\brequest\b", server.log)) < count and time.monotonic() < end:
        time.sleep(0.05)


@pytest.mark.parametrize("level", ["info", "debug"])
def test_json_says_what_text_says(start_server, level):
    asked = paths()
    lines = {}
    for form in ("text", "json"):
        server = start_server("--log-format", form, "--log-level", level)
        ask(server, asked)
        wait_for(server, len(asked))
        assert server.stop() == 0
        lines[form] = server.log.splitlines()
    text, objects = [pairs_of(line) for line in lines["text"]], [json.loads(line) for line in lines["json"]]
    requests = {"text": [each for each in text if each["event"] == "request"], "json": [each for each in objects if each["event"] == "request"]}
    assert len(requests["text"]) == len(requests["json"]) == len(asked)
    assert sorted(each["path"] for each in requests["text"]) == sorted(each["path"] for each in requests["json"])
    assert [each["event"] for each in text if each["event"] not in ("request", "request-query")] == \
           [each["event"] for each in objects if each["event"] not in ("request", "request-query")]
    shown = {each["event"]: each for each in text}
    for each in objects:
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", each.pop("time"))
        assert each.keys() == shown[each["event"]].keys()
        numbers = {name for name, value in each.items() if isinstance(value, int)}
        assert numbers == NUMBERS.get(each["event"], numbers)
        assert all(isinstance(value, (int, str)) for value in each.values())


def test_a_collector_takes_the_same_option():
    assert "log-format\tjson\t--log-format\n" in callstep("settings", "collect", "--log-format", "json").stdout
