# SPDX-License-Identifier: MIT
"""docs/openapi.yaml against itself and against the server; contract.py judges the answers that the other tests see."""
import json
import re

import jsonschema
import pytest

import contract
from conftest import FIXTURES, call, step

OPERATIONS = [(template, method) for template, item in contract.DOCUMENT["paths"].items() for method in item]


def references(node):
    if isinstance(node, dict):
        if "$ref" in node:
            yield node["$ref"]
        node = list(node.values())
    if isinstance(node, list):
        for inner in node:
            yield from references(inner)


def schema_of(name):
    return jsonschema.Draft202012Validator({"$ref": f"#/components/schemas/{name}",
                                            "components": contract.DOCUMENT["components"]})


def test_every_reference_leads_somewhere_and_every_schema_is_one():
    for reference in references(contract.DOCUMENT):
        contract.resolved({"$ref": reference})
    for schema in contract.DOCUMENT["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)


def test_every_component_is_used():
    used = set(references(contract.DOCUMENT))
    for family in ("parameters", "headers", "responses", "schemas"):
        for name in contract.DOCUMENT["components"][family]:
            assert f"#/components/{family}/{name}" in used, f"{family}/{name}"


def test_every_parameter_of_a_path_is_described():
    for template, item in contract.DOCUMENT["paths"].items():
        for operation in item.values():
            described = {contract.resolved(p)["name"] for p in operation.get("parameters", [])
                         if contract.resolved(p)["in"] == "path"}
            assert described == set(re.findall(r"{([a-z_]+)}", template)), template


@pytest.mark.parametrize("template, method", OPERATIONS)
def test_every_documented_operation_is_served(client, template, method):
    # A stream never ends; what it says to a wrong parameter shows that it is served.
    path = re.sub(r"{[a-z_]+}", "1", template) + ("?state=x" if template == "/v1/tail" else "")
    answer = client.ask(path, method=method.upper(), body=b"{}" if method == "post" else None,
                        headers={"Content-Type": "application/json"} if method == "post" else {})
    assert answer.status != 405
    assert "no such path" not in answer.text


@pytest.mark.parametrize("template, method", OPERATIONS)
def test_what_needs_credentials_says_so(client, template, method):
    operation = contract.DOCUMENT["paths"][template][method]
    answer = client.ask(re.sub(r"{[a-z_]+}", "1", template), method=method.upper(), body=b"" if method == "post" else None,
                        authorization=None)
    assert (answer.status == 401) == (operation.get("security", "as above") != [])
    assert ("401" in operation["responses"]) == (answer.status == 401)


def test_the_vendors_example_is_an_all_logs_and_can_be_posted():
    example = json.loads((FIXTURES / "example.json").read_text())
    schema_of("DetailedPage").validate(example)
    schema_of("CallsIn").validate(example)


@pytest.mark.parametrize("made, valid", [
    (call("a"), True), (call("a", detail=None), True), (call("a", detail=False), True), (call("a", detail=[]), True),
    (call("a", detail=[step(class_="x" * 33)]), False), (call("x" * 129), False), (call("a", dest="x" * 129), False),
    (call("a", type_="Inbound"), False), (call("a", detail=[{"event": {}}]), False), ({}, False)])
def test_what_the_schema_takes_the_server_takes(client, made, valid):
    assert schema_of("CallIn").is_valid(made) == valid
    assert (client.post([made]).json["accepted"] == 1) == valid
