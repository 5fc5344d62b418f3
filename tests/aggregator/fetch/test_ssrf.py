"""No request to a private address from anywhere: the S cases, in a world where no packet can leave loopback."""

from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from aggregator.config.load import load
from aggregator.errors import FetchError
from aggregator.fetch.client import Client, Request
from aggregator.outcome import Reason
from tests.aggregator.fetch.conftest import FEED, USER_AGENT, limits
from tests.aggregator.fetch.world import World
from tests.origin import Origin

IP, OTHER_IP = "93.184.216.34", "93.184.216.35"


@pytest.fixture
def world(origin: Origin) -> World:
    names: dict[str, Sequence[str]] = {
        "public.example": (IP,),
        "other.example": (OTHER_IP,),
        "inside.example": ("10.0.0.1",),
        "both.example": (IP, "127.0.0.1"),
        "169.254.169.254.nip.example": ("169.254.169.254",),
        "mapped.example": ("::ffff:127.0.0.1",),
        "scoped.example": ("fe80::1%eth0",),
        "azure.example": ("168.63.129.16",),
        "xn--nxasmm1c.example": (IP,),
    }
    return World(names, {IP: origin, OTHER_IP: origin})


@pytest.fixture
async def client(world: World) -> AsyncIterator[Client]:
    async with Client(limits(), USER_AGENT, lookup=world.lookup, open_socket=world.open_socket) as client:
        yield client


async def refused(client: Client, url: str, *, allow_private: bool = False) -> Reason:
    with pytest.raises(FetchError) as caught:
        await client.get(Request(url=url, allow_private=allow_private))
    return caught.value.reason


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "2130706433",
        "0x7f.1",
        "0177.0.0.1",
        "127.1",
        "0",
        "①②⑦.0.0.1",
        "127。0。0。1",
        "10.0.0.1",
        "169.254.169.254",
        "168.63.129.16",
        "[::1]",
        "[::ffff:a9fe:a9fe]",
        "[64:ff9b::7f00:1]",
        "[fe80::1]",
        "localhost",
        "a.localhost.",
        "metadata.google.internal",
    ],
)
async def test_s01_to_s05_what_is_written_privately_is_refused_before_anything_happens(
    client: Client, world: World, host: str
) -> None:
    assert await refused(client, f"http://{host}/feed") is Reason.BLOCKED_ADDRESS
    assert (world.sockets, world.looked_up) == (0, [])


@pytest.mark.parametrize(
    "host",
    ["inside.example", "169.254.169.254.nip.example", "mapped.example", "scoped.example", "azure.example"],
)
async def test_s05_a_name_that_leads_inside_is_refused(client: Client, world: World, host: str) -> None:
    assert await refused(client, f"http://{host}/feed") is Reason.BLOCKED_ADDRESS
    assert (world.sockets, world.looked_up) == (0, [host])


async def test_s06_a_name_with_a_public_and_a_private_address_is_refused_whole(client: Client, world: World) -> None:
    assert await refused(client, "http://both.example/feed") is Reason.BLOCKED_ADDRESS
    assert world.sockets == 0


async def test_s07_the_socket_goes_to_the_address_that_was_judged(client: Client, world: World, origin: Origin) -> None:
    origin.feed("/feed", FEED)
    await client.get(Request(url="http://public.example/feed"))
    assert (world.looked_up, world.connected) == (["public.example"], [(IP, 80)])


async def test_s07_a_name_that_changes_its_mind_is_judged_again(client: Client, world: World, origin: Origin) -> None:
    origin.raw("/feed", b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\n<rss")
    await client.get(Request(url="http://public.example/feed"))
    world.names["public.example"] = ("127.0.0.1",)
    assert await refused(client, "http://public.example/feed") is Reason.BLOCKED_ADDRESS
    assert world.sockets == 1


@pytest.mark.parametrize("hops", [1, 2, 5])
@pytest.mark.parametrize("status", [302, 307])
@pytest.mark.parametrize(
    "inside", ["http://127.0.0.1/", "http://inside.example/", "http://[::1]/", "http://2130706433"]
)
async def test_s08_a_redirect_inside_is_refused_at_its_hop(
    client: Client, world: World, origin: Origin, hops: int, status: int, inside: str
) -> None:
    for hop in range(1, hops):
        origin.redirect(f"/{hop}", f"/{hop + 1}", status)
    origin.redirect(f"/{hops}", inside, status)
    assert await refused(client, "http://public.example/1") is Reason.BLOCKED_ADDRESS
    assert len(origin.requests) == hops
    assert {host for host, _ in world.connected} == {IP}


@pytest.mark.parametrize("place", ["ftp://public.example/", "file:///etc/passwd", "gopher://127.0.0.1:6379/_x"])
async def test_s08_a_redirect_to_another_scheme_is_refused(client: Client, origin: Origin, place: str) -> None:
    origin.redirect("/feed", place)
    assert await refused(client, "http://public.example/feed") is Reason.REDIRECT


async def test_s09_a_confusing_address_is_refused(client: Client, world: World) -> None:
    for url in ("http://127.0.0.1\\@public.example/", "http://public.example\\@127.0.0.1/", "http://a@b@c/", "http:h"):
        assert await refused(client, url) is Reason.ADDRESS
    assert (world.sockets, world.looked_up) == (0, [])


async def test_s12_proxies_and_netrc_of_the_environment_are_ignored(
    client: Client, origin: Origin, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9/")
    (tmp_path / "netrc").write_text("machine public.example login user password secret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    origin.feed("/feed", FEED)
    assert (await client.get(Request(url="http://public.example/feed"))).body == FEED
    assert origin.requests[0].raw("Authorization") is None


@pytest.mark.parametrize("port", [22, 25, 6379, 11211, 5432])
async def test_s13_ports_of_other_services_are_refused(client: Client, world: World, origin: Origin, port: int) -> None:
    origin.redirect("/feed", f"http://other.example:{port}/")
    assert await refused(client, f"http://public.example:{port}/") is Reason.BLOCKED_ADDRESS
    assert await refused(client, "http://public.example/feed") is Reason.BLOCKED_ADDRESS
    assert world.connected == [(IP, 80)]


async def test_s14_a_source_that_may_be_private_may_be_there_only(client: Client, world: World, origin: Origin) -> None:
    world.origins["10.0.0.1"] = origin
    origin.feed("/feed", FEED)
    origin.redirect("/here", "/feed")
    origin.redirect("/port", "http://inside.example:8080/feed")
    origin.redirect("/host", "http://10.0.0.1/feed")
    get = "http://inside.example"
    assert (await client.get(Request(url=f"{get}/feed", allow_private=True))).body == FEED
    assert (await client.get(Request(url=f"{get}/here", allow_private=True))).body == FEED
    assert await refused(client, f"{get}/port", allow_private=True) is Reason.BLOCKED_ADDRESS
    assert await refused(client, f"{get}/host", allow_private=True) is Reason.BLOCKED_ADDRESS
    assert await refused(client, f"{get}/feed") is Reason.BLOCKED_ADDRESS


async def test_s14_an_open_private_connection_serves_nobody_elses_redirect(
    client: Client, world: World, origin: Origin
) -> None:
    world.origins["10.0.0.1"] = origin
    origin.feed("/feed", FEED)
    origin.redirect("/away", "http://inside.example/feed")
    await client.get(Request(url="http://inside.example/feed", allow_private=True))
    assert await refused(client, "http://public.example/away") is Reason.BLOCKED_ADDRESS
    assert origin.count("/feed") == 1


async def test_s15_credentials_stay_at_their_origin(client: Client, origin: Origin) -> None:
    origin.redirect("/a", "/b")
    origin.redirect("/b", "http://other.example/c")
    origin.feed("/c", FEED)
    request = Request(url="http://user:secret@public.example/a", headers={"X-Token": "secret"})
    response = await client.get(request)
    assert response.url == "http://other.example/c"
    assert "secret" not in repr(response)
    credentials = [(asked.raw("Authorization"), asked.raw("X-Token")) for asked in origin.requests]
    assert credentials == [(b"Basic dXNlcjpzZWNyZXQ=", b"secret")] * 2 + [(None, None)]


async def test_s15_no_error_tells_a_password(client: Client, origin: Origin) -> None:
    origin.redirect("/a", "http://inside.example/")
    for url in ("http://user:secret@public.example/a", "http://user:secret@a@b/", "http://user:secret@127.0.0.1/"):
        with pytest.raises(FetchError) as caught:
            await client.get(Request(url=url))
        assert "secret" not in f"{caught.value.detail}{caught.value.__cause__}"


async def test_s17_a_zone_is_refused(client: Client, world: World) -> None:
    assert await refused(client, "http://[fe80::1%25eth0]/") is Reason.ADDRESS
    assert world.sockets == 0


async def test_s18_a_name_is_judged_when_it_is_fetched_not_when_the_file_is_read(
    client: Client, world: World, tmp_path: Path
) -> None:
    file = tmp_path / "config.yaml"
    file.write_text("categories:\n  Tech:\n    - http://inside.example/feed\n    - http://nowhere.example/feed\n")
    assert len(load(file, {}).sources) == 2
    assert world.looked_up == []
    assert await refused(client, "http://inside.example/feed") is Reason.BLOCKED_ADDRESS
    assert world.sockets == 0
