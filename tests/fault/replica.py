# SPDX-License-Identifier: MIT
"""A second PostgreSQL that follows a first one, made by pg_basebackup, and takes its place."""
import urllib.parse

from postgres import USER, Cluster, programs

# What the first one has to be started with.
PRIMARY = {"fsync": "on", "wal_level": "replica", "max_wal_senders": "4", "hot_standby": "on"}


class Replica(Cluster):
    """Follows @primary, which waits for it with each commit from now on."""

    def __init__(self, primary):
        self.primary = primary
        super().__init__(**PRIMARY)
        try:
            primary.sql("alter system set synchronous_standby_names = '*'; select pg_reload_conf()", separately=True)
            while primary.sql("select count(*) from pg_stat_replication where sync_state = 'sync'") != "1":
                pass
        except BaseException:
            self.stop()
            raise

    def make(self):
        self.run(programs() / "pg_basebackup", "-h", self.primary.folder, "-U", USER, "-D", self.data, "-R", "-X", "stream", "-c", "fast", "--no-sync")
        self.data.chmod(0o700)

    def promote(self):
        self.sql("select pg_promote()")


def location_of_both(primary, replica, schema):
    """What servers are given: whichever of the two takes writes."""
    options = urllib.parse.quote("-csearch_path=" + schema)
    return f"postgresql:///postgres?host={primary.folder},{replica.folder}&user={USER}&target_session_attrs=read-write&options={options}"
