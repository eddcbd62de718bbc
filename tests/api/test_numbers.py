# SPDX-License-Identifier: MIT
"""A number is the same number however it was written: wherever numbers are compared."""
import json
import urllib.parse

import pytest

from conftest import Client, add_account, call, callstep
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


# ---- several ----

def test_several_numbers_mean_any_of_them(written):
    client, _ = written
    wanted = sorted(SAME + ["national", "star"])
    for name in "dest", "src":
        for query in [[(name, "+498912345,08912345,**97")], [(name, "08912345"), (name, "498912345"), (name, "**97")]]:
            assert found(client, query, limit=2)["total_calls"] == len(wanted)
            assert sorted(ids(found(client, query))) == wanted
    assert found(client, dest="498912345,tel:+49 89 12345")["total_calls"] == len(SAME)
    assert found(client, dest="1,*")["total_calls"] == len(WRITTEN) + len(OTHERS)


def test_pages_of_several_numbers_are_one_list(client):
    calls = [call(f"s{i:03}", START + i // 7, dest=str(i % 5)) for i in range(200)]
    post(client, calls)
    wanted = [c["session_id"] for c in sorted(calls, key=lambda c: (int(c["start"]), c["session_id"]), reverse=True)
              if c["dest"] in "024"]
    for offset in 0, 1, 50, len(wanted) - 1:
        page = found(client, dest="0,2,4,9", limit=40, offset=offset)
        assert ids(page) == wanted[offset:offset + 40] and page["total_calls"] == len(wanted)
    page, seen = found(client, dest="0,2,4,9", limit=17), []
    while True:
        seen += ids(page)
        if page["next"] is None:
            break
        page = found(client, dest="0,2,4,9", limit=17, cursor=page["next"])
    assert seen == wanted
    groups = client.get("/v1/stats?group=time&bucket=minute&values=calls&dest=0,2,4").json["groups"]
    assert sum(g["calls"] for g in groups) == len(wanted)


def test_too_many_numbers_are_refused(client):
    assert client.get("/v1/calls?dest=" + ",".join(map(str, range(256)))).status == 200
    answer = client.get("/v1/calls?dest=" + ",".join(map(str, range(257))))
    assert answer.status == 400 and "dest: these are too many numbers: at most 256 are" in answer.json["detail"]


# ---- what is dialled for a + ----

@pytest.fixture
def dialling(start_server):
    server = start_server("--dial-prefix", "00,011")
    client = Client(server, add_account(server.store))
    calls = [call(name, START + i, dest=number, src=number)
             for i, (name, number) in enumerate({**WRITTEN, "00": "00498912345", "011": "011 49 89 12345", **OTHERS}.items())]
    post(client, calls)
    return client


ALL_WAYS = sorted(SAME + ["00", "011"])


@pytest.mark.parametrize("number", ["+498912345", "0049 89 12345", "sip:011498912345@pbx", "498912345"])
def test_a_number_is_the_same_whichever_way_it_is_dialled(dialling, number):
    client = dialling
    for name in "dest", "src":
        assert sorted(ids(found(client, {name: number}))) == ALL_WAYS
        assert sorted(ids(found(client, {name: number}, type="inbound", limit=100))) == ALL_WAYS
    assert found(client, dest=number, limit=1)["total_calls"] == len(ALL_WAYS)
    answer = client.get(f"/api/calls{ALL}?" + urllib.parse.urlencode({"number": number}))
    assert sorted(sessions(answer)) == ALL_WAYS and answer.json["total_calls"] == len(ALL_WAYS)


def test_and_so_it_is_elsewhere(dialling):
    client = dialling
    groups = client.get("/v1/stats?group=dest").json["groups"]
    assert (groups[0]["key"], groups[0]["calls"]) == ("498912345", len(ALL_WAYS))
    assert ids(found(client, dest="00*")) == [] and ids(found(client, dest="08912345")) == ["national"]
    common = "--data", client.server.store, "--dial-prefix", "00,011"
    listed = callstep("calls", *common, "--dest", "0049/8912345", "--json")
    assert sorted(c["session_id"] for c in json.loads(listed.stdout)["calls"]) == ALL_WAYS
    with Tail(client, "?dest=%2B498912345") as tail:
        post(client, [call("other", dest="49891234"), call("00", dest="0049 8912345")])
        assert tail.sessions(1) == ["00"]
    done = callstep("erase", *common, "--number", "+498912345", "--yes", "--json")
    assert json.loads(done.stdout)["erased"] == len(ALL_WAYS)
    assert sorted(ids(found(client))) == sorted([*OTHERS, "other"])


def test_a_token_stands_for_each_way(tmp_path):
    key = tmp_path / "key"
    key.write_text("0123456789" * 4)
    key.chmod(0o600)
    lines = "+498912345\n0049 89 12345\n011498912345\n08912345\n"
    tokens = callstep("token", "--redact-key-file", key, "--dial-prefix", "00,011", input=lines).stdout.split()
    assert len(set(tokens[:3])) == 1 and tokens[3] != tokens[0]


@pytest.mark.parametrize("command", ["serve", "calls", "erase", "token", "import"])
def test_a_wrong_prefix_is_told(command, tmp_path):
    more = {"erase": ["--number", "1"], "token": ["--redact-key-file", tmp_path / "key"], "import": ["-"], "serve": ["--listen", "127.0.0.1:0"]}
    (tmp_path / "key").write_text("0" * 40)
    (tmp_path / "key").chmod(0o600)
    store = [] if command == "token" else ["--data", tmp_path / "store"]
    if store:
        add_account(tmp_path / "store")
    done = callstep(command, *store, *more.get(command, []), "--dial-prefix", "00,+", input="")
    assert done.returncode in (1, 2) and "dial-prefix: what is dialled for a +" in done.stderr
