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
    ("cut.gz", gzip.compress(ndjson([call("a")]).encode())[:-12], "cut off"),
    ("words.txt", b"just some words\n", "name what it is with --format"),
])
def test_what_cannot_be_read_is_a_failure_that_names_the_file(program, name, content, sentence):
    path = program.write(name, content)
    done = program.run("import", path, status=1)
    assert f"callstep: {path}: " in done.stderr and sentence in done.stderr


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
    whole = program.run("export").stdout
    assert program.run("import", "-", input=whole).stderr == "took 300 calls (300 replaced), rejected 0\n"
    assert program.run("export").stdout == whole
    document = program.run("export", "--format", "json").stdout
    assert program.run("import", "-", input=document).stderr == "took 300 calls (300 replaced), rejected 0\n"
    markup = program.run("export", "--format", "xml").stdout
    assert program.run("import", "-", input=markup).stderr == "took 300 calls (300 replaced), rejected 0\n"
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


def test_several_logs_of_asterisk_are_to_be_joined_since_calls_cross_from_one_to_the_next(program, fixtures):
    log = fixtures / "asterisk" / "cel-Master.csv"
    done = program.run("import", "--format", "asterisk-cel", log, log, status=2)
    assert "oldest first" in done.stderr


def test_the_formats_in_help_are_those_that_are_there(program):
    listed = program.run("import", "--format", "?", "-", status=2).stderr
    names = listed.split("write ")[1].strip().split(", ")
    text = program.run("help", "import").stdout
    assert {"json", "ndjson", "fuse", "asterisk-cel"} <= set(names)
    assert all(re.search(rf"^  (\w+, )?{name}\b", text, re.M) for name in names)
