# SPDX-License-Identifier: MIT
"""Importing calls that are over their days: nothing that was handed in is dropped later without having been told."""
import json
import os
import pty
import re
import shutil
import subprocess
import time

import pytest

from .conftest import EMAIL
from .test_cli_keeping import DAY, held, line, sessions


def bare(session, age):
    call = json.loads(line(session, age))
    del call["detail"]
    return json.dumps(call) + "\n"


@pytest.fixture
def month(empty):
    """A new store: it keeps detail for 31 days and calls for 365."""
    empty.run("account", "add", EMAIL)
    empty.file = empty.write("calls.ndjson", line("new", 1) + line("spring", 100.5) + bare("also spring", 101) + line("ancient", 400.5))
    return empty


def told(text):
    return re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d [+-]\d{4}", "TIME", text)


def test_calls_over_their_days_are_refused_with_what_keeps_them(month):
    done = month.run("import", "--quiet", month.file, status=3)
    assert told(done.stderr) == ("2 calls were left out: they, or their steps, are over their days\n"
                                 "they started from TIME to TIME; the store keeps detail for 31 days and calls for 365 days\n"
                                 "to keep them whole, say 'callstep retention --keep-detail 402' and import again; "
                                 "--old drop takes what is kept of them\n")
    assert sessions(month.run("calls")) == ["new", "also spring"]
    command = re.search(r"'callstep (.*)'", done.stderr).group(1).split()
    month.run(*command)
    assert "left out" not in month.run("import", month.file).stderr
    assert sessions(month.run("calls", "--text", "said")) == ["new", "spring", "ancient"]
    month.run("sweep")
    assert held(month) == (4, 3), "what an import took without a word stays"


def test_an_account_with_its_own_days_is_named(month):
    month.run("account", "set", EMAIL, "--keep-headers", "50", "--keep-detail", "20", "--yes")
    done = month.run("import", "-", input=bare("spring", 100.5), status=3)
    assert f"say 'callstep account set {EMAIL} --keep-headers 102'" in done.stderr
    assert "took 0 calls (0 replaced), rejected 0" in done.stderr and "no call was found" not in done.stderr


def test_drop_takes_what_is_kept(month):
    done = month.run("import", "--old", "drop", month.file)
    assert "took 3 calls (0 replaced), rejected 0\n" in done.stderr
    assert "1 calls were left out: they are over their days\n1 calls came without their steps: these are over their days\n" in done.stderr
    assert sessions(month.run("calls")) == ["new", "spring", "also spring"]
    assert held(month) == (3, 1), "nothing is stored that the next sweep drops"
    assert month.run("sweep").stderr == "dropped the detail of 0 calls, and 0 calls whole\n"
    assert month.run("import", "--old", "drop", "--quiet", month.file).stderr == ""


def test_steps_that_are_held_already_stay_when_a_call_comes_without_its_own(month):
    month.run("account", "set", EMAIL, "--keep-detail", "ever")
    month.run("import", "--quiet", month.file)
    month.run("account", "set", EMAIL, "--keep-detail", "default", "--yes")
    month.run("import", "--quiet", "--old", "drop", month.file)
    month.run("account", "set", EMAIL, "--keep-detail", "ever")
    assert sessions(month.run("calls", "--text", "said")) == ["new", "spring", "ancient"]


@pytest.mark.parametrize("answer, taken, status", [("yes\n", 3, 0), ("no\n", 2, 3), ("\n", 2, 3)])
def test_someone_at_a_terminal_is_asked_once(month, answer, taken, status):
    """Whichever of the reading threads comes first."""
    month.write("calls.ndjson", month.file.read_text() + "".join(line(f"old {i}", 500) for i in range(2000)))
    master, slave = pty.openpty()
    process = subprocess.Popen([month.binary, "import", "--utc", month.file], stdin=slave, stdout=slave, stderr=subprocess.PIPE, env=month.environment)
    os.close(slave)
    os.write(master, answer.encode())
    seen = process.communicate(timeout=60)[1].decode()
    os.close(master)
    assert process.returncode == status, seen
    assert seen.count("Type yes; otherwise they are left out: ") == 1
    assert re.search(r"calls\.ndjson:\d+: session '[\w ]+' started \d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ?[^;]*; the store keeps detail for 31 days and calls "
                     r"for 365 days\.\n", seen), seen
    assert f"took {taken} calls" in seen
    assert month.run("calls").stdout.count("\n") == taken


def test_nobody_is_asked_where_standard_input_is_the_file(month):
    master, slave = pty.openpty()
    os.write(master, line("ancient", 400).encode() + b"\x04")
    done = subprocess.run([month.binary, "import", "-"], stdin=slave, capture_output=True, text=True, timeout=60, env=month.environment)
    os.close(slave)
    os.close(master)
    assert done.returncode == 3 and "Type yes" not in done.stderr and "1 calls were left out" in done.stderr


def test_wrong_words_for_old_are_refused(month):
    assert "'keep' is not a value for --old: write drop or refuse" in month.run("import", "--old", "keep", month.file, status=2).stderr


# ---- what is stored and not seen ----

def test_steps_that_the_api_does_not_serve_are_told(month):
    del month.environment["CALLSTEP_API_DETAIL_DAYS"]
    file = month.write("week.ndjson", line("today", 0.5) + line("a", 6) + line("b", 7) + bare("c", 8))
    words = "{} of them started more than {} days ago: /v1, the web page and commands show their steps, /api/ does not (serve --api-detail-days)\n"
    assert words.format(2, 5) in month.run("import", file).stderr
    assert words.format(1, 7) in month.run("import", "--api-detail-days", "7", month.write("b.ndjson", line("b", 7.5))).stderr
    assert "days ago" not in month.run("import", file, environment={"CALLSTEP_API_DETAIL_DAYS": "ever"}).stderr
    assert "days ago" not in month.run("import", "--quiet", file).stderr


@pytest.mark.skipif(not shutil.which("curl"), reason="needs curl, as the README does")
def test_a_newcomer_with_a_log_of_last_week_sees_the_steps(empty, fixtures):
    """The README's own calls, with the recorded log moved to last week."""
    del empty.environment["CALLSTEP_API_DETAIL_DAYS"]
    key = empty.run("account", "add", EMAIL).stdout.strip()
    done = empty.run("import", "--format", "asterisk-cel", "--columns", fixtures / "asterisk/etc/cel_custom.conf", "--shift-to", "-7d",
                     fixtures / "asterisk/cel-Master.csv")
    assert re.search(r"took \d+ calls", done.stderr) and "left out" not in done.stderr
    assert "started more than 5 days ago: /v1, the web page and commands show their steps, /api/ does not (serve --api-detail-days)" in done.stderr
    session = sessions(empty.run("calls", "--limit", "1"))[0]
    shown = empty.run("show", session).stdout
    assert "Answer" in shown or "Dialled" in shown, shown
    log = open(empty.home / "log", "wb")
    server = subprocess.Popen([empty.binary, "serve", "--listen", "127.0.0.1:0"], stderr=log, env=empty.environment)
    try:
        while not (found := re.search(r" listening address=(\S+)", (empty.home / "log").read_text())):
            assert server.poll() is None
            time.sleep(0.02)
        asked = subprocess.run(["curl", "-s", "-u", f"{EMAIL}:{key}", f"http://{found.group(1)}/v1/calls?detail=true&limit=1000"], capture_output=True,
                               text=True, check=True)
        calls = json.loads(asked.stdout)["calls"]
        assert len(calls) > 5 and all(call["detail"] for call in calls)
        assert all(time.time() - 9 * DAY < call["start"] < time.time() - 6 * DAY for call in calls)
        asked = subprocess.run(["curl", "-s", "-u", f"{EMAIL}:{key}", f"http://{found.group(1)}/api/all_logs/0/99999999999"], capture_output=True,
                               text=True, check=True)
        assert not any(call["log"] for call in json.loads(asked.stdout)["calls"])
    finally:
        server.terminate()
        server.wait(30)
        log.close()
