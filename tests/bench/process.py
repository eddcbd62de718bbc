# SPDX-License-Identifier: MIT
"""Processes that the benchmark starts: each stops by its own id, at the end, at a failure, at Ctrl-C, and when the benchmark is killed."""
import os
import signal
import socket
import subprocess
import time
from pathlib import Path

STOP_SECONDS = 20


class Process:
    """One server in the foreground of its own session, writing to a log."""

    def __init__(self, command, log, stop_by=signal.SIGTERM, user=None, cpus=None, **more):
        before = ["setpriv", "--pdeathsig", signal.Signals(stop_by).name[3:]]
        if user:
            before += [f"--reuid={user}", f"--regid={user}", "--init-groups"]
        if cpus:
            before = ["taskset", "-c", cpus] + before
        self.log, self.stop_by = Path(log), stop_by
        self.child = subprocess.Popen([*before, *map(str, command)], stdin=subprocess.DEVNULL, stdout=open(log, "w"),
                                      stderr=subprocess.STDOUT, start_new_session=True, **more)
        self.pid = self.child.pid

    def wait_until(self, ready, seconds=30):
        """Waits until ready() is true; fails with the log when the process ends or time is up."""
        end = time.monotonic() + seconds
        while time.monotonic() < end and self.child.poll() is None:
            found = ready()
            if found:
                return found
            time.sleep(0.02)
        self.stop()
        raise RuntimeError(f"{self.child.args} did not start:\n{self.log.read_text()[-3000:]}")

    def stop(self):
        if self.child.poll() is not None:
            return
        self.child.send_signal(self.stop_by)
        try:
            self.child.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()

    def tree(self):
        """The ids of the process and all below it."""
        return descendants(self.pid)


def descendants(pid):
    parents = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                stat = (folder / "stat").read_text()
            except OSError:
                continue
            parents.setdefault(int(stat.rpartition(")")[2].split()[1]), []).append(int(folder.name))
    found = [pid]
    for one in found:
        found += parents.get(one, [])
    return found


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def accepts(port):
    with socket.socket() as one:
        return one.connect_ex(("127.0.0.1", port)) == 0


def run(*command, **more):
    """Runs a command to its end; its output goes into the exception when it fails."""
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, **more)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, command))} failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return done.stdout


def as_user(name):
    """What subprocess needs to run as the account @name; nothing where we are not root."""
    return {"user": name, "group": name, "extra_groups": []} if os.geteuid() == 0 else {}


def memory(pids):
    """Bytes of memory of the processes together: shared pages counted once (PSS), and those not shared (anonymous)."""
    total = {"pss": 0, "anonymous": 0}
    for pid in pids:
        try:
            text = Path(f"/proc/{pid}/smaps_rollup").read_text()
        except OSError:
            continue
        for line in text.splitlines():
            if line.startswith("Pss:"):
                total["pss"] += int(line.split()[1]) * 1024
            elif line.startswith("Pss_Anon:"):
                total["anonymous"] += int(line.split()[1]) * 1024
    return total


def cpu_seconds(pids):
    """CPU time of the processes together, what the system did for them included."""
    fields = [Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split() for pid in pids]
    return sum(int(one[11]) + int(one[12]) for one in fields) / os.sysconf("SC_CLK_TCK")


def user_seconds(pids):
    """CPU time of the processes together in their own code, not the system's."""
    fields = [Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split() for pid in pids]
    return sum(int(one[11]) for one in fields) / os.sysconf("SC_CLK_TCK")
