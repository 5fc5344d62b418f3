"""The site as files: the same bytes as are served, every link leads somewhere, only what changed is touched."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from http.client import HTTPConnection
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import pytest
from click.testing import CliRunner
from selectolax.lexbor import LexborHTMLParser
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

from aggregator.cli import cli
from aggregator.config.settings import AccessSettings, DedupSettings, Settings, SiteSettings
from aggregator.dedup.merge import Merger
from aggregator.publish.folder import FolderError
from aggregator.publish.site import LIST, SiteFolder
from aggregator.service import setup
from aggregator.service.static import Incomplete, export_site, file_of
from aggregator.web import create_app
from feeds.model import Entry
from tests.builders import carry, entry, settings, source_settings, sync

A, B = "https://a.example/feed", "https://b.example/feed"
SHARED = {"title": "一个足够长的、两家都刊登的标题", "url": "https://a.example/shared"}
FEEDS = [f"/feeds/{slug}.{ending}" for slug in ("all", "tech", "tech/python", "新闻", "top", "top/week")
         for ending in ("atom", "rss", "json")]  # fmt: skip
LISTS = ["/feeds.opml", "/sources.opml", "/feeds/tech/python.opml", "/feeds/all.opml"]


@pytest.fixture
def config(tmp_path: Path) -> Settings:
    return settings(
        tmp_path,
        source_settings(A, categories=("tech", "tech/python")),
        source_settings(B, categories=("新闻",)),
        site=SiteSettings(title="My river", url="https://news.example.org/river"),
    )


@pytest.fixture
def filled(engine: Engine, config: Settings, now: datetime) -> None:
    sync(engine, now, *setup.listed(config))
    bring(
        engine, now, 1, entry("2", **SHARED), *(entry(f"n{n}", published=now - timedelta(hours=n)) for n in range(60))
    )
    bring(engine, now, 2, entry("3", title="على اليمين", url="https://b.example/3"), entry("4", **SHARED))


def hours(now: datetime, ago: int) -> datetime:
    return now - timedelta(hours=ago)


def bring(engine: Engine, now: datetime, source: int, *entries: Entry) -> None:
    carry(engine, source, now, *entries)
    Merger(DedupSettings(), ()).run(engine, now)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "site"


class Quiet(SimpleHTTPRequestHandler):
    """A server that does not write every request to the terminal."""

    def log_message(self, format: str, *args: object) -> None:
        return


@pytest.fixture
def served(folder: Path, tmp_path: Path) -> Iterator[str]:
    """The folder below `/river`, as a server shows it that knows nothing of us."""
    (tmp_path / "www").mkdir()
    (tmp_path / "www/river").symlink_to(folder)
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(tmp_path / "www")))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def get(address: str) -> tuple[int, bytes, str]:
    parts = urlsplit(address)
    connection = HTTPConnection(parts.netloc, timeout=20)
    connection.request("GET", parts.path + (f"?{parts.query}" if parts.query else ""))
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status, body, answer.headers.get("Location") or ""


def test_every_link_leads_somewhere_on_a_server_that_knows_nothing_of_us(
    engine: Engine, config: Settings, folder: Path, now: datetime, filled: None, served: str
) -> None:
    export_site(engine, config, folder, now=now)
    waiting, seen = [f"{served}/river/"], set[str]()
    while waiting:
        address = waiting.pop()
        status, body, _ = get(address)
        assert status == 200, address
        seen.add(urlsplit(address).path)
        if not body.startswith(b"<!doctype html>"):
            continue
        for node in LexborHTMLParser(body).css("a[href], link[href], img[src]"):
            link = urljoin(address, node.attributes.get("href") or node.attributes.get("src")).partition("#")[0]
            if link.startswith(served) and urlsplit(link).path not in seen | {urlsplit(one).path for one in waiting}:
                waiting.append(link)
    assert {"/river/top/", "/river/top/week/", "/river/category/tech/python/", "/river/feeds/top/week.json"} <= seen
    assert len([path for path in seen if path.startswith("/river/story/")]) >= 51
    assert not [path for path in seen if "search" in path or "status" in path]


@pytest.mark.parametrize("address", [*FEEDS, *LISTS])
def test_a_feed_is_byte_for_byte_what_is_served(
    engine: Engine, config: Settings, folder: Path, now: datetime, filled: None, address: str
) -> None:
    export_site(engine, config, folder, now=now)
    served = create_app(config, engine, clock=lambda: now).test_client().get(address)
    assert served.status_code == 200
    assert (folder / address[1:]).read_bytes() == served.data


def test_the_archives_that_a_feed_leads_to_are_there(
    engine: Engine, config: Settings, folder: Path, now: datetime, filled: None
) -> None:
    export_site(engine, config, folder, now=now)
    client = create_app(config, engine, clock=lambda: now).test_client()
    for ending in ("atom", "rss", "json"):
        name = f"feeds/tech/python.2026-02.1.{ending}"
        assert name.encode() in (folder / f"feeds/tech/python.{ending}").read_bytes()
        assert (folder / name).read_bytes() == client.get(f"/{name}").data


def test_an_address_without_its_last_slash_is_found_by_a_server(
    engine: Engine, config: Settings, folder: Path, now: datetime, filled: None, served: str
) -> None:
    export_site(engine, config, folder, now=now)
    for path in ("/river/category/tech", "/river/category/tech/python", "/river/top"):
        status, _, location = get(served + path)
        assert (status, urlsplit(location).path) == (301, f"{path}/")


def test_only_what_changed_is_touched_and_what_left_is_removed(
    engine: Engine, config: Settings, folder: Path, now: datetime, filled: None
) -> None:
    first = export_site(engine, config, folder, now=now)
    assert (first.changed, first.unchanged, first.removed) == (0, 0, 0)
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}
    again = export_site(engine, config, folder, now=now)
    assert (again.new, again.changed, again.unchanged, again.removed) == (0, 0, first.new, 0)
    assert before == {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}
    bring(engine, now, 2, entry("5", title="Something new", url="https://b.example/5"))
    after = export_site(engine, config, folder, now=now)
    assert after.new == 1
    assert 0 < after.changed < 20
    fewer = settings(folder.parent, *(replace(one, categories=one.categories[:1]) for one in config.sources))
    assert export_site(engine, fewer, folder, now=now).removed == 8
    assert not (folder / "category/tech/python").exists()
    assert (folder / "category/tech/index.html").exists()


def test_what_others_put_there_stays(
    engine: Engine, config: Settings, folder: Path, now: datetime, filled: None
) -> None:
    folder.mkdir()
    (folder / "CNAME").write_text("news.example.org")
    (folder / "story").mkdir()
    (folder / "story/mine.html").write_text("mine")
    export_site(engine, config, folder, now=now)
    with SiteFolder(folder) as site:
        site.settle()
    assert sorted(path.name for path in folder.rglob("*") if path.is_file()) == [LIST, "CNAME", "mine.html"]


def test_a_locked_site_gives_its_key_to_nobody(
    engine: Engine, config: Settings, folder: Path, now: datetime, filled: None
) -> None:
    locked = replace(config, access=AccessSettings(token="a-secret-of-many-letters"))
    export_site(engine, locked, folder, now=now)
    assert [path for path in folder.rglob("*") if path.is_file() and b"a-secret" in path.read_bytes()] == []


def test_files_name_no_hub_for_nobody_tells_it_when_they_are_put_up(
    engine: Engine, config: Settings, folder: Path, now: datetime, filled: None
) -> None:
    named = replace(config, site=config.site.model_copy(update={"hub": "https://hub.example/"}))
    assert b"hub.example" in create_app(named, engine).test_client().get("/feeds/all.atom").data
    export_site(engine, named, folder, now=now)
    assert [path for path in folder.rglob("*") if path.is_file() and b"hub.example" in path.read_bytes()] == []


def test_a_database_that_cannot_be_read_removes_nothing(
    engine: Engine, config: Settings, folder: Path, now: datetime, filled: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    export_site(engine, config, folder, now=now)
    files = sorted(folder.rglob("*"))

    def fail(*_: object, **__: object) -> None:
        raise OperationalError("", {}, Exception("gone"))

    monkeypatch.setattr("aggregator.store.views.newest", fail)
    with pytest.raises(Incomplete, match="run it again"):
        export_site(engine, config, folder, now=now)
    assert sorted(folder.rglob("*")) == files


def test_a_folder_that_cannot_be_written_is_said_so(folder: Path) -> None:
    folder.write_text("a file")
    with pytest.raises(FolderError, match="cannot make or open"), SiteFolder(folder):
        pass


@pytest.mark.parametrize("name", ["../x", "/x", "a/../x", "", ".", "a\nb", "a//b"])
def test_no_name_leads_out_of_the_folder(folder: Path, name: str) -> None:
    with SiteFolder(folder) as site, pytest.raises(FolderError):
        site.put(name, b"")


def test_a_list_that_names_what_is_outside_removes_nothing_there(folder: Path, tmp_path: Path) -> None:
    with SiteFolder(folder) as site:
        site.put("x", b"")
    (tmp_path / "dear").write_text("dear")
    with (folder / LIST).open("a") as file:
        file.write(f"../dear\n{tmp_path}/dear\n")
    with SiteFolder(folder) as site:
        site.settle()
    assert (tmp_path / "dear").read_text() == "dear"


def test_two_exports_do_not_write_at_once(folder: Path) -> None:
    with SiteFolder(folder), pytest.raises(FolderError, match="another export"), SiteFolder(folder):
        pass


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("/", "index.html"),
        ("/top", "top/index.html"),
        ("/category/tech", "category/tech/index.html"),
        ("/category/%E6%96%B0%E9%97%BB", "category/新闻/index.html"),
        ("/feeds/tech.atom", "feeds/tech.atom"),
        ("/feeds.opml", "feeds.opml"),
        ("/static/style.css", "static/style.css"),
    ],
)
def test_an_address_is_a_file(address: str, name: str) -> None:
    assert file_of(address) == name


def test_the_command_says_what_it_did(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("categories: {News: [{file: a.xml}]}\n")
    call = ["--config", str(tmp_path / "config.yaml"), "export", "static", str(tmp_path / "site")]
    result = CliRunner().invoke(cli, call)
    assert result.exit_code == 0, result.output
    assert " new, 0 changed, 0 unchanged, 0 removed." in result.output
    assert '"new": 0' in CliRunner().invoke(cli, [*call, "--json"]).output
