"""The contract of every row of TREES: a file for each entry, front matter that is read back exactly, the same HTML."""

import os
import re
import subprocess
import sys
import unicodedata
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from ruamel.yaml import YAML
from selectolax.lexbor import LexborHTMLParser

from feeds.clean.sanitize import safe_html
from feeds.model import Entry, Feed, Person, Source
from feeds.render import TREES, Tree
from feeds.render.posts import identity, identity_in
from feeds.render.values import line
from tests.feeds.render.samples import BARE, EMPTY_FEED, EVERYTHING, FULL_FEED, feed_of
from tests.feeds.render.test_formats import ANY_FEED, ANY_TEXT, POISON

ALL = pytest.mark.parametrize("tree", TREES.values(), ids=TREES.keys())
MARKDOWN = MarkdownIt("commonmark")
# What means something to one of the languages that a post passes through.
TEMPLATES = "{{ 7*7 }} {{{x}}} {% raw %} {%- endraw %} {# no #} {{< youtube >}} {{% note %}} {"
MARKUP = "# h\n- l\n\n    code\n\n```js\n`x`\n```\n> q\n| a |\n|---|\n[a]: http://b.example\n$$x$$ **b**\n\t\nend"
BODIES = {
    "plain": "text",
    "templates": f"<p>{TEMPLATES}</p><code>{{</code>{{",
    "attributes": f'<p title="{TEMPLATES}">x</p><a href="https://a.example/{{{{x}}}}">y</a>',
    "code": f"<pre><code>{MARKUP}\n{TEMPLATES}</code></pre>",
    "markdown": f"<p>{MARKUP}</p>{MARKUP}<ul>\n\n\n  <li>{MARKUP}</li>\n</ul>",
    "blank lines": '<p>a</p>\n\n\n  \n<p title="x\n\ny">b</p>\n    <p>c</p>\n',
    "comments": "&lt;!--more--&gt; &lt;!-- more --&gt; &lt;!--swig\ufffc0--&gt; \u2028```\u2028~~~\u2029",
    "blocks": "<div><div>a</div></div>\n\n<table><tbody><tr><td>b</td></tr></tbody></table><hr><details>s</details>",
}


def read(post: bytes, version: tuple[int, int] = (1, 2)) -> tuple[dict[str, Any], str]:
    """(front matter, body) of a post, as a YAML parser of that version reads it."""
    _, front, body = post.decode().split("---\n", 2)
    yaml = YAML(typ="safe", pure=True)
    yaml.version = version
    return dict(yaml.load(front)), body


def only(tree: Tree, *entries: Entry) -> tuple[str, bytes]:
    ((name, post),) = tree.render(feed_of(*entries)).items()
    return name, post


def dom(html: str) -> str | None:
    return LexborHTMLParser(f"<!doctype html><body>{html}</body>").html


@ALL
def test_a_row_is_filed_under_its_own_name(tree: Tree) -> None:
    assert TREES[tree.name] is tree


@ALL
def test_every_entry_is_one_file_in_their_order(tree: Tree) -> None:
    assert [identity_in(name) for name in tree.render(FULL_FEED)] == [identity(one.guid) for one in FULL_FEED.entries]
    assert tree.render(EMPTY_FEED) == {}


@ALL
@pytest.mark.parametrize("version", [(1, 1), (1, 2)], ids=["yaml11", "yaml12"])
def test_front_matter_says_what_the_entry_says(tree: Tree, version: tuple[int, int]) -> None:
    front, body = read(only(tree, EVERYTHING)[1], version)
    wanted = {
        "title": "新款折叠屏手机发布 🎉 AT&T 独家",
        "author": "李雷, Zoë Ångström",
        "headimg": "https://img.example.org/1.jpg",
        "thumbnail": "https://img.example.org/1.jpg",
        "comments": False,
        "tags": ["手机", "R&D"],
        "source": "ZAKER 科技",
        "link": "https://www.myzaker.com/article/1?a=1&b=2",
    }
    assert {key: front[key] for key in wanted} == wanted
    assert body.startswith(f"\n<div>{EVERYTHING.html}<p><audio ")


@ALL
def test_what_an_entry_does_not_say_is_not_there(tree: Tree) -> None:
    front, body = read(only(tree, BARE)[1])
    assert set(front) - {"layout", "markup"} == {"title", "date", "comments"}
    assert body == "\n<div></div>\n"


@ALL
def test_a_story_without_text_links_to_where_it_is(tree: Tree) -> None:
    entry = replace(BARE, title="A & B <i>", url='https://a.example/?a="1"&b')
    link = '<a href="https://a.example/?a=%221%22&amp;b" rel="noopener noreferrer">A &amp; B &lt;i&gt;</a>'
    assert read(only(tree, entry)[1])[1] == f"\n<div><p>{link}</p></div>\n"


@ALL
def test_sound_and_video_have_a_player_unless_the_text_has_one(tree: Tree) -> None:
    playing = 'controls="" preload="none" src="https://cdn.example.org'
    video = f'<p><video {playing}/b.mp4"></video></p>'
    assert f'<p><audio {playing}/a.mp3"></audio></p>{video}</div>' in read(only(tree, EVERYTHING)[1])[1]
    plays_itself = replace(EVERYTHING, html='<audio src="https://cdn.example.org/a.mp3" controls=""></audio>')
    assert read(only(tree, plays_itself)[1])[1] == f"\n<div>{plays_itself.html}{video}</div>\n"


@ALL
@pytest.mark.parametrize("name", BODIES)
def test_a_body_is_one_block_to_markdown_and_the_same_html_to_a_browser(tree: Tree, name: str) -> None:
    html = safe_html(BODIES[name], "https://a.example/")
    body = read(only(tree, replace(BARE, html=html))[1])[1]
    assert [token.type for token in MARKDOWN.parse(body)] == ["html_block"]
    assert MARKDOWN.render(body) == body.lstrip("\n")
    assert dom(body.strip()) == dom(f"<div>{html}</div>")


@ALL
@pytest.mark.parametrize("name", BODIES)
def test_nothing_in_a_body_begins_a_template_tag_or_a_fence(tree: Tree, name: str) -> None:
    body = read(only(tree, replace(BARE, html=safe_html(BODIES[name], "")))[1])[1]
    assert not re.search(r"\{[{%#]|[\u2028\u2029\ufffc]|<!--", body)
    assert all(re.match(r"[ \t]*<", written) for written in body.strip().splitlines())


@ALL
def test_a_name_survives_title_text_and_lead_but_for_its_readable_part(tree: Tree) -> None:
    before = only(tree, EVERYTHING)[0]
    after = only(tree, replace(EVERYTHING, title="Another", html="", source=None, url=None))[0]
    assert before != after
    assert identity_in(before) == identity_in(after) == identity(EVERYTHING.guid)


@ALL
@pytest.mark.parametrize(
    ("title", "readable"),
    [
        ("新款折叠屏手机发布 🎉 AT&T", "新款折叠屏手机发布-at-t-"),
        ("../../etc/passwd", "etc-passwd-"),
        ("..\\C:\\con", "c-con-"),
        ("CON", "con-"),
        ("-rf *", "rf-"),
        (".hidden _drafts~", "hidden-drafts-"),
        ("🎉?!", ""),
        ("हिन्दी में", "हिन्दी-में-"),
        ("Ｅｎｄ\u202e\u200b of\x00\nline", "ｅｎｄ-of-line-"),
        ("e\u0301te\u0301", "été-"),
        ("x" * 300, "x" * 96 + "-"),
        ("长" * 300, "长" * 32 + "-"),
        ("many words " * 30, "many-words-" * 8 + "many-"),
    ],
)
def test_names_keep_letters_of_every_script_and_nothing_else(tree: Tree, title: str, readable: str) -> None:
    name = only(tree, replace(EVERYTHING, title=title))[0]
    assert name.removeprefix("2024-05-01-") == f"{readable}{identity(EVERYTHING.guid)}.md"


@ALL
@given(title=st.text(st.characters(codec=None), max_size=400))
def test_any_title_gives_a_name_that_any_file_system_takes(tree: Tree, title: str) -> None:
    name = only(tree, replace(EVERYTHING, title=title))[0]
    assert len(name.encode()) <= 143
    assert name == unicodedata.normalize("NFC", name)
    assert name[0] not in "-._~ "
    assert name.count(".") == 1
    assert not any(unicodedata.category(c)[0] in "CZ" or c in '/\\:*?"<>|~%#' for c in name)


TEXT = st.one_of(ANY_TEXT, st.text(alphabet="-:#'\"\\{}[]&*!|>%@` ,\n\t?~01nyo\ufeff\u2028\x85", max_size=20))


@ALL
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(texts=st.tuples(TEXT, TEXT, TEXT, TEXT), version=st.sampled_from([(1, 1), (1, 2)]))
def test_any_title_author_tag_and_source_survive_a_yaml_parser(
    tree: Tree, texts: tuple[str, str, str, str], version: tuple[int, int]
) -> None:
    title, author, tag, source = texts
    tag = "g" + re.sub("[.<&]", "", tag)
    entry = replace(
        EVERYTHING,
        title=f"t{title}",
        authors=(Person(name=f"a{author}"),),
        tags=(tag,),
        categories=((f"c{tag}", "below"),),
        source=Source(title=source or "s"),
    )
    front, _ = read(only(tree, entry)[1], version)
    assert front["title"] == line(f"t{title}")
    assert front["tags"] == [line(tag)]
    assert front["categories"] == [line(f"c{tag}"), "below"]
    assert front["source"] == (line(source or "s") or "?")
    assert front["comments"] is False


@ALL
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(feed=ANY_FEED)
def test_whatever_is_in_the_texts_every_post_can_be_read(tree: Tree, feed: Feed) -> None:
    written = tree.render(feed)
    assert len(written) == len(feed.entries)
    for post in written.values():
        front, body = read(post)
        assert front["title"]
        assert "\n\n" not in body.strip()


@ALL
def test_o01_poisoned_text_is_kept_but_for_forbidden_characters(tree: Tree) -> None:
    front, body = read(only(tree, replace(EVERYTHING, title=POISON, html=f"<p>{POISON}</p>"))[1])
    assert front["title"].startswith("abcde fg ]]>")
    assert "abcde fg" in body


@ALL
def test_o02_one_poisoned_entry_is_left_out_and_logged(tree: Tree, caplog: pytest.LogCaptureFixture) -> None:
    poisoned = replace(BARE, published="yesterday")  # type: ignore[arg-type]
    assert list(tree.render(feed_of(poisoned, EVERYTHING))) == [only(tree, EVERYTHING)[0]]
    assert BARE.guid in caplog.text


@ALL
@pytest.mark.parametrize("address", ["javascript:alert(1)", "data:text/html,x", "//no.scheme/"])
def test_h03_an_address_that_is_not_http_is_left_out(tree: Tree, address: str) -> None:
    _, post = only(tree, replace(EVERYTHING, url=address, image=address))
    assert address.encode() not in post


@ALL
def test_tags_that_would_break_a_site_or_its_pages_are_left_out(tree: Tree) -> None:
    harmful = ("+", "..", "../../x", "a/ ../b", "<img src=x onerror=alert(1)>", "a</a>", "&lt;script&gt;", "x<!--")
    harmless = ("C++", "a/b", "no", "1", "...x", "👍", "a < b", "R&D", "I <3 it")
    front, _ = read(only(tree, replace(EVERYTHING, tags=harmful + harmless))[1])
    assert front["tags"] == list(harmless)


@ALL
def test_o10_another_process_with_other_surroundings_gives_the_same_bytes(tree: Tree) -> None:
    script = (
        "import sys; from feeds.render import TREES; from tests.feeds.render.samples import FULL_FEED;"
        f"sys.stdout.buffer.write(repr(TREES[{tree.name!r}].render(FULL_FEED)).encode())"
    )
    root = Path(__file__).parents[3]
    surroundings = {"PYTHONHASHSEED": "7", "TZ": "Asia/Kathmandu", "LC_ALL": "C.UTF-8", "PYTHONPATH": str(root)}
    elsewhere = subprocess.run(
        [sys.executable, "-c", script], env=os.environ | surroundings, cwd=root, capture_output=True, check=True
    )
    assert elsewhere.stdout.decode() == repr(tree.render(FULL_FEED))


# -- what only one generator wants ---------------------------------------------------------------------------------

ONE, TWO = ("新媒体", "ZAKER", "source"), ("Technology", "Python")


@pytest.mark.parametrize(
    ("paths", "hexo", "others"),
    [
        ((), None, None),
        ((("Technology",),), ["Technology"], ["Technology"]),
        ((ONE,), list(ONE), list(ONE)),
        ((ONE, TWO), [list(ONE), list(TWO)], [*ONE, *TWO]),
        ((ONE[:1], ONE[:2], ONE), list(ONE), list(ONE)),
        ((TWO, ONE, TWO[:1]), [list(TWO), list(ONE)], [*TWO, *ONE]),
        ((("A", "x"), ("B", "x")), [["A", "x"], ["B", "x"]], ["A", "x", "B"]),
    ],
)
def test_categories_are_a_path_or_paths_to_hexo_and_names_to_the_others(
    paths: tuple[tuple[str, ...], ...], hexo: Any, others: Any
) -> None:
    entry = replace(EVERYTHING, categories=paths)
    said = {name: read(only(tree, entry)[1])[0].get("categories") for name, tree in TREES.items()}
    assert said == {"hexo": hexo, "jekyll": others, "hugo": others}


@pytest.mark.parametrize(
    ("name", "date", "changed"),
    [
        ("hexo", "Wed, 01 May 2024 08:30:00 GMT", {"updated": "Thu, 02 May 2024 09:00:00 GMT"}),
        ("jekyll", "2024-05-01 08:30:00 +0000", {"last_modified_at": "2024-05-02 09:00:00 +0000"}),
        ("hugo", "2024-05-01T08:30:00Z", {"lastmod": "2024-05-02T09:00:00Z"}),
    ],
)
def test_dates_are_as_each_generator_reads_them(name: str, date: str, changed: dict[str, str]) -> None:
    front, _ = read(only(TREES[name], EVERYTHING)[1])
    assert front.items() >= {"date": date, **changed}.items()
    unchanged, _ = read(only(TREES[name], replace(EVERYTHING, updated=EVERYTHING.published))[1])
    assert not changed.keys() & unchanged.keys()


def test_jekyll_is_told_its_layout_and_hugo_that_the_text_is_html() -> None:
    front = {name: read(only(tree, EVERYTHING)[1])[0] for name, tree in TREES.items()}
    assert front["jekyll"].items() >= {"layout": "post", "image": EVERYTHING.image}.items()
    assert front["hugo"].items() >= {"markup": "html", "images": [EVERYTHING.image]}.items()


def test_only_jekylls_names_begin_with_the_date_that_never_moves() -> None:
    edited = replace(EVERYTHING, updated=datetime(2030, 1, 1, tzinfo=UTC))
    names = {name: only(tree, edited)[0] for name, tree in TREES.items()}
    assert names["jekyll"] == f"2024-05-01-{names['hexo']}"
    assert names["hexo"] == names["hugo"]


@pytest.mark.parametrize(
    "name",
    ["a.md", ".aggregator-posts", "0123456789abcde.md", "../x-0123456789abcdef.md", "a/x-0123456789abcdef.md",
     "a\\x-0123456789abcdef.md", "x-0123456789abcdef.md\n", ".x-0123456789abcdef.md", "x-0123456789ABCDEF.md", ""],
)  # fmt: skip
def test_other_names_are_not_ours(name: str) -> None:
    assert identity_in(name) is None
