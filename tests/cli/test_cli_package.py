# SPDX-License-Identifier: MIT
"""`debian/` against the tree: what it names is there, and what is there is named. `scripts/package` makes the package, `scripts/torture` tries it."""
import json
import re
import subprocess
from fnmatch import fnmatch
from pathlib import Path

import pytest

from cli.conftest import BINARY, ROOT
from units import installed

DEBIAN = ROOT / "debian"


def paragraphs(name):
    """The paragraphs of a file of fields, in their order; what goes on in a further line stands in its field."""
    found = []
    for text in re.split(r"\n\s*\n", (DEBIAN / name).read_text().strip()):
        fields = {}
        for line in text.splitlines():
            if line.startswith(" "):
                fields[field] += "\n" + line
            else:
                field, _, value = line.partition(":")
                fields[field] = value.strip()
        found.append(fields)
    return found


def depends(text):
    """Names of packages, without versions."""
    return [re.match(r"[\w.+${}:-]+", each.strip()).group(0) for each in text.split(",")]


def of_setup(variable):
    text = (ROOT / "scripts/setup").read_text()
    return re.search(rf'^{variable}="([^"]*)"', text, re.M).group(1).split()


def taken(path):
    """Whether `debian/install` takes the file, or `debian/rules` the unit."""
    patterns = [line.split()[0] for line in (DEBIAN / "install").read_text().splitlines()]
    patterns += re.findall(r"dh_install '(\S+)'", (DEBIAN / "rules").read_text())
    return any(fnmatch(path, pattern) or path.startswith(pattern + "/") for pattern in patterns)


@pytest.fixture(scope="module")
def paths():
    """What `meson install` installs, as a package's build has it: below usr."""
    paths = [Path(path) for path in installed(BINARY)]
    [prefix] = [path.parents[1] for path in paths if path.name == "callstep" and path.parent.name == "bin"]
    return {f"usr/{path.relative_to(prefix)}" for path in paths}


def test_the_package_has_the_version_of_the_program():
    version = re.search(r"^  version: '(.+)',$", (ROOT / "meson.build").read_text(), re.M).group(1)
    assert re.match(r"callstep \((.+)\) ", (DEBIAN / "changelog").read_text()).group(1) == version
    assert (DEBIAN / "source/format").read_text() == "3.0 (native)\n"


def test_what_it_is_built_with_is_what_setup_installs():
    needed = set(depends(paragraphs("control")[0]["Build-Depends"])) - {"debhelper-compat"}
    assert needed <= set(of_setup("build_packages")) and "debhelper" in of_setup("package_packages")
    # The compiler is in build-essential; the page comes bundled, and the program's zones from the machine that it runs on.
    assert set(of_setup("build_packages")) - needed == {"gcc", "libc6-dev", "ca-certificates", "curl", "tzdata"}


def test_it_depends_on_what_no_library_tells():
    assert {"tzdata", "${shlibs:Depends}", "${misc:Depends}"} <= set(depends(paragraphs("control")[1]["Depends"]))


def test_each_file_that_it_takes_is_installed(paths):
    for line in (DEBIAN / "install").read_text().splitlines():
        pattern = line.split()[0]
        assert any(fnmatch(path, pattern) or path.startswith(pattern + "/") for path in paths), line
    for line in (DEBIAN / "docs").read_text().splitlines():
        assert list(ROOT.glob(line)), line


def test_each_file_that_is_installed_is_taken(paths):
    assert "usr/bin/callstep" in paths and len(paths) > 40
    assert [path for path in sorted(paths) if not taken(path)] == []


def test_the_server_is_started_and_nothing_else(paths):
    calls = re.findall(r"^\tdh_installsystemd (.*)$", (DEBIAN / "rules").read_text(), re.M)
    started = {word for call in calls if "--no-start" not in call for word in call.split()}
    left = {word for call in calls if "--no-start" in call for word in call.split() if not word.startswith("-")}
    assert started == {"callstep.service"}
    units = {Path(path).name for path in paths if "/systemd/system/" in path}
    assert started | left == {unit for unit in units if "@" not in unit}  # of a template nothing can be started
    # An upgrade does not stop for good what the administrator has enabled; the end of the package does.
    assert all({"--no-enable", "--no-stop-on-upgrade"} <= set(call.split()) for call in calls if "--no-start" in call)
    [stopped] = re.findall(r"^\tdeb-systemd-invoke stop (.*?) >", (DEBIAN / "prerm").read_text(), re.M)
    assert left <= set(stopped.split()) and stopped.split()[0] == "callstep.socket"


def test_the_licences_are_those_of_the_page():
    """Each package that `web/package-lock.json` has for more than building, its licence and who has the rights, as they lie beside it."""
    if not (ROOT / "web/node_modules").is_dir():
        pytest.skip("the page came bundled")
    fields = paragraphs("copyright")
    told = {each["Files"]: each for each in fields if "Files" in each}
    locked = json.loads((ROOT / "web/package-lock.json").read_text())["packages"]
    page = {path: package for path, package in locked.items() if path and not package.get("dev")}
    assert set(told) == {"*", *(f"web/{path}/*" for path in page)}
    for path, package in page.items():
        paragraph = told[f"web/{path}/*"]
        assert paragraph["License"] == {"MIT": "Expat"}.get(package["license"], package["license"]), path
        text = next(file for file in (ROOT / "web" / path).iterdir() if file.name.lower().startswith(("licence", "license"))).read_text()
        assert re.sub(r"\W+", " ", paragraph["Copyright"]) in re.sub(r"\W+", " ", re.sub(r"(?i)copyright( \(c\))?", "", text)), path
    texts = {each["License"].splitlines()[0] for each in fields if "Files" not in each and "License" in each}
    assert texts == {each["License"] for each in told.values()}


def test_the_scripts_are_read_by_their_shells():
    for shell, name in (("sh", "scripts/package"), ("bash", "scripts/package.try"), ("bash", "scripts/package.boot"), ("sh", "debian/prerm"), ("sh", "debian/postinst")):
        done = subprocess.run([shell, "-n", ROOT / name], capture_output=True, text=True)
        assert (done.returncode, done.stderr) == (0, "")
