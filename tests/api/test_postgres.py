# SPDX-License-Identifier: MIT
"""Several servers on one PostgreSQL, and what they answer when it is gone, comes back, or takes no writes."""
import contextlib
import json
import signal
import subprocess
import threading
import time

import pytest

from conftest import BINARY, Client, Server, add_account, call, callstep, step
from postgres import Cluster, Psql
from receiver import Receiver
from test_tail import Tail


@pytest.fixture(scope="module")
def shared_cluster():
    with Cluster() as cluster:
        yield cluster


@pytest.fixture
def cluster(shared_cluster):
    yield shared_cluster
    if shared_cluster.process.poll() is not None:
        shared_cluster.start()


@pytest.fixture
def servers(cluster, tmp_path):
    """Three servers on one store, a client of each with the same key."""
    location = cluster.new_store()
    key = add_account(location)
    started = [Server(tmp_path, store=location) for _ in range(3)]
    yield [Client(server, key) for server in started]
    for server in started:
        assert server.stop() == 0
        assert "Sanitizer" not in server.log


def total(client):
    answer = client.get("/api/calls/0/99999999999")
    return answer.json["total_calls"] if answer.status == 200 else 0


def test_a_session_that_is_posted_to_all_at_once_is_one_call(servers):
    def post(client):
        for _ in range(10):
            assert client.post([call("same"), call(f"own {client.server.address}")]).status == 200

    threads = [threading.Thread(target=post, args=[client]) for client in servers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [total(client) for client in servers] == [4, 4, 4]
    assert callstep("verify", "--data", servers[0].server.store).returncode == 0


def test_a_tail_sees_what_another_server_took_in(servers):
    with Tail(servers[1]) as tail:
        servers[0].post([call("over there")])
        assert tail.sessions(1) == ["over there"]


def test_tails_go_on_when_the_connection_that_listens_is_lost(cluster, servers):
    listening = "select count(*) from pg_stat_activity where query like 'listen%'"
    with Tail(servers[1]) as first, Tail(servers[1]) as second:
        for number in range(3):
            cluster.sql("select pg_terminate_backend(pid, 10000) from pg_stat_activity where query like 'listen%'")
            servers[0].post([call(f"meanwhile {number}")])
            for tail in (first, second):
                assert tail.sessions(1) == [f"meanwhile {number}"]
    while cluster.sql(listening) != "3":  # one a server, however many follow
        threading.Event().wait(0.05)


def test_a_server_holds_no_more_connections_than_it_may(cluster, tmp_path):
    location = cluster.new_store()
    server = Server(tmp_path, "--store-connections", "4", store=location)
    client = Client(server, add_account(location))
    posters = [threading.Thread(target=lambda i=i: [client.post([call(f"{i}-{j}")]) for j in range(10)]) for i in range(12)]
    for thread in posters:
        thread.start()
    for thread in posters:
        thread.join()
    assert total(client) == 120
    pids = cluster.sql("select count(*) from pg_stat_activity where application_name = 'callstep' and query not like 'listen%'")
    assert 1 <= int(pids) <= 4
    assert server.stop() == 0


def test_a_key_that_is_revoked_stops_on_all(servers):
    store = servers[0].server.store
    key = callstep("key", "add", "--data", store, "--account", servers[0].email, "--scope", "read").stdout.strip()
    others = [Client(client.server, key) for client in servers]
    assert [other.get("/api/calls/0/1").status for other in others] == [200, 200, 200]
    number = callstep("key", "list", "--data", store, "--account", servers[0].email).stdout.splitlines()[-1].split()[0]
    assert callstep("key", "revoke", "--data", store, "--account", servers[0].email, number).returncode == 0
    assert [other.get("/api/calls/0/1").status for other in others] == [401, 401, 401]


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGQUIT], ids=["in order", "at once"])
def test_servers_say_that_the_database_is_gone_and_go_on_when_it_is_back(cluster, servers, how):
    assert servers[0].post([call("before")]).status == 200
    cluster.signal(how)
    for client in servers:
        assert client.get("/readyz").status == 503
        assert client.get("/healthz").status == 200
        assert client.get("/api/calls/0/99999999999").status in (500, 503)
        assert client.get("/v1/calls?type=inbound").status in (500, 503)
        assert client.post([call("refused")]).status in (500, 503)
    cluster.start()
    for client in servers:
        while client.get("/readyz").status == 503:  # until it tries again
            threading.Event().wait(0.05)
        assert total(client) >= 1
        assert client.post([call("refused")]).status == 200
    assert [total(client) for client in servers] == [2, 2, 2]


def test_a_database_that_takes_no_writes_still_answers(cluster, servers):
    assert servers[0].post([call("before")]).status == 200
    ended = "select pg_terminate_backend(pid, 10000) from pg_stat_activity where application_name = 'callstep'"
    writing = "set default_transaction_read_only = off"
    # The role's setting has to be committed before connections begin anew.
    cluster.sql(f"alter role callstep set default_transaction_read_only = on; {ended}", separately=True)
    try:
        assert servers[0].post([call("refused")]).status in (500, 503)
        assert total(servers[0]) == 1
        assert servers[0].get("/readyz").status == 200
    finally:
        cluster.sql(f"{writing}; alter role callstep reset default_transaction_read_only; {ended}", separately=True)
    assert servers[0].post([call("after")]).status == 200
    assert total(servers[1]) == 2


def test_the_log_does_not_tell_the_password(cluster, tmp_path):
    location = cluster.new_store().replace("postgresql:///", "postgresql://callstep:geheim@/", 1).replace("&user=callstep", "")
    server = Server(tmp_path, store=location)
    assert server.stop() == 0
    assert "geheim" not in server.log
    assert "store=postgresql://callstep@/postgres" in server.log


def test_words_are_found_in_tables_that_were_never_analysed(tmp_path):
    """PostgreSQL knows nothing of such tables, and may not choose a way that looks for the words once for each call."""
    now = int(time.time())
    made = callstep("generate", "--calls", "6000", "--seed", "3", "--start", str(now - 4 * 86400), "--end", str(now))
    with Cluster(autovacuum="off") as cluster:
        location = cluster.new_store()
        client = Client(Server(tmp_path, store=location), add_account(location))
        assert callstep("import", "--data", location, "-", input=made.stdout).returncode == 0
        for query, least in (("welcome", 1), ("welcome&module=menu", 1), ("nosuchword", 0)):
            answer = client.get(f"/v1/calls?text={query}&limit=10")
            assert answer.status == 200, answer.text
            assert answer.json["total_calls"] >= least
        assert client.server.stop() == 0


def test_of_several_servers_one_tells_hooks_and_another_takes_over(cluster, tmp_path):
    location = cluster.new_store()
    key = add_account(location)
    servers = [Server(tmp_path, "--hook-private", store=location) for _ in range(3)]
    receiver = Receiver()
    made = callstep("hook", "add", "--data", location, "--url", receiver.url)
    receiver.secret = made.stdout.strip()
    wanted = []
    try:
        while servers:
            for server in servers:
                for _ in range(5):
                    wanted.append(f"s{len(wanted):03}")
                    assert Client(server, key).post([call(wanted[-1])]).status == 200
            receiver.wait(lambda taken: len(taken) >= len(wanted))
            assert receiver.sessions() == wanted
            assert servers.pop().stop() == 0
    finally:
        receiver.stop()
        for server in servers:
            server.stop()


# Each holds back what may be thrown away: a snapshot that sees the call, a writer whose end no snapshot has seen, in any database.
@pytest.mark.parametrize("database, text", [
    ("postgres", "set transaction isolation level repeatable read; select 1"), ("postgres", "select pg_current_xact_id()"),
    ("template1", "select pg_current_xact_id()")], ids=["snapshot", "writer", "writer elsewhere"])
def test_erasing_waits_for_transactions_that_keep_what_is_erased(cluster, database, text):
    location = cluster.new_store()
    add_account(location)
    posted = json.dumps(call("gone", detail=[step("Zugzwang by quartz")]))
    assert callstep("import", "--data", location, "-", input=posted).returncode == 0
    with contextlib.closing(Psql(cluster.location(database=database))) as other:
        assert other.run(f"begin; {text}")
        erase = subprocess.Popen([BINARY, "erase", "--data", location, "--session", "gone", "--yes"], stdout=subprocess.PIPE, text=True)
        with pytest.raises(subprocess.TimeoutExpired):
            erase.wait(1)
    assert erase.communicate(timeout=60)[0] == "erased 1 call\n"
    assert erase.returncode == 0
    assert [name for name, content in cluster.files_of(location).items() if b"zugzwang" in content] == []


def test_erasing_says_which_files_it_could_not_clear(cluster):
    location = cluster.new_store()
    add_account(location)
    assert callstep("import", "--data", location, "-", input=json.dumps(call("gone"))).returncode == 0
    with contextlib.closing(Psql(cluster.location())) as other:
        assert other.run("begin; select pg_current_xact_id()")
        done = callstep("erase", "--data", location, "--session", "gone", "--yes")
    assert (done.returncode, done.stdout) == (1, "erased 1 call\n")
    assert "cannot clear the store's files" in done.stderr and "run 'callstep erase --finish'" in done.stderr
    assert callstep("erase", "--data", location, "--finish").returncode == 0
