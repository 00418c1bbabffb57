"""The documents name only what exists: modules, tests, pages, settings, commands, and each other."""

import re
from pathlib import Path
from typing import Any

import click
import pytest
from werkzeug.exceptions import NotFound

from portal.cli import main
from portal.config import SETTINGS

ROOT = Path(__file__).resolve().parents[2]
MODEL = (ROOT / "docs" / "threat-model.md").read_text(encoding="utf-8")
PLACES = sorted(set(re.findall(r"`((?:analytics|auth|docs|portal|privacy|templates|tests)/[\w./-]+)`", MODEL)))
ADDRESSES = sorted(set(re.findall(r"`(/[a-z][\w/-]*)`", MODEL)))
COMMANDS = sorted(set(re.findall(r"`sameview ([a-z -]+)`", MODEL)))
DOCUMENTS = [*sorted((ROOT / "docs").glob("*.md")), ROOT / "README.md"]
LINKS = [(each, link) for each in DOCUMENTS for link in re.findall(r"\]\((?!https?:)([^)#]+)", each.read_text("utf-8"))]


def test_the_threat_model_names_something_of_each_kind() -> None:
    assert min(len(PLACES), len(ADDRESSES), len(COMMANDS), len(LINKS)) > 3


@pytest.mark.parametrize("place", PLACES)
def test_every_module_and_test_that_the_threat_model_names_is_there(place: str) -> None:
    assert (ROOT / place).is_file()


@pytest.mark.parametrize("address", ADDRESSES)
def test_every_page_that_the_threat_model_names_is_served(lasting_office: Any, address: str) -> None:
    try:
        lasting_office.app.url_map.bind("localhost").match(address)
    except NotFound:
        pytest.fail(f"{address} is not served")


@pytest.mark.parametrize("name", sorted(set(re.findall(r"SAMEVIEW_([A-Z_]+)", MODEL))))
def test_every_setting_that_the_threat_model_names_is_read(name: str) -> None:
    assert name in SETTINGS


@pytest.mark.parametrize("words", COMMANDS)
def test_every_command_that_the_threat_model_names_is_there(words: str) -> None:
    found: click.Command | None = main
    for word in words.split():
        assert isinstance(found, click.Group)
        found = found.commands.get(word)
    assert found is not None


@pytest.mark.parametrize(("document", "link"), LINKS, ids=lambda part: getattr(part, "name", part))
def test_every_link_between_documents_leads_somewhere(document: Path, link: str) -> None:
    assert (document.parent / link).exists()
