# SPDX-License-Identifier: MIT
"""Three servers on one PostgreSQL, posters that try again until they are answered, and random ends: of servers by SIGKILL, of the database at
once, of single database processes by SIGKILL. In the end every acknowledged call is there exactly once, on every server, with exact
totals.

CALLSTEP_CRASH_ROUNDS sets how often something ends (a fifth of it here), CALLSTEP_CRASH_SEED gives the same calls and ends again."""
import http.client
import os
import random
import signal
import threading

import pytest

import amender
import trouble
from conftest import Client, Server, add_account
from postgres import Cluster
from poster import Poster

ROUNDS = max(6, int(os.environ.get("CALLSTEP_CRASH_ROUNDS", "50")) // 5)
SEED = int(os.environ.get("CALLSTEP_CRASH_SEED", random.randrange(10 ** 9)))
SERVERS = 3
POSTERS = 6


class StubbornPoster(Poster):
    """Posts each batch to one server after the other until one says that all of it is stored."""

    def __init__(self, name, servers, authorization, start, seed):
        super().__init__(name, "", authorization, start, seed)
        self.servers = servers

    def try_post(self, versions):
        host, port = self.random.choice(self.servers).address.rsplit(":", 1)
        connection = http.client.HTTPConnection(host, int(port), timeout=60)
        before = len(self.batches)
        try:
            self.post(connection, versions)
        except (OSError, http.client.HTTPException, ValueError):
            return False
        finally:
            connection.close()
        return len(self.batches) > before and self.batches[-1] == versions

    def run(self):
        while not self.is_done():
            versions = self.batch()
            while not self.try_post(versions):
                if self.wrong or self.stopping.wait(0.02):
                    return


@pytest.fixture
def cluster():
    with Cluster(fsync="on") as made:
        yield made


def end_something(cluster, servers, folder, location, random_):
    what = random_.choice(["server", "server", "database", "process"])
    if what == "server":
        number = random_.randrange(SERVERS)
        servers[number].stop(signal.SIGKILL)
        cluster.wait()  # it may still recover from what ended before
        servers[number] = Server(folder, "--api-detail-days", "ever", store=location)
    elif what == "database":
        cluster.signal(signal.SIGQUIT)
        cluster.start()
    else:
        cluster.wait()
        pids = cluster.sql("select pid from pg_stat_activity where application_name = 'callstep'").split()
        for pid in random_.sample(pids, min(1, len(pids))):
            os.kill(int(pid), signal.SIGKILL)
    return what


def wait_until_ready(client):
    """A server that found the database gone asks again within two seconds, and says until then that it is away."""
    for _ in range(600):
        answer = client.get("/readyz")
        if answer.status == 200:
            return
        assert answer.status == 503, answer.body
        threading.Event().wait(0.05)
    raise AssertionError("it does not answer though the database does")


@pytest.fixture
def servers():
    started = []
    yield started
    for server in started:
        server.stop(signal.SIGKILL)


def test_every_acknowledged_call_is_on_every_server_exactly_once(tmp_path, cluster, servers):
    location = cluster.new_store()
    key = add_account(location)
    random_ = random.Random(SEED)
    servers += [Server(tmp_path, "--api-detail-days", "ever", store=location) for _ in range(SERVERS)]
    authorization = Client(servers[0], key).basic()
    posters = [StubbornPoster(f"p{i}", servers, authorization, 1_700_000_000 + i * 1000, random_.random()) for i in range(POSTERS)]
    # Two of them send the very same sessions.
    posters[1].prefix = posters[0].prefix
    ended = []
    for poster in posters:
        poster.start()
    for _ in range(ROUNDS):
        threading.Event().wait(random_.uniform(0.05, 0.6))  # the random moment
        ended.append(end_something(cluster, servers, tmp_path, location, random_))
    trouble.until_each_is_acknowledged(posters)
    ledger = trouble.Ledger()
    trouble.stop_posters(posters, ledger)
    for session in set(posters[0].sent) | set(posters[1].sent):
        # Of those that two send, the last one counts, whichever that was.
        ledger.sent[session] = max(poster.sent.get(session, 0) for poster in posters[:2])
        ledger.acked.pop(session, None)
        if any(session in poster.acked for poster in posters[:2]):
            ledger.acked[session] = 1
    cluster.wait()
    for server in servers:
        wait_until_ready(Client(server, key))
    seen = [trouble.read_all(Client(server, key)) for server in servers]
    assert seen[0] == seen[1] == seen[2]
    for server in servers:
        trouble.check(Client(server, key), ledger)
        assert server.stop() == 0
    trouble.verify(location)
    print(f"seed {SEED}: {' '.join(ended)}")
    trouble.figure("three servers on one database", f"{ended.count('server')} ends of servers, {ended.count('database')} of the database, "
                   f"{ended.count('process')} of its processes, {len(ledger.acked)} calls acknowledged, "
                   f"{sum(sum(poster.failures.values()) for poster in posters)} batches refused and sent again, {len(seen[0])} held, 0 lost")


def test_every_acknowledged_step_of_live_calls_is_on_every_server_exactly_once(tmp_path, cluster, servers):
    location = cluster.new_store()
    key = add_account(location)
    random_ = random.Random(SEED)
    servers += [Server(tmp_path, "--api-detail-days", "ever", store=location) for _ in range(SERVERS)]
    amenders = [amender.Amender(f"a{i}", key, 1_700_000_000 + i * 100_000, random_.random(), i % 2 == 0) for i in range(POSTERS)]
    for one in amenders:
        one.begin(lambda: [server.address for server in servers])
    ended = []
    for _ in range(ROUNDS):
        threading.Event().wait(random_.uniform(0.05, 0.6))  # the random moment
        ended.append(end_something(cluster, servers, tmp_path, location, random_))
    trouble.until_each_is_acknowledged(amenders)
    for one in amenders:
        one.stop()
    cluster.wait()
    for server in servers:
        wait_until_ready(Client(server, key))
        acked = amender.check(Client(server, key), amenders)
    for server in servers:
        assert server.stop() == 0
    trouble.verify(location)
    print(f"seed {SEED}: {' '.join(ended)}")
    trouble.figure("live calls on three servers", f"{ended.count('server')} ends of servers, {ended.count('database')} of the database, "
                   f"{ended.count('process')} of its processes, {acked} steps of {sum(len(one.told) for one in amenders)} live calls acknowledged, "
                   f"{sum(one.repeated for one in amenders)} batches sent again, 0 lost, 0 twice")
