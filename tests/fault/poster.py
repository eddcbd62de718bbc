# SPDX-License-Identifier: MIT
"""Posts calls without end and remembers what was acknowledged: what a store must still have after any crash."""
import http.client
import json
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
    """Owns sessions of its own; about a third of what it posts replaces earlier ones."""

    def __init__(self, name, address, authorization, start, seed):
        super().__init__(daemon=True)
        self.prefix = name
        self.address, self.authorization, self.start_time = address, authorization, start
        self.random = random.Random(seed)
        self.sent = {}   # session: newest version that was sent
        self.acked = {}  # session: newest version that was acknowledged
        self.batches = 0

    def batch(self):
        versions = {}
        for _ in range(self.random.choice([1, 1, 3, 20, 100])):
            known = self.sent and self.random.random() < 0.33
            session = self.random.choice(list(self.sent)) if known else f"{self.prefix}-{len(self.sent)}"
            versions[session] = self.sent[session] = self.sent.get(session, 0) + 1
        return versions

    def post(self, connection, versions):
        calls = [make_call(session, version, self.random, self.start_time + version * 61)
                 for session, version in versions.items()]
        connection.request("POST", "/v1/calls", json.dumps({"calls": calls}),
                           {"Authorization": self.authorization, "Content-Type": "application/json"})
        answer = connection.getresponse()
        body = json.loads(answer.read())
        assert answer.status == 200 and body["accepted"] == len(versions), body
        self.acked.update(versions)
        self.batches += 1

    def run(self):
        host, port = self.address.rsplit(":", 1)
        connection = http.client.HTTPConnection(host, int(port), timeout=30)
        try:
            while True:
                self.post(connection, self.batch())
        except (OSError, http.client.HTTPException, ValueError):
            pass  # the server was killed: what was under way is neither acknowledged nor refused
        finally:
            connection.close()
