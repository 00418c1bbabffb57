"""`keys …` where the keys are in a token: its backup takes the place of an escrow."""

import shutil
from pathlib import Path

import pytest
import soft_token
from command_line import sameview

from privacy.fields import KeyClass


@pytest.fixture
def in_a_token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> soft_token.SoftToken:
    """An installation whose keys are in a token."""
    token = soft_token.make(tmp_path, monkeypatch)
    for name, value in ({"SAMEVIEW_HOME": str(tmp_path / "home")} | token.settings).items():
        monkeypatch.setenv(name, value)
    assert sameview("init", "--organisation", "Example Mutual", "--admin", "ann@example.test").exit_code == 0
    return token


def test_a_token_cannot_be_escrowed_and_its_backup_is_drilled_in_its_place(
    in_a_token: soft_token.SoftToken, tmp_path: Path
) -> None:
    refused = sameview("keys", "escrow-key", "--output", tmp_path / "safe")
    rotated = sameview("keys", "rotate", "--class", KeyClass.AUDIT)
    drilled = sameview("keys", "drill", "--token", in_a_token.label)
    missing = sameview("keys", "drill", "--token", "no such token")

    assert refused.exit_code == 1
    assert "sameview keys drill --token LABEL" in refused.stderr
    assert rotated.exit_code == 0, rotated.stderr
    assert drilled.exit_code == 0, drilled.stderr
    assert "everything would open again" in drilled.stdout
    assert missing.exit_code == 1
    assert "no such token" in missing.stderr


def test_a_restored_copy_of_the_token_is_drilled_before_anybody_relies_on_it(
    in_a_token: soft_token.SoftToken, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    backup = shutil.copytree(in_a_token.folder, tmp_path / "backup")
    shutil.rmtree(in_a_token.folder)
    in_a_token.folder.mkdir()

    soft_token.restore(in_a_token, backup, tmp_path / "elsewhere", monkeypatch)
    drilled = sameview("keys", "drill", "--token", in_a_token.label)

    assert drilled.exit_code == 0, drilled.stderr
    assert "everything would open again" in drilled.stdout
    objects = [
        {each.name: each.read_bytes() for each in f.rglob("*-*.object")} for f in (backup, tmp_path / "elsewhere")
    ]
    assert objects[0] == objects[1] != {}, "a drill changes no key"


def test_a_copy_of_the_token_from_before_a_rotation_is_named_as_too_old(
    in_a_token: soft_token.SoftToken, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    backup = shutil.copytree(in_a_token.folder, tmp_path / "backup")
    assert sameview("keys", "rotate", "--class", KeyClass.AUDIT).exit_code == 0

    soft_token.restore(in_a_token, backup, tmp_path / "elsewhere", monkeypatch)
    drilled = sameview("keys", "drill", "--token", in_a_token.label)

    assert drilled.exit_code == 1
    assert "audit: 0 data keys open; LOST:" in drilled.stdout
    assert "kek-audit-2 is not in" in drilled.stdout
    assert "copy the token in use anew" in drilled.stderr
    assert "keys escrow" not in drilled.stderr
