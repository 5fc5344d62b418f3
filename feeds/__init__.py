"""Documents: bytes in, values out; values in, bytes out.

Pure functions only: no network, disk, database, clock, environment or configuration, and nothing imported from
`aggregator`. The same `Feed` (see `model`) is what `parse` reads, `clean` repairs and `render` writes.
"""
