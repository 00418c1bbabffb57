"""Checkpoints are published on a schedule, never an earlier one again, and with what the witnesses said."""

import shutil
import sqlite3
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, update
from witness_house import NAME, SIGNER, agree, said, somebody_on_loopback, witness_on_loopback

from portal import checkpoints, checks, nightly, witness_states
from portal.checkpoints import latest, publish
from portal.checks import Level
from portal.schedule import Schedule
from portal.wiring import build
from portal.witness_states import Mood
from privacy import watermark, witnesses
from privacy.access_log import Draft, Filter
from privacy.log_entries import Chain
from privacy.log_key import LogKeyRow, open_signer
from privacy.stores import writing
from privacy.witness import Witness
from privacy.witness_store import FORKED
from privacy.witnesses import Statement, WitnessRow


@pytest.fixture
def council(office: Any, tmp_path: Path) -> Iterator[Witness]:
    """The works council's witness, agreed on and reachable."""
    verifier = office.system.log.signer.verifier
    folder = tmp_path / "council"
    folder.mkdir()
    with witness_on_loopback(folder, verifier, office.clock) as (witness, address):
        agree(office.system, address)
        yield witness


def grow(office: Any, times: int = 1) -> None:
    """Let the log grow, as any change does."""
    for _ in range(times):
        office.system.log.append(
            Draft(None, None, "operations", [], "operations", None, "released", chain=Chain.ORGANISATION)
        )


def mood(office: Any) -> Mood:
    (state,) = witness_states.states(office.system)
    return state.mood


def refusals(office: Any) -> int:
    wanted = Filter(outcome=checkpoints.REFUSED, chains=[Chain.ORGANISATION])
    return len(office.system.log.read(wanted).entries)


def test_what_is_published_is_co_signed_and_opens_with_both_keys(office: Any, council: Witness) -> None:
    for _ in range(3):
        grow(office, 4)
        note = publish(office.system)

        published = office.system.log.signer.verifier.open_checkpoint(note)
        assert published.size == office.system.log.size == council.store.latest(published.origin).size
        assert SIGNER.verifier.cosignature(note).at == office.clock.now


def test_an_idle_log_is_co_signed_again_so_that_silence_means_something(office: Any, council: Witness) -> None:
    publish(office.system)
    office.clock.advance(hours=30)
    assert mood(office) is Mood.SILENT

    publish(office.system)

    assert mood(office) is Mood.COSIGNED
    assert latest(office.system).cosignatures[0].at == office.clock.now


def test_everybody_gets_the_published_note_with_the_witness_s_line(office: Any, council: Witness) -> None:
    note = publish(office.system)
    grow(office)

    for who in ("ben", "ana", "oda"):
        assert office.client(who).get("/api/v1/log/checkpoint").text == note
    assert note.count("\u2014 ") == 2


def test_before_anything_was_published_the_checkpoint_is_that_of_now(office: Any) -> None:
    found = latest(office.system)

    assert (found.note, found.cosignatures) == (office.system.log.checkpoint(), ())


def test_published_checkpoints_are_files_that_whoever_likes_copies_away(office: Any, council: Witness) -> None:
    first = publish(office.system)
    office.clock.advance(days=1)
    grow(office)
    second = publish(office.system)

    folder = office.system.config.checkpoints
    sizes = [each.splitlines()[1] for each in (first, second)]
    assert [(folder / f"{size}.txt").read_text() for size in sizes] == [first, second]
    assert (folder / "latest.txt").read_text() == second
    assert sorted(each.name for each in folder.iterdir()) == sorted([*(f"{s}.txt" for s in sizes), "latest.txt"])


def put_back(office: Any, folder: Path) -> Any:
    """Put an older log back behind a restart, as an administrator would; returns the system of the new start."""
    office.system.close()
    for path in (office.system.config.home / "data").glob("log.db*"):
        path.unlink()
    shutil.copy(folder / "log.db", office.system.config.home / "data" / "log.db")
    system = build(office.system.config, office.clock)
    office.system = system
    office.app.extensions["sameview"] = system
    return system


def copy_log(office: Any, folder: Path) -> None:
    with sqlite3.connect(office.system.config.home / "data" / "log.db") as log:
        with sqlite3.connect(folder / "log.db") as copy:
            log.backup(copy)
        copy.close()
    log.close()


@pytest.fixture
def rolled_back(office: Any, council: Witness, tmp_path: Path) -> Any:
    """Yesterday's log, put back after today's checkpoint was published."""
    copy_log(office, tmp_path)
    grow(office, 5)
    publish(office.system)
    return put_back(office, tmp_path)


def test_an_older_log_lowers_neither_the_watermark_nor_the_files(office: Any, rolled_back: Any) -> None:
    before = latest(rolled_back)

    note = publish(rolled_back)

    assert before.checkpoint.size > rolled_back.log.size
    assert rolled_back.log.signer.verifier.open_checkpoint(note) == before.checkpoint
    assert (rolled_back.config.checkpoints / "latest.txt").read_text().startswith(before.note)


def test_an_older_log_is_told_to_everybody_before_anybody_asks_a_witness(office: Any, rolled_back: Any) -> None:
    object.__setattr__(rolled_back, "config", replace(rolled_back.config, witnesses=()))

    for who in ("ben", "ana", "cleo", "oda"):
        page = office.client(who).get("/me/account").text
        assert f"has {rolled_back.log.size} entries, and {latest(rolled_back).checkpoint.size} were published" in page
        assert "an older log was put back" in page


def test_the_witness_refuses_an_older_log_and_everybody_is_told(office: Any, rolled_back: Any) -> None:
    publish(rolled_back)

    for who in ("ben", "ana", "cleo", "oda"):
        page = office.client(who).get("/me/account").text
        assert f"The witness {NAME} refused to co-sign the access log" in page
        assert "more entries than the log has now" in page
    assert refusals(office) == 1


def test_a_rewritten_log_of_the_same_length_is_a_fork_that_both_sides_keep(
    office: Any, council: Witness, tmp_path: Path
) -> None:
    copy_log(office, tmp_path)
    grow(office)
    publish(office.system)
    system = put_back(office, tmp_path)
    grow(office)
    publish(system)
    publish(system)

    assert FORKED in [each.kind for each in council.store.evidence(system.log.signer.origin)]
    assert "another history of the same length" in office.client("ben").get("/me/access").text
    assert refusals(office) == 1
    assert "refused to co-sign" in office.client("cleo").get("/compliance/verification").text


def test_a_rewritten_log_that_went_on_is_refused_too(office: Any, council: Witness, tmp_path: Path) -> None:
    copy_log(office, tmp_path)
    grow(office)
    publish(office.system)
    system = put_back(office, tmp_path)
    published = watermark.seen(system.stores.keys, system.log.signer.origin)
    grow(office, 3)
    publish(system)

    assert watermark.seen(system.stores.keys, system.log.signer.origin) == published
    (found,) = witnesses.statements(system.stores.log).values()
    assert found.refusal == "unproved"
    assert "Do not rely on the log" in office.client("ana").get("/team/").text


def test_another_signing_key_is_refused_and_told(office: Any, council: Witness) -> None:
    publish(office.system)
    with writing(office.system.stores.keys) as connection:
        connection.execute(delete(LogKeyRow))
    open_signer(office.system.keys, office.system.organisation.origin)
    system = build(office.system.config, office.clock)
    office.app.extensions["sameview"] = system
    office.system = system
    grow(office)

    publish(system)

    assert "not signed with the key that it knows" in office.client("ben").get("/me/account").text
    assert office.client("ben").get("/api/v1/log/checkpoint").status_code == 200


def test_a_witness_that_co_signs_again_ends_the_warning(office: Any, council: Witness) -> None:
    witnesses.save(office.system.stores.log, Statement(NAME).refused("malformed", 0))
    assert mood(office) is Mood.REFUSED

    publish(office.system)

    assert mood(office) is Mood.COSIGNED
    assert "warned" not in office.client("ben").get("/me/account").text


def test_a_silent_witness_is_told_to_everybody_after_a_day(office: Any, council: Witness) -> None:
    publish(office.system)
    office.clock.advance(hours=23)
    assert "warned" not in office.client("ben").get("/me/account").text

    office.clock.advance(hours=2)

    page = office.client("ben").get("/me/account").text
    assert f"The witness {NAME} has not co-signed the access log since 19 Nov 2026, 10:30" in page


def test_a_refusal_stays_told_when_the_operator_drops_the_witness(office: Any, rolled_back: Any) -> None:
    publish(rolled_back)
    object.__setattr__(rolled_back, "config", replace(rolled_back.config, witnesses=()))

    assert "refused to co-sign" in office.client("ben").get("/me/account").text


def test_the_operator_s_check_warns_of_a_log_without_a_witness_and_of_one_that_does_not_answer(
    office: Any, council: Witness
) -> None:
    def warned() -> str:
        return " ".join(each.what for each in checks.inspect(office.system) if each.level is Level.WARNING)

    assert "has not co-signed the access log yet" in warned()
    publish(office.system)
    assert "witness" not in warned()
    office.clock.advance(hours=30)
    assert "has not co-signed the access log since" in warned()

    object.__setattr__(office.system, "config", replace(office.system.config, witnesses=()))

    assert "no witness co-signs the access log" in warned()


@pytest.mark.parametrize(
    ("address", "warns"),
    [
        ("http://council.example:8477", True),
        ("http://127.0.0.1.example:8477", True),
        ("https://council.example", False),
        ("http://127.0.0.1:8477", False),
        ("http://[::1]:8477", False),
        ("http://localhost:8477", False),
    ],
)
def test_the_operator_s_check_warns_of_a_witness_whose_refusals_anybody_on_the_way_can_forge(
    office: Any, council: Witness, address: str, warns: bool
) -> None:
    agree(office.system, address)

    found = [each for each in checks.inspect(office.system) if "not encrypted" in each.what]

    assert [(each.level, address in each.what) for each in found] == ([(Level.WARNING, True)] if warns else [])


def test_everybody_sees_who_co_signed_and_when(office: Any, council: Witness) -> None:
    publish(office.system)

    pages = [office.client("ben").get("/me/access").text, office.client("cleo").get("/compliance/verification").text]

    for page in pages:
        assert f"Co-signed by <b>{NAME}</b> on 19 Nov 2026, 10:30" in page


def test_whoever_writes_into_the_database_cannot_make_a_witness_speak(office: Any, council: Witness) -> None:
    publish(office.system)
    office.clock.advance(hours=30)
    now = int(office.clock.now.timestamp())
    with writing(office.system.stores.log) as connection:
        connection.execute(update(WitnessRow).values(cosigned_at=now, answered_at=now))
    assert mood(office) is Mood.SILENT

    with writing(office.system.stores.log) as connection:
        connection.execute(update(WitnessRow).values(note=office.system.log.signer.sign(99, bytes(32))))

    assert mood(office) is Mood.BROKEN
    assert latest(office.system).cosignatures == ()


@pytest.mark.parametrize("answer", [said(200, b"hello\n"), said(500, b""), said(200, b"")])
def test_a_witness_that_answers_nonsense_breaks_nothing(office: Any, answer: Callable[..., None]) -> None:
    with somebody_on_loopback(answer) as address:
        agree(office.system, address)

        note = publish(office.system)

    assert note == office.system.log.checkpoint()
    assert "has not co-signed the access log yet" in office.client("ben").get("/me/account").text
    assert refusals(office) == 0


def test_no_entry_and_no_page_waits_for_a_witness(office: Any) -> None:
    asked, go_on = threading.Event(), threading.Event()

    def slow(handler: Any, body: bytes) -> None:
        asked.set()
        go_on.wait(30)
        said(500, b"")(handler, body)

    with somebody_on_loopback(slow) as address:
        agree(office.system, address)
        schedule = Schedule(lambda: publish(office.system), 3600).start()
        assert asked.wait(30)

        grow(office)
        answered = [office.client("ben").get(path).status_code for path in ("/", "/me/access")]

        assert not go_on.is_set()
        go_on.set()
        schedule.stop()
    assert answered == [200, 200]


def test_a_process_that_was_overtaken_by_another_accuses_nobody(
    office: Any, council: Witness, monkeypatch: pytest.MonkeyPatch
) -> None:
    earlier = office.system.log.checkpoint()
    grow(office)
    publish(office.system)
    monkeypatch.setattr(office.system.log, "checkpoint", lambda: earlier)

    publish(office.system)

    assert mood(office) is Mood.COSIGNED
    assert refusals(office) == 0


def test_the_night_publishes_too_and_counts_the_cosignatures(office: Any, council: Witness) -> None:
    done = nightly.run(office.system, lambda *_: None)

    assert done.cosignatures == 1
