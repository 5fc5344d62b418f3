"""`read`: sniffing, and documents that are cut, empty, poisoned or something else."""

import json
import socket

import pytest

from feeds.errors import EmptyDocument, FeedError, NotAFeed, Truncated, Unreadable
from feeds.parse import claims, read

ITEM = "<item><guid>{0}</guid><title>Item {0}</title></item>"


def rss(*items: str, head: str = "") -> bytes:
    return f'<rss version="2.0"><channel><title>T</title>{head}{"".join(items)}</channel></rss>'.encode()


RSS = b"""<?xml version="1.0" encoding="utf-8"?>
<!-- made by <b>hand</b> --><!DOCTYPE rss>
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel><title>T\xc3\xa9</title>
<item><guid>a</guid><content:encoded><![CDATA[<p>Write </rss> last.</p>]]></content:encoded></item>
<item><title>B &amp; C</title><guid>b</guid></item></channel></rss>"""
RDF = b"""<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/">
<channel rdf:about="x"><title>t</title></channel><item rdf:about="y"><title>u</title></item></rdf:RDF>"""
ATOM = b"""<feed xmlns="http://www.w3.org/2005/Atom"><title>t</title><entry><id>urn:y</id><title>e</title>
<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">a<br/>b</div></content></entry></feed>"""
JSON = b'{"version":"https://jsonfeed.org/version/1.1","title":"t }","items":[{"id":"1","content_text":"a\\"b]"}]}'
UTF16 = RSS.decode().replace("utf-8", "utf-16").encode("utf-16")


@pytest.mark.parametrize("whole", [RSS, RDF, ATOM, JSON, UTF16], ids=["rss", "rdf", "atom", "json", "utf-16"])
def test_n05_a_document_cut_at_any_byte_is_truncated(whole: bytes) -> None:
    mark = 2 if whole is UTF16 else 0
    assert read(whole).entries
    for length in range(mark + 1, len(whole)):
        with pytest.raises((Truncated, EmptyDocument) if length <= mark + 1 else Truncated):
            read(whole[:length])


@pytest.mark.parametrize("body", [b"", b"   \r\n\t", b"\xef\xbb\xbf", b"\x00\x00"])
def test_n26_an_empty_document_is_empty(body: bytes) -> None:
    with pytest.raises(EmptyDocument):
        read(body)


@pytest.mark.parametrize(
    ("body", "named"),
    [
        (b"<!DOCTYPE html><html><head><title>Just a moment...</title>", "HTML page titled 'Just a moment...'"),
        (b"<html><body>See my <rss> feed</body></html>", "HTML page"),
        (b'<?xml version="1.0"?><opml version="2.0"><body/></opml>', "OPML"),
        (b'<?xml version="1.0"?><urlset/>', "sitemap"),
        (b'<rdf:RDF xmlns:rdf="x" xmlns:foaf="y"></rdf:RDF>', "<rdf>"),
        (b'{"error": "rate limited"}', "'error'"),
        (b"[1, 2]", "JSON array"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "PNG"),
        (b"Internal Server Error", "Internal Server Error"),
    ],
)
def test_n06_n28_what_is_no_feed_is_named(body: bytes, named: str) -> None:
    with pytest.raises(NotAFeed) as caught:
        read(body, content_type="application/rss+xml")
    assert named in str(caught.value)


@pytest.mark.parametrize("content_type", ["text/html", "image/png", None, "nonsense", "text/xml; charset=zlib"])
def test_n29_the_content_type_decides_nothing(content_type: str | None) -> None:
    assert len(read(RSS, content_type=content_type).entries) == 2


@pytest.mark.parametrize(
    "junk",
    [
        b"\xef\xbb\xbf",
        b"\n\n \t",
        b"<br />\n<b>Warning</b>: Cannot modify header in <b>/x.php</b> on line <b>3</b><br />\n",
        b"<!-- cached -->\n",
        b"Notice: undefined index\n",
    ],
)
def test_x11_junk_before_the_feed_is_stepped_over(junk: bytes) -> None:
    feed = read(junk + RSS)
    assert len(feed.entries) == 2
    assert bool(feed.problems) is bool(junk.strip(b"\xef\xbb\xbf\n \t"))


def test_x11_junk_after_the_feed_is_stepped_over() -> None:
    feed = read(RSS + b"\n<script>track()</script><!-- 0.3 s -->")
    assert len(feed.entries) == 2
    assert feed.problems


@pytest.mark.parametrize("reference", ["&#xD800;", "&#55296;", "&#0;", "&#x1F;", "&#xFFFE;", "&#99999999999;"])
def test_x04_an_impossible_character_reference_harms_nobody(reference: str) -> None:
    feed = read(rss(*(ITEM.format(number) for number in range(49)), f"<item><title>bad {reference}!</title></item>"))
    assert len(feed.entries) == 50
    assert feed.entries[-1].title == "bad !"


def test_x04_in_utf_16_too() -> None:
    text = rss("<item><title>bad &#xD800;!</title></item>").decode()
    assert read(text.encode("utf-16")).entries[0].title == "bad !"


def test_two_halves_of_an_emoji_are_put_together() -> None:
    feed = read(rss("<item><title>&#xD83D;&#xDE00; &#55357;&#56832;</title></item>"))
    assert feed.entries[0].title == "😀 😀"


def test_x04_an_entry_that_cannot_be_converted_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(claims, "tags", lambda found: 1 / 0 if list(found) == ["boom"] else ())
    feed = read(rss(ITEM.format(1), "<item><category>boom</category></item>", ITEM.format(3)))
    assert [entry.guid for entry in feed.entries] == ["1", "3"]
    assert feed.problems == ("entry 2 was left out: ZeroDivisionError: division by zero",)


def test_x06_of_too_many_entries_the_newer_end_is_kept() -> None:
    dated = "<item><guid>{0}</guid><pubDate>2024-01-0{1}T{2:02}:{3:02}:00Z</pubDate></item>"
    upwards = [
        dated.format(number, 1 + number // 1440, number // 60 % 24, number % 60)
        for number in range(claims.MAX_ENTRIES + 5)
    ]
    feed = read(rss(*upwards))
    assert (feed.entries[0].guid, feed.entries[-1].guid, len(feed.entries)) == ("5", "2004", claims.MAX_ENTRIES)
    assert read(rss(*reversed(upwards))).entries[0].guid == "2004"
    assert "2005 entries" in feed.problems[0]


def test_x08_forbidden_characters_never_come_out() -> None:
    feed = read(
        "<rss><channel><item><guid>a\x00\x0b\ufffe</guid><title>b\x1f\uffff</title></item></channel></rss>".encode()
    )
    assert (feed.entries[0].guid, feed.entries[0].title) == ("a", "b")


def test_x01_x02_entities_are_neither_fetched_nor_multiplied() -> None:
    bomb = '<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">' + "".join(
        f'<!ENTITY x{n} "{f"&x{n - 1};" * 10 if n else "&b;" * 10}">' for n in range(12)
    )
    secret = '<!ENTITY s SYSTEM "file:///etc/passwd">'
    doctype = f"<!DOCTYPE rss [{bomb}{secret}]>"
    feed = read(doctype.encode() + rss("<item><guid>1</guid><title>&s;&x11;</title></item>"))
    assert "root:" not in feed.entries[0].title
    assert len(feed.entries[0].title) < 100


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-be"])
@pytest.mark.parametrize(
    "declared",
    [
        '<!ENTITY s SYSTEM "file:///etc/passwd">',
        '<!ENTITY s SYSTEM "http://127.0.0.1:9/">',
        '<!ENTITY s PUBLIC "x" "file:///etc/passwd">',
        '<!ENTITY % p SYSTEM "file:///etc/passwd"> %p; <!ENTITY s "&#37;p;">',
        "<!ENTITY % p \"&#60;!ENTITY s SYSTEM 'file:///etc/passwd'>\"> %p;",
    ],
)
def test_x01_no_entity_brings_in_a_file_and_the_item_is_kept(declared: str, encoding: str) -> None:
    head = f'<?xml version="1.0" encoding="{encoding[:6]}"?><!DOCTYPE rss SYSTEM "file:///etc/passwd" [{declared}]>'
    (entry,) = read((head + rss("<item><guid>1</guid><title>a &s; b</title></item>").decode()).encode(encoding)).entries
    assert (entry.guid, "root:" in repr(entry), entry.title[0], entry.title[-1]) == ("1", False, "a", "b")


def test_x08_halves_of_characters_never_come_out_however_they_are_written() -> None:
    raw = b"a\xed\xa0\x80b\xed\xb0\x80c"  # U+D800 and U+DC00 as if UTF-8 had them
    references = b"&#xD800;&#xDFFF;&#55296;&#xFFFE;&#65535;&#0;&#x0;&#8;"
    for written in (raw, references, raw + references):
        (entry,) = read(rss("<item><guid>1</guid><title>x</title></item>").replace(b"x<", written + b"x<")).entries
        assert entry.title.endswith("x")
        assert not any(0xD800 <= ord(c) < 0xE000 or ord(c) in (0xFFFE, 0xFFFF) or ord(c) < 32 for c in entry.title)
    surrogate = json.dumps(
        {"items": [{"id": "a\ud800b", "title": "\udfff", "content_html": "<p>\ud800\u0000\uffff</p>"}]}
    )
    (entry,) = read(surrogate.encode()).entries
    assert (entry.guid, entry.title, entry.html) == ("ab", "", "<p></p>")


@pytest.mark.parametrize(
    "bad",
    [
        "<title>bad &#xD800;</title>",
        "<title>bad</title><pubDate>Tue, 99 Foo 99999 99:99:99 +9999</pubDate>",
        "<title>bad</title><pubDate>0000-00-00T00:00:00Z</pubDate>",
        f"<title>bad</title><enclosure url='https://e.example/' length='{10**20}'/>",
        f"<title>bad</title><pubDate>{10**20}</pubDate>",
    ],
)
def test_x04_one_bad_item_in_fifty_is_read_as_well_as_it_can_be(bad: str) -> None:
    items = [ITEM.format(number) for number in range(49)]
    feed = read(rss(*items[:25], f"<item>{bad}</item>", *items[25:]))
    assert (len(feed.entries), feed.entries[25].title[:3], feed.entries[25].published) == (50, "bad", None)


def test_x09_a_codec_of_python_is_no_encoding() -> None:
    feed = read(RSS.replace(b"utf-8", b"utf-7"))
    assert feed.title == "Té"


@pytest.mark.parametrize(
    "body",
    [
        rss(),
        b'<rss version="2.0"/>',
        b'<feed xmlns="http://www.w3.org/2005/Atom"><title>t</title></feed>',
        b'<feed xmlns="http://www.w3.org/2005/Atom"/>',
        RDF[: RDF.index(b"<item")] + b"</rdf:RDF>",
        b'{"version": "https://jsonfeed.org/version/1.1", "title": "t", "items": []}',
    ],
)
def test_x20_a_feed_without_entries_is_a_feed(body: bytes) -> None:
    assert read(body).entries == ()
    assert read(body).problems == ()


def test_x25_no_dtd_is_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object) -> None:
        raise AssertionError("something was opened")

    dtd = '"-//Netscape Communications//DTD RSS 0.91//EN" "http://127.0.0.1:9/rss-0.91.dtd"'
    body = f"<!DOCTYPE rss PUBLIC {dtd}>".encode() + rss("<item><title>Caf&eacute;</title></item>")
    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)
    assert read(body).entries[0].title == "Café"


def test_something_that_only_looks_like_a_feed_is_unreadable() -> None:
    with pytest.raises(Unreadable):
        read(b"<channel></channel>")


def test_d03_entries_that_share_one_guid_are_told_apart_by_their_links() -> None:
    items = "".join(f"<item><guid>same</guid><link>https://e.example/{n}</link></item>" for n in (1, 2))
    feed = read(rss(items))
    assert [entry.guid for entry in feed.entries] == ["https://e.example/1", "https://e.example/2"]
    assert "same guid" in feed.problems[0]


def test_d06_a_huge_guid_is_kept_in_short_and_stays_unique() -> None:
    one, two = (read(rss(f"<item><guid>{'g' * 12_000}{n}</guid></item>")).entries[0].guid for n in (1, 2))
    assert len(one) == claims.MAX_GUID
    assert one != two


def test_x17_an_entry_without_anything_to_know_it_by_gets_a_stable_guid() -> None:
    first = read(rss("<item><title>T</title><description>D</description><pubDate>2024-01-02</pubDate></item>"))
    later = read(
        rss("<item><title>T</title><description>D</description><pubDate>2024-01-03</pubDate></item>", head=" ")
    )
    assert first.entries[0].guid == later.entries[0].guid
    assert first.entries[0].guid.startswith("sha256:")


def test_x21_lengths_are_sane_and_enclosures_capped() -> None:
    lengths = ("abc", "-1", str(10**20), "1_0", "１２", " 12 ")
    some = "".join(f'<enclosure url="/{n}" length="{length}"/>' for n, length in enumerate(lengths))
    many = "".join(f'<enclosure url="https://e.example/many{n}"/>' for n in range(500))
    one, two = read(rss(f"<item>{some}</item>", f"<item>{many}</item>"), url="https://e.example/feed").entries
    assert [enclosure.url for enclosure in one.enclosures] == [f"https://e.example/{n}" for n in range(6)]
    assert [enclosure.length for enclosure in one.enclosures] == [None, None, None, None, None, 12]
    assert len(two.enclosures) == claims.MAX_ENCLOSURES


def test_x22_names_are_capped() -> None:
    categories = "".join(f"<category>c{n}</category>" for n in range(5000))
    item = f"<item><author>{'a' * 1_000_000}</author>{categories}<title>{'t' * 5000}</title></item>"
    entry = read(rss(item, head=f"<language>{'l' * 300}</language>")).entries[0]
    assert len(entry.authors[0].name or "") == claims.MAX_NAME
    assert (len(entry.tags), len(entry.title), entry.language) == (claims.MAX_TAGS, claims.MAX_TITLE, None)


def test_x22_a_name_of_a_megabyte_and_a_prolog_of_blank_lines_cost_nothing() -> None:
    author = "<author>" + "a" * 1_000_000 + "<b/></author>"
    body = b"<?xml version='1.0'?>" + b"\n" * 50_000 + rss(f"<item><title>t</title>{author}</item>")
    assert read(body).entries[0].title == "t"


def test_x13_one_item_that_is_not_well_formed_leaves_the_others() -> None:
    feed = read(rss(ITEM.format(1), "<item><title>a <b> & c</title></item>", ITEM.format(3)))
    assert [entry.guid for entry in feed.entries][::2] == ["1", "3"]
    assert "not well-formed" in feed.problems[0]


@pytest.mark.parametrize(
    "body", [b'{"items": [' * 50_000, b"{" + b'"a":[' * 50_000, b'{"version": NaN', b"<rss" * 1000]
)
def test_hostile_documents_raise_only_feed_errors(body: bytes) -> None:
    with pytest.raises(FeedError):
        read(body)


@pytest.mark.parametrize(("expired", "ended"), [("true", True), ("false", False), ('"yes"', False), ("1", False)])
def test_x18_a_json_feed_that_has_expired_says_so(expired: str, ended: bool) -> None:
    body = f'{{"version": "https://jsonfeed.org/version/1.1", "items": [{{"id": "1"}}], "expired": {expired}}}'
    feed = read(body.encode())
    assert (feed.rhythm.ended, len(feed.entries)) == (ended, 1)
