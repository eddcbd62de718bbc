# SPDX-License-Identifier: MIT
"""Two servers that differ in nothing but the store, a folder and PostgreSQL: whatever they are given and asked, both answer the same bytes."""
import json
import random
import re

import pytest

from conftest import Server
from stores import cluster
from test_isolation import Pair, random_call, random_request

ROUNDS = 8
REQUESTS = 120  # in a round


@pytest.fixture(scope="module")
def servers(tmp_path_factory):
    folders = [tmp_path_factory.mktemp(name) for name in ("folder", "postgresql")]
    made = [Server(folder, "--log-requests=no", store=store)
            for folder, store in zip(folders, (folders[0] / "store", cluster().new_store()))]
    yield made
    for server in made:
        assert server.stop() == 0
        assert "Sanitizer" not in server.log


def of_any_store(request):
    """Without what says how a store answers."""
    method, target, body, headers = request
    return method, re.sub(r"(?<=[?&])explain=[a-z]+(&|$)", "", target), body, headers


@pytest.mark.parametrize("seed", range(100, 100 + ROUNDS))
def test_no_answer_depends_on_the_store(servers, seed):
    rng = random.Random(seed)
    pair = Pair(servers, seed)
    cursors, statuses = ["nonsense"], set()
    first = json.dumps({"calls": [random_call(rng) for _ in range(60)]})
    assert pair.ask(("POST", "/v1/calls", first, {"Content-Type": "application/json"}))[0] == 200
    for _ in range(REQUESTS):
        status, _, content = pair.ask(of_any_store(random_request(rng, cursors)))
        statuses.add(status)
        found = re.search(rb'"next":"([^"]+)"', content)
        cursors += [found.group(1).decode()] if found else []
    assert {200, 400, 404} <= statuses
