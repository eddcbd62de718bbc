# SPDX-License-Identifier: MIT
"""What is posted: generated calls in the forms that POST /v1/calls takes, as files for the load client."""
import gzip
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Form:
    name: str
    headers: tuple
    wrap: object         # a batch of lines → a body


def document(lines):
    return b'{"calls":[' + b",".join(line.rstrip(b"\n") for line in lines) + b"]}"


NDJSON = Form("NDJSON", (("Content-Type", "application/x-ndjson"),), b"".join)
DOCUMENT = Form("document", (("Content-Type", "application/json"),), document)
GZIP = Form("NDJSON gzip", (("Content-Type", "application/x-ndjson"), ("Content-Encoding", "gzip")),
            lambda lines: gzip.compress(b"".join(lines), 6))


def write(path, lines, form, batch):
    """Each body after a line with its length. Returns how many bodies."""
    count = 0
    with open(path, "wb") as out:
        for first in range(0, len(lines), batch):
            body = form.wrap(lines[first:first + batch])
            out.write(b"%d\n" % len(body))
            out.write(body)
            count += 1
    return count


def first_lines(path, count, skip=0):
    with open(path, "rb") as source:
        for _ in range(skip):
            source.readline()
        return [source.readline() for _ in range(count)]


def forget(path):
    Path(path).unlink(missing_ok=True)
