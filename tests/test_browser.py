"""The pages in a real Chromium, with the Content-Security-Policy in force: phone and desktop, light and dark.

Nothing is read from outside (`tests.site`). Where there is no Chromium the tests are skipped with the reason, but in CI
they fail.
"""

from urllib.parse import urljoin

import pytest
from selectolax.lexbor import LexborHTMLParser
from selenium.webdriver.common.keys import Keys

from tests.site import PAGES, Browser, get
from tests.site import browser as browser


@pytest.mark.parametrize(("width", "scheme"), [(390, "light"), (1280, "dark")])
@pytest.mark.parametrize("path", PAGES)
def test_a_page_fits_its_screen_and_the_console_is_silent(browser: Browser, path: str, width: int, scheme: str) -> None:
    browser.open(path, width=width, scheme=scheme)
    browser.ask("document.querySelectorAll('details').forEach(one => one.open = true)")
    assert browser.ask("innerWidth") == width  # a phone zooms out where something is too wide
    wide = (
        "one => one.scrollWidth > one.clientWidth && getComputedStyle(one).overflowX === 'auto'"
        " && !one.matches('[tabindex]')"  # what keys can scroll
    )
    assert browser.ask("document.scrollingElement.scrollWidth <= innerWidth")
    assert browser.ask(f"[...document.querySelectorAll('*')].filter({wide}).map(one => one.className)") == []
    complaints = [said for said in browser.complaints() if not (path == "/nowhere" and "404" in said)]
    assert complaints == []


def test_every_page_that_can_be_reached_from_the_first_one_is_there(browser: Browser) -> None:
    waiting, seen = [f"{browser.base}/"], set()
    while waiting:
        page = waiting.pop()
        seen.add(page)
        status, text = get(page)
        assert status == 200, page
        if not text.startswith("<!doctype html>"):
            continue
        nodes = LexborHTMLParser(text).css("a[href], link[href], [src]")
        links = (node.attributes.get("href") or node.attributes.get("src") for node in nodes)
        found = {urljoin(page, link or "").partition("#")[0] for link in links}
        waiting += [link for link in found - seen - set(waiting) if link.startswith(f"{browser.base}/")]
    kinds = {link.removeprefix(browser.base).partition("?")[0].split("/")[1] for link in seen}
    assert {"", "category", "feeds", "static", "status", "story"} <= kinds
    assert any("?before=" in link for link in seen)


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


def test_on_a_phone_the_stories_begin_on_the_first_screen(browser: Browser) -> None:
    for path in ("/", "/category/technology"):
        browser.open(path, width=390)
        assert browser.ask("document.querySelector('.story').getBoundingClientRect().top < 500"), path


def test_on_a_wide_screen_what_is_folded_on_a_phone_is_open(browser: Browser) -> None:
    shown = "document.querySelector('.side .tree .name').checkVisibility({contentVisibilityAuto: true})"
    browser.open("/", width=390)
    assert not browser.ask(shown)
    browser.open("/", width=1280)
    assert browser.ask(shown)
    assert browser.ask("document.querySelector('.side .tree .name').getBoundingClientRect().height") > 0


# Links within a sentence are as high as its lines; a title answers to a touch anywhere on its story.
TARGETS = (
    "[...document.querySelectorAll('a[href], summary, button, input')]"
    ".filter(one => one.checkVisibility() && !one.closest('.prose, .skip, h1, h3, p:not(.chips, .pager, .actions)'))"
)


@pytest.mark.parametrize("path", [path for path in PAGES if "/source/" not in path])
def test_what_is_touched_on_a_phone_is_as_large_as_a_finger(browser: Browser, path: str) -> None:
    browser.open(path, width=390)
    browser.ask("document.querySelectorAll('details').forEach(one => one.open = true)")
    assert browser.ask(f"{TARGETS}.length") > 2
    small = "one => { const box = one.getBoundingClientRect(); return box.width < 44 || box.height < 44 }"
    assert browser.ask(f"{TARGETS}.filter({small}).map(one => one.outerHTML)") == []


def test_a_story_answers_to_a_touch_anywhere_on_it(browser: Browser) -> None:
    browser.open("/", width=390)
    browser.ask("document.querySelector('.story').scrollIntoView({block: 'center', behavior: 'instant'})")
    touched = (
        "(selector => { const box = document.querySelector(selector).getBoundingClientRect();"
        " const at = document.elementFromPoint(box.x + 8, box.y + box.height / 2); return at.closest('a')?.href })"
    )
    title = browser.ask("document.querySelector('.story h3 a').href")
    assert browser.ask(f"{touched}('.story .excerpt')") == title
    assert "/story/" in str(browser.ask(f"{touched}('.story .more a')"))


def test_a_picture_stands_at_the_end_of_the_line(browser: Browser) -> None:
    browser.open("/category/all", width=1280)
    sides = browser.ask(
        "[...document.querySelectorAll('.story.pictured')].map(one => `${one.querySelector('h3').lang}"
        " ${one.querySelector('img').getBoundingClientRect().x > one.querySelector('h3').getBoundingClientRect().x"
        " ? 'right' : 'left'}`)"
    )
    assert isinstance(sides, list)
    assert {"en right", "zh-CN right", "ar left"} <= set(sides)


def test_a_dot_between_parts_is_not_seen_where_a_line_begins(browser: Browser) -> None:
    browser.open("/top", width=390)  # the name of a source fills the line after the date
    hidden = (
        "(one => { const dot = getComputedStyle(one, '::before'), line = one.parentElement;"
        " return one.getBoundingClientRect().x === line.getBoundingClientRect().x"
        " && getComputedStyle(line).overflowX === 'clip' && parseFloat(dot.left) + parseFloat(dot.width) <= 0 })"
    )
    assert browser.ask(f"{hidden}(document.querySelector('.kicker.parts time + span'))")
    assert browser.ask("[...document.querySelectorAll('.parts')].filter(one => one.textContent.includes('·'))") == []


def test_no_letter_is_slanted_that_has_no_slanted_face(browser: Browser) -> None:
    browser.open(PAGES[-1])
    assert browser.ask("getComputedStyle(document.documentElement).fontSynthesisStyle") == "none"
    assert browser.ask("getComputedStyle(document.querySelector('.prose em')).fontStyle") == "italic"


@pytest.mark.parametrize("format_", ["atom", "rss", "json"])
def test_a_feed_that_is_opened_is_a_page_and_its_address_is_the_feeds(browser: Browser, format_: str) -> None:
    browser.open(f"/feeds/technology.{format_}", width=390)
    assert browser.ask("[document.contentType, location.pathname, document.querySelectorAll('.story').length > 3]") == [
        "text/html",
        f"/feeds/technology.{format_}",
        True,
    ]
    assert browser.ask("document.querySelector('.notice').checkVisibility()")
    assert browser.complaints() == []
    assert not get(f"{browser.base}/feeds/technology.{format_}")[1].startswith("<!doctype html>")


def test_the_keyboard_stops_at_nothing_that_does_nothing(browser: Browser) -> None:
    browser.open("/", width=1280)
    stops = []
    for _ in range(16):
        browser.driver.switch_to.active_element.send_keys(Keys.TAB)
        stops.append(browser.ask("document.activeElement.textContent.replace(/\\s+/g, ' ').trim()"))
        outlined = "getComputedStyle(document.activeElement).outlineStyle"
        assert browser.ask(outlined) != "none", stops
    assert stops[:6] == ["Skip to the latest stories", "My river", "Stories", "Top", "Search", "Status"]
    assert stops[6].startswith("Atom feed of")
    assert "Subscribe to everything" not in stops


def test_on_paper_there_is_only_what_is_read(browser: Browser) -> None:
    browser.open("/category/technology")
    browser.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    shown = (
        "[...document.querySelectorAll('.masthead nav, .fold, .pager, .more > a')].filter(one => one.checkVisibility())"
    )
    assert browser.ask(f"{shown}.length") == 0
    assert browser.ask("document.querySelector('.story h3').checkVisibility()")
    browser.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
