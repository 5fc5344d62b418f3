"""Laws are tested without a clock: how long an example takes is a benchmark's business.

On a developer's machine the examples are new every time; in CI they are always the same, so that what lands is decided
by the change and not by chance.
"""

import os

from hypothesis import HealthCheck, settings

settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", settings.get_profile("untimed"), derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "untimed")
