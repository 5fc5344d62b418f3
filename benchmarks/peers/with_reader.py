"""The `reader` library, updating all its feeds with four workers, as its documentation does.

python with_reader.py DATABASE ADDRESSES      ADDRESSES "" updates; a file subscribes to what it lists, and ends
"""

import sys
from pathlib import Path

from reader import make_reader

WORKERS = 4  # more are slower: they share one interpreter

file, addresses = sys.argv[1:]
reader = make_reader(file)
if addresses:
    for address in Path(addresses).read_text().split():
        reader.add_feed(address)
else:
    reader.update_feeds(workers=WORKERS, scheduled=False)  # all, as `ingest --force` does
reader.close()
