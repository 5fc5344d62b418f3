"""Whether a source has moved for good: permanent redirects are believed only when they are stable. Pure.

A captive portal or a slip of the publisher's answers 301 as well; who believes the first one loses the feed. So the
same target must be led to in several polls over several days, each of which brought a feed. config.yaml is never
rewritten: the learnt address is asked instead of it, and the operator is told.
"""

from datetime import datetime, timedelta

from aggregator.outcome import Move

POLLS = 4
DAYS = timedelta(days=3)


def after_success(move: Move, moved_to: str | None, now: datetime) -> Move:
    """What is known after a poll that brought a feed, or a 304, and was led to `moved_to` by permanent redirects."""
    if moved_to is None:
        return Move(learnt=move.learnt)
    if moved_to != move.to or move.since is None:
        return Move(to=moved_to, since=now, polls=1, learnt=move.learnt)
    polls = move.polls + 1
    certain = polls >= POLLS and now - move.since >= DAYS
    return Move(to=moved_to, since=move.since, polls=polls, learnt=moved_to if certain else move.learnt)


def after_failure(move: Move, failures: int) -> Move:
    """What is known after a failure: an address that was learnt is forgotten when it fails a second time in a row."""
    return Move() if failures > 1 else move
