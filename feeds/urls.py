"""Addresses: make them absolute, take the trackers off, and tell whether two of them mean the same page.

`resolve` and `strip_tracking` give addresses to follow and to show; `canonicalise` gives one to *compare* only, never
to fetch: it forgets what does not tell pages apart (scheme, `www.`, a trailing slash). Nothing here raises, whatever it
is handed: a feed may hold anything in the place of an address.
"""

import re
import unicodedata
from functools import lru_cache
from html import unescape
from urllib.parse import quote, unquote, urljoin, urlsplit

from feeds.regex import regex

# Parameters that say where a reader came from and never what is shown. Only names that no site uses for content: `ref`,
# `source`, `from` and `id` stay. Compared in November 2026 with Brave's query filter (components/query_filter/utils.cc)
# and Miniflux (internal/reader/urlcleaner); beside theirs the ones of Matomo's older names (pk_, piwik_), AT Internet
# (xtor, at_*), comScore (ns_*), TikTok, LinkedIn, Pinterest and Google's gad_source and _ga.
TRACKING_PREFIXES = ("utm_", "mtm_", "pk_", "piwik_", "hsa_", "at_recipient_", "_branch_")
_TRACKING_NAMES = """
    fbclid fb_action_ids fb_action_types fb_comment_id fb_ref fb_source gclid dclid gclsrc gbraid wbraid gad_source
    srsltid _ga _gl msclkid yclid ysclid ymclid _openstat twclid ttclid li_fat_id igshid igsh epik mc_cid mc_eid
    mc_tc mkt_tok _hsenc _hsmi __hssc __hstc __hsfp hsctatracking vero_id vero_conv wickedid ml_subscriber
    ml_subscriber_hash oly_anon_id oly_enc_id rb_clickid s_cid sc_cid _bhlid _kx __s irclickid bsft_clkid bsft_eid
    bsft_uid xtor at_medium at_campaign at_custom1 at_custom2 at_custom3 at_custom4 at_link_id at_link_type
    at_link_origin at_format at_ptr_name at_bbc_team ns_mchannel ns_source ns_campaign ns_linkname ns_fee
"""
TRACKING = frozenset(_TRACKING_NAMES.split())
_TRACKED = regex("[?&#](?:" + "|".join((*TRACKING_PREFIXES, *(name + "\\b" for name in sorted(TRACKING)))) + ")", re.I)

_WEB = ("http", "https")
_LONGEST = 8192  # what servers accept at most in practice; longer ones are data, not addresses

_EDGES = "".join(map(chr, range(0x21))) + "\x7f\xa0\u200b\ufeff"  # WHATWG URL §4.4: C0 control or space, and what hides
_TABS = regex(r"[\t\n\r]")
_SCHEME = regex(r"([a-zA-Z][a-zA-Z0-9+.-]*):")
_UNSAFE = regex(r"[\x00-\x20\x7f-\xa0\"<>`{}|^\\\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")
_HOST = regex(r"[^\s\x00-\x20\x7f/?#@:\\\[\]<>^|%\"'`{}]+")
_IPV6 = regex(r"\[[0-9a-fA-F:.]+\]")
# What needs nothing done: nine in ten addresses. No port, no user name, no capital in the host.
_ORDINARY = regex(r"https?://[a-z0-9.-]+(?:/[A-Za-z0-9._~!$'()*+,;=:@/&?%-]*)?(?:#[A-Za-z0-9._~!$'()*+,;=:@/?%-]*)?")

# From the root of the base, and nothing in it to be taken out or written otherwise.
_ROOTED = regex(r"/[A-Za-z0-9._~!$'()*+,=:@/%-]*(?:\?[A-Za-z0-9._~!$'()*+,;=:@/%-]+)?")
_ORDINARY_ORIGIN = regex(r"(https?://[a-z0-9-][a-z0-9.-]*)/")

_SAME_SITE = ("www.", "m.", "mobile.", "amp.")
_UNRESERVED = regex(r"%(?:2D|2E|5F|7E|3[0-9]|4[1-9A-F]|5[0-9A]|6[1-9A-F]|7[0-9A])")  # RFC 3986 §6.2.2.2
_PERCENT = regex(r"%[0-9a-fA-F]{2}")
_STRAY_PERCENT = regex(r"%(?![0-9a-fA-F]{2})")
_AMP_PARAMETERS = frozenset(("amp", "amp=1", "amp=true", "outputtype=amp", "amp="))
_AMP_CACHE = regex(r"/(?:amp|[cv])/(s/)?([^/]+\..+)", re.DOTALL)


def resolve(base: str, href: str) -> str | None:
    """The address that `href` means in a document at `base`, as a browser reads it: absolute http(s), or None.

    User names and passwords are taken out (`https://bank.example@evil.example` is evil.example's). Follows WHATWG URL
    §4.4: tabs and line ends are nothing, `\\` is `/`, full-width letters are letters.
    """
    if _ORDINARY.fullmatch(href) and len(href) <= _LONGEST:
        return href
    try:
        if _ROOTED.fullmatch(href) and "//" not in href and "/." not in href and (origin := _origin(base)):
            return origin + href if len(origin) + len(href) <= _LONGEST else None
        return _absolute(base, _unveil(href))
    except ValueError:  # urllib's word for an impossible host, port or bracket
        return None


def strip_tracking(url: str) -> str:
    """The address without what only says where the reader came from; every other byte stays as it is."""
    if not _TRACKED.search(url):
        return url
    url, hash_, fragment = url.partition("#")
    path, question, query = url.partition("?")
    kept = "&".join(part for part in query.split("&") if not _is_tracking(part)) if question else ""
    if _is_tracking(fragment):
        hash_ = fragment = ""
    return path + ("?" + kept if kept or (question and not query) else "") + hash_ + fragment


def canonicalise(url: str) -> str:
    """One spelling for all addresses of a page, to compare with; what is no web address comes back as it is, trimmed.

    | is the same                      | because                                                   |
    |----------------------------------|-----------------------------------------------------------|
    | http, https                      | sites move to https, feeds lag behind                     |
    | case, IDN, dot at the end of host| RFC 3986 §6.2.2.1, RFC 5891                               |
    | www., m., mobile., amp.          | the same site's other faces                               |
    | :80, :443, user:password@        | RFC 3986 §6.2.3; identity of a reader, not of a page      |
    | %7e, %7E, ~ and 中, %E4%B8%AD    | RFC 3986 §6.2.2.2, RFC 3987 §3.1                          |
    | /a/./b, /a/c/../b                | RFC 3986 §5.2.4                                           |
    | /a, /a/                          | by convention                                             |
    | tracking parameters              | `TRACKING`; the order of others is kept: it may matter    |
    | #fragment, except #!route        | a place in the page; hashbangs are pages                  |
    | /amp, .amp, ?amp=1, AMP caches   | AMP's documented address forms                            |
    | google.com/url?q=…               | Google's redirector (alerts, news)                        |
    """
    seen = url.strip(_EDGES)
    while True:  # each rule may uncover another, so until nothing changes; every change but the first shortens
        try:
            simpler = _simplified(seen)
        except ValueError:
            return seen
        if simpler == seen:
            return seen
        seen = simpler


def _unveil(href: str) -> str:
    """Without what hides a scheme: references, control characters, tabs inside."""
    if "&" in href:
        href = unescape(href) if _SCHEME.match(unescape(href).strip(_EDGES)) else href.replace("&amp;", "&")
    return _TABS.sub("", href.strip(_EDGES))


def _absolute(base: str, href: str) -> str | None:
    scheme = _SCHEME.match(href)
    if scheme and (scheme[1].lower() not in _WEB or href[scheme.end() : scheme.end() + 1] not in ("/", "\\")):
        return None
    if not href or len(href) > _LONGEST:
        return None
    before, mark, after = _split_before(href, "?#")
    parts = urlsplit(urljoin(base, before.replace("\\", "/") + mark + after))
    if parts.scheme not in _WEB:
        return None
    host = _host(parts.netloc.rpartition("@")[2])
    rest = parts.path or ("/" if parts.query else "")
    rest += ("?" + parts.query if parts.query else "") + ("#" + parts.fragment if parts.fragment else "")
    url = f"{parts.scheme}://{host}{_UNSAFE.sub(lambda found: quote(found[0], errors='ignore'), rest)}"
    return url if len(url) <= _LONGEST else None


@lru_cache(maxsize=64)  # an item has ten addresses: 0.03 ms less for each that begins at the root
def _origin(base: str) -> str | None:
    """The address of the root of a base, without its slash."""
    if ordinary := _ORDINARY_ORIGIN.match(base):  # 1 µs instead of 14, and the base of every item is another
        return ordinary[1]
    root = _absolute(base, "/")
    return root and root[:-1]


def _split_before(text: str, marks: str) -> tuple[str, str, str]:
    at = min((found for mark in marks if (found := text.find(mark)) >= 0), default=len(text))
    return text[:at], text[at : at + 1], text[at + 1 :]


def _host(netloc: str) -> str:
    """The host with its port, lower-case; ValueError if it cannot be one."""
    name, port = netloc, ""
    if not netloc.endswith("]") and ":" in netloc:
        name, _, port = netloc.rpartition(":")
    name = unicodedata.normalize("NFKC", name).lower()
    if not (_HOST.fullmatch(name) or _IPV6.fullmatch(name)) or not name.strip("."):
        raise ValueError(f"not a host: {name!r}")
    if port and not (port.isascii() and port.isdigit() and int(port[:6]) <= 65535):
        raise ValueError(f"not a port: {port!r}")
    return f"{name}:{port}" if port else name


def _is_tracking(parameter: str) -> bool:
    name = parameter.partition("=")[0].lower()
    return name in TRACKING or name.startswith(TRACKING_PREFIXES)


def _simplified(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in _WEB or not parts.netloc:
        return url
    host = _same_site(_host(parts.netloc.rpartition("@")[2]))
    path, query = _path(parts.path), _query(parts.query)
    inner = _inner(host, path, query)
    if inner:
        return inner
    fragment = "#" + _escapes(parts.fragment) if parts.fragment.startswith("!") else ""
    return f"https://{host}{path}{'?' + query if query else ''}{fragment}"


def _same_site(host: str) -> str:
    name, _, port = host.rpartition(":") if re.search(r":[0-9]*$", host) else (host, "", "")
    name = name.rstrip(".") if not name.startswith("[") else name
    if not name.isascii():
        name = name.encode("idna").decode("ascii")  # UnicodeError is a ValueError
    while name.startswith(_SAME_SITE) and name.count(".") > 1:
        name = name.partition(".")[2]
    return name if port in ("", "80", "443") else f"{name}:{port}"


def _path(path: str) -> str:
    path = _escapes(path)
    if "/." in path:
        path = urlsplit(urljoin("https://host/", path)).path
    path = path.rstrip("/")
    for ending in ("/amp", ".amp", "/amp.html", ".amp.html"):
        if path.endswith(ending) and path != ending:
            path = path.removesuffix(ending)
    return path or "/"


def _query(query: str) -> str:
    parts = (part for part in query.split("&") if part and not _is_tracking(part))
    return "&".join(_escapes(part) for part in parts if part.lower() not in _AMP_PARAMETERS)


def _escapes(text: str) -> str:
    """Percent-encoding in its one normal form: only what needs it, in capitals."""
    text = quote(_STRAY_PERCENT.sub("%25", text), safe="%/?:@!$&'()*+,;=~[]", errors="ignore")
    text = _PERCENT.sub(lambda found: found[0].upper(), text)
    return _UNRESERVED.sub(lambda found: unquote(found[0]), text)


def _inner(host: str, path: str, query: str) -> str | None:
    """The page that an AMP cache or a redirector stands for."""
    if host == "google.com" and path == "/url":
        for part in query.split("&"):
            name, _, value = part.partition("=")
            if name in ("q", "url") and value.lower().startswith(("http%3a", "https%3a", "http:", "https:")):
                return unquote(value)
    if host == "google.com" or host.endswith("cdn.ampproject.org"):
        cached = _AMP_CACHE.fullmatch(path)
        if cached:
            return f"https://{cached[2]}{'?' + query if query else ''}"
    return None
