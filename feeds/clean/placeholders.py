"""Which addresses cannot be an image's own: nothing, `data:`, and files by the name of a placeholder.

Pages put them into `src` until the image is scrolled to. They are told by name alone, because nothing is fetched.
"""

import re
from functools import lru_cache

_NAMES = """
    spacer spaceball blank loading loader pre-?load(?:er|ing)? spinner throbber skeleton place-?holder gr[ae]y white
    clear clear-?dot 1x1 pixel transparent trans lazy(?:[-_]?load(?:er|ing)?)? none nothing empty dot default[-_]?img
    no[-_]?(?:image|img|pic|photo)
"""
# The name alone, or with one word before it and one after: `img_blank.gif`, `loading-300x200.svg`; and `s.gif`.
_PLACEHOLDER = re.compile(
    rf"(?:.{{0,12}}[-_.])?(?:{'|'.join(_NAMES.split())})(?:[-_.].{{0,12}})?\.(?:gif|png|svg|jpe?g|webp|avif)|[a-z]\.gif"
)
_NO_ADDRESS = ("data:", "about:", "javascript:", "blob:", "#")
_LONGEST_NAME = 60


@lru_cache(maxsize=1024)
def is_blank(address: str) -> bool:
    """Whether an address cannot be that of the image that is meant."""
    address = address.strip().lower()
    if not address or address.startswith(_NO_ADDRESS):
        return True
    name = address.partition("?")[0].partition("#")[0].rpartition("/")[2]
    return len(name) <= _LONGEST_NAME and _PLACEHOLDER.fullmatch(name) is not None
