"""axe-core finds nothing on any kind of page: light and dark, from the left and from the right.

axe-core is one file in a package that `make test` installs (requirements-axe.txt says why that one).
"""

from collections.abc import Iterator
from importlib.metadata import distribution
from pathlib import Path

import pytest

from tests.chromium import started
from tests.site import PAGES, Browser, served

AXE = Path(str(distribution("axe-playwright-python").locate_file("axe_playwright_python/axe.min.js")))


@pytest.fixture(scope="module")
def source() -> str:
    """axe-core itself."""
    return AXE.read_text("utf-8")


@pytest.fixture(scope="module", params=[None, "ar"], ids=["ltr", "rtl"])
def browser(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """A browser in front of a site that is laid out from the left, and in front of one from the right."""
    folder = tmp_path_factory.mktemp("axe")
    with started(folder / "profile") as driver, served(folder, request.param) as base:
        yield Browser(driver, base)


def violations(browser: Browser, source: str) -> list[str]:
    """What axe-core finds: its rule, and where."""
    browser.driver.execute_script(source)
    found = browser.driver.execute_async_script(
        "const done = arguments[0]; axe.run({resultTypes: ['violations']}).then(result => done(result.violations.map("
        "one => `${one.id}: ${one.nodes.slice(0, 3).map(node => node.html).join(' ')}`)), error => done([`${error}`]))"
    )
    assert isinstance(found, list)
    return found


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", PAGES)
def test_axe_finds_nothing(browser: Browser, source: str, path: str, scheme: str) -> None:
    browser.open(path, width=390 if scheme == "light" else 1280, scheme=scheme)
    browser.ask("document.querySelectorAll('details').forEach(one => one.open = true)")
    assert violations(browser, source) == []


def test_axe_would_find_something(browser: Browser, source: str) -> None:
    browser.open("/")
    browser.ask("document.querySelector('.wordmark img').removeAttribute('alt')")
    assert [said.partition(":")[0] for said in violations(browser, source)] == ["image-alt"]
