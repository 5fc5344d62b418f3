"""The figures as a table and as a picture, put into docs/performance.md between two marks."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from benchmarks.cost import Figures
from benchmarks.peers.origin import MODES, Mode

DOCS = Path(__file__).parents[2] / "docs"
BEGIN, END = "<!-- make bench-peers writes from here -->\n", "<!-- to here -->\n"
TITLES: dict[Mode, str] = {
    "full": "first full load",
    "304": "unchanged, 304",
    "same": "unchanged, 200 same bytes",
    "new": "one new item in each",
}
# Grey and one colour that can be read on white and on black alike.
_OURS, _OTHERS, _TEXT = "#2f81f7", "#8b949e", "#808890"
_WIDTH, _LABELS, _BAR, _GAP, _HEAD = 720, 110, 16, 5, 26


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a comparison gave. `versions` has None for a contender that is not installed."""

    versions: dict[str, str | None]
    feeds: int
    machine: str
    figures: dict[tuple[str, Mode], Figures]

    def of(self, mode: Mode) -> dict[str, Figures]:
        """The figures of one mode, by contender."""
        return {name: self.figures[name, mode] for name in self.versions if (name, mode) in self.figures}


def table(report: Report) -> str:
    """One row a contender, one column a mode: wall seconds · CPU seconds · MiB at the peak; then how much faster ours
    is on the wall."""
    rows = ["| | " + " | ".join(TITLES[mode] for mode in MODES) + " |", "|---|" + "---|" * len(MODES)]
    for name, version in report.versions.items():
        title = (
            f"**{name}**" if name == "ours" else f"{name} {version}" if name != "plain script" else f"{name}: {version}"
        )
        if version is None:
            rows.append(f"| {name} | not installed |" + " |" * (len(MODES) - 1))
            continue
        cells = (report.figures[name, mode] for mode in MODES)
        rows.append(f"| {title} | " + " | ".join(f"{c.wall:.2f} · {c.cpu:.2f} · {c.peak:.0f}" for c in cells) + " |")
    for name, version in report.versions.items():
        if version is not None and name != "ours" and "ours" in report.versions:
            times = (report.figures[name, mode].wall / report.figures["ours", mode].wall for mode in MODES)
            rows.append(f"| *{name} takes* | " + " | ".join(f"*{one:.1f} ×*" for one in times) + " |")
    return "\n".join(rows) + "\n"


def picture(report: Report) -> str:
    """Wall seconds as bars, a group a mode, each on a scale of its own; CPU and memory beside them. No script."""
    parts: list[str] = []
    y = 0
    for mode in MODES:
        figures = report.of(mode)
        longest = max(one.wall for one in figures.values())
        parts.append(_words(0, y + 16, f"{TITLES[mode]}: seconds for {report.feeds} feeds", weight=600))
        y += _HEAD
        for name, one in figures.items():
            width = max(1.5, (_WIDTH - _LABELS - 190) * one.wall / longest)
            colour = _OURS if name == "ours" else _OTHERS
            parts.append(_words(_LABELS - 8, y + 12, name, anchor="end"))
            parts.append(f'<rect x="{_LABELS}" y="{y}" width="{width:.1f}" height="{_BAR}" rx="2" fill="{colour}"/>')
            said = f"{one.wall:.2f} s, {one.cpu:.2f} s CPU, {one.peak:.0f} MiB"
            parts.append(_words(_LABELS + width + 6, y + 12, said))
            y += _BAR + _GAP
        y += 10
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {y}" width="{_WIDTH}" height="{y}" role="img"'
    )
    style = ' font-family="system-ui, sans-serif" font-size="13">'
    label = "<title>Wall seconds of four ways to poll, ours and others</title>"
    return head + style + label + "\n" + "\n".join(parts) + "\n</svg>\n"


def _words(x: float, y: float, text: str, *, anchor: str = "start", weight: int = 400) -> str:
    return f'<text x="{x:.1f}" y="{y}" fill="{_TEXT}" text-anchor="{anchor}" font-weight="{weight}">{text}</text>'


def write(report: Report) -> None:
    """Put both into docs/."""
    (DOCS / "peers.svg").write_text(picture(report))
    file = DOCS / "performance.md"
    before, _, rest = file.read_text().partition(BEGIN)
    _, _, after = rest.partition(END)
    said = f"{report.feeds} feeds of 30 items, {date.today():%d %B %Y}, {report.machine}.\n"  # noqa: DTZ011
    shown = "![Wall seconds of four ways to poll, ours and others](peers.svg)\n"
    file.write_text(f"{before}{BEGIN}\n{said}\n{table(report)}\n{shown}\n{END}{after}")
