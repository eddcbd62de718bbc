# SPDX-License-Identifier: MIT
"""Node with fastify and pg, over PostgreSQL."""
import json
import os
import shutil
from pathlib import Path

from data import EMAIL
from paths import BUILD
from process import Process, accepts, free_port, run
from sides.postgres import KEY
from sides.side import Side

HERE = Path(__file__).with_name("node")


def install():
    """The packages of the lock file, beside a copy of the program."""
    folder = BUILD / "node"
    folder.mkdir(parents=True, exist_ok=True)
    lock = HERE / "package-lock.json"
    fresh = (folder / lock.name).exists() and (folder / lock.name).read_bytes() == lock.read_bytes() and (folder / "node_modules").exists()
    for path in HERE.iterdir():
        if path.is_file():
            shutil.copy(path, folder)
    if not fresh:
        run("npm", "ci", "--no-audit", "--no-fund", cwd=folder)
    return folder


class Node(Side):
    name = "Node"

    def __init__(self, postgres, cpus=None):
        self.postgres, self.cpus = postgres, cpus
        super().__init__()

    def start(self):
        self.program = install()
        port = free_port()
        environment = {**os.environ, "NODE_ENV": "production", "PORT": str(port), "PGHOST": str(self.postgres.socket),
                       "PGUSER": "postgres", "PGDATABASE": "postgres", "UV_THREADPOOL_SIZE": "4"}
        process = Process(["node", "server.js"], self.folder / "log", cpus=self.cpus, cwd=self.program, env=environment)
        self.processes.append(process)
        process.wait_until(lambda: accepts(port))
        self.address = f"127.0.0.1:{port}"
        self.headers = self.basic(EMAIL, KEY)

    def pids(self):
        return super().pids() + self.postgres.pids()

    def version(self):
        packages = json.loads((HERE / "package-lock.json").read_text())["packages"]
        return f"Node {run('node', '--version').strip()}, " + ", ".join(
            f"{name} {packages['node_modules/' + name]['version']}" for name in ("fastify", "pg"))

    def settings(self):
        return ["a process a core (cluster)", "NODE_ENV=production", "UV_THREADPOOL_SIZE=4", "8 pooled connections a process"]
