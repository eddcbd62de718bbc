# SPDX-License-Identifier: MIT
"""The player of scripts/demo: the recorded calls as if they happened now, again and again."""
import re
import time

from .conftest import asterisk, is_gap, wait_for
from .exchange import Rounds, headers, moved, recorded, whole_calls

FASTER = 40  # than the recording
CALLS = 39  # of the recording's 40: one was up before it


def test_every_call_of_a_round_begins_and_ends_in_it():
    events = list(map(headers, whole_calls(recorded())))
    begun = [fields["uniqueid"] for fields in events if fields["event"] == "Newchannel"]
    over = [fields["uniqueid"] for fields in events if fields["event"] == "Hangup"]
    assert sorted(begun) == sorted(over)
    assert len({fields["linkedid"] for fields in events if fields["event"] == "Newchannel"}) == CALLS


def test_times_and_ids_of_a_round_are_of_now_and_nothing_has_the_name_of_the_exchange():
    calls = whole_calls(recorded())
    text = b"".join(moved(calls, 1000))
    assert not re.search(rb"\bpbx-\d", text)
    ids = [set(map(tuple, re.findall(rb"(?:pbx|recording)-(\d{10})\.(\d+)", b"".join(blocks)))) for blocks in (calls, moved(calls, 1000))]
    assert ids[1] == {(b"%d" % (int(second) + 1000), number) for second, number in ids[0]}
    stamps = [[float(fields["timestamp"]) for fields in map(headers, blocks)] for blocks in (calls, moved(calls, 1000))]
    assert all(abs(later - before - 1000) < 1e-3 for before, later in zip(*stamps))


def test_calls_are_seen_while_they_go_on_and_come_again_with_new_ids(collect, stub, tmp_path):
    played = Rounds(times=FASTER)
    try:
        begun = time.time()
        collector = collect(*asterisk(played, tmp_path, "--inbound-contexts", "from-trunk"))
        wait_for(lambda: any(call.state == "live" and len(call.steps) > 1 for call in list(stub.calls.values())), "a call that goes on")
        wait_for(lambda: sum(call.state == "ended" for call in list(stub.calls.values())) > CALLS, "calls of a second round")
    finally:
        played.close()
    log = collector.end()
    assert all(session.startswith("recording-") for session in stub.calls)
    assert all(begun - 2 < call.header["start"] < time.time() + 75 for call in stub.calls.values())
    assert not any(is_gap(step) for call in stub.calls.values() if call.state == "ended" for step in call.steps), log
    seconds = {session.partition("-")[2].partition(".")[0] for session in stub.calls}
    assert len(seconds) > 1


def test_a_collector_that_was_away_hears_only_what_happens_from_then_on(collect, stub, tmp_path):
    played = Rounds(times=FASTER)
    try:
        first = headers(played.blocks[0])["linkedid"]
        over = next(block for block in played.blocks if block.startswith(b"Event: Hangup") and headers(block)["uniqueid"] == first)
        wait_for(lambda: time.time() > played.due(over), "the first call to be over")
        collect(*asterisk(played, tmp_path))
        wait_for(lambda: len(stub.calls) > 3, "calls")
        assert first not in stub.calls
    finally:
        played.close()
