"""Charts as SVG that stands in the page: bars, drawn here, for the pages may run no script. Pure.

Numbers go in, shapes come out; colours are the style sheet's, by class. Every bar has its words as a tooltip, and the
whole says in one sentence what it shows, for who cannot see it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

WIDTH, HEIGHT = 300, 60  # units of the drawing; the page scales it
GAP = 0.2  # of a bar's place


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One place: the heights of what is stacked in it, from below, each with its class; and its words, "" if empty."""

    parts: tuple[tuple[str, float], ...]
    words: str

    @property
    def height(self) -> float:
        """Of all of it."""
        return sum(height for _, height in self.parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """A drawing with its title, and what its axis begins and ends with."""

    title: str
    highest: str
    first: str
    last: str
    svg: Markup


def chart(title: str, bars: Sequence[Bar], *, highest: str, first: str, last: str) -> Chart:
    """Bars side by side, the highest as high as the drawing; without bars, or with flat ones only, an empty drawing."""
    top = max((bar.height for bar in bars), default=0) or 1
    place = WIDTH / max(len(bars), 1)
    drawn = Markup("").join(_bar(bar, number * place, place, top) for number, bar in enumerate(bars))
    label = f"{title}, {f'{first} to {last}' if first else last}; at most {highest}"
    svg = Markup(
        '<svg class="chart" viewBox="0 0 {} {}" role="img" aria-label="{}" preserveAspectRatio="none">{}</svg>'
    )
    return Chart(title=title, highest=highest, first=first, last=last, svg=svg.format(WIDTH, HEIGHT, label, drawn))


def _bar(bar: Bar, x: float, place: float, top: float) -> Markup:
    shapes, y = [], float(HEIGHT)
    for name, height in bar.parts:
        if height <= 0:
            continue
        tall = max(height / top * HEIGHT, 1.0)  # what is there is seen
        y -= tall
        shapes.append(
            Markup('<rect class="{}" x="{:.2f}" y="{:.2f}" width="{:.2f}" height="{:.2f}"/>').format(
                name, x + place * GAP / 2, max(y, 0.0), place * (1 - GAP), tall
            )
        )
    if not bar.words:
        return Markup("")
    whole = Markup('<rect class="place" x="{:.2f}" y="0" width="{:.2f}" height="{}"/>').format(x, place, HEIGHT)
    return Markup("<g><title>{}</title>{}{}</g>").format(bar.words, whole, Markup("").join(shapes))
