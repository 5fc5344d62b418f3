"""The sections of config.yaml that are used as they are written: each part of the program is handed its own.

Their `repr` says little, on purpose: any text in them may have come from the environment, and is a secret then.
"""

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from aggregator.config.quantities import format_duration
from aggregator.config.values import BaseAddress, Contact, Duration, Limit, Line, Size, Token, WebAddress


class Section(BaseModel):
    """One section of the file: every option has a default, and unknown ones are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, hide_input_in_errors=True)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(…)"

    __str__ = __repr__


class SiteSettings(Section):
    """What readers are told about this site."""

    title: Line = Field(default="Feed aggregator", description="The name of the site: on its pages, and in every feed.")
    url: BaseAddress = Field(
        default="http://127.0.0.1:8000",
        description="Its public address, which feeds and pages carry. Without it, it is made from `listen`.",
    )
    contact: Contact | None = Field(
        default=None,
        description="A page or an e-mail address for the User-Agent: publishers write to it before they block you.",
    )
    hub: WebAddress | None = Field(
        default=None,
        description=(
            "A WebSub hub. Feeds name it, and it is told when they change, so that subscribers hear of it at once. It "
            "fetches the feeds: `url` must be said, and `access.token` left out."
        ),
        examples=["https://pubsubhubbub.appspot.com/"],
    )
    language: Line | None = Field(
        default=None,
        description="The language of the published feeds, such as `en` or `zh-Hans`; leave it out if they are mixed.",
    )


class AccessSettings(Section):
    """Who may read what is published; without a `token`, everybody who can reach the address."""

    token: Token | None = Field(
        default=None,
        description=(
            "A secret of 16 characters or more, without which no page and no feed is shown: the password that browsers "
            "ask for (under any name), or `?key=` at an address, for feed readers."
        ),
        examples=["${AGGREGATOR_TOKEN}"],
    )
    metrics: Literal["local", "open"] = Field(
        default="local",
        description="Who may read `/metrics`: `local`, this machine alone; `open`, whoever may read the pages.",
    )


class FetchSettings(Section):
    """How often and how hard sources are asked."""

    floor: Duration = Field(
        default=timedelta(minutes=15),
        description="No source is fetched more often. Under 15m only where all sources are your own (`allow_private`).",
    )
    default: Duration = Field(
        default=timedelta(minutes=60),
        description="How often a source with `every: auto` is fetched until its rhythm is known.",
    )
    ceiling: Duration = Field(
        default=timedelta(hours=24), description="No source is fetched less often, while it works."
    )
    unconditional: Duration = Field(
        default=timedelta(hours=3),
        description="A source without ETag and Last-Modified costs its host more; it is not fetched more often.",
    )
    concurrency: Annotated[int, Field(ge=1, le=1024)] = Field(
        default=128, description="Sources fetched at the same time."
    )
    per_host: Annotated[int, Field(ge=1, le=16)] = Field(
        default=1, description="Requests to one host at the same time."
    )
    deadline: Duration = Field(
        default=timedelta(seconds=30), description="An answer must be complete by then: redirects, headers and body."
    )
    max_body: Size = Field(
        default=15 << 20,
        description="The largest document that is read, after decompression.",
        json_schema_extra={"default": "15 MiB"},
    )

    @model_validator(mode="after")
    def _in_order(self) -> "FetchSettings":
        def usual(name: str) -> str:
            return format_duration(FetchSettings.model_fields[name].default)

        for name in ("default", "unconditional"):
            value = getattr(self, name)
            if value < self.floor:
                raise ValueError(f"`{name}` is below `floor`; without a line of its own it is {usual(name)}")
            if value > self.ceiling:
                raise ValueError(f"`{name}` is above `ceiling`; without a line of its own it is {usual(name)}")
        return self


class DedupSettings(Section):
    """How items of several sources become one story."""

    enabled: bool = Field(default=True, description="Whether items of different sources are merged at all.")
    window: Duration = Field(default=timedelta(days=14), description="How far apart two items of one story may be.")
    near: bool = Field(
        default=True,
        description="Whether the same text under another headline, or trimmed, may count; addresses and titles do.",
    )


class RetentionSettings(Section):
    """How long things are kept."""

    stories: Duration = Field(default=timedelta(days=365), description="Stories older than this are let go of.")


class RsshubSettings(Section):
    """Where RSSHub answers."""

    instances: tuple[BaseAddress, ...] = Field(
        default=("https://rsshub.app",),
        description="Tried in order for every `rsshub` source; the first that answers is used, with the same stories.",
        strict=False,
        min_length=1,
    )


class PublishSettings(Section):
    """What published feeds carry."""

    also_in: bool = Field(
        default=True, description='Whether a story that several sources carry ends with "Also in: …".'
    )
    limit: Limit = Field(
        default=50, description="Stories in one feed, where its category does not say otherwise; at most 500."
    )
