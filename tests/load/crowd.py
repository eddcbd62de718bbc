# SPDX-License-Identifier: MIT
"""Many connections at once from one process, by select; and what the server's process holds meanwhile."""
import os
import resource
import selectors
import socket
import struct
import time


READERS = 24  # descriptors


def address_of(server):
    host, port = server.address.rsplit(":", 1)
    return host, int(port)


def connect(server, number=0, receive=None):
    """A connection, by number from one of many loopback addresses: one alone has too few ports to leave."""
    connection = socket.socket()
    if receive:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive)
    connection.bind((f"127.0.{number // 250 % 250}.{number % 250 + 2}", 0))
    connection.settimeout(60)
    connection.connect(address_of(server))
    return connection


def hold(connection, client):
    """Makes a request of which the body is to come: the connection is not idle."""
    head = request(client, "/v1/calls", "Content-Type: application/json\r\nContent-Length: 100\r\nExpect: 100-continue\r\n")
    connection.sendall(head.replace(b"GET ", b"POST ", 1))
    got = b""
    while not got.endswith(b"\r\n\r\n"):
        piece = connection.recv(1000)
        assert piece, got
        got += piece
    return int(got.split()[1])


def vanish(connection):
    """Ends a connection as a machine does that loses its power: by a reset, whatever is under way."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def read_answer(connection):
    """One answer with Content-Length: (status, headers, body)."""
    got = b""
    while b"\r\n\r\n" not in got:
        piece = connection.recv(65536)
        if not piece:
            raise ConnectionError("closed before the answer")
        got += piece
    head, body = got.split(b"\r\n\r\n", 1)
    lines = head.decode().split("\r\n")
    headers = {name.lower(): value.strip() for name, value in (line.split(":", 1) for line in lines[1:])}
    while len(body) < int(headers["content-length"]):
        piece = connection.recv(1 << 20)
        if not piece:
            raise ConnectionError("closed within the answer")
        body += piece
    return int(lines[0].split()[1]), headers, body


def request(client, path, extra=""):
    return f"GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: {client.basic()}\r\n{extra}\r\n".encode()


def read_to_end(connections):
    """Reads all connections at once until each is closed by the other side; returns by connection how many bytes came, or -1 for a reset."""
    sizes = dict.fromkeys(connections, 0)
    room = bytearray(1 << 20)
    with selectors.DefaultSelector() as selector:
        for connection in connections:
            connection.setblocking(False)
            selector.register(connection, selectors.EVENT_READ)
        while selector.get_map():
            ready = selector.select(60)
            assert ready, f"{len(selector.get_map())} connections neither go on nor end"
            for key, _ in ready:
                connection = key.fileobj
                try:
                    size = connection.recv_into(room)
                except ConnectionError:
                    size, sizes[connection] = 0, -1
                if size == 0:
                    selector.unregister(connection)
                elif sizes[connection] >= 0:
                    sizes[connection] += size
    return sizes


def dribble(connections, give, every_s=0.2, until_s=60, over=lambda: False):
    """Calls @give on each open connection, again and again, one small thing at a time, until the server has closed them all: a client that
    is slow on purpose. Or until @over() says so: who reads byte by byte sees the end behind what lies in its own buffer only. Returns how many
    were open in the end."""
    still = set(connections)
    end = time.monotonic() + until_s
    while still and time.monotonic() < end:
        if over():
            return 0
        for connection in list(still):
            try:
                if give(connection) is False:
                    raise ConnectionError
            except (ConnectionError, BrokenPipeError):
                still.discard(connection)
        # Its own pace is what makes such a client; nothing is waited for here.
        time.sleep(every_s)
    return len(still)


class Process:
    """What a server's process holds."""

    def __init__(self, server):
        self.pid = server.process.pid

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def watched(self):
        """How many descriptors each of its threads that wait for several waits for."""
        counts = []
        for descriptor in os.listdir(f"/proc/{self.pid}/fdinfo"):
            try:
                with open(f"/proc/{self.pid}/fdinfo/{descriptor}") as file:
                    counts.append(sum(line.startswith("tfd:") for line in file))
            except FileNotFoundError:
                continue
        return [count for count in counts if count > 0]

    def resident(self):
        """Bytes."""
        with open(f"/proc/{self.pid}/statm") as file:
            return int(file.read().split()[1]) * resource.getpagesize()

    def own(self):
        """Resident bytes that are not pages of files, which the kernel may take back without asking: what the process has allocated."""
        with open(f"/proc/{self.pid}/status") as file:
            return next(int(line.split()[1]) * 1024 for line in file if line.startswith("RssAnon:"))

    def gives_back(self, count, seconds=60):
        """Waits until no more than @count are open, beside those of the store's readers, of which there come to be a few for each thread."""
        end = time.monotonic() + seconds
        while self.descriptors() > count + READERS and time.monotonic() < end:
            time.sleep(0.05)
        return self.descriptors() <= count + READERS
