"""What machines ask: metrics that are documented and bounded, whether we live, whether we are ready."""

import json
import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families
from ruamel.yaml import YAML
from sqlalchemy import Engine, text

from aggregator.config.settings import Settings
from aggregator.outcome import Reason
from aggregator.store import claims
from aggregator.store.engine import newest_version, writing
from aggregator.web import create_app
from tests.aggregator.web.conftest import A, B
from tests.builders import failed, listed, record, settings, source_settings, sync, updated

DOCS = Path(__file__).parents[3] / "docs/operations"
HOUR = timedelta(hours=1)
NAME = re.compile(r"\b(?:aggregator|process)_[a-z_]+\b")


def asked(client: FlaskClient) -> dict[str, float]:
    """Every sample by its name and labels."""
    answer = client.get("/metrics")
    assert answer.status_code == 200
    samples = [sample for family in text_string_to_metric_families(answer.text) for sample in family.samples]
    return {f"{one.name}{json.dumps(one.labels, sort_keys=True) if one.labels else ''}": one.value for one in samples}


def names(client: FlaskClient) -> set[str]:
    return {re.split(r"[{]", sample)[0] for sample in asked(client)}


@pytest.fixture
def polled(engine: Engine, now: datetime) -> None:
    sync(engine, now, listed(A, "tech"), listed(B, "tech"))
    with writing(engine) as connection:
        a, b = claims.claim_due(connection, now=now, limit=2, per_host=1, lease=HOUR, floor=HOUR / 4)
    record(engine, a, updated(), now, now + HOUR)
    record(engine, b, failed(Reason.MISSING), now, now + HOUR)


@pytest.mark.usefixtures("polled")
def test_the_figures_are_those_of_the_database(client: FlaskClient, now: datetime) -> None:
    said = asked(client)
    assert said['aggregator_polls_total{"outcome": "updated"}'] == 1
    assert said['aggregator_polls_total{"outcome": "failed"}'] == 1
    assert said['aggregator_sources{"state": "failing"}'] == 1
    assert said['aggregator_sources_last_failed{"reason": "missing"}'] == 1
    assert said["aggregator_received_bytes_total"] == 1000
    assert said["aggregator_last_poll_timestamp_seconds"] == now.timestamp()


@pytest.mark.usefixtures("polled")
def test_another_process_after_a_restart_says_the_same(
    client: FlaskClient, engine: Engine, site: Settings, now: datetime
) -> None:
    other = create_app(site, engine, clock=lambda: now).test_client()

    def durable(said: dict[str, float]) -> dict[str, float]:
        passing = ("process", "aggregator_http", "aggregator_database")
        return {name: value for name, value in said.items() if not name.startswith(passing)}

    assert durable(asked(client)) == durable(asked(other))


@pytest.mark.usefixtures("polled")
def test_every_metric_is_documented_and_every_documented_one_is_there(client: FlaskClient) -> None:
    documented = set(re.findall(r"^\| `([a-z_]+)` \|", (DOCS / "metrics.md").read_text(), re.MULTILINE))
    asked(client)
    assert {name for name in names(client) if not name.endswith("_created")} == documented


def test_o23_however_many_sources_there_are_the_series_are_as_many(
    client: FlaskClient, engine: Engine, now: datetime, tmp_path: Path
) -> None:
    client.get("/metrics")
    before = len(asked(client))
    many = [f"https://user:secret@host{number}.example/feed" for number in range(300)]
    sync(engine, now, *(listed(one, "tech") for one in many))
    given = settings(tmp_path, *map(source_settings, many))
    after = create_app(given, engine, clock=lambda: now).test_client()
    after.get("/metrics")
    said = after.get("/metrics").text
    assert len(asked(after)) <= before + 1
    assert "example" not in said
    assert "secret" not in said


def test_requests_for_what_there_is_not_are_one_series(client: FlaskClient) -> None:
    for number in range(20):
        client.get(f"/nothing/{number}")
    assert asked(client)['aggregator_http_requests_total{"route": "other", "status": "4xx"}'] == 20


@pytest.mark.parametrize("forged", ["X-Forwarded-For", "Forwarded", "X-Real-IP"])
def test_o22_metrics_are_for_this_machine_whatever_a_header_says(client: FlaskClient, forged: str) -> None:
    outside = {"REMOTE_ADDR": "203.0.113.9"}
    assert client.get("/metrics", environ_base=outside).status_code == 403
    assert client.get("/metrics", environ_base=outside, headers={forged: "127.0.0.1"}).status_code == 403
    assert client.get("/metrics", headers={forged: "127.0.0.1"}).status_code == 403
    assert client.get("/metrics").status_code == 200


def test_without_the_database_the_metrics_say_so(client: FlaskClient, no_database: Any) -> None:
    no_database()
    assert asked(client)["aggregator_database_up"] == 0


def test_o30_it_is_ready_when_the_database_is_up_to_date_and_alive_in_any_case(
    client: FlaskClient, engine: Engine, no_database: Any
) -> None:
    def both() -> tuple[int, int]:
        return client.get("/healthz").status_code, client.get("/readyz").status_code

    assert both() == (200, 200)
    for version, ready in (("0001", 503), (newest_version(), 200)):  # a migration under way, then done
        with writing(engine) as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = :version"), {"version": version})
        assert both() == (200, ready)
    no_database()
    assert both() == (200, 503)
    assert client.get("/readyz").text == "the database cannot be read\n"


def test_every_metric_of_the_alerts_and_of_the_dashboard_exists(client: FlaskClient, polled: None) -> None:
    asked(client)
    there = names(client)
    rules = [rule for group in YAML(typ="safe").load(DOCS / "alerts.yaml")["groups"] for rule in group["rules"]]
    panels = json.loads((DOCS / "dashboard.json").read_text())["panels"]
    used = [rule["expr"] for rule in rules] + [target["expr"] for panel in panels for target in panel["targets"]]
    assert len(rules) >= 5
    assert len(panels) >= 6
    assert {name for expression in used for name in NAME.findall(expression)} <= there
    assert all({"summary", "description"} <= rule["annotations"].keys() for rule in rules)
