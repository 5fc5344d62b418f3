"""What is written for a source → which kind it is, and its address. Every other spelling gets told what to write
instead.

The kinds themselves are `feeds.kinds.KINDS`; here is only how config.yaml names them.
"""

import re

from feeds.kinds import KINDS

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_HOST = re.compile(r"[\w-]+(\.[\w-]+)+(:[0-9]+)?(?P<path>/.*)?")
_DOCUMENT = (".xml", ".rss", ".atom", ".json")
KEYS = {kind.key: kind.name for kind in KINDS.values()}
_NOT_OF_THE_WEB = ("rsshub", "file")


def source(written: str) -> tuple[str, str]:
    """Kind and address of a source that is written as one word.

    raises  ValueError, which says what to write
    """
    text = written.strip()
    scheme = _SCHEME.match(text)
    key = scheme[1].lower() if scheme is not None else ""
    if key in KEYS and key != "url":
        return option(key, text[scheme.end() :] if scheme else text)
    return option("url", text)


def option(key: str, written: str) -> tuple[str, str]:
    """Kind and address of a source that is written with the key of its kind.

    raises  ValueError, which says what to write
    """
    text = written.strip()
    scheme = _SCHEME.match(text)
    if key in _NOT_OF_THE_WEB:
        if scheme is not None and scheme[1].lower() in ("http", "https"):
            raise ValueError(f"this is a whole address; write `url: {_shown(text)}`")
    elif scheme is not None and scheme[1].lower() in KEYS and scheme[1].lower() != "url":
        raise ValueError(f"write `{scheme[1].lower()}: {text[scheme.end() :]}` instead of `{key}: …`")
    else:
        _check_url(text)
    return KEYS[key], KINDS[KEYS[key]].address(text)


def _check_url(text: str) -> None:
    scheme = _SCHEME.match(text)
    if scheme is not None and scheme[1].lower() in ("http", "https"):
        return
    if text.startswith("//"):
        raise ValueError(f"the address has no scheme; write `https:{text}`")
    host = _HOST.fullmatch(text)
    if host is not None and (host["path"] or not text.endswith(_DOCUMENT)):
        raise ValueError(f"the address has no scheme; write `https://{text}`")
    if scheme is not None and "." not in scheme[1]:
        raise ValueError(f"`{scheme[1]}:` is not read; write an address that begins with https:// or http://")
    if text.startswith("/") or text.endswith(_DOCUMENT):
        raise ValueError(f"this is no address; for a file on this machine write `file:{text}`")
    raise ValueError("this is no address; write one that begins with https:// or http://, rsshub: or file:")


def _shown(text: str) -> str:
    return text if len(text) <= 200 else f"{text[:200]}…"
