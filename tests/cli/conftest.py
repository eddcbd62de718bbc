# SPDX-License-Identifier: MIT
"""The real program, each test with a store of its own and an environment that knows nothing of the machine's."""
import os
import pty
import subprocess
import threading
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BINARY = os.environ.get("CALLSTEP_BIN", str(ROOT / "build" / "callstep"))
EMAIL = "ann@example.org"


class Program:
    """callstep with a home of its own; `run` returns the finished process."""

    binary = BINARY

    def __init__(self, home):
        self.home = home
        self.data = home / "store"
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "TZ": "America/New_York",
            "CALLSTEP_DATA": str(self.data),
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
        assert done.returncode == status, (done.returncode, done.stdout[-2000:], done.stderr[-2000:])
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
        # The terminal may be gone before all that was written to it is read: it stays open until an end of our own has come through.
        end = b"\0end\0"

        def close():
            try:
                process.wait(timeout=120)
            finally:
                process.kill()
                os.write(slave, end)

        closer = threading.Thread(target=close)
        closer.start()
        seen = b""
        while not seen.endswith(end):
            seen += os.read(master, 65536)
        closer.join()
        os.close(slave)
        os.close(master)
        assert process.returncode == 0, seen
        return seen.removesuffix(end).decode("utf-8").replace("\r\n", "\n")

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
    empty.key = empty.run("account", "add", EMAIL).stdout.strip()
    return empty


@pytest.fixture
def example(program, fixtures):
    """A store that holds the page's example."""
    program.run("import", fixtures / "example.json")
    return program
