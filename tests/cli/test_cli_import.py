# SPDX-License-Identifier: MIT
"""Taking calls in and giving them out again."""
import gzip
import json
import re
import subprocess
import xml.etree.ElementTree as ElementTree

import pytest


def call(session, start=1000, **members):
    return {"dest": "100", "src": "200", "start": str(start), "end": str(start + 5), "session_id": session,
            "detail": [{"event": {"line": "hello", "data": {"module_type": "prompt", "result_variable": "x"}},
                        "class": "info", "timestamp": start}],
            "type": "inbound", "log": True, **members}


def ndjson(calls):
    return "".join(json.dumps(c, separators=(",", ":")) + "\n" for c in calls)


def compact(document):
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False) + "\n"


def test_the_example_comes_out_as_it_went_in(example, fixtures):
    document = json.loads((fixtures / "example.json").read_text())
    assert example.run("export", "--format", "json").stdout == compact(document)
    assert example.run("export").stdout == compact(document["calls"][0])
    assert example.run("show", "--json", "100035;000;1575898377").stdout == compact(document["calls"][0])


def test_the_example_in_xml_is_the_same_call(program, fixtures):
    done = program.run("import", fixtures / "example.xml")
    assert done.stderr == "took 1 calls (0 replaced), rejected 0\n"
    ours = ElementTree.fromstring(program.run("export", "--format", "xml").stdout)
    theirs = ElementTree.parse(fixtures / "example.xml").getroot()
    # The page's example has lost the space at the end of one line.
    def flat(tree):
        return [(e.tag, (e.text or "").strip()) for e in tree.iter()]
    assert flat(ours) == flat(theirs)


def test_an_empty_export_is_a_whole_document(program):
    assert program.run("export").stdout == ""
    assert program.run("export", "--format", "json").stdout == '{"calls":[],"total_calls":0}\n'
    ElementTree.fromstring(program.run("export", "--format", "xml").stdout)


def test_importing_twice_replaces(program):
    calls = program.write("calls.ndjson", ndjson(call(f"s{i}") for i in range(10)))
    assert program.run("import", calls).stderr == "took 10 calls (0 replaced), rejected 0\n"
    assert program.run("import", calls).stderr == "took 10 calls (10 replaced), rejected 0\n"
    assert program.run("calls").stderr == "1–10 of 10 calls\n"


@pytest.mark.parametrize("content", [
    ndjson([call("a"), call("b")]),
    json.dumps({"calls": [call("a"), call("b")], "total_calls": 2}),
    json.dumps({"calls": [call("a"), call("b")]}, indent=2),
    json.dumps({"total_calls": 2, "calls": [call("a"), call("b")]}),
    ndjson([call("a")]) + "\n\n" + ndjson([call("b")]).strip(),
], ids=["ndjson", "document", "indented", "total first", "empty lines"])
def test_the_shape_is_told_by_the_content(program, content):
    done = program.run("import", "-", input=content)
    assert done.stderr == "took 2 calls (0 replaced), rejected 0\n"


def test_compressed_files_are_told_by_their_first_bytes(program):
    content = ndjson(call(f"s{i}") for i in range(1000)).encode()
    program.write("plain", content)
    program.write("gz", gzip.compress(content))
    subprocess.run(["zstd", "-q", program.home / "plain", "-o", program.home / "zst"], check=True)
    for name in ("plain", "gz", "zst"):
        assert program.run("import", program.home / name).stderr.startswith("took 1,000 calls")


def test_rejects_are_named_with_file_line_and_session_and_the_others_are_taken(program):
    bad = call("bad-one", end="1")
    path = program.write("mixed.ndjson", ndjson([call("a")]) + ndjson([bad]) + "not json\n" + ndjson([call("b")]))
    done = program.run("import", path, status=3)
    lines = done.stderr.splitlines()
    assert any(re.match(rf"{re.escape(str(path))}:2: session 'bad-one': .*end", line) for line in lines)
    assert any(line.startswith(f"{path}:3: ") for line in lines)
    assert lines[-1] == "took 2 calls (0 replaced), rejected 2"


@pytest.mark.parametrize("name, content, sentence", [
    ("cut.gz", gzip.compress(ndjson([call("a")]).encode(), mtime=0)[:-12], "cut off"),
    ("words.txt", b"just some words\n", "it is of no kind that is known; what is read is"),
])
def test_what_cannot_be_read_is_a_failure_that_names_the_file(program, name, content, sentence):
    path = program.write(name, content)
    done = program.run("import", path, status=1)
    assert f"callstep: {path}: " in done.stderr and sentence in done.stderr


READ = "what is read is this API's JSON and XML, and by --format asterisk-cel, "


OF_OTHERS = [
    ("3cx.csv", f"call detail records of 3CX, and that is not read; {READ}"),
    ("amazon-connect-flow.json", f"a flow log of Amazon Connect, and that is not read; {READ}"),
    ("ami-cel.txt", f"events of Asterisk's manager interface, and that is not read; {READ}"),
    ("array.json", "an array of this API's calls, and that is not read: write {\"calls\":[…]}, or a call a line"),
    ("freeswitch-master.csv", f"FreeSWITCH's call detail records, and that is not read; {READ}"),
    ("generic.csv", "calls as this program exports them as CSV, and that is not read: export them without --format csv"),
    ("jambonz.json", f"a call record of jambonz, and that is not read; {READ}"),
    ("mysql-dump.sql", "a dump of a database, and that is not read: print the table's rows with a header, as \"mariadb --batch -e"),
    ("plum-call-detail.json", "the detail of one call without the call, and that is not read: give it as the member 'detail' of its call"),
    ("plum-dev-session-logs.json", f"session logs of Plum DEV, and that is not read; {READ}"),
    ("twilio-calls.csv", f"Twilio's list of calls, and that is not read; {READ}"),
    ("vonage.json", f"an event of a Vonage call, and that is not read; {READ}"),
]


@pytest.mark.parametrize("options", [[], ["--format", "asterisk-cel"]], ids=["", "asterisk-cel"])
def test_an_input_of_another_program_is_named(program, fixtures, options):
    for name, what in OF_OTHERS:
        done = program.run("import", *options, fixtures / "formats" / name, status=1)
        assert f"{name}: it seems to be {what}" in done.stderr
        assert done.stderr.endswith("took 0 calls (0 replaced), rejected 0\n") and done.stderr.count("\n") == 2


OF_OTHER_FORMATS = [
    ("freeswitch-xml-cdr.xml", "FreeSWITCH's call detail record: say --format freeswitch"),
    ("queue_log", "Asterisk's queue_log: say --format queue-log"),
    ("twilio-studio-steps.json", "Twilio's events or answers: say --format twilio"),
]


@pytest.mark.parametrize("options", [[], ["--format", "asterisk-cel"]], ids=["", "asterisk-cel"])
def test_an_input_of_another_format_is_named_with_what_to_say(program, fixtures, options):
    for name, what in OF_OTHER_FORMATS:
        done = program.run("import", *options, fixtures / "formats" / name, status=1)
        assert f"{name}: it seems to be {what}\n" in done.stderr


CDR_ROW = (b'\xef\xbb\xbf\n"acme","1","2","c","","a","","Dial","x","2026-11-23 13:39:13","","2026-11-23 13:39:25",12,12,"ANSWERED","DOCUMENTATION",'
           b'"1.0","","","1.0",0\n')
CDR_TABLE = b"calldate\tclid\tsrc\tdst\tdcontext\tdisposition\n2026-11-23 13:39:13\t\t1\t2\tc\tBUSY\n"


@pytest.mark.parametrize("options", [[], ["--format", "asterisk-cel"]], ids=["", "asterisk-cel"])
def test_call_detail_records_are_named_with_what_to_say(program, options):
    for content in (CDR_ROW, CDR_TABLE):
        done = program.run("import", *options, program.write("input", content), status=1)
        assert "it seems to be Asterisk's call detail records: say --format asterisk-cdr\n" in done.stderr


BEGINNINGS = [
    (b"SQLite format 3\0", "an SQLite database, and that is not read: print the table's rows"),
    ("{}".encode("utf-16"), "text in UTF-16, and that is not read: convert it"),
    (b"PK\x03\x04rest", "a zip archive or a spreadsheet"),
    (b"[Nov 23 13:39:12] VERBOSE[2916] pbx.c: Executing\n", "Asterisk's own log"),
    (b"<!DOCTYPE html><html>", "a web page"),
    (b"name,number,when\nAnn,1,now\n", "CSV that begins with 'name,number,when', and that is not read; what is read is"),
]


def test_any_other_input_is_told_by_how_it_begins(program):
    for content, what in BEGINNINGS:
        done = program.run("import", program.write("input", content), status=1)
        assert f"it seems to be {what}" in done.stderr


def test_calls_that_only_mention_another_programs_words_are_read(program):
    detail = [{"event": {"line": "core-uuid", "data": {"module_type": "meta", "result_variable": "", "conversation_uuid": "1", "calls": "2"}},
               "class": "info", "timestamp": 1000}]
    for content in (ndjson([call("a", detail=detail)]), json.dumps({"calls": [call("a", detail=detail)]})):
        assert program.run("import", "-", input=content).stderr.startswith("took 1 calls")


NOTHING = [
    ([], "", "no call was found in it"),
    ([], " \n\n", "no call was found in it"),
    ([], '{"calls":[]}', "no call was found in it"),
    (["--format", "asterisk-cel"], "", "no call was found: it has no rows"),
    (["--format", "asterisk-cel"], "eventtype,eventtime,linkedid\n", "no call was found: it has no rows"),
]


def test_an_input_without_a_call_says_so(program):
    for options, content, sentence in NOTHING:
        done = program.run("import", *options, "-", input=content)
        assert done.stderr == f"standard input: {sentence}\ntook 0 calls (0 replaced), rejected 0\n"


def test_an_event_log_of_which_no_row_can_be_read_says_so_in_one_line_a_kind(program):
    rows = "eventtype,eventtime,linkedid\n" + "HANGUP,noon,a\n" * 1000 + "HANGUP,1\n" + ",1,b\n"
    done = program.run("import", "--format", "asterisk-cel", "-", input=rows, status=1)
    assert done.stderr.splitlines() == [
        "standard input:2: session 'a': eventtime 'noon' is not a time: write UNIX seconds or YYYY-MM-DD hh:mm:ss; if the columns have another "
        "order, name them by a header row or --columns (1000 rows, lines 2, 3, 4, 5, 6, 7, 8, 9 and so on)",
        "standard input:1002: 2 columns where 3 are expected",
        "standard input:1003: session 'b': the eventtype is empty",
        "callstep: standard input: no call was found: none of its rows could be read as one of Asterisk's channel event log",
        "took 0 calls (0 replaced), rejected 1,002"]


def test_a_missing_file_does_not_stop_the_others(program):
    good = program.write("good.ndjson", ndjson([call("a")]))
    done = program.run("import", program.home / "missing", good, status=1)
    assert "missing" in done.stderr
    assert done.stderr.endswith("took 1 calls (0 replaced), rejected 0\n")


def test_quiet_says_nothing(program):
    assert program.run("import", "--quiet", "-", input=ndjson([call("a")])).stderr == ""
    assert program.run("export", "--quiet").stderr == ""


def test_export_can_be_imported_again_whole(program):
    program.run("import", "-", input=program.run("generate", "--calls", "300").stdout)
    program.run("import", "-", input=ndjson([{**call("told"), "outcome": "voicemail", "answered": 7, "talk": 5, "ended_by": "system"},
                                             {**call("bare"), "detail": False, "outcome": "missed"}]))
    whole = program.run("export").stdout
    assert '"outcome":"voicemail","answered":7,"talk":5,"ended_by":"system"}' in whole
    assert program.run("import", "-", input=whole).stderr == "took 302 calls (302 replaced), rejected 0\n"
    assert program.run("export").stdout == whole
    document = program.run("export", "--format", "json").stdout
    assert program.run("import", "-", input=document).stderr == "took 302 calls (302 replaced), rejected 0\n"
    markup = program.run("export", "--format", "xml").stdout
    assert program.run("import", "-", input=markup).stderr == "took 302 calls (302 replaced), rejected 0\n"
    assert program.run("export").stdout == whole


def test_export_keeps_to_window_and_number(program):
    program.run("import", "-", input=ndjson([call("a", 1000), call("b", 2000), call("c", 3000, dest="(617) 712-3001")]))
    def sessions(*arguments):
        return [json.loads(line)["session_id"] for line in program.run("export", *arguments).stdout.splitlines()]
    assert sessions() == ["c", "b", "a"]
    assert sessions("--start", "1000", "--end", "3000") == ["b", "a"]
    assert sessions("--number", "617.712.3001") == ["c"]


def test_output_appears_only_when_it_is_whole(program):
    program.run("import", "-", input=ndjson([call("a")]))
    path = program.home / "out.ndjson"
    done = program.run("export", "--output", path)
    assert done.stdout == "" and done.stderr == "wrote 1 calls\n"
    assert json.loads(path.read_text())["session_id"] == "a"
    done = program.run("export", "--output", program.home / "no" / "such" / "folder", status=1)
    assert "callstep: cannot make a file beside" in done.stderr
    assert [p.name for p in program.home.iterdir() if p.name.startswith("out")] == ["out.ndjson"]


def test_shift_to_moves_the_newest_call_to_the_time_and_the_others_with_it(program):
    one = program.write("one.ndjson", ndjson([call("a", 1000), call("b", 2000)]))
    two = program.write("two.json", json.dumps({"calls": [call("c", 3000)]}, indent=1))
    program.run("import", "--shift-to", "1000000", one, two)
    calls = [json.loads(line) for line in program.run("export").stdout.splitlines()]
    assert [(c["session_id"], c["start"], c["end"], c["detail"][0]["timestamp"]) for c in calls] == [
        ("c", "999995", "1000000", 999995), ("b", "998995", "999000", 998995), ("a", "997995", "998000", 997995)]


def test_recordings_of_asterisk_are_imported(program, fixtures):
    logs = sorted((fixtures / "asterisk").glob("cel*.csv*"))
    assert logs
    done = program.run("import", "--format", "asterisk-cel", logs[0])
    taken = int(re.match(r"took ([\d,]+) calls", done.stderr.splitlines()[-1])[1].replace(",", ""))
    assert taken > 10
    assert program.run("import", "--format", "asterisk-cel", logs[0]).stderr.splitlines()[-1].startswith(
        f"took {taken} calls ({taken} replaced)")


def test_a_recording_of_asterisk_without_its_format_is_recognised_and_not_guessed(program, fixtures):
    done = program.run("import", fixtures / "asterisk" / "cel-Master.csv", status=1)
    assert "say --format asterisk-cel" in done.stderr


def calls_of(program):
    return {one["session_id"]: one for one in map(json.loads, program.run("export").stdout.splitlines())}


def import_log(program, *logs, **more):
    return program.run("import", "--format", "asterisk-cel", *logs, **more)


@pytest.mark.parametrize("order", [(1, 2), (2, 1), (1, 2, 1), (2, 1, 2, 1)])
def test_a_call_that_two_logs_hold_parts_of_is_one_call_whichever_comes_first(program, fixtures, order):
    days = {day: fixtures / "cel" / f"day-{day}.csv" for day in (1, 2)}
    for day in order:
        assert import_log(program, days[day]).stderr.endswith("rejected 0\n")
    joined = program.run("export").stdout
    program.run("erase", "--session", "1795564680.161", "--yes")
    whole = days[1].read_text() + days[2].read_text().split("\n", 1)[1]
    import_log(program, program.write("whole.csv", whole))
    assert joined == program.run("export").stdout
    assert [step["event"]["line"] for step in json.loads(joined)["detail"]] == [
        "Dialled 300 from +12125550101 (Ann Roe)", "Answered", "order: 4711", "paid: yes",
        "Hung up by the caller (PJSIP/carrier-00000161): normal call clearing (16)"]
    assert program.run("search", "order paid").stdout.count("1795564680.161") == 1


def test_several_logs_may_be_imported_at_once(program, fixtures):
    import_log(program, fixtures / "cel" / "day-2.csv", fixtures / "cel" / "day-1.csv")
    (call,) = calls_of(program).values()
    assert (call["start"], call["end"], len(call["detail"])) == ("1795564680", "1795564860", 5)


def test_a_recording_cut_anywhere_is_the_same_calls_in_either_order(program, fixtures):
    rows = (fixtures / "asterisk" / "cel-Master.csv").read_text().splitlines(keepends=True)
    import_log(program, program.write("whole.csv", "".join(rows)))
    whole = calls_of(program)
    for at in range(100, len(rows), 250):
        halves = [program.write("first.csv", "".join(rows[:at])), program.write("second.csv", "".join(rows[at:]))]
        for name, order in (("onward", halves), ("backward", halves[::-1]), ("again", halves * 2)):
            import_log(program, "--system", f"{name}{at}", *order)
        held = calls_of(program)
        found = [{session: {**held[f"{name}{at}-{session}"], "session_id": session} for session in whole}
                 for name in ("onward", "backward", "again")]
        assert found[0] == found[1] == found[2]
        for session, call in whole.items():
            joined = found[0][session]
            assert {**joined, "detail": None} == {**call, "detail": None}
            # What began before the cut and ends behind it is said twice, or without its length.
            lines = [step["event"]["line"].split(" after ")[0] for step in joined["detail"]]
            assert "The recording begins during the call" not in lines or call["start"] == "1795459153"
            for step in call["detail"]:
                if step["event"]["data"]["module_type"] in ("start", "answer", "transfer", "park", "CELGenUserEvent"):
                    assert step["event"]["line"] in lines


def test_exchanges_that_give_the_same_ids_are_told_apart_by_their_names(program, fixtures):
    logs = {name: fixtures / "cel" / f"exchange-{name}.csv" for name in ("a", "b")}
    for name, log in logs.items():
        assert "(0 replaced)" in import_log(program, "--system", name, log).stderr
    assert {session: call["dest"] for session, call in calls_of(program).items()} == {
        "a-1795550000.1": "300", "b-1795550000.1": "400"}
    import_log(program, "--system", "a", logs["a"])
    assert len(calls_of(program)) == 2


def test_a_replacement_with_other_numbers_and_another_channel_is_warned_about(program, fixtures):
    logs = {name: fixtures / "cel" / f"exchange-{name}.csv" for name in ("a", "b")}
    assert import_log(program, logs["a"], logs["a"]).stderr == "took 2 calls (1 replaced), rejected 0\n"
    warned = import_log(program, logs["b"]).stderr
    assert "exchange-b.csv:2: session '1795550000.1': " in warned
    assert "other numbers and another channel" in warned and "--system" in warned
    assert "took 1 calls (1 replaced), rejected 0\n" in warned


@pytest.mark.parametrize("name", ["x" * 65, "a\tb"])
def test_the_name_of_an_exchange_is_short_and_has_no_control_characters(program, fixtures, name):
    done = import_log(program, "--system", name, fixtures / "cel" / "exchange-a.csv", status=2)
    assert "--system takes a name of 1 to 64 bytes" in done.stderr


def test_the_formats_in_help_are_those_that_are_there(program):
    listed = program.run("import", "--format", "?", "-", status=2).stderr
    names = listed.split("write ")[1].strip().split(", ")
    text = program.run("help", "import").stdout
    assert {"json", "ndjson", "fuse", "asterisk-cel"} <= set(names)
    assert all(re.search(rf"^  (\w+, )?{name}\b", text, re.M) for name in names)
