"""Where the items of a document are, and when that cannot be told without parsing."""

import pytest

from feeds.parse.items import item_spans

CHANNEL = '<rss version="2.0"><channel><title>A</title>{}</channel></rss>'


def found(items: str, around: str = CHANNEL) -> list[str] | None:
    text = around.format(items)
    spans = item_spans(text)
    return None if spans is None else [text[start:end] for start, end in spans]


@pytest.mark.parametrize(
    "items",
    [
        ["<item><title>1</title></item>", "<item><title>2</title></item>"],
        ["<entry><id>1</id></entry>"],
        ['<item rdf:about="x"><title>1</title></item>', "<item\n><items/></item >"],
        ["<a:item><b>1</b></a:item>", "<a:item></a:item>"],
        ["<item><![CDATA[ <b>&</b> ]]></item>", "<item><!-- said --></item>"],
    ],
)
def test_items_side_by_side_are_found(items: list[str]) -> None:
    assert found("\n ".join(items)) == items


def test_comments_between_items_belong_to_none() -> None:
    assert found("<item>1</item> <!-- cached --> <item>2</item>") == ["<item>1</item>", "<item>2</item>"]


@pytest.mark.parametrize(
    "items",
    [
        "",
        "no items",
        "<items><li/></items>",
        "<item>1",
        "<item>1</item",
        "<item/><item>2</item>",
        "<item>1</item><title>between</title><item>2</item>",
        "<item><item>inside</item></item>",
        "<item><![CDATA[</item><item>]]></item>",
        "<item><!-- </item><item> --></item>",
        "<![CDATA[<item>]]><item>1</item>".replace("]]>", "", 1),
        "<item><itemId>1</itemId></item>",
        "<ITEM>1</ITEM>",
    ],
)
def test_what_is_not_certain_is_not_answered(items: str) -> None:
    assert found(items) is None
