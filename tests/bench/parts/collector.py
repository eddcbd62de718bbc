# SPDX-License-Identifier: MIT
"""The collector beside an exchange: what it takes at 100 calls a second, what its spool takes while the server is away, and how fast it catches up."""
import gzip
import json
import os
import re
import signal
import socket
import struct
import threading
import time

import data
from measure import say, summary
from paths import ROOT, scratch
from process import Process, cpu_seconds, memory
from sides.callstep import Callstep

RECORDING = ROOT / "tests" / "fixtures" / "asterisk" / "ami-stream.bin.gz"
CALLS_S = 100
SECONDS, SECONDS_QUICK = 40.0, 6.0    # that calls come, the server being there
AWAY, AWAY_QUICK = 180.0, 120.0       # of which calls come while it is away then
AWAY_SPEED = 10                       # how much faster they come, at most
SEGMENT = 16 << 20
SETTLE_S = 2.0
PATIENCE_S = 180


# ---- the exchange ----

def field(block, name):
    found = re.search(rb"^" + name + rb": (\S+)\r", block, re.M | re.I)
    return found.group(1) if found else None


def recorded_calls():
    """Of each call of the recording that is whole: its blocks, and when each comes, from 0 on."""
    blocks = [block + b"\r\n\r\n" for block in gzip.open(RECORDING).read().split(b"\r\n\r\n") if block.startswith(b"Event:")]
    calls = {}
    for block in blocks:
        call, at = field(block, b"Linkedid"), field(block, b"Timestamp")
        if call and at:
            calls.setdefault(call, []).append((float(at), block))
    whole = [call for name, call in calls.items() if any(b"Event: Newchannel" in block and field(block, b"Uniqueid") == name for _, block in call)
             and any(b"Event: Hangup\r" in block and field(block, b"Uniqueid") == name for _, block in call)]
    return [[(at - call[0][0], re.split(rb"(?<=Timestamp: )\S+", block, maxsplit=1)) for at, block in call] for call in whole]


def planned(calls, seconds):
    """When which block of which copy comes: (due, copy, parts of the block), in order."""
    found = []
    for copy in range(int(seconds * CALLS_S)):
        found += [(copy / CALLS_S + at, copy, parts) for at, parts in calls[copy % len(calls)]]
    return sorted(found, key=lambda one: one[0])


def written(copy, parts):
    """The block with the time that it is, and ids that no other copy has."""
    block = b"%.6f".join(parts).replace(b"pbx-", b"pbx%d-" % copy)
    block = re.sub(rb"(?<=BridgeUniqueid: )[0-9a-f]{8}", b"%08x" % copy, block)
    return block.replace(b"%.6f", b"%.6f" % time.time(), 1)


class Exchange(threading.Thread):
    """Answers one collector, and sends it blocks when they are due."""

    def __init__(self):
        super().__init__(daemon=True)
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self.socket.getsockname()[1]
        self.client, self.ready = None, threading.Event()

    def run(self):
        self.client = self.socket.accept()[0]
        self.client.sendall(b"Asterisk Call Manager/13.0.0\r\n")
        pending = b""
        while chunk := self.client.recv(65536):
            pending += chunk
            while b"\r\n\r\n" in pending:
                action, pending = pending.split(b"\r\n\r\n", 1)
                self.answer(field(action + b"\r", b"Action"), b"ActionID: " + (field(action + b"\r", b"ActionID") or b""))

    def answer(self, action, identity):
        self.client.sendall(b"Response: Success\r\n" + identity + b"\r\nSystemName: pbx\r\nTimestamp: %.6f\r\n\r\n" % time.time())
        if action == b"Status":
            self.client.sendall(b"Event: StatusComplete\r\n" + identity + b"\r\nListItems: 0\r\n\r\n")
            self.ready.set()

    def play(self, blocks, until, speed=1):
        """Sends what is due before @until, seconds from now, @speed times as fast; returns how many calls began."""
        began, sent, batch = time.monotonic(), 0, []
        for due, copy, parts in blocks:
            if due >= until:
                break
            if due / speed > time.monotonic() - began:
                self.client.sendall(b"".join(batch))
                batch = []
                time.sleep(max(0, due / speed - (time.monotonic() - began)) + 0.005)
            batch.append(written(copy, parts))
            sent = max(sent, copy + 1)
        self.client.sendall(b"".join(batch))
        return sent


# ---- the collector ----

def start(setting, folder, side, exchange):
    for name, secret in (("key", side.kept_key), ("secret", "secret")):
        (folder / name).write_text(secret + "\n")
        (folder / name).chmod(0o600)
    command = [setting.binary, "collect", "asterisk", "--host", exchange.address, "--user", "bench", "--login", "plain", "--secret-file", folder / "secret",
               "--to", "http://" + side.address, "--key-file", folder / "key", "--spool", folder / "spool"]
    process = Process(command, folder / "collector.log")
    process.wait_until(exchange.ready.is_set)
    return process


def lines_of(segment):
    """How many bytes of lines a segment holds: the index of a packed one says it (src/collect/spool/packed.h)."""
    return struct.unpack("<Q", segment.read_bytes()[8:16])[0] if segment.suffix == ".zst" else segment.stat().st_size


def segments(folder):
    """Bytes of lines and bytes on the disk, of each segment."""
    return [(lines_of(part), part.stat().st_size) for part in sorted((folder / "spool").glob("[0-9]*.ndjson*")) if part.suffix in (".ndjson", ".zst")]


def spooled(folder):
    """Bytes of lines that the server has not answered for."""
    path = folder / "spool" / "state"
    state = json.loads(path.read_text()) if path.exists() else {"segment": 1, "offset": 0}
    found = 0
    for part in (folder / "spool").glob("[0-9]*.ndjson*"):
        number = int(part.name.split(".")[0])
        try:
            if number >= state["segment"] and part.suffix in (".ndjson", ".zst"):
                found += lines_of(part) - (state["offset"] if number == state["segment"] else 0)
        except FileNotFoundError:  # it was packed, or removed, in between
            pass
    return found


def taken_in_an_hour(lines, calls, found):
    """Bytes on the disk after an hour, when @calls made @lines: all is packed as in the segments that were @found, but the first and the last one."""
    packed = [(plain, disk) for plain, disk in found if disk != plain]
    share = sum(disk for _, disk in packed) / sum(plain for plain, _ in packed) if packed else 1
    hour = lines / calls * CALLS_S * 3600
    return 2 * SEGMENT + (hour - 2 * SEGMENT) * share


def catch_up(folder):
    """How long until all is sent."""
    began = time.monotonic()
    while spooled(folder) > 0 and time.monotonic() - began < PATIENCE_S:
        time.sleep(0.05)
    return time.monotonic() - began


def measure(setting, folder):
    seconds, away = (SECONDS_QUICK, AWAY_QUICK) if setting.quick else (SECONDS, AWAY)
    blocks = planned(recorded_calls(), seconds + away)
    kept = data.empty_store(setting.binary, folder / "store")
    exchange = Exchange()
    exchange.start()
    with Callstep(setting.binary, kept, "callstep with a collector") as side:
        side.kept_key = (kept / "key").read_text().strip()
        process = start(setting, folder, side, exchange)
        server = side.processes[-1].pid
        try:
            began, used = time.monotonic(), cpu_seconds([process.pid])
            at = next(place for place, (due, _, _) in enumerate(blocks) if due >= seconds)
            exchange.play(blocks[:at], seconds)
            took, used = time.monotonic() - began, cpu_seconds([process.pid]) - used
            held = memory([process.pid])["pss"]
            time.sleep(SETTLE_S)
            os.kill(server, signal.SIGSTOP)
            later = [(due - seconds, copy, parts) for due, copy, parts in blocks[at:]]
            before = spooled(folder)
            calls = exchange.play(later, away, AWAY_SPEED) - int(seconds * CALLS_S)
            time.sleep(SETTLE_S)
            hour = taken_in_an_hour(spooled(folder) - before, calls, segments(folder))
            held = max(held, memory([process.pid])["pss"])
            os.kill(server, signal.SIGCONT)
            caught = catch_up(folder)
        finally:
            os.kill(server, signal.SIGCONT)
            process.stop()
    log = (folder / "collector.log").read_text()
    sound = caught < PATIENCE_S and "exchange-lost" not in log and "line-given-up" not in log
    return {"calls_s": seconds * CALLS_S / took, "cores": used / took, "mb": held / 2**20, "mb_an_hour": hour / 2**20,
            "times_as_fast": calls / CALLS_S / caught, "sound": sound}


def run(setting):
    say("-- a collector at 100 calls/s, then with its server away")
    seen = []
    for _ in range(1 if setting.quick else setting.bench.rounds):
        with scratch("collector") as folder:
            seen.append(measure(setting, folder))
    row = {"what": f"collector at {CALLS_S} calls/s", "side": "callstep", "sound": all(one["sound"] for one in seen),
           **{name: summary([one[name] for one in seen]) for name in ("calls_s", "cores", "mb", "mb_an_hour", "times_as_fast")}}
    print(f"{row['what']:60} {row['calls_s']['median']:.0f} calls/s, {row['cores']['median']:.2f} cores, {row['mb']['median']:.0f} MB, "
          f"spool {row['mb_an_hour']['median']:.0f} MB an hour, caught up {row['times_as_fast']['median']:.1f} times as fast"
          f"{'' if row['sound'] else '   WRONG: does not count'}", flush=True)
    return {"rows": [row]}
