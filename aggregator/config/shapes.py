"""The shape of config.yaml, as people write it. `ConfigFile` is the whole file; the reference is made from it.

What may be left out and inherited is a TypedDict, so that "not given" and "given" stay apart: a key that is not
there was not written. The defaults of those are in `settings.SourceSettings`.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BeforeValidator, ConfigDict, Discriminator, Field, Tag, with_config
from typing_extensions import TypedDict

from aggregator.config.sections import (
    AccessSettings,
    DedupSettings,
    FetchSettings,
    PublishSettings,
    RetentionSettings,
    RsshubSettings,
    Section,
    SiteSettings,
)
from aggregator.config.settings import LOOPBACK
from aggregator.config.values import (
    DropList,
    Duration,
    Every,
    Headers,
    Images,
    KeepList,
    Likeness,
    Limit,
    Line,
    ListenAddress,
    Shown,
)
from feeds.kinds import KINDS

STRICT = ConfigDict(extra="forbid", strict=True, hide_input_in_errors=True)

EveryOption = Annotated[
    Every,
    Field(
        description="How often to fetch: `auto`, by the source's own rhythm, or a duration; never under `fetch.floor`.",
        examples=["auto", "2h"],
    ),
]
ImagesOption = Annotated[
    Images,
    Field(
        description=(
            "Where readers load images from: `original`, where the source put them; `proxy`, through this site; or a "
            "template of another proxy with `{url}`, `{url_encoded}` or `{host_path}` (the address without `https://`)."
        ),
        examples=["proxy", "https://images.example/?url={url_encoded}"],
    ),
]
PublishOption = Annotated[
    Shown, Field(description="How much of the text is published: `full`, an `excerpt`, or nothing but the `link`.")
]
DedupOption = Annotated[
    Likeness,
    Field(
        description=(
            "What makes items of this and another source one story: `exact`, the same address or title; `near`, also "
            "the same text, trimmed or under another headline; `off`, nothing."
        )
    ),
]
PriorityOption = Annotated[
    int,
    Field(description="Whose text a story shows: the highest first.", ge=-1_000_000, le=1_000_000, examples=[10]),
]
KeepOption = Annotated[
    KeepList,
    Field(
        description="Only entries that match one of these rules.", examples=[["title ~ (?i)python", "tag = release"]]
    ),
]
DropOption = Annotated[
    DropList,
    Field(description="No entries that match one of these rules.", examples=[["title ~ (?i)sponsored", "age > 30d"]]),
]
PrivateOption = Annotated[
    bool,
    Field(
        description="Whether the source's own address may be private or loopback; nothing that it names ever may.",
        examples=[True],
    ),
]


@with_config(STRICT)
class Defaults(TypedDict, total=False):
    """What every source inherits. A source that gives an option itself, a list of rules too, has only its own."""

    every: EveryOption
    images: ImagesOption
    keep: KeepOption
    drop: DropOption
    allow_private: PrivateOption
    publish: PublishOption
    dedup: DedupOption
    priority: PriorityOption


def _kind_keys() -> dict[str, Any]:
    """What KINDS bring into a source: a key each for the address, and their options; some share the name of one.

    Which of the options belong to which kind is for `sources` to check, for it takes more than one key.
    """
    said: dict[str, list[str]] = {}
    for kind in KINDS.values():
        for name, option in kind.options.items():
            said.setdefault(name, []).append(f"Of a `{kind.key}`: {option.about}")
    addresses = {
        kind.key: Annotated[str, Field(description=kind.about, examples=[kind.example], min_length=1)]
        for kind in KINDS.values()
    }
    return addresses | {
        name: Annotated[str, Field(description=" ".join(about), min_length=1)] for name, about in said.items()
    }


if TYPE_CHECKING:

    class KindKeys(TypedDict, total=False):
        """`_kind_keys`."""
else:
    KindKeys = TypedDict("KindKeys", _kind_keys(), total=False)


@with_config(STRICT)
class SourceOptions(KindKeys, Defaults, total=False):
    """One source: the key of exactly one kind, with its address, and whatever is special about it."""

    name: Annotated[
        Line, Field(description="What to call it, instead of the title it gives itself.", examples=["Example blog"])
    ]
    headers: Annotated[
        Headers,
        Field(
            description="Sent to its own host with every request; keep secrets in the environment.",
            examples=[{"Authorization": "${EXAMPLE_TOKEN}"}],
        ),
    ]


def _kind_of_source(value: Any) -> str:
    return "mapping" if isinstance(value, dict) else "address"


SourceItem = Annotated[
    Annotated[str, Tag("address")] | Annotated[SourceOptions, Tag("mapping")], Discriminator(_kind_of_source)
]


def _nothing_as_empty_list(value: Any) -> Any:
    return [] if value is None else value


SourceList = Annotated[list[SourceItem], BeforeValidator(_nothing_as_empty_list)]


@with_config(STRICT)
class CategoryOptions(TypedDict, total=False):
    """One category with options of its own."""

    title: Annotated[
        Line, Field(description="What to call it, instead of the last name of its path.", examples=["Python"])
    ]
    description: Annotated[str, Field(description="A sentence for its feed.", examples=["All about Python"])]
    limit: Annotated[Limit, Field(description="How many stories its feed has; else `publish.limit`.", examples=[50])]
    dedup: Annotated[
        Likeness,
        Field(
            description=(
                "As of a source, for those that are listed here and do not say it themselves; of several categories of "
                "one source, the most careful counts."
            )
        ),
    ]
    sources: Annotated[SourceList, Field(description="Its sources: addresses or mappings.")]


def _list_as_options(value: Any) -> Any:
    if value is None:
        return {}
    return {"sources": value} if isinstance(value, list) else value


Category = Annotated[
    CategoryOptions, BeforeValidator(_list_as_options, json_schema_input_type=SourceList | CategoryOptions | None)
]


@with_config(STRICT)
class ListAddress(TypedDict):
    """What every included list has."""

    list: Annotated[
        Line,
        Field(
            description="The address of an OPML list, or the path of one on this machine, relative to config.yaml.",
            examples=["https://example.org/blogroll.opml", "lists/friends.opml"],
        ),
    ]


@with_config(STRICT)
class IncludeOptions(ListAddress, total=False):
    """A list of subscriptions that is read beside the file: OPML, which every feed reader can write."""

    category: Annotated[
        Line,
        Field(
            description="The category that its folders go below, and its feeds that are in no folder go into.",
            examples=["Friends"],
        ),
    ]
    every: Annotated[
        Duration,
        Field(
            description="How often a list on the web is fetched: `24h` unless it is said, never under `fetch.floor`.",
            examples=["24h"],
        ),
    ]


IncludeItem = Annotated[
    Annotated[Line, Tag("address")] | Annotated[IncludeOptions, Tag("mapping")], Discriminator(_kind_of_source)
]


class ConfigFile(Section):
    """The whole of config.yaml. Only `categories` is needed."""

    site: SiteSettings = SiteSettings()
    database: str = Field(
        default="sqlite:///var/aggregator.db",
        description="`sqlite:///` and a path, relative to config.yaml; or `postgresql+psycopg://user@host/name`.",
    )
    listen: ListenAddress = Field(default=LOOPBACK, description="The host and port that the web server listens at.")
    access: AccessSettings = AccessSettings()
    defaults: Defaults = Defaults()
    categories: Mapping[str, Category] = Field(
        description=(
            "The categories, each a list of sources, or a mapping with `sources`. A name is a path: what is in "
            "`Technology/Python` is also in `Technology`."
        ),
        min_length=1,
    )
    include: tuple[IncludeItem, ...] = Field(
        default=(),
        strict=False,
        description=(
            "Lists of subscriptions (OPML) that belong to this file: paths or addresses, or mappings that say more. "
            "Their folders are categories."
        ),
        examples=[["https://example.org/blogroll.opml"]],
    )
    rsshub: RsshubSettings = RsshubSettings()
    dedup: DedupSettings = DedupSettings()
    fetch: FetchSettings = FetchSettings()
    retention: RetentionSettings = RetentionSettings()
    publish: PublishSettings = PublishSettings()
