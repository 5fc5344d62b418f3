"""The image cache: bounded, shared, lasting, and nothing that anybody has to worry about."""

import sqlite3
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from aggregator.store import images
from aggregator.store.images import ImageCache

URL = "https://i.example/1.png"
MIB = 2**20


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "var/images"


@pytest.fixture
def cache(folder: Path) -> Iterator[ImageCache]:
    cache = ImageCache(folder, MIB)
    yield cache
    cache.close()


def size(folder: Path) -> int:
    return (folder / images.FILE).stat().st_size


def test_what_was_put_is_found_by_everyone_and_after_a_restart(cache: ImageCache, folder: Path, now: datetime) -> None:
    cache.put(URL, b"image", now)
    another = ImageCache(folder, MIB)
    assert (cache.get(URL, now), another.get(URL, now), another.get(f"{URL}?", now)) == (b"image", b"image", None)
    another.close()


def test_only_we_can_look_into_it(cache: ImageCache, folder: Path, now: datetime) -> None:
    cache.put(URL, b"image", now)
    assert folder.stat().st_mode & 0o777 == 0o700


def test_what_is_for_a_while_ends(cache: ImageCache, now: datetime) -> None:
    cache.put(URL, b"", now, keep_for=timedelta(minutes=1))
    assert cache.get(URL, now + timedelta(seconds=59)) == b""
    assert cache.get(URL, now + timedelta(seconds=60)) is None
    cache.put(URL, b"image", now)
    assert cache.get(URL, now + timedelta(days=999)) == b"image"


def test_it_never_grows_above_its_bytes(cache: ImageCache, folder: Path, now: datetime) -> None:
    for number in range(100):
        cache.put(f"{URL}?{number}", bytes([number]) * 50_000, now + timedelta(seconds=number))
    cache.close()
    assert MIB / 2 < size(folder) <= MIB * 1.1
    again = ImageCache(folder, MIB)
    assert again.get(f"{URL}?99", now) == bytes([99]) * 50_000
    assert again.get(f"{URL}?0", now) is None
    again.close()


def test_what_is_still_looked_at_stays_longest(cache: ImageCache, now: datetime) -> None:
    cache.put(URL, b"wanted", now)
    for hour in range(1, 100):
        cache.put(f"{URL}?{hour}", b"x" * 50_000, now + timedelta(hours=hour))
        assert cache.get(URL, now + timedelta(hours=hour)) == b"wanted"


def test_a_body_that_is_larger_than_all_of_it_is_not_kept_and_nothing_breaks(cache: ImageCache, now: datetime) -> None:
    cache.put(URL, b"x" * 2 * MIB, now)
    cache.put(f"{URL}?2", b"image", now)
    assert cache.get(f"{URL}?2", now) == b"image"


@pytest.mark.parametrize("harm", ["garbage", "cut", "another database", "folder gone"])
def test_a_damaged_cache_is_begun_again(folder: Path, now: datetime, harm: str) -> None:
    before = ImageCache(folder, MIB)
    before.put(URL, b"x" * 50_000, now)
    before.close()
    file = folder / images.FILE
    if harm == "garbage":
        file.write_bytes(b"no database " * 1000)
    elif harm == "cut":
        file.write_bytes(file.read_bytes()[:9_000])
    elif harm == "another database":
        file.unlink()
        with sqlite3.connect(file) as other:
            other.execute("CREATE TABLE images (digest)")
        other.close()
    else:
        file.unlink()
        folder.rmdir()
    after = ImageCache(folder, MIB)
    assert after.get(URL, now) in (None, b"x" * 50_000)
    after.put(URL, b"image", now)
    after.put(URL, b"image", now)
    assert after.get(URL, now) == b"image"
    after.close()


def test_a_cache_that_is_damaged_while_it_is_in_use_is_begun_again(
    cache: ImageCache, folder: Path, now: datetime
) -> None:
    cache.put(URL, b"image", now)
    for file in folder.iterdir():
        file.write_bytes(b"no database " * 1000)
    assert cache.get(f"{URL}?2", now) is None
    cache.put(URL, b"image", now)
    assert cache.get(URL, now) == b"image"


def test_where_nothing_can_be_kept_nothing_is_and_it_is_said_once(
    tmp_path: Path, now: datetime, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "var").write_text("a file in the way")
    cache = ImageCache(tmp_path / "var/images")
    for second in range(3):
        cache.put(URL, b"image", now + timedelta(seconds=second))
        assert cache.get(URL, now + timedelta(seconds=second)) is None
    assert len(caplog.records) == 1


def test_a_lock_of_somebody_else_costs_a_miss(cache: ImageCache, folder: Path, now: datetime) -> None:
    cache.put(URL, b"image", now)
    other = sqlite3.connect(folder / images.FILE, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    cache.put(f"{URL}?2", b"image", now)
    later = now + images.USED_EVERY
    assert (cache.get(URL, later), cache.get(f"{URL}?2", now)) == (b"image", None)
    other.execute("ROLLBACK")
    other.close()
    assert cache.get(URL, now) == b"image"


def test_a_file_of_a_larger_cache_is_let_go_of(folder: Path, now: datetime) -> None:
    large = ImageCache(folder, 64 * MIB)
    for number in range(3):
        large.put(f"{URL}?{number}", b"x" * 8 * MIB, now)
    large.close()
    small = ImageCache(folder, MIB)
    small.put(URL, b"image", now)
    small.close()
    assert size(folder) <= MIB
