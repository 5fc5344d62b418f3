"""The types of single values in config.yaml, each with the sentence that a wrong one gets.

pydantic types, used by `settings` and `shapes`. A value made in Python (a `timedelta`, a number of bytes) passes as it
is; what comes from the file must be written with its unit (`FROM_FILE`).
"""

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer, ValidationInfo, WithJsonSchema

from aggregator.config.quantities import parse_duration, parse_size
from aggregator.config.scalars import Surprise
from feeds.clean.rules import check_rule

FROM_FILE = "from the file"  # as pydantic's validation context
LARGEST_LIMIT = 500  # entries of one published feed
PLACEHOLDERS = ("{url}", "{url_encoded}", "{host_path}")

# RFC 9110 §5.1 and §5.5; the names are those that the fetcher writes itself, or that would break the exchange.
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_HEADER_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")
_TOKEN = re.compile(r"[A-Za-z0-9._~-]{16,200}")  # RFC 3986 §2.3: what needs no escaping in an address
_OUR_HEADERS = {
    *("accept-encoding", "connection", "content-length", "content-encoding", "host", "if-modified-since"),
    *("if-none-match", "keep-alive", "proxy-authorization", "range", "te", "trailer", "transfer-encoding", "upgrade"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Listen:
    """Where the web server listens."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def _duration(value: Any) -> Any:
    return value if isinstance(value, timedelta) else parse_duration(_with_unit(value))


def _every(value: Any) -> Any:
    return None if value == "auto" else _duration(value)


def _size(value: Any, info: ValidationInfo) -> Any:
    return value if isinstance(value, int) and info.context != FROM_FILE else parse_size(_with_unit(value))


def _with_unit(value: Any) -> str:
    return value if isinstance(value, str) else str(value)


def _line(text: str) -> str:
    text = text.strip()
    if not text or not text.isprintable():
        raise ValueError("must be one line of text, and not empty")
    return text


def _web_address(url: str) -> str:
    url = url.strip()
    try:
        parts = urlsplit(url)
        readable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        readable = False
    if not readable or not url.isprintable() or " " in url:
        raise ValueError("must be a whole address that starts with https:// or http://")
    return url


def _base_address(url: str) -> str:
    url = _web_address(url)
    if "?" in url or "#" in url:
        raise ValueError("must be an address without ? and #: ours are appended to it")
    return url.rstrip("/")


def _contact(text: str) -> str:
    if not _HEADER_VALUE.fullmatch(text) or not text.isascii() or set("()") & set(text):
        raise ValueError("is sent in the User-Agent: an address of a page or an e-mail, plain ASCII without brackets")
    return _line(text)


def _token(text: str) -> str:
    if not _TOKEN.fullmatch(text):
        raise ValueError("must be 16 to 200 letters, digits, `-`, `_`, `.` or `~`; `openssl rand -hex 20` makes one")
    return text


def _images(policy: str) -> str:
    if policy in ("original", "proxy"):
        return policy
    used = re.findall(r"\{[^{}]*\}", policy)
    if not used and "://" not in policy:
        raise ValueError(
            'must be `original`, `proxy`, or a template such as "https://images.example/?url={url_encoded}"'
        )
    if len(used) != 1 or used[0] not in PLACEHOLDERS:
        raise ValueError(f"must hold one of {', '.join(PLACEHOLDERS)} where the image's address belongs, once")
    _web_address(policy.replace(used[0], "x"))
    return policy


def _headers(headers: dict[str, str]) -> dict[str, str]:
    for name, value in headers.items():
        if not _HEADER_NAME.fullmatch(name):
            raise ValueError(f"{name!r} is not the name of an HTTP header")
        if name.lower() in _OUR_HEADERS:
            raise ValueError(f"`{name}` is written by us and cannot be set")
        if not _HEADER_VALUE.fullmatch(value):
            raise ValueError(f"the value of `{name}` has characters that an HTTP header cannot carry")
    return headers


def _listen(value: Any) -> Any:
    if isinstance(value, Listen):
        return value
    host, colon, port = str(value).strip().rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not colon or not host or not (port.isascii() and port.isdecimal()) or not 0 < int(port[:6]) < 65_536:
        raise ValueError("must be a host and a port, such as 127.0.0.1:8000 or [::]:8000")
    return Listen(host=host, port=int(port))


def _keep(text: str) -> str:
    check_rule(text, "keep")
    return text


def _drop(text: str) -> str:
    check_rule(text, "drop")
    return text


def _word(value: Any) -> Any:
    return value.text if isinstance(value, Surprise) else value  # `off` is a choice here, and nothing else


_DURATION_SCHEMA = {"type": "string", "pattern": "^[0-9]+ ?[a-zA-Z]+$"}

Line = Annotated[str, AfterValidator(_line)]
Duration = Annotated[timedelta, BeforeValidator(_duration), WithJsonSchema(_DURATION_SCHEMA)]
Every = Annotated[
    timedelta | None,
    BeforeValidator(_every),
    WithJsonSchema({"anyOf": [{"const": "auto"}, _DURATION_SCHEMA]}),
]
Size = Annotated[
    int, BeforeValidator(_size), WithJsonSchema({"type": "string", "pattern": "^[0-9.]+ ?([kKmMgG][iI]?)?[bB]$"})
]
BaseAddress = Annotated[str, AfterValidator(_base_address)]
WebAddress = Annotated[str, AfterValidator(_web_address)]
Contact = Annotated[str, AfterValidator(_contact)]
Token = Annotated[str, AfterValidator(_token)]
Images = Annotated[str, AfterValidator(_images)]
Headers = Annotated[dict[str, str], AfterValidator(_headers)]
ListenAddress = Annotated[Listen, BeforeValidator(_listen), PlainSerializer(str), WithJsonSchema({"type": "string"})]
KeepList = list[Annotated[str, AfterValidator(_keep)]]
DropList = list[Annotated[str, AfterValidator(_drop)]]
Limit = Annotated[int, Field(ge=1, le=LARGEST_LIMIT)]
Shown = Literal["full", "excerpt", "link"]
Likeness = Annotated[Literal["near", "exact", "off"], BeforeValidator(_word)]
