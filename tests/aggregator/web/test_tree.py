"""The categories as a tree, whatever order the file has them in."""

from aggregator.config.settings import CategorySettings
from aggregator.web.tree import Branch, tree, way_to


def category(*path: str) -> CategorySettings:
    slug = "/".join(path).lower()
    return CategorySettings(path=path, slug=slug, title=path[-1], description="", limit=50, line=1)


CATEGORIES = (category("A"), category("B"), category("A", "X"), category("A", "X", "Y"), category("B", "X"))


def outline(branches: tuple[Branch, ...]) -> dict[str, object]:
    return {branch.slug: outline(branch.children) for branch in branches}


def test_children_stand_below_their_parents_in_the_order_of_the_file() -> None:
    assert outline(tree(CATEGORIES, {})) == {"a": {"a/x": {"a/x/y": {}}}, "b": {"b/x": {}}}


def test_what_has_no_stories_counts_none() -> None:
    a, b = tree(CATEGORIES, {"a": 3})
    assert (a.stories, b.stories) == (3, 0)


def test_the_way_to_a_category_begins_at_the_top() -> None:
    assert [one.slug for one in way_to(CATEGORIES[3], CATEGORIES)] == ["a", "a/x"]
    assert way_to(CATEGORIES[0], CATEGORIES) == ()
