# SPDX-License-Identifier: MIT
"""The server on a file system that is really full: what does not fit is refused with 507 and a clear error, reading goes on, and as soon as
there is room intake goes on by itself. Mounted in a mount namespace of the tests' own, which goes with them."""
import os
import random
import subprocess

import pytest

import trouble
from conftest import Client, Server, add_account, call, callstep
from stores import only_embedded

pytestmark = only_embedded("fills the disk that its folder lies on")

ROUNDS = trouble.rounds("CALLSTEP_FULL_ROUNDS", 3)
BALLAST = 4 << 20
DISK = 24 << 20


@pytest.fixture(scope="module")
def private_mounts():
    if trouble.enter_private_mounts() != 0:
        trouble.cannot("no private mount namespace here: needs root and CAP_SYS_ADMIN")


def make_tmpfs(folder):
    return trouble.mount("-t", "tmpfs", "-o", f"size={DISK}", "tmpfs", folder)


def make_ext4(folder):
    image = folder.parent / "image"
    with open(image, "wb") as file:
        file.truncate(DISK)
    made = subprocess.run(["mkfs.ext4", "-q", "-m", "0", str(image)], capture_output=True)
    return made.returncode == 0 and trouble.mount("-o", "loop", image, folder)


@pytest.fixture(params=["tmpfs", "ext4"])
def small_disk(request, tmp_path, private_mounts):
    folder = tmp_path / "disk"
    folder.mkdir()
    if request.param == "ext4" and not os.path.exists("/dev/loop-control"):
        pytest.skip("ext4: this machine has no loop devices; the same runs on tmpfs")
    if not (make_tmpfs if request.param == "tmpfs" else make_ext4)(folder):
        if request.param == "ext4":
            pytest.skip("ext4: cannot be mounted here; the same runs on tmpfs")
        trouble.cannot("tmpfs cannot be mounted here")
    yield folder
    subprocess.run(["umount", folder], check=True)


def write_ballast(disk, number):
    with open(disk / f"ballast{number}", "wb") as file:
        file.write(os.urandom(BALLAST))


def fill_up(disk):
    """Leaves no free byte."""
    with open(disk / "filler", "wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(1 << 16))
        except OSError:
            pass


QUESTIONS = ["/api/all_logs/0/99999999999?limit=5", "/api/calls/0/99999999999?limit=5", "/v1/calls?text=version1&limit=5",
             "/v1/stats?group=module", "/v1/dropoff", "/v1/account", "/readyz", "/healthz"]


def check_reading(client):
    for path in QUESTIONS:
        assert client.get(path).status == 200, path


def check_refusals(posters, server):
    """Each failure was 507, said so, and its cause is in the log."""
    failures = sum((poster.failures for poster in posters), start=type(posters[0].failures)())
    assert failures[507] > 0 and set(failures) <= {507}, failures
    for poster in posters:
        if poster.last_failure:
            assert "space" in poster.last_failure["detail"]
    assert "the disk is full" in server.log
    return failures[507]


def test_a_full_disk_is_told_reading_goes_on_and_intake_comes_back_by_itself(small_disk, tmp_path):
    for number in range(ROUNDS):
        write_ballast(small_disk, number)
    store = small_disk / "store"
    server = Server(tmp_path, "--api-detail-days", "ever", store=store)
    ledger, random_, refused = trouble.Ledger(), random.Random(7), 0
    try:
        client = Client(server, add_account(store))
        for number in range(ROUNDS):
            posters = trouble.start_posters(client, f"r{number}", number, random_, until_failure=True)
            for poster in posters:
                poster.join(240)
            trouble.stop_posters(posters, ledger)
            fill_up(small_disk)
            refused += check_refusals(posters, server)
            check_reading(client)
            trouble.check(client, ledger)
            (small_disk / "filler").unlink()
            (small_disk / f"ballast{number}").unlink()
        posters = trouble.start_posters(client, "last", ROUNDS, random_, count=1, sizes=(3,), batches_max=20)
        posters[0].join(60)
        trouble.stop_posters(posters, ledger)
        assert not posters[0].failures and len(posters[0].batches) == 20, "it does not take calls in though there is room"
        held = trouble.check(client, ledger)
    finally:
        status = server.stop()
    assert status == 0
    trouble.verify(store)
    trouble.figure("full disk", f"filled {ROUNDS} times, {refused} posts refused, {len(ledger.acked)} calls acknowledged, {held} held, 0 lost")


def test_a_server_that_starts_on_a_full_disk_says_so_or_answers(small_disk, tmp_path):
    store = small_disk / "store"
    key = add_account(store)
    server = Server(tmp_path, store=store)
    assert Client(server, key).post([call("a")]).status == 200
    assert server.stop() == 0
    fill_up(small_disk)
    try:
        server = Server(tmp_path, store=store)
    except RuntimeError as error:
        assert "the disk is full" in str(error) or "No space left" in str(error)
    else:
        assert Client(server, key).get("/api/calls/0/99999999999").json["total_calls"] == 1
        assert server.stop() == 0
    (small_disk / "filler").unlink()
    server = Server(tmp_path, store=store)
    assert Client(server, key).get("/api/calls/0/99999999999").json["total_calls"] == 1
    assert server.stop() == 0


def test_a_backup_onto_a_full_disk_is_refused_and_leaves_nothing(small_disk, tmp_path):
    store = tmp_path / "store"
    add_account(store)
    assert callstep("import", "--data", store, "--quiet", "-", input=trouble.ndjson_of("--calls", "50", "--seed", "1")).returncode == 0
    fill_up(small_disk)
    done = callstep("backup", "--data", store, small_disk / "copy")
    assert done.returncode == 1 and str(small_disk / "copy") in done.stderr
    assert "disk is full" in done.stderr or "No space left" in done.stderr
    assert not (small_disk / "copy/callstep.db").exists()
    (small_disk / "filler").unlink()
    assert callstep("backup", "--data", store, small_disk / "copy").returncode == 0
    trouble.verify(small_disk / "copy")
