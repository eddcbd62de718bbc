# SPDX-License-Identifier: MIT
"""callstep pull: from a server that answers as Plum Fuse does, and from another callstep."""
import json
import os
import random
import signal
import subprocess
import time

import pytest

from conftest import BINARY, EMAIL, Client, Server, add_account, call, callstep, step
from stores import store_at
from test_live import add, patch
from vendor import DAYS_S, KEY, USER, Vendor

FAST = ("--pace", "5ms")


@pytest.fixture
def vendor():
    made = Vendor()
    yield made
    made.close()


class Puller:
    """One store, and the folder in which pulls into it remember how far they are."""

    def __init__(self, folder):
        self.folder = folder
        folder.mkdir(exist_ok=True)
        self.store = store_at(folder)
        add_account(self.store)
        self.key_file = self.secret("key", KEY)

    def secret(self, name, value):
        path = self.folder / name
        path.write_text(value + "\n")
        path.chmod(0o600)
        return path

    def arguments(self, url, *options, key_file=None, user=USER):
        return [BINARY, "pull", url, *(("--user", user) if user else ()), "--secret-file", str(key_file or self.key_file), "--data", str(self.store),
                "--spool", str(self.folder / "spool"), *map(str, options)]

    def run(self, url, *options, status=0, **more):
        done = subprocess.run(self.arguments(url, *options, **more), capture_output=True, text=True, timeout=300)
        assert done.returncode == status, (done.returncode, done.stderr[-3000:])
        return done

    def start(self, url, *options, **more):
        return subprocess.Popen(self.arguments(url, *options, **more), stderr=subprocess.PIPE, text=True)

    def export(self):
        done = callstep("export", "--data", self.store)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def sessions(self):
        return sorted(json.loads(line)["session_id"] for line in self.export().splitlines())


@pytest.fixture
def puller(tmp_path):
    return Puller(tmp_path / "puller")


def imported(tmp_path, calls):
    """What a store exports that the calls were imported into."""
    folder = tmp_path / f"imported{time.monotonic_ns()}"
    folder.mkdir()
    store = store_at(folder)
    add_account(store)
    text = "".join(json.dumps(each) + "\n" for each in calls)
    done = callstep("import", "--data", store, "--quiet", "--api-detail-days", "ever", "-", input=text)
    assert done.returncode == 0, done.stderr
    return callstep("export", "--data", store).stdout


def made_calls(count, start=None, spread_s=4 * 86400, seed=1):
    rng = random.Random(seed)
    start = int(time.time()) - spread_s - 120 if start is None else start
    return [call(f"100035;{seed:03};{i:06}", start=start + rng.randrange(max(spread_s, 1)), dest=rng.choice(("6177123001", "6177123002")))
            for i in range(count)]


def paced(vendor, least_s):
    times = [when for when, _ in vendor.requests]
    return all(b - a >= least_s * 0.98 for a, b in zip(times, times[1:]))


# ---- a vendor ----

def test_all_calls_come_once_and_byte_for_byte(vendor, puller, tmp_path):
    calls = made_calls(500)
    vendor.calls = {each["session_id"]: each for each in calls}
    done = puller.run(vendor.url, *FAST)
    assert "took 500 calls (0 replaced), rejected 0" in done.stderr
    assert puller.export() == imported(tmp_path, calls)
    assert puller.run(vendor.url + "/", *FAST).returncode == 0  # the overlap alone
    assert puller.export() == imported(tmp_path, calls)


def test_requests_keep_the_pace(vendor, puller):
    puller.run(vendor.url, "--pace", "100ms", "--since", "-1h")
    assert len(vendor.requests) >= 2 and paced(vendor, 0.1)
    assert "--pace TIME" in callstep("help", "pull").stdout


def test_a_window_with_too_many_calls_is_halved(vendor, puller, tmp_path):
    start = int(time.time()) - 7200
    calls = made_calls(23000, start=start, spread_s=1800)
    vendor.calls = {each["session_id"]: each for each in calls}
    puller.run(vendor.url, *FAST, "--since", start)
    assert puller.export() == imported(tmp_path, calls)
    widths = [int(b) - int(a) for a, b in (path.split("/")[3:4] + [path.split("/")[4].partition("?")[0]] for path in vendor.paths())]
    assert min(widths) < 1800 and not any("offset" in path for path in vendor.paths())


def test_a_second_with_too_many_calls_is_read_page_by_page(vendor, puller):
    second = int(time.time()) - 3000
    calls = made_calls(12500, start=second, spread_s=0) + made_calls(50, start=second - 100, spread_s=90, seed=2)
    vendor.calls = {each["session_id"]: each for each in calls}
    puller.run(vendor.url, *FAST, "--since", second - 200)
    assert puller.sessions() == sorted(vendor.calls)
    assert [path for path in vendor.paths() if "offset=10000" in path and f"/{second}/{second + 1}?" in path]


def test_calls_that_arrive_meanwhile_come_then_or_next_time(vendor, puller):
    calls = made_calls(300)
    vendor.calls = {each["session_id"]: each for each in calls}
    more = made_calls(40, start=int(time.time()) - 86400, spread_s=86000, seed=3)

    def arrive():
        if more:
            each = more.pop()
            vendor.calls[each["session_id"]] = each

    vendor.arriving = arrive
    puller.run(vendor.url, *FAST)
    while more:
        arrive()
    puller.run(vendor.url, *FAST, "--since", "-5d")
    assert puller.sessions() == sorted(vendor.calls)


def test_calls_of_the_last_minute_are_left_to_the_next_run(vendor, puller):
    young = call("young", start=int(time.time()) - 5)
    vendor.calls = {"young": young}
    puller.run(vendor.url, *FAST)
    assert puller.sessions() == []
    vendor.ahead_s = 100
    puller.run(vendor.url, *FAST)
    assert puller.sessions() == ["young"]


@pytest.mark.parametrize("status, headers, least_s", [
    (429, {"Retry-After": "1"}, 1),
    (429, {"X-RateLimit-Limit": "15", "X-RateLimit-Reset": "1"}, 1),
    (503, {"Retry-After": "2"}, 2),
    (502, {}, 0),
])
def test_a_server_that_asks_for_time_gets_it(vendor, puller, status, headers, least_s):
    calls = made_calls(20)
    vendor.calls = {each["session_id"]: each for each in calls}
    vendor.trouble = [None, (status, headers, {"error": "later"})]
    done = puller.run(vendor.url, *FAST)
    assert f"answers {status} 'later'" in done.stderr and puller.sessions() == sorted(vendor.calls)
    times = [when for when, path in vendor.requests if path.startswith("/api/")]
    assert times[2] - times[1] >= least_s


def test_a_reset_as_a_time_is_waited_for(vendor, puller):
    vendor.calls = {each["session_id"]: each for each in made_calls(5)}
    vendor.trouble = [(429, {"X-RateLimit-Reset": str(int(time.time()) + 3)}, {"error": "later"})]
    began = time.time()
    puller.run(vendor.url, *FAST)
    assert time.time() - began >= 1 and len(puller.sessions()) == 5


def test_after_status_500_it_asks_for_a_quarter(vendor, puller):
    start = int(time.time()) - 3600
    vendor.calls = {each["session_id"]: each for each in made_calls(3000, start=start, spread_s=600)}
    vendor.limit_max = 700
    done = puller.run(vendor.url, *FAST, "--since", start)
    limits = [int(path.partition("limit=")[2].partition("&")[0]) for path in vendor.paths()]
    assert limits[:3] == [10000, 2500, 625] and set(limits[3:]) == {625}
    assert "answers 500 'database error'; the next try is in 1 s" in done.stderr  # 60 times the pace
    assert puller.sessions() == sorted(vendor.calls)


def test_status_401_ends_it_at_once(vendor, puller):
    wrong = puller.secret("wrong", "not-the-key")
    done = puller.run(vendor.url, *FAST, "--follow", key_file=wrong, status=1)
    assert "answers 401 'Unauthorized': look at --user and the secret" in done.stderr
    assert len(vendor.paths()) == 1


def test_another_path_is_told_from_an_empty_window(vendor, puller):
    assert puller.run(vendor.url, *FAST).stderr.startswith("took 0 calls")
    done = puller.run(vendor.url + "/elsewhere", *FAST, status=1)
    assert "answers 404" in done.stderr and "is the address right?" in done.stderr


def test_a_server_that_is_away_is_given_up_after_ten_tries(puller):
    done = puller.run("http://127.0.0.1:1", "--pace", "1ms", status=1)
    assert "given up after 10 tries: cannot ask 'http://127.0.0.1:1/v1/account'" in done.stderr


def test_an_answer_that_is_cut_off_is_asked_for_again(vendor, puller, tmp_path):
    calls = made_calls(400, start=int(time.time()) - 7000, spread_s=3000)
    vendor.calls = {each["session_id"]: each for each in calls}
    vendor.trouble = [20000, 70, 1, None]
    done = puller.run(vendor.url, *FAST, "--since", "-2h")
    assert done.stderr.count("the next try is in") == 3
    assert puller.export() == imported(tmp_path, calls)


def test_answers_that_are_not_calls_are_failures(vendor, puller):
    for body, words in (({"hello": 1}, "no 'total_calls'"), ("<html>", "JSON object is expected"), ({"calls": []}, "no 'total_calls'")):
        vendor.trouble = [(200, {}, body)]
        assert words in puller.run(vendor.url, *FAST, status=1).stderr


def test_a_bad_call_is_told_and_the_others_are_taken(vendor, puller):
    calls = made_calls(10)
    vendor.calls = {each["session_id"]: each for each in calls}
    vendor.calls[calls[3]["session_id"]] = {**calls[3], "type": "sideways"}
    done = puller.run(vendor.url, *FAST, status=3)
    assert f"session '{calls[3]['session_id']}' is not taken: " in done.stderr
    assert "took 9 calls (0 replaced), rejected 1" in done.stderr


def test_only_calls_to_a_number(vendor, puller):
    calls = made_calls(60)
    vendor.calls = {each["session_id"]: each for each in calls}
    puller.run(vendor.url, *FAST, "--number", "6177123002")
    assert puller.sessions() == sorted(each["session_id"] for each in calls if each["dest"] == "6177123002")
    puller.run(vendor.url, *FAST)  # another pull: it begins at its own beginning
    assert puller.sessions() == sorted(vendor.calls)


# ---- detail ----

def test_calls_without_detail_are_told(vendor, puller):
    now = int(time.time())
    old = made_calls(7, start=now - DAYS_S - 5000, spread_s=4000)
    vendor.calls = {each["session_id"]: each for each in old + made_calls(5, seed=2)}
    done = puller.run(vendor.url, *FAST, "--since", now - DAYS_S - 6000, status=3)
    assert "came without detail: 7\n" in done.stderr
    trail = callstep("audit", "--data", puller.store, "--action", "pull-calls", "--json").stdout
    assert "came without detail: 7" in trail and vendor.url in trail
    done = puller.run(vendor.url, *FAST)  # they were told
    assert "without detail" not in done.stderr


def test_detail_that_goes_over_its_days_in_the_run_is_told_exactly(vendor, puller):
    now = int(time.time())
    calls = [call(f"edge{i}", start=now - DAYS_S + 60 + i * 1800) for i in range(20)]
    vendor.calls = {each["session_id"]: each for each in calls}

    def time_goes_on():
        vendor.ahead_s = (len(vendor.paths()) - 1) * 20000

    vendor.arriving = time_goes_on
    done = puller.run(vendor.url, *FAST, "--since", now - DAYS_S, status=3)
    bare = [line for line in puller.export().splitlines() if '"detail":false' in line]
    assert 0 < len(bare) < 20 and f"came without detail: {len(bare)}\n" in done.stderr
    # Steps that came stay where the call comes again without them.
    before = puller.export()
    vendor.arriving, vendor.ahead_s = None, 10 * 86400
    puller.run(vendor.url, *FAST, "--since", now - DAYS_S)
    assert puller.export() == before


def test_a_pull_that_rested_too_long_tells_the_gap(vendor, puller):
    now = int(time.time())
    vendor.ahead_s = -8 * 86400
    vendor.calls = {"early": call("early", start=now - 9 * 86400)}
    puller.run(vendor.url, *FAST)
    vendor.ahead_s = 0
    vendor.calls.update({f"lost{i}": call(f"lost{i}", start=now - 6 * 86400 + i) for i in range(3)})
    done = puller.run(vendor.url, *FAST, status=3)
    assert "came without detail: 3\n" in done.stderr
    assert puller.sessions() == ["early", "lost0", "lost1", "lost2"]


def test_steps_that_only_the_single_call_has_are_asked_for_once(vendor, puller, tmp_path):
    calls = [call(f"a;b/{i} é", start=int(time.time()) - 4000 + i) for i in range(6)]
    vendor.calls = {each["session_id"]: each for each in calls}
    vendor.lazy = {each["session_id"] for each in calls[:3]}
    puller.run(vendor.url, *FAST, "--since", "-2h")
    assert puller.export() == imported(tmp_path, calls)
    assert sorted(vendor.paths("/api/call/")) == sorted({f"/api/call/a%3Bb%2F{i}%20%C3%A9" for i in range(3)})


def test_a_single_call_that_is_gone_is_told(vendor, puller):
    calls = [call(f"s{i}", start=int(time.time()) - 4000 + i) for i in range(3)]
    vendor.calls = {each["session_id"]: each for each in calls}
    vendor.lazy = {"s1"}
    vendor.one_call = lambda _: (404, {}, {"error": "call log not found"})
    assert "came without detail: 1\n" in puller.run(vendor.url, *FAST, "--since", "-2h", status=3).stderr


# ---- state ----

def test_a_run_goes_on_where_the_last_one_ended(vendor, puller):
    puller.run(vendor.url, *FAST)
    first = len(vendor.paths())
    puller.run(vendor.url, *FAST, "--overlap", "10m")
    assert len(vendor.paths()) == first + 1  # one window
    start, end = vendor.paths()[-1].partition("?")[0].split("/")[3:5]
    assert 600 <= int(end) - int(start) <= 700


def test_once_a_day_all_days_are_asked_for(vendor, puller):
    puller.run(vendor.url, *FAST)
    vendor.ahead_s = 2 * 86400
    puller.run(vendor.url, *FAST)
    late = made_calls(1, start=int(vendor.now()) - 3 * 86400, spread_s=1)[0]
    vendor.calls = {late["session_id"]: late}
    puller.run(vendor.url, *FAST)
    assert puller.sessions() == []
    vendor.ahead_s += 86400
    puller.run(vendor.url, *FAST)
    assert puller.sessions() == [late["session_id"]]


def test_killed_anywhere_and_run_again_all_calls_are_there(vendor, puller, tmp_path):
    calls = made_calls(4000)
    vendor.calls = {each["session_id"]: each for each in calls}
    rng = random.Random(5)
    kills = 0
    for _ in range(60):
        process = puller.start(vendor.url, "--pace", "20ms")
        try:
            process.communicate(timeout=rng.uniform(0.01, 0.3))
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            kills += 1
            continue
        if process.returncode == 0:
            break
    else:
        puller.run(vendor.url, *FAST)
    assert kills >= 3
    assert puller.export() == imported(tmp_path, calls)
    assert callstep("verify", "--data", puller.store).returncode == 0


def test_two_pulls_of_the_same_do_not_run_at_once(vendor, puller):
    first = puller.start(vendor.url, "--follow", *FAST)
    deadline = time.monotonic() + 20
    while not vendor.paths() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert "another process pulls the same at this time" in puller.run(vendor.url, status=1).stderr
    first.send_signal(signal.SIGTERM)
    assert first.wait(20) == 0, first.stderr.read()


def test_a_state_that_is_damaged_is_not_guessed_at(vendor, puller):
    puller.run(vendor.url, *FAST)
    state, = (puller.folder / "spool").glob("*.state")
    state.write_text(state.read_text().replace("callstep pull 1", "callstep pull 9"))
    assert "this is not the state of a pull" in puller.run(vendor.url, *FAST, status=1).stderr


def test_following_asks_again_and_ends_on_a_signal(vendor, puller):
    process = puller.start(vendor.url, "--follow", "--every", "1s", *FAST)
    vendor.calls = {"one": call("one", start=int(time.time()) - 300)}
    deadline = time.monotonic() + 30
    while puller.sessions() != ["one"] and time.monotonic() < deadline:
        time.sleep(0.2)
    vendor.calls["two"] = call("two", start=int(time.time()) - 200)
    while puller.sessions() != ["one", "two"] and time.monotonic() < deadline:
        time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    assert process.wait(20) == 0
    assert puller.sessions() == ["one", "two"]


# ---- usage ----

@pytest.mark.parametrize("arguments, words", [
    ([], "name one address"),
    (["ftp://h"], "is not an address"),
    (["https://ann:secret@h"], "without user"),
    (["https://h?x=1"], "without user, ? or #"),
    (["https://h"], "there is no key: name its file by --secret-file, or set CALLSTEP_SECRET"),
])
def test_wrong_usage(tmp_path, arguments, words):
    done = callstep("pull", *arguments, "--data", tmp_path, env={"PATH": os.environ["PATH"]})
    assert done.returncode == 2 and words in done.stderr, done.stderr


def test_a_secret_that_others_may_read_is_refused(vendor, puller):
    puller.key_file.chmod(0o644)
    assert "chmod 600" in puller.run(vendor.url, status=1).stderr


# ---- another callstep ----

@pytest.fixture
def source(tmp_path):
    folder = tmp_path / "source"
    folder.mkdir()
    server = Server(folder)
    server.client = Client(server, add_account(server.store))
    server.url = "http://" + server.address
    yield server
    server.stop()
    assert "Sanitizer" not in server.log


def fill(server, count, *options):
    made = callstep("generate", "--calls", count, "--end", "now", "--days", "4", *options)
    done = callstep("import", "--data", server.store, "--quiet", "-", input=made.stdout)
    assert done.returncode == 0, done.stderr


def exported(store):
    return callstep("export", "--data", store).stdout


def wait_until(holds, seconds=30):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if holds():
            return
        time.sleep(0.1)
    assert holds()


def test_another_callstep_is_mirrored_byte_for_byte(source, puller):
    fill(source, 3000)
    source.client.post([call("empty", detail=[]), call("bare", detail=None), call("long ago", start=int(time.time()) - 20 * 86400),
                        {**call("told"), "outcome": "voicemail", "talk": 7}, {**call("told, bare", detail=None), "outcome": "missed", "ended_by": "caller"}])
    key = puller.secret("source-key", source.client.key)
    puller.run(source.url, *FAST, "--since", "-30d", key_file=key, user=None)
    assert puller.export() == exported(source.store)
    assert "empty" in puller.export()
    told = {made["session_id"]: made for made in map(json.loads, puller.export().splitlines()) if "outcome" in made}
    assert told.keys() == {"told", "told, bare"} and told["told"]["talk"] == 7 and told["told, bare"]["ended_by"] == "caller"


def test_another_callstep_is_followed_without_windows(source, puller):
    fill(source, 300)
    key = puller.secret("source-key", source.client.key)
    process = puller.start(source.url, *FAST, "--follow", key_file=key, user=None)
    wait_until(lambda: puller.export() == exported(source.store))
    source.client.post([call(f"new{i}") for i in range(50)])
    wait_until(lambda: puller.export() == exported(source.store))
    process.kill()
    process.communicate()
    source.client.post([call(f"newer{i}") for i in range(30)] + [call("new7", detail=[step("Changed")])])
    windows = source.log.count("method=GET path=/v1/calls ")
    process = puller.start(source.url, *FAST, "--follow", key_file=key, user=None)
    wait_until(lambda: puller.export() == exported(source.store))
    assert source.log.count("method=GET path=/v1/calls ") == windows
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 0, process.stderr.read()


def test_following_goes_on_when_the_other_was_away(source, puller):
    key = puller.secret("source-key", source.client.key)
    process = puller.start(source.url, *FAST, "--follow", key_file=key, user=None)
    source.client.post([call("one")])
    wait_until(lambda: puller.sessions() == ["one"])
    address = source.address
    source.stop(signal.SIGKILL)
    done = callstep("import", "--data", source.store, "--quiet", "-", input=json.dumps(call("two")))
    assert done.returncode == 0
    again = Server(source.folder, "--listen", address)
    wait_until(lambda: puller.sessions() == ["one", "two"], 60)
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 0
    again.stop()


class Mirror:
    """A server that a follower sends the calls of @source to, in one of the ways that there are."""

    def __init__(self, folder, source, puller, way):
        folder.mkdir()
        self.server = Server(folder)
        self.client = Client(self.server, add_account(self.server.store))
        to_key, secret = puller.secret("mirror-key", self.client.key), puller.secret("source-key", source.client.key)
        spool, url = puller.folder / "mirror-spool", "http://" + self.server.address
        common = [source.url, "--secret-file", secret, "--to", url, "--key-file", to_key, "--spool", spool, *FAST]
        self.words = {"pull": [BINARY, "pull", *common, "--follow"], "collect": [BINARY, "collect", "fuse", *common]}[way]
        self.log = folder / "follower.log"
        self.start()

    def start(self):
        with open(self.log, "ab") as log:
            self.follower = subprocess.Popen(list(map(str, self.words)), stdout=log, stderr=log)

    def kill(self):
        self.follower.kill()
        self.follower.wait()

    def stop(self):
        self.kill()
        self.server.stop()
        assert "Sanitizer" not in self.log.read_text() + self.server.log

    def get(self, session):
        answer = self.client.get(f"/v1/calls/{session}")
        return answer.json if answer.status == 200 else None


@pytest.fixture(params=["pull", "collect"])
def mirror(request, source, puller, tmp_path):
    """Made by a test when its source is as it shall be found."""
    made = []

    def make():
        made.append(Mirror(tmp_path / "mirror", source, puller, request.param))
        return made[-1]

    yield make
    for each in made:
        each.stop()


def same_on(mirror, source, session):
    there = source.client.get(f"/v1/calls/{session}").json
    wait_until(lambda: mirror.get(session) == there)
    return there


def test_a_call_in_progress_is_seen_in_progress_on_the_mirror_and_ends_the_same(source, mirror):
    now = int(time.time())
    patch(source.client, "begun-before", start=now - 90, dest="1", src="2")
    add(source.client, "begun-before", [step("One", now - 90), step("Two", now - 89)])
    there = mirror()
    assert same_on(there, source, "begun-before")["state"] == "live"
    add(source.client, "begun-before", [step("Three", now - 80)])
    patch(source.client, "begun-meanwhile", start=now - 60, dest="3", src="4", type="outbound")
    add(source.client, "begun-meanwhile", [step(f"Step {i}", now - 60 + i) for i in range(20)])
    assert len(same_on(there, source, "begun-before")["detail"]) == 3
    assert same_on(there, source, "begun-meanwhile")["state"] == "live"
    # A sender corrects what it told, and then what it said of the call.
    add(source.client, "begun-meanwhile", [step("Another", now - 55)], place=5)
    assert len(same_on(there, source, "begun-meanwhile")["detail"]) == 6
    patch(source.client, "begun-meanwhile", dest="5", type="transfer")
    same_on(there, source, "begun-meanwhile")
    patch(source.client, "begun-before", state="ended")
    patch(source.client, "begun-meanwhile", end=now - 10)
    for session in ("begun-before", "begun-meanwhile"):
        assert same_on(there, source, session)["state"] == "ended"


def test_a_call_goes_on_when_the_follower_was_away(source, mirror):
    now = int(time.time())
    patch(source.client, "long", start=now - 90)
    patch(source.client, "over", start=now - 90)
    add(source.client, "over", [step("One", now - 90)])
    there = mirror()
    assert same_on(there, source, "over")["state"] == same_on(there, source, "long")["state"] == "live"
    there.kill()
    add(source.client, "long", [step(f"Step {i}", now - 80 + i) for i in range(5)])
    add(source.client, "long", [step("Instead", now - 79)], place=2)
    patch(source.client, "over", state="ended")
    patch(source.client, "new", start=now - 20)
    assert there.get("new") is None
    there.start()
    assert [len(same_on(there, source, session)["detail"]) for session in ("long", "over", "new")] == [3, 1, 0]
    assert [there.get(session)["state"] for session in ("long", "over", "new")] == ["live", "ended", "live"]


def test_calls_are_sent_to_a_third_callstep(vendor, puller, source, tmp_path):
    calls = made_calls(2500)
    vendor.calls = {each["session_id"]: each for each in calls}
    to_key = puller.secret("to-key", source.client.key)
    done = puller.run(vendor.url, *FAST, "--to", source.url, "--key-file", to_key)
    assert "took 2,500 calls (0 replaced), rejected 0" in done.stderr
    assert exported(source.store) == imported(tmp_path, calls)


def test_sending_waits_for_a_server_that_is_away(vendor, puller, source, tmp_path):
    calls = made_calls(50)
    vendor.calls = {each["session_id"]: each for each in calls}
    to_key = puller.secret("to-key", source.client.key)
    address = source.address
    source.stop(signal.SIGKILL)
    process = puller.start(vendor.url, "--pace", "100ms", "--to", "http://" + address, "--key-file", to_key)
    wait_until(lambda: len(vendor.paths()) > 0)
    again = Server(source.folder, "--listen", address)
    assert process.wait(60) == 0, process.stderr.read()
    assert exported(source.store) == imported(tmp_path, calls)
    again.stop()


def test_a_key_that_may_not_write_ends_it(vendor, puller, source):
    vendor.calls = {each["session_id"]: each for each in made_calls(3)}
    wrong = puller.secret("wrong", "no-such-key")
    done = puller.run(vendor.url, *FAST, "--to", source.url, "--key-file", wrong, status=1)
    assert "answers 401" in done.stderr and "look at --to and --key-file" in done.stderr
    to_key = puller.secret("to-key", source.client.key)
    puller.run(vendor.url, *FAST, "--to", source.url, "--key-file", to_key)
    assert len(exported(source.store).splitlines()) == 3
