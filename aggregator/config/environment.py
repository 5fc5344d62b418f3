"""`${NAME}` in a text is what the environment says; `$${` is a literal `${`.

What comes from there is taken for a secret. It is never read as YAML, so that it stays text whatever it holds, and the
messages about a value name the variable and never what is in it.
"""

import re
from collections.abc import Mapping

_REFERENCE = re.compile(r"\$\$\{|\$\{(?:([A-Za-z_][A-Za-z0-9_]*)\})?")


class Unset(ValueError):
    """A variable is not there, or is not written as one; the message says what to do."""


def refers(text: str) -> bool:
    """Whether any part of the text comes from the environment."""
    return any(found[1] is not None for found in _REFERENCE.finditer(text))


def expand(text: str, environ: Mapping[str, str]) -> str:
    """The text with every reference replaced, once: what a variable holds is not looked into.

    raises  Unset
    """
    if "${" not in text:
        return text

    def value(found: re.Match[str]) -> str:
        if found[0] == "$${":
            return "${"
        if found[1] is None:
            raise Unset("`${` must go on as `${NAME}`; write `$${` where you mean the characters themselves")
        if found[1] not in environ:
            raise Unset(f"the environment variable `{found[1]}` is not set")
        return environ[found[1]]

    return _REFERENCE.sub(value, text)
