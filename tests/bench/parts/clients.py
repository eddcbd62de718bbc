# SPDX-License-Identifier: MIT
"""A page of 10 for 1, 16 and 256 clients at once."""
from dataclasses import replace

import questions
from measure import say

CLIENTS = (1, 16, 256)


def run(setting):
    base = questions.in_forms(questions.question("page10", "page of 10"), questions.FORMS[:1])[0]
    contestants = [one for one in setting.contestants if not one.extra]
    rows = []
    for clients in CLIENTS:
        say(f"-- {clients} clients")
        question = replace(base, clients=clients, title=f"{base.title}, {clients} client{'s' if clients > 1 else ''}")
        rows += setting.bench.ask(contestants, question, setting.nginx)
    return {"rows": rows}
