# SPDX-License-Identifier: MIT
"""PHP-FPM behind nginx, over PostgreSQL."""
import os
import pwd
from pathlib import Path

from data import EMAIL
from process import Process, accepts, free_port, run
from sides.nginx import fill_in
from sides.postgres import KEY
from sides.side import Side

HERE = Path(__file__).with_name("php")
# Its name holds the version.
PROGRAM = str(max(Path("/usr/sbin").glob("php-fpm*"), default="php-fpm"))


class Php(Side):
    name = "PHP"

    def __init__(self, postgres, cpus=None):
        self.postgres, self.cpus = postgres, cpus
        super().__init__()

    def start(self):
        port, user = free_port(), pwd.getpwuid(os.geteuid()).pw_name
        socket = self.postgres.socket / "fpm"
        values = {"FOLDER": self.folder, "PORT": port, "USER": user, "SOCKET": socket, "SCRIPTS": HERE,
                  "DATABASE": f"host={self.postgres.socket} user=postgres dbname=postgres"}
        pool = fill_in(HERE / "fpm.conf", self.folder / "fpm.conf", **values)
        ini = fill_in(HERE / "php.ini", self.folder / "php.ini", **values)
        site = fill_in(HERE / "nginx.conf", self.folder / "nginx.conf", **values)
        as_root = ["-R"] if os.geteuid() == 0 else []
        fpm = Process([PROGRAM, "-F", *as_root, "-y", pool, "-c", ini], self.folder / "fpm.log", cpus=self.cpus)
        self.processes.append(fpm)
        fpm.wait_until(socket.exists)
        nginx = Process(["nginx", "-c", site, "-p", self.folder], self.folder / "log", cpus=self.cpus)
        self.processes.append(nginx)
        nginx.wait_until(lambda: accepts(port))
        self.address = f"127.0.0.1:{port}"
        self.headers = self.basic(EMAIL, KEY)

    def pids(self):
        return super().pids() + self.postgres.pids()

    def version(self):
        return run(PROGRAM, "-v").splitlines()[0] + "; " + run("sh", "-c", "nginx -v 2>&1").strip()

    def settings(self):
        found = []
        for name in ("fpm.conf", "php.ini", "nginx.conf"):
            lines = (line.strip() for line in (HERE / name).read_text().splitlines())
            found += [line for line in lines if line and "@" not in line and not line.startswith((";", "#", "[")) and line[-1] not in "{}"]
        return found
