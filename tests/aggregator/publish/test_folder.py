"""Files of ours in somebody else's folder: only what changed is written, only what is ours is removed."""

import errno
from collections.abc import Iterator
from pathlib import Path

import pytest

from aggregator.publish.folder import LIST, Counts, FolderError, PostFolder
from feeds.render.posts import identity

A, B = identity("urn:a"), identity("urn:b")
FIRST = {f"first-{A}.md": b"one", f"second-{B}.md": b"two"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "blog" / "_posts"


def put(folder: Path, posts: dict[str, bytes], *, prune: bool = False, kind: str = "hexo") -> Counts:
    with PostFolder(folder, kind) as ours:
        ours.put(posts)
        ours.settle({A if A in name else B for name in posts}, prune=prune)
    return ours.counts


def put_and_be_killed(folder: Path) -> None:
    with PostFolder(folder, "hexo") as ours:
        ours.put(FIRST)
        raise KeyboardInterrupt


def there(folder: Path) -> dict[str, bytes]:
    return {one.name: one.read_bytes() for one in folder.iterdir() if one.name != LIST}


def test_posts_are_written_into_a_folder_that_is_made(folder: Path) -> None:
    assert put(folder, FIRST) == Counts(new=2)
    assert there(folder) == FIRST


def test_a_second_run_touches_nothing(folder: Path) -> None:
    put(folder, FIRST)
    before = {one.name: one.stat().st_mtime_ns for one in folder.iterdir()}
    assert put(folder, FIRST) == Counts(unchanged=2)
    assert {one.name: one.stat().st_mtime_ns for one in folder.iterdir()} == before


def test_only_what_changed_is_written(folder: Path) -> None:
    put(folder, FIRST)
    before = (folder / f"second-{B}.md").stat().st_ino
    assert put(folder, FIRST | {f"first-{A}.md": b"ONE"}) == Counts(changed=1, unchanged=1)
    assert (folder / f"first-{A}.md").read_bytes() == b"ONE"
    assert (folder / f"second-{B}.md").stat().st_ino == before


def test_a_new_title_keeps_the_file_and_its_address(folder: Path) -> None:
    put(folder, FIRST)
    assert put(folder, {f"renamed-{A}.md": b"new", f"second-{B}.md": b"two"}) == Counts(changed=1, unchanged=1)
    assert there(folder) == FIRST | {f"first-{A}.md": b"new"}


def test_a_new_title_keeps_the_file_where_the_list_was_lost(folder: Path) -> None:
    put(folder, FIRST)
    (folder / LIST).unlink()
    assert put(folder, {f"renamed-{A}.md": b"one", f"second-{B}.md": b"two"}) == Counts(unchanged=2)
    assert put(folder, {f"second-{B}.md": b"two"}, prune=True) == Counts(unchanged=1, removed=1)


def test_a_file_that_its_owner_renamed_stays_renamed(folder: Path) -> None:
    put(folder, FIRST)
    (folder / f"first-{A}.md").rename(folder / f"better-{A}.md")
    assert put(folder, FIRST | {f"first-{A}.md": b"ONE"}) == Counts(changed=1, unchanged=1)
    assert there(folder) == {f"better-{A}.md": b"ONE", f"second-{B}.md": b"two"}
    assert put(folder, {f"second-{B}.md": b"two"}, prune=True) == Counts(unchanged=1, removed=1)
    assert list(there(folder)) == [f"second-{B}.md"]


def test_a_file_that_was_deleted_or_edited_is_written_again(folder: Path) -> None:
    put(folder, FIRST)
    (folder / f"first-{A}.md").unlink()
    (folder / f"second-{B}.md").write_bytes(b"tow")
    assert put(folder, FIRST) == Counts(new=1, changed=1)
    assert there(folder) == FIRST


def test_what_left_stays_until_it_is_pruned(folder: Path) -> None:
    put(folder, FIRST)
    second = {f"second-{B}.md": b"two"}
    assert put(folder, second) == Counts(unchanged=1, left=1)
    assert there(folder) == FIRST
    assert put(folder, second, prune=True) == Counts(unchanged=1, removed=1)
    assert there(folder) == second


def test_foreign_files_are_never_touched(folder: Path) -> None:
    folder.mkdir(parents=True)
    mine = {"hello.md": b"mine", f"looks-like-one-{identity('urn:c')}.md": b"mine", "_index.md": b"mine"}
    for name, content in mine.items():
        (folder / name).write_bytes(content)
    put(folder, FIRST)
    put(folder, {f"second-{B}.md": b"two"}, prune=True)
    assert there(folder) == mine | {f"second-{B}.md": b"two"}


def test_a_list_that_leads_out_of_the_folder_leads_nowhere(folder: Path) -> None:
    put(folder, FIRST)
    outside = folder.parent / f"x-{identity('urn:c')}.md"
    outside.write_bytes(b"mine")
    with (folder / LIST).open("a") as listed:
        listed.write(f"../{outside.name}\n{outside}\n../../x\n.\n\n")
    assert put(folder, FIRST, prune=True) == Counts(unchanged=2)
    assert outside.read_bytes() == b"mine"


def test_a_link_in_the_place_of_a_post_is_replaced_and_not_followed(folder: Path) -> None:
    folder.mkdir(parents=True)
    outside = folder.parent / "mine.md"
    outside.write_bytes(b"mine")
    (folder / f"first-{A}.md").symlink_to(outside)
    put(folder, FIRST)
    assert there(folder) == FIRST
    assert outside.read_bytes() == b"mine"
    assert not (folder / f"first-{A}.md").is_symlink()


def test_without_one_story_nothing_is_pruned(folder: Path) -> None:
    put(folder, FIRST)
    with pytest.raises(FolderError, match="not one story to export, so the 2 posts"):
        put(folder, {}, prune=True)
    assert there(folder) == FIRST


def test_an_empty_folder_may_be_pruned(folder: Path) -> None:
    assert put(folder, {}, prune=True) == Counts()


def test_the_folder_of_another_generator_is_refused(folder: Path) -> None:
    put(folder, FIRST)
    with pytest.raises(FolderError, match="holds posts for hexo; give jekyll a folder of its own"):
        put(folder, FIRST, kind="jekyll")


def test_two_runs_at_once_do_not_mix(folder: Path) -> None:
    with PostFolder(folder, "hexo"), pytest.raises(FolderError, match="another export is writing"):
        put(folder, FIRST)
    put(folder, FIRST)


def test_a_file_in_the_place_of_the_folder_is_a_message(folder: Path) -> None:
    folder.parent.mkdir()
    folder.write_bytes(b"")
    with pytest.raises(FolderError, match="cannot make or open"):
        put(folder, FIRST)


@pytest.fixture
def full_disk(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The disk takes one post more, and half of the next."""
    written: list[str] = []
    write = Path.write_bytes

    def fill(path: Path, content: bytes) -> int:
        written.append(path.name)
        if len(written) <= 2:  # the list is the first
            return write(path, content)
        write(path, content[:1])
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(Path, "write_bytes", fill)
        yield written


def test_a_full_disk_is_a_message_and_leaves_no_half_file(folder: Path, full_disk: list[str]) -> None:
    with pytest.raises(FolderError, match=rf"cannot write .*second-{B}\.md: No space left on device"):
        put(folder, FIRST)
    assert there(folder) == {f"first-{A}.md": b"one"}


def test_what_a_killed_run_wrote_is_known_to_the_next(folder: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        put_and_be_killed(folder)
    with (folder / LIST).open("a") as listed:
        listed.write("cut in tw")
    assert put(folder, {f"second-{B}.md": b"two"}, prune=True) == Counts(unchanged=1, removed=1)
    assert (folder / LIST).read_text() == f"# hexo\nsecond-{B}.md\n"
