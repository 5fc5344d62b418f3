"""What an operator is to do about a source, in a sentence or two: or that there is nothing to do, and until when. Pure.

What a failure means, and what helps, is `reason`'s; here is when to say it, and the troubles of sources that can be
fetched.
"""

from datetime import datetime

from aggregator.publish.health import Judged, State
from aggregator.publish.words import minute, quoted
from aggregator.reason import PATIENCE, Reason

OVERDUE = "It was due long ago, and nobody polled it; is `aggregator run` or `aggregator ingest` running?"
RECENT = "Nothing to do yet: it is tried again by itself, and if it goes on, this page will say what to do."
MOVED = (
    "Its publisher redirects it for good, and we ask there already. Put its new address into {place}, for the redirect "
    "may end."
)
QUIET = (
    "It answers, but has published nothing for three times as long as it ever paused. Look at its site: if that goes "
    "on elsewhere, put its new address into {place}; if it has ended, `aggregator remove {address}`."
)
NOTHING = (
    "It answers, but nothing of it was stored: its document has no entries, or the rules in {place} drop them all. "
    "`aggregator parse {address}` shows what it carries."
)
FLOOD = (
    "It suddenly brought many items that look old or known. `aggregator parse {address}` shows what it carries: if "
    "that is news, `aggregator release {flood}` publishes what is held; if not, `aggregator discard {flood}` never "
    "does."
)


NEVER_WORKED = "It has never worked, so see first whether its address in {place} is right. If it is, {then}"

_BROKEN = frozenset({State.GONE, State.FAILING, State.PAUSED})


def advice(
    judged: Judged, now: datetime, *, address: str, line: int | None, held: int | None, stored: int
) -> str | None:
    """What to do; None where all is well.

    address  of the source, as people may be shown it
    line     where config.yaml names the source
    held     the number of the flood that is held of it
    stored   how many of its entries are
    """
    place = f"line {line} of config.yaml" if line else "config.yaml"
    named = {"address": quoted(address), "place": place}
    reason = judged.source.reason
    if reason is not None and judged.state in _BROKEN:
        return f"{reason.meaning} {_too_soon(judged, reason, now, place) or reason.remedy(**named)}"
    if judged.state is State.HELD and held is not None:
        return FLOOD.format(flood=held, **named)
    if judged.source.moved_to is not None:
        return MOVED.format(**named)
    if judged.state is State.QUIET:
        return QUIET.format(**named)
    if reason is not None:
        return f"{reason.meaning} {RECENT}"
    if judged.overdue:
        return OVERDUE
    return NOTHING.format(**named) if judged.state is State.OK and stored == 0 else None


def _too_soon(judged: Judged, reason: Reason, now: datetime, place: str) -> str | None:
    """Why nothing is to be done yet, but to look for a slip; None where something is."""
    since = judged.source.failing_since_at
    if not reason.passing or since is None or now - since >= PATIENCE:
        return None
    wait = f"nothing to do before {minute(since + PATIENCE)}: this mostly passes by itself, and it is tried again."
    if judged.source.last_success_at is None and reason is not Reason.RATE_LIMITED:
        return NEVER_WORKED.format(place=place, then=wait)
    return f"{wait[0].upper()}{wait[1:]}"
