# SPDX-License-Identifier: MIT
"""Looking at calls: the table and the time line; and generate, backup, verify."""
import hashlib
import json
import re

from stores import only_embedded, run_sql

SESSION = "100035;000;1575898377"


def test_the_table_in_a_pipe_has_tabs_and_tells_the_count_beside_it(example):
    done = example.run("calls")
    assert done.stdout == ("2019-12-09 08:33:06 -0500\t0:37\tinbound\t6177123000\t6177123001\t15\t"
                           f"{SESSION}\tabandoned\n")
    assert done.stderr == "1–1 of 1 calls\n"


def test_the_table_on_a_terminal_has_a_header_and_the_count(example):
    plain = re.sub(r"\x1b\[\d*m", "", example.run_on_terminal("calls", "--utc"))
    lines = plain.splitlines()
    assert lines[0].split() == ["START", "LENGTH", "TYPE", "FROM", "TO", "STEPS", "SESSION", "OUTCOME"]
    assert lines[1].split("  ")[0] == "2019-12-09 13:33:06Z" and lines[1].split()[-2:] == [SESSION, "abandoned"]
    assert lines[2] == "1–1 of 1 calls"


def test_colour_is_for_terminals_without_no_color(example):
    assert "\x1b[" in example.run_on_terminal("calls")
    assert "\x1b[" not in example.run_on_terminal("calls", environment={"NO_COLOR": "1"})
    assert "\x1b[" not in example.run_on_terminal("calls", "--color", "never")
    assert "\x1b[" not in example.run("show", SESSION).stdout
    assert "\x1b[" in example.run("show", "--color", "always", SESSION).stdout


def test_the_table_is_never_cut_silently(program):
    program.run("import", "-", input=program.run("generate", "--calls", "1234").stdout)
    done = program.run("calls")
    assert done.stdout.count("\n") == 20
    assert done.stderr == "1–20 of 1,234 calls\n"
    done = program.run("calls", "--limit", "100", "--offset", "1200")
    assert done.stdout.count("\n") == 34
    assert done.stderr == "1,201–1,234 of 1,234 calls\n"
    assert program.run("calls", "--offset", "5000").stderr == "none of 1,234 calls\n"


def test_the_window_takes_every_way_to_write_a_time(example):
    for start in ("1575898386", "2019-12-09T13:33:06Z", "2019-12-09 08:33:06", "2019-12-09"):
        assert example.run("calls", "--start", start).stderr == "1–1 of 1 calls\n"
    assert example.run("calls", "--start", "-2h").stderr == "none of 0 calls\n"
    assert example.run("calls", "--end", "1575898386").stderr == "none of 0 calls\n"
    assert example.run("calls", "--number", "+1 (617)", status=0).stderr == "none of 0 calls\n"
    assert example.run("calls", "--number", "+617-712-3001").stderr == "1–1 of 1 calls\n"


def test_json_has_what_the_api_has(example):
    assert json.loads(example.run("calls", "--json").stdout) == {
        "calls": [{"dest": "6177123001", "src": "6177123000", "start": 1575898386, "end": 1575898423,
                   "session_id": SESSION, "type": "inbound", "log": True}],
        "total_calls": 1}


def test_the_time_line_in_a_pipe(example):
    header, steps = example.run("show", SESSION).stdout.split("\n\n")
    assert header == (f"Call {SESSION}\n  From     6177123000\n  To       6177123001\n  Type     inbound\n"
                      "  Started  2019-12-09 08:33:06 -0500\n  Ended    2019-12-09 08:33:43 -0500\n"
                      "  Length   0:37\n  Outcome  abandoned, ended by caller\n  Steps    15")
    rows = [line.split("\t") for line in steps.splitlines()]
    assert len(rows) == 15
    assert rows[0] == ["2019-12-09 08:33:06 -0500", "", "info",
                       'Executing application "Welcome Application" version "1.0"', "start", "start"]
    assert rows[3] == ["2019-12-09 08:33:25 -0500", "+6 s", "event", "User input: 6 (dtmf)", "number", "X"]


def test_the_time_line_on_a_terminal_is_wrapped_to_its_width(example):
    text = re.sub(r"\x1b\[\d*m", "", example.run_on_terminal("show", "--utc", SESSION))
    assert "\n  2019-12-09\n" in text
    assert re.search(r"\n  13:33:25 +\+6 s  event   User input: 6 \(dtmf\)\n +number → X\n", text)
    assert all(len(line) <= 80 for line in text.splitlines())


def test_a_call_whose_text_would_control_the_terminal_is_shown_without_that(program):
    call = {"dest": "1", "src": "2", "start": 5, "end": 6, "session_id": "s", "type": "inbound",
            "detail": [{"event": {"line": "a\u001b[2Jb\nc", "data": {}}, "class": "info", "timestamp": 5}]}
    program.run("import", "-", input=json.dumps(call))
    assert "\ta [2Jb c\t" in program.run("show", "s").stdout


def test_a_call_that_is_not_there_is_status_1(example):
    done = example.run("show", "nonsense", status=1)
    assert done.stderr == "callstep: the account has no call 'nonsense'\n"


def test_a_call_without_detail_says_so(program):
    call = {"dest": "1", "src": "2", "start": 5, "end": 6, "session_id": "s", "type": "outbound"}
    program.run("import", "-", input=json.dumps(call))
    assert "the detail of this call is not held" in program.run("show", "s").stdout
    assert json.loads(program.run("show", "--json", "s").stdout)["detail"] is False
    assert program.run("calls").stdout.split("\t")[5] == "-"


def test_generate_does_not_depend_on_zone_language_or_time(program):
    def digest(**environment):
        made = program.run("generate", "--calls", "200", "--seed", "9", environment=environment, text=False).stdout
        return hashlib.sha256(made).hexdigest()
    assert digest(TZ="UTC", LC_ALL="C") == digest(TZ="Asia/Tokyo", LC_ALL="de_DE.UTF-8")


def test_generate_keeps_to_its_window_and_number(program):
    lines = program.run("generate", "--calls", "50", "--start", "1000000", "--end", "1000100").stdout.splitlines()
    assert len(lines) == 50
    assert all(1000000 <= int(json.loads(line)["start"]) < 1000100 for line in lines)
    assert program.run("generate", "--calls", "0").stdout == ""


def test_progress_is_drawn_on_a_terminal_only(program):
    path = program.home / "calls.ndjson"
    path.write_text(program.run("generate", "--calls", "20000").stdout)
    assert "\r" not in program.run("import", path).stderr
    seen = program.run_on_terminal("import", path)
    assert re.search(r"import +\d+%  \[[#-]+\] +[\d,]+ calls  [\d,]+/s  .* left", seen)
    assert seen.endswith("took 20,000 calls (20,000 replaced), rejected 0\n")
    assert "\r" not in program.run_on_terminal("import", "--quiet", path)


@only_embedded("a store on PostgreSQL is copied by PostgreSQL's means, or by callstep copy")
def test_a_backup_is_a_store(example):
    copy = example.home / "copy"
    example.run("backup", copy)
    assert example.run("calls", "--data", copy).stdout == example.run("calls").stdout
    assert example.run("backup", copy, status=1).stderr.startswith("callstep: ")


def test_verify_finds_nothing_wrong_in_a_good_store(example):
    done = example.run("verify")
    assert done.stdout == ""
    assert done.stderr == "checked 1 accounts, 1 calls, 1 of them with detail: 0 problems\n"


def test_verify_tells_what_is_damaged(example):
    run_sql(example.data, "update packed set crc32 = crc32 + 1", "update detail set crc32 = crc32 + 1")
    done = example.run("verify", status=1)
    assert SESSION in done.stdout
    assert done.stderr.endswith(": 1 problems\n")
