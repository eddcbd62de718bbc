# SPDX-License-Identifier: MIT
"""Posts calls without end and remembers what was acknowledged: what a store must still have whatever happens."""
import collections
import http.client
import json
import random
import threading

from conftest import call, step

LINES = ["Welcome to the sample application", "User input: 6 (dtmf)", "Please say a city", "Disconnecting call"]


def make_call(session, version, random_, start):
    """A call that tells its version in every place that a crash could tear from the others."""
    steps = [step(f"{random_.choice(LINES)} version{version}", start + i, module="menu", variable=f"v{version % 7}")
             for i in range(version % 5 + 1)]
    return call(session, start=start, end=start + version, dest=f"617{version % 9:07}", src=f"617555{version:04}", detail=steps)


class Poster(threading.Thread):
    """Has its own sessions; about a third of what it posts replaces earlier ones. Ends when it is stopped, when the server is gone, at
    the first answer that says that the server cannot (`until_failure`), or after so many batches."""

    def __init__(self, name, address, authorization, start, seed, until_failure=False, sizes=(1, 1, 3, 20, 100), batches_max=None):
        super().__init__(daemon=True)
        self.prefix = name
        self.address, self.authorization, self.start_time = address, authorization, start
        self.random = random.Random(seed)
        self.until_failure, self.sizes, self.batches_max = until_failure, sizes, batches_max
        self.sent = {}       # session: newest version that was sent
        self.acked = {}      # session: newest version that was acknowledged
        self.batches = []    # what was acknowledged, in order: {session: version}
        self.bodies = {}     # (session, version): the call as it was sent
        self.failures = collections.Counter()  # by status
        self.last_failure = None
        self.wrong = None    # an answer that no server may give
        self.stopping = threading.Event()

    @property
    def acknowledged(self):
        return len(self.batches)

    def stop(self):
        self.stopping.set()
        self.join(60)
        assert not self.is_alive(), "a poster hangs"
        assert self.wrong is None, self.wrong

    def batch(self):
        versions = {}
        for _ in range(self.random.choice(self.sizes)):
            known = self.sent and self.random.random() < 0.33
            session = self.random.choice(list(self.sent)) if known else f"{self.prefix}-{len(self.sent)}"
            versions[session] = self.sent[session] = self.sent.get(session, 0) + 1
        return versions

    def post(self, connection, versions):
        """Notes what was acknowledged: all of it, or of a failure the beginning that it tells of."""
        calls = []
        for session, version in versions.items():
            made = make_call(session, version, self.random, self.start_time + version * 61)
            self.bodies[session, version] = made
            calls.append(made)
        connection.request("POST", "/v1/calls", json.dumps({"calls": calls}),
                           {"Authorization": self.authorization, "Content-Type": "application/json"})
        answer = connection.getresponse()
        self.note(answer.status, json.loads(answer.read()), versions)

    def note(self, status, body, versions):
        accepted = dict(list(versions.items())[:body.get("accepted", 0)])
        if body.get("rejected") or status not in (200, 429, 500, 503, 507) or (status == 200 and accepted != versions):
            self.wrong = (status, body)
            return
        self.acked.update(accepted)
        if accepted:
            self.batches.append(accepted)
        if status != 200:
            self.failures[status] += 1
            self.last_failure = body

    def is_done(self):
        return self.stopping.is_set() or self.wrong or (self.until_failure and self.last_failure) or len(self.batches) == self.batches_max

    def run(self):
        host, port = self.address.rsplit(":", 1)
        connection = http.client.HTTPConnection(host, int(port), timeout=30)
        try:
            while not self.is_done():
                self.post(connection, self.batch())
        except (OSError, http.client.HTTPException, ValueError):
            pass  # the server is gone: what was under way is neither acknowledged nor refused
        finally:
            connection.close()
