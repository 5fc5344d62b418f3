"""The image proxy, in front of a pretended internet: what we signed, if it is an image, and nothing else of the other
side."""

import gzip
import itertools
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine
from werkzeug.test import TestResponse

from aggregator.config.settings import DedupSettings, Settings
from aggregator.dedup.merge import Merger
from aggregator.errors import FetchError
from aggregator.fetch import images
from aggregator.fetch.blocking import BlockingClient
from aggregator.fetch.client import Client, Request
from aggregator.outcome import Reason
from aggregator.publish.images import Signer
from aggregator.publish.keys import KEY_BYTES, load_keys
from aggregator.web import create_app, server
from aggregator.web.images import file_name
from feeds.model import Enclosure
from tests.aggregator.fetch.world import World
from tests.builders import carry, entry, listed, settings, source_settings, sync
from tests.origin import Answer, Origin, Raw

A = "https://a.example/feed"
IP = "93.184.216.34"
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 100
URL = "http://i.example/1.png"
NO_IMAGE = b"There is no image that could be shown.\n"
TEXT = "text/plain; charset=utf-8"

Get = Callable[..., TestResponse]


@pytest.fixture
def origin() -> Iterator[Origin]:
    with Origin() as origin:
        origin.feed("/1.png", PNG, content_type="image/png")
        yield origin


@pytest.fixture
def world(origin: Origin) -> World:
    names: dict[str, Sequence[str]] = {
        **dict.fromkeys(("i.example", "j.example", "i.pximg.net", "wx1.sinaimg.cn", "mmbiz.qpic.cn"), (IP,)),
        "inside.example": ("10.0.0.1",),
        "both.example": (IP, "127.0.0.1"),
        "dead.example": ("93.184.216.99",),
    }
    return World(names, {IP: origin})


@pytest.fixture
def site(tmp_path: Path) -> Settings:
    return settings(tmp_path, source_settings(A, images="proxy", allow_private=True, categories=("tech",)))


@pytest.fixture
def start(engine: Engine, site: Settings, world: World, now: datetime) -> Iterator[Callable[[], FlaskClient]]:
    """Start a server on the same database and folder, after a test has set its limits."""
    started: list[BlockingClient] = []

    def start() -> FlaskClient:
        limits = images.image_limits(site.fetch)
        client = Client(limits, "test/1", lookup=world.lookup, open_socket=world.open_socket)
        started.append(BlockingClient(client))
        return create_app(site, engine, clock=lambda: now, image_client=started[-1]).test_client()

    yield start
    for client in started:
        client.close()


@pytest.fixture
def sign(site: Settings) -> Callable[[str], str]:
    return lambda url: f"/image/{Signer(load_keys(site)).path(url)}"


@pytest.fixture
def get(start: Callable[[], FlaskClient], sign: Callable[[str], str]) -> Get:
    """Ask the proxy for an image by its original address."""
    client = start()
    return lambda url=URL, **options: client.get(sign(url), **options)


def refused(got: TestResponse) -> bool:
    assert (got.data, got.content_type) == (NO_IMAGE, TEXT)
    return got.status_code == 502


def test_an_image_that_we_signed_is_passed_on_to_any_reader(get: Get) -> None:
    got = get()
    assert (got.status_code, got.data, got.content_type) == (200, PNG, "image/png")
    assert got.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert got.headers["X-Content-Type-Options"] == "nosniff"
    assert got.headers["Cross-Origin-Resource-Policy"] == "cross-origin"


SIGNER = Signer((b"q" * KEY_BYTES,))


@pytest.mark.parametrize(
    "change",
    [
        lambda s, a: ("", a),
        lambda s, a: ("unsigned", a),
        lambda s, a: (s[:-1], a),
        lambda s, a: ("A" + s, a),
        lambda s, a: (s + "=", a),
        lambda s, a: (s, a + "="),
        lambda s, a: (s, a + "=="),
        lambda s, a: (s, a + "%0A"),
        lambda s, a: (s, a[:-1]),
        lambda s, a: (s, "%00" + a),
        lambda s, a: (s, SIGNER.path("http://i.example/2.png").split("/")[1]),
        lambda s, a: (s, SIGNER.path("http://127.0.0.1/").split("/")[1]),
        lambda s, a: tuple(SIGNER.path(URL).split("/")),
    ],
)
@pytest.mark.parametrize("held", ["*", '"anything"', 'W/"x"'])
def test_p01_p07_what_we_did_not_sign_is_refused_before_anything_happens(
    start: Callable[[], FlaskClient], sign: Callable[[str], str], world: World, change: object, held: str
) -> None:
    _, _, signature, address = sign(URL).split("/")
    signature, address = change(signature, address)  # type: ignore[operator]
    got = start().get(f"/image/{signature}/{address}", headers={"If-None-Match": held})
    assert got.status_code == (403 if signature else 404)
    assert got.content_type == TEXT
    assert (world.looked_up, world.sockets) == ([], 0)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/1.png",
        "http://10.0.0.1/router?reboot",
        "http://[::1]/1.png",
        "http://[::ffff:a9fe:a9fe]/latest/meta-data",
        "http://2130706433/1.png",
        "http://localhost/1.png",
        "http://inside.example/1.png",
        "http://both.example/1.png",
        "http://i.example:6379/1.png",
        "http://i.example\\@127.0.0.1/",
        "http://[",
        "file:///etc/passwd",
    ],
)
def test_p02_a_signed_address_inside_is_not_contacted(get: Get, world: World, url: str) -> None:
    assert refused(get(url))
    assert world.sockets == 0


@pytest.mark.parametrize("inside", ["http://127.0.0.1/", "http://inside.example/", "http://[::1]/", "ftp://i.example/"])
def test_p02_a_redirect_inside_is_not_followed(get: Get, world: World, origin: Origin, inside: str) -> None:
    origin.redirect("/1.png", inside)
    assert refused(get())
    assert world.connected == [(IP, 80)]


def test_p02_a_name_that_changes_its_mind_is_judged_again(get: Get, world: World, origin: Origin) -> None:
    origin.raw("/1.png", b"HTTP/1.1 200 OK\r\nContent-Length: 108\r\nConnection: close\r\n\r\n" + PNG)
    assert get().status_code == 200
    world.names["i.example"] = ("127.0.0.1",)
    assert refused(get("http://i.example/2.png"))
    assert world.sockets == 1


def test_s14_a_source_that_may_be_private_opens_no_image(get: Get, origin: Origin) -> None:
    assert refused(get(origin.url("/1.png")))
    assert origin.requests == []


SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
HTML = b"<!doctype html><script>alert(1)</script>"


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("text/html", HTML),
        ("image/svg+xml", SVG),
        ("image/svg+xml", b"\xef\xbb\xbf<?xml version='1.0'?>" + SVG),
        ("application/xml", b"<?xml version='1.0'?><a/>"),
        (None, HTML),
        ("image/png", HTML),
        ("image/png", b"\x89PNG but not quite"),
        ("image/webp", b"RIFF\0\0\0\0WAVEfmt "),
        ("image/webp", b"\0" * 8 + b"WEBP"),
        ("image/avif", b"\0\0\0\x20ftypisom"),
        ("image/gif", b"GIF88a"),
        ("image/png", b" " + PNG),
        ("image/png", b""),
    ],
)
def test_p03_what_is_no_image_is_not_passed_on(get: Get, origin: Origin, content_type: str | None, body: bytes) -> None:
    origin.feed("/1.png", body, content_type=content_type)
    assert refused(get())


@pytest.mark.parametrize(
    ("start_", "kind"),
    [
        (PNG, "image/png"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"GIF87a", "image/gif"),
        (b"GIF89a", "image/gif"),
        (b"RIFF\x10\0\0\0WEBPVP8 ", "image/webp"),
        (b"\0\0\0\x20ftypavif", "image/avif"),
        (b"\0\0\0\x20ftypavis", "image/avif"),
    ],
)
@pytest.mark.parametrize("claimed", ["text/html", "image/png", None])
def test_p03_the_bytes_say_what_an_image_is_and_not_its_host(
    get: Get, origin: Origin, start_: bytes, kind: str, claimed: str | None
) -> None:
    origin.feed("/1.png", start_ + HTML, content_type=claimed)
    got = get()
    assert (got.status_code, got.content_type) == (200, kind)
    assert got.headers["Content-Disposition"] == f'inline; filename="1.{kind.removeprefix("image/")}"'


@pytest.mark.parametrize("url", ["http:a<script>", "http://i.example/<script>alert(1)</script>", "javascript:alert(1)"])
def test_p04_a_failure_says_nothing_of_the_address(get: Get, url: str) -> None:
    assert refused(get(url))


def test_p04_nor_do_a_wrong_method_and_a_bug(
    start: Callable[[], FlaskClient], sign: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    client = start()
    wrong = client.post(sign(URL))
    monkeypatch.setattr(images.Images, "get", lambda *_: 1 / 0)
    client.application.config["PROPAGATE_EXCEPTIONS"] = False
    bug = client.get(sign(URL))
    assert [(one.status_code, one.content_type) for one in (wrong, bug)] == [(405, TEXT), (500, TEXT)]


def endless() -> Iterator[bytes]:
    yield b"HTTP/1.1 200 OK\r\n\r\n" + PNG
    yield from itertools.repeat(b"\0" * 65536)


@pytest.mark.parametrize(
    "reply",
    [
        lambda: Raw((b"HTTP/1.1 200 OK\r\nContent-Length: 2147483648\r\n\r\n" + PNG,), end="hang"),
        lambda: Raw(endless()),
        lambda: Answer(200, gzip.compress(PNG + b"\0" * 2**25), [("Content-Encoding", "gzip")]),
        lambda: Answer(200, gzip.compress(PNG + b"\0" * 2**25)),
        lambda: Raw(itertools.chain([b"HTTP/1.1 200 OK\r\n\r\n" + PNG], itertools.repeat(b"\0")), pause=0.02),
        lambda: Raw((), end="hang"),
        lambda: Raw((b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n" + PNG,)),
    ],
    ids=["2 GB", "endless", "gzip bomb", "gzip bomb without a label", "drip", "silence", "cut"],
)
def test_p05_what_is_too_much_or_too_slow_is_given_up(
    start: Callable[[], FlaskClient],
    sign: Callable[[str], str],
    origin: Origin,
    monkeypatch: pytest.MonkeyPatch,
    reply: Callable[[], Answer | Raw],
) -> None:
    monkeypatch.setattr(images, "DEADLINE", timedelta(seconds=1))
    origin.script("/1.png", lambda _: reply())
    assert refused(start().get(sign(URL)))


def test_p06_an_image_of_many_pixels_is_passed_on_as_it_is(get: Get, origin: Origin) -> None:
    bomb = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + (50_000).to_bytes(4) * 2 + b"\x08\x06\0\0\0" + b"\0" * 50
    origin.feed("/1.png", bomb)
    assert get().data == bomb  # never decoded, so nothing can blow up


def test_p08_nothing_of_the_reader_is_passed_on(get: Get, origin: Origin) -> None:
    headers = {
        "Cookie": "a=b",
        "Authorization": "Basic x",
        "Range": "bytes=0-1",
        "X-Forwarded-For": "10.1.1.1",
        "Referer": "https://reader.example/",
        "User-Agent": "reader/1",
        "If-Modified-Since": "Mon, 02 Mar 2026 10:00:00 GMT",
        "Accept": "text/html",
        "Accept-Encoding": "br",
    }
    got = get(headers=headers)
    (asked,) = origin.requests
    assert asked.headers == (
        (b"Host", b"i.example"),
        (b"User-Agent", b"test/1"),
        (b"Accept", images.ACCEPT),
        (b"Accept-Encoding", b"gzip"),
    )
    assert (got.status_code, len(got.data)) == (200, len(PNG))


@pytest.mark.parametrize(
    ("host", "referer"),
    [
        ("i.example", None),
        ("mmbiz.qpic.cn", None),
        ("i.pximg.net", "https://www.pixiv.net/"),
        ("wx1.sinaimg.cn", "https://weibo.com/"),
    ],
)
def test_p08_a_host_is_told_where_from_only_if_it_insists(
    get: Get, origin: Origin, host: str, referer: str | None
) -> None:
    get(f"http://{host}/1.png", headers={"Referer": "https://reader.example/"})
    assert [asked.header("Referer") for asked in origin.requests] == [referer]


def test_p08_a_redirect_elsewhere_is_told_nothing_but_what_we_want(get: Get, origin: Origin) -> None:
    origin.redirect("/old.png", "http://i.example/1.png")
    assert get("http://i.pximg.net/old.png").status_code == 200
    assert [asked.header("Referer") for asked in origin.requests] == ["https://www.pixiv.net/", None]
    assert {asked.raw("Accept") for asked in origin.requests} == {images.ACCEPT}


def test_p09_nothing_of_the_host_s_headers_is_passed_on(get: Get, origin: Origin) -> None:
    origin.answer(
        "/1.png",
        Answer(
            200,
            PNG,
            [
                *(("Set-Cookie", "a=b"), ("Location", "http://evil.example/"), ("Access-Control-Allow-Origin", "*")),
                *(("Content-Security-Policy", "script-src *"), ("Refresh", "0"), ("X-Frame-Options", "ALLOW")),
                *(("ETag", '"theirs"'), ("Cache-Control", "no-store"), ("Server", "theirs"), ("Link", "<x>; rel=y")),
            ],
        ),
    )
    got = get()
    assert sorted(got.headers.keys()) == [
        "Cache-Control",
        "Content-Disposition",
        "Content-Length",
        "Content-Security-Policy",
        "Content-Type",
        "Cross-Origin-Resource-Policy",
        "ETag",
        "Referrer-Policy",
        "X-Content-Type-Options",
    ]
    assert "theirs" not in str(got.headers)


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/photo.jpeg", "photo.png"),
        ("/photo", "photo.png"),
        ("/", "image.png"),
        ("/a%0D%0ASet-Cookie:%20x.png", "a-Set-Cookie-x.png"),
        ("/a%22b;filename=evil.html", "a-b-filename-evil.png"),
        ("/..%2F..%2Fetc%2Fpasswd", "passwd.png"),
        ("/图片.png", "image.png"),
        ("/%E5%9B%BE.png", "image.png"),
        ("/%FF%FE.png", "image.png"),
        ("/x.png?name=evil.html#a/b", "x.png"),
        ("/" + "x" * 500 + ".png", "x" * 80 + ".png"),
    ],
)
def test_p10_a_name_has_nothing_that_a_header_or_a_disk_could_misread(path: str, name: str) -> None:
    assert file_name(f"http://i.example{path}", "image/png") == name


def test_p11_after_a_rotation_old_addresses_work_and_feeds_sign_anew(
    start: Callable[[], FlaskClient], sign: Callable[[str], str], engine: Engine, tmp_path: Path, now: datetime
) -> None:
    before, old = feed_with_image(start(), engine, now), sign(URL)
    file = tmp_path / "var/image-proxy.key"
    file.write_text("ab" * KEY_BYTES + "\n" + file.read_text())
    client = start()
    after, new = client.get("/feeds/all.json").get_data(as_text=True), sign(URL)
    assert (old in before, new in before) == (True, False)
    assert (old in after, new in after) == (False, True)
    assert [client.get(path).status_code for path in (old, new)] == [200, 200]
    file.write_text("ab" * KEY_BYTES)
    client = start()
    assert [client.get(path).status_code for path in (old, new)] == [403, 200]


def feed_with_image(client: FlaskClient, engine: Engine, now: datetime) -> str:
    """Store a story with an image of every sort, and read it."""
    sync(engine, now, listed(A, "tech"))
    html = f'<p>A text. <img src="{URL}"></p>'
    sound = Enclosure(url="http://i.example/1.mp3", type="audio/mpeg", length=1)
    picture = Enclosure(url="http://i.example/2.png", type="image/png", length=108)
    carry(engine, 1, now, entry("1", published=now, html=html, image=URL, enclosures=(sound, picture)))
    Merger(DedupSettings(), ()).run(engine, now)
    return client.get("/feeds/all.json").get_data(as_text=True)


@pytest.mark.parametrize("format_", ["rss", "atom", "json"])
def test_every_image_of_a_feed_goes_through_us_and_sound_does_not(
    start: Callable[[], FlaskClient],
    sign: Callable[[str], str],
    engine: Engine,
    now: datetime,
    format_: str,
) -> None:
    client = start()
    feed_with_image(client, engine, now)
    feed = client.get(f"/feeds/all.{format_}").get_data(as_text=True)
    assert sign(URL) in feed
    assert sign("http://i.example/2.png") in feed
    assert "http://i.example/1.mp3" in feed
    assert ".png" not in feed.replace("/static/icon.png", "")  # the feed's own


def test_a_page_shows_the_image_through_us_and_its_policy_lets_it(
    start: Callable[[], FlaskClient], sign: Callable[[str], str], engine: Engine, now: datetime
) -> None:
    client = start()
    feed_with_image(client, engine, now)
    page = client.get("/category/tech")
    assert f'<img src="http://127.0.0.1:8000{sign(URL)}"' in page.get_data(as_text=True)
    assert "img-src 'self' http: https:" in page.headers["Content-Security-Policy"]


def test_p12_hot_linking_reaches_the_host_a_bounded_number_of_times(
    start: Callable[[], FlaskClient], sign: Callable[[str], str], origin: Origin, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(images, "FETCHES_AT_ONCE", 20)
    monkeypatch.setattr(images, "FETCHES_A_SECOND", 0.0)
    client = start()
    origin.script("/x.png", lambda _: Answer(200, PNG))
    answers = [client.get(sign(f"http://i.example/x.png?{number}")) for number in range(1000)]
    assert [answer.status_code for answer in answers] == [200] * 20 + [503] * 980
    assert len(origin.requests) == 20
    assert (answers[-1].headers["Retry-After"], answers[-1].content_type) == ("5", TEXT)
    again = [client.get(sign(f"http://i.example/x.png?{number}")).status_code for number in range(20)]
    assert (again, len(origin.requests)) == ([200] * 20, 20)


class Gate:
    """An origin's image that comes only when it is let."""

    def __init__(self) -> None:
        self.arrived, self.open = threading.Semaphore(0), threading.Event()

    def __call__(self, *_: object) -> bytes:
        self.arrived.release()
        assert self.open.wait(30)
        return PNG


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Iterator[Gate]:
    gate = Gate()
    monkeypatch.setattr(BlockingClient, "get", lambda *_, **__: type("Got", (), {"body": gate()}))
    yield gate
    gate.open.set()


def test_p12_one_fetch_is_enough_for_all_who_ask_at_once(
    start: Callable[[], FlaskClient], sign: Callable[[str], str], gate: Gate
) -> None:
    app = start().application
    with ThreadPoolExecutor(8) as pool:
        answers = [pool.submit(app.test_client().get, sign(URL)) for _ in range(8)]
        assert gate.arrived.acquire(timeout=30)
        gate.open.set()
        assert {answer.result(30).status_code for answer in answers} == {200}
    assert not gate.arrived.acquire(blocking=False)


@pytest.mark.parametrize(
    ("limit", "waiting", "refused"),
    [
        ("PLACES", ["i.example", "j.example"], "k.example"),
        ("PLACES_OF_ONE_HOST", ["i.example", "i.example"], "i.example"),
    ],
)
def test_slow_hosts_keep_nobody_from_feeds(
    start: Callable[[], FlaskClient],
    sign: Callable[[str], str],
    gate: Gate,
    monkeypatch: pytest.MonkeyPatch,
    limit: str,
    waiting: list[str],
    refused: str,
) -> None:
    monkeypatch.setattr(images, limit, 2)
    app = start().application
    with ThreadPoolExecutor(2) as pool:
        slow = [
            pool.submit(app.test_client().get, sign(f"http://{host}/{number}")) for number, host in enumerate(waiting)
        ]
        for _ in slow:
            assert gate.arrived.acquire(timeout=30)
        full = app.test_client().get(sign(f"http://{refused}/another"))
        assert (full.status_code, full.headers["Retry-After"], full.content_type) == (503, "5", TEXT)
        assert app.test_client().get("/feeds/all.atom").status_code == 200
        gate.open.set()
        assert [one.result(30).status_code for one in slow] == [200, 200]
    assert app.test_client().get(sign(f"http://{refused}/another")).status_code == 200


def test_there_are_threads_left_when_all_places_are_taken() -> None:
    assert server.PROXY_THREADS == images.PLACES + 16


def test_p12_a_host_that_is_dead_is_not_asked_by_everybody(get: Get, world: World) -> None:
    assert all(refused(get("http://dead.example/1.png")) for _ in range(10))
    assert world.sockets == 1
    assert all(refused(get(f"http://dead.example/{number}.png")) for number in range(10))
    assert world.sockets == images.SILENCES


@pytest.mark.parametrize(
    ("reply", "minutes"),
    [
        (Answer(404), 60),
        (Answer(403), 60),
        (Answer(200, HTML), 60),
        (Answer(500), 1),
        (Answer(503, b"", [("Retry-After", "600")]), 10),
        (Answer(429, b"", [("Retry-After", "86400")]), 60),
    ],
)
def test_p12_what_was_not_there_is_asked_for_again_after_a_while(
    site: Settings,
    engine: Engine,
    world: World,
    sign: Callable[[str], str],
    origin: Origin,
    now: datetime,
    reply: Answer,
    minutes: int,
) -> None:
    times = [now]
    blocking = BlockingClient(Client(site.fetch, "test/1", lookup=world.lookup, open_socket=world.open_socket))
    client = create_app(site, engine, clock=lambda: times[0], image_client=blocking).test_client()
    origin.answer("/1.png", reply)
    for passed, asked in ((0.0, 1), (0.0, 1), (minutes - 0.5, 1)):
        times[0] += timedelta(minutes=passed)
        assert refused(client.get(sign(URL)))
        assert origin.count("/1.png") == asked
    times[0] = now + timedelta(minutes=minutes)
    assert refused(client.get(sign(URL)))
    assert origin.count("/1.png") == (1 if reply.headers else 2)  # a host that asked for rest has it, from the client
    blocking.close()


def test_a_restart_and_a_second_server_find_what_was_fetched(
    start: Callable[[], FlaskClient], sign: Callable[[str], str], origin: Origin
) -> None:
    assert [start().get(sign(URL)).data for _ in range(3)] == [PNG] * 3
    assert len(origin.requests) == 1


def test_a_damaged_cache_never_breaks_an_answer(get: Get, tmp_path: Path, origin: Origin) -> None:
    get()
    for file in (tmp_path / "var/images").iterdir():
        file.write_bytes(b"no database " * 1000)
    assert [get().data for _ in range(3)] == [PNG] * 3
    assert len(origin.requests) == 2


@pytest.mark.parametrize("held", ["*", "{tag}", "W/{tag}", '"other", {tag}'])
def test_p14_a_reader_that_has_it_is_told_so(get: Get, origin: Origin, held: str) -> None:
    first = get()
    got = get(headers={"If-None-Match": held.replace("{tag}", first.headers["ETag"])})
    assert (got.status_code, got.data, len(origin.requests)) == (304, b"", 1)
    assert got.headers["ETag"] == first.headers["ETag"]
    assert got.headers["Cache-Control"] == first.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert "Content-Type" not in got.headers


def test_p14_a_tag_is_of_one_address(get: Get, origin: Origin) -> None:
    origin.feed("/2.png", PNG)
    assert get().headers["ETag"] != get("http://i.example/2.png").headers["ETag"]


def test_p14_a_failure_is_not_kept_by_anybody(get: Get) -> None:
    assert get("http://i.example/nothing.png").headers["Cache-Control"] == "no-store"


def test_head_has_the_headers_of_get_and_no_body(start: Callable[[], FlaskClient], sign: Callable[[str], str]) -> None:
    client = start()
    head, whole = client.head(sign(URL)), client.get(sign(URL))
    assert (head.data, dict(head.headers)) == (b"", dict(whole.headers))


def test_a_range_is_ignored(get: Get) -> None:
    got = get(headers={"Range": "bytes=0-1"})
    assert (got.status_code, got.data) == (200, PNG)
    assert "Accept-Ranges" not in got.headers


def test_without_a_source_that_needs_it_there_is_no_proxy(
    engine: Engine, tmp_path: Path, sign: Callable[[str], str]
) -> None:
    path = sign(URL)
    assert create_app(settings(tmp_path), engine).test_client().get(path).status_code == 404


@pytest.fixture
def blocking() -> Iterator[BlockingClient]:
    client = BlockingClient(Client(images.image_limits(settings(Path()).fetch), "test"))
    yield client
    client.close()


def test_threads_can_fetch_without_a_loop_of_their_own(blocking: BlockingClient, origin: Origin) -> None:
    for _ in range(2):
        assert blocking.get(Request(url=origin.url("/1.png"), allow_private=True), within=10).body == PNG


def test_a_thread_waits_no_longer_than_it_wants_to(blocking: BlockingClient, origin: Origin) -> None:
    origin.raw("/slow.png", end="hang")
    with pytest.raises(FetchError) as caught:
        blocking.get(Request(url=origin.url("/slow.png"), allow_private=True), within=0.1)
    assert caught.value.reason is Reason.TIMEOUT
