# SPDX-License-Identifier: MIT
"""What the documents and comments name is there, and a decision is a page."""
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# What is built, fetched or left behind by tools.
SKIPPED = re.compile(r"(^|/)(\.git|build[^/]*|node_modules|__pycache__|\.hypothesis|\.pytest_cache)/")
FILES = sorted(name for name in (path.relative_to(ROOT).as_posix() for path in ROOT.rglob("*") if path.is_file()) if not SKIPPED.search(name))
DOCUMENTS = [name for name in FILES if name.endswith(".md") and not name.startswith("tests/fixtures/") and name != "NEWS.md"]
NAMING = DOCUMENTS + [name for name in FILES if re.fullmatch(r"(src|tests|web|scripts)/.*\.(c|h|py|js|mjs)|scripts/\w+", name)]
DECISIONS = [name for name in DOCUMENTS if re.fullmatch(r"docs/decisions/\d.*", name)]
DECISION_LINES_MAX = 60


def text_of(name):
    return (ROOT / name).read_text()


@pytest.mark.parametrize("name", DOCUMENTS)
def test_links_lead_to_files(name):
    links = re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", text_of(name))
    assert [link for link in links if not ((ROOT / name).parent / link).exists()] == []


def test_pages_that_are_named_are_there():
    named = {(name, page) for name in NAMING for page in re.findall(r"\bdocs/[\w/-]+\.(?:md|yaml)", text_of(name))}
    named |= {(name, f"docs/decisions/{page}") for name in NAMING for page in re.findall(r"\b\d{4}-[a-z-]+\.md", text_of(name))}
    assert len(named) > 20 and sorted((name, page) for name, page in named if page != "docs/NAME.md" and not (ROOT / page).exists()) == []


def test_each_decision_is_in_the_list():
    listed = re.findall(r"\]\((\d{4}-[\w-]+\.md)\)", text_of("docs/decisions/README.md"))
    assert sorted(listed) == sorted(Path(name).name for name in DECISIONS)


@pytest.mark.parametrize("name", DECISIONS)
def test_a_decision_is_a_page(name):
    text = text_of(name)
    assert re.match(rf"# {Path(name).name[:4]}: ", text) and "**Question.**" in text and "**Decided" in text
    assert len(text.splitlines()) <= DECISION_LINES_MAX
    assert [line for line in text.splitlines() if len(line) > 100 and not line.startswith("|")] == []


@pytest.mark.parametrize("name", DOCUMENTS)
def test_files_that_a_document_names_are_there(name):
    quoted = " ".join(re.findall(r"`([^`\n]+)`", text_of(name)))
    paths = re.findall(r"(?<![\w/.])((?:src|tests|web|scripts|docs)/[\w./-]*\w/?)(?![\w*…<])", quoted)
    rooms = re.findall(r"(?<![\w/.])((?:base|json|call|redact|store|find|upkeep|intake|http|api|generate|cmd)/[\w./-]+\.[ch])\b", quoted)
    missing = [path for path in paths if "NAME" not in path and "GROUP" not in path and not (ROOT / path).exists()]
    assert missing + [path for path in rooms if not (ROOT / "src" / path).exists()] == []


@pytest.mark.parametrize("name", ["ARCHITECTURE.md", "CONTRIBUTING.md"])
def test_functions_that_are_named_are_there(name):
    code = "\n".join(text_of(path) for path in FILES if re.fullmatch(r"src/.*\.[ch]", path))
    named = set(re.findall(r"`(\w+)\(\)`", text_of(name)))
    assert named and sorted(function for function in named if not re.search(rf"\b{function}\(", code)) == []
