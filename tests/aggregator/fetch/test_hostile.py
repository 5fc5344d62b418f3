"""Faulty and hostile origins: the N cases that end in the client. Raw bytes go out, a Reason comes back."""

import asyncio
import gzip
import os
import ssl
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from aggregator.errors import FetchError
from aggregator.fetch.client import Client, Request
from aggregator.fetch.wire import authorities
from aggregator.outcome import Reason
from tests.aggregator.fetch.conftest import FEED, USER_AGENT, Fail, Get, limits
from tests.aggregator.fetch.world import World
from tests.origin import FOREVER, Answer, End, Origin, Raw

OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
CERTIFICATES = Path(__file__).parent / "certificates"
SHORT = timedelta(milliseconds=300)


@pytest.mark.parametrize("end", ["close", "reset"])
@pytest.mark.parametrize(
    "sent",
    [
        OK + b"Content-Length: 100\r\n\r\n<rss>",
        CHUNKED + b"5\r\n<rs",
        CHUNKED + b"4\r\n<rss\r\n",
        CHUNKED + b"4\r\n<rss\r\n0\r\n",
        CHUNKED,
    ],
)
async def test_n01_n02_n25_a_cut_body_is_truncated(origin: Origin, fail: Fail, sent: bytes, end: End) -> None:
    origin.raw("/a", sent, end=end)
    assert (await fail("/a")).reason is Reason.TRUNCATED


async def test_n03_gzip_cut_in_half_is_truncated(origin: Origin, fail: Fail) -> None:
    half = gzip.compress(FEED * 9)[:40]
    origin.answer("/a", Answer(200, half, [("Content-Encoding", "gzip")]))
    error = await fail("/a")
    assert (error.reason, error.status) == (Reason.TRUNCATED, 200)


async def test_n07_a_bomb_is_aborted_at_the_cap(origin: Origin, fail: Fail) -> None:
    bomb = gzip.compress(bytes(64 << 20), 1)
    origin.answer("/a", Answer(200, bomb, [("Content-Encoding", "gzip")]))
    assert (await fail("/a")).reason is Reason.TOO_LARGE


@pytest.mark.parametrize("status", [301, 404, 500])
async def test_n08_the_body_of_an_error_is_not_read(origin: Origin, fail: Fail, status: int) -> None:
    head = b"HTTP/1.1 %d No\r\nContent-Encoding: gzip\r\nContent-Length: 9999999999\r\n\r\n" % status
    origin.raw("/a", head, gzip.compress(bytes(1 << 20)), end="hang")
    assert (await fail("/a")).status == status


async def test_n09_a_body_without_end_stops_at_the_cap(origin: Origin, fail: Fail) -> None:
    origin.answer("/a", Raw((OK + b"\r\n", *[b"<item/>" * 10_000] * 30), end="hang"))
    assert (await fail("/a")).reason is Reason.TOO_LARGE


@pytest.mark.parametrize(
    "pieces",
    [
        [OK + b"\r\n", *[b"<"] * 100],
        [OK, *[b"X: y\r\n"] * 100],
        [b"HTTP/1.1 200 OK\r\n\r\n"],
        [b""],
    ],
)
async def test_n10_n11_one_deadline_covers_slow_heads_and_slow_bodies(origin: Origin, pieces: list[bytes]) -> None:
    origin.raw("/a", *pieces, pause=0.05, end="hang")
    async with Client(limits(deadline=SHORT), USER_AGENT) as client:
        with pytest.raises(FetchError) as caught:
            await client.get(Request(url=origin.url("/a"), allow_private=True))
    assert caught.value.reason is Reason.TIMEOUT


async def test_n10_the_deadline_is_one_for_all_redirects(origin: Origin) -> None:
    for hop in range(5):
        head = b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: /%d\r\n" % (hop + 1)
        origin.raw(f"/{hop}", head, b"\r\n", pause=0.15)
    origin.feed("/5", FEED)
    async with Client(limits(deadline=SHORT), USER_AGENT) as client:
        with pytest.raises(FetchError) as caught:
            await client.get(Request(url=origin.url("/0"), allow_private=True))
    assert caught.value.reason is Reason.TIMEOUT


async def test_n11_a_handshake_that_never_ends_is_a_timeout() -> None:
    with Origin(mute=True) as mute:
        async with Client(limits(deadline=SHORT), USER_AGENT) as client:
            with pytest.raises(FetchError) as caught:
                await client.get(Request(url=f"https://127.0.0.1:{mute.port}/", allow_private=True))
    assert caught.value.reason is Reason.TIMEOUT


async def test_n11_a_name_server_that_never_answers_is_a_timeout() -> None:
    async def lookup(host: str, port: int) -> tuple[str, ...]:
        await asyncio.sleep(FOREVER)
        return ()

    async with Client(limits(deadline=SHORT), USER_AGENT, lookup=lookup) as client:
        with pytest.raises(FetchError) as caught:
            await client.get(Request(url="http://slow.example/"))
    assert caught.value.reason is Reason.TIMEOUT


async def test_n11_after_a_timeout_the_host_has_its_turn_again(origin: Origin) -> None:
    origin.raw("/slow", b"", end="hang")
    origin.feed("/a", FEED)
    async with Client(limits(deadline=SHORT, per_host=1), USER_AGENT) as client:
        with pytest.raises(FetchError):
            await client.get(Request(url=origin.url("/slow"), allow_private=True))
        assert (await client.get(Request(url=origin.url("/a"), allow_private=True))).body == FEED


async def test_n14_one_byte_over_the_cap_is_too_large(origin: Origin, get: Get, fail: Fail) -> None:
    origin.raw("/fits", OK + b"\r\n" + bytes(1 << 20))
    origin.raw("/not", OK + b"\r\n" + bytes((1 << 20) + 1))
    assert len((await get("/fits")).body) == 1 << 20
    assert (await fail("/not")).reason is Reason.TOO_LARGE


async def test_n15_gzip_with_a_wrong_checksum_is_refused(origin: Origin, fail: Fail) -> None:
    body = bytearray(gzip.compress(FEED))
    body[-8] ^= 1
    origin.answer("/a", Answer(200, bytes(body), [("Content-Encoding", "gzip")]))
    assert (await fail("/a")).reason is Reason.ENCODING


async def test_n17_n18_a_body_is_what_it_is(origin: Origin, get: Get) -> None:
    origin.answer("/plain", Answer(200, FEED, [("Content-Encoding", "gzip")]))
    origin.answer("/a.xml.gz", Answer(200, gzip.compress(FEED)))
    assert (await get("/plain")).body == FEED
    assert (await get("/a.xml.gz")).body == FEED


@pytest.mark.parametrize("encoding", ["br", "zstd", "gzip, gzip, gzip, gzip, gzip, gzip"])
async def test_n19_other_and_stacked_encodings_are_refused(origin: Origin, fail: Fail, encoding: str) -> None:
    origin.answer("/a", Answer(200, FEED, [("Content-Encoding", encoding)]))
    assert (await fail("/a")).reason is Reason.ENCODING


async def test_headers_of_any_bytes_become_text_that_can_be_stored(origin: Origin, get: Get, fail: Fail) -> None:
    origin.answer("/type", Answer(200, FEED, [("Content-Type", b"text/\xff\xfe")]))
    origin.answer("/encoding", Answer(200, FEED, [("Content-Encoding", b"\xff\xfe\x01")]))
    assert ((await get("/type")).content_type or "").encode() == b"text/??"
    assert (await fail("/encoding")).detail.isprintable()


@pytest.mark.parametrize("status", [100, 102, 103])
async def test_n20_announcements_are_never_the_answer(origin: Origin, get: Get, fail: Fail, status: int) -> None:
    early = b"HTTP/1.1 %d Early\r\nLink: x\r\n\r\n" % status
    origin.raw("/flood", early * 1000, end="hang")
    origin.raw("/two", early * 2 + OK + b"Content-Length: 4\r\n\r\n<rss")
    assert (await fail("/flood")).reason is Reason.PROTOCOL
    assert (await get("/two")).body == b"<rss"


@pytest.mark.parametrize(
    "sent",
    [
        OK + b"".join(b"X-%d: y\r\n" % number for number in range(1000)) + b"\r\n",
        OK + b"X: " + b"y" * 200_000 + b"\r\n\r\n",
        OK + b"Content-Length: 4\r\nContent-Length: 5\r\n\r\n<rss>",
        OK + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n<rss\r\n0\r\n\r\n",
        OK + b"ETag: a\0b\r\nContent-Length: 4\r\n\r\n<rss",
        OK + b"no colon\r\n\r\n",
        OK + b"Content-Length: -4\r\n\r\n<rss",
        OK + b"Content-Length: +4\r\n\r\n<rss",
        OK + b"Content-Length: " + b"9" * 5000 + b"\r\n\r\n<rss",
        CHUNKED + b"zz\r\n<rss",
        b"<rss>HTTP/0.9</rss>",
        b"HTTP/1.1 abc OK\r\n\r\n",
        b"HTTP/1.1 000 No\r\n\r\n",
        b"HTTP/1.1 099 No\r\n\r\n",
        b"HTTP/1.1 101 No\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
        b"HTTP/1.1 999 No\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 1000 No\r\nContent-Length: 0\r\n\r\n",
        b"\x16\x03\x01\x00\x05\r\n\r\n",
    ],
)
async def test_n21_n22_what_is_no_http_is_a_protocol_error(origin: Origin, fail: Fail, sent: bytes) -> None:
    origin.raw("/a", sent)
    error = await fail("/a")
    assert error.reason is Reason.PROTOCOL
    assert len(error.detail) < 300
    assert error.detail.isprintable()


async def test_what_is_said_of_a_failure_is_a_line_for_people(
    origin: Origin, fail: Fail, client: Client, free_port: int
) -> None:
    origin.raw("/a", b"SSH-2.0-OpenSSH_9\r\n")
    assert (await fail("/a")).detail.endswith("Expected HTTP/, RTSP/ or ICE/: b'SSH-2.0-OpenSSH_9'")
    with pytest.raises(FetchError, match=r"^no connection: Connection refused$"):
        await client.get(Request(url=f"http://127.0.0.1:{free_port}/", allow_private=True))


async def test_n21_a_broken_chunk_in_the_middle_is_noticed_at_once(origin: Origin, fail: Fail) -> None:
    origin.raw("/a", CHUNKED + b"4\r\n<rss\r\n", b"zz\r\n", pause=0.1, end="hang")
    assert (await fail("/a")).reason is Reason.PROTOCOL


async def test_n21_a_folded_header_is_read_as_rfc_9112_wants(origin: Origin, get: Get) -> None:
    origin.raw("/a", OK + b"X: a\r\n b\r\nContent-Length: 4\r\n\r\n<rss")
    assert (await get("/a")).body == b"<rss"


@pytest.mark.parametrize("end", ["close", "reset"])
@pytest.mark.parametrize("sent", [b"", b"HTTP/1.1 200 OK\r\nConte"])
async def test_n25_a_connection_that_is_lost_before_the_answer_is_one_request(
    origin: Origin, fail: Fail, sent: bytes, end: End
) -> None:
    origin.raw("/a", sent, end=end)
    assert (await fail("/a")).reason is Reason.CONNECT
    assert len(origin.requests) == 1


async def test_n25_nobody_listens() -> None:
    with Origin() as gone:
        pass
    async with Client(limits(), USER_AGENT) as client:
        with pytest.raises(FetchError) as caught:
            await client.get(Request(url=gone.url(), allow_private=True))
    assert caught.value.reason is Reason.CONNECT


async def test_n25_a_name_that_does_not_exist() -> None:
    world = World({}, {})
    async with Client(limits(), USER_AGENT, lookup=world.lookup, open_socket=world.open_socket) as client:
        with pytest.raises(FetchError) as caught:
            await client.get(Request(url="http://nowhere.example/"))
    assert (caught.value.reason, world.sockets) == (Reason.DNS, 0)


@pytest.mark.parametrize("sent", [OK + b"Content-Length: 0\r\n\r\n", OK + b"\r\n", CHUNKED + b"0\r\n\r\n"])
async def test_n26_an_empty_answer_is_empty(origin: Origin, fail: Fail, sent: bytes) -> None:
    origin.raw("/a", sent)
    assert (await fail("/a")).reason is Reason.EMPTY


@pytest.mark.parametrize("status", [403, 503])
async def test_n27_a_bot_check_is_called_one(origin: Origin, fail: Fail, status: int) -> None:
    origin.answer("/a", Answer(status, b"<html>", [("CF-Mitigated", "challenge")]))
    assert (await fail("/a")).reason is Reason.CHALLENGE


async def test_n32_a_connection_that_the_host_closed_meanwhile_costs_one_reconnect(origin: Origin, get: Get) -> None:
    origin.answer("/a", Answer(200, FEED), Raw((b"",), end="reset"), Answer(200, FEED))
    await get("/a")
    assert (await get("/a")).body == FEED
    assert (len(origin.requests), origin.connections) == (3, 2)


async def test_n33_a_broken_ipv6_address_does_not_hide_a_working_ipv4_one(origin: Origin) -> None:
    origin.feed("/a", FEED)
    world = World({"two.example": ("2606:2800:220:1::1", "93.184.216.34")}, {"93.184.216.34": origin})
    async with Client(limits(), USER_AGENT, lookup=world.lookup, open_socket=world.open_socket) as client:
        assert (await client.get(Request(url="http://two.example/a"))).body == FEED
    assert (world.sockets, world.connected[-1]) == (2, ("93.184.216.34", 80))


async def test_n34_a_length_above_the_cap_is_refused_before_reading(origin: Origin, fail: Fail) -> None:
    origin.raw("/a", OK + b"Content-Length: 10737418240\r\n\r\n", end="hang")
    assert (await fail("/a")).reason is Reason.TOO_LARGE


def serving(name: str) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(CERTIFICATES / name)
    return context


def trusting(name: str) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(CERTIFICATES / name))


@pytest.mark.parametrize(
    ("certificate", "trusted", "host"),
    [
        ("feeds.example.pem", None, "feeds.example"),
        ("feeds.example.pem", "feeds.example.pem", "other.example"),
        ("expired.pem", "expired.pem", "feeds.example"),
    ],
    ids=["self-signed", "wrong host", "expired"],
)
async def test_n24_a_certificate_that_is_wrong_is_an_error(certificate: str, trusted: str | None, host: str) -> None:
    with Origin(tls=serving(certificate)) as origin:
        origin.feed("/a", FEED)
        world = World({host: ("93.184.216.34",)}, {"93.184.216.34": origin})
        tls = trusting(trusted) if trusted else None
        async with Client(limits(), USER_AGENT, lookup=world.lookup, open_socket=world.open_socket, tls=tls) as client:
            with pytest.raises(FetchError) as caught:
                await client.get(Request(url=f"https://{host}/a"))
        assert (caught.value.reason, origin.requests) == (Reason.TLS, [])


async def test_a_host_is_trusted_by_the_authorities_that_this_machine_trusts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATES / "feeds.example.pem"))
    authorities.cache_clear()
    try:
        with Origin(tls=serving("feeds.example.pem")) as origin:
            origin.feed("/a", FEED)
            world = World({"feeds.example": ("93.184.216.34",)}, {"93.184.216.34": origin})
            async with Client(limits(), USER_AGENT, lookup=world.lookup, open_socket=world.open_socket) as client:
                assert (await client.get(Request(url="https://feeds.example/a"))).body == FEED
    finally:
        authorities.cache_clear()


def test_aiohttp_itself_trusts_nobody() -> None:
    code = (
        "import aggregator.fetch, os; from aiohttp.connector import _SSL_CONTEXT_VERIFIED as own; "
        "print(own.get_ca_certs(), own.verify_mode.name, os.environ['SSL_CERT_FILE'])"
    )
    env = {"PATH": os.environ["PATH"], "SSL_CERT_FILE": str(CERTIFICATES / "feeds.example.pem")}
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=env).stdout
    assert said == f"[] CERT_REQUIRED {env['SSL_CERT_FILE']}\n"


async def test_n24_a_host_that_knows_no_tls_but_ssl_3_is_an_error() -> None:
    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(b"\x15\x03\x00\x00\x02\x02\x28")  # an alert of SSL 3.0: handshake failure
        writer.close()

    server = await asyncio.start_server(refuse, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server, Client(limits(), USER_AGENT) as client:
        with pytest.raises(FetchError) as caught:
            await client.get(Request(url=f"https://127.0.0.1:{port}/a", allow_private=True))
    assert caught.value.reason is Reason.TLS


async def test_s16_the_certificate_and_the_host_header_go_by_the_name_and_the_socket_by_the_address() -> None:
    context = serving("feeds.example.pem")
    asked_for: list[str | None] = []
    context.sni_callback = lambda _, name, __: asked_for.append(name)
    with Origin(tls=context) as origin:
        origin.feed("/a", FEED)
        world = World({"feeds.example": ("93.184.216.34",)}, {"93.184.216.34": origin})
        tls = trusting("feeds.example.pem")
        async with Client(limits(), USER_AGENT, lookup=world.lookup, open_socket=world.open_socket, tls=tls) as client:
            assert (await client.get(Request(url="https://feeds.example/a"))).body == FEED
        assert origin.requests[0].header("Host") == "feeds.example"
    assert (asked_for, world.connected) == (["feeds.example"], [("93.184.216.34", 443)])
