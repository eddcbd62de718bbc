# SPDX-License-Identifier: MIT
"""Many connections, slow ones, ones that vanish, many large pages at once: what the server holds is bounded, others are answered, what it
held is given back.

CALLSTEP_LOAD_LONG=1 takes the long form. Figures are told at the end of the run, not asserted: they depend on the machine. What is asserted
holds on any."""
import multiprocessing
import os
import re
import resource
import select
import signal
import socket
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from conftest import BINARY, PLAIN, Client, Server, add_account, call
from crowd import READERS, Process, connect, dribble, hold, read_answer, read_to_end, request, vanish
from stores import store_at
from told import percentile, tell

pytest_plugins = ["told"]

LONG = os.environ.get("CALLSTEP_LOAD_LONG") == "1"
CONNECTIONS = 10_000
PAGES = 256 if LONG else 48
ALL = "/api/all_logs/0/99999999999"
MB = 1 << 20
FORK = multiprocessing.get_context("fork")


@pytest.fixture(scope="module")
def large_store(tmp_path_factory):
    """10,000 calls of one account, 200 of another."""
    store = store_at(tmp_path_factory.mktemp("large"))
    keys = []
    for email, calls in (("large@example.com", 10_000), ("small@example.com", 200)):
        keys.append(add_account(store, email))
        made = subprocess.run([BINARY, "generate", "--calls", str(calls), "--end", "now", "--days", "2"], capture_output=True, check=True)
        subprocess.run([BINARY, "import", "--quiet", "--data", store, "--account", email, "-"], input=made.stdout, capture_output=True,
                       check=True)
    return store, keys


@pytest.fixture
def serve(tmp_path, large_store):
    """Starts a server on the large store: (server, client of the large account, client of the small one)."""
    servers = []

    def start(*options):
        store, keys = large_store
        server = Server(tmp_path, "--log-requests=no", *options, store=store)
        servers.append(server)
        return server, Client(server, keys[0], "large@example.com"), Client(server, keys[1], "small@example.com")

    yield start
    for server in servers:
        server.stop()
        assert "Sanitizer" not in server.log


def ask_often(client, path, count=0, seconds=0):
    """Seconds that each request took, one after the other on one connection: at least @count of them, for at least @seconds."""
    taken = []
    end = time.monotonic() + seconds
    with connect(client.server, 9999) as connection:
        while len(taken) < count or time.monotonic() < end:
            begin = time.monotonic()
            connection.sendall(request(client, path))
            status, _, _ = read_answer(connection)
            taken.append(time.monotonic() - begin)
            assert status == 200
    return taken


def in_milliseconds(taken):
    return f"p50 {percentile(taken, 50) * 1000:.2f} ms, p99 {percentile(taken, 99) * 1000:.2f} ms"


# ---- many connections ----


def room_for(wanted):
    """How many connections this process may hold, the limit raised as far as it goes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard if hard != resource.RLIM_INFINITY else max(soft, 2 * wanted), hard))
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return min(wanted, (soft - 300) * 8 // 9)


def test_ten_thousand_connections_are_held_and_others_answered(serve):
    held = room_for(CONNECTIONS)
    server, _, client = serve("--connections-max", str(held + 100), "--header-size-max", "8k", "--timeout", "10m")
    process = Process(server)
    client.get(ALL + "?limit=10")
    quiet = ask_often(client, ALL + "?limit=10", 300)
    descriptors, resident = process.descriptors(), process.resident()
    connections = [connect(server, i) for i in range(held)]
    for number, connection in enumerate(connections):
        if number % 3 == 1:
            connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Half: a")
        elif number % 3 == 2:
            connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
    for connection in connections[2::3]:
        assert read_answer(connection)[0] == 200
    taken = ask_often(client, ALL + "?limit=10", 300)
    grown = process.resident() - resident
    assert process.descriptors() >= held
    # A connection's memory is four times --header-size-max, at least 64 KiB (docs/reliability.md).
    assert not PLAIN or grown < held * 72 * 1024 + 64 * MB
    for connection in connections[::3]:
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
    assert {read_answer(connection)[0] for connection in connections[::3]} == {200}
    for connection in connections:
        connection.close()
    assert process.gives_back(descriptors)
    tell(f"{held} connections held: {grown / held / 1024:.0f} KiB each; a page of 10 beside them {in_milliseconds(taken)} "
         f"(before: {in_milliseconds(quiet)})")


def test_a_connection_too_many_is_told_so_and_room_is_given_again(serve):
    server, _, client = serve("--connections-max", "40")
    connections = [connect(server, i) for i in range(40)]
    assert {hold(connection, client) for connection in connections} == {100}
    with connect(server, 50) as surplus:
        surplus.sendall(request(client, ALL))
        status, headers, _ = read_answer(surplus)
        assert status == 503 and int(headers["retry-after"]) >= 1 and headers["connection"] == "close"
        assert surplus.recv(10) == b""
    process = Process(server)
    open_before = process.descriptors()
    for connection in connections[:20]:
        connection.close()
    assert process.gives_back(open_before - 20 - READERS)
    assert client.get(ALL + "?limit=1").status == 200
    for connection in connections[20:]:
        connection.sendall(b" " * 100)
        assert read_answer(connection)[0] in (400, 422)
        connection.close()


def ended(connection):
    """Whether the server has closed it."""
    try:
        return bool(select.select([connection], [], [], 0)[0]) and connection.recv(10, socket.MSG_PEEK) == b""
    except ConnectionError:
        return True


def answered(server, client, number):
    """A connection from the address @number on which a request was answered, and how often one was not before."""
    for tries in range(600):
        connection = connect(server, number)
        try:
            connection.sendall(request(client, "/healthz"))
            if read_answer(connection)[0] == 200:
                return connection, tries
        except (ConnectionError, AssertionError):
            pass
        connection.close()
        time.sleep(0.05)
    raise AssertionError("no room was made")


@pytest.mark.parametrize("sent", [b"", b"GET / HTTP/1.1\r\nHost: x\r\nX: "], ids=["nothing", "half a head"])
def test_connections_that_wait_for_their_client_give_way_to_new_ones(serve, sent):
    server, _, client = serve("--connections-max", "40", "--timeout", "10m")
    with connect(server, 7) as busy:
        assert hold(busy, client) == 100
        connections = [connect(server, i // 10) for i in range(60)]
        for connection in connections:
            try:
                connection.sendall(sent)
            except ConnectionError:
                pass
        for number in range(100, 110):
            answered(server, client, number)[0].close()
        assert sum(map(ended, connections)) >= 10
        busy.sendall(b" " * 100)
        assert read_answer(busy)[0] in (400, 422)
    server.stop()
    for connection in connections:
        connection.close()


def test_one_address_does_not_take_all_connections_and_what_it_holds_idle_gives_way_to_its_own(serve):
    server, _, client = serve("--connections-max", "40", "--timeout", "4s")
    greedy = []
    for _ in range(60):
        connection = connect(server, 1)
        try:
            if hold(connection, client) == 100:
                greedy.append(connection)
        except (ConnectionError, AssertionError):
            connection.close()
    assert len(greedy) == 30
    other, tries = answered(server, client, 2)
    assert tries == 0
    other.close()
    greedy.pop().close()
    idle, _ = answered(server, client, 1)
    next_, _ = answered(server, client, 1)
    assert ended(idle)
    for connection in (idle, next_):
        connection.close()
    deadline = time.monotonic() + 30
    while not re.search(r" warning crowded connections=\d+ gave-way=1 refused=\d+ surplus=0\n", server.log):
        assert time.monotonic() < deadline, server.log
        time.sleep(0.05)
    for connection in greedy:
        connection.close()


def test_a_trusted_proxy_may_have_all_connections(serve):
    server, client, _ = serve("--connections-max", "40", "--trusted-proxies", "127.0.0.3")
    connections = [connect(server, 1) for _ in range(40)]  # number 1 is 127.0.0.3
    assert [hold(connection, client) for connection in connections] == [100] * 40
    for connection in connections:
        connection.close()


def test_connections_that_come_together_are_shared_by_the_threads(serve):
    server, _, client = serve("--threads", "2")
    connections = [connect(server, i) for i in range(40)]
    for connection in connections:
        connection.sendall(request(client, "/healthz"))
    for connection in connections:
        assert read_answer(connection)[0] == 200
    watched = Process(server).watched()
    assert len(watched) == 2 and min(watched) >= 15, watched
    for connection in connections:
        connection.close()


@pytest.mark.parametrize("count", [127, 128, 129, 256])
def test_all_are_answered_who_ask_at_the_same_instant(serve, count):
    """A stopped server finds them all at once when it goes on: whole batches of the 128 events that the HTTP library asks the kernel for."""
    server, _, client = serve("--threads", "1")
    connections = [connect(server, i) for i in range(count)]
    for connection in connections:
        connection.sendall(request(client, "/healthz"))
        assert read_answer(connection)[0] == 200
    for _ in range(3):
        server.process.send_signal(signal.SIGSTOP)
        for connection in connections:
            connection.sendall(request(client, "/healthz"))
        server.process.send_signal(signal.SIGCONT)
        for connection in connections:
            connection.settimeout(10)
            assert read_answer(connection)[0] == 200
    for connection in connections:
        connection.close()


def test_one_address_can_be_kept_from_taking_all_connections(serve):
    server, _, client = serve("--connections-per-address-max", "5")
    own = [connect(server, 1) for _ in range(5)]
    for connection in own:
        connection.sendall(request(client, "/healthz"))
        assert read_answer(connection)[0] == 200
    with connect(server, 1) as more:
        try:
            more.sendall(request(client, "/healthz"))
            assert more.recv(10) == b""
        except ConnectionError:
            pass
    with connect(server, 2) as other:
        other.sendall(request(client, "/healthz"))
        assert read_answer(other)[0] == 200
    for connection in own:
        connection.close()


def test_where_descriptors_are_few_there_are_fewer_connections_and_the_log_says_so(tmp_path, large_store):
    def few():
        resource.setrlimit(resource.RLIMIT_NOFILE, (200, 200))
    store, keys = large_store
    server = Server(tmp_path, "--connections-max", "1000", store=store, preexec=few)
    try:
        assert " few-descriptors connections-max=64 wanted=1000" in server.log
        client = Client(server, keys[1], "small@example.com")
        open_before = Process(server).descriptors()
        connections = [connect(server, i) for i in range(70)]
        for connection in connections[:64]:
            assert hold(connection, client) == 100
        assert client.get(ALL + "?limit=1").status == 503
        for connection in connections:
            connection.close()
        assert Process(server).gives_back(open_before - READERS)
        assert client.get(ALL + "?limit=10000").status == 200
    finally:
        assert server.stop() == 0


# ---- slow ones ----


def give_a_byte(byte):
    def give(connection):
        connection.send(byte)
        connection.setblocking(False)
        try:
            return connection.recv(1000) != b""  # an answer, or nothing yet; not the end
        except BlockingIOError:
            return True
        finally:
            connection.settimeout(60)
    return give


def take_a_byte(connection):
    return connection.recv(1) != b""


SLOW = ["--timeout", "1s", "--rate-min", "1k"]


@pytest.mark.parametrize("what", ["request line", "header", "headers", "body", "chunked body"])
def test_who_sends_byte_by_byte_is_ended_and_others_are_answered(serve, what):
    server, _, client = serve(*SLOW)
    process = Process(server)
    assert client.get("/healthz").status == 200
    descriptors = process.descriptors()
    head = f"POST /v1/calls HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-ndjson\r\nAuthorization: {client.basic()}\r\n"
    begin, byte = {"request line": ("GET /", b"a"), "header": ("GET / HTTP/1.1\r\nX-Long: ", b"a"),
                   "headers": ("GET / HTTP/1.1\r\n", b"A: b\r\n"), "body": (head + "Content-Length: 100000\r\n\r\n", b" "),
                   "chunked body": (head + "Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n")}[what]
    connections = [connect(server, i) for i in range(100)]
    for connection in connections:
        connection.sendall(begin.encode())
    asked = ThreadPoolExecutor(1).submit(ask_often, client, ALL + "?limit=10", 50)
    assert dribble(connections, give_a_byte(byte)) == 0
    assert len(asked.result()) == 50
    assert process.gives_back(descriptors)
    for connection in connections:
        connection.close()


def test_who_reads_byte_by_byte_is_ended_and_gives_its_memory_back(serve):
    server, client, other = serve(*SLOW, "--page-memory-max", "64M")
    process = Process(server)
    assert client.get(ALL + "?limit=10000", gzipped=True).status == 200
    descriptors, resident = process.descriptors(), process.resident()
    connections = [connect(server, i, receive=4096) for i in range(20)]
    for connection in connections:
        connection.sendall(request(client, ALL + "?limit=10000", "Accept-Encoding: gzip\r\n"))
    assert other.get(ALL + "?limit=10").status == 200  # whatever the first account's pages hold
    assert dribble(connections, take_a_byte, over=lambda: process.descriptors() <= descriptors + 8) == 0
    assert client.get(ALL + "?limit=10000", gzipped=True).status == 200
    assert not PLAIN or process.resident() - resident < 160 * MB
    for connection in connections:
        connection.close()


def test_who_is_slow_but_within_the_rate_is_served_to_the_end(serve):
    server, client, _ = serve("--timeout", "3s", "--rate-min", "1k")
    with connect(server, 1, receive=65536) as connection:
        connection.sendall(request(client, ALL + "?limit=5000", "Accept-Encoding: gzip\r\nConnection: close\r\n"))
        got, begin = b"", time.monotonic()
        while piece := connection.recv(32768):
            got += piece
            if time.monotonic() - begin < 7:
                time.sleep(0.05)  # its own pace: some 100 times the least rate, over several timeouts
    length = int(got.split(b"Content-Length: ")[1].split(b"\r\n")[0])
    assert len(got.split(b"\r\n\r\n", 1)[1]) == length


def test_who_follows_calls_and_hears_nothing_is_not_taken_for_slow(serve):
    server, _, client = serve(*SLOW)
    with connect(server, 1) as tail, connect(server, 2) as slow:
        tail.sendall(request(client, "/v1/tail"))
        got = tail.recv(65536)
        slow.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nX: ")
        assert dribble([slow], give_a_byte(b"a")) == 0  # takes longer than the timeout
        assert client.post([call("told")]).status == 200
        while b'"told"' not in got:
            piece = tail.recv(65536)
            assert piece, "the tail was ended"
            got += piece


# ---- ones that vanish ----


def test_clients_that_vanish_half_way_leave_nothing_behind(serve):
    server, client, other = serve("--page-memory-max", "64M")
    process = Process(server)
    assert client.get(ALL + "?limit=10000", gzipped=True).status == 200
    descriptors, resident = process.descriptors(), process.resident()
    post = f"POST /v1/calls HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nAuthorization: {client.basic()}\r\nContent-Length: 9999\r\n\r\n"
    begun = [b"GET / HT", b"GET / HTTP/1.1\r\nX: a", post.encode() + b'{"calls":[{"dest":"1', request(client, "/v1/tail"),
             request(client, ALL + "?limit=10000", "Accept-Encoding: gzip\r\n"), request(client, ALL + "?limit=10000"),
             request(client, "/v1/calls?text=invalid&detail=true"), request(client, "/v1/dropoff")]
    for number in range(200 if LONG else 60):
        connections = [connect(server, i) for i in range(len(begun))]
        for connection, what in zip(connections, begun):
            connection.sendall(what)
        if number % 2 == 0:
            # Where one page holds the memory, the other waits until it is taken.
            select.select(connections[4:6], [], [], 60)[0][0].recv(100)
        for connection in connections:
            vanish(connection)
    assert other.get(ALL + "?limit=10").status == 200
    assert process.gives_back(descriptors)
    assert client.get(ALL + "?limit=10000", gzipped=True).status == 200
    assert not PLAIN or process.resident() - resident < 160 * MB


# ---- many large pages ----


def flood(client, pages, accept):
    connections = [connect(client.server, i) for i in range(pages)]
    for connection in connections:
        connection.sendall(request(client, ALL + "?limit=10000", f"Accept-Encoding: {accept}\r\nConnection: close\r\n"))
    sizes = read_to_end(connections)
    for connection in connections:
        connection.close()
    return set(sizes.values())


@pytest.mark.parametrize("accept, pages", [("gzip", PAGES), ("identity", PAGES // 4)])
def test_many_large_pages_at_once_are_all_answered_within_the_memory_for_pages(serve, accept, pages):
    server, client, _ = serve("--page-memory-max", "64M")
    process = Process(server)
    client.get(ALL + "?limit=10", gzipped=True)
    descriptors, resident = process.descriptors(), process.resident()
    highest = [0]
    over = threading.Event()

    def look():
        while not over.wait(0.01):
            highest[0] = max(highest[0], process.resident() - resident)

    looking = threading.Thread(target=look)
    looking.start()
    begin = time.monotonic()
    sizes = flood(client, pages, accept)
    seconds = time.monotonic() - begin
    over.set()
    looking.join()
    assert len(sizes) == 1 and min(sizes) > 1_000_000
    assert process.gives_back(descriptors)
    # --page-memory-max, what idle blocks of pages may keep, and connections.
    assert not PLAIN or highest[0] < (64 + 96 + 64) * MB
    tell(f"{pages} pages of 10,000 at once ({accept}): {seconds:.1f} s, resident memory grew by {highest[0] / MB:.0f} MiB at most "
         f"(--page-memory-max 64M)")


@pytest.mark.parametrize("what", ["pages", "searches", "posts"])
def test_one_accounts_flood_leaves_another_its_small_page(serve, what):
    """Asserted is that many small pages are answered while the flood goes on. How much longer they take is told."""
    server, client, other = serve("--page-memory-max", "128M")
    small = ALL + "?limit=10"
    ask_often(other, small, 50)
    quiet = ask_often(other, small, 300, seconds=1)
    over, begun, rounds = FORK.Event(), FORK.Semaphore(0), FORK.Value("i", 0)
    body = subprocess.run([BINARY, "generate", "--calls", "2000", "--end", "now", "--days", "1"], capture_output=True, check=True).stdout

    def go_on(_):
        while not over.is_set():
            if what == "pages":
                flood(client, 4, "gzip")
            elif what == "searches":
                assert client.get("/v1/dropoff").status in (200, 429, 503)
            else:
                assert client.post(body, headers={"Content-Type": "application/x-ndjson"}).status == 200
            with rounds:
                rounds.value += 1
            begun.release()

    def go_on_together():
        with ThreadPoolExecutor(16) as pool:
            list(pool.map(go_on, range(askers)))

    # In its own process: threads of this one would be in the way of the one that takes the time.
    askers = {"pages": 16, "searches": 16, "posts": 4}[what]
    flooding = FORK.Process(target=go_on_together)
    flooding.start()
    for _ in range(askers):
        assert begun.acquire(timeout=60)
    busy = ask_often(other, small, 300, seconds=10 if LONG else 3)
    assert flooding.is_alive()
    over.set()
    flooding.join(60)
    assert flooding.exitcode == 0
    ratio = percentile(busy, 50) / percentile(quiet, 50)
    tell(f"a small page beside another account's flood of {what} ({rounds.value} rounds): {in_milliseconds(busy)}, quiet {in_milliseconds(quiet)}: "
         f"{ratio:.1f} times at p50")
