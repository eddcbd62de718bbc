# SPDX-License-Identifier: MIT
"""`callstep complete`: what shells offer of a store, and that bash, zsh and fish offer it, as one word each, whatever stands in it."""
import json
import os
import pty
import re
import select
import shutil
import socket
import subprocess
import time
from pathlib import Path

import pytest

from cli.conftest import BINARY, EMAIL, EVER
from cli.test_cli_installed import MADE, needs
from stores import KIND, only_embedded

PATIENCE_S = 20
HOSTILE = ["$(touch ran)", "`touch ran`", "a b;touch ran", "a'b\"c", "me@here:1=2", "~root", "*", "ümlaut\\n", "--data=/x", "#1", "!!", "a|b&c>d"]


def call(session, start, **more):
    step = {"event": {"line": "x", "data": {"module_type": more.get("module", "menu"), "result_variable": more.get("variable", "choice")}},
            "class": "info", "timestamp": start}
    return {"dest": "1", "src": "2", "start": start, "end": start + 1, "session_id": session, "detail": [step], "type": "inbound", "log": True}


def put(program, *calls):
    program.run("import", "--quiet", "-", input="".join(json.dumps(each) + "\n" for each in calls))


def offered(program, what, prefix="", **more):
    return program.run("complete", *more.pop("options", ()), "--", what, prefix, **more).stdout.splitlines()


@pytest.fixture
def full(program):
    """60 calls, s00 the oldest."""
    put(program, *(call(f"s{number:02}", 1700000000 + number, module=f"m{number % 3}", variable=f"v{number % 2}") for number in range(60)))
    return program


# ---- the command ----


def test_sessions_are_those_of_the_newest_calls(full):
    assert offered(full, "sessions") == [f"s{number:02}" for number in range(59, 9, -1)]
    assert offered(full, "sessions", "s1") == [f"s{number}" for number in range(19, 9, -1)]
    assert offered(full, "sessions", "s0") == []


def test_accounts_keys_modules_and_variables(full):
    full.run("account", "add", "bob@example.org", *EVER)
    full.run("key", "add", "--account", EMAIL)
    full.run("key", "revoke", "--account", EMAIL, "1")
    mine = {"options": ("--account", EMAIL)}
    assert sorted(offered(full, "accounts")) == [EMAIL, "bob@example.org"] and offered(full, "accounts", "b") == ["bob@example.org"]
    [key] = offered(full, "keys", **mine)
    assert key in full.run("key", "list", "--account", EMAIL).stdout and key != "1"
    assert sorted(offered(full, "modules", **mine)) == ["m0", "m1", "m2"] and offered(full, "modules", "m1", **mine) == ["m1"]
    assert sorted(offered(full, "variables", **mine)) == ["v0", "v1"]
    assert offered(full, "modules", options=("--account", "bob@example.org")) == []
    # Two accounts, and none is named.
    assert offered(full, "sessions", status=1) == []


def test_no_more_than_a_hundred_are_offered(program):
    put(program, *(call(f"s{number}", 1700000000 + number, module=f"m{number}") for number in range(120)))
    assert len(offered(program, "modules")) == 100


def test_a_call_that_is_over_its_days_is_not_offered(program):
    put(program, call("old", 1700000000), call("new", int(time.time()) - 60))
    program.run("account", "set", EMAIL, "--keep-detail", "1", "--keep-headers", "1", "--yes")
    assert offered(program, "sessions") == ["new"]


def test_what_ends_a_line_or_controls_a_terminal_is_not_offered(program):
    put(program, *(call(f"s{number}", 1700000000, module=module) for number, module in enumerate(("a\nb", "a\x1b[2Jb", "a\u202eb", "ab"))))
    assert offered(program, "modules") == ["ab"]


def test_what_it_shows_is_in_the_audit_trail(full):
    for what in ("sessions", "accounts", "keys"):
        offered(full, what)
    records = [json.loads(line) for line in full.run("audit", "--json").stdout.splitlines()]
    assert {record["action"] for record in records if record["subject"] == "complete"} == {"read-calls", "list-accounts", "list-keys"}


@pytest.mark.parametrize("arguments", [("nonsense", ""), ("sessions", "")])
def test_it_says_nothing_where_it_fails(empty, arguments):
    done = empty.run("complete", *arguments, status=1)
    assert (done.stdout, done.stderr) == ("", "") and (KIND != "embedded" or not empty.data.exists())


@only_embedded("what it does not bring up to date is a file")
def test_a_store_of_an_earlier_program_stays_as_it_is(empty, fixtures):
    empty.data.mkdir()
    database = empty.data / "callstep.db"
    subprocess.run(["sqlite3", database], input=(fixtures / "store-schema-1.sql").read_text(), text=True, check=True)
    database.chmod(0o600)
    before = subprocess.run(["sqlite3", database, ".schema"], capture_output=True, text=True, check=True).stdout
    assert offered(empty, "accounts", status=1) == []
    assert subprocess.run(["sqlite3", database, ".schema"], capture_output=True, text=True, check=True).stdout == before


def test_it_ends_though_nothing_answers(empty):
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        began = time.monotonic()
        done = empty.run("complete", "--store", f"postgresql://x@127.0.0.1:{deaf.getsockname()[1]}/x", "sessions", "", status=1, environment={"CALLSTEP_DATA": ""})
        assert time.monotonic() - began < 4 and (done.stdout, done.stderr) == ("", "")


def test_it_is_in_no_list_and_has_a_help(empty):
    assert not re.search(r"^  complete\b", empty.run("help").stdout, re.M)
    assert empty.run("help", "complete").stdout.startswith("Usage: callstep complete ")


# ---- the shells ----


def environment(program, folder):
    """As a user has it: callstep is in the path."""
    return {**program.environment, "PATH": f"{Path(BINARY).resolve().parent}:{os.environ['PATH']}", "HOME": str(folder), "TERM": "dumb", "LC_ALL": "C.UTF-8"}


class Terminal:
    """A shell at a terminal, to which is typed."""

    def __init__(self, command, environment, folder):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.chdir(folder)
            os.execvpe(command[0], command, environment)

    def type(self, text, until):
        """What is shown after @text was typed, up to @until."""
        os.write(self.fd, text.encode())
        seen, deadline = "", time.monotonic() + PATIENCE_S
        while until not in seen and time.monotonic() < deadline:
            if select.select([self.fd], [], [], 0.1)[0]:
                seen += os.read(self.fd, 65536).decode(errors="replace")
        assert until in seen, seen
        return seen

    def close(self):
        os.close(self.fd)
        os.waitpid(self.pid, 0)


START = {"bash": (["bash", "--norc", "--noprofile", "-i"], f"source {MADE / 'callstep'}"),
         "zsh": (["zsh", "-f", "-i"], f"fpath=({MADE} $fpath); autoload -Uz compinit; compinit -D -u")}


@pytest.mark.parametrize("shell", START)
def test_a_shell_completes_what_the_store_has(shell, program, tmp_path):
    """What it makes of the line is given to printf in the place of callstep."""
    needs(shell)
    put(program, call("100035;000;1575898377", 1700000000), call("pbx:17@x y", 1700000001, module="voice menu", variable="digits"))
    command, begin = START[shell]
    terminal = Terminal(command, environment(program, tmp_path), tmp_path)
    try:
        terminal.type(f"PS1='> '; {begin}; printf 'be%s\\n' gun\n", "begun\r\n")
        for typed, words in (("show 1000", ["show", "100035;000;1575898377"]), ("show '1000", ["show", "100035;000;1575898377"]),
                             ("show pbx:", ["show", "pbx:17@x y"]), ("show -- pbx:17@", ["show", "--", "pbx:17@x y"]),
                             ("calls --account ann@ex", ["calls", "--account", EMAIL]), ("calls --account=ann@ex", ["calls", f"--account={EMAIL}"]),
                             ("calls --module voi", ["calls", "--module", "voice menu"]), ("stats --last-variable dig", ["stats", "--last-variable", "digits"]),
                             ("key revoke ", ["key", "revoke", "1"]), ("account disa", ["account", "disable"]), ("export --session pb", ["export", "--session", "pbx:17@x y"])):
            # Behind the completed word stands what ends the line; at its beginning printf takes the place of callstep.
            seen = terminal.type(f"callstep {typed}\t\x01printf '<%s>' \x05 ; printf 'do%s\\n' ne\n", "done\r\n")
            assert "".join(f"<{word}>" for word in ["callstep", *words]) in seen, (typed, seen)
    finally:
        terminal.close()


def test_fish_completes_what_the_store_has(program, tmp_path):
    needs("fish")
    put(program, call("100035;000;1575898377", 1700000000, module="voice menu"))

    def offered(line):
        done = subprocess.run(["fish", "--no-config", "-c", f"source {MADE / 'callstep.fish'}; complete -C \"$LINE\""], capture_output=True, text=True,
                              timeout=60, env={**environment(program, tmp_path), "LINE": line})
        return [row.split("\t")[0] for row in done.stdout.splitlines()]

    assert offered("callstep show 1000") == ["100035;000;1575898377"]
    assert offered("callstep calls --account ann@ex") == [EMAIL]
    assert offered("callstep calls --account=ann@ex") == [f"--account={EMAIL}"]
    assert offered("callstep calls --module voi") == ["voice menu"]
    assert offered("callstep account disa") == ["disable"]
    assert "1" in offered("callstep key revoke ")
    assert offered(f"callstep show --data {tmp_path}/none 1") == []


@pytest.mark.parametrize("quote", ["", "'", '"'])
def test_bash_runs_nothing_of_what_it_offers(quote, program, tmp_path):
    """Each word that is offered is, for the shell, the session and nothing else."""
    put(program, *(call(session, 1700000000 + number) for number, session in enumerate(HOSTILE)))
    script = (f"source {MADE / 'callstep'}; COMP_WORDS=(callstep show \"$1\"); COMP_CWORD=2; COMP_LINE=\"callstep show $1\"; COMP_POINT=${{#COMP_LINE}}; _callstep; "
              "for one in \"${COMPREPLY[@]}\"; do eval \"set -- $1$one$1\"; printf '%s\\0' \"$@\"; set -- \"$Q\"; done")
    done = subprocess.run(["bash", "--norc", "-c", script, "bash", quote], capture_output=True, text=True, cwd=tmp_path,
                          env={**environment(program, tmp_path), "Q": quote}, timeout=60)
    words = done.stdout.split("\0")[:-1]
    unsafe = {"'": r"'", '"': r'["$`\\!]'}.get(quote, r"(?!)")
    assert done.stderr == "" and sorted(words) == sorted(session for session in HOSTILE if not re.search(unsafe, session))
    assert not (tmp_path / "ran").exists() and not shutil.which("ran")
