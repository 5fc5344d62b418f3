"""The files to deploy with name commands and files that there are, and give little privilege."""

import re
import tomllib
from configparser import ConfigParser
from pathlib import Path

from click.testing import CliRunner
from ruamel.yaml import YAML

from aggregator.cli import cli

ROOT = Path(__file__).parents[1]
DEPLOY = ROOT / "deploy"


def unit() -> ConfigParser:
    parsed = ConfigParser(strict=False, interpolation=None)
    parsed.optionxform = str  # type: ignore[assignment, method-assign]
    parsed.read(DEPLOY / "feed-aggregator.service")
    return parsed


def instructions() -> list[tuple[str, str]]:
    joined = (DEPLOY / "Dockerfile").read_text().replace("\\\n", " ")
    lines = [line for line in joined.splitlines() if line and not line.startswith("#")]
    return [(line.split()[0], line.partition(" ")[2].strip()) for line in lines]


def test_the_unit_starts_a_command_that_there_is_and_waits_for_it_to_end() -> None:
    service = unit()["Service"]
    options = service["ExecStart"].split()
    assert options[1:3] == ["--config", "/var/lib/feed-aggregator/config.yaml"]
    assert CliRunner().invoke(cli, [options[3], "--help"]).exit_code == 0
    assert int(service["TimeoutStopSec"].removesuffix("s")) > 15  # what SIGTERM is promised


def test_l08_the_unit_gives_no_privilege_and_one_folder_to_write_to() -> None:
    service = unit()["Service"]
    assert (service["DynamicUser"], service["ProtectSystem"], service["NoNewPrivileges"]) == ("yes", "strict", "yes")
    assert service["WorkingDirectory"] == f"/var/lib/{service['StateDirectory']}"
    assert service["UMask"] == "0027"
    config = Path(service["ExecStart"].split()[2])  # beside it the keys of images, and copies of lists, are written
    assert str(config.parent) == service["WorkingDirectory"]


def test_the_image_copies_files_that_there_are_and_installs_what_is_pinned() -> None:
    copied = [words.split()[:-1] for name, words in instructions() if name == "COPY" and "--from" not in words]
    assert all((ROOT / file).exists() for files in copied for file in files)
    assert any("--require-hashes" in words for name, words in instructions() if name == "RUN")


def test_l08_the_image_does_not_run_as_root_and_names_no_registry() -> None:
    found = instructions()
    users = [words for name, words in found if name == "USER"]
    assert users
    assert users[-1] not in ("root", "0")
    assert all("/" not in words.split()[0] for name, words in found if name == "FROM")


def test_the_image_has_a_python_that_the_program_runs_on() -> None:
    least = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["requires-python"].removeprefix(">=")
    (version, *others) = {re.findall(r"python:(\S+?)-", words)[0] for name, words in instructions() if name == "FROM"}
    assert not others
    assert tuple(map(int, version.split("."))) >= tuple(map(int, least.split(".")))


def test_the_composition_builds_that_image_read_only_and_listens_here_alone() -> None:
    service = YAML(typ="safe").load(DEPLOY / "compose.yaml")["services"]["aggregator"]
    assert (DEPLOY / service["build"]["context"] / service["build"]["dockerfile"]).resolve() == DEPLOY / "Dockerfile"
    assert service["read_only"]
    assert service["cap_drop"] == ["ALL"]
    assert all(port.startswith("127.0.0.1:") for port in service["ports"])
