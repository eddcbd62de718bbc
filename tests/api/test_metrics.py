# SPDX-License-Identifier: MIT
"""GET /metrics: what it says of what happened, who may read it, that docs/metrics.md, the alerts and the dashboard name what is there."""
import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

import pytest
import yaml

from conftest import ROOT, Client, add_account, call, callstep
from stores import store_at

METRIC = r"[a-z_]+[a-z]"
SAMPLE = re.compile(rf"({METRIC})(?:\{{(.*)\}})? (-?[0-9.]+(?:e[-+]?[0-9]+)?)")
LABEL = re.compile(r'([a-z]+)="((?:[^"\\\\\n]|\\\\[\\\\"n])*)"')
TYPES = {"counter", "gauge", "histogram"}


class Metrics:
    """The text format of Prometheus, 0.0.4, read strictly."""

    def __init__(self, text):
        self.help, self.type, self.samples = {}, {}, {}
        assert text.endswith("\n")
        for line in text.splitlines():
            if line.startswith("# HELP "):
                _, _, self.family, self.help_text = line.split(" ", 3)
                assert self.family not in self.help, "a family stands in two places: " + line
                self.help[self.family] = self.help_text
            elif line.startswith("# TYPE "):
                _, _, name, kind = line.split(" ")
                assert name == self.family and kind in TYPES and name not in self.type, line
                assert (kind == "counter") == name.endswith("_total"), line
                self.type[name] = kind
            else:
                self.add(line)
        self.check_histograms()

    def add(self, line):
        name, labels, value = SAMPLE.fullmatch(line).groups()
        pairs = LABEL.findall(labels or "")
        assert ",".join(f'{k}="{v}"' for k, v in pairs) == (labels or ""), line
        assert len({key for key, _ in pairs}) == len(pairs), line
        allowed = {self.family + end for end in ("_bucket", "_sum", "_count")} if self.type[self.family] == "histogram" else {self.family}
        assert name in allowed, line
        assert (name, tuple(sorted(pairs))) not in self.samples, "twice: " + line
        self.samples[name, tuple(sorted(pairs))] = float(value)

    def check_histograms(self):
        buckets = {}
        for (name, pairs), value in self.samples.items():
            if name.endswith("_bucket"):
                rest = tuple(pair for pair in pairs if pair[0] != "le")
                buckets.setdefault((name.removesuffix("_bucket"), rest), []).append((float(dict(pairs)["le"].replace("+Inf", "inf")), value))
        for (name, rest), found in buckets.items():
            assert found == sorted(found) and [v for _, v in found] == sorted(v for _, v in found) and found[-1][0] == float("inf")
            assert self.samples[name + "_count", rest] == found[-1][1] and (name + "_sum", rest) in self.samples

    def value(self, name, **labels):
        return self.samples.get((name, tuple(sorted(labels.items()))))

    def labels(self, family):
        names = {family, *(family + end for end in ("_bucket", "_sum", "_count"))}
        return {key for (name, pairs) in self.samples if name in names for key, _ in pairs} - {"le"}


def open_address(server):
    """Where --metrics-listen is served."""
    return re.search(r" metrics address=(\S+)", server.log).group(1)


def fetch(address, path="/metrics"):
    connection = http.client.HTTPConnection(address, timeout=30)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read().decode()
    finally:
        connection.close()


def scrape(server):
    status, headers, text = fetch(open_address(server))
    assert status == 200 and headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8" and headers["Cache-Control"] == "no-store"
    return Metrics(text)


def wait_for(server, name, value, **labels):
    """A request counts when the connection's thread is done with it, which is just after its client has the answer."""
    deadline = time.monotonic() + 60
    while (found := scrape(server).value(name, **labels)) != value:
        assert time.monotonic() < deadline, (name, labels, found, value)
        time.sleep(0.02)


@pytest.fixture
def watched(start_server):
    server = start_server("--metrics-listen", "127.0.0.1:0")
    return server, Client(server, add_account(server.store))


def test_all_series_of_requests_by_route_are_there_from_the_start(watched):
    metrics = scrape(watched[0])
    for path, item in yaml.safe_load((ROOT / "docs/openapi.yaml").read_text())["paths"].items():
        for method in item:
            assert metrics.value("callstep_http_requests_total", route=path, method=method.upper(), code="200") == 0, path
            assert metrics.value("callstep_http_request_duration_seconds_count", route=path, method=method.upper()) == 0, path
    assert metrics.value("callstep_http_request_duration_seconds_count", route="other", method="other") == 0
    assert len(metrics.samples) < 900


def test_requests_are_counted_by_route_method_and_status(watched):
    server, client = watched
    for _ in range(3):
        assert client.get("/v1/calls?limit=1").status == 200
    assert client.get("/v1/calls/none").status == 404
    assert client.get("/v1/calls?limit=x").status == 400
    connection = http.client.HTTPConnection(server.address, timeout=30)
    connection.request("GET", "/nowhere/6177123001")
    assert connection.getresponse().status == 404
    connection.close()
    name = "callstep_http_requests_total"
    wait_for(server, name, 1, route="other", method="other", code="404")
    metrics = scrape(server)
    assert metrics.value(name, route="/v1/calls", method="GET", code="200") == 3
    assert metrics.value(name, route="/v1/calls", method="GET", code="400") == 1
    assert metrics.value(name, route="/v1/calls/{session_id}", method="GET", code="404") == 1
    assert metrics.value("callstep_http_request_duration_seconds_count", route="/v1/calls", method="GET") == 4
    assert metrics.value("callstep_http_request_duration_seconds_sum", route="/v1/calls", method="GET") > 0
    assert metrics.value("callstep_http_response_bytes_total", route="/v1/calls", method="GET") > 0


def test_calls_taken_in_are_counted_by_what_became_of_them(watched):
    server, client = watched
    body = json.dumps({"calls": [call("a"), call("b"), {"session_id": "bad"}]}).encode()
    assert client.post(body).json["accepted"] == 2
    assert client.post([call("b")]).json["replaced"] == 1
    before = time.time()
    metrics = scrape(server)
    counts = {result: metrics.value("callstep_intake_calls_total", result=result) for result in ("new", "replaced", "rejected", "expired")}
    assert counts == {"new": 2, "replaced": 1, "rejected": 1, "expired": 0}
    assert metrics.value("callstep_intake_steps_total") == 3 and metrics.value("callstep_intake_bytes_total") > 500
    assert metrics.value("callstep_intake_commit_duration_seconds_count") == 2 and metrics.value("callstep_intake_commit_failures_total") == 0
    assert abs(metrics.value("callstep_intake_last_call_timestamp_seconds") - before) < 30
    assert metrics.value("callstep_intake_in_flight_bytes") == 0
    wait_for(server, "callstep_http_request_bytes_total", len(body) + len(json.dumps({"calls": [call("b")]})), route="/v1/calls", method="POST")


def test_calls_over_their_days_are_counted_as_expired(start_server):
    server = start_server("--metrics-listen", "127.0.0.1:0")
    client = Client(server, add_account(server.store, days=("--keep-detail", "1", "--keep-headers", "2")))
    assert client.post([call("old", start=int(time.time()) - 9 * 86400)]).json["old_calls"] == 1
    metrics = scrape(server)
    assert metrics.value("callstep_intake_calls_total", result="expired") == 1 and metrics.value("callstep_intake_calls_total", result="new") == 0


def test_wrong_keys_are_counted_by_their_answer(start_server):
    server = start_server("--metrics-listen", "127.0.0.1:0", "--wrong-keys-max", "2")
    client = Client(server, add_account(server.store))
    wrong = Client(server, "wrong")
    assert [wrong.get("/v1/account").status for _ in range(5)] == [401, 401, 429, 429, 429] and client.get("/v1/account").status == 200
    metrics = scrape(server)
    assert [metrics.value("callstep_auth_failures_total", code=code) for code in ("401", "429")] == [2, 3]


def test_a_client_that_goes_away_is_counted(watched):
    server, client = watched
    host, port = server.address.rsplit(":", 1)
    with socket.create_connection((host, int(port)), 20) as connection:
        connection.sendall(f"POST /v1/calls HTTP/1.1\r\nHost: x\r\nAuthorization: {client.basic()}\r\nContent-Type: application/json\r\n"
                           "Content-Length: 1000\r\n\r\n{".encode())
        wait_for(server, "callstep_http_connections", 1)
    wait_for(server, "callstep_http_aborted_total", 1, reason="client-gone")
    wait_for(server, "callstep_http_connections", 0)


def test_those_that_follow_and_live_calls_are_told(watched):
    server, client = watched
    connection = http.client.HTTPConnection(server.address, timeout=30)
    connection.request("GET", "/v1/tail", headers={"Authorization": client.basic()})
    connection.getresponse()
    wait_for(server, "callstep_tail_followers", 1)
    connection.close()
    assert scrape(server).value("callstep_live_calls") == 0


def test_the_process_and_the_store_are_told(watched):
    server, _ = watched
    metrics = scrape(server)
    with open(f"/proc/{server.process.pid}/statm") as file:
        resident = int(file.read().split()[1]) * os.sysconf("SC_PAGESIZE")
    assert metrics.value("process_resident_memory_bytes") == pytest.approx(resident, rel=0.3)
    assert abs(metrics.value("process_open_fds") - len(os.listdir(f"/proc/{server.process.pid}/fd"))) <= 3
    assert time.time() - metrics.value("process_start_time_seconds") < 300 and metrics.value("process_cpu_seconds_total") > 0
    wait_until = time.monotonic() + 20
    while not (scrape(server).value("callstep_store_bytes", part="database") or 0) > 0:
        assert time.monotonic() < wait_until
        time.sleep(0.05)


def test_a_key_needs_the_scope_metrics_and_only_the_operator_gives_it(start_server):
    server = start_server()
    client = Client(server, add_account(server.store))

    def made(scopes):
        done = callstep("key", "add", "--data", server.store, "--account", client.email, "--scope", scopes)
        assert done.returncode == 0, done.stderr
        return Client(server, done.stdout.strip())

    assert client.get("/metrics").status == 403 and client.get("/metrics", authorization=None).status == 401
    answer = made("metrics").get("/metrics")
    version, revision = re.match(r"callstep (\S+)(?: \((.*)\))?", callstep("version").stdout).groups()
    assert answer.status == 200 and Metrics(answer.text).value("callstep_build_info", version=version, revision=revision or "",
                                                               store="postgres" if "://" in str(server.store) else "sqlite") == 1
    refused = made("admin").ask("/v1/keys", method="POST", body=b'{"scopes":["metrics"]}', headers={"Content-Type": "application/json"})
    assert refused.status == 400 and "scopes" in refused.text
    assert made("metrics").get("/v1/calls").status == 403


def test_scrapes_make_no_records_but_refused_ones_do(start_server):
    server = start_server()
    client = Client(server, add_account(server.store))
    key = callstep("key", "add", "--data", server.store, "--account", client.email, "--scope", "metrics").stdout.strip()
    assert Client(server, key).get("/metrics").status == 200 and client.get("/metrics").status == 403
    server.stop()
    records = [json.loads(line) for line in callstep("audit", "--data", server.store, "--json").stdout.splitlines()]
    assert [record["outcome"] for record in records if record["action"] == "read-metrics"] == ["refused"]


def test_nothing_in_it_is_about_an_account_a_number_or_an_address(watched):
    server, client = watched
    assert client.post([call("secret-session", dest="6177999888")]).status == 200 and client.get("/v1/calls/secret-session").status == 200
    _, _, text = fetch(open_address(server))
    assert not any(word in text for word in ("secret-session", "6177999888", client.email, "127.0.0.1"))


def test_its_own_address_has_health_and_nothing_else(watched):
    address = open_address(watched[0])
    assert fetch(address, "/healthz")[0] == 200 and fetch(address, "/readyz")[0] == 200
    assert [fetch(address, path)[0] for path in ("/", "/v1/calls", "/docs", "/api/calls/0/1", "/openapi.json")] == [404] * 5


@pytest.mark.parametrize("listen, sentence", [("0.0.0.0:0", "--insecure"), ("nonsense", "nonsense"), ("127.0.0.1", "127.0.0.1")])
def test_an_address_that_is_not_good_is_named(tmp_path, listen, sentence):
    done = callstep("serve", "--data", store_at(tmp_path), "--listen", "127.0.0.1:0", "--metrics-listen", listen)
    assert done.returncode in (1, 2) and sentence in done.stderr and listen in done.stderr
    assert not (tmp_path / "store").exists()


def test_it_stops_at_once_while_it_is_scraped(watched):
    server, _ = watched
    host, port = open_address(server).rsplit(":", 1)
    with socket.create_connection((host, int(port)), 20) as connection:
        connection.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
        assert connection.recv(10)
        began = time.monotonic()
        assert server.stop(signal.SIGTERM) == 0 and time.monotonic() - began < 5


# ---- what names the metrics ----


def test_the_document_names_them_all_as_they_are(watched):
    metrics = scrape(watched[0])
    written = re.findall(r"^\| `([a-z_]+)` \| (\w+) \| ?(.*?) ?\| (.*) \|$", (ROOT / "docs/metrics.md").read_text(), re.M)
    found = [(name, metrics.type[name], metrics.help[name]) for name in metrics.help]
    assert [(name, kind, text) for name, kind, _, text in written] == found
    for name, _, labels, _ in written:
        assert metrics.labels(name) in (set(re.findall(r"`(\w+)`", labels)), set()), name


def names_in(expression):
    return set(re.findall(rf"\b(?:callstep|process)_{METRIC}\b", expression))


def series_of(metrics):
    return {name + end for name, kind in metrics.type.items() for end in (("_bucket", "_sum", "_count") if kind == "histogram" else ("",))}


def test_the_alerts_name_metrics_and_labels_that_are_there(watched):
    metrics = scrape(watched[0])
    rules = yaml.safe_load((ROOT / "contrib/callstep.rules.yml").read_text())["groups"][0]["rules"]
    assert len(rules) >= 11 and len({rule["alert"] for rule in rules}) == len(rules)
    for rule in rules:
        assert names_in(rule["expr"]) <= series_of(metrics) and rule["annotations"]["summary"], rule["alert"]
        for name, labels in re.findall(rf"({METRIC})\{{(.*?)\}}", rule["expr"]):
            assert name == "up" or {key for key, _ in LABEL.findall(labels.replace("=~", "="))} <= metrics.labels(name), rule["alert"]


def test_the_dashboard_names_metrics_that_are_there(watched):
    metrics = scrape(watched[0])
    panels = json.loads((ROOT / "contrib/grafana-dashboard.json").read_text())["panels"]
    expressions = [target["expr"] for panel in panels for target in panel.get("targets", [])]
    assert len(expressions) > 20 and all(names_in(one) and names_in(one) <= series_of(metrics) for one in expressions)
    assert len({panel["id"] for panel in panels}) == len(panels)


PROMTOOL = os.environ.get("PROMTOOL") or shutil.which("promtool")


@pytest.mark.skipif(not PROMTOOL, reason="no promtool: Debian's package prometheus is 98 MB and starts a server; the format is checked above")
def test_promtool_has_nothing_against_them(watched):
    _, _, text = fetch(open_address(watched[0]))
    done = subprocess.run([PROMTOOL, "check", "metrics"], input=text, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")
    done = subprocess.run([PROMTOOL, "check", "rules", str(Path(ROOT / "contrib/callstep.rules.yml"))], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
