# SPDX-License-Identifier: MIT
"""Hostile clients of one server, each kind in its own process, until they are told that it is over. Each counts what it did, so that a
test can tell a siege from a quiet hour."""
import contextlib
import itertools
import multiprocessing
import sqlite3
import subprocess
import tempfile
import time

from conftest import BINARY
from crowd import connect, read_answer, request, vanish

FORK = multiprocessing.get_context("fork")
MB = 1 << 20
ALL = "/api/all_logs/0/99999999999"
JSON_LINES = "application/x-ndjson"


def post_head(client, path, length, kind=JSON_LINES, more=""):
    return (f"POST {path} HTTP/1.1\r\nHost: x\r\nAuthorization: {client.basic()}\r\nContent-Type: {kind}\r\n{more}"
            f"Content-Length: {length}\r\n\r\n").encode()


def blank_bomb(gigabytes):
    """A zstd body of blank lines: some 64 KB that come to gigabytes."""
    with tempfile.TemporaryFile() as packed:
        zstd = subprocess.Popen(["zstd", "-q", "-c"], stdin=subprocess.PIPE, stdout=packed)
        for _ in range(gigabytes * 1024):
            zstd.stdin.write(b"\n" * MB)
        zstd.communicate()
        packed.seek(0)
        return packed.read()


def answered(connection):
    """Whether an answer came before the server ended the connection."""
    try:
        read_answer(connection)
        return True
    except (OSError, ValueError, IndexError, KeyError):
        return False


class Attack:
    """A kind of client: go() is called again and again, says by done() that something was done, and stops soon after over() says so."""

    def __init__(self, go):
        self.go = go
        self.name = go.__name__
        self.over = FORK.Event()
        self.rounds = FORK.Value("i", 0)
        self.process = FORK.Process(target=self.run)

    def run(self):
        while not self.over.is_set():
            # What the server ends or refuses is what it should do; the next one begins.
            with contextlib.suppress(OSError):
                self.go(self)
            self.over.wait(0.02)

    def done(self):
        with self.rounds:
            self.rounds.value += 1

    def pause(self, seconds):
        """Returns whether the attack goes on."""
        return not self.over.wait(seconds)


def attacks_on(server, large, hostile):
    """The attacks, by account: @large reads much, @hostile does what harms."""
    numbers = itertools.count(20)

    def slow_readers_of_large_pages(attack):
        """16 KB a second each, of answers of some hundred MB in all three forms."""
        accepts = ["Accept-Encoding: gzip\r\n", "Accept-Encoding: identity\r\n", "Accept: application/xml\r\n"]
        with contextlib.ExitStack() as held:
            connections = [held.enter_context(connect(server, next(numbers), receive=4096)) for _ in range(6)]
            for number, connection in enumerate(connections):
                connection.sendall(request(hostile, ALL + "?limit=10000", accepts[number % 3]))
            attack.done()
            while attack.pause(0.25):
                for connection in connections:
                    connection.setblocking(False)
                    with contextlib.suppress(BlockingIOError):
                        if connection.recv(4096) == b"":
                            return

    def large_pages_that_wait(attack):
        with connect(server, next(numbers)) as connection:
            connection.sendall(request(large, ALL + "?limit=10000", "Accept-Encoding: gzip\r\n"))
            if answered(connection):
                attack.done()
        attack.pause(0.3)

    bomb = blank_bomb(2)

    def bombs(attack):
        with contextlib.ExitStack() as held:
            connections = [held.enter_context(connect(server, next(numbers))) for _ in range(2)]
            for connection in connections:
                connection.sendall(post_head(hostile, "/v1/calls", len(bomb), more="Content-Encoding: zstd\r\n") + bomb)
            for connection in connections:
                connection.settimeout(1)
                while not attack.over.is_set():
                    try:
                        if connection.recv(65536):
                            attack.done()
                        break
                    except TimeoutError:
                        continue

    begun = subprocess.run(["zstd", "-q", "-c", "--long=27", "-19"], input=b"\n" * (150 * MB), capture_output=True, check=True).stdout[:400]

    def open_bodies(attack):
        """Posts that ask for a decoder with a large window, and stop there."""
        with contextlib.ExitStack() as held:
            for number in range(100):
                connection = held.enter_context(connect(server, next(numbers)))
                connection.sendall(post_head(hostile, "/v1/calls", 10 * MB, more="Content-Encoding: zstd\r\n") + begun)
                if number % 10 == 9:
                    attack.done()
            attack.pause(5)

    def idle_connections(attack):
        """All from one address."""
        with contextlib.ExitStack() as held:
            for _ in range(300):
                held.enter_context(connect(server, 7))
            attack.done()
            attack.pause(5)

    def wrong_keys(attack):
        with connect(server, next(numbers)) as connection:
            for number in range(50):
                connection.sendall(f"GET {ALL} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer wrong-{number}\r\n\r\n".encode())
                read_answer(connection)
                attack.done()
        attack.pause(0.1)

    def locks(attack):
        """Another process holds the store's write lock for two seconds of three."""
        with contextlib.closing(sqlite3.connect(f"{server.store}/callstep.db", timeout=10, isolation_level=None)) as database:
            database.execute("begin immediate")
            attack.done()
            attack.pause(2)
            database.execute("rollback")
        attack.pause(1)

    def keys(attack):
        """Writes that wait for that lock."""
        body = b'{"label":"k","scopes":["read"]}'
        with contextlib.ExitStack() as held:
            connections = [held.enter_context(connect(server, next(numbers))) for _ in range(4)]
            for connection in connections:
                connection.sendall(post_head(hostile, "/v1/keys", len(body), "application/json") + body)
            for connection in connections:
                if answered(connection):
                    attack.done()

    def many_parameters(attack):
        with connect(server, next(numbers)) as connection:
            connection.sendall(request(hostile, "/v1/calls?" + "&".join(["a=1"] * 1900)))
            if answered(connection):
                attack.done()
        attack.pause(0.2)

    def deaf_tails(attack):
        """Follow all calls and never read."""
        with contextlib.ExitStack() as held:
            for _ in range(20):
                connection = held.enter_context(connect(server, next(numbers), receive=4096))
                connection.sendall(request(hostile, "/v1/tail?start=0"))
            attack.done()
            attack.pause(5)

    def searches(attack):
        with connect(server, next(numbers)) as connection:
            connection.sendall(request(hostile, "/v1/dropoff"))
            if answered(connection):
                attack.done()
        attack.pause(0.05)

    def posts(attack):
        """Good calls, which the tails are told of."""
        body = subprocess.run([BINARY, "generate", "--calls", "100", "--end", "now", "--days", "1", "--seed", str(time.monotonic_ns() % 10**9)],
                              capture_output=True, check=True).stdout
        with connect(server, next(numbers)) as connection:
            connection.sendall(post_head(hostile, "/v1/calls", len(body)) + body)
            if answered(connection):
                attack.done()
        attack.pause(0.5)

    def vanishing(attack):
        connection = connect(server, next(numbers))
        connection.sendall(request(hostile, ALL + "?limit=5000", "Accept: application/xml\r\n"))
        attack.pause(0.2)
        vanish(connection)
        attack.done()

    return [Attack(go) for go in (slow_readers_of_large_pages, large_pages_that_wait, bombs, open_bodies, idle_connections, wrong_keys, locks,
                                  keys, many_parameters, deaf_tails, searches, posts, vanishing)]


def lateness(over, taken):
    """How much later than asked for this machine lets a process go on, whatever it runs: what a client sees beside the server's own doing."""
    late = []
    while not over.is_set():
        begin = time.monotonic()
        time.sleep(0.005)
        late.append(time.monotonic() - begin - 0.005)
    taken.put(late)


def ask_at_pace(client, path, number, over, taken):
    """Seconds that each of 50 requests a second took, from the moment on when it was due: one that waits lets those behind it wait too."""
    asked, wrong = [], []
    due = time.monotonic()
    with connect(client.server, number) as connection:
        while not over.is_set():
            connection.sendall(request(client, path))
            status, _, _ = read_answer(connection)
            now = time.monotonic()
            while due <= now:
                asked.append(now - due)
                due += 0.02
            if status != 200:
                wrong.append(status)
            time.sleep(max(0, due - time.monotonic()))
    taken.put((asked, wrong))
