"""What in a piece of HTML could run, load, cover or pretend: an audit by parsers that the sanitiser does not use.

`findings` reads a fragment with lexbor (as a browser does: HTML Living Standard §13) and with libxml2 (as old feed
readers do), in each place where a page may put it, and lists all that is not known to be harmless. It has lists of its
own, so that a slip in the sanitiser's does not hide itself.
"""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from lxml import html as libxml
from selectolax.lexbor import LexborHTMLParser

# HTML elements that only structure text or show media; `html`, `head` and `body` come from the parsers.
_HARMLESS = """
    a abbr acronym article aside audio b bdi bdo big blockquote br caption center cite code col colgroup dd del details
    dfn div dl dt em figcaption figure footer h1 h2 h3 h4 h5 h6 header hr i img ins kbd li main mark nav ol p picture
    pre q rp rt ruby s samp section small source span strike strong sub summary sup table tbody td tfoot th thead time
    tr track tt u ul var video wbr html head body iframe
"""
HARMLESS = frozenset(_HARMLESS.split())
_ATTRIBUTES = """
    abbr align alt cite colspan controls datetime dir headers height href hreflang kind label lang loading media open
    poster preload rel reversed rowspan sandbox scope sizes span src srclang srcset start title type value width
    allowfullscreen
"""
ATTRIBUTES = frozenset(_ATTRIBUTES.split())
_ADDRESSES = frozenset(("href", "src", "poster", "cite"))
_FRAMED = re.compile(r"(?:www\.)?youtube(?:-nocookie)?\.com|player\.vimeo\.com|player\.bilibili\.com")
PLACES = ("{}", "<div>{}</div>", "<table><tr><td>{}</td></tr></table>", "<ul><li>{}", "<p>{}", "<b><i>{}</i></b>")


def findings(html: str) -> list[str]:
    """Everything in a fragment that is not known to be harmless; empty if it is safe."""
    return [
        finding
        for place in PLACES
        for read in (_by_lexbor, _by_libxml)
        for tag, attributes in read(place.replace("{}", html))
        for finding in _judge(tag, attributes)
    ]


def _by_lexbor(page: str) -> Iterator[tuple[str, dict[str, str]]]:
    for node in LexborHTMLParser(f"<!doctype html><body>{page}").css("*"):
        yield node.tag or "", {name: value or "" for name, value in node.attributes.items()}


def _by_libxml(page: str) -> Iterator[tuple[str, dict[str, str]]]:
    for node in libxml.document_fromstring(f"<body>{page}</body>").iter():
        yield str(node.tag), {str(name): str(value) for name, value in node.attrib.items()}


def _judge(tag: str, attributes: dict[str, str]) -> Iterator[str]:
    if tag not in HARMLESS:
        yield f"<{tag}>"
    for name, value in attributes.items():
        if name not in ATTRIBUTES:
            yield f"<{tag} {name}>"
        if name in _ADDRESSES and not _is_web(value, mail=(tag, name) == ("a", "href")):
            yield f"<{tag} {name}={value!r}>"
        if name == "srcset" and not all(_is_web(one.split()[0], mail=False) for one in re.split(r",\s+", value) if one):
            yield f"<{tag} srcset={value!r}>"
    if tag == "iframe" and not (attributes.get("sandbox") and _FRAMED.fullmatch(urlsplit(attributes["src"]).netloc)):
        yield f"<iframe {attributes}>"


def _is_web(address: str, *, mail: bool) -> bool:
    return bool(re.match(r"https?://[^\s/@\\]+(?:[/?#]|$)" + ("|mailto:" if mail else ""), address)) and not re.search(
        r"[\x00-\x20\x7f<>\"]", address
    )
