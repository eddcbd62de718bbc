# SPDX-License-Identifier: MIT
"""callstep collect cel-file: a log that grows, is rotated, is cut, and is read again after a restart."""
import signal
import subprocess

import pytest

from .conftest import CEL, FIXTURES, Collector, count_of, is_gap, lines, wait_for

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
    wait_for(lambda: collector.waiting() == 0, "the spool to be empty")
    assert stub.calls.keys() == imported.keys()
    collector.start()
    assert collector.process.wait(60) == 0, collector.said()


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


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_log_that_was_rotated_while_the_collector_was_away_is_found(collect, stub, log, rows, imported, number):
    append(log, rows[:300])
    collector = collect(*cel_file(log))
    wait_for(lambda: collector.spool.joinpath("state").exists() and '"mark"' in collector.spool.joinpath("state").read_text(), "the mark")
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


def test_the_log_waits_while_the_spool_is_full_and_nothing_is_lost(collect, stub, log, rows, imported):
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
