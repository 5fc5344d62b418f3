"""Problems as people and editors read them."""

from pathlib import Path

from aggregator.config.report import lines, problem_lines, summary
from aggregator.errors import ConfigError, Problem

from .conftest import Read


def test_a_problem_is_a_line_that_editors_jump_to() -> None:
    problem = Problem(message="unknown key", line=12, column=7, where="categories.A[1].evry", suggestion="every")
    error = ConfigError(Path("config.yaml"), (problem, Problem(message="cannot be read")))
    assert list(lines(error)) == [
        'config.yaml:12:7  categories.A[1].evry: unknown key; did you mean "every"?',
        "config.yaml  cannot be read",
        "2 problems; nothing was started or changed.",
    ]


def test_a_page_says_the_line_in_words_and_no_folder() -> None:
    problem = Problem(message="unknown key", line=12, column=7, where="categories.A[1].evry", suggestion="every")
    error = ConfigError(Path("/etc/secret/config.yaml"), (problem, Problem(message="cannot be read")))
    assert list(problem_lines(error)) == [
        'config.yaml, line 12, column 7: categories.A[1].evry: unknown key; did you mean "every"?',
        "config.yaml: cannot be read",
    ]


def test_the_summary_counts_and_shows_warnings(read: Read) -> None:
    settings = read("categories:\n  A: [https://a.example/f, https://a.example/f]\n")
    warning, verdict = summary(settings, settings.warnings)
    assert "config.yaml:2:28  categories.A[1]: the same source" in warning
    assert verdict == "config.yaml: 1 source in 1 category, 1 warning."
