"""The command line, as its operator uses it: exit codes, one-line failures, and nothing about anybody's day."""

import json
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from command_line import sameview

from privacy.capture import PRESETS
from privacy.policy import POLICY

EXPORT = Path(__file__).resolve().parent.parent / "data" / "edge_cases.aw-export.json"
HEADER = "email,name,team,team_manager,roles,timezone,joined,left\n"
Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command in an installation of its own."""
    for name in ("SAMEVIEW_HOME", "SAMEVIEW_CATEGORY_RULES", "SAMEVIEW_CAPTURE_PRESET", "SAMEVIEW_DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SAMEVIEW_HOME", str(tmp_path / "home"))
    return sameview


@pytest.fixture
def founded(run: Run) -> Run:
    done = run("init", "--organisation", "Example Mutual", "--admin", "ann@example.test")
    assert done.exit_code == 0, done.stderr
    return run


def test_init_prints_one_invitation_and_nothing_else(run: Run) -> None:
    done = run("init", "--organisation", "Example Mutual", "--admin", "ann@example.test")

    assert done.exit_code == 0
    assert done.stdout.startswith("http://127.0.0.1:8000/invitation/")
    assert done.stdout.count("\n") == 1


def test_a_second_init_is_refused_and_changes_nothing(founded: Run, tmp_path: Path) -> None:
    keys = sorted((tmp_path / "home" / "kek").iterdir())
    before = [each.read_bytes() for each in keys]

    done = founded("init", "--organisation", "Another", "--admin", "bob@example.test")

    assert done.exit_code == 1
    assert "belong to Example Mutual" in done.stderr
    assert [each.read_bytes() for each in keys] == before


def test_a_refused_administrator_leaves_a_setup_that_can_be_repeated(run: Run) -> None:
    assert run("init", "--organisation", "Example Mutual", "--admin", "no address").exit_code == 1

    assert run("init", "--organisation", "Example Mutual", "--admin", "ann@example.test").exit_code == 0


def test_home_has_the_documented_places_and_is_its_owners_alone(founded: Run, tmp_path: Path) -> None:
    home = tmp_path / "home"

    for name in ("data/sameview.db", "data/log.db", "keys/keys.db"):
        assert (home / name).stat().st_mode & 0o077 == 0, name
    assert {each.name for each in (home / "kek").iterdir()} == {
        f"kek-{each}-1" for each in ("audit", "granted", "private", "shared", "text")
    }


def test_before_init_every_command_says_what_to_run(run: Run) -> None:
    for command in (["people", "invite", "x@example.test"], ["log", "verify"], ["keys", "status"]):
        done = run(*command)
        assert done.exit_code == 1
        assert "sameview init" in done.stderr


def test_an_import_counts_and_the_same_file_again_changes_nothing(founded: Run) -> None:
    first = founded("import", str(EXPORT), "--employee", "ann@example.test")
    second = founded("import", str(EXPORT), "--employee", "ann@example.test")

    assert first.exit_code == 0, first.stderr
    assert "title-to-category" in first.stdout
    assert "the clock was wrong" in first.stdout
    assert "nothing changed" in second.stdout
    assert founded("log", "verify").exit_code == 0


def test_a_broken_file_is_refused_with_its_place(founded: Run, tmp_path: Path) -> None:
    broken = tmp_path / "broken.json"
    broken.write_bytes(EXPORT.read_bytes()[:2000])

    done = founded("import", str(broken), "--employee", "ann@example.test")

    assert done.exit_code == 1
    assert "nothing was imported" in done.stderr


def test_an_import_for_somebody_unknown_is_refused(founded: Run) -> None:
    done = founded("import", str(EXPORT), "--employee", "nobody@example.test")

    assert done.exit_code == 1
    assert "no account for nobody@example.test" in done.stderr


def test_wrong_usage_has_an_exit_code_of_its_own(founded: Run) -> None:
    assert founded("import", "no-such-file.json", "--employee", "ann@example.test").exit_code == 2
    assert founded("colour").exit_code == 2


def test_people_are_shown_first_and_imported_only_with_apply(founded: Run, tmp_path: Path) -> None:
    file = tmp_path / "people.csv"
    file.write_text(HEADER + "bob@example.test,Bob Example,Claims East,no,employee,Europe/Vienna,2026-01-01,\n")

    shown = founded("people", "import", str(file))
    early = founded("people", "invite", "bob@example.test")
    applied = founded("people", "import", str(file), "--apply")
    again = founded("people", "import", str(file), "--apply")

    assert "nothing was changed yet" in shown.stdout
    assert early.exit_code == 1
    assert "applied" in applied.stdout
    assert "nothing to change" in again.stdout
    invited = founded("people", "invite", "bob@example.test")
    assert invited.stdout.startswith("http://127.0.0.1:8000/invitation/")
    assert invited.stdout.count("\n") == 1


def test_the_state_of_the_work_comes_whole_or_not_at_all(founded: Run, tmp_path: Path) -> None:
    people, work = tmp_path / "people.csv", tmp_path / "work.csv"
    people.write_text(HEADER + "bea@example.test,Bea Novak,Claims,no,employee,Europe/Berlin,,\n", encoding="utf-8")
    founded("people", "import", str(people), "--apply")
    columns = "team;process;day;received;completed;open;oldest_days;in_time;wrong\n"
    work.write_text(columns + "Claims;Motor;2026-01-07;41;38;112;9;35;2\n", encoding="utf-8")

    first, again = founded("volumes", "import", str(work)), founded("volumes", "import", str(work))
    work.write_text(columns + "Claims;Novak, Bea;2026-01-08;x;;;;;\nClaims;Motor;8.1.;1;;;;;\n", encoding="utf-8")
    refused = founded("volumes", "import", str(work))

    assert "1 rows of 1 team(s), 2026-01-07 to 2026-01-07: 1 new, 0 replaced, 0 unchanged\nlog entry" in first.stdout
    assert again.stdout == "1 rows of 1 team(s), 2026-01-07 to 2026-01-07: nothing changed, all of them were there\n"
    assert (first.exit_code, again.exit_code, refused.exit_code) == (0, 0, 1)
    assert [each.partition(":")[0] for each in refused.stderr.removeprefix("sameview: ").splitlines()] == [
        "line 2, column process",
        "line 2, column received",
        "line 3, column day",
    ]
    assert "Novak" not in refused.stderr


def test_a_bundle_from_the_command_line_holds_no_salt_and_no_payload(founded: Run, tmp_path: Path) -> None:
    output = tmp_path / "bundle.json"

    assert founded("log", "export", "--output", str(output)).exit_code == 0

    bundle = json.loads(output.read_text())
    assert set(bundle) == {"checkpoint", "old", "consistency", "inclusion"}
    assert bundle["inclusion"]
    assert {(each["salt"], each["payload"]) for each in bundle["inclusion"]} == {(None, None)}


def test_verify_names_the_entry_that_was_changed(founded: Run, tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "home" / "data" / "log.db") as log:
        log.execute('UPDATE entry SET sealed = zeroblob(length(sealed)) WHERE "index" = 2')

    done = founded("log", "verify")

    assert done.exit_code == 1
    assert "entry 2:" in done.stdout


def test_check_names_a_missing_key_with_its_fix(founded: Run, tmp_path: Path) -> None:
    shutil.move(tmp_path / "home" / "kek" / "kek-private-1", tmp_path / "elsewhere")

    done = founded("check")

    assert done.exit_code == 1
    assert "kek-private-" in done.stdout
    assert "recover it from the escrow with `sameview keys recover`" in done.stdout


def test_the_night_can_be_repeated(founded: Run) -> None:
    founded("import", str(EXPORT), "--employee", "ann@example.test")

    first, second = (founded("jobs", "nightly") for _ in range(2))

    assert first.exit_code == second.exit_code == 0
    assert "log days closed: 1" in first.stdout
    assert "weeks frozen: 0" in second.stdout
    assert "log days closed: 0" in second.stdout
    assert founded("log", "verify").exit_code == 0


def test_a_night_that_finds_something_wrong_says_so_after_its_work_and_ends_with_exit_code_1(
    founded: Run, tmp_path: Path
) -> None:
    with sqlite3.connect(tmp_path / "home" / "data" / "log.db") as log:
        log.execute('UPDATE entry SET leaf_hash = zeroblob(32) WHERE "index" = 1')

    done = founded("jobs", "nightly")

    assert done.exit_code == 1
    assert "log days closed: 1" in done.stdout
    assert "entry 1: " in done.stdout
    assert "every step was tried" in done.stderr


def test_the_policy_reads_as_sentences_with_the_names_that_scripts_use(founded: Run) -> None:
    text = founded("policy", "show").stdout

    said = " ".join(text.split())
    assert "The manager, for a one-to-one (manager, one_to_one)" in text
    assert "active_time, categories, focus: a closed week's totals" in text
    for rule in (*POLICY, *PRESETS["coaching"].rules):
        assert rule.because in said
    assert "No purpose covers discipline, pay or ranking." in text
    assert max(map(len, text.splitlines())) <= 100


def test_no_command_prints_a_figure_of_anybody(founded: Run) -> None:
    founded("import", str(EXPORT), "--employee", "ann@example.test")

    for command in (["policy", "show"], ["keys", "status"], ["log", "verify"], ["check"], ["log", "checkpoint"]):
        assert "EXCEL" not in founded(*command).output
