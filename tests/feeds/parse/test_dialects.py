"""Every family of documents, and what writers make of it: one entry with title and link, wherever it stands."""

import pytest

from feeds.parse import read

ITEM = "<{p}item><{p}title>A</{p}title><{p}link>https://e.example/1</{p}link></{p}item>"
ENTRY = '<{p}entry><{p}title>A</{p}title><{p}link href="https://e.example/1"/></{p}entry>'
RDF = 'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"'


def rss(attributes: str = 'version="2.0"', p: str = "") -> str:
    return f"<{p}rss {attributes}><{p}channel><{p}title>T</{p}title>{ITEM.format(p=p)}</{p}channel></{p}rss>"


def rdf(namespace: str, p: str = "", name: str = "xmlns") -> str:
    channel = f"<{p}channel><{p}title>T</{p}title></{p}channel>"
    return f'<rdf:RDF {RDF} {name}="{namespace}">{channel}{ITEM.format(p=p)}</rdf:RDF>'


def atom(attributes: str, p: str = "") -> str:
    return f"<{p}feed {attributes}><{p}title>T</{p}title>{ENTRY.format(p=p)}</{p}feed>"


DOCUMENTS = {
    "RSS 0.90": rdf("http://my.netscape.com/rdf/simple/0.9/"),
    "RSS 0.90 by its other name": rdf("http://channel.netscape.com/rdf/simple/0.9/"),
    **{f"RSS {name}": rss(f'version="{name}"') for name in ("0.91", "0.92", "0.93", "0.94", "2.0", "2.01", "3")},
    "RSS without a version": rss(""),
    "RSS in capitals": rss().replace("rss", "RSS").replace("channel", "CHANNEL"),
    "RSS without its root": "<channel><title>T</title>" + ITEM.format(p="") + "</channel>",
    "RSS with a prefix": rss('xmlns:a="http://backend.userland.com/rss2" version="2.0"', p="a:"),
    "RSS with a prefix of its own making": rss('xmlns:a="https://e.example/rss" version="2.0"', p="a:"),
    "RSS with an undeclared prefix": rss(p="a:"),
    "RSS in the namespace of RSS 1.0": rss('xmlns="http://purl.org/rss/1.0/" version="2.0"'),
    "RSS in a namespace of Userland": rss('xmlns="http://backend.userland.com/RSS2" version="2.0"'),
    "RSS in the namespace of Atom": rss('xmlns="http://www.w3.org/2005/Atom" version="2.0"'),
    "RSS in an unheard-of namespace": rss('xmlns="https://e.example/" version="2.0"'),
    "RSS 1.0": rdf("http://purl.org/rss/1.0/"),
    "RSS 1.0 with a prefix": rdf("http://purl.org/rss/1.0/", "rss:", "xmlns:rss"),
    "RSS 1.0 by a wrong name": rdf("http://purl.org/rss/1.0"),
    "RSS 1.1": f'<Channel xmlns="http://purl.org/net/rss1.1#"><title>T</title><items>{ITEM.format(p="")}</items></Channel>',
    "CDF": '<CHANNEL><TITLE>T</TITLE><ITEM HREF="https://e.example/1"><TITLE>A</TITLE></ITEM></CHANNEL>',
    "Atom 0.3": atom('version="0.3" xmlns="http://purl.org/atom/ns#"'),
    "Atom 1.0": atom('xmlns="http://www.w3.org/2005/Atom"'),
    "Atom with a prefix": atom('xmlns:a="http://www.w3.org/2005/Atom"', p="a:"),
    "Atom with an undeclared prefix": atom("", p="atom:"),
    "Atom by a wrong name": atom('xmlns="http://www.w3.org/2005/Atom/"'),
    "Atom without a namespace": atom(""),
    "Atom over https": atom('xmlns="https://www.w3.org/2005/Atom"'),
}  # fmt: skip


@pytest.mark.parametrize("name", DOCUMENTS)
def test_x14_every_family_is_read_whatever_it_calls_itself(name: str) -> None:
    feed = read(DOCUMENTS[name].encode())
    assert feed.title == "T"
    assert [(entry.title, entry.url) for entry in feed.entries] == [("A", "https://e.example/1")]
