"""Letters that came as two or three others, and those that only look so."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.misread import reread


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("lâ€™hÃ©roÃ¯ne de la piÃ¨ce", "l’héroïne de la pièce"),
        ("Ã€ tout juste 30Â\xa0ans", "À tout juste 30\xa0ans"),
        ("TÃ‰LÃ‰VISION", "TÉLÉVISION"),
        ("grÃ¶ÃŸte Ã„rger", "größte Ärger"),
        ("Â«Ã©voluÃ©Â»", "«évolué»"),
        ("Å“uvres", "œuvres"),
        ("\xc3\x89t\xc3\xa9", "Été"),  # read as Latin-1
        ("Ã\x83Â©tÃ\x83Â©", "été"),  # twice
        ("ä¸–ç•Œæ–‡åŒ–", "世界文化"),
        ("<p>Ã©tÃ©</p> et été", "<p>été</p> et été"),  # a template and its text
    ],
)
def test_what_was_read_wrongly_is_read_back(written: str, meant: str) -> None:
    assert reread(written) == meant


@pytest.mark.parametrize(
    "text",
    [
        "CAFÉ™", "CAFÉ’S", "MANHÃ…", "IRMÃ\xa0PAULA", "«MANHÃ»", "SÃO PAULO", "déjà vu — “naïve”", "Ã", "Â", "50\xa0€",
        "ÑÐ", "Île-de-France", "新款折叠屏", "مرحبا", "naïve café", "ÉÈÀ", "",
    ],
)  # fmt: skip
def test_what_is_meant_so_stays(text: str) -> None:
    assert reread(text) == text


@given(st.text(alphabet="abc éèüößñç’“—", min_size=1))
def test_western_text_that_went_through_windows_once_comes_back(text: str) -> None:
    try:
        garbled = text.encode().decode("cp1252")
    except UnicodeDecodeError:
        garbled = text.encode().decode("latin-1")
    assert reread(garbled) == text


@given(st.text(alphabet="aÃÂâ€™©\xa0ÅÐÑ…é", max_size=30))
def test_what_was_read_back_stays_as_it_is(text: str) -> None:
    assert reread(reread(reread(text))) == reread(reread(text))
