"""The synthetic back office: the same on the same date, of the promised make-up, and small."""

import csv
import datetime as dt
import io
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from portal.config import Config
from portal.demo import organisation, seed
from portal.demo.activity import MOST_EVENTS, day_events, export
from portal.demo.agreement import FIRST, NEXT
from portal.demo.organisation import Colleague, clock_change, colleagues, first_day, recorded_days
from portal.demo.seed import SeedClock, Seeded
from portal.proposed import proposed
from portal.sheets import SHEETS
from privacy.decisions import STANDING
from privacy.fields import SHARED_FIELDS, Field, Tier
from privacy.period import Period, week_name, week_of
from privacy.policy import Purpose
from privacy.release_memory import block_of, first_of

TODAY = dt.date(2026, 11, 19)
NOW = dt.datetime(2026, 11, 19, 9, 30, tzinfo=dt.UTC)
A_YEAR = [TODAY + dt.timedelta(days=31 * n) for n in range(12)]


def person(name: str, today: dt.date = TODAY) -> Colleague:
    return next(each for each in colleagues(today) if each.name == name)


def test_there_are_thirty_four_people_in_four_teams_and_one_team_has_four() -> None:
    sizes = Counter(each.team for each in colleagues(TODAY) if each.team)

    assert sum(sizes.values()) == 34
    assert sorted(sizes.values()) == [4, 9, 10, 11]


def test_every_team_is_led_by_one_of_its_members() -> None:
    heads = Counter(each.team for each in colleagues(TODAY) if each.manages)

    assert heads == dict.fromkeys(organisation.TEAMS, 1)


def test_reviewer_operator_and_council_belong_to_no_team() -> None:
    others = {each.role: each.team for each in colleagues(TODAY) if each.role != "employee"}

    assert others == {"reviewer": None, "operator": None, "council": None}


@pytest.mark.parametrize("today", A_YEAR, ids=str)
def test_everybody_is_clearly_synthetic_and_unmistakable(today: dt.date) -> None:
    emails = [each.email for each in colleagues(today)]

    assert "synthetic" in organisation.NAME
    assert len(set(emails)) == len(emails)
    assert all(email.isascii() and email.endswith("@example.test") for email in emails)


def test_some_work_part_time_some_are_on_leave_and_two_zones_are_at_work() -> None:
    members = [each for each in colleagues(TODAY) if each.team]

    assert sum(sum(each.hours) < sum(organisation.FULL_TIME) for each in members) >= 4
    assert sum(bool(each.days_off) for each in members) >= 10
    assert {"Europe/Vienna", "Europe/Lisbon"} <= {each.timezone for each in members}


@pytest.mark.parametrize("today", A_YEAR, ids=str)
def test_somebody_joined_in_the_middle_of_a_week_and_has_no_day_before(today: dt.date) -> None:
    joiner = person(organisation.JOINER, today)

    assert joiner.joined.weekday() == 2
    assert dt.timedelta(weeks=4) < today - joiner.joined < dt.timedelta(weeks=9)
    assert min(recorded_days(joiner, today)) >= joiner.joined


@pytest.mark.parametrize("today", A_YEAR, ids=str)
def test_the_manager_s_team_is_the_same_in_each_of_the_last_four_weeks_that_are_released_together(
    today: dt.date,
) -> None:
    weeks = [first_day(today) + dt.timedelta(weeks=n) for n in range(12)]
    starts = [week for week in weeks[:9] if week == first_of(block_of(week))]
    mates = [each for each in colleagues(today) if each.team == organisation.CLAIMS_EAST and not each.manages]

    def counted(week: dt.date) -> set[str]:
        days = [week + dt.timedelta(days=n) for n in range(7)]
        return {each.name for each in mates if each.joined <= week and sum(map(bool, map(each.hours_on, days))) >= 3}

    assert len(starts) >= 2
    for start in starts:
        assert len({frozenset(counted(start + dt.timedelta(weeks=n))) for n in range(4)}) == 1
    assert organisation.JOINER in counted(starts[-1])
    assert organisation.JOINER not in counted(starts[-2])


@pytest.mark.parametrize("today", A_YEAR, ids=str)
def test_the_clocks_change_on_somebody_who_is_at_work(today: dt.date) -> None:
    zone, day = clock_change(today)
    on_duty = person(organisation.WEEKEND_DUTY, today)
    hours = [
        dt.datetime.combine(day + dt.timedelta(days=n), dt.time(), ZoneInfo(zone)).timestamp() / 3600 for n in (0, 1)
    ]

    assert hours[1] - hours[0] in (23, 25)
    assert on_duty.timezone == zone
    assert day in recorded_days(on_duty, today)


def test_twelve_closed_weeks_and_the_running_one_are_recorded() -> None:
    days = recorded_days(person(organisation.EMPLOYEE), TODAY)

    assert first_day(TODAY).weekday() == 0
    assert len({day.isocalendar()[:2] for day in days}) == 13
    assert days[-1] == TODAY


def test_the_employee_has_a_day_to_look_at_on_a_weekend_too() -> None:
    sunday = dt.date(2026, 11, 22)

    assert recorded_days(person(organisation.EMPLOYEE, sunday), sunday)[-1] == sunday


@pytest.mark.parametrize("name", [organisation.EMPLOYEE, "Yara Exemplo", "Nora Eksempel"])
def test_no_day_has_more_events_than_agreed(name: str) -> None:
    one = person(name)
    days = recorded_days(one, TODAY)

    sizes = [sum(map(len, day_events(one, day, index / len(days)))) for index, day in enumerate(days)]

    assert max(sizes) <= MOST_EVENTS
    assert sum(sizes) / len(sizes) > 60


def test_the_same_date_and_seed_give_the_same_export() -> None:
    days = recorded_days(person(organisation.EMPLOYEE), TODAY)[-10:]

    first = export(person(organisation.EMPLOYEE), days, NOW)

    assert first == export(person(organisation.EMPLOYEE), days, NOW)
    assert first != export(person(organisation.EMPLOYEE), days, NOW, seed=2)


def test_a_running_day_ends_now() -> None:
    buckets = export(person(organisation.EMPLOYEE), [TODAY], NOW)["buckets"]
    events = [event for bucket in buckets.values() for event in bucket["events"]]

    ends = [dt.datetime.fromisoformat(e["timestamp"]) + dt.timedelta(seconds=e["duration"]) for e in events]

    assert max(ends) == NOW


def test_titles_addresses_and_private_browsing_are_sent_like_by_real_watchers() -> None:
    one = person(organisation.EMPLOYEE)
    buckets = export(one, recorded_days(one, TODAY), NOW)["buckets"].values()
    tabs = next(bucket["events"] for bucket in buckets if bucket["type"] == "web.tab.current")

    assert all(event["data"]["title"] and event["data"]["url"] for event in tabs)
    assert 0 < sum(event["data"]["incognito"] for event in tabs) < len(tabs) / 10


def test_the_people_file_is_one_that_can_be_imported() -> None:
    rows = list(csv.DictReader(io.StringIO(organisation.people_csv(colleagues(TODAY)))))

    assert len(rows) == 37
    assert list(rows[0]) == ["email", "name", "team", "team_manager", "roles", "timezone", "joined", "left"]


def test_a_seeding_clock_never_goes_back() -> None:
    clock = SeedClock(NOW)
    clock.move(NOW + dt.timedelta(hours=1))

    with pytest.raises(ValueError, match="cannot go back"):
        clock.move(NOW)

    assert clock() == NOW + dt.timedelta(hours=1)


@pytest.fixture(scope="module")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seeded]:
    """A system in which the first part of the seeding is done."""
    config = Config(home=tmp_path_factory.mktemp("demo"))
    found = seed.begin(config, lambda _what, _done, _total: None, clock=lambda: NOW)
    yield found
    found.close()


def test_the_links_are_good_once_for_each_role(seeded: Seeded) -> None:
    links = dict(seeded.links())

    assert list(links) == ["employee", "manager", "reviewer", "operator", "council"]
    token = links["employee"].rpartition("/")[2]
    assert seeded.system.invitations.redeem(token, "127.0.0.1") == seeded.subjects[organisation.EMPLOYEE]


def test_the_seeded_log_verifies_and_holds_reads_a_refusal_and_a_review(seeded: Seeded) -> None:
    about = seeded.system.gate.own_log(seeded.subjects[organisation.EMPLOYEE], "test")

    figures = [each for each in about if STANDING.isdisjoint(each.fields)]
    outcomes = Counter((entry.relation, entry.outcome) for entry in figures)

    assert seeded.system.log.verify().problems == []
    assert outcomes["manager", "disclosed"] == outcomes["manager", "shown"] >= 5
    assert outcomes["manager", "refused"] == 1
    assert outcomes["compliance", "disclosed"] == 1
    assert [entry.time for entry in about] == sorted(entry.time for entry in about)


def test_the_team_has_its_weeks_before_the_manager_can_freeze_them_empty(seeded: Seeded) -> None:
    manager = seeded.subjects[organisation.MANAGER]
    week = week_name(week_of(TODAY - dt.timedelta(days=14)))

    payloads = [
        seeded.system.weeks.for_manager(manager, seeded.subjects[name], week, Purpose.ONE_TO_ONE).payload
        for name in organisation.TEAMS[organisation.CLAIMS_EAST][1:4]
    ]

    assert all(payload["fields"].keys() == {"active_time", "categories", "focus"} for payload in payloads)


def test_titles_addresses_and_private_browsing_end_in_the_capture_ledger(seeded: Seeded) -> None:
    employee = seeded.subjects[organisation.EMPLOYEE]
    period = Period(TODAY - dt.timedelta(days=30), TODAY)
    opened = seeded.system.gate.disclose(employee, employee, {Field.CAPTURE_LEDGER}, Purpose.OWN_REVIEW, period)

    ledgers = [json.loads(value) for value in opened.values.values()]

    assert all(ledger["coarsened"] for ledger in ledgers)
    assert any(ledger["dropped"] for ledger in ledgers)


@pytest.mark.parametrize(
    "now",
    [
        dt.datetime(2026, 11, 22, 23, 30, tzinfo=dt.UTC),
        dt.datetime(2027, 1, 28, 8, 41, tzinfo=dt.UTC),
        dt.datetime(2027, 3, 31, 12, tzinfo=dt.UTC),
    ],
    ids=["Monday, half past midnight", "winter, on Thursday at the hour of talks", "the clocks changed on Sunday"],
)
def test_seeding_works_at_any_moment(now: dt.datetime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seed, "_bring_in", lambda _seeded, _name, _period=None: None)

    found = seed.begin(Config(home=tmp_path), lambda _what, _done, _total: None, clock=lambda: now)

    about = found.system.gate.own_log(found.subjects[organisation.EMPLOYEE], "test")
    assert [entry.time for entry in about] == sorted(entry.time for entry in about)
    assert about[-1].time == found.clock() == now
    found.close()


def test_employer_and_council_have_signed_what_holds_and_a_version_waits_for_the_council(seeded: Seeded) -> None:
    (waiting,) = proposed(seeded.system)

    assert (seeded.system.policies.now().version, seeded.system.policies.is_signed()) == (FIRST, True)
    assert (waiting.version, waiting.missing) == (NEXT, ("example-mutual/council",))
    assert {each.wider for each in waiting.changes} == {True, False}


def test_all_of_the_team_but_two_have_a_one_to_one_on_whose_sheet_eight_weeks_are_open(seeded: Seeded) -> None:
    manager = seeded.subjects[organisation.MANAGER]
    weeks = [week_of(TODAY - dt.timedelta(weeks=back)) for back in range(1, 9)]
    mates = sorted(set(organisation.TEAMS[organisation.CLAIMS_EAST]) - {organisation.MANAGER, organisation.JOINER})

    def reasons(name: str) -> set[str]:
        asked = [(manager, seeded.subjects[name], SHARED_FIELDS, Purpose.ONE_TO_ONE, week, Tier.WEEK) for week in weeks]
        return {seeded.system.gate.decide(*each).reason for each in asked}

    assert {name: reasons(name) for name in mates} == {
        name: {"no-sheet"} if name in mates[-2:] else {"permitted"} for name in mates
    }


def test_the_employee_has_held_sheets_with_content_and_one_that_is_prepared(seeded: Seeded) -> None:
    system, employee = seeded.system, seeded.subjects[organisation.EMPLOYEE]
    found = system.directory.meetings.of(employee)
    value = SHEETS.parse(
        max(
            system.gate.disclose(
                employee, employee, {Field.ONE_TO_ONES}, Purpose.OWN_REVIEW, Period.day(TODAY), session="test"
            ).values.items()
        )[1]
    )

    assert [each.state(TODAY) for each in found] == ["agreed", "held", "held"]
    assert found[-1].day < TODAY - dt.timedelta(weeks=8)
    assert [len(sheet.items) for sheet in value.sheets] == [4, 4, 3]
    assert any(item.struck for sheet in value.sheets for item in sheet.items)
