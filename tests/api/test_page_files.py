# SPDX-License-Identifier: MIT
"""The files of the web page: how they are served. What the page does is tried in a browser (tests/web)."""
import gzip
import http.client
import json
import re

import pytest

import contract
from conftest import ROOT


@pytest.fixture
def fetch(session_server):
    def fetch(path, method="GET", **headers):
        connection = http.client.HTTPConnection(session_server.address, timeout=20)
        connection.request(method, path, headers={name.replace("_", "-"): value for name, value in headers.items()})
        answer = connection.getresponse()
        answer.content = answer.read()
        connection.close()
        return answer
    return fetch


def assets(fetch):
    return re.findall(r'(?:src|href)="(/assets/[^"]+)"', fetch("/").content.decode())


def test_the_page_asks_for_no_credentials_and_allows_nothing_foreign(fetch):
    answer = fetch("/")
    assert answer.status == 200 and answer.headers["Content-Type"] == "text/html; charset=utf-8"
    policy = dict(part.strip().split(" ", 1) for part in answer.headers["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == "'none'" and policy["frame-ancestors"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert "http:" not in answer.content.decode() and "https:" not in answer.content.decode()


def test_what_the_page_names_is_there_and_may_be_kept_for_ever(fetch):
    names = assets(fetch)
    assert any(name.endswith(".js") for name in names) and any(name.endswith(".css") for name in names)
    for name in names:
        answer = fetch(name)
        assert answer.status == 200 and answer.content, name
        if name.endswith(".svg"):
            continue
        assert "immutable" in answer.headers["Cache-Control"]
        assert answer.headers["Content-Type"].startswith("text/")


def test_the_documentation_is_served_like_the_page_and_says_what_the_contract_says(fetch):
    page = fetch("/docs")
    assert page.status == 200 and page.headers["Content-Security-Policy"] == fetch("/").headers["Content-Security-Policy"]
    names = re.findall(r'(?:src|href)="(/assets/[^"]+)"', page.content.decode())
    assert names and all(fetch(name).status == 200 for name in names)
    document = fetch("/openapi.json")
    assert document.headers["Content-Type"] == "application/json"
    assert json.loads(document.content) == contract.DOCUMENT


def test_each_document_is_there_as_markdown_and_its_links_lead_somewhere(fetch):
    listed = fetch("/llms.txt")
    assert listed.headers["Content-Type"] == "text/plain; charset=utf-8"
    paths = re.findall(r"\]\(([^)]+)\)", listed.content.decode())
    assert {"/docs.md", "/docs/api.md", "/docs/using.md", "/openapi.json"} <= set(paths)
    for path in set(paths) - {"/openapi.json"}:
        answer = fetch(path)
        assert answer.status == 200 and answer.headers["Content-Type"] == "text/markdown; charset=utf-8", path
        for link in re.findall(r"\]\((?!https?:|#)([\w.-]+\.md)", answer.content.decode()):
            assert link.startswith("benchmarks") or fetch("/docs/" + link).status == 200, (path, link)


def test_the_reference_as_markdown_has_each_operation_with_its_parameters(fetch):
    text = fetch("/docs.md").content.decode()
    assert contract.DOCUMENT["servers"] == [{"url": "/"}]
    for path, item in contract.DOCUMENT["paths"].items():
        for method in set(item) & {"get", "post", "put", "patch", "delete"}:
            part = text.split(f"### {method.upper()} {path}\n")[1].split("\n### ")[0]
            for parameter in item[method].get("parameters", []):
                if "$ref" in parameter:
                    parameter = contract.DOCUMENT["components"]["parameters"][parameter["$ref"].rpartition("/")[2]]
                assert f"- `{parameter['name']}` ({parameter['in']}" in part, (path, parameter["name"])


def test_each_package_of_the_page_has_its_licence_beside_it(fetch):
    text = fetch("/docs/notices.txt").content.decode()
    locked = json.loads((ROOT / "web/package-lock.json").read_text())["packages"]
    for path, package in locked.items():
        if path and not package.get("dev"):
            assert f"{path.rpartition('node_modules/')[2]} {package['version']} ({package['license']})\n\n" in text
    assert text.count("THE SOFTWARE") >= 5


def test_the_page_is_small(fetch):
    sizes = {name: len(fetch(name, Accept_Encoding="gzip").content) for name in ["/", *assets(fetch)]}
    assert sum(sizes.values()) <= 150_000, sizes


def test_the_page_itself_is_asked_for_again_each_time(fetch):
    assert fetch("/").headers["Cache-Control"] == "no-cache"


def test_gzip_and_identity_are_the_same_bytes(fetch):
    for name in ["/", *assets(fetch)]:
        plain, packed = fetch(name), fetch(name, Accept_Encoding="gzip")
        assert plain.headers["Content-Encoding"] is None and packed.headers["Content-Encoding"] == "gzip"
        assert gzip.decompress(packed.content) == plain.content
        assert plain.headers["Vary"] == "Accept-Encoding" and plain.headers["ETag"] == packed.headers["ETag"]


@pytest.mark.parametrize("known", ["{}", "W/{}", '"x", {}', "*"])
def test_who_has_it_already_is_told_so(fetch, known):
    answer = fetch("/", If_None_Match=known.format(fetch("/").headers["ETag"]))
    assert answer.status == 304 and answer.content == b""


def test_who_has_an_older_one_gets_the_new_one(fetch):
    assert fetch("/", If_None_Match='"0123456789abcdef"').status == 200


def test_head_has_the_headers_without_the_body(fetch):
    answer = fetch("/", method="HEAD")
    assert answer.status == 200 and answer.content == b"" and int(answer.headers["Content-Length"]) > 0


@pytest.mark.parametrize("path", ["/assets/none.js", "/assets/..%2f..%2fetc%2fpasswd", "/index.html"])
def test_what_is_no_file_is_404(fetch, path):
    assert fetch(path).status == 404


def test_other_methods_are_405(fetch):
    answer = fetch("/", method="POST")
    assert answer.status == 405 and answer.headers["Allow"] == "GET, HEAD"
