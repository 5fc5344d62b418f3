"""Markdown posts with front matter, one file a story, for Hexo, Jekyll and Hugo.

A row of TREES gives each entry a file name and its bytes; `aggregator.publish.export` puts them into a folder. Every
text in the front matter is a JSON string, which every YAML parser reads as that string (YAML 1.2 §1.3); a YAML library
would take many times as long to choose a style. The body is one HTML block in which neither Markdown nor a template
language finds anything to do. A newcomer would put `{% raw %}` round it: each generator has other words for that, and a
text may hold them; a brace that is written as a reference means nothing to any of them.
"""

import json
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from hashlib import sha256
from html import escape

from feeds.model import Entry, Feed
from feeds.regex import regex
from feeds.render.fit import NEVER, write_each
from feeds.render.values import line

# Bytes of a slug; 32 Chinese characters. With date, identity and ending a name stays below the 143 bytes that an
# encrypted folder (eCryptfs) allows, and far below the 255 of other file systems.
LONGEST_SLUG = 96
_IDENTITY = 16  # hexadecimal digits: two of a million stories get the same with a probability of 3e-8
_NAME = regex(rf"(?:[^/\\\x00\r\n.][^/\\\x00\r\n]*-)?([0-9a-f]{{{_IDENTITY}}})\.md")

# What begins a tag of Nunjucks or Liquid, or a shortcode of Hugo. Hexo writes a brace of code in the same way
# (hexo/lib/plugins/filter/before_post_render/backtick_code_block.ts).
_TEMPLATE = regex(r"\{(?=[{%#])")
# A line end that could end an HTML block (a blank line follows), or let a line begin with what means something to
# Markdown: `#`, "```", four blanks. One before a tag may stay.
_LINE_END = regex(r"\n(?![ \t]*<)")
# Line ends to JavaScript's `^`; and the character by which Hexo marks what it puts back after rendering, so that a text
# which holds it ends the whole build (hexo/lib/hexo/post.ts, `rSwigPlaceHolder`).
_UNWANTED = regex("[\u2028\u2029\ufffc]")
# Tags that do harm. Nothing but what hexo-util's `slugize` takes away: Hexo would write their page where the list of
# all tags is. A way out of the folder: Hugo ends the whole build ("missing taxonomy: tags", seen with 0.111). Markup:
# Hexo's own `tagcloud` and `list_tags` write names as they are (seen in the default theme of Hexo 8.1).
_NO_TAG = regex(r"[\s~`!@#$%^&*()\-_+=\[\]{}|\\;:\"'<>,.?/]*|(?:.*/)?\s*\.\.\s*(?:/.*)?|.*<[a-zA-Z/!?].*|.*&#?\w+;.*")

Value = str | bool | tuple[str, ...] | tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Generator:
    """What one generator wants: how a file is called, and what stands before the text. Absent values are "" or ()."""

    name: Callable[[Entry], str]
    front_matter: Callable[[Entry], Mapping[str, Value]]


def hexo(feed: Feed) -> dict[str, bytes]:
    """The entries as posts for Hexo (`source/_posts`): file name → bytes."""
    return _posts(feed, _HEXO)


def jekyll(feed: Feed) -> dict[str, bytes]:
    """The entries as posts for Jekyll (`_posts`): file name → bytes."""
    return _posts(feed, _JEKYLL)


def hugo(feed: Feed) -> dict[str, bytes]:
    """The entries as posts for Hugo (a section such as `content/posts`): file name → bytes."""
    return _posts(feed, _HUGO)


def identity(guid: str) -> str:
    """What all names of a story's file end in before `.md`, whatever its title was when it was written."""
    return sha256(line(guid).encode()).hexdigest()[:_IDENTITY]


def identity_in(name: str) -> str | None:
    """The identity in a file name; None if it is not one of ours, or not a mere name."""
    found = _NAME.fullmatch(name)
    return found[1] if found else None


def _posts(feed: Feed, generator: _Generator) -> dict[str, bytes]:
    return dict(write_each(feed, lambda entry: (generator.name(entry), _post(entry, generator))))


def _post(entry: Entry, generator: _Generator) -> bytes:
    said = {key: value for key, value in generator.front_matter(entry).items() if value not in ("", ())}
    lines = (written for key, value in said.items() for written in _yaml(key, value))
    return "\n".join(("---", *lines, "---", "", _body(entry), "")).encode()


# -- names ---------------------------------------------------------------------------------------------------------


def _plain_name(entry: Entry) -> str:
    return "-".join(filter(None, (_slug(entry.title), identity(entry.guid)))) + ".md"


def _dated_name(entry: Entry) -> str:
    """Jekyll takes nothing for a post that does not begin with a date."""
    return f"{_date(entry):%Y-%m-%d}-{_plain_name(entry)}"


def _slug(title: str) -> str:
    """The title in lower case, letters, marks and digits of every script kept, everything else a `-`; maybe ""."""
    lowered = unicodedata.normalize("NFC", title[: 2 * LONGEST_SLUG].lower())
    kept = "".join(c if unicodedata.category(c)[0] in "LNM" else "-" for c in lowered)
    slug = "-".join(filter(None, kept.split("-")))
    if len(slug.encode()) <= LONGEST_SLUG:
        return slug
    cut = slug.encode()[:LONGEST_SLUG].decode(errors="ignore")
    return cut.rsplit("-", 1)[0] if "-" in cut[len(cut) // 2 :] else cut


# -- front matter --------------------------------------------------------------------------------------------------


def _yaml(key: str, value: Value) -> Iterable[str]:
    if isinstance(value, bool):
        yield f"{key}: {'true' if value else 'false'}"
    elif isinstance(value, str):
        yield f"{key}: {_quoted(value)}"
    else:
        yield f"{key}:"
        for item in value:
            first, *others = (_quoted(name) for name in ((item,) if isinstance(item, str) else item))
            nested = "" if isinstance(item, str) else "- "
            yield f"  - {nested}{first}"
            yield from (f"    - {other}" for other in others)


def _quoted(text: str) -> str:
    """The text as a JSON string. A byte order mark, which parsers differ about, is written as a reference."""
    return json.dumps(text, ensure_ascii=False).replace("\ufeff", "\\ufeff")


def _for_hexo(entry: Entry) -> Mapping[str, Value]:
    """Dates as Hexo's `new Date()` reads them wherever it runs: ISO dates it takes for local time.

    Themes look for `headimg` or for `thumbnail`; `comments: false` keeps their comment box away. One list is a path; a
    list of lists, several (https://hexo.io/docs/front-matter#Categories-Tags).
    """
    paths = _deepest(entry.categories)
    return {
        "title": entry.title,
        "date": format_datetime(_date(entry), usegmt=True),
        "updated": format_datetime(changed, usegmt=True) if (changed := _changed(entry)) else "",
        "categories": paths[0] if len(paths) == 1 else paths,
        "tags": _tags(entry),
        **_common(entry),
    }


def _for_jekyll(entry: Entry) -> Mapping[str, Value]:
    """`layout` as in Jekyll's own first post; `image` and `last_modified_at` are what its plugins for feeds, search
    engines and sitemaps read."""
    form = "%Y-%m-%d %H:%M:%S +0000"
    return {
        "layout": "post",
        "title": entry.title,
        "date": _date(entry).strftime(form),
        "last_modified_at": changed.strftime(form) if (changed := _changed(entry)) else "",
        "categories": _names(entry.categories),
        "tags": _tags(entry),
        **_common(entry),
        "image": entry.image or "",
    }


def _for_hugo(entry: Entry) -> Mapping[str, Value]:
    """`markup: html`: the body is taken as it is, so that nobody has to set `unsafe` for all of the site. `images` is
    what Hugo's own templates for Open Graph read."""
    form = "%Y-%m-%dT%H:%M:%SZ"
    return {
        "title": entry.title,
        "date": _date(entry).strftime(form),
        "lastmod": changed.strftime(form) if (changed := _changed(entry)) else "",
        "categories": _names(entry.categories),
        "tags": _tags(entry),
        **_common(entry),
        "images": (entry.image,) if entry.image else (),
        "markup": "html",
    }


def _common(entry: Entry) -> Mapping[str, Value]:
    return {
        "author": ", ".join(person.name or person.email or person.url or "" for person in entry.authors),
        "headimg": entry.image or "",
        "thumbnail": entry.image or "",
        "comments": False,
        "source": entry.source.title if entry.source else "",
        "link": entry.url or "",
    }


def _date(entry: Entry) -> datetime:
    return entry.published or entry.updated or NEVER


def _changed(entry: Entry) -> datetime | None:
    """When the text was changed, if it was since it was published."""
    return entry.updated if entry.updated and entry.updated > _date(entry) else None


def _tags(entry: Entry) -> tuple[str, ...]:
    return tuple(tag for tag in entry.tags if not _NO_TAG.fullmatch(tag))


def _deepest(paths: tuple[tuple[str, ...], ...]) -> tuple[tuple[str, ...], ...]:
    """The paths that lead to no other: a post in `Technology/Python` is in `Technology` by itself."""
    distinct = tuple(dict.fromkeys(paths))
    return tuple(path for path in distinct if not any(other[: len(path)] == path != other for other in distinct))


def _names(paths: tuple[tuple[str, ...], ...]) -> tuple[str, ...]:
    """Every name on the paths once, in order: to Jekyll and Hugo categories are names beside each other."""
    return tuple(dict.fromkeys(name for path in _deepest(paths) for name in path))


# -- text ----------------------------------------------------------------------------------------------------------


def _body(entry: Entry) -> str:
    """The text in one `<div>`, with players for what is to be heard or seen; where there is no text, a link to it."""
    return f"<div>{_inert((entry.html or entry.summary or _link(entry)) + _players(entry))}</div>"


def _link(entry: Entry) -> str:
    title = escape(entry.title, quote=False)
    return f'<p><a href="{escape(entry.url)}" rel="noopener noreferrer">{title}</a></p>' if entry.url else ""


def _players(entry: Entry) -> str:
    """Enclosures that the text does not play itself: an episode without its sound would be nothing."""
    players = ((escape(one.url), (one.type or "").partition("/")[0]) for one in entry.enclosures)
    return "".join(
        f'<p><{kind} controls="" preload="none" src="{url}"></{kind}></p>'
        for url, kind in players
        if kind in ("audio", "video") and f'src="{url}"' not in entry.html
    )


def _inert(html: str) -> str:
    """The same HTML to a browser, but references stand where Markdown or a template language would find something."""
    html = _LINE_END.sub("&#10;", _TEMPLATE.sub("&#123;", html))
    return _UNWANTED.sub(lambda found: f"&#{ord(found[0])};", html)


_HEXO = _Generator(name=_plain_name, front_matter=_for_hexo)
_JEKYLL = _Generator(name=_dated_name, front_matter=_for_jekyll)
_HUGO = _Generator(name=_plain_name, front_matter=_for_hugo)
