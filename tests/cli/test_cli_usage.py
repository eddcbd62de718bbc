# SPDX-License-Identifier: MIT
"""Usage: help, versions, options, settings and exit statuses."""
import json
import re
import signal
import subprocess

import pytest

from stores import KIND

COMMANDS = ("serve account key session hook import collect pull export calls search show diff stats dropoff places flow explain tail generate backup copy verify erase "
            "privacy-scan token retention sweep audit settings ready version help").split()


def test_help_lists_every_command(empty):
    for arguments in (["--help"], ["help"], ["-h"]):
        listed = re.findall(r"^  ([\w-]+)  +\w", empty.run(*arguments).stdout, re.M)
        assert listed == COMMANDS


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_a_command_is_the_same_either_way(empty, command):
    text = empty.run("help", command).stdout
    assert text == empty.run(command, "--help").stdout
    assert text.startswith(f"Usage: callstep {command}")
    assert "--data DIR" in text
    assert all(len(line) <= 80 for line in text.splitlines())


def test_version_names_program_store_and_libraries(empty):
    text = empty.run("--version").stdout
    assert text == empty.run("version").stdout
    assert re.match(r"callstep \d+\.\d+\.\d+( \([0-9a-f]{12}(-dirty)?\))?\nstore schema \d+\nbuilt with SQLite ", text)


@pytest.mark.parametrize("arguments, sentence", [
    ([], "Usage: callstep"),
    (["cals"], "callstep: there is no command 'cals'; did you mean 'calls'?"),
    (["help", "cals"], "there is no command 'cals'"),
    (["calls", "--lmit", "3"], "callstep: 'callstep calls' has no option --lmit; did you mean --limit?"),
    (["calls", "--limit", "0"], "callstep: '0' is not a value for --limit: write a whole number from 1 to 10000"),
    (["calls", "--limit"], "callstep: option --limit needs a value: --limit N"),
    (["calls", "surplus"], "callstep calls: 'surplus' is too much; see 'callstep help calls'"),
    (["calls", "--min-duration", "x"], "callstep: --min-duration: a number of seconds is expected, not 'x'"),
    (["stats", "--state", "dead"], "callstep: --state: live or ended is expected, not 'dead'"),
    (["tail", "--type", "inbound,x"], "callstep: --type: inbound, outbound or transfer is expected, not 'x'"),
    (["search", '"open'], "callstep: a quote begins and does not end"),
    (["search", "--text", "a", "b"], "callstep search: give the words as operands or by --text, not both"),
    (["search", "--max-duration", "3", "--min-duration", "4"], "max_duration"),
    (["export", "--number", "1", "--dest", "2"], "--number and --dest both say which number was called"),
    (["stats", "--group", "caller"], "--group: expected is time, dest, src, type, class, module, variable, outcome or ended_by, or two of them with a comma between"),
    (["stats", "--bucket", "year"], "write minute, hour, day, week or month"),
    (["diff", "a"], "callstep diff: name two sessions"),
    (["tail", "-x"], "there is no option -x"),
    (["dropoff", "surplus"], "callstep dropoff: 'surplus' is too much"),
    (["show"], "callstep show: name one session; see 'callstep help show'"),
    (["account", "frobnicate"], "callstep account: write add, set, disable or enable"),
    (["key", "revoke"], "callstep key: write add, list or revoke"),
    (["import"], "callstep: name the files to import"),
    (["import", "-", "-"], "standard input can be read only once"),
    (["import", "--format", "cobol", "-"], "'cobol' is not a value for --format: write json, ndjson, fuse, asterisk-cel"),
    (["import", "--zone", "Mars/Olympus", "-"], "'Mars/Olympus' is not a value for --zone"),
    (["import", "--shift-to", "now", "-"], "--shift-to reads its input twice"),
    (["generate", "--start", "2026-02-01Z", "--end", "2026-01-01Z"], "no calls can be made"),
    (["backup"], "callstep backup: name the folder"),
    (["verify", "--data", "/a", "--store", "postgresql://h/d"], "are both given: name one of them"),
])
def test_wrong_usage_is_status_2_and_a_sentence_on_standard_error(empty, arguments, sentence):
    done = empty.run(*arguments, status=2)
    assert sentence in done.stderr
    assert done.stdout == ""


def test_a_wrong_value_names_where_it_came_from(empty):
    done = empty.run("calls", environment={"CALLSTEP_COLOR": "pink"}, status=2)
    assert "'pink' is not a value for CALLSTEP_COLOR in the environment: write auto, always or never" in done.stderr
    ini = empty.write("bad.ini", "; settings\ncolor = pink\n")
    done = empty.run("calls", "--config", ini, status=2)
    assert f"{ini}:2: 'pink' is not a value for color: write auto, always or never" in done.stderr


def test_settings_are_found_in_the_users_folder(example):
    folder = example.home / ".config" / "callstep"
    folder.mkdir(parents=True)
    (folder / "callstep.ini").write_text("utc = yes\n")
    assert example.run("calls").stdout.startswith("2019-12-09 13:33:06Z\t")
    assert example.run("calls", "--utc=no").stdout.startswith("2019-12-09 08:33:06 -0500\t")


def test_commands_say_where_a_store_is_missing(empty):
    where = str(empty.data) if KIND == "embedded" else "in the PostgreSQL database"
    for arguments in (["calls"], ["export"], ["verify"], ["account", "list"], ["import", "-"]):
        done = empty.run(*arguments, status=1, input="")
        assert done.stderr.startswith("callstep: ") and where in done.stderr
    assert KIND != "embedded" or not empty.data.exists()


@pytest.mark.parametrize("arguments", [["help"], ["generate", "--calls", "1"], ["generate", "--calls", "1000"]])
def test_output_that_does_not_fit_is_a_failure(program, arguments):
    with open("/dev/full", "wb") as full:
        done = subprocess.run([program.binary, *arguments], stdout=full,
                              stderr=subprocess.PIPE, env=program.environment, timeout=60)
    assert done.returncode == 1
    assert done.stderr == b"callstep: cannot write to standard output: No space left on device\n"


def test_a_reader_that_goes_away_ends_it_quietly(program):
    process = subprocess.Popen([program.binary, "generate", "--calls", "1000000"], stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, env=program.environment)
    process.stdout.read(1000)
    process.stdout.close()
    assert process.stderr.read() == b""
    assert process.wait(timeout=60) == -signal.SIGPIPE


# ---- callstep settings ----


def listed(done):
    return {name: (value, where) for name, value, where in (line.split("\t") for line in done.stdout.splitlines())}


def test_settings_say_where_each_value_comes_from(empty):
    ini = empty.write("callstep.ini", "; settings\nlisten = 127.0.0.1:81\nthreads = 3\ntimeout = 9s\n")
    done = listed(empty.run("settings", "--config", ini, "--timeout", "8s", "--listen", "127.0.0.1:82", "--listen", "unix:/x",
                            environment={"CALLSTEP_THREADS": "2", "CALLSTEP_TIMEOUT": "7s"}))
    assert done["listen"] == ("127.0.0.1:82,unix:/x", "--listen")
    assert done["threads"] == ("2", "CALLSTEP_THREADS")
    assert done["timeout"] == ("8s", "--timeout")
    assert done["grace"] == ("30s", "default")
    assert done["webhook"] == ("", "default")
    assert done["config"] == (str(ini), "--config")
    assert "check" not in done and "help" not in done  # options of one run
    assert listed(empty.run("settings", "serve", "--config", ini))["listen"] == ("127.0.0.1:81", f"{ini}:2")
    assert listed(empty.run("settings", "--config", ini))["data"][0] == json.loads(empty.run("settings", "--json").stdout)["settings"][1]["value"]


def test_settings_of_another_command_are_its_own(empty):
    done = listed(empty.run("settings", "import"))
    assert "zone" in done and "listen" not in done and done["redact-cards"] == ("", "default")


def test_settings_hide_the_password_of_an_address(empty):
    done = empty.run("settings", "--store", "postgresql://me:hush@db/calls?password=hush")
    assert listed(done)["store"] == ("postgresql://me@db/calls", "--store") and "hush" not in done.stdout
    assert "hush" not in empty.run("settings", "--json", "--store", "postgresql://me:hush@db/calls").stdout


@pytest.mark.parametrize("arguments, sentence", [
    (["settings", "serv"], "there is no command 'serv'; did you mean 'serve'?"),
    (["settings", "serve", "import"], "name one command, not 'import' too"),
    (["settings", "--threads", "x"], "'x' is not a value for --threads"),
    (["settings", "import", "--listen", "x"], "'callstep import' has no option --listen"),
])
def test_settings_refuse_what_the_command_would(empty, arguments, sentence):
    assert sentence in empty.run(*arguments, status=2).stderr


def test_a_list_goes_on_where_its_option_is_given_again(empty):
    done = listed(empty.run("settings", "--redact-input", "pin", "--redact-input", "card", "--redact-modules", "a,b"))
    assert done["redact-input"] == ("pin,card", "--redact-input") and done["redact-modules"] == ("a,b", "--redact-modules")
