# SPDX-License-Identifier: MIT
"""The questions that the sides are asked about one store."""
import json
import re
from collections import Counter
from dataclasses import replace

from data import END, START
from question import JSON, XML, Question

HOUR, DAY = 3600, 86400
SAMPLE_LINES = 2000
FORMS = [("JSON", JSON, "identity"), ("JSON gzip", JSON, "gzip"), ("XML", XML, "identity"), ("XML gzip", XML, "gzip")]


def question(key, title, **more):
    return Question(key=key, title=title, **{"start": START, "end": END, **more})


def in_forms(base, forms=FORMS):
    return [replace(base, key=f"{base.key}-{name.replace(' ', '-').lower()}", title=f"{base.title}, {name}", accept=accept, coding=coding)
            for name, accept, coding in forms]


def pages(busy):
    """Pages with detail; @busy is a number that was often called."""
    ten = question("page10", "page of 10")
    thousand = question("page1000", "page of 1,000", limit=1000, clients=4)
    most = question("page10000", "page of 10,000", limit=10_000, clients=4)
    return [
        *in_forms(ten),
        *in_forms(replace(ten, key="page10-number", title="page of 10 of one number", number=busy), FORMS[:2]),
        *in_forms(thousand),
        *in_forms(replace(thousand, key="page1000-number", title="page of 1,000 of one number", number=busy), FORMS[:2]),
        *in_forms(most),
        *in_forms(replace(most, key="page10000-number", title="page of 10,000 of one number", number=busy), FORMS[1:2]),
    ]


def others(calls, session, middle):
    """The steps of the call @session, headers only, offsets, totals from @middle on: a time at which a call started."""
    return [
        question("call", "one call's steps, JSON", kind="call", session=session),
        *in_forms(question("headers1000", "1,000 headers", kind="calls", limit=1000, clients=4), FORMS[:2]),
        question("offset", f"page of 10 at offset {calls // 2:,}, JSON", offset=calls // 2),
        question("total-hour", "page of 1 and total of an hour", start=middle, end=middle + HOUR + 17, limit=1),
        question("total-day", "page of 1 and total of a day", start=middle, end=middle + DAY + 17, limit=1),
        question("total-year", "page of 1 and total of a year", start=START + 77, end=END - 77, limit=1),
    ]


def words_of(line):
    """The plain words of a call's lines: those that every tokenizer sees as the same."""
    found = set()
    for step in json.loads(line)["detail"] or []:
        found.update(re.findall(r"(?<!\S)[a-z]{5,}(?=[\s,!?]|$)", step["event"]["line"].lower()))
    return found


def texts(lines):
    """Searches for a word that many calls have, for one that few have, and for two at once; chosen from a sample."""
    counts = Counter()
    for line in lines:
        counts.update(words_of(line))
    by_share = sorted(counts.items(), key=lambda item: (item[1], item[0]))
    pick = lambda share: min(by_share, key=lambda item: (abs(item[1] / len(lines) - share), item[0]))[0]
    many, few = pick(0.25), pick(0.005)
    return [Question(key=f"text-{name}", title=f"search for {title}", kind="text", text=text, limit=100)
            for name, title, text in (("many", "a word in a quarter of the calls", many), ("few", "a rare word", few),
                                      ("two", "two words", f"{many} {pick(0.1)}"))]
