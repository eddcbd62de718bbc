# SPDX-License-Identifier: MIT
"""Accounts and keys."""
import re

import pytest

KEY = re.compile(r"cs_[A-Za-z0-9_-]{43}\n")
TIME = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d -0[45]00"


def test_add_prints_the_key_and_only_the_key(empty):
    done = empty.run("account", "add", "ann@example.org")
    assert KEY.fullmatch(done.stdout)
    assert done.stderr == ""


def test_an_email_is_taken_once_in_either_case(program):
    done = program.run("account", "add", "Ann@Example.ORG", status=1)
    assert "Ann@Example.ORG" in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize("email", ["", "ann", "@example.org", "ann@", "a b@example.org", "a@b@c", "a:b@example.org",
                                   "ann\n@example.org", "x" * 250 + "@example.org"])
def test_what_is_no_email_is_refused(program, email):
    done = program.run("account", "add", email, status=2)
    assert "is not an e-mail address" in done.stderr
    assert program.run("account", "list").stdout.count("\n") == 1


def test_disabling_and_enabling_shows_in_the_list(program):
    assert re.fullmatch(rf"1\tann@example\.org\t{TIME}\tactive\tever\tever\n", program.run("account", "list").stdout)
    program.run("account", "disable", "ann@example.org")
    assert program.run("account", "list").stdout.endswith("\tdisabled\tever\tever\n")
    program.run("account", "enable", "ann@example.org")
    assert program.run("account", "list").stdout.endswith("\tactive\tever\tever\n")


def test_an_account_that_is_not_there_is_named(program):
    for arguments in (["account", "disable", "bob@example.org"], ["key", "add", "--account", "bob@example.org"],
                      ["calls", "--account", "bob@example.org"]):
        assert "there is no account 'bob@example.org'" in program.run(*arguments, status=1).stderr


def test_with_two_accounts_one_must_be_named(program):
    program.run("account", "add", "bob@example.org")
    done = program.run("calls", status=2)
    assert "the store has 2 accounts: name one with --account EMAIL" in done.stderr
    assert program.run("calls", "--account", "bob@example.org").stderr == "none of 0 calls\n"


def test_keys_are_added_listed_and_revoked(program):
    done = program.run("key", "add", "--scope", "admin,read", "--label", "rapport du matin é")
    assert KEY.fullmatch(done.stdout)
    assert done.stdout.strip() != program.key
    rows = [line.split("\t") for line in program.run("key", "list").stdout.splitlines()]
    assert [row[0] for row in rows] == ["1", "2"]
    assert rows[0][1] == "read,write"
    assert rows[1][1] == "read,admin"
    assert rows[1][3:] == ["-", "-", "rapport du matin é"]
    program.run("key", "revoke", "2")
    rows = [line.split("\t") for line in program.run("key", "list").stdout.splitlines()]
    assert rows[0][4] == "-"
    assert re.fullmatch(TIME, rows[1][4])


def test_a_key_of_any_scope_is_one_that_could_be_made(program):
    for scope in ("metrics", "read,write,admin,metrics"):
        program.run("key", "add", "--scope", scope)
    assert "0 problems" in program.run("verify").stderr


def test_the_list_never_shows_a_key(program):
    assert program.key not in program.run("key", "list").stdout


@pytest.mark.parametrize("arguments, status, sentence", [
    (["revoke", "99"], 1, "the account has no key 99"),
    (["revoke", "first"], 2, "'first' is not the id of a key"),
    (["add", "--scope", "everything"], 2, "everything"),
    (["add", "--label", "x" * 129], 2, "at most 128 bytes"),
    (["add", "--label", "a\tb"], 2, "without control characters"),
])
def test_wrong_keys_are_refused(program, arguments, status, sentence):
    assert sentence in program.run("key", *arguments, status=status).stderr
    assert program.run("key", "list").stdout.count("\n") == 1


def test_a_key_of_another_account_cannot_be_revoked(program):
    program.run("account", "add", "bob@example.org")
    program.run("key", "revoke", "--account", "bob@example.org", "1", status=1)
    assert "\t-\tfirst key\n" in program.run("key", "list", "--account", "ann@example.org").stdout
