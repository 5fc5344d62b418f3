"""What config.yaml says once it is read: `Settings`, with the sources and categories resolved.

What is written about a source is inherited, merged and checked before (`shapes`, `sources`, `resolve`).
Nothing here may show a secret: what `${NAME}` brought in, a password in `database`, a header. So `repr` says little.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Literal

from aggregator.config.sections import (
    AccessSettings,
    DedupSettings,
    FetchSettings,
    PublishSettings,
    RetentionSettings,
    RsshubSettings,
    SiteSettings,
)
from aggregator.config.values import Listen
from aggregator.errors import Problem
from feeds.clean.rules import Rules

__all__ = [
    "AccessSettings",
    "CategorySettings",
    "DedupSettings",
    "FetchSettings",
    "ListSettings",
    "Listen",
    "PublishSettings",
    "RetentionSettings",
    "RsshubSettings",
    "Settings",
    "SiteSettings",
    "SourceSettings",
]

NO_RULES = Rules()
LOOPBACK = Listen(host="127.0.0.1", port=8000)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class SourceSettings:
    """One source, everything inherited and merged.

    address     its identity (`feeds.kinds`)
    written     its address as the file writes it, secrets still by name: what people may be shown
    options     what its kind is told beside the address, as it is written (`feeds.kinds.Kind.options`)
    every       None is `auto`
    categories  slugs of its own categories, without their ancestors, in the order of the file
    line        where the file names it first
    """

    address: str
    kind: str
    options: Mapping[str, str] = field(default_factory=dict)
    name: str | None = None
    every: timedelta | None = None
    images: str = "original"
    rules: Rules = NO_RULES
    headers: Mapping[str, str] = field(default_factory=dict)
    allow_private: bool = False
    publish: Literal["full", "excerpt", "link"] = "full"
    dedup: Literal["near", "exact", "off"] = "near"
    priority: int = 0
    categories: tuple[str, ...] = ()
    line: int = 0
    written: str | None = None

    def __repr__(self) -> str:
        return f"SourceSettings({self.written or self.address!r}, line={self.line})"


@dataclass(frozen=True, slots=True, kw_only=True)
class ListSettings:
    """A list of subscriptions that is read beside config.yaml.

    address   where it is fetched; None for a file of this machine
    copy      the file that is read: itself, or the last good copy of what was fetched
    category  that its folders go below; None for the top
    line      where config.yaml names it
    """

    address: str | None
    copy: Path
    category: str | None
    every: timedelta
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CategorySettings:
    """One category, named in the file or implied by one below it.

    path  the names from the top, such as ("Technology", "Python")
    slug  the same as it stands in addresses: `technology/python`
    line  where the file names it, or the first category that implies it
    """

    path: tuple[str, ...]
    slug: str
    title: str
    description: str
    limit: int
    line: int


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Settings:
    """All of config.yaml. Parents stand before their children in `categories`; `warnings` are no reason to stop.

    digest  of what was read; "" for what never stood in a file
    """

    file: Path
    sources: tuple[SourceSettings, ...]
    categories: tuple[CategorySettings, ...]
    database: str = "sqlite:///var/aggregator.db"
    listen: Listen = LOOPBACK
    site: SiteSettings = field(default_factory=SiteSettings)
    access: AccessSettings = field(default_factory=AccessSettings)
    fetch: FetchSettings = field(default_factory=FetchSettings)
    dedup: DedupSettings = field(default_factory=DedupSettings)
    retention: RetentionSettings = field(default_factory=RetentionSettings)
    rsshub: RsshubSettings = field(default_factory=RsshubSettings)
    publish: PublishSettings = field(default_factory=PublishSettings)
    lists: tuple[ListSettings, ...] = ()
    warnings: tuple[Problem, ...] = ()
    digest: str = ""

    def __repr__(self) -> str:
        return f"Settings({str(self.file)!r}, sources={len(self.sources)}, categories={len(self.categories)})"

    @property
    def user_agent(self) -> str:
        """What we call ourselves to the hosts that we fetch from, with where to complain."""
        name = f"feed-aggregator/{version('feed-aggregator')}"
        return f"{name} (+{self.site.contact})" if self.site.contact else name

    @property
    def feed_limit(self) -> int:
        """How many stories a feed has where its category does not say."""
        return self.publish.limit
