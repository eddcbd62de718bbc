# SPDX-License-Identifier: MIT
"""Statistics by hours and days of a zone."""
import random
from collections import Counter
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

import finding
from conftest import call, callstep
from test_find import path_of, post

MIDNIGHT = 1_795_582_800  # 2026-11-25 in New York


def counted(client, **query):
    answer = client.get(path_of("/v1/stats", {"group": "time", **query}))
    assert answer.status == 200, answer.text
    assert answer.json["zone"] == query.get("zone", "UTC")
    return {group["key"]: group["calls"] for group in answer.json["groups"]}


def test_days_begin_at_the_zones_midnight(client):
    post(client, [call("evening", MIDNIGHT - 18000), call("last second", MIDNIGHT - 1), call("midnight", MIDNIGHT), call("utc", MIDNIGHT + 68400)])
    for values in "all", "calls":
        assert counted(client, bucket="day", zone="America/New_York", values=values) == {MIDNIGHT - 86400: 2, MIDNIGHT: 2}
        assert counted(client, bucket="day", values=values) == {MIDNIGHT - 18000: 3, MIDNIGHT + 68400: 1}
    done = callstep("stats", "--data", client.server.store, "--account", client.email, "--zone", "America/New_York")
    assert [line.split("\t")[:2] for line in done.stdout.splitlines()] == [
        ["2026-11-24 00:00:00 -0500", "2"], ["2026-11-25 00:00:00 -0500", "2"]]


@pytest.mark.parametrize("name", ["America/New_York", "Europe/Berlin", "Asia/Kolkata", "Australia/Adelaide", "America/Havana", "UTC"])
def test_hours_and_days_are_those_of_a_calendar(client, name):
    zone, rng = ZoneInfo(name), random.Random(name)
    changes = [datetime(2026, month, day, tzinfo=timezone.utc) for month, day in [(3, 8), (3, 29), (4, 5), (10, 4), (10, 25), (11, 1)]]
    times = [int((rng.choice(changes) + timedelta(hours=rng.randint(-30, 54), seconds=rng.randint(0, 3599))).timestamp()) for _ in range(300)]
    post(client, [call(f"s{i}", time, detail=None) for i, time in enumerate(times)])
    for values in "all", "calls":  # from the calls, from the tallies
        assert counted(client, bucket="day", zone=name, values=values) == Counter(finding.bucket_start(time, "day", zone) for time in times)
        assert counted(client, bucket="hour", zone=name, values=values) == Counter(finding.bucket_start(time, "hour", zone) for time in times)
        for bucket in "week", "month":
            assert counted(client, bucket=bucket, zone=name, values=values) == Counter(finding.bucket_start(time, bucket, zone) for time in times)
        start, end = sorted(rng.sample(times, 2))
        inside = [time for time in times if start <= time < end]
        assert counted(client, bucket="day", zone=name, values=values, start=start, end=end) == Counter(finding.bucket_start(t, "day", zone) for t in inside)


@pytest.mark.parametrize("zone", ["", "Nowhere/City", "../../etc/passwd", "/etc/localtime", "%ff", "a%00b", "EST5EDT,M3.2.0,M11.1.0"])
@pytest.mark.parametrize("group", ["time", "dest"])
def test_a_zone_that_there_is_not_is_named(client, zone, group):
    answer = client.get(f"/v1/stats?group={group}&zone={zone}")
    assert answer.status == 400 and answer.json["parameter"] == "zone" and "write one like Europe/Berlin" in answer.json["detail"]


def test_and_so_it_is_on_the_command_line(client):
    done = callstep("stats", "--data", client.server.store, "--account", client.email, "--zone", "Nowhere/City")
    assert done.returncode != 0 and "--zone: there is no time zone 'Nowhere/City'" in done.stderr
