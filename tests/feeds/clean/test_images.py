"""Lazy images: which address wins."""

import pytest

from feeds.clean.images import unresolved, visible
from feeds.clean.lazy import HIDDEN_IN
from feeds.clean.sanitize import safe_html

BASE = "https://e.example/"
REAL = "https://i.example/real.jpg"
GIF = "data:image/gif;base64,R0lGODlhAQABAAAAACw="


def shown(html: str) -> str:
    return safe_html(visible(html), BASE)


@pytest.mark.parametrize("attribute", HIDDEN_IN)
def test_every_hiding_place_is_looked_into(attribute: str) -> None:
    assert shown(f'<img src="{GIF}" {attribute}="{REAL}">') == f'<img src="{REAL}">'


@pytest.mark.parametrize(
    "image",
    [
        f'<img data-src="{REAL}">',
        f'<img src="" data-src="{REAL}">',
        f'<img src="/spacer.gif" data-original="{REAL}">',
        f'<img src="/img/loading.svg?v=2" data-original="{REAL}">',
        f'<img src="https://i.example/1x1.trans.gif" data-lazy-src="{REAL}">',
        f'<img src="/grey.png" data-url="{REAL}">',
        f'<img src="/thumb.jpg" class="post lazyload" data-src="{REAL}">',
        f'<img src="/thumb.jpg" data-lazy-src="{REAL}">',
        f'<img src="{GIF}" data-src="{GIF}" data-original="{REAL}">',
        f'<img src="{GIF}" data-src="true" data-some-theme="{REAL}">',
        f'<img src="{GIF}" class="lazy" title="a/b.jpg" data-original="{REAL}" alt="">',
        f'<img src="{GIF}"><noscript><img src="{REAL}"></noscript>',
        f'<img src="{GIF}" data-src="{REAL}"> <noscript><img src="{REAL}"></noscript>',
        f'<noscript><img src="{REAL}"></noscript>',
        f'<IMG SRC="/blank.gif" DATA-SRC="{REAL}">',
    ],
)
def test_a_hidden_address_wins_over_what_cannot_be_the_image(image: str) -> None:
    out = shown(image)
    assert out.count("<img") == 1
    assert f'src="{REAL}"' in out


@pytest.mark.parametrize(
    "image",
    [
        f'<img src="{REAL}" data-src="https://i.example/other.jpg">',
        f'<img src="{REAL}" data-large-file="https://i.example/large.jpg" loading="lazy">',
        f'<img src="{REAL}" data-image-title="holiday.jpg">',
        f'<img src="{REAL}" class="lazy" data-src="{GIF}">',
        f'<img src="{REAL}" srcset="{GIF} 1w">',
        f'<img src="{REAL}" srcset="/img/placeholder.png 1w">',
    ],
)
def test_an_image_that_can_be_seen_stays(image: str) -> None:
    assert shown(image) == f'<img src="{REAL}">'


def test_sets_come_out_of_hiding() -> None:
    html = f'<img class="lazy" src="{GIF}" data-srcset="/a.jpg 480w, /b.jpg 960w" data-sizes="100vw">'
    expected = 'srcset="https://e.example/a.jpg 480w, https://e.example/b.jpg 960w"'
    assert expected in shown(html)
    assert 'src="https://e.example/b.jpg"' in shown(html)
    assert 'sizes="100vw"' in shown(html)


def test_a_picture_lends_its_source_to_an_empty_image() -> None:
    html = f'<picture><source data-srcset="/a.webp 1x, /b.webp 2x"><img class="lazy" src="{GIF}"></picture>'
    assert '<img src="https://e.example/b.webp">' in shown(html)


@pytest.mark.parametrize("written", ["/bg.jpg", "url(/bg.jpg)", "url('/bg.jpg')"])
def test_a_lazy_background_is_an_image(written: str) -> None:
    assert shown(f'<div data-bg="{written}">text</div>').count('<img src="https://e.example/bg.jpg">') == 1


@pytest.mark.parametrize(
    "pixel",
    ['<img src="/p.gif" width="1" height="1">', "<img src=/p.gif width=0>", '<img src="/p.gif" style="height:1px">'],
)
def test_h12_counting_pixels_go(pixel: str) -> None:
    assert shown(f"<p>a{pixel}b</p>") == "<p>ab</p>"


def test_an_unresolved_placeholder_gains_nothing_it_has_not() -> None:
    assert shown('<img src="/blank.gif" alt="x">') == '<img src="https://e.example/blank.gif" alt="x">'


def test_text_without_images_is_not_touched() -> None:
    html = "<p>Nothing <b>here</b> & unclosed"
    assert visible(html) is html


def test_several_images_each_get_their_own() -> None:
    html = "".join(f'<p><img class="lazy" src="{GIF}" data-src="/{n}.jpg"></p>' for n in range(10))
    assert [f'src="https://e.example/{n}.jpg"' in shown(html) for n in range(10)] == [True] * 10


@pytest.mark.parametrize(
    ("html", "hidden"),
    [
        ("<p>No image</p>", 0),
        (f'<img src="{REAL}">', 0),
        (f'<img src="{GIF}" data-original="{REAL}">', 0),
        (f'<img srcset="{REAL} 2x">', 0),
        (f'<img src="{GIF}">', 1),
        ("<img alt='a chart'>", 1),
        (f'<img src="https://i.example/spacer.gif"><img src="{REAL}"><img src="">', 2),
    ],
)
def test_images_that_nothing_in_the_text_can_show_are_counted(html: str, hidden: int) -> None:
    assert unresolved(shown(html)) == hidden
