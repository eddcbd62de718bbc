# SPDX-License-Identifier: MIT
"""A spool that is packed while the server is away: the collector is killed at it, and what it packed is damaged."""
import json
import random
import subprocess
import time

import pytest

from .conftest import FIXTURES, wait_for

CONFIG = FIXTURES / "asterisk" / "etc" / "cel_custom.conf"
SEGMENTS, CALLS = 5, 150  # calls of each
KILLS = 6


def old_line(call):
    """Some 4 KB that pack to a third."""
    words = random.Random(call)
    steps = [{"event": {"line": f"{words.randbytes(40).hex()} {'and so on ' * 20}", "data": {}}, "class": "event", "timestamp": 1795459000} for _ in range(10)]
    return json.dumps({"session_id": f"old-{call:05}", "call": {"dest": "1", "src": "2", "start": 1795459000, "end": 1795459100, "type": "inbound", "state": "ended"},
                       "from": 0, "steps": steps}) + "\n"


@pytest.fixture
def old_spool(tmp_path):
    """Segments of an older callstep, all plain; returns the lines."""
    spool, found = tmp_path / "spool", []
    spool.mkdir(mode=0o700)
    for number in range(SEGMENTS):
        lines = [old_line(call) for call in range(number * CALLS, (number + 1) * CALLS)]
        (spool / f"{number + 1:04}.ndjson").write_text("".join(lines))
        found += lines
    return found


@pytest.fixture
def collector(collect, stub, tmp_path, old_spool):
    """It reads a log in which nothing is told; the server is away."""
    stub.fail = lambda path: 503
    (tmp_path / "Master.csv").touch()
    return collect("cel-file", tmp_path / "Master.csv", "--columns", CONFIG, "--zone", "America/New_York")


def names(collector, ending):
    return {path.name for path in collector.spool.glob(f"*{ending}")}


def sent(stub):
    return all(f"old-{call:05}" in stub.calls for call in range(SEGMENTS * CALLS))


def assert_all_came(stub, lines):
    for line in map(json.loads, lines):
        assert stub.calls[line["session_id"]].steps == line["steps"]


def test_nothing_is_lost_where_the_collector_is_killed_while_it_packs(collector, stub, old_spool):
    when = random.Random(1)
    for _ in range(KILLS):
        before = names(collector, ".zst")
        wait_for(lambda: names(collector, ".zst.new") or names(collector, ".zst") != before, "a segment to be packed")
        time.sleep(when.random() * 2)
        collector.process.kill()
        collector.process.wait()
        collector.start()
    packed = {f"{number:04}.ndjson.zst" for number in range(2, SEGMENTS)}
    plain = {"0001.ndjson", f"{SEGMENTS:04}.ndjson"}
    wait_for(lambda: names(collector, ".zst") == packed and names(collector, ".ndjson") == plain, "all between the first and the last to be packed")
    assert collector.waiting() < sum(map(len, old_spool)) * 3 / 4
    stub.fail = lambda path: None
    wait_for(lambda: sent(stub) and collector.waiting() == 0, "all to be sent")
    assert_all_came(stub, old_spool)
    assert not (collector.spool / "rejected.ndjson").exists() and not names(collector, ".zst")


def test_zstd_prints_the_lines_of_a_packed_segment(collector, old_spool):
    wait_for(lambda: names(collector, ".zst"), "a segment to be packed")
    done = subprocess.run(["zstd", "-dc", collector.spool / "0002.ndjson.zst"], capture_output=True, check=True)
    assert done.stdout.decode() == "".join(old_spool[CALLS:2 * CALLS])


def test_what_is_damaged_is_told_and_all_else_is_sent(collector, stub, old_spool):
    wait_for(lambda: "0003.ndjson.zst" in names(collector, ".zst"), "two segments to be packed")
    collector.end()
    damaged = collector.spool / "0003.ndjson.zst"
    content = bytearray(damaged.read_bytes())
    content[len(content) * 3 // 4] ^= 0x10
    damaged.write_bytes(content)
    stub.fail = lambda path: None
    collector.start()
    last = f"old-{SEGMENTS * CALLS - 1:05}"
    wait_for(lambda: last in stub.calls and collector.waiting() == 0, "the rest to be sent")
    assert not damaged.exists() and damaged.with_name("0003.ndjson.zst.damaged").read_bytes() == content
    told = json.loads((collector.spool / "rejected.ndjson").read_text())
    assert "'0003.ndjson.zst' is damaged from byte" in told["error"] and told["line"] is None
    assert "error spool-damaged" in collector.said()
    missing = [call for call in range(SEGMENTS * CALLS) if f"old-{call:05}" not in stub.calls]
    assert missing and missing == list(range(missing[0], 3 * CALLS)) and missing[0] > 2 * CALLS
    assert_all_came(stub, [line for call, line in enumerate(old_spool) if call not in missing])
