# SPDX-License-Identifier: MIT
"""Rounds: every contestant answers every question, one after the other, several times; medians with their spread."""
import statistics
import sys

from load import is_sound
from verify import Wrong

SECONDS_MAX = 4.0


def say(text):
    print(text, file=sys.stderr, flush=True)


def summary(values):
    return {"median": statistics.median(values), "min": min(values), "max": max(values), "rounds": len(values)}


class Bench:
    """What a part needs: the load client, how long and how often to measure, and what was learned of the answers."""

    def __init__(self, client, verifier, rounds, seconds):
        self.client, self.verifier, self.rounds, self.seconds = client, verifier, rounds, seconds

    def learn(self, contestant, question):
        """callstep's plain answer, checked, becomes what the others are held against."""
        if question.plain() not in self.verifier.reference:
            self.verifier.learn(question.plain(), contestant.fetch(question.plain()))

    def prepare(self, contestants, question, nginx=None, total=lambda contestant: True):
        """Fetches and checks each contestant's answer. Returns those that were right, with what the client needs."""
        self.learn(contestants[0], question)
        ready = []
        for contestant in contestants:
            if not contestant.can(question):
                continue
            try:
                if nginx is not None and contestant.side is nginx:
                    nginx.put(question, ready[0][1])
                answer = contestant.fetch(question)
                self.verifier.check(question, answer, total(contestant))
                ready.append((contestant, answer))
            except Wrong as wrong:
                say(f"    {contestant.name}: {wrong}: not measured")
                if not ready:
                    raise
        return ready

    def once(self, contestant, question, answer, clients, seconds):
        target = answer.target(contestant.path(question))
        return self.client.run(contestant.side.address, [target], contestant.request_headers(question), clients, "-d", seconds)

    def duration(self, contestant, question, answer, clients):
        """Long enough for each client to be answered about twice: large pages of slow sides need more than the usual time."""
        trial = self.once(contestant, question, answer, clients, 0.2)
        return min(SECONDS_MAX, max(self.seconds, 1.5 * trial["p50_ms"] / 1000))

    def interleaved(self, asked, clients=None):
        """Measures in turns what is @asked: (contestant, question, its checked answer). Returns a row for each."""
        asked = [(contestant, question, answer, clients or question.clients) for contestant, question, answer in asked]
        seconds = [self.duration(*one) for one in asked]
        seen = [[] for _ in asked]
        for _ in range(self.rounds):
            for one, time, results in zip(asked, seconds, seen):
                results.append(self.once(*one, time))
        return [row(*one, results) for one, results in zip(asked, seen)]

    def ask(self, contestants, question, nginx=None, clients=None, total=lambda contestant: True):
        """One question to all contestants."""
        ready = self.prepare(contestants, question, nginx, total)
        rows = self.interleaved([(contestant, question, answer) for contestant, answer in ready], clients)
        show(rows)
        return rows


def row(contestant, question, answer, clients, results):
    sound = all(is_sound(result) for result in results)
    return {
        "question": question.key, "title": question.title, "side": contestant.name, "clients": clients,
        "limit": question.limit, "wire": len(answer.wire), "body": len(answer.body), "sound": sound,
        "rate": summary([result["rate"] for result in results]),
        "p50_ms": summary([result["p50_ms"] for result in results]),
        "p99_ms": summary([result["p99_ms"] for result in results]),
        "answers": sum(result["answers"] for result in results),
    }


def show(rows):
    base = rows[0]["rate"]["median"]
    for one in rows:
        rate = one["rate"]
        mark = "" if one["sound"] else "   WRONG ANSWERS: does not count"
        print(f"{one['title'][:46]:46} {one['side']:18} {rate['median']:10.1f}/s  {rate['min']:10.1f} – {rate['max']:<10.1f}"
              f" p99 {one['p99_ms']['median']:9.2f} ms {rate['median'] * one['wire'] / 1e6:8.0f} MB/s"
              f"  callstep × {base / rate['median']:.2f}{mark}", flush=True)
