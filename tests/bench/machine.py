# SPDX-License-Identifier: MIT
"""What the figures were measured on: the machine, the versions, the commit."""
import os
import platform
import re
import subprocess
from datetime import datetime, timezone
from pathlib import Path

from paths import ROOT

CORES = len(os.sched_getaffinity(0))    # that this program may use


def output(*command):
    try:
        done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    except FileNotFoundError:
        return ""
    return (done.stdout + done.stderr).strip()


def processor():
    text = Path("/proc/cpuinfo").read_text()
    found = re.search(r"model name\s*:\s*(.*)", text)
    return found.group(1) if found else platform.machine()


def memory_gb():
    kb = int(re.search(r"MemTotal:\s+(\d+)", Path("/proc/meminfo").read_text()).group(1))
    return round(kb / 1024 / 1024)


def system():
    found = re.search(r'PRETTY_NAME="(.*)"', Path("/etc/os-release").read_text())
    return f"{found.group(1) if found else 'Linux'}, Linux {platform.release()}"


def commit():
    """The commit, with a + where the working copy differs from it in what is measured or measures."""
    changed = output("git", "status", "--porcelain", "--", "src", "tests/bench", "meson.build")
    return output("git", "rev-parse", "--short", "HEAD") + ("+" if changed else "")


def facts():
    return {
        "date": datetime.now(timezone.utc).strftime("%Y-%m-%d %H:%M UTC"),
        "commit": commit(),
        "cores": CORES,
        "processor": processor(),
        "memory_gb": memory_gb(),
        "system": system(),
        "load_before": round(os.getloadavg()[0], 2),
    }
