# SPDX-License-Identifier: MIT
"""What the audit trail says, and when it is on the disk: also when the server is killed, and when clients go in the middle."""
import hashlib
import http.client
import json
import re
import signal
import time

import pytest

from conftest import Client, add_account, call, callstep
from stores import run_sql
from test_ending import Upload, ask, events_line
from test_traces import own, request as spans

WAIT_S = 10  # a second is promised; a machine that does much else is given more


def count(server, what, where):
    """A whole number from the trail as it lies in the store."""
    return int(run_sql(server.store, f"select coalesce({what}, -1) from audit where {where}")[0][0])


def wait_for(get, wanted):
    deadline = time.monotonic() + WAIT_S
    while (got := get()) != wanted and time.monotonic() < deadline:
        time.sleep(0.05)
    return got


@pytest.mark.parametrize("emails", [1, 2, 200])
def test_wrong_keys_are_on_the_disk_within_a_second_and_outlast_a_kill(start_server, emails):
    server = start_server("--log-requests=no")
    client = Client(server, add_account(server.store))
    connection = http.client.HTTPConnection(server.address, timeout=60)
    for i in range(2000):
        connection.request("GET", "/v1/account", headers={"Authorization": client.basic(f"{i % emails}@example.com", "wrong")})
        connection.getresponse().read()
    times = wait_for(lambda: count(server, "sum(times)", "action = 'sign-in'"), 2000)
    server.stop(signal.SIGKILL)
    assert times == count(server, "sum(times)", "action = 'sign-in'") == 2000
    seconds = 1 + count(server, "max(time) - min(time)", "action = 'sign-in'")
    assert count(server, "count(*)", "action = 'sign-in'") <= min(emails, 80) + 2 * (seconds + 1)
    assert callstep("verify", "--data", server.store).returncode == 0


def test_an_upload_that_is_cut_off_is_recorded_with_the_calls_that_it_stored(start_server):
    server = start_server()
    client = Client(server, add_account(server.store))
    upload = Upload(client, "cut")
    wait_for(lambda: run_sql(server.store, "select count(*) > 20 from call")[0][0] in ("1", "t"), True)
    upload.stop.set()
    upload.thread.join(30)
    upload.connection.close()
    wait_for(lambda: count(server, "count(*)", "action = 'store-calls'"), 1)
    records = run_sql(server.store, "select outcome, calls from audit where action = 'store-calls'")
    assert records == [("2", run_sql(server.store, "select count(*) from call")[0][0])]
    assert int(records[0][1]) > 20


# Ways in, with what each records, and a body that makes two calls of the names.
WAYS = {
    "/v1/calls": ("store-calls", "application/json", lambda a, b: {"calls": [call(a), call(b)]}),
    "/v1/events": ("store-events", "application/x-ndjson", lambda a, b: "".join(json.dumps(events_line(one)) + "\n" for one in (a, b))),
    "/v1/in/acme": ("store-calls", "application/json", lambda a, b: {"all": [{"id": one, "at": 1700000000} for one in (a, b)]}),
    "/v1/traces": ("store-traces", "application/json", lambda a, b: spans(own(1, a, trace=md5(a)), own(2, b, trace=md5(b)))),
}
ACME = {"acme": {"records": "/all", "call": {"session_id": "/id"}, "steps": [{"line": "One", "module": "One", "time": "/at"}]}}


def md5(name):
    return hashlib.md5(name.encode()).hexdigest()


@pytest.mark.parametrize("path", WAYS)
def test_what_was_sent_whole_is_kept_and_recorded_although_its_client_goes(start_server, tmp_path, path):
    """The body is sent when the server asks for it: where the end of a connection comes before the body is asked for, the HTTP library drops both."""
    (tmp_path / "acme.json").write_text(json.dumps(ACME))
    server = start_server("--timeout", "2s", "--webhook", str(tmp_path / "acme.json"))
    client = Client(server, add_account(server.store))
    action, type_, make = WAYS[path]
    for i in range(10):
        body = make(f"a{i}", f"b{i}")
        body = (body if isinstance(body, str) else json.dumps(body)).encode()
        connection = ask(client, path, "POST", [f"Content-Type: {type_}", f"Content-Length: {len(body)}", "Expect: 100-continue"])
        assert b" 100 " in connection.recv(4096)
        connection.sendall(body)
        connection.close()
    assert wait_for(lambda: client.get("/v1/calls").json["total_calls"], 20) == 20
    assert wait_for(lambda: count(server, "sum(calls)", f"action = '{action}'"), 20) == 20


# ---- what was searched for ----

CARD = "4111111111111111"
SECRETS = [CARD, "4111 1111 1111 1111", "%34111-1111-1111-1111", "7291", "ABCD-EF"]


def test_what_was_searched_for_is_on_record_and_in_the_log_without_what_is_hidden_in_calls(start_server):
    server = start_server("--log-level", "debug", "--redact-patterns", "@{4}-@@")
    client = Client(server, add_account(server.store))
    for secret in SECRETS:
        for path in ("/v1/calls?text={}", "/v1/stats?text={}", "/v1/dropoff?text=invalid+{}", "/v1/calls?{}", "/api/calls/0/9?pin={}",
                     "/api/all_logs/0/9?text={}", "/v1/tail?state=x&text={}", "/healthz?{}", "/none?x={}"):
            client.ask(path.format(secret.replace(" ", "%20")))
        client.ask(f"/v1/calls?text={secret.replace(' ', '+')}", authorization=None)
    client.ask("/v1/calls?text=invalid&dest=6177123001&limit=17")
    server.stop()
    subjects = {subject for (subject,) in run_sql(server.store, "select subject from audit")}
    assert "/v1/calls?text=invalid&dest=6177123001&limit=17" in subjects
    assert "/v1/dropoff?text=invalid \u2022\u2022\u2022" in subjects
    # What the server makes itself (times, ids, ports, counts) can have any four digits in it.
    log = re.sub(r"^\S+Z | (?:id|us|bytes|address)=\S+", "", server.log, flags=re.MULTILINE)
    for text in (log, *subjects):
        for secret in SECRETS + ["1111", "ABCD"]:
            assert secret not in text, text
    assert "query=\"text=invalid&dest=6177123001&limit=17\"" in server.log


def test_what_a_command_searched_for_is_on_record_without_its_digits(start_server):
    server = start_server()
    add_account(server.store)
    for words in (["search", CARD], ["search", "4111", "1111 1111 1111"], ["calls", "--text", CARD], ["export", "--text", CARD, "--quiet"]):
        assert callstep(*words, "--data", server.store).returncode == 0
    subjects = [subject for (subject,) in run_sql(server.store, "select subject from audit order by id")][1:]
    hidden = "\u2022\u2022\u2022"
    assert subjects == [f"search {hidden}", f"search {hidden}", f"calls --text {hidden}", f"ndjson --text {hidden}"]
