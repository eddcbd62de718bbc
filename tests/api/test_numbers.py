# SPDX-License-Identifier: MIT
"""A number is the same number however it was written: wherever numbers are compared."""
import json

import pytest

from conftest import call, callstep
from test_compatible import ALL, sessions
from test_find import found, ids, post
from test_tail import Tail

START = 1_795_500_000
WRITTEN = {
    "plus": "+498912345", "slash": "+49 (89) 123/45", "nbsp": "+49\u00a089\u00a012345", "bidi": "\u202a+498912345\u202c",
    "zero-width": "498912\u200b345\ufeff", "dashes": "+49\u20118912\u2013345", "tel": "tel:+49-89-12345",
    "sip": "sip:+498912345@pbx.example.com;user=phone", "name": '"Ann" <sips:+498912345@example.com>'}
OTHERS = {"national": "08912345", "comma": "+498912345,,12#", "ext": "tel:+49-89-12345;ext=1", "host": "sip:49.89.12.34",
          "star": "*97", "ends97": "5551297", "word": "anonymous"}
SAME = sorted(WRITTEN)


@pytest.fixture
def written(client):
    calls = [call(name, START + i, dest=number, src=number) for i, (name, number) in enumerate({**WRITTEN, **OTHERS}.items())]
    post(client, calls)
    return client, calls


@pytest.mark.parametrize("number", WRITTEN.values())
def test_each_way_of_writing_a_number_finds_the_calls_of_all(written, number):
    client, _ = written
    assert sorted(ids(found(client, dest=number))) == sorted(ids(found(client, src=number))) == SAME
    assert found(client, dest=number, limit=1)["total_calls"] == len(SAME)


def test_an_end_of_a_number_finds_them_too(written):
    client, _ = written
    for pattern, more in [("*9/12345", ["national"]), ("tel:+49 89*", []), ("*989\u00a0123*", ["comma"]), ("\u202a+4989*", [])]:
        for name in "dest", "src":
            assert sorted(ids(found(client, {name: pattern}))) == sorted(SAME + more), pattern
    assert ids(found(client, dest="*97")) == ["ends97", "star"]


def test_number_of_the_compatible_endpoints_is_one_whole_number(written):
    client, _ = written
    for number in "%2B49/89/12345", "tel:498912345", "%3Csip:498912345@elsewhere%3E":
        answer = client.get(f"/api/calls{ALL}?number={number}")
        assert sorted(sessions(answer)) == SAME and answer.json["total_calls"] == len(SAME)
    assert sessions(client.get(f"/api/calls{ALL}?number=*97")) == ["star"]


def test_statistics_count_them_as_one(written):
    client, _ = written
    groups = client.get("/v1/stats?group=dest").json["groups"]
    assert (groups[0]["key"], groups[0]["calls"]) == ("498912345", len(SAME))
    assert len(groups) == 1 + len(OTHERS)


def test_a_tail_hears_of_them_all(client):
    with Tail(client, "?dest=%2B49/8912345") as tail, Tail(client, "?src=*9%2F12345") as end:
        for name, number in WRITTEN.items():
            post(client, [call(name, dest=number, src=number)])
            assert tail.sessions(1) == end.sessions(1) == [name]


def test_erasing_a_number_erases_them_all(written):
    client, calls = written
    done = callstep("erase", "--data", client.server.store, "--account", client.email, "--number", "+49/89 12345", "--yes", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["erased"] == len(SAME)
    assert sorted(ids(found(client))) == sorted(OTHERS)


def test_a_token_stands_for_all(tmp_path):
    key = tmp_path / "key"
    key.write_text("0123456789" * 4)
    key.chmod(0o600)
    lines = "".join(f"{number}\n" for number in [*WRITTEN.values(), "498912345", *OTHERS.values()])
    tokens = callstep("token", "--redact-key-file", key, input=lines).stdout.split()
    assert len(set(tokens[:len(WRITTEN) + 1])) == 1 and len(set(tokens)) == 1 + len(OTHERS)
