# SPDX-License-Identifier: MIT
"""The unit of systemd that runs a collector: what it starts works with what its file of settings holds, and systemd finds nothing wrong with it."""
import os
import shlex
import subprocess

from units import Unit, analyze, installed

from .conftest import BINARY, PATIENCE_S, wait_for
from .exchange import recorded

UNIT = Unit("callstep-collect@.service")


def command(environment):
    """The words of ExecStart, as systemd makes them: `$NAME` alone is split at spaces, `${NAME}` is one word."""
    words = []
    for word in shlex.split(UNIT.one("Service", "ExecStart").replace("@bindir@/callstep", BINARY)):
        if word.startswith("${"):
            words.append(environment[word[2:-1]])
        else:
            words += environment[word[1:]].split() if word.startswith("$") else [word]
    return words


def test_what_it_starts_collects_with_its_settings_from_the_environment_alone(exchange, stub, tmp_path):
    played = exchange(recorded()[:600])
    environment = {"PATH": os.environ["PATH"], "STATE_DIRECTORY": str(tmp_path / "state"), "SOURCE": "asterisk", "CALLSTEP_TO": stub.url,
                   "CALLSTEP_KEY": stub.key, "CALLSTEP_HOST": f"127.0.0.1:{played.port}", "CALLSTEP_USER": "callstep", "CALLSTEP_SECRET": "secret",
                   **{name: value for name, value in os.environ.items() if name.endswith("SAN_OPTIONS")}}
    with open(tmp_path / "log", "wb") as log:
        process = subprocess.Popen(command(environment), env=environment, stdout=log, stderr=log)
    try:
        wait_for(lambda: stub.calls, "calls")
        assert (tmp_path / "state" / "lock").exists()
    finally:
        process.terminate()
        assert process.wait(PATIENCE_S) == 0, (tmp_path / "log").read_text()


def test_it_does_not_begin_again_where_its_settings_are_wrong(tmp_path):
    environment = {"PATH": os.environ["PATH"], "STATE_DIRECTORY": str(tmp_path), "SOURCE": "pigeon"}
    assert subprocess.run(command(environment), env=environment, capture_output=True).returncode == int(UNIT.one("Service", "RestartPreventExitStatus"))
    assert UNIT.one("Service", "Restart") == "always"


def test_it_may_do_nothing_but_what_it_needs():
    service = UNIT.lines("Service")
    for line in ("DynamicUser=yes", "NoNewPrivileges=yes", "ProtectSystem=strict", "ProtectHome=yes", "PrivateTmp=yes", "PrivateDevices=yes", "PrivateUsers=yes",
                 "CapabilityBoundingSet=", "MemoryDenyWriteExecute=yes", "RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX", "UMask=0077",
                 "StateDirectoryMode=0700", "SystemCallFilter=@system-service"):
        assert tuple(line.split("=", 1)) in service, line


def test_systemd_finds_nothing_wrong_with_it(tmp_path):
    done = analyze("verify", "--man=no", UNIT.at(tmp_path, "pbx1"))
    assert [line for line in done.stderr.splitlines() if "callstep-collect" in line] == []


def test_it_is_installed():
    assert any(path.endswith("/lib/systemd/system/callstep-collect@.service") for path in installed(BINARY))
