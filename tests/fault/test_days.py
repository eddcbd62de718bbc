# SPDX-License-Identifier: MIT
"""Days of detail that are over, on PostgreSQL: they go with their partition while calls come in and pages are read; by one program at a time;
and whole when the sweep is killed.

CALLSTEP_SWEEP_ROUNDS sets how often (a third of it here)."""
import json
import os
import random
import signal
import subprocess
import threading
import time

import pytest

import trouble
from conftest import BINARY, Client, Server, add_account, call, callstep, keep, step
from postgres import Cluster, programs

ROUNDS = max(3, trouble.rounds("CALLSTEP_SWEEP_ROUNDS", 9) // 3)
SEED = int(os.environ.get("CALLSTEP_CRASH_SEED", random.randrange(10 ** 9)))
DAY = 86400
OLD_DAYS = 3
CALLS_A_DAY = 1000
SIZE = "select coalesce(sum(pg_total_relation_size(inhrelid)), 0) from pg_inherits where inhparent = 'detail'::regclass"
PARTS = "select count(*) from pg_inherits i join pg_class c on c.oid = inhrelid where inhparent = 'detail'::regclass and relname <> 'detail_0'"


@pytest.fixture(scope="module")
def cluster():
    with Cluster() as made:
        yield made


@pytest.fixture
def store(cluster):
    location = cluster.new_store()
    cluster.schema = f"store{cluster.schemas}"
    return location


@pytest.fixture
def serve(store, tmp_path):
    """Starts servers on the store, which are ended with the test."""
    started = []

    def start(*options):
        started.append(Server(tmp_path, *options, store=store))
        return started[-1]

    yield start
    for server in started:
        assert server.stop() == 0


def noon(days_ago):
    return int(time.time()) // DAY * DAY - days_ago * DAY + DAY // 2


def post_old(client, first_day=10, days=OLD_DAYS, calls=CALLS_A_DAY):
    """Calls that do not compress, of whole days that are over."""
    for day in range(first_day, first_day + days):
        answer = client.post([call(f"d{day}-{i}", start=noon(day) + i, detail=[
            step(f"words {i}", noon(day), module=f"m{i % 9}", data=os.urandom(500).hex())]) for i in range(calls)])
        assert answer.json["accepted"] == calls


def sweep(store, *options, days=5):
    keep(store, days, 365)
    return callstep("sweep", "--data", store, *options)


class Reader(threading.Thread):
    """Asks for pages and searches until it is stopped."""

    def __init__(self, client):
        super().__init__(daemon=True)
        self.client, self.stopping = client, threading.Event()
        self.wrong, self.slowest = [], 0.0

    def run(self):
        while not self.stopping.is_set():
            for path in (f"/api/all_logs/{trouble.EVERYTHING}?limit=100", "/v1/calls?module=menu&limit=10", "/v1/stats"):
                began = time.monotonic()
                answer = self.client.get(path)
                if answer.status not in (200, 404):
                    self.wrong.append((path, answer.status, answer.text))
                self.slowest = max(self.slowest, time.monotonic() - began)

    def stop(self):
        self.stopping.set()
        self.join(60)


def dropped(store):
    records = map(json.loads, callstep("audit", "--data", store, "--limit", 100000, "--json").stdout.splitlines())
    return sum(record["calls"] for record in records if record["action"] == "expire-detail")


def test_days_go_with_their_partition_while_calls_come_in_and_pages_are_read(cluster, store, serve):
    key, posters_key = add_account(store, days=()), add_account(store, "posters@example.com")
    server = serve()
    client, own = Client(server, key), Client(server, posters_key, "posters@example.com")
    post_old(client)
    size, parts = int(cluster.sql(SIZE, cluster.schema)), int(cluster.sql(PARTS, cluster.schema))
    posters = [trouble.Poster(f"p{i}", server.address, own.basic(), int(time.time()) - DAY, i) for i in range(3)]
    ledger, reader = trouble.Ledger(), Reader(own)
    for thread in [*posters, reader]:
        thread.start()
    done = sweep(store)
    reader.stop()
    trouble.stop_posters(posters, ledger)
    assert done.returncode == 0, done.stderr
    assert f"dropped the detail of {OLD_DAYS * CALLS_A_DAY:,} calls" in done.stderr
    freed = size - int(cluster.sql("select coalesce(sum(pg_total_relation_size(inhrelid)), 0) from pg_inherits i join pg_class c on "
                                   "c.oid = inhrelid where inhparent = 'detail'::regclass and relname < "
                                   f"'detail_{noon(9) // DAY}' and relname <> 'detail_0'", cluster.schema))
    assert int(cluster.sql("select count(*) from detail where part <> 0 and start < " + str(noon(9)), cluster.schema)) == 0
    assert int(cluster.sql(PARTS, cluster.schema)) <= parts - OLD_DAYS + 2  # the posters' day, and the one after it
    assert freed > OLD_DAYS * CALLS_A_DAY * 500
    assert reader.wrong == []
    assert not any(poster.failures for poster in posters)
    assert dropped(store) == OLD_DAYS * CALLS_A_DAY
    assert client.get(f"/api/calls/{trouble.EVERYTHING}?limit=1").json["total_calls"] == OLD_DAYS * CALLS_A_DAY
    trouble.check(own, ledger)
    trouble.verify(store)
    trouble.figure("days that go with their partition", f"{OLD_DAYS * CALLS_A_DAY} calls' detail dropped, {freed >> 10} KiB given back, meanwhile "
                   f"{len(ledger.acked)} calls taken in, slowest answer {reader.slowest * 1000:.0f} ms")


def test_an_account_keeps_its_own_days_of_a_partition(cluster, store, serve):
    key, others = add_account(store, days=()), add_account(store, "other@example.com", days=())
    server = serve("--api-detail-days", "ever")
    post_old(Client(server, key), days=2, calls=50)
    post_old(Client(server, others, "other@example.com"), days=1, calls=50)
    assert callstep("account", "set", "--data", store, "other@example.com", "--keep-detail", 30, "--yes").returncode == 0
    assert "dropped the detail of 100 calls" in sweep(store).stderr
    assert cluster.sql(PARTS, cluster.schema) == "1"
    assert cluster.sql("select count(*) from detail", cluster.schema) == "50"
    trouble.verify(store)
    assert callstep("account", "set", "--data", store, "other@example.com", "--keep-detail", "default", "--yes").returncode == 0
    assert "dropped the detail of 50 calls" in sweep(store).stderr
    assert cluster.sql(PARTS, cluster.schema) == "0"
    trouble.verify(store)


def test_who_sweeps_is_told_where_another_does_and_a_server_goes_on(cluster, store, serve):
    client = Client(serve("--api-detail-days", "ever"), add_account(store, days=()))
    post_old(client, days=1, calls=50)
    holder = subprocess.Popen([programs() / "psql", "-X", "-q", "-A", "-t", "-d", cluster.location(cluster.schema)], stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE, text=True)
    holder.stdin.write("select pg_advisory_lock(1129533509, hashtext(current_schema())) is null, pg_backend_pid();\n")
    holder.stdin.flush()
    pid = holder.stdout.readline().strip().split("|")[1]
    refused = sweep(store)
    assert refused.returncode == 1
    assert f"the store is being swept by PostgreSQL's process {pid}" in refused.stderr
    server = serve("--sweep-every", "1s")
    assert client.post([call("more")]).status == 200
    assert cluster.sql("select count(*) from detail", cluster.schema) == "51"
    holder.kill()
    holder.communicate()
    while cluster.sql("select count(*) from detail", cluster.schema) != "1":
        threading.Event().wait(0.1)
    while cluster.sql("select count(*) from detail_gone", cluster.schema) != "0":
        threading.Event().wait(0.1)
    assert "sweep-failed" not in server.log
    trouble.verify(store)


def test_a_sweep_that_is_killed_leaves_a_whole_store(cluster, store, serve):
    random_ = random.Random(SEED)
    server = serve("--api-detail-days", "ever")
    client = Client(server, add_account(store, days=()))
    for number in range(ROUNDS):
        post_old(client, first_day=8 + 4 * number, days=3 if number < 5 else 1, calls=400)
    for number in range(ROUNDS):
        keep(store, 8 + 4 * (ROUNDS - number) - 3)
        process = subprocess.Popen([BINARY, "sweep", "--data", store, "--quiet"])
        threading.Event().wait(random_.uniform(0.02, 0.2))  # the random moment
        process.send_signal(signal.SIGKILL)
        process.wait()
        done = callstep("verify", "--data", store)
        assert done.returncode == 0, (SEED, done.stdout, done.stderr)
    while sweep(store).returncode != 0:  # the killed one's connection may still be there
        threading.Event().wait(0.05)
    assert cluster.sql("select count(*) from detail", cluster.schema) == "0"
    assert cluster.sql("select count(*) from detail_gone", cluster.schema) == "0"
    held = int(cluster.sql("select count(*) from call where steps < 0", cluster.schema))
    assert dropped(store) == held == int(cluster.sql("select count(*) from call", cluster.schema))
    trouble.verify(store)
    trouble.figure("sweeps of days that are killed", f"{ROUNDS} kills, {held} calls' detail dropped, 0 problems")
