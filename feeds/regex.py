"""Regular expressions that are compiled when they are first used.

This package has two hundred, which take `re` 0.04 s; a process that polls meets a few of them, unless something is new.
"""

import re
from typing import Any, AnyStr, cast

_METHODS = frozenset({"search", "match", "fullmatch", "split", "findall", "finditer", "sub", "subn"})


class _Late:
    def __init__(self, pattern: str | bytes, flags: int) -> None:
        self.pattern, self.flags = pattern, flags

    def __getattr__(self, name: str) -> Any:
        """Called for what is not there yet; from the first time on all is there, as quick as in a compiled one."""
        if name not in _METHODS:
            raise AttributeError(name)
        compiled = re.compile(self.pattern, self.flags)
        for method in _METHODS:
            setattr(self, method, getattr(compiled, method))
        return getattr(compiled, name)


def regex(pattern: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]:
    """What `re.compile` gives, with its pattern, its flags and its methods; a mistake in it shows when it is used."""
    return cast("re.Pattern[AnyStr]", _Late(pattern, flags))
