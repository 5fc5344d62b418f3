"""Loading a config.yaml with many sources: seconds, and memory at the peak.

`python -m benchmarks.config [--sizes N …]` writes files with the three ways to list a source mixed, fifty in a
category, and loads each in a process of its own. What is known of it: benchmarks/README.md.
"""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from aggregator.config.load import load

SIZES = (100, 10_000, 50_000)
PER_CATEGORY = 50


def text(sources: int) -> str:
    """A file with so many sources."""
    lines = ["site:", "  title: Many", "categories:"]
    for number in range(sources):
        if number % PER_CATEGORY == 0:
            lines.append(f"  Group {number // PER_CATEGORY // 20}/Category {number // PER_CATEGORY}:")
        url = f"https://host{number % 997}.example/feed/{number}.xml"
        if number % 3 == 0:
            lines.append(f"    - {url}")
        elif number % 3 == 1:
            lines += [f"    - url: {url}  # a note", f"      name: Blog {number}", "      every: 2h"]
        else:
            rules = '["title ~ (?i)python", "tag = release"]'
            lines += [f"    - url: {url}", f"      keep: {rules}", f"      priority: {number % 10}"]
    return "\n".join([*lines, ""])


def measure(file: Path) -> None:
    """Load it here, and say what that took."""
    began, began_cpu = time.perf_counter(), time.process_time()
    settings = load(file, os.environ)
    wall, cpu = time.perf_counter() - began, time.process_time() - began_cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    size = file.stat().st_size / 2**20
    print(f"{len(settings.sources):>7,} sources, {size:.1f} MiB: {wall:.2f} s ({cpu:.2f} s CPU), {peak:.0f} MiB peak")


def main() -> None:
    """Every size."""
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    arguments.add_argument("--file", type=Path, help="Load only this file, here.")
    asked = arguments.parse_args()
    if asked.file:
        measure(asked.file)
        return
    with tempfile.TemporaryDirectory() as folder:
        for size in asked.sizes:
            file = Path(folder, "config.yaml")
            file.write_text(text(size), encoding="utf-8")
            subprocess.run([sys.executable, "-m", "benchmarks.config", "--file", str(file)], check=True)


if __name__ == "__main__":
    main()
