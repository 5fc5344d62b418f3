"""Bytes to text: which encoding a document is in, decided from a closed list of names.

Every hint is tried in order of trust and must decode the whole document; the name in a document is never handed to
Python's codec registry, which also answers to `zlib`, `idna` and `utf-7`. Guessing by statistics is left out.
"""

import codecs
import re
from collections.abc import Iterator, Mapping

from feeds.html import without_forbidden

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
    "iso2022_jp": "iso-2022-jp csiso2022jp",
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
# XML 1.0 appendix F: `<?` and `<` with a letter, without a mark. A document that starts so is nothing else.
_SHAPES = (
    (re.compile(rb"\s*<\x00[?!a-zA-Z]\x00", re.DOTALL), "utf-16-le"),
    (re.compile(rb"\x00<\x00[?!a-zA-Z]", re.DOTALL), "utf-16-be"),
    (re.compile(rb"\x00\x00\x00<", re.DOTALL), "utf-32-be"),
    (re.compile(rb"<\x00\x00\x00", re.DOTALL), "utf-32-le"),
)
_DECLARATION = re.compile(rb"""<\?xml[^>]{0,200}?encoding\s*=\s*["']\s*([A-Za-z0-9._:-]{1,40})""")
_CHARSET = re.compile(r"""charset\s*=\s*["']?\s*([A-Za-z0-9._:-]{1,40})""", re.IGNORECASE)
_HEAD = 1024


def decode(body: bytes, content_type: str | None = None) -> tuple[str, str | None]:
    """The document as text that XML can hold, and one sentence if it was not in the encoding that it claims."""
    certain = _certain(body)
    if certain:
        whole = body[: len(body) // 2 * 2] if certain.startswith("utf-16") else body  # half a character ends a cut one
        text = without_forbidden(whole.decode(certain, "replace").removeprefix("\ufeff"))
        return text, f"is in {certain} with bytes that are not" if "\ufffd" in text else None
    claim = ""
    for codec, claimed_by in _candidates(body, content_type):
        claim = claim or claimed_by
        try:
            text = body.decode(codec)
        except UnicodeDecodeError:
            continue
        return without_forbidden(text), f"{claim}, but is {codec}" if claim and not claimed_by else None
    return without_forbidden(body.decode("cp1252", "replace")), f"{claim or 'is in no encoding'} that we know"


def _certain(body: bytes) -> str | None:
    """The encoding that the first bytes alone prove."""
    for mark, codec in _MARKS:
        if body.startswith(mark):
            return codec
    return next((codec for shape, codec in _SHAPES if shape.match(body)), None)


def _candidates(body: bytes, content_type: str | None) -> Iterator[tuple[str, str]]:
    """Codecs to try, each with the claim that named it ("" for our own guesses)."""
    transport, declared = _charset(content_type), _declared(body)
    if transport == "cp1252" and declared:  # the default of many servers, which know nothing of the document
        transport, declared = declared, transport
    for claimed in (transport, declared):
        if claimed and not claimed.startswith("utf-16"):  # its first bytes would have shown
            yield claimed, f"claims to be in {claimed}"
    yield "utf-8", ""
    yield "cp1252", ""


def _charset(content_type: str | None) -> str | None:
    found = _CHARSET.search(content_type or "")
    return CODECS.get(found[1].lower()) if found else None


def _declared(body: bytes) -> str | None:
    found = _DECLARATION.search(body[:_HEAD])
    return CODECS.get(found[1].decode("ascii").lower()) if found else None
