"""Does anything of a collection of attacks run after cleaning? In a headless Chromium, by what really happens.

    python -m benchmarks.xss FOLDER|FILE … [--batch N]

Reads attacks from text files (each line, and the whole file) and from JSON files (every string in them). Each goes
through `clean` and, with others, into a page. What runs there calls a hook (`alert`, and what else collections call);
the pointer and clicks are played. The same attacks as they are, one page each for a sample, prove that the hooks work.
No request leaves the machine: every name resolves to nothing. Exit 1 if anything ran after cleaning.
"""

import argparse
import json
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from selenium import webdriver
from selenium.common.exceptions import WebDriverException
from selenium.webdriver.chrome.service import Service

from feeds.clean import clean
from feeds.clean.rules import Rules
from feeds.model import Entry, Feed

LONGEST = 20_000  # characters of one attack
UNCLEANED = 200  # attacks that are also shown as they are
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--no-first-run", "--host-resolver-rules=MAP * ~NOTFOUND",
)  # fmt: skip
# Runs in every document and frame before anything of the page does.
HOOKS = """
window.ran = [];
for (const name of ['alert', 'prompt', 'confirm', 'print', 'eval', 'open', 'xss', 'log', 'logChr', 'pwn', 'javascript'])
  window[name] = (...given) => { try { top.ran.push(name + ' ' + String(given[0]).slice(0, 60)); } catch { } };
"""
# What a reader may do: move over everything, focus it, click it (links to the web excepted: they lead away, rightly).
PLAY = """
for (const one of document.body.querySelectorAll('*')) {
  for (const type of ['mouseover', 'mouseenter', 'mousemove', 'mousedown', 'focus', 'pointerover', 'wheel', 'toggle'])
    one.dispatchEvent(new Event(type, {bubbles: true}));
  if (!(one.closest('a')?.protocol || '').startsWith?.('http')) one.click?.();
}
"""
COUNT = "return [window.ran.length, window.ran.slice(0, 5), document.querySelectorAll('script').length];"


def attacks(places: Sequence[Path]) -> Iterator[str]:
    """Every attack of the collections, each once."""
    seen: set[str] = set()
    for place in places:
        for path in sorted(place.rglob("*")) if place.is_dir() else [place]:
            if not path.is_file() or path.stat().st_size > 8 * 2**20:
                continue
            text = path.read_text(encoding="utf-8", errors="replace")
            for attack in _strings(json.loads(text)) if path.suffix == ".json" else (text, *text.splitlines()):
                if 0 < len(attack) <= LONGEST and ("<" in attack or "script:" in attack) and attack not in seen:
                    seen.add(attack)
                    yield attack


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for one in value.values() if isinstance(value, dict) else value:
            yield from _strings(one)


def cleaned(attack: str) -> str:
    """The text of an entry that an attack was the text of."""
    feed = clean(Feed(entries=(Entry(guid="1", html=attack),)), base="https://e.example/", rules=Rules())
    return feed.entries[0].html if feed.entries else ""


class Watched:
    """A Chromium that tells what ran on a page."""

    def __init__(self, driver: webdriver.Chrome, folder: Path) -> None:
        self._driver = driver
        self._file = folder / "page.html"
        driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": HOOKS})
        driver.set_page_load_timeout(20)

    def runs(self, bodies: Sequence[str]) -> list[str]:
        """What ran of these, shown together; a page that leads away counts as something that ran."""
        page = "<!doctype html><meta charset=utf-8><body>" + "\n".join(f"<div>{body}</div>" for body in bodies)
        self._file.write_text(page, encoding="utf-8", errors="replace")
        try:
            self._driver.get(self._file.as_uri())
            self._driver.execute_script(PLAY)
            self._driver.execute_async_script("setTimeout(arguments[arguments.length - 1], 150)")
            count, said, scripts = self._driver.execute_script(COUNT)
        except WebDriverException as error:
            return [f"the page could not be asked: {str(error)[:80]}"]
        away = [] if self._driver.current_url.startswith(self._file.as_uri()) else [self._driver.current_url]
        return [*said[:count], *away, *(["<script>"] if scripts else [])]


def main() -> None:
    """Show all, and say what ran."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("places", nargs="+", type=Path)
    parser.add_argument("--batch", type=int, default=100)
    given = parser.parse_args()
    batch: int = given.batch
    found = list(attacks(given.places))
    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium") or "chromium"
    options.unhandled_prompt_behavior = "dismiss"
    ran: list[tuple[str, list[str]]] = []
    with tempfile.TemporaryDirectory() as folder:
        for flag in (*FLAGS, f"--user-data-dir={folder}/profile"):
            options.add_argument(flag)
        with webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver"))) as driver:
            watched = Watched(driver, Path(folder))
            for first in range(0, len(found), batch):
                some = found[first : first + batch]
                if watched.runs([cleaned(attack) for attack in some]):  # which one?
                    ran += [(one, said) for one in some if (said := watched.runs([cleaned(one)]))]
            sample = found[:: max(len(found) // UNCLEANED, 1)][:UNCLEANED]
            proof = sum(bool(watched.runs([attack])) for attack in sample)
    print(f"{len(found)} attacks; {len(ran)} ran after cleaning; of {len(sample)} uncleaned ones {proof} ran")
    for attack, said in ran[:20]:
        print(f"  {attack[:200]!r}: {said}")
    sys.exit(bool(ran) or not proof)


if __name__ == "__main__":
    main()
