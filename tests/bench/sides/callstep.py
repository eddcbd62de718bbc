# SPDX-License-Identifier: MIT
"""callstep itself, serving a store that is already there."""
import re

from data import EMAIL, keeps
from process import Process, run
from sides.side import Side


def serve_options(binary):
    return [*keeps(binary)[1], "--log-requests=no"]


class Callstep(Side):
    """@kept: a folder with the file `key`, and with the store where @location does not say where that is."""

    def __init__(self, binary, kept, name="callstep", cpus=None, options=(), location=None):
        self.name, self.binary, self.kept, self.cpus, self.options = name, binary, kept, cpus, list(options)
        self.location = location or kept / "store"
        super().__init__()

    def start(self):
        log = self.folder / "log"
        process = Process([self.binary, "serve", "--data", self.location, "--listen", "127.0.0.1:0", *serve_options(self.binary), *self.options],
                          log, cpus=self.cpus)
        self.processes.append(process)
        found = process.wait_until(lambda: re.search(r" listening .*address=(\S+)", log.read_text()))
        self.address = found.group(1)
        self.headers = self.basic(EMAIL, (self.kept / "key").read_text().strip())

    def version(self):
        return run(self.binary, "version").replace("\n", "; ").strip("; ")

    def settings(self):
        return ["callstep serve " + " ".join([*serve_options(self.binary), *self.options])]
