"""What becomes of one entry's fields, dialect by dialect; whole documents are in `tests/data/feeds`."""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.clean import clean
from feeds.clean.rules import Rules
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


TITLE, LINK, TEXT = (
    "<title>T</title>",
    "<link>https://e.example/1</link>",
    "<description>Some &lt;b&gt;text&lt;/b&gt;</description>",
)
GUID, DATE = "<guid isPermaLink='false'>g</guid>", "<pubDate>Tue, 02 Jan 2024 03:04:05 GMT</pubDate>"


@pytest.mark.parametrize(
    ("inside", "guid", "title"),
    [
        (TITLE + LINK + TEXT + GUID + DATE, "g", "T"),
        (LINK + TEXT + GUID + DATE, "g", "Some text"),
        (TITLE + TEXT + GUID + DATE, "g", "T"),
        (TITLE + LINK + TEXT + DATE, "https://e.example/1", "T"),
        (TITLE + LINK + TEXT + GUID, "g", "T"),
        (TITLE + TEXT, "sha256:", "T"),
        (TEXT, "sha256:", "Some text"),
        (LINK, "https://e.example/1", "e.example/1"),
        ("<guid> \n </guid>" + TITLE, "sha256:", "T"),
        ("", "sha256:", f"sha256:{sha256().hexdigest()}"),
    ],
)
def test_x17_whatever_is_missing_an_entry_has_an_identity_and_a_title(inside: str, guid: str, title: str) -> None:
    body = f'<rss version="2.0"><channel><item>{inside}</item></channel></rss>'.encode()
    (entry,) = clean(read(body), base="", rules=Rules()).entries
    assert entry.guid.startswith(guid)
    assert (entry.title, entry.published is not None) == (title, DATE in inside)
    assert read(body.replace(b"Tue, 02 Jan", b"Wed, 03 Jan")).entries[0].guid == entry.guid


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("1", "https://e.example/blog/1"),
        ("/1", "https://e.example/1"),
        ("../1", "https://e.example/1"),
        ("//other.example/1", "https://other.example/1"),
        ("?p=1", "https://e.example/blog/feed?p=1"),
        ("https:\\\\other.example\\1", "https://other.example/1"),
        *((no, None) for no in ("javascript:alert(1)", "data:text/html,x", "ftp://e.example/1", "mailto:a@e.example")),
    ],
)
def test_x23_every_address_is_absolute_or_gone(written: str, meant: str | None) -> None:
    inside = (
        f'<link>{written}</link><enclosure url="{written}"/><media:thumbnail url="{written}"/>'
        f'<description>&lt;a href="{written}"&gt;a&lt;/a&gt;</description>'
    )
    body = f'<rss version="2.0" {NAMES}><channel><item>{inside}</item></channel></rss>'.encode()
    (entry,) = read(body, url="https://e.example/blog/feed").entries
    assert (entry.url, entry.image, [one.url for one in entry.enclosures]) == (meant, meant, [meant] if meant else [])


def test_x24_entries_keep_the_order_of_the_document() -> None:
    items = "".join(f"<item><guid>{n}</guid><pubDate>2024-01-0{n}</pubDate></item>" for n in (3, 1, 4, 2))
    feed = read(f'<rss version="2.0"><channel>{items}</channel></rss>'.encode())
    assert [entry.guid for entry in feed.entries] == ["3", "1", "4", "2"]


@pytest.mark.parametrize("year", ["2034", "9999"])
def test_d15_a_date_in_the_future_is_what_the_source_claims(year: str) -> None:
    found = item(f"<pubDate>{year}-05-06T07:08:09Z</pubDate>").published
    assert found is not None
    assert found.year == int(year)
    assert item("<pubDate>99999-05-06T07:08:09Z</pubDate>").published is None


def test_d14_what_has_no_date_has_none() -> None:
    items = "<item><title>a</title></item><item><pubDate>2024-01-02</pubDate></item><item><pubDate/></item>"
    feed = read(f'<rss version="2.0"><channel><pubDate>2024-03-04</pubDate>{items}</channel></rss>'.encode())
    assert [entry.published is None for entry in feed.entries] == [True, False, True]


def test_d16_dates_that_feedparser_reads_wrong_are_none_and_harm_no_other() -> None:
    dates = ("0000-00-00 00:00:00", "0001-01-01", "31 Feb 2024", "2024-01-02T25:61:00Z", "2024-01-02")
    items = "".join(f"<item><guid>{n}</guid><pubDate>{date}</pubDate></item>" for n, date in enumerate(dates))
    feed = read(f'<rss version="2.0"><channel>{items}</channel></rss>'.encode())
    assert [entry.published is None for entry in feed.entries] == [True] * 4 + [False]
    assert feed.problems == ()


@pytest.mark.parametrize("guid", ["cafe\u0301", "caf\u00e9", "\u202eabc\u202c", "👩\u200d💻", "ﬁ", "שלום-1", "ａ"])
def test_d20_an_id_is_kept_letter_for_letter(guid: str) -> None:
    assert item(f"<guid isPermaLink='false'>{guid}</guid>").guid == guid
    assert atom(f"<id>{guid}</id>").guid == guid


def test_d20_two_spellings_of_one_id_are_two_ids() -> None:
    items = "<item><guid>cafe\u0301</guid></item><item><guid>caf\u00e9</guid></item>"
    feed = read(f'<rss version="2.0"><channel>{items}</channel></rss>'.encode())
    assert len({entry.guid for entry in feed.entries}) == 2
    assert feed.problems == ()
