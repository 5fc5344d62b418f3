"""Encodings that nobody names: each language in each of its encodings, short, cut, and hostile."""

import re

import pytest

from feeds.parse import guess
from feeds.parse.encoding import CODECS, decode
from feeds.webpage import text_of_page

FEED = (
    '<?xml version="1.0"?><rss version="2.0"><channel><title>News</title><item><title>{}</title></item></channel></rss>'
)
HEADLINES = {
    "ru": ("Учёные обнаружили древний город", "cp1251 koi8_r iso8859_5 cp866"),
    "uk": ("Їжа, яка допомагає зберегти здоров'я", "cp1251 koi8_u iso8859_5"),
    "bg": ("Учени откриха древен град край Черно море", "cp1251 iso8859_5"),
    "zh-Hans": ("国务院召开常务会议部署经济工作", "gb2312 gbk gb18030"),
    "zh-Hant": ("行政院通過明年度中央政府總預算案", "big5 big5hkscs"),
    "ja": ("政府は来年度予算案を閣議決定した", "shift_jis cp932 euc_jp iso2022_jp"),
    "ko": ("과학자들이 새로운 생물을 발견했다", "euc_kr cp949"),
    "th": ("รัฐบาลอนุมัติงบประมาณประจำปีหน้า", "cp874"),
    "ar": ("كيف يغير الذكاء الاصطناعي حياتنا اليومية", "cp1256 iso8859_6"),
    "he": ("הממשלה אישרה את התקציב לשנה הבאה", "cp1255 iso8859_8"),
    "el": ("Η κυβέρνηση ενέκρινε τον προϋπολογισμό", "cp1253 iso8859_7"),
    "tr": ("Uzmanlar kış hastalıklarına karşı uyarıyor", "cp1254"),
    "pl": ("Zażółć gęślą jaźń: święto języka polskiego", "cp1250 iso8859_2"),
    "cs": ("Vědci objevili nové druhy v hlubinách moře", "cp1250 iso8859_2"),
    "hu": ("Árvíztűrő tükörfúrógép, ékezetek a számítógépen", "cp1250 iso8859_2"),
    "lt": ("Vyriausybė patvirtino kitų metų biudžetą", "cp1257 iso8859_13"),
    "vi": ("Chuyên gia ca\u0309nh báo bê\u0323nh mùa đông", "cp1258"),
    "de": ("Große Straßenfeste in Köln und Düsseldorf", "cp1252"),
    "fr": ("L’équipe de France s’impose deux à un", "cp1252"),
    "es": ("El año que viene habrá más niños en la escuela", "cp1252"),
    "en": ("The government’s “budget” was approved", "cp1252"),
}
EVERY = [(headline, codec) for headline, codecs in HEADLINES.values() for codec in codecs.split()]


@pytest.mark.parametrize(("headline", "codec"), EVERY)
def test_x10_one_headline_without_any_claim_is_read_right(headline: str, codec: str) -> None:
    text = FEED.format(headline)
    read, problem = decode(text.encode(codec))
    assert read == text
    assert problem is not None
    assert problem.startswith("names no encoding that we know, but is ")


@pytest.mark.parametrize(("headline", "codec"), EVERY)
def test_x10_a_claim_of_utf_8_that_fails_ends_in_the_same_text(headline: str, codec: str) -> None:
    text = FEED.format(headline)
    read, problem = decode(text.encode(codec), "text/xml; charset=utf-8")
    assert read == text
    assert problem is not None
    assert problem.startswith("claims to be in utf-8, but is ")


@pytest.mark.parametrize("language", ["zh-Hans", "zh-Hant", "ja", "ko"])
@pytest.mark.parametrize("content_type", [None, "text/xml; charset=utf-8", "text/xml; charset=iso-8859-1"])
def test_x10_summaries_cut_within_a_character_do_not_spoil_the_rest(language: str, content_type: str | None) -> None:
    headline, codecs = HEADLINES[language]
    codec = codecs.split()[0]
    cut = headline[:12].encode(codec)[:-1].decode("latin-1")
    body = FEED.format(f"{headline.encode(codec).decode('latin-1')}</title><title>{cut}").encode("latin-1")
    read, problem = decode(body, content_type)
    assert f"<title>{headline}</title>" in read
    assert "\ufffd" in read
    assert problem is not None
    assert problem.endswith(" with bytes that are not")


@pytest.mark.parametrize(
    ("headline", "codec"),
    [
        (headline, codec)
        for headline, codec in EVERY
        if codec in ("euc_jp", "shift_jis", "gbk", "big5", "koi8_r", "cp1251")
    ],
)
def test_x10_no_servers_default_makes_another_script_western(headline: str, codec: str) -> None:
    text = FEED.format(headline)
    read, problem = decode(text.encode(codec), "text/xml; charset=ISO-8859-1")
    assert read == text
    assert problem is not None
    assert problem.startswith("claims to be in cp1252, but is ")


@pytest.mark.parametrize("language", ["de", "fr", "es", "en", "pl", "cs", "hu", "tr"])
def test_what_can_be_western_stays_what_it_claims(language: str) -> None:
    text = HEADLINES[language][0].encode("cp1252", "ignore").decode("cp1252")
    assert decode(text.encode("cp1252"), "text/xml; charset=windows-1252") == (text, None)


@pytest.mark.parametrize("text", ["é“", "€", "© 2026", "20°", "Ã\xad"])
def test_an_accent_or_two_without_a_word_are_western(text: str) -> None:
    body = f"<a>{text}</a>".encode("cp1252")
    assert guess.encoding_of(guess.sample_of(body)) == "cp1252"


@pytest.mark.parametrize("meta", ["", '<meta charset="utf-8">', '<meta charset="shift_jis">'])
def test_x10_a_page_is_read_right_whatever_its_meta_says(meta: str) -> None:
    page = f"<html><head>{meta}<title>政府は来年度予算案を閣議決定した</title></head><body>本文</body></html>"
    assert text_of_page(page.encode("shift_jis"), "text/html") == page
    assert text_of_page(page.encode("utf-8"), "text/html; charset=ISO-8859-1") == page


def test_every_guess_is_an_encoding_of_the_list() -> None:
    assert {*guess._COMMON, *guess._EVERY.values(), guess._USUAL} <= set(CODECS.values())


def test_chardet_knows_every_name_that_it_may_answer() -> None:
    for name, codec in guess._EVERY.items():
        assert "a".encode(name) == "a".encode(codec)
    assert guess._by_statistics("Учёные обнаружили древний город".encode("koi8_r")) in ("koi8_r", "koi8_u")


def test_the_sample_is_the_text_and_not_its_markup() -> None:
    body = "<p class='пример'>plain <b>one</b> two Привет, three</p><i>é</i>".encode("cp1251", "ignore")
    sample = guess.sample_of(body)
    assert " two Привет, three".encode("cp1251") in sample
    assert not re.search(b"[<>]", sample)


@pytest.mark.parametrize("unit", [b"\xff", b"a\xff", b"<\xff", b"\x81A", b"\xc3\xa9\xff", b"\xe4"])
def test_the_sample_is_bounded(unit: bytes) -> None:
    assert 0 < len(guess.sample_of(unit * 100_000)) <= guess.SAMPLE
