# SPDX-License-Identifier: MIT
"""What a run is made of: the binary, the calls, the sides that are up, and how to measure."""
from contextlib import ExitStack

import data
from load import Load
from measure import Bench, say
from paths import scratch
from question import JSON
from sides import postgres
from sides.callstep import Callstep
from sides.nginx import Nginx
from sides.node import Node
from sides.php import Php
from sides.side import Contestant
from verify import Verifier

SEED = 1
CALLS = 200_000


def is_json_gzip(question):
    return question.coding == "gzip" and question.accept == JSON


def counts(question):
    """Whether leaving the total away would change much: it is the same few rows for every limit."""
    return question.kind == "all_logs" and question.limit <= 10 and question.accept == JSON


def peers(php, node):
    """PHP and Node with zlib's level 1, and beside it with 6, and without the total."""
    found = []
    for side in (php, node):
        found += [
            Contestant(side.name, side),
            Contestant(f"{side.name}, zlib 6", side, "gzip_level=6", is_json_gzip),
            Contestant(f"{side.name}, no total", side, "total=no", counts),
        ]
    return found


class Setting:
    """Makes what a part asks for when it first asks, and stops it all at the end."""

    def __init__(self, options):
        self.options = options
        self.binary = options.callstep
        self.quick = options.quick
        self.serve_options = []
        self.calls = options.calls
        self.stack = ExitStack()
        self.made = {}

    def __enter__(self):
        return self

    def __exit__(self, *details):
        self.stack.close()

    def once(self, name, make):
        if name not in self.made:
            self.made[name] = make()
        return self.made[name]

    def up(self, name, make):
        """A side, started at its first use."""
        return self.once(name, lambda: self.stack.enter_context(make()))

    @property
    def lines(self):
        def make():
            say(f"-- making {self.calls:,} calls, seed {SEED}")
            return data.Lines(data.lines(self.binary, self.calls, SEED))
        return self.once("lines", make)

    def store(self, calls, binary=None):
        say(f"-- the store of {calls:,} calls")
        return data.store(binary or self.binary, calls, SEED)

    @property
    def bench(self):
        return self.once("bench", lambda: Bench(Load(self.options.client), Verifier(self.lines), self.options.rounds, self.options.seconds))

    def bench_of(self, rounds, seconds):
        """Another length, about answers that are not in the lines."""
        return Bench(Load(self.options.client), Verifier(), rounds, seconds)

    @property
    def callstep(self):
        return self.up("callstep", lambda: Callstep(self.binary, self.store(self.calls)))

    @property
    def nginx(self):
        return self.up("nginx", Nginx)

    @property
    def postgres(self):
        def make():
            say(f"-- the cluster of {self.calls:,} calls")
            return postgres.Postgres(postgres.kept(self.lines.path, self.calls, SEED))
        return self.up("PostgreSQL", make)

    @property
    def callstep_on_postgres(self):
        say(f"-- the store of {self.calls:,} calls on PostgreSQL")
        kept = self.once("kept on PostgreSQL", lambda: postgres.kept_for_callstep(self.binary, self.lines.path, self.calls, SEED))
        server = self.up("PostgreSQL of callstep", lambda: postgres.Postgres(kept / "cluster", "PostgreSQL of callstep"))
        return self.up("callstep on PostgreSQL", lambda: Callstep(self.binary, kept, "callstep on PostgreSQL", location=server.location()))

    @property
    def php(self):
        return self.up("PHP", lambda: Php(self.postgres))

    @property
    def node(self):
        return self.up("Node", lambda: Node(self.postgres))

    @property
    def contestants(self):
        return self.once("contestants", self.make_contestants)

    def make_contestants(self):
        found = [Contestant("callstep", self.callstep)]
        if self.options.before:
            # Its store is a copy: where both can read the same one, only one may serve it.
            folder = self.stack.enter_context(scratch("before"))
            before = self.up("before", lambda: Callstep(
                self.options.before, data.copy_store(self.store(self.calls, self.options.before), folder / "copy"), "before"))
            found.append(Contestant("callstep before", before))
        found.append(Contestant("nginx", self.nginx))
        return found if self.quick else found + peers(self.php, self.node)

    def sides(self):
        """All that are up."""
        return [side for name, side in self.made.items() if hasattr(side, "pids")]
