# SPDX-License-Identifier: MIT
"""The spool's disk is really full: the exchange is disconnected, the gap is told, and all goes on by itself when there is room."""
import ctypes
import subprocess

import pytest

from .conftest import asterisk, is_gap, wait_for

CLONE_NEWNS, MS_REC_PRIVATE = 0x20000, 0x44000
DISK = 16 << 20


@pytest.fixture
def spool(tmp_path):
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNS) != 0 or libc.mount(b"none", b"/", None, ctypes.c_ulong(MS_REC_PRIVATE), None) != 0:
        pytest.skip("no private mount namespace here: needs root and CAP_SYS_ADMIN")
    folder = tmp_path / "spool"
    folder.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK}", "tmpfs", folder]).returncode != 0:
        pytest.skip("tmpfs cannot be mounted here")
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)


def test_a_full_disk_is_told_and_nothing_is_left_without_an_end(collect, exchange, stub, tmp_path, spool):
    played = exchange(speed=600)
    collector = collect(*asterisk(played, tmp_path))
    wait_for(lambda: any(call.state == "live" for call in stub.calls.values()), "calls that are up")
    filler = spool / "filler"
    with open(filler, "wb", buffering=0) as file:
        try:
            while file.write(bytes(4096)):
                pass
        except OSError:
            pass
    wait_for(lambda: "spool-full" in collector.said(), "the disk to be full")
    filler.unlink()
    wait_for(lambda: "spool-has-room" in collector.said(), "the collector to go on")
    wait_for(played.done.is_set, "the stream")
    up = {fields["linkedid"] for fields in played.up().values()}
    wait_for(lambda: all((call.state == "live") == (session in up) for session, call in stub.calls.items()), "all to end but what is up")
    assert any(is_gap(step) and "the spool was full" in step["event"]["line"] for call in stub.calls.values() for step in call.steps)
    assert not (spool / "rejected.ndjson").exists()
