"""Secrets of config.yaml stay inside, whatever a message quotes."""

import pytest

from aggregator.config.redaction import WITHHELD, public_url, redacted, shown_address
from aggregator.config.settings import SourceSettings
from tests.builders import source_settings

PLAIN = source_settings("https://a.example/feed", written="https://a.example/feed")
SECRET = source_settings(
    "https://a.example/hunter2/feed?k=s3cr%2Ft", written="https://A.example/${USER}/feed?k=${KEY}#part"
)
WITH_HEADER = source_settings("https://a.example/feed", headers={"Authorization": "Bearer hunter2", "X": "1"})


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        (None, "https://a.example/feed"),
        (PLAIN, "https://a.example/feed"),
        (source_settings("https://a.example/feed", written="https://A.Example/feed"), "https://a.example/feed"),
        (SECRET, "https://A.example/${USER}/feed?k=${KEY}#part"),
    ],
)
def test_c14_an_address_is_shown_with_the_names_of_its_secrets(source: SourceSettings | None, shown: str) -> None:
    assert shown_address(source.address if source else "https://a.example/feed", source) == shown


@pytest.mark.parametrize(
    ("text", "source", "shown"),
    [
        ("404 at https://a.example/feed", PLAIN, "404 at https://a.example/feed"),
        (
            "404 at https://a.example/hunter2/feed?k=s3cr%2Ft, tried hunter2",
            SECRET,
            "404 at https://a.example/${USER}/feed?k=${KEY}, tried ${USER}",
        ),
        ("moved to https://b.example/?user=hunter2", SECRET, "moved to https://b.example/?user=${USER}"),
        ("refused Bearer hunter2, line 1", WITH_HEADER, "refused …, line 1"),
        ("refused Bearer%20hunter2", WITH_HEADER, "refused …"),
        ("at http://user:pw@a.example/", None, "at http://a.example/"),
        ("at http://user:p@w@a.example/x@y", None, "at http://a.example/x@y"),
    ],
)
def test_s15_c14_a_message_is_shown_without_secrets(text: str, source: SourceSettings | None, shown: str) -> None:
    assert redacted(text, source) == shown


def test_a_message_is_withheld_where_the_secret_cannot_be_found_in_it() -> None:
    tidied = source_settings("https://a.example/x/hunter2", written="https://a.example/y/${KEY}")
    assert redacted("404 at https://a.example/x/hunter2", tidied) == WITHHELD


@pytest.mark.parametrize(
    ("url", "public"),
    [
        (None, None),
        ("", None),
        ("javascript:alert(1)", None),
        ("data:text/html,x", None),
        ("https://a.example/?a=b@c", "https://a.example/?a=b@c"),
        ("HTTPS://user@a.example/", "HTTPS://a.example/"),
    ],
)
def test_only_web_addresses_stand_in_links(url: str | None, public: str | None) -> None:
    assert public_url(url) == public
