# SPDX-License-Identifier: MIT
"""What every side of a comparison has."""
from base64 import b64encode
from dataclasses import dataclass

import load
from paths import RUN


class Side:
    """A server in its own folder. Subclasses set `name` and `address` and start and stop their processes."""
    name = ""
    address = ""
    headers = {}     # sent with every request

    def __init__(self):
        self.folder = RUN / self.name.replace(" ", "-")
        self.processes = []

    def start(self):
        raise NotImplementedError

    def __enter__(self):
        self.folder.mkdir(parents=True, exist_ok=True)
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        while self.processes:
            self.processes.pop().stop()

    def pids(self):
        return [pid for process in self.processes for pid in process.tree()]

    def version(self):
        return ""

    def settings(self):
        """Lines that say how it was set up."""
        return []

    def path(self, question):
        return question.path()

    def can(self, question):
        return True

    def basic(self, user, password):
        return {"Authorization": "Basic " + b64encode(f"{user}:{password}".encode()).decode()}


@dataclass(frozen=True)
class Contestant:
    """A side, asked in one way: the same server with another compression level is another contestant."""
    name: str
    side: Side
    extra: str = ""                      # added to the query
    only: object = lambda question: True

    def can(self, question):
        return self.only(question) and self.side.can(question)

    def path(self, question):
        path = self.side.path(question)
        return path if not self.extra else path + ("&" if "?" in path else "?") + self.extra

    def request_headers(self, question):
        return {**self.side.headers, **question.headers()}

    def fetch(self, question):
        return load.fetch(self.side.address, self.path(question), self.request_headers(question))
