"""The pages follow config.yaml, and keep what they have where it cannot be used."""

from pathlib import Path

import pytest
from sqlalchemy import Engine
from werkzeug.test import Client

from aggregator.config import reload
from aggregator.config.load import load
from aggregator.store import configuration
from aggregator.store.engine import writing
from aggregator.web.reload import Reloading

TEXT = "site: {title: Before}\ncategories:\n  A: [https://a.example/, https://b.example/, https://c.example/]\n"


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(reload, "STILL_SECONDS", 0.0)
    file = tmp_path / "config.yaml"
    file.write_text(TEXT)
    return file


@pytest.fixture
def app(file: Path, engine: Engine) -> Reloading:
    return Reloading(load(file, {}), engine)


def title(app: Reloading) -> str:
    return Client(app).get("/").text.partition("<title>")[2].partition("</title>")[0]


def test_pages_show_what_the_file_has_now(app: Reloading, file: Path) -> None:
    assert title(app) == "Before"
    file.write_text(TEXT.replace("Before", "After") + "  B: [https://d.example/]\n")
    app.look()
    assert title(app) == "After"
    assert Client(app).get("/feeds/b.atom").status_code == 200


def test_c01_a_broken_file_changes_no_page(app: Reloading, file: Path) -> None:
    file.write_text(TEXT.replace("Before", "After") + "bad: [")
    app.look()
    assert title(app) == "Before"


def test_c02_a_file_that_lost_most_of_its_sources_changes_no_page_until_it_is_accepted(
    app: Reloading, file: Path, engine: Engine
) -> None:
    file.write_text(TEXT.replace("Before", "After").replace(", https://b.example/, https://c.example/", ""))
    app.look()
    assert title(app) == "Before"
    with writing(engine) as connection:
        configuration.accept(connection, load(file, {}).digest)
    app.look()
    assert title(app) == "After"


def test_a_token_that_is_put_into_the_file_locks_at_once(app: Reloading, file: Path) -> None:
    file.write_text(TEXT + "access: {token: kept-between-us-1234}\n")
    app.look()
    assert Client(app).get("/").status_code == 401
