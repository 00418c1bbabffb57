"""What others script against is on the reference page: no setting, command, field or measure comes without a word."""

import re
from pathlib import Path

import click
import pytest

from analytics.measures import MEASURES
from analytics.team_measures import TEAM_MEASURES
from auth.permissions import Permission, Role
from portal.cli import main
from portal.config import SETTINGS
from privacy.fields import Field
from privacy.policy import Purpose

ROOT = Path(__file__).resolve().parent.parent
REFERENCE = (ROOT / "docs" / "reference.md").read_text(encoding="utf-8")
DOCUMENTS = [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("benchmarks/*.md")]


def _commands(group: click.Group, path: str = "sameview") -> list[str]:
    found = []
    for name, command in group.commands.items():
        place = f"{path} {name}"
        found += _commands(command, place) if isinstance(command, click.Group) else [place]
    return found


@pytest.mark.parametrize("name", [f"SAMEVIEW_{name}" for name in SETTINGS])
def test_every_setting_is_documented(name: str) -> None:
    assert f"`{name}`" in REFERENCE


@pytest.mark.parametrize("command", _commands(main))
def test_every_command_is_documented(command: str) -> None:
    assert f"`{command}" in REFERENCE


@pytest.mark.parametrize("word", [*Field, *Purpose, *(each.value for each in Permission)])
def test_every_field_purpose_and_permission_is_documented(word: str) -> None:
    assert f"`{word}`" in REFERENCE


@pytest.mark.parametrize("name", [each.name for each in MEASURES])
def test_every_measure_is_documented_with_its_definition(name: str) -> None:
    measure = next(each for each in MEASURES if each.name == name)

    assert f"`{name}`" in REFERENCE
    assert measure.definition in REFERENCE


@pytest.mark.parametrize("name", [each.name for each in TEAM_MEASURES])
def test_every_figure_of_a_team_is_documented_with_what_it_is_for(name: str) -> None:
    measure = next(each for each in TEAM_MEASURES if each.name == name)

    assert f"| `{name}` | {measure.charter.decision} | {measure.not_for} |" in REFERENCE


@pytest.mark.parametrize("role", [each for each in Role if each is not Role.ANYONE])
def test_every_role_is_documented(role: Role) -> None:
    assert role.value in REFERENCE


def test_every_test_and_benchmark_that_a_document_names_is_there() -> None:
    named = {
        place
        for document in DOCUMENTS
        for place in re.findall(r"\b(?:tests|benchmarks)/[\w/]+\.py\b", document.read_text(encoding="utf-8"))
    }

    assert len(named) > 30
    assert sorted(place for place in named if not (ROOT / place).is_file()) == []
