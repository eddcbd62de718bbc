# SPDX-License-Identifier: MIT
"""POST /v1/in/{source}: what other systems post, stored once, whichever way and however often it comes."""
import base64
import gzip
import hashlib
import hmac
import json
import time
import urllib.parse

import pytest

from conftest import FIXTURES, Client, add_account, callstep
from test_intake import zstd

FREESWITCH = FIXTURES / "freeswitch"
SESSION = "0b7c2f5e-51f0-4c7e-9a51-4e2d6a1c0001"
A_LEG = (FREESWITCH / "a-leg.cdr.json").read_bytes()
A_LEG_XML = (FREESWITCH / "a-leg.cdr.xml").read_bytes()
B_LEG = (FREESWITCH / "a_b-leg.cdr.json").read_bytes()
OLD = (FREESWITCH / "old.cdr.json").read_bytes()


def take(client, body, source="freeswitch", type_="application/json", status=200, **headers):
    answer = client.ask(f"/v1/in/{source}", method="POST", body=body, headers={"Content-Type": type_, **headers})
    assert answer.status == status, answer.body
    return answer


def held(client, session=SESSION):
    return client.get(f"/v1/calls/{session}").json


def lines(call):
    return [step["event"]["line"] for step in call["detail"]]


# ---- FreeSWITCH ----


def url_coded(document):
    return b"cdr=" + urllib.parse.quote(document, safe="").encode()


def base64_coded(document):
    return b"cdr=" + base64.b64encode(document)


CODINGS = [("application/json", lambda body: body), ("application/x-www-form-urlencoded", url_coded),
           ("application/x-www-form-base64-encoded", base64_coded)]


@pytest.mark.parametrize("document", [A_LEG, A_LEG_XML], ids=["json", "xml"])
@pytest.mark.parametrize("type_, code", CODINGS, ids=["plain", "url", "base64"])
def test_a_record_in_each_coding_is_the_same_call(client, document, type_, code):
    take(client, code(document), type_=type_, source=f"freeswitch?uuid={SESSION}")
    call = held(client)
    assert (call["src"], call["dest"], call["start"], call["end"], call["type"]) == (
        "+12125550103", "+14155550100", 1795459200, 1795459245, "inbound")
    assert call["state"] == "ended"
    assert lines(call) == [
        "Dialled +14155550100 from +12125550103 (Pat Doe)", "Answered", "Playing ivr/welcome.wav", "Playing ivr/order.wav",
        "User input: 4711 (dtmf)", "Saying Thank you, one moment", "Transferred to 203 (agents)", "Transferring to 203 XML default",
        "lua find_agent.lua 203", "Calling user/203@acme.example", "Connected to 203 (sofia/internal/203@10.0.0.7)",
        "Hung up by the caller (sofia/external/+12125550103@sip.example.net): normal call clearing (16)"]


@pytest.mark.parametrize("order", [[A_LEG, B_LEG], [B_LEG, A_LEG], [B_LEG, B_LEG, A_LEG, A_LEG_XML, A_LEG]],
                         ids=["a first", "b first", "repeated"])
def test_legs_are_one_call_whichever_comes_first_and_twice_is_once(client, order):
    for body in order:
        take(client, body)
    call = held(client)
    assert (call["src"], call["dest"], call["end"], call["state"]) == ("+12125550103", "+14155550100", 1795459245, "ended")
    assert len(lines(call)) == 15
    assert lines(call).count("203 (sofia/internal/203@10.0.0.7) answered") == 1
    assert client.get("/v1/calls").json["total_calls"] == 1


def test_a_record_of_an_old_version_is_read_too(client):
    take(client, OLD)
    assert "Playing ivr/welcome.wav" in lines(held(client)) and held(client)["dest"] == "+14155550100"


def test_of_a_header_the_steps_are_left(client):
    take(client, A_LEG, source="freeswitch/header")
    call = held(client)
    assert (call["dest"], call["end"], call["steps"]) == ("+14155550100", 1795459245, 0)


def test_what_is_not_a_record_is_400_and_says_why(client):
    assert "neither JSON nor XML" in take(client, b"hello there", status=400).json["detail"]
    assert "variables.uuid is missing" in take(client, b"{}", status=400).json["detail"]
    assert "line 1, column" in take(client, b'{"variables":', status=400).json["detail"]


@pytest.mark.parametrize("coding, pack", [("gzip", gzip.compress), ("x-gzip", gzip.compress), ("zstd", zstd)])
def test_a_record_may_be_compressed(client, coding, pack):
    take(client, pack(A_LEG), **{"Content-Encoding": coding})
    take(client, pack(url_coded(B_LEG)), type_="application/x-www-form-urlencoded", **{"Content-Encoding": coding})
    take(client, pack(A_LEG), source="freeswitch/header", **{"Content-Encoding": coding})
    assert len(lines(held(client))) == 15


@pytest.mark.parametrize("coding, pack", [("gzip", gzip.compress), ("zstd", zstd)])
def test_what_is_not_of_its_coding_is_400_and_what_unfolds_too_far_413(client, coding, pack):
    coded = {"Content-Encoding": coding}
    take(client, A_LEG, status=400, **coded)
    take(client, pack(A_LEG)[:-8], status=400, **coded)
    bomb = pack(b" " * (64 << 20))
    for _ in range(30):  # what one holds is given back: all of them together would not find room
        assert "unfolds to more than 6291456 bytes" in take(client, bomb, status=413, **coded).json["detail"]
    answer = take(client, A_LEG, status=415, **{"Content-Encoding": "br"})
    assert answer.headers["Accept-Encoding"] == "gzip, zstd"
    take(client, pack(A_LEG), **coded)


def test_rejects_are_listed_by_line_and_the_others_counted(start_server, tmp_path):
    client = serve_table(start_server, tmp_path, TABLE)
    answer = take(client, json.dumps({"all": [record(id="", at=i) for i in range(150)]}), source="acme", status=422).json
    assert [r["line"] for r in answer["rejected"]] == list(range(1, 101)) and answer["rejected_more"] == 50


def test_a_body_that_is_too_large_is_413(client):
    assert take(client, b'{"a":"' + b"x" * (7 << 20) + b'"}', status=413)
    assert take(client, b'{"a":"' + b"x" * (3 << 20) + b'"}', status=413)
    assert take(client, b"[" + b"0," * 200000 + b"0]", source="twilio", status=413)


def test_a_source_without_a_name_is_404(client):
    assert "there is no such source" in take(client, b"{}", source="nobody", status=404).json["detail"]


def test_accounts_do_not_see_each_others_records(client):
    other = Client(client.server, add_account(client.server.store, "other-" + client.email), "other-" + client.email)
    take(client, A_LEG)
    take(other, B_LEG)
    assert len(lines(held(client))) == 12
    assert held(other)["src"] == ""


# ---- webhooks ----

TABLE = {"acme": {"event": "/type", "ends": ["end"], "records": "/all",
                  "call": {"session_id": "/id", "src": "/from", "dest": "/to"},
                  "steps": [{"line": "User input: {/digits} (dtmf)", "module": "Gather", "variable": "{/menu}", "class": "event",
                             "time": "/at", "id": "{/key}"}]}}


def serve_table(start_server, tmp_path, table):
    path = tmp_path / "webhooks.json"
    path.write_text(json.dumps(table))
    server = start_server("--webhook", str(path))
    return Client(server, add_account(server.store))


def record(**more):
    return {"type": "digits", "id": "w1", "from": "+12125550101", "to": "+1800", "digits": "1", "menu": "main", "at": 1795459200,
            "key": "k1", **more}


def test_a_table_translates_records_and_bad_ones_are_told(start_server, tmp_path):
    client = serve_table(start_server, tmp_path, TABLE)
    body = json.dumps({"all": [record(), record(id=""), record(key="k2", digits="2", at=1795459205), record(), record(id="w2", at="soon")]})
    for _ in range(2):
        answer = take(client, body, source="acme").json
        assert answer["accepted"] == 4
        assert [(r["line"], "1 to 128 bytes" in r["error"]) for r in answer["rejected"]] == [(2, True)]
    call = held(client, "w1")
    assert lines(call) == ["User input: 1 (dtmf)", "User input: 2 (dtmf)"]
    assert (call["src"], call["dest"], call["state"]) == ("+12125550101", "+1800", "live")
    take(client, json.dumps({"all": [record(type="end", key="k3", at=1795459210)]}), source="acme")
    assert held(client, "w1")["state"] == "ended"
    assert take(client, json.dumps({"all": [record(id="")]}), source="acme", status=422).json["accepted"] == 0


def test_the_tables_that_come_with_the_program_are_read(start_server, tmp_path):
    docs = FIXTURES.parents[1] / "docs/webhooks"
    tables = {**json.loads((docs / "retell.json").read_text()), **json.loads((docs / "vapi.json").read_text())}
    for name, table in tables.items():
        (tmp_path / name).write_text(f"secret of {name}\n")
        table["signature"]["secret_file"] = str(tmp_path / name)
    client = serve_table(start_server, tmp_path, tables)
    body = (FIXTURES / "webhooks/retell-call-ended.json").read_bytes()
    now = str(int(time.time() * 1000))

    def signature(at, key=b"secret of retell", signed=body):
        return f"v={at},d={hmac.new(key, signed + at.encode(), hashlib.sha256).hexdigest()}"

    for wrong in ({}, {"X-Retell-Signature": "x"}, {"X-Retell-Signature": signature(now, b"other")},
                  {"X-Retell-Signature": signature(now, signed=body + b" ")}, {"X-Retell-Signature": signature("1795459200000")}):
        assert "signature" in take(client, body, source="retell", status=403, **wrong).json["detail"]
    assert client.get("/v1/calls").json["total_calls"] == 0
    for _ in range(2):
        take(client, body, source="retell", **{"X-Retell-Signature": signature(now)})
    assert lines(held(client, "call_7f3a")) == [
        "Call from +12125550101 to +14155550100", "Hello, how can I help?", 'User input: "Where is my order?" (voice)', "Tool find_order",
        "Result of tool tc1", "It is on its way.", "Call ended: user_hangup"]
    body = (FIXTURES / "webhooks/vapi-report.json").read_bytes()
    take(client, body, source="vapi", status=403, **{"X-Vapi-Secret": "secret of retell"})
    take(client, body, source="vapi", **{"X-Vapi-Secret": "secret of vapi"})
    assert held(client, "019aa7c2-1111")["dest"] == "+14155550100"


# ---- Twilio ----

EVENTS = json.loads((FIXTURES / "twilio/events.json").read_text())
CALL = "CA00000000000000000000000000000001"


@pytest.mark.parametrize("turned", [False, True], ids=["as sent", "backwards"])
def test_events_in_any_order_and_twice_are_one_call(client, turned):
    events = list(reversed(EVENTS)) if turned else EVENTS
    take(client, json.dumps(events), source="twilio")
    take(client, json.dumps(events), source="twilio")
    assert lines(held(client, CALL)) == ["Executing flow FW01, revision 12", "Widget say_hello", "User input: 4711 (dtmf)",
                                         "Flow ended: FLOW_END"]
    assert client.get("/v1/calls").json["total_calls"] == 1


def test_a_step_before_its_execution_is_asked_for_again(client):
    step, started = [dict(event) for event in EVENTS[:2]]
    step["data"] = {**step["data"], "execution_sid": "FN77"}
    started["data"] = {**started["data"], "execution_sid": "FN77"}
    answer = take(client, json.dumps(step), source="twilio", status=503)
    assert int(answer.headers["Retry-After"]) > 0
    take(client, json.dumps(started), source="twilio")
    take(client, json.dumps(step), source="twilio")
    assert "User input: 4711 (dtmf)" in lines(held(client, CALL))


FORM = {"CallSid": "CA7", "From": "+12125550101", "To": "+14155550100", "Direction": "inbound", "CallStatus": "completed",
        "Timestamp": "Tue, 24 Nov 2026 01:50:27 +0000", "CallDuration": "8"}
TYPE = "application/x-www-form-urlencoded"


def test_status_callbacks_are_steps_and_the_last_one_ends_the_call(client):
    for status in ("ringing", "in-progress", "in-progress"):
        take(client, urllib.parse.urlencode({**FORM, "CallStatus": status}), source="twilio", type_=TYPE)
    assert held(client, "CA7")["state"] == "live"
    take(client, urllib.parse.urlencode(FORM), source="twilio", type_=TYPE)
    call = held(client, "CA7")
    assert (call["src"], call["dest"], call["type"], call["state"]) == ("+12125550101", "+14155550100", "inbound", "ended")
    assert lines(call) == ["Ringing", "Answered", "Hung up: completed"]


def test_twilios_signatures_are_checked(start_server, tmp_path):
    (tmp_path / "token").write_text("12345\n")
    server = start_server("--twilio-token-file", str(tmp_path / "token"), "--public-url", "https://calls.example.org")
    client = Client(server, add_account(server.store))

    def sign(text):
        return {"X-Twilio-Signature": base64.b64encode(hmac.new(b"12345", text.encode(), hashlib.sha1).digest()).decode()}

    url = "https://calls.example.org/v1/in/twilio"
    good = url + "".join(name + FORM[name] for name in sorted(FORM))
    body = urllib.parse.urlencode(FORM)
    for wrong in ({}, sign(good + "x"), sign(good.replace("https", "http"))):
        take(client, body, source="twilio", type_=TYPE, status=403, **wrong)
    take(client, body, source="twilio", type_=TYPE, **sign(good))
    body = json.dumps(EVENTS)
    query = "bodySHA256=" + hashlib.sha256(body.encode()).hexdigest()
    take(client, body, source="twilio?" + query, **sign(f"{url}?{query}"))
    take(client, body + " ", source="twilio?" + query, status=403, **sign(f"{url}?{query}"))
    assert client.get("/v1/calls").json["total_calls"] == 2


WRONG = [
    ("--public-url", "calls.example.org", "is not a value for --public-url"),
    ("--webhook", '{"a":{}}', "webhook 'a': 'call' is missing"),
    ("--twilio-token-file", "token", "needs --public-url"),
]


@pytest.mark.parametrize("option, value, words", WRONG, ids=[row[0] for row in WRONG])
def test_a_server_does_not_start_with_a_wrong_setting(tmp_path, option, value, words):
    path = tmp_path / "file"
    path.write_text(value)
    done = callstep("serve", "--data", tmp_path / "store", "--listen", "127.0.0.1:0", option, value if option == "--public-url" else path)
    assert done.returncode != 0 and words in done.stderr
