"""The facts that page, JSON and command line share, and the JSON's public shape."""

import json
import re
from pathlib import Path

from aggregator.config.settings import Settings
from aggregator.errors import Problem
from aggregator.publish.health import State
from aggregator.publish.status import VERSION, document, status
from aggregator.store.floods import Flood
from tests.aggregator.publish.test_health import HOUR, NOW, failing, health
from tests.builders import source_settings

A = "https://a.example/feed"
DOCUMENTED = (Path(__file__).parents[3] / "docs/status-json.md").read_text()


def site(**changes: object) -> Settings:
    source = source_settings(A, name="Blog A", line=7, categories=("tech",), **changes)
    warning = Problem(message="odd", line=3, where="categories.X")
    return Settings(file=Path("config.yaml"), sources=(source,), categories=(), warnings=(warning,))


def test_a_source_is_called_as_the_file_says_else_as_it_says_else_where_it_is() -> None:
    several = (health(), health(address="https://b.example/"), health(address="https://c.example/", title=""))
    names = [source.name for source in status(site(), several, NOW).sources]
    assert names == ["Blog A", "A", "https://c.example/"]


def test_a_failing_source_says_since_when_and_what_to_do() -> None:
    (source,) = status(site(), [failing()], NOW).sources
    assert (source.state, source.since, source.line) == (State.FAILING, NOW - 3 * HOUR, 7)
    assert source.reason == "dns"
    assert source.advice is not None
    assert source.advice.startswith("The host name is not known")


def test_a_moved_source_names_the_line_to_edit() -> None:
    (source,) = status(site(), [health(moved_to="https://b.example/")], NOW).sources
    assert source.advice == "Its publisher redirects it for good; edit line 7 of config.yaml."
    assert source.moved_to == "https://b.example/"


def test_an_overdue_source_asks_whether_anybody_polls() -> None:
    (source,) = status(site(), [health(next_fetch_at=NOW - 5 * HOUR)], NOW).sources
    assert source.since == NOW - 5 * HOUR
    assert "aggregator ingest" in (source.advice or "")


def test_l03_no_secret_gets_into_the_status() -> None:
    address = "https://a.example/?key=hunter2"
    settings = Settings(
        file=Path("config.yaml"),
        sources=(source_settings(address, written="https://a.example/?key=${KEY}"),),
        categories=(),
    )
    one = failing(address=address, title="", moved_to=f"{address}&x", problems=(f"at {address}",))
    found = status(settings, [one], NOW)
    assert "hunter2" not in json.dumps(document(found, program="1", database="sqlite", schema=None))
    assert "${KEY}" in found.sources[0].address


def test_the_counts_say_how_many_are_how() -> None:
    found = status(site(), [health(), failing(), failing(address="x")], NOW)
    assert found.counts == {State.FAILING: 2, State.OK: 1}
    assert found.needing_attention == 2


HELD = Flood(
    id=1, source_id=1, address="https://a.example/feed", title="A", held_at=NOW, items=20, old=20, undated=0,
    repeated=0, waiting=20, reason="why",
)  # fmt: skip


def test_the_json_has_the_members_that_are_documented_and_no_others() -> None:
    said = document(
        status(site(), [failing()], NOW, stories=3, floods=[HELD]), program="1.0", database="sqlite", schema="0001"
    )
    assert said["version"] == VERSION == 1
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
    said = document(status(site(), [failing()], NOW.replace(microsecond=5)), program="1", database="x", schema=None)
    assert said["at"] == "2026-03-01T12:00:00Z"
    assert said["sources"][0]["since"] == "2026-03-01T09:00:00Z"
    assert said["sources"][0]["last_new_at"] is None
