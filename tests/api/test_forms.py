# SPDX-License-Identifier: MIT
"""What real senders put round their JSON: marks, other encodings, many members, times in milliseconds, ids that look like something else. By
POST and by import alike."""
import gzip
import json
import re
import subprocess

import pytest

from conftest import EMAIL, Client, add_account, call, callstep

NDJSON, DOCUMENT = "application/x-ndjson", "application/json"
MARK = b"\xef\xbb\xbf"


def zstd(data):
    return subprocess.run(["zstd", "-q", "-c"], input=data, capture_output=True, check=True).stdout


CODINGS = {"identity": lambda data: data, "gzip": gzip.compress, "zstd": zstd}
LINES = [json.dumps(call(f"s{i}")).encode() + b"\n" for i in range(5)]


@pytest.fixture
def ways(start_server, tmp_path):
    """Takes a body in by POST and by import; both tell what they took, and what they said."""
    server = start_server()
    client = Client(server, add_account(server.store))

    def post(body, kind=NDJSON, coding="identity"):
        answer = client.post(body, headers={"Content-Type": kind, "Content-Encoding": coding}).json
        return answer["accepted"], answer.get("detail", "") + " ".join(reject["error"] for reject in answer["rejected"])

    def read(body, *_):
        path = tmp_path / "file"
        path.write_bytes(body)
        done = callstep("import", "--data", server.store, "--account", EMAIL, path)
        said = done.stderr + done.stdout
        return int(re.search(r"took ([\d,]+) calls", said)[1].replace(",", "")), said

    return post, read


@pytest.mark.parametrize("coding", CODINGS)
def test_a_byte_order_mark_is_passed_over(ways, coding):
    for body, kind, count in ((b"".join(LINES), NDJSON, 5), (b'{"calls":[' + LINES[0] + b"]}", DOCUMENT, 1), (LINES[0], DOCUMENT, 1)):
        for way in ways:
            assert way(CODINGS[coding](MARK + body), kind, coding)[0] == count
    accepted, said = ways[0](MARK + MARK + LINES[0], DOCUMENT)
    assert accepted == 0 and "line 1, column 1" in said


@pytest.mark.parametrize("form", ["utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("kind", [NDJSON, DOCUMENT])
def test_utf_16_is_called_utf_16(ways, form, kind):
    accepted, said = ways[0](LINES[0].decode().encode(form), kind)
    assert accepted == 0 and "UTF-16" in said


@pytest.mark.parametrize("coding, members", [("gzip", 1), ("gzip", 5), ("zstd", 1), ("zstd", 5)])
def test_members_and_frames_are_one_text(ways, coding, members):
    """A line a member, or two members that part a line."""
    pieces = LINES if members == 5 else [b"".join(LINES)[:30], b"".join(LINES)[30:]]
    for way in ways:
        assert way(b"".join(map(CODINGS[coding], pieces)), NDJSON, coding)[0] == 5


@pytest.mark.parametrize("made", [{"start": 1795459158869, "end": 1795459168869}, {"end": 10 ** 11},
                                  {"detail": [{"event": {"line": "x"}, "class": "info", "timestamp": 1795459158869}]}])
def test_times_in_milliseconds_are_refused(ways, made):
    for way in ways:
        accepted, said = way(json.dumps({**call("s"), **made}).encode(), DOCUMENT)
        assert accepted == 0 and "is this in milliseconds?" in said
        assert way(json.dumps({**call("s"), "end": 10 ** 11 - 1}).encode(), DOCUMENT)[0] == 1


IDS = ["z97<8df>6d~8g6+7sdg@192.0.2.4", "a/b/../c@host", "..", ".", "100%25", "%2e%2e", "a?b#c&d=e", "\"q'`\\", "[x]{y}(z)", "sip:1@h;tag=1;x",
       "a b", "\u00e9t\u00e9", "a+b", "1795459158.10", "-rf", "=1+1", "{curly", "\u202e1234", "x" * 128]


def test_ids_of_any_look_are_kept_as_they_are(ways):
    body = b"".join(json.dumps(call(each)).encode() + b"\n" for each in IDS)
    for way in ways:
        assert way(body)[0] == len(IDS)
        accepted, said = way(json.dumps(call("0gQAAC8W" * 16 + "@192.0.2.1")).encode(), DOCUMENT)
        assert accepted == 0 and "128 bytes" in said and "not 138" in said


def test_a_call_of_days_and_a_copy_that_is_shorter_are_taken(ways):
    start = call("x")["start"]
    long = call("long", start=int(start) - 5 * 86400, end=int(start))
    for way in ways:
        assert way(json.dumps(long).encode() + b"\n" + json.dumps(call("ooo", end=int(start) + 90)).encode() + b"\n" +
                   json.dumps(call("ooo", start=int(start), end=int(start) + 1)).encode() + b"\n")[0] == 3
