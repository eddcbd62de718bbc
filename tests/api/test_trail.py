# SPDX-License-Identifier: MIT
"""What the audit trail says, and when it is on the disk: also when the server is killed, and when clients go in the middle."""
import http.client
import json
import signal
import time

import pytest

from conftest import Client, add_account, call, callstep
from stores import run_sql
from test_ending import Upload

WAIT_S = 10  # a second is promised; a machine that does much else is given more


def count(server, what, where):
    """A whole number from the trail as it lies in the store."""
    return int(run_sql(server.store, f"select coalesce({what}, -1) from audit where {where}")[0][0])


def wait_for(get, wanted):
    deadline = time.monotonic() + WAIT_S
    while (got := get()) != wanted and time.monotonic() < deadline:
        time.sleep(0.05)
    return got


@pytest.mark.parametrize("emails", [1, 2, 200])
def test_wrong_keys_are_on_the_disk_within_a_second_and_outlast_a_kill(start_server, emails):
    server = start_server("--log-requests=no")
    client = Client(server, add_account(server.store))
    connection = http.client.HTTPConnection(server.address, timeout=60)
    for i in range(2000):
        connection.request("GET", "/v1/account", headers={"Authorization": client.basic(f"{i % emails}@example.com", "wrong")})
        connection.getresponse().read()
    times = wait_for(lambda: count(server, "sum(times)", "action = 'sign-in'"), 2000)
    server.stop(signal.SIGKILL)
    assert times == count(server, "sum(times)", "action = 'sign-in'") == 2000
    seconds = 1 + count(server, "max(time) - min(time)", "action = 'sign-in'")
    assert count(server, "count(*)", "action = 'sign-in'") <= min(emails, 80) + 2 * (seconds + 1)
    assert callstep("verify", "--data", server.store).returncode == 0


def test_an_upload_that_is_cut_off_is_recorded_with_the_calls_that_it_stored(start_server):
    server = start_server()
    client = Client(server, add_account(server.store))
    upload = Upload(client, "cut")
    wait_for(lambda: run_sql(server.store, "select count(*) > 20 from call")[0][0] in ("1", "t"), True)
    upload.stop.set()
    upload.thread.join(30)
    upload.connection.close()
    wait_for(lambda: count(server, "count(*)", "action = 'store-calls'"), 1)
    records = run_sql(server.store, "select outcome, calls from audit where action = 'store-calls'")
    assert records == [("2", run_sql(server.store, "select count(*) from call")[0][0])]
    assert int(records[0][1]) > 20
