# SPDX-License-Identifier: MIT
"""Where the benchmark's things are."""
import os
import shutil
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HERE = ROOT / "tests/bench"
BUILD = ROOT / "build/bench"
DATA = Path(os.environ.get("CALLSTEP_BENCH_DATA", BUILD / "data"))
RUN = BUILD / "run"
RESULTS = BUILD / "results"


def short(path):
    """The path as a reader of the report knows it."""
    path = Path(path)
    return path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else path.name


@contextmanager
def scratch(name):
    """An empty folder of a part, which a database's user may enter; it goes with the part."""
    folder = RUN / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)
