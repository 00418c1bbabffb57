"""The capture policy from a draft to a version in force: two keys or no change, told to everybody, kept by the log."""

import datetime as dt
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import Result
from command_line import sameview

from portal import policy_record, verifying
from portal.config import Config, ConfigError
from portal.locale import gettext, speaking
from portal.policy_words import UNSIGNED
from portal.recorded import notice
from portal.wiring import System, build
from privacy.capture import PRESETS, WINDOW, apply, preset_text
from privacy.policy_text import body_of, version_of
from tests.portal.conftest import Office

EXPORT = Path(__file__).resolve().parent.parent / "data" / "edge_cases.aw-export.json"
Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command in an installation of its own."""
    for name in ("SAMEVIEW_CATEGORY_RULES", "SAMEVIEW_CAPTURE_PRESET", "SAMEVIEW_DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SAMEVIEW_HOME", str(tmp_path / "home"))

    def _run(*arguments: str, code: int = 0) -> Result:
        done = sameview(*arguments)
        assert done.exit_code == code, f"{done.output}\n{done.exception!r}"
        return done

    return _run


@pytest.fixture
def keys(run: Run, tmp_path: Path) -> dict[str, str]:
    """The verifier keys of employer and council, whose private keys are files beside the home."""
    return {
        who: run("policy", "key", "--name", f"example-mutual/{who}", "--output", tmp_path / who).stdout.strip()
        for who in ("employer", "council")
    }


def init(run: Run, *options: str) -> None:
    run("init", "--organisation", "Example Mutual", "--admin", "ann@example.test", *options)


@contextmanager
def opened(home: Path, **moved: float) -> Iterator[System]:
    """Open the installation, with its clock moved."""
    system = build(Config(home=home), lambda: dt.datetime.now(dt.UTC) + dt.timedelta(**moved))
    try:
        yield system
    finally:
        system.close()


def origin(home: Path) -> str:
    with opened(home) as system:
        return system.organisation.origin


def written(tmp_path: Path, number: int, preset: str = "strict", **ahead: float) -> Path:
    """A file with a version that would hold soon, by default in an hour."""
    effective = dt.datetime.now(dt.UTC) + dt.timedelta(**(ahead or {"hours": 1}))
    file = tmp_path / f"version-{number}.toml"
    file.write_text(version_of(preset_text(preset), number, origin(tmp_path / "home"), effective))
    return file


def signature(run: Run, tmp_path: Path, file: Path, who: str) -> Path:
    path = tmp_path / f"{file.stem}.{who}"
    path.write_text(run("policy", "sign", file, "--key", tmp_path / who).stdout)
    return path


@pytest.fixture
def signing(run: Run, keys: dict[str, str]) -> None:
    """An installation in which employer and council have to sign."""
    init(run, "--employer-key", keys["employer"], "--council-key", keys["council"])


def approve(run: Run, tmp_path: Path, file: Path, number: int) -> None:
    run("policy", "propose", file)
    for who in ("employer", "council"):
        run("policy", "approve", number, "--signature", signature(run, tmp_path, file, who))


@pytest.mark.usefixtures("signing")
def test_a_version_takes_effect_with_both_signatures_and_at_its_moment(run: Run, tmp_path: Path) -> None:
    file = written(tmp_path, 1)

    proposed = run("policy", "propose", file).stdout
    half = run("policy", "approve", "1", "--signature", signature(run, tmp_path, file, "employer")).stdout
    whole = run("policy", "approve", "1", "--signature", signature(run, tmp_path, file, "council")).stdout

    assert "version 1 waits for the signature of example-mutual/employer and example-mutual/council" in proposed
    assert "still waits for the signature of example-mutual/council" in half
    assert "is accepted" in whole
    assert run("policy", "show", "--version", "1").stdout == file.read_text()
    with opened(tmp_path / "home") as system:
        assert system.policies.now().is_draft
        assert apply(system.policies.now(), WINDOW, {"app": "EXCEL.EXE"}, "Work").data is None
    with opened(tmp_path / "home", hours=2) as system:
        assert (system.policies.now().name, system.policies.is_signed()) == ("strict", True)
        assert not verifying.verify(system).problems


@pytest.mark.usefixtures("signing")
def test_one_key_is_not_enough_however_often_it_signs(run: Run, tmp_path: Path) -> None:
    file = written(tmp_path, 1)
    run("policy", "propose", file)
    employer = signature(run, tmp_path, file, "employer")

    run("policy", "approve", "1", "--signature", employer, "--signature", employer)
    run("policy", "approve", "1", "--signature", employer)

    with opened(tmp_path / "home", hours=2) as system:
        assert system.policies.now().is_draft


@pytest.mark.usefixtures("signing")
def test_what_may_not_become_a_version_is_refused_with_the_reason(run: Run, tmp_path: Path) -> None:
    past = run("policy", "propose", written(tmp_path, 1, hours=-1), code=1)
    second = run("policy", "propose", written(tmp_path, 2), code=1)
    other = written(tmp_path, 1)
    other.write_text(other.read_text().replace("sameview/example", "sameview/another"))
    foreign = run("policy", "propose", other, code=1)
    broken = written(tmp_path, 1)
    broken.write_text(broken.read_text().replace("months", "moths"))
    unread = run("policy", "propose", broken, code=1)
    nothing = run("policy", "approve", "1", "--signature", tmp_path / "employer", code=1)

    assert "not to come: nothing holds for what was before" in past.stderr
    assert "version is 2; the next one is 1" in second.stderr
    assert "a policy of this one says" in foreign.stderr
    assert "retention.moths: is unknown; did you mean 'months'" in unread.stderr
    assert "no version 1 waits" in nothing.stderr
    for each in (past, second, foreign, unread, nothing):
        assert "Traceback" not in each.output
        assert each.stderr.count("\n") == 1


@pytest.mark.usefixtures("signing")
def test_a_signature_over_another_text_is_refused(run: Run, tmp_path: Path) -> None:
    file = written(tmp_path, 1)
    run("policy", "propose", file)
    wider = written(tmp_path, 1, "own_insight")
    file.write_text(wider.read_text())

    refused = run("policy", "approve", "1", "--signature", signature(run, tmp_path, file, "council"), code=1)

    assert "no signature over the text of version 1" in refused.stderr


@pytest.mark.usefixtures("signing")
def test_a_change_is_told_to_everybody_with_what_it_means(run: Run, tmp_path: Path) -> None:
    approve(run, tmp_path, written(tmp_path, 1), 1)
    with opened(tmp_path / "home") as system:
        ann = system.people.find("ann@example.test")
        assert ann is not None
        told = [each.sentence for each in system.announcements.of(ann.subject)]

    assert "version 1 of the policy holds from" in told[0]
    assert "More is recorded, kept or seen than before." in told[0]


@pytest.mark.usefixtures("signing")
def test_a_proposal_is_told_to_everybody_once_before_anybody_has_signed(run: Run, tmp_path: Path) -> None:
    file = written(tmp_path, 1)
    run("policy", "propose", file)
    run("policy", "propose", file)
    narrower = written(tmp_path, 1, "strict", hours=3)
    run("policy", "propose", narrower)
    with opened(tmp_path / "home") as system:
        ann = system.people.find("ann@example.test")
        assert ann is not None
        told = [each.sentence for each in system.announcements.of(ann.subject) if "is proposed" in each.sentence]
        assert not verifying.verify(system).problems

    assert len(told) == 2, "once of each text"
    assert "Version 1 of the policy on what is recorded is proposed, from" in told[0]
    assert "until then nothing changes" in told[0]
    with speaking("de"):
        assert "Es wird mehr erfasst, gespeichert oder gesehen als bisher, wenn alle unterschreiben" in gettext(told[0])


@pytest.mark.usefixtures("signing")
def test_settings_that_contradict_a_signed_policy_are_refused_at_start(run: Run, tmp_path: Path) -> None:
    approve(run, tmp_path, written(tmp_path, 1, "strict", minutes=1), 1)
    later = lambda: dt.datetime.now(dt.UTC) + dt.timedelta(hours=1)  # noqa: E731 - the clock of two builds

    build(Config(home=tmp_path / "home", capture_preset="strict"), later).close()
    with pytest.raises(ConfigError, match="SAMEVIEW_CAPTURE_PRESET is own_insight, but the signed policy is strict"):
        build(Config(home=tmp_path / "home", capture_preset="own_insight"), later)


def test_keys_can_be_agreed_on_later_once_and_the_settings_have_no_say_any_more(
    run: Run, keys: dict[str, str], tmp_path: Path
) -> None:
    init(run)
    pair = ("--employer", keys["employer"], "--council", keys["council"])

    done = run("policy", "signers", *pair)
    again = run("policy", "signers", *pair, code=1)

    assert "version = 2" in done.stdout
    assert "agreed on already" in again.stderr
    with opened(tmp_path / "home") as system:
        assert system.policies.now().name == "coaching"
        assert policy_record.settle(system) is None
        assert not verifying.verify(system).problems
    approve(run, tmp_path, written(tmp_path, 2), 2)
    with opened(tmp_path / "home", hours=2) as system:
        assert (system.policies.now().version, system.policies.is_signed()) == (2, True)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--employer-key", "x"], "name both keys"),
        (["--single-key", "x", "--council-key", "y"], "not both"),
        (["--single-key", "x"], "not the verifier key of a signer"),
    ],
)
def test_half_an_agreement_is_none(run: Run, options: list[str], told: str, tmp_path: Path) -> None:
    done = sameview("init", "--organisation", "E", "--admin", "a@example.test", *options)

    assert done.exit_code in (1, 2)
    assert told in done.output
    assert not (tmp_path / "home" / "data" / "sameview.db").exists()


def test_a_key_file_is_its_owners_alone_and_never_written_over(run: Run, keys: dict[str, str], tmp_path: Path) -> None:
    again = run("policy", "key", "--name", "example-mutual/council", "--output", tmp_path / "council", code=1)

    assert (tmp_path / "council").stat().st_mode & 0o077 == 0
    assert "is there already" in again.stderr
    assert keys["council"].startswith("example-mutual/council+")


def test_signing_needs_no_installation(run: Run, keys: dict[str, str], tmp_path: Path) -> None:
    file = tmp_path / "policy.toml"
    file.write_text(
        version_of(preset_text("coaching"), 1, "sameview/e-00000000", dt.datetime(2027, 1, 4, tzinfo=dt.UTC))
    )

    line = run("policy", "sign", file, "--key", tmp_path / "council").stdout

    assert line.startswith("\u2014 example-mutual/council ")
    assert not (tmp_path / "home").exists()
    assert "not a key that signs policies" in run("policy", "sign", file, "--key", file, code=1).stderr


def test_a_preset_is_shown_as_a_file_to_begin_with_and_compared_in_sentences(run: Run) -> None:
    text = run("policy", "show", "--preset", "coaching").stdout
    found = run("policy", "diff", "coaching", "own_insight").stdout
    narrower = run("policy", "diff", "coaching", "strict").stdout

    assert 'name = "coaching"' in text
    assert "[[category]]" in text
    assert "wider     Days that titles and addresses are kept: 14, it was 0." in found
    assert found.endswith("More is recorded, kept or seen.\n")
    assert narrower.endswith("Not more is recorded, kept or seen.\n")
    assert run("policy", "diff", "coaching", "coaching").stdout == "nothing changes\n"
    assert "no preset" in run("policy", "diff", "coaching", "nowhere.toml", code=1).stderr


def test_a_dry_run_counts_by_rule_shows_no_value_and_is_seen_by_the_person(run: Run, tmp_path: Path) -> None:
    init(run)
    with opened(tmp_path / "home") as system:
        ann = system.people.find("ann@example.test")
        assert ann is not None
    export = tmp_path / "export.json"
    at = (dt.datetime.now(dt.UTC) - dt.timedelta(days=1)).isoformat()
    said = [{"app": f"union-{n}.exe", "title": "A canary"} for n in (1, 2)]
    events = [{"timestamp": at, "duration": n, "data": data} for n, data in enumerate(said, start=1)]
    bucket = {"type": "currentwindow", "hostname": "pc", "events": events}
    export.write_text(json.dumps({"buckets": {"aw-watcher-window_pc": bucket}}))
    run("import", export, "--employee", "ann@example.test")
    draft = tmp_path / "draft.toml"
    never = '\n[[never]]\nid = "union"\napps = ["union-1*"]\nbecause = "It is nobody\'s business."\n'
    draft.write_text(preset_text("strict") + never)

    done = run("policy", "try", draft, "--employee", "ann@example.test").stdout

    assert "would drop 1 by union: It is nobody's business." in done
    assert "would coarsen 1 by app-to-category" in done
    assert "canary" not in done
    assert ".exe" not in done
    with opened(tmp_path / "home") as system:
        entry = int(done.split("log entry ")[1].split()[0])
        assert system.log.size > entry
        assert not verifying.verify(system).problems


class TestUnsigned:
    """Where nobody signs, the settings choose, and that is said everywhere."""

    def test_every_page_about_it_says_that_nobody_signed(self, office: Office) -> None:
        page = office.client("ben").get("/me/recorded").text

        assert UNSIGNED in page
        assert "Holds from 2026-09-01 08:00 UTC on, signed by nobody." in page

    def test_the_notice_that_everybody_reads_first_says_so_too(self, office: Office) -> None:
        office.add("fay", acknowledged=False)

        assert UNSIGNED in office.client("fay").get("/welcome", follow_redirects=True).text

    def test_check_warns(self, run: Run) -> None:
        init(run)

        assert "nobody signs the capture policy" in run("check").stdout

    def test_a_changed_setting_is_recorded_told_and_kept_by_the_log(self, office: Office) -> None:
        system = office.system
        object.__setattr__(system.config, "capture_preset", "own_insight")

        chosen = policy_record.settle(system)

        assert chosen is not None
        assert (chosen.version, chosen.name) == (2, "own_insight")
        assert policy_record.settle(system) is None
        told = system.announcements.of(office.ids["ben"])[0].sentence
        assert "version 2 of the policy holds from" in told
        assert "More is recorded, kept or seen" in told
        page = office.client("ben").get("/me/recorded").text
        assert "Days that titles and addresses are kept: 14, it was 0." in page
        assert not verifying.verify(system).problems


def test_a_single_key_is_said_on_every_page(run: Run, keys: dict[str, str], tmp_path: Path) -> None:
    init(run, "--single-key", keys["employer"])
    file = written(tmp_path, 1, "strict", minutes=1)
    run("policy", "propose", file)
    run("policy", "approve", "1", "--signature", signature(run, tmp_path, file, "employer"))

    with opened(tmp_path / "home", hours=1) as system:
        agreed = notice(system).agreement
        assert agreed is not None
        assert agreed.warning == (
            "One key alone signs this policy, the one of example-mutual/employer. Nobody else, such as a works council,"
            " has to agree."
        )


def test_the_text_that_settings_choose_is_the_preset_with_its_categories(run: Run, tmp_path: Path) -> None:
    init(run)

    text = run("policy", "show", "--version", "1").stdout

    assert body_of(text).startswith(preset_text("coaching"))
    with opened(tmp_path / "home") as system:
        assert system.policies.now().conduct == PRESETS["coaching"].conduct
        assert system.policies.signers is None
