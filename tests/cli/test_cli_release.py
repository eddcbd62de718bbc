# SPDX-License-Identifier: MIT
"""scripts/release: sources, SBOM and sums of a commit."""
import json
import os
import re
import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest

from cli.conftest import BINARY, ROOT


def release(folder, *options):
    done = subprocess.run([ROOT / "scripts/release", *options, folder], capture_output=True, text=True, env={**os.environ, "CALLSTEP_BIN": BINARY})
    assert done.returncode == 0, done.stderr
    return {path.name: path for path in folder.iterdir()}


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    if not (ROOT / ".git").exists() or not shutil.which("dpkg-query"):
        pytest.skip("a release is made of a commit, on Debian")
    return release(tmp_path_factory.mktemp("release"))


def test_the_same_commit_makes_the_same_bytes(files, tmp_path):
    again = release(tmp_path)
    assert again.keys() == files.keys()
    assert all(again[name].read_bytes() == path.read_bytes() for name, path in files.items())


def test_the_sources_are_those_of_the_commit_and_the_sums_are_right(files):
    [name] = [name for name in files if name.endswith(".tar.gz")]
    tracked = subprocess.run(["git", "ls-tree", "-r", "-z", "--name-only", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    with tarfile.open(files[name]) as archive:
        packed = {one.name.partition("/")[2] for one in archive if not one.isdir()}
    page = {path for path in packed if path.startswith("web/built/")}
    assert packed - page == set(filter(None, tracked.split("\0"))) and "web/built/web_files.c.in" in page
    subprocess.run(["sha256sum", "--check", "--strict", "SHA256SUMS"], cwd=files[name].parent, check=True, capture_output=True)


def test_the_sources_alone_are_the_same_bytes(files, tmp_path):
    [(name, path)] = release(tmp_path, "--sources").items()
    assert path.read_bytes() == files[name].read_bytes()


def test_the_page_in_the_sources_is_the_one_of_the_program(files, tmp_path):
    """Each file of web/built stands in the program as it is. A page that was changed since the commit is another one."""
    changed = subprocess.run(["git", "status", "--porcelain", "web", "docs"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    if changed:
        pytest.skip("the working tree has another page than the commit")
    [name] = [name for name in files if name.endswith(".tar.gz")]
    program = Path(BINARY).read_bytes()
    with tarfile.open(files[name]) as archive:
        page = {one.name: archive.extractfile(one).read() for one in archive if "/web/built/" in one.name and not one.name.endswith(".in")}
    assert len(page) > 20
    assert [name for name, content in page.items() if content not in program] == []


def test_the_bill_has_each_library_and_each_package_of_the_page(files):
    [name] = [name for name in files if name.endswith(".spdx.json")]
    bill = json.loads(files[name].read_text())
    assert bill["spdxVersion"] == "SPDX-2.3" and bill["documentNamespace"].endswith(
        subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip())
    packages = {one["name"]: one for one in bill["packages"]}
    needed = re.findall(r"\(NEEDED\).*\[lib(\w+?)[.-]", subprocess.run(["readelf", "-dW", BINARY], capture_output=True, text=True, check=True).stdout)
    assert {"sqlite3", "pq", "microhttpd", "curl"} <= set(needed)
    for library in set(needed) & {"sqlite3", "pq", "microhttpd", "curl", "zstd", "sodium", "expat"}:
        assert any(library in one for one in packages), library
    for package in ("preact", "htm", "uplot", "d3-sankey"):
        [sum_] = packages[package]["checksums"]
        assert sum_["algorithm"] == "SHA512" and len(sum_["checksumValue"]) == 128
    assert {one["relatedSpdxElement"] for one in bill["relationships"]} == {one["SPDXID"] for one in bill["packages"]}
    assert all(one["externalRefs"][0]["referenceLocator"].startswith("pkg:") for one in bill["packages"])


def test_without_a_program_nothing_is_written(tmp_path):
    done = subprocess.run([ROOT / "scripts/release", tmp_path / "out"], capture_output=True, text=True, env={**os.environ, "CALLSTEP_BIN": str(tmp_path / "none")})
    assert done.returncode == 1 and "scripts/build release" in done.stderr and not (tmp_path / "out").exists()


def test_a_program_of_a_clone_names_a_commit_of_it(files):
    """It may have been built before the last commit. The package is built of the sources of a release: scripts/package.try wants the version alone."""
    first = subprocess.run([BINARY, "version"], capture_output=True, text=True, check=True).stdout.splitlines()[0]
    revision = re.fullmatch(r"callstep \S+ \(([0-9a-f]{12})(-dirty)?\)", first)
    assert revision, first
    subprocess.run(["git", "cat-file", "-e", f"{revision.group(1)}^{{commit}}"], cwd=ROOT, check=True)
