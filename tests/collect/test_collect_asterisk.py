# SPDX-License-Identifier: MIT
"""callstep collect asterisk against the recording of a real exchange: 40 calls, 3,244 events."""
import os
import re
import signal
import ssl
import subprocess
from collections import Counter

import pytest

from .conftest import BINARY, PLAIN, Collector, asterisk, count_of, is_gap, kinds, lines, wait_for
from .exchange import headers, recorded

# The recording ends before this call does, and begins during that one.
STILL_UP, UP_BEFORE = "pbx-1795459223.129", "pbx-1795459153.0"
# Calls that the exchange itself made: the manager tells the number, the event log only the device.
ORIGINATED = {"pbx-1795459187.58": "+442079460001", "pbx-1795459188.62": None, "pbx-1795459190.67": None, "pbx-1795459191.70": None,
              "pbx-1795459193.75": None}
CALLS = 40


def is_over(server, besides=(STILL_UP,)):
    return len(server.calls) == CALLS and all(call.state == "ended" for session, call in server.calls.items() if session not in besides)


def compare(server, imported, sessions=None):
    """Of all calls, or of @sessions: shares of the event log's kinds of steps that were collected too, and the members of headers that differ."""
    here, there, differ = Counter(), Counter(), []
    for session, call in imported.items():
        if session in (STILL_UP, UP_BEFORE) or (sessions is not None and session not in sessions):
            continue
        mine = server.calls[session]
        there += kinds(session, call["detail"])
        here += kinds(session, mine.steps)
        differ += [(session, name, call[name], str(mine.header[name])) for name in ("dest", "src", "type", "start", "end")
                   if str(mine.header[name]) != call[name]]
    return (here & there).total() / there.total(), here, there, differ


def without_cel(blocks):
    return [block for block in blocks if headers(block)["event"] != "CEL"]


@pytest.mark.parametrize("cel, share", [(True, 0.98), (False, 0.90)], ids=["with the event log's streams", "native events alone"])
def test_calls_are_what_an_import_of_the_event_log_stores(collect, exchange, stub, imported, tmp_path, cel, share):
    played = exchange(recorded() if cel else without_cel(recorded()))
    collector = collect(*asterisk(played, tmp_path))
    wait_for(lambda: is_over(stub), "the calls to end")
    equal, _, _, differ = compare(stub, imported)
    assert equal >= share
    assert {row[0] for row in differ if row[1] != "end"} <= set(ORIGINATED)
    assert sum(row[1] == "end" for row in differ) <= 1
    assert stub.calls[STILL_UP].state == "live"
    assert not (collector.spool / "rejected.ndjson").exists()
    assert not any(is_gap(step) for call in stub.calls.values() for step in call.steps)


def test_an_originated_call_has_the_number_that_was_called(collect, exchange, stub, tmp_path):
    collect(*asterisk(exchange(), tmp_path))
    wait_for(lambda: is_over(stub), "the calls to end")
    for session, number in ORIGINATED.items():
        if number:
            assert stub.calls[session].header["dest"] == number


def test_what_only_the_manager_tells_is_in_the_steps(collect, exchange, stub, tmp_path):
    collect(*asterisk(exchange(), tmp_path, "--variables", "LANGUAGE,ORDER"))
    wait_for(lambda: is_over(stub), "the calls to end")
    told = [line for call in stub.calls.values() for line in lines(call)]
    assert "Joined queue support at place 1" in told
    assert any(re.fullmatch(r"Agent Alice took the call after \d+ s", line) for line in told)
    assert any(re.fullmatch(r"Agent Alice done after \d+ s, ended by agent", line) for line in told)
    events = [step for call in stub.calls.values() for step in call.steps if step["event"]["line"].startswith("FlowStep")]
    assert len(events) == sum(headers(block).get("userevent") == "FlowStep" for block in recorded())
    assert {step["event"]["data"]["module_type"] for step in events} > {"play", "menu"}


def test_a_call_is_seen_while_it_goes_on(collect, exchange, stub, tmp_path):
    played = exchange(speed=400)
    collect(*asterisk(played, tmp_path))
    wait_for(lambda: any(call.state == "live" and len(call.steps) > 3 for call in stub.calls.values()), "steps of a call that goes on")
    assert played.at < len(played.blocks)


@pytest.mark.parametrize("chunk", [1, 77])
def test_it_does_not_matter_how_the_stream_is_cut_on_its_way(collect, exchange, stub, imported, tmp_path, chunk):
    blocks = recorded()[:1200] if chunk == 1 else recorded()
    played = exchange(blocks, chunk=chunk)
    collect(*asterisk(played, tmp_path))
    wait_for(lambda: played.done.is_set() and len(stub.calls) > 10, "the stream")
    up = {fields["linkedid"] for fields in played.up().values()}
    wait_for(lambda: all((call.state == "live") == (session in up) for session, call in stub.calls.items()), "all to end but what is up")
    ended = {session for session, call in stub.calls.items() if call.state == "ended"}
    assert len(ended) >= (39 if chunk > 1 else 10)
    equal, _, _, differ = compare(stub, imported, ended)
    assert equal >= 0.98
    assert {row[0] for row in differ if row[1] != "end"} <= set(ORIGINATED)


# 100 runs cut the stream at every 1,000th byte; the standard run has a sample of them.
CUT_RUNS = int(os.environ.get("CALLSTEP_CUT_RUNS", "4"))


def cuts_of(run):
    return list(range(1000 * (run + 1), sum(map(len, recorded())), 100000))


@pytest.mark.parametrize("run", [100 * (i + 1) // CUT_RUNS - 1 for i in range(CUT_RUNS)])
def test_no_call_is_left_without_an_end_and_each_gap_is_told_wherever_the_connection_breaks(collect, exchange, stub, tmp_path, run):
    """A break each 100,000 bytes, at another byte in each run, with 5 events lost at each."""
    played = exchange(cuts=cuts_of(run), lost=5)
    collector = collect(*asterisk(played, tmp_path))
    wait_for(played.done.is_set, "the stream")
    up = {fields["linkedid"] for fields in played.up().values()}
    wait_for(lambda: stub.calls and all((call.state == "live") == (session in up) for session, call in stub.calls.items()), "all to end but what is up")
    assert played.logins == len(cuts_of(run)) + 1
    collector.end()
    for session, call in stub.calls.items():
        told = sum(is_gap(step) for step in call.steps)
        gaps = sum(session in before and session in after for before, after in played.breaks)
        assert told == gaps, (session, lines(call))
        if any(session in before and session not in after for before, after in played.breaks):
            assert "Ended while it was not watched" in lines(call), session


def test_each_of_several_gaps_within_a_second_is_told_of_a_call_of_which_nothing_else_is_heard(collect, exchange, stub, tmp_path):
    """The exchange's clock was set back, so that all that is told of the call has one time."""
    blocks = [channel_event("Newchannel", 1)]
    for i in range(5):
        blocks.append(channel_event("Newchannel", i, Timestamp=f"1795458990.{i:06d}", Uniqueid=f"other.{i}", Linkedid=f"other.{i}"))
    ends = [sum(map(len, blocks[:i + 1])) for i in range(len(blocks))]
    played = exchange(blocks, cuts=ends[1:5])
    collect(*asterisk(played, tmp_path))
    wait_for(lambda: played.logins == 5 and played.done.is_set(), "the stream")
    wait_for(lambda: "long.1" in stub.calls and sum(map(is_gap, stub.calls["long.1"].steps)) >= 4, "the gaps")
    assert sum(map(is_gap, stub.calls["long.1"].steps)) == 4


def test_a_connection_that_breaks_before_the_list_is_complete_makes_one_gap_with_the_one_before(collect, exchange, stub, tmp_path):
    blocks = [channel_event("Newchannel", 1), channel_event("Newchannel", 2, Uniqueid="other.1", Linkedid="other.1")]
    played = exchange(blocks, cuts=[len(blocks[0])], unlisted=(2, 3, 4, 5))
    collect(*asterisk(played, tmp_path))
    wait_for(lambda: played.logins == 6 and "long.1" in stub.calls and any(map(is_gap, stub.calls["long.1"].steps)), "the gap")
    [gap] = [step for step in stub.calls["long.1"].steps if is_gap(step)]
    assert gap["event"]["data"]["seconds"] >= 1  # 0.1, 0.2, 0.4 and 0.8 s between the tries


def test_equal_digits_are_several_where_the_clock_was_set_back(collect, exchange, stub, tmp_path):
    digit = {"Digit": "7", "Direction": "Received", "DurationMs": "80", "Timestamp": "1795458990.000000"}
    blocks = [channel_event("Newchannel", 1), *(channel_event("DTMFEnd", 2, **digit) for _ in range(3)), channel_event("Hangup", 9, Cause="16")]
    collect(*asterisk(exchange(blocks), tmp_path))
    wait_for(lambda: "long.1" in stub.calls and stub.calls["long.1"].state == "ended", "the call to end")
    assert any("User input: 777" in line for line in lines(stub.calls["long.1"]))


def test_garbage_and_a_block_without_an_end_are_passed_over(collect, exchange, stub, tmp_path):
    blocks = recorded()
    garbage = [b"\x00\xff\xfe no colon\r\n\r\n", b"Event: CEL\r\n" + b"X: " + b"y" * 600000 + b"\r\n\r\n", b": empty\r\n\r\n", b"\r\n\r\n",
               b"Event: Newchannel\r\nUniqueid: \xff\xfe\r\nLinkedid: \xff\xfe\r\nChannel: x\r\n\r\n", b"Event: Hangup\r\nUniqueid: nobody\r\nLinkedid: nobody\r\n\r\n"]
    for i, each in enumerate(garbage):
        blocks.insert(100 * (i + 1), each)
    collector = collect(*asterisk(exchange(blocks), tmp_path))
    wait_for(lambda: is_over(stub), "the calls to end")
    log = collector.end()
    assert count_of(log, "blocks_dropped") == 1
    assert count_of(log, "lines_wrong") >= 2
    assert count_of(log, "rows_left_out") >= 1


def channel_event(name, number, /, **more):
    fields = {"Event": name, "Privilege": "call,all", "Timestamp": f"1795459000.{number:06d}", "Channel": "PJSIP/a-1", "ChannelState": "6",
              "CallerIDNum": "100", "CallerIDName": "", "Context": "from-trunk", "Exten": "200", "Uniqueid": "long.1", "Linkedid": "long.1", **more}
    return "".join(f"{name}: {value}\r\n" for name, value in fields.items()).encode() + b"\r\n"


def test_a_call_of_100_000_events_ends_and_says_what_it_lacks(collect, exchange, stub, tmp_path):
    blocks = [channel_event("Newchannel", 1)]
    blocks += [channel_event("UserEvent", 2 + i, UserEvent="Tick", Number=str(i)) for i in range(100000)]
    blocks += [channel_event("Hangup", 200000, Cause="16")]
    collector = collect(*asterisk(exchange(blocks), tmp_path))
    wait_for(lambda: "long.1" in stub.calls and stub.calls["long.1"].state == "ended", "the call to end")
    assert any("left out" in line for line in lines(stub.calls["long.1"]))
    held_kb = int(subprocess.run(["ps", "-o", "rss=", str(collector.process.pid)], capture_output=True, text=True).stdout)
    assert held_kb < 400 * 1024 or not PLAIN


def test_users_events_cannot_break_a_step(collect, exchange, stub, tmp_path):
    blocks = [channel_event("Newchannel", 1),
              channel_event("UserEvent", 2, UserEvent='a"b', channel_="x", module_type="m", Number="1", number="2", PIN="1234", Text='"}],{\\'),
              channel_event("UserEvent", 3, UserEvent="Own", Line="My line", Module="my", Variable="v", Class="error"),
              channel_event("UserEvent", 4, UserEvent="Bad", Class="nonsense"),
              channel_event("Hangup", 5, Cause="16")]
    collect(*asterisk(exchange(blocks), tmp_path))
    wait_for(lambda: "long.1" in stub.calls and stub.calls["long.1"].state == "ended", "the call to end")
    first, own, bad = [step for step in stub.calls["long.1"].steps if step["class"] in ("event", "error") and "Hung" not in step["event"]["line"]]
    assert first["event"]["data"] == {"module_type": "UserEvent", "result_variable": 'a"b', "channel_": "x", "module_type_2": "m", "number": "1",
                                      "number_2": "2", "pin": "•••", "text": '"}],{\\'}
    assert "1234" not in first["event"]["line"]
    assert (own["class"], own["event"]["line"], own["event"]["data"]["module_type"], own["event"]["data"]["result_variable"]) == ("error", "My line", "my", "v")
    assert bad["class"] == "event"


# ---- the session ----

def test_the_log_in_is_an_md5_of_a_challenge(collect, exchange, stub, tmp_path):
    played = exchange()
    collect(*asterisk(played, tmp_path))
    wait_for(lambda: played.logins, "the log-in")
    login = next(action for action in played.actions if action["action"] == "Login")
    assert "secret" not in login and len(login["key"]) == 32
    assert login["events"] == "call,dialplan,dtmf,user,agent,system"


def test_the_log_in_is_plain_where_that_is_said(collect, exchange, stub, tmp_path):
    played = exchange()
    collect(*asterisk(played, tmp_path, "--login", "plain"))
    wait_for(lambda: played.logins, "the log-in")
    assert next(action for action in played.actions if action["action"] == "Login")["secret"] == "secret"


def certificate(folder, name):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=exchange", "-addext", f"subjectAltName={name}",
                    "-keyout", folder / "tls-key", "-out", folder / "tls-cert"], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "tls-cert", folder / "tls-key")
    return context


def test_the_exchange_may_be_behind_tls(collect, exchange, stub, imported, tmp_path):
    played = exchange(tls=certificate(tmp_path, "IP:127.0.0.1"))
    collect(*asterisk(played, tmp_path, "--tls", "--ca-file", tmp_path / "tls-cert"))
    wait_for(lambda: is_over(stub), "the calls to end")
    assert compare(stub, imported)[0] >= 0.98


@pytest.mark.parametrize("name, trusted", [("DNS:another.example", True), ("IP:127.0.0.1", False)], ids=["of another host", "of nobody who is trusted"])
def test_a_certificate_that_is_not_the_exchanges_is_refused(collect, exchange, stub, tmp_path, name, trusted):
    played = exchange(tls=certificate(tmp_path, name))
    collector = collect(*asterisk(played, tmp_path, "--tls", *(("--ca-file", tmp_path / "tls-cert") if trusted else ())))
    wait_for(lambda: "exchange-lost" in collector.said(), "the refusal")
    assert "certificate" in collector.said()
    assert not played.actions


def test_key_and_secret_may_stand_in_the_environment(collect, exchange, stub, tmp_path):
    played = exchange(recorded()[:600])
    collector = Collector(tmp_path, stub, "asterisk", "--host", f"127.0.0.1:{played.port}", "--user", "callstep")
    collector.secrets = {"CALLSTEP_KEY": stub.key, "CALLSTEP_SECRET": "secret"}
    for name in ("key", "secret"):
        (tmp_path / name).unlink()
    collector.start()
    try:
        wait_for(lambda: played.logins == 1 and stub.calls, "calls")
    finally:
        collector.end()


def test_a_wrong_secret_is_told_and_not_tried_at_once_again(collect, exchange, stub, tmp_path):
    played = exchange(secret="another")
    collector = collect(*asterisk(played, tmp_path))
    wait_for(lambda: "login-refused" in collector.said(), "the refusal")
    assert "Authentication failed" in collector.said()
    assert len([action for action in played.actions if action["action"] == "Login"]) == 1


def test_what_is_not_an_exchange_is_told(collect, stub, tmp_path):
    port = stub.url.rsplit(":", 1)[1]
    collector = collect("asterisk", "--host", f"127.0.0.1:{port}", "--user", "u", "--secret-file", tmp_path / "secret")
    wait_for(lambda: "exchange-lost" in collector.said(), "the refusal")


def test_an_exchange_without_names_and_times_is_warned_of(collect, exchange, stub, tmp_path):
    blocks = [re.sub(rb"Timestamp: [^\r]*\r\n", b"", block) for block in recorded()]
    collector = collect(*asterisk(exchange(blocks, system=""), tmp_path))
    wait_for(lambda: is_over(stub), "the calls to end")
    log = collector.end()
    assert log.count("no-timestamps") == 1
    assert log.count("no-system-name") == 1


def test_clocks_that_differ_are_told_and_not_corrected(collect, exchange, stub, tmp_path):
    collector = collect(*asterisk(exchange(), tmp_path))
    wait_for(lambda: is_over(stub), "the calls to end")
    assert collector.end().count("clocks-differ") == 1
    assert stub.calls[STILL_UP].header["start"] == 1795459223


def test_an_exchange_that_was_restarted_is_named_in_the_gap(collect, exchange, stub, tmp_path):
    blocks = recorded()
    first = exchange(blocks[:1500])
    collector = collect(*asterisk(first, tmp_path))
    wait_for(lambda: first.done.is_set() and any(call.state == "live" for call in stub.calls.values()), "calls that are up")
    first.startup, first.blocks = "09:00:00", []
    first.client.shutdown(2)
    wait_for(lambda: first.logins == 2, "the second log-in")
    wait_for(lambda: all(call.state == "ended" for call in stub.calls.values()), "all calls to end")
    assert any("Ended while it was not watched" in lines(call) for call in stub.calls.values())
    assert "restarted=yes" in collector.end()


def test_a_prefix_stands_before_each_id(collect, exchange, stub, tmp_path):
    collect(*asterisk(exchange(), tmp_path, "--prefix", "east/"))
    wait_for(lambda: len(stub.calls) == CALLS, "the calls")
    assert all(session.startswith("east/pbx-") for session in stub.calls)


# ---- the server ----

def test_a_server_that_comes_late_gets_everything(collect, exchange, stub, imported, tmp_path):
    stub.fail = lambda path: 503
    played = exchange()
    collector = collect(*asterisk(played, tmp_path))
    wait_for(played.done.is_set, "the stream")
    assert not stub.calls
    stub.fail = lambda path: None
    wait_for(lambda: is_over(stub), "the calls to end")
    assert compare(stub, imported)[0] >= 0.98
    assert not any(is_gap(step) for call in stub.calls.values() for step in call.steps)
    wait_for(lambda: collector.waiting() == 0, "the spool to be empty")


@pytest.mark.parametrize("status, level", [(500, "warning"), (507, "warning"), (429, "warning"), (401, "error"), (403, "error"), (404, "error")])
def test_what_the_server_cannot_take_now_is_kept(collect, exchange, stub, tmp_path, status, level):
    stub.fail = lambda path: status
    collector = collect(*asterisk(exchange(recorded()[:600]), tmp_path))
    wait_for(lambda: "send-failed" in collector.said(), "the failure to be told")
    assert f" {level} send-failed" in collector.said()
    assert f"status {status}" in collector.said()
    collector.end()
    assert collector.waiting() > 0
    stub.fail = lambda path: None
    collector.start()
    wait_for(lambda: collector.waiting() == 0 and stub.calls, "the spool to be empty")


def test_retry_after_is_obeyed(collect, exchange, stub, tmp_path):
    stub.fail = lambda path: (503, [("Retry-After", "3600")], {"error": "later"})
    collector = collect(*asterisk(exchange(recorded()[:600]), tmp_path))
    wait_for(lambda: "send-failed" in collector.said(), "the failure to be told")
    posts = len(stub.requests)
    wait_for(lambda: collector.waiting() > 0, "lines in the spool")
    collector.end()
    assert len(stub.requests) == posts == 1


def test_a_server_that_lost_steps_gets_them_again(collect, exchange, stub, imported, tmp_path):
    played = exchange(speed=1500)
    collect(*asterisk(played, tmp_path))
    wait_for(lambda: any(6 < len(call.steps) <= len(imported[session]["detail"]) - 3 for session, call in stub.calls.items() if session in imported), "steps")
    with stub.lock:
        lost = [session for session, call in stub.calls.items() if call.state == "live" and session in imported
                and 2 < len(call.steps) <= len(imported[session]["detail"]) - 3]
        for session in lost:
            del stub.calls[session].steps[2:]
    wait_for(lambda: is_over(stub), "the calls to end")
    assert lost and stub.conflicts > 0
    assert compare(stub, imported)[0] >= 0.98
    assert not any(is_gap(step) for call in stub.calls.values() for step in call.steps)


def test_a_line_that_is_too_large_for_the_server_is_given_up_and_told(collect, exchange, stub, tmp_path):
    stub.fail = lambda path: 413
    collector = collect(*asterisk(exchange(recorded()[:300]), tmp_path))
    wait_for(lambda: "line-given-up" in collector.said(), "the line to be given up")
    wait_for(lambda: (collector.spool / "rejected.ndjson").exists(), "the line to be set aside")
    collector.end()


def test_a_killed_collector_goes_on_behind_what_is_held(collect, exchange, stub, tmp_path):
    played = exchange(speed=800)
    collector = collect(*asterisk(played, tmp_path))
    wait_for(lambda: played.at > 1000 and any(call.state == "live" and len(call.steps) > 4 for call in stub.calls.values()), "calls that are up")
    played.paused.clear()
    wait_for(lambda: (collector.spool / "open").exists() and (collector.spool / "open").read_text(), "the list of open calls")
    collector.end(signal.SIGKILL)
    before = {session: list(lines(call)) for session, call in stub.calls.items() if call.state == "live"}
    collector.start()
    wait_for(lambda: played.logins == 2, "the second log-in")
    played.paused.set()
    wait_for(played.done.is_set, "the stream")
    up = {fields["linkedid"] for fields in played.up().values()}
    wait_for(lambda: all((call.state == "live") == (session in up) for session, call in stub.calls.items()), "all to end but what is up")
    for session, told in before.items():
        assert lines(stub.calls[session])[:len(told) - 1] == told[:-1], session
    assert any("Not watched for" in line for session in before for line in lines(stub.calls[session]))


def test_a_spool_is_made_with_the_folders_above_it(exchange, stub, tmp_path):
    collector = Collector(tmp_path, stub, *asterisk(exchange(), tmp_path))
    collector.spool = tmp_path / "callstep-collect" / "pbx1"
    collector.start()
    try:
        wait_for(lambda: (collector.spool / "lock").exists(), "the spool")
        assert collector.spool.stat().st_mode & 0o777 == 0o700
    finally:
        collector.end()


def test_a_second_collector_on_one_spool_is_refused(collect, exchange, stub, tmp_path):
    played = exchange()
    first = collect(*asterisk(played, tmp_path))
    wait_for(lambda: (first.spool / "lock").exists() and "collect-begins" in first.said(), "the first to begin")
    done = subprocess.run(first.command(), capture_output=True, text=True)
    assert done.returncode == 1
    assert "another collector works on the spool" in done.stderr


def test_the_spool_is_on_the_disk_when_the_collector_ends(collect, exchange, stub, tmp_path):
    stub.fail = lambda path: 503
    played = exchange()
    collector = collect(*asterisk(played, tmp_path))
    wait_for(played.done.is_set, "the stream")
    assert "collect-ends" in collector.end(signal.SIGINT)
    assert collector.waiting() > 0
    assert all(path.stat().st_mode & 0o77 == 0 for path in collector.spool.iterdir())


@pytest.mark.parametrize("arguments, said", [
    ((), "name a source"),
    (("pigeon",), "there is no source 'pigeon'"),
    (("asterisk",), "give --to"),
    (("asterisk", "--to", "x"), "give --spool"),
    (("asterisk", "--to", "x", "--spool", "s"), "give --key-file"),
    (("asterisk", "--once", "--to", "x", "--spool", "s"), "--once is not for it"),
    (("cel-file", "--to", "x", "--spool", "s"), "name the one file"),
])
def test_what_is_missing_is_told(tmp_path, arguments, said):
    done = subprocess.run([BINARY, "collect", *arguments], capture_output=True, text=True, cwd=tmp_path, env={"PATH": "/usr/bin", "HOME": str(tmp_path)})
    assert done.returncode == 2
    assert said in done.stderr


def test_a_key_that_others_may_read_is_refused(collect, exchange, stub, tmp_path):
    collector = Collector(tmp_path, stub, *asterisk(exchange(), tmp_path))
    (tmp_path / "key").chmod(0o644)
    done = subprocess.run(collector.command(), capture_output=True, text=True)
    assert done.returncode == 1
    assert "chmod 600" in done.stderr
