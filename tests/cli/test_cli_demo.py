# SPDX-License-Identifier: MIT
"""scripts/demo with the program that is tested: what it says, the calls that it plays, and that nothing of it is left."""
import os
import re
import signal
import socket
import subprocess
import time
from pathlib import Path

import pytest
from stores import only_embedded

from .conftest import BINARY, ROOT

pytestmark = only_embedded("the demo makes a store in a folder")
PATIENCE_S = int(os.environ.get("CALLSTEP_PATIENCE", "60"))


def environment(folder, listen):
    return {**os.environ, "CALLSTEP_BIN": str(Path(BINARY).resolve()), "CALLSTEP_DEMO": str(folder), "CALLSTEP_LISTEN": listen}


def processes_of(folder):
    """The command lines of processes that have the folder in them."""
    found = []
    for each in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            command = each.read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
        except OSError:
            continue
        if str(folder) in command:
            found.append(command)
    return found


def heed_sigint():
    """A shell runs what is in the background with SIGINT ignored, and no trap changes that."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.fixture
def demo(tmp_path):
    """The running demo, its folder, and what it printed."""
    folder = tmp_path / "demo"
    process = subprocess.Popen([ROOT / "scripts" / "demo"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                               env=environment(folder, "127.0.0.1:0"), preexec_fn=heed_sigint)
    printed = []
    for line in process.stdout:
        printed.append(line)
        if "Ctrl-C" in line:
            break
    yield process, folder, "".join(printed)
    if process.poll() is None:
        process.terminate()
        process.wait(PATIENCE_S)


def sessions(folder, *filters):
    listed = subprocess.run([BINARY, "calls", "--data", folder, "--limit", "1000", *filters], capture_output=True, text=True, check=True).stdout
    return re.findall(r"\brecording-\d+\.\d+", listed)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_calls_happen_are_said_to_be_a_recording_and_all_of_it_ends(demo, number):
    process, folder, printed = demo
    assert "These calls are a recording" in printed and "/#/live" in printed
    until = time.monotonic() + PATIENCE_S
    while not (sessions(folder, "--state", "live") and sessions(folder, "--state", "ended")):
        assert process.poll() is None and time.monotonic() < until, [log.read_text() for log in folder.glob("*log")]
        time.sleep(0.1)
    assert len(processes_of(folder)) >= 3
    process.send_signal(number)
    assert process.wait(PATIENCE_S) == 0
    assert processes_of(folder) == []


def test_an_address_that_is_taken_is_said_before_anything_is_made(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        listen = f"127.0.0.1:{taken.getsockname()[1]}"
        done = subprocess.run([ROOT / "scripts" / "demo"], capture_output=True, text=True, env=environment(tmp_path / "demo", listen), timeout=PATIENCE_S)
    assert done.returncode == 1
    assert f"another program listens at {listen} already" in done.stderr and "CALLSTEP_LISTEN=" in done.stderr
    assert not (tmp_path / "demo").exists()


def test_a_folder_that_is_there_is_left_alone(tmp_path):
    (tmp_path / "mine").write_text("mine")
    done = subprocess.run([ROOT / "scripts" / "demo"], capture_output=True, text=True, env=environment(tmp_path, "127.0.0.1:0"), timeout=PATIENCE_S)
    assert done.returncode != 0 and (tmp_path / "mine").read_text() == "mine"
