# SPDX-License-Identifier: MIT
"""The vendor's PHP sample, changed only in address, credentials and its missing quote."""
import os
import subprocess
import time
from pathlib import Path

from conftest import call

SAMPLE = Path(__file__).with_name("sample.php")


def run(client):
    environment = {**os.environ, "EMAIL": client.email, "KEY": client.key, "ADDRESS": "http://" + client.server.address,
                   "TZ": "UTC"}
    return subprocess.run(["php", "-d", "date.timezone=UTC", SAMPLE], env=environment, capture_output=True, text=True, timeout=60).stdout


def test_the_php_sample_gets_the_calls_of_its_number(client):
    midnight = int(time.time()) // 86400 * 86400
    client.post([call("wanted", start=midnight - 3600, dest="6177123000"), call("other", start=midnight - 3600, dest="1"),
                 call("today", start=midnight, dest="6177123000")])
    out = run(client)
    assert "int(200)" in out and '"session_id":"wanted"' in out and '"total_calls":1}' in out
    assert "other" not in out and "today" not in out


def test_the_php_sample_sees_404_and_401(client):
    assert "int(404)" in run(client)
    client.key = "wrong"
    assert "int(401)" in run(client)
