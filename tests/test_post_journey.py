"""The whole way of the system that this one grew from: an RSSHub item in, a Hexo post out, with its images behind a
prefix; and the same story as Atom, RSS and JSON Feed. All real: a loopback origin, config.yaml, processes."""

import json
from collections.abc import Iterator
from pathlib import Path

import feedparser
import pytest

from aggregator.config.load import load
from aggregator.store.engine import open_engine
from aggregator.web import create_app
from tests.feeds.render.test_trees import read
from tests.origin import Origin
from tests.test_journey import aggregator

ITEM = """<item>
<title>新款折叠屏手机发布：“售价”&lt;9999 元 - {{ 价格 }}</title>
<description>&lt;p&gt;第一段 {{ 7*7 }} {%% raw %%}&lt;/p&gt;

&lt;p&gt;&lt;img src=&quot;https://static.myzaker.com/loading.gif&quot;
 data-original=&quot;https://zkres.myzaker.com/202603/1.jpg?a=1&amp;amp;b=2&quot;&gt;&lt;/p&gt;
&lt;pre&gt;# 不是标题

    不是代码&lt;/pre&gt;&lt;script&gt;alert(1)&lt;/script&gt;</description>
<author>科技频道</author><category>手机</category><category>R&amp;D</category>
<enclosure url="https://zkres.myzaker.com/202603/0.jpg" type="image/jpeg"/>
<pubDate>%s</pubDate><guid isPermaLink="false">https://www.myzaker.com/article/1</guid>
<link>https://www.myzaker.com/article/1</link></item>"""
RSS = """<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom"><channel><title>ZAKER - 科技频道</title>
<link>https://www.myzaker.com/channel/13</link><description>ZAKER - Powered by RSSHub</description>
<generator>RSSHub</generator><language>zh-cn</language><ttl>5</ttl>%s</channel></rss>"""
DATE = "Mon, 02 Mar 2026 02:00:00 GMT"
PREFIX = "https://images.weserv.nl/?url="
HEAD = f"{PREFIX}https%3A%2F%2Fzkres.myzaker.com%2F202603%2F0.jpg"
PICTURE = f"{PREFIX}https%3A%2F%2Fzkres.myzaker.com%2F202603%2F1.jpg%3Fa%3D1%26b%3D2"
TITLE = "新款折叠屏手机发布：“售价”<9999 元 - {{ 价格 }}"


@pytest.fixture
def origin() -> Iterator[Origin]:
    with Origin() as origin:
        origin.feed("/zaker/channel/13", (RSS % (ITEM % DATE)).encode())
        yield origin


@pytest.fixture
def config(tmp_path: Path, origin: Origin) -> Path:
    file = tmp_path / "config.yaml"
    file.write_text(f"""
site: {{title: 河, url: "https://news.example.org"}}
rsshub: {{instances: ["{origin.url("")}"]}}
categories:
  新媒体/ZAKER/科技频道:
    - rsshub: /zaker/channel/13
      allow_private: true
      images: "{PREFIX}{{url_encoded}}"
""")
    aggregator(file, "ingest", "--once")
    return file


def test_an_rsshub_item_becomes_a_hexo_post(config: Path) -> None:
    aggregator(config, "export", "hexo", str(config.parent / "_posts"))
    (post,) = (config.parent / "_posts").glob("*.md")
    assert post.name.startswith("新款折叠屏手机发布-售价-9999-元-价格-")
    front, body = read(post.read_bytes())
    assert front == {
        "title": TITLE,
        "date": DATE,
        "categories": ["新媒体", "ZAKER", "科技频道"],
        "tags": ["手机", "R&D"],
        "author": "科技频道",
        "headimg": HEAD,
        "thumbnail": HEAD,
        "comments": False,
        "source": "ZAKER - 科技频道",
        "link": "https://www.myzaker.com/article/1",
    }
    assert body.startswith("\n<div><p>第一段 &#123;{ 7*7 }} &#123;% raw %}</p>")
    assert f'<img src="{PICTURE}"' in body.replace("&amp;", "&")
    assert "<pre># 不是标题&#10;&#10;    不是代码</pre>" in body
    assert "script" not in body


def test_an_edit_changes_the_post_in_its_place_and_a_second_run_nothing(config: Path, origin: Origin) -> None:
    export = ("export", "hexo", str(config.parent / "posts"), "--json")
    assert json.loads(aggregator(config, *export))["new"] == 1
    (before,) = (config.parent / "posts").glob("*.md")
    written = before.stat().st_mtime_ns
    assert json.loads(aggregator(config, *export))["unchanged"] == 1
    assert before.stat().st_mtime_ns == written
    edited = ITEM.replace("新款折叠屏", "旧款直板").replace("第一段", "改过的第一段")
    origin.feed("/zaker/channel/13", (RSS % (edited % DATE)).encode())
    aggregator(config, "ingest", "--once", "--force")
    assert json.loads(aggregator(config, *export))["changed"] == 1
    assert list((config.parent / "posts").glob("*.md")) == [before]
    assert "改过的第一段" in before.read_text()
    assert read(before.read_bytes())[0]["title"].startswith("旧款直板")


def test_the_same_story_is_in_the_feeds_with_its_thumbnail(config: Path) -> None:
    settings = load(config, {})
    engine = open_engine(settings.database)
    client = create_app(settings, engine).test_client()
    slug = "新媒体/zaker/科技频道"
    for name in ("rss", "atom"):
        (entry,) = feedparser.parse(client.get(f"/feeds/{slug}.{name}").data).entries
        assert entry.media_thumbnail == [{"url": HEAD}]
        assert PICTURE in entry.content[0].value.replace("&amp;", "&")
    (item,) = json.loads(client.get(f"/feeds/{slug}.json").data)["items"]
    assert (item["title"], item["image"]) == (TITLE, HEAD)
    engine.dispose()
