"""When a document says to come back: sense kept, nonsense left out (case E26)."""

from datetime import timedelta

import pytest

from feeds.model import Rhythm
from feeds.parse import read

SY = 'xmlns:sy="http://purl.org/rss/1.0/modules/syndication/"'


def rhythm(head: str) -> Rhythm:
    return read(f'<rss version="2.0" {SY}><channel><title>t</title>{head}</channel></rss>'.encode()).rhythm


@pytest.mark.parametrize(
    ("head", "interval"),
    [
        ("<ttl>180</ttl>", timedelta(minutes=180)),
        ("<ttl>0</ttl>", None),
        ("<ttl>-5</ttl>", None),
        ("<ttl>1000000000</ttl>", None),
        ("<ttl>abc</ttl>", None),
        ('<ttl unit="m">60</ttl>', None),
        ("<sy:updatePeriod>weekly</sy:updatePeriod><sy:updateFrequency>0</sy:updateFrequency>", None),
        ("<sy:updatePeriod> daily\n</sy:updatePeriod>", timedelta(days=1)),
        (
            "<ttl>60</ttl><sy:updatePeriod>hourly</sy:updatePeriod><sy:updateFrequency>2</sy:updateFrequency>",
            timedelta(hours=1),
        ),
        ("<sy:updatePeriod>sometimes</sy:updatePeriod>", None),
    ],
)
def test_e26_an_interval_is_the_longest_that_makes_sense(head: str, interval: timedelta | None) -> None:
    assert rhythm(head).interval == interval


def hours(*numbers: object) -> str:
    return f"<skipHours>{''.join(f'<hour>{number}</hour>' for number in numbers)}</skipHours>"


def test_e26_hours_and_days_to_skip() -> None:
    assert rhythm(hours(24, 3, 1, 3, 25, "x")).skip_hours == (0, 1, 3)
    assert rhythm("<skipDays><day>Monday</day><day>sunday</day><day>Noday</day></skipDays>").skip_days == (0, 6)


def test_e26_nobody_skips_every_hour_or_every_day() -> None:
    days = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
    assert rhythm(hours(*range(24))).skip_hours == ()
    assert rhythm(f"<skipDays>{''.join(f'<day>{day}</day>' for day in days)}</skipDays>").skip_days == ()


def test_hours_in_an_item_say_nothing_about_the_feed() -> None:
    assert rhythm(f"<item><title>t</title>{hours(1)}</item>").skip_hours == ()
