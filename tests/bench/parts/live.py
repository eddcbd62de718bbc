# SPDX-License-Identifier: MIT
"""Live calls: how many steps a second come in, in groups as collectors send them, and how soon each step of a thousand calls stands on a tail."""
import http.client
import json
import random
import threading
import time

import data
from load import fetch, is_sound
from measure import say, summary
from paths import scratch
from sides.callstep import Callstep

CALL_STEPS = 26               # as many as a call has on average
CALLS = 1_000                 # that are live at once
GROUP = 100                   # calls that a collector tells of in one request
COLLECTORS = (1, 4)           # each has one request under way, as a collector has

TAIL_CALLS = 1_000
TAIL_EVERY_S = 2.0            # a call makes a step so often
TAIL_SECONDS, TAIL_SECONDS_QUICK = 20.0, 3.0
PATIENCE_S = 30


def step(session, number, at, **more):
    return {"event": {"line": f"Prompt {number} of the menu was played to the caller", "data": {
        "module_type": "Playback", "result_variable": f"menu{number % 9}", "channel": f"PJSIP/trunk-{session}", **more}},
        "class": "prompt", "timestamp": int(at)}


# ---- how many come in ----

def rounds_of(calls, at):
    """The lines of a collector: each call is told of again and again, by one step or two."""
    number = 0
    while number < CALL_STEPS:
        count = min(1 + number % 2, CALL_STEPS - number)
        for session in calls:
            yield {"session_id": session, "from": number, "steps": [step(session, n, at + n) for n in range(number, number + count)],
                   **({"call": {"dest": "6175550100", "src": "6175550199", "start": int(at)}} if number == 0 else {})}
        number += count


def write_bodies(path, calls, at):
    """Returns how many lines there are."""
    lines = [json.dumps(line, separators=(",", ":")).encode() + b"\n" for line in rounds_of(calls, at)]
    with open(path, "wb") as out:
        for first in range(0, len(lines), GROUP):
            body = b"".join(lines[first:first + GROUP])
            out.write(b"%d\n" % len(body) + body)
    return len(lines)


def held_steps(side):
    """By how many steps each call has."""
    answer = json.loads(fetch(side.address, "/v1/calls?limit=10000&start=0", side.headers).body)
    return [call["steps"] for call in answer["calls"]]


def take_in(setting, folder, collectors):
    """Fills an empty store. Returns how many steps a second came in, the slowest request, and whether all is there."""
    kept = data.empty_store(setting.binary, folder / "store")
    at = time.time() - 600
    paths, lines = [], 0
    for number in range(collectors):
        paths.append(folder / f"bodies-{number}")
        lines += write_bodies(paths[-1], [f"c{number}-{i}" for i in range(CALLS // collectors)], at)
    with Callstep(setting.binary, kept, "callstep with live calls") as side:
        headers = {**side.headers, "Content-Type": "application/x-ndjson"}
        began = time.monotonic()
        started = [setting.bench.client.start(side.address, ["/v1/events - -"], headers, 1, "-d", 0, "-b", path, "-m", "accepted") for path in paths]
        results = [setting.bench.client.finish(one) for one in started]
        took = time.monotonic() - began
        sound = all(map(is_sound, results)) and sum(one["sum"] for one in results) == lines and held_steps(side) == [CALL_STEPS] * CALLS
    return CALLS * CALL_STEPS / took, max(one["p99_ms"] for one in results), sound


def steps_in(setting, folder):
    rows = []
    for collectors in COLLECTORS:
        seen = [take_in(setting, folder, collectors) for _ in range(setting.bench.rounds)]
        rows.append({
            "what": f"steps of {CALLS:,} live calls, {GROUP} calls a group, {collectors} collector{'s' if collectors > 1 else ''}", "side": "callstep",
            "collectors": collectors, "sound": all(sound for _, _, sound in seen), "rate": summary([rate for rate, _, _ in seen]),
            "p99_ms": summary([p99 for _, p99, _ in seen])})
        show(rows[-1])
    return rows


# ---- how soon they are seen ----

class Follower(threading.Thread):
    """Reads a tail, and notes when each step came."""

    def __init__(self, side):
        super().__init__(daemon=True)
        host, port = side.address.rsplit(":", 1)
        self.connection = http.client.HTTPConnection(host, int(port), timeout=PATIENCE_S)
        self.connection.request("GET", "/v1/tail", headers=side.headers)
        self.answer = self.connection.getresponse()
        self.came = {}
        self.changed = threading.Condition()

    def run(self):
        name = b""
        try:
            for line in self.answer:
                if line.startswith(b"event:"):
                    name = line[6:].strip()
                elif line.startswith(b"data:") and name == b"step":
                    self.note(json.loads(line[5:]), time.monotonic())
        except OSError:
            pass

    def note(self, told, now):
        with self.changed:
            for place, _ in enumerate(told["steps"], told["first"]):
                self.came.setdefault((told["session_id"], place), now)
            self.changed.notify()

    def wait(self, count):
        with self.changed:
            self.changed.wait_for(lambda: len(self.came) >= count, PATIENCE_S)


def events(seconds, random_):
    """When which call makes a step: (due, session), in order, from 0 on."""
    found = []
    for call in range(TAIL_CALLS):
        at = random_.uniform(0, TAIL_EVERY_S)
        while at < seconds:
            found.append((at, f"t{call}"))
            at += random_.uniform(0.5, 1.5) * TAIL_EVERY_S
    return sorted(found)


class Sender:
    """A collector: what is due goes out at once, one request under way at a time."""

    def __init__(self, side):
        host, port = side.address.rsplit(":", 1)
        self.connection = http.client.HTTPConnection(host, int(port), timeout=PATIENCE_S)
        self.headers = {**side.headers, "Content-Type": "application/x-ndjson"}
        self.sent = {}

    def post(self, sessions):
        lines = []
        for session in sessions:
            number = self.sent.get(session, 0)
            self.sent[session] = number + 1
            lines.append(json.dumps({"session_id": session, "from": number, "steps": [step(session, number, time.time())]}))
        self.connection.request("POST", "/v1/events", "".join(line + "\n" for line in lines).encode(), self.headers)
        answer = self.connection.getresponse()
        if json.loads(answer.read()).get("accepted") != len(lines):
            raise RuntimeError(f"steps were not taken: {answer.status}")

    def play(self, planned, began):
        """Returns when each step was due, by call and place."""
        due, at = {}, 0
        while at < len(planned):
            now = time.monotonic() - began
            group = []
            while at < len(planned) and planned[at][0] <= now:
                when, session = planned[at]
                if session in group:
                    break
                due[session, self.sent.get(session, 0)] = began + when
                group.append(session)
                at += 1
            if group:
                self.post(group)
            else:
                time.sleep(planned[at][0] - now)
        return due


def follow(setting, folder, number):
    kept = data.empty_store(setting.binary, folder / "store")
    seconds = TAIL_SECONDS_QUICK if setting.quick else TAIL_SECONDS
    planned = events(seconds, random.Random(number))
    with Callstep(setting.binary, kept, "callstep with a tail") as side:
        follower = Follower(side)
        follower.start()
        due = Sender(side).play(planned, time.monotonic())
        follower.wait(len(due))
    late = sorted(follower.came.get(one, float("inf")) - when for one, when in due.items())
    return late, len(due) == len(planned) == len(follower.came)


def on_tail(setting, folder):
    seen = [follow(setting, folder, number) for number in range(1 if setting.quick else setting.bench.rounds)]
    at = lambda share: summary([1000 * late[min(len(late) - 1, int(share * len(late)))] for late, _ in seen])
    rate = TAIL_CALLS / TAIL_EVERY_S
    row = {"what": f"{TAIL_CALLS:,} live calls, {rate:.0f} steps/s, each on a tail", "side": "callstep", "tail": True,
           "sound": all(sound for _, sound in seen), "rate": summary([rate]), "p50_ms": at(0.5), "p99_ms": at(0.99), "most_ms": at(1)}
    show(row)
    return [row]


def show(row):
    mark = "" if row["sound"] else "   WRONG: does not count"
    seen = f" p50 {row['p50_ms']['median']:.1f} ms, most {row['most_ms']['median']:.1f} ms" if "p50_ms" in row else ""
    print(f"{row['what']:60} {row['rate']['median']:10.0f} steps/s  {row['rate']['min']:8.0f} – {row['rate']['max']:<8.0f}"
          f" p99 {row['p99_ms']['median']:.1f} ms{seen}{mark}", flush=True)


def run(setting):
    with scratch("live") as folder:
        say("-- steps of live calls, in groups")
        rows = steps_in(setting, folder)
        say("-- each step on a tail")
        rows += on_tail(setting, folder)
    return {"rows": rows}
