"""Frames in feeds: readers get a link that shows what it leads to."""

import pytest

from feeds.clean.sanitize import PLAYERS, safe_html
from feeds.render.players import for_readers, watched_at


def test_a_youtube_player_becomes_a_picture_that_leads_to_the_film() -> None:
    html = safe_html('<p>a</p><iframe src="http://www.youtube.com/embed/dQw4w9WgXcQ?rel=0"></iframe><p>b</p>', "")
    assert for_readers(html) == (
        '<p>a</p><a href="https://www.youtube.com/watch?v=dQw4w9WgXcQ" rel="noopener noreferrer">'
        '<img src="https://i.ytimg.com/vi/dQw4w9WgXcQ/hqdefault.jpg" alt="Video"></a><p>b</p>'
    )


def test_a_frame_in_a_link_does_not_become_another_link_in_it() -> None:
    html = safe_html('<a href="https://e.example/">x <iframe src="https://rutube.ru/play/embed/1"></iframe></a>', "")
    assert for_readers(html) == '<a href="https://e.example/" rel="noopener noreferrer">x Video: rutube.ru</a>'


@pytest.mark.parametrize(
    ("player", "page"),
    [
        ("https://player.vimeo.com/video/76979871?h=1", "https://vimeo.com/76979871"),
        ("https://www.dailymotion.com/embed/video/x7tgd2g", "https://www.dailymotion.com/video/x7tgd2g"),
        (
            "https://player.bilibili.com/player.html?aid=1&bvid=BV1xx411c7mD",
            "https://www.bilibili.com/video/BV1xx411c7mD",
        ),
        ("https://player.bilibili.com/player.html?aid=1", "https://player.bilibili.com/player.html?aid=1"),
        ("https://v.qq.com/txp/iframe/player.html?vid=a0012", "https://v.qq.com/x/page/a0012.html"),
        ("https://player.youku.com/embed/XMTI==", "https://v.youku.com/v_show/id_XMTI==.html"),
        ("https://archive.org/embed/night-of-the-living", "https://archive.org/details/night-of-the-living"),
        ("https://rutube.ru/play/embed/1", "https://rutube.ru/play/embed/1"),
    ],
)
def test_films_are_linked_where_people_watch_them(player: str, page: str) -> None:
    assert watched_at(player) == page


@pytest.mark.parametrize("host", PLAYERS)
def test_no_player_that_the_sanitiser_lets_through_stays_a_frame(host: str) -> None:
    html = safe_html(f'<iframe src="https://{host}{PLAYERS[host]}1?a=%22&amp;b=<>"></iframe>', "")
    assert "<iframe" in html
    linked = for_readers(html)
    assert "<iframe" not in linked
    assert safe_html(linked, "") == linked
    assert for_readers(linked) == linked


def test_other_html_is_left_alone() -> None:
    html = '<p>About &lt;iframe src="x"&gt; and bdo</p><video src="https://e.example/a.mp4" controls=""></video>'
    assert for_readers(html) == html


def test_overridden_direction_keeps_its_text() -> None:
    assert for_readers('<bdo dir="rtl">abc</bdo>') == '<span dir="rtl">abc</span>'
