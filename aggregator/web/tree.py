"""The categories as the tree that their paths make, with what each one shows, in the order of config.yaml."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from aggregator.config.settings import CategorySettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """A category with those directly below it. `name` is its last name; `title` may say more."""

    slug: str
    name: str
    title: str
    stories: int
    children: tuple["Branch", ...]


def tree(categories: Sequence[CategorySettings], stories: Mapping[str, int]) -> tuple[Branch, ...]:
    """The categories at the top, with all that is below them."""
    below: dict[tuple[str, ...], list[CategorySettings]] = {}
    for category in categories:
        below.setdefault(category.path[:-1], []).append(category)

    def grow(path: tuple[str, ...]) -> tuple[Branch, ...]:
        return tuple(
            Branch(
                slug=category.slug,
                name=category.path[-1],
                title=category.title,
                stories=stories.get(category.slug, 0),
                children=grow(category.path),
            )
            for category in below.get(path, ())
        )

    return grow(())


def way_to(category: CategorySettings, categories: Sequence[CategorySettings]) -> tuple[CategorySettings, ...]:
    """The categories above one, from the top."""
    depth = len(category.path)
    above = [one for one in categories if len(one.path) < depth and one.path == category.path[: len(one.path)]]
    return tuple(sorted(above, key=lambda one: len(one.path)))
