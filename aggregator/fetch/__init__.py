"""The only room that speaks to the network: fetches one address politely and safely, and says when to come back.

`client` is the way in; `guard` is asked before every socket is opened; `cadence` is pure.
"""

import os

_CERTIFICATES = "SSL_CERT_FILE"  # where OpenSSL looks for those of the authorities


def _import_aiohttp() -> None:
    """Once, and here, without those certificates: it loads them twice over when it is imported, 0.04 of the 0.45 s that
    a start takes. Ours are loaded when the first connection needs them (`wire.authorities`); with its own nobody could
    be trusted.
    """
    said = os.environ.get(_CERTIFICATES)
    os.environ[_CERTIFICATES] = os.devnull
    try:
        import aiohttp  # noqa: F401
    finally:
        del os.environ[_CERTIFICATES]
        os.environ |= {} if said is None else {_CERTIFICATES: said}


_import_aiohttp()
