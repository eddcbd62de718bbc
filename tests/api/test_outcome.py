# SPDX-License-Identifier: MIT
"""How calls went: what a sender tells, what the steps say, how it is asked for and counted, and that the vendor's endpoints show nothing of it."""
import json
import time

import pytest

from conftest import call, step

NOW = int(time.time()) - 1000
FACTS = ("outcome", "answered", "talk", "ended_by")
TALK = [step("Dialled 203 from 1", NOW), step("Calling 203", NOW + 1, module="Dial"), {**step("Connected to 203", NOW + 5, module="Dial")},
        step("Disconnected from 203 after 20.0 s", NOW + 25, module="Dial"), step("Hung up by the caller: normal call clearing (16)", NOW + 25, module="hangup")]
QUEUE = [step("Joined queue support at place 1", NOW, module="Queue"), step("Hung up by the caller: normal call clearing (16)", NOW + 9, module="hangup")]


def facts(client, session):
    made = client.get(f"/v1/calls/{session}").json
    return [made[name] for name in FACTS]


def sessions(client, query):
    return sorted(made["session_id"] for made in client.get("/v1/calls?" + query).json["calls"])


def post(client, *calls):
    assert client.post(list(calls)).json["rejected"] == []


def test_the_steps_say_how_a_call_went(client):
    post(client, call("talk", NOW, NOW + 30, detail=TALK), call("queue", NOW, NOW + 9, detail=QUEUE), call("none", NOW, NOW + 9, detail=None))
    assert facts(client, "talk") == ["answered", NOW + 5, 20, "caller"]
    assert facts(client, "queue") == ["abandoned", None, None, "caller"]
    assert facts(client, "none") == [None] * 4


def test_a_senders_word_stands_and_null_takes_it_back(client):
    post(client, {**call("told", NOW, NOW + 30, detail=TALK), "outcome": "voicemail", "talk": "3", "ended_by": None})
    assert facts(client, "told") == ["voicemail", NOW + 5, 3, "caller"]
    patched = client.ask("/v1/calls/told", method="PATCH", body=json.dumps({"outcome": None, "ended_by": "system"}), headers={"Content-Type": "application/json"})
    assert patched.status == 200
    assert facts(client, "told") == ["answered", NOW + 5, 3, "system"]
    # What comes in again replaces what was told.
    post(client, call("told", NOW, NOW + 30, detail=TALK))
    assert facts(client, "told") == ["answered", NOW + 5, 20, "caller"]


def test_a_header_without_steps_keeps_what_the_held_steps_say(client):
    post(client, call("kept", NOW, NOW + 30, detail=TALK))
    post(client, call("kept", NOW, NOW + 40, detail=None))
    assert facts(client, "kept") == ["answered", NOW + 5, 20, "caller"]
    post(client, {**call("kept", NOW, NOW + 40, detail=None), "outcome": "failed"})
    assert facts(client, "kept") == ["failed", NOW + 5, 20, "caller"]


def test_what_v1_answers_can_be_posted_back(client):
    post(client, {**call("a", NOW, NOW + 30, detail=TALK), "talk": 3}, {**call("b", NOW, NOW + 9, detail=None), "outcome": "busy"})
    answered = client.get("/v1/calls?detail=true").json
    post(client, *answered["calls"])
    assert client.get("/v1/calls?detail=true").json == answered


@pytest.mark.parametrize("member, value", [("outcome", "lost"), ("outcome", ""), ("outcome", 1), ("answered", True), ("answered", -1), ("answered", 10**12), ("talk", "x"),
                                           ("talk", 1.5), ("ended_by", "me")])
def test_a_wrong_member_is_a_reject_that_names_it(client, member, value):
    [reject] = client.post([{**call("x", NOW, NOW + 9), member: value}]).json["rejected"]
    assert f'"{member}" must be ' in reject["error"]


def test_of_a_live_call_it_is_known_when_a_person_answered(client):
    def send(body, path="/v1/calls/live", method="PATCH"):
        assert client.ask(path, method=method, body=json.dumps(body), headers={"Content-Type": "application/json"}).status in (200, 201)

    send({"start": NOW})
    send(TALK[:3], "/v1/calls/live/events?from=0", "POST")
    assert facts(client, "live") == [None, NOW + 5, 0, None]
    assert sessions(client, "answered=true&state=live") == ["live"] and sessions(client, "answered=false") == []
    send(TALK, "/v1/calls/live/events?from=0", "POST")
    send({"state": "ended"})
    assert facts(client, "live") == ["answered", NOW + 5, 20, "caller"]
    assert sessions(client, "outcome=answered&min_talk=20&ended_by=caller") == ["live"]


def test_who_is_to_be_called_back_can_be_asked_for(client):
    post(client, call("talk", NOW, NOW + 30, detail=TALK), call("queue", NOW, NOW + 9, detail=QUEUE), call("none", NOW, NOW + 9, detail=None))
    assert sessions(client, "outcome=missed,abandoned") == ["queue"]
    assert sessions(client, "answered=false") == ["queue"] and sessions(client, "answered=true") == ["talk"]
    assert sessions(client, "max_talk=20") == ["talk"] and sessions(client, "max_talk=19") == [] and sessions(client, "min_talk=21") == []
    groups = {group["key"]: group["calls"] for group in client.get("/v1/stats?group=outcome").json["groups"]}
    assert groups == {"answered": 1, "abandoned": 1, "": 1}
    groups = {group["key"]: group["calls"] for group in client.get("/v1/stats?group=ended_by").json["groups"]}
    assert groups == {"caller": 2, "": 1}


@pytest.mark.parametrize("query, parameter", [("outcome=lost", "outcome"), ("outcome=", "outcome"), ("ended_by=me", "ended_by"), ("answered=1", "answered"), ("min_talk=x", "min_talk"),
                                              ("min_talk=2&max_talk=1", "max_talk"), ("outcom=missed", "outcom")])
def test_a_wrong_parameter_is_named(client, query, parameter):
    answer = client.get("/v1/calls?" + query)
    assert answer.status == 400 and answer.json["parameter"] == parameter


@pytest.mark.parametrize("accept", ["application/json", "application/xml"])
def test_the_vendors_endpoints_show_nothing_of_it(client, accept):
    plain = call("a", NOW, NOW + 30, detail=TALK)
    paths = [f"/api/all_logs/{NOW}/{NOW + 1}", f"/api/calls/{NOW}/{NOW + 1}", "/api/call/a"]
    post(client, plain)
    before = [client.get(path, accept=accept).body for path in paths]
    post(client, {**plain, "outcome": "missed", "answered": 5, "talk": 6, "ended_by": "system"})
    assert facts(client, "a") == ["missed", 5, 6, "system"]
    assert [client.get(path, accept=accept).body for path in paths] == before
    assert not any(name in text for text in map(bytes.decode, before) for name in ('"outcome"', "<outcome>", '"talk"', "<talk>", '"ended_by"', '"answered"'))
