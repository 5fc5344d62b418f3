"""Everything that we publish of real feeds, before the W3C Feed Validator: errors and warnings at level AA.

    python -m benchmarks.validity VALIDATOR [--python PYTHON] [--keep DIR]

VALIDATOR is a checkout of github.com/w3c/feedvalidator, PYTHON an interpreter that has what it needs (lxml, html5lib,
rdflib). The captured feeds of ../shared/corpus are ingested by the program, in ten categories; each is published in
every format, with 500 stories, in the usual length with its last archives, `all` and the lists as well, and so are the
golden documents of the tests. JSON Feed, which the validator does not read, and OPML are held to the grammars of
../shared/schemas besides.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from flask.testing import FlaskClient

from aggregator.config.load import load
from aggregator.store.engine import open_engine
from aggregator.web import create_app
from benchmarks.corpus import command, configure
from feeds.render import FORMATS
from tests.corpus import captured
from tests.feeds.render.samples import GOLDEN
from tests.origin import Origin
from tests.validity import faults

# Run by PYTHON: reads `[name, base]` pairs, prints for each the events of level AA.
JUDGE = """
import json, sys
sys.path.insert(0, sys.argv[1] + "/src")
import feedvalidator
from feedvalidator import compatibility
for path, base in json.load(sys.stdin):
    events = feedvalidator.validateString(open(path, "rb").read(), firstOccurrenceOnly=0, base=base)["loggedEvents"]
    said = [f"{type(e).__mro__[1].__name__} {type(e).__name__} {e.params}"[:300] for e in compatibility.AA(events)]
    print(json.dumps([path, said]), flush=True)
"""


def main() -> None:
    """Publish, judge, and print what was found."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("validator", type=Path)
    arguments.add_argument("--python", default=sys.executable)
    arguments.add_argument("--keep", type=Path, help="where the documents are to stay")
    options = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        documents = options.keep or Path(folder) / "published"
        documents.mkdir(exist_ok=True)
        published = list(publish(Path(folder), documents))
        found = judge(options.validator, options.python, published) + by_grammar(published)
    print(f"{len(published)} documents, {len(found)} errors and warnings")
    for one in found:
        print(one)
    sys.exit(bool(found))


def publish(folder: Path, documents: Path) -> Iterator[tuple[Path, str]]:
    """Every document that the site has, and the golden ones: (file, its own address)."""
    with Origin() as origin:
        config = configure(folder, origin, captured())
        subprocess.run(command(config, "ingest", "--once"), check=True, capture_output=True, timeout=300)
    settings = load(config, {})
    client = create_app(settings, open_engine(settings.database)).test_client()
    slugs = ["all", *(category.slug for category in settings.categories)]
    paths = [f"/feeds/{slug}.{format_}?limit=500" for slug in slugs for format_ in FORMATS]
    paths += ["/feeds.opml", "/sources.opml", *(f"/feeds/{slug}.opml" for slug in slugs)]
    for slug in slugs:
        paths += [f"/feeds/{name}.{format_}" for name in archives(client, slug) for format_ in FORMATS]
    for number, path in enumerate(paths):
        name = path.partition("?")[0].rpartition("/")[2]
        file = documents / f"{number:03}-{name}"
        file.write_bytes(client.get(path).data)
        yield file, str(settings.site.url).rstrip("/") + path
    for file in sorted(GOLDEN.glob("*.*")):
        ours = {"empty": "https://news.example.org/feeds/new.rss"}
        yield file, ours.get(file.stem, "https://news.example.org/feeds/technology.atom")


def archives(client: FlaskClient, slug: str) -> list[str]:
    """A feed of the usual length, and its last three archives, as one finds them by following `next_url`."""
    names = [slug]
    while len(names) < 4:
        following = json.loads(client.get(f"/feeds/{names[-1]}.json").data).get("next_url")
        if not following:
            break
        names.append(following.partition("/feeds/")[2].removesuffix(".json"))
    return names


def judge(validator: Path, python: str, published: list[tuple[Path, str]]) -> list[str]:
    """What the validator says."""
    known = [(str(path), base) for path, base in published if path.suffix != ".json"]
    ran = subprocess.run(
        [python, "-c", JUDGE, str(validator)], input=json.dumps(known), capture_output=True, text=True, check=True
    )
    said = [json.loads(line) for line in ran.stdout.splitlines()]
    assert len(said) == len(known), ran.stderr
    return [f"{Path(path).name}: {event}" for path, events in said for event in events]


def by_grammar(published: list[tuple[Path, str]]) -> list[str]:
    """What the grammars and our own list say."""
    return [f"{path.name}: {fault}" for path, _ in published for fault in faults(path.suffix[1:], path.read_bytes())]


if __name__ == "__main__":
    main()
