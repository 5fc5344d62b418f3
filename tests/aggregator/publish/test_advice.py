"""What the page tells an operator to do: nothing too soon, and then which line to edit or which command to run."""

import re

import pytest

from aggregator.outcome import Reason
from aggregator.publish.advice import advice
from aggregator.publish.health import judge
from aggregator.standing import Standing
from aggregator.store.health import Glance
from tests.aggregator.publish.test_health import NOW, failing, glance

A = "https://a.example/feed"
DOES = re.compile(r"line 7 of config\.yaml|in config\.yaml|`aggregator |ublisher|the log")


def said(source: Glance, *, address: str = A, line: int | None = 7, held: int | None = None) -> str:
    return advice(judge(source, NOW), NOW, address=address, line=line, held=held, stored=9) or ""


@pytest.mark.parametrize("reason", Reason)
def test_what_has_failed_for_days_says_which_line_which_command_or_whom_to_tell(reason: Reason) -> None:
    meaning, remedy = reason.meaning, said(failing(reason, hours=99)).removeprefix(reason.meaning)
    assert meaning != remedy
    assert DOES.search(remedy)
    assert "ADDRESS" not in remedy
    assert "{" not in remedy.replace("{url:", "").replace("`headers: {Authorization: Bearer KEY}`", "")


@pytest.mark.parametrize("reason", [reason for reason in Reason if reason.passing])
def test_what_mostly_passes_says_until_when_there_is_nothing_to_do(reason: Reason) -> None:
    assert "Nothing to do before 3 Mar 2026, 03:00 UTC" in said(failing(reason))
    assert "Nothing to do" not in said(failing(reason, hours=48))


def test_one_failure_of_what_worked_is_nothing_to_do_yet() -> None:
    once = failing(Reason.MISSING, standing=Standing.WELL, failures=1)
    assert said(once).startswith("Nothing at this address (404). Nothing to do yet")


def test_what_never_worked_says_at_once_what_to_do() -> None:
    never = failing(Reason.MISSING, standing=Standing.WELL, failures=1, last_success_at=None)
    assert "put it into line 7 of config.yaml" in said(never)


def test_a_command_takes_the_address_as_one_word() -> None:
    assert f"`aggregator remove '{A}?a=1&b=2'`" in said(failing(Reason.GONE), address=f"{A}?a=1&b=2")


def test_a_source_that_a_list_brought_has_no_line() -> None:
    assert said(failing(), line=None).endswith(
        f"Check its spelling in config.yaml; if the site is gone, `aggregator remove {A}`."
    )


def test_a_flood_is_decided_even_while_its_source_fails() -> None:
    both = failing(standing=Standing.WELL, held_since_at=NOW)
    assert "`aggregator release 4` publishes what is held" in said(both, held=4)


def test_of_a_source_that_is_well_nothing_is_said() -> None:
    assert advice(judge(glance(), NOW), NOW, address=A, line=7, held=None, stored=9) is None


def test_of_a_source_that_never_brought_anything_it_is_said_how_to_see_why() -> None:
    nothing = advice(judge(glance(), NOW), NOW, address=A, line=7, held=None, stored=0)
    assert f"rules in line 7 of config.yaml drop them all. `aggregator parse {A}`" in (nothing or "")


def test_what_never_worked_and_mostly_passes_may_be_a_slip() -> None:
    never = failing(Reason.CONNECT, standing=Standing.WELL, failures=1, last_success_at=None)
    assert "see first whether its address in line 7 of config.yaml is right. If it is, nothing to do before" in said(
        never
    )
    asked_to_wait = failing(Reason.RATE_LIMITED, standing=Standing.WELL, failures=1, last_success_at=None)
    assert "never worked" not in said(asked_to_wait)
