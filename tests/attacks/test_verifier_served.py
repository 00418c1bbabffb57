"""Whoever could lie in the log could also serve a verifier that does not notice: so it comes from elsewhere."""

import hashlib
import shutil
from pathlib import Path

import pytest

from portal import own_check
from portal.witness.app import create_app
from tests.attacks.conftest import VERIFIER, Attacked, Outside

README = VERIFIER.parents[2] / "README.md"


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def test_an_altered_verifier_is_not_the_one_that_witness_and_readme_name(
    attacked: Attacked, witness: Outside, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    altered = tmp_path / "verifier"
    shutil.copytree(VERIFIER.parent, altered)
    (altered / "verify.py").write_text("#!/usr/bin/env python3\nprint('Proven:')\n", encoding="utf-8")
    monkeypatch.setattr(own_check, "FOLDER", altered)
    elsewhere = create_app(witness.witness).test_client()

    served = sha256(attacked.office.client("ben").get("/static/verifier/verify.py").data)

    genuine = sha256(elsewhere.get("/verify.py").data)
    assert served != genuine
    assert genuine in elsewhere.get("/").text
    assert genuine in README.read_text(encoding="utf-8")
    assert served not in README.read_text(encoding="utf-8")
