# SPDX-License-Identifier: MIT
"""Format, sizes and banned functions. There is no list of exceptions."""
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CODE = sorted(p for folder in ("src", "tests") for p in (ROOT / folder).rglob("*.[ch]"))
FUNCTION_LINES_MAX = 80
COMPLEXITY_MAX = 15
FILE_LINES_MAX = 800
COLUMNS_MAX = 100

BANNED = ["strcpy(a, b)", "strcat(a, b)", 'sprintf(a, "%s", b)', "strncpy(a, b, 1)", "strtok(a, b)", "atoi(b)",
          "atol(b)", "gmtime(0)", "localtime(0)", "alloca(1)"]


def relative(path):
    return path.relative_to(ROOT).as_posix()


# Debian 12's: each version breaks some lines in another way, and one of them has to decide.
CLANG_FORMAT_VERSION = "14"


def clang_format():
    """The program of that version; None where there is another one only."""
    for name in (f"clang-format-{CLANG_FORMAT_VERSION}", "clang-format"):
        if shutil.which(name):
            version = subprocess.run([name, "--version"], capture_output=True, text=True, check=True).stdout
            if f"version {CLANG_FORMAT_VERSION}." in version:
                return name
    return None


def test_clang_format_would_change_nothing():
    name = clang_format()
    if not name:
        pytest.skip(f"the format is not checked here: it is that of clang-format {CLANG_FORMAT_VERSION}, which is not installed")
    result = subprocess.run([name, "--dry-run", "-Werror", *CODE], cwd=ROOT, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr[:4000]


def test_no_function_is_long_or_tangled():
    """pmccabe's columns: modified complexity, complexity, statements, first line, lines, file(line): name."""
    out = subprocess.run(["pmccabe", *CODE], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    rows = [line.split("\t") for line in out.splitlines()]
    assert len(rows) > 100
    bad = [f"{row[5]}: complexity {row[1]}, {row[4]} lines" for row in rows
           if int(row[1]) > COMPLEXITY_MAX or int(row[4]) > FUNCTION_LINES_MAX]
    assert not bad, "\n".join(bad)


def test_no_statement_lists_the_columns_of_a_header_by_hand():
    """store/columns.h has them: a list beside it would be one more place for a new column (CONTRIBUTING). A record of the audit trail has another outcome."""
    rows = re.findall(r"^\tCOLUMN\((\w+),", (ROOT / "src/store/columns.h").read_text(), re.M)
    assert "type" in rows
    listed = re.compile(rf"(excluded\.|u\.|, :|, \$)\\?\"?({'|'.join(rows)})\\?\"?(,|\)|::\w+\[\]| = |\")")
    found = [f"{relative(path)}: {match.group(0)}" for path in CODE if path.is_relative_to(ROOT / "src/store") and path.name != "audit.c"
             for match in listed.finditer(path.read_text())]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("path", CODE, ids=relative)
def test_no_file_is_long(path):
    assert len(path.read_text().splitlines()) <= FILE_LINES_MAX


@pytest.mark.parametrize("path", CODE, ids=relative)
def test_no_line_is_wide(path):
    wide = [number for number, line in enumerate(path.read_text().splitlines(), 1) if len(line.expandtabs(8)) > COLUMNS_MAX]
    assert wide == []


@pytest.mark.parametrize("path", CODE, ids=relative)
def test_a_file_begins_with_its_licence(path):
    assert path.read_text().startswith("/* SPDX-License-Identifier: MIT\n")


@pytest.mark.parametrize("call", BANNED)
def test_a_banned_function_does_not_compile(call, tmp_path):
    source = tmp_path / "banned.c"
    source.write_text(f"void f(char *a, const char *b);\nvoid f(char *a, const char *b)\n{{\n\t(void)a;\n\t(void)b;\n\t(void)!{call};\n}}\n")
    command = ["gcc", "-std=gnu17", "-D_GNU_SOURCE", "-fsyntax-only", "-w", str(source)]
    assert subprocess.run(command + ["-include", "string.h", "-include", "stdio.h", "-include", "stdlib.h", "-include", "time.h", "-include", "alloca.h"],
                          capture_output=True).returncode == 0
    banned = subprocess.run(command + ["-include", str(ROOT / "src/base/banned.h")], capture_output=True, text=True)
    assert banned.returncode != 0 and "poisoned" in banned.stderr


def test_no_package_that_is_installed_belongs_to_one_release_of_debian():
    """A version in a name (`postgresql-15`, `php8.2-fpm`) is gone with the next release. Digits of a library's ABI stay."""
    setup = (ROOT / "scripts/setup").read_text()
    packages = " ".join(re.findall(r'^\w*packages="([^"]*)"', setup, re.M)).split()
    assert len(packages) > 40
    assert [name for name in packages if re.search(r"-\d+(-|$)|\d\.\d", name)] == []


@pytest.mark.parametrize("store", ["embedded", "postgres"])
def test_tests_have_the_same_names_in_each_run(store):
    """Those that run side by side find each other by name. A time, or a set's order, in what they are made from changes it."""
    ask = [sys.executable, "-m", "pytest", "-q", "--collect-only", "-p", "no:cacheprovider", "tests/api", "tests/cli", "tests/collect", "tests/bench"]
    names = []
    for seed in "12":
        done = subprocess.run(ask, cwd=ROOT, capture_output=True, text=True, env={**os.environ, "PYTHONHASHSEED": seed, "CALLSTEP_TEST_STORE": store})
        assert done.returncode == 0, done.stdout + done.stderr
        names.append([line for line in done.stdout.splitlines() if "::" in line])
    assert len(names[0]) > 1000 and names[0] == names[1]
