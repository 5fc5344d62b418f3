"""What may be said of a source in public: its address and messages about it, without the secrets that config.yaml took
from the environment.

A page of sources' health is open to everybody who can reach it, and an error message quotes the address that was asked
for. So every text about a source passes here before it is shown.
"""

import re
from urllib.parse import quote

from aggregator.config.settings import SourceSettings

WITHHELD = "(withheld, for the address holds a secret)"
SHORTEST_SECRET = 4  # characters of a header's value; a "1" would blank out half of a message
_REFERENCE = re.compile(r"\$\{[A-Za-z_][A-Za-z0-9_]*\}")
_USERINFO = re.compile(r"(?<=://)[^/?#\s]*@")


def shown_address(address: str, source: SourceSettings | None) -> str:
    """An address as config.yaml writes it: with the names of secrets in place of what they hold."""
    written = source.written if source else None
    return _USERINFO.sub("", written if written and _REFERENCE.search(written) else address)


def redacted(text: str, source: SourceSettings | None) -> str:
    """A text about a source, without its secrets and without user names and passwords in addresses."""
    text = _USERINFO.sub("", text)
    if source is None:
        return text
    secrets = {value: "…" for value in source.headers.values() if len(value) >= SHORTEST_SECRET}
    if source.written and _REFERENCE.search(source.written):
        held = _held(source.written, source.address)
        if held is None:
            return WITHHELD
        secrets |= held
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        for spelling in (secret, quote(secret, safe=""), quote(secret)):
            text = text.replace(spelling, secrets[secret])
    return text


def _held(written: str, address: str) -> dict[str, str] | None:
    """What each `${NAME}` of a written address holds, found by laying it over the address itself; None if it does not
    fit, as where the address has been tidied."""
    literals = [re.escape(part) for part in _REFERENCE.split(written.strip().partition("#")[0])]
    laid_over = re.search("(.+)".join(literals) + r"\Z", address, re.IGNORECASE)
    if laid_over is None:
        return None
    return dict(zip(laid_over.groups(), _REFERENCE.findall(written), strict=False))


def public_url(url: str | None) -> str | None:
    """An address that may stand in a link: http or https, without user name and password; else None."""
    if url is None or not url.lower().startswith(("http://", "https://")):
        return None
    return _USERINFO.sub("", url)
