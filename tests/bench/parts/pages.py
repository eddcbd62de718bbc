# SPDX-License-Identifier: MIT
"""Pages, single calls, headers, offsets and totals, put to every side about the same 200,000 calls."""
import bodies
import questions
from measure import say

QUICK = ("page10-json", "page10-json-gzip", "page10-number-json", "page1000-json-gzip", "page10000-json", "page10000-json-gzip",
         "page10000-xml", "call", "headers1000-json", "offset", "total-year", "text-many")


def asked(setting):
    lines = setting.lines
    busy = lines.numbers()[0][0]
    start, session = lines.rows[len(lines) // 3][:2]
    texts = questions.texts(bodies.first_lines(lines.path, questions.SAMPLE_LINES))
    return questions.pages(busy) + questions.others(len(lines), session, start) + texts


def run(setting):
    rows = []
    questions_asked = asked(setting)
    wanted = setting.options.questions or (QUICK if setting.quick else [question.key for question in questions_asked])
    for question in questions_asked:
        if question.key not in wanted:
            continue
        say(f"-- {question.title}")
        rows += setting.bench.ask(setting.contestants, question, setting.nginx, total=lambda one: "total=no" not in one.extra)
    return {"rows": rows}
