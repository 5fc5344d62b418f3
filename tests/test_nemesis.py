"""The nemesis: real processes, really killed, on both databases; and that its checker finds what is wrong.

`python -m tests.nemesis.run` plays longer games, and `make soak` many of them.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from tests.nemesis import checker
from tests.nemesis.board import Game
from tests.nemesis.faults import ALWAYS, OF_DATABASE, plan
from tests.nemesis.history import Done, Held, History, Published, Served, Shown, Snapshot, Stored
from tests.nemesis.run import play, summary
from tests.postgres import Cluster, binaries

SECONDS = 60.0  # of harm in a game, two minutes in all; to start, to heal and to end it takes a third as long again
LIMIT = 300  # seconds that a game may take where the machine is busy

A = "http://127.0.0.1/a.xml"


@pytest.fixture
def durable() -> Iterator[Cluster]:
    """A server that may be killed without losing what it has committed."""
    cluster = Cluster(binaries(), durable=True)
    yield cluster
    cluster.remove()


@pytest.mark.timeout(LIMIT)
def test_the_nemesis_breaks_nothing_on_sqlite() -> None:
    game = Game(seed=1, seconds=SECONDS)
    history, violations = play(game)
    assert not violations, summary(game, history, violations)


@pytest.mark.timeout(LIMIT)
def test_the_nemesis_breaks_nothing_on_postgresql(durable: Cluster) -> None:
    game = Game(seed=2, seconds=SECONDS, cluster=durable)
    history, violations = play(game)
    assert not violations, summary(game, history, violations)


@pytest.mark.timeout(LIMIT)
def test_the_nemesis_finds_validators_that_are_stored_before_their_items() -> None:
    _, violations = play(Game(seed=3, seconds=2, plant="validators_first"))
    assert {violation.rule for violation in violations} >= {"vouched"}


# -- the plan ----------------------------------------------------------------------------------------------------------


def test_a_seed_is_a_plan() -> None:
    assert plan(7, seconds=60, workers=3, database="sqlite") == plan(7, seconds=60, workers=3, database="sqlite")
    assert plan(7, seconds=60, workers=3, database="sqlite") != plan(8, seconds=60, workers=3, database="sqlite")


@pytest.mark.parametrize("database", OF_DATABASE)
def test_every_fault_of_a_database_comes_within_a_minute(database: str) -> None:
    planned = plan(1, seconds=60, workers=3, database=database)
    assert {one.fault for one in planned} == {*ALWAYS, *OF_DATABASE[database]}


# -- the checker: a history in which all is well, and every way to spoil it -------------------------------------------


def served(at: float, version: int = 0, **changes: object) -> Served:
    body = Served(
        at=at,
        source=A,
        kind="served",
        etag=f'"{version}"'.encode(),
        digest=f"digest {version}".encode(),
        items={"1": version, "2": 0},
        complete=True,
    )
    return replace(body, **changes)  # type: ignore[arg-type]


def snapshot(at: float, version: int = 0, **changes: object) -> Snapshot:
    held = Held(etag=f'"{version}"'.encode(), digest=f"digest {version}".encode())
    rows = (
        Stored(source=A, guid="1", version=version, story="s1"),
        Stored(source=A, guid="2", version=0, story="s2"),
    )
    return replace(
        Snapshot(at=at, sources={A: held}, rows=rows, stories=frozenset({"s1", "s2"})),
        **changes,  # type: ignore[arg-type]
    )


def published(at: float, **changes: object) -> Published:
    entries = (
        Shown(id="urn:uuid:s1", token="1", published="2026-03-01T12:00"),
        Shown(id="urn:uuid:s2", token="2", published="2026-03-01T11:00"),
    )
    return replace(Published(at=at, feed="all", status=200, entries=entries), **changes)  # type: ignore[arg-type]


def well() -> History:
    history = History(floor=2)
    history.served = [served(0), served(3, 1, sent=b'"0"')]
    history.snapshots = [snapshot(1), snapshot(4, 1)]
    history.published = [published(1.5), published(4.5)]
    return history


def test_a_history_in_which_all_is_well_has_no_violation() -> None:
    assert checker.check(well()) == ()


def test_the_same_violation_is_told_once() -> None:
    history = well()
    history.unwell = ["a worker ended"] * 2
    assert len(checker.check(history)) == 1


def lose_an_item(history: History) -> None:
    history.snapshots[0] = snapshot(1, rows=history.snapshots[0].rows[:1])


def store_an_old_version(history: History) -> None:
    history.snapshots[1] = replace(history.snapshots[1], rows=history.snapshots[0].rows)


def hold_the_validator_of_a_cut_body(history: History) -> None:
    history.served[1] = replace(history.served[1], complete=False)


def hold_a_validator_that_nobody_sent(history: History) -> None:
    history.snapshots[0] = snapshot(1, sources={A: Held(etag=b'"9"', digest=None)})


def send_a_validator_that_nobody_sent(history: History) -> None:
    history.served[1] = replace(history.served[1], sent=b'"9"')


def forget_an_item(history: History) -> None:
    history.snapshots.append(snapshot(5, 1, sources={}, rows=history.snapshots[1].rows[1:]))


def forget_a_story(history: History) -> None:
    history.snapshots[1] = replace(history.snapshots[1], stories=frozenset({"s1"}))


def take_back_an_entry(history: History) -> None:
    history.published[1] = replace(history.published[1], entries=history.published[1].entries[:1])


def move_an_entry(history: History) -> None:
    (first, second) = history.published[1].entries
    history.published[1] = replace(history.published[1], entries=(replace(first, published="2026-03-02"), second))


def store_twice(history: History) -> None:
    history.snapshots[1] = replace(history.snapshots[1], rows=history.snapshots[1].rows * 2)


def show_twice(history: History) -> None:
    (first, second) = history.published[1].entries
    again = replace(first, id="urn:uuid:s2", token=second.token)
    history.published[1] = replace(history.published[1], entries=(first, second, replace(again, id="urn:uuid:s1")))


def poll_under_the_floor(history: History) -> None:
    history.served.append(served(4, 1))


def empty_a_feed(history: History) -> None:
    history.published[1] = published(4.5, entries=())


def answer_with_an_error(history: History) -> None:
    history.published.append(published(5, status=500, entries=()))


def leave_unmerged(history: History) -> None:
    rows = (history.snapshots[1].rows[0], replace(history.snapshots[1].rows[1], story=None))
    history.snapshots[1] = replace(history.snapshots[1], rows=rows)


def leave_unshown(history: History) -> None:
    history.snapshots[1] = replace(history.snapshots[1], stories=frozenset({"s1", "s2", "s3"}))


def see_nothing(history: History) -> None:
    history.published = []


@pytest.mark.parametrize(
    ("spoil", "rule"),
    [
        (lose_an_item, "vouched"),
        (store_an_old_version, "vouched"),
        (hold_the_validator_of_a_cut_body, "vouched"),
        (hold_a_validator_that_nobody_sent, "vouched"),
        (send_a_validator_that_nobody_sent, "vouched"),
        (forget_an_item, "kept"),
        (forget_a_story, "kept"),
        (forget_a_story, "acknowledged"),
        (take_back_an_entry, "acknowledged"),
        (move_an_entry, "acknowledged"),
        (store_twice, "once"),
        (show_twice, "once"),
        (poll_under_the_floor, "polite"),
        (empty_a_feed, "served"),
        (answer_with_an_error, "served"),
        (see_nothing, "served"),
        (store_an_old_version, "caught_up"),
        (leave_unmerged, "caught_up"),
        (leave_unshown, "caught_up"),
    ],
)
def test_the_checker_finds_what_is_wrong(spoil: Callable[[History], None], rule: str) -> None:
    history = well()
    spoil(history)
    assert rule in {violation.rule for violation in checker.check(history)}


def test_two_polls_between_which_the_clock_was_set_may_be_close() -> None:
    history = well()
    poll_under_the_floor(history)
    history.done = [Done(at=3.5, what=checker.CLOCK)]
    assert checker.check(history) == ()


def test_an_entry_that_newer_ones_crowd_out_is_not_missing() -> None:
    history = well()
    history.published[1] = replace(history.published[1], entries=history.published[1].entries[:1], limit=1)
    assert checker.check(history) == ()


def test_an_edit_that_left_its_document_while_its_poll_was_lost_is_not_missing() -> None:
    history = well()
    rows = history.snapshots[0].rows
    history.served.append(served(6, 2, items={"2": 0}, sent=b'"0"'))
    held = Held(etag=b'"2"', digest=b"digest 2")
    history.snapshots = [snapshot(1), snapshot(5), snapshot(7, sources={A: held}, rows=rows)]
    assert checker.check(history) == ()


def test_the_second_request_of_a_redirect_is_no_poll() -> None:
    history = well()
    history.served.append(served(3.1, 1, redirected=True))
    assert checker.check(history) == ()
