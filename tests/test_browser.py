"""The pages in a real Chromium, with the Content-Security-Policy in force: phone and desktop, light and dark.

Nothing is read from outside: the pictures of the stories come from our own server. Where there is no Chromium the tests
are skipped with the reason, but in CI they fail.
"""

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from selenium import webdriver
from selenium.webdriver.common.keys import Keys
from werkzeug.serving import WSGIRequestHandler, make_server

from aggregator.config.settings import DedupSettings, SiteSettings
from aggregator.dedup.merge import Merger, story_uuid
from aggregator.outcome import Reason
from aggregator.store import sources, texts
from aggregator.store.engine import open_engine, upgrade, writing
from aggregator.web import create_app
from tests.builders import carry, entry, failed, listed, record, settings, source_settings, sync, updated
from tests.chromium import started

NOW = datetime.now(UTC)
HOUR = timedelta(hours=1)
EN, ZH, AR, BROKEN = (f"https://{name}.example/feed" for name in ("en", "zh", "ar", "broken"))
LONG = "Donaudampfschifffahrtsgesellschaftskapitänsmütze" * 4
PAGES = [
    *("/", "/category/technology", "/category/新媒体/zaker", "/category/all", "/status", "/nowhere"),
    *("/search", "/search?q=列车", "/search?q=معرض+الكتاب", "/search?q=nothing+has+this", "/top", "/top/week"),
    *(f"/story/{story_uuid(address, f'{address}/0')}" for address in (EN, ZH, AR)),
]
TEXTS = {
    EN: ("The quiet return of feeds, and why it matters to those who never stopped reading them", "en"),
    ZH: ("新一代高速列车完成首次载客试运行，时速达到四百公里", "zh-CN"),
    AR: ("افتتاح معرض الكتاب الدولي في القاهرة بمشاركة أكثر من أربعين دولة", "ar"),
}


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
    with started(folder / "profile") as driver:
        for base in serve(folder):
            yield Browser(driver, base)


def serve(folder: Path) -> Iterator[str]:
    """The site on a port of its own, for as long as somebody looks at it."""
    engine = open_engine(f"sqlite:///{folder}/test.db")
    upgrade(engine)
    places = {EN: "technology", ZH: "新媒体/zaker", AR: "新媒体", BROKEN: "technology"}
    mapped = [source_settings(address, categories=(slug,), line=9) for address, slug in places.items()]
    app = create_app(settings(folder, *mapped, site=SiteSettings(title="My river")), engine)
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
            for n in range(12)
        )
        carry(engine, number, NOW, *stories)
    carry(engine, 4, NOW, entry("shared", title=f"{TEXTS[EN][0]} 1", url=f"{EN}/1", published=NOW - 7 * HOUR))
    Merger(DedupSettings(), ()).run(engine, NOW)
    texts.index_all(engine)
    with writing(engine) as connection:
        claims = sources.claim_due(connection, now=NOW, limit=3, per_host=1, lease=HOUR)
    for claim in claims[:2]:
        outcome = updated(title=f"{LONG} <b>", problems=(f"Entry {LONG} has no date.",))
        record(engine, claim, outcome, NOW, NOW + HOUR)
    record(engine, claims[2], failed(Reason.DENIED), NOW - 90 * HOUR, NOW + HOUR)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield base
    server.shutdown()
    server.server_close()
    engine.dispose()


def above(slug: str) -> tuple[str, ...]:
    parts = slug.split("/")
    return tuple("/".join(parts[: depth + 1]) for depth in range(len(parts)))


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("path", PAGES)
def test_a_page_fits_its_screen_and_the_console_is_silent(browser: Browser, path: str, width: int, scheme: str) -> None:
    browser.open(path, width=width, scheme=scheme)
    browser.ask("document.querySelectorAll('details').forEach(one => one.open = true)")
    assert browser.ask("innerWidth") == width  # a phone zooms out where something is too wide
    wide = "one => one.scrollWidth > one.clientWidth && getComputedStyle(one).overflowX === 'auto'"
    assert browser.ask("document.scrollingElement.scrollWidth <= innerWidth")
    assert browser.ask(f"[...document.querySelectorAll('*')].filter({wide}).map(one => one.className)") == []
    complaints = [said for said in browser.complaints() if not (path == "/nowhere" and "404" in said)]
    assert complaints == []


@pytest.mark.parametrize("path", PAGES)
def test_every_link_to_us_is_answered(browser: Browser, path: str) -> None:
    browser.open(path)
    links = browser.ask("[...document.querySelectorAll('[href], [src]')].map(one => one.href || one.src)")
    assert isinstance(links, list)
    ours = {link.partition("#")[0] for link in links if link.startswith(browser.base)}
    assert len(ours) > 3
    for link in sorted(ours - {browser.base + "/nowhere"}):
        assert get_status(link) == 200, link


def get_status(link: str) -> int:
    parts = urlsplit(link)
    connection = HTTPConnection(parts.netloc, timeout=20)
    connection.request("GET", f"{parts.path}?{parts.query}")
    status = connection.getresponse().status
    connection.close()
    return status


def test_the_style_and_the_pictures_are_there(browser: Browser) -> None:
    browser.open("/", width=1280)
    assert browser.ask("getComputedStyle(document.querySelector('.columns')).display") == "grid"
    wanted = "[...document.images].filter(one => one.getBoundingClientRect().top < innerHeight)"
    assert browser.ask(f"{wanted}.length > 1 && {wanted}.every(one => one.complete && one.naturalWidth > 0)")


def test_dark_is_dark_and_light_is_light(browser: Browser) -> None:
    grounds = []
    for scheme in ("light", "dark"):
        browser.open("/", scheme=scheme)
        grounds.append(browser.ask("getComputedStyle(document.body).backgroundColor"))
    assert grounds == ["rgb(252, 251, 248)", "rgb(22, 21, 19)"]


def test_a_title_runs_in_the_direction_of_its_script(browser: Browser) -> None:
    browser.open("/category/all")
    found = browser.ask(
        "[...document.querySelectorAll('.story h3')]"
        ".map(one => `${one.lang} ${one.matches(':dir(rtl)') ? 'rtl' : 'ltr'}`)"
    )
    assert isinstance(found, list)
    assert set(found) == {"en ltr", "zh-CN ltr", "ar rtl"}


def test_a_script_in_a_page_would_not_run(browser: Browser) -> None:
    browser.open("/")
    browser.ask(
        "(() => { const script = document.createElement('script'); script.textContent = 'window.ran = true';"
        " document.body.append(script); })()"
    )
    assert browser.ask("window.ran") is None
    assert any("Content Security Policy" in said for said in browser.complaints())


def test_the_keyboard_reaches_the_stories_first(browser: Browser) -> None:
    browser.open("/")
    browser.driver.switch_to.active_element.send_keys(Keys.TAB)
    assert browser.ask("document.activeElement.className") == "skip"
    browser.driver.switch_to.active_element.send_keys(Keys.ENTER)
    browser.driver.switch_to.active_element.send_keys(Keys.TAB)
    assert browser.ask("document.activeElement.closest('.story') !== null")
