# SPDX-License-Identifier: MIT
"""Units of systemd, read as systemd reads them, and looked at by systemd-analyze where that is installed."""
import json
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


class Unit:
    """`systemd/NAME.in`, or `systemd/NAME`."""

    def __init__(self, name):
        self.name = name
        made = ROOT / "systemd" / f"{name}.in"
        self.text = (made if made.exists() else ROOT / "systemd" / name).read_text()

    def lines(self, section):
        """The lines of a section, in their order: a name may come several times."""
        lines, found = [], False
        for line in self.text.splitlines():
            if line.startswith("["):
                found = line == f"[{section}]"
            elif found and line and not line.startswith("#"):
                lines.append(tuple(line.split("=", 1)))
        return lines

    def one(self, section, name):
        [value] = [value for each, value in self.lines(section) if each == name]
        return value

    def at(self, folder, instance=""):
        """The unit in @folder, starting a program that does nothing."""
        program = folder / "callstep"
        program.write_text("#!/bin/sh\n")
        program.chmod(0o755)
        path = folder / self.name
        path.write_text(self.text.replace("@bindir@", str(folder)))
        return folder / self.name.replace("@", f"@{instance}")


def analyze(*arguments):
    """What `systemd-analyze` says."""
    if not shutil.which("systemd-analyze"):
        pytest.skip("systemd-analyze is not installed")
    return subprocess.run(["systemd-analyze", *map(str, arguments)], capture_output=True, text=True)


def installed(binary):
    """Where `meson install` puts files."""
    build = Path(binary).parent
    if not (build / "meson-info").is_dir():
        pytest.skip("the program is not in a build folder")
    shown = subprocess.run(["meson", "introspect", "--installed", build], capture_output=True, text=True, check=True).stdout
    return list(json.loads(shown).values())
