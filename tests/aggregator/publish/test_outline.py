"""What config.yaml subscribes to, for other readers."""

from pathlib import Path

from aggregator.config.settings import RsshubSettings
from aggregator.publish.outline import outline_of
from feeds.opml import Subscription
from tests.builders import settings, source_settings

A = "https://a.example/feed"


def subscriptions(
    tmp_path: Path, *sources: object, **sections: object
) -> tuple[tuple[Subscription, ...], tuple[str, ...]]:
    outline, left_out = outline_of(settings(tmp_path, *sources, **sections))  # type: ignore[arg-type]
    return outline.subscriptions, left_out


def test_categories_become_folders_and_a_source_stands_in_each_of_its_own(tmp_path: Path) -> None:
    source = source_settings(A, name="A blog", categories=("tech/python", "news"))
    assert subscriptions(tmp_path, source)[0] == (
        Subscription(url=A, title="A blog", path=("tech", "python")),
        Subscription(url=A, title="A blog", path=("news",)),
    )


def test_a_route_is_asked_for_at_the_first_instance(tmp_path: Path) -> None:
    route = source_settings("rsshub:/zaker/source/12", categories=("news",))
    rsshub = RsshubSettings(instances=("https://one.example", "https://two.example"))
    ((one,), left_out) = subscriptions(tmp_path, route, rsshub=rsshub)
    assert (one.url, left_out) == ("https://one.example/zaker/source/12", ())


def test_what_no_other_reader_can_fetch_is_named_apart(tmp_path: Path) -> None:
    addresses = ("file:a.xml", "page:https://a.example/", "json:https://a.example/", "sitemap:https://a.example/")
    sources = (source_settings(address, categories=("news",)) for address in addresses)
    assert subscriptions(tmp_path, *sources) == ((), addresses)


def test_secrets_stay_by_name(tmp_path: Path) -> None:
    secret = source_settings(f"{A}?key=hunter2", written=f"{A}?key=${{KEY}}", categories=("news",))
    ((one,), _) = subscriptions(tmp_path, secret)
    assert one.url == f"{A}?key=${{KEY}}"
