"""Case L06: nothing is pinned of which is known that it is dangerous. The list is kept here, and asks nobody.

`tests/data/safe-from.tsv`: the package, the first release without the last fault that is known to us, and which that
was. Who reads of another one adds a line; `make requirements` mends what then fails.
"""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PINS = ("requirements.txt", "requirements-dev.txt", "requirements-axe.txt")
PIN = re.compile(r"^([a-z0-9-]+)==([0-9.]+)", re.MULTILINE)
SAFE = dict(
    line.split("\t")[:2] for line in (ROOT / "tests/data/safe-from.tsv").read_text(encoding="utf-8").splitlines()
)


def version(text: str) -> tuple[int, ...]:
    return tuple(int(number) for number in text.strip(".").split("."))


def dangerous(pins: str) -> list[str]:
    """What a file pins below the release that it is safe from."""
    found = PIN.findall(pins)
    return [f"{name} {at}" for name, at in found if name in SAFE and version(at) < version(SAFE[name])]


@pytest.mark.parametrize("file", PINS)
def test_l06_nothing_is_pinned_that_is_known_to_be_dangerous(file: str) -> None:
    assert dangerous((ROOT / file).read_text(encoding="utf-8")) == []


def test_l06_a_dangerous_pin_is_found() -> None:
    assert dangerous("lxml==6.0.4 \\\n    --hash=sha256:0\nnh3==0.3.8 \\\nurllib3==2.6.3 \\\n") == [
        "lxml 6.0.4",
        "urllib3 2.6.3",
    ]


def test_l06_the_list_speaks_of_what_is_pinned_and_of_nothing_else() -> None:
    pinned = {name for file in PINS for name, _ in PIN.findall((ROOT / file).read_text(encoding="utf-8"))}
    assert {"urllib3", "lxml", "nh3", "aiohttp"} <= SAFE.keys() <= pinned
