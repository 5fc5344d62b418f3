"""What is found: by words and phrases of any script, the best and the newest, and never what is no longer shown."""

import random
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from itertools import product

import pytest
from sqlalchemy import Engine, select, text

from aggregator.config.settings import DedupSettings
from aggregator.dedup import rematch
from aggregator.dedup.merge import Merger
from aggregator.store import retention, search, search_on_postgresql, texts, views
from aggregator.store.engine import reading, writing
from aggregator.store.schema import sightings, stories
from feeds.model import Entry
from feeds.terms import Phrase, Terms, asked, terms, terms_of
from tests.builders import carry, entry, listed, sync

A, B = "https://a.example/feed", "https://b.example/feed"
Found = Callable[..., list[str]]
Bring = Callable[..., None]


@pytest.fixture
def bring(engine: Engine, now: datetime) -> Bring:
    """Store, merge and index what source 1 (in `tech`) or 2 (in `news`) carried."""
    sync(engine, now, listed(A, "tech"), listed(B, "news"))

    def bring(source: int, *entries: Entry, at: datetime = now) -> None:
        carry(engine, source, at, *entries)
        Merger(DedupSettings(), ()).run(engine, at)
        texts.index_all(engine)

    return bring


@pytest.fixture
def found(engine: Engine, bring: Bring) -> Found:
    """The titles of what is found, best first."""

    def found(query: str, slug: str = "all") -> list[str]:
        with reading(engine) as connection:
            ids = search.best(connection, asked(query), slug)
            rows = connection.execute(
                select(stories.c.id, sightings.c.title).join(sightings, sightings.c.id == stories.c.lead_id)
            )
            titles = {row.id: row.title for row in rows}
        return [titles[id_] for id_ in ids]

    return found


def found_in(read: Sequence[texts.Waiting]) -> dict[int, Terms]:
    return {one.story_id: terms_of(one.title, one.html) for one in read}


def test_words_of_title_and_text_are_found_whatever_their_case_and_accents(bring: Bring, found: Found) -> None:
    bring(1, entry("1", title="Le Café", html="<p>Un résumé&nbsp;des <b>nou</b>velles</p>"), entry("2"))
    for query in ("cafe", "CAFÉ", "resume", "nouvelles", "resume cafe", "nouve"):
        assert found(query) == ["Le Café"], query
    assert found("caf") == found("afe") == found("cafe nothing") == []


@pytest.mark.parametrize("query", ["高铁", "铁首", "首发", "发", "新", "高铁首发", "新一代 载客", '"试运行"'])
def test_chinese_is_found_by_any_piece_from_one_character_up(bring: Bring, found: Found, query: str) -> None:
    bring(1, entry("1", title="新一代高铁首发", html="<p>完成载客试运行。</p>"), entry("2", title="高山铁人"))
    assert found(query) == ["新一代高铁首发"]


@pytest.mark.parametrize(
    ("title", "query"),
    [
        ("한국어를 배우다", "한국어"),
        ("東京タワーの夜", "タワー"),
        ("ภาษาไทยวันนี้", "ไทย"),
        ("افتتاح معرضِ الكتاب", "معرض الكتاب"),
        ("שָׁלוֹם עולם", "שלום"),
        ("Новости Ёлки", "елки"),
        ("हिन्दी समाचार", "समाचार"),
        ("On iPhone手机 today", "手机"),
        ("The AI of Go", "ai go"),
        ("C++ for U.S. readers", "u.s."),
    ],
)
def test_every_script_is_found(bring: Bring, found: Found, title: str, query: str) -> None:
    bring(1, entry("1", title=title), entry("2"))
    assert found(query) == [title]


def test_a_phrase_is_words_in_a_row_and_not_over_the_end_of_the_title(bring: Bring, found: Found) -> None:
    bring(1, entry("1", title="The big red dog", html="<p>runs</p>"), entry("2", title="red and big", html=""))
    assert found('"big red"') == ["The big red dog"]
    assert sorted(found("big red")) == ["The big red dog", "red and big"]
    assert found('"dog runs"') == []


def test_the_title_counts_more_than_the_text_and_new_more_than_old(bring: Bring, found: Found, now: datetime) -> None:
    bring(
        1,
        entry("1", title="Needle, old", html="x", published=now - timedelta(days=20)),
        entry("2", title="Hay one", html="<p>a needle in it</p>", published=now),
        entry("3", title="Hay two", html="<p>a needle in it</p>", published=now - timedelta(days=50)),
        entry("4", title="Needle, new", html="x", published=now - timedelta(days=1)),
    )
    assert found("needle") == ["Needle, new", "Needle, old", "Hay one", "Hay two"]


def test_the_newest_are_in_order_of_their_dates(engine: Engine, bring: Bring, now: datetime) -> None:
    dates = [now - timedelta(days=days) for days in (3, 1, 2)]
    bring(1, *(entry(str(n), title=f"needle {n}", published=date) for n, date in enumerate(dates)))
    with reading(engine) as connection:
        assert search.newest(connection, asked("needle"), "all", 2) == [2, 3]


def test_of_what_was_found_only_what_still_is_there_is_read_in_its_order(engine: Engine, bring: Bring) -> None:
    bring(1, entry("1", title="needle one"), entry("2", title="needle two"))
    with reading(engine) as connection:
        assert [story.title for story in views.by_ids(connection, [2, 99, 1])] == ["needle two", "needle one"]


def test_a_category_has_its_own(bring: Bring, found: Found) -> None:
    bring(1, entry("1", title="needle one"))
    bring(2, entry("2", title="needle two", url="https://b.example/2"))
    assert found("needle", "tech") == ["needle one"]
    assert found("needle", "news") == ["needle two"]
    assert found("needle", "nowhere") == []


def test_an_edit_is_found_and_what_it_replaced_is_not(bring: Bring, found: Found, now: datetime) -> None:
    bring(1, entry("1", title="before it"))
    bring(1, entry("1", title="after it"), at=now + timedelta(hours=1))
    assert found("before") == []
    assert found("after") == ["after it"]


def test_what_is_found_follows_the_lead(bring: Bring, found: Found, now: datetime) -> None:
    shared = {"title": "A title that is long enough to be telling of it", "url": "https://a.example/shared"}
    bring(1, entry("1", html="<p>short</p>", **shared))
    bring(2, entry("2", html=f"<p>{'longer ' * 50}</p>", **shared), at=now + timedelta(hours=1))
    assert found("short") == []
    assert found("longer") == [shared["title"]]


def test_what_was_split_off_is_found_by_itself(engine: Engine, bring: Bring, found: Found, now: datetime) -> None:
    shared = {"title": "A title that is long enough to be telling of it", "url": "https://a.example/shared"}
    bring(1, entry("1", html="<p>short</p>", **shared))
    bring(2, entry("2", html=f"<p>{'longer ' * 50}</p>", **shared))
    rematch.split(engine, 1, 2, DedupSettings(), (), now)
    texts.index_all(engine)
    assert found("short") == found("longer") == [shared["title"]]


def test_what_is_expired_is_found_no_more_and_leaves_nothing(
    engine: Engine, bring: Bring, found: Found, now: datetime
) -> None:
    bring(1, entry("1", title="needle", published=now - timedelta(days=400)), at=now - timedelta(days=400))
    bring(1, entry("2", title="needle too"))
    with writing(engine) as connection:
        assert retention.expire(connection, before=now - timedelta(days=365), now=now) == 1
    assert found("needle") == ["needle too"]
    bring(1, entry("3", title="other"))
    assert found("needle") == ["needle too"]


def test_indexing_goes_on_where_it_was_and_does_nothing_twice(
    engine: Engine, bring: Bring, found: Found, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(texts, "BATCH", 2)
    carry(engine, 1, now, *(entry(str(n), title=f"needle {n}") for n in range(5)))
    Merger(DedupSettings(), ()).run(engine, now)
    for some in (2, 2, 1, 0):
        read = texts.waiting(engine)
        assert texts.index(engine, read, found_in(read)) == len(read) == some
    assert len(found("needle")) == 5


@pytest.mark.parametrize("row", ["it's", "a\\b", "a\0b", "needle'", "b" * 5_000])
def test_terms_that_no_text_has_stop_nothing(
    engine: Engine, bring: Bring, found: Found, now: datetime, row: str
) -> None:
    bring(1, entry("0", title="other"))
    carry(engine, 1, now, entry("1", title="needle"))
    Merger(DedupSettings(), ()).run(engine, now)
    (one,) = texts.waiting(engine)
    assert texts.index(engine, [one], {one.story_id: Terms("needle", row)}) == 1
    assert found("needle") == ["needle"]


def test_what_changes_while_its_terms_are_sought_is_indexed_as_it_is_then(
    engine: Engine, bring: Bring, found: Found, now: datetime
) -> None:
    bring(1, entry("0", title="other"))
    carry(engine, 1, now, entry("1", title="before"), entry("2", title="untouched"))
    Merger(DedupSettings(), ()).run(engine, now)
    read = texts.waiting(engine)
    carry(engine, 1, now, entry("1", title="after"))
    Merger(DedupSettings(), ()).run(engine, now)
    assert texts.index(engine, read, found_in(read)) == 1
    assert (found("before"), found("after"), found("untouched")) == ([], [], ["untouched"])
    assert texts.index(engine, read, found_in(read)) == 0  # as one that was late, and another has done it
    texts.index_all(engine)
    assert (found("before"), found("after"), found("untouched")) == ([], ["after"], ["untouched"])


@pytest.mark.parametrize(
    "query",
    ["a", "猫", "*", "%", '"', "'", "NEAR(a b)", "title:x", "a OR b", "-a", "^a", "(", "\\", "x" * 10_000, "猫" * 9_999,
     "a b c d e f g h i j k l", "\x00", "'); DROP TABLE stories; --", "a:*", "!a", "a <-> b", "\ud83d"],
)  # fmt: skip
def test_whatever_is_asked_is_answered(bring: Bring, found: Found, query: str) -> None:
    bring(1, entry("1", title="needle"))
    assert found(query) == []


def test_only_the_newest_that_have_a_common_word_are_looked_at(
    bring: Bring, found: Found, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "MOST", 2)
    bring(1, *(entry(str(n), title=f"hay {n}", html="<p>needle</p>") for n in range(4)), entry("5", title="needle"))
    assert len(found("needle")) == 2
    bring(1, *(entry(str(n), title=f"hay {n}", html="<p>needle</p>") for n in range(6, 10)))
    assert found("needle")[0] == "needle"
    assert len(found("needle")) == 3


WAYS = {
    "by the index, asked of a list": {"FEW": 10**6},
    "by the index, asked one by one": {"FEW": 10**6, "SMALL": 0},
    "by the index of the newest": {"WALKING": 1e9, "NEWER": 1e9},
    "by the index of the newest, asked one by one": {"WALKING": 1e9, "NEWER": 1e9, "SMALL": 0},
    "by a walk": {"WALKING": 1e-9},
}


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Makes PostgreSQL go one of its ways where one of the two newest says that it is worth it; SQLite has only one."""

    def go() -> None:
        for name, value in ({"LARGE": 1, "SAMPLE": 2, "FEW": 1} | WAYS[request.param]).items():
            monkeypatch.setattr(search_on_postgresql, name, value)
        with writing(engine) as connection:
            connection.execute(text("ANALYZE"))  # how many stories there are

    return go


@pytest.mark.parametrize(
    ("query", "slug", "ids"),
    [
        ("hay", "all", [12, 11, 10, 9, 8]),
        ("hay", "tech", [9, 8, 7, 6, 5]),
        ("hay", "nowhere", []),
        ("needle", "all", [3]),
        ("needle hay", "tech", [3]),
        ("needle", "news", []),
        ("common", "all", [12, 11, 10, 8, 6]),
        ('"hay common"', "all", [12, 10, 8, 6, 4]),
        ("comm hay", "tech", [8, 6, 4, 2]),
        ("高铁", "all", [11, 9, 7, 5, 3]),
        ("铁", "tech", [9, 7, 5, 3, 1]),
        ("高铁首发", "all", [9, 7, 5, 3, 1]),
    ],
)
def test_the_same_is_found_whichever_way_is_gone(
    engine: Engine,
    bring: Bring,
    way: Callable[[], None],
    now: datetime,
    monkeypatch: pytest.MonkeyPatch,
    query: str,
    slug: str,
    ids: list[int],
) -> None:
    monkeypatch.setattr(search, "MOST", 5)
    said = ["高铁首发", "hay common"]
    for n in range(1, 10):
        html = f"<p>{said[n % 2 == 0]} {'needle' if n == 3 else ''} hay</p>"
        bring(1, entry(str(n), title=f"hay {n}", html=html, published=now + timedelta(minutes=n)))
    for n, html in ((10, "hay common"), (11, "高铁 common"), (12, "hay common")):
        bring(
            2,
            entry(
                str(n), title=f"hay {n}", html=html, published=now + timedelta(minutes=n), url=f"https://b.example/{n}"
            ),
        )
    way()
    with reading(engine) as connection:
        assert search.newest(connection, asked(query), slug, 5) == ids


def test_what_only_the_newest_are_full_of_is_found_among_the_old_too(
    engine: Engine, bring: Bring, way: Callable[[], None], now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "MOST", 3)
    for n in range(1, 15):
        title = f"needle {n}" if n in (1, 13, 14) else f"hay {n}"
        bring(1, entry(str(n), title=title, published=now + timedelta(minutes=n)))
    way()
    with reading(engine) as connection:
        assert search.newest(connection, asked("needle"), "all", 3) == [14, 13, 1]


def test_what_is_indexed_is_found_while_the_newest_are_not_yet(
    engine: Engine, bring: Bring, way: Callable[[], None], now: datetime
) -> None:
    bring(1, entry("1", title="needle"))
    carry(engine, 1, now, *(entry(str(n), title=f"needle {n}") for n in range(2, 6)))
    Merger(DedupSettings(), ()).run(engine, now)
    way()
    with reading(engine) as connection:
        assert search.newest(connection, asked("needle"), "all", 5) == [1]


VOCABULARY = ("hay", "common", "needle", "高铁首发", "铁路")
WORDS = (
    "hay",
    "needle",
    "hay needle",
    "hay common needle",
    "comm",
    "comm need",
    "common",
    "none",
    "高铁",
    "铁",
    "铁 hay",
)
ROWS = ('"hay common"', '"common hay"', '"needle hay" comm', "高铁首", "铁首 needle", '"hay hay"')


def has(query: str, *said: str) -> bool:
    """Whether all that is asked for is in one of these texts."""
    return all(any(is_in(phrase, terms(one)) for one in said) for phrase in asked(query))


def is_in(phrase: Phrase, said: list[str]) -> bool:
    *before, last = phrase.terms
    return any(
        said[at : at + len(before)] == before and (one.startswith(last) if phrase.open else one == last)
        for at, one in enumerate(said[len(before) :])
    )


@pytest.mark.parametrize(("most", "queries"), [(4, WORDS), (500, WORDS + ROWS)])
def test_what_is_found_is_what_is_there(
    engine: Engine,
    bring: Bring,
    way: Callable[[], None],
    now: datetime,
    monkeypatch: pytest.MonkeyPatch,
    most: int,
    queries: tuple[str, ...],
) -> None:
    """Of rows of words only if there are few: PostgreSQL looks at no more than twice as many as are wanted."""
    monkeypatch.setattr(search, "MOST", most)
    dice = random.Random(most)
    title, html = (
        [" ".join(dice.choices(VOCABULARY, (5, 3, 2, 1, 1), k=count)) for _ in range(40)] for count in (2, 5)
    )
    entries = [
        entry(f"{n}", title=f"{title[n]} {n}", html=html[n], url=f"https://a.example/{n}", published=now)
        for n in range(40)
    ]
    bring(1, *entries[:30])
    bring(2, *entries[30:])
    way()
    for query, (slug, numbers) in product(
        queries, {"all": range(40), "tech": range(30), "news": range(30, 40)}.items()
    ):
        anywhere = [n for n in reversed(numbers) if has(query, title[n], html[n])]
        titled = [n for n in anywhere if has(query, title[n])]
        with reading(engine) as connection:
            found = search.best(connection, asked(query), slug)
        assert sorted(found) == sorted(n + 1 for n in {*anywhere[:most], *titled[:most]}), (query, slug)
