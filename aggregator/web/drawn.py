"""What the charts of the status pages show: items a day, polls by outcome, how long answers took. Pure."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

from aggregator.publish.words import clock, counted, minute
from aggregator.store.days import Tally
from aggregator.store.history import Poll
from aggregator.web.charts import Bar, Chart, chart

DAYS = 30
FEW_POLLS = 20  # fewer take as much room, so that one alone is a bar and not a wall


def first_day(now: datetime) -> date:
    """The first of the days that are drawn."""
    return (now - timedelta(days=DAYS - 1)).date()


def by_day(tallies: Mapping[date, Tally], now: datetime) -> tuple[Chart, ...]:
    """The charts of the last days, today last: items, polls by outcome, how long they took on average."""
    days = [first_day(now) + timedelta(days=number) for number in range(DAYS)]
    found = [(day, tallies.get(day, Tally())) for day in days]
    ends = {"first": _named(days[0]), "last": _named(days[-1])}
    items, polls, means = ([draw(day, one) for day, one in found] for draw in (_items, _outcomes, _took))
    return (
        chart("New items a day", items, highest=f"{max(one.added for _, one in found):,}", **ends),
        chart("Polls a day", polls, highest=f"{max(one.polls for _, one in found):,}", **ends),
        chart("Time to answer", means, highest=f"{max(_mean(one) for _, one in found):,} ms", **ends),
    )


def last_polls(polls: Sequence[Poll]) -> Chart | None:
    """How long each of the last polls took, the newest last; None where there were none."""
    if not polls:
        return None
    bars = [
        Bar(
            parts=((_CLASSES[poll.outcome], max(poll.milliseconds, 1)),),
            words=f"{minute(poll.at)}: {poll.outcome}, {poll.milliseconds:,} ms",
        )
        for poll in reversed(polls)
    ]
    bars = [Bar(parts=(), words="")] * (FEW_POLLS - len(bars)) + bars
    highest = f"{max(poll.milliseconds for poll in polls):,} ms"
    first = "" if len(polls) == 1 else _moment(polls[-1].at)
    return chart("The last polls", bars, highest=highest, first=first, last=_moment(polls[0].at))


_CLASSES = {"updated": "good", "unchanged": "plain", "failed": "bad"}


def _moment(at: datetime) -> str:
    return f"{_named(at.date())}, {clock(at)}"


def _items(day: date, one: Tally) -> Bar:
    return Bar(parts=(("good", one.added),), words=f"{_named(day)}: {counted(one.added, 'item')}")


def _took(day: date, one: Tally) -> Bar:
    return Bar(parts=(("plain", _mean(one)),), words=f"{_named(day)}: {_mean(one):,} ms on average")


def _outcomes(day: date, one: Tally) -> Bar:
    words = f"{_named(day)}: {one.updated:,} updated, {one.unchanged:,} unchanged, {one.failed:,} failed"
    return Bar(parts=(("bad", one.failed), ("good", one.updated), ("plain", one.unchanged)), words=words)


def _mean(one: Tally) -> int:
    return round(one.milliseconds / one.polls) if one.polls else 0


def _named(day: date) -> str:
    return f"{day.day} {day:%b}"
