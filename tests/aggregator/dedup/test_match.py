"""When two sightings are one story."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.dedup.match import Evidence, same_story
from aggregator.store.stories import Sighting

NOW = datetime(2026, 3, 1, tzinfo=UTC)
WINDOW = timedelta(days=14)
ONE = Sighting(
    id=1, source_id=1, address="a", guid="1", url=None, title="", words=0, url_key=7, title_key=9,
    placed=NOW, revised=NOW, first_seen_at=NOW, story_id=None,
)  # fmt: skip
OTHER = replace(ONE, id=2, source_id=2, address="b")


@pytest.mark.parametrize(
    ("other", "evidence"),
    [
        (OTHER, Evidence.URL),
        (replace(OTHER, url_key=8), Evidence.TITLE),
        (replace(OTHER, url_key=None), Evidence.TITLE),
        (replace(OTHER, url_key=8, title_key=10), None),
        (replace(OTHER, url_key=None, title_key=None), None),
        (replace(OTHER, source_id=1), None),  # two guids of one source are two things
        (replace(OTHER, first_seen_at=NOW + WINDOW * 2), None),
        (replace(OTHER, url_key=8, placed=NOW - timedelta(days=3)), None),  # a weekly column under its title
    ],
)
def test_evidence(other: Sighting, evidence: Evidence | None) -> None:
    assert same_story(ONE, other, window=WINDOW) is evidence


keys = st.one_of(st.none(), st.integers(0, 2))
hours = st.integers(0, 24 * 20).map(lambda n: NOW + timedelta(hours=n))
some_sightings = st.builds(
    lambda source, url, title, placed, seen: replace(
        ONE, source_id=source, url_key=url, title_key=title, placed=placed, first_seen_at=seen
    ),
    st.integers(1, 2), keys, keys, hours, hours,
)  # fmt: skip


@given(some_sightings, some_sightings)
def test_matching_is_symmetric(one: Sighting, other: Sighting) -> None:
    assert same_story(one, other, window=WINDOW) is same_story(other, one, window=WINDOW)
