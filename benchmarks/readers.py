"""Real readers subscribe to what we publish: newsboat, `reader`, rss2email and feedparser, each as a user installs it.

    python -m benchmarks.readers [--reader-python PYTHON]

newsboat and rss2email (`r2e`) are found on the PATH; `reader` in PYTHON, else where `make bench-readers` installs it.
What is missing is said. Two sources on 127.0.0.1 are ingested and served; then, in turn: everything is subscribed to;
nothing happens; a story is edited; another source with a higher priority takes the lead of a story; one is new. After
each, every reader must have as many entries as the feed, with its titles, dates, authors and enclosures, and must have
been answered 304 where nothing happened. A proxy in between counts the answers.
"""

import argparse
import http.client
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from aggregator.web.server import TRUST_SECONDS
from benchmarks.corpus import command
from benchmarks.peers.contenders import PEERS
from benchmarks.readers_known import Held, known_readers, published
from benchmarks.serving import free_port, running
from tests.origin import Origin


@dataclass(slots=True)
class Source:
    """A feed that changes: title → (guid, hour, author, text)."""

    path: str
    items: dict[str, tuple[str, int, str, str]] = field(default_factory=dict)

    def document(self) -> bytes:
        """As RSS, each with a recording."""
        written = [
            f"<item><guid isPermaLink='false'>{guid}</guid><title>{title}</title><link>https://e.example/{guid}</link>"
            f"<dc:creator>{author}</dc:creator><pubDate>Mon, 02 Nov 2026 {hour:02}:00:00 GMT</pubDate>"
            f"<enclosure url='https://cdn.example/{guid}.mp3' length='1000' type='audio/mpeg'/>"
            f"<description>&lt;p&gt;{text}&lt;/p&gt;</description></item>"
            for title, (guid, hour, author, text) in self.items.items()
        ]
        head = f"<title>Source {self.path}</title><link>https://e.example/</link><description>d</description>"
        space = "xmlns:dc='http://purl.org/dc/elements/1.1/'"
        return f"<rss version='2.0' {space}><channel>{head}{''.join(written)}</channel></rss>".encode()


class Between:
    """A proxy in front of our server, which remembers how every request for a feed was answered."""

    def __init__(self, behind: int) -> None:
        self.answers: list[tuple[str, int]] = []
        answers = self.answers

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                there = http.client.HTTPConnection("127.0.0.1", behind, timeout=30)
                there.request("GET", self.path, headers=dict(self.headers))
                answer = there.getresponse()
                body = answer.read()
                answers.append((self.headers.get("User-Agent", "?").partition("/")[0].lower(), answer.status))
                self.send_response_only(answer.status)
                for name, value in answer.getheaders():
                    if name.lower() not in ("connection", "transfer-encoding"):
                        self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()


def main() -> None:
    """Run it all and print."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--reader-python", default=str(PEERS))
    options = arguments.parse_args()
    with Origin() as origin, tempfile.TemporaryDirectory() as name:
        faults = play(Path(name), origin, options.reader_python)
    print("no fault" if not faults else f"{len(faults)} faults")
    sys.exit(bool(faults))


def play(folder: Path, origin: Origin, python: str) -> list[str]:
    """The whole story; returns what was wrong."""
    first, second = Source("/first.xml"), Source("/second.xml")
    for number in range(1, 21):
        title = f"The story with the number {number} & more"
        first.items[title] = (f"g{number}", number, f"Author {number}", "Text " * 20)
    second.items["Something else entirely"] = ("s1", 21, "Somebody", "Other text " * 20)
    port = free_port()
    between = Between(port)
    config = configure(folder, origin, (first, second), port, between.port)
    readers = known_readers(folder, python)
    faults: list[str] = []

    def act(what: str, change: Callable[[], object] = lambda: None, *, unchanged: bool = False) -> None:
        change()
        for source in (first, second):
            origin.feed(source.path, source.document())
        subprocess.run(command(config, "ingest", "--once", "--force"), check=True, capture_output=True, timeout=60)
        time.sleep(TRUST_SECONDS + 0.2)
        for name, reload in readers.items():
            for format_ in ("atom", "rss"):
                address = f"http://127.0.0.1:{between.port}/feeds/all.{format_}"
                wanted = published(f"http://127.0.0.1:{port}/feeds/all.{format_}")
                between.answers.clear()
                found = faults_of(reload(address), wanted, edits=name != "rss2email")
                statuses = [status for _, status in between.answers]
                if unchanged and statuses != [304]:
                    found.append(f"was answered {statuses}, not 304")
                faults.extend(f"{what}: {name}, {format_}: {one}" for one in found)
                print(f"{what:36} {name:10} {format_:5} {len(wanted)} entries, answers {statuses}", *found)

    address = f"http://127.0.0.1:{port}/healthz"
    subprocess.run(command(config, "ingest", "--once"), check=True, capture_output=True, timeout=60)
    with running(command(config, "serve"), address):
        act("subscribed")
        act("asked again")  # newsboat keeps validators from its second reading on
        act("nothing happened", unchanged=True)
        edited = "The story with the number 3 & more"
        act("a text was edited", lambda: first.items.update({edited: ("g3", 3, "Author 3", "A new text " * 20)}))
        act("a title was edited", partial(retitle, first, edited, "The story with another title"))
        lead = {"The story with the number 7 & more": ("s7", 22, "Another author", "Longer text " * 40)}
        act("another source took the lead", lambda: second.items.update(lead))
        act("one is new", lambda: first.items.update({"The newest of all": ("g99", 23, "Author", "News " * 20)}))
        act("nothing happened again", unchanged=True)
    between.close()
    return faults


def retitle(source: Source, old: str, new: str) -> None:
    source.items[new] = source.items.pop(old)


def configure(folder: Path, origin: Origin, sources: tuple[Source, Source], port: int, public: int) -> Path:
    """config.yaml: two sources, of which the second leads."""
    for source in sources:
        origin.feed(source.path, source.document())
    file = folder / "config.yaml"
    file.write_text(f"""
listen: 127.0.0.1:{port}
site: {{url: "http://127.0.0.1:{public}"}}
defaults: {{allow_private: true}}
fetch: {{per_host: 16}}
retention: {{stories: 3650d}}
categories:
  All of it:
    - {origin.url(sources[0].path)}
    - {{url: "{origin.url(sources[1].path)}", priority: 10}}
""")
    return file


def faults_of(has: Held, wanted: Held, *, edits: bool) -> list[str]:
    """Where a reader differs from the feed. `edits` is whether it shows edited titles."""
    faults = [] if len(has) == len(wanted) else [f"has {len(has)} entries, not {len(wanted)}"]
    known = dict(has)
    for title, item in wanted:
        if title not in known:
            faults += [f"lacks {title!r}"] if edits else []
            continue
        mine = known[title]
        for name in ("published", "author", "enclosures"):
            said, meant = getattr(mine, name), getattr(item, name)
            if said is not None and said != meant:
                faults.append(f"{name} of {title!r}: {said!r}, not {meant!r}")
    return faults


if __name__ == "__main__":
    main()
