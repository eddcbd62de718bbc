# SPDX-License-Identifier: MIT
"""Asking: once, to look at the answer, and many times, by the load client."""
import gzip
import http.client
import json
import os
import subprocess
import tempfile
import zlib
from dataclasses import dataclass

THREADS = 2


@dataclass
class Answer:
    status: int
    wire: bytes     # the body as it came
    body: bytes     # the same, decompressed
    headers: dict

    def target(self, path):
        return f"{path} {len(self.wire)} {zlib.crc32(self.wire)}"


def fetch(address, path, headers, method="GET", body=None):
    connection = http.client.HTTPConnection(address, timeout=120)
    try:
        connection.request(method, path, body=body, headers=headers)
        answer = connection.getresponse()
        wire = answer.read()
        fields = {name.lower(): value for name, value in answer.getheaders()}
        body = gzip.decompress(wire) if fields.get("content-encoding") == "gzip" else wire
        return Answer(answer.status, wire, body, fields)
    finally:
        connection.close()


class Load:
    """The load client, with what all its runs share."""

    def __init__(self, program):
        self.program = str(program)

    def command(self, address, targets, headers, clients, *more):
        lines = [word for name, value in headers.items() for word in ("-H", f"{name}: {value}")]
        return [self.program, "-c", str(clients), "-t", str(min(THREADS, clients)), *lines, *map(str, more), address, targets]

    def start(self, address, targets, headers, clients, *more):
        """Begins a run; finish() waits for it."""
        file = tempfile.NamedTemporaryFile("w", prefix="callstep-bench-", suffix=".targets", delete=False)
        with file:
            file.write("\n".join(targets) + "\n")
        child = subprocess.Popen(self.command(address, file.name, headers, clients, *more), stdout=subprocess.PIPE,
                                 stderr=subprocess.PIPE, text=True)
        return child, file.name

    def finish(self, started):
        child, targets = started
        try:
            out, problem = child.communicate(timeout=300)
        finally:
            child.kill()
            child.wait()
            os.unlink(targets)
        if child.returncode != 0:
            raise RuntimeError(f"the load client failed: {problem}")
        return json.loads(out)

    def run(self, *arguments):
        return self.finish(self.start(*arguments))


def is_sound(result):
    """Whether every answer of a run was what it must be."""
    return result["answers"] > 0 and result["wrong"] == 0 and result["broken"] == 0
