# SPDX-License-Identifier: MIT
"""Redaction of what is posted, and erasing beside a server."""
import gzip
import json
import threading

import pytest

from conftest import Client, add_account, call, callstep, step
from stores import files_of, store_at

CARD = "4111111111111111"
HID = "\u2022\u2022\u2022"


def made(session_id, *lines, **more):
    return call(session_id, detail=[step(line, module="pin") for line in lines], **more)


POSTS = {
    "document": ({"Content-Type": "application/json"}, lambda one: json.dumps({"calls": [one]}).encode()),
    "bare": ({"Content-Type": "application/json"}, lambda one: json.dumps(one).encode()),
    "ndjson": ({"Content-Type": "application/x-ndjson"}, lambda one: json.dumps(one).encode() + b"\n"),
    "gzip": ({"Content-Type": "application/json", "Content-Encoding": "gzip"},
             lambda one: gzip.compress(json.dumps({"calls": [one]}).encode())),
}


@pytest.fixture
def redacting(start_server):
    server = start_server("--redact-cards", "--redact-input", "pin")
    return Client(server, add_account(server.store))


@pytest.mark.parametrize("shape", POSTS)
def test_what_is_posted_is_redacted_in_every_shape(redacting, shape):
    headers, body = POSTS[shape]
    one = made("a", f"Card {CARD}", "User input: 7291 (dtmf)", "So it is 7 2 9 1")
    assert redacting.post(body(one), headers=headers).json["accepted"] == 1
    for path in "/api/call/a", "/v1/calls/a", "/v1/calls?detail=true", "/api/all_logs/0/9999999999":
        text = redacting.get(path).text
        assert CARD not in text and "7291" not in text and "7 2 9 1" not in text
        assert f"Card {HID}" in text and f"User input: {HID} (dtmf)" in text
    assert redacting.get("/v1/calls?text=7291").json["total_calls"] == 0
    assert redacting.get(f"/v1/calls?text={CARD}").json["total_calls"] == 0
    assert redacting.get("/v1/calls?text=input").json["total_calls"] == 1


def test_a_large_batch_is_redacted_by_every_thread(redacting):
    calls = [made(f"s{i}", f"Card {CARD} of {i}") for i in range(3000)]
    assert redacting.post(calls).json["accepted"] == 3000
    assert redacting.get(f"/v1/calls?text={CARD}").json["total_calls"] == 0
    assert redacting.get("/api/all_logs/0/9999999999?limit=10000").text.count(HID) >= 3000


def test_what_was_redacted_can_be_posted_back(redacting):
    redacting.post([made("a", f"Card {CARD}", "User input: 7291 (dtmf)")])
    before = redacting.get("/api/all_logs/0/9999999999").body
    assert redacting.post(before).json == {"accepted": 1, "replaced": 1, "rejected": [], "old_detail": 0, "old_calls": 0}
    assert redacting.get("/api/all_logs/0/9999999999").body == before


def test_a_wrong_rule_stops_the_server_at_its_start(tmp_path):
    done = callstep("serve", "--data", store_at(tmp_path), "--listen", "127.0.0.1:0", "--redact-patterns", "#{")
    assert done.returncode in (1, 2)
    assert "redact-patterns: '#{' is not a pattern" in done.stderr


def test_erasing_beside_a_server_that_takes_calls_in(start_server):
    server = start_server()
    client = Client(server, add_account(server.store))
    client.post([call("gone-session", dest="5550001111", detail=[step("Zugzwang by quartz")])] +
                [call(f"kept{i}", detail=[step(f"Word{i}")]) for i in range(200)])
    stop = threading.Event()
    accepted = []

    def post():
        while not stop.is_set():
            answer = client.post([call(f"new{len(accepted)}", detail=[step("Pizzicato")])])
            accepted.append(answer.status)

    poster = threading.Thread(target=post)
    poster.start()
    try:
        done = callstep("erase", "--data", server.store, "--number", "5550001111", "--yes")
    finally:
        stop.set()
        poster.join()
    assert (done.returncode, done.stdout) == (0, "erased 1 call\n"), done.stderr
    assert set(accepted) == {200}
    # Before anything is asked: the trail has what is asked for.
    for name, content in files_of(server.store).items():
        for trace in b"zugzwang", b"quartz", b"5550001111", b"gone-session":
            assert trace not in content, (name, trace)
    assert client.get("/v1/calls/gone-session").status == 404
    assert client.get("/v1/calls?text=zugzwang").json["total_calls"] == 0
    assert client.get("/v1/calls").json["total_calls"] == 200 + len(accepted)
    assert client.get("/v1/calls?text=pizzicato").json["total_calls"] == len(accepted)
    assert callstep("verify", "--data", server.store).returncode == 0


# What stands in logs and looks like a card's number to a check digit alone.
KEPT = ["time_processed=1795459158006", "uuid 17505051-6061-9894-b66c-f2db26efb20c", "file in-20261124015003.wav",
        "monitor/external-201-20261124-010004.wav", "uniqueid 1795459158.105", "number 0049891234004", "imei 490154203237518",
        "id 41111111-1111-1111-b66c-f2db26efb20c", "x4111111111111111y"]
HIDDEN = ["card 3782 822463 10005", "4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1", ";4111111111111111=29121010000000000000?",
          '{"pan":"4111111111111111","exp":"12/29"}', "https://pay.example.com/?card=4111111111111111&cvv=123"]


def test_times_ids_and_stamps_are_kept_and_cards_hidden_and_the_scan_agrees(redacting):
    lines = [*KEPT, *HIDDEN]
    redacting.post([call("a", detail=[step(line, raw=line, t=1795459158006, pan=4111111111111111) for line in lines])])
    steps = redacting.get("/v1/calls/a").json["detail"]
    for line, made in zip(lines, steps):
        event = made["event"]
        assert (event["line"] == event["data"]["raw"] == line) == (line in KEPT), event
        assert event["data"]["t"] == 1795459158006 and event["data"]["pan"] == "•••"
    done = callstep("privacy-scan", "--data", redacting.server.store, "--account", redacting.email)
    assert done.returncode == 0 and done.stdout == "", done.stdout
