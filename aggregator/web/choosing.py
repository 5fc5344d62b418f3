"""Which sources the status page shows, and in which order: what its links ask for. Pure.

An address that somebody has mistyped shows all sources rather than an error: it is a page for people.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from aggregator.config.settings import Settings
from aggregator.publish.health import FOREVER, Judged, State
from aggregator.publish.status import Overview, name_of

ON_A_PAGE = 50
LONG_AGO = FOREVER.replace(year=1)

FILTERS: dict[str, Callable[[Judged], bool]] = {
    "attention": lambda one: one.needs_attention,
    **{state.value: (lambda one, state=state: one.state is state) for state in State},  # type: ignore[misc]
    "moved": lambda one: one.source.moved_to is not None,
    "overdue": lambda one: one.overdue,
}
ORDERS = ("worst", "name", "latest", "next")


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What is to be seen: only those of a filter, in an order, which page of them (from 1)."""

    show: str = ""
    sort: str = ORDERS[0]
    page: int = 1

    @property
    def query(self) -> str:
        """As an address has it, with its `?`; "" for what is shown first."""
        said = {name: getattr(self, name) for name in ("show", "sort", "page")}
        other = {name: value for name, value in said.items() if value != getattr(FIRST, name)}
        return f"?{urlencode(other)}" if other else ""

    def showing(self, show: str) -> "View":
        """The same order of others, from the beginning."""
        return replace(self, show=show, page=1)

    def sorted_by(self, sort: str) -> "View":
        """The same ones in another order, from the beginning."""
        return replace(self, sort=sort, page=1)

    def on(self, page: int) -> "View":
        """Another page of the same."""
        return replace(self, page=page)


FIRST = View()


def view_of(arguments: Any) -> View:
    """What an address asks for, from its arguments."""
    show, sort, page = (arguments.get(name, "") for name in ("show", "sort", "page"))
    return View(
        show=show if show in FILTERS else "",
        sort=sort if sort in ORDERS else ORDERS[0],
        page=int(page) if page.isascii() and page.isdigit() and 0 < len(page) < 7 else 1,
    )


def chosen(found: Overview, view: View, settings: Settings) -> tuple[Judged, ...]:
    """All that a view shows, on whichever page, in its order."""
    shown = [one for one in found.sources if not view.show or FILTERS[view.show](one)]
    listed = {source.address: source for source in settings.sources}
    match view.sort:
        case "name":
            shown.sort(
                key=lambda one: name_of(one.source.address, one.source.title, listed.get(one.source.address)).casefold()
            )
        case "latest":
            shown.sort(key=lambda one: one.source.last_new_at or LONG_AGO, reverse=True)
        case "next":
            shown.sort(key=lambda one: one.source.next_fetch_at)
    return tuple(shown)
