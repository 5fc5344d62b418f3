"""Secrets: read from the environment, and never shown."""

import pytest

from aggregator.config.environment import Unset, expand
from aggregator.config.report import lines, summary
from aggregator.errors import ConfigError

from .conftest import Problems, Read

SECRET = "hunter2"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("Bearer ${TOKEN}", "Bearer hunter2"),
        ("${TOKEN}${TOKEN}", "hunter2hunter2"),
        ("$${TOKEN}", "${TOKEN}"),
        ("$5 and $TOKEN", "$5 and $TOKEN"),
        ("title ~ x$", "title ~ x$"),
    ],
)
def test_references_are_replaced(text: str, value: str) -> None:
    assert expand(text, {"TOKEN": SECRET}) == value


def test_what_a_variable_holds_is_not_looked_into() -> None:
    assert expand("${A}", {"A": "${B}", "B": "x"}) == "${B}"


@pytest.mark.parametrize("text", ["${", "${}", "${a-b}", "${ A }", "${A"])
def test_a_reference_that_is_none_is_an_error(text: str) -> None:
    with pytest.raises(Unset, match=r"write `\$\$\{`"):
        expand(text, {"A": "x"})


def test_an_unset_variable_is_an_error_with_its_line(problems: Problems) -> None:
    (found,) = problems("categories:\n  A:\n    - {url: https://a.example/f, headers: {X: '${NOPE}'}}\n")
    assert (found.line, found.where) == (3, "categories.A[0].headers.X")
    assert "`NOPE` is not set" in found.message


def test_a_value_from_the_environment_is_text_whatever_it_looks_like(read: Read) -> None:
    (source,) = read("categories: {A: [{url: https://a.example/f, name: '${N}'}]}", {"N": "012"}).sources
    assert source.name == "012"


def test_c14_settings_do_not_show_secrets(read: Read) -> None:
    settings = read(
        "site: {title: '${S}', contact: '${S}'}\n"
        "database: postgresql+psycopg://me:hunter2@host/db\n"
        "rsshub: {instances: ['https://rsshub.example/${S}']}\n"
        "categories:\n"
        "  A:\n"
        "    - {url: 'https://a.example/f?key=${S}', name: '${S}', headers: {Authorization: '${S}'}}\n"
        "    - https://a.example/f?key=${S}\n",
        {"S": SECRET},
    )
    (source,) = settings.sources
    assert source.headers == {"Authorization": SECRET}
    assert source.written == "https://a.example/f?key=${S}"
    shown = (
        settings,
        source,
        settings.site,
        settings.rsshub,
        settings.warnings,
        list(summary(settings, settings.warnings)),
    )
    assert SECRET not in "".join(f"{one!r}{one!s}" for one in shown)
    assert SECRET in settings.database


@pytest.mark.parametrize(
    "text",
    [
        "site: {url: '${S}'}\n",
        "site: {contact: 'a (${S})'}\n",
        "database: '${S}'\n",
        "database: mysql://me:hunter2@host/db\n",
        "listen: '${S}'\n",
        "defaults: {every: '${S}'}\n",
        "defaults: {images: '${S}'}\n",
        "defaults: {publish: '${S}'}\n",
        "defaults: {keep: ['${S}']}\n",
        "defaults: {priority: '${S}'}\n",
        "fetch: {max_body: '${S}'}\n",
        "  B: ['${S}']\n",
        "  B: [{url: '${S}'}]\n",
        "  B: [{file: 'https://a.example/${S}'}]\n",
        '  B: [{url: https://b.example/f, headers: {X: "${S}\\r\\n"}}]\n',
        "  B: [{url: https://b.example/f, name: '${S}'}]\n  C: [{url: https://b.example/f, name: other}]\n",
    ],
)
def test_c14_messages_do_not_show_secrets(read: Read, text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read("categories:\n  A: [https://a.example/f]\n" + text, {"S": SECRET})
    assert SECRET not in "".join(lines(caught.value))
    assert SECRET not in str(caught.value) + repr(caught.value.__context__) + repr(caught.value.__cause__)
