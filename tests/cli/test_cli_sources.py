# SPDX-License-Identifier: MIT
"""Imports of other systems' files: FreeSWITCH, queue_log, Asterisk's CDR, Twilio; and Asterisk's tables in a real MariaDB."""
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


# ---- how calls went ----

def facts_of(program):
    calls = json.loads(program.run("search", "--json", "--limit", "1000").stdout)["calls"]
    return {call["session_id"]: tuple(call[name] for name in ("outcome", "answered", "talk", "ended_by")) for call in calls}


@pytest.mark.parametrize("order", [(A_LEG, B_LEG), (B_LEG, A_LEG), (A_LEG,)])
def test_how_a_call_of_freeswitch_went_whichever_leg_comes_first(program, fixtures, order):
    for name in order:
        program.run("import", "--format", "freeswitch", fixtures / name)
    assert facts_of(program) == {SESSION: ("answered", 1795459221, 24, "caller")}


@pytest.mark.parametrize("last, expected", [
    (["1795490411|q.1|support|PJSIP/200|CONNECT|11|q.2|10", "1795490441|q.1|support|PJSIP/200|COMPLETEAGENT|11|30|1"], ("answered", 1795490411, 30, "called")),
    (["1795490411|q.1|support|PJSIP/200|CONNECT|11|q.2|10", "1795490441|q.1|support|PJSIP/200|COMPLETECALLER|11|30|1"], ("answered", 1795490411, 30, "caller")),
    (["1795490420|q.1|support|NONE|ABANDON|1|1|20"], ("abandoned", None, None, "caller")),
    (["1795490420|q.1|support|NONE|EXITWITHTIMEOUT|1|1|20"], ("missed", None, None, None))])
def test_a_queue_log_tells_who_was_answered_and_who_gave_up(program, last, expected):
    log = program.write("queue_log", "\n".join(["1795490400|q.1|support|NONE|ENTERQUEUE||+12125550101|1", *last]) + "\n")
    program.run("import", "--format", "queue-log", log)
    assert facts_of(program) == {"q.1": expected}


def test_call_records_tell_it_by_their_dispositions(program, fixtures):
    import_cdr(program, fixtures / CDR)
    went = facts_of(program)
    assert [went[f"pbx-{session}"][0] for session in ("1795459183.43", "1795459185.49", "1795459186.56", "1795459209.121")] == ["busy", "failed", "missed", "missed"]


def test_a_flow_of_twilio_comes_to_its_end(program, fixtures):
    program.run("import", "--format", "twilio", fixtures / "twilio/events.json")
    assert facts_of(program) == {"CA00000000000000000000000000000001": ("completed", None, None, None)}


# ---- Asterisk's call detail records ----

CDR_COLUMNS = ["accountcode", "src", "dst", "dcontext", "clid", "channel", "dstchannel", "lastapp", "lastdata", "start", "answer", "end", "duration",
               "billsec", "disposition", "amaflags", "uniqueid", "userfield", "peeraccount", "linkedid", "sequence"]
CDR = "asterisk/cdr-Master.csv"


def import_cdr(program, *files, status=0):
    return program.run("import", "--format", "asterisk-cdr", "--zone", "America/New_York", *files, status=status)


def cdr_rows(fixtures):
    return list(csv.reader((fixtures / CDR).open(encoding="utf-8", newline="")))


def write_cdr(program, name, rows):
    text = "".join(",".join('"' + value.replace('"', '""') + '"' for value in row) + "\n" for row in rows)
    return program.write(name, text)


def outcomes(call):
    return [step["event"]["data"]["disposition"] for step in call["detail"] if "disposition" in step["event"]["data"]]


def lines_of(call):
    return [step["event"]["line"] for step in call["detail"]]


def test_records_of_one_linkedid_are_one_call_with_the_header_of_its_event_log(program, fixtures):
    import_cdr(program, fixtures / CDR)
    calls, rows = exported(program), [dict(zip(CDR_COLUMNS, row)) for row in cdr_rows(fixtures)]
    assert calls.keys() == {row["linkedid"] for row in rows} and len(calls) == 39
    for session, call in calls.items():
        assert sorted(outcomes(call)) == sorted(row["disposition"] for row in rows if row["linkedid"] == session)
    program.run("account", "add", "two@example.org", *EVER)
    program.run("import", "--account", "two@example.org", "--format", "asterisk-cel", "--zone", "America/New_York", fixtures / "asterisk/cel-Master.csv")
    text = program.run("export", "--account", "two@example.org").stdout
    logged = {call["session_id"]: call for call in map(json.loads, text.splitlines())}
    # Where the exchange showed another number to the called party, the records have that one.
    dialled = [session for session in calls if logged[session]["src"] and "from +14155550100" not in lines_of(calls[session])[0]]
    assert len(dialled) > 25
    before_the_recording = "pbx-1795459153.0"
    for session in set(dialled) - {before_the_recording}:
        assert [calls[session][name] for name in ("src", "start")] == [logged[session][name] for name in ("src", "start")], session


def test_what_befell_a_call_is_told_as_its_records_have_it(program, fixtures):
    import_cdr(program, fixtures / CDR)
    calls = exported(program)
    transferred = calls["pbx-1795459174.26"]
    assert (transferred["src"], transferred["dest"], transferred["type"]) == ("201", "203", "outbound")
    assert lines_of(transferred) == ["Dialled 203 from 201 (Alice Agent)", "Answered", "Dial (IAX2/phones-1583): ANSWERED, 4 s, billed 3 s",
                                     "Dial (IAX2/phones-1579): ANSWERED, 5 s, billed 5 s"]
    kinds = {(outcome, step["class"]) for call in calls.values() for step in call["detail"] if (outcome := step["event"]["data"].get("disposition"))}
    assert kinds == {("ANSWERED", "event"), ("NO ANSWER", "event"), ("BUSY", "event"), ("FAILED", "error"), ("CONGESTION", "error")}


def test_records_that_came_in_several_files_or_again_are_the_same_calls(program, fixtures):
    import_cdr(program, fixtures / CDR)
    whole, rows = exported(program), cdr_rows(fixtures)
    for _ in range(2):
        import_cdr(program, write_cdr(program, "Master.csv", rows[30:]), write_cdr(program, "Master.csv.1", rows[:30]))
        assert exported(program) == whole


def test_files_of_records_may_come_in_any_order(program, fixtures):
    rows = cdr_rows(fixtures)
    import_cdr(program, write_cdr(program, "Master.csv", rows[30:]), write_cdr(program, "Master.csv.1", rows[:30]))
    parts = exported(program)
    program.run("account", "add", "two@example.org", *EVER)
    program.run("import", "--account", "two@example.org", "--format", "asterisk-cdr", "--zone", "America/New_York", fixtures / CDR)
    text = program.run("export", "--account", "two@example.org", "--detail").stdout
    whole = {call["session_id"]: call for call in map(json.loads, text.splitlines())}
    assert parts.keys() == whole.keys()
    for session, call in whole.items():
        assert sorted(map(json.dumps, parts[session]["detail"])) == sorted(map(json.dumps, call["detail"])), session
        assert {name: parts[session][name] for name in ("src", "dest", "start", "end")} == {name: call[name] for name in ("src", "dest", "start", "end")}


@pytest.mark.parametrize("columns", [16, 17, 18, 19, 20, 21])
def test_records_have_the_columns_that_settings_of_the_exchange_add(program, fixtures, columns):
    keep = {16: CDR_COLUMNS[:16], 17: CDR_COLUMNS[:17], 18: CDR_COLUMNS[:18], 19: CDR_COLUMNS[:16] + CDR_COLUMNS[18:],
            20: CDR_COLUMNS[:16] + CDR_COLUMNS[17:], 21: CDR_COLUMNS}[columns]
    rows = [dict(zip(CDR_COLUMNS, row), userfield="note") for row in cdr_rows(fixtures)]
    import_cdr(program, write_cdr(program, "Master.csv", [[row[name] for name in keep] for row in rows]))
    calls = exported(program)
    ids = [name for name in ("linkedid", "uniqueid") if name in keep]
    expected = {row[ids[0]] for row in rows} if ids else {row["channel"] for row in rows}
    assert len(calls) >= len(expected) and (not ids or calls.keys() == expected)
    assert sum(len(outcomes(call)) for call in calls.values()) == len(rows)
    fields = {step["event"]["data"].get("user_field") for call in calls.values() for step in call["detail"] if "disposition" in step["event"]["data"]}
    assert fields == ({"note"} if "userfield" in keep else {None})


def test_the_number_that_was_dialled_from_outside_and_the_context_tell_what_kind_of_call_it_is(program):
    header = "calldate\tsrc\tdst\tdcontext\tchannel\tdstchannel\tlastapp\tlastdata\tduration\tbillsec\tdisposition\tuniqueid\tdid\n"
    rows = ["2026-11-23 13:39:13\t+12125550101\ts\text-queues\tPJSIP/trunk-1\t\tQueue\tsupport\t15\t0\tNO ANSWER\t1795459153.1\t+14155550100",
            "2026-11-23 13:39:13\t+12125550102\t203\tfrom-trunk\tPJSIP/trunk-2\tPJSIP/203-3\tDial\tPJSIP/203\t15\t9\tANSWERED\t1795459153.2\tNULL",
            "2026-11-23 13:39:13\t201\th\tinternal\tPJSIP/201-4\tLocal/204@internal-5;1\tDial\tx\t15\t0\tBUSY\t1795459153.3\t\\N"]
    import_cdr(program, program.write("cdr.tsv", header + "\n".join(rows) + "\n"))
    calls = exported(program)
    told = {session: (call["dest"], call["type"], call["start"], call["end"]) for session, call in calls.items()}
    assert told == {"1795459153.1": ("+14155550100", "inbound", "1795459153", "1795459168"), "1795459153.2": ("203", "inbound", "1795459153", "1795459168"),
                    "1795459153.3": ("204", "outbound", "1795459153", "1795459168")}
    assert [step["timestamp"] for step in calls["1795459153.2"]["detail"]] == [1795459153, 1795459159, 1795459168]


def test_records_join_a_call_whose_event_log_is_held(program, fixtures):
    program.run("import", "--format", "asterisk-cel", "--zone", "America/New_York", fixtures / "asterisk/cel-Master.csv")
    logged = exported(program)
    import_cdr(program, fixtures / CDR)
    joined = exported(program)
    assert joined.keys() == logged.keys()
    session = "pbx-1795459158.2"  # its records do not have the number that was dialled
    assert joined[session]["dest"] == logged[session]["dest"] == "+14155550104"
    assert set(lines_of(logged[session])) < set(lines_of(joined[session])) and outcomes(joined[session]) == ["ANSWERED"]


def test_records_tell_when_a_person_answered_only_where_it_rang_first(program, fixtures):
    """Before a record whose seconds all count as answered, a menu may have answered."""
    import_cdr(program, fixtures / CDR)
    went = facts_of(program)
    assert went["pbx-1795459173.21"] == ("answered", 1795459174, 3, None) and went["pbx-1795459157.1"] == ("answered", None, None, None)


def test_passwords_in_records_are_hidden(program):
    row = ["", "201", "s", "internal", "", "a-1", "", "Authenticate", "4711", "2026-11-23 13:39:34", "", "2026-11-23 13:39:39", "5", "0", "ANSWERED", "",
           "1795459174.1", "PIN=8642"]
    import_cdr(program, write_cdr(program, "Master.csv", [row]))
    text = json.dumps(exported(program))
    assert "4711" not in text and "8642" not in text


def test_a_row_that_is_not_a_record_is_told_and_the_others_are_taken(program, fixtures):
    good = (fixtures / CDR).read_text().splitlines(keepends=True)
    bad = program.write("Master.csv", "".join(good[:2] + ["a,row\n", good[3].replace("2026-11-23", "23/11/26"), good[4]]))
    done = import_cdr(program, bad, status=3)
    assert "Master.csv:3: the row is not one of Asterisk's call detail records: it has other columns" in done.stderr
    assert "Master.csv:4: the start is not a time" in done.stderr
    assert len(exported(program)) == 3
    done = import_cdr(program, program.write("other.csv", "a,b\n"), status=1)
    assert "no call was found: none of its rows could be read" in done.stderr


def test_exchanges_that_give_the_same_ids_are_told_apart(program, fixtures):
    program.run("import", "--format", "asterisk-cdr", "--system", "east", fixtures / CDR)
    assert all(session.startswith("east-pbx-") for session in exported(program))


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


def test_records_as_a_real_mariadb_prints_them_are_the_calls_of_the_csv(program, fixtures, mariadb):
    rows = cdr_rows(fixtures)
    names = ["calldate" if name == "start" else name for name in CDR_COLUMNS if name not in ("answer", "end")]

    def quoted(value):
        return "'" + value.replace("\\", "\\\\").replace("'", "''") + "'" if value else "null"

    values = ",".join("(" + ",".join(quoted(row[CDR_COLUMNS.index("start" if name == "calldate" else name)]) for name in names) + ")" for row in rows)
    made = mariadb(f"create database asteriskcdrdb character set utf8mb4; use asteriskcdrdb; set names utf8mb4; "
                   f"create table cdr ({', '.join(name + ' text' for name in names)}); insert into cdr values {values};")
    assert made.returncode == 0, made.stderr
    printed = mariadb("set names utf8mb4; select * from cdr", "--batch", "asteriskcdrdb")
    import_cdr(program, fixtures / CDR)
    from_csv = exported(program)
    import_cdr(program, program.write("cdr.tsv", printed.stdout))
    from_both = exported(program)
    assert from_both.keys() == from_csv.keys()
    assert {session: outcomes(call) for session, call in from_both.items()} == {session: outcomes(call) for session, call in from_csv.items()}
