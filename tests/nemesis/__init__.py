"""A seeded run that breaks everything that may break, and a checker that proves that nothing was lost by it.

faults     what is done to whom, and when: a pure function of the seed
publishers the origin: feeds that grow, change and misbehave, and remember what they served
worker     the real command, with a day of its clocks pressed into seconds, and bugs to plant
watch      looks at the database and at the published feeds while it all goes on
run        the conductor: starts, harms, heals, waits, ends; `python -m tests.nemesis.run --help`
history    what was seen
checker    what must be true of it: pure
"""
