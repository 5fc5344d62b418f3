"""One entry of RSS or Atom, as feedparser hands it over, to an `Entry`.

feedparser has unified the dialects already; here its values are judged. They may be of any type: an unknown element
with attributes is a dict where one without is a str. Read dates with `dict.get`: feedparser's own `get` answers
`updated` with `published`. Addresses arrive as written, because no base address is given to feedparser (that also keeps
it from turning a guid into a link); `base` is what they are relative to.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from feeds.dates import parse_date
from feeds.html import decode_references, escape_text, text_of, with_base, without_forbidden
from feeds.model import Enclosure, Entry, Person
from feeds.parse import claims
from feeds.parse.mend import AT, MAX_AUTHOR
from feeds.regex import regex
from feeds.urls import resolve

Fields = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Inherited:
    """What the feed says for entries that say nothing: their authors (RFC 4287 §4.2.1; not so in RSS), the language."""

    authors: tuple[Person, ...] = ()
    language: str | None = None


_HTML = "text/html"
_XHTML = "application/xhtml+xml"
_PLAIN = "text/plain"
_BYTES = "application/octet-stream"  # feedparser has decoded them where they are text
_BASE64 = regex(r"(?:[A-Za-z0-9+/]{4})+(?:[A-Za-z0-9+/]{2}[A-Za-z0-9+/=]=)?")
_ADDRESS = regex(r"(?:mailto:)?([\w.+-]{1,64}@(?:[\w-]{1,63}\.){1,8}[^\W\d_]{2,63})(?:\?subject=\S{0,200})?", re.I)
_EMPTY_BRACKETS = regex(r"\(\s*\)|<\s*>|\[\s*\]")
_EMPTY_PAIR = regex(r"(<(?:br|hr|img)\b[^<>]*)></(?:br|hr|img)>", re.IGNORECASE)
_ENDS_OF_NOTHING = ("></br", "></BR", "></hr", "></HR", "></img", "></IMG")
# `<iframe …/>` is XML's way to write an element without content; to HTML it is one that goes on to the end of the text.
_CLOSED_AT_ONCE = regex(r"""(<(iframe|video|audio|script|style|textarea)\b[^<>]*(?<=["'\s]))/>""", re.IGNORECASE)
_IMAGE_ENDING = regex(r"\.(?:jpe?g|png|gif|webp|avif)(?:$|[?#])", re.IGNORECASE)


def entry(fields: Fields, *, base: str, atom: bool, inherited: Inherited) -> Entry:
    """The entry. What the source got wrong is left out; what is raised is for the caller to isolate."""
    base = _base(fields, base)
    title = title_of(fields, atom)
    html, summary = _texts(fields, base)
    enclosures = claims.enclosures(_enclosures(fields, base))
    url = _url(fields, base)
    updated = parse_date(_string(dict.get(fields, "updated")), dict.get(fields, "updated_parsed"))
    return Entry(
        guid=claims.guid(fields.get("id"), url, title, html, enclosures),
        title=title,
        url=url,
        html=html,
        summary=summary,
        authors=authors(fields, base) or authors(_detail(fields, "source"), base) or inherited.authors,
        tags=claims.tags(tag.get("label") or tag.get("term") for tag in _details(fields, "tags")),
        enclosures=enclosures,
        image=_image(fields, base),
        language=_language(fields, atom, inherited),
        published=parse_date(_string(fields.get("published")), fields.get("published_parsed"))
        or parse_date(_string(fields.get("created")), fields.get("created_parsed"))
        or updated,  # RFC 4287 §4.1.2 asks for no more than `updated`, RSS 1.0 has no more than dc:date
        updated=updated,
    )


def _language(fields: Fields, atom: bool, inherited: Inherited) -> str | None:
    """What the text is in, else what the title is in; where Atom says of these that it cannot be told, None."""
    said = [*_details(fields, "content"), _detail(fields, "summary_detail"), _detail(fields, "title_detail")]
    spoken = [detail.get("language") for detail in said if detail.get("value")]
    if atom and spoken and spoken[0] is None and inherited.language:
        return None  # xml:lang="", for what says nothing has inherited the feed's
    found = filter(None, (claims.language(one) for one in (*spoken, fields.get("language"))))
    return next(found, inherited.language)


def title_of(fields: Fields, atom: bool) -> str:
    """The title as people should read it.

    Atom says what its titles are. RSS does not: there, markup counts as markup only where feedparser is sure of it, and
    references are decoded once more, for `AT&amp;amp;T` is common and a title about `&amp;` is not.
    """
    detail = _detail(fields, "title_detail")
    written = _string(detail.get("value")) or _string(fields.get("title"))
    if detail.get("type") in (_HTML, _XHTML):
        written = text_of(written)
    elif not atom:
        written = decode_references(written)
    return claims.line(written, claims.MAX_TITLE)


def html_of(detail: Fields, base: str) -> str:
    """A text as HTML, whatever it was; its own `xml:base`, where it has one, applied. "" for a picture or a film."""
    written = without_forbidden(_string(detail.get("value"))).strip()
    kind = detail.get("type") or _HTML
    if not written:
        return ""
    if kind == _PLAIN:
        return escape_text(written)
    if kind not in (_HTML, _XHTML) and not kind.startswith("text/"):
        return escape_text(written) if kind == _BYTES and not _BASE64.fullmatch(written) else ""
    if "/>" in written:
        written = _CLOSED_AT_ONCE.sub(r"\1></\2>", written)
    if any(end in written for end in _ENDS_OF_NOTHING):
        written = _EMPTY_PAIR.sub(r"\1>", written)
    if kind == _XHTML:
        written = written.replace("</br>", "")  # feedparser closes what is empty; a browser would see two line breaks
    own = _string(detail.get("base"))
    return with_base(written, resolve(base, own) or base) if own else written


def authors(fields: Fields, base: str) -> tuple[Person, ...]:
    """Everybody who is named as an author."""
    found = _details(fields, "authors")
    if not any(found):
        found = [_detail(fields, "author_detail") or {"name": fields.get("author")}]
    return claims.people(_person(one, base) for one in found)


def _person(one: Fields, base: str) -> Person | None:
    name, address = _name_and_address(_string(one.get("name")))
    return claims.person(base, name, one.get("email") or address, one.get("href"))


def _name_and_address(written: str) -> tuple[str, str | None]:
    """RSS has one text for both: `ann@e.example (Ann)`, `Ann <ann@e.example>`, `Ann (ann@e.example)`, either alone."""
    if AT not in written:
        return written, None
    written = decode_references(written[:MAX_AUTHOR].replace(AT, "@"))
    address = _ADDRESS.search(written)
    if address is None:
        return written, None
    name = f"{written[: address.start()]} {written[address.end() :]}"
    return _EMPTY_BRACKETS.sub("", name).strip().removeprefix("(").removesuffix(")").strip(), address[1]


def _texts(fields: Fields, base: str) -> tuple[str, str]:
    """The fullest text, and the other one if there is another (`description` beside `content:encoded`)."""
    contents = [html_of(detail, base) for detail in _details(fields, "content")]
    summary = _detail(fields, "summary_detail")
    if not contents and not summary:  # where there are contents, feedparser has copied the first to here
        summary = {"value": fields.get("summary")}
    content, summary_html = max(contents, key=len, default=""), html_of(summary, base)
    if not (content or summary_html):
        return _caption(fields), ""
    html, other = (content, summary_html) if len(content) >= len(summary_html) else (summary_html, content)
    return html, other if other != html else ""


def _caption(fields: Fields) -> str:
    """What Media RSS says about a film or a picture: the only text in the feeds of video sites."""
    marked = without_forbidden(_string(fields.get("media_htmlcaption"))).strip()
    return marked or escape_text(without_forbidden(_string(fields.get("media_caption"))))


def _url(fields: Fields, base: str) -> str | None:
    """The page that the entry is about; before FeedBurner put its counter in front, if it says."""
    written = [fields.get("feedburner_origlink"), fields.get("link")]
    written += [link.get("href") for link in _details(fields, "links") if link.get("rel") == "alternate"]
    return next(filter(None, (resolve(base, one) for one in written if isinstance(one, str))), None)


def _enclosures(fields: Fields, base: str) -> Iterator[Enclosure | None]:
    """What is attached; of Media RSS only recordings (its pictures are illustrations), and only if no other is there.

    Beside an enclosure they are the same recording again: in other qualities, or at another address.
    """
    recordings = [one for one in _details(fields, "media_content") if _is_recording(one)]
    lasts = {_string(one.get("url")): one.get("duration") for one in recordings}
    links = [link for link in _details(fields, "links") if link.get("rel") == "enclosure"]
    for number, link in enumerate(links):
        duration = (fields.get("itunes_duration") if number == 0 else None) or lasts.get(_string(link.get("href")))
        yield claims.enclosure(base, link.get("href"), link.get("type"), link.get("length"), duration)
    if not any(map(_is_recording, links)):
        for one in [one for one in recordings if one.get("isdefault") == "true"] or recordings:
            yield claims.enclosure(base, one.get("url"), one.get("type"), one.get("filesize"), one.get("duration"))


def _is_recording(one: Fields) -> bool:
    kind = _string(one.get("type"))
    return kind.startswith(("audio/", "video/")) or (not kind and one.get("medium") in ("audio", "video"))


def _image(fields: Fields, base: str) -> str | None:
    """The thumbnail: what is meant as one first, then whatever picture comes with the entry."""
    for candidate in (*_pictures(fields), _detail(fields, "image").get("href")):
        address = resolve(base, candidate) if isinstance(candidate, str) else None
        if address:
            return address
    return None


def media_pictures(fields: Fields) -> Iterator[Any]:
    """The addresses of Media RSS's pictures, of a feed or an entry: thumbnails first, of those the widest first."""
    yield from (one.get("url") for one in _widest_first(_details(fields, "media_thumbnail")))
    yield from (one.get("url") for one in _widest_first(_details(fields, "media_content")) if _is_picture(one, "url"))


def _pictures(fields: Fields) -> Iterator[Any]:
    yield from media_pictures(fields)
    for link in _details(fields, "links"):
        if link.get("rel") == "enclosure" and _is_picture(link, "href"):
            yield link.get("href")


def _widest_first(found: list[Fields]) -> list[Fields]:
    return sorted(found, key=lambda one: -(claims.byte_count(one.get("width")) or 0))


def _is_picture(one: Fields, key: str) -> bool:
    kind, medium = _string(one.get("type")), _string(one.get("medium"))
    return medium == "image" or kind.startswith("image/") or (not (kind or medium) and _is_picture_name(one.get(key)))


def _is_picture_name(address: object) -> bool:
    return isinstance(address, str) and _IMAGE_ENDING.search(address) is not None


def _base(fields: Fields, base: str) -> str:
    own = _string(_detail(fields, "title_detail").get("base")) or _string(_detail(fields, "summary_detail").get("base"))
    return (resolve(base, own) if own else None) or base


def _string(value: object) -> str:
    return value if isinstance(value, str) else ""


def _detail(fields: Fields, name: str) -> Fields:
    value = fields.get(name)
    return value if isinstance(value, dict) else {}


def _details(fields: Fields, name: str) -> list[Fields]:
    value = fields.get(name)
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
