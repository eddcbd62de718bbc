# SPDX-License-Identifier: MIT
"""The Containerfile: what is wrong with it is seen without building it. It is built where buildah or podman is, and has the image that it begins with."""
import json
import os
import re
import shutil
import socket
import subprocess
import time
from pathlib import Path

import pytest

from cli.conftest import BINARY, ROOT

FILE = ROOT / "Containerfile"
PATIENCE_S = 30


def instructions():
    """(word, the rest) of each; lines that go on are one, comments are left out."""
    text = re.sub(r"^#.*\n", "", FILE.read_text(), flags=re.M)
    lines = re.sub(r"\\\n\s*", "", text).splitlines()
    return [tuple(line.split(None, 1)) for line in lines if line.strip()]


def stages():
    """The instructions of each stage, its FROM first."""
    found = []
    for word, rest in instructions():
        if word == "FROM":
            found.append([])
        if found:
            found[-1].append((word, rest))
    return found


def one(word):
    """What the image is told by @word, in the last stage."""
    [rest] = [rest for each, rest in stages()[-1] if each == word]
    return rest


def environment():
    return dict(pair.split("=", 1) for pair in one("ENV").split())


def command(word):
    """In the form that needs no shell: signals reach the program."""
    return json.loads(one(word).removeprefix("CMD "))


def test_each_instruction_is_one_that_there_is():
    assert {word for word, _ in instructions()} <= {"ARG", "FROM", "COPY", "WORKDIR", "RUN", "USER", "ENV", "VOLUME", "EXPOSE", "HEALTHCHECK", "ENTRYPOINT", "CMD"}


def test_both_stages_begin_with_one_release_of_debian():
    [base] = [rest.removeprefix("DEBIAN=") for word, rest in instructions() if word == "ARG"]
    assert re.fullmatch(r"docker\.io/library/debian:[a-z]+-slim", base) and "latest" not in base
    assert [stage[0][1] for stage in stages()] == ["${DEBIAN} AS build", "${DEBIAN}"]


def test_the_image_has_what_the_program_needs_and_no_more():
    """The packages of its libraries, as they are called in the release that the image is of; and certificates and zones, which are read by name."""
    [base] = [rest for word, rest in instructions() if word == "ARG"]
    here = dict(line.split("=", 1) for line in Path("/etc/os-release").read_text().splitlines() if "=" in line)
    if not shutil.which("dpkg-query") or here.get("VERSION_CODENAME") != re.search(r":(\w+)", base).group(1):
        pytest.skip("the image is of another release, where packages have other names")
    symbols = subprocess.run(["nm", "-D", BINARY], capture_output=True, text=True, check=True).stdout
    if "__asan_init" in symbols or "__tsan_init" in symbols:
        pytest.skip("a sanitizer has its own libraries")
    shown = subprocess.run(["ldd", BINARY], capture_output=True, text=True, check=True).stdout
    paths = dict(re.findall(r"^\s*(\S+) => (/\S+)", shown, re.M))
    needed = set(re.findall(r"\(NEEDED\)\s+Shared library: \[(.*)\]", subprocess.run(["readelf", "-dW", BINARY], capture_output=True, text=True, check=True).stdout))
    packages = set()
    for name in needed & set(paths):
        for path in (paths[name], os.path.realpath(paths[name]), paths[name].removeprefix("/usr"), "/usr" + paths[name]):
            found = subprocess.run(["dpkg-query", "-S", path], capture_output=True, text=True)
            if found.returncode == 0:
                packages.add(found.stdout.split(":")[0])
                break
    [run] = [rest for word, rest in stages()[-1] if word == "RUN"]
    installed = re.search(r"apt-get install (.*?) &&", run).group(1).split()
    assert {"-y", "--no-install-recommends"} == {word for word in installed if word.startswith("-")}
    assert {word for word in installed if not word.startswith("-")} == packages | {"ca-certificates", "tzdata"}
    assert "rm -rf /var/lib/apt/lists/*" in run


def test_it_runs_as_a_user_that_is_a_number_and_owns_the_volume():
    [run] = [rest for word, rest in stages()[-1] if word == "RUN"]
    folder = environment()["CALLSTEP_DATA"]
    assert re.fullmatch(r"[1-9]\d{3,}", one("USER")) and f"--uid {one('USER')} --home-dir {folder} " in run
    assert f"install -d -o callstep -g callstep -m 700 {folder}" in run and one("VOLUME") == folder
    assert environment()["CALLSTEP_LISTEN"] == f"0.0.0.0:{one('EXPOSE')}"


def test_what_it_is_built_by_is_there():
    [run] = [rest for word, rest in stages()[0] if word == "RUN"]
    options = set(re.findall(r" -D(\w+)=", run))
    known = set(re.findall(r"^option\('(\w+)'", (ROOT / "meson_options.txt").read_text(), re.M))
    assert options and options <= known
    assert [name for name in re.findall(r"scripts/\w+", run) if not os.access(ROOT / name, os.X_OK)] == []
    [copied] = [rest.split() for word, rest in stages()[-1] if word == "COPY"]
    assert copied[:2] == ["--from=build", "/out/usr"] and "DESTDIR=/out" in run and "--prefix=/usr" in run
    ignored = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if not line.startswith("#")]
    assert {"**/node_modules", "build*"} <= set(ignored)  # they are of this machine


def test_it_serves_and_its_check_finds_it_ready(tmp_path):
    """By the words and the environment of the image; another port and folder."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    sanitizers = {name: value for name, value in os.environ.items() if name.endswith("SAN_OPTIONS")}
    env = {"PATH": os.environ["PATH"], **environment(), "CALLSTEP_DATA": str(tmp_path / "data"), "CALLSTEP_LISTEN": f"0.0.0.0:{port}", **sanitizers}
    assert command("ENTRYPOINT") == ["callstep"]
    check = [BINARY, *command("HEALTHCHECK")[1:]]
    assert subprocess.run(check, env=env, capture_output=True).returncode == 1
    process = subprocess.Popen([BINARY, *command("CMD")], env=env, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + PATIENCE_S
        while (status := subprocess.run(check, env=env, capture_output=True).returncode) != 0 and time.monotonic() < deadline:
            time.sleep(0.05)
        assert status == 0
    finally:
        process.terminate()
        assert process.wait(PATIENCE_S) == 0


def test_it_is_built():
    """CALLSTEP_CONTAINER_BASE names another image to begin with, of the same release."""
    builder = next((name for name in ("buildah", "podman") if shutil.which(name)), None)
    if not builder:
        pytest.skip("neither buildah nor podman is installed")
    [base] = [rest.removeprefix("DEBIAN=") for word, rest in instructions() if word == "ARG"]
    base = os.environ.get("CALLSTEP_CONTAINER_BASE", base)
    if subprocess.run([builder, "images", "--quiet", base], capture_output=True, text=True).stdout.strip() == "":
        pytest.skip(f"{builder} has no image {base}, and tests fetch none")
    isolated = ["--isolation=chroot"] if builder == "buildah" else []
    subprocess.run([builder, "build", *isolated, "--build-arg", f"DEBIAN={base}", "-t", "callstep-test", ROOT], check=True)
    shown = subprocess.run([builder, "inspect", "--type", "image", "callstep-test"], capture_output=True, text=True, check=True).stdout
    assert '"10001"' in shown and "0.0.0.0:8080" in shown
