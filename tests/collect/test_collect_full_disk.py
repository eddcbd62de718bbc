# SPDX-License-Identifier: MIT
"""The spool has no more room, on its disk or by --spool-max: the exchange is disconnected, the gap is told, and all goes on by itself when there is room."""
import ctypes
import random
import re
import subprocess

import pytest

from .conftest import asterisk, count_of, is_gap, lines, wait_for

CLONE_NEWNS, MS_REC_PRIVATE = 0x20000, 0x44000
DISK = 16 << 20


@pytest.fixture
def spool(tmp_path):
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNS) != 0 or libc.mount(b"none", b"/", None, ctypes.c_ulong(MS_REC_PRIVATE), None) != 0:
        pytest.skip("no private mount namespace here: needs root and CAP_SYS_ADMIN")
    folder = tmp_path / "spool"
    folder.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK}", "tmpfs", folder]).returncode != 0:
        pytest.skip("tmpfs cannot be mounted here")
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)


def test_a_full_disk_is_told_and_nothing_is_left_without_an_end(collect, exchange, stub, tmp_path, spool):
    played = exchange(speed=600)
    collector = collect(*asterisk(played, tmp_path))
    wait_for(lambda: any(call.state == "live" for call in stub.calls.values()), "calls that are up")
    filler = spool / "filler"
    with open(filler, "wb", buffering=0) as file:
        try:
            while file.write(bytes(4096)):
                pass
        except OSError:
            pass
    wait_for(lambda: "spool-full" in collector.said(), "the disk to be full")
    filler.unlink()
    wait_for(lambda: "spool-has-room" in collector.said(), "the collector to go on")
    wait_for(played.done.is_set, "the stream")
    up = {fields["linkedid"] for fields in played.up().values()}
    wait_for(lambda: all((call.state == "live") == (session in up) for session, call in stub.calls.items()), "all to end but what is up")
    assert any(is_gap(step) and "the spool was full" in step["event"]["line"] for call in stub.calls.values() for step in call.steps)
    assert not (spool / "rejected.ndjson").exists()


SPOOL_MAX = 64 << 20  # the least that --spool-max takes
TEXT_BYTES = 15000  # twice as many characters, which pack to half
EVENTS, LARGE_CALLS = 10, 280


def event(name, call, number, **more):
    fields = {"Event": name, "Timestamp": f"{1795459000 + call}.{number:06d}", "Channel": f"PJSIP/a-{call}", "ChannelState": "6", "CallerIDNum": "100",
              "CallerIDName": "", "Context": "from-trunk", "Exten": "200", "Uniqueid": f"large.{call}", "Linkedid": f"large.{call}", **more}
    return "".join(f"{name}: {value}\r\n" for name, value in fields.items()).encode() + b"\r\n"


def large_call(call):
    texts = random.Random(call)
    events = [event("UserEvent", call, 2 + i, UserEvent="Tick", Number=str(i), Text=texts.randbytes(TEXT_BYTES).hex()) for i in range(EVENTS)]
    return [event("Newchannel", call, 1), *events, event("Hangup", call, 900, Cause="16")]


def test_a_spool_that_is_full_by_its_setting_is_told_and_what_it_holds_is_all_sent(collect, exchange, stub, tmp_path):
    """One call is up all the time; the calls beside it fill the spool while the server takes nothing."""
    whole = [event("Newchannel", 0, 1), *(block for call in range(1, LARGE_CALLS) for block in large_call(call)), event("Hangup", 0, 900, Cause="16")]
    stub.fail = lambda path: 503
    played = exchange(whole, speed=1000)
    collector = collect(*asterisk(played, tmp_path, "--spool-max", "64M"))
    wait_for(lambda: "spool-full" in collector.said(), "the spool to be full")
    assert SPOOL_MAX // 2 < collector.waiting() <= SPOOL_MAX
    assert not played.done.is_set()
    stub.fail = lambda path: None
    wait_for(lambda: "spool-has-room" in collector.said(), "the collector to go on")
    wait_for(lambda: played.done.is_set() and played.logins > 1, "the stream")
    wait_for(lambda: f"large.{LARGE_CALLS - 1}" in stub.calls and all(call.state == "ended" for call in stub.calls.values()), "all calls to end")
    wait_for(lambda: collector.waiting() == 0, "the spool to be empty")
    told = collector.end()
    assert count_of(told, "spooled") == count_of(told, "acknowledged")
    assert not (collector.spool / "rejected.ndjson").exists()
    assert any(is_gap(step) and "the spool was full" in step["event"]["line"] for step in stub.calls["large.0"].steps)
    ticks = {session: sum(line.startswith("Tick") for line in lines(call)) for session, call in stub.calls.items() if session != "large.0"}
    for session, count in ticks.items():
        unwatched = any(re.search("[Nn]ot watched|Already up|recording begins", line) for line in lines(stub.calls[session]))
        assert count == EVENTS or unwatched, (session, [line[:60] for line in lines(stub.calls[session])])
    assert sum(count == EVENTS for count in ticks.values()) > LARGE_CALLS // 3
