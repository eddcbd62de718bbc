# SPDX-License-Identifier: MIT
"""A lower layer never includes an upper one, each library is known to one place only, and a folder is a room of bounded size."""
import re
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted(p for p in (ROOT / "src").rglob("*.[ch]"))

# What each layer may include besides itself.
MAY_INCLUDE = {
    "base": set(),
    "metric": {"base"},
    "json": {"base"},
    "call": {"base", "json"},
    "column": {"base", "json", "call"},
    "redact": {"base", "json", "call"},
    "store": {"base", "json", "call", "column"},
    "find": {"base", "json", "call", "column", "store"},
    "intake": {"base", "metric", "json", "call", "redact", "store"},
    "collect": {"base", "metric", "json", "call", "redact", "intake"},
    "upkeep": {"base", "metric", "json", "call", "store"},
    "hook": {"base", "metric", "json", "call", "store", "find", "upkeep"},
    "http": {"base", "metric"},
    "api": {"base", "metric", "json", "call", "redact", "store", "find", "intake", "upkeep", "hook", "http"},
    "generate": {"base", "json", "call"},
    "cmd": {"base", "metric", "json", "call", "redact", "store", "find", "intake", "upkeep", "hook", "http", "api", "generate", "collect"},
}

# A file is a command there, or an endpoint.
MAY_HOLD_MORE = {"src/cmd", "src/api"}
FOLDER_FILES_MAX = 35

# A library's header, and the files that may include it.
ONLY_IN = {
    r"sqlite3\.h": r"src/store/sqlite/[^/]*",
    r"libpq-fe\.h": r"src/store/postgres/[^/]*",
    r"microhttpd\.h": r"src/http/[^/]*",
    r"gnutls/.*": r"src/(http/[^/]*|collect/.*|api/signature\.c)",
    r"curl/.*": r"src/(collect|hook)/[^/]*",
    r"expat\.h": r"src/intake/sources/.*",
    r"protobuf-c/.*|otlp\.pb-c\.h": r"src/intake/sources/otlp/[^/]*",
    r"utf8proc\.h": r"src/call/(call_number|words)\.c",
    r"ini\.h": r"src/cmd/[^/]*",
    r"sodium\.h": r"src/((api|cmd|hook)/[^/]*|redact/mark\.c)",
    r"zlib\.h": r"src/(call/pack|intake/stream/decoder)\.c",
    r"isa-l.*": r"src/(call/(pack|glue)|api/gzip_stream)\.c",
    r"libdeflate\.h": r"src/(call/pack|column/groups)\.c",
    r"zstd\.h": r"src/(intake/stream/decoder|collect/spool/(un)?pack)\.c",
}


def includes(path):
    return re.findall(r'^\s*#\s*include\s+[<"]([^>"]+)[>"]', path.read_text(), re.M)


def relative(path):
    return path.relative_to(ROOT).as_posix()


def test_there_is_something_to_check():
    assert len(SOURCES) > 20


def test_no_folder_is_crowded():
    files = Counter(path.parent.relative_to(ROOT).as_posix() for path in SOURCES)
    assert {folder: count for folder, count in files.items() if count > FOLDER_FILES_MAX and folder not in MAY_HOLD_MORE} == {}


def test_headers_include_each_other_in_no_circle():
    waiting = {relative(path)[len("src/"):]: set(includes(path)) for path in SOURCES if path.suffix == ".h"}
    for name, others in waiting.items():
        waiting[name] = others & waiting.keys()
    while free := {name for name, others in waiting.items() if not others}:
        waiting = {name: others - free for name, others in waiting.items() if name not in free}
    assert waiting == {}


def test_backends_do_not_know_each_other():
    for path in SOURCES:
        folder = path.parent.relative_to(ROOT / "src").as_posix()
        others = tuple(f"{backend}/" for backend in ("store/sqlite", "store/postgres") if not f"{folder}/".startswith(f"{backend}/"))
        if folder.startswith("store"):
            assert not [name for name in includes(path) if name.startswith(others)], relative(path)


def test_only_the_table_of_stores_names_backends():
    """store.c picks one by its location; all else knows them as stores."""
    names = re.compile(r"\b(store_)?(sqlite|postgres)_\w+")
    known = {relative(path) for path in SOURCES
             if not {"sqlite", "postgres"} & set(path.parts) and names.search(path.read_text())}
    assert known == {"src/store/store.c"}


@pytest.mark.parametrize("path", SOURCES, ids=relative)
def test_includes_only_lower_layers(path):
    parts = path.relative_to(ROOT / "src").parts
    layer = parts[0] if len(parts) > 1 else "cmd"  # main.c belongs to the commands
    for name in includes(path):
        other = name.split("/")[0]
        if other in MAY_INCLUDE and other != layer:
            assert other in MAY_INCLUDE[layer], f"{relative(path)} includes {name}"


@pytest.mark.parametrize("path", SOURCES, ids=relative)
def test_libraries_are_known_to_one_place(path):
    for name in includes(path):
        for header, where in ONLY_IN.items():
            if re.fullmatch(header, name):
                assert re.fullmatch(where, relative(path)), f"{relative(path)} includes {name}"


SILENT = [p for p in SOURCES if p.relative_to(ROOT / "src").parts[0] in ("json", "call", "column", "redact", "store", "find", "intake", "upkeep", "hook", "generate")]


@pytest.mark.parametrize("path", SILENT, ids=relative)
def test_libraries_return_errors_and_do_not_log(path):
    assert "base/log.h" not in includes(path), f"{relative(path)} writes to the log"


@pytest.mark.parametrize("path", [p for p in SOURCES if p.suffix == ".c"], ids=relative)
def test_a_source_includes_its_own_header_first(path):
    own = path.with_suffix(".h")
    if own.exists():
        assert includes(path)[0] == own.relative_to(ROOT / "src").as_posix()
