"""The site as files: what writing it costs, and whether every link of it works under nginx.

    python -m benchmarks.static [--stories 2000] [--nginx PATH]

Writes a site of made stories (Chinese and English, six categories, some below others) three times: at first, with
nothing new, with one new story. Then nginx, as it is but for two content types, serves it below a path on loopback, and
every link that any page has is followed: each must be answered 200, after one redirect at the most, and feeds must have
the bytes and content types that `serve` gives. nginx must be installed (`apt-get install nginx-light`); it runs as a
process of ours, and is ended.
"""

import argparse
import random
import shutil
import subprocess
import tempfile
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import quote, urljoin, urlsplit

from selectolax.lexbor import LexborHTMLParser
from sqlalchemy import Engine

from aggregator.config.settings import CategorySettings, DedupSettings, Settings, SiteSettings, SourceSettings
from aggregator.dedup.merge import Merger
from aggregator.service import setup
from aggregator.service.static import export_site
from aggregator.store import sources
from aggregator.store.engine import open_engine, upgrade, writing
from aggregator.web import create_app
from benchmarks.search import chinese, english
from feeds.model import Entry
from feeds.render import FORMATS
from tests.builders import carry, entry

NOW = datetime(2026, 11, 1, tzinfo=UTC)
PORT = 18_099
SLUGS = ("technology", "technology/python", "新媒体", "新媒体/zaker", "新媒体/zaker/source", "world")
NGINX = """
daemon off; master_process off; pid {folder}/nginx.pid; error_log {folder}/error.log; events {{}}
http {{
  include /etc/nginx/mime.types;
  access_log off; absolute_redirect off;
  client_body_temp_path {folder}/a; proxy_temp_path {folder}/b; fastcgi_temp_path {folder}/c;
  uwsgi_temp_path {folder}/d; scgi_temp_path {folder}/e;
  server {{ listen 127.0.0.1:{port}; location /river/ {{ alias {site}/; error_page 404 /river/404.html; }}
    location /river/feeds {{
      alias {site}/feeds;
      types {{ application/atom+xml atom; application/rss+xml rss; application/feed+json json; text/x-opml opml; }}
    }}
  }}
}}
"""


def made_settings(folder: Path) -> Settings:
    """A config.yaml of six categories with two sources each."""
    categories = tuple(
        CategorySettings(path=tuple(slug.split("/")), slug=slug, title=slug.title(), description="", limit=50, line=0)
        for slug in SLUGS
    )
    listed = tuple(
        SourceSettings(address=f"https://s{n}.example/feed", kind="feed", categories=(SLUGS[n % 6],)) for n in range(12)
    )
    site = SiteSettings(title="River", url=f"http://127.0.0.1:{PORT}/river")
    return Settings(file=folder / "config.yaml", sources=listed, categories=categories, site=site)


def fill(engine: Engine, settings: Settings, count: int) -> None:
    """Stories; one in ten is carried by two sources."""
    dice = random.Random(1)
    en, zh = english(dice), chinese(dice)
    with writing(engine) as connection:
        sources.sync(connection, setup.listed(settings), setup.slugs(settings), NOW)
    for number in range(count):
        words = en if number % 2 else zh
        said = {"title": words.some(10), "html": f"<p>{words.some(200)}</p>"}
        for source in (number % 12, (number + 5) % 12)[: 2 if number % 10 == 0 else 1]:
            carry(engine, source + 1, NOW, _entry(number, source, said))
    Merger(DedupSettings(), ()).run(engine, NOW)


def _entry(number: int, source: int, said: dict[str, str]) -> Entry:
    published = NOW - timedelta(minutes=number)
    return entry(f"{number}-{source}", url=f"https://x.example/{number}", published=published, **said)


def timed(engine: Engine, settings: Settings, site: Path, what: str) -> None:
    """Write the site, and print what that took."""
    started, cpu = time.perf_counter(), time.process_time()
    done = export_site(engine, settings, site, now=NOW)
    spent, cpu = time.perf_counter() - started, time.process_time() - cpu
    counts = f"{done.new} new, {done.changed} changed, {done.unchanged} unchanged, {done.removed} removed"
    print(f"{what}: {counts}; {spent:.1f} s, {cpu:.1f} s of CPU", flush=True)


def get(path: str) -> tuple[int, bytes, dict[str, str]]:
    """One GET of nginx."""
    connection = HTTPConnection("127.0.0.1", PORT, timeout=20)
    connection.request("GET", path)
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status, body, {name.lower(): value for name, value in answer.getheaders()}


def crawl() -> Counter[str]:
    """Follow every link; returns what was found, counted."""
    waiting, seen, counts = ["/river/"], {"/river/"}, Counter[str]()
    while waiting:
        path = waiting.pop()
        status, body, headers = get(path)
        if status in (301, 302):
            counts["redirects"] += 1
            status, body, headers = get(headers["location"])
        if status != 200:
            counts["broken"] += 1
            print(f"{status} {path}")
            continue
        counts[headers.get("content-type", "no type").partition(";")[0]] += 1
        if not headers.get("content-type", "").startswith("text/html"):
            continue
        for node in LexborHTMLParser(body).css("a[href], link[href], img[src]"):
            named = node.attributes.get("href") or node.attributes.get("src")
            link = urlsplit(urljoin(f"http://127.0.0.1:{PORT}{path}", named))
            if link.port == PORT and link.path not in seen:
                seen.add(link.path)
                waiting.append(link.path)
    return counts


def compare(engine: Engine, settings: Settings) -> None:
    """Feeds by nginx, and by the application."""
    client = create_app(settings, engine, clock=lambda: NOW).test_client()
    addresses = [f"/feeds/{quote(slug)}.{ending}" for slug in ("all", *SLUGS, "top", "top/week") for ending in FORMATS]
    for address in addresses:
        served = client.get(address)
        status, body, headers = get(f"/river{address}")
        kinds = {one.partition(";")[0] for one in (headers["content-type"], served.headers["Content-Type"])}
        assert (status, body == served.data, len(kinds)) == (200, True, 1), (address, status, kinds)
    print(f"{len(addresses)} feeds have the bytes and the types that the application gives")


def started(nginx: str, folder: Path, site: Path) -> "subprocess.Popen[bytes]":
    """nginx, when it answers."""
    (folder / "nginx.conf").write_text(NGINX.format(folder=folder, site=site, port=PORT))
    server = subprocess.Popen(
        [nginx, "-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", str(folder / "error.log")]
    )
    for _ in range(50):
        try:
            get("/")
        except ConnectionError:
            time.sleep(0.1)
        else:
            return server
    server.terminate()
    raise RuntimeError((folder / "error.log").read_text())


def main() -> None:
    """Write, serve, crawl."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--stories", type=int, default=2_000)
    parser.add_argument("--nginx", default=shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin"))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)  # nginx may run as somebody else
        engine = open_engine(f"sqlite:///{folder}/static.db")
        upgrade(engine)
        settings = made_settings(folder)
        fill(engine, settings, options.stories)
        timed(engine, settings, folder / "site", "at first")
        timed(engine, settings, folder / "site", "nothing new")
        carry(engine, 1, NOW, entry("new", title="Something that is new", url="https://x.example/new"))
        Merger(DedupSettings(), ()).run(engine, NOW)
        timed(engine, settings, folder / "site", "one new story")
        if options.nginx is None:
            raise SystemExit("nginx is not installed")
        server = started(options.nginx, folder, folder / "site")
        try:
            print(", ".join(f"{count} {what}" for what, count in sorted(crawl().items())))
            compare(engine, settings)
        finally:
            server.terminate()
            server.wait(10)
            engine.dispose()


if __name__ == "__main__":
    main()
