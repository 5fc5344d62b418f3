"""Whether it is the sources that cannot be reached, or we that reach nobody. Pure but for what it remembers.

Without a network every source fails at once. To count that against each of them would put them all off by hours, and
tell of a thousand outages where there was one, our own. So: when hosts that were well at their last poll cannot be
reached one after the other, more of them than there are polls whose end is still open, and nobody has answered in
between, it is our network; and until somebody answers, no failure to reach a host is counted. (A name that does not
exist is known sooner than an answer comes: if open polls did not count, a few dead hosts would look like an outage.)
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum, auto

from aggregator.outcome import Failed, Outcome, Reason
from aggregator.store.claims import Claim

HOSTS = 3  # that were well: three that break at the same moment, with no answer in between, is not their doing
UNREACHED = frozenset({Reason.DNS, Reason.CONNECT, Reason.TIMEOUT, Reason.TLS})  # a captive portal breaks TLS
UNASKED = frozenset({Reason.PARSER_DIED, Reason.BUG, Reason.ADDRESS, Reason.BLOCKED_ADDRESS, Reason.FILE})


class Verdict(Enum):
    """What a poll says of our network."""

    NOTHING = auto()
    ANSWERED = auto()  # it is there
    BLAMED = auto()  # a host was not reached, and that is counted against it
    LOST = auto()  # this one shows that it is gone: what was blamed since the last answer was not to blame
    OFFLINE = auto()  # it is still gone


@dataclass(slots=True)
class Network:
    """What the last polls of this process say of its network.

    blamed        the sources whose failure was counted since somebody last answered
    since         when the first of these was
    known_online  whether the database has it that we are online
    """

    offline: bool = False
    blamed: list[int] = field(default_factory=list)
    since: datetime | None = None
    known_online: bool = False
    _hosts: set[str] = field(default_factory=set)

    def judge(self, claim: Claim, outcome: Outcome, now: datetime, *, in_flight: int = 0) -> Verdict:
        """What this poll says, the ones before it considered; `in_flight` are those that have not ended yet."""
        if not claim.host or _says_nothing(outcome):
            return Verdict.NOTHING
        if reached(outcome):
            self.offline, self.since = False, None
            self.blamed.clear()
            self._hosts.clear()
            return Verdict.ANSWERED
        if self.offline:
            return Verdict.OFFLINE
        self.since = self.since or now
        if claim.failures == 0:
            self._hosts.add(claim.host)
        if len(self._hosts) >= max(HOSTS, in_flight + 1):
            self.offline = True
            return Verdict.LOST
        self.blamed.append(claim.source_id)
        return Verdict.BLAMED


def reached(outcome: Outcome) -> bool:
    """Whether somebody answered."""
    return not _says_nothing(outcome) and not _unreached(outcome)


def _unreached(outcome: Outcome) -> bool:
    return isinstance(outcome, Failed) and outcome.reason in UNREACHED and outcome.exchange.status is None


def _says_nothing(outcome: Outcome) -> bool:
    """It failed before anybody was asked."""
    return isinstance(outcome, Failed) and outcome.reason in UNASKED and outcome.exchange.status is None
