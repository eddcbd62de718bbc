# SPDX-License-Identifier: MIT
"""What a terminal is given: nothing of what others sent controls it, whatever the command and its form."""
import json
import re

import pytest

# What a terminal obeys, what ends lines, what turns the direction of writing; a line feed and a tab are the program's own.
CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
OWN = re.compile(r"\x1b\[[0-9;]*m|\r\x1b\[K")  # colour, and the progress's line
ODD = "\x9b31m\x85\u202e\u2066\u200f\u2029x"
STEP = {"class": "event", "timestamp": 1769817600, "event": {"line": "odd \x1b]0;title\x07" + ODD, "data": {
    "module_type": "m" + ODD + "\x1b[2J", "result_variable": "v" + ODD, "k" + ODD: "4111111111111111" + ODD}}}
CALL = {"dest": "1" + ODD, "src": "2" + ODD, "start": 1769817600, "end": 1769817700, "session_id": "s" + ODD, "type": "inbound", "detail": [STEP]}

COMMANDS = [["calls"], ["search", "odd"], ["search"], ["tail"], ["show", "s" + ODD], ["diff", "s" + ODD, "s" + ODD], ["stats", "--group", "module"],
            ["stats", "--group", "dest"], ["dropoff"], ["places"], ["flow"], ["audit"]]


@pytest.fixture
def odd(program):
    program.run("import", "-", input=json.dumps(CALL) + "\n")
    program.run("key", "add", "--scope", "read", "--label", "label" + ODD)
    return program


def check(seen):
    assert not CONTROL.search(OWN.sub("", seen.replace("\r\n", "\n"))), seen


@pytest.mark.parametrize("form", [[], ["--json"]])
@pytest.mark.parametrize("command", COMMANDS + [["key", "list"], ["account", "list"]], ids=lambda command: " ".join(command[:1]))
def test_nothing_that_was_stored_controls_a_terminal(odd, command, form):
    if form and command[0] in ("key", "account"):
        pytest.skip("these two have one form")
    seen = odd.run_on_terminal(*command, *form)
    assert len(seen) > 10
    check(seen)


@pytest.mark.parametrize("form", ["ndjson", "json", "csv"])
def test_nothing_that_is_exported_controls_a_terminal(odd, form):
    check(odd.run_on_terminal("export", "--format", form))
    assert "\x9b31m" in odd.run("export", "--format", form).stdout or form == "json", "a pipe gets it as it is"


def test_json_says_the_same_on_a_terminal(odd):
    assert json.loads(odd.run_on_terminal("show", "--json", "s" + ODD)) == json.loads(odd.run("show", "--json", "s" + ODD).stdout)


@pytest.mark.parametrize("arguments", [["show", ODD + "\x1b[2J"], ["calls", ODD], ["export", "--format", ODD], ["calls", "--type", ODD], [ODD],
                                       ["--" + ODD], ["import", ODD], ["import", "-"]])
def test_no_message_controls_a_terminal(odd, arguments):
    bad = dict(CALL, type="x" + ODD)
    done = odd.run(*arguments, input=json.dumps(bad) + "\n", status=None)
    assert done.stderr
    check(done.stderr)
