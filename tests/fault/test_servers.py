# SPDX-License-Identifier: MIT
"""Three servers on one PostgreSQL, posters that try again until they are answered, and random ends: of servers by SIGKILL, of the database at
once, of single database processes by SIGKILL. In the end every acknowledged call is there exactly once, on every server, with exact
totals.

CALLSTEP_CRASH_ROUNDS sets how often something ends (a fifth of it here), CALLSTEP_CRASH_SEED gives the same calls and ends again."""
import http.client
import json
import os
import random
import signal
import threading

import pytest

from conftest import Client, Server, add_account, callstep
from postgres import Cluster
from poster import Poster, make_call
from test_crash import check, check_number_totals, read_all

ROUNDS = max(6, int(os.environ.get("CALLSTEP_CRASH_ROUNDS", "50")) // 5)
SEED = int(os.environ.get("CALLSTEP_CRASH_SEED", random.randrange(10 ** 9)))
SERVERS = 3
POSTERS = 6


class StubbornPoster(Poster):
    """Posts each batch to one server after the other until one says that it is stored."""

    def __init__(self, name, servers, authorization, start, seed):
        super().__init__(name, "", authorization, start, seed)
        self.servers = servers
        self.stopping = threading.Event()
        self.refused = 0

    def try_post(self, versions):
        calls = [make_call(session, version, self.random, self.start_time + version * 61)
                 for session, version in versions.items()]
        host, port = self.random.choice(self.servers).address.rsplit(":", 1)
        connection = http.client.HTTPConnection(host, int(port), timeout=60)
        try:
            connection.request("POST", "/v1/calls", json.dumps({"calls": calls}),
                               {"Authorization": self.authorization, "Content-Type": "application/json"})
            answer = connection.getresponse()
            body = json.loads(answer.read())
        except (OSError, http.client.HTTPException, ValueError):
            return False
        finally:
            connection.close()
        if answer.status != 200:
            assert answer.status in (500, 503), (answer.status, body)
            self.refused += 1
            return False
        assert body["accepted"] == len(versions), body
        return True

    def run(self):
        while not self.stopping.is_set():
            versions = self.batch()
            while not self.try_post(versions):
                if self.stopping.wait(0.02):
                    return
            self.acked.update(versions)


@pytest.fixture
def cluster():
    with Cluster(fsync="on") as made:
        yield made


def end_something(cluster, servers, folder, location, random_):
    what = random_.choice(["server", "server", "database", "process"])
    if what == "server":
        number = random_.randrange(SERVERS)
        servers[number].stop(signal.SIGKILL)
        servers[number] = Server(folder, "--detail-days", "0", store=location)
    elif what == "database":
        cluster.signal(signal.SIGQUIT)
        cluster.start()
    else:
        pids = cluster.sql("select pid from pg_stat_activity where application_name = 'callstep'").split()
        for pid in random_.sample(pids, min(1, len(pids))):
            os.kill(int(pid), signal.SIGKILL)
    return what


def test_every_acknowledged_call_is_on_every_server_exactly_once(tmp_path, cluster):
    location = cluster.new_store()
    key = add_account(location)
    random_ = random.Random(SEED)
    servers = [Server(tmp_path, "--detail-days", "0", store=location) for _ in range(SERVERS)]
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
    threading.Event().wait(1)
    for poster in posters:
        poster.stopping.set()
    for poster in posters:
        poster.join(90)
        assert not poster.is_alive()
    acked, sent = {}, {}
    for poster in posters:
        for session, version in poster.acked.items():
            # Of those that two send, the last one counts, whichever that was.
            acked[session] = 1 if poster in posters[:2] else version
        for session, version in poster.sent.items():
            sent[session] = max(version, sent.get(session, version))
    seen = [read_all(Client(server, key)) for server in servers]
    assert seen[0] == seen[1] == seen[2]
    for server in servers:
        check(server, key, acked, sent)
        check_number_totals(Client(server, key), seen[0])
        assert server.stop() == 0
    done = callstep("verify", "--data", location)
    assert done.returncode == 0, done.stdout + done.stderr
    print(f"seed {SEED}: ended {' '.join(ended)}; {len(acked)} calls acknowledged, {sum(p.refused for p in posters)} batches refused "
          f"and sent again, {len(seen[0])} held, 0 lost")
    assert acked
