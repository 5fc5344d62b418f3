"""Pages of sites that we know, and their feeds."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.kinds import KINDS
from feeds.known_sites import feed_of

CHANNEL = "UCabcdefghijklmnopqrstuv"
VIDEOS = "https://www.youtube.com/feeds/videos.xml"


@pytest.mark.parametrize(
    ("page", "feed"),
    [
        (f"https://www.youtube.com/channel/{CHANNEL}", f"{VIDEOS}?channel_id={CHANNEL}"),
        (f"https://m.youtube.com/channel/{CHANNEL}/videos", f"{VIDEOS}?channel_id={CHANNEL}"),
        ("https://youtube.com/user/somebody", f"{VIDEOS}?user=somebody"),
        ("https://www.youtube.com/playlist?list=PLabcdefghij", f"{VIDEOS}?playlist_id=PLabcdefghij"),
        ("https://github.com/owner/project", "https://github.com/owner/project/releases.atom"),
        ("http://github.com/owner/project.git/", "https://github.com/owner/project/releases.atom"),
        ("https://github.com/owner/project/releases", "https://github.com/owner/project/releases.atom"),
        ("https://github.com/owner/project/tags", "https://github.com/owner/project/tags.atom"),
        ("https://github.com/owner/project/commits/main", "https://github.com/owner/project/commits/main.atom"),
        ("https://old.reddit.com/r/python/", "https://www.reddit.com/r/python/.rss"),
        ("https://www.reddit.com/r/python/top?t=week", "https://www.reddit.com/r/python/top/.rss?t=week"),
        ("https://reddit.com/user/some-body", "https://www.reddit.com/user/some-body/.rss"),
        ("https://www.reddit.com/u/some-body", "https://www.reddit.com/user/some-body/.rss"),
        ("https://www.reddit.com/r/a+b/?sort=new", "https://www.reddit.com/r/a+b/.rss?sort=new"),
        ("https://medium.com/@somebody", "https://medium.com/feed/@somebody"),
        ("https://social.example/@somebody", "https://social.example/@somebody.rss"),
        ("https://social.example/@some.body/tagged/art", "https://social.example/@some.body/tagged/art.rss"),
    ],
)
def test_a_page_of_a_known_site_is_its_feed(page: str, feed: str) -> None:
    assert feed_of(page) == feed
    assert feed_of(feed) == feed
    assert KINDS["feed"].address(page) == KINDS["feed"].address(feed) == feed


@pytest.mark.parametrize(
    "address",
    [
        "https://example.org/feed.xml",
        f"{VIDEOS}?channel_id={CHANNEL}",
        "https://www.youtube.com/watch?v=abc",
        "https://www.youtube.com/playlist",
        "https://github.com/topics/python",
        "https://github.com/owner",
        "https://github.com/owner/project/releases.atom",
        "https://github.com/owner/project/issues/1",
        "https://www.reddit.com/r/python/.rss",
        "https://www.reddit.com/r/python/comments/abc/title",
        "https://www.tiktok.com/@somebody",
        "https://social.example/@somebody@elsewhere.example",
        "https://social.example/@somebody/12345",
        "https://social.example/@somebody.rss",
        "https://social.example:8443/@somebody",
        "https://github.com.example/owner/project",
        "https://gist.github.com/owner/abc",
        "https://github.com/owner/project/tree/main/docs",
        "https://github.com/advisories/GHSA-xxxx",
        "https://github.com/settings/profile",
        "https://github.com/owner/project/commits/main.atom",
        "https://notyoutube.com/channel/UCabcdefghijklmnopqrstuv",
        "https://www.youtube.com/channel/short",
        "https://youtu.be/abcdefghijk",
        "https://www.youtube.com/feed/subscriptions",
        "https://www.reddit.com/",
        "https://www.reddit.com/r/python/wiki/index",
        "https://reddit.com.example/r/python",
        "https://medium.com/feed/@somebody",
        "https://medium.com/@somebody/a-story-123",
        "https://medium.com/tag/python",
        "https://substack.com/@somebody",
        "https://unsplash.com/@somebody",
        "https://www.npmjs.com/@scope",
        "https://social.example/users/somebody",
        "https://social.example/@somebody/with_replies",
        "https://EXAMPLE.org/%7Euser?a=%20#x",
        "ftp://github.com/owner/project",
    ],
)
def test_every_other_address_stays_as_it_is(address: str) -> None:
    assert feed_of(address) == address


@pytest.mark.parametrize("page", ["https://www.youtube.com/@somebody", "https://youtube.com/c/somebody/videos"])
def test_a_page_that_does_not_say_which_channel_it_is_gets_told_what_to_write(page: str) -> None:
    with pytest.raises(ValueError, match="Copy channel ID"):
        KINDS["feed"].address(page)


HOSTS = ["github.com", "www.youtube.com", "old.reddit.com", "medium.com", "social.example", "a.example:81"]
PARTS = f"/ . @ r u user a channel {CHANNEL} playlist tags .git .rss .atom feed new".split()
ADDRESSES = st.builds(
    "{}://{}{}{}".format,
    st.sampled_from(["http", "https", "ftp"]),
    st.sampled_from(HOSTS),
    st.lists(st.sampled_from(PARTS), max_size=6).map("".join),
    st.sampled_from(["", "?", "?list=PLabcdefghij", "?a=1&b", "?sort=top#x"]),
)


@given(ADDRESSES)
def test_the_feed_of_a_feed_is_itself(address: str) -> None:
    with suppress(ValueError):
        feed = feed_of(address)
        assert feed_of(feed) == feed
        assert feed.startswith("https://") or feed == address


@given(ADDRESSES, st.sampled_from(sorted(KINDS)))
def test_addresses_of_sources_are_idempotent(address: str, kind: str) -> None:
    with suppress(ValueError):
        once = KINDS[kind].address(address)
        assert KINDS[kind].address(once) == once
