"""Bytes to text: which encoding a document is in, decided from a closed list of names.

first bytes → UTF-8, which nothing else looks like → what is claimed → a guess (`parse.guess`). A claim must decode the
whole document, but for a few bytes that are broken in any encoding. The name in a document is never handed to Python's
codec registry, which also answers to `zlib`, `idna` and `utf-7`.
"""

import codecs
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from feeds.html import without_forbidden
from feeds.parse import guess
from feeds.regex import regex

# Codec → labels; after WHATWG Encoding Standard §4.2 (whatwg/encoding, encodings.json at 01db1f8d), less some that no
# document says. As there, a label means what browsers really do with it: latin1 is windows-1252.
_LABELS = {
    "utf-8": "utf-8 utf8 unicode-1-1-utf-8 unicode11utf8 unicode20utf8 x-unicode20utf8",
    "utf-16-le": "utf-16 utf-16le unicode csunicode iso-10646-ucs-2 ucs-2 unicodefeff",
    "utf-16-be": "utf-16be unicodefffe",
    "gb18030": "gb18030 gbk gb2312 gb_2312 gb_2312-80 x-gbk chinese csgb2312 iso-ir-58 csiso58gb231280",
    "big5hkscs": "big5 big5-hkscs cn-big5 csbig5 x-x-big5",
    "cp932": "shift_jis shift-jis sjis x-sjis ms_kanji ms932 windows-31j csshiftjis",
    "euc_jp": "euc-jp x-euc-jp cseucpkdfmtjapanese",
    "iso2022_jp_ext": "iso-2022-jp csiso2022jp",
    "cp949": "euc-kr ks_c_5601-1987 ks_c_5601-1989 ksc5601 ksc_5601 korean windows-949 cseuckr csksc56011987",
    "koi8_r": "koi8-r koi8 koi koi8_r cskoi8r",
    "koi8_u": "koi8-u koi8-ru",
    "mac_roman": "macintosh mac x-mac-roman csmacintosh",
    "mac_cyrillic": "x-mac-cyrillic x-mac-ukrainian",
    "cp866": "ibm866 866 cp866 csibm866",
    "cp874": "windows-874 dos-874 iso-8859-11 iso8859-11 tis-620",
    "cp1252": "windows-1252 cp1252 x-cp1252 iso-8859-1 iso8859-1 iso_8859-1 iso88591 latin1 l1 us-ascii ascii "
    "ansi_x3.4-1968 ibm819 cp819",
    "cp1254": "windows-1254 cp1254 x-cp1254 iso-8859-9 iso8859-9 latin5 l5",
    **{f"cp{page}": f"windows-{page} cp{page} x-cp{page}" for page in (1250, 1251, 1253, 1255, 1256, 1257, 1258)},
    **{
        f"iso8859_{part}": f"iso-8859-{part} iso8859-{part} iso_8859-{part} iso8859{part}"
        for part in (2, 3, 4, 5, 6, 7, 8, 10, 13, 14, 15, 16)
    },
}
CODECS: Mapping[str, str] = {label: codec for codec, labels in _LABELS.items() for label in labels.split()}

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16's, which it begins with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# XML 1.0 appendix F, RFC 4627 §3: two characters of markup, or of JSON, without a mark. What starts so is nothing else.
_SHAPES = (
    (regex(rb"(?:[\t\n\r ]\x00)*(?:<\x00[?!a-zA-Z]|[{\[]\x00[\t\n\r \"{\[}\]])\x00"), "utf-16-le"),
    (regex(rb"(?:\x00[\t\n\r ])*\x00(?:<\x00[?!a-zA-Z]|[{\[]\x00[\t\n\r \"{\[}\]])"), "utf-16-be"),
    (regex(rb"(?:[\t\n\r ]\x00\x00\x00)*[<{\[]\x00\x00\x00"), "utf-32-le"),
    (regex(rb"(?:\x00\x00\x00[\t\n\r ])*\x00\x00\x00[<{\[]"), "utf-32-be"),
)
_DECLARATION = regex(rb"""<\?xml[^>]{0,200}?encoding\s*=\s*["']\s*([A-Za-z0-9._:-]{1,40})""")
_CHARSET = regex(r"""charset\s*=\s*["']?\s*([A-Za-z0-9._:-]{1,40})""", re.IGNORECASE)
_HEAD = 1024
_JAPANESE_ESCAPE = regex(rb"\x1b\$[@B]")  # ISO-2022-JP (RFC 1468); no other text has an escape character

_EAST_ASIAN = frozenset({"gb18030", "big5hkscs", "cp932", "euc_jp", "cp949", "iso2022_jp_ext"})
_MANY_BYTES = _EAST_ASIAN | {"utf-8", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"}
# Characters of JIS X 0213 that WHATWG's EUC-JP has too, and Python's has not: ①, ㈱, Ⅳ.
_WIDER: Mapping[str, str] = {"euc_jp": "euc_jis_2004"}
_LONG = regex("[\u0800-\U0010ffff]")  # three bytes or more in UTF-8
# How much of the foreign text may be broken. Of 4,439 documents that are not UTF-8 at least 40 % was, so one in ten
# leaves no doubt; but a wrong claim may break as little as 3 % (EUC-JP that claims to be Shift_JIS).
_BROKEN_UTF_8 = 0.10
_BROKEN_CLAIM = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reading:
    """A document in one encoding; `broken` if some of its bytes are nothing in it, and stand as U+FFFD."""

    text: str
    codec: str
    broken: bool = False


def decode(body: bytes, content_type: str | None = None) -> tuple[str, str | None]:
    """The document as text that XML can hold, and one sentence if it is not wholly in the encoding that it claims."""
    if certain := _certain(body):
        return without_forbidden(certain.text), _problem(certain, (certain.codec,))
    claims = _claims(body, content_type)
    reading = _read(body, claims)
    return without_forbidden(reading.text), _problem(reading, claims)


def _certain(body: bytes) -> _Reading | None:
    """The document in the encoding that its first bytes alone prove."""
    marked = next((codec for mark, codec in _MARKS if body.startswith(mark)), None)
    codec = marked or next((codec for shape, codec in _SHAPES if shape.match(body)), None)
    if codec is None:
        return None
    whole = body[: len(body) // 2 * 2] if codec.startswith("utf-16") else body  # half a character ends a cut one
    reading = _whole(whole, codec)
    return replace(reading, text=reading.text.removeprefix("\ufeff"))


def _read(body: bytes, claims: tuple[str, ...]) -> _Reading:
    """The document in the encoding that explains its bytes best."""
    if body.isascii():  # and so alike in all of them but one
        return _whole(body, "iso2022_jp_ext" if _JAPANESE_ESCAPE.search(body) else (*claims, "utf-8")[0])
    utf_8 = _strictly(body, "utf-8")
    if utf_8 and (_EAST_ASIAN.isdisjoint(claims) or _LONG.search(utf_8.text)):
        return utf_8
    sample = guess.sample_of(body)
    if not utf_8 and guess.broken_share(sample, "utf-8") <= _BROKEN_UTF_8:
        return _leniently(body, "utf-8")
    # nearly any bytes can be windows-1252, so of that claim more is asked
    believed = [claim for claim in claims if claim != "cp1252" or guess.may_be_western(sample)]
    for claim in believed:
        if reading := _strictly(body, claim):
            return reading
    if utf_8:
        return utf_8
    for claim in believed:
        if guess.broken_share(sample, claim) <= _BROKEN_CLAIM:
            return _leniently(body, claim)
    return _whole(body, guess.encoding_of(sample))


def _whole(body: bytes, codec: str) -> _Reading:
    return _strictly(body, codec) or _leniently(body, codec)


def _strictly(body: bytes, codec: str) -> _Reading | None:
    """None if the document is not wholly in that encoding."""
    for name in filter(None, (codec, _WIDER.get(codec))):
        try:
            return _Reading(text=body.decode(name), codec=codec)
        except UnicodeDecodeError:
            continue
    return None


def _leniently(body: bytes, codec: str) -> _Reading:
    if codec in _MANY_BYTES:
        text = body.decode(_WIDER.get(codec, codec), "replace")
    else:  # a table is 50 times as fast as Python's own replacement: 15 MiB of 0x81 took it 5.5 s
        text = codecs.charmap_decode(body, "strict", bytes(range(256)).decode(codec, "replace"))[0]
    return _Reading(text=text, codec=codec, broken=True)


def _problem(reading: _Reading, claims: tuple[str, ...]) -> str | None:
    broken = " with bytes that are not" if reading.broken else ""
    if reading.codec in (claims or ("utf-8",)):
        return f"is in {reading.codec}{broken}" if broken else None
    said = f"claims to be in {claims[0]}" if claims else "names no encoding that we know"
    return f"{said}, but is {reading.codec}{broken}"


def _claims(body: bytes, content_type: str | None) -> tuple[str, ...]:
    """Codecs that the transport and the document name, the more trustworthy first."""
    transport, declared = _charset(content_type), _declared(body)
    if transport == "cp1252" and declared:  # the default of many servers, which know nothing of the document
        transport, declared = declared, transport
    # of UTF-16 the first bytes would have shown
    return tuple(claim for claim in (transport, declared) if claim and not claim.startswith("utf-16"))


def _charset(content_type: str | None) -> str | None:
    found = _CHARSET.search(content_type or "")
    return CODECS.get(found[1].lower()) if found else None


def _declared(body: bytes) -> str | None:
    found = _DECLARATION.search(body[:_HEAD])
    return CODECS.get(found[1].decode("ascii").lower()) if found else None
