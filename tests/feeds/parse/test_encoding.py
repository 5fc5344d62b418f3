"""Which encoding a document is in: marks, claims, and what the bytes say."""

import codecs
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.html import without_forbidden
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


@pytest.mark.parametrize(
    "label",
    [
        "utf-7",
        "zlib",
        "rot13",
        "hex",
        "idna",
        "punycode",
        "unicode_escape",
        "undefined",
        "mbcs",
        "unknown",
        "bogus",
        "cp037",
    ],
)
def test_x09_names_outside_the_list_are_no_encodings(label: str) -> None:
    assert label not in CODECS
    text = f'<?xml version="1.0" encoding="{label}"?><a>+AGE- xn--e1a 6162 nopq é</a>'
    assert decode(text.encode(), f"text/xml; charset={label}") == (text, None)


@pytest.mark.parametrize("body", [zlib.compress(b"<rss>" * 9), b"616263", b"+ADw-rss+AD4-"])
def test_x09_nothing_is_unpacked_because_a_document_asks_for_it(body: bytes) -> None:
    assert "<rss>" not in decode(b'<?xml version="1.0" encoding="zlib"?>' + body, "text/xml; charset=utf-7")[0]


@pytest.mark.parametrize("label", ["UTF-8 ", " utf-8", "Utf8", "\tUTF-8\n", "utf-8"])
def test_x09_blanks_and_capitals_do_not_hide_a_name(label: str) -> None:
    text = f"<?xml version='1.0' encoding = '{label}' ?><a>é</a>"
    assert decode(text.encode(), f'text/xml; charset="{label}"') == (text, None)
    assert decode(text.encode("cp1252"))[1] == "claims to be in utf-8, but is cp1252"


def test_x09_an_unknown_name_leads_to_a_guess_and_is_said() -> None:
    text = '<?xml version="1.0" encoding="rot13"?><a>Ärzte warnen vor glatten Straßen</a>'
    assert decode(text.encode("cp1252")) == (text, "names no encoding that we know, but is cp1252")


def test_every_codec_of_the_list_exists() -> None:
    assert all("a".encode(codec) is not None for codec in CODECS.values())


@pytest.mark.parametrize(
    "claim", ["iso-8859-1", "windows-1252", "us-ascii", "koi8-r", "windows-1251", "gb2312", "euc-kr"]
)
@pytest.mark.parametrize("where", ["transport", "document"])
def test_x10_utf_8_beats_a_claim_that_fits_too(claim: str, where: str) -> None:
    text = CHINESE.format(claim).replace("标题", "标题 “é” €")
    if where == "transport":
        text = text[text.index("<rss") :]
    read_as, problem = decode(text.encode(), f"text/xml; charset={claim}" if where == "transport" else None)
    assert read_as == text
    assert problem == f"claims to be in {CODECS[claim]}, but is utf-8"


def test_x10_two_bytes_of_a_declared_chinese_document_are_not_taken_for_utf_8() -> None:
    text = '<?xml version="1.0" encoding="gb2312"?><a>校园</a>'
    assert text.encode("gb2312").decode("utf-8")  # as valid as it is wrong
    assert decode(text.encode("gb2312")) == (text, None)


@pytest.mark.parametrize("claim", [None, "utf-8", "iso-8859-1", "windows-1251", "gb2312"])
def test_x10_a_broken_byte_does_not_spoil_a_utf_8_document(claim: str | None) -> None:
    broken = ("<a>" + "Größe 中文 " * 300).encode() + b"\xe4\xb8</a>"
    text, problem = decode(broken, f"text/xml; charset={claim}" if claim else None)
    assert text == "<a>" + "Größe 中文 " * 300 + "\ufffd</a>"
    assert problem is not None
    assert problem.endswith("is utf-8 with bytes that are not") == (claim not in (None, "utf-8"))
    assert problem.endswith("utf-8 with bytes that are not")


@pytest.mark.parametrize(
    ("text", "claim"), [("中文标题和内容" * 20, "gb2312"), ("Größe und Straße " * 20, "iso-8859-1")]
)
def test_x10_a_broken_byte_does_not_spoil_what_is_rightly_claimed(text: str, claim: str) -> None:
    broken = b"<a>" + text.encode(claim) + b"\x81</a>"
    read_as, problem = decode(broken, f"text/xml; charset={claim}")
    assert read_as.startswith(f"<a>{text}\ufffd")
    assert problem == f"is in {CODECS[claim]} with bytes that are not"


@pytest.mark.parametrize(
    ("transport", "declared", "actual"),
    [
        ("koi8-r", "windows-1251", "koi8-r"),  # RFC 7303 §3: the transport comes first …
        ("utf-8", "windows-1251", "windows-1251"),  # … if it can be true
        ("shift_jis", "utf-8", "utf-8"),
        ("ISO-8859-1", "koi8-r", "koi8-r"),  # … and is not what a server says of everything
        ("us-ascii", "windows-1251", "windows-1251"),
        ("utf-16", "koi8-r", "koi8-r"),
        (None, "koi8-r", "koi8-r"),
        ("bogus", "koi8-r", "koi8-r"),
    ],
)
def test_x10_transport_then_document(transport: str | None, declared: str, actual: str) -> None:
    text = f'<?xml version="1.0" encoding="{declared}"?><a>Привет, мир: новости дня</a>'
    assert decode(text.encode(actual), f"text/xml; charset={transport}" if transport else None)[0] == text


MARKS = {
    "utf-8": codecs.BOM_UTF8,
    "utf-16-le": codecs.BOM_UTF16_LE,
    "utf-16-be": codecs.BOM_UTF16_BE,
    "utf-32-le": codecs.BOM_UTF32_LE,
    "utf-32-be": codecs.BOM_UTF32_BE,
}


@pytest.mark.parametrize("encoding", MARKS)
@pytest.mark.parametrize("marked", [True, False])
@pytest.mark.parametrize(
    "document", ['<?xml version="1.0"?><a>中é😀</a>', "\n<a>中é😀</a>", '{"title": "中é😀"}', '[\n{"a": "é"}]']
)
@pytest.mark.parametrize("content_type", [None, "text/xml; charset=koi8-r", "text/xml; charset=utf-16"])
def test_x10_unicode_with_and_without_a_mark(
    encoding: str, marked: bool, document: str, content_type: str | None
) -> None:
    body = MARKS[encoding] * marked + document.encode(encoding)
    text, problem = decode(body, content_type)
    assert text == document
    assert (problem is None) == (marked or encoding != "utf-8" or content_type != "text/xml; charset=koi8-r")


def test_x10_utf_16_that_ends_within_a_character_keeps_the_rest() -> None:
    assert decode("<a>中</a>".encode("utf-16")[:-1]) == ("<a>中</a", None)


@pytest.mark.parametrize("claim", ["utf-16", "utf-16le", "utf-16be", "utf-32"])
def test_x10_a_document_in_bytes_that_claims_utf_16_is_read(claim: str) -> None:
    text = CHINESE.format(claim)
    assert decode(text.encode(), f"text/xml; charset={claim}") == (text, None)


def test_plain_ascii_is_what_any_claim_says() -> None:
    for label in CODECS:
        assert decode(b"<a>plain</a>", f"text/xml; charset={label}") == ("<a>plain</a>", None)


@pytest.mark.parametrize("character", ["①", "㈱", "Ⅳ", "～"])
def test_euc_jp_has_the_characters_that_browsers_read_in_it(character: str) -> None:
    text = f"政府は来年度予算案を{character}閣議決定した"
    assert decode(text.encode("euc_jis_2004"), "text/xml; charset=euc-jp") == (text, None)


def test_iso_2022_jp_has_halfwidth_kana() -> None:
    assert decode(b'<a>\x1b(I1\x1b(B\x1b$B$"\x1b(B</a>', "text/xml; charset=iso-2022-jp") == ("<a>ｱあ</a>", None)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-32-be"])
@given(
    text=st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufeff\ufffe\uffff"), max_size=60)
)
def test_d20_decoding_keeps_every_code_point_as_it_is(encoding: str, text: str) -> None:
    document = f"<a>e\u0301 é \u200fעברית\u202e 👩‍👩‍👧 {text}</a>"
    assert decode(document.encode(encoding), "text/xml; charset=iso-8859-1")[0] == document


@given(
    body=st.binary(max_size=400),
    content_type=st.sampled_from([None, *(f"text/xml; charset={name}" for name in CODECS)]),
)
def test_any_bytes_are_some_text_and_what_is_lost_is_said(body: bytes, content_type: str | None) -> None:
    text, problem = decode(body, content_type)
    assert text == without_forbidden(text)
    assert problem is not None or "\ufffd" not in text
