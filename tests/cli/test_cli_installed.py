# SPDX-License-Identifier: MIT
"""What is made from the tables of commands and settings, and installed: manual pages, a sample of the INI file, what shells complete."""
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from cli.conftest import BINARY
from cli.test_cli_usage import COMMANDS, listed
from units import Unit

MADE = Path(BINARY).resolve().parent / "src/cmd"
PAGES = ["callstep.1", "callstep.ini.5", *(f"callstep-{name}.{8 if name == 'serve' else 1}" for name in COMMANDS)]


def needs(program):
    if not shutil.which(program):
        pytest.fail(f"{program} is not installed: scripts/setup --tests installs it")


def page(name):
    return (MADE / name).read_text()


def unroff(text):
    return text.replace("\\-", "-").replace("\\e", "\\").replace("\\&", "")


def options_of(program, command):
    return re.findall(r"^  (?:-\w, )?--([\w-]+)", program.run("help", command).stdout, re.M)


# ---- manual pages ----


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_as_manuals_are(name):
    needs("mandoc")
    done = subprocess.run(["mandoc", "-T", "lint", "-W", "warning", MADE / name], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.parametrize("command", COMMANDS)
def test_the_page_of_a_command_says_what_its_help_says(empty, command):
    text = unroff(page(f"callstep-{command}.{8 if command == 'serve' else 1}"))
    assert f"\ncallstep-{command} - " in text and f"\\fBcallstep {command}\\fR" in text
    for option in options_of(empty, command):
        assert f"\\fB--{option}\\fR" in text, option
    flat, help_text = " ".join(text.split()), empty.run("help", command).stdout
    assert " ".join(help_text.split("\n\n")[1].split())[:70] in flat
    for example in help_text.partition("\nExamples:\n")[2].splitlines():
        assert example.strip() in text
    for section in ("NAME", "SYNOPSIS", "DESCRIPTION", "COMMON OPTIONS", "EXIT STATUS", "SEE ALSO"):
        assert f".SH {section}\n" in text


def test_the_first_page_names_every_command():
    assert re.findall(r"^\.BR callstep-([\w-]+) \(\d\)$", unroff(page("callstep.1")), re.M) == COMMANDS


def test_the_page_of_settings_names_each_and_its_variable(empty):
    text = unroff(page("callstep.ini.5"))
    for command in COMMANDS:
        for name in listed(empty.run("settings", command)):
            if name != "config":
                assert f"\\fB{name}\\fR, in the environment \\fBCALLSTEP_{name.upper().replace('-', '_')}\\fR\n" in text, name


# ---- the sample ----


def test_the_sample_sets_the_store_alone_and_has_each_setting_of_the_server(empty):
    plain = {"CALLSTEP_DATA": "", "CALLSTEP_API_DETAIL_DAYS": ""}
    before, after = (listed(empty.run("settings", *more, environment=plain)) for more in ((), ("--config", MADE / "callstep.ini")))
    assert {name for name in before if before[name] != after[name]} == {"config", "data"}
    [line] = re.findall(r"^(?!;|$).*", page("callstep.ini"), re.M)
    assert line == "data = /var/lib/callstep" and after["data"][0] == "/var/lib/callstep"
    assert after["data"][0] == Unit("callstep.service").one("Service", "Environment").split("XDG_DATA_HOME=")[1].replace("%S", "/var/lib") + "/callstep"
    in_sample = re.findall(r"^;([\w-]+) = ", page("callstep.ini"), re.M)
    common = {"config", "data", "color"}  # color: of 'callstep settings' itself
    assert sorted(in_sample) == sorted(set(before) - common)


def test_a_line_of_the_sample_holds_without_its_semicolon(empty):
    lines = re.findall(r"^;([\w-]+) = (.*)$", page("callstep.ini"), re.M)
    assert len(lines) > 40
    for name, value in lines:
        ini = empty.write("one.ini", f"{name} = {value}\n")
        assert listed(empty.run("settings", "--config", ini, environment={"CALLSTEP_API_DETAIL_DAYS": ""}))[name] == (value, f"{ini}:1")
    assert all(len(line) <= 80 for line in page("callstep.ini").splitlines() if line.startswith("; "))


# ---- what shells complete ----


def bash(*words):
    """What bash offers for the last of @words."""
    script = (f"source {MADE / 'callstep'}; COMP_WORDS=(\"$@\"); COMP_CWORD=$(($# - 1)); COMP_LINE=\"$*\"; COMP_POINT=${{#COMP_LINE}}; _callstep; "
              "printf '%s\\n' \"${COMPREPLY[@]}\"")
    done = subprocess.run(["bash", "--norc", "-c", script, "bash", *words], capture_output=True, text=True, timeout=60)
    assert done.stderr == ""
    return done.stdout.split()


def test_bash_completes_commands_options_and_choices(empty):
    assert bash("callstep", "") == [*COMMANDS, "--help", "--version"]
    assert bash("callstep", "imp") == ["import"]
    for command in COMMANDS:
        assert bash("callstep", command, "--") == [f"--{option}" for option in options_of(empty, command)]
    assert bash("callstep", "serve", "--log-l") == ["--log-level"]
    assert bash("callstep", "serve", "--log-level", "") == ["error", "warning", "info", "debug"]
    assert bash("callstep", "serve", "--log-level", "w") == ["warning"]
    assert bash("callstep", "help", "ex") == ["export", "explain"]
    assert bash("callstep", "key", "") == ["add", "list", "revoke"]
    assert bash("callstep", "account", "dis") == ["disable"]
    assert bash("callstep", "import", "some") == []  # files, by bash itself


@pytest.mark.parametrize("shell, name", [("zsh", "_callstep"), ("fish", "callstep.fish"), ("bash", "callstep")])
def test_a_shell_reads_its_file(shell, name):
    needs(shell)
    done = subprocess.run([shell, "-n", MADE / name], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")


def test_fish_offers_commands_options_and_choices(empty, tmp_path):
    needs("fish")

    def offered(line):
        done = subprocess.run(["fish", "--no-config", "-c", f"source {MADE / 'callstep.fish'}; complete -C '{line}'"], capture_output=True, text=True,
                              timeout=60, env={**empty.environment, "HOME": str(tmp_path)})
        return [row.split("\t")[0] for row in done.stdout.splitlines()]

    assert set(COMMANDS) <= set(offered("callstep "))
    assert offered("callstep serve --log-lev") == ["--log-level"]
    assert offered("callstep serve --log-level w") == ["warning"]


def test_zsh_offers_each_option_once(empty):
    text = page("_callstep")
    for command in COMMANDS:
        part = text.split(f"\n\t{command})\n")[1].split(" ;;\n")[0]
        assert re.findall(r"^\t\t\t'--([\w-]+)", part, re.M) == options_of(empty, command)


# ---- where it goes ----


def test_all_of_it_is_installed():
    from units import installed
    paths = [Path(path) for path in installed(BINARY)]
    names = {f"{path.parent.name}/{path.name}" for path in paths}
    for name in PAGES:
        assert f"man{name[-1]}/{name}" in names
    assert {"callstep/callstep.ini", "completions/callstep", "site-functions/_callstep", "vendor_completions.d/callstep.fish"} <= names


# ---- how it is built ----


def test_a_fault_of_memory_is_hard_to_use():
    symbols = subprocess.run(["nm", "-D", BINARY], capture_output=True, text=True, check=True).stdout
    if "__asan_init" in symbols or "__tsan_init" in symbols:
        pytest.skip("a sanitizer has its own means")
    facts = subprocess.run(["readelf", "-W", "--dynamic", "--program-headers", BINARY], capture_output=True, text=True, check=True).stdout
    for word in ("BIND_NOW", "GNU_RELRO", "PIE"):
        assert word in facts, word
    assert re.search(r"GNU_STACK .* RW ", facts)  # it is not executable
    assert "__stack_chk_fail" in symbols and "__memcpy_chk" in symbols
