"""Which addresses cannot be an image's own: nothing, `data:`, and files by the name of a placeholder.

Pages put them into `src` until the image is scrolled to. They are told by name alone, because nothing is fetched; so a
name counts only where it says nothing else: `white.png` is one, `white-house.png` is not.
"""

from feeds.regex import regex

# Words that name nothing but a placeholder, with a short word before them and after.
_SURE = """
    spaceball pre-?load(?:er|ing)? throbber place-?holder lazy[-_]?load(?:er|ing)? default[-_]?img clear[-_]?dot
    no[-_]?(?:image|img|pic|photo) trans(?:parent)?[-_]?(?:pixel|gif|1x1) blank[-_]?(?:img|image)
"""
# Words that may be part of a picture's name: alone, or between words and figures that say as little.
_ALONE = """
    spacer blank loading loader spinner gr[ae]y white 1x1 1px pixel transparent trans lazy none empty
"""
_NOTHING_SAID = (
    r"(?:img|images?|pic|icon|bg|default|common|static|ajax|sg|lazy|gif|svg|the|trans|1x1|\d+x\d+|\d{1,3}|v\d+)"
)
_FILE = regex(
    rf"(?:(?:.{{0,12}}[-_.])?(?:{'|'.join(_SURE.split())})\d?(?:[-_.].{{0,12}})?"
    rf"|(?:{_NOTHING_SAID}[-_.])*(?:{'|'.join(_ALONE.split())})\d?(?:[-_.]{_NOTHING_SAID})*)"
    r"\.(?:gif|png|svg|jpe?g|webp|avif)(?:#.*)?"
    r"|(?:[a-z]|clear|skeleton|nothing|dot)\.gif"
)
# Whole addresses: services that draw them, folders of WordPress plugins for lazy images, Medium's blurred previews of
# less than 100 pixels, WordPress' own pixel (November 2026).
_PLACE = regex(
    r"//(?:via\.placeholder\.com|placehold\.(?:it|co)|dummyimage\.com|fakeimg\.pl)/|/plugins/[^/]*lazy[^/]*/"
    r"|//miro\.medium\.com/(?:v2/)?(?:max/|resize:(?:fit|fill):|freeze/max/)\d\d[/:]"
)
_NO_ADDRESS = ("data:", "about:", "javascript:", "blob:", "#")
_LONGEST_NAME = 48


def is_blank(address: str) -> bool:
    """Whether an address cannot be that of the image that is meant."""
    address = address.strip().lower()
    if not address or address.startswith(_NO_ADDRESS):
        return True
    path = address.partition("?")[0] if "?" in address else address
    name = path[path.rfind("/") + 1 :]
    if _PLACE.search(address):
        return True
    return len(name) <= _LONGEST_NAME and _FILE.fullmatch(name) is not None
