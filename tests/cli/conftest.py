# SPDX-License-Identifier: MIT
"""The real program, each test with its own store and an environment that knows nothing of the machine's."""
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from stores import store_at  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
BINARY = os.environ.get("CALLSTEP_BIN", str(ROOT / "build" / "callstep"))
EMAIL = "ann@example.org"
EVER = ("--keep-detail", "ever", "--keep-headers", "ever")  # most tests have calls of long ago; test_cli_keeping.py has the others


class Program:
    """callstep with its own home; `run` returns the finished process."""

    binary = BINARY

    def __init__(self, home):
        self.home = home
        self.data = store_at(home)
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "TZ": "America/New_York",
            "CALLSTEP_DATA": str(self.data),
            "CALLSTEP_API_DETAIL_DAYS": "ever",  # imports say what /api/ does not serve: test_cli_import_old.py
            **{name: value for name, value in os.environ.items() if name.endswith("SAN_OPTIONS")},
        }

    def run(self, *arguments, input=None, status=0, text=True, environment=None):
        done = subprocess.run(
            [BINARY, *map(str, arguments)],
            input=input,
            capture_output=True,
            text=text,
            encoding="utf-8" if text else None,
            timeout=120,
            env={**self.environment, **(environment or {})},
        )
        assert status is None or done.returncode == status, (done.returncode, done.stdout[-2000:], done.stderr[-2000:])
        return done

    def run_on_terminal(self, *arguments, environment=None):
        """What a person sees, standard output and error together."""
        master, slave = pty.openpty()
        process = subprocess.Popen(
            [BINARY, *map(str, arguments)],
            stdin=subprocess.DEVNULL,
            stdout=slave,
            stderr=slave,
            env={**self.environment, "TERM": "xterm", "COLUMNS": "80", **(environment or {})},
        )
        os.close(slave)
        seen = b""
        while True:
            try:
                piece = os.read(master, 65536)
            except OSError:  # Linux says EIO when the last writer has gone
                break
            if not piece:
                break
            seen += piece
        os.close(master)
        assert process.wait(timeout=120) == 0, seen
        return seen.decode("utf-8").replace("\r\n", "\n")

    def write(self, name, content):
        path = self.home / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path


@pytest.fixture
def fixtures():
    return ROOT / "tests" / "fixtures"


@pytest.fixture
def empty(tmp_path):
    """No store yet."""
    return Program(tmp_path)


@pytest.fixture
def program(empty):
    """A store with one account, whose key is program.key."""
    empty.key = empty.run("account", "add", EMAIL, *EVER).stdout.strip()
    return empty


@pytest.fixture
def example(program, fixtures):
    """A store that holds the page's example."""
    program.run("import", fixtures / "example.json")
    return program
