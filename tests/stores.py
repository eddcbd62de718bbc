# SPDX-License-Identifier: MIT
"""Where the stores of tests are: CALLSTEP_TEST_STORE says `embedded` (the default) or `postgres`, which starts one PostgreSQL for all tests of
the run and gives each store a schema of its own. A location is given to the program as --data, be it a folder or a URL."""
import atexit
import os
from pathlib import Path

import pytest

from postgres import Cluster

KIND = os.environ.get("CALLSTEP_TEST_STORE", "embedded")
assert KIND in ("embedded", "postgres"), KIND

# For tests of what only one of them has: files in a folder, or several servers.
only_embedded = pytest.mark.skipif(KIND != "embedded", reason="about the folder of the embedded store")

_clusters = []
_locations = {}


def cluster():
    """The run's PostgreSQL, started when it is first asked for."""
    if not _clusters:
        _clusters.append(Cluster())
        atexit.register(_clusters[0].stop)
    return _clusters[0]


def store_at(folder):
    """The store that belongs to @folder, always the same one."""
    folder = Path(folder)
    if KIND == "embedded":
        return folder / "store"
    if folder not in _locations:
        _locations[folder] = cluster().new_store()
    return _locations[folder]
