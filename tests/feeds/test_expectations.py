"""We read the documents of other parsers' test suites as these suites expect, or we say why not.

`tests/data/expectations.tsv` lists every difference, decision 8 the reasons. A difference that is not listed fails,
and so does a listed one that is none any more; of documents that the corpus lacks nothing is said.
"""

import re

import pytest

from tests.corpus import require_corpus
from tests.expectations import REASONS, cases, disagreements, listed

# Suite → facts that it must have, so that nothing is compared with nothing. The corpus has gofeed's documents, but not
# what is expected of them, so that suite is compared by hand (`python -m tests.expectations gofeed=FOLDER`).
LEAST = {"feedparser": 300}


@pytest.mark.parametrize("suite", sorted(LEAST))
def test_x14_every_fact_of_a_suite_is_shared_or_listed(suite: str) -> None:
    require_corpus()
    documents = tuple(cases(suite))
    present = {case.name for case in documents}
    found = {(case.name, fact.field): how for case in documents for fact, how in disagreements(case)}
    known = {(document, field) for of, document, field in listed() if of == suite and document in present}
    assert {key: how for key, how in found.items() if key not in known} == {}
    assert known - found.keys() == set()
    assert sum(len(case.facts) for case in documents) >= LEAST[suite]


def test_every_reason_is_explained_and_every_explanation_used() -> None:
    explained = re.findall(r"^\| `([\w-]+)` \|", REASONS.read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(explained) == sorted(set(listed().values()))
