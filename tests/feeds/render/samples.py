"""Feeds to render, built in code: a full one, a bare one, an empty one. Each entry says what is special about it.

Where a change of the bytes is meant, `python -m tests.feeds.render.samples` writes the golden documents anew; read the
difference before you commit it.
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from feeds.model import Enclosure, Entry, Feed, History, Person, Rhythm, Source
from feeds.render import FORMATS

GOLDEN = Path(__file__).parents[2] / "data" / "render"

ZAKER = Source(title="ZAKER 科技", url="https://rsshub.app/zaker/source/12", link="https://www.myzaker.com/source/12")
LWN = Source(title="LWN.net", url="https://lwn.net/headlines/rss", link="https://lwn.net/")

EVERYTHING = Entry(  # every field is set
    guid="urn:uuid:6ba7b810-9dad-51d1-80b4-00c04fd430c8",
    title="新款折叠屏手机发布 🎉 AT&T 独家",
    url="https://www.myzaker.com/article/1?a=1&b=2",
    html='<p>正文 &amp; 图片 <img src="https://img.example.org/1.jpg" alt=""></p><pre>if (a[b[0]]&gt;1) {}</pre>',
    summary="<p>摘要 <b>粗体</b></p>",
    authors=(
        Person(name="李雷", email="lilei@example.org", url="https://example.org/lilei"),
        Person(name="Zoë Ångström"),
    ),
    tags=("手机", "R&D"),
    enclosures=(
        Enclosure(url="https://cdn.example.org/a.mp3", type="audio/mpeg", length=12345678, duration=3723.0),
        Enclosure(url="https://cdn.example.org/b.mp4", type="video/mp4"),
        Enclosure(url="https://cdn.example.org/c.pdf"),
    ),
    image="https://img.example.org/1.jpg",
    language="zh-CN",
    published=datetime(2024, 5, 1, 8, 30, tzinfo=UTC),
    updated=datetime(2024, 5, 2, 9, 0, tzinfo=UTC),
    categories=(("新媒体", "ZAKER", "source"), ("Technology",)),
    source=ZAKER,
    via=(
        LWN,
        Source(title="只有网页", link="https://example.org/also"),
        Source(title="A file"),
    ),
)
ARABIC = Entry(  # right to left; a summary and no text
    guid="urn:uuid:6ba7b811-9dad-51d1-80b4-00c04fd430c8",
    title="مرحبا بالعالم",
    url="https://example.org/ar",
    summary="نص قصير",
    language="ar",
    published=datetime(2024, 4, 30, 23, 59, 59, tzinfo=UTC),
    categories=(("Technology",),),
    source=LWN,
)
MARKUP = Entry(  # a title that readers would take for HTML; a source without an address
    guid="urn:uuid:6ba7b812-9dad-51d1-80b4-00c04fd430c8",
    title="Why <b>bold</b> & &amp; are not ]]> in a title",
    url="https://example.org/markup",
    html="<p>About CDATA: ]]&gt; and ]]> and &lt;!-- comments --&gt;.</p>",
    published=datetime(2024, 4, 30, 12, 0, tzinfo=UTC),
    tags=("a < b",),
    source=Source(title="Local file"),
)
BARE = Entry(guid="urn:uuid:6ba7b813-9dad-51d1-80b4-00c04fd430c8")  # nothing but its identity

FULL_FEED = Feed(
    title="Technology & more",
    url="https://news.example.org/feeds/technology.atom",
    link="https://news.example.org/category/technology",
    description="All about technology",
    language="en",
    image="https://news.example.org/icon.png",
    updated=datetime(2024, 5, 2, 9, 0, tzinfo=UTC),
    entries=(EVERYTHING, ARABIC, MARKUP, BARE),
    rhythm=Rhythm(interval=timedelta(minutes=30)),
    hubs=("https://hub.example.org/",),
    history=History(previous="https://news.example.org/feeds/technology.2024-04.3.atom"),
)
EMPTY_FEED = Feed(
    title="Nothing yet", url="https://news.example.org/feeds/new.rss", link="https://news.example.org/category/new"
)
BARE_FEED = Feed(entries=(BARE,))

GOLDEN_FEEDS = {"full": FULL_FEED, "empty": EMPTY_FEED}


def feed_of(*entries: Entry) -> Feed:
    """A feed of just these entries."""
    return replace(FULL_FEED, entries=entries)


if __name__ == "__main__":
    for name, feed in GOLDEN_FEEDS.items():
        for form in FORMATS.values():
            (GOLDEN / f"{name}.{form.name}").write_bytes(form.render(feed))
