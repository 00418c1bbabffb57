"""A long export that another process reads: the same events, the same faults, and nothing at all if it is ended."""

import datetime as dt
import json
import os
import signal
from pathlib import Path
from typing import Any

import pytest
from cast import BEN

from analytics import ahead
from analytics.door import Door
from analytics.imports import Export, NotAnExport, beside, read_export
from analytics.intake import Intake
from privacy.capture import PRESETS
from privacy.fields import Field
from privacy.policies import Always
from tests.analytics.intake_office import MONDAY, WINDOW, Events, Office, export_of, morning

EDGE_CASES = Path(__file__).parents[1] / "data" / "edge_cases.aw-export.json"
EVENT: dict[str, Any] = {"timestamp": "2026-11-16T09:00:00Z", "duration": 1, "data": {"title": "a"}}
OTHER = EVENT | {"data": {"title": "b"}}
TITLES = 5000


@pytest.fixture(autouse=True)
def every_file_is_worth_a_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(beside, "WORTH_BYTES", 0)
    monkeypatch.setattr(beside, "_cores", lambda: 2)


@pytest.fixture
def office(small_office: Office) -> Office:
    return small_office


def many_titles() -> Events:
    """Return a morning and, in the afternoon, so many different titles that they are told while they are read."""
    found, noon = morning(), MONDAY.replace(hour=13)
    for n in range(TITLES):
        app = ("EXCEL.EXE", "saplogon.exe", "firefox.exe")[n % 3]
        data = {"app": app, "title": f"{('Invoice', 'FB60', 'ExampleShop')[n % 3]} {n}"}
        found[WINDOW].append({"timestamp": (noon + dt.timedelta(seconds=n)).isoformat(), "duration": 1, "data": data})
    return found


def described(export: Export) -> tuple[list[Any], list[str]]:
    buckets = [
        [
            each.id,
            each.kind,
            each.host,
            *(c.tolist() for c in (each.start_us, each.duration_us, each.data)),
            each.distinct,
        ]
        for each in export.buckets
    ]
    return buckets, list(map(str, export.refused))


def test_what_is_read_beside_is_what_is_read_here(tmp_path: Path) -> None:
    many = [EVENT | {"data": {"title": str(number)}} for number in range(9000)]
    one, other, long, reverse = map(json.dumps, (EVENT, OTHER, many, many[::-1]))
    odd = (
        f'{{"type": "x", "events": {long}, "buckets": {{"a": {{"type": "y", "events": [{one}]}}, "none": 1, '
        f'"bad": {{"type": "y", "events": [{{}}]}}, "late": {{"events": [{other}], "type": "z", "events": {long}}}, '
        f'"b": {{"events": {reverse}, "type": "y"}}, "c": {{"type": "y", "events": {long}}}}}}}'
    )
    (tmp_path / "odd.json").write_text(odd)

    for path in (EDGE_CASES, tmp_path / "odd.json"):
        seen: list[bytes] = []
        told: list[tuple[int, int]] = []
        with path.open("rb") as file:
            found = beside.read_beside(
                file, lambda *step, told=told: told.append(step), lambda _, texts, seen=seen: seen.extend(texts)
            )
        with path.open("rb") as file:
            assert described(found) == described(read_export(file))
        assert told[-1] == (path.stat().st_size,) * 2
    assert len(seen) == 0 or set(seen) <= {text for each in found.buckets for text in each.distinct}


def test_data_are_told_while_the_rest_is_being_read(tmp_path: Path) -> None:
    events = [EVENT | {"data": {"title": str(number)}} for number in range(9000)]
    (tmp_path / "export.json").write_text(json.dumps({"buckets": {"a": {"type": "currentwindow", "events": events}}}))
    seen: list[tuple[str, int]] = []

    with (tmp_path / "export.json").open("rb") as file:
        found = beside.read_beside(file, None, lambda kind, texts: seen.append((kind, len(texts))))

    assert {kind for kind, _ in seen} == {"currentwindow"}
    assert 4096 <= sum(count for _, count in seen) <= 9000 == len(found.buckets[0].distinct)


def test_a_file_that_is_none_is_refused_with_the_same_words(tmp_path: Path) -> None:
    (tmp_path / "broken.json").write_bytes(EDGE_CASES.read_bytes()[:-20])

    with (tmp_path / "broken.json").open("rb") as file, pytest.raises(NotAnExport) as here:
        read_export(file)
    with (tmp_path / "broken.json").open("rb") as file, pytest.raises(NotAnExport) as there:
        beside.read_beside(file, None, lambda _, texts: None)

    assert (str(there.value), there.value.reason) == (str(here.value), here.value.reason)


def test_nothing_is_written_if_the_reading_process_is_ended(
    office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "export.json").write_bytes(export_of(morning()))
    started = beside.subprocess.Popen

    def ended(*arguments: Any, **options: Any) -> Any:
        process = started(*arguments, **options)
        os.kill(process.pid, signal.SIGKILL)
        return process

    monkeypatch.setattr(beside.subprocess, "Popen", ended)

    with (tmp_path / "export.json").open("rb") as file, pytest.raises(NotAnExport, match="ended"):
        ahead.take_file(office.intake(), BEN, file)

    assert office.stored(BEN) == {}


def test_the_other_process_gets_no_secret_of_this_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SAMEVIEW_SECRET", "hidden")
    given: dict[str, str] = {}
    started = beside.subprocess.Popen

    def noted(*arguments: Any, **options: Any) -> Any:
        given.update(options["env"])
        return started(*arguments, **options)

    monkeypatch.setattr(beside.subprocess, "Popen", noted)
    with EDGE_CASES.open("rb") as file:
        beside.read_beside(file, None, lambda _, texts: None)

    assert set(given) <= {"PATH", "LD_LIBRARY_PATH", "SYSTEMROOT", "PYTHONPATH"}


@pytest.mark.parametrize("preset", PRESETS)
def test_a_file_read_beside_gives_the_days_of_one_read_here(
    office: Office, tmp_path: Path, preset: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    events, asked = many_titles(), list[int]()
    (tmp_path / "export.json").write_bytes(export_of(events))
    ask_ahead = Door.ask_ahead

    def noted(door: Door, kind: str, texts: list[bytes]) -> None:
        asked.append(len(texts))
        ask_ahead(door, kind, texts)

    monkeypatch.setattr(Door, "ask_ahead", noted)
    other = office.person()

    with (tmp_path / "export.json").open("rb") as file:
        _, report = ahead.take_file(office.intake(preset), BEN, file)
    office.take(other, events, preset)

    assert report.read == 5 + TITLES
    assert sum(asked) >= 4096, "its data passed the door while it was being read"
    assert office.figures(BEN) == office.figures(other)
    here, there = (office.stored(each) for each in (other, BEN))
    salted = {place for place in here if place[1] is Field.CAPTURE_LEDGER}
    assert {place: there[place] for place in here.keys() - salted} == {p: here[p] for p in here.keys() - salted}
    assert here.keys() == there.keys()


def test_a_small_file_is_read_here_and_starts_no_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    monkeypatch.setattr(beside, "_cores", lambda: 2)
    monkeypatch.delattr(beside.subprocess, "Popen")

    with EDGE_CASES.open("rb") as file:
        assert beside.read_beside(file, None, lambda _, texts: None).buckets


def test_what_was_asked_ahead_counts_no_more_once_another_policy_holds(office: Office, tmp_path: Path) -> None:
    class Changing:
        """Keeps titles while a file is being read, and none when it is taken."""

        asked = 0

        def of(self, subject: str) -> Any:
            self.asked += 1
            return Always(PRESETS["own_insight" if self.asked == 1 else "strict"]).of(subject)

    (tmp_path / "export.json").write_bytes(export_of(morning()))
    intake: Intake = office.intake("strict")
    intake.policies = Changing()  # type: ignore[assignment]
    other = office.person()

    with (tmp_path / "export.json").open("rb") as file:
        ahead.take_file(intake, BEN, file)
    office.take(other, morning(), "strict")

    assert {place: value for place, value in office.figures(BEN).items()} == office.figures(other)
    assert not any(b"FB60" in value or b"ExampleShop" in value for value in office.stored(BEN).values())
