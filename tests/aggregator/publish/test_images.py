"""Image policies: what moves, what stays, that it can be undone, and that nobody but us can sign."""

import re
from html import unescape
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.publish.images import ImagePolicy, Signer
from aggregator.publish.keys import KEY_BYTES
from feeds.clean.sanitize import safe_html
from feeds.model import Enclosure
from tests.builders import settings, source_settings

A = "https://a.example/feed"
PREFIX = source_settings(A, images="https://cors.example/?{url}")
PROXIED = source_settings(A, images="proxy")
TEMPLATES = (
    "https://cors.example/?{url}",
    "https://cors.example/{url}?w=400",
    "https://x.example/?url={url_encoded}",
    "https://x.example/{url_encoded}.jpg",
    "https://x.example/?url={url_encoded}&w=400",
    "https://x.example/{host_path}",
    "https://x.example/{host_path}?w=400",
    "https://{host_path}",
)
POLICIES = ("original", "proxy", *TEMPLATES)


@pytest.fixture(scope="module")
def policy(tmp_path_factory: pytest.TempPathFactory) -> ImagePolicy:
    return ImagePolicy(settings(tmp_path_factory.mktemp("site"), PROXIED))


@pytest.mark.parametrize(
    ("html", "moved"),
    [
        ('<img src="https://i.example/1.jpg">', '<img src="https://cors.example/?https://i.example/1.jpg">'),
        (
            '<img src="https://i.example/?a=1&amp;b=2">',
            '<img src="https://cors.example/?https://i.example/?a=1&amp;b=2">',
        ),
        (
            '<img srcset="https://i.example/1,2 1x, https://i.example/3 2x">',
            '<img srcset="https://cors.example/?https://i.example/1,2 1x, https://cors.example/?https://i.example/3 2x">',  # noqa: E501
        ),
        (
            '<picture><source srcset="https://i.example/w_1,h_2/a.webp 640w"></picture>',
            '<picture><source srcset="https://cors.example/?https://i.example/w_1,h_2/a.webp 640w"></picture>',
        ),
        ('<video poster="https://i.example/p.jpg">', '<video poster="https://cors.example/?https://i.example/p.jpg">'),
        (
            '<img alt="a > b" src="https://i.example/1">',
            '<img alt="a > b" src="https://cors.example/?https://i.example/1">',
        ),
        (
            '<img alt="src=" src="https://i.example/1">',
            '<img alt="src=" src="https://cors.example/?https://i.example/1">',
        ),
        ('<video src="https://i.example/v.mp4">', '<video src="https://i.example/v.mp4">'),
        (
            '<video><source src="https://i.example/v.mp4"></video>',
            '<video><source src="https://i.example/v.mp4"></video>',
        ),
        ('<audio src="https://i.example/a.mp3">', '<audio src="https://i.example/a.mp3">'),
        ('<img src="data:image/png;base64,AA==">', '<img src="data:image/png;base64,AA==">'),
        ('<a href="https://i.example/1.jpg">x</a>', '<a href="https://i.example/1.jpg">x</a>'),
        (
            '<img src="https://cors.example/?https://i.example/1">',
            '<img src="https://cors.example/?https://i.example/1">',
        ),
    ],
)
def test_a_prefix_stands_before_every_image_once(policy: ImagePolicy, html: str, moved: str) -> None:
    assert policy.apply(html, PREFIX) == moved
    assert policy.apply(moved, PREFIX) == moved


@pytest.mark.parametrize(
    ("template", "address"),
    [
        ("https://x.example/?url={url_encoded}", "https://x.example/?url=https%3A%2F%2Fi.example%2F1.jpg%3Fw%3D2"),
        ("https://x.example/{host_path}", "https://x.example/i.example/1.jpg?w=2"),
        ("https://{host_path}", "https://i.example/1.jpg?w=2"),
        ("original", "https://i.example/1.jpg?w=2"),
    ],
)
def test_templates(policy: ImagePolicy, template: str, address: str) -> None:
    assert policy.address("https://i.example/1.jpg?w=2", source_settings(A, images=template)) == address


@pytest.mark.parametrize(
    ("template", "published", "original"),
    [
        ("https://x.example/?{url}", "https://x.example/?http://i.example/1.jpg", "http://i.example/1.jpg"),
        ("https://x.example/?{url}", "https://x.example/?logo.png", None),
        (
            "https://x.example/?url={url_encoded}&w=400",
            "https://x.example/?url=https%3a%2f%2Fi.example/1.jpg&w=800",
            "https://i.example/1.jpg",
        ),
        (
            "https://x.example/?url={url_encoded}&w=400",
            "https://x.example/?url=https%3a%2f%2Fi.example%2F1.jpg&w=800",
            "https://i.example/1.jpg",
        ),
        ("https://x.example/?url={url_encoded}", "https://x.example/?url=%E4%B8%AD", None),
        ("https://x.example/{host_path}?w=1", "https://x.example/i.example/1.jpg?w=2", None),
    ],
)
def test_a_prefix_of_the_publisher_s_own_is_known(
    policy: ImagePolicy, template: str, published: str, original: str | None
) -> None:
    source = source_settings(A, images=template)
    assert policy.original(published, source) == (original or published)
    assert (policy.address(published, source) == published) is (original is not None)


def test_the_proxy_s_addresses_are_ours_and_are_not_proxied_again(policy: ImagePolicy) -> None:
    once = policy.address("https://i.example/1.jpg", PROXIED)
    assert once.startswith("http://127.0.0.1:8000/image/")
    assert policy.address(once, PROXIED) == once


@pytest.mark.parametrize(
    ("file", "moves"),
    [
        (Enclosure(url="https://i.example/1", type="image/jpeg"), True),
        (Enclosure(url="https://i.example/1.png"), True),
        (Enclosure(url="https://i.example/1.png", type="audio/mpeg"), False),
        (Enclosure(url="https://i.example/1.mp3", type="audio/mpeg", length=3), False),
        (Enclosure(url="https://i.example/1.mp4"), False),
        (Enclosure(url="https://i.example/1"), False),
    ],
)
@pytest.mark.parametrize("source", [PROXIED, PREFIX])
def test_only_enclosures_that_are_images_move(
    policy: ImagePolicy, file: Enclosure, moves: bool, source: object
) -> None:
    moved = policy.enclosure(file, source)  # type: ignore[arg-type]
    assert (moved.url != file.url) is moves
    assert (moved.type, moved.length) == (file.type, file.length)


def test_p13_data_and_relative_addresses_and_a_set_of_five_hundred(policy: ImagePolicy) -> None:
    candidates = ", ".join(f"/{width},x.jpg {width}w" for width in range(1, 501))
    html = f'<img src="/a.jpg"><img src="data:image/png;base64,AA=="><img srcset="{candidates}">'
    shown = policy.apply(safe_html(html, "https://i.example/"), PROXIED)
    addresses = re.findall(r"http://127\.0\.0\.1:8000/image/[\w-]+/[\w-]+", shown)
    assert policy.original(addresses[0], PROXIED) == "https://i.example/a.jpg"
    assert len(addresses) == 21
    assert "i.example" not in shown


INSIDE = "http://10.0.0.1/router?reboot"


@pytest.mark.parametrize(
    "html",
    [
        f'<img src="{INSIDE}">',
        f"<img src={INSIDE}>",
        f'<img src="https://i.example/1" srcset="{INSIDE} 2x">',
        f'<img alt="src=" src="{INSIDE}">',
        f"<img alt='\" src=\"' src='{INSIDE}'>",
        f'<picture><source srcset="{INSIDE}, {INSIDE} 2x"><img src="{INSIDE}"></picture>',
        f'<video poster="{INSIDE}"></video>',
        f'<table background="{INSIDE}"><tr><td background="{INSIDE}">x</td></tr></table>',
        f'<p style="background: url({INSIDE})">x</p><style>p {{ background: url({INSIDE}) }}</style>',
        f'<input type="image" src="{INSIDE}"><svg><image href="{INSIDE}"/></svg><link rel="icon" href="{INSIDE}">',
    ],
)
def test_h07_an_image_inside_the_reader_s_network_is_signed_or_dropped(policy: ImagePolicy, html: str) -> None:
    shown = unescape(policy.apply(safe_html(html, "https://a.example/"), PROXIED))
    assert "10.0.0.1" not in shown


addresses = st.builds(
    lambda scheme, host, rest: f"{scheme}://{host}{rest}",
    st.sampled_from(["http", "https"]),
    st.sampled_from(["i.example", "x.example", "cors.example", "127.0.0.1:8000", "图.example", "[::1]", "["]),
    st.sampled_from(["/", "/1.jpg", "/a,b;c.jpg?x=1&y=%2F#z", "/?url=https%3A%2F%2Fi.example%2F1", "/image/x/y"])
    | st.text(st.characters(exclude_categories=["Cs", "Cc", "Z"]), max_size=20).map(lambda text: f"/{text}"),
)


@given(addresses, st.sampled_from(POLICIES))
def test_a_policy_is_applied_once_and_can_be_undone(policy: ImagePolicy, url: str, images: str) -> None:
    source = source_settings(A, images=images)
    moved = policy.address(url, source)
    assert policy.address(moved, source) == moved
    before, after = policy.original(url, source), policy.original(moved, source)
    assert after == before or ("{host_path}" in images and without_scheme(after) == without_scheme(before))


def without_scheme(url: str) -> str:
    """What `{host_path}` keeps of an address."""
    return url.partition("://")[2].partition("#")[0]


@given(st.lists(addresses, min_size=1, max_size=4), st.sampled_from(POLICIES))
def test_html_that_a_policy_was_applied_to_stays_as_it_is(policy: ImagePolicy, urls: list[str], images: str) -> None:
    source = source_settings(A, images=images)
    tags = "".join(f"<img src='{url}' srcset='{url} 2x'><video poster='{url}'></video>" for url in urls)
    moved = policy.apply(safe_html(tags, A), source)
    assert policy.apply(moved, source) == moved


@given(st.text())
def test_what_was_signed_is_read_back(url: str) -> None:
    signer = Signer((b"k" * KEY_BYTES,))
    assert signer.url(*signer.path(url).split("/")) == url


@pytest.mark.parametrize(
    "change",
    [
        lambda s, a: (s[:-1], a),
        lambda s, a: (s + "A", a),
        lambda s, a: (s + "=", a),
        lambda s, a: (s.swapcase(), a),
        lambda s, a: (s, a + "="),
        lambda s, a: (s, a[:-1]),
        lambda s, a: (s, a + "\n"),
        lambda s, a: (s, "." + a),
        lambda s, a: ("", a),
        lambda s, a: ("é", a),
        lambda s, a: (s, "%"),
        lambda s, a: (s, "图"),
        lambda s, a: (s, Signer((b"k" * KEY_BYTES,)).path("https://i.example/2.jpg").split("/")[1]),
    ],
)
def test_p01_whatever_was_altered_is_refused(change: object) -> None:
    signer = Signer((b"k" * KEY_BYTES,))
    signature, address = signer.path("https://i.example/1.jpg").split("/")
    assert signer.url(*change(signature, address)) is None  # type: ignore[operator]


def test_p01_another_spelling_of_the_same_bytes_is_refused() -> None:
    signer = Signer((b"k" * KEY_BYTES,))
    signature, address = signer.path("https://i.example/1.jp").split("/")  # 22 bytes: the last character has spare bits
    spellings = [address[:-1] + last for last in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"]
    assert [one for one in spellings if signer.url(signature, one)] == [address]


def test_p01_another_key_s_signature_is_refused() -> None:
    path = Signer((b"k" * KEY_BYTES,)).path("https://i.example/1.jpg").split("/")
    assert Signer((b"q" * KEY_BYTES,)).url(*path) is None


def test_without_a_source_that_needs_it_no_key_is_made(tmp_path: Path) -> None:
    ImagePolicy(settings(tmp_path, source_settings(A, images=TEMPLATES[0])))
    assert not (tmp_path / "var").exists()
