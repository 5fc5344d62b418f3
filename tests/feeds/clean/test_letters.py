"""The step that puts right what was read with the wrong encoding."""

from feeds.clean.context import Context
from feeds.clean.letters import reread_all
from feeds.clean.rules import Rules
from feeds.model import Entry, Person


def test_everything_that_people_read_is_put_right() -> None:
    entry = Entry(
        guid="cafÃ©",
        title="cafÃ©",
        html="<p>cafÃ©</p>",
        summary="cafÃ©",
        tags=("cafÃ©",),
        authors=(Person(name="ZoÃ«"), Person(email="z@example.org")),
    )
    mended = reread_all(entry, Context(base="", rules=Rules()))
    assert mended == Entry(
        guid="cafÃ©",
        title="café",
        html="<p>café</p>",
        summary="café",
        tags=("café",),
        authors=(Person(name="Zoë"), Person(email="z@example.org")),
    )
