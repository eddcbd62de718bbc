# SPDX-License-Identifier: MIT
"""Charts as plain SVG, readable on light and on dark ground."""
import math
from xml.sax.saxutils import escape

STYLE = """
text { font: 13px system-ui, sans-serif; fill: #1f2328 }
.small { font-size: 11px; fill: #59636e } .title { font-weight: 600 }
.grid { stroke: #d1d9e0 } .c0 { fill: #0969da; stroke: #0969da } .c1 { fill: #8c959f; stroke: #8c959f }
.c2 { fill: #bc4c00; stroke: #bc4c00 } .c3 { fill: #1a7f37; stroke: #1a7f37 } .c4 { fill: #8250df; stroke: #8250df }
.c5 { fill: #bf3989; stroke: #bf3989 } .c6 { fill: #9a6700; stroke: #9a6700 } .c7 { fill: #0e7490; stroke: #0e7490 }
.line { fill: none; stroke-width: 2 } .bar { stroke: none }
@media (prefers-color-scheme: dark) {
text { fill: #f0f6fc } .small { fill: #9198a1 } .grid { stroke: #3d444d }
.c0 { fill: #4493f8; stroke: #4493f8 } .c1 { fill: #6e7681; stroke: #6e7681 } .c2 { fill: #db6d28; stroke: #db6d28 } .c3 { fill: #3fb950; stroke: #3fb950 }
.c4 { fill: #a371f7; stroke: #a371f7 } .c5 { fill: #f778ba; stroke: #f778ba } .c6 { fill: #d29922; stroke: #d29922 } .c7 { fill: #39c5cf; stroke: #39c5cf }
.line { fill: none } .bar { stroke: none }
}
"""


def figure(value):
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}"


def text(x, y, words, kind="", anchor="start"):
    return f'<text x="{x:.1f}" y="{y:.1f}" class="{kind}" text-anchor="{anchor}">{escape(words)}</text>'


def document(width, height, name, parts):
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img">'
            f"<title>{escape(name)}</title><style>{STYLE}</style>" + "".join(parts) + "</svg>\n")


def bars(groups, name):
    """@groups: (title, unit, [(side, value)]); each group has its own scale."""
    left, width, bar, parts, y = 110, 760, 18, [], 24
    for title, unit, values in groups:
        most = max(value for _, value in values)
        parts.append(text(0, y, title, "title"))
        y += 10
        for place, (side, value) in enumerate(values):
            length = max(1.5, (width - left - 130) * value / most)
            colour = {"callstep": 0, "nginx": 1}.get(side, 2 if side.startswith("PHP") else 3 if side.startswith("Node") else 4)
            parts.append(text(left - 8, y + 13, side, "", "end"))
            parts.append(f'<rect x="{left}" y="{y}" width="{length:.1f}" height="{bar - 4}" rx="2" class="bar c{colour}"/>')
            parts.append(text(left + length + 6, y + 12, f"{figure(value)} {unit}", "small"))
            y += bar
        y += 26
    return document(width, y - 10, name, parts)


def ticks(low, high):
    return range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)


def lines(series, name, below, beside):
    """@series: (title, [(x, y)]); both axes are logarithmic."""
    left, right, top, width, height = 70, 290, 30, 800, 380
    xs = [x for _, points in series for x, _ in points]
    ys = [y for _, points in series for _, y in points]
    x_ticks, y_ticks = ticks(min(xs), max(xs)), ticks(min(ys), max(ys))
    place_x = lambda x: left + (width - left - right) * (math.log10(x) - x_ticks[0]) / max(1, x_ticks[-1] - x_ticks[0])
    place_y = lambda y: height - 50 - (height - 50 - top) * (math.log10(y) - y_ticks[0]) / max(1, y_ticks[-1] - y_ticks[0])
    parts = [text(0, 16, beside, "small"), text(left, height - 10, below, "small")]
    for tick in y_ticks:
        y = place_y(10**tick)
        parts += [f'<line x1="{left}" x2="{width - right}" y1="{y:.1f}" y2="{y:.1f}" class="grid"/>', text(left - 8, y + 4, f"{10**tick:,}", "small", "end")]
    for tick in x_ticks:
        parts.append(text(place_x(10**tick), height - 32, f"{10**tick:,}", "small", "middle"))
    labels = spread_out([(place_y(points[-1][1]), i) for i, (_, points) in enumerate(series)])
    for i, (title, points) in enumerate(series):
        path = " ".join(f"{place_x(x):.1f},{place_y(y):.1f}" for x, y in points)
        parts.append(f'<polyline points="{path}" class="line c{i % 8}" style="fill:none"/>')
        parts += [f'<circle cx="{place_x(x):.1f}" cy="{place_y(y):.1f}" r="3" class="c{i % 8}"/>' for x, y in points]
        parts.append(f'<circle cx="{width - right + 12}" cy="{labels[i] - 4:.1f}" r="4" class="c{i % 8}"/>')
        parts.append(text(width - right + 22, labels[i], title, "small"))
    return document(width, height, name, parts)


def spread_out(wanted, least=15):
    """Heights of labels near the wanted ones, none over another."""
    placed, last = {}, -math.inf
    for y, name in sorted(wanted):
        last = max(y + 4, last + least)
        placed[name] = last
    return placed
