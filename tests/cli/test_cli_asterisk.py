# SPDX-License-Identifier: MIT
"""Asterisk's event log in the forms in which people have it. Each file under tests/fixtures/cel is small and made up; its properties are those of
real logs."""
import re

import pytest

HEADER = "eventtype,eventtime,cid_name,cid_num,exten,context,channame,appname,appdata,uniqueid,linkedid,peer,extra\n"


@pytest.fixture
def cel(fixtures):
    return fixtures / "cel"


def take(program, path, *options, status=0, **more):
    """What the import says."""
    return program.run("import", "--format", "asterisk-cel", *options, path, status=status, **more).stderr


def shown(program, session):
    """The call's header, and its steps: seconds after the first, class, line."""
    text = program.run("show", "--utc", session).stdout
    header = dict(re.findall(r"^  (\w+) +(.*)$", text, re.M))
    steps = [line.split("\t") for line in text.splitlines() if re.match(r"\d{4}-", line)]
    return header, [(at, words) for at, _, _, words, *_ in steps]


def lines(program, session):
    return [words for _, words in shown(program, session)[1]]


# ---- times ----

def test_postgresqls_own_text_of_a_time_with_a_zone_is_read(program, cel):
    assert take(program, cel / "postgresql-times.csv") == "took 1 calls (0 replaced), rejected 0\n"
    header, steps = shown(program, "1795486201.17")
    assert (header["Started"], header["Ended"]) == ("2026-11-24 02:10:01Z", "2026-11-24 02:10:09Z")
    assert steps == [("2026-11-24 02:10:01Z", "Dialled 1204 from 201 (Ann Roe)"),
                     ("2026-11-24 02:10:02Z", "Answered"),
                     ("2026-11-24 02:10:09Z", "Hung up by the caller (PJSIP/201-00000011): normal call clearing (16)")]


def rows_at(time):
    return HEADER + "".join(f'{event},"{time}",Ann,1,2,c,S/a-1,,,a.1,a.1,,\n' for event in ("CHAN_START", "HANGUP"))


@pytest.mark.parametrize("time, start", [
    ("2026-11-24 05:30:00,123", "2026-11-24 05:30:00Z"),
    ("2026-11-24 5:30:00", "2026-11-24 05:30:00Z"),
    ("2026-11-24T05:30:00-0500", "2026-11-24 10:30:00Z"),
    ("2026-11-24T05:30:00Z", "2026-11-24 05:30:00Z"),
    ("2026-11-24 05:30:00+05:30", "2026-11-24 00:00:00Z"),
    ("2016-12-31 23:59:60", "2017-01-01 00:00:00Z"),
    ("2028-02-29 12:00:00", "2028-02-29 12:00:00Z"),
    ("4102444800.5", "2100-01-01 00:00:00Z"),
])
def test_a_time_that_can_be_read_in_one_way_is_read(program, time, start):
    take(program, program.write("log.csv", rows_at(time)))
    assert shown(program, "a.1")[0]["Started"] == start


@pytest.mark.parametrize("time, advice", [
    ("Tue Nov 24 05:30:00 2026", "write UNIX seconds or YYYY-MM-DD hh:mm:ss"),
    ("24/11/2026 05:30:00", "write UNIX seconds or YYYY-MM-DD hh:mm:ss"),
    ("11/24/2026 05:30:00 AM", "write UNIX seconds or YYYY-MM-DD hh:mm:ss"),
    ("1795498200123", "is this in milliseconds? write UNIX seconds"),
    ("2026-11-24 05:30:00 EST", "a zone is written as +hh:mm"),
    ("2027-02-29 12:00:00", "write UNIX seconds or YYYY-MM-DD hh:mm:ss"),
])
def test_any_other_time_is_refused_and_the_message_says_how_to_write_it(program, time, advice):
    said = take(program, program.write("log.csv", rows_at(time)), status=1)
    assert f"eventtime '{time}' is not a time: {advice}" in said
    assert program.run("calls").stdout == ""
