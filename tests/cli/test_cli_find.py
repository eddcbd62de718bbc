# SPDX-License-Identifier: MIT
"""Finding calls: search, filters, statistics, drop-off, export, comparing and following, each against a model in Python that
reads the same calls."""
import collections
import csv
import io
import json
import os
import re
import signal
import subprocess
import unicodedata

import pytest

from .conftest import EVER

SESSION = "100035;000;1575898377"
CALLS = 400


def plain(text):
    return re.sub(r"\x1b\[\d*m", "", text)


def words(line):
    folded = "".join(c for c in unicodedata.normalize("NFKD", line.casefold()) if not unicodedata.combining(c))
    return re.findall(r"\w+", folded.replace("_", " "))


def steps_of(call):
    """class, module, variable, line of each step."""
    found = []
    for step in call["detail"] or []:
        data = step["event"].get("data", {})
        found.append((step["class"], data.get("module_type", ""), data.get("result_variable", ""), step["event"]["line"]))
    return found


def lines_of(call):
    return [line for *_, line in steps_of(call)]


def place_of_end(call):
    """module and variable of the last step that is not a hang-up."""
    places = [(module, variable) for _, module, variable, _ in steps_of(call) if module != "hangup"]
    return places[-1] if places else None


def length(call):
    return int(call["end"]) - int(call["start"])


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("find")


@pytest.fixture(scope="module")
def found(home):
    """A store with generated calls, real ones from Asterisk, the page's example, and one whose detail is not there."""
    from .conftest import EMAIL, ROOT, Program
    program = Program(home)
    fixtures = ROOT / "tests" / "fixtures"
    program.run("account", "add", EMAIL, *EVER)
    program.run("import", "-", input=program.run("generate", "--calls", CALLS, "--seed", 5).stdout)
    program.run("import", "--format", "asterisk-cel", "--columns", fixtures / "asterisk" / "etc" / "cel_custom.conf",
                fixtures / "asterisk" / "cel-Master.csv")
    program.run("import", fixtures / "example.json")
    program.run("import", "-", input=json.dumps({"dest": "+1 (617) 712-3001", "src": "Outbound", "start": 7, "end": 9,
                                                 "session_id": "bare", "type": "outbound"}))
    program.calls = [json.loads(line) for line in program.run("export").stdout.splitlines()]
    return program


def sessions(program, *arguments):
    """The sessions that a search finds, with all of them on one page and none under another's name."""
    done = program.run("search", "--limit", 10000, *arguments)
    rows = [line.split("\t") for line in done.stdout.splitlines() if not line.startswith("\t")]
    last = f"1–{len(rows)}" if rows else "none"
    assert done.stderr == f"{last} of {len(rows)} calls\n"
    return [row[6] for row in rows]


def model(program, matches):
    return [call["session_id"] for call in program.calls if matches(call)]


# ---- search ----

def test_the_calls_in_which_callers_gave_wrong_input_and_hung_up_are_found(found):
    """Those of a flow that ends in a menu, and those of an exchange whose log says who hung up."""
    expected = model(found, lambda call: any(line.startswith("Invalid input") for line in lines_of(call)) and
                     place_of_end(call)[0] in ("menu", "digits"))
    assert expected
    assert sessions(found, '"invalid input"', "--last-module", "menu,digits") == expected
    expected = model(found, lambda call: any("pbx-invalid" in line for line in lines_of(call)) and
                     any(line.startswith("Hung up by the caller") for line in lines_of(call)))
    assert expected
    assert sessions(found, "pbx-invalid", '"hung up by the caller"') == expected


@pytest.mark.parametrize("arguments, matches", [
    ([], lambda call: True),
    (["invalid"], lambda call: any("invalid" in words(line) for line in lines_of(call))),
    (["INVÁLID"], lambda call: any("invalid" in words(line) for line in lines_of(call))),
    (["inval*", "transf*"], lambda call: all(
        any(word.startswith(beginning) for line in lines_of(call) for word in words(line)) for beginning in ("inval", "transf"))),
    (["jose"], lambda call: any("jose" in words(line) for line in lines_of(call))),
    (["--type", "transfer"], lambda call: call["type"] == "transfer"),
    (["--type", "transfer", "--type", "outbound"], lambda call: call["type"] != "inbound"),
    (["--class", "error"], lambda call: any(step[0] == "error" for step in steps_of(call))),
    (["--module", "menu", "--class", "error,debug"], lambda call: any(
        step[0] in ("error", "debug") and step[1] == "menu" for step in steps_of(call))),
    (["--variable", "X"], lambda call: any(step[2] == "X" for step in steps_of(call))),
    (["--last-module", "queue"], lambda call: (place_of_end(call) or ("",))[0] == "queue"),
    (["--last-variable", "main_menu"], lambda call: (place_of_end(call) or ("", ""))[1] == "main_menu"),
    (["--not-last-module", "queue"], lambda call: (place_of_end(call) or ("",))[0] != "queue"),
    (["--not-class", "error", "--not-module", "menu"], lambda call: not any(step[0] == "error" or step[1] == "menu" for step in steps_of(call))),
    (["--not-type", "transfer", "--not-src", "617*"], lambda call: call["type"] != "transfer" and not call["src"].startswith("617")),
    (["--min-duration", "60", "--max-duration", "120"], lambda call: 60 <= length(call) <= 120),
    (["--step-data", "module_type=menu", "--step-data", "type=static"],
     lambda call: all(any(step["event"]["data"].get(name) == value for step in call["detail"] or [])
                      for name, value in {"module_type": "menu", "type": "static"}.items())),
    (["--min-steps", "20", "--max-steps", "30"], lambda call: 20 <= len(call["detail"] or []) <= 30),
    (["--dest", "*3001"], lambda call: call["dest"].endswith("3001") or call["session_id"] == "bare"),
    (["--dest", "+1 617 712-3001"], lambda call: call["session_id"] == "bare"),
    (["--src", "617*"], lambda call: call["src"].startswith("617")),
    (["--number", "16177123001"], lambda call: call["session_id"] == "bare"),
    (["--state", "ended"], lambda call: True),
    (["--state", "live"], lambda call: False),
    (["--end", "8"], lambda call: call["session_id"] == "bare"),
    (["--start", "1575898386", "--end", "1575898387"], lambda call: call["session_id"] == SESSION),
    (["--text", "executing", "--dest", "6177123001", "--end", "2020-01-01Z"], lambda call: call["session_id"] == SESSION),
])
def test_search_agrees_with_a_model(found, arguments, matches):
    assert sessions(found, *arguments) == model(found, matches)


def test_under_a_call_stand_the_lines_that_were_asked_for(found):
    done = found.run("search", "--utc", '"user input"', "--dest", "6177123001", "--end", "1575898387")
    rows = [line.split("\t") for line in done.stdout.splitlines()]
    assert rows[0][6] == SESSION
    assert rows[1] == ["", "2019-12-09 13:33:25Z", "event", "User input: 6 (dtmf)", "number", "X"]
    example = next(call for call in found.calls if call["session_id"] == SESSION)
    assert [row[3] for row in rows[1:]] == [line for line in lines_of(example) if line.startswith("User input")]
    done = found.run("search", "--module", "eval_js", "--end", "1575898387")
    assert {line.split("\t")[4] for line in done.stdout.splitlines()[1:]} == {"eval_js"}


def test_search_on_a_terminal_marks_the_words(found):
    seen = found.run_on_terminal("search", "input", "--utc", "--end", "1575898387")
    assert "    13:33:25  User \x1b[1m\x1b[31minput\x1b[0m: 6 (dtmf)  \x1b[2mnumber → X\x1b[0m\n" in seen
    assert seen.endswith("1–1 of 1 calls\n")
    seen = found.run_on_terminal("search", "input", "--end", "1575898387", environment={"NO_COLOR": "1"})
    assert "\x1b[" not in seen


def test_on_a_terminal_many_lines_of_a_call_are_counted(program):
    detail = [{"event": {"line": f"again {i}"}, "class": "info", "timestamp": 5} for i in range(1234)]
    call = {"dest": "1", "src": "2", "start": 5, "end": 6, "session_id": "s", "type": "inbound", "detail": detail}
    program.run("import", "-", input=json.dumps(call))
    seen = plain(program.run_on_terminal("search", "again"))
    assert "again 9 " in seen and "again 10" not in seen
    assert "    … and 1,224 more\n" in seen
    assert program.run("search", "again").stdout.count("\n") == 1235


def test_search_in_json_is_the_calls_of_the_api_with_their_matches(found):
    document = json.loads(found.run("search", "--json", '"user input"', "--end", "1575898387").stdout)
    assert document["total_calls"] == 1
    call = document["calls"][0]
    matches = call.pop("matches")
    assert call == {"dest": "6177123001", "src": "6177123000", "start": 1575898386, "end": 1575898423, "duration": 37,
                    "session_id": SESSION, "type": "inbound", "steps": 15, "state": "ended", "outcome": "abandoned", "answered": None,
                    "talk": None, "ended_by": "caller", "log": True}
    assert matches[0] == {"index": 4, "timestamp": 1575898405, "class": "event", "module": "number", "variable": "X",
                          "line": "User input: 6 (dtmf)"}
    assert json.loads(found.run("search", "--json", "nonsuch").stdout) == {"calls": [], "total_calls": 0}


def test_pages_and_counts_of_a_search(found):
    everything = sessions(found, "--class", "error")
    done = found.run("search", "--class", "error", "--limit", 3, "--offset", 2)
    assert [line.split("\t")[6] for line in done.stdout.splitlines() if not line.startswith("\t")] == everything[2:5]
    assert done.stderr == f"3–5 of {len(everything)} calls\n"


# ---- calls and export ----

def test_calls_takes_the_same_filter(found):
    expected = model(found, lambda call: call["type"] == "transfer" and length(call) >= 60)
    done = found.run("calls", "--type", "transfer", "--min-duration", "60", "--limit", 10000)
    assert [line.split("\t")[6] for line in done.stdout.splitlines()] == expected


def test_export_writes_the_whole_result_of_any_filter(found):
    expected = [call for call in found.calls if any(step[0] == "error" for step in steps_of(call))]
    assert len(expected) > 20
    done = found.run("export", "--class", "error")
    assert [json.loads(line) for line in done.stdout.splitlines()] == expected
    assert done.stderr == f"wrote {len(expected)} calls\n"
    assert json.loads(found.run("export", "--class", "error", "--format", "json").stdout) == {
        "calls": expected, "total_calls": len(expected)}


def test_export_as_csv(found):
    text = found.run("export", "--format", "csv", text=False).stdout.decode()
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert text.count("\r\n") == len(found.calls) + 1
    for row, call in zip(rows, found.calls, strict=True):
        assert row["session_id"] == call["session_id"]
        assert row["start"] == call["start"] and row["end"] == call["end"]
        assert int(row["duration"]) == length(call)
        assert row["src"] == call["src"]
        assert row["dest"] == ("'" if call["session_id"] == "bare" else "") + call["dest"]
        assert int(row["steps"]) == len(call["detail"] or [])
    assert rows[-1]["start_iso"] == "1970-01-01T00:00:07Z"


def test_export_as_csv_with_a_row_a_step(found):
    text = found.run("export", "--format", "csv", "--detail", text=False).stdout.decode()
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    expected = []
    for call in found.calls:
        expected += [(call["session_id"], str(i + 1), *step) for i, step in enumerate(steps_of(call))]
        if not call["detail"]:
            expected.append((call["session_id"], "", "", "", "", ""))
    got = [(row["session_id"], row["step"], row["class"], row["module"], row["variable"],
            row["line"].removeprefix("'")) for row in rows]
    assert got == expected


# ---- statistics ----

def nearest_rank(values, percent):
    return sorted(values)[max(0, -(-percent * len(values) // 100) - 1)]


def statistics(calls, keys_of):
    """keys_of: the keys of a call, each with the steps that count for it."""
    groups = collections.defaultdict(lambda: [0, []])
    for call in calls:
        for key, steps in keys_of(call).items():
            groups[key][0] += steps
            groups[key][1].append(length(call))
    return {key: {"calls": len(lengths), "steps": steps, "duration": {
        "sum": sum(lengths), "p50": nearest_rank(lengths, 50), "p95": nearest_rank(lengths, 95)}}
        for key, (steps, lengths) in groups.items()}


def digits(number):
    bare = re.sub(r"[ ().-]", "", number.removeprefix("+"))
    return bare if bare.isdigit() else number


def steps_by(column):
    return lambda call: collections.Counter(step[column] for step in steps_of(call) if step[column])


@pytest.mark.parametrize("group, keys_of", [
    ("time", lambda call: {int(call["start"]) // 86400 * 86400: len(call["detail"] or [])}),
    ("dest", lambda call: {digits(call["dest"]): len(call["detail"] or [])}),
    ("type", lambda call: {call["type"]: len(call["detail"] or [])}),
    ("class", steps_by(0)),
    ("module", steps_by(1)),
    ("variable", steps_by(2)),
])
def test_statistics_agree_with_a_model(found, group, keys_of):
    document = json.loads(found.run("stats", "--group", group, "--limit", 10000, "--json").stdout)
    expected = statistics(found.calls, keys_of)
    groups = document["groups"]
    assert document["total_calls"] == len(found.calls)
    assert document["groups_total"] == len(groups) == len(expected)
    assert {entry.pop("key"): entry for entry in [dict(entry) for entry in groups]} == expected
    order = [entry["key"] if group == "time" else (-entry["calls"], entry["key"]) for entry in groups]
    assert order == sorted(order)


def test_statistics_of_a_filter(found):
    calls = [call for call in found.calls if any(step[0] == "error" for step in steps_of(call)) and length(call) > 30]
    document = json.loads(found.run("stats", "--class", "error", "--min-duration", "31", "--bucket", "hour", "--json").stdout)
    assert document["bucket"] == "hour"
    assert document["total_calls"] == len(calls) == sum(entry["calls"] for entry in document["groups"])
    assert [entry["key"] for entry in document["groups"]] == sorted({int(call["start"]) // 3600 * 3600 for call in calls})


def counted(found):
    """What is said of the calls whose steps were counted: some came without."""
    with_steps = sum(1 for call in found.calls if steps_of(call))
    assert 0 < with_steps < len(found.calls)
    return (f"{len(found.calls)} calls, {with_steps} of them with steps (0 are over their days, "
            f"{len(found.calls) - with_steps} never had any)")


def test_the_table_of_statistics(found):
    done = found.run("stats", "--group", "module", "--limit", "3")
    rows = [line.split("\t") for line in done.stdout.splitlines()]
    modules = statistics(found.calls, steps_by(1))
    assert [row[0] for row in rows] == sorted(modules, key=lambda key: (-modules[key]["calls"], key))[:3]
    assert [int(row[1]) for row in rows] == [modules[row[0]]["calls"] for row in rows]
    assert done.stderr == f"1–3 of {len(modules)} modules; {counted(found)}\n"
    assert found.run("stats", "--start", "1", "--end", "2").stderr == "none of 0 days; 0 calls\n"
    seen = plain(found.run_on_terminal("stats", "--group", "type")).splitlines()
    assert seen[0].split() == ["TYPE", "CALLS", "STEPS", "LENGTH", "MEDIAN", "95%"]
    assert seen[1].startswith("inbound") and seen[1].endswith("█")
    assert all(len(line) <= 80 for line in seen)


def test_times_of_statistics_are_those_of_the_zone_that_is_shown(found):
    arguments = ["stats", "--end", "100"]
    assert found.run(*arguments).stdout.startswith("1969-12-31 19:00:00 -0500\t1\t0\t0:02\t")
    assert found.run(*arguments, "--utc").stdout.startswith("1970-01-01 00:00:00Z\t1\t")


def test_too_many_buckets_are_refused(program):
    calls = ({"dest": "1", "src": "2", "start": i * 60, "end": i * 60, "session_id": str(i), "type": "inbound"}
             for i in range(10001))
    program.run("import", "-", input="".join(json.dumps(call) + "\n" for call in calls))
    done = program.run("stats", "--bucket", "minute", status=2)
    assert done.stderr.startswith("callstep: bucket: there are more than 10000 of them")
    done = program.run("stats", "--bucket", "minute", "--end", "600000")
    assert done.stderr == "1–10,000 of 10,000 minutes; 10,000 calls\n"


# ---- drop-off ----

def drop_off(calls):
    reached, ended, ways = collections.Counter(), collections.Counter(), collections.defaultdict(collections.Counter)
    for call in calls:
        visits = []
        for _, module, variable, _ in steps_of(call):
            if module != "hangup" and (not visits or visits[-1] != (module, variable)):
                visits.append((module, variable))
        reached.update(set(visits))
        ended.update(visits[-1:])
        for before, after in set(zip(visits, visits[1:])):
            ways[before][after] += 1
    modules = []
    for place in sorted(reached, key=lambda place: (-reached[place], *place)):
        following = sorted(ways[place].items(), key=lambda item: (-item[1], *item[0]))
        modules.append({"module": place[0], "variable": place[1], "reached": reached[place],
                        "went_on": reached[place] - ended[place], "ended": ended[place],
                        "next": [{"module": m, "variable": v, "calls": calls} for (m, v), calls in following]})
    return modules


@pytest.mark.parametrize("arguments, matches", [
    ([], lambda call: True),
    (["--type", "transfer"], lambda call: call["type"] == "transfer"),
    (["--class", "error"], lambda call: any(step[0] == "error" for step in steps_of(call))),
])
def test_drop_off_agrees_with_a_model(found, arguments, matches):
    calls = [call for call in found.calls if matches(call)]
    expected = drop_off(calls)
    document = json.loads(found.run("dropoff", "--json", "--limit", 10000, *arguments).stdout)
    with_steps = sum(1 for call in calls if steps_of(call))
    assert document == {"modules": expected, "total_calls": len(calls), "modules_total": len(expected), "calls_with_steps": with_steps,
                        "calls_over_days": 0, "calls_without_steps": len(calls) - with_steps}


def test_those_who_ended_at_a_place_are_found(found):
    document = json.loads(found.run("dropoff", "--json", "--limit", 20).stdout)
    assert any(place["ended"] > 5 for place in document["modules"])
    for place in document["modules"]:
        if place["variable"]:
            arguments = ["--last-module", place["module"], "--last-variable", place["variable"]]
            assert len(sessions(found, *arguments)) == place["ended"]


def test_the_table_of_drop_off(found):
    expected = drop_off(found.calls)
    done = found.run("dropoff", "--limit", 2)
    first = done.stdout.splitlines()[0].split("\t")
    place = expected[0]
    assert first[:5] == [place["module"], place["variable"], str(place["reached"]), str(place["went_on"]), str(place["ended"])]
    assert first[6].startswith(f"{place['next'][0]['module']} {place['next'][0]['variable']} {place['next'][0]['calls']}")
    assert done.stderr == f"1–2 of {len(expected)} places; {counted(found)}\n"
    seen = plain(found.run_on_terminal("dropoff", "--limit", 2)).splitlines()
    assert re.split(r"  +", seen[0]) == ["MODULE", "VARIABLE", "REACHED", "WENT ON", "ENDED", "ENDED %", "NEXT"]
    assert seen[-1] == f"1–2 of {len(expected)} places; {counted(found)}"


# ---- comparing ----

def two_sessions(found):
    """Two calls of one application that differ."""
    by_application = collections.defaultdict(list)
    for call in found.calls:
        if call["detail"] and len(call["detail"]) > 15:
            by_application[lines_of(call)[0]].append(call)
    return next(calls for calls in by_application.values() if len(calls) > 1)[:2]


def test_comparing_loses_no_step(found):
    a, b = two_sessions(found)
    document = json.loads(found.run("diff", "--json", a["session_id"], b["session_id"]).stdout)
    assert document["a"]["session_id"] == a["session_id"] and document["b"]["steps"] == len(b["detail"])
    for side, call in (("a", a), ("b", b)):
        steps = [pair[side] for pair in document["steps"] if pair[side]]
        assert [(s["class"], s["module"], s["variable"], s["line"]) for s in steps] == steps_of(call)
        assert [s["index"] for s in steps] == list(range(1, len(call["detail"]) + 1))
        assert [s["timestamp"] for s in steps] == [step["timestamp"] for step in call["detail"]]
        assert all(s["offset"] == s["timestamp"] - int(call["start"]) for s in steps)
    counts = collections.Counter(pair["change"] for pair in document["steps"])
    assert {name: document[name] for name in ("same", "changed", "only_a", "only_b")} == {
        name: counts[name] for name in ("same", "changed", "only_a", "only_b")}
    assert document["same"] > 3
    back = json.loads(found.run("diff", "--json", b["session_id"], a["session_id"]).stdout)
    assert (back["same"], back["changed"], back["only_a"], back["only_b"]) == (
        document["same"], document["changed"], document["only_b"], document["only_a"])


def test_comparing_in_a_pipe_is_a_row_a_pair(found):
    a, b = two_sessions(found)
    done = found.run("diff", a["session_id"], b["session_id"])
    rows = [line.split("\t") for line in done.stdout.splitlines()]
    assert all(len(row) == 12 for row in rows)
    assert [row[10] for row in rows if row[1]] == lines_of(a)
    assert [row[11] for row in rows if row[4]] == lines_of(b)
    same = sum(row[0] == "same" for row in rows)
    assert done.stderr.startswith(f"{same} same, ")


@pytest.mark.parametrize("columns", [20, 60, 61, 100, 200])
def test_comparing_on_a_terminal_keeps_to_its_width(found, columns):
    a, b = two_sessions(found)
    seen = plain(found.run_on_terminal("diff", a["session_id"], b["session_id"], environment={"COLUMNS": str(columns)}))
    lines = seen.splitlines()
    assert all(len(line) <= max(columns, 60) for line in lines[:-1])
    width = (max(columns, 60) - 3) // 2
    marks = {line[width:width + 3] for line in lines[4:-2]}
    assert marks <= {"   ", " | ", " < ", " > ", ""} and len(marks) > 1
    if columns > 60:
        assert lines[0].split() == [a["session_id"], b["session_id"]]


def test_what_cannot_be_compared_is_named(found):
    assert found.run("diff", SESSION, "nonsense", status=1).stderr == "callstep: the account has no call 'nonsense'\n"
    assert found.run("diff", "bare", SESSION, status=1).stderr == "callstep: the detail of call 'bare' is not held\n"


# ---- following ----

def test_tail_shows_the_newest_last(found):
    newest = [call["session_id"] for call in found.calls]
    done = found.run("tail")
    rows = [line.split("\t") for line in done.stdout.splitlines()]
    assert done.stderr == f"1–10 of {len(newest)} calls\n"
    assert [row[6] for row in rows] == newest[9::-1]
    rows = found.run("tail", "--limit", "2", "--json", "--type", "transfer").stdout.splitlines()
    expected = model(found, lambda call: call["type"] == "transfer")[:2]
    assert [json.loads(row)["session_id"] for row in rows] == expected[::-1]
    assert found.run("tail", "--limit", "0").stdout == ""


class Following:
    """callstep tail -f, whose rows are read as they come."""

    def __init__(self, program, *arguments):
        self.process = subprocess.Popen([program.binary, "tail", "-f", *arguments], env=program.environment,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()

    def next_session(self):
        return self.process.stdout.readline().rstrip("\n").split("\t")[6]

    def end(self, number=signal.SIGINT):
        self.process.send_signal(number)
        rest, errors = self.process.communicate(timeout=60)
        assert errors == ""
        assert self.process.returncode == 0
        return rest


def one_call(session, line="hello", start=1000):
    return json.dumps({"dest": "1", "src": "2", "start": start, "end": start + 1, "session_id": session, "type": "inbound",
                       "detail": [{"event": {"line": line}, "class": "info", "timestamp": start}]})


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_tail_follows_what_other_processes_store(program, number):
    program.run("import", "-", input=one_call("old"))
    with Following(program) as following:
        assert following.next_session() == "old"
        program.run("import", "-", input=one_call("new", start=2000))
        assert following.next_session() == "new"
        program.run("import", "-", input=one_call("older", start=500))
        assert following.next_session() == "older"
        program.run("import", "-", input=one_call("old", line="changed"))
        assert following.next_session() == "old"
        assert following.end(number) == ""


def test_tail_follows_the_calls_that_a_filter_means(program):
    program.run("import", "-", input=one_call("old", "Wrong input!"))
    with Following(program, "--text", '"wrong input"') as following:
        assert following.next_session() == "old"
        program.run("import", "-", input=one_call("a", "good input"))
        program.run("import", "-", input=one_call("b", "Wrong input!"))
        assert following.next_session() == "b"
        assert following.end() == ""


def test_tail_shows_all_of_many(program):
    calls = program.run("generate", "--calls", "1000").stdout
    program.run("import", "-", input=one_call("old"))
    with Following(program) as following:
        assert following.next_session() == "old"
        program.run("import", "-", input=calls)
        seen = sorted(following.next_session() for _ in range(1000))
        assert seen == sorted(json.loads(line)["session_id"] for line in calls.splitlines())
        assert following.end() == ""


def test_tail_ends_when_nobody_reads_any_more(program):
    program.run("import", "-", input=one_call("old"))
    with Following(program) as following:
        assert following.next_session() == "old"
        following.process.stdout.close()
        assert following.process.wait(timeout=60) == 0
        following.process.stdout = open(os.devnull)


# ---- one account does not see another's ----

@pytest.mark.parametrize("arguments", [["search"], ["calls"], ["tail"], ["stats", "--group", "dest"], ["dropoff"],
                                       ["export", "--class", "info,event,debug,prompt,error"]])
def test_another_accounts_calls_are_not_there(example, arguments):
    example.run("account", "add", "other@example.org", *EVER)
    assert example.run(*arguments, "--account", "other@example.org").stdout == ""
    assert example.run(*arguments, "--account", "ann@example.org").stdout != ""


def test_show_opens_the_one_call_that_begins_so_and_lists_several(found):
    held = {call["session_id"] for call in found.calls}
    starting = lambda beginning: [one for one in held if one.startswith(beginning)]
    alone = next(one[:end] for one in sorted(held) for end in range(4, len(one)) if starting(one[:end]) == [one])
    shared = next(one[:4] for one in sorted(held) if len(starting(one[:4])) > 1)
    assert json.loads(found.run("show", "--json", alone).stdout)["session_id"] == starting(alone)[0]
    newest = json.loads(found.run("audit", "--json", "--limit", "1").stdout)
    assert (newest["action"], newest["subject"]) == ("read-call", starting(alone)[0])
    several = found.run("show", shared, status=2)
    listed = [line.partition("\t")[0] for line in several.stderr.splitlines()[:-1]]
    assert several.stdout == "" and f"{len(starting(shared))} calls begin with '{shared}'" in several.stderr
    assert set(listed) <= set(starting(shared)) and len(listed) == min(10, len(starting(shared)))
    assert "has no call" in found.run("show", alone[:3], status=1).stderr, "three characters are not looked for"
    assert set(sessions(found, "--session", f"{shared}*")) == set(starting(shared))


def test_explain_says_what_a_question_takes_and_shows_nothing_of_it(found):
    took = json.loads(found.run("explain", "calls", "--limit", 3, "--json").stdout)["explain"]
    assert took["from"] == ["tallies", "rows"] and (took["tallies"], took["rows"]) == (1, 3)
    for question in ("calls",), ("search", "--module", "menu"), ("stats", "--group", "outcome,time"), ("dropoff",), ("places",), ("flow",):
        done = found.run("explain", *question)
        rows = dict(line.rsplit("\t", 1) for line in done.stdout.splitlines())
        assert done.stderr == "" and float(rows["milliseconds"]) > 0 and set(rows) > {"milliseconds", "of these, of the processor"}, done.stdout


@pytest.mark.parametrize("arguments, says", [
    ([], "a question is expected"), (["show", "x"], "'show' is not a question"), (["nothing"], "there is no command 'nothing'"),
    (["stats", "--group", "nothing"], "expected is time"), (["dropoff", "--group", "time"], "has no option --group")])
def test_explain_refuses_what_is_not_a_question(found, arguments, says):
    done = found.run("explain", *arguments, status=2)
    assert says in done.stderr and done.stdout == ""


def test_explain_leaves_the_record_of_its_question(found):
    found.run("explain", "stats", "--group", "src")
    assert found.run("audit", "--limit", 1).stdout.count("count-calls") == 1
