"""axe-core finds nothing on any kind of page: light and dark, from the left and from the right.

axe-core is one file in a package that `make test` installs (requirements-axe.txt says why that one).
"""

from collections.abc import Callable, Iterator
from importlib.metadata import distribution
from pathlib import Path

import pytest

from tests.chromium import started
from tests.site import PAGES, Browser, served

Look = Callable[[str], Browser]
AXE = Path(str(distribution("axe-playwright-python").locate_file("axe_playwright_python/axe.min.js")))


@pytest.fixture(scope="module")
def source() -> str:
    """axe-core itself."""
    return AXE.read_text("utf-8")


# From the left, by day, on a phone; from the right, by night, on a wide screen. Colours do not depend on sides.
LOOKS = {"ltr-light": (None, 390, "light"), "rtl-dark": ("ar", 1280, "dark")}


@pytest.fixture(scope="module", params=LOOKS.values(), ids=LOOKS.keys())
def look(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Look]:
    """A function that opens a page of such a site."""
    language, width, scheme = request.param
    folder = tmp_path_factory.mktemp("axe")
    with started(folder / "profile") as driver, served(folder, language) as base:
        browser = Browser(driver, base)

        def open_(path: str) -> Browser:
            browser.open(path, width=width, scheme=scheme)
            return browser

        yield open_


def violations(browser: Browser, source: str) -> list[str]:
    """What axe-core finds: its rule, and where."""
    browser.driver.execute_script(source)
    found = browser.driver.execute_async_script(
        "const done = arguments[0]; axe.run({resultTypes: ['violations']}).then(result => done(result.violations.map("
        "one => `${one.id}: ${one.nodes.slice(0, 3).map(node => node.html).join(' ')}`)), error => done([`${error}`]))"
    )
    assert isinstance(found, list)
    return found


@pytest.mark.parametrize("path", PAGES)
def test_axe_finds_nothing(look: Look, source: str, path: str) -> None:
    browser = look(path)
    browser.ask("document.querySelectorAll('details').forEach(one => one.open = true)")
    assert violations(browser, source) == []


def test_axe_would_find_something(look: Look, source: str) -> None:
    browser = look("/")
    browser.ask("document.querySelector('.wordmark img').removeAttribute('alt')")
    assert [said.partition(":")[0] for said in violations(browser, source)] == ["image-alt"]
