"""config.yaml edited as text: a source goes in and out, and no other byte changes."""

from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from aggregator.config.document import read_nodes
from aggregator.config.insertion import add, is_empty
from aggregator.config.load import load_bytes
from aggregator.config.removal import remove
from aggregator.config.settings import Settings
from aggregator.config.text import Unusable

NEW = "https://new.example/feed"
A = "https://a.example/f"


def loaded(text: str) -> Settings:
    return load_bytes(Path("config.yaml"), text.encode(), {})


def without(text: str, *, keep: bool = True, address: str = NEW) -> str:
    return remove(text, address, {}, keep=lambda slug: keep)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("categories:\n  A:\n    - {A}\n", "categories:\n  A:\n    - {A}\n    - {NEW}\n"),
        ("categories:\n  A:\n  - {A}\n\nfetch:\n", "categories:\n  A:\n  - {A}\n  - {NEW}\n\nfetch:\n"),
        ("categories:\n  A:\n    - {A}", "categories:\n  A:\n    - {A}\n    - {NEW}"),
        ("categories:\r\n  A:\r\n    - {A}\r\n", "categories:\r\n  A:\r\n    - {A}\r\n    - {NEW}\r\n"),
        ("categories:\n  A:\n    - {A}  # one\n", "categories:\n  A:\n    - {A}  # one\n    - {NEW}\n"),
        (
            "categories:\n  A:\n    - url: {A}\n      # its own\n    # - off\n\n  # of B\n  B:\n",
            "categories:\n  A:\n    - url: {A}\n      # its own\n    # - off\n    - {NEW}\n\n  # of B\n  B:\n",
        ),
        (
            "categories:\n  A:\n    title: T\n    sources:\n      - {A}\n  B:\n",
            "categories:\n  A:\n    title: T\n    sources:\n      - {A}\n      - {NEW}\n  B:\n",
        ),
        (
            "categories:\n  A:\n    title: T\n  B: [{A}]\n",
            "categories:\n  A:\n    title: T\n    sources:\n      - {NEW}\n  B: [{A}]\n",
        ),
        ("categories:\n  A:  # soon\n  B: [{A}]\n", "categories:\n  A:  # soon\n    - {NEW}\n  B: [{A}]\n"),
        ("categories:\n  A: []\n  B: [{A}]\n", "categories:\n  A: [{NEW}]\n  B: [{A}]\n"),
        ("categories: {{A: [{A}], B: []}}\n", "categories: {{A: [{A}, {NEW}], B: []}}\n"),
        ("categories:\n  A: [{A},\n    ]\n", "categories:\n  A: [{A}, {NEW},\n    ]\n"),
        (
            "categories:\n  A: {{title: T}}\n  B: [{A}]\n",
            "categories:\n  A: {{title: T, sources: [{NEW}]}}\n  B: [{A}]\n",
        ),
        ("", "categories:\n  A:\n    - {NEW}\n"),
        ("# mine\n", "# mine\ncategories:\n  A:\n    - {NEW}\n"),
        ("categories:\n", "categories:\n  A:\n    - {NEW}\n"),
        ("site: {{title: T}}\n", "site: {{title: T}}\ncategories:\n  A:\n    - {NEW}\n"),
    ],
)
def test_a_source_goes_to_the_end_of_its_category_as_its_neighbours_are_written(before: str, after: str) -> None:
    assert add(before.format(A=A, NEW=NEW), "A", NEW) == after.format(A=A, NEW=NEW)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("categories:\n  A:\n    - {A}\n", "categories:\n  A:\n    - {A}\n  N/O:\n    - {NEW}\n"),
        (
            "categories:\n  A:\n  - {A}\n\n  B:\n  - {A}\n\n# tail\nfetch: {}\n",
            "categories:\n  A:\n  - {A}\n\n  B:\n  - {A}\n\n  N/O:\n  - {NEW}\n\n# tail\nfetch: {}\n",
        ),
        ("categories: {A: [x]}\n", "categories: {A: [x], N/O: [{NEW}]}\n"),
        ("categories: {}\n", "categories: {N/O: [{NEW}]}\n"),
    ],
)
def test_a_category_that_is_new_stands_last_as_its_neighbours_are_written(before: str, after: str) -> None:
    written = before.replace("{A}", A)
    assert add(written, "N/O", NEW) == after.replace("{A}", A).replace("{NEW}", NEW)


def test_a_category_is_found_by_its_slug() -> None:
    assert (
        add("categories:\n  Tech & Co:\n    - x\n", "tech-co", "y") == "categories:\n  Tech & Co:\n    - x\n    - y\n"
    )


@pytest.mark.parametrize(
    "address", ["https://x.example/a,b", "https://x.example/#:", "a: b", "- x", "${X}", "no", "a #b"]
)
@pytest.mark.parametrize("before", ["categories: {A: []}", "categories:\n  A:\n"])
def test_what_yaml_would_read_otherwise_is_quoted(before: str, address: str) -> None:
    root = read_nodes(add(before, "A", address))
    assert root is not None
    assert isinstance(root.content, dict)
    category = root.content["categories"][1].content["A"][1]  # type: ignore[call-overload, index]
    assert [item.content for item in category.content] == [address]


def test_several_are_put_in_at_once() -> None:
    assert add("categories:\n  A:\n", "A", "x", "y") == "categories:\n  A:\n    - x\n    - y\n"


@pytest.mark.parametrize("text", ["categories: x\n", "- a\n", "categories:\n  A: x\n"])
def test_what_is_no_config_is_refused(text: str) -> None:
    with pytest.raises(Unusable):
        add(text, "A", NEW)


@pytest.mark.parametrize(("text", "empty"), [("", True), ("# x\n", True), ("categories:\n", True), ("a: b\n", False)])
def test_a_file_that_says_nothing_yet_is_empty(text: str, empty: bool) -> None:
    assert is_empty(text) is empty


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("categories:\n  A:\n    - x\n    - {A}\n    - y\n", "categories:\n  A:\n    - x\n    - y\n"),
        ("categories:\n  A:\n    - x\n    - {A}", "categories:\n  A:\n    - x"),
        (
            "categories:\n  A:\n    - url: {A}  # why\n      name: N\n      # headers: {{}}\n    # of x\n    - x\n",
            "categories:\n  A:\n    # of x\n    - x\n",
        ),
        ("categories:\n  A:\n    -\n      url: {A}\n    - x\n", "categories:\n  A:\n    - x\n"),
        ("categories:\n  A: [{A}, x]\n", "categories:\n  A: [x]\n"),
        ("categories:\n  A: [x, {A}, y,]\n", "categories:\n  A: [x, y,]\n"),
        ("categories:\n  A: [{A},]\n", "categories:\n  A: []\n"),
        (
            "categories:\n  A: [x]\n  B:\n    - {A}\n  C:\n    - {A}\n    - y\n",
            "categories:\n  A: [x]\n  B:\n  C:\n    - y\n",
        ),
        (
            "categories:\n  A:\n    title: T\n    sources:\n      - {A}\n",
            "categories:\n  A:\n    title: T\n    sources:\n",
        ),
    ],
)
def test_a_source_goes_with_its_lines_and_with_nothing_else(before: str, after: str) -> None:
    assert without(before.format(A=A), address=A) == after.format()


def test_a_category_without_stories_goes_with_its_last_source_unless_something_is_said_there() -> None:
    text = "categories:\n  A: [x]\n\n  B:\n    - {A}\n\n  C:  # mine\n    - {A}\n\nfetch: {}\n".replace("{A}", A)
    assert without(text, keep=False, address=A) == "categories:\n  A: [x]\n\n  C:  # mine\n\nfetch: {}\n"


URLS = st.integers(0, 999).map(lambda number: f"https://{number}.example/feed")
NAMES = st.sampled_from(["A", "Technology/Python", "新媒体/ZAKER", "أخبار", "Tech & Science"])


@st.composite
def files(draw: st.DrawFn) -> str:
    """Config files as people write them, in all the shapes, with comments anywhere."""
    end = draw(st.sampled_from(["\n", "\r\n"]))
    step = draw(st.sampled_from([0, 2, 4]))
    lines = draw(st.lists(st.sampled_from(["# about this file", "", "site: {title: T}"]), max_size=3, unique=True))
    lines.append(draw(st.sampled_from(["categories:", "categories:  # all of them"])))
    for name in draw(st.lists(NAMES, min_size=1, max_size=4, unique=True)):
        lines += draw(st.sampled_from([[], [""], ["", f"  # about {name}"]]))
        urls = [*draw(st.lists(URLS, max_size=4, unique=True)), f"https://{len(lines)}.example/own"]
        shape = draw(st.sampled_from(["block", "flow", "mapping", "flow over lines"]))
        comment = draw(st.sampled_from(["", "  # a note"]))
        if shape == "flow":
            lines.append(f"  {name}: [{', '.join(urls)}]{comment}")
            continue
        if shape == "flow over lines":
            lines += [f"  {name}: [{comment}", *(f"      {url}," for url in urls), "    ]"]
            continue
        lines.append(f"  {name}:{comment}")
        indent = 2 + step
        if shape == "mapping":
            indent = 4 + step
            lines += ["    limit: 10", "    sources:"]
        for url in urls:
            written = draw(st.sampled_from(["{}", "{}  # a note", "url: {}\n  every: 2h", "url: {}\n  # name: x"]))
            first, *more = written.format(url).split("\n")
            lines.append(f"{' ' * indent}- {first}")
            lines += [f"{' ' * indent}{line}" for line in more]
            lines += draw(st.sampled_from([[], [f"{' ' * indent}# - https://off.example/"], [""]]))
    lines += draw(st.sampled_from([[], ["", "fetch:", "  floor: 1h"], ["", "# the end"]]))
    return end.join(lines) + draw(st.sampled_from(["", end, end + end]))


@example("categories:\n  A:\n  - https://a.example/\n\n  B:\n  - https://b.example/\n  # - off", "New")
@given(files(), NAMES | st.sampled_from(["New", "New/Sub category"]))
def test_law_what_is_added_and_removed_again_leaves_every_byte(text: str, category: str) -> None:
    before = loaded(text)
    after = add(text, category, NEW)
    more = loaded(after)
    assert {one.address for one in more.sources} - {one.address for one in before.sources} == {NEW}
    assert len(more.sources) == len(before.sources) + 1
    assert "\r\n" not in text or after.count("\n") == after.count("\r\n")
    assert without(after, keep=False) == text


def test_a_commented_file_of_three_hundred_lines_stays_as_it_is() -> None:
    sample = (Path(__file__).parents[3] / "config.yaml").read_text(encoding="utf-8")
    blocks = []
    for number in range(40):
        blocks.append(
            f"\n  # About group {number}: why it is here.\n  Group {number}:\n    - https://{number}.example/a  # one"
        )
        blocks.append(f"    - url: https://{number}.example/b\n      every: 2h      # slow\n      # headers: {{}}\n")
    text = sample.replace("\n# rsshub:", "\n".join(blocks) + "\n# rsshub:", 1)
    assert text.count("\n") > 300
    for category in ("Technology", "Technology/Python", "Group 7", "Group 39", "Entirely/New"):
        after = add(text, category, NEW)
        assert NEW in {one.address for one in loaded(after).sources}
        assert without(after, keep=False) == text
