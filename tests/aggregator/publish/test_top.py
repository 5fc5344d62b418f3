"""How stories are weighed that several publishers carry: law by law."""

from datetime import UTC, datetime, timedelta

from aggregator.publish.top import weighed
from aggregator.store.top import Carried

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
HALF = timedelta(hours=12)


def carried(story: int, *publishers: str, hours: float = 0.0) -> list[Carried]:
    at = NOW - timedelta(hours=hours)
    return [
        Carried(story_id=story, published=at, source_id=number, publisher=name, at=at)
        for number, name in enumerate(publishers)
    ]


def order(*carried: list[Carried]) -> list[int]:
    return [one.story_id for one in weighed([one for some in carried for one in some], HALF)]


def test_more_publishers_weigh_more() -> None:
    assert order(carried(1, "a", "b"), carried(2, "a", "b", "c")) == [2, 1]


def test_ten_feeds_of_one_publisher_are_one() -> None:
    assert order(carried(1, *["a"] * 10, "b"), carried(2, "a", "b", "c")) == [2, 1]
    assert order(carried(1, *["a"] * 10)) == []


def test_what_is_half_a_window_older_weighs_half() -> None:
    (new,) = weighed(carried(1, "a", "b"), HALF)
    (old,) = weighed(carried(1, "a", "b", "c", "d", hours=12), HALF)
    assert new.weight == old.weight


def test_the_order_of_two_stories_never_depends_on_when_one_looks() -> None:
    stories = carried(1, "a", "b", "c", hours=20), carried(2, "a", "b", hours=1), carried(3, "a", "b", hours=2)
    assert order(*stories) == order(*reversed(stories)) == [2, 3, 1]


def test_the_same_weight_goes_by_sources_and_then_by_date() -> None:
    assert order(carried(1, "a", "b"), carried(2, "a", "a", "b")) == [2, 1]
    assert order(carried(1, "a", "b"), carried(2, "a", "b")) == [2, 1]
