# SPDX-License-Identifier: MIT
"""Tells of live calls without end, as collectors and webhooks do, and remembers what was acknowledged. What was not is sent again as it was: it
must not stand twice."""
import collections
import http.client
import json
import random
import threading

from conftest import step
from trouble import read_all


class Told:
    """One call: how many of its steps were sent, and how many were acknowledged."""

    def __init__(self, session, start):
        self.session, self.start = session, start
        self.sent = self.acked = 0
        self.over = self.over_acked = False

    def line(self, number):
        return f"{self.session} step{number}"

    def more(self, count, owned, over):
        """An events line with @count further steps, some of them in one second."""
        numbers = range(self.sent, self.sent + count)
        steps = [step(self.line(n), self.start + n // 3, module="menu", variable=f"v{n % 7}", event_id=f"{self.session}-{n}") for n in numbers]
        line = {"session_id": self.session, "call": {"dest": "6175550100", "start": self.start, **({"state": "ended"} if over else {})},
                "steps": steps, **({"from": self.sent} if owned else {})}
        self.sent += count
        self.over = over
        return line


class Amender:
    """Has its own sessions. @owned: it says where steps stand, as who owns a log does; otherwise ids of steps tell them apart."""

    def __init__(self, name, key, start, seed, owned):
        self.prefix, self.authorization, self.start_time, self.owned = name, "Bearer " + key, start, owned
        self.random = random.Random(seed)
        self.told, self.open = {}, []
        self.batch = None    # that is not acknowledged yet
        self.acknowledged = 0  # batches
        self.repeated = 0    # batches that were sent again
        self.failures = collections.Counter()  # by status
        self.wrong = None    # an answer that no server may give
        self.stopping = threading.Event()
        self.thread = None

    def pick(self):
        """A call that no line of the batch is about yet; a new one at times."""
        if not self.open or self.random.random() < 0.2:
            session = f"{self.prefix}-{len(self.told)}"
            self.told[session] = Told(session, self.start_time + len(self.told))
            return self.told[session]
        return self.open.pop(self.random.randrange(len(self.open)))

    def make(self):
        calls = [self.pick() for _ in range(self.random.choice((1, 1, 3, 20)))]
        lines = [call.more(self.random.randrange(1, 6), self.owned, self.random.random() < 0.1) for call in calls]
        self.open += [call for call in calls if not call.over]
        return [(call, call.sent, call.over) for call in calls], "".join(json.dumps(line) + "\n" for line in lines).encode()

    def post(self, address):
        """Whether the batch was acknowledged."""
        host, port = address.rsplit(":", 1)
        connection = http.client.HTTPConnection(host, int(port), timeout=60)
        try:
            connection.request("POST", "/v1/events", self.batch[1], {"Authorization": self.authorization, "Content-Type": "application/x-ndjson"})
            answer = connection.getresponse()
            body = json.loads(answer.read())
        except (OSError, http.client.HTTPException, ValueError):
            return False  # the server is gone
        finally:
            connection.close()
        if answer.status == 200 and body["accepted"] == len(self.batch[0]):
            return True
        self.failures[answer.status] += 1
        if answer.status not in (429, 500, 503, 507):
            self.wrong = (answer.status, body)
        return False

    def run(self, addresses):
        while not self.stopping.is_set() and not self.wrong:
            if self.batch:
                self.repeated += 1
            else:
                self.batch = self.make()
            if self.post(self.random.choice(addresses())):
                for call, sent, over in self.batch[0]:
                    call.acked, call.over_acked = sent, over
                self.batch = None
                self.acknowledged += 1
            elif self.stopping.wait(0.02):
                return

    def begin(self, addresses):
        """Goes on where it was; @addresses gives those of the servers that there are."""
        self.stopping.clear()
        self.thread = threading.Thread(target=self.run, args=[addresses], daemon=True)
        self.thread.start()

    def stop(self):
        self.stopping.set()
        self.thread.join(90)
        assert not self.thread.is_alive(), "an amender hangs"
        assert self.wrong is None, self.wrong


def lives_of(client):
    """The sessions that go on, by the table of live calls."""
    sessions, cursor = set(), None
    while True:
        page = client.get("/v1/calls?state=live&limit=10000&start=0" + (f"&cursor={cursor}" if cursor else "")).json
        sessions |= {call["session_id"] for call in page["calls"]}
        cursor = page["next"]
        if not cursor:
            return sessions


def check(client, amenders):
    """Of each call there are the steps that were acknowledged, or a batch more, each once and in order; it goes on or is over as it was said."""
    calls, live = read_all(client), lives_of(client)
    told = {session: one for amender in amenders for session, one in amender.told.items()}
    assert calls.keys() <= told.keys()
    for session, one in told.items():
        held = [entry["event"]["line"] for entry in calls[session]["detail"]] if session in calls else []
        assert held == [one.line(n) for n in range(len(held))], (session, held)
        assert one.acked <= len(held) <= one.sent, (session, one.acked, len(held), one.sent)
        assert session not in live or not one.over_acked, f"{session} ended and goes on"
        assert session in live or one.over or not held, f"{session} goes on and has ended"
    return sum(one.acked for one in told.values())
