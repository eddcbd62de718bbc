# SPDX-License-Identifier: MIT
"""Asterisk's event log in the forms in which people have it. Each file under tests/fixtures/cel is small and made up; its properties are those of
real logs."""
import csv
import gzip
import io
import json
import re

import pytest

from .conftest import EVER

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


READ = [
    ("2026-11-24 05:30:00,123", "2026-11-24 05:30:00Z"),
    ("2026-11-24 5:30:00", "2026-11-24 05:30:00Z"),
    ("2026-11-24T05:30:00-0500", "2026-11-24 10:30:00Z"),
    ("2026-11-24T05:30:00Z", "2026-11-24 05:30:00Z"),
    ("2026-11-24 05:30:00+05:30", "2026-11-24 00:00:00Z"),
    ("2016-12-31 23:59:60", "2017-01-01 00:00:00Z"),
    ("2028-02-29 12:00:00", "2028-02-29 12:00:00Z"),
    ("4102444800.5", "2100-01-01 00:00:00Z"),
]


def test_a_time_that_can_be_read_in_one_way_is_read(program):
    for time, start in READ:
        take(program, program.write("log.csv", rows_at(time)))
        assert shown(program, "a.1")[0]["Started"] == start, time


REFUSED = [
    ("Tue Nov 24 05:30:00 2026", "write UNIX seconds or YYYY-MM-DD hh:mm:ss"),
    ("24/11/2026 05:30:00", "write UNIX seconds or YYYY-MM-DD hh:mm:ss"),
    ("11/24/2026 05:30:00 AM", "write UNIX seconds or YYYY-MM-DD hh:mm:ss"),
    ("1795498200123", "is this in milliseconds? write UNIX seconds"),
    ("2026-11-24 05:30:00 EST", "a zone is written as +hh:mm"),
    ("2027-02-29 12:00:00", "write UNIX seconds or YYYY-MM-DD hh:mm:ss"),
]


def test_any_other_time_is_refused_and_the_message_says_how_to_write_it(program):
    for time, advice in REFUSED:
        said = take(program, program.write("log.csv", rows_at(time)), status=1)
        assert f"eventtime '{time}' is not a time: {advice}" in said
        assert program.run("calls").stdout == ""


# ---- columns and how they are written ----

ADVANCED = ["Dialled 1204 from 201 (Ann Roe)", "Answered",
            "Hung up by the caller (PJSIP/201-00000041): normal call clearing (16)"]


def test_a_section_of_the_files_own_names_its_columns(program, cel):
    assert take(program, cel / "sections.csv", "--columns", cel / "sections.conf") == "took 1 calls (0 replaced), rejected 0\n"
    assert lines(program, "1795488000.41") == ADVANCED


def test_every_name_that_asterisk_has_for_a_column_is_known(program, cel):
    assert take(program, cel / "sections-header.csv") == "took 1 calls (0 replaced), rejected 0\n"
    header, _ = shown(program, "1795488000.41")
    assert (header["From"], header["To"]) == ("201", "1204")


@pytest.mark.parametrize("separator, quote, escape", [("\\t", '"', '"'), (";", "'", "'"), ("|", '"', "\\")])
def test_separator_quote_and_escape_are_those_of_the_section(program, cel, separator, quote, escape):
    byte = separator.replace("\\t", "\t")
    out = io.StringIO()
    writer = csv.writer(out, delimiter=byte, quotechar=quote, quoting=csv.QUOTE_ALL, lineterminator="\n",
                        doublequote=escape == quote, escapechar=None if escape == quote else escape)
    for row in csv.reader((cel / "sections.csv").open()):
        writer.writerow([f"Ann{byte}{quote}Roe{quote}" if field == "Ann Roe" else field for field in row])
    conf = program.write("cel_custom.conf", (cel / "sections.conf").read_text()
                         .replace("separator_character = ,", "separator_character = " + separator.replace(";", "\\;"))
                         .replace('quote_character = "', f"quote_character = {quote}\nquote_escape_character = {escape}"))
    assert take(program, program.write("calls.csv", out.getvalue()), "--columns", conf) == "took 1 calls (0 replaced), rejected 0\n"
    call = json.loads(program.run("show", "--json", "1795488000.41").stdout)
    assert [step["event"]["line"] for step in call["detail"]] == [
        f"Dialled 1204 from 201 (Ann{byte}{quote}Roe{quote})", *ADVANCED[1:]]


def test_fields_may_stand_apart_by_tabs_below_a_header_row(program, cel):
    assert take(program, cel / "tabs.tsv") == "took 1 calls (0 replaced), rejected 0\n"
    assert lines(program, "1795488000.41")[:2] == ADVANCED[:2]


@pytest.mark.parametrize("by_mapping", [False, True])
def test_rows_may_be_json(program, cel, by_mapping):
    conf = program.write("cel_custom.conf", "[cel.json]\nformat = json\nfields = EventType,EventTime,CIDName,CIDNum,Exten,Context,ChanName,UniqueID,LinkedID,Extra\n")
    assert take(program, cel / "objects.json", *(["--columns", conf] if by_mapping else [])) == "took 1 calls (0 replaced), rejected 0\n"
    assert lines(program, "1795488600.51") == ["Dialled 1204 from 201 (Ann Roe)", "Hung up: normal call clearing (16)"]


def test_json_that_is_not_an_object_is_a_reject(program, cel):
    text = (cel / "objects.json").read_text()
    said = take(program, program.write("log.json", text.replace("\n", "\n[1]\n{\n", 1)), status=3)
    assert "log.json:2: the row is not a JSON object (2 rows, lines 2, 3)\n" in said and "took 1 calls (0 replaced), rejected 2\n" in said


def test_json_of_cel_custom_escapes_quotes_alone(program, cel):
    """What it writes for a\\,b and for "x" with a tab, and a name in Latin-1."""
    row = (cel / "objects.json").read_text().splitlines()[0]
    row = row.replace("CHAN_START", "order").replace('"appname":""', '"appname":"CELGenUserEvent"').replace(
        '"extra":""', r'"extra":"{\"extra\":\"a\\"x\\"' + '\tb' + r'\"}"').replace('"appdata":""', r'"appdata":"order,a\,b"')
    text = (cel / "objects.json").read_text().replace("\n", "\n" + row + "\n", 1).encode().replace(b"Ann Roe", b"Ann Ro\xe9")
    assert take(program, program.write("cel.json", text)) == "took 1 calls (0 replaced), rejected 0\n"
    assert lines(program, "1795488600.51")[0] == "Dialled 1204 from 201 (Ann Ro\ufffd)"
    assert lines(program, "1795488600.51")[1].startswith("order: ")


def test_a_literal_in_a_mapping_is_a_column(program, cel):
    assert take(program, cel / "literal.csv", "--columns", cel / "literal.conf") == "took 1 calls (0 replaced), rejected 0\n"
    assert lines(program, "1795489200.61") == ["Dialled 1204 from 201 (Ann Roe)", "Hung up: normal call clearing (16)"]


def test_a_time_that_the_mapping_formats_and_blanks_around_quotes_are_read(program, cel):
    # STRFTIME(…,UTC,…): the zone of the exchange is not theirs.
    take(program, cel / "expressions.csv", "--columns", cel / "expressions.conf", "--zone", "America/New_York")
    header, steps = shown(program, "1795500000.591")
    assert header["From"] == "201" and header["Started"] == "2026-11-24 06:00:00Z"


@pytest.mark.parametrize("name", ["Short.csv", "Short.csv.1", "Short.csv-20261124"])
def test_of_several_mappings_it_is_the_one_for_the_input(program, cel, name):
    path = program.write(name, (cel / "Short.csv").read_bytes())
    take(program, path, "--columns", cel / "two-mappings.conf")
    assert "Calling PJSIP/204-00000222" in lines(program, "1795499400.221")


@pytest.mark.parametrize("name", ["Shorter.csv", "other.csv", "-"])
def test_when_none_of_several_mappings_is_for_the_input_nothing_is_guessed(program, cel, name):
    content = (cel / "Short.csv").read_text()
    if name != "-":
        program.write(name, content)
    said = take(program, "-" if name == "-" else program.home / name, "--columns", cel / "two-mappings.conf", status=1, input=content)
    assert "there are several mappings ('Master.csv', 'Short.csv')" in said
    assert program.run("calls").stdout == ""


def test_a_column_that_is_not_known_is_told_once(program):
    said = take(program, program.write("log.csv", (HEADER + "CHAN_START,100,Ann,1,2,c,S/a-1,,,a.1,a.1,,\n" * 3).replace("peer,extra", "color,shoe size")))
    assert said.count("columns that are not known were passed over: 'color', 'shoe size'\n") == 1
    assert "eventtype" not in said


def test_a_row_without_exactly_the_columns_is_a_reject_and_nothing_is_shifted(program, cel):
    said = take(program, cel / "unquoted.csv", status=1)
    assert "10 columns where 9 are expected: a field that holds the separator may lack its quotes (2 rows, lines 2, 3)\n" in said
    assert program.run("calls").stdout == ""


def test_null_without_quotes_is_no_value(program, cel):
    assert take(program, cel / "null.csv") == "took 2 calls (0 replaced), rejected 0\n"
    for session in ("1795497000.181", "1795497060.182"):
        header, steps = shown(program, session)
        assert header.get("From", "") == "" and steps[0][1] == "Dialled 300 from an unknown number"


def test_columns_of_an_old_version_are_refused_and_the_message_says_what_to_give(program, cel):
    said = take(program, cel / "old-columns.csv", status=1)
    assert "19 columns where 20 are expected: without a header row" in said and "--columns cel_custom.conf (2 rows, lines 1, 2)\n" in said


def test_rows_as_mariadb_prints_them_are_read(program, cel):
    text = (cel / "mariadb-batch.tsv").read_text()
    row = text.splitlines()[1].replace("CHAN_START", "HANGUP").replace("03:20:00", "03:20:09")
    more = row.replace("\tAnn Roe\t", '\t"Ann\\t\\\\Roe\t') + "\n" + row.replace("\t201\t", "\tNULL\t") + "\n"
    assert take(program, program.write("cel.tsv", text + more)) == "took 1 calls (0 replaced), rejected 0\n"
    header, steps = shown(program, "1795490400.1")
    assert header["From"] == "201" and header["Ended"] == "2026-11-24 03:20:09Z"
    assert steps[0][1] == "Dialled 1204 from 201 (Ann Roe)"


# ---- order and doubles ----

def calls_of(program, path, account):
    """What the file's calls are in their own account, by session."""
    program.run("account", "add", account, *EVER)
    take(program, path, "--account", account)
    stored = program.run("export", "--account", account).stdout.splitlines()
    return {json.loads(line)["session_id"]: line for line in stored}


def test_a_call_that_comes_newest_first_is_the_same_call(program, cel):
    expected = calls_of(program, cel / "oldest-first.csv", "one@example.org")
    assert len(expected) == 1 and calls_of(program, cel / "newest-first.csv", "two@example.org") == expected


@pytest.mark.parametrize("order", ["reversed", "by channel", "doubled", "doubled at a distance"])
def test_a_recording_gives_the_same_calls_however_its_rows_are_sorted_and_doubled(program, fixtures, order):
    log = fixtures / "asterisk" / "cel-Master.csv"
    rows = log.read_text().splitlines(keepends=True)
    expected = calls_of(program, log, "one@example.org")
    if order == "reversed":
        rows.reverse()
    elif order == "by channel":
        rows.sort(key=lambda row: row.split('","')[14])
        # The newest time first: from there on none of the calls is known to be over.
        last = next(i for i, row in enumerate(rows) if "pbx-1795459223.129" in row)
        rows = rows[last:] + rows[:last]
    elif order == "doubled":
        rows = [row for row in rows for _ in range(2)]
    else:
        rows = [row for i in range(0, len(rows), 5) for row in rows[i:i + 5] * 2]
    assert calls_of(program, program.write("log.csv", "".join(rows)), "two@example.org") == expected and len(expected) == 40


def test_a_row_equal_to_one_of_the_same_call_is_the_same_row(program, cel):
    text = (cel / "twice.csv").read_text()
    plain = program.write("once.csv", "".join(dict.fromkeys(text.splitlines(keepends=True))))
    expected = calls_of(program, plain, "one@example.org")
    assert calls_of(program, cel / "twice.csv", "two@example.org") == expected
    assert len(json.loads(expected["1795496400.171"])["detail"]) == 5


def test_rows_that_differ_in_a_column_without_a_meaning_are_two(program):
    rows = [("CHAN_START", 0, ""), ("DTMF", 1, "1"), ("DTMF", 1, "1"), ("HANGUP", 5, "")]
    text = "id," + HEADER + "".join(
        f'{i},{event},{100 + at},Ann,1,2,c,S/a-1,Read,"ORDER,ask",a.1,a.1,,"{{""digit"":""{digit}""}}"\n'
        for i, (event, at, digit) in enumerate(rows))
    take(program, program.write("log.csv", text))
    assert "User input: 11 (dtmf)" in lines(program, "a.1")


# ---- zones ----

DISAGREE = "times disagree with the channels' ids, which hold UNIX seconds, in 1 of 1 channels; that of line 2 is 5:00 hours before its id: "


def test_times_that_disagree_with_the_ids_are_warned_of(program, cel):
    said = take(program, cel / "local-times.csv")
    assert said.endswith(f"local-times.csv: {DISAGREE}import it again with --zone and the exchange's zone\ntook 1 calls (0 replaced), rejected 0\n")
    said = take(program, cel / "local-times.csv", "--zone", "Europe/London")
    assert f"{DISAGREE}is --zone the exchange's zone?\n" in said
    assert take(program, cel / "local-times.csv", "--zone", "America/New_York") == "took 1 calls (1 replaced), rejected 0\n"
    assert shown(program, "1795486201.681")[0]["Started"] == "2026-11-24 02:10:01Z"


def test_a_recording_whose_times_agree_is_not_warned_of(program, fixtures):
    assert take(program, fixtures / "asterisk" / "cel-Master.csv") == "took 40 calls (0 replaced), rejected 0\n"


@pytest.mark.parametrize("newest_first", [False, True])
def test_the_hour_that_comes_twice_is_told_by_the_channels_ids(program, cel, newest_first):
    header, *rows = (cel / "summer-time.csv").read_text().splitlines(keepends=True)
    log = program.write("log.csv", header + "".join(rows[::-1] if newest_first else rows))
    assert take(program, log, "--zone", "America/New_York") == "took 2 calls (0 replaced), rejected 0\n"
    first, second = (shown(program, session)[0] for session in ("1793512790.231", "1793514600.232"))
    assert (first["Started"], first["Ended"]) == ("2026-11-01 05:59:50Z", "2026-11-01 06:00:10Z")
    assert (second["Started"], second["Ended"]) == ("2026-11-01 06:30:00Z", "2026-11-01 06:30:09Z")


def test_the_extras_of_a_mapping_that_doubles_no_quotes_are_whole(program):
    conf = program.write("cel_custom.conf", "[mappings]\nMaster.csv => " + ",".join(f'"${{{name}}}"' for name in (
        "eventtype", "eventtime", "CALLERID(num)", "CHANNEL(exten)", "CHANNEL(channame)", "eventextra", "CHANNEL(linkedid)")) + "\n")
    log = program.write("Master.csv", """"CHAN_START","100.5","1","2","SIP/a-1","","a.1"
"HANGUP","105.5","1","2","SIP/a-1","{"hangupcause":17,"hangupsource":"SIP/a-1","dialstatus":""}","a.1"
""")
    assert take(program, log, "--columns", conf) == "took 1 calls (0 replaced), rejected 0\n"
    assert lines(program, "a.1")[-1] == "Hung up by the caller (SIP/a-1): user busy (17)"


def test_what_was_read_of_a_file_that_breaks_off_is_kept_and_its_bad_rows_are_told(program):
    text = HEADER + "CHAN_START,noon,Ann,1,2,c,S/a-1,,,a.1,a.1,,\n" + "".join(
        f"CHAN_START,{100 + i},Ann,{i},2,c,S/a-{i},,,b.{i},b.{i},,\n" for i in range(5000))
    path = program.write("log.csv.gz", gzip.compress(text.encode())[:-12])
    said = take(program, path, status=1)
    assert "log.csv.gz:2: session 'a.1': eventtime 'noon' is not a time" in said and "cut off" in said
    assert re.search(r"^took 4,[0-9]+ calls|^took 5,000 calls", said, re.M)


# ---- how calls went ----

def outcomes(program):
    """By session: outcome, when a person answered, for how long persons talked, which side ended it."""
    calls = json.loads(program.run("search", "--json", "--limit", "1000").stdout)["calls"]
    return {call["session_id"]: tuple(call[name] for name in ("outcome", "answered", "talk", "ended_by")) for call in calls}


def test_a_caller_who_gave_up_in_the_queue_can_be_asked_for(program, cel):
    take(program, cel / "queue.csv")
    assert outcomes(program) == {"1795560000.511": ("abandoned", None, None, "caller"), "1795560100.513": ("answered", 1795560105, 60, "caller")}
    found = {options: program.run("calls", *options).stdout for options in (
        ("--outcome", "missed,abandoned"), ("--answered", "false"), ("--answered", "true", "--min-talk", "60"), ("--ended-by", "caller", "--max-talk", "60"))}
    assert ["1795560000.511" in listed for listed in found.values()] == [True, True, False, False]
    assert ["1795560100.513" in listed for listed in found.values()] == [False, False, True, True]
    assert "1795560000.511\tabandoned" in found["--answered", "false"]
    counted = program.run("stats", "--group", "outcome", "--start", "1795560000").stdout
    assert [line.split("\t")[:2] for line in counted.splitlines()] == [["abandoned", "1"], ["answered", "1"]]


@pytest.mark.parametrize("name, expected", [
    ("pickup", {"1795489800.91": ("answered", 1795489804, 30, "called"), "1795489804.93": (None, None, None, None)}),
    ("transfer-by-refer", {"1795491000.111": ("answered", 1795491003, 87, "called"), "1795491020.113": ("answered", 1795491023, 7, None)}),
    ("failover", {"1795561000.521": ("answered", 1795561005, 10, "caller")}),
    ("click-to-call", {"1795566000.581": ("answered", 1795566008, 30, "called")}),
    ("before-version-12", {"1795492800.141": ("answered", 1795492803, 9, "caller")}),
    ("begins-in-queue", {"1795564700.500": ("answered", 1795564830, 120, None)}),
    ("analog", {"1795562000.531": (None, None, None, None)})])
def test_how_a_call_went_is_told_by_bridges_and_causes(program, cel, name, expected):
    take(program, cel / f"{name}.csv")
    assert outcomes(program) == expected


@pytest.mark.parametrize("order", ["12", "21"])
def test_two_parts_of_a_call_say_together_how_it_went(program, cel, order):
    for number in order:
        take(program, cel / f"day-{number}.csv")
        alone = {"1": (None, None, None, None), "2": ("abandoned", None, None, "caller")}
        assert outcomes(program) == {"1795564680.161": alone[number] if number == order[0] else alone["2"]}


# What tests/fixtures/asterisk/FACTS.md and the recording itself say, without the `pbx-` of the sessions.
RECORDED = {
    "1795459153.0": ("failed", None, None, "system"),
    "1795459157.1": ("answered", 1795459161, 5, "called"),
    "1795459158.2": ("completed", None, None, "system"),
    "1795459160.3": ("failed", None, None, "system"),
    "1795459161.5": ("abandoned", None, None, "caller"),
    "1795459163.6": ("completed", None, None, "system"),
    "1795459164.7": ("completed", None, None, "system"),
    "1795459166.10": ("answered", 1795459167, 5, None),
    "1795459167.14": ("failed", None, None, "system"),
    "1795459169.16": ("failed", None, None, "system"),
    "1795459170.18": ("failed", None, None, "system"),
    "1795459172.20": ("voicemail", None, None, "system"),
    "1795459173.21": ("answered", 1795459174, 3, "caller"),
    "1795459174.26": ("answered", 1795459175, 8, "called"),
    "1795459177.29": ("answered", 1795459178, 6, "called"),
    "1795459179.34": ("transferred", 1795459180, 4, "caller"),
    "1795459181.38": ("answered", 1795459183, 8, "caller"),
    "1795459183.43": ("busy", None, None, "caller"),
    "1795459185.49": ("failed", None, None, "system"),
    "1795459186.56": ("missed", None, None, "caller"),
    "1795459187.58": ("answered", 1795459189, 3, "system"),
    "1795459188.62": ("busy", None, None, None),
    "1795459189.65": ("failed", None, None, None),
    "1795459190.67": ("missed", None, None, None),
    "1795459191.70": ("failed", None, None, "system"),
    "1795459191.71": ("failed", None, None, None),
    "1795459193.75": ("answered", 1795459193, 2, "called"),
    "1795459194.76": ("answered", 1795459200, 5, None),
    "1795459194.78": ("failed", None, None, None),
    "1795459194.81": ("transferred", 1795459195, 5, "caller"),
    "1795459195.85": ("answered", 1795459196, 4, "system"),
    "1795459197.93": ("answered", 1795459201, 4, "called"),
    "1795459199.94": ("abandoned", None, None, "caller"),
    "1795459203.107": ("completed", None, None, "system"),
    "1795459204.108": (None, None, None, None),
    "1795459205.109": ("completed", None, None, "system"),
    "1795459206.114": ("abandoned", None, None, "caller"),
    "1795459207.116": ("voicemail", None, None, "caller"),
    "1795459209.121": ("voicemail", None, None, "system"),
    "1795459223.129": (None, None, None, None),
}


def test_how_each_recorded_call_went(program, fixtures):
    take(program, fixtures / "asterisk" / "cel-Master.csv", "--zone", "America/New_York")
    assert outcomes(program) == {f"pbx-{session}": facts for session, facts in RECORDED.items()}
