# SPDX-License-Identifier: MIT
"""docs/openapi.yaml as a judge: every answer that a test sees must be in it, status, headers, media type and body."""
import json
import re
import xml.etree.ElementTree as ElementTree
from functools import lru_cache
from pathlib import Path
from urllib.parse import urlsplit

import jsonschema
import yaml

DOCUMENT = yaml.safe_load((Path(__file__).resolve().parents[2] / "docs/openapi.yaml").read_text())
BODY_MAX = 200_000  # bytes; judging larger pages takes long and finds nothing more


def resolved(node):
    while "$ref" in node:
        at = DOCUMENT
        for name in node["$ref"].removeprefix("#/").split("/"):
            at = at[name]
        node = at
    return node


@lru_cache(maxsize=None)
def path_pattern(template):
    return re.compile(re.sub(r"\\{[a-z_]+\\}", "[^/]+", re.escape(template)))


def find_path(path):
    """The documented path that matches, or None."""
    return next((template for template in DOCUMENT["paths"] if path_pattern(template).fullmatch(path)), None)


@lru_cache(maxsize=None)
def validator(template, method, status, media_type):
    schema = resolved(DOCUMENT["paths"][template][method]["responses"][status])["content"][media_type]["schema"]
    return jsonschema.Draft202012Validator({**schema, "components": DOCUMENT["components"]})


CALL = jsonschema.Draft202012Validator({"anyOf": [{"$ref": "#/components/schemas/Call"}, {"$ref": "#/components/schemas/CallWithSteps"}],
                                        "components": DOCUMENT["components"]})


def check_headers(response, answer):
    for name, header in response.get("headers", {}).items():
        header, value = resolved(header), answer.headers.get(name)
        if value is None:
            assert not header.get("required"), f"the header {name} is missing"
        else:
            jsonschema.validate(value, header["schema"])


def check_body(template, method, answer, media_type):
    if media_type in ("application/xml", "text/xml"):
        assert ElementTree.fromstring(answer.body).tag == "result"
    elif media_type == "application/x-ndjson":
        for line in answer.body[:BODY_MAX].split(b"\n")[:-1]:
            assert CALL.is_valid(json.loads(line)), line
    elif media_type == "application/x-protobuf":
        assert answer.body[:1] in (b"", b"\x0a", b"\x12")
    elif media_type == "text/plain":  # test_metrics.py reads it
        assert answer.body.startswith(b"# HELP ")
    elif media_type == "text/csv":
        header = (b"session_id,start,", b"\xef\xbb\xbfsession_id,start,") if template == "/v1/calls" else answer.body.split(b",calls")[0]
        assert answer.body.startswith(header) and answer.body.endswith(b"\r\n")
    elif len(answer.body) <= BODY_MAX:
        validator(template, method, str(answer.status), media_type).validate(json.loads(answer.body))


def check_undocumented(template, method, answer):
    """A path that is not there is 404, a method that it does not have 405 that names those it has."""
    if template is None:
        assert answer.status in (400, 404, 431), f"{answer.status} from a path that is not documented"
        return
    allowed = {m.upper() for m in DOCUMENT["paths"][template]}
    allowed |= {"HEAD"} if "GET" in allowed else set()
    assert answer.status == 405, f"{method} {template} is not documented and answers {answer.status}"
    assert {m.strip() for m in answer.headers["Allow"].split(",")} == allowed


def check(method, target, answer):
    """Judges one answer of the server."""
    template = find_path(urlsplit(target).path)
    documented = "get" if method == "HEAD" else method.lower()
    assert re.fullmatch(r"[0-9a-f]{16}", answer.headers["X-Request-Id"]), "no X-Request-Id"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    if template is None or documented not in DOCUMENT["paths"][template]:
        check_undocumented(template, method, answer)
        return
    responses = DOCUMENT["paths"][template][documented]["responses"]
    assert str(answer.status) in responses, f"{method} {template} answers {answer.status}, which is not documented"
    response = resolved(responses[str(answer.status)])
    check_headers(response, answer)
    if "content" not in response:
        assert answer.body == b"" and answer.headers["Content-Type"] is None
        return
    media_type = answer.headers["Content-Type"].split(";")[0]
    assert media_type in response["content"], f"{method} {template} answers {answer.status} in {media_type}"
    if method != "HEAD" and media_type != "text/event-stream":
        check_body(template, documented, answer, media_type)
