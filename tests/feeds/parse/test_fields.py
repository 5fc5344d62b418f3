"""What becomes of one entry's fields, dialect by dialect; whole documents are in `tests/data/feeds`."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.model import Entry, Person
from feeds.parse import claims, read

NAMES = (
    'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:media="http://search.yahoo.com/mrss/" '
    'xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd"'
)


def item(inside: str) -> Entry:
    return read(f'<rss version="2.0" {NAMES}><channel><item>{inside}</item></channel></rss>'.encode()).entries[0]


def atom(inside: str, attributes: str = "") -> Entry:
    body = f'<feed xmlns="http://www.w3.org/2005/Atom" {attributes}><entry>{inside}</entry></feed>'
    return read(body.encode()).entries[0]


@pytest.mark.parametrize(
    ("written", "lasts"),
    [
        ("1:02:03", 3723),
        ("62:03", 3723),
        ("3723", 3723),
        (" 3723.5 ", 3723.5),
        ("0:30", 30),
        ("90:00:00", 324_000),
        (75.25, 75.25),
        (12, 12),
        *(
            (no, None)
            for no in ("", "0", "00:00", "-1", "about an hour", "1:2:3:4", "1e9", "nan", "١٢", "99999999", None, True)
        ),
        *((no, None) for no in (float("nan"), float("inf"), -1.0, 10**30, [], {})),
    ],
)
def test_a_duration_is_in_seconds_or_unknown(written: object, lasts: float | None) -> None:
    assert claims.seconds(written) == lasts


@given(st.one_of(st.text(), st.floats(), st.integers(), st.none()))
def test_a_duration_is_never_nonsense(claimed: object) -> None:
    lasts = claims.seconds(claimed)
    assert lasts is None or 0 < lasts <= claims.MAX_SECONDS


def test_the_duration_of_an_episode_is_that_of_its_first_file() -> None:
    files = '<enclosure url="https://e.example/a.mp3"/><enclosure url="https://e.example/b.pdf"/>'
    entry = item(f"{files}<itunes:duration>10:00</itunes:duration>")
    assert [enclosure.duration for enclosure in entry.enclosures] == [600, None]


def test_of_media_rss_recordings_are_attached_and_pictures_shown() -> None:
    entry = item(
        '<media:content url="https://e.example/a.jpg" type="image/jpeg" width="10"/>'
        '<media:content url="https://e.example/b.jpg" medium="image" width="900"/>'
        '<media:content url="https://e.example/c.mp3" medium="audio" duration="9"/>'
        '<media:content url="https://e.example/d.swf" type="application/x-shockwave-flash" medium="video"/>'
    )
    assert [(one.url, one.duration) for one in entry.enclosures] == [("https://e.example/c.mp3", 9)]
    assert entry.image == "https://e.example/b.jpg"


def test_of_one_recording_in_several_qualities_the_default_is_attached() -> None:
    one, two = (f'<media:content url="https://e.example/{n}.mp4" type="video/mp4"' for n in (1, 2))
    assert [e.url[-5] for e in item(f'<media:group>{one}/>{two} isDefault="true"/></media:group>').enclosures] == ["2"]
    assert [e.url[-5] for e in item(f"<media:group>{one}/>{two}/></media:group>").enclosures] == ["1", "2"]


def test_a_recording_that_is_enclosed_is_not_attached_again() -> None:
    media = '<media:content url="https://e.example/{}.mp3" type="audio/mpeg" duration="9"/>'
    enclosed = '<enclosure url="https://e.example/1.mp3" type="audio/mpeg"/>'
    assert [one.duration for one in item(enclosed + media.format(1) + media.format(2)).enclosures] == [9]


def test_somebody_who_is_named_twice_is_one_person() -> None:
    entry = item("<dc:creator>Ann</dc:creator><author>ann@e.example (Ann)</author><itunes:author>Ben</itunes:author>")
    assert entry.authors == (Person(name="Ann", email="ann@e.example"), Person(name="Ben"))


@pytest.mark.parametrize("tag", ["iframe", "video", "audio", "script", "textarea"])
def test_an_element_that_xml_closes_at_once_does_not_swallow_the_text(tag: str) -> None:
    entry = item(f'<description><![CDATA[a<{tag} src="https://e.example/"/>b<{tag} src="x" />c]]></description>')
    assert entry.html == f'a<{tag} src="https://e.example/"></{tag}>b<{tag} src="x" ></{tag}>c'


def test_a_slash_that_ends_an_address_closes_nothing() -> None:
    html = "<iframe src=https://e.example/>b</iframe>"
    assert item(f"<description><![CDATA[{html}]]></description>").html == html


def test_a_line_break_with_two_tags_is_one_line_break() -> None:
    assert item("<description><![CDATA[a<br></br>b<br/>c]]></description>").html == "a<br>b<br/>c"


@pytest.mark.parametrize(
    ("inside", "language"),
    [
        ('<title xml:lang="de">T</title><content xml:lang="fr">C</content>', "fr"),
        ('<title xml:lang="de">T</title><content>C</content>', "en"),
        ('<title xml:lang="de">T</title>', "de"),
        ('<title>T</title><content xml:lang="">C</content>', None),
        ("<id>urn:x</id>", "en"),
    ],
)
def test_the_language_of_an_entry_is_that_of_its_text(inside: str, language: str | None) -> None:
    assert atom(inside, 'xml:lang="en"').language == language


def test_what_only_says_when_it_changed_was_published_by_then() -> None:
    entry = atom("<updated>2024-01-02T03:04:05Z</updated>")
    assert entry.published == entry.updated is not None
    assert item("<dc:date>2024-01-02T03:04:05Z</dc:date>").published == entry.updated


def test_x15_bytes_that_are_text_are_shown_as_text_and_others_not() -> None:
    shown = atom('<content type="application/octet-stream">PGI+aGkgdGhlcmU8L2I+</content>')
    assert shown.html == "&lt;b&gt;hi there&lt;/b&gt;"
    for content in ('<content type="image/png">iVBORw0KGgo=</content>', '<content src="https://e.example/x.png"/>'):
        assert atom(content).html == ""


@pytest.mark.parametrize(
    ("written", "name", "email"),
    [
        ("ann@e.museum (Ann)", "Ann", "ann@e.museum"),
        ("Ann &lt;ann@e.museum&gt;", "Ann", "ann@e.museum"),
        ("<![CDATA[Ann <ann@e.museum>]]>", "Ann", "ann@e.museum"),
        ("Ann (ann@e.museum)", "Ann", "ann@e.museum"),
        ("mailto:ann.b+c@news.e.museum?subject=Hi", None, "ann.b+c@news.e.museum"),
        ("ann@e.museum", None, "ann@e.museum"),
        ("Ann (the editor)", "Ann (the editor)", None),
        ("@ann", "@ann", None),
        ("ann@home", "ann@home", None),
    ],
)
def test_an_author_of_rss_is_a_name_an_address_or_both(written: str, name: str | None, email: str | None) -> None:
    for tag in ("author", "dc:creator"):
        assert item(f"<{tag}>{written}</{tag}>").authors == (Person(name=name, email=email),)


@given(st.text("@a.b<>() \ue000", max_size=40))
def test_no_author_makes_it_raise_or_shows_what_stood_for_the_at_sign(written: str) -> None:
    shown = written.replace("\ue000", "")
    for person in item(f"<author><![CDATA[{shown}]]></author>").authors:
        assert "\ue000" not in (person.name or "") + (person.email or "")
