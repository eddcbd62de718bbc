# SPDX-License-Identifier: MIT
"""Order once more, as plainly as docs/paths.md says it: made-up paths as trees, which are written out, and matched by trying all steps."""
from functools import lru_cache

import finding

TIMES = [("<", 1, "1s"), ("<", 2, "2"), ("<", 60, "1m"), (">", 0, "0s"), (">", 1, "1s"), (">", 300, "5m"), ("<", 0, "0s")]
WORDS = ["invalid", '"invalid input"', "inv*", '"press one"', '"one tw*"', "42"]


def random_name(rng, names):
    name = rng.choice([*names, None])
    return (name, "*" if name is None else name if name and rng.random() < 0.8 else f'"{name}"')


def random_place(rng):
    """A place (module, variable, class, words; None: any), and how it is written."""
    module, text = random_name(rng, finding.MODULES)
    variable = kind = words = None
    if rng.random() < 0.4:
        variable, written = random_name(rng, finding.VARIABLES)
        text += "/" + written
    if rng.random() < 0.2:
        kind, written = random_name(rng, finding.CLASSES)
        module, variable, text = (None, None, "") if rng.random() < 0.5 else (module, variable, text + " ")
        text += "class=" + written
    if rng.random() < 0.2:
        words = rng.choice(WORDS)
        text += ":" + words
    return (module, variable, kind, words and words.strip('"')), text


def random_places(rng):
    made = [random_place(rng) for _ in range(rng.choice([1, 1, 1, 2, 3]))]
    return [place for place, _ in made], rng.choice([",", ", ", " , "]).join(text for _, text in made)


def random_path(rng):
    """A list of points (places or "end", the places that may not come before it, directly, time), and how it is written."""
    points, texts, denied, after_denied = [], [], [], False
    items = rng.randint(1, 4)
    if rng.random() < 0.3:
        texts.append("begin")
    for at in range(items):
        last = at == items - 1 and rng.random() < 0.4
        if not last and rng.random() < 0.25:
            places, text = random_places(rng)
            texts += [">"] * bool(texts) + ["!" + text]
            denied, after_denied = denied + places, True
            continue
        direct = bool(texts) and not after_denied and rng.random() < 0.3
        time = rng.choice(TIMES) if texts and rng.random() < 0.25 else None
        places, text = ("end", "end") if last else random_places(rng)
        texts += [">>" if direct else ">"] * bool(texts) + [f"{time[0]}{time[2]} " * bool(time) + text if time else text]
        points.append((places, denied, direct, time))
        denied, after_denied = [], False
    if not points or points[-1][0] != "end":
        points.append(("end", denied, False, None))
    joined = texts[0]
    for text in texts[1:]:
        tight = rng.random() < 0.2 and (text in (">", ">>")) and not joined.endswith((">", "<"))
        joined += text if tight else " " + text
    return points, joined


def is_place(step, places):
    return any((module is None or step[1] == module) and (variable is None or step[2] == variable) and (kind is None or step[0] == kind)
               and (words is None or finding.phrase_in(words, step[3])) for module, variable, kind, words in places)


def takes(points, made):
    if not isinstance(made["detail"], list):
        return False
    steps, times = finding.steps_of(made), [step["timestamp"] for step in made["detail"]]
    times = [int(made["start"]), *times, int(made["end"])]

    @lru_cache(None)
    def goes_on(point, at):
        """Whether points[point:] may follow the step before steps[at]."""
        if point == len(points):
            return True
        places, denied, direct, time = points[point]
        for to in range(at, len(steps) + 1):
            is_end = to == len(steps)
            between = steps[at:to]
            passed = times[to + 1] - times[at]
            if ((places == "end") == is_end and (is_end or is_place(steps[to], places))
                    and not any(is_place(step, denied) for step in between)
                    and not (direct and any(step[1] != "hangup" for step in between))
                    and (time is None or (passed < time[1] if time[0] == "<" else passed > time[1]))
                    and goes_on(point + 1, to + 1)):
                return True
        return False

    return goes_on(0, 0)
