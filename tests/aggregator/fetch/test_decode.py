"""Bodies as they arrive."""

import gzip
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.errors import FetchError
from aggregator.fetch.decode import MAX_MEMBERS, Decoder
from aggregator.outcome import Reason

LIMIT = 1 << 20
TEXT = b"<rss>" + b"".join(b"<item>%d</item>" % number for number in range(500)) + b"</rss>"
GZIP = gzip.compress(TEXT)


def decode(body: bytes, encoding: str = "", *, limit: int = LIMIT, piece: int = 1000) -> bytes:
    decoder = Decoder(encoding, limit)
    for start in range(0, len(body), piece):
        decoder.feed(body[start : start + piece])
    return decoder.finish()


def refused(body: bytes, encoding: str = "", **options: int) -> Reason:
    with pytest.raises(FetchError) as caught:
        decode(body, encoding, **options)
    return caught.value.reason


@given(st.binary(max_size=300), st.integers(1, 50), st.sampled_from([0, 1, 2]))
def test_what_is_compressed_once_or_twice_comes_out_as_it_was(text: bytes, piece: int, layers: int) -> None:
    text = b"<" + text
    body = text
    for _ in range(layers):
        body = gzip.compress(body, 1)
    assert decode(body, ",".join(["gzip"] * layers), piece=piece) == text


@pytest.mark.parametrize("end", [*range(1, 30), len(GZIP) // 2, *range(len(GZIP) - 9, len(GZIP))])
def test_n03_gzip_cut_in_half_is_truncated(end: int) -> None:
    for piece in (1, 1000):
        assert refused(GZIP[:end], "gzip", piece=piece) is Reason.TRUNCATED


def test_n07_a_bomb_is_aborted_at_the_cap() -> None:
    bomb = gzip.compress(bytes(200 << 20), 1)
    decoder = Decoder("gzip", LIMIT)
    with pytest.raises(FetchError) as caught:
        decoder.feed(bomb)
    assert caught.value.reason is Reason.TOO_LARGE
    assert refused(gzip.compress(bomb), "gzip") is Reason.TOO_LARGE


def test_n07_a_bomb_of_many_small_members_is_aborted() -> None:
    assert refused(gzip.compress(b"") * (MAX_MEMBERS + 1), "gzip") is Reason.ENCODING


def test_n14_one_byte_too_much_is_too_large_and_not_cut() -> None:
    assert decode(bytes(100), limit=100) == bytes(100)
    assert refused(bytes(101), limit=100) is Reason.TOO_LARGE
    assert decode(gzip.compress(bytes(100)), limit=100) == bytes(100)
    assert refused(gzip.compress(bytes(101)), limit=100) is Reason.TOO_LARGE


@pytest.mark.parametrize("broken", [-8, -4, 40])
def test_n15_a_wrong_checksum_is_refused(broken: int) -> None:
    body = bytearray(GZIP)
    body[broken] ^= 0xFF
    assert refused(bytes(body), "gzip") in (Reason.ENCODING, Reason.TRUNCATED)


@pytest.mark.parametrize("piece", [1, 2, 7, 100_000])
def test_n16_all_members_are_decoded_and_what_follows_is_ignored(piece: int) -> None:
    two = gzip.compress(b"<rss>") + gzip.compress(b"</rss>")
    for garbage in (b"", b"\0", b"\0" * 600, b"\x1f", b"\x1f\x8b", b"\x1f\x8b\x07", b"garbage"):
        assert decode(two + garbage, "gzip", piece=piece) == b"<rss></rss>"


def test_n16_a_cut_second_member_is_truncated() -> None:
    assert refused(GZIP + GZIP[:50], "gzip") is Reason.TRUNCATED


@pytest.mark.parametrize("encoding", ["gzip", "x-gzip", "GZIP ", "gzip, identity"])
def test_n17_plain_xml_that_is_called_gzip_is_plain(encoding: str) -> None:
    assert decode(TEXT, encoding) == TEXT


@pytest.mark.parametrize("encoding", ["", "identity", "gzip", "gzip, gzip"])
def test_n18_gzip_is_known_by_what_it_is(encoding: str) -> None:
    assert decode(GZIP, encoding) == TEXT
    assert decode(gzip.compress(GZIP), encoding) == TEXT


def test_n18_what_is_compressed_three_times_is_an_attack() -> None:
    assert refused(gzip.compress(gzip.compress(GZIP)), "gzip") is Reason.ENCODING


@pytest.mark.parametrize(
    "encoding", ["gzip,gzip,gzip", ", ".join(["gzip"] * 6), "br", "zstd", "gzip, br", "deflate", "compress", "é" * 500]
)
def test_n19_encodings_that_nobody_asked_for_are_refused(encoding: str) -> None:
    assert refused(zlib.compress(TEXT), encoding) is Reason.ENCODING


def test_a_short_body_is_a_body() -> None:
    assert decode(b"") == b""
    assert decode(b"ab") == b"ab"
    assert decode(b"ab", "gzip", piece=1) == b"ab"


@pytest.mark.parametrize("encoding", ["br", "zstd", "br, gzip"])
@pytest.mark.parametrize("part", [1.0, 0.5])
def test_n04_brotli_and_zstd_were_not_asked_for_whole_or_cut(encoding: str, part: float) -> None:
    body = b"\x28\xb5\x2f\xfd" + b"compressed" * 20
    assert refused(body[: int(len(body) * part)], encoding) is Reason.ENCODING
