"""What feedparser cannot stand, mended in a document's text before it gets it.

* `&#xD800;` names half a character: feedparser raises on it and loses the whole document. Two halves in a row, as some
  writers of emoji produce, are put together; what names no character at all is removed.
* It looks for an e-mail address in every author with a pattern that is quadratic (40 KB take 12 s) and knows no domain
  that ends in more than four letters: `ann@e.museum` gives `ann@e.muse` and an author named `um`. So it gets to see no
  `@` there, but `AT`, and `fields` looks for the address.
* It looks for a DOCTYPE, and for entities to take out, with patterns that are quadratic in blank lines (40 KB of them
  take 14 s) and find only what begins a line: entities on one line would reach expat. A comment that speaks of a
  DOCTYPE is one to them, and is taken out with half of what follows.
* It keeps entities that stand for plain text, of any length: 20 KB named 20,000 times are 400 MB. Only short ones
  stay, as the names that HTML has for characters.
* It looks up each attribute of a tag by going through all of them: 50,000 take minutes. Such a tag keeps its name.
* It takes `media:description`, the caption of a picture, for a text of the entry, `itunes:subtitle` for the description
  of the feed, and the address in `<link uri="…">` for the one between the tags. It knows one of the two names that the
  namespace of RSS 0.90 has.

`mend_again` is for what expat refused: another try costs only those who need it.
"""

import re
from html.entities import html5

from feeds.regex import regex

_HEAD = 64 * 1024  # characters in which the document type must come, as the first element must (`sniff`)
MAX_AUTHOR = 4000  # characters of an author element, markup included; of longer ones only the beginning stays

AT = "\ue000"  # stands for @ in the authors of RSS; no letter of any script (Unicode 15 §23.5)
MAX_ENTITY = 64  # characters that an entity may stand for
MAX_TAG = 256 * 1024  # characters of one tag: a picture in a `data:` address may be that long
MAX_ATTRIBUTES = 2048  # characters of one tag beside its quoted values; the most in 186 real feeds were 267

_HALVES = regex(r"&#([xX][dD][89abAB][0-9a-fA-F]{2}|5[56][0-9]{3});&#([xX][dD][c-fC-F][0-9a-fA-F]{2}|5[67][0-9]{3});")
_REFERENCE = regex(r"&#(?:[xX]([0-9a-fA-F]+)|([0-9]+));?", re.ASCII)
_FORBIDDEN_CONTROLS = frozenset(range(0x20)) - {0x09, 0x0A, 0x0D}
_AUTHOR = regex(r"<(/?)(?:[\w.-]{1,64}:)?(?:author|creator|managingeditor|webmaster|publisher|owner)\b[^<>]*>", re.I)
_NAMED = regex(
    r"(<(?:[\w.-]{1,64}:)?(?:author|creator|managingeditor)\b[^<>]*>)(\s*<!\[CDATA\[[^\]]{0,4000}|[^<]{1,4000})", re.I
)
_BLANKS = regex(r"\s+")
_DECLARATION = regex(r"<!(?:DOCTYPE|ENTITY)\b", re.IGNORECASE)
# XML 1.0 §2.8: what may stand between the brackets of a document type.
_DOCTYPE = regex(r"<!DOCTYPE\b", re.IGNORECASE)
_SUBSET = regex(
    r"""<!DOCTYPE[^\[>]*\[((?:\s++|<!--.*?-->|<\?.*?\?>|%[\w.:-]+;|<!(?:[^<>"']++|"[^"]*+"|'[^']*+')*+>)*+)(?=\]\s*>)""",
    re.IGNORECASE | re.DOTALL,
)
_ENTITY = regex(r"""<!ENTITY\s+([\w.:-]+)\s+("(?:&#\w+;|[^"<&]*)")\s*>""")
_LONG_TAG = regex(rf"<([a-zA-Z_][^\s<>/]{{0,200}}+)[^<>]{{{MAX_ATTRIBUTES},}}+>?")
_QUOTED = regex(r"\"[^\"]*\"|'[^']*'")
_PLAIN = regex(r"\s*(?:<!\[CDATA\[)?\s*([^<>&\]]{0,200})")
_ROOT = regex(r"<!--.*?(?:-->|\Z)|<(\w)", re.DOTALL)
_COMMENT = regex(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_MEDIA_PREFIX = regex(r"""\sxmlns:([\w.-]{1,64})\s*=\s*["']https?://search\.yahoo\.com/mrss/?["']""", re.IGNORECASE)
_HTML_TYPE = regex(r"""\stype\s*=\s*["'](?:text/)?html["']""", re.IGNORECASE)
_LINK_WITH_URI = regex(r"""(<link)\suri\s*=\s*(?:"[^"<>]*"|'[^'<>]*')(?=[^<>/]*>\s*\w)""")
_RSS = "http://backend.userland.com/rss2"
_PREFIXED_RSS = regex(r"""(<([\w.-]{1,64}):rss\b(?:[^<>]*?)\sxmlns:\2\s*=\s*["'])[^"'<>]*""", re.IGNORECASE)
_RSS_090 = ("http://channel.netscape.com/rdf/simple/0.9/", "http://my.netscape.com/rdf/simple/0.9/")

# In these sections `&` is itself, and whoever is not closed goes on to the end.
_BARE = regex(
    r"<!\[CDATA\[.*?(?:\]\]>|\Z)|<!--.*?(?:-->|\Z)"
    r"|&(?!#[0-9]{1,7};|#[xX][0-9a-fA-F]{1,6};|(?:amp|lt|gt|quot|apos);)(?:([a-zA-Z][a-zA-Z0-9]{1,31});)?",
    re.DOTALL,
)
_PREFIX = regex(r"<([a-zA-Z][\w.-]{0,63}):[a-zA-Z]")
_ROOT_TAG = regex(r"<([^\s/<>]{1,200})([^<>]*)")
MAX_PREFIXES = 64  # declared where they are missing
# Where a namespace is not declared but its usual prefix is used. Of others only the prefix is known.
_USUAL = {
    "atom": "http://www.w3.org/2005/Atom",
    "content": "http://purl.org/rss/1.0/modules/content/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "dcterms": "http://purl.org/dc/terms/",
    "feedburner": "http://rssnamespace.org/feedburner/ext/1.0",
    "itunes": "http://www.itunes.com/dtds/podcast-1.0.dtd",
    "media": "http://search.yahoo.com/mrss/",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "sy": "http://purl.org/rss/1.0/modules/syndication/",
    "xhtml": "http://www.w3.org/1999/xhtml",
}


def mend(text: str) -> str:
    """The text, fit for feedparser; the same where there is nothing to mend."""
    text = _with_short_entities(text)
    at = _root(text)
    prolog = _DECLARATION.sub(r"\n\g<0>", _BLANKS.sub(" ", _COMMENT.sub("", text[:at])))
    rest = _mended_references(_LONG_TAG.sub(_unless_overloaded, text[at:]))
    rest = _NAMED.sub(_without_at, _without_endless_authors(rest))
    if "<link uri" in rest:
        rest = _LINK_WITH_URI.sub(r"\1", rest)
    if root := _PREFIXED_RSS.match(rest):  # a namespace of one's own; RSS 2.0 has none, so any is as good
        rest = root[1] + _RSS + rest[root.end() :]
    return prolog + _with_captions(rest.replace(*_RSS_090, 1).replace("itunes:subtitle>", "itunes:strapline>"))


def mend_again(text: str) -> str:
    """What expat refused, without what is most often the reason: bare `&`, HTML's entities, undeclared prefixes."""
    at = _root(text)
    rest = _BARE.sub(_as_reference, text[at:])
    name, tag, rest = _split_root(rest)
    if not name:
        return text
    used = dict.fromkeys(_PREFIX.findall(f"<{name} {rest}"))
    missing = [one for one in used if f"xmlns:{one}" not in tag and one not in ("xml", "xmlns")][:MAX_PREFIXES]
    usual = {**_USUAL, name.rpartition(":")[0]: _RSS} if name.lower().endswith(":rss") else _USUAL
    declared = (f' xmlns:{one}="{usual.get(one, f"urn:undeclared:{one}")}"' for one in missing)
    return "".join((text[:at], "<", name, *declared, tag, rest))


def _root(text: str) -> int:
    """Where the root element begins."""
    return next((found.start() for found in _ROOT.finditer(text) if found[1]), len(text))


def _split_root(rest: str) -> tuple[str, str, str]:
    """The name of the root element, what else is in its opening tag, and what follows."""
    found = _ROOT_TAG.match(rest)
    return (found[1], found[2], rest[found.end() :]) if found else ("", "", rest)


def _as_reference(found: re.Match[str]) -> str:
    if found[0][0] != "&":
        return found[0]
    return html5.get(f"{found[1]};") or f"&amp;{found[0][1:]}"


def _with_captions(text: str) -> str:
    """With captions under a name that feedparser makes nothing of: `media:caption`, or `media:htmlcaption`."""
    declared = _MEDIA_PREFIX.search(text) if ":description" in text and "search.yahoo.com" in text else None
    if declared is None or f"<{declared[1]}:description" not in text:
        return text
    name = re.escape(declared[1])
    ending = ">"

    def renamed(tag: re.Match[str]) -> str:
        nonlocal ending
        if tag[1]:
            return f"</{declared[1]}:{ending}"
        ending = "htmlcaption>" if _HTML_TYPE.search(tag[2]) else "caption>"
        return f"<{declared[1]}:{ending[:-1]}{'/' if tag[2].endswith('/') else ''}>"

    return re.sub(rf"<(/?){name}:description\b([^<>]*)>", renamed, text)


def _with_short_entities(text: str) -> str:
    """A document type keeps, of all that it declares, no more than the entities that stand for a few characters."""
    begin = _DOCTYPE.search(text, 0, _HEAD)
    subset = _SUBSET.match(text, begin.start(), _HEAD) if begin else None
    if subset is None:
        return text
    short = (entity[0] for entity in _ENTITY.finditer(subset[1]) if len(entity[2]) <= MAX_ENTITY + 2)
    return text[: subset.start(1)] + "\n".join(short) + text[subset.end(1) :]


def _unless_overloaded(tag: re.Match[str]) -> str:
    if len(tag[0]) <= MAX_TAG and len(_QUOTED.sub("", tag[0])) <= MAX_ATTRIBUTES:
        return tag[0]
    return f"<{tag[1]}{'/' if tag[0].endswith('/>') else ''}>"


def _mended_references(text: str) -> str:
    """Only such numeric references as XML 1.0 §4.1 allows."""
    return _REFERENCE.sub(_allowed, _HALVES.sub(_joined, text)) if "&#" in text else text


def _joined(halves: re.Match[str]) -> str:
    high, low = (_code(half) for half in halves.groups())
    if not (0xD800 <= high < 0xDC00 <= low < 0xE000):
        return halves[0]
    return chr(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00))


def _code(written: str) -> int:
    return int(written[1:], 16) if written[0] in "xX" else int(written)


def _allowed(reference: re.Match[str]) -> str:
    digits = (reference[1] or reference[2]).lstrip("0")
    if len(digits) > 7:
        return ""
    code = int(digits or "0", 16 if reference[1] else 10)
    forbidden = code in _FORBIDDEN_CONTROLS or 0xD800 <= code < 0xE000 or code in (0xFFFE, 0xFFFF) or code > 0x10FFFF
    return "" if forbidden else reference[0]


def _without_at(author: re.Match[str]) -> str:
    return author[1] + author[2].replace("@", AT)


def _without_endless_authors(text: str) -> str:
    opened: list[int] = []
    kept: list[str] = []
    done = 0
    for tag in _AUTHOR.finditer(text):
        if not tag[1]:
            opened.append(tag.end())
        elif opened and tag.start() - (start := opened.pop()) > MAX_AUTHOR:
            beginning = _PLAIN.match(text, start)
            kept.append(text[done : max(start, done)] + (beginning[1] if beginning and start >= done else ""))
            done = tag.start()
    return "".join(kept) + text[done:] if kept else text
