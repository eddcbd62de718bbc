# SPDX-License-Identifier: MIT
"""The calls that are asked for: made by `callstep generate`, kept as lines and as stores, and known to the checks.

Everything that is kept lies in build/bench/data and is named after what made it: how many calls, the seed, and for stores a
fingerprint of what this binary makes of a sample, so that another schema or another packing makes another store. Results are never kept."""
import bisect
import hashlib
import os
import re
import shutil
import sqlite3
import subprocess
import tempfile
from pathlib import Path

from paths import DATA
from process import run

EMAIL = "bench@example.com"
END = 1767225600                # 2026-01-01T00:00:00Z
DAYS = 365
START = END - DAYS * 86400
SAMPLE_CALLS = 200

HEADER = re.compile(rb'\{"dest":"([^"]*)","src":"[^"]*","start":"(\d+)","end":"\d+","session_id":"([^"]*)"')


def keeps(binary):
    """Options by which @binary keeps and serves all detail for ever: those of `account add`, and those of `serve`. A binary from before stores
    had days (--before) is told by its server's flags alone."""
    if "--api-detail-days" in run(binary, "help", "serve"):
        return ["--keep-detail", "ever", "--keep-headers", "ever"], ["--api-detail-days", "ever"]
    return [], ["--detail-days", "0"]


def add_account(binary, location):
    """Returns its key."""
    return run(binary, "account", "add", "--data", location, EMAIL, *keeps(binary)[0])


def generate(binary, calls, seed, start=START, end=END):
    return [str(binary), "generate", "--calls", str(calls), "--seed", str(seed), "--start", str(start), "--end", str(end)]


def pipe_into_store(binary, command, store):
    """Imports what @command writes."""
    with subprocess.Popen(command, stdout=subprocess.PIPE) as source:
        done = subprocess.run([str(binary), "import", "--data", str(store), "--quiet", "-"], stdin=source.stdout)
        source.stdout.close()
    if source.returncode != 0 or done.returncode != 0:
        raise RuntimeError("making the store failed")


def fingerprint(binary):
    """What the binary makes of a sample of calls: its tables, and each packed call."""
    with tempfile.TemporaryDirectory() as folder:
        add_account(binary, folder)
        pipe_into_store(binary, generate(binary, SAMPLE_CALLS, 1), folder)
        database = sqlite3.connect(f"file:{folder}/callstep.db?mode=ro", uri=True)
        made = hashlib.sha256()
        for row in database.execute("select sql from sqlite_schema where sql is not null order by name"):
            made.update(row[0].encode())
        tables = [row[0] for row in database.execute("select name from sqlite_schema where name in ('call', 'packed') order by 1")]
        for table in tables:
            for row in database.execute(f"select * from {table} order by 1"):
                made.update(repr(row).encode())
        database.close()
    return made.hexdigest()[:12]


def make_whole(target, make):
    """Calls make(folder) and then moves the folder to @target, so that what is there is always whole."""
    if target.exists():
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=".making-", dir=target.parent))
    try:
        make(folder)
        folder.rename(target)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return target


class Lines:
    """Calls as NDJSON in a file, and which of them an answer must hold: found without callstep."""

    def __init__(self, path):
        self.path = path
        self.rows = []          # (start, session_id, dest, place), newest first
        place = 0
        with open(path, "rb") as lines:
            for line in lines:
                dest, start, session = HEADER.match(line).groups()
                self.rows.append((int(start), session.decode(), dest.decode(), place, len(line)))
                place += len(line)
        self.size = place
        self.rows.sort(key=lambda row: row[:2], reverse=True)

    def __len__(self):
        return len(self.rows)

    def window(self, start, end, number=""):
        key = lambda row: -row[0]
        low = bisect.bisect_right(self.rows, -end, key=key)
        high = bisect.bisect_right(self.rows, -start, key=key)
        return [row for row in self.rows[low:high] if not number or row[2] == number]

    def texts(self, rows):
        with open(self.path, "rb") as lines:
            for row in rows:
                lines.seek(row[3])
                yield lines.read(row[4])

    def numbers(self):
        """The numbers that were called, the most called first."""
        counts = {}
        for row in self.rows:
            counts[row[2]] = counts.get(row[2], 0) + 1
        return sorted(counts.items(), key=lambda item: -item[1])


def lines(binary, calls, seed, start=START, end=END):
    """The calls as a file of lines; kept, named by a digest of the first ones too."""
    sample = subprocess.run(generate(binary, SAMPLE_CALLS, seed, start, end), capture_output=True, check=True).stdout
    name = f"lines-{calls}-{seed}-{start}-{hashlib.sha256(sample).hexdigest()[:12]}"

    def make(folder):
        with open(folder / "calls.ndjson", "wb") as out:
            subprocess.run(generate(binary, calls, seed, start, end), stdout=out, check=True)
    return make_whole(DATA / name, make) / "calls.ndjson"


def store(binary, calls, seed):
    """A store of callstep with the calls, its key in the file `key` beside it; kept."""
    def make(folder):
        key = add_account(binary, folder / "store")
        (folder / "key").write_text(key)
        pipe_into_store(binary, generate(binary, calls, seed), folder / "store")
    return make_whole(DATA / f"store-{calls}-{seed}-{fingerprint(binary)}", make)


def copy_store(kept, target):
    """A store to write to: the kept one stays as it is."""
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    run("cp", "-a", "--reflink=auto", f"{kept}/store", f"{kept}/key", target)
    return target


def empty_store(binary, target):
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    (target / "key").write_text(add_account(binary, target / "store"))
    return target


def forget_pages(folder):
    """Takes the files out of the page cache, as far as the system lets one program do so."""
    for path in Path(folder).rglob("*"):
        if path.is_file():
            with open(path, "rb") as file:
                os.fsync(file.fileno())
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
