"""Made feeds, the same in every run: RSS and Atom in turn, 30 items of about 1.5 KB of HTML each, every fifth Chinese.

What performance.md calls "the work": about 78 KB a feed. `document(number, newest)` is the feed when its newest item is
that one; so `newest + 1` is the same feed after one more was published.
"""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from html import escape

ITEMS = 30
_START = datetime(2026, 1, 1, tzinfo=UTC)
_ENGLISH = (
    "The committee published its report on the state of the harbour, and nobody who read it was surprised. "
    "Ships wait for days, cranes stand idle, and the railway that was promised ten years ago ends in a field. "
)
_CHINESE = "委员会发布了关于港口状况的报告,读过的人都不感到意外。船只要等待数日,起重机闲置,十年前承诺的铁路止于田野。"


def document(number: int, newest: int = ITEMS) -> bytes:
    """The feed with this number, whose newest item has the number `newest`."""
    items = range(newest, newest - ITEMS, -1)
    return (_rss if number % 2 else _atom)(number, items).encode()


def _html(number: int, item: int) -> str:
    text = (_CHINESE * 3 if number % 5 == 0 else _ENGLISH) + f"({number}.{item}) "
    return (
        f'<h2>{text[:40]}</h2><p class="lead">{text * 2}</p>'
        f"<p>{text * 3}</p>"
        f'<p><a href="/posts/{item}?utm_source=feed">{text[:30]}</a> &amp; <em>{text}</em></p>'
        f'<img src="/images/{number}/{item}.jpg" width="640" height="360" alt="{text[:20]}" />'
        f"<ul><li>{text[:90]}</li><li><strong>{text[:70]}</strong></li></ul><blockquote><p>{text}</p></blockquote>"
    )


def _title(number: int, item: int) -> str:
    return (
        f"第{item}期:港口报告与铁路的现状 {number}"
        if number % 5 == 0
        else f"Report {item} of harbour {number}: ships wait"
    )


def _rss(number: int, items: range) -> str:
    written = "".join(
        f"<item><title>{_title(number, item)}</title><link>https://site{number}.example/posts/{item}</link>"
        f'<guid isPermaLink="false">{number}-{item}</guid><dc:creator>Author {item % 7}</dc:creator>'
        f"<category>harbour</category><pubDate>{format_datetime(_START + timedelta(hours=item))}</pubDate>"
        f"<description><![CDATA[{_html(number, item)}]]></description></item>\n"
        for item in items
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:atom="http://www.w3.org/2005/Atom"><channel>'
        f"<title>Harbour {number}</title><link>https://site{number}.example/</link><description>News</description>"
        f"<lastBuildDate>{format_datetime(_START + timedelta(hours=items[0]))}</lastBuildDate>{written}</channel></rss>"
    )


def _atom(number: int, items: range) -> str:
    written = "".join(
        f"<entry><title>{_title(number, item)}</title><id>tag:site{number}.example,2026:{item}</id>"
        f'<link rel="alternate" href="https://site{number}.example/posts/{item}"/>'
        f"<author><name>Author {item % 7}</name></author>"
        f'<category term="harbour"/><updated>{(_START + timedelta(hours=item)).isoformat()}</updated>'
        f'<content type="html">{escape(_html(number, item))}</content></entry>\n'
        for item in items
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom">'
        f'<title>Harbour {number}</title><id>tag:site{number}.example,2026:feed</id><link href="https://site{number}.example/"/>'
        f"<updated>{(_START + timedelta(hours=items[0])).isoformat()}</updated>{written}</feed>"
    )
