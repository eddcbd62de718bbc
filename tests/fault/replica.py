# SPDX-License-Identifier: MIT
"""A second PostgreSQL that follows a first one, made by pg_basebackup, and takes its place."""
import os
import shutil
import tempfile
import urllib.parse
from pathlib import Path

from postgres import SETTINGS, USER, Cluster, programs, unprivileged

# What the first one has to be started with.
PRIMARY = {"fsync": "on", "wal_level": "replica", "max_wal_senders": "4", "hot_standby": "on"}


class Replica(Cluster):
    """Follows @primary, which waits for it with each commit from now on."""

    def __init__(self, primary):
        self.folder = Path(tempfile.mkdtemp(prefix="callstep-pg-", dir="/tmp"))
        self.before, user = unprivileged()
        self.settings = {**SETTINGS, **PRIMARY}
        self.process = None
        self.schemas = 0
        self.folder.chmod(0o755)
        if user:
            os.chown(self.folder, user.pw_uid, user.pw_gid)
        try:
            self.run(programs() / "pg_basebackup", "-h", primary.folder, "-U", USER, "-D", self.data, "-R", "-X", "stream", "-c", "fast", "--no-sync")
            self.data.chmod(0o700)
            self.start()
            primary.sql("alter system set synchronous_standby_names = '*'; select pg_reload_conf()", separately=True)
            while primary.sql("select count(*) from pg_stat_replication where sync_state = 'sync'") != "1":
                pass
        except BaseException:
            self.stop()
            shutil.rmtree(self.folder, ignore_errors=True)
            raise

    def promote(self):
        self.sql("select pg_promote()")


def location_of_both(primary, replica, schema):
    """What servers are given: whichever of the two takes writes."""
    options = urllib.parse.quote("-csearch_path=" + schema)
    return f"postgresql:///postgres?host={primary.folder},{replica.folder}&user={USER}&target_session_attrs=read-write&options={options}"
