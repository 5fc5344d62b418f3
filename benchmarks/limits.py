"""What hostile and very long documents cost, each through a real reading process of its own: CPU, peak memory, answer.

    python -m benchmarks.limits [PATTERN]

The documents are those that the catalogue of hostile input names, at the sizes that it names, and beside them the
longest that an honest publisher could serve: 15 MiB. The bounds are 10 s of CPU and 256 MiB (`ingest.child`).
"""

import random
import re
import struct
import subprocess
import sys
from collections.abc import Callable, Mapping

import msgspec

from aggregator.ingest.child import Answer, Document, Read
from feeds.clean.rules import Rules

HEAD, TAIL = b"<rss version='2.0'><channel><title>T</title><link>https://a.example/</link>", b"</channel></rss>"
MILLION = 1_000_000

# The process itself, and on its standard error in the end what it took: its own CPU seconds and its peak in KiB.
CHILD = """
import re, sys, time
from aggregator.ingest import child
before = time.process_time()
child.main()
peak = re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1]
print(time.process_time() - before, peak, file=sys.stderr)
"""


def rss(*items: bytes, head: bytes = b"") -> bytes:
    return HEAD + head + b"".join(items) + TAIL


def item(inner: bytes, guid: int = 1) -> bytes:
    return b"<item><guid>%d</guid>%s</item>" % (guid, inner)


def described(text: bytes) -> bytes:
    return rss(item(b"<description>" + text + b"</description>"))


def entries(text: str, count: int = 2000) -> bytes:
    """An honest feed: other words in every entry, as far as that matters."""
    rng = random.Random(7)
    words = [text] * 20 + ["&lt;p&gt;", "&lt;/p&gt;\n", "&amp;amp;"]
    return rss(
        *(
            item(
                f"<description>{' '.join(rng.choices(words, k=6300 // len(text.encode())))}</description>".encode(),
                number,
            )
            for number in range(count)
        )
    )


def declared(subset: bytes, used: int) -> bytes:
    return b"<?xml version='1.0'?><!DOCTYPE rss [" + subset + b"]>" + described(b"&b11;" * used)


LAUGHS = b"".join(b"<!ENTITY b%d '%s'>" % (number, b"&b%d;" % (number - 1) * 10) for number in range(12))
ATTRIBUTES = b" ".join(b"a%d='%d'" % (number, number) for number in range(50_000))
ATOM = b"<feed xmlns='http://www.w3.org/2005/Atom'><entry><id>1</id><content type='xhtml'>%s</content></entry></feed>"
JSON = b'{"version":"https://jsonfeed.org/version/1.1","items":[%s]}'

DOCUMENTS: Mapping[str, Callable[[], bytes]] = {
    "a feed of one entry": lambda: rss(item(b"")),
    "honest: 2,000 entries of 7 KB": lambda: entries("words"),
    "honest: the same, an emoji in each": lambda: entries("word \U0001f600 words and words"),
    "honest: Chinese": lambda: entries("新闻内容"),
    "X02 laughs": lambda: declared(LAUGHS, 1),
    "X02 20 KB × 20,000": lambda: declared(b"<!ENTITY b11 '%s'>" % (b"a" * 20_000), 20_000),
    "X02 recursive": lambda: declared(b"<!ENTITY b11 '&b10;'><!ENTITY b10 '&b11;'>", 1),
    "X03 a tag of 10 MB": lambda: rss(item(b"<" + b"a" * 10 * MILLION + b"/>")),
    "X05 10,000 deep": lambda: rss(item(b"<b>" * 10_000 + b"</b>" * 10_000)),
    "X05 100,000 deep": lambda: rss(item(b"<b>" * 100_000 + b"</b>" * 100_000)),
    "X05 100,000 deep, escaped": lambda: described(b"&lt;b>" * 100_000 + b"&lt;/b>" * 100_000),
    "X05 100,000 deep around items": lambda: rss(item(b""), head=b"<b>" * 100_000 + b"</b>" * 100_000),
    "X06 100,000 items": lambda: rss(*(item(b"<title>t</title>", number) for number in range(100_000))),
    "X06 1,000,000 items": lambda: rss(b"<item></item>" * MILLION),
    "X06 2,000,000 empty items": lambda: rss(b"<item/>" * 2 * MILLION),
    "X07 50,000 attributes": lambda: rss(item(b"<enclosure %s/>" % ATTRIBUTES)),
    "X07 the same in HTML": lambda: described(b"&lt;img %s&gt;" % ATTRIBUTES),
    "X07 an attribute of 5 MB": lambda: rss(item(b"<enclosure url='%s'/>" % (b"a" * 5 * MILLION))),
    "N13 a description of 10 MB": lambda: described(b"a &amp; b " * MILLION),
    "N13 the same, in lines": lambda: described(b"a\n" * 5 * MILLION),
    "N13 the same, of tags": lambda: described(b"&lt;p&gt;" * MILLION),
    "N13 10 MB of XHTML": lambda: ATOM % (b"<b>x</b>" * (MILLION * 5 // 4)),
    "ill-formed: 5,000,000 &": lambda: described(b"&" * 5 * MILLION),
    "ill-formed: 5,000,000 <": lambda: rss(item(b"<" * 5 * MILLION)),
    "ill-formed: quotes": lambda: rss(item(b"& " + b"<a b='" * 2 * MILLION)),
    "X18 JSON, 200,000 items": lambda: JSON % b",".join(b'{"id":%d}' % number for number in range(200_000)),
    "X18 JSON, 5,000,000 numbers": lambda: JSON % b",".join([b"7"] * 5 * MILLION),
    "X18 JSON, 10,000 deep": lambda: JSON % (b"[" * 10_000 + b"]" * 10_000),
    "X18 JSON, 14 MB of backslashes": lambda: b'{"items":["' + b"\\" * 14 * MILLION,
}


def measure(body: bytes) -> tuple[str, str, str]:
    """CPU seconds, peak MiB, and what came of it."""
    document = Document(body=body, content_type="application/xml", url="https://a.example/f", rules=Rules())
    packed = msgspec.msgpack.encode(document)
    command = [sys.executable, "-c", CHILD]
    done = subprocess.run(command, input=struct.pack(">Q", len(packed)) + packed, capture_output=True, timeout=60)
    if done.returncode:
        return "", "", f"died: {done.returncode}"
    cpu, peak = done.stderr.split()[-2:]
    answer: Answer = msgspec.msgpack.decode(done.stdout[8:], type=Answer)
    said = f"{len(answer.feed.entries)} entries" if isinstance(answer, Read) else repr(answer)
    problems = answer.feed.problems[:1] if isinstance(answer, Read) else ()
    return f"{float(cpu):.2f}", str(int(peak) // 1024), " ".join((said, *problems))[:90]


def main() -> None:
    """Measure and print."""
    pattern = re.compile(sys.argv[1] if len(sys.argv) > 1 else "")
    for name, make in DOCUMENTS.items():
        if pattern.search(name):
            body = make()
            cpu, peak, said = measure(body)
            print(f"{name:36} {len(body) / 2**20:5.1f} MiB  {cpu:>6} s CPU  {peak:>4} MiB  {said}", flush=True)


if __name__ == "__main__":
    main()
