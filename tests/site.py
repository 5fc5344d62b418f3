"""A site with something of everything, on a port of its own, and a browser that looks at it.

Three scripts, pictures, recordings, tags, a story that two sources carry, long words, a source that fails. Nothing is
read from outside: the pictures of the stories come from our own server.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from selenium import webdriver
from werkzeug.serving import WSGIRequestHandler, make_server

from aggregator.config.settings import DedupSettings, SiteSettings
from aggregator.dedup.merge import Merger, story_uuid
from aggregator.outcome import Reason
from aggregator.store import claims, texts
from aggregator.store.engine import open_engine, upgrade, writing
from aggregator.web import create_app
from feeds.model import Enclosure, Entry, Person
from tests.builders import carry, entry, failed, listed, record, settings, source_settings, sync, updated
from tests.chromium import started

NOW = datetime.now(UTC)
HOUR = timedelta(hours=1)
EN, ZH, AR, BROKEN = (f"https://{name}.example/feed" for name in ("en", "zh", "ar", "broken"))
LONG = "Donaudampfschifffahrtsgesellschaftskapitänsmütze" * 4
STORIES = 18  # of each source; three sources fill more than a page
PAGES = [
    *("/", "/category/technology", "/category/新媒体/zaker", "/category/all", "/feeds/technology.atom"),
    *("/search", "/search?q=列车", "/search?q=معرض+الكتاب", "/search?q=nothing+has+this", "/top", "/top/week"),
    *("/status", "/status/source/1", "/nowhere"),
    *(f"/story/{story_uuid(address, f'{address}/0')}" for address in (EN, ZH, AR)),
    f"/story/{story_uuid(EN, 'podcast')}",
]
TEXTS = {
    EN: ("The quiet return of feeds, and why it matters to those who never stopped reading them", "en"),
    ZH: ("新一代高速列车完成首次载客试运行，时速达到四百公里", "zh-CN"),
    AR: ("افتتاح معرض الكتاب الدولي في القاهرة بمشاركة أكثر من أربعين دولة", "ar"),
}
EVERYTHING = """
<h4>A heading that is too deep</h4><p>Text with <em>stress</em>, a <a href="https://en.example/link">link</a> and
<code>code</code>.</p><h1>And one too high</h1>
<pre><code>a line of code that is so long that it has to be scrolled sideways, on every screen there is, wide ones too
</code></pre><blockquote><p>A quotation</p></blockquote>
<table><tr><th>Year</th><th>Items</th></tr><tr><td>2025</td><td>4,800</td></tr></table>
<p><a href="https://en.example/picture"><img src="{picture}"></a></p><p><a href="https://en.example/empty"></a></p>
<iframe src="https://player.vimeo.com/video/1"></iframe><dl><dt>Term</dt><dd>What it means</dd></dl>
"""


class Quiet(WSGIRequestHandler):
    """A server that does not write every request to the terminal."""

    def log(self, type: str, message: str, *args: object) -> None:
        return


@dataclass(frozen=True)
class Browser:
    """A Chromium that looks at the site at `base`."""

    driver: webdriver.Chrome
    base: str

    def open(self, path: str, *, width: int = 1280, scheme: str = "light") -> None:
        """Go to a page on a screen of that width, for somebody who prefers that scheme."""
        size = {"width": width, "height": 1600, "deviceScaleFactor": 1, "mobile": width < 600}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        preferred = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", preferred)
        self.driver.get_log("browser")  # what earlier pages said
        self.driver.get(self.base + path)

    def ask(self, script: str) -> object:
        """What a script of the test (not of the page) finds out."""
        return self.driver.execute_script(f"return {script}")

    def complaints(self) -> list[str]:
        """What the console says, refused scripts and images included."""
        return [said["message"] for said in self.driver.get_log("browser")]


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    folder = tmp_path_factory.mktemp("browser")
    with started(folder / "profile") as driver, served(folder) as base:
        yield Browser(driver, base)


@contextmanager
def served(folder: Path, language: str | None = None) -> Iterator[str]:
    """The site, in that language, for as long as somebody looks at it; its address."""
    engine = open_engine(f"sqlite:///{folder}/test.db")
    upgrade(engine)
    places = {EN: "technology", ZH: "新媒体/zaker", AR: "新媒体", BROKEN: "technology"}
    mapped = [source_settings(address, categories=(slug,), line=9) for address, slug in places.items()]
    app = create_app(settings(folder, *mapped, site=SiteSettings(title="My river", language=language)), engine)
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)
    base = f"http://127.0.0.1:{server.server_port}"
    ids = sync(engine, NOW, *(listed(address, *above(slug)) for address, slug in places.items()))
    assert ids == ()
    for number, (address, (title, language)) in enumerate(TEXTS.items(), 1):
        stories = (
            entry(
                f"{address}/{n}",
                title=f"{title} {n}" if n else f"{title} {LONG}",
                url=f"{address}/{n}",
                html=f"<p>{title} — {title}. {LONG}</p>",
                image=f"{base}/static/favicon.svg?{n}" if n % 3 == 0 else None,
                language=language,
                published=NOW - n * 7 * HOUR,
            )
            for n in range(STORIES)
        )
        carry(engine, number, NOW, *stories)
    carry(engine, 1, NOW, podcast(f"{base}/static/favicon.svg?podcast"))
    carry(engine, 4, NOW, entry("shared", title=f"{TEXTS[EN][0]} 1", url=f"{EN}/1", published=NOW - 7 * HOUR))
    Merger(DedupSettings(), ()).run(engine, NOW)
    texts.index_all(engine)
    with writing(engine) as connection:
        taken = claims.claim_due(connection, now=NOW, limit=3, per_host=1, lease=HOUR)
    for claim in taken[:2]:
        outcome = updated(title=f"{LONG} <b>", problems=(f"Entry {LONG} has no date.",))
        record(engine, claim, outcome, NOW, NOW + HOUR)
    record(engine, taken[2], failed(Reason.DENIED), NOW - 90 * HOUR, NOW + HOUR)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield base
    server.shutdown()
    server.server_close()
    engine.dispose()


def above(slug: str) -> tuple[str, ...]:
    parts = slug.split("/")
    return tuple("/".join(parts[: depth + 1]) for depth in range(len(parts)))


def podcast(picture: str) -> Entry:
    """A story with files to hear and to see, subjects, an author, and all that stands in texts."""
    return entry(
        "podcast",
        title="Episode 12: who mends the cables?",
        url="https://en.example/podcast",
        html=EVERYTHING.format(picture=picture),
        authors=(Person(name="Mara Quill"),),
        tags=("podcast", "深海", "كابلات"),
        language="en",
        published=NOW - 3 * HOUR,
        enclosures=(
            Enclosure(url="https://en.example/talk.mp3", type="audio/mpeg", length=24_000_000, duration=1900),
            Enclosure(url="https://en.example/film.mp4", type="video/mp4"),
            Enclosure(url="https://en.example/slides.pdf", type="application/pdf", length=840),
        ),
    )


def get(link: str) -> tuple[int, str]:
    """The status of an answer of ours, and its text."""
    parts = urlsplit(link)
    connection = HTTPConnection(parts.netloc, timeout=20)
    connection.request("GET", f"{parts.path}?{parts.query}")
    answer = connection.getresponse()
    text = answer.read().decode("utf-8", "replace")
    connection.close()
    return answer.status, text
