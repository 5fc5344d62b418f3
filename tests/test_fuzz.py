"""Damaged documents are answered, whatever they are: some hundred of those that `benchmarks.fuzz` makes by the million.

Beside them, feeds that hypothesis builds piece by piece, well-formed and not. What a fuzzer has found is a test of its
own, in the file of the part that was mended.
"""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.fuzz import fault_of, mutant, seeds

GROUPS = 10
DOCUMENTS = 300

text = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
markup = st.sampled_from(
    [
        "",
        "&lt;p&gt;",
        "<![CDATA[<b>",
        "]]>",
        "&amp;amp;",
        "&nbsp;",
        "&#xD800;",
        "<br/>",
        "<b>",
        "</b>",
        "<img src='x'/>",
    ]
)
name = st.sampled_from(
    [
        "title",
        "link",
        "guid",
        "description",
        "pubDate",
        "author",
        "dc:creator",
        "category",
        "content:encoded",
        "media:thumbnail",
        "enclosure",
        "source",
        "id",
        "updated",
        "published",
        "summary",
        "content",
        "entry",
        "item",
        "image",
        "geo:lat",
        "itunes:image",
        "x:y",
    ]
)
attributes = st.dictionaries(
    st.sampled_from(
        ["type", "href", "rel", "url", "length", "xml:base", "xml:lang", "isPermaLink", "mode", "src", "x:y"]
    ),
    st.sampled_from(
        ["", "text", "html", "xhtml", "base64", "enclosure", "self", "http://[", "//a", "data:,", "1e9", "\u202e"]
    ),
    max_size=3,
)


def element(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    def written(name: str, given: dict[str, str], content: list[str], end: bool) -> str:
        said = "".join(f" {key}='{value}'" for key, value in given.items())
        return f"<{name}{said}>{''.join(content)}" + (f"</{name}>" if end else "")

    often = st.sampled_from([True, True, True, True, False])
    return st.builds(written, name, attributes, st.lists(inner, max_size=4), often)


content = st.recursive(st.one_of(text, markup), element, max_leaves=25)
root = st.sampled_from(
    [
        ("<rss version='2.0'><channel>", "</channel></rss>"),
        ("<feed xmlns='http://www.w3.org/2005/Atom' xml:base='x'>", "</feed>"),
        ("<feed version='0.3' xmlns='http://purl.org/atom/ns#'>", "</feed>"),
        (
            "<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#' xmlns='http://purl.org/rss/1.0/'>",
            "</rdf:RDF>",
        ),
    ]
)
json_value = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), text),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(
                [
                    "id",
                    "url",
                    "title",
                    "content_html",
                    "content_text",
                    "attachments",
                    "authors",
                    "name",
                    "tags",
                    "image",
                ]
            ),
            inner,
        ),
    ),
    max_leaves=20,
)


@pytest.mark.parametrize("first", range(0, DOCUMENTS, DOCUMENTS // GROUPS))
def test_a_damaged_document_is_answered(first: int) -> None:
    paths = seeds()
    for number in range(first, first + DOCUMENTS // GROUPS):
        assert fault_of(mutant(paths, 0, number)) is None, f"python -m benchmarks.fuzz --seed 0 --only {number}"


@given(root, st.lists(content, max_size=5), st.sampled_from(["item", "entry"]))
def test_a_feed_of_any_elements_is_answered(root: tuple[str, str], inner: list[str], item: str) -> None:
    items = "".join(f"<{item}>{one}</{item}>" for one in inner)
    assert fault_of(f"{root[0]}{items}{root[1]}".encode()) is None


@given(
    st.lists(json_value, max_size=4), st.dictionaries(st.sampled_from(["title", "icon", "hubs", "expired"]), json_value)
)
def test_a_json_feed_of_any_values_is_answered(items: list[object], more: dict[str, object]) -> None:
    body = json.dumps({"version": "https://jsonfeed.org/version/1.1", "items": items, **more})
    assert fault_of(body.encode()) is None
