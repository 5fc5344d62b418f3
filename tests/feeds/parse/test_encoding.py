"""Which encoding a document is in: marks, claims, and what the bytes say."""

import pytest

from feeds.parse import read
from feeds.parse.encoding import CODECS, decode

CHINESE = '<?xml version="1.0" encoding="{0}"?><rss version="2.0"><channel><title>中文标题</title></channel></rss>'


@pytest.mark.parametrize("encoding", ["utf-8", "gb2312", "gbk", "gb18030", "big5", "utf-16", "utf-16-le", "utf-16-be"])
def test_x10_a_declared_encoding_is_used(encoding: str) -> None:
    text = CHINESE.replace("标题", "題") if encoding == "big5" else CHINESE
    assert read(text.format(encoding).encode(encoding)).title.startswith("中文")


@pytest.mark.parametrize(
    ("text", "encoding"),
    [("Привет", "koi8-r"), ("こんにちは", "shift_jis"), ("こんにちは", "euc-jp"), ("Żółw", "iso-8859-2")],
)
def test_x10_the_transport_may_name_it(text: str, encoding: str) -> None:
    assert decode(text.encode(encoding), f"text/xml; charset={encoding}")[0] == text


def test_x10_a_mark_beats_every_claim() -> None:
    assert decode("<a>é</a>".encode("utf-8-sig"), "text/xml; charset=koi8-r") == ("<a>é</a>", None)


def test_x10_utf_8_that_is_not_becomes_windows_1252_and_is_reported() -> None:
    text, problem = decode("<a>é“</a>".encode("cp1252"), "application/xml; charset=utf-8")
    assert text == "<a>é“</a>"
    assert problem == "claims to be in utf-8, but is cp1252"


def test_a_servers_default_charset_yields_to_the_document() -> None:
    body = CHINESE.format("utf-8").encode()
    assert "中文" in decode(body, "text/xml; charset=ISO-8859-1")[0]


@pytest.mark.parametrize("label", ["utf-7", "zlib", "rot13", "hex", "idna", "unicode_escape", "undefined", "mbcs"])
def test_x09_names_outside_the_list_are_no_encodings(label: str) -> None:
    assert label not in CODECS
    assert decode(b"<a>+AGE-</a>", f"text/xml; charset={label}")[0] == "<a>+AGE-</a>"


def test_every_codec_of_the_list_exists() -> None:
    assert all("a".encode(codec) is not None for codec in CODECS.values())
