"""Stories as a page shows them: days, excerpts, places."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.publish.selection import Catalogue
from aggregator.store.views import Story
from aggregator.web.river import LARGEST_ID, days, direction, place_after, read_place
from feeds.model import Enclosure
from tests.aggregator.publish.test_selection import story
from tests.builders import settings

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
INSTANTS = st.timedeltas(timedelta(0), timedelta(days=80_000)).map(lambda after: EPOCH + after)


@given(INSTANTS, st.integers(1, LARGEST_ID))
def test_a_place_reads_back_as_what_it_was_made_of(published: datetime, id_: int) -> None:
    assert read_place(place_after([story(published=published, id=id_)])) == (published, id_)


@given(st.text(max_size=40))
def test_whatever_is_written_is_a_place_or_refused(written: str) -> None:
    try:
        at, id_ = read_place(written)
    except ValueError:
        return
    assert at.tzinfo is UTC
    assert 0 <= id_ <= LARGEST_ID


@pytest.mark.parametrize(
    ("title", "html", "shown"),
    [
        ("A title", "<p>Another text</p>", "Another text"),
        ("A title", "<p>A title</p><p>And the text.</p>", "And the text."),
        ("A title", "<p>A title</p>", ""),
        ("A title", "", ""),
        ("No title but the beginning…", "<p>No title but the beginning of a text</p>", "…of a text"),
        ("A <b>", "<p>1 &lt; 2</p>", "1 < 2"),
    ],
)
def test_an_excerpt_goes_on_where_the_title_ends(tmp_path: Path, title: str, html: str, shown: str) -> None:
    (day,) = days(Catalogue(settings(tmp_path)), [story(title=title, html=html)])
    assert day.items[0].excerpt == shown


def test_a_day_ends_at_midnight_utc(tmp_path: Path) -> None:
    midnight = datetime(2026, 3, 1, tzinfo=UTC)
    stories: list[Story] = [story(published=midnight), story(published=midnight - timedelta(microseconds=1))]
    assert [day.date.day for day in days(Catalogue(settings(tmp_path)), stories)] == [1, 28]


def test_an_instant_of_another_zone_is_under_its_utc_day(tmp_path: Path) -> None:
    late = datetime(2026, 3, 1, 23, tzinfo=timezone(timedelta(hours=-5)))
    (day,) = days(Catalogue(settings(tmp_path)), [replace(story(), published=late)])
    assert day.date.day == 2


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Feeds", "ltr"),
        ("2026: أخبار", "rtl"),
        ("«חדשות» today", "rtl"),
        ("新闻", "ltr"),
        ("100 % …", "auto"),
        ("", "auto"),
    ],
)
def test_a_text_runs_as_its_first_letter_does(text: str, found: str) -> None:
    assert direction(text) == found


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "Read here"),
        ({"html": ""}, "Details"),
        ({"enclosures": (Enclosure(url="https://a.example/1.mp3", type="audio/mpeg"),)}, "Listen here"),
        ({"enclosures": (Enclosure(url="https://a.example/1.mp4", type="video/mp4"),)}, "Watch here"),
    ],
)
def test_the_link_to_a_story_says_what_there_is_to_do(tmp_path: Path, changes: dict[str, object], words: str) -> None:
    (day,) = days(Catalogue(settings(tmp_path)), [story(**changes)])
    assert day.items[0].here == words
