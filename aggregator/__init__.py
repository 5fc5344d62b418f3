"""The world: fetches, remembers, merges, schedules, publishes and serves what `feeds` reads and writes."""
