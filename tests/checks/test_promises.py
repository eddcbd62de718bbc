# SPDX-License-Identifier: MIT
"""Each promise of SECURITY.md and docs/reliability.md names its tests, and they are there."""
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROWS = [(name, line) for name in ("SECURITY.md", "docs/reliability.md") for line in (ROOT / name).read_text().splitlines()
        if line.startswith("| ") and not line.startswith(("| promise |", "| broken |", "| **"))]
PROMISES = [(name, line) for name, line in ROWS if name == "SECURITY.md" or line.count(" | ") == 3]


def test_the_tables_are_read():
    assert len(PROMISES) > 60


@pytest.mark.parametrize("name, line", PROMISES, ids=[line[2:60] for _, line in PROMISES])
def test_a_promise_names_a_test(name, line):
    assert re.search(r"`tests/\S+`", line)


def test_tests_that_are_named_are_there():
    named = {path for name in ("SECURITY.md", "docs/reliability.md") for path in re.findall(r"`(tests/[\w./]+)`", (ROOT / name).read_text())}
    assert len(named) > 40 and [path for path in sorted(named) if not (ROOT / path).exists()] == []
