# SPDX-License-Identifier: MIT
"""Words that readers who learnt English at school stumble over: in C comments and texts, in documents, in the contract, in the page's texts."""
import re
from bisect import bisect_right
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted(path for folder, pattern in (("src", "*.[ch]"), ("tests", "*.[ch]"), ("web/src", "*.js"), ("web/docs", "*.js"), ("docs", "*.md"), (".", "*.md"), ("docs", "openapi.yaml"))
               for path in ((ROOT / folder).rglob(pattern) if folder != "." else ROOT.glob(pattern)))

# What is not written, and what to write.
WORDS = {
    r"at hand": "say what is meant: there, ready, free, held",
    r"of (?:its|their|one's|his) own": "'own' before the noun: its own thread",
    r"for want of": "because there is no …",
    r"parted": "separated",
    r"besides": "also",
    r"(?<!there )(?:is|are|was|were) no(?! longer\b| more\b| other\b|[-'.])": "is not a",
    r"what is none": "what is not one",
    r"whoever|whomever": "name it: a program, a thread, a client",
    r"he(?! oído)|him|his|she|her": "a program is 'it'",
    r"none of it": "nothing",
}


def texts_of(path):
    """The comments and strings of C; all of a document but its code."""
    text = path.read_text()
    if path.suffix not in (".c", ".h"):
        return re.sub(r"^```.*?^```", lambda block: "\n" * block[0].count("\n"), text, flags=re.M | re.S)
    parts, at = [], 0
    for match in re.finditer(r'/\*.*?\*/|"(?:[^"\\\n]|\\.)*"', text, re.S):
        parts += ["\n" * text.count("\n", at, match.start()) or " ", match[0]]
        at = match.end()
    return "".join(parts)


def on_one_line(text):
    """@text with one space between words, so that a sentence may go on in the next line, and where in it each line begins."""
    begins, joined = [], ""
    for line in text.split("\n"):
        begins.append(len(joined))
        words = re.sub(r"^\s*\*(?!/)|^\s*\"|\\n\"$|\"$", "", line).split()
        joined += "".join(word + " " for word in words)
    return joined, begins


@pytest.fixture(scope="module")
def texts():
    # NEWS tells of versions in the words of then.
    return {path.relative_to(ROOT).as_posix(): on_one_line(texts_of(path)) for path in FILES if path.name != "NEWS.md"}


@pytest.mark.parametrize("word", WORDS)
def test_a_word_that_is_not_plain_is_not_there(texts, word):
    pattern = re.compile(rf"\b(?:{word})(?!\w)", re.I)
    found = [f"{name}:{bisect_right(begins, match.start())}: {match[0]!r}, write {WORDS[word]!r}"
             for name, (text, begins) in texts.items() for match in pattern.finditer(text)]
    assert not found, "\n".join(found)
