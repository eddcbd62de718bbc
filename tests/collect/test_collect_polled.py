# SPDX-License-Identifier: MIT
"""callstep collect fuse and collect twilio: sources that are asked, with a spool before the server."""
import json
import signal
import socket
import sys
import time
import urllib.parse
import urllib.request
from pathlib import Path

import pytest

from .conftest import wait_for
from .test_collect_real import real  # noqa: F401 (a fixture)
from .twilio import ACCOUNT, SECRET, Twilio, iso, mail

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "api"))
from vendor import KEY, USER, Vendor  # noqa: E402

NOW = 0


@pytest.fixture(autouse=True)
def the_time():
    global NOW
    NOW = int(time.time())


def call(session_id, start, line="Answered"):
    step = {"event": {"line": line, "data": {"module_type": "start", "result_variable": "start"}}, "class": "event", "timestamp": start}
    return {"dest": "6177123001", "src": "6177123000", "start": str(start), "end": str(start + 30), "session_id": session_id, "detail": [step], "type": "inbound"}


def lines(held):
    return [step["event"]["line"] for step in held.steps]


# ---- fuse ----

@pytest.fixture
def vendor():
    made = Vendor([call(f"s{i}", NOW - 4000 + i) for i in range(200)])
    yield made
    made.close()


@pytest.fixture
def fuse(collect, tmp_path, vendor):
    (tmp_path / "fuse.key").write_text(KEY)
    (tmp_path / "fuse.key").chmod(0o600)
    return lambda *more: collect("fuse", vendor.url, "--user", USER, "--secret-file", tmp_path / "fuse.key", "--pace", "5ms", *more)


def same(stub, vendor):
    return {session: held.steps for session, held in stub.calls.items()} == {session: each["detail"] for session, each in vendor.calls.items()}


def test_fuse_once_sends_all_calls_as_ended(fuse, stub, vendor):
    collector = fuse("--once")
    assert collector.process.wait(60) == 0, collector.said()
    assert same(stub, vendor)
    held = stub.calls["s7"]
    assert held.state == "ended" and held.header == {"dest": "6177123001", "src": "6177123000", "start": NOW - 3993, "end": NOW - 3963, "type": "inbound"}
    assert collector.waiting() == 0


def test_fuse_goes_on_asking_and_ends_on_a_signal(fuse, stub, vendor):
    collector = fuse("--every", "1s")
    wait_for(lambda: same(stub, vendor), "the calls")
    vendor.calls["later"] = call("later", NOW - 300)
    wait_for(lambda: same(stub, vendor), "the call that came later")
    collector.end()
    assert collector.process.returncode == 0


def test_fuse_spools_while_the_server_is_away(fuse, stub, vendor):
    stub.fail = lambda path: 503
    collector = fuse("--every", "1s")
    wait_for(lambda: collector.waiting() > 0 and "pulled" in collector.said(), "the calls in the spool")
    collector.end(signal.SIGKILL)
    asked = len(vendor.paths())
    stub.fail = lambda path: None
    again = fuse("--once")
    assert again.process.wait(60) == 0, again.said()
    assert same(stub, vendor) and len(vendor.paths()) > asked


def test_fuse_tells_what_came_without_steps(fuse, stub, vendor):
    assert fuse("--once").process.wait(60) == 0
    vendor.ahead_s = 10 * 86400
    vendor.calls = {"gone": call("gone", NOW + 4 * 86400), "there": call("there", NOW + 9 * 86400)}
    collector = fuse("--once")
    assert collector.process.wait(60) == 3, collector.said()
    assert "detail-gone" in collector.said() and stub.calls["there"].steps


# ---- twilio ----

@pytest.fixture
def twilio():
    made = Twilio()
    made.add_flow("FW1", "Orders")
    yield made
    made.close()


@pytest.fixture
def collecting(collect, tmp_path, twilio):
    (tmp_path / "token").write_text(SECRET)
    (tmp_path / "token").chmod(0o600)
    return lambda *more, **also: collect("twilio", "--account-sid", ACCOUNT, "--secret-file", tmp_path / "token", "--api-url", twilio.url,
                                         "--studio-url", twilio.url, "--pace", "2ms", "--every", "1s", *more, **also)


def play(twilio, sid="1"):
    """An execution with four steps, one widget passed twice."""
    start = NOW - 600
    twilio.add_call(f"CA{sid}", start)
    twilio.add_execution(f"FN{sid}", "FW1", f"CA{sid}", start + 1)
    twilio.add_step(f"FN{sid}", "trigger", "Trigger", "incomingCall", when=start + 1)
    twilio.add_step(f"FN{sid}", "say-play", "hello", "audioComplete", when=start + 2)
    twilio.add_step(f"FN{sid}", "gather-input-on-call", "pin", "keypress", when=start + 5, Digits="11")
    twilio.add_step(f"FN{sid}", "gather-input-on-call", "pin", "keypress", when=start + 9, Digits="2222")


FIRST = ["Executing flow Orders, revision 4", "Widget hello", "User input: 11 (dtmf)", "User input: 2222 (dtmf)"]


def test_an_execution_is_followed_until_its_call_ends(collecting, stub, twilio):
    play(twilio)
    collector = collecting()
    wait_for(lambda: "CA1" in stub.calls and lines(stub.calls["CA1"]) == FIRST, "the first steps")
    held = stub.calls["CA1"]
    assert held.state == "live"
    assert held.header == {"dest": "+14158675309", "src": "+14158675308", "start": NOW - 600, "type": "inbound"}
    twilio.add_step("FN1", "connect-call-to", "agent", "busy", to="Ended", when=NOW - 580)
    wait_for(lambda: lines(held)[-1] == "Calling (agent): busy", "the new step")
    twilio.executions["FN1"].update(status="ended", date_updated=iso(NOW - 575))
    twilio.end_call("CA1", NOW - 570)
    wait_for(lambda: held.state == "ended", "the end")
    assert lines(held) == FIRST + ["Calling (agent): busy", "Flow ended", "Hung up: completed"] and held.header["end"] == NOW - 570
    collector.end()
    assert collector.process.returncode == 0
    assert [step["class"] for step in held.steps] == ["info", "prompt", "event", "event", "event", "event", "event"]


def test_nothing_comes_twice_when_it_is_killed_and_run_again(collecting, stub, twilio):
    for sid in "123":
        play(twilio, sid)
    collector = collecting()
    wait_for(lambda: len(stub.calls) >= 2, "two calls")
    collector.end(signal.SIGKILL)
    for sid in "123":
        twilio.executions["FN" + sid].update(status="ended", date_updated=iso(NOW - 575))
        twilio.end_call("CA" + sid, NOW - 570, "no-answer")
    again = collecting("--once")
    assert again.process.wait(60) == 0, again.said()
    for sid in "123":
        assert lines(stub.calls["CA" + sid]) == FIRST + ["Flow ended", "Hung up: no answer"]
        assert stub.calls["CA" + sid].state == "ended"


def twiml(digits, body, when, code=200):
    return {"request": {"method": "POST", "url": "https://ivr.example/menu?x=1", "parameters": {"digits": digits} if digits else {}},
            "response": {"response_code": code, "response_body": body, "date_created": mail(when)}}


def test_calls_of_a_twiml_application_come_when_their_events_are_complete(collecting, stub, twilio):
    twilio.add_call("CAold", NOW - 1190, NOW - 1100, direction="outbound-api")
    twilio.events["CAold"] = [twiml(None, "<Response><Gather><Say>Press 1</Say></Gather></Response>", NOW - 1180),
                              twiml("1", "<Response><Dial>+1415</Dial></Response>", NOW - 1170), twiml(None, "", NOW - 1160, 502)]
    twilio.add_call("CAyoung", NOW - 300, NOW - 200)
    twilio.add_call("CAup", NOW - 900)
    collector = collecting("--once", "--since", NOW - 3600)
    assert collector.process.wait(60) == 0, collector.said()
    assert set(stub.calls) == {"CAold"}
    held = stub.calls["CAold"]
    assert lines(held) == ["Asking for input", "Said: Press 1", "User input: 1 (dtmf)", "Calling +1415", "Request /menu: 502", "Hung up: completed"]
    assert held.header["type"] == "outbound" and held.state == "ended"
    assert held.steps[2]["event"]["data"]["result_variable"] == "/menu"


def test_a_child_call_is_a_leg_of_its_parent(collecting, stub, twilio):
    twilio.add_call("CAa", NOW - 1190, NOW - 1100)
    twilio.add_call("CAb", NOW - 1180, NOW - 1110, status="busy", direction="outbound-dial", parent="CAa")
    collector = collecting("--once")
    assert collector.process.wait(60) == 0, collector.said()
    held = stub.calls["CAa"]
    assert set(stub.calls) == {"CAa"} and sorted(lines(held)) == ["Hung up: busy", "Hung up: completed"]
    assert [step["event"]["data"].get("channel") for step in held.steps if "busy" in step["event"]["line"]] == ["CAb"]


def test_too_many_requests_are_waited_for(collecting, stub, twilio):
    play(twilio)
    twilio.trouble = [(429, {"Retry-After": "1"}), (429, {}), (503, {})]
    collector = collecting("--once")
    assert collector.process.wait(60) == 0, collector.said()
    assert lines(stub.calls["CA1"]) == FIRST and "Too Many Requests" in collector.said()


def test_a_wrong_token_ends_it(collecting, twilio, tmp_path):
    (tmp_path / "token").chmod(0o600)
    twilio.find = None
    collector = collecting("--user", "SKwrong")
    assert collector.process.wait(60) == 1
    assert "answers 401 'Authenticate'" in collector.said()


def test_a_next_page_elsewhere_is_not_asked_for(collecting, twilio):
    play(twilio)
    real = twilio.find
    twilio.find = lambda path: {"flows": [], "meta": {"next_page_url": "http://127.0.0.1:9/v2/Flows"}} if "Flows?" in path else real(path)
    collector = collecting("--once")
    assert collector.process.wait(60) == 1
    assert "names a next page on another server" in collector.said()


def test_only_the_flows_that_are_named(collecting, stub, twilio):
    play(twilio)
    twilio.add_flow("FW2", "Other")
    twilio.add_call("CA9", NOW - 500)
    twilio.add_execution("FN9", "FW2", "CA9", NOW - 499)
    twilio.add_execution("FN8", "FW1", "SMmessage", NOW - 499)
    collector = collecting("--once", "--flows", "FW1, FW7")
    assert collector.process.wait(60) == 0, collector.said()
    assert set(stub.calls) == {"CA1"}

# ---- Twilio, in both ways ----


def event(type_, **data):
    return {"specversion": "1.0", "type": "com.twilio.studio.flow." + type_, "id": "EV", "data": data}


def events_of(twilio, sid):
    """What Event Streams tells of an execution, steps first, as it may."""
    made = twilio.executions["FN" + sid]
    about = {"execution_sid": "FN" + sid, "flow_sid": made["flow_sid"], "flow_revision": made["flow_version"], "started_by": "CA" + sid,
             "date_created": made["date_created"]}
    steps = [event("step.ended", execution_sid="FN" + sid, step_sid=step["sid"], context={"widgets": step["then"]},
                   **{name: step[name] for name in ("name", "transitioned_from", "transitioned_to", "type", "date_created")})
             for step in made["steps"]]
    return json.dumps(steps + [event("execution.started", **about),
                               event("execution.ended", **about, date_updated=made["date_updated"], ended_reason="FLOW_END")]).encode()


def callback_of(twilio, sid):
    call = twilio.calls["CA" + sid]
    return urllib.parse.urlencode({"CallSid": call["sid"], "From": call["from"], "To": call["to"], "Direction": "inbound",
                                   "CallStatus": call["status"], "Timestamp": call["end_time"]}).encode()


def push(real, body, type_):
    request = urllib.request.Request(real.url + "/v1/in/twilio", body, {"Content-Type": type_, "Authorization": "Bearer " + real.key})
    with urllib.request.urlopen(request, timeout=60) as answer:
        assert json.loads(answer.read())["rejected"] == []


def push_all(real, twilio, sid):
    push(real, events_of(twilio, sid), "application/json")
    push(real, callback_of(twilio, sid), "application/x-www-form-urlencoded")


def said(call, sid):
    """All that a step says but the flow's name, which no event has, and why it ended, which the REST API does not tell."""
    text = json.dumps([{**step, "event": {"data": step["event"]["data"], "line": step["event"]["line"].removesuffix(": FLOW_END")}}
                       for step in call["detail"]], sort_keys=True)
    return text.replace("CA" + sid, "CA").replace("FN" + sid, "FN").replace("FT" + sid, "FT").replace("flow FW1", "flow Orders")


def is_up(real):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", real.port)) == 0


def test_a_call_that_is_asked_for_and_pushed_is_one_call_in_one_wording(real, collecting, twilio):
    for sid in "123":
        play(twilio, sid)
        for type_, widget, name in (("split-based-on", "menu", "match"), ("connect-call-to", "agent", "busy"), ("run-function", "fn", "fail"),
                                    ("gather-input-on-call", "again", "timeout"), ("capture-payments", "pay", "success")):
            twilio.add_step("FN" + sid, type_, widget, name, when=NOW - 585)
        twilio.executions["FN" + sid].update(status="ended", date_updated=iso(NOW - 575))
        twilio.end_call("CA" + sid, NOW - 570, "no-answer")
    wait_for(lambda: is_up(real), "the server")
    push_all(real, twilio, "2")
    push_all(real, twilio, "3")
    pushed_only = twilio.executions.pop("FN2"), twilio.calls.pop("CA2")
    collector = collecting("--once", server=real)
    assert collector.process.wait(60) == 0, collector.said()
    wait_for(lambda: {call["session_id"] for call in real.calls().values()} == {"CA1", "CA2", "CA3"}, "all calls")
    asked, pushed, both = (said(real.calls()["CA" + sid], sid) for sid in "123")
    assert len(json.loads(asked)) == 11 and asked == pushed == both
    push_all(real, twilio, "1")
    assert said(real.calls()["CA1"], "1") == asked and pushed_only
