# SPDX-License-Identifier: MIT
"""A PostgreSQL that is in trouble: out of connections, slow, failing over in the middle of commits, brought to another schema beside servers.

CALLSTEP_FAILOVER_ROUNDS sets how often it fails over (1); CALLSTEP_SLOW_LONG=1 waits until the database's patience ends (30 s)."""
import contextlib
import http.client
import json
import os
import random
import signal
import threading
import time
from pathlib import Path

import pytest

import trouble
from conftest import Client, Server, add_account, call, callstep
from postgres import Cluster, Psql, run_sql
from replica import PRIMARY, Replica, location_of_both
from test_access import make_key
from test_servers import StubbornPoster
from test_trail import ACME, WAYS

ROUNDS = trouble.rounds("CALLSTEP_FAILOVER_ROUNDS", 1)
SEED = int(os.environ.get("CALLSTEP_CRASH_SEED", random.randrange(10 ** 9)))
SCHEMA = Path(__file__).resolve().parents[2] / "src/store/postgres/schema"
FAILED = (500, 503)
WAITING = "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and application_name = 'callstep'"


@pytest.fixture(scope="module")
def cluster():
    with Cluster(max_connections="16", superuser_reserved_connections="0") as made:
        yield made


@pytest.fixture
def serve(tmp_path):
    """Starts servers, which are ended with the test."""
    started = []

    def start(location, *options):
        started.append(Server(tmp_path, *options, store=location))
        return started[-1]

    yield start
    for server in started:
        assert server.stop() == 0


@pytest.fixture
def others():
    """Connections of other programs, closed with the test."""
    opened = []
    yield opened
    for each in opened:
        each.close()


def test_a_database_that_does_not_answer_holds_up_no_connection(cluster, serve, others):
    """Every client with a key waits for it; one thread for all connections goes on."""
    location = cluster.new_store()
    client = Client(serve(location, "--threads", "1"), add_account(location))
    assert client.post([call("before")]).status == 200
    others.append(Psql(location))
    assert others[0].run("begin; lock table key in access exclusive mode")
    asked = []
    waiting = [threading.Thread(target=lambda path=path: asked.append(client.get(path).status))
               for path in ("/v1/account", f"/api/calls/{trouble.EVERYTHING}", "/v1/calls", "/v1/keys", "/v1/audit", "/v1/tail") * 2]
    waiting.append(threading.Thread(target=lambda: asked.append(client.post([call("meanwhile")]).status)))
    for thread in waiting:
        thread.start()
    while int(cluster.sql(WAITING)) < 1:
        threading.Event().wait(0.02)
    began = time.monotonic()
    for _ in range(20):
        assert client.get("/healthz", authorization=None).status == 200
    assert time.monotonic() - began < 5 and not asked
    assert others[0].run("rollback")
    for thread in waiting:
        thread.join()
    assert set(asked) <= {200, 403} and len(asked) == len(waiting)
    assert client.get(f"/api/calls/{trouble.EVERYTHING}").json["total_calls"] == 2


@pytest.mark.parametrize("path", WAYS)
def test_what_was_sent_whole_is_stored_and_recorded_though_its_key_ends_meanwhile(cluster, serve, others, tmp_path, path):
    """Its request is ended while the database has its calls; the record comes when they are durable, and says how many."""
    location = cluster.new_store()
    (tmp_path / "acme.json").write_text(json.dumps(ACME))
    client = Client(serve(location, "--webhook", str(tmp_path / "acme.json")), add_account(location))
    holder = make_key(client, "write")
    action, type_, make = WAYS[path]
    body = make("a", "b")
    others.append(Psql(location))
    assert others[0].run("begin; lock table call in access exclusive mode")
    connection = http.client.HTTPConnection(client.server.address, timeout=60)
    connection.request("POST", path, body if isinstance(body, str) else json.dumps(body), {"Authorization": holder.basic(), "Content-Type": type_})
    while int(cluster.sql(WAITING)) < 1:
        threading.Event().wait(0.02)
    assert callstep("key", "revoke", "--data", location, "--account", client.email, "2").returncode == 0
    with pytest.raises((OSError, http.client.HTTPException)):
        connection.getresponse()
    assert others[0].run("rollback")
    recorded = f"select coalesce(sum(calls), -1) from audit where action = '{action}' and calls is not null"
    until = time.monotonic() + 30
    while run_sql(location, recorded) == "-1" and time.monotonic() < until:
        threading.Event().wait(0.02)
    assert run_sql(location, recorded) == "2"
    assert client.get("/v1/calls").json["total_calls"] == 2


def test_a_request_that_ends_while_the_database_has_its_question_holds_up_no_connection(cluster, serve, others):
    """A large page is a worker's, which waits for the database; its request ends, and the one thread for all connections goes on."""
    location = cluster.new_store()
    client = Client(serve(location, "--threads", "1"), add_account(location))
    assert client.post([call("before")]).status == 200
    others.append(Psql(location))
    assert others[0].run("begin; lock table call in access exclusive mode")
    ended = []

    def ask():
        try:
            client.get(f"/api/all_logs/{trouble.EVERYTHING}?limit=10000")
        except (OSError, http.client.HTTPException):
            ended.append(time.monotonic())

    asking = threading.Thread(target=ask)
    asking.start()
    while int(cluster.sql(WAITING)) < 1:
        threading.Event().wait(0.02)
    assert callstep("account", "disable", "--store", location, client.email).returncode == 0
    asking.join(15)
    assert ended
    began = time.monotonic()
    for _ in range(20):
        assert client.get("/healthz", authorization=None).status == 200
    assert time.monotonic() - began < 5
    assert others[0].run("rollback")
    assert callstep("account", "enable", "--store", location, client.email).returncode == 0
    assert client.get(f"/api/calls/{trouble.EVERYTHING}").json["total_calls"] == 1


def take_all_connections(cluster, others):
    """Leaves callstep none: its own are ended, and others come first."""
    others.append(Psql(cluster.location()))
    killer = others[0]
    assert killer.run("select 1")
    for _ in range(200):
        killer.run("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'callstep'")
        one = Psql(cluster.location())
        if one.run("select 1"):
            others.append(one)
        else:
            one.close()
            if len(others) == 16:
                return
    raise AssertionError(f"callstep keeps its connections: {len(others)} are the others'")


def until_ready(client):
    while client.get("/readyz").status != 200:
        threading.Event().wait(0.05)


def test_a_database_without_connections_is_told_at_once_and_recovered_from(cluster, serve, others):
    location = cluster.new_store()
    key = add_account(location)
    client = Client(serve(location), key)
    assert client.post([call("before")]).status == 200
    take_all_connections(cluster, others)
    slowest = 0
    for path in ("/readyz", f"/api/calls/{trouble.EVERYTHING}", "/v1/calls?type=inbound", "/v1/account"):
        began = time.monotonic()
        status = client.get(path).status
        assert status == 503 if path == "/readyz" else status in FAILED, path
        slowest = max(slowest, time.monotonic() - began)
    assert client.get("/healthz").status == 200
    assert client.post([call("refused")]).status in FAILED
    while others:
        others.pop().close()
    until_ready(client)
    assert client.post([call("after")]).status == 200
    assert client.get(f"/api/calls/{trouble.EVERYTHING}").json["total_calls"] == 2
    trouble.verify(location)
    trouble.figure("out of connections", f"5 questions refused, the slowest after {slowest * 1000:.0f} ms, then 2 calls held")


def test_what_waits_for_a_lock_is_bounded_and_keeps_nobody_else_waiting(cluster, serve, others):
    location = cluster.new_store()
    key = add_account(location)
    # Who waits for the database keeps one of the server's threads.
    client = Client(serve(location, "--query-time-max", "1s", "--threads", "8"), key)
    assert client.post([call("before")]).status == 200
    others.append(Psql(cluster.location(f"store{cluster.schemas}")))
    assert others[0].run("begin; lock table call in access exclusive mode")
    statuses = {}

    def ask(name, question):
        statuses[name] = question().status

    waiting = [threading.Thread(target=ask, args=("page", lambda: client.get(f"/api/calls/{trouble.EVERYTHING}"))),
               threading.Thread(target=ask, args=("post", lambda: client.post([call("meanwhile")])))]
    # One after the other: what a thread has accepted it answers itself.
    for number, thread in enumerate(waiting, 1):
        thread.start()
        while int(cluster.sql(WAITING)) < number:
            threading.Event().wait(0.02)
    refused = client.get("/v1/calls?type=inbound")
    assert refused.status == 503 and "--query-time-max" in refused.json["detail"]
    assert client.get("/readyz").status == 200
    assert client.get("/v1/account").status == 200
    if os.environ.get("CALLSTEP_SLOW_LONG"):
        waiting[0].join()
        waiting[1].join()
        assert statuses["page"] in FAILED and statuses["post"] in FAILED
    others[0].run("rollback")
    for thread in waiting:
        thread.join()
    if not os.environ.get("CALLSTEP_SLOW_LONG"):
        assert statuses == {"page": 200, "post": 200}
    assert client.post([call("meanwhile")]).status == 200
    assert client.get(f"/api/calls/{trouble.EVERYTHING}").json["total_calls"] == 2
    trouble.verify(location)


def test_a_read_only_database_answers_and_says_that_it_takes_no_calls(cluster, serve):
    location = cluster.new_store()
    key = add_account(location)
    assert callstep("import", "--data", location, "--quiet", "-", input='{"dest":"1","src":"2","start":5,"end":6,"session_id":"a","type":"inbound"}\n').returncode == 0
    client = Client(serve(location.replace("-csearch_path", "-cdefault_transaction_read_only%3Don%20-csearch_path")), key)
    assert client.get(f"/api/calls/{trouble.EVERYTHING}").json["total_calls"] == 1
    assert client.get("/v1/calls?type=inbound").status == 200
    assert client.get("/readyz").status == 200
    assert client.post([call("refused")]).status in FAILED


def fail_over(tmp_path, serve, random_):
    with Cluster(**PRIMARY) as primary, contextlib.ExitStack() as stack:
        primary.new_store()
        key = add_account(primary.location("store1"))
        replica = stack.enter_context(Replica(primary))
        location = location_of_both(primary, replica, "store1")
        servers = [serve(location, "--api-detail-days", "ever") for _ in range(2)]
        authorization = Client(servers[0], key).basic()
        posters = [StubbornPoster(f"p{i}", servers, authorization, 1_700_000_000 + i * 1000, random_.random()) for i in range(4)]
        for poster in posters:
            poster.start()
        threading.Event().wait(random_.uniform(0.3, 1))  # the random moment
        primary.signal(signal.SIGKILL)
        client = Client(servers[0], key)
        assert client.get("/readyz").status == 503
        replica.promote()
        for server in servers:
            until_ready(Client(server, key))
        trouble.until_each_is_acknowledged(posters)
        ledger = trouble.Ledger()
        trouble.stop_posters(posters, ledger)
        held = [trouble.check(Client(server, key), ledger) for server in servers]
        trouble.verify(location)
        for server in servers:
            assert server.stop() == 0
        return ledger, held[0], sum(sum(poster.failures.values()) for poster in posters)


def test_no_acknowledged_call_is_lost_when_a_replica_takes_over(tmp_path, serve):
    random_ = random.Random(SEED)
    acked = held = refused = 0
    for _ in range(ROUNDS):
        ledger, count, failures = fail_over(tmp_path, serve, random_)
        acked, held, refused = acked + len(ledger.acked), held + count, refused + failures
    trouble.figure("a replica takes over in the middle of commits", f"seed {SEED}: {ROUNDS} times; {acked} calls acknowledged, {refused} batches "
                   f"refused and sent again, {held} held, 0 lost")


# ---- another schema ----

def steps():
    return [path.read_text() for path in sorted(SCHEMA.glob("*.sql"))]


def test_servers_that_start_together_bring_a_store_of_the_step_before_up_to_date_once(cluster, serve):
    location, schema = cluster.new_store(), f"store{cluster.schemas}"
    before = steps()[:-1]
    cluster.sql(";\n".join(before) + f";\ncreate table callstep_store as select {len(before)} as version", schema)
    servers = []
    # The three share what the cluster has.
    threads = [threading.Thread(target=lambda: servers.append(serve(location, "--store-connections", "4"))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(servers) == 3
    assert cluster.sql("select count(*), max(version) from callstep_store", schema) == f"1|{len(steps())}"
    key = add_account(location)
    for number, server in enumerate(servers):
        assert Client(server, key).post([call(f"s{number}")]).status == 200
    assert Client(servers[0], key).get(f"/api/calls/{trouble.EVERYTHING}").json["total_calls"] == 3
    trouble.verify(location)


@pytest.mark.parametrize("used, days", [(True, "0|0|0"), (False, "31|365|365")])
def test_a_store_with_accounts_from_before_stores_had_days_keeps_everything_for_ever(cluster, used, days):
    location, schema = cluster.new_store(), f"store{cluster.schemas}"
    before = [path.read_text() for path in sorted(SCHEMA.glob("*.sql")) if path.name < "0006"]
    cluster.sql(";\n".join(before) + f";\ncreate table callstep_store as select {len(before)} as version", schema)
    if used:
        cluster.sql("insert into account (email, created) values ('me@example.com', 1)", schema)
    assert callstep("account", "list", "--data", location).returncode == 0
    assert cluster.sql("select detail_days, header_days, audit_days from keeping", schema) == days


def test_a_server_goes_on_while_a_newer_program_takes_the_schema_one_step_further(cluster, serve, others):
    location, schema = cluster.new_store(), f"store{cluster.schemas}"
    key = add_account(location)
    client = Client(serve(location), key)
    assert client.post([call("before")]).status == 200
    # As a newer program does it: under the lock, in one transaction.
    others.append(Psql(cluster.location(schema)))
    assert others[0].run("begin; select pg_advisory_xact_lock(1129533507, hashtext(current_schema())); create table later (account_id bigint not null); "
                         "update callstep_store set version = version + 1")
    assert client.post([call("meanwhile")]).status == 200
    assert client.get(f"/api/calls/{trouble.EVERYTHING}").json["total_calls"] == 2
    assert others[0].run("commit")
    assert client.post([call("after")]).status == 200
    assert client.get(f"/api/calls/{trouble.EVERYTHING}").json["total_calls"] == 3
    refused = callstep("calls", "--data", location)
    assert refused.returncode == 1 and "use a newer callstep" in refused.stderr
