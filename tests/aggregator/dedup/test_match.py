"""When two sightings are one story, and why; and when what looks the same is not."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.dedup.match import Evidence, overlap, repeats, same_story
from aggregator.store.compared import Sighting
from feeds.fingerprint import fingerprint, unpacked
from feeds.model import Entry

NOW = datetime(2026, 3, 1, tzinfo=UTC)
WINDOW = timedelta(days=14)
HEADLINE = "The city council closes the old bridge for repairs"
OTHER_HEADLINE = "Bridge shut: drivers must take the long way round"
STORY = " ".join(f"alpha{number}" for number in range(200))
OTHER = " ".join(f"omega{number}" for number in range(200))


def sighting(
    source: int, title: str = HEADLINE, text: str = STORY, url: str | None = None, **changes: object
) -> Sighting:
    address = url or f"https://{source}.example/{abs(hash((title, text)))}"
    made = fingerprint(Entry(guid="1", title=title, url=address, html=f"<p>{text}</p>"))
    ours = Sighting(
        id=source, source_id=source, address=str(source), guid="1", url=address, title=title, words=made.words,
        url_key=made.url_key, title_key=made.title_key, telling=made.telling, shingles=made.shingles,
        sketch=made.sketch, near_keys=tuple(unpacked("q", made.near_keys)),
        placed=NOW, revised=NOW, first_seen_at=NOW, story_id=None,
    )  # fmt: skip
    return replace(ours, **changes)  # type: ignore[arg-type]


def reason(one: Sighting, other: Sighting, **options: object) -> Evidence | None:
    match = same_story(one, other, window=WINDOW, **options)  # type: ignore[arg-type]
    return match.reason if match else None


PAGE = "https://a.example/story"


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ({"url": PAGE}, {"url": PAGE + "?utm_source=x"}, Evidence.URL),
        ({"url": PAGE}, {"url": PAGE, "title": OTHER_HEADLINE, "text": STORY[:500]}, Evidence.URL),
        ({"url": PAGE}, {"url": PAGE, "title": OTHER_HEADLINE, "text": "Read this."}, Evidence.URL),
        ({"url": PAGE}, {"url": PAGE, "title": OTHER_HEADLINE, "text": OTHER}, None),  # a comment on it
        ({"url": PAGE + "#1"}, {"url": PAGE + "#2", "title": "Other", "text": "x"}, None),  # a list of changes
        ({}, {"text": STORY + " and more"}, Evidence.TITLE),
        ({}, {"text": "A teaser."}, Evidence.TITLE),
        ({}, {"text": OTHER}, None),  # one headline, two reports
        ({}, {"title": OTHER_HEADLINE}, Evidence.TEXT),  # a changed headline
        ({}, {"title": OTHER_HEADLINE, "text": STORY[:800]}, Evidence.TEXT),  # … and a trimmed body
        ({}, {"title": OTHER_HEADLINE, "text": OTHER}, None),
        ({"text": STORY[:250]}, {"title": OTHER_HEADLINE, "text": STORY[:250]}, None),  # under 48 words
        ({"title": "Daily links", "text": "a"}, {"title": "Daily links", "text": "b"}, None),
        ({"title": "Four words are few", "text": "a"}, {"title": "Four words are few", "text": "b"}, None),
        ({"title": "Release 1.2 of it"}, {"title": "Release 1.3 of it", "text": STORY[:1000] + OTHER[:700]}, None),
    ],
)  # fmt: skip
def test_evidence(one: dict[str, str], other: dict[str, str], expected: Evidence | None) -> None:
    assert reason(sighting(1, **one), sighting(2, **other)) is expected  # type: ignore[arg-type]


def test_two_guids_of_one_source_are_two_things() -> None:
    assert reason(sighting(1, url=PAGE), sighting(1, url=PAGE)) is None


def test_what_is_outside_the_window_is_not_compared() -> None:
    assert reason(sighting(1, url=PAGE), sighting(2, url=PAGE, first_seen_at=NOW + WINDOW * 2)) is None


def test_a_weekly_column_returns_under_its_title() -> None:
    assert reason(sighting(1, text="a"), sighting(2, text="a", placed=NOW - timedelta(days=3))) is None


def test_what_a_source_gives_to_everything_says_nothing() -> None:
    one, other = sighting(1, url=PAGE, text="a"), sighting(2, url=PAGE, text="b")
    assert reason(one, other, common={one.url_key}) is Evidence.TITLE
    assert reason(one, other, common={one.url_key, one.title_key}) is None


def test_without_near_texts_prove_nothing() -> None:
    assert reason(sighting(1), sighting(2, title=OTHER_HEADLINE), near=False) is None


def test_overlap_of_long_texts_is_an_estimate_of_containment() -> None:
    words = [f"w{number}" for number in range(390)]
    whole, half = sighting(1, text=" ".join(words)), sighting(2, text=" ".join(words[:195] + ["x"] * 100))
    assert overlap(whole, half) == pytest.approx(0.97, abs=0.06)
    assert overlap(whole, sighting(3, text=OTHER)) == 0


def test_a_repetition_has_the_same_title_and_the_same_text() -> None:
    assert repeats(sighting(1), sighting(1))
    assert not repeats(sighting(1), sighting(1, text=OTHER))
    assert not repeats(sighting(1), sighting(1, title=OTHER_HEADLINE))
    assert not repeats(sighting(1, title="Short", text=""), sighting(1, title="Short", text=""))


titles = st.sampled_from([HEADLINE, OTHER_HEADLINE, "Daily links", "Release 1.2 of it", "Release 1.3 of it", ""])
texts = st.tuples(st.sampled_from([STORY, OTHER]), st.integers(0, 1400), st.sampled_from(["", STORY[:900]])).map(
    lambda drawn: drawn[0][: drawn[1]] + " " + drawn[2]
)
hours = st.integers(0, 24 * 20).map(lambda count: NOW + timedelta(hours=count))
some = st.builds(
    lambda source, title, text, url, placed, seen: sighting(
        source, title, text, url, placed=placed, first_seen_at=seen
    ),
    st.integers(1, 2), titles, texts, st.sampled_from([None, PAGE, PAGE + "#1", PAGE + "#2"]), hours, hours,
)  # fmt: skip


@given(some, some)
def test_matching_is_symmetric(one: Sighting, other: Sighting) -> None:
    assert same_story(one, other, window=WINDOW) == same_story(other, one, window=WINDOW)
