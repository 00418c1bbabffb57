"""`sameview import --format csv`, as its operator uses it: look, map, import, again."""

import shlex
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from command_line import sameview

Run = Callable[..., Result]
ANN = ("--employee", "ann@example.test", "--format", "csv")
MANICTIME = "Name,Start,End,Duration,Process\nFB60,2025-03-03 09:00:00,2025-03-03 09:30:00,0:30:00,saplogon.exe\n"
SUITE = "From;To;Program;Caption\n13.4.2026 10:00;13.4.2026 10:05;EXCEL;Bo\x1b[31mok\n"


@pytest.fixture
def founded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run commands in an installation where Ann has an account."""
    for name in ("SAMEVIEW_CATEGORY_RULES", "SAMEVIEW_CAPTURE_PRESET", "SAMEVIEW_DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SAMEVIEW_HOME", str(tmp_path / "home"))

    assert sameview("init", "--organisation", "Example Mutual", "--admin", "ann@example.test").exit_code == 0
    return sameview


def file_of(tmp_path: Path, text: str) -> str:
    path = tmp_path / "our export.csv"
    path.write_text(text, encoding="utf-8", newline="")
    return str(path)


def test_without_a_mapping_the_first_rows_and_a_mapping_are_shown_and_nothing_is_imported(
    founded: Run, tmp_path: Path
) -> None:
    shown = founded("import", file := file_of(tmp_path, MANICTIME), *ANN)
    command = shlex.split(shown.stderr.splitlines()[-1])
    done, again = founded(*command[1:]), founded(*command[1:])

    assert shown.exit_code == 1
    assert "Process: saplogon.exe" in shown.stdout
    assert "nothing was imported yet" in shown.stderr
    assert command[:3] == ["sameview", "import", file]
    assert done.exit_code == 0, done.stderr
    assert "kept 1" in done.stdout
    assert "Europe/" in done.stdout or "UTC" in done.stdout
    assert "nothing changed" in again.stdout
    assert founded("log", "verify").exit_code == 0


def test_a_proposed_mapping_is_kept_and_imports_the_file(founded: Run, tmp_path: Path) -> None:
    file = file_of(tmp_path, SUITE)

    shown = founded("import", file, *ANN, "--save-mapping", "our-suite")
    done = founded("import", file, *ANN, "--mapping", "our-suite", "--zone", "Asia/Kolkata")

    assert 'dates = "day-first"' in shown.stdout
    assert "\x1b" not in shown.stdout
    assert "--mapping our-suite" in shown.stderr
    assert done.exit_code == 0, done.stderr
    assert "those of Asia/Kolkata" in done.stdout
    assert "days changed: 1" in done.stdout


def test_a_changed_mapping_is_kept_with_its_changes(founded: Run, tmp_path: Path) -> None:
    file = file_of(tmp_path, MANICTIME.replace("2025-03-03", "3/4/2025"))

    shown = founded("import", file, *ANN)
    refused = founded("import", file, *ANN, "--mapping", "manictime")
    kept = founded(
        "import", file, *ANN, "--mapping", "manictime", "--with", "dates=day-first", "--save-mapping", "british"
    )
    again = founded("import", file, *ANN, "--mapping", "british")

    assert "--with dates=day-first (or month-first)" in shown.stderr
    assert refused.exit_code == 1
    assert "nothing was imported" in refused.stderr
    assert kept.exit_code == 0, kept.stderr
    assert "2025-04-03" in kept.stdout
    assert "nothing changed" in again.stdout


def test_refused_rows_are_counted_with_their_lines_and_the_others_imported(founded: Run, tmp_path: Path) -> None:
    file = file_of(tmp_path, MANICTIME + MANICTIME.splitlines()[1].replace("09:", "10:") + "\nhalf a row\n")

    done = founded("import", file, *ANN, "--mapping", "manictime")

    assert done.exit_code == 1
    assert "kept 2" in done.stdout
    assert "refused 1 row (line 4): it has not as many fields as the first line" in done.stdout
    assert "the others were imported" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("--mapping", "nothing"), 1, "there is no mapping nothing"),
        (("--mapping", "rescuetime"), 1, "this is not the mapping for this file"),
        (("--mapping", "manictime", "--with", "dates"), 2, "KEY=VALUE"),
        (("--mapping", "manictime", "--with", "colour=red"), 1, "colour"),
        (("--mapping", "manictime", "--save-mapping", "../x"), 1, "cannot name a mapping"),
        (("--mapping", "manictime", "--save-mapping", "rescuetime"), 1, "cannot name a mapping"),
        (("--mapping", "manictime", "--zone", "Mars"), 1, "is not a time zone"),
        (("--format", "activitywatch", "--mapping", "manictime"), 2, "--format csv"),
    ],
)
def test_what_cannot_be_done_is_one_line(
    founded: Run, tmp_path: Path, arguments: tuple[str, ...], code: int, message: str
) -> None:
    done = founded("import", file_of(tmp_path, MANICTIME), *ANN, *arguments)

    assert done.exit_code == code
    assert message in done.stderr
    assert not (tmp_path / "home" / "mappings").exists()


def test_columns_that_do_not_tell_are_shown_and_not_guessed(founded: Run, tmp_path: Path) -> None:
    done = founded("import", file_of(tmp_path, "a,b\n1,2\n"), *ANN)

    assert done.exit_code == 1
    assert "a: 1" in done.stdout
    assert "write a mapping" in done.stderr
