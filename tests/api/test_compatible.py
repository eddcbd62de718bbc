# SPDX-License-Identifier: MIT
"""API.md §1: the compatible endpoints. Each test is a rule."""
import gzip
import json
import re
import time
import xml.etree.ElementTree as ElementTree

import pytest

from conftest import FIXTURES, Client, add_account, call, callstep, step

ALL = "/0/99999999999"
ENDPOINTS = ["/api/all_logs" + ALL, "/api/calls" + ALL, "/api/call/x"]


def flat(element, path=""):
    """Elements in order with their text, white space at its ends dropped."""
    path += "/" + element.tag
    yield path, (element.text or "").strip()
    for child in element:
        yield from flat(child, path)


# ---- the vendor's example ----


def test_the_example_comes_back_byte_for_byte_and_as_its_xml(start_server):
    server = start_server("--api-detail-days", "ever")
    client = Client(server, add_account(server.store))
    text = (FIXTURES / "example.json").read_text()
    assert client.post(text.encode()).json == {"accepted": 1, "replaced": 0, "rejected": [], "old_detail": 0, "old_calls": 0}
    path = "/api/all_logs/1575898386/1575898387"
    expected = json.dumps(json.loads(text), separators=(",", ":"), ensure_ascii=False)
    assert client.get(path).text == expected
    assert client.get(path, gzipped=True).text == expected
    for accept in ("application/xml", "text/xml"):
        for gzipped in (False, True):
            answer = client.get(path, accept=accept, gzipped=gzipped)
            assert answer.text.startswith('<?xml version="1.0"?>')
            got = list(flat(ElementTree.fromstring(answer.body)))
            assert got == list(flat(ElementTree.parse(FIXTURES / "example.xml").getroot()))
    detail = json.loads(expected)["calls"][0]["detail"]
    assert client.get("/api/call/100035;000;1575898377").json == detail
    root = ElementTree.fromstring(client.get("/api/call/100035;000;1575898377", accept="text/xml").body)
    assert root.tag == "result" and [child.tag for child in root] == ["item"] * len(detail)


def test_its_own_answer_can_be_posted_back(client):
    client.post([call("a"), call("b", detail=None)])
    answer = client.get("/api/all_logs" + ALL)
    assert client.post(answer.body).json == {"accepted": 2, "replaced": 2, "rejected": [], "old_detail": 0, "old_calls": 0}
    assert client.get("/api/all_logs" + ALL).body == answer.body


# ---- authentication ----


@pytest.mark.parametrize("path", ENDPOINTS)
@pytest.mark.parametrize("authorization", [
    None, "", "Basic", "Basic !!!", "Basic bm9jb2xvbg==", "Digest x", "Bearer wrong",
    "Basic bWU6d3Jvbmc=", "Basic " + "A" * 4000])
def test_missing_malformed_and_wrong_credentials_are_401(client, path, authorization):
    answer = client.get(path, authorization=authorization)
    assert answer.status == 401
    assert answer.headers["WWW-Authenticate"] == 'Basic realm="callstep", charset="UTF-8"'
    assert list(answer.json) == ["error"]


def test_a_401_does_not_tell_whether_the_account_exists(client):
    wrong_key = client.get("/api/calls" + ALL, authorization=client.basic(key="wrong"))
    wrong_email = client.get("/api/calls" + ALL, authorization=client.basic(email="nobody@example.com"))
    callstep("account", "disable", "--data", client.server.store, client.email)
    disabled = client.get("/api/calls" + ALL)
    assert wrong_key.status == wrong_email.status == disabled.status == 401
    assert wrong_key.body == wrong_email.body == disabled.body


def test_a_bearer_key_is_let_in(client):
    assert client.get("/api/calls" + ALL, authorization="Bearer " + client.key).status == 200


def test_the_email_is_compared_without_case(client):
    assert client.get("/api/calls" + ALL, authorization=client.basic(email=client.email.upper())).status == 200


def test_a_disabled_account_stops_at_once_and_starts_again(client):
    path = "/api/calls" + ALL
    assert client.get(path).status == 200
    assert callstep("account", "disable", "--data", client.server.store, client.email).returncode == 0
    assert client.get(path).status == 401
    assert callstep("account", "enable", "--data", client.server.store, client.email).returncode == 0
    assert client.get(path).status == 200


def test_a_revoked_key_stops_at_once(client):
    store = client.server.store
    made = callstep("key", "add", "--data", store, "--account", client.email, "--scope", "read")
    assert made.returncode == 0, made.stderr
    other = Client(client.server, made.stdout.strip(), client.email)
    assert other.get("/api/calls" + ALL).status == 200
    listed = callstep("key", "list", "--data", store, "--account", client.email).stdout
    number = re.findall(r"^\s*(\d+)", listed, re.M)[-1]
    assert callstep("key", "revoke", "--data", store, "--account", client.email, number).returncode == 0
    assert other.get("/api/calls" + ALL).status == 401
    assert client.get("/api/calls" + ALL).status == 200


@pytest.mark.parametrize("scope, reads, writes", [("read", 200, 403), ("write", 403, 200), ("admin", 403, 403)])
def test_a_key_without_the_scope_gets_403(client, scope, reads, writes):
    made = callstep("key", "add", "--data", client.server.store, "--account", client.email, "--scope", scope)
    other = Client(client.server, made.stdout.strip(), client.email)
    assert other.get("/api/calls" + ALL).status == reads
    assert other.post([call("x")]).status == writes


# ---- representation ----


@pytest.mark.parametrize("accept, expected", [
    (None, "json"), ("", "json"), ("*/*", "json"), ("application/json", "json"), ("text/html", "json"),
    ("application/xml", "xml"), ("text/xml", "xml"), ("application/*", "json"), ("text/*", "xml"),
    ("application/json;q=0.5, application/xml", "xml"), ("application/json, application/xml;q=0.9", "json"),
    ("application/xml;q=0.1, */*;q=0", "xml"), ("application/json;q=0, */*", "xml"), ("garbage;;;", "json")])
def test_the_representation_follows_accept_with_its_q_values(client, accept, expected):
    client.post([call("a")])
    for path in ("/api/all_logs" + ALL, "/api/calls" + ALL, "/api/call/a", "/api/call/absent", "/api/all_logs/x/1"):
        answer = client.get(path, accept=accept)
        assert expected in answer.headers["Content-Type"]
        assert answer.headers["Vary"] == "Accept, Accept-Encoding"
        if expected == "xml":
            assert ElementTree.fromstring(answer.body).tag == "result"
        else:
            answer.json


def test_errors_come_in_the_representation_asked_for(client):
    assert client.get("/api/call/absent").text == '{"error":"call log not found"}'
    assert client.get("/api/call/absent", accept="text/xml").text == \
        '<?xml version="1.0"?><result><error>call log not found</error></result>'
    for path in ("/nowhere", "/api/all_logs/1"):
        assert ElementTree.fromstring(client.get(path, accept="text/xml").body).find("error") is not None
        assert list(client.get(path).json) == ["error"]


@pytest.mark.parametrize("accept_encoding, gzipped", [
    (None, False), ("gzip", True), ("gzip;q=0", False), ("*", True), ("identity", False), ("br, gzip;q=0.2", True),
    ("gzip;q=0.5, identity;q=1", False)])
def test_gzip_is_used_when_asked_for(client, accept_encoding, gzipped):
    client.post([call("a"), call("b")])
    headers = {} if accept_encoding is None else {"Accept-Encoding": accept_encoding}
    for path in ("/api/all_logs" + ALL, "/api/calls" + ALL, "/api/call/a"):
        answer = client.get(path, headers=headers)
        assert (answer.headers.get("Content-Encoding") == "gzip") == gzipped
        answer.json


def test_a_gzip_page_is_glued_from_what_is_stored_and_its_length_is_known(client):
    client.post([call(f"s{i}", detail=[step(f"line {i} {j}") for j in range(20)]) for i in range(50)])
    answer = client.get("/api/all_logs" + ALL, gzipped=True)
    assert int(answer.headers["Content-Length"]) == len(answer.wire)
    assert answer.body == client.get("/api/all_logs" + ALL).body
    # Compressed anew, fifty alike calls would be far smaller than fifty that were compressed one by one.
    assert len(answer.wire) > 2 * len(gzip.compress(answer.body))


def test_a_gzip_page_without_any_detail_is_compressed(client):
    client.post([call(f"s{i}", detail=None) for i in range(200)])
    answer = client.get("/api/all_logs" + ALL, gzipped=True)
    assert answer.body == client.get("/api/all_logs" + ALL).body
    assert len(answer.wire) < len(answer.body) / 3


def test_calls_with_and_without_detail_share_a_glued_page(client):
    now = int(time.time()) - 1000
    for pattern in ("dn", "nd", "dnnd", "ndn", "nddn", "nnd" * 30):
        client.post([call(f"{pattern}{i}", start=now + i, detail="one step" if kind == "d" else None)
                     for i, kind in enumerate(pattern)])
        answer = client.get("/api/all_logs" + ALL, gzipped=True)
        assert answer.body == client.get("/api/all_logs" + ALL).body and answer.json


def test_identity_json_has_a_known_length(client):
    client.post([call("a"), call("b", detail=None)])
    for path in ("/api/all_logs" + ALL, "/api/calls" + ALL, "/api/call/a"):
        answer = client.get(path)
        assert int(answer.headers["Content-Length"]) == len(answer.body)


# ---- order of checks, methods ----


def test_checks_come_in_order_path_method_credentials_parameters_data(client):
    assert client.get("/api/nothing", authorization=None).status == 404
    assert client.ask("/api/all_logs/x/y", method="POST", authorization=None, body=b"{}").status == 405
    assert client.get("/api/all_logs/x/y", authorization=None).status == 401
    assert client.get("/api/all_logs/x/y").status == 400
    assert client.get("/api/all_logs/1/2").status == 404


@pytest.mark.parametrize("path", ENDPOINTS)
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "BREW"])
def test_every_other_method_is_405_with_allow(client, path, method):
    answer = client.ask(path, method=method)
    assert answer.status == 405
    assert {m.strip() for m in answer.headers["Allow"].split(",")} == {"GET", "HEAD"}
    assert list(answer.json) == ["error"]


def test_head_is_get_without_the_body(client):
    client.post([call("a")])
    for path in ("/api/all_logs" + ALL, "/api/calls" + ALL, "/api/call/a", "/api/call/absent", "/api/all_logs/x/1"):
        get, head = client.get(path), client.ask(path, method="HEAD")
        assert head.status == get.status and head.wire == b""
        assert head.headers["Content-Type"] == get.headers["Content-Type"]
        assert head.headers["Content-Length"] == get.headers["Content-Length"]


@pytest.mark.parametrize("path", ["/index", "/api", "/api/all_logs", "/api/all_logs/1", "/api/all_logs/1/2/3",
                                  "/api/all_logs//2", "/api/call/", "/API/calls/1/2", "/api/calls/1/2/", "/v1", "/%00"])
def test_an_unknown_path_is_404(client, path):
    assert client.get(path).status == 404


# ---- window ----


def sessions(answer):
    return [c["session_id"] for c in answer.json["calls"]]


def test_the_window_holds_calls_from_start_on_and_before_end(client):
    now = int(time.time()) - 1000
    client.post([call(f"s{i}", start=now + i) for i in range(5)])
    for endpoint in ("all_logs", "calls"):
        answer = client.get(f"/api/{endpoint}/{now + 1}/{now + 3}")
        assert sessions(answer) == ["s2", "s1"] and answer.json["total_calls"] == 2
        assert client.get(f"/api/{endpoint}/{now + 1}/{now + 1}").status == (404 if endpoint == "all_logs" else 200)


@pytest.mark.parametrize("endpoint", ["all_logs", "calls"])
@pytest.mark.parametrize("start, end, named", [
    ("x", "1", "start"), ("1", "x", "end"), ("-1", "1", "start"), ("1.5", "2", "start"), ("1", "+2", "end"),
    ("1234567890123456789", "1", "start"), ("1", "1234567890123456789", "end"), ("2", "1", "end"), ("%201", "2", "start"),
    ("0x10", "20", "start")])
def test_a_wrong_window_is_400_naming_the_parameter(client, endpoint, start, end, named):
    answer = client.get(f"/api/{endpoint}/{start}/{end}")
    assert answer.status == 400 and re.search(rf"\b{named}\b", answer.json["error"])


def test_the_largest_window_is_taken(client):
    client.post([call("a")])
    assert client.get("/api/all_logs/0/999999999999999999").json["total_calls"] == 1


# ---- order, offset, limit ----


def test_newest_first_and_ties_by_session_id_descending(client):
    now = int(time.time()) - 1000
    client.post([call("b", start=now), call("a", start=now + 1), call("é", start=now), call("Z", start=now), call("c", start=now)])
    assert sessions(client.get("/api/all_logs" + ALL)) == ["a", "é", "c", "b", "Z"]


def test_pages_never_overlap_or_skip_and_the_total_is_always_exact(client):
    now = int(time.time()) - 10000
    made = [call(f"s{i:03}", start=now + i // 7 * 61) for i in range(100)]
    client.post(made)
    expected = [c["session_id"] for c in sorted(made, key=lambda c: (int(c["start"]), c["session_id"]), reverse=True)]
    for limit in (1, 7, 33, 100, 10000):
        got = []
        for offset in range(0, 100, limit):
            page = client.get(f"/api/all_logs{ALL}?limit={limit}&offset={offset}")
            assert page.json["total_calls"] == 100
            got += sessions(page)
        assert got == expected


def test_limit_is_1000_by_default(client):
    now = int(time.time()) - 5000
    client.post([call(f"s{i}", start=now + i, detail=None) for i in range(1005)])
    answer = client.get("/api/all_logs" + ALL)
    assert len(answer.json["calls"]) == 1000 and answer.json["total_calls"] == 1005
    assert len(client.get(f"/api/calls{ALL}?limit=10000").json["calls"]) == 1005


@pytest.mark.parametrize("endpoint", ["all_logs", "calls"])
@pytest.mark.parametrize("query, named", [
    ("limit=0", "limit"), ("limit=10001", "limit"), ("limit=-1", "limit"), ("limit=x", "limit"), ("limit=", "limit"),
    ("limit=1.0", "limit"), ("offset=-1", "offset"), ("offset=x", "offset"), ("offset=", "offset"),
    ("offset=1234567890123456789", "offset"), ("number=", "number"), ("limit=5&limit=0", "limit")])
def test_a_wrong_parameter_is_400_that_names_it(client, endpoint, query, named):
    answer = client.get(f"/api/{endpoint}{ALL}?{query}")
    assert answer.status == 400 and re.search(rf"\b{named}\b", answer.json["error"])


def test_unknown_parameters_are_ignored_and_the_last_of_a_repeated_one_counts(client):
    client.post([call("a"), call("b")])
    assert len(client.get(f"/api/all_logs{ALL}?limit=0&what=ever&limit=1").json["calls"]) == 1


def test_a_page_past_the_end_is_200_and_empty(client):
    client.post([call("a")])
    answer = client.get(f"/api/all_logs{ALL}?offset=1")
    assert answer.status == 200 and answer.json == {"calls": [], "total_calls": 1}
    xml = client.get(f"/api/all_logs{ALL}?offset=1", accept="text/xml")
    assert xml.text == '<?xml version="1.0"?><result><calls/><total_calls>1</total_calls></result>'
    assert client.get(f"/api/all_logs{ALL}?offset=1", gzipped=True).json == {"calls": [], "total_calls": 1}
    assert client.get(f"/api/all_logs{ALL}?offset=999999999999999999").status == 200


def test_404_only_when_no_call_matches_window_and_number(client):
    client.post([call("a", dest="123")])
    assert client.get("/api/all_logs/1/2").json == {"error": "call log not found"}
    assert client.get("/api/all_logs/1/2").status == 404
    assert client.get(f"/api/all_logs{ALL}?number=124").status == 404
    assert client.get(f"/api/all_logs{ALL}?number=123").status == 200
    answer = client.get("/api/calls/1/2")
    assert answer.status == 200 and answer.json == {"calls": [], "total_calls": 0}


# ---- number ----


@pytest.mark.parametrize("dest, number, found", [
    ("6177123001", "6177123001", True), ("6177123001", "(617) 712-3001", True), ("+1 617.712.3001", "16177123001", True),
    ("16177123001", "%2B1-617-712-3001", True), ("16177123001", "+16177123001", True), ("123", "1234", False),
    ("sip:bob@example.com", "sip:bob@example.com", True), ("sip:bob@example.com", "sip:BOB@example.com", False),
    ("a-b", "ab", False), ("+", "%2B", True), ("1+2", "12", False), ("--", "-", False)])
def test_number_compares_the_destination_without_punctuation(client, dest, number, found):
    client.post([call("a", dest=dest), call("b", dest="999", src=dest)])
    for endpoint in ("all_logs", "calls"):
        answer = client.get(f"/api/{endpoint}{ALL}?number={number.replace(' ', '%20')}")
        if found:
            assert sessions(answer) == ["a"] and answer.json["total_calls"] == 1
        else:
            assert answer.status == (404 if endpoint == "all_logs" else 200)


# ---- detail for five days ----


def test_detail_is_served_for_five_days_to_the_second(client):
    """A call at the edge is posted and asked for until its five days pass: then, and not before, its detail is gone."""
    five_days = 5 * 86400
    start = int(time.time()) - five_days + 2
    client.post([call("edge", start=start), call("old", start=start - 100), call("new", start=start + 1000)])
    seen = set()
    while time.time() < start + five_days + 1.2:
        before = int(time.time())
        answers = {f: client.get("/api/all_logs" + ALL, gzipped=f).json["calls"] for f in (False, True)}
        single = client.get("/api/call/edge").status
        summary = client.get("/api/calls" + ALL).json["calls"]
        after = int(time.time())
        if before != after:
            continue
        served = start > after - five_days
        seen.add(served)
        for calls in answers.values():
            edge = next(c for c in calls if c["session_id"] == "edge")
            assert (edge["detail"] is not False) == served and edge["log"] == served
        assert single == (200 if served else 404)
        assert next(c for c in summary if c["session_id"] == "edge")["log"] == served
        time.sleep(0.05)
    assert seen == {True, False}
    old = next(c for c in answers[False] if c["session_id"] == "old")
    assert old["detail"] is False and old["log"] is False
    xml = ElementTree.fromstring(client.get("/api/all_logs" + ALL, accept="text/xml").body)
    assert [(i.find("detail").text, i.find("log").text) for i in xml.iter("item") if i.find("session_id") is not None
            and i.find("session_id").text == "old"] == [("false", "false")]
    assert client.get("/api/call/new").status == 200


def test_a_call_without_detail_looks_like_an_expired_one(client):
    client.post([call("a", detail=None), call("b", detail=False), call("c", detail=[])])
    got = {c["session_id"]: (c["detail"], c["log"]) for c in client.get("/api/all_logs" + ALL).json["calls"]}
    assert got == {"a": (False, False), "b": (False, False), "c": ([], True)}
    assert client.get("/api/call/a").status == 404
    assert client.get("/api/call/c").json == []
    assert client.get("/api/call/c", accept="text/xml").text == '<?xml version="1.0"?><result></result>'


# ---- members, JSON and XML ----


def test_members_come_in_the_order_of_the_example(client):
    client.post([call("a")])
    answer = client.get("/api/all_logs" + ALL).json
    assert list(answer) == ["calls", "total_calls"]
    one = answer["calls"][0]
    assert list(one) == ["dest", "src", "start", "end", "session_id", "detail", "type", "log"]
    assert isinstance(one["start"], str) and isinstance(one["end"], str)
    summary = client.get("/api/calls" + ALL).json["calls"][0]
    assert list(summary) == ["dest", "src", "start", "end", "session_id", "type", "log"]
    assert isinstance(summary["start"], int) and isinstance(summary["end"], int)


def test_other_members_of_data_are_kept_as_they_came(client):
    raw = b'{"dest":"1","src":"","start":%d,"end":"%d","session_id":"a","type":"inbound","detail":[{"extra":[1, 2.50, -0,1e+3],' \
          b'"timestamp":5,"class":"info","event":{"more":null,"data":{"z":1.0,"module_type":"m","a":{"b":[]},' \
          b'"u":"\\u00e9\\/\\u0007"},"line":"x"}}]}' % (time.time(), time.time())
    assert client.post(raw).json["accepted"] == 1
    assert '[{"event":{"line":"x","data":{"z":1.0,"module_type":"m","a":{"b":[]},"u":"é/\\u0007"},"more":null},' \
           '"class":"info","timestamp":5,"extra":[1,2.50,-0,1e+3]}]' in client.get("/api/all_logs" + ALL).text


def test_xml_replaces_what_it_cannot_hold(client):
    data = {"module_type": "m", "result_variable": "", "1a b": "<&>\"'", "": "\x07\ufffe", "é:x": [1, [], {}, None, True]}
    client.post([call("a", detail=[step(" two  spaces \r\n end ", **{}) | {"event": {"line": " a \r\n b ", "data": data}}])])
    text = client.get("/api/call/a", accept="text/xml").text
    assert "<line> a &#13;\n b </line>" in text
    assert "<_1a_b>&lt;&amp;&gt;\"'</_1a_b>" in text
    assert "<_>\ufffd\ufffd</_>" in text
    assert "<é_x><item>1</item><item/><item/><item/><item>true</item></é_x>" in text
    assert "<result_variable/>" in text
    root = ElementTree.fromstring(text)
    assert root.find("item/event/line").text == " a \r\n b "


# ---- one account never sees another's ----


def test_one_account_never_sees_anothers_calls(client):
    client.post([call("same", dest="1")])
    other_email = "other-" + client.email
    other = Client(client.server, add_account(client.server.store, other_email), other_email)
    assert other.get("/api/all_logs" + ALL).status == 404
    assert other.get("/api/call/same").status == 404
    other.post([call("same", dest="2")])
    assert [c["dest"] for c in client.get("/api/all_logs" + ALL).json["calls"]] == ["1"]
    assert [c["dest"] for c in other.get("/api/all_logs" + ALL).json["calls"]] == ["2"]
    assert client.get("/api/all_logs" + ALL, authorization=client.basic(email=other_email)).status == 401


def test_session_ids_of_any_bytes_can_be_asked_for(client):
    for session_id in ("a/b", "ä ö", "100035;000;1575898377", "a%2Fb", "?x=1&y", "+1", "\"<'"):
        client.post([call(session_id)])
        import urllib.parse
        assert client.get("/api/call/" + urllib.parse.quote(session_id, safe="")).status == 200, session_id


# ---- health ----


def test_health_needs_no_credentials(client):
    for path in ("/healthz", "/readyz"):
        assert client.get(path, authorization=None).json == {"status": "ok"}
        assert client.ask(path, method="HEAD", authorization=None).status == 200
        assert client.ask(path, method="POST", authorization=None, body=b"").status == 405
