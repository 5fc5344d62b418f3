"""Single values as any format can write them: text, addresses, instants, types.

Nothing is taken on trust, although `parse` and `clean` have been here before: this is the last door before the public.
Every function gives a value that it would itself leave as it is. A newcomer would reach for `feeds.urls.resolve`: that
keeps addresses as people write them, in any script; RSS and Atom readers want ASCII.
"""

import re
from datetime import UTC, datetime
from urllib.parse import quote, urlsplit, urlunsplit

from feeds.misread import reread
from feeds.regex import regex

EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)

# XML 1.0 §2.2: Char, less what its note asks authors to avoid (C1 controls, non-characters), less `\r`, which XML
# cannot carry as such, and less U+FFFD, which makes the W3C validator warn. Matching what may stay takes 6 µs for 2 KB,
# searching for what may not 14.
_ALLOWED = "\t\n -~\xa0-\ud7ff\ue000-\ufdcf\ufdf0-\ufffc\U00010000-\U0010ffff"
_CLEAN = regex(f"[{_ALLOWED}]*")
_FORBIDDEN = regex(f"[^{_ALLOWED}]")
_UNDECODABLE = "□"  # for U+FFFD: shows, as that does, that something stood there

_LANGUAGE = regex(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*")  # the usual part of BCP 47
_EMAIL = regex(r"[\w.+-]+@([A-Za-z0-9-]+\.)+[A-Za-z0-9-]+", re.ASCII)
_MEDIA_TYPE = regex(r"[\w!#$&^.+-]+/[\w!#$&^.+-]+(;\s*[\w.+-]+=[\w.+-]+)*", re.ASCII)  # RFC 6838 §4.2

# RFC 3986: characters that may stand in a path, a query or a fragment as they are. Brackets may not.
_PLAIN = "A-Za-z0-9._~!$&'()*+,;=:@/?%-"
_URI = regex(rf"https?://([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:\d*)?/[{_PLAIN}]*(#[{_PLAIN}]*)?")
_STRAY_PERCENT = regex(r"%(?![0-9A-Fa-f]{2})")

# For enclosures that come without a usable type. Our own, because `mimetypes` reads files of the machine it runs on.
_TYPES = {
    "aac": "audio/aac",
    "avif": "image/avif",
    "epub": "application/epub+zip",
    "flac": "audio/flac",
    "gif": "image/gif",
    "jpeg": "image/jpeg",
    "jpg": "image/jpeg",
    "m4a": "audio/mp4",
    "m4v": "video/mp4",
    "mov": "video/quicktime",
    "mp3": "audio/mpeg",
    "mp4": "video/mp4",
    "oga": "audio/ogg",
    "ogg": "audio/ogg",
    "ogv": "video/ogg",
    "opus": "audio/ogg",
    "pdf": "application/pdf",
    "png": "image/png",
    "svg": "image/svg+xml",
    "wav": "audio/wav",
    "webm": "video/webm",
    "webp": "image/webp",
    "zip": "application/zip",
}


def text(written: str) -> str:
    """The text without characters that no XML document may hold; every end of line is `\\n`.

    What was read with the wrong encoding is put right first: its letters may be among those characters.
    """
    written = reread(written)
    while not _CLEAN.fullmatch(written):
        mended = written.replace("\r\n", "\n").replace("\r", "\n").replace("\ufffd", _UNDECODABLE)
        written = reread(_FORBIDDEN.sub("", mended))  # what stood apart may be misread, too, now that it does not
    return written


def line(written: str) -> str:
    """The text on one line, without white space around it."""
    return " ".join(text(written).split())


def uri(address: str | None) -> str | None:
    """The address as a URI that every format accepts, or None if it is not http(s).

    Non-ASCII is encoded and a path is present. A user name and password are taken out: they are nobody else's business.
    """
    if not address or _is_uri(address):
        return address or None
    try:
        parts = urlsplit(text(address).strip())
        host = parts.netloc.rpartition("@")[2]
        host = host if host.isascii() else host.encode("idna").decode("ascii")
    except ValueError:  # UnicodeError, which an impossible host name raises, is one
        return None
    path, query, fragment = (_quote(part) for part in (parts.path or "/", parts.query, parts.fragment))
    encoded = urlunsplit((parts.scheme, host, path, query, fragment))
    return encoded if _is_uri(encoded) else None


def instant(moment: datetime | None) -> datetime | None:
    """The moment in UTC, not before 1970: what is earlier comes from broken dates, and breaks readers in turn."""
    if moment is None:
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(aware, EARLIEST).astimezone(UTC)


def language(tag: str | None) -> str | None:
    """The language tag, or None if it is not one."""
    return tag if tag and _LANGUAGE.fullmatch(tag) else None


def email(address: str | None) -> str | None:
    """The e-mail address, or None if it is not one."""
    address = line(address or "")
    return address if _EMAIL.fullmatch(address) else None


def media_type(claimed: str | None, url: str) -> str:
    """The type that was claimed if it is one, else what the address ends in, else "application/octet-stream"."""
    claimed = line(claimed or "").lower()
    if _MEDIA_TYPE.fullmatch(claimed):
        return claimed
    ending = urlsplit(url).path.rpartition(".")[2].lower()
    return _TYPES.get(ending, "application/octet-stream")


def _is_uri(address: str) -> bool:
    return _URI.fullmatch(address) is not None and _STRAY_PERCENT.search(address) is None


def _quote(part: str) -> str:
    return quote(_STRAY_PERCENT.sub("%25", part), safe="%/?:@!$&'()*+,;=~")
