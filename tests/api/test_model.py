# SPDX-License-Identifier: MIT
"""Random posts and questions, compared with a model that is a dictionary and a sort."""
import xml.etree.ElementTree as ElementTree

from hypothesis import HealthCheck, given, settings, strategies as st

from conftest import Client, add_account

BASE = 1_700_000_000
NUMBERS = ["6177123001", "(617) 712-3001", "+1 617 712 3001", "16177123001", "sip:a@b", "é"]

moments = st.one_of(st.integers(0, 200), st.integers(0, 20).map(lambda n: n * 60), st.integers(0, 40).map(lambda n: n * 3600),
                    st.integers(0, 9).map(lambda n: n * 86400), st.integers(0, 800_000)).map(lambda n: BASE + n)
posted = st.fixed_dictionaries({
    "session": st.integers(0, 60), "start": moments, "length": st.integers(0, 500), "dest": st.sampled_from(NUMBERS),
    "detail": st.sampled_from([None, [], ["one"], ["one", "two \" é \\ \u0001"]])})
questions = st.fixed_dictionaries({
    "start": moments, "end": moments, "number": st.one_of(st.none(), st.sampled_from(NUMBERS)),
    "offset": st.one_of(st.just(0), st.integers(0, 70)), "limit": st.one_of(st.just(1000), st.integers(1, 12)),
    "xml": st.booleans(), "gzipped": st.booleans()})


def key(number):
    stripped = "".join(c for c in number if c not in " ()-.")
    stripped = stripped[1:] if stripped.startswith("+") else stripped
    return stripped if stripped.isascii() and stripped.isdigit() else number


class Model:
    def __init__(self):
        self.calls = {}

    def post(self, made):
        session = f"s{made['session']:02}"
        before = self.calls.get(session)
        lines = made["detail"]
        if lines is None and before:
            lines = before["lines"]
        self.calls[session] = {"session_id": session, "start": made["start"], "end": made["start"] + made["length"],
                               "dest": made["dest"], "lines": lines}

    def ask(self, question):
        matching = [c for c in self.calls.values() if question["start"] <= c["start"] < question["end"]
                    and (question["number"] is None or key(question["number"]) == key(c["dest"]))]
        matching.sort(key=lambda c: (c["start"], c["session_id"]), reverse=True)
        return matching[question["offset"]:question["offset"] + question["limit"]], len(matching)


def as_document(made):
    document = {"dest": made["dest"], "src": "1", "start": str(made["start"]), "end": str(made["start"] + made["length"]),
                "session_id": f"s{made['session']:02}", "type": "inbound"}
    if made["detail"] is not None:
        document["detail"] = [{"event": {"line": line}, "class": "info", "timestamp": made["start"]} for line in made["detail"]]
    return document


def from_json(answer):
    return [(c["session_id"], int(c["start"]), int(c["end"]), c["dest"],
             None if c["detail"] is False else [s["event"]["line"] for s in c["detail"]])
            for c in answer.json["calls"]], answer.json["total_calls"]


def from_xml(answer):
    root = ElementTree.fromstring(answer.body)
    calls = []
    for item in root.find("calls"):
        detail = item.find("detail")
        lines = None if detail.text == "false" else [e.text for e in detail.iter("line")]
        calls.append((item.find("session_id").text, int(item.find("start").text), int(item.find("end").text),
                      item.find("dest").text, lines))
    return calls, int(root.find("total_calls").text)


def test_random_requests_agree_with_the_model(start_server):
    server = start_server("--api-detail-days", "ever", "--log-requests=no")
    rounds = iter(range(10**6))

    @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.lists(st.lists(posted, min_size=1, max_size=40), min_size=1, max_size=3),
           st.lists(questions, min_size=1, max_size=25))
    def compare(batches, asked):
        email = f"model{next(rounds)}@example.com"
        client = Client(server, add_account(server.store, email), email)
        model = Model()
        for batch in batches:
            assert client.post([as_document(m) for m in batch]).json["accepted"] == len(batch)
            for made in batch:
                model.post(made)
        for question in asked:
            check(client, model, question)

    compare()


def check(client, model, question):
    import urllib.parse
    path = f"/api/all_logs/{question['start']}/{question['end']}?offset={question['offset']}&limit={question['limit']}"
    if question["number"] is not None:
        path += "&number=" + urllib.parse.quote(question["number"])
    answer = client.get(path, accept="application/xml" if question["xml"] else None, gzipped=question["gzipped"])
    if question["end"] < question["start"]:
        assert answer.status == 400
        return
    expected, total = model.ask(question)
    if total == 0:
        assert answer.status == 404
        return
    assert answer.status == 200
    calls, told = from_xml(answer) if question["xml"] else from_json(answer)
    clean = (lambda t: t.replace("\u0001", "\ufffd")) if question["xml"] else (lambda t: t)
    assert told == total
    assert calls == [(c["session_id"], c["start"], c["end"], c["dest"],
                      None if c["lines"] is None else [clean(l) for l in c["lines"]]) for c in expected]
