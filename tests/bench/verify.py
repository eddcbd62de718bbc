# SPDX-License-Identifier: MIT
"""Whether an answer is right. callstep's is held against the lines that the calls came from; the other sides' against callstep's."""
import json
import re
import xml.etree.ElementTree as ElementTree

from question import XML

XML_WHOLE_MAX = 4_000_000   # bytes; larger XML is compared by its calls' order and its total alone
TYPES = ("inbound", "outbound", "transfer")


class Wrong(Exception):
    """An answer that is not what it must be; its figure does not count."""


def hold(true, question, what):
    if not true:
        raise Wrong(f"{question.title}: {what}")


def as_xml_value(value):
    """What a JSON value looks like in XML: a name to value mapping, a list of items, or text."""
    if isinstance(value, dict):
        return {name: as_xml_value(one) for name, one in value.items()} or ""
    if isinstance(value, list):
        return [as_xml_value(one) for one in value] or ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def xml_value(element):
    children = list(element)
    if not children:
        return element.text or ""
    if children[0].tag == "item":
        return [xml_value(child) for child in children]
    return {child.tag: xml_value(child) for child in children}


def sessions_of(body, accept):
    pattern = rb"<session_id>([^<]*)</session_id>" if accept == XML else rb'"session_id":"([^"]*)"'
    return re.findall(pattern, body)


def parse(question, body):
    try:
        return json.loads(body)
    except ValueError:
        raise Wrong(f"{question.title}: no JSON: {body[:200]!r}") from None


class Verifier:
    """Knows, for each question, callstep's checked answer."""

    def __init__(self, lines=None):
        self.lines = lines       # of data.Lines; without them callstep's answers are held against rules alone
        self.reference = {}      # plain question → the parsed answer

    def check(self, question, answer, total=True):
        """Raises Wrong unless @answer is right. @total: whether the side counts."""
        hold(answer.status == 200, question, f"status {answer.status}")
        gzipped = answer.headers.get("content-encoding") == "gzip"
        hold(gzipped == (question.coding == "gzip"), question, "not in the coding that was asked for")
        if question.plain() not in self.reference:
            raise RuntimeError(f"'{question.title}' was not put to callstep first")
        wanted = self.reference[question.plain()]
        if question.accept == XML:
            self.check_xml(question, answer.body, wanted)
        else:
            got = parse(question, answer.body)
            if isinstance(got, dict):
                self.check_page(question, got, wanted, total)
            else:
                hold(got == wanted, question, "other steps")

    def check_page(self, question, got, wanted, total):
        if total:
            hold(str(got["total_calls"]) == str(wanted["total_calls"]), question, f"total_calls {got['total_calls']}, not {wanted['total_calls']}")
        hold(len(got["calls"]) == len(wanted["calls"]), question, f"{len(got['calls'])} calls")
        for mine, theirs in zip(got["calls"], wanted["calls"]):
            same = {name: theirs[name] for name in mine} if question.kind == "text" else theirs
            hold(mine == same, question, f"call {theirs['session_id']} is another")

    def check_xml(self, question, body, wanted):
        if question.kind != "call":
            order = [call["session_id"].encode() for call in wanted["calls"]]
            hold(sessions_of(body, XML) == order, question, "other calls, or in another order")
            hold(f"<total_calls>{wanted['total_calls']}</total_calls>".encode() in body, question, "another total")
        if len(body) <= XML_WHOLE_MAX:
            hold(xml_value(ElementTree.fromstring(body)) == as_xml_value(wanted), question, "another document")

    def learn(self, question, answer):
        """Takes callstep's plain answer as what others are held against, once it is right itself."""
        hold(answer.status == 200, question, f"status {answer.status}: {answer.body[:200]!r}")
        parsed = parse(question, answer.body)
        if self.lines is not None and question.kind in ("all_logs", "calls"):
            self.hold_against_lines(question, parsed)
        elif isinstance(parsed, dict):
            self.hold_against_rules(question, parsed)
        self.reference[question.plain()] = parsed

    def hold_against_lines(self, question, parsed):
        rows = self.lines.window(question.start, question.end, question.number)
        page = rows[question.offset:question.offset + question.limit]
        hold(parsed["total_calls"] == len(rows), question, f"total_calls {parsed['total_calls']}, not {len(rows)}")
        hold([call["session_id"] for call in parsed["calls"]] == [row[1] for row in page], question, "other calls, or in another order")
        if question.kind == "all_logs":
            for call, line in zip(parsed["calls"], self.lines.texts(page)):
                made = json.loads(line)
                hold({name: call[name] for name in made if name != "log"} == {name: made[name] for name in made if name != "log"},
                     question, f"call {call['session_id']} is not the one that came in")

    def hold_against_rules(self, question, parsed):
        keys = [(int(call["start"]), call["session_id"]) for call in parsed["calls"]]
        hold(keys == sorted(keys, reverse=True) and len(set(keys)) == len(keys), question, "not newest first")
        hold(all(question.start <= key[0] < question.end for key in keys) or question.kind == "text", question, "calls outside the window")
        hold(len(keys) == min(question.limit, max(0, parsed["total_calls"] - question.offset)), question, "not a full page")
