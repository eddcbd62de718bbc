# SPDX-License-Identifier: MIT
"""The benchmark's own tests: a wrong answer never becomes a figure."""
import http.server
import json
import os
import random
import subprocess
import sys
import threading
import time
import zlib
from dataclasses import replace
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import check
import data
import questions
from load import Answer, Load, is_sound
from question import XML, Question
from parts import collector as collector_part
from parts import live as live_part
from parts import postgres as postgres_part
from report import chart, goals, tables
from sides.rows import copy_row, dest_key
from verify import Verifier, Wrong

CLIENT = Path(os.environ.get("CALLSTEP_BIN", "")).parent / "tests/bench/client/bench_load"
QUESTION = Question(key="q", title="a page", start=0, end=100, limit=10)


# ---- what an answer must be ----

def call(session, start):
    detail = [{"event": {"line": "Answered & <more>", "data": {"module_type": "start", "result_variable": ""}}, "class": "info", "timestamp": start}]
    return {"dest": "1", "src": "2", "start": str(start), "end": str(start), "session_id": session, "detail": detail, "type": "inbound", "log": True}


def page(*calls, total=None):
    return {"calls": list(calls), "total_calls": len(calls) if total is None else total}


def answer(body, status=200, **headers):
    body = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Answer(status, body, body, headers)


RIGHT = page(call("b", 9), call("a", 8))


@pytest.fixture
def verifier():
    one = Verifier()
    one.learn(QUESTION, answer(RIGHT))
    return one


@pytest.mark.parametrize("other", [
    page(call("a", 8), call("b", 9)), page(call("b", 9)), page(call("b", 9), call("a", 8), total=3), page(call("b", 9), call("c", 8)),
    page(call("b", 9), {**call("a", 8), "detail": []}),
], ids=["another order", "a call less", "another total", "another call", "other steps"])
def test_another_answer_is_wrong(verifier, other):
    verifier.check(QUESTION, answer(RIGHT))
    with pytest.raises(Wrong):
        verifier.check(QUESTION, answer(other))


def test_members_may_stand_in_another_order_in_steps(verifier):
    turned = json.loads(json.dumps(RIGHT), object_pairs_hook=lambda pairs: dict(reversed(pairs)))
    verifier.check(QUESTION, answer(turned))


@pytest.mark.parametrize("bad", [answer(RIGHT, 500), answer(b"{"), answer(RIGHT, **{"content-encoding": "gzip"})],
                         ids=["status", "no JSON", "a coding that was not asked for"])
def test_what_is_no_answer_is_wrong(verifier, bad):
    with pytest.raises(Wrong):
        verifier.check(QUESTION, bad)


def as_xml(value):
    if isinstance(value, dict):
        return "".join(f"<{name}>{as_xml(one)}</{name}>" for name, one in value.items())
    if isinstance(value, list):
        return "".join(f"<item>{as_xml(one)}</item>" for one in value)
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return text.replace("&", "&amp;").replace("<", "&lt;")


def test_xml_is_held_against_the_same_calls(verifier):
    question = replace(QUESTION, accept=XML)
    document = f"<?xml version=\"1.0\"?><result>{as_xml(RIGHT)}</result>"
    verifier.check(question, answer(document.encode()))
    for old, new in (("Answered", "Asked"), ("<total_calls>2", "<total_calls>3"), ("<session_id>a", "<session_id>c")):
        with pytest.raises(Wrong):
            verifier.check(question, answer(document.replace(old, new).encode()))


def test_calls_are_found_in_the_lines_newest_first(tmp_path):
    path = tmp_path / "calls.ndjson"
    lines = [b'{"dest":"%d","src":"9","start":"%d","end":"99","session_id":"s%d","detail":[],"type":"inbound","log":true}\n' % (i % 2, i // 2, i)
             for i in range(10)]
    path.write_bytes(b"".join(lines))
    found = data.Lines(path)
    assert [row[1] for row in found.window(1, 3)] == ["s5", "s4", "s3", "s2"]
    assert [row[1] for row in found.window(0, 99, "1")] == ["s9", "s7", "s5", "s3", "s1"]
    assert list(found.texts(found.window(4, 5))) == [lines[9], lines[8]]


# ---- the load client ----

BODY = b"0123456789" * 3000


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.send_response(500 if self.path == "/fails" else 200)
        if self.path == "/chunked":
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            for first in range(0, len(BODY), 7001):
                piece = BODY[first:first + 7001]
                self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
            self.wfile.write(b"0\r\n\r\n")
            return
        self.send_header("Content-Length", str(len(BODY)))
        self.end_headers()
        self.wfile.write(BODY[:-1] + b"x" if self.path == "/altered" else BODY)

    def do_POST(self):
        got = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.bodies.append(got)
        body = b'{"accepted":%d}' % got.count(b"\n")
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def server():
    one = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    one.bodies = []
    thread = threading.Thread(target=one.serve_forever)
    thread.start()
    yield one
    one.shutdown()
    thread.join()
    one.server_close()


needs_client = pytest.mark.skipif(not CLIENT.exists(), reason="no load client beside CALLSTEP_BIN")


def ask(server, target, *more):
    return Load(CLIENT).run(f"127.0.0.1:{server.server_address[1]}", [target], {}, 3, *more)


@needs_client
@pytest.mark.parametrize("path", ["/whole", "/chunked"])
def test_the_client_reads_whole_answers(server, path):
    result = ask(server, f"{path} {len(BODY)} {zlib.crc32(BODY)}", "-d", 0.2)
    assert is_sound(result) and result["bytes"] == result["answers"] * len(BODY)


@needs_client
@pytest.mark.parametrize("target", ["/fails - -", f"/whole {len(BODY) + 1} -", f"/altered {len(BODY)} {zlib.crc32(BODY)}", "/chunked 5 -"],
                         ids=["status", "length", "bytes", "length in chunks"])
def test_the_client_sees_what_is_wrong(server, target):
    result = ask(server, target, "-d", 0.2)
    assert result["wrong"] >= 1 and not is_sound(result)


@needs_client
def test_the_client_posts_each_body_once(server, tmp_path):
    wanted = [b"a\n" * n for n in range(1, 21)]
    path = tmp_path / "bodies"
    path.write_bytes(b"".join(b"%d\n%s" % (len(body), body) for body in wanted))
    result = ask(server, "/post - -", "-d", 0, "-b", path, "-m", "accepted")
    assert sorted(server.bodies) == sorted(wanted)
    assert is_sound(result) and result["answers"] == 20 and result["sum"] == sum(range(1, 21))


@needs_client
def test_the_client_fails_where_nobody_listens(server, tmp_path):
    (tmp_path / "targets").write_text("/ - -\n")
    done = subprocess.run([CLIENT, "-d", "0.1", "127.0.0.1:1", str(tmp_path / "targets")], capture_output=True)
    assert done.returncode == 1


# ---- rows, report ----

@pytest.mark.parametrize("dest, key", [(b"+1 (415) 555-0104", b"14155550104"), (b"anonymous", b"anonymous"), (b"a-b", b"a-b")])
def test_numbers_are_compared_without_punctuation(dest, key):
    assert dest_key(dest) == key


def test_a_line_becomes_a_row():
    line = rb'{"dest":"1","src":"2","start":"3","end":"4","session_id":"s","detail":[{"event":{"line":"a\n"}}],"type":"transfer","log":true}' + b"\n"
    assert copy_row(line) == b"3\t4\t1\t1\t2\ts\t1\t1\t2\t" + rb'[{"event":{"line":"a\\n"}}]' + b"\n"


def pages(rate_of, sound=True):
    rows = [{"question": key, "title": key, "side": side, "sound": sound, "rate": {"median": rate_of(side), "min": 1, "max": 1}}
            for key, *_ in goals.PAGES for side in ("callstep", "nginx", "PHP")]
    return {"pages": {"rows": rows}}


@pytest.mark.parametrize("callstep, holds", [(50.0, True), (30.0, False)])
def test_a_goal_holds_or_not_by_its_ratio(callstep, holds):
    found = {one.key: one.holds for one in goals.verdicts(pages({"callstep": callstep, "nginx": 100.0, "PHP": 0.1}.get))}
    assert found["page10000-json-gzip/nginx"] is holds
    assert found["intake"] is None


def test_wrong_answers_leave_a_goal_open():
    assert all(one.holds is None for one in goals.verdicts(pages(lambda side: 1.0, sound=False)))


def test_charts_are_well_formed():
    from xml.etree import ElementTree
    ElementTree.fromstring(chart.bars([("a & b", "requests/s", [("callstep", 5.0), ("nginx", 9.0)])], "name"))
    ElementTree.fromstring(chart.lines([("x", [(10, 1.0), (1000, 3.0)])], "name", "below", "beside"))


def test_a_table_tells_wrong_answers():
    rows = [{"title": "t", "side": "PHP", "sound": False}]
    assert "wrong answers" in tables.pivot(rows, ["PHP"], str)


def taken_in(side, base, median, sound=True):
    return {"what": side, "side": side, "base": base, "sound": sound, "rate": {"median": median, "min": median, "max": median}}


def test_the_table_of_postgres_compares_with_the_embedded_store_and_with_copy():
    answers = [{"title": "t", "side": side, "sound": True, "rate": {"median": rate, "min": rate, "max": rate}, "p99_ms": {"median": 1.0}}
               for side, rate in (("callstep", 800.0), ("callstep on PostgreSQL", 200.0))]
    taken = [taken_in("callstep", True, 30_000), taken_in("callstep on PostgreSQL", False, 15_000), taken_in("PostgreSQL", True, 10_000),
             taken_in("callstep on PostgreSQL", False, 1.0, sound=False)]
    text = tables.postgres({"rows": answers, "intake": taken})
    assert "| t | 4.00 |" in text
    assert "| callstep on PostgreSQL | 15,000 (15,000–15,000) | 0.50 | 1.5 |  |" in text
    assert "| callstep on PostgreSQL | wrong | – | – |  |" in text


@pytest.mark.parametrize("servers", [1, 3])
def test_every_call_is_posted_to_one_server(tmp_path, servers):
    lines = [b"%d\n" % number for number in range(1000)]
    shares = postgres_part.write_shares(tmp_path, lines, 100, servers)
    assert sum(count for _, count in shares) == len(lines)
    posted = [line for path, _ in shares for line in path.read_bytes().splitlines(keepends=True)]
    assert set(lines) <= set(posted)


def test_a_collector_tells_of_every_step_once_and_in_order(tmp_path):
    calls = ["a", "b", "c"]
    lines = live_part.write_bodies(tmp_path / "bodies", calls, 1_700_000_000)
    told = {session: [] for session in calls}
    rest = (tmp_path / "bodies").read_bytes()
    while rest:
        size, _, rest = rest.partition(b"\n")
        for line in map(json.loads, rest[:int(size)].splitlines()):
            assert line["from"] == len(told[line["session_id"]])
            told[line["session_id"]] += [one["event"]["data"]["result_variable"] for one in line["steps"]]
            lines -= 1
        rest = rest[int(size):]
    assert lines == 0 and {len(steps) for steps in told.values()} == {live_part.CALL_STEPS}


def test_each_live_call_makes_a_step_every_two_seconds():
    planned = live_part.events(20, random.Random(1))
    assert planned == sorted(planned)
    assert len(planned) == pytest.approx(live_part.TAIL_CALLS * 20 / live_part.TAIL_EVERY_S, rel=0.05)


def test_an_exchange_plays_whole_calls_as_many_as_are_asked_for_each_with_own_ids():
    calls = collector_part.recorded_calls()
    assert len(calls) >= 38
    blocks = collector_part.planned(calls, 2)
    assert blocks == sorted(blocks, key=lambda one: one[0]) and {copy for _, copy, _ in blocks} == set(range(2 * collector_part.CALLS_S))
    begins = [parts for _, copy, parts in blocks if copy == 57 and any(b"Event: Newchannel" in part for part in parts)]
    block = collector_part.written(57, begins[0])
    assert collector_part.field(block, b"Linkedid").startswith(b"pbx57-") and b"%.6f" not in block
    assert abs(float(collector_part.field(block, b"Timestamp")) - time.time()) < 60


def test_an_hour_of_the_spool_follows_from_how_it_was_packed():
    segment = collector_part.SEGMENT
    plain = collector_part.taken_in_an_hour(4096 * 100, 100, [(segment, segment), (100, 100)])
    packed = collector_part.taken_in_an_hour(4096 * 100, 100, [(segment, segment), (segment, segment // 8), (100, 100)])
    assert plain == 4096 * 360_000 and packed == 2 * segment + (plain - 2 * segment) / 8


@pytest.mark.parametrize("cores, spool, sound, holds", [(0.1, 900, True, (True, True)), (0.6, 1500, True, (False, False)), (0.1, 900, False, (None, None))])
def test_the_collector_has_goals_for_what_it_takes(cores, spool, sound, holds):
    figure = lambda value: {"median": value, "min": value, "max": value}
    part = {"rows": [{"what": "collector", "sound": sound, "cores": figure(cores), "mb": figure(20), "mb_an_hour": figure(spool), "times_as_fast": figure(3)}]}
    found = {one.key: one.holds for one in goals.verdicts({"collector": part})}
    assert (found["collector/cores"], found["collector/spool"]) == holds
    assert ("| collector | 0." in tables.collector(part)) == sound


def live(rate, late, sound=True):
    figure = lambda value: {"median": value, "min": value, "max": value}
    return {"live": {"rows": [{"what": "in", "sound": sound, "rate": figure(rate), "p99_ms": figure(9)},
                              {"what": "seen", "sound": sound, "tail": True, "rate": figure(500), "p50_ms": figure(1), "p99_ms": figure(late), "most_ms": figure(late)}]}}


@pytest.mark.parametrize("rate, late, sound, holds", [(7000, 100, True, (True, True)), (5000, 300, True, (False, False)), (7000, 100, False, (None, None))])
def test_live_calls_have_goals_for_steps_and_for_the_tail(rate, late, sound, holds):
    found = {one.key: one.holds for one in goals.verdicts(live(rate, late, sound))}
    assert (found["live"], found["live/tail"]) == holds
    assert ("| seen | 500 " in tables.live(live(rate, late, sound)["live"])) == sound


def test_words_to_search_for_come_from_the_calls():
    line = json.dumps({"detail": [{"event": {"line": "Hello there, well-known 12345 ünder"}}]})
    assert questions.words_of(line) == {"hello", "there"}


# ---- has it become slow ----

# Half of an answer is what nginx does too, half what callstep computes.
RECORDED = check.Trial(callstep=0.004, yardsticks={"nginx": 0.001, "zlib": 0.0005}, computed=0.002)


def test_what_is_recorded_comes_to_one():
    assert RECORDED.counts() == {"nginx": 2, "zlib": 4}
    assert RECORDED.figure(RECORDED.counts()) == 1
    alone = check.Trial(0.003, {"zlib": 0.001})
    assert alone.figure(alone.counts()) == 1


@pytest.mark.parametrize("callstep, yardsticks, figure", [
    (0.008, {"nginx": 0.001, "zlib": 0.0005}, 0.5),  # callstep takes twice the time
    (0.010, {"nginx": 0.001, "zlib": 0.0020}, 1),    # a processor that is slow with programs alone
    (0.006, {"nginx": 0.002, "zlib": 0.0005}, 1),    # a system that is slow to send
    (0.012, {"nginx": 0.003, "zlib": 0.0015}, 1),    # a machine that others use too
], ids=["a fall", "slow programs", "a slow system", "a busy machine"])
def test_a_fall_is_callsteps_own(callstep, yardsticks, figure):
    assert check.Trial(callstep, yardsticks).figure(RECORDED.counts()) == pytest.approx(figure)


def test_the_disk_is_a_yardstick_of_its_own(tmp_path):
    assert check.write_seconds(tmp_path) > 0
    assert (tmp_path / "written").stat().st_size == check.WRITTEN * 2**20
    recorded = check.Trial(0.004, {"file": 0.001, "zlib": 0.0005}, computed=0.002).counts()
    slow_disk = check.Trial(0.008, {"file": 0.003, "zlib": 0.0005})
    assert slow_disk.figure(recorded) == pytest.approx(1)
