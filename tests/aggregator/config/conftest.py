"""A config.yaml written for one test, and what becomes of it."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from aggregator.config.load import load
from aggregator.config.settings import Settings
from aggregator.errors import ConfigError, Problem

Read = Callable[..., Settings]
Problems = Callable[..., tuple[Problem, ...]]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def read(text: str | bytes, environ: Mapping[str, str] | None = None) -> Settings:
        file = tmp_path / "config.yaml"
        file.write_bytes(text.encode() if isinstance(text, str) else text)
        return load(file, environ or {})

    return read


@pytest.fixture
def problems(read: Read) -> Problems:
    def problems(text: str | bytes, environ: Mapping[str, str] | None = None) -> tuple[Problem, ...]:
        with pytest.raises(ConfigError) as caught:
            read(text, environ)
        return caught.value.problems

    return problems
