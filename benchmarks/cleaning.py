"""What it costs to clean one item: microseconds of CPU a step, for the texts that feeds are made of.

    python -m benchmarks.cleaning [--rounds N] [--profile]

Each text goes through STEPS as it does in the reading process; the clock runs round each step and round all of them.
A round cleans each item some times; printed is the median of the rounds, so that a neighbour on the machine does not
count. Targets: an item of 2 KB 150 µs, one with ten images 500 µs.
"""

import argparse
import cProfile
import pstats
import statistics
import time
from collections.abc import Callable

import nh3

from feeds.clean import STEPS, clean
from feeds.clean.context import Context
from feeds.clean.rules import Rules
from feeds.model import Entry, Feed

BASE = "https://site.example/"
REPEATS = 20  # of one item in one round
_WORDS = (
    "The committee published its report on the state of the harbour, and nobody who read it was surprised. "
    "Ships wait for days, cranes stand idle, and the railway that was promised ten years ago ends in a field. "
)
_CHINESE = "委员会发布了关于港口状况的报告,读过的人都不感到意外。船只要等待数日,起重机闲置,十年前承诺的铁路止于田野。"
_LINK = '<a href="https://site.example/2026/11/{}?utm_source=rss&amp;page=2">the report of {}</a>'
_GIF = "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"
_LAZY = (
    f'<p><img class="lazy" src="{_GIF}" data-src="https://img.example/{{0}}-640.jpg" alt="Ship {{0}}" width="640" '
    'height="480" data-srcset="https://img.example/{0}-640.jpg 640w, https://img.example/{0}-1280.jpg 1280w"></p>'
)
_SHOWN = (
    '<p><img loading="lazy" decoding="async" class="wp-image-{0} size-large" width="640" height="480" alt="Ship {0}" '
    'src="https://img.example/{0}-640.jpg" srcset="https://img.example/{0}-640.jpg 640w, '
    'https://img.example/{0}-1280.jpg 1280w" sizes="(max-width: 640px) 100vw, 640px"></p>'
)


def _article(length: int) -> str:
    """Paragraphs, headings, links and a picture every 4 KB, as a blog has them."""
    parts: list[str] = []
    while sum(map(len, parts)) < length:
        number = len(parts)
        picture = _SHOWN.format(number) if number % 5 == 0 else ""
        link = _LINK.format(number, number)
        parts.append(
            f"<h2>Part {number}</h2>{picture}<p>{_WORDS}{link} {_WORDS}</p><ul><li>one</li><li>two</li></ul>\n"
        )
    return "".join(parts)


TEXTS = {
    "2 KB plain": "".join(f"<p>{_WORDS * 2}<em>{number}</em> &amp; so on</p>\n" for number in range(5)),
    "2 KB, ten links": "".join(f"<p>{_WORDS[:100]}{_LINK.format(n, n)}</p>\n" for n in range(10)),
    "2 KB Chinese": "".join(f"<p>{_CHINESE * 2}<strong>{number}</strong></p>\n" for number in range(6)),
    "ten images": "".join(_SHOWN.format(number) for number in range(10)),
    "ten lazy images": "".join(_LAZY.format(number) for number in range(10)),
    "20 KB article": _article(20_000),
}


def measure(act: Callable[[], object], rounds: int) -> float:
    """Microseconds of CPU that one call takes: the median of the rounds."""
    spent: list[float] = []
    for _ in range(rounds):
        started = time.process_time_ns()
        for _ in range(REPEATS):
            act()
        spent.append((time.process_time_ns() - started) / REPEATS / 1000)
    return statistics.median(spent)


def steps_of(entry: Entry, context: Context, rounds: int) -> dict[str, float]:
    """Microseconds of each step, given what the steps before it made of the entry."""
    costs: dict[str, float] = {}
    for step in STEPS:
        before = entry
        costs[step.name] = measure(lambda apply=step.apply, given=before: apply(given, context), rounds)  # type: ignore[misc]
        entry = step.apply(before, context) or before
    return costs


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=51)
    parser.add_argument("--profile", action="store_true")
    options = parser.parse_args()
    rounds: int = options.rounds
    rules, profile = Rules(), cProfile.Profile()
    context = Context(base=BASE, rules=rules)
    print(f"µs of CPU an item, medians of {rounds} rounds; `nh3` is its default cleaner alone, on the same text")
    print(f"{'text':16} {'bytes':>6} {'all':>7}  " + " ".join(f"{step.name:>9}" for step in STEPS) + f" {'nh3':>9}")
    for name, html in TEXTS.items():
        entry = Entry(guid="1", title="Report of the harbour", url=f"{BASE}2026/1?utm_medium=rss", html=html)
        feed = Feed(entries=(entry,))
        whole = measure(lambda feed=feed: clean(feed, base=BASE, rules=rules), rounds)  # type: ignore[misc]
        steps = " ".join(f"{cost:9.1f}" for cost in steps_of(entry, context, rounds).values())
        alone = measure(lambda html=html: nh3.clean(html), rounds)  # type: ignore[misc]
        print(f"{name:16} {len(html.encode()):6} {whole:7.1f}  {steps} {alone:9.1f}")
        if options.profile:
            profile.enable()
            for _ in range(200):
                clean(feed, base=BASE, rules=rules)
            profile.disable()
    if options.profile:
        pstats.Stats(profile).sort_stats("tottime").print_stats(25)


if __name__ == "__main__":
    main()
