"""docs/attacks.md and these tests say the same."""

import ast
import re
from pathlib import Path

HERE = Path(__file__).resolve().parent
PAGE = HERE.parents[1] / "docs" / "attacks.md"
NO_ATTACKS = {"test_documented.py", "test_verification.py"}


def test_every_attack_has_a_row_and_every_row_its_test() -> None:
    attacks = [
        each.name
        for path in sorted(HERE.glob("test_*.py"))
        if path.name not in NO_ATTACKS
        for each in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(each, ast.FunctionDef) and each.name.startswith("test_")
    ]

    rows = re.findall(r"\| `(test_\w+)` \|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)

    assert sorted(rows) == sorted(attacks)


def test_what_nobody_detects_says_so_in_bold() -> None:
    undetected = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if "`test_not_detected_" in line]

    assert len(undetected) == 5
    assert all("**nobody**" in line for line in undetected)
