"""What an operator is to do about a source, in a sentence or two. Pure.

What a failure means is `outcome.Reason.advice`; here are the troubles of sources that can be fetched.
"""

from aggregator.publish.health import Judged, State

OVERDUE = "It was due long ago, and nobody polled it; is `aggregator run` or `aggregator ingest` running?"


def advice(judged: Judged, *, line: int | None, held: int | None) -> str | None:
    """What to do; None where there is nothing to do.

    line  where config.yaml names the source
    held  the number of the flood that is held of it
    """
    if judged.source.reason is not None:
        return judged.source.reason.advice
    if judged.state is State.HELD and held is not None:
        return (
            "It suddenly brought many items that look old or known. See whether they are news: "
            f"`aggregator release {held}` publishes them, `aggregator discard {held}` never does."
        )
    place = f"line {line} of config.yaml" if line else "config.yaml"
    if judged.source.moved_to is not None:
        return f"Its publisher redirects it for good; put its new address into {place}."
    if judged.state is State.QUIET:
        return (
            "It answers, but has published nothing for three times as long as it ever paused. Look at its site: "
            f"if that goes on elsewhere, put its new address into {place}; if it has ended, remove it there."
        )
    return OVERDUE if judged.overdue else None
