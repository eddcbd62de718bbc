# SPDX-License-Identifier: MIT
"""The unit of systemd that runs a collector: what it starts works with what its file of settings holds, and systemd finds nothing wrong with it."""
import json
import os
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from .conftest import BINARY, PATIENCE_S, ROOT, wait_for
from .exchange import recorded

UNIT = ROOT / "systemd" / "callstep-collect@.service.in"


def settings_of(section):
    """The lines of a section, in their order: a name may come several times."""
    lines, found = [], False
    for line in UNIT.read_text().splitlines():
        if line.startswith("["):
            found = line == f"[{section}]"
        elif found and line and not line.startswith("#"):
            lines.append(tuple(line.split("=", 1)))
    return lines


def one(section, name):
    [value] = [value for each, value in settings_of(section) if each == name]
    return value


def command(environment):
    """The words of ExecStart, as systemd makes them: `$NAME` alone is split at spaces, `${NAME}` is one word."""
    words = []
    for word in shlex.split(one("Service", "ExecStart").replace("@bindir@/callstep", BINARY)):
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
    assert subprocess.run(command(environment), env=environment, capture_output=True).returncode == int(one("Service", "RestartPreventExitStatus"))
    assert one("Service", "Restart") == "always"


def test_it_may_do_nothing_but_what_it_needs():
    service = settings_of("Service")
    for line in ("DynamicUser=yes", "NoNewPrivileges=yes", "ProtectSystem=strict", "ProtectHome=yes", "PrivateTmp=yes", "PrivateDevices=yes", "PrivateUsers=yes",
                 "CapabilityBoundingSet=", "MemoryDenyWriteExecute=yes", "RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX", "UMask=0077",
                 "StateDirectoryMode=0700", "SystemCallFilter=@system-service"):
        assert tuple(line.split("=", 1)) in service, line


def test_systemd_finds_nothing_wrong_with_it(tmp_path):
    if not shutil.which("systemd-analyze"):
        pytest.skip("systemd-analyze is not installed")
    program = tmp_path / "callstep"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    unit = tmp_path / "callstep-collect@.service"
    unit.write_text(UNIT.read_text().replace("@bindir@", str(tmp_path)))
    done = subprocess.run(["systemd-analyze", "verify", "--man=no", tmp_path / "callstep-collect@pbx1.service"], capture_output=True, text=True)
    assert [line for line in done.stderr.splitlines() if "callstep-collect" in line] == [] and unit.exists()


def test_it_is_installed():
    build = Path(BINARY).parent
    if not (build / "meson-info").is_dir():
        pytest.skip("the program is not in a build folder")
    installed = json.loads(subprocess.run(["meson", "introspect", "--installed", build], capture_output=True, text=True, check=True).stdout)
    assert any(path.endswith("/lib/systemd/system/callstep-collect@.service") for path in installed.values())
