# SPDX-License-Identifier: MIT
"""callstep collect cel-file: a log that grows, is rotated, is cut, and is read again after a restart."""
import csv
import json
import os
import signal
import subprocess

import pytest

from .conftest import CEL, FIXTURES, Collector, count_of, is_gap, wait_for

CONFIG = FIXTURES / "asterisk" / "etc" / "cel_custom.conf"
STILL_UP = "pbx-1795459223.129"
CALLS = 40


@pytest.fixture
def log(tmp_path):
    folder = tmp_path / "cel"
    folder.mkdir()
    return folder / "Master.csv"


@pytest.fixture
def rows():
    return CEL.read_text().splitlines(keepends=True)


def cel_file(log, *more):
    return ("cel-file", log, "--columns", CONFIG, "--zone", "America/New_York", *more)


def append(log, rows):
    with open(log, "a") as file:
        file.writelines(rows)


def same_as_import(server, imported):
    """The call that was still up has no end yet; the import says so by a step."""
    assert server.calls.keys() == imported.keys()
    for session, call in imported.items():
        if session != STILL_UP:
            assert server.calls[session].steps == call["detail"], session
            assert {name: str(value) for name, value in server.calls[session].header.items()} == {name: call[name] for name in ("dest", "src", "type", "start", "end")}
    assert server.calls[STILL_UP].steps == imported[STILL_UP]["detail"][:-1]


def is_over(server):
    return len(server.calls) == CALLS and all(call.state == "ended" for session, call in server.calls.items() if session != STILL_UP)


def test_a_log_that_is_there_is_what_an_import_of_it_stores(collect, stub, log, rows, imported):
    append(log, rows)
    collector = collect(*cel_file(log, "--once"))
    assert collector.process.wait(60) == 0, collector.said()
    assert collector.waiting() == 0
    same_as_import(stub, imported)
    collector.start()
    assert collector.process.wait(60) == 0, collector.said()
    same_as_import(stub, imported)


def test_a_log_that_grows_is_followed(collect, stub, log, rows, imported):
    collector = collect(*cel_file(log))
    for i in range(0, len(rows), 100):
        append(log, rows[i:i + 100])
    wait_for(lambda: is_over(stub), "the calls to end")
    same_as_import(stub, imported)
    assert count_of(collector.end(), "gaps") == 0


def test_half_a_line_waits_for_its_end(collect, stub, log, rows, imported):
    collector = collect(*cel_file(log))
    text = "".join(rows)
    for i in range(0, len(text), 10007):
        append(log, [text[i:i + 10007]])
    wait_for(lambda: is_over(stub), "the calls to end")
    same_as_import(stub, imported)
    assert count_of(collector.end(), "rows_rejected") == 0


def test_a_rotated_log_is_read_to_its_end_first(collect, stub, log, rows, imported):
    append(log, rows[:300])
    collect(*cel_file(log))
    wait_for(lambda: stub.calls, "the first calls")
    append(log, rows[300:500])
    log.rename(log.with_suffix(".csv.1"))
    append(log, rows[500:])
    wait_for(lambda: is_over(stub), "the calls to end")
    same_as_import(stub, imported)


def marked(collector):
    """All that is there was read, and calls are over, while others go on."""
    wait_for(lambda: read_mark(collector).get("offset", 0) > 0, "the mark")


def read_mark(collector):
    state = collector.spool / "state"
    return json.loads(state.read_text()).get("mark", {}) if state.exists() else {}


NUMBERED = ["Master.csv.3", "Master.csv.2", "Master.csv.1"]
NAMES = [NUMBERED, ["Master.csv-20261121", "Master.csv-20261122", "Master.csv-20261123"], ["Master.3.csv", "Master.2.csv", "Master.1.csv"],
         ["Master.csv.10", "Master.csv.9", "Master.csv.8"]]


def rotate_while_away(log, rows, names=NUMBERED, times=None):
    """The log that has the first 300 rows gets 100 more and the first name; 200 rows each have the next; the rest is the log."""
    append(log, rows[300:400])
    log.rename(log.with_name(names[0]))
    for i, name in enumerate(names[1:]):
        append(log.with_name(name), rows[400 + 200 * i:600 + 200 * i])
    append(log, rows[400 + 200 * (len(names) - 1):])
    for name, time in zip(names, times or ()):
        os.utime(log.with_name(name), (time, time))


@pytest.mark.parametrize("times", [(1795459200, 1795459300, 1795459400), (1795459200,) * 3], ids=["at different times", "at the same time"])
@pytest.mark.parametrize("names", NAMES, ids=lambda names: names[0])
def test_files_of_several_rotations_are_read_in_their_order(collect, stub, log, rows, imported, names, times):
    append(log, rows[:300])
    collector = collect(*cel_file(log))
    marked(collector)
    collector.end()
    rotate_while_away(log, rows, names, times)
    append(log.with_name("Master.csv.bak"), ["not a row\n"])
    append(log.with_name("Master-old.csv"), ["not a row\n"])
    collector.start()
    wait_for(lambda: is_over(stub), "the calls to end")
    same_as_import(stub, imported)
    told = collector.end()
    assert (count_of(told, "gaps"), count_of(told, "rows_rejected"), count_of(told, "files")) == (0, 0, 4)


def test_several_rotations_are_read_to_the_newest_at_once(collect, stub, log, rows, imported):
    append(log, rows[:300])
    collector = collect(*cel_file(log, "--once"))
    assert collector.process.wait(60) == 0, collector.said()
    rotate_while_away(log, rows)
    collector.start()
    assert collector.process.wait(60) == 0, collector.said()
    same_as_import(stub, imported)


LONG = "pbx-1795459157.1"  # of which a copy goes on from the first file to the last


def read_through_rotations(collect, log, rows, count):
    """A copy of a call begins in the log, which is then rotated @count times while nothing reads it, and goes on in the last file. The collector is
    started once to read the files, and again for the end of that call. Returns the collector."""
    copy = [row.replace(LONG, "copy.1") for row in rows if LONG in row]
    append(log, copy[:10] + rows[:100])
    collector = collect(*cel_file(log))
    wait_for(lambda: "copy.1" in read_mark(collector).get("open", []), "the mark")
    collector.end()
    size = -(-(len(rows) - 100) // count)
    log.rename(log.with_name(f"Master.csv.{count}"))
    for i in range(count):
        file = log.with_name(f"Master.csv.{count - 1 - i}") if i < count - 1 else log
        append(file, rows[100 + size * i:100 + size * (i + 1)])
    collector.start()
    wait_for(lambda: is_over_but(collector.server, "copy.1"), "the calls to end")
    collector.end()
    append(log, copy[10:])
    collector.start()
    wait_for(lambda: collector.server.calls["copy.1"].state == "ended", "the long call to end")
    return collector


def is_over_but(server, session):
    return len(server.calls) == CALLS + 1 and all(call.state == "ended" for each, call in server.calls.items() if each not in (STILL_UP, session))


def test_a_call_that_goes_on_through_many_rotations_is_whole_after_a_restart(collect, stub, log, rows, imported):
    collector = read_through_rotations(collect, log, rows, 12)
    assert stub.calls["copy.1"].steps == imported[LONG]["detail"]
    assert count_of(collector.end(), "gaps") == 0


def test_a_call_that_goes_on_through_more_rotations_than_are_known_is_told_as_a_gap(collect, stub, log, rows):
    collector = read_through_rotations(collect, log, rows, 70)
    assert count_of(collector.end(), "gaps") == 1
    assert "A call went on in too many rotated logs" in collector.said()


def whole_calls(rows, imported, first, last):
    """The calls that have all their rows among those from @first to before @last."""
    ids = [fields[15] for fields in csv.reader(rows)]
    return (set(ids[first:last]) - set(ids[:first]) - set(ids[last:]) - {STILL_UP}) & imported.keys()


def assert_same(server, imported, sessions):
    assert len(sessions) > 1
    for session in sessions:
        assert server.calls[session].steps == imported[session]["detail"], session


@pytest.mark.parametrize("taken, event, said", [
    (lambda file: file.rename(file.with_name(file.name + ".gz")), "log-compressed count=1 last=Master.csv.2.gz", "1 rotated logs are compressed: rows are missing"),
    (lambda file: file.unlink(), "log-gone count=1 before=Master.csv.1", "1 rotated logs are gone: rows are missing")], ids=["compressed", "gone"])
def test_a_rotated_file_that_cannot_be_read_is_told_and_the_others_are_read(collect, stub, log, rows, imported, taken, event, said):
    append(log, rows[:300])
    collector = collect(*cel_file(log))
    marked(collector)
    collector.end()
    rotate_while_away(log, rows, times=(1795459200, 1795459300, 1795459400))
    taken(log.with_name("Master.csv.2"))
    collector.start()
    after = whole_calls(rows, imported, 600, len(rows))
    wait_for(lambda: all(session in stub.calls and stub.calls[session].state == "ended" for session in after), "the calls of the last files to end")
    assert_same(stub, imported, after)
    assert_same(stub, imported, whole_calls(rows, imported, 0, 400))
    told = collector.end()
    assert event in told and count_of(told, "gaps") > 0
    assert any(is_gap(step) and step["event"]["line"] == said for call in stub.calls.values() for step in call.steps)


def test_files_behind_one_that_is_gone_are_read(collect, stub, log, rows, imported):
    append(log, rows[:300])
    collector = collect(*cel_file(log))
    marked(collector)
    collector.end()
    rotate_while_away(log, rows)
    log.with_name(NUMBERED[0]).unlink()
    collector.start()
    after = whole_calls(rows, imported, 400, len(rows))
    wait_for(lambda: all(session in stub.calls and stub.calls[session].state == "ended" for session in after), "the calls of the other files to end")
    assert_same(stub, imported, after)
    assert "The log that was read before is gone" in collector.end()


def test_a_log_that_was_copied_and_cut_while_the_collector_was_away_is_told_and_read_on_in_the_copy(collect, stub, log, rows, imported):
    append(log, rows[:300])
    collector = collect(*cel_file(log))
    marked(collector)
    collector.end()
    append(log, rows[300:500])
    log.with_name("Master.csv.1").write_bytes(log.read_bytes())
    log.write_text("")
    append(log, rows[500:])
    collector.start()
    wait_for(lambda: is_over(stub), "the calls to end")
    same_as_import(stub, imported)
    assert count_of(collector.end(), "gaps") == 1


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_log_that_was_rotated_while_the_collector_was_away_is_found(collect, stub, log, rows, imported, number):
    append(log, rows[:300])
    collector = collect(*cel_file(log))
    marked(collector)
    collector.end(number)
    append(log, rows[300:500])
    log.rename(log.with_suffix(".csv.1"))
    append(log, rows[500:])
    collector.start()
    wait_for(lambda: is_over(stub), "the calls to end")
    same_as_import(stub, imported)


def test_a_log_that_was_cut_in_place_is_told_as_a_gap(collect, stub, log, rows):
    append(log, rows[:300])
    collector = collect(*cel_file(log))
    wait_for(lambda: any(call.state == "live" for call in stub.calls.values()), "calls that are up")
    wait_for(lambda: "mark" in collector.spool.joinpath("state").read_text(), "the mark")
    with open(log, "w") as file:
        file.writelines(rows[300:310])
    wait_for(lambda: any(is_gap(step) for call in stub.calls.values() for step in call.steps), "the gap")
    assert "rows may be missing" in collector.end()


def test_a_log_that_is_gone_is_told_by_the_exit_status(collect, stub, log, rows):
    append(log, rows[:300])
    collector = collect(*cel_file(log, "--once"))
    assert collector.process.wait(60) == 0, collector.said()
    log.unlink()
    append(log, rows[300:])
    collector.start()
    assert collector.process.wait(60) == 3, collector.said()


def test_nothing_is_lost_while_the_server_takes_nothing(collect, stub, log, rows, imported):
    stub.fail = lambda path: 503
    append(log, rows)
    collector = collect(*cel_file(log))
    wait_for(lambda: collector.waiting() > 0, "lines in the spool")
    stub.fail = lambda path: None
    wait_for(lambda: is_over(stub), "the calls to end")
    same_as_import(stub, imported)


def test_rows_that_are_none_are_told(collect, stub, log, rows):
    append(log, rows[:50] + ["not a row\n"] + rows[50:100])
    collector = collect(*cel_file(log))
    wait_for(lambda: "rows-rejected" in collector.said(), "the row to be told")
    assert count_of(collector.end(), "rows_rejected") == 1


def test_wrong_columns_are_told_at_once(stub, tmp_path, log):
    (tmp_path / "columns").write_text("[mappings]\n")
    collector = Collector(tmp_path, stub, "cel-file", log, "--columns", tmp_path / "columns")
    done = subprocess.run(collector.command(), capture_output=True, text=True)
    assert done.returncode in (1, 2) and "columns" in done.stderr
