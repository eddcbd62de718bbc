# SPDX-License-Identifier: MIT
"""Imports of other systems' files: FreeSWITCH, queue_log, Twilio; and Asterisk's table in a real MariaDB."""
import base64
import csv
import json
import os
import shutil
import subprocess
import time

import pytest

from .conftest import EVER

A_LEG, B_LEG = "freeswitch/a-leg.cdr.json", "freeswitch/a_b-leg.cdr.json"
SESSION = "0b7c2f5e-51f0-4c7e-9a51-4e2d6a1c0001"


def exported(program):
    text = program.run("export", "--detail").stdout
    return {call["session_id"]: call for call in map(json.loads, text.splitlines())}


def test_records_of_freeswitch_are_joined_in_any_order_and_twice_is_once(program, fixtures):
    for _ in range(2):
        program.run("import", "--format", "freeswitch", fixtures / B_LEG, fixtures / "freeswitch/a-leg.cdr.xml", fixtures / A_LEG)
    calls = exported(program)
    assert list(calls) == [SESSION] and len(calls[SESSION]["detail"]) == 15
    assert calls[SESSION]["dest"] == "+14155550100"


def test_a_folder_of_records_goes_on_behind_a_bad_one(program, fixtures):
    bad = program.write("bad.cdr.json", "{}")
    coded = program.write("coded.cdr.json", base64.b64encode((fixtures / A_LEG).read_bytes()))
    done = program.run("import", "--format", "freeswitch", bad, coded, status=1)
    assert "bad.cdr.json: this is not a call detail record of FreeSWITCH: variables.uuid is missing" in done.stderr
    assert list(exported(program)) == [SESSION]


def test_a_queue_log_that_was_rotated_is_one_log(program):
    rows = ["1795490400|1795490400.101|support|NONE|DID|+14155550100", "1795490400|1795490400.101|support|NONE|ENTERQUEUE||+12125550101|1",
            "1795490411|1795490400.101|support|PJSIP/200|CONNECT|11|1795490410.102|10",
            "1795490441|1795490400.101|support|PJSIP/200|COMPLETEAGENT|11|30|1"]
    older, newer = program.write("queue_log.1", "\n".join(rows[:2]) + "\n"), program.write("queue_log", "\n".join(rows[2:]) + "\n")
    for _ in range(2):
        program.run("import", "--format", "queue-log", newer, older)
    call = exported(program)["1795490400.101"]
    assert (call["src"], call["dest"], call["start"], call["end"]) == ("+12125550101", "+14155550100", "1795490400", "1795490441")
    assert [step["event"]["line"] for step in call["detail"]] == [
        "Joined queue support at place 1", "Agent PJSIP/200 took the call after 11 s", "Agent PJSIP/200 done after 30 s, ended by agent"]


def test_events_of_twilio_are_imported(program, fixtures):
    program.run("import", "--format", "twilio", fixtures / "twilio/events.json")
    assert len(exported(program)["CA00000000000000000000000000000001"]["detail"]) == 4


def test_calls_that_are_told_in_parts_are_not_moved(program, fixtures):
    done = program.run("import", "--format", "freeswitch", "--shift-to", "now", fixtures / A_LEG, status=2)
    assert "--shift-to moves whole calls: --format freeswitch tells a call in parts" in done.stderr


# ---- a real MariaDB ----

COLUMNS = ["eventtype", "eventtime", "cid_name", "cid_num", "cid_ani", "cid_rdnis", "cid_dnid", "exten", "context", "channame", "appname",
           "appdata", "amaflags", "accountcode", "uniqueid", "linkedid", "peer", "userfield", "userdeftype", "extra"]


@pytest.fixture
def mariadb(tmp_path):
    """Runs a statement in a server of its own, on a socket; the server ends with the test."""
    server, install = shutil.which("mariadbd") or "/usr/sbin/mariadbd", shutil.which("mariadb-install-db")
    if not install or not os.path.exists(server):
        pytest.skip("mariadb-server is not installed")
    socket, user = tmp_path / "sock", ["--user=mysql"] if os.getuid() == 0 else []
    data = tmp_path / "data"
    data.mkdir()
    for folder in (tmp_path, data):
        folder.chmod(0o777)
    for parent in tmp_path.parents:
        if parent.stat().st_uid == os.getuid() and str(parent) not in ("/", "/tmp"):
            parent.chmod(parent.stat().st_mode | 0o011)
    subprocess.run([install, f"--datadir={data}", "--auth-root-authentication-method=normal", *user], check=True, capture_output=True)
    process = subprocess.Popen([server, "--no-defaults", f"--datadir={data}", f"--socket={socket}", "--skip-networking",
                                f"--pid-file={data}/pid", "--innodb-buffer-pool-size=16M", *user], stderr=subprocess.DEVNULL)

    def run(statement, *options):
        return subprocess.run(["mariadb", "--no-defaults", f"--socket={socket}", "-uroot", *options], input=statement.encode(),
                              capture_output=True)

    try:
        for _ in range(600):
            if run("select 1").returncode == 0:
                break
            assert process.poll() is None
            time.sleep(0.1)
        yield run
    finally:
        process.terminate()
        process.wait(timeout=60)


def test_rows_as_a_real_mariadb_prints_them_are_the_calls_of_the_csv(program, fixtures, mariadb):
    rows = list(csv.reader((fixtures / "asterisk/cel-Master.csv").open(encoding="utf-8", newline="")))
    assert len(rows) > 700 and {len(row) for row in rows} == {len(COLUMNS)}

    def quoted(value):
        return "'" + value.replace("\\", "\\\\").replace("'", "''") + "'"

    table = ", ".join(f"{name} text" for name in COLUMNS)
    values = ",".join("(null," + ",".join(map(quoted, row)) + ")" for row in rows)
    made = mariadb(f"create database asteriskcdrdb character set utf8mb4; use asteriskcdrdb; set names utf8mb4; "
                   f"create table cel (id int auto_increment primary key, {table}); insert into cel values {values};")
    assert made.returncode == 0, made.stderr
    printed = mariadb("set names utf8mb4; select * from cel order by id", "--batch", "asteriskcdrdb")
    assert printed.returncode == 0 and printed.stdout.count(b"\n") == len(rows) + 1
    program.run("import", "--format", "asterisk-cel", fixtures / "asterisk/cel-Master.csv")
    from_csv = exported(program)
    assert len(from_csv) == 40
    program.run("account", "add", "two@example.org", *EVER)
    program.run("import", "--account", "two@example.org", "--format", "asterisk-cel", program.write("cel.tsv", printed.stdout))
    text = program.run("export", "--account", "two@example.org", "--detail").stdout
    assert {call["session_id"]: call for call in map(json.loads, text.splitlines())} == from_csv
