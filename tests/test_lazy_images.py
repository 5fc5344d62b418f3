"""A page of lazy images in a real Chromium: cleaned, every one of them is seen; as sites wrote them, none is.

The fragments of `data/lazy` are shaped after what feeds and sites have; the number in a name says how many images a
reader should see. Our own server stands for all hosts: addresses with `real` in them are those to be seen, and get a
picture; all others get a pixel, as placeholders are.
"""

import re
import threading
from base64 import b64decode
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.support.ui import WebDriverWait
from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

from feeds.clean import clean
from feeds.clean.rules import Rules
from feeds.model import Entry, Feed
from tests.chromium import started
from tests.site import Quiet

FRAGMENTS = {
    path: path.read_text(encoding="utf-8") for path in (Path(__file__).parent / "data" / "lazy").glob("*.html")
}
PICTURE = b64decode("iVBORw0KGgoAAAANSUhEUgAAAAMAAAACCAIAAAASFvFNAAAADUlEQVR42mNgwAKoKQAAOAACATQFvWYAAAAASUVORK5CYII=")
PIXEL = b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")
SEEN = """
    const isSeen = image => image.naturalWidth > 0 && image.currentSrc.includes('real');
    const imagesOf = article => [...article.querySelectorAll('img')].map(isSeen);
    return Object.fromEntries([...document.querySelectorAll('article')].map(one => [one.id, imagesOf(one)]));
"""
BY_BROWSERS_ALONE = {
    "srcset-only.1.html",
    "substack.1.html",
}  # real sets beside a blank `src`: readers that know no sets


@dataclass(frozen=True)
class Shown:
    """A Chromium, and the server that it looks at."""

    driver: webdriver.Chrome
    base: str
    pages: dict[str, str]

    def seen(self, texts: dict[str, str]) -> dict[str, list[bool]]:
        """For each image of each text whether it is to be seen, once a page of all of them is loaded."""
        self.pages["/page"] = "<!doctype html><meta charset=utf-8>" + "".join(
            f'<article id="{name}">{text.replace(" loading=", " data-was=")}</article>' for name, text in texts.items()
        )
        self.driver.get(f"{self.base}/page")
        done = "return document.readyState === 'complete' && [...document.images].every(one => one.complete)"
        WebDriverWait(self.driver, 30).until(lambda driver: driver.execute_script(done))
        seen = self.driver.execute_script(SEEN)
        assert isinstance(seen, dict)
        return seen


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shown]:
    pages: dict[str, str] = {}

    @Request.application
    def answer(request: Request) -> Response:
        if request.path in pages:
            return Response(pages[request.path], content_type="text/html; charset=utf-8")
        real = "real" in request.full_path
        return Response(PICTURE if real else PIXEL, content_type="image/png" if real else "image/gif")

    server = make_server("127.0.0.1", 0, answer, threaded=True, request_handler=Quiet)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    nowhere_else = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
    with started(tmp_path_factory.mktemp("images"), nowhere_else) as driver:
        yield Shown(driver, f"http://127.0.0.1:{server.server_port}", pages)
    server.shutdown()
    server.server_close()


def at_home(html: str, base: str) -> str:
    """The fragment with its images at our own server."""
    return re.sub(r"(?:https?(?::|&#58;))?//images\.example", base, html)


def cleaned(html: str, base: str) -> str:
    feed = clean(Feed(entries=(Entry(guid="1", html=html),)), base=f"{base}/post", rules=Rules())
    return feed.entries[0].html


def test_every_image_of_thirty_lazy_fragments_is_seen(shown: Shown) -> None:
    assert len(FRAGMENTS) >= 30
    texts = {path.name: cleaned(at_home(html, shown.base), shown.base) for path, html in FRAGMENTS.items()}
    expected = {path.name: [True] * int(path.suffixes[-2][1:]) for path in FRAGMENTS}
    assert shown.seen(texts) == expected


def test_as_sites_wrote_them_no_fragment_shows_its_images(shown: Shown) -> None:
    texts = {path.name: at_home(html, shown.base) for path, html in FRAGMENTS.items()}
    assert {name for name, seen in shown.seen(texts).items() if seen and all(seen)} == BY_BROWSERS_ALONE
