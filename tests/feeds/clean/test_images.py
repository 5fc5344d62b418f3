"""Lazy images: which address wins."""

import re
from pathlib import Path

import pytest

from feeds.clean import clean
from feeds.clean.images import BLOCKS_HIDE_IN, unresolved, visible
from feeds.clean.lazy import HIDDEN_IN, SETS_HIDDEN_IN
from feeds.clean.placeholders import is_blank
from feeds.clean.rules import Rules
from feeds.clean.sanitize import safe_html
from feeds.model import Entry, Feed

BASE = "https://e.example/"
REAL = "https://i.example/real.jpg"
GIF = "data:image/gif;base64,R0lGODlhAQABAAAAACw="
SVG = "data:image/svg+xml,%3Csvg%20xmlns='http://www.w3.org/2000/svg'%20viewBox='0%200%203%202'%3E%3C/svg%3E"

PICTURES = """
    white-house.jpg black-white.jpg google-pixel-9.jpg lazy-dog.jpg loading-dock.jpg portrait-1x1.jpg a.jpg
    skeleton.jpg fidget-spinner.jpg front-loader-3.jpg none-of-us.png transparent-oled.png dot.png grey-heron.webp
"""
PLACEHOLDERS = """
    /1x1.trans.gif /sg_trans.gif /s.gif /loading-300x200.svg /img_blank.gif /grey.png /gray.gif /none.gif
    /pixel.gif /ajax-loader.gif /lazy_placeholder.gif /blank2.gif /spacer.gif /no-image.png /noimage.jpg
    /loading.svg?v=2 /spaceball.gif /article-placeholder-16x9.png /lazyload.png /clear.gif /1px.png
    /transparent.png /white.jpg //placehold.it/300x200 /wp-content/plugins/bj-lazy-load/img/any.gif
    //miro.medium.com/max/60/1*x.jpeg?q=20 #x about:blank //miro.medium.com/v2/resize:fit:64/1*x.png
"""


def shown(html: str) -> str:
    return safe_html(visible(html), BASE)


@pytest.mark.parametrize("attribute", HIDDEN_IN)
@pytest.mark.parametrize("src", [f'src="{GIF}" ', 'src="/img/loading.gif" ', "", 'class="lazy" src="/small.jpg" '])
def test_every_hiding_place_is_looked_into(attribute: str, src: str) -> None:
    assert shown(f'<img {src}{attribute}="{REAL}">') == f'<img src="{REAL}">'


@pytest.mark.parametrize("attribute", HIDDEN_IN)
def test_no_hiding_place_wins_over_a_real_image(attribute: str) -> None:
    image = f'<img src="{REAL}" {attribute}="https://i.example/other.jpg">'
    assert shown(image).startswith(f'<img src="{REAL if "lazy" not in attribute else "https://i.example/other.jpg"}"')


@pytest.mark.parametrize("attribute", SETS_HIDDEN_IN)
def test_every_hidden_set_is_found_and_none_wins_over_a_real_one(attribute: str) -> None:
    hidden = f'{attribute}="{REAL} 2x"'
    assert shown(f'<img src="{GIF}" {hidden}>') == f'<img src="{REAL}" srcset="{REAL} 2x">'
    if "lazy" not in attribute:
        assert shown(f'<img src="{REAL}" srcset="/own.jpg 2x" {hidden}>').endswith(
            'srcset="https://e.example/own.jpg 2x">'
        )


@pytest.mark.parametrize(
    "image",
    [
        f'<img data-src="{REAL}">',
        f'<img src="" data-src="{REAL}">',
        f'<img src data-src="{REAL}">',
        f'<img src="/spacer.gif" data-original="{REAL}">',
        f'<img src="/img/loading.svg?v=2" data-original="{REAL}">',
        f'<img src="https://i.example/1x1.trans.gif" data-lazy-src="{REAL}">',
        f'<img src="/grey.png" data-url="{REAL}">',
        f'<img src="/thumb.jpg" class="post lazyload" data-src="{REAL}">',
        f'<img src="/thumb.jpg" data-lazy-src="{REAL}">',
        f'<img src="/thumb.jpg" data-lazy="true" data-src="{REAL}">',
        f'<img src="/thumb.jpg" class="lozad" data-theme-large="{REAL}">',
        f'<img src="{GIF}" data-src="{GIF}" data-original="{REAL}">',
        f'<img src="{GIF}" data-src="true" data-some-theme="{REAL}">',
        f'<img src="{GIF}" data-url="https://e.example/post.html" data-theme="{REAL}">',
        f'<img src="{GIF}" data-image="16/9" data-cover="image/png" data-img="rgba(0,0,0,.5)" data-theme="{REAL}">',
        f'<img src="{GIF}" data-thumb="/small.jpg" data-theme="{REAL}">',
        f'<img src="{GIF}" data-thumb-src="{REAL}" data-error="/404.png" data-permalink="/wiki/File:a.jpg">',
        f'<img src="{GIF}" class="lazy" title="a/b.jpg" data-original="{REAL}" alt="">',
        f'<img src="{GIF}"><noscript><img src="{REAL}"></noscript>',
        f'<img src="{GIF}" data-src="{REAL}"> <noscript><img src="{REAL}"></noscript>',
        f'<noscript><img src="{REAL}"></noscript>',
        f'<noscript><img src="{REAL}"></noscript><img class=lazy src="{GIF}" data-src="{REAL}">',
        f'<img src="{GIF}"><noscript><noscript><img src="{REAL}"></noscript></noscript>',
        f'<img src="/blur-small.jpg" alt="Lake"><noscript><img src="{REAL}" alt="Lake"></noscript>',
        f'<img src="{GIF}"><noscript>&lt;img src="{REAL}"&gt;</noscript>',
        f'<IMG SRC="/blank.gif" DATA-SRC="{REAL}">',
        f"<img src='/blank.gif' data-src='{REAL}'>",
        f"<img src=/blank.gif data-src={REAL}>",
        f"<img\n src = '/blank.gif'\n\tdata-src\n=\n'{REAL}'\n/>",
        f'<img alt="a > b" src="/blank.gif" data-src="{REAL}">',
        f'<img alt="5\' tall" src="/blank.gif" data-src="{REAL}">',
        f'<img alt=5" src="/blank.gif" data-src="{REAL}">',
        f'<img src="/blank.gif" src="/second.jpg" data-src="{REAL}" data-src="/second.jpg">',
        '<img src="/blank.gif" data-src="//i.example/real.jpg">'.replace("//i", "https://i"),
        '<img src="/blank.gif" data-src="https&#58;&#x2F;&#x2F;i.example/real.jpg">',
        f'<image src="/blank.gif" data-src="{REAL}">',
        f'<amp-img src="{REAL}" width="2000" height="10"></amp-img>',
        f'<amp-img src="{REAL}"><noscript><img src="{REAL}"></noscript></amp-img>',
        f'<a href="/x"><img src="/blank.gif" data-src="{REAL}"></a>',
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
        f'<img src="{REAL}" class="lazy">',
        f'<img src="{REAL}" class="lazy" data-src="{GIF}">',
        f'<img src="{REAL}" class="lazy" data-src="/img/loading.gif">',
        f'<img src="{REAL}" class="lazy" data-src="{REAL}">',
        f'<img src="{REAL}" class="lazyloaded" data-placeholder="/img/small.jpg" data-error-src="/img/e.jpg">',
        f'<img src="{REAL}" class="no-lazy" data-src="/other.jpg">',
        f'<img src="{REAL}" class="skip-lazy" data-original="/other.jpg">',
        f'<img src="{REAL}" data-no-lazy="1" data-original="/other.jpg">',
        f'<img src="{REAL}" data-lazy="false" data-original="/other.jpg">',
        f'<img src="{REAL}" srcset="{GIF} 1w">',
        f'<img src="{REAL}" srcset="/img/placeholder.png 1w">',
        f'<img src="{REAL}" srcset="{SVG} 640w">',
    ],
)
def test_an_image_that_can_be_seen_stays(image: str) -> None:
    assert shown(image) == f'<img src="{REAL}">'


@pytest.mark.parametrize(
    "name",
    PICTURES.split(),
)
def test_a_picture_whose_name_has_a_word_of_placeholders_is_none(name: str) -> None:
    assert not is_blank(f"https://i.example/{name}")


@pytest.mark.parametrize(
    "address",
    PLACEHOLDERS.split(),
)
def test_placeholders_are_known_by_name(address: str) -> None:
    assert is_blank(address)


def test_two_images_beside_a_noscript_are_not_taken_for_one() -> None:
    three = "".join(f'<noscript class="loading-lazy"><img src="/{n}.jpg"></noscript>' for n in range(3))
    assert shown(three) == "".join(f'<img src="https://e.example/{n}.jpg">' for n in range(3))
    assert shown('<p><img src="/a.jpg"></p><noscript><img src="/b.jpg"></noscript>').count("<img") == 2
    counter = '<noscript><img src="https://t.example/tr?noscript=1" width="1" height="1"></noscript>'
    assert shown(f'<img src="{REAL}">{counter}') == f'<img src="{REAL}">'


def test_what_is_there_for_want_of_scripts_is_markup_like_any_other() -> None:
    assert shown("<noscript><p>Watch <a href='/v'>here</a></p></noscript>").startswith("<p>Watch <a href=")


def test_an_image_whose_address_cannot_be_used_shows_the_next_best() -> None:
    entry = Entry(guid="1", html='<img src="http://10.0.0.1/x.jpg" srcset="http://10.0.0.1/y.jpg 2x, /a.jpg 1x">')
    (cleaned,) = clean(Feed(entries=(entry,)), base=BASE, rules=Rules()).entries
    assert cleaned.html == '<img src="https://e.example/a.jpg" srcset="https://e.example/a.jpg 1x">'


def test_an_image_in_an_attribute_is_text() -> None:
    html = '<a title="<img class=lazy data-src=/x.jpg>">a</a><img src="/y.jpg">'
    assert shown(html).count("<img") == 1


def test_sets_come_out_of_hiding() -> None:
    html = f'<img class="lazy" src="{GIF}" data-srcset="/a.jpg 480w, /b.jpg 960w" data-sizes="100vw">'
    expected = 'srcset="https://e.example/a.jpg 480w, https://e.example/b.jpg 960w"'
    assert expected in shown(html)
    assert 'src="https://e.example/b.jpg"' in shown(html)
    assert 'sizes="100vw"' in shown(html)


@pytest.mark.parametrize(
    ("html", "srcset"),
    [
        (
            '<img src="/blank.gif" data-srcset="/w_400,c_limit/a.jpg 400w,/w_800,c_limit/a.jpg 800w">',
            "https://e.example/w_400,c_limit/a.jpg 400w, https://e.example/w_800,c_limit/a.jpg 800w",
        ),
        (f'<img src="{REAL}" srcset="{GIF} 1w, /a.jpg 640w">', "https://e.example/a.jpg 640w"),
        (f'<img src="{REAL}" srcset="/a.jpg 640w, /img/blank.gif 1w">', "https://e.example/a.jpg 640w"),
        (f'<img class="lazy" src="{REAL}" srcset="/small.jpg 1x" data-srcset="{REAL} 2x">', f"{REAL} 2x"),
        (f'<img src="{REAL}" data-srcset="/a.jpg 2x">', "https://e.example/a.jpg 2x"),
    ],
)
def test_sets_keep_their_images_and_lose_their_placeholders(html: str, srcset: str) -> None:
    assert f'srcset="{srcset}"' in shown(html)


@pytest.mark.parametrize("sizes", ['data-sizes="50vw"', 'data-lazy-sizes="50vw"', 'data-sizes="auto" sizes="50vw"'])
def test_sizes_come_along(sizes: str) -> None:
    assert 'sizes="50vw"' in shown(f'<img class="lazy" src="{GIF}" data-srcset="/a.jpg 480w" {sizes}>')


def test_a_picture_shows_what_most_readers_can() -> None:
    narrow, new = '<source media="(max-width: 9em)" srcset="/n.jpg">', '<source type="image/avif" srcset="/a.avif">'
    html = f'<picture>{narrow}{new}<source srcset="/b.jpg 1x, /c.jpg 2x"><img src="{GIF}"></picture>'
    assert '<img src="https://e.example/c.jpg">' in shown(html)
    assert 'media="(max-width: 9em)"' in shown(html)


def test_a_picture_lends_its_source_to_an_empty_image() -> None:
    html = f'<picture><source data-srcset="/a.webp 1x, /b.webp 2x"><img class="lazy" src="{GIF}"></picture>'
    assert '<img src="https://e.example/b.webp">' in shown(html)


@pytest.mark.parametrize("written", ["/bg.jpg", "url(/bg.jpg)", "url('/bg.jpg')"])
def test_a_lazy_background_is_an_image(written: str) -> None:
    assert shown(f'<div data-bg="{written}">text</div>').count('<img src="https://e.example/bg.jpg">') == 1


@pytest.mark.parametrize("value", ["dark", "#fff", "rgba(0,0,0,.5)", "16/9", "0.5", "url(data:image/gif;base64,R0)"])
def test_a_background_that_is_no_address_is_no_image(value: str) -> None:
    assert "<img" not in shown(f'<div data-bg="{value}">text</div>')


@pytest.mark.parametrize("name", BLOCKS_HIDE_IN)
@pytest.mark.parametrize("tag", ["figure", "div", "span", "a"])
def test_a_block_that_hides_an_image_file_shows_it(tag: str, name: str) -> None:
    assert shown(f'<{tag} {name}="{REAL}">x</{tag}>').count(f'<img src="{REAL}">') == 1
    assert "<img" not in shown(f'<{tag} {name}="https://time.example/7379005/widget/">x</{tag}>')
    assert shown(f'<{tag} {name}="{REAL}"><img src="/own.jpg"></{tag}>').count("<img") == 1


@pytest.mark.parametrize(
    "pixel",
    [
        '<img src="/p.gif" width="1" height="1">',
        "<img src=/p.gif width=0>",
        '<img src="/p.gif" style="height:1px">',
        '<img src="/p.gif" style="display: none">',
        '<img src="https://pixel.wp.com/b.gif?host=e.example">',
        '<img src="https://feeds.feedburner.com/~r/x/~4/y" alt="">',
        '<img src="https://feeds.wordpress.com/1.0/comments/x/">',
        '<img src="/blank.gif" data-src="https://ad.doubleclick.net/x.jpg">',
    ],
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


FRAGMENTS = sorted((Path(__file__).parents[2] / "data" / "lazy").glob("*.html"))


@pytest.mark.parametrize("fragment", FRAGMENTS, ids=lambda path: path.name)
def test_fragments_as_sites_have_them_show_every_image(fragment: Path) -> None:
    """The number in the name says how many there are; every real one has `real` in its address."""
    expected = int(fragment.suffixes[-2][1:])
    out = shown(fragment.read_text())
    sources = re.findall(r'<img[^<>]*? src="([^"]*)"', out)
    assert len(sources) == out.count("<img") == expected
    assert all("real" in source and not is_blank(source) for source in sources)
    assert (unresolved(out), shown(out)) == (0, out)
