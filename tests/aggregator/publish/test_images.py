"""Image policies: what moves, what stays, and that nobody but us can sign."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.publish.images import KEY_BYTES, ImagePolicy, Signer, load_key
from tests.builders import settings, source_settings

A = "https://a.example/feed"
PREFIX = source_settings(A, images="https://cors.example/?{url}")


@pytest.fixture
def policy(tmp_path: Path) -> ImagePolicy:
    return ImagePolicy(settings(tmp_path, source_settings(A, images="proxy")))


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
        ('<video poster="https://i.example/p.jpg">', '<video poster="https://cors.example/?https://i.example/p.jpg">'),
        (
            '<img alt="a > b" src="https://i.example/1">',
            '<img alt="a > b" src="https://cors.example/?https://i.example/1">',
        ),
        ('<video src="https://i.example/v.mp4">', '<video src="https://i.example/v.mp4">'),
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
        ("original", "https://i.example/1.jpg?w=2"),
    ],
)
def test_templates(policy: ImagePolicy, template: str, address: str) -> None:
    assert policy.address("https://i.example/1.jpg?w=2", source_settings(A, images=template)) == address


def test_the_proxy_s_addresses_are_ours_and_are_not_proxied_again(policy: ImagePolicy) -> None:
    source = source_settings(A, images="proxy")
    once = policy.address("https://i.example/1.jpg", source)
    assert once.startswith("http://127.0.0.1:8000/image/")
    assert policy.address(once, source) == once


@given(st.text())
def test_what_was_signed_is_read_back(url: str) -> None:
    signer = Signer(b"k" * KEY_BYTES)
    assert signer.url(*signer.path(url).split("/")) == url


@pytest.mark.parametrize(
    "change", [lambda s, a: (s[:-1], a), lambda s, a: (s, a + "="), lambda s, a: ("", a), lambda s, a: (s, "%")]
)
def test_p01_whatever_was_altered_is_refused(change: object) -> None:
    signer = Signer(b"k" * KEY_BYTES)
    signature, address = signer.path("https://i.example/1.jpg").split("/")
    assert signer.url(*change(signature, address)) is None  # type: ignore[operator]


def test_p01_another_key_s_signature_is_refused() -> None:
    path = Signer(b"k" * KEY_BYTES).path("https://i.example/1.jpg").split("/")
    assert Signer(b"q" * KEY_BYTES).url(*path) is None


def test_c15_the_key_is_made_once_and_only_we_can_read_it(tmp_path: Path) -> None:
    key = load_key(settings(tmp_path))
    assert load_key(settings(tmp_path)) == key
    assert len(key) == KEY_BYTES
    assert (tmp_path / "var/image-proxy.key").stat().st_mode & 0o777 == 0o600
