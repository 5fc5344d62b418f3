"""What every step promises: it changes nothing twice, harms no other entry, and nothing unsafe passes all of them."""

import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feeds.clean import STEPS, Step, clean
from feeds.clean.context import Context
from feeds.clean.rules import Rules
from feeds.model import Enclosure, Entry, Feed, Person

BASE = "https://e.example/feed"
CONTEXT = Context(base=BASE, rules=Rules())
PIECES = [
    *(
        "<p>",
        "</p>",
        "<b>",
        "</i>",
        "<div class=x id=y style='color:red'>",
        "<pre>\n",
        "\n",
        " ",
        "text",
        "&amp;",
        "&lt;",
        "&",
        "<",
    ),
    *(
        "<img src=a.jpg>",
        "<img class=lazy src='data:image/gif;base64,R0' data-src=/b.jpg>",
        "<img src=blank.gif width=1 height=1>",
    ),
    *(
        "<noscript><img src=/n.jpg></noscript>",
        "<picture><source data-srcset='c.webp 2x'>",
        "</picture>",
        "<img srcset='d 1x, e 2x'>",
    ),
    *(
        "<amp-img src=/amp.jpg>",
        "</amp-img>",
        "<image src=/i.jpg>",
        "<noscript>&lt;img src=/e.jpg&gt;</noscript>",
        "<noscript>",
        "</noscript>",
        "<img alt=same src=/s.jpg>",
        "<noscript><img alt=same src=/t.jpg></noscript>",
        "<figure data-src=/f.jpg>",
        "</figure>",
        "<img src=blank.gif>",
        "<img src=/r.jpg srcset='data:x 1w, /s.jpg 2w' data-srcset='/w_1,c/a.jpg 1x,/b.jpg 2x'>",
        "<img class=lazy src=/r.jpg data-original='my photo.jpg' alt='a > \"b\" & <c'>",
        "<img aria-hidden=true src=data:,>",
        "<p title='<img data-src=/x.jpg>'>",
        "<source media=x srcset='/m.jpg 1x'>",
        "<math alttext='x<y'><mi>x</mi>",
        "</math>",
        "<iframe src=//player.vimeo.com/video/1>x<b>y",
        "</iframe>",
        "<img src=http://10.0.0.1/x srcset='http://10.0.0.1/x 2x'>",
        "\u3164",
        "́" * 9,
    ),
    *(
        "<a href='/x?utm_source=y'>",
        "</a>",
        "<a href='java\tscript:x'>",
        "<table>",
        "<tr><td>",
        "</table>",
        "<li>",
        "<ul>",
    ),
    *(
        "<iframe src='https://www.youtube.com/embed/x'></iframe>",
        "<iframe src=//evil.example></iframe>",
        "<script>x</script>",
    ),
    *(
        "<svg><style>",
        "<math><mtext>",
        "</style>",
        "<!--",
        "-->",
        "<title>",
        "<textarea>",
        "<form><form>",
        "\u202e",
        "\ud800",
        "<div data-bg=/bg.jpg>",
    ),
]
HTML = st.lists(st.sampled_from(PIECES), max_size=12).map("".join)
ENTRIES = st.builds(
    Entry,
    guid=st.just("g"),
    title=st.text(max_size=20) | HTML,
    url=st.none()
    | st.sampled_from(["https://e.example/a?utm_source=b", "/rel", "javascript:x", "https://else.example/"]),
    html=HTML,
    summary=HTML,
    image=st.none() | st.sampled_from(["/i.jpg", "data:x"]),
)


def cleaned(entry: Entry) -> Entry:
    feed = clean(Feed(entries=(entry,)), base=BASE, rules=Rules())
    assert feed.problems == ()
    return feed.entries[0]


@given(ENTRIES)
@settings(max_examples=300)
def test_cleaning_twice_changes_nothing(entry: Entry) -> None:
    once = cleaned(entry)
    assert cleaned(once) == once


@given(HTML)
@settings(max_examples=300)
def test_h02_nothing_that_runs_comes_out(html: str) -> None:
    out = cleaned(Entry(guid="g", html=html)).html
    tags = re.findall(r"<[^>]*>", out)
    assert not [
        tag
        for tag in tags
        if re.search(r"<(?:script|style|svg|math|form|object|embed|base|meta|link)\b|\son\w+=|script:", tag)
    ]
    assert not [tag for tag in tags if re.search(r"\s(?:style|class|id|name)=", tag)]


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.name)
def test_every_step_leaves_an_ordinary_entry_alone(step: Step) -> None:
    entry = Entry(
        guid="g",
        title="A title",
        url="https://e.example/1",
        html='<p>Text with <a href="https://e.example/2" rel="noopener noreferrer">a link</a></p>',
        authors=(Person(name="Somebody"),),
        enclosures=(Enclosure(url="https://e.example/a.mp3"),),
        image="https://e.example/i.jpg",
    )
    assert step.apply(entry, CONTEXT) == entry


def test_steps_have_distinct_names_and_none_writes_html_after_the_sanitiser() -> None:
    names = [step.name for step in STEPS]
    assert len(set(names)) == len(names)
    assert names[names.index("sanitize") :] == ["sanitize", "titles", "thumbnail"]


def test_an_entry_that_makes_a_step_fail_becomes_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(entry: Entry, context: Context) -> Entry:
        return entry if entry.guid != "2" else replace(entry, title=1 / 0)  # type: ignore[arg-type]

    monkeypatch.setattr("feeds.clean.STEPS", (Step(name="fail", apply=fail),))
    feed = clean(
        Feed(entries=tuple(Entry(guid=guid) for guid in "123"), problems=("before",)), base=BASE, rules=Rules()
    )
    assert [entry.guid for entry in feed.entries] == ["1", "3"]
    assert feed.problems == ("before", "entry '2' was left out: ZeroDivisionError: division by zero")


def test_an_entry_dropped_by_a_rule_is_no_problem() -> None:
    feed = Feed(entries=(Entry(guid="1", title="keep"), Entry(guid="2", title="drop")))
    kept = clean(feed, base=BASE, rules=Rules(drop=("title = drop",)))
    assert ([entry.guid for entry in kept.entries], kept.problems) == (["1"], ())


def test_relative_links_are_relative_to_the_page_but_not_to_somebody_elses() -> None:
    html = '<a href="#note">x</a>'
    own, other = (
        Entry(guid="1", url="https://e.example/post", html=html),
        Entry(guid="2", url="https://else.example/", html=html),
    )
    assert 'href="https://e.example/post#note"' in cleaned(own).html
    assert 'href="https://e.example/feed#note"' in cleaned(other).html


@pytest.mark.parametrize(
    "html", ["<div>" * 100_000, "<a><b>" * 50_000, "<p><b><i>" * 30_000, "<img data-src=x " * 60_000, "<" * 500_000]
)
def test_h06_hostile_nesting_is_bounded(html: str) -> None:
    assert len(cleaned(Entry(guid="g", html=html)).html) < 3_000_000
