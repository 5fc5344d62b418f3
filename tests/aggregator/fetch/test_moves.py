"""When a permanent redirect is believed, and when it is forgotten again."""

from datetime import UTC, datetime, timedelta

from aggregator.fetch.moves import DAYS, POLLS, after_failure, after_success
from aggregator.outcome import Move

NOW = datetime(2026, 3, 1, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NEW = "https://new.example/feed"


def polled(move: Move, *led_to: str | None, every: timedelta) -> Move:
    for number, target in enumerate(led_to):
        move = after_success(move, target, NOW + number * every)
    return move


def test_e27_one_redirect_changes_nothing() -> None:
    assert polled(Move(), NEW, None, every=DAY) == Move()


def test_e28_the_same_target_for_days_is_learnt() -> None:
    assert polled(Move(), *[NEW] * POLLS, every=DAY).learnt == NEW


def test_e28_many_polls_in_one_day_are_not_days() -> None:
    assert polled(Move(), *[NEW] * 20, every=HOUR).learnt is None
    assert DAYS > 20 * HOUR


def test_e28_a_target_that_changes_is_not_stable() -> None:
    assert polled(Move(), NEW, "https://other.example/", NEW, "https://other.example/", NEW, every=DAY).learnt is None


def test_what_was_learnt_is_kept_while_it_answers() -> None:
    assert polled(Move(learnt=NEW), None, None, every=DAY).learnt == NEW


def test_what_was_learnt_can_move_on() -> None:
    assert polled(Move(learnt=NEW), *["https://newer.example/"] * POLLS, every=DAY).learnt == "https://newer.example/"


def test_what_was_learnt_is_forgotten_when_it_fails_twice() -> None:
    assert after_failure(Move(learnt=NEW), 1).learnt == NEW
    assert after_failure(Move(learnt=NEW), 2) == Move()
