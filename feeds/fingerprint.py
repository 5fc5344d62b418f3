"""What is compared of entries when repeated ones are looked for: keys that an index can find, a sketch of the text.

Computed where documents are read, in a process that knows `feeds` alone. Which of it proves what is decided in
`aggregator.dedup.match`; here a key is None only where it could prove nothing: no title, the front page of a site.

The sketch is the bottom-k form of MinHash (Broder, "On the resemblance and containment of documents", 1997): one hash a
shingle instead of 128, and from it resemblance *and* containment can be estimated. docs/decisions/0014 has the figures.
"""

import unicodedata
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from sys import byteorder
from urllib.parse import SplitResult, urlsplit

from xxhash import xxh3_64_intdigest, xxh3_128_digest

from feeds.html import text_of, word_count
from feeds.model import Entry
from feeds.regex import regex
from feeds.urls import canonicalise

# A title that may serve as evidence: four words such as "Links for Monday morning" may still be anybody's, so formulas
# are told apart by their words; chosen on the safe side.
TITLE_MIN_WORDS = 4
TITLE_MIN_LETTERS = 20
TITLE_MIN_IDEOGRAPHS = 10  # scripts that write no spaces say more with a character

LEAD_WORDS = 400  # of the text, or twice as many characters of an unspaced script: what the sketch is made of
LEAD_CHARACTERS = 6_000
SHINGLE_WORDS = 3  # as the ECB+ copies are labelled; 4 and 5 miss more of the edited ones
SHINGLE_CHARACTERS = 6  # two characters are a word
SKETCH = 128  # hashes; an estimate of containment .5 is within .09 two times in three
NEAR_KEYS = 8  # of the sketch, for the index: of the ECB+ copies 94 % share one

# Scripts that put no space between words: beside those of `feeds.html.UNSPACED` Myanmar and Khmer.
_UNSPACED = regex(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003ffff]"
)
# Python's \w leaves out vowel signs, without which Indic words fall apart; U+0964 and U+0965 end sentences.
_WORD = regex("[\\w\u0900-\u0963\u0966-\u0dff\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]+")
_ASCII_WORD = regex("[0-9a-z]+")
# What is between the spaces of a text of words, with each character of an unspaced script for itself. A `sub`
# that puts spaces around those calls into Python for each of them: 0.5 ms for an item of 1.5 KB in Chinese, this 0.07.
_PIECE = regex(f"{_UNSPACED.pattern}|[^ {_UNSPACED.pattern[1:]}+")
_LETTER = regex(r"[^\W\d_]")
_POINTS = regex("[\u0591-\u05c7\u064b-\u065f\u0670\u0640\u00ad\u200b-\u200f\u2060\ufeff]")  # written or not
_APOSTROPHES = regex("['’ʼ]")

# Words that mark a title as one of a series, in the languages that the corpus of real feeds has most of.
_FORMULAIC = regex(
    r"\b(?:quoting|quote of|links?|link ?log|linkdump|bookmarks|round ?up|digest|newsletter|weekly|daily|monthly"
    r"|weeknotes?|week in|this week|open thread|podcast|episode|briefing|recap|headlines|changelog|release notes"
    r"|now playing|presseschau|photo of the day|picture of the day|word of the day|untitled)\b"
    r"|早 报|日 报|晚 报|周 报|周 刊|月 刊|简 讯|每 日|每 周|今 日|一 周|週 刊|まとめ|ま と め"
)
# What parts a headline from the name of its site: a bar, a middle dot, or a dash with spaces around; 标题_新浪网.
_SUFFIX = regex(r"(?:\s+[-–—|·•:»«]{1,2}\s+|\s*[|｜_]\s*)(?=[^|｜_]*$)")
_SHORTEST_SITE = 3  # letters of a name that a host or a feed's title must share with the end of a headline


@dataclass(frozen=True, slots=True, kw_only=True)
class Fingerprint:
    """What merging and recognising compare, as numbers an index can find. Keys are 64 bits, signed.

    url_key      of the canonical address
    title_key    of the normalised title; None where there is none
    telling      whether that title could be told from others: neither short nor a formula
    alias_key    of a guid that is an address, without what moves to https and new hosts change in it
    link_key     of what identifies an entry within its source where the guid does not: address, else title
    words        how long the text is
    shingles     how many different ones its lead has
    sketch       the smallest `SKETCH` hashes of those, 32 bits each, ascending, little-endian
    near_keys    the smallest `NEAR_KEYS` of them in full, 64 bits each
    text_digest  of what a reader would call the text: not of its markup
    """

    url_key: int | None
    title_key: int | None
    telling: bool
    alias_key: int | None
    link_key: int | None
    words: int
    shingles: int
    sketch: bytes
    near_keys: bytes
    text_digest: bytes


def fingerprint(entry: Entry, *, site: str = "") -> Fingerprint:
    """The fingerprint of a cleaned entry; `site` is what its feed calls itself."""
    text = text_of(entry.html or entry.summary)
    title = headline(entry.title, site=site, url=entry.url)
    shingles = hashes(tokens(lead_of(text)))
    return Fingerprint(
        url_key=url_key(entry.url),
        title_key=title_key(title),
        telling=telling(title),
        alias_key=alias_key(entry.guid),
        link_key=link_key(entry.url, title),
        words=word_count(text),
        shingles=len(shingles),
        sketch=packed("I", [one >> 32 for one in shingles[:SKETCH]]),
        near_keys=packed("q", [one - 2**63 for one in shingles[:NEAR_KEYS]]),
        text_digest=_text_digest(entry, text),
    )


@lru_cache(maxsize=1)  # `link_key` asks for the same address again: 0.02 ms
def url_key(url: str | None) -> int | None:
    """Equal for addresses that lead to one article; None for no address, or a site's front page."""
    if not url:
        return None
    canonical = canonicalise(url)
    parts = _split(canonical)
    if parts is None or (parts.path in ("", "/") and not parts.query and not parts.fragment):
        return None
    return key(canonical)


def title_key(title: str) -> int | None:
    """Equal for titles that differ in case, width, punctuation and spacing; None where nothing else is in it."""
    normal = normalise_title(title)
    return key(normal) if normal else None


def telling(title: str) -> bool:
    """Whether a title is long enough, and no formula, to be one thing's title."""
    normal = normalise_title(title)
    ideographs = len(_UNSPACED.findall(normal))
    words = [word for word in normal.split() if _LETTER.search(word)]
    long_enough = ideographs >= TITLE_MIN_IDEOGRAPHS or (
        len(words) >= TITLE_MIN_WORDS and sum(map(len, words)) >= TITLE_MIN_LETTERS - TITLE_MIN_WORDS
    )
    return long_enough and not _FORMULAIC.search(normal)


@lru_cache(maxsize=1)  # asked three times for each title: 0.01 ms each
def normalise_title(title: str) -> str:
    """NFKC, case folded, without punctuation and optional signs; words, or characters of Chinese, one space apart.

    Idempotent.
    """
    return " ".join(tokens(title))


def headline(title: str, *, site: str, url: str | None) -> str:
    """A title without the name of its site at the end: "Floods in Ghent - The Example Times", "标题_新浪网".

    Only what the feed calls itself, or what stands in the host of the address, is taken for the name of a site.
    """
    cut = _SUFFIX.search(title)
    if cut is None or cut.start() == 0:
        return title
    name = _squashed(title[cut.end() :])
    if len(name) < _SHORTEST_SITE and not _UNSPACED.search(name):
        return title
    parts = _split(url or "")
    host = _squashed((parts.hostname or "") if parts else "")
    called = _squashed(site)
    return title[: cut.start()] if name == called or name in host or (len(called) >= 8 and called in name) else title


def alias_key(guid: str) -> int | None:
    """Equal for guids that are one address but for scheme, `www.` or `m.`, port, case of the host, last slash.

    None for a guid that is no address. What else `feeds.urls.canonicalise` forgets (fragments, parameters) may be all
    that tells two entries of one source apart, and stays.
    """
    scheme, mark, rest = guid.strip().partition("://")
    if not mark or scheme.lower() not in ("http", "https"):
        return None
    authority, slash, path = rest.partition("/")
    host = authority.rpartition("@")[2].lower().removesuffix(":443").removesuffix(":80")
    for prefix in ("www.", "m.", "mobile."):
        host = host.removeprefix(prefix)
    path = path.rstrip("/") if "?" not in path and "#" not in path else path
    return key(f"guid {host}/{path}") if slash and path else None


def link_key(url: str | None, title: str) -> int | None:
    """What identifies an entry within its source where guids do not: its address, with the fragment; else its title."""
    if url:
        front = url_key(url)
        fragment = url.partition("#")[2]
        return key(f"{canonicalise(url)}#{fragment}") if front is not None and fragment else front
    normal = normalise_title(title)
    return key(f"title {normal}") if normal else None


def tokens(text: str) -> list[str]:
    """The words of a text as they are compared; where a script has no spaces between words, its characters."""
    if text.isascii():
        return _ASCII_WORD.findall(text.lower().replace("'", ""))
    normal = _folded(text)
    words = _WORD.findall(normal)
    return _PIECE.findall(" ".join(words)) if _UNSPACED.search(normal) else words


def lead_of(text: str) -> str:
    """The beginning of a text, at least as much of it as `hashes` looks at."""
    if text.isascii():
        return text[:LEAD_CHARACTERS]
    sample = text[:LEAD_WORDS]
    return text[: LEAD_WORDS * 3 if len(_UNSPACED.findall(sample)) * 2 > len(sample) else LEAD_CHARACTERS]


def hashes(words: Sequence[str]) -> list[int]:
    """The hashes of the different shingles of a lead, ascending, 64 bits."""
    joined = "".join(words[:LEAD_WORDS])
    unspaced = 0 if joined.isascii() else len(_UNSPACED.findall(joined))  # of 1.5 KB, 12 µs
    characters = unspaced * 2 > min(len(words), LEAD_WORDS)
    size = SHINGLE_CHARACTERS if characters else SHINGLE_WORDS
    lead = words[: LEAD_WORDS * 2 if characters else LEAD_WORDS]
    shingles = map(" ".join, zip(*(lead[start:] for start in range(size)), strict=False))
    return sorted({xxh3_64_intdigest(shingle.encode()) for shingle in shingles})


def packed(code: str, numbers: Sequence[int]) -> bytes:
    """Numbers as little-endian bytes; `code` as the module `array` has it."""
    ours = array(code, numbers)
    if byteorder == "big":
        ours.byteswap()
    return ours.tobytes()


def unpacked(code: str, data: bytes) -> "array[int]":
    """The reverse of `packed`."""
    ours = array(code)
    ours.frombytes(data)
    if byteorder == "big":
        ours.byteswap()
    return ours


def key(text: str) -> int:
    """64 bits, signed as databases have them."""
    return xxh3_64_intdigest(text.encode(errors="replace")) - 2**63


def _folded(text: str) -> str:
    """Case, width and compatibility forms folded; idempotent, for which NFKC is needed on both sides of the fold."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return _APOSTROPHES.sub("", _POINTS.sub("", folded).replace("_", " "))


def _squashed(text: str) -> str:
    return "".join(tokens(text))


def _split(url: str) -> SplitResult | None:
    try:
        return urlsplit(url)
    except ValueError:
        return None


def _text_digest(entry: Entry, text: str) -> bytes:
    said = (" ".join(entry.title.split()), text, *(one.url for one in entry.enclosures))
    return xxh3_128_digest("\0".join(said).encode(errors="replace"))
