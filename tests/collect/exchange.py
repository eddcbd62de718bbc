# SPDX-License-Identifier: MIT
"""Plays a recorded stream of Asterisk's manager interface to whatever logs in, as the exchange did: what is sent while no client is there is
lost to it. Answers Challenge, Login, Ping, CoreSettings, CoreStatus and Status, the last from the stream itself.

usage: exchange.py SECRET-FILE     plays the calls of the recording again and again, as if they happened now; prints its port (scripts/demo)"""
import gzip
import hashlib
import re
import signal
import socket
import ssl
import sys
import threading
import time
from pathlib import Path

RECORDING = Path(__file__).resolve().parents[1] / "fixtures" / "asterisk" / "ami-stream.bin.gz"
BANNER = b"Asterisk Call Manager/13.0.0\r\n"


def recorded():
    """The events of the recording, a block each; what answered the recording client is left out."""
    blocks = gzip.open(RECORDING).read().split(b"\r\n", 1)[1].split(b"\r\n\r\n")
    return [block + b"\r\n\r\n" for block in blocks if block.startswith(b"Event:")]


def headers(block):
    fields = {}
    for line in block.decode("utf-8", "replace").split("\r\n"):
        name, colon, value = line.partition(":")
        if colon:
            fields.setdefault(name.lower(), value.strip())
    return fields


class Exchange:
    """@blocks: what it sends. @cuts: numbers of bytes after which it closes the connection once; @lost blocks pass by before the next client's
    first. @speed: blocks a second, 0 for as fast as they are taken. @chunk: bytes a write. @status: whether Status is allowed. @unlisted: the
    numbers of log-ins of which the connection breaks before the list of channels is complete."""

    def __init__(self, blocks=None, *, cuts=(), lost=0, speed=0, chunk=0, secret="secret", status=True, tls=None, system="pbx", startup="08:00:00",
                 unlisted=()):
        self.blocks = recorded() if blocks is None else blocks
        self.cuts, self.lost, self.speed, self.chunk = sorted(cuts), lost, speed, chunk
        self.secret, self.status, self.tls, self.system, self.startup = secret, status, tls, system, startup
        self.unlisted = unlisted
        self.at = 0  # the block that comes next
        self.sent = 0  # bytes, over all connections
        self.logins, self.actions, self.gone = 0, [], False
        self.done = threading.Event()  # all blocks were sent
        self.paused = threading.Event()
        self.paused.set()
        self.client = None
        self.breaks = []  # of each cut: the calls that were up before it, and those that were up at the next log-in
        self.fields = None
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def close(self):
        self.gone = True
        self.paused.set()
        for each in (self.socket, self.client):
            if each:
                try:
                    each.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass
                each.close()

    def accept(self):
        while not self.gone:
            try:
                client = self.socket.accept()[0]
            except OSError:
                return
            try:
                self.client = self.tls.wrap_socket(client, server_side=True) if self.tls else client
                self.serve(self.client)
            except (OSError, ssl.SSLError):
                pass
            finally:
                client.close()

    # what is up

    def up(self):
        """The channels that are up before the block that comes next: those that began, and those that were up before the recording."""
        if self.fields is None or len(self.fields) != len(self.blocks):
            self.fields = list(map(headers, self.blocks))
        begun = {fields["uniqueid"] for fields in self.fields if fields.get("event") == "Newchannel"}
        channels = {}
        for fields in self.fields:
            if {"uniqueid", "linkedid", "channelstate", "context", "exten"} <= fields.keys() and fields["uniqueid"] not in begun:
                channels.setdefault(fields["uniqueid"], fields)
        for fields in self.fields[:self.at]:
            event, unique = fields.get("event"), fields.get("uniqueid")
            if event == "Newchannel":
                channels[unique] = fields
            elif event == "Hangup":
                channels.pop(unique, None)
            elif unique in channels:
                channels[unique] = {**channels[unique], **{k: v for k, v in fields.items() if k in ("context", "exten", "channelstate", "application")}}
        return channels

    def clock(self):
        """The time of the event that comes next; of now where there is none."""
        return next((fields["timestamp"] for fields in map(headers, self.blocks[self.at:self.at + 5]) if "timestamp" in fields), f"{time.time():.6f}")

    # what it answers

    def serve(self, client):
        self.send(client, BANNER)
        pending, challenge, logged_in = b"", "184731", False
        while True:
            data = client.recv(65536)
            if not data:
                return
            pending += data
            while b"\r\n\r\n" in pending:
                text, pending = pending.split(b"\r\n\r\n", 1)
                fields = headers(text)
                action = fields.get("action", "").lower()
                self.actions.append(fields)
                identity = f"ActionID: {fields['actionid']}\r\n" if "actionid" in fields else ""
                if action == "challenge":
                    self.answer(client, f"Response: Success\r\n{identity}Challenge: {challenge}")
                elif action == "login":
                    proof = hashlib.md5((challenge + self.secret).encode()).hexdigest() if fields.get("authtype") == "MD5" else self.secret
                    if proof != fields.get("key", fields.get("secret")):
                        self.answer(client, f"Response: Error\r\n{identity}Message: Authentication failed")
                        return
                    logged_in = True
                    self.logins += 1
                    self.answer(client, f"Response: Success\r\n{identity}Message: Authentication accepted")
                elif not logged_in:
                    self.answer(client, f"Response: Error\r\n{identity}Message: Permission denied")
                elif action == "coresettings":
                    self.answer(client, f"Response: Success\r\n{identity}AMIversion: 13.0.0\r\nSystemName: {self.system}")
                elif action == "corestatus":
                    self.answer(client, f"Response: Success\r\n{identity}CoreStartupDate: 2026-11-23\r\nCoreStartupTime: {self.startup}")
                elif action == "status":
                    self.answer_status(client, identity)
                    threading.Thread(target=self.play, args=(client,), daemon=True).start()
                else:
                    self.answer(client, f"Response: Success\r\n{identity}Ping: Pong\r\nTimestamp: {self.clock()}")

    def answer_status(self, client, identity):
        if not self.status:
            self.answer(client, f"Response: Error\r\n{identity}Message: Permission denied")
            return
        self.answer(client, f"Response: Success\r\n{identity}EventList: start\r\nMessage: Channel status will follow")
        if self.logins in self.unlisted:
            client.shutdown(socket.SHUT_RDWR)
            return
        channels = self.up()
        if self.breaks and len(self.breaks[-1]) == 1:
            self.breaks[-1].append({fields["linkedid"] for fields in channels.values()})
        for fields in channels.values():
            self.answer(client, "\r\n".join(["Event: Status", "Privilege: Call", f"Channel: {fields['channel']}", f"ChannelState: {fields['channelstate']}",
                                              f"CallerIDNum: {fields['calleridnum']}", f"CallerIDName: {fields['calleridname']}",
                                              f"Context: {fields['context']}", f"Exten: {fields['exten']}", f"Uniqueid: {fields['uniqueid']}",
                                              f"Linkedid: {fields['linkedid']}", "Seconds: 5", identity.strip() or "X: y"]))
        self.answer(client, f"Event: StatusComplete\r\n{identity}EventList: Complete\r\nListItems: {len(channels)}")

    def answer(self, client, text):
        self.send(client, text.encode() + b"\r\n\r\n")

    def send(self, client, data):
        with self.lock:
            client.sendall(data)

    lock = threading.RLock()

    # what it plays

    def play(self, client):
        try:
            while (self.at < len(self.blocks) or self.begin_again()) and not self.gone:
                self.paused.wait()
                block = self.blocks[self.at]
                self.wait_for(block)
                if client is not self.client:
                    return
                cut = self.cuts[0] - self.sent if self.cuts else None
                if cut is not None and cut <= len(block):
                    self.cuts.pop(0)
                    self.breaks.append([{fields["linkedid"] for fields in self.up().values()}])
                    self.send(client, block[:max(0, cut)])
                    self.sent += len(block)
                    self.at += 1
                    for _ in range(min(self.lost, len(self.blocks) - self.at)):
                        self.sent += len(self.blocks[self.at])
                        self.at += 1
                    client.shutdown(socket.SHUT_RDWR)
                    return
                step = self.chunk or len(block)
                for i in range(0, len(block), step):
                    self.send(client, block[i:i + step])
                self.sent += len(block)
                self.at += 1
                if self.speed:
                    time.sleep(1 / self.speed)
            self.done.set()
        except OSError:
            pass

    def begin_again(self):
        """Whether there are blocks again where all were sent."""
        return False

    def wait_for(self, block):
        """Until @block is to be sent."""


# ---- again and again ----

PAUSE_S = 3  # between two rounds
NAME = b"recording"  # of the exchange in its rounds: each of its sessions says what it is


def time_of(block):
    found = re.search(rb"^Timestamp: ([\d.]+)", block, re.M)
    return float(found[1]) if found else None


def hang_up(block, at):
    """The end at @at of the channel that @block, a Newchannel, began."""
    block = re.sub(rb"^Event: Newchannel", b"Event: Hangup", block)
    block = re.sub(rb"^Timestamp: [\d.]+", b"Timestamp: %f" % at, block, flags=re.M)
    return block.removesuffix(b"\r\n\r\n") + b"\r\nCause: 16\r\nCause-txt: Normal Clearing\r\n\r\n"


def whole_calls(blocks):
    """@blocks without calls that were up before them; what is still up behind them hangs up."""
    begun = {headers(block)["uniqueid"].encode(): block for block in blocks if block.startswith(b"Event: Newchannel\r\n")}
    ids = re.compile(rb"\bpbx-\d{10}\.\d+")
    kept = [block for block in blocks if time_of(block) and begun.keys() >= set(ids.findall(block))]
    over = {headers(block)["uniqueid"].encode() for block in kept if block.startswith(b"Event: Hangup\r\n")}
    end = time_of(kept[-1]) + PAUSE_S
    return kept + [hang_up(block, end) for unique, block in begun.items() if unique not in over]


def moved(blocks, seconds):
    """@blocks as if they had happened so many whole seconds later: other times, and so other ids."""
    def move(block):
        block = re.sub(rb"\bpbx-(\d{10})(?=\.\d)", lambda found: b"%s-%d" % (NAME, int(found[1]) + seconds), block)
        block = re.sub(rb"^(Timestamp: )(\d+)", lambda found: b"%s%d" % (found[1], int(found[2]) + seconds), block, flags=re.M)
        return block.replace(b"\r\nSystemName: pbx\r\n", b"\r\nSystemName: %s\r\n" % NAME)
    return list(map(move, blocks))


class Rounds(Exchange):
    """The recording's calls as if they happened now, at their real pace (or @times as fast), round after round; no two rounds share an id."""

    def __init__(self, *, times=1, **more):
        self.calls = whole_calls(recorded())
        self.times = times
        self.seconds = 0  # by how many the round is moved
        super().__init__(self.next_round(), system=NAME.decode(), **more)

    def next_round(self):
        first = int(time_of(self.calls[0]))
        self.seconds = max(int(time.time()) + 1 - first, self.seconds + 1)
        self.begin = time.time() + 1
        return moved(self.calls, self.seconds)

    def begin_again(self):
        time.sleep(PAUSE_S / self.times)
        self.blocks, self.at, self.fields = self.next_round(), 0, None
        return True

    def due(self, block):
        return self.begin + (time_of(block) - time_of(self.blocks[0])) / self.times

    def wait_for(self, block):
        time.sleep(max(0, self.due(block) - time.time()))

    def answer_status(self, client, identity):
        while self.at < len(self.blocks) and self.due(self.blocks[self.at]) < time.time():
            self.at += 1  # it happened while no client was there
        super().answer_status(client, identity)

    def clock(self):
        return f"{time.time():.6f}"


def main():
    exchange = Rounds(secret=Path(sys.argv[1]).read_text().strip())
    print(exchange.port, flush=True)
    signal.pause()


if __name__ == "__main__":
    main()
