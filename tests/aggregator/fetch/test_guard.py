"""Which addresses may be contacted."""

from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.fetch.address import parse
from aggregator.fetch.guard import Blocked, Guard, Resolver
from aggregator.fetch.networks import refusal


def each(text: str) -> list[str]:
    return text.split()


V4 = each("""127.0.0.1 127.255.255.255 0.0.0.0 0.1.2.3 10.0.0.1 172.16.0.1 172.31.255.255 192.168.1.1 169.254.1.1
    169.254.169.254 100.64.0.1 100.127.255.255 192.0.0.1 192.0.0.8 192.0.0.192 192.0.2.1 192.88.99.1 198.18.0.1
    198.19.255.255 198.51.100.1 203.0.113.1 224.0.0.1 239.255.255.255 240.0.0.1 255.255.255.255""")
V6 = each(""":: ::1 fc00::1 fd00:ec2::254 fe80::1 fe80::1%eth0 fec0::1 ff02::1 100::1 2001:db8::1 3fff::1 5f00::1
    2001:2::1 2001:10::1 4000::1""")
EMBEDDED = each("""::ffff:127.0.0.1 ::ffff:a9fe:a9fe ::127.0.0.1 64:ff9b::a9fe:a9fe 64:ff9b:1::1 64:ff9b:1::808:808
    2002:7f00:1:: 2002:808:808:: 2001:0:4136:e378:8000:63bf:3fff:fdd2 2001:0::1""")
PUBLIC = each("""1.1.1.1 8.8.8.8 93.184.216.34 172.15.255.255 172.32.0.1 100.63.255.255 100.128.0.1 192.0.1.1 198.20.0.1
    223.255.255.255 2606:2800:220:1::1 2a00::1 2001:200::1 ::ffff:8.8.8.8 64:ff9b::808:808""")


@pytest.mark.parametrize("ip", V4)
def test_s01_ipv4_that_is_not_the_public_internet(ip: str) -> None:
    assert refusal(ip_address(ip))


@pytest.mark.parametrize("ip", V6)
def test_s02_ipv6_that_is_not_the_public_internet(ip: str) -> None:
    assert refusal(ip_address(ip))


@pytest.mark.parametrize("ip", EMBEDDED)
def test_s03_an_ipv4_address_inside_an_ipv6_one_is_unwrapped(ip: str) -> None:
    assert refusal(ip_address(ip))


@pytest.mark.parametrize("ip", PUBLIC)
def test_the_public_internet_is_open(ip: str) -> None:
    assert refusal(ip_address(ip)) is None


@pytest.mark.parametrize(
    "ip", ["127.0.0.1", "10.1.2.3", "192.168.0.9", "100.64.0.1", "::1", "fd12::1", "::ffff:10.0.0.1"]
)
def test_a_source_may_be_private_if_it_says_so(ip: str) -> None:
    assert refusal(ip_address(ip))
    assert refusal(ip_address(ip), private=True) is None


@pytest.mark.parametrize(
    "ip",
    each("""169.254.169.254 168.63.129.16 100.100.100.200 fd00:ec2::254 192.0.0.192 fe80::1 fe80::1%1 224.0.0.1 0.0.0.0
    ::ffff:168.63.129.16 64:ff9b::7f00:1"""),
)
def test_s05_cloud_metadata_is_closed_to_everyone(ip: str) -> None:
    assert refusal(ip_address(ip))
    assert refusal(ip_address(ip), private=True)


@given(st.ip_addresses(v=4))
def test_an_ipv4_address_is_judged_alike_however_it_is_wrapped(ip: object) -> None:
    plain = refusal(ip_address(str(ip)))
    assert bool(refusal(ip_address(f"::ffff:{ip}"))) == bool(plain)
    assert bool(refusal(ip_address("64:ff9b::") + int(ip_address(str(ip))))) == bool(plain)


@pytest.mark.parametrize(
    "name",
    ["localhost", "localhost.", "LOCALHOST", "x.localhost", "ip6-localhost", "metadata.google.internal", "metadata"],
)
def test_s05_names_of_this_machine_are_refused_before_they_are_looked_up(name: str) -> None:
    with pytest.raises(Blocked):
        Guard().judge(parse(f"http://{name}/"))


def test_a_source_may_be_on_localhost_if_it_says_so() -> None:
    Guard(private=True).judge(parse("http://localhost:1200/"))
    with pytest.raises(Blocked):
        Guard(private=True).judge(parse("http://metadata.google.internal/"))


@pytest.mark.parametrize("port", [22, 25, 6379, 11211, 5432, 3306, 27017, 445, 1])
def test_s13_ports_of_other_services_are_refused(port: int) -> None:
    for guard in (Guard(), Guard(private=True)):
        with pytest.raises(Blocked):
            guard.judge(parse(f"http://93.184.216.34:{port}/"))


@pytest.mark.parametrize("port", [80, 443, 1200, 3000, 8000, 8080, 8443, 65535])
def test_ports_of_web_servers_are_open(port: int) -> None:
    Guard().judge(parse(f"http://93.184.216.34:{port}/"))


async def test_s06_a_name_with_one_private_address_is_refused_whole() -> None:
    async def lookup(host: str, port: int) -> tuple[str, ...]:
        return "93.184.216.34", "10.0.0.1"

    with pytest.raises(Blocked):
        await Resolver(Guard(), lookup).resolve("two.example", 80)


def test_no_socket_is_made_for_a_blocked_address() -> None:
    made: list[object] = []
    guard = Guard(open_socket=lambda *what: made.append(what))  # type: ignore[arg-type]
    with pytest.raises(Blocked):
        guard.socket_factory((2, 1, 6, "", ("10.0.0.1", 80)))
    assert not made
