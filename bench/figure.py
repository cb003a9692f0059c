# SPDX-License-Identifier: LGPL-2.1-or-later
"""Draws panels of lines on two logarithmic axes, one legend for all of them, as SVG."""
import math
from xml.sax.saxutils import escape

WIDTH, MARGIN, GAP = 960, 28, 92  # GAP: left of a panel, for its numbers and its name
LEGEND_ROW, LEGEND_COLUMN = 20, 225
TITLE, AXIS = 34, 52  # pixels above and below a panel's lines


class Style:
    """How a series looks, and what the legend calls it."""

    def __init__(self, label, colour, dashes=""):
        self.label, self.colour, self.dashes = label, colour, dashes

    def stroke(self):
        return f'stroke="{self.colour}" stroke-width="2"' + (f' stroke-dasharray="{self.dashes}"' if self.dashes else "")


class Axis:
    """Values on so many pixels, logarithmic; `ticks` are the values that it names, the first and the last its ends."""

    def __init__(self, ticks, begin, end):
        self.ticks, self.begin, self.end = ticks, begin, end

    def at(self, value):
        low, high = self.ticks[0], self.ticks[-1]
        return self.begin + math.log(value / low) / math.log(high / low) * (self.end - self.begin)


def decimal_ticks(values):
    """Powers of ten around the values; where that makes few, 2 and 5 times them too."""
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    if high - low > 2:
        return [10 ** power for power in range(low, high + 1)]
    ticks = [step * 10 ** power for power in range(low, high + 1) for step in (1, 2, 5)]
    begin = max(i for i, tick in enumerate(ticks) if tick <= min(values))
    end = min(i for i, tick in enumerate(ticks) if tick >= max(values))
    return ticks[begin:max(end, begin + 1) + 1]


def text(x, y, words, anchor="middle", size=12, extra=""):
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}" {extra}>{escape(words)}</text>'


def line(x1, y1, x2, y2, stroke):
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" {stroke}/>'


class Panel:
    """A title, names of the axes, and series: (Style, [(x, y, lowest y, highest y)])."""

    def __init__(self, title, x_name, y_name, series, x_word=str):
        self.title, self.x_name, self.y_name, self.series, self.x_word = title, x_name, y_name, series, x_word

    def draw(self, left, top, width, height):
        points = [point for _, points in self.series for point in points]
        xs = sorted({point[0] for point in points})
        across = Axis(xs, left, left + width)
        up = Axis(decimal_ticks([y for point in points for y in point[1:]]), top + height, top)
        drawn = [text(left + width / 2, top - 14, self.title, size=14, extra='font-weight="bold"'),
                 text(left + width / 2, top + height + 38, self.x_name),
                 text(0, 0, self.y_name, extra=f'transform="translate({left - 70:.1f} {top + height / 2:.1f}) rotate(-90)"')]
        for value in up.ticks:
            drawn.append(line(left, up.at(value), left + width, up.at(value), 'stroke="#ddd"'))
            drawn.append(text(left - 6, up.at(value) + 4, f"{value:,}" if value >= 1 else f"{value:g}", "end", 11))
        for value in xs:
            drawn.append(line(across.at(value), top, across.at(value), top + height, 'stroke="#eee"'))
            drawn.append(text(across.at(value), top + height + 18, self.x_word(value), size=11))
        drawn.append(f'<rect x="{left}" y="{top}" width="{width}" height="{height}" fill="none" stroke="#888"/>')
        for style, own in self.series:
            drawn += self.draw_series(style, own, across, up)
        return drawn

    @staticmethod
    def draw_series(style, points, across, up):
        path = " ".join(f"{across.at(x):.1f},{up.at(y):.1f}" for x, y, _, _ in points)
        drawn = [f'<polyline points="{path}" fill="none" {style.stroke()}/>']
        for x, y, lowest, highest in points:
            drawn.append(line(across.at(x), up.at(lowest), across.at(x), up.at(highest), f'stroke="{style.colour}" stroke-width="1"'))
            drawn.append(f'<circle cx="{across.at(x):.1f}" cy="{up.at(y):.1f}" r="3" fill="{style.colour}"/>')
        return drawn


def draw_legend(styles, top):
    drawn = []
    columns = (WIDTH - 2 * MARGIN) // LEGEND_COLUMN
    for i, style in enumerate(styles):
        x, y = MARGIN + 20 + i % columns * LEGEND_COLUMN, top + i // columns * LEGEND_ROW
        drawn.append(line(x, y, x + 30, y, style.stroke()))
        drawn.append(text(x + 36, y + 4, style.label, "start"))
    return drawn, top + -(-len(styles) // columns) * LEGEND_ROW


def figure(rows, styles):
    """The SVG: a row of panels below the other; those of a row share its width."""
    drawn, top = draw_legend(styles, MARGIN + 8)
    for panels, height in rows:
        top += TITLE
        width = (WIDTH - MARGIN - len(panels) * GAP) / len(panels)
        for i, panel in enumerate(panels):
            drawn += panel.draw(round(GAP + i * (width + GAP), 1), top, round(width, 1), height)
        top += height + AXIS
    head = (f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{top}" viewBox="0 0 {WIDTH} {top}" '
            'font-family="sans-serif" fill="#222">')
    return "\n".join([head, f'<rect width="{WIDTH}" height="{top}" fill="white"/>', *drawn, "</svg>"]) + "\n"
