# SPDX-License-Identifier: MIT
"""Figures that a test tells beside its verdict: they are shown at the end of the run, and asserted nowhere."""
FIGURES = []


def tell(sentence):
    FIGURES.append(sentence)


def percentile(values, percent):
    return sorted(values)[min(len(values) - 1, len(values) * percent // 100)]


def pytest_terminal_summary(terminalreporter):
    if FIGURES:
        terminalreporter.write_sep("-", "figures")
    for sentence in FIGURES:
        terminalreporter.write_line(f"measured: {sentence}")
