"""Cases Q01 and Q02: whatever a worker is at when it is killed, nothing is lost, nothing twice, nothing half done.

`python -m benchmarks.crashes` kills two hundred.
"""

import pytest

from tests.crashes import POINTS, Trial
from tests.postgres import on_both as on_both


@pytest.mark.parametrize("name", POINTS)
def test_q01_q02_a_worker_that_is_killed_leaves_everything_in_order(database: str, name: str) -> None:
    trial = Trial(database)
    assert trial.recover() == 0
    assert trial.kill(POINTS[name])
    assert trial.violations(settled=False) == []
    assert trial.recover() == 0
    assert trial.violations(settled=True) == []
