"""The origin: feeds that gain items, edit them, and answer as badly as servers do; all by dice, and all written down.

What a feed does at its n-th request depends on the seed, its name and n alone, so a run can be played again whenever
the requests come. The dice rest while the world is *calm*: nothing new is written, and every answer is good.
"""

import gzip
import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from xxhash import xxh3_128_digest

from tests.nemesis.history import History, Served
from tests.origin import Answer, Asked, Raw, Reply

LISTED = 8  # items of a document; older ones fall out of it
EDITS = 15  # of one item: a text that changes for ever is left as it was (`store.sightings.REVISIONS_KEPT`)
FAULTS = 0.3  # the share of requests that are not answered well
VERSION = re.compile(r"edition-([0-9]+)-of-it")
ELSEWHERE = "?elsewhere"
SYLLABLES = ("ba", "de", "fi", "go", "hu", "ka", "le", "mi", "no", "pu", "ra", "se", "ti", "vo", "wu", "ya", "ze")

HTML = b"<!DOCTYPE html><html><head><title>Please log in</title></head><body>Please log in</body></html>"


@dataclass(slots=True)
class Item:
    """One item, as its source says it now."""

    guid: str
    token: str
    link: str
    born: datetime
    changed: datetime
    version: int = 0


class World:
    """What all feeds share: the seed, whether it is calm, and what is written down.

    pool  the items that several sources carry, by token
    """

    def __init__(self, seed: int, history: History) -> None:
        self.seed = seed
        self.history = history
        self.calm = False
        self.pool: dict[str, datetime] = {}


class Publisher:
    """One feed. It is the script of its path: `origin.script(path, publisher)`.

    address  its source's, as config.yaml has it
    shares   whose common items it carries: two feeds of one such name have items in common
    """

    def __init__(self, world: World, address: str, name: str, *, shares: str) -> None:
        self.address = address
        self._world = world
        self._name = name
        self._shares = shares
        self._atom = world.seed % 2 == sum(map(ord, name)) % 2
        self._items: list[Item] = []
        self._shared = 0
        self._serial = 0
        self._requests = 0
        self._older: tuple[bytes, bytes, dict[str, int]] | None = None
        for _ in range(2):
            self._gain(random.Random(f"{world.seed} {name}"))

    def __call__(self, asked: Asked) -> Reply:
        self._requests += 1
        dice = random.Random(f"{self._world.seed} {self._name} {self._requests}")
        if ELSEWHERE in asked.path:
            return self._honest(asked)
        if self._world.calm:
            return self._honest(asked)
        self._evolve(dice)
        return self._badly(asked, dice) if dice.random() < FAULTS else self._honest(asked)

    # -- how it changes --------------------------------------------------------------------------------------------

    def _evolve(self, dice: random.Random) -> None:
        what, before = dice.random(), (self._etag, self._document(), self._says())
        if what < 0.45:
            for _ in range(dice.choice((1, 1, 2, 3))):
                self._gain(dice)
        elif what < 0.7 and (young := [item for item in self._items[-LISTED:] if item.version < EDITS]):
            edited = dice.choice(young)
            edited.version += 1
            edited.changed = datetime.now(UTC)
        elif what > 0.85:
            return  # nothing has happened at all
        self._older = before
        self._serial += 1  # also where the file was only touched

    def _gain(self, dice: random.Random) -> None:
        now = datetime.now(UTC)
        guid = token = f"{self._name}-{len(self._items)}"
        if dice.random() < 0.2:
            token = f"{self._shares}-{self._shared}"
            self._shared += 1
        born = self._world.pool.setdefault(token, now)
        self._items.append(Item(guid=guid, token=token, link=f"https://news.example/{token}", born=born, changed=born))

    @property
    def _etag(self) -> bytes:
        return f'"{self._name}.{self._serial}"'.encode()

    def _says(self) -> dict[str, int]:
        return {item.guid: item.version for item in self._items[-LISTED:]}

    def _document(self) -> bytes:
        return (atom if self._atom else rss)(self._name, self._items[-LISTED:])

    # -- how it answers --------------------------------------------------------------------------------------------

    def _honest(self, asked: Asked) -> Answer:
        headers = [("ETag", self._etag)]
        if asked.raw("If-None-Match") == self._etag:
            self._note(asked, "unchanged")
            return Answer(304, b"", headers)
        body = self._document()
        self._note(asked, "served", self._etag, body, self._says(), complete=True)
        return Answer(200, body, [*headers, ("Content-Type", "application/xml")])

    def _badly(self, asked: Asked, dice: random.Random) -> Reply:
        fault = dice.choice(("error", "error", "page", "empty", "cut", "gzip", "hang", "reset", "redirect", "older"))
        etag, body, says = self._etag, self._document(), self._says()
        head = [("ETag", etag)]
        if fault == "redirect":
            self._note(asked, fault)
            return Answer(302, b"", [("Location", asked.path + ELSEWHERE)])
        if fault == "older" and self._atom and self._older:  # a mirror that lags behind; only dates can tell
            etag, body, says = self._older
            self._note(asked, fault, etag, body, says, complete=True)
            return Answer(200, body, [("ETag", etag)])
        if fault == "page":
            self._note(asked, fault, etag + b"!")
            return Answer(200, HTML, [("ETag", etag + b"!")])
        if fault == "empty":
            self._note(asked, fault, etag + b"!")
            return Answer(200, b"", [("ETag", etag + b"!")])
        if fault in ("cut", "gzip", "hang", "reset"):
            self._note(asked, fault, etag, body, says)
            return _broken(fault, body, etag, dice)
        self._note(asked, "error", etag)
        return Answer(dice.choice((404, 500, 503)), HTML, head)

    def _note(
        self,
        asked: Asked,
        kind: str,
        etag: bytes | None = None,
        body: bytes | None = None,
        items: dict[str, int] | None = None,
        *,
        complete: bool = False,
    ) -> None:
        self._world.history.served.append(
            Served(
                at=asked.at,
                source=self.address,
                kind=kind,
                etag=etag,
                digest=xxh3_128_digest(body) if body else None,
                items=items or {},
                complete=complete,
                sent=asked.raw("If-None-Match"),
                redirected=ELSEWHERE in asked.path,
            )
        )


def _broken(fault: str, body: bytes, etag: bytes, dice: random.Random) -> Raw:
    """The same document, not all of it."""
    head = b"HTTP/1.1 200 OK\r\nETag: %s\r\n" % etag
    part = body[: dice.randrange(len(body) // 2, len(body) - 20)]
    if fault == "cut":  # nobody says how long it would have been
        return Raw([head + b"Connection: close\r\n\r\n" + part])
    if fault == "gzip":  # half of the compressed bytes, under the length of that half
        half = gzip.compress(body)[:-12]
        return Raw([head + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(half) + half])
    return Raw([head + b"Content-Length: %d\r\n\r\n" % len(body), part], 0.1, "hang" if fault == "hang" else "reset")


def title(token: str) -> str:
    """Words that no other item has, and its token at the end."""
    dice = random.Random(token)
    return " ".join(_word(dice) for _ in range(6)).capitalize() + f" #{token}"


def token_of(shown: str) -> str:
    """The token in a title."""
    return shown.rpartition("#")[2]


def _text(item: Item) -> str:
    dice = random.Random(f"text of {item.token}")
    return f"<p>{' '.join(_word(dice) for _ in range(60))}</p><p>edition-{item.version}-of-it</p>"


def _word(dice: random.Random) -> str:
    return "".join(dice.choices(SYLLABLES, k=3))


def atom(name: str, items: Sequence[Item]) -> bytes:
    """The items as Atom, newest first."""
    entries = "".join(
        f'<entry><id>{item.guid}</id><title>{title(item.token)}</title><link href="{item.link}"/>'
        f"<published>{item.born.isoformat()}</published><updated>{item.changed.isoformat()}</updated>"
        f'<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">{_text(item)}</div></content></entry>\n'
        for item in reversed(items)
    )
    newest = max(item.changed for item in items).isoformat()
    head = f"<id>urn:x:{name}</id><title>{name}</title><updated>{newest}</updated>"
    return f'<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom">{head}\n{entries}</feed>'.encode()


def rss(name: str, items: Sequence[Item]) -> bytes:
    """The items as RSS, newest first."""
    entries = "".join(
        f'<item><guid isPermaLink="false">{item.guid}</guid><title>{title(item.token)}</title><link>{item.link}</link>'
        f"<pubDate>{item.born:%a, %d %b %Y %H:%M:%S +0000}</pubDate>"
        f"<description><![CDATA[{_text(item)}]]></description></item>\n"
        for item in reversed(items)
    )
    return f'<?xml version="1.0"?><rss version="2.0"><channel><title>{name}</title>\n{entries}</channel></rss>'.encode()
