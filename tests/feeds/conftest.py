"""Laws are tested without a clock: how long an example takes is a benchmark's business."""

from hypothesis import settings

settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")
