"""The facts that page, JSON and command line share, and the JSON's public shape."""

import json
import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

from aggregator.config.settings import Settings
from aggregator.errors import Problem
from aggregator.publish.health import State
from aggregator.publish.status import VERSION, Overview, SourceStatus, described, document, items_a_week, overview
from aggregator.store.floods import Flood
from aggregator.store.health import SourceHealth
from tests.aggregator.publish.test_health import HOUR, NOW, failing, glance, health
from tests.builders import source_settings

A = "https://a.example/feed"
DOCUMENTED = (Path(__file__).parents[3] / "docs/status-json.md").read_text()


def site(**changes: object) -> Settings:
    source = source_settings(A, name="Blog A", line=7, categories=("tech",), **changes)
    warning = Problem(message="odd", line=3, where="categories.X")
    return Settings(file=Path("config.yaml"), sources=(source,), categories=(), warnings=(warning,))


def status(
    settings: Settings, healths: Sequence[SourceHealth], now: datetime = NOW, **facts: object
) -> tuple[Overview, tuple[SourceStatus, ...]]:
    found = overview(settings, [one.glance for one in healths], now, **facts)  # type: ignore[arg-type]
    return found, described(settings, healths, found.floods, now)


def test_a_source_is_called_as_the_file_says_else_as_it_says_else_where_it_is() -> None:
    others = (glance(address="https://b.example/"), glance(address="https://c.example/", title=""))
    names = [source.name for source in status(site(), [health(), *map(health, others)])[1]]
    assert names == ["Blog A", "A", "https://c.example/"]


def test_a_failing_source_says_since_when_and_what_to_do() -> None:
    _, (source,) = status(site(), [health(failing())])
    assert (source.state, source.since, source.line) == (State.FAILING, NOW - 9 * HOUR, 7)
    assert source.reason == "dns"
    assert source.advice is not None
    assert source.advice.startswith("The host name is not known")


def test_a_moved_source_names_the_line_to_edit() -> None:
    _, (source,) = status(site(), [health(glance(moved_to="https://b.example/"))])
    assert "Put its new address into line 7 of config.yaml" in (source.advice or "")
    assert source.moved_to == "https://b.example/"


def test_an_overdue_source_asks_whether_anybody_polls() -> None:
    found, (source,) = status(site(), [health(glance(next_fetch_at=NOW - 5 * HOUR))])
    assert (source.overdue, found.overdue) == (True, 1)
    assert "aggregator ingest" in (source.advice or "")


def test_a_source_whose_flood_is_held_names_the_commands_with_its_number() -> None:
    _, (source,) = status(site(), [health(glance(held_since_at=NOW))], floods=[HELD])
    assert "`aggregator release 1`" in (source.advice or "")


def test_how_much_a_source_publishes_counts_its_silence() -> None:
    weekly = tuple(NOW - timedelta(weeks=number) for number in range(1, 11))
    assert items_a_week(weekly, NOW) == 1.0
    assert items_a_week(weekly, NOW + timedelta(weeks=10)) == 0.5
    assert items_a_week(weekly[:1], NOW) is None


def test_l03_no_secret_gets_into_the_status() -> None:
    address = "https://a.example/?key=hunter2"
    settings = Settings(
        file=Path("config.yaml"),
        sources=(source_settings(address, written="https://a.example/?key=${KEY}"),),
        categories=(),
    )
    one = failing(address=address, title="", moved_to=f"{address}&x")
    found, sources = status(settings, [health(one, problems=(f"at {address}",), leads_to=address, detail=address)])
    assert "hunter2" not in json.dumps(document(found, sources, program="1", database="sqlite", schema=None))
    assert "${KEY}" in sources[0].address


def test_the_counts_say_how_many_are_how() -> None:
    found, _ = status(site(), list(map(health, (glance(), failing(), failing(address="x")))))
    assert found.counts == {State.FAILING: 2, State.OK: 1}
    assert found.needing_attention == 2


HELD = Flood(
    id=1, source_id=1, address="https://a.example/feed", title="A", held_at=NOW, items=20, old=20, undated=0,
    repeated=0, waiting=20, reason="why",
)  # fmt: skip


def test_the_json_has_the_members_that_are_documented_and_no_others() -> None:
    said = document(
        *status(site(), [health(failing())], stories=3, floods=[HELD]), program="1.0", database="sqlite", schema="0001"
    )
    assert said["version"] == VERSION == 2
    members = {
        *said,
        *said["counts"],
        *said["database"],
        *said["sources"][0],
        *said["warnings"][0],
        *said["floods"][0],
        *said["config"],
    }
    assert members == set(re.findall(r"^\| `(\w+)`", DOCUMENTED, re.MULTILINE))


def test_instants_in_the_json_are_utc_to_the_second() -> None:
    found = status(site(), [health(failing(last_new_at=None))], NOW.replace(microsecond=5))
    said = document(*found, program="1", database="x", schema=None)
    assert said["at"] == "2026-03-01T12:00:00Z"
    assert said["sources"][0]["since"] == "2026-03-01T03:00:00Z"
    assert said["sources"][0]["last_new_at"] is None
