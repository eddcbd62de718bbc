# SPDX-License-Identifier: MIT
"""A separate PostgreSQL for tests: a new cluster in a temporary folder, reached by a Unix socket there and by nothing else.

As a program it runs another one with a cluster at its side: tests/postgres.py PROGRAM [ARGUMENT]… finds its location in
CALLSTEP_TEST_POSTGRES.
"""
import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.parse
from pathlib import Path

START_SECONDS = 60
STOP_SECONDS = 30
USER = "callstep"

# What is lost when the machine stops is a test's: it need not wait for the disk.
SETTINGS = {
    "listen_addresses": "",
    "max_connections": "200",
    "shared_buffers": "64MB",
    "fsync": "off",
    "autovacuum_naptime": "5s",
    "log_min_messages": "fatal",
}


def programs():
    """Where initdb and postgres are."""
    places = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda place: float(place.parent.name), reverse=True)
    for place in places:
        if (place / "postgres").exists():
            return place
    found = shutil.which("postgres")
    if not found:
        raise RuntimeError("PostgreSQL is not installed: run scripts/setup --tests")
    return Path(found).parent


def unprivileged():
    """PostgreSQL refuses to run as root: what setpriv is told for its programs, and whose the folder has to be."""
    if os.geteuid() != 0:
        return [], None
    for name in ("postgres", "nobody"):
        try:
            user = pwd.getpwnam(name)
        except KeyError:
            continue
        return [f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"], user
    raise RuntimeError("there is no user 'postgres' or 'nobody' for PostgreSQL to run as")


def run_sql(location, text, separately=False):
    """What psql prints, unaligned. All of it is one transaction unless it is run separately."""
    how = {"input": text} if separately else {"stdin": subprocess.DEVNULL}
    done = subprocess.run([programs() / "psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", location,
                           *([] if separately else ["-c", text])], capture_output=True, text=True, **how)
    if done.returncode != 0:
        raise RuntimeError(done.stderr)
    return done.stdout.strip()


# Tables and indices in the store's schema, and where their large values lie.
RELATIONS = """with own as (select oid, reltoastrelid from pg_class where relnamespace = current_schema()::regnamespace),
    toast as (select reltoastrelid as oid from own where reltoastrelid <> 0
        union select i.indexrelid from own join pg_index i on i.indrelid = reltoastrelid)
    select pg_relation_filepath(oid) from (select oid from own union select oid from toast) files
    where pg_relation_filepath(oid) is not null"""

SAMPLES = """select concat_ws(' ', most_common_vals::text, histogram_bounds::text, most_common_elems::text) from pg_stats
    where schemaname = current_schema()"""


class Cluster:
    """Starts at once; stop() ends it by its own id and removes its folder."""

    def __init__(self, **settings):
        self.folder = Path(tempfile.mkdtemp(prefix="callstep-pg-", dir="/tmp"))  # a socket's path has to be short
        self.before, user = unprivileged()
        self.settings = {**SETTINGS, **settings}
        self.process = None
        self.schemas = 0
        self.folder.chmod(0o755)
        if user:
            os.chown(self.folder, user.pw_uid, user.pw_gid)
        try:
            self.make()
            self.start()
        except BaseException:
            self.stop()
            raise

    def make(self):
        self.run(programs() / "initdb", "-D", self.data, "-U", USER, "-A", "trust", "--encoding=UTF8", "--locale=C.UTF-8",
                 "--no-sync", "--no-instructions")

    @property
    def data(self):
        return self.folder / "data"

    def run(self, *command):
        done = subprocess.run(["setpriv", *self.before, "--", *map(str, command)], capture_output=True, text=True, cwd="/")
        if done.returncode != 0:
            raise RuntimeError(f"{command[0]}: {done.stderr[-2000:]}")

    def start(self):
        options = [word for name, value in self.settings.items() for word in ("-c", f"{name}={value}")]
        log = open(self.folder / "log", "ab")
        self.process = subprocess.Popen(
            ["setpriv", "--pdeathsig=QUIT", *self.before, "--", str(programs() / "postgres"), "-D", str(self.data), "-k", str(self.folder), *options],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/", start_new_session=True)
        log.close()
        self.wait()

    def wait(self):
        """Until it answers: after a start, or when it recovers by itself."""
        deadline = time.monotonic() + START_SECONDS
        while not self.answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("PostgreSQL did not start: " + (self.folder / "log").read_text()[-2000:])
            time.sleep(0.02)

    def answers(self):
        return subprocess.run([programs() / "pg_isready", "-q", "-h", self.folder], check=False).returncode == 0

    def signal(self, number):
        """Ends the server as said: SIGINT in order, SIGQUIT at once, SIGKILL like a crash; its folder stays."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(number)
        if self.process:
            self.process.wait(STOP_SECONDS)

    def stop(self):
        try:
            self.signal(signal.SIGINT)
        except subprocess.TimeoutExpired:
            self.signal(signal.SIGQUIT)
        shutil.rmtree(self.folder, ignore_errors=True)

    def sql(self, text, schema=None, separately=False):
        return run_sql(self.location(schema), text, separately)

    def location(self, schema=None, database="postgres"):
        options = f"&options={urllib.parse.quote('-csearch_path=' + schema)}" if schema else ""
        return f"postgresql:///{database}?host={self.folder}&user={USER}{options}"

    def new_store(self):
        """The location of a store that is not there yet, in its own schema."""
        self.schemas += 1
        schema = f"store{self.schemas}"
        self.sql(f"create schema {schema}")
        return self.location(schema)

    def files_of(self, location):
        """What lies in the files of a store's tables and their indices, by their names, and what the planner noted."""
        run_sql(location, "checkpoint")
        files = {name: (self.data / name).read_bytes() for name in run_sql(location, RELATIONS).splitlines()}
        return {**files, "samples": run_sql(location, SAMPLES).encode()}

    def __enter__(self):
        return self

    def __exit__(self, *failure):
        self.stop()


class Psql:
    """A connection that others have."""

    def __init__(self, location):
        self.process = subprocess.Popen([programs() / "psql", "-X", "-q", "-A", "-t", "-d", location], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)

    def run(self, sql):
        """False when there is no connection."""
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.write(f"{sql};\nselect 'done';\n")
            self.process.stdin.flush()
        line = self.process.stdout.readline()
        while line and line.strip() != "done":
            line = self.process.stdout.readline()
        return line != ""

    def close(self):
        self.process.kill()
        self.process.communicate()


def main():
    with Cluster() as cluster:
        done = subprocess.run(sys.argv[1:], env={**os.environ, "CALLSTEP_TEST_POSTGRES": cluster.location()})
    sys.exit(done.returncode if done.returncode >= 0 else 128 - done.returncode)


if __name__ == "__main__":
    main()
