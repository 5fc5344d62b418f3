"""The pictures of docs/scale.md, drawn from the figures: small SVG, legible in light and in dark."""

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

DOCS = Path(__file__).parents[2] / "docs"
WIDTH, HEIGHT = 640, 300
LEFT, RIGHT, TOP, BOTTOM = 62, 36, 44, 44
SPACE = 1.15  # above the highest point
COLOURS = ("#0969da", "#bc4c00", "#1a7f37", "#8250df")  # on white; and on black:
PALE = ("#58a6ff", "#f0883e", "#3fb950", "#bc8cff")

Point = tuple[float, float]
Series = tuple[str, Sequence[Point]]


def draw(figures: dict[str, Any]) -> None:
    """All pictures that the figures are there for."""
    both = {"SQLite": figures.get("sqlite", ()), "PostgreSQL": figures.get("postgresql", ())}
    sizes = [10**power for power in range(3, 7)]
    for file, title, name in (
        ("scale-tick.svg", "A tick with nothing due: ms of CPU, the database's included", "tick"),
        ("scale-poll.svg", "Bookkeeping of a poll, claimed and stored: ms of CPU, the database's included", "poll"),
    ):
        lines = [(label, [(one["sources"], _of(one, name)) for one in rows]) for label, rows in both.items() if rows]
        (DOCS / file).write_text(chart(title, "sources", lines, sizes), encoding="utf-8")


def _of(costs: dict[str, float], name: str) -> float:
    parts = {"tick": ("tick_cpu", "tick_server"), "poll": ("claim_cpu", "outcome_cpu", "server_cpu")}
    return sum(costs[part] for part in parts[name])


def chart(title: str, below: str, lines: Sequence[Series], marks: Sequence[float]) -> str:
    """Lines over a logarithmic axis. marks: the values that the axis names."""
    top = SPACE * max(value for _, points in lines for _, value in points)
    step = _step(top)
    low, high = math.log(marks[0]), math.log(marks[-1])

    def x(value: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * (math.log(value) - low) / (high - low)

    def y(value: float) -> float:
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * value / top

    grid = [
        f'<path class="grid" d="M{LEFT} {y(at):.1f}H{WIDTH - RIGHT}"/>'
        f'<text x="{LEFT - 8}" y="{y(at) + 4:.1f}" text-anchor="end">{at:,.4g}</text>'
        for at in (number * step for number in range(int(top / step) + 1))
    ]
    axis = [
        f'<text x="{x(mark):.1f}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">{mark:,}</text>' for mark in marks
    ]
    drawn = [_line(number, one, x, y) for number, one in enumerate(lines)]
    legend = [
        f'<text class="c{number}" x="{WIDTH - RIGHT}" y="{TOP - 6 + 15 * number}" text-anchor="end">{name}</text>'
        for number, (name, _) in enumerate(lines)
        if len(lines) > 1
    ]
    return "\n".join(
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">',
            f"<title>{title}</title>",
            f"<style>{_style()}</style>",
            f'<text class="title" x="{LEFT}" y="20">{title}</text>',
            *grid,
            *axis,
            f'<text x="{WIDTH - RIGHT}" y="{HEIGHT - 8}" text-anchor="end">{below}</text>',
            *drawn,
            *legend,
            "</svg>\n",
        )
    )


def _line(number: int, line: Series, x: Callable[[float], float], y: Callable[[float], float]) -> str:
    _, points = line
    path = "L".join(f"{x(a):.1f} {y(b):.1f}" for a, b in points)
    dots = "".join(f'<circle class="f{number}" cx="{x(a):.1f}" cy="{y(b):.1f}" r="3.5"/>' for a, b in points)
    return f'<path class="l{number}" d="M{path}"/>{dots}'


def _step(top: float) -> float:
    """How far the lines of the grid are apart: 1, 2 or 5 times a power of ten, four to eight of them."""
    power = 10 ** math.floor(math.log10(top))
    return next(power * part for part in (0.1, 0.2, 0.5, 1.0, 2.0) if top / (power * part) <= 7)


def _style() -> str:
    def colours(of: Sequence[str]) -> str:
        return "".join(
            f".l{number}{{stroke:{colour}}}.f{number},text.c{number}{{fill:{colour}}}"
            for number, colour in enumerate(of)
        )

    return (
        "text{font:12px system-ui,sans-serif;fill:#59636e}.title{font-weight:600;font-size:14px;fill:#1f2328}"
        "path{fill:none;stroke-width:2}.grid{stroke:#d1d9e0;stroke-width:1}"
        f"{colours(COLOURS)}"
        "@media(prefers-color-scheme:dark){text{fill:#9198a1}.title{fill:#f0f6fc}.grid{stroke:#3d444d}"
        f"{colours(PALE)}}}"
    )
