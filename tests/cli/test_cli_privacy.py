# SPDX-License-Identifier: MIT
"""What is hidden before it is stored, looking for what was not, and erasing calls."""
import gzip
import json
import pty
import os
import re
import subprocess
import zlib

import pytest

from stores import files_of, run_sql

from .conftest import EVER

CARD = "4111111111111111"
HID = "\u2022\u2022\u2022"
TOKEN = re.compile("\u2022[a-p]{20}")
START = 1_769_817_600


def step(line, module="menu", variable="choice", class_="event", timestamp=START, **data):
    return {"event": {"line": line, "data": {"module_type": module, "result_variable": variable, **data}},
            "class": class_, "timestamp": timestamp}


def call(session_id, *steps, dest="6177123001", src="9785551234", start=START):
    return {"dest": dest, "src": src, "start": start, "end": start + 60, "session_id": session_id, "type": "inbound",
            "detail": list(steps)}


def ndjson(*calls):
    return "".join(json.dumps(one) + "\n" for one in calls)


def lines_of(program):
    done = program.run("export")
    return [step["event"]["line"] for line in done.stdout.splitlines() for step in json.loads(line)["detail"] or []]


def stands_in(program, wanted):
    """The names of the store's files that hold these bytes."""
    wanted = wanted if isinstance(wanted, bytes) else wanted.encode()
    return [name for name, content in files_of(program.data).items() if wanted in content]


def packed_of(program, sessions):
    """The packed calls of the sessions for which that condition holds."""
    rows = run_sql(program.data, f"select hex(deflate) from packed join call on call.id = call_id where session_id {sessions}",
                   f"select encode(deflate, 'hex') from detail where session_id {sessions}")
    return [bytes.fromhex(value) for (value,) in rows]


def trace_of(program, session_id):
    """24 bytes of a packed call that no other one has."""
    others = b"".join(packed_of(program, "not like 'secret-%'"))
    (packed,) = packed_of(program, f"= '{session_id}'")
    return next(packed[at:at + 24] for at in range(len(packed) - 24) if packed[at:at + 24] not in others)


def make_key(program, name="key", mode=0o600, content=b"0123456789abcdef0123456789abcdef"):
    path = program.write(name, content)
    path.chmod(mode)
    return path


# ---- redaction ----

SHAPES = {
    "document": lambda one: json.dumps({"calls": [one]}).encode(),
    "indented": lambda one: json.dumps({"calls": [one]}, indent=2).encode(),
    "bare": lambda one: json.dumps(one).encode(),
    "ndjson": lambda one: ndjson(one).encode(),
    "gzip": lambda one: gzip.compress(ndjson(one).encode()),
    "escaped": lambda one: json.dumps({"calls": [one]}).replace("4111", "\\u0034111").encode(),
    "xml": lambda one: ("<result><calls><item><dest>1</dest><src>2</src><start>1</start><end>2</end>"
                        "<session_id>a</session_id><detail><item><event>"
                        f"<line>Card {CARD}</line><data><module_type>menu</module_type><result_variable>choice"
                        "</result_variable></data></event><class>event</class><timestamp>1</timestamp></item></detail>"
                        "<type>inbound</type><log>true</log></item></calls><total_calls>1</total_calls></result>"
                        ).encode(),
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("shift", [[], ["--shift-to", "2026-01-01T00:00:00Z"]], ids=["as it is", "shifted"])
def test_a_card_is_hidden_whichever_way_a_call_comes(program, shape, shift):
    path = program.write("calls", SHAPES[shape](call("a", step(f"Card {CARD}"))))
    program.run("import", "--redact-cards", *shift, path)
    assert lines_of(program) == [f"Card {HID}"]
    assert program.run("search", CARD).stdout == ""
    program.run("privacy-scan")


def test_without_a_rule_nothing_is_hidden(program):
    program.run("import", "-", input=ndjson(call("a", step(f"Card {CARD}"))))
    assert lines_of(program) == [f"Card {CARD}"]


@pytest.mark.parametrize("how", ["option", "environment", "ini"])
def test_rules_are_settings_like_others(program, how):
    rules = {"redact-cards": "yes", "redact-input": "pin,*number*", "redact-modules": "secret", "redact-variables": "cvv",
             "redact-patterns": "###-##-#### A\\ #{2}"}
    options, environment = [], {}
    if how == "option":
        options = [f"--{name}={value}" for name, value in rules.items()]
    elif how == "environment":
        environment = {"CALLSTEP_" + name.upper().replace("-", "_"): value for name, value in rules.items()}
    else:
        options = ["--config", program.write("c.ini", "".join(f"{name} = {value}\n" for name, value in rules.items()))]
    made = call("a", step(f"Card {CARD}"), step("User input: 42 (dtmf)", module="pin"), step("Hush", module="secret"),
                step("Code 7", variable="cvv"), step("Id 123-45-6789, a 12", cvv=990), step("Press 1"))
    program.run("import", *options, "-", input=ndjson(made), environment=environment)
    assert lines_of(program) == [f"Card {HID}", f"User input: {HID} (dtmf)", HID, HID, f"Id {HID}, {HID}", "Press 1"]
    assert "990" not in program.run("export").stdout


def test_what_was_entered_stays_hidden_in_the_steps_that_repeat_it(program, fixtures):
    source = fixtures / "asterisk" / "cel-Master.csv"
    program.run("import", "--format", "asterisk-cel", "--redact-input", "*", source)
    lines = lines_of(program)
    assert f"User input: {HID} (dtmf)" in lines
    assert not [line for line in lines if "123456" in line]
    assert program.run("search", "123456").stdout == ""


def test_passwords_of_the_dialplan_are_nowhere_in_the_store_whatever_row_they_come_by(program, fixtures):
    source = fixtures / "cel" / "passwords.csv"
    assert source.read_text().count("90210") == 19
    program.run("import", "--format", "asterisk-cel", source)
    exported = program.run("export").stdout
    assert "90210" not in exported
    lines = lines_of(program)
    for wanted in [f"Running Authenticate({HID})", f"Running DISA({HID})", f"Running MeetMe(800,M,{HID})",
                   f"Running Set(PIN={HID})", f"pin: {HID}", f"login: pin={HID}", "User input: 902 (dtmf)"]:
        assert wanted in lines
    assert program.run("search", "90210*").stdout == ""
    assert stands_in(program, "90210") == []


def test_what_callers_enter_as_a_password_is_hidden_by_a_rule(program, fixtures):
    source = fixtures / "asterisk" / "cel-Master.csv"
    program.run("import", "--format", "asterisk-cel", "--redact-input", "Authenticate, DISA, VM*, Voicemail*", source)
    lines = lines_of(program)
    assert f"User input: {HID} (dtmf)" in lines and "User input: 123456 (dtmf)" in lines
    assert not [line for line in lines if "4711" in line]
    program.run("import", "--format", "asterisk-cel", "--redact-variables", "*cvv*", fixtures / "cel" / "passwords.csv")
    assert "User input: 902 (dtmf)" not in lines_of(program)


def test_a_token_is_found_again(program):
    key = make_key(program)
    program.run("import", "--redact-cards", "--redact-key-file", key, "-",
                input=ndjson(call("a", step(f"Card {CARD}")), call("b", step("4111 1111 1111 1111 again")),
                             call("c", step("5555555555554444"))))
    token = program.run("token", "--redact-key-file", key, input="4111-1111 1111 1111\n").stdout.strip()
    assert program.run("token", "--redact-key-file", key, input=CARD).stdout.strip() == token
    found = program.run("search", "--json", token).stdout
    assert sorted(one["session_id"] for one in json.loads(found)["calls"]) == ["a", "b"]
    assert len({TOKEN.search(line).group() for line in lines_of(program)}) == 2


def test_a_token_takes_a_key_and_no_value_on_the_command_line(program):
    assert "give --redact-key-file" in program.run("token", input="1\n", status=2).stderr
    assert "standard input" in program.run("token", "--redact-key-file", make_key(program), CARD, status=2).stderr


@pytest.mark.parametrize("options, sentence", [
    (["--redact-input", "a,,b"], "redact-input: a name in 'a,,b' is empty"),
    (["--redact-modules", "a*b"], "redact-modules: 'a*b' has a * in the middle"),
    (["--redact-patterns", "## #{9"], "redact-patterns: '#{9' is not a pattern"),
    (["--redact-key-file", "KEY"], "redact-key-file: no rule says what is to be hidden"),
])
def test_a_wrong_rule_is_named_and_nothing_is_taken(program, options, sentence):
    options = [str(make_key(program)) if option == "KEY" else option for option in options]
    done = program.run("import", *options, "-", input=ndjson(call("a", step("x"))), status=2)
    assert sentence in done.stderr
    assert program.run("calls").stdout == ""


@pytest.mark.parametrize("mode, content, status, sentence", [
    (0o640, b"x" * 32, 1, "others than its owner may use"),
    (0o600, b"x" * 31 + b"\n", 2, "holds no key"),
    (0o600, b"x" * 5000, 2, "holds no key"),
])
def test_a_key_file_must_be_the_owners_and_long_enough(program, mode, content, status, sentence):
    key = make_key(program, mode=mode, content=content)
    done = program.run("import", "--redact-cards", "--redact-key-file", key, "-", input="", status=status)
    assert "redact-key-file: " in done.stderr and sentence in done.stderr
    assert content.decode().strip() not in done.stderr


# ---- privacy-scan ----

def test_the_scan_tells_where_and_never_what(program):
    program.run("import", "-", input=ndjson(
        call("a", step("Hello"), step(f"Card 4111 1111-1111 1111, {CARD}", module="pay", class_="debug")),
        call("b", step("x", card=int(CARD)), start=START + 100),
        call("c", step("4111111111111112 and +4222222222222"))))
    done = program.run("privacy-scan", "--utc", status=3)
    assert not re.search(r"[0-9]{4}[ -]?[0-9]{4}[ -]?[0-9]{4}", done.stdout)
    rows = [line.split("\t") for line in done.stdout.splitlines()]
    masked = "\u2022" * 4
    assert rows == [
        ["b", "2026-01-31 00:01:40Z", "1", "event", "menu", "card", "16", "visa", masked * 4],
        ["a", "2026-01-31 00:00:00Z", "2", "debug", "pay", "line", "16", "visa",
         f"{masked} {masked}-{masked} {masked}"],
        ["a", "2026-01-31 00:00:00Z", "2", "debug", "pay", "line", "16", "visa", masked * 4],
    ]
    assert done.stderr == "looked at 3 calls: 3 numbers that may be cards' in 2 of them\n"
    result = json.loads(program.run("privacy-scan", "--json", "--quiet", status=3).stdout)
    assert (result["calls"], result["calls_found"], result["found"]) == (3, 2, 3)
    assert [one["session_id"] for one in result["findings"]] == ["b", "a", "a"]
    assert result["findings"][1] == {
        "session_id": "a", "start": START, "step": 2, "class": "debug", "module": "pay", "where": "line", "digits": 16,
        "network": "visa", "number": f"{masked} {masked}-{masked} {masked}"}


def test_the_scan_hides_numbers_in_names_too(program):
    program.run("import", "-", input=ndjson(call("a", step("x", module=CARD, **{CARD: CARD}))))
    for options in [], ["--json"]:
        done = program.run("privacy-scan", *options, status=3)
        assert CARD not in done.stdout + done.stderr


def test_the_scan_looks_at_the_calls_that_are_meant(program):
    program.run("account", "add", "bob@example.org", *EVER)
    program.run("import", "--account", "bob@example.org", "-", input=ndjson(call("a", step(CARD))))
    program.run("import", "--account", "ann@example.org", "-", input=ndjson(call("b", step("x")), call("c", step("y"))))
    program.run("privacy-scan", "--account", "ann@example.org")
    program.run("privacy-scan", "--account", "bob@example.org", status=3)
    program.run("privacy-scan", "--account", "bob@example.org", "--end", START)
    program.run("privacy-scan", "--account", "bob@example.org", "--class", "debug")
    program.run("privacy-scan", "--account", "bob@example.org", "--class", "event", status=3)


# ---- erasing ----

def secret_calls():
    return [call("secret-one", step("Zugzwang by quartz", module="mimsy-module", variable="borogove-variable"), step("User input: 83719264 (dtmf)"), dest="5550001111"),
            call("secret-two", step("Xylophone in the fjord"), src="+1 (555) 000-1111", dest="7778889999", start=START + 5)]


TRACES = ["secret-one", "secret-two", "5550001111", "555) 000-1111", "zugzwang", "quartz", "xylophone", "fjord", "83719264",
          "7778889999", "mimsy-module", "borogove-variable"]


@pytest.fixture
def filled(program):
    """A store with two calls of a number among many others, taken in in many pieces."""
    others = [call(f"other-{i * 7919 % 300}", step(f"Said word{i}"), step("Common words for all"), start=START + i % 97)
              for i in range(300)]
    for i in range(0, 300, 50):
        program.run("import", "-", input=ndjson(*others[i:i + 50]))
        program.run("import", "-", input=ndjson(*secret_calls()))
        changed = secret_calls()
        changed[0]["detail"].append(step("Quartz once more"))
        program.run("import", "-", input=ndjson(*changed))
    return program


def remaining(program):
    return program.run("export").stdout


def test_an_erased_number_leaves_no_byte_in_any_file(filled):
    traces = TRACES + [trace_of(filled, name) for name in ("secret-one", "secret-two")]
    run_sql(filled.data, "select 1", "analyze")
    for trace in traces:
        assert stands_in(filled, trace), trace
    before = [line for line in remaining(filled).splitlines() if "secret-" not in line]
    done = filled.run("erase", "--number", "555 000 1111", "--yes")
    assert done.stdout == "erased 1 call\n"
    done = filled.run("erase", "--number", "1-555-000-1111", "--yes")
    assert done.stdout == "erased 1 call\n"
    assert {trace: stands_in(filled, trace) for trace in traces} == {trace: [] for trace in traces}
    assert remaining(filled).splitlines() == before
    assert filled.run("verify").stdout == ""
    for words in "zugzwang", "83719264", "fjord":
        assert filled.run("search", words).stdout == ""
    assert stands_in(filled, "other-7")


def test_a_session_is_erased(filled):
    done = filled.run("erase", "--session", "secret-one", "--yes", "--json")
    assert json.loads(done.stdout) == {"erased": 1, "done": True}
    for trace in ["secret-one", "zugzwang", "83719264"]:
        assert stands_in(filled, trace) == []
    assert stands_in(filled, "secret-two")
    assert filled.run("erase", "--session", "secret-one", "--yes").stdout == "erased 0 calls\n"
    filled.run("verify")


def test_files_may_be_written_anew_later(filled):
    done = filled.run("erase", "--session", "secret-one", "--yes", "--defer", "--json")
    assert json.loads(done.stdout) == {"erased": 1, "done": False}
    filled.run("verify")
    assert filled.run("erase", "--finish").stdout == ""
    assert [trace for trace in ["secret-one", "zugzwang", "83719264"] if stands_in(filled, trace)] == []
    assert filled.run("search", "zugzwang").stdout == ""  # from here on the trail has the word
    filled.run("verify")


def test_a_dry_run_erases_nothing(filled):
    before = remaining(filled)
    assert filled.run("erase", "--number", "5550001111", "--dry-run").stdout == "would erase 1 call\n"
    assert json.loads(filled.run("erase", "--number", "1", "--dry-run", "--json").stdout) == {"found": 0, "done": False}
    assert remaining(filled) == before


def test_without_yes_it_asks_at_a_terminal_and_refuses_elsewhere(filled):
    done = filled.run("erase", "--number", "5550001111", status=2)
    assert "1 calls would go for ever: say --yes" in done.stderr
    for answer, left in (("no\n", 302), ("yes\n", 301)):
        master, slave = pty.openpty()
        process = subprocess.Popen([filled.binary, "erase", "--number", "5550001111"], stdin=slave,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=filled.environment)
        os.write(master, answer.encode())
        _, said = process.communicate(timeout=60)
        os.close(slave)
        os.close(master)
        assert b"Erase 1 calls for ever? Type yes: " in said
        assert process.returncode == (0 if answer == "yes\n" else 1)
        assert len(remaining(filled).splitlines()) == left


@pytest.mark.parametrize("options", [[], ["--number", "1", "--session", "a"], ["--finish", "--defer"], ["--finish", "x"],
                                     ["--number", "1", "--finish"]])
def test_wrong_usage_of_erase(program, options):
    program.run("erase", *options, "--yes", status=2)


def test_another_accounts_calls_stay(program):
    program.run("account", "add", "bob@example.org", *EVER)
    for email in "ann@example.org", "bob@example.org":
        program.run("import", "--account", email, "-", input=ndjson(call("a", step("Words"))))
    program.run("erase", "--number", "6177123001", "--yes", status=2)
    program.run("erase", "--number", "6177123001", "--yes", "--account", "ann@example.org")
    assert program.run("calls", "--account", "ann@example.org").stdout == ""
    assert program.run("search", "words", "--account", "bob@example.org").stdout != ""


def test_a_damaged_call_is_erased_all_the_same(filled):
    nothing = zlib.compress(b"nothing").hex()
    run_sql(filled.data,
            f"update packed set deflate = x'{nothing}', size = 5 where call_id = (select id from call where session_id = 'secret-one')",
            f"update detail set deflate = '\\x{nothing}', size = 5 where session_id = 'secret-one'")
    filled.run("verify", status=1)
    assert filled.run("erase", "--session", "secret-one", "--yes").stdout == "erased 1 call\n"
    filled.run("verify")
    assert [trace for trace in ["secret-one", "zugzwang", "83719264"] if stands_in(filled, trace)] == []
