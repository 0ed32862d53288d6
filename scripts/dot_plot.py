# SPDX-License-Identifier: GPL-2.0-only
"""Dots with intervals, a row each, as an SVG of its own: for `make figures`."""
from xml.sax.saxutils import escape

ROW, LEFT, WIDTH, RIGHT, TOP = 22, 580, 360, 100, 34


def dot_plot(title, rows, low, high, aims=()):
    """rows: (label, value, its interval's low or None, high or None, text); axis from low to high;
    aims: (from, to), a band that values should lie in. Returns the SVG's text."""
    def x(value):
        return LEFT + WIDTH * (min(max(value, low), high) - low) / (high - low)

    height = TOP + ROW * len(rows) + 30
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {LEFT + WIDTH + RIGHT} {height}" '
           f'width="{LEFT + WIDTH + RIGHT}" height="{height}" font-family="sans-serif" font-size="12">',
           f'<title>{escape(title)}</title>',
           '<rect width="100%" height="100%" fill="white"/>',
           f'<text x="10" y="20" font-weight="bold">{escape(title)}</text>']
    for first, last in aims:
        out.append(f'<rect x="{x(first):.1f}" y="{TOP}" width="{x(last) - x(first):.1f}" '
                   f'height="{ROW * len(rows)}" fill="#dcebdc"/>')
    for i in range(6):
        value = low + (high - low) * i / 5
        out.append(f'<line x1="{x(value):.1f}" x2="{x(value):.1f}" y1="{TOP}" y2="{height - 30}" stroke="#ddd"/>')
        out.append(f'<text x="{x(value):.1f}" y="{height - 12}" text-anchor="middle">{value:g}</text>')
    for i, (label, value, first, last, text) in enumerate(rows):
        y = TOP + ROW * (i + 0.5)
        out.append(f'<text x="{LEFT - 10}" y="{y + 4:.1f}" text-anchor="end">{escape(label)}</text>')
        if first is not None and last is not None:
            out.append(f'<line x1="{x(first):.1f}" x2="{x(last):.1f}" y1="{y:.1f}" y2="{y:.1f}" '
                       'stroke="#1f5fa8" stroke-width="2"/>')
        out.append(f'<circle cx="{x(value):.1f}" cy="{y:.1f}" r="4" fill="#1f5fa8"/>')
        out.append(f'<text x="{LEFT + WIDTH + 12}" y="{y + 4:.1f}">{escape(text)}</text>')
    return "\n".join(out + ["</svg>\n"])
