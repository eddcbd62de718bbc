# SPDX-License-Identifier: MIT
"""PostgreSQL as its own cluster, apart from the system's."""
import hashlib
import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

import data
from paths import DATA, ROOT
from process import Process, as_user, run
from sides.rows import copy_row
from sides.side import Side

HERE = Path(__file__).with_name("postgres")
SCHEMA = ROOT / "src/store/postgres/schema"
# The newest that is installed; a folder for each version is Debian's way.
PROGRAMS = max(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda place: float(place.parent.name), default=Path("/usr/lib/postgresql"))
USER = "postgres"
KEY = "the-key-of-the-benchmark"


class Postgres(Side):
    """@cluster: a folder that make_cluster() made, or that kept() keeps."""

    def __init__(self, cluster, name="PostgreSQL", cpus=None, options=()):
        self.name, self.cluster, self.cpus, self.options = name, Path(cluster), cpus, options
        super().__init__()

    def start(self):
        # A socket's path may have 107 bytes only: it lies in a folder with a short name.
        self.socket = Path(tempfile.mkdtemp(prefix="callstep-bench-pg-"))
        give(self.socket)
        self.socket.chmod(0o755)
        options = [word for option in (f"unix_socket_directories={self.socket}", *self.options) for word in ("-c", option)]
        process = Process([PROGRAMS / "postgres", "-D", self.cluster, *options], self.folder / "log", stop_by=signal.SIGINT,
                          user=USER if os.geteuid() == 0 else None, cpus=self.cpus, cwd="/")
        self.processes.append(process)
        process.wait_until(lambda: subprocess.run([PROGRAMS / "pg_isready", "-q", "-h", self.socket]).returncode == 0)

    def stop(self):
        super().stop()
        shutil.rmtree(self.socket, ignore_errors=True)

    def command(self, *more):
        return [str(PROGRAMS / "psql"), "-X", "-q", "-v", "ON_ERROR_STOP=1", "-h", str(self.socket), "-U", USER, "-d", "postgres", *map(str, more)]

    def sql(self, text):
        return run(*self.command("-At", "-c", text)).strip()

    def rows(self, text):
        return [line.split("|") for line in self.sql(text).splitlines()]

    def location(self, database="postgres"):
        """Where callstep finds its store."""
        return f"postgresql:///{database}?host={self.socket}&user={USER}"

    def script(self, name):
        run(*self.command("-f", HERE / name))

    def load(self, lines):
        """COPY of generated lines (bytes), turned into rows on the way."""
        with subprocess.Popen(self.command("-c", "copy call from stdin"), stdin=subprocess.PIPE) as psql:
            for line in lines:
                psql.stdin.write(copy_row(line))
        if psql.returncode != 0:
            raise RuntimeError("COPY failed")

    def version(self):
        return run(PROGRAMS / "postgres", "--version").strip()

    def settings(self):
        return [line for line in (HERE / "settings.conf").read_text().splitlines() if line and not line.startswith("#")]


def give(folder):
    """The folder to PostgreSQL's account: the server refuses to run as root."""
    if os.geteuid() == 0:
        shutil.chown(folder, USER, USER)


def make_cluster(folder):
    """An empty cluster with our settings and the tables."""
    folder.mkdir(parents=True)
    give(folder)
    run(PROGRAMS / "initdb", "-D", folder, "-U", USER, "-A", "trust", "--encoding=UTF8", "--locale=C", "--no-instructions",
        cwd="/", **as_user(USER))
    with open(folder / "postgresql.conf", "a") as config:
        config.write((HERE / "settings.conf").read_text())


def fill(server, lines):
    server.script("schema.sql")
    digest = hashlib.sha256(KEY.encode()).hexdigest()
    server.sql(f"insert into account (email) values ('{data.EMAIL}'); insert into key values ('{digest}', 1)")
    with open(lines, "rb") as source:
        server.load(source)


def digest_of(files, *more):
    return hashlib.sha256(b"".join(path.read_bytes() for path in sorted(files)) + "".join(map(str, more)).encode()).hexdigest()[:12]


def kept_for_callstep(binary, lines, calls, seed):
    """A folder with a cluster that is callstep's store of the calls of the file @lines, and its key in the file `key`; made where it is not there."""
    made = digest_of([HERE / "settings.conf", *SCHEMA.iterdir()], lines, data.fingerprint(binary))

    def make(folder):
        folder.chmod(0o755)
        make_cluster(folder / "cluster")
        with Postgres(folder / "cluster", "PostgreSQL being filled") as server:
            (folder / "key").write_text(data.add_account(binary, server.location()))
            run(binary, "import", "--data", server.location(), "--quiet", lines)
            server.sql("vacuum (freeze, analyze)")
            server.sql("checkpoint")
    return data.make_whole(DATA / f"callstep-postgres-{calls}-{seed}-{made}", make)


def kept(lines, calls, seed):
    """A cluster with the calls of the file @lines and all indices, vacuumed; made where it is not there."""
    made = digest_of(HERE.iterdir(), lines)

    def make(folder):
        folder.chmod(0o755)
        make_cluster(folder / "cluster")
        with Postgres(folder / "cluster", "PostgreSQL being filled") as server:
            fill(server, lines)
            server.script("indices.sql")
            server.script("words.sql")
            server.sql("vacuum (freeze, analyze) call")
            server.sql("checkpoint")
    return data.make_whole(DATA / f"postgres-{calls}-{seed}-{made}", make) / "cluster"
