# SPDX-License-Identifier: MIT
"""What a run is made of: the binary, the calls, the sides that are up, and how to measure."""
from contextlib import ExitStack

import data
from load import Load
from measure import Bench, say
from sides.callstep import Callstep
from sides.nginx import Nginx
from sides.side import Contestant
from verify import Verifier

SEED = 1
CALLS = 200_000


class Setting:
    """Makes what a part asks for when it first asks, and stops it all at the end."""

    def __init__(self, options):
        self.options = options
        self.binary = options.callstep
        self.quick = options.quick
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
            say(f"-- making {CALLS:,} calls, seed {SEED}")
            return data.Lines(data.lines(self.binary, CALLS, SEED))
        return self.once("lines", make)

    def store(self, calls, binary=None):
        say(f"-- the store of {calls:,} calls")
        return data.store(binary or self.binary, calls, SEED)

    @property
    def bench(self):
        return self.once("bench", lambda: Bench(Load(self.options.client), Verifier(self.lines), self.options.rounds, self.options.seconds))

    @property
    def callstep(self):
        return self.up("callstep", lambda: Callstep(self.binary, self.store(CALLS)))

    @property
    def nginx(self):
        return self.up("nginx", Nginx)

    @property
    def contestants(self):
        return self.once("contestants", self.make_contestants)

    def make_contestants(self):
        found = [Contestant("callstep", self.callstep)]
        if self.options.before:
            before = self.up("before", lambda: Callstep(self.options.before, self.store(CALLS, self.options.before), "before"))
            found.append(Contestant("callstep before", before))
        return found + [Contestant("nginx", self.nginx)]

    def sides(self):
        """All that are up."""
        return [side for name, side in self.made.items() if hasattr(side, "pids")]
