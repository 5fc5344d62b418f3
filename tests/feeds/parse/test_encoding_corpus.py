"""Every document of the shared corpus that is not UTF-8, or says that it is not: read right, to the last character.

The encodings are what the documents expect themselves (feedparser's), or were checked by eye.
"""

import csv
import re
from collections.abc import Iterator

import pytest

from feeds.parse.encoding import decode
from tests.corpus import require_corpus

# name → its real encoding, and what then stands in it
EXPECTED = {
    # feedparser, encoding/: marks, declarations, transport
    "bozo_bogus_encoding.xml": ("ascii", "bogus encoding"),
    "bozo_invalid-bytes-with-bom.xml": ("utf-8-sig", "Valid UTF8: ѨInvalid UTF8: Espa\ufffda"),
    "euc-kr-attribute.xml": ("euc_kr", '&lt;img alt="년" />'),
    "euc-kr-item.xml": ("euc_kr", "<description>년</description>"),
    "http_application_rss_xml_encoding.xml": ("ascii", "application/rss+xml"),
    "http_application_xml_dtd_encoding.xml": ("ascii", "application/xml-dtd"),
    "http_text_rss_xml_charset_overrides_encoding.xml": ("ascii", "text/rss+xml"),
    "http_text_xml_epe_encoding.xml": ("ascii", "text/xml-external-parsed-entity"),
    "no_content_type_encoding.xml": ("ascii", "iso-8859-1"),
    "utf-16be.xml": ("utf-16-be", "<rss"),
    "utf-32be-autodetect.xml": ("utf-32-be", "<rss"),
    "utf-32le-bom.xml": ("utf-32", "<rss"),
    "utf-32le.xml": ("utf-32-le", "<rss"),
    "utf16.xml": ("utf-16-be", "<rss"),
    "utf_32.xml": ("utf-32-be", "<rss"),
    # feedparser, illformed/chardet/: nothing says it
    "eucjp.xml": ("euc_jp", "<title>ゲーム三昧な正月</title>"),
    "euckr.xml": ("euc_kr", "<title>EUC-KR 에서 TypeKey 한글닉네임 표시하기</title>"),
    "gb2312.xml": ("gb2312", "<title>不归移民漫画系列：专业工作</title>"),
    "windows1255.xml": ("cp1255", "האם תדפיס נייר של אתר אינטרנט שמוצג על מסך משתמש"),
    # the others
    "Rss20FinanzenNet.xml": ("utf-8", "hat das Kursziel für NVIDIA Corp."),
    "atom-category.xml": ("ascii", "Content Considered Harmful Atom Feed"),
    "iso-8859-1.rss": ("cp1252", "<title>Mëkanïk Zaïn</title>"),
    "issue131-rss.xml": ("ascii", "<title>Testing</title>"),
    "kc0011.rss": ("gb18030", "投资资讯网交易在线--流通纪念币最新20篇论坛主题-全文"),
    "mediacontent-dupes.xml": ("utf-8", "© Bettmann/CORBIS"),
    "rss2.0-gml.xml": ("ascii", "coldplay Tour"),
    "rss_0.91_encoding_1.xml": ("cp1252", "<title>Dicas-L: Dicas técnicas de Linux e Software Livre"),
    "rss_0.91_encoding_2.xml": ("cp1252", "prevenção contra o novo Coronavírus"),
    "rss_0.91_spec_1.xml": ("ascii", "<title>WriteTheWeb</title>"),
    "rss_1.0_iso8859.xml": ("cp1252", "Neue Glasfaserförderung mit Schnellkasse"),
    "rss_2.0_encoding_1.xml": ("cp1252", "Revolução nas telas com pontos quânticos impressos em 3D"),
    "uolNoticias.rss": ("cp1252", "Alckmin em simulações de 2º turno"),
    "utf16_encoded.xml": ("ascii", "<title>UTF-16 Entry 1</title>"),
}
_SAYS_OTHERWISE = re.compile(rb"""encoding\s*=\s*["'](?!\s*utf-?8\s*["'])""", re.IGNORECASE)
_SERVED_AS = re.compile(rb"Header:\s+Content-type:\s*(.*)", re.IGNORECASE)


def documents() -> Iterator[tuple[str, bytes]]:
    corpus = require_corpus()
    with (corpus / "manifest.tsv").open(encoding="utf-8", newline="") as manifest:
        for row in csv.DictReader(manifest, delimiter="\t"):
            body = (corpus / "files" / row["local"]).read_bytes()
            if not _is_utf_8(body) or b"\0" in body[:100] or _SAYS_OTHERWISE.search(body[:200]):
                yield row["local"].rpartition("/")[2], body


def _is_utf_8(body: bytes) -> bool:
    try:
        return body.decode("utf-8") is not None
    except UnicodeDecodeError:
        return False


def test_x10_every_document_that_is_not_utf_8_or_says_so_is_read_right() -> None:
    read = {}
    for name, body in documents():
        served = _SERVED_AS.search(body)
        text, _ = decode(body, served[1].decode().strip() if served else None)
        codec, excerpt = EXPECTED[name]
        assert excerpt in text, name
        assert text == body.decode(codec, "replace").removeprefix("\ufeff"), name
        read[name] = text
    assert read.keys() == EXPECTED.keys()


@pytest.mark.parametrize("claim", [None, "text/xml; charset=utf-8"])
def test_x10_they_are_read_right_without_their_declaration_too(claim: str | None) -> None:
    count = 0
    for name, body in documents():
        codec, excerpt = EXPECTED[name]
        undeclared = re.sub(rb"<\?xml [^>]*\?>", b"", body, count=1)
        if (
            codec != "ascii" and not codec.startswith("utf-") and not name.startswith("euc-kr-")
        ):  # one syllable: no text
            assert excerpt in decode(undeclared, claim)[0], name
            count += 1
    assert count == 11
