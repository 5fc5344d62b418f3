"""Made feeds, the same in every run: RSS and Atom in turn, 30 items of about 1.5 KB of HTML each, every fifth Chinese.

What docs/performance.md calls "the work": about 78 KB a feed. `document(number, newest)` is the feed when its newest
item is that one; so `newest + 1` is the same feed after one more was published. Every tenth feed carries the texts of
its neighbour, under guids and addresses of its own; all other texts are different, as the merge finds them outside.
"""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import partial
from html import escape
from random import Random

ITEMS = 30
FIRST = datetime(2026, 1, 1, tzinfo=UTC)
_TEXT = """
    committee published report state harbour nobody surprised ships wait days cranes stand idle railway promised years
    ago ends field council voted budget school river bridge winter market prices farmers rain forest wolves mountain
    village doctor hospital nurses strike union factory engines steel copper island ferry storm coast lighthouse museum
    painting letters archive library students exam science planet orbit rocket moon telescope winter summer election
    candidate minister parliament law court judge trial witness police evidence border train station tickets cycling
    football match goal season coach music festival concert orchestra theatre film actor prize novel author translation
"""
_WORDS = _TEXT.split()
_CHARACTERS = (
    "委员会发布了关于港口状况的报告读过的人都不感到意外船只要等待数日起重机闲置十年前承诺的铁路止于田野"
    "市长说明新桥梁将在冬季开放学校医院图书馆博物馆音乐节电影作家翻译科学火箭月球农民价格选举法院警察"
)


def document(number: int, newest: int = ITEMS, first: datetime = FIRST) -> bytes:
    """The feed with this number, whose newest item has the number `newest`; `first` is when item 0 was published."""
    items = range(newest, newest - ITEMS, -1)
    return (_rss if number % 2 else _atom)(number, items, first).encode()


def _said(number: int, item: int) -> Random:
    """Where the words of an item come from: a neighbour's, for every tenth feed."""
    return Random(f"{number - 2 if number % 10 == 9 else number}.{item}")


def _chinese(number: int) -> bool:
    return number % 5 == 0


def _sentence(dice: Random, words: int, chinese: bool) -> str:
    if chinese:
        return "".join(dice.choices(_CHARACTERS, k=words * 3)) + "。"
    return " ".join(dice.choices(_WORDS, k=words)).capitalize() + ". "


def _html(number: int, item: int) -> str:
    said = partial(_sentence, _said(number, item), chinese=_chinese(number))
    return (
        f'<h2>{said(6)}</h2><p class="lead">{said(15)}{said(15)}</p>'
        f"<p>{said(15)}{said(20)}{said(20)}{said(15)}</p>"
        f'<p><a href="/posts/{item}?utm_source=feed">{said(5)}</a> &amp; <em>{said(12)}</em></p>'
        f'<img src="/images/{number}/{item}.jpg" width="640" height="360" alt="{said(4)}" />'
        f"<ul><li>{said(12)}</li><li><strong>{said(10)}</strong></li></ul><blockquote><p>{said(30)}</p></blockquote>"
    )


def _title(number: int, item: int) -> str:
    said = _sentence(_said(number, -item), 7, _chinese(number)).rstrip(". 。")
    return f"第{item}期:{said}" if _chinese(number) else f"{said} {item}"


def _rss(number: int, items: range, first: datetime) -> str:
    written = "".join(
        f"<item><title>{_title(number, item)}</title><link>https://site{number}.example/posts/{item}</link>"
        f'<guid isPermaLink="false">{number}-{item}</guid><dc:creator>Author {item % 7}</dc:creator>'
        f"<category>harbour</category><pubDate>{format_datetime(first + timedelta(hours=item))}</pubDate>"
        f"<description><![CDATA[{_html(number, item)}]]></description></item>\n"
        for item in items
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:atom="http://www.w3.org/2005/Atom"><channel>'
        f"<title>Harbour {number}</title><link>https://site{number}.example/</link><description>News</description>"
        f"<lastBuildDate>{format_datetime(first + timedelta(hours=items[0]))}</lastBuildDate>{written}</channel></rss>"
    )


def _atom(number: int, items: range, first: datetime) -> str:
    written = "".join(
        f"<entry><title>{_title(number, item)}</title><id>tag:site{number}.example,2026:{item}</id>"
        f'<link rel="alternate" href="https://site{number}.example/posts/{item}"/>'
        f"<author><name>Author {item % 7}</name></author>"
        f'<category term="harbour"/><updated>{(first + timedelta(hours=item)).isoformat()}</updated>'
        f'<content type="html">{escape(_html(number, item))}</content></entry>\n'
        for item in items
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom">'
        f'<title>Harbour {number}</title><id>tag:site{number}.example,2026:feed</id><link href="https://site{number}.example/"/>'
        f"<updated>{(first + timedelta(hours=items[0])).isoformat()}</updated>{written}</feed>"
    )
