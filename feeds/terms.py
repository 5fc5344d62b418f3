"""What a text is found by, and what somebody looks for: both as terms, so that one word is always the same term.

A term is a word, folded: case, width and accents do not matter, nor the optional signs of Arabic and Hebrew. Scripts
that put no space between words (and Korean, whose words carry endings) give a term of two characters for each
character: 高铁首 is 高铁, 铁首 and 首. So every piece of such a text, from one character up, is some terms in a row, of
which the last may be a beginning. A database needs to know nothing of languages then. docs/decisions/0022 has the
figures, and why not trigrams.
"""

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from feeds.html import elided, text_of
from feeds.regex import regex

LONGEST_TEXT = 15_000  # characters that are indexed; PostgreSQL counts positions up to 16,383
LONGEST_TERM = 40  # characters; what is longer is no word
LONGEST_QUERY = 200  # characters that are read of what somebody asks
MOST_PHRASES = 8  # of a query; what a ninth word would leave out is hardly ever worth its time
MOST_TERMS = 32  # of a query
MOST_OPEN = 3  # phrases of a query whose last term may be a beginning: all that begin so must be gathered
SHORTEST_STEM = 4  # letters of a word that is found with endings, too: `feed` finds feeds and feeder, `art` no article

# Thai, Lao, Tibetan, Myanmar, Hangul, Khmer, Kana, Bopomofo, Han.
_UNSPACED = (
    "\u0e00-\u0fff\u1000-\u109f\u1100-\u11ff\u1780-\u17ff\u3005-\u3007\u3040-\u312f\u3130-\u318f\u31a0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\U00020000-\U0003ffff"
)
_RUN = regex(f"([{_UNSPACED}]+)|([^{_UNSPACED}\\s]+)")
_ASCII_WORD = regex("[0-9a-z]+")
_QUOTES = '"“”„«»「」『』＂'
_CHUNK = regex(f"[{_QUOTES}]([^{_QUOTES}]*)(?:[{_QUOTES}]|\\Z)|([^\\s{_QUOTES}]+)")
# Letters that are another one with a stroke, which Unicode does not take apart; Arabic letters that are written for
# each other, as Lucene's ArabicNormalizer and PersianNormalizer have them; signs that only shape a word.
_SAME = dict(zip("øłđħŧıىیکة", "oldhtiييكه", strict=True)) | {"æ": "ae", "œ": "oe"}
_NOTHING = "'’ʼـ\u00ad\u200b\u200c\u200d\u200e\u200f"


class _Folding(dict[int, str]):
    """For `str.translate`: a character as it stands in terms; a space for what stands in none. Learnt as it is used."""

    def __missing__(self, code: int) -> str:
        folded = self[code] = _fold(chr(code))
        return folded


def _fold(character: str) -> str:
    if character in _NOTHING:
        return ""
    kept = "".join(one for one in unicodedata.normalize("NFKD", character) if not _optional(one))
    folded = "".join(_SAME.get(one, one) for one in unicodedata.normalize("NFC", kept).casefold())
    return folded if all(unicodedata.category(one)[0] in "LNM" for one in folded) else " "


def _optional(sign: str) -> bool:
    """Accents, and the points of Hebrew and Arabic; not the vowel signs of Thai and Hindi, which are letters."""
    return 10 <= unicodedata.combining(sign) <= 35 or unicodedata.combining(sign) >= 200


_FOLDING = _Folding()


@dataclass(frozen=True, slots=True)
class Terms:
    """What a story is found by: the terms of its title and of its text, in their order, with a space between them."""

    title: str
    text: str


def terms_of(title: str, html: str) -> Terms:
    """The terms of a title and of what a reader sees of a text."""
    return Terms(" ".join(terms(title)), " ".join(terms(text_of(html))))


def terms(text: str) -> list[str]:
    """The terms of a text, in its order."""
    text = text[:LONGEST_TEXT]
    if text.isascii():  # the same in a third of the time: 35 of 100 us for 1.8 KB
        return [word[:LONGEST_TERM] for word in _ASCII_WORD.findall(text.lower().replace("'", ""))]
    return [term for run, unspaced in _runs(text) for term in _terms(run, unspaced)]


def _runs(text: str) -> list[tuple[str, bool]]:
    folded = unicodedata.normalize("NFKC", text).translate(_FOLDING)
    return [(unspaced or word, bool(unspaced)) for unspaced, word in _RUN.findall(folded)]


def _terms(run: str, unspaced: bool) -> list[str]:
    return [run[at : at + 2] for at in range(len(run))] if unspaced else [run[:LONGEST_TERM]]


@dataclass(frozen=True, slots=True)
class Phrase:
    """Terms that must follow each other; if `open`, the last may be the beginning of one."""

    terms: tuple[str, ...]
    open: bool


def asked(query: str) -> tuple[Phrase, ...]:
    """What somebody looks for, all of which must be there: words, and phrases in quotation marks.

    returns  () where there is not a letter in it; never an error, and never more than `MOST_TERMS` terms
    """
    found: list[Phrase] = []
    left = MOST_TERMS
    for quoted, word in _CHUNK.findall(query[:LONGEST_QUERY]):
        phrase = _phrase(quoted or word, quoted=bool(quoted))
        if phrase is not None and phrase.open and sum(one.open for one in found) == MOST_OPEN:
            phrase = None if _is_unspaced(phrase.terms[-1]) else Phrase(phrase.terms, False)
        if phrase is None or phrase in found:
            continue
        left -= len(phrase.terms)
        if left < 0 or len(found) == MOST_PHRASES:
            break
        found.append(phrase)
    return tuple(found)


def _phrase(text: str, *, quoted: bool) -> Phrase | None:
    runs = _runs(text)
    if not runs:
        return None
    last, unspaced = runs[-1]
    whole = [term for run, other in runs for term in _terms(run, other)][:MOST_TERMS]
    if unspaced:  # the text may go on where the query ends
        return Phrase(tuple(whole[:-1]), False) if len(last) > 1 else Phrase(tuple(whole), True)
    return Phrase(tuple(whole), not quoted and len(last) >= SHORTEST_STEM and not last.isdecimal())


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a text, and whether it is what was looked for."""

    text: str
    found: bool


def marked(text: str, phrases: Sequence[Phrase], *, characters: int | None = None) -> tuple[Piece, ...]:
    """A text in pieces, what was looked for apart; `characters` of it around the first that is found, or all."""
    text = unicodedata.normalize("NFC", text[:LONGEST_TEXT])
    spans = _spans(text, phrases)
    begin, end = (0, len(text)) if characters is None else _window(text, spans, characters)
    pieces = [Piece("…", False)] if begin else []
    at = begin
    for start, stop in spans:
        if at <= start and stop <= end:
            pieces += [Piece(text[at:start], False), Piece(text[start:stop], True)]
            at = stop
    pieces.append(Piece(elided(text[at:end]) if end < len(text) else text[at:end], False))
    return tuple(piece for piece in pieces if piece.text)


def _window(text: str, spans: list[tuple[int, int]], characters: int) -> tuple[int, int]:
    """Where to cut, at words: a third of what is shown stands before what was found."""
    first = spans[0][0] if spans else 0
    begin = max(0, min(first - characters // 3, len(text) - characters))
    end = min(len(text), begin + characters)
    if begin:
        space = text.find(" ", begin, first)
        begin = space + 1 if 0 <= space - begin < characters // 6 else begin
    if end < len(text):
        space = text.rfind(" ", max(begin, end - characters // 6), end)
        end = space if space > first else end
    return begin, end


def _spans(text: str, phrases: Sequence[Phrase]) -> list[tuple[int, int]]:
    """Where the phrases are, in order, none over another."""
    if not phrases:
        return []
    folded = text.translate(_FOLDING)
    where = _places(text) if len(folded) != len(text) else None
    pattern = "|".join(sorted(map(_pattern, phrases), key=len, reverse=True))
    spans = []
    for found in re.finditer(pattern, folded):
        start, stop = found.span()
        if where is not None:
            start, stop = bisect_right(where, start) - 1, bisect_right(where, stop - 1)
        spans.append((start, stop))
    return spans


def _places(text: str) -> list[int]:
    """Where each character of a text begins once it is folded."""
    return [0, *accumulate(len(_FOLDING[ord(one)]) for one in text)]


def _pattern(phrase: Phrase) -> str:
    """For folded text: the phrase, apart by what is in no term; with its ending, where it may have one."""
    runs: list[str] = []
    goes_on = False  # whether the term before was two characters of a run, the second of which begins this one
    for term in phrase.terms:
        if goes_on and _is_unspaced(term):
            runs[-1] += re.escape(term[1:])
        else:
            runs.append(re.escape(term))
        goes_on = _is_unspaced(term) and len(term) == 2
    word = f"[^\\s{_UNSPACED}]"
    before = "" if _is_unspaced(phrase.terms[0]) else f"(?<!{word})"
    after = "" if _is_unspaced(phrase.terms[-1]) else f"{word}*" if phrase.open else f"(?!{word})"
    return before + r"\s*".join(runs) + after


def _is_unspaced(term: str) -> bool:
    found = _RUN.match(term)
    return found is not None and found[1] is not None
