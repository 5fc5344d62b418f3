"""Ours beside others that read feeds: the same feeds, the same machine, one after the other.

    python -m benchmarks.peers [--feeds 1000] [--rounds 1] [--only ours reader …] [--write]

See `__main__`.
"""
