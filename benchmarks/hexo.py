"""A site of fifty posts through the real Hexo: does it say what the stories say?

    python -m benchmarks.hexo [--site DIR]

Needs `node` and `npm`; Hexo and its default theme are installed into DIR (or a folder that goes again afterwards), in
the versions below. Forty made posts with three-part Chinese categories, some in two, and ten whose titles, tags and
texts mean something to YAML, Markdown or Nunjucks are written, and the site is built. From Hexo's own database titles,
dates, tags and the tree of categories are compared; from the pages the HTML of every post, and that its pictures are in
it. Prints what differs, and exits with 1 if anything does.
"""

import argparse
import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from selectolax.lexbor import LexborHTMLParser

from benchmarks.posts import made
from feeds.clean.sanitize import safe_html
from feeds.model import Entry, Feed
from feeds.render import TREES
from feeds.render.posts import identity
from tests.feeds.render.test_trees import BODIES

VERSIONS = {
    "hexo": "8.1.2",
    "hexo-generator-archive": "2.0.0",
    "hexo-generator-category": "2.0.0",
    "hexo-generator-index": "4.0.0",
    "hexo-generator-tag": "2.0.0",
    "hexo-renderer-ejs": "2.0.0",
    "hexo-renderer-marked": "7.0.1",
    "hexo-renderer-stylus": "3.0.1",
    "hexo-theme-landscape": "1.1.0",
}  # November 2026
# Hexo adds `target="_blank"` to links of its own accord; switched off, so that pages can be compared exactly.
CONFIG = "title: Fifty\nurl: https://e.example\ntheme: landscape\nfuture: true\nexternal_link: {enable: false}\n"
POSTS = 50
START = datetime(2026, 3, 2, 10, 0, 0, tzinfo=UTC)
TITLES = (
    *('- "quoted": it\'s #1 \\ and & more', "{{ 7*7 }} {% raw %}", "no", "2026-03-02", "null", "🎉 只有 <b>emoji</b>"),
    *("../../etc/passwd", "@at %percent", "> folded | literal", "key: [list, {map: x}]"),
)
CATEGORIES = ("新媒体", "ZAKER", "made")
PICTURE = "https://img.example/?url=https%3A%2F%2Fa.example%2F1.jpg"


def stories() -> tuple[Entry, ...]:
    """Fifty entries, newest first; every fourth is in two categories."""
    ordinary = list(made(POSTS - len(TITLES)))[: POSTS - len(TITLES)]
    bodies = list(BODIES.values())
    hostile = (
        Entry(
            guid=f"hostile:{number}",
            title=title,
            html=safe_html(bodies[number % len(bodies)] + f'<img src="{PICTURE}">', "https://a.example/"),
            tags=(re.sub(r"<|\.\.", "", title), "C++", "a/b", "1"),
        )
        for number, title in enumerate(TITLES)
    )
    return tuple(
        replace(
            entry,
            published=START - timedelta(minutes=number),
            updated=START,
            image=PICTURE,
            categories=(CATEGORIES, ("Tech", "no")) if number % 4 == 0 else (CATEGORIES,),
        )
        for number, entry in enumerate((*ordinary, *hostile))
    )


def build(site: Path, entries: Sequence[Entry]) -> None:
    """Install what is not there, write the posts, and let Hexo make the site."""
    package = {"name": "fifty", "private": True, "hexo": {"version": VERSIONS["hexo"]}, "dependencies": VERSIONS}
    (site / "package.json").write_text(json.dumps(package, indent=1))
    (site / "_config.yml").write_text(CONFIG)
    for old in ("source", "public", "db.json"):
        path = site / old
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    posts = site / "source" / "_posts"
    posts.mkdir(parents=True)
    for name, post in TREES["hexo"].render(Feed(entries=tuple(entries))).items():
        (posts / name).write_bytes(post)
    if not (site / "node_modules" / "hexo").exists():
        run(site, "npm", "install", "--no-audit", "--no-fund", "--no-package-lock", "--silent")
    said = run(site, "node_modules/.bin/hexo", "generate")
    if wrong := re.findall(r".*(?:ERROR|WARN|FATAL|Template render error).*", said):
        raise SystemExit("\n".join(wrong))


def run(site: Path, *command: str) -> str:
    """What a command said; the end of this program if it failed."""
    done = subprocess.run(command, cwd=site, capture_output=True, text=True, timeout=600, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout + done.stderr


def compare(site: Path, entries: Sequence[Entry]) -> list[str]:
    """What Hexo understood otherwise than it was meant."""
    models = json.loads((site / "db.json").read_text())["models"]
    posts = {key(post["slug"]): post for post in models["Post"]}
    pages = {key(page.parent.name): page.read_text() for page in (site / "public").glob("2026/*/*/*/index.html")}
    differences = [] if len(posts) == len(pages) == len(entries) else [f"{len(posts)} posts, {len(pages)} pages"]
    for entry in entries:
        post = posts[identity(entry.guid)]
        seen = (post["title"], post["date"], names(models, post, "Tag"), branches(models, post))
        meant = (
            entry.title,
            entry.published and entry.published.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
            set(entry.tags),
            {path[:depth] for path in entry.categories for depth in range(1, len(path) + 1)},
        )
        differences += [
            f"{entry.title}: {one!r} is not {other!r}" for one, other in zip(seen, meant, strict=True) if one != other
        ]
        shown = text_of_page(pages[identity(entry.guid)])
        if shown != normal(f"<div>{entry.html}</div>"):
            differences.append(f"{entry.title}: the page has other HTML\n{shown}\n{entry.html}")
        if "<img" in entry.html and "<img" not in shown:
            differences.append(f"{entry.title}: the pictures are missing")
    return differences + missing_pages(site, entries)


def key(name: str) -> str:
    """The identity at the end of a name."""
    return name[-16:]


def names(models: dict[str, Any], post: dict[str, Any], kind: str) -> set[str]:
    """What the post's tags are called."""
    of = {one["_id"]: one["name"] for one in models[kind]}
    return {of[link[f"{kind.lower()}_id"]] for link in models[f"Post{kind}"] if link["post_id"] == post["_id"]}


def branches(models: dict[str, Any], post: dict[str, Any]) -> set[tuple[str, ...]]:
    """The categories of a post, each as the path that Hexo has made of it."""
    categories = {one["_id"]: one for one in models["Category"]}

    def path(category: dict[str, Any]) -> tuple[str, ...]:
        parent = category.get("parent")
        return (*(path(categories[parent]) if parent else ()), category["name"])

    mine = (link["category_id"] for link in models["PostCategory"] if link["post_id"] == post["_id"])
    return {path(categories[category]) for category in mine}


def missing_pages(site: Path, entries: Sequence[Entry]) -> list[str]:
    """Category pages that are not where the path says."""
    paths = {"/".join(path) for entry in entries for path in entry.categories}
    return [
        f"no page for {path}"
        for path in sorted(paths)
        if not (site / "public/categories" / path / "index.html").exists()
    ]


def text_of_page(page: str) -> str:
    """The post's own HTML on a page of the default theme."""
    found = LexborHTMLParser(page).css_first(".article-entry > div")
    return normal(found.html or "") if found else ""


def normal(html: str) -> str:
    """HTML as a parser writes it."""
    body = LexborHTMLParser(f"<!doctype html><body>{html}</body>").body
    return (body.html if body else "") or ""


def main() -> None:
    """Build, compare and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--site", type=Path)
    options = parser.parse_args()
    entries = stories()
    with tempfile.TemporaryDirectory(prefix="aggregator-hexo-") as temporary:
        site: Path = options.site or Path(temporary)
        site.mkdir(parents=True, exist_ok=True)
        build(site, entries)
        differences = compare(site, entries)
    print("\n".join(differences) or f"{len(entries)} posts are in Hexo {VERSIONS['hexo']} what they are here")
    sys.exit(bool(differences))


if __name__ == "__main__":
    main()
