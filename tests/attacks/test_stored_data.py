"""An administrator moves, removes and puts back sealed rows. No test here has a key of the people's data."""

import datetime as dt

import pytest

from analytics.month_rows import sum_up
from portal import checkpoints
from privacy.fields import SHARED_FIELDS
from privacy.inventory import VaultIncomplete
from privacy.period import iso_week
from privacy.policy import Purpose
from privacy.seal import SealBroken
from tests.attacks.conftest import DATA, KEYS, LOG, Attacked, Keeper, Outside
from tests.portal.conftest import day_values, working_days

WEEK = iso_week("2026-W45")
OPENED = (SealBroken, VaultIncomplete)
DAY = "2026-11-10"


def told(attacked: Attacked, *words: str) -> bool:
    return any(all(word in each for word in words) for each in attacked.verify())


def own_days(attacked: Attacked, who: str) -> object:
    subject = attacked[who]
    return attacked.system.gate.disclose(subject, subject, SHARED_FIELDS, Purpose.OWN_REVIEW, iso_week("2026-W46"))


def give_eva_days(attacked: Attacked) -> None:
    days = working_days(WEEK.first, iso_week("2026-W46").end)
    attacked.office.file_days("eva", {day: day_values(9_000.5) for day in days})


def test_figures_swapped_between_two_people_open_for_nobody_and_are_named(attacked: Attacked) -> None:
    give_eva_days(attacked)
    place = "day = ? AND field = 'active_time' AND tier = 'summary'"
    blobs = {
        who: attacked.sql(f"SELECT sealed FROM sealed_field WHERE subject_id = ? AND {place}", attacked[who], DAY)[0][0]  # noqa: S608
        for who in ("ben", "eva")
    }

    for who, other in (("ben", "eva"), ("eva", "ben")):
        attacked.sql(
            f"UPDATE sealed_field SET sealed = ? WHERE subject_id = ? AND {place}",  # noqa: S608
            *(blobs[other], attacked[who], DAY),
        )

    for who in ("ben", "eva"):
        with pytest.raises(OPENED):
            own_days(attacked, who)
        assert told(attacked, f"subject={attacked[who]}", f"day={DAY}", "replaced or rolled back")


def test_everything_of_two_people_swapped_opens_for_nobody_and_is_named(attacked: Attacked) -> None:
    """Rows and manifests together: the seals are bound to whom they are about."""
    give_eva_days(attacked)

    for table in ("sealed_field", "manifest"):
        for old, new in ((attacked["ben"], "x" * 32), (attacked["eva"], attacked["ben"]), ("x" * 32, attacked["eva"])):
            attacked.sql("PRAGMA foreign_keys = OFF")
            attacked.sql(f"UPDATE {table} SET subject_id = ? WHERE subject_id = ?", new, old)  # noqa: S608

    for who in ("ben", "eva"):
        with pytest.raises(OPENED):
            own_days(attacked, who)
        assert told(attacked, f"vault of {attacked[who]}", "changed from outside")


def test_a_removed_day_is_named(attacked: Attacked) -> None:
    attacked.sql("DELETE FROM sealed_field WHERE subject_id = ? AND day = ?", attacked["ben"], DAY)

    with pytest.raises(VaultIncomplete):
        own_days(attacked, "ben")
    assert told(attacked, f"subject={attacked['ben']}", f"day={DAY}", "was removed")


MONTH_ROW = "subject_id = ? AND tier = 'month' AND field = 'focus' AND day = '2026-11-01'"


@pytest.mark.parametrize("what", ["removed", "of before", "of October"])
def test_a_month_of_figures_removed_or_replaced_is_named_and_its_page_does_not_open(
    attacked: Attacked, what: str
) -> None:
    ben = attacked["ben"]
    october = {day: day_values(9_000.5) for day in working_days(dt.date(2026, 10, 19), dt.date(2026, 10, 24))}
    attacked.office.file_days("ben", october)
    assert sum_up(attacked.system.vault, attacked.system.gate, ben) == 2
    page = attacked.office.client("ben").get("/me/half-year")
    assert page.status_code == 200
    before = attacked.sql(f"SELECT sealed FROM sealed_field WHERE {MONTH_ROW}", ben)[0][0]  # noqa: S608
    attacked.office.file_days("ben", {WEEK.first: day_values(1_000.5)})
    sum_up(attacked.system.vault, attacked.system.gate, ben)

    if what == "removed":
        attacked.sql(f"DELETE FROM sealed_field WHERE {MONTH_ROW}", ben)  # noqa: S608
    elif what == "of before":
        attacked.sql(f"UPDATE sealed_field SET sealed = ? WHERE {MONTH_ROW}", before, ben)  # noqa: S608
    else:
        other = f"(SELECT sealed FROM sealed_field WHERE {MONTH_ROW.replace('-11-', '-10-')})"  # noqa: S608
        attacked.sql(f"UPDATE sealed_field SET sealed = {other} WHERE {MONTH_ROW}", ben, ben)  # noqa: S608

    assert attacked.office.client("ben").get("/me/half-year").status_code == 500
    assert told(attacked, f"subject={ben}", "tier=month", "day=2026-11-01")


def test_days_removed_together_with_their_month_are_named(attacked: Attacked) -> None:
    ben = attacked["ben"]
    sum_up(attacked.system.vault, attacked.system.gate, ben)

    for table in ("sealed_field", "manifest"):
        attacked.sql(f"DELETE FROM {table} WHERE subject_id = ? AND key_epoch = ?", ben, 2026 * 12 + 10)  # noqa: S608

    assert attacked.office.client("ben").get("/me/half-year").status_code == 500
    assert told(attacked, f"subject={ben}", f"epoch={2026 * 12 + 10}", "was removed")


@pytest.mark.parametrize("who", ["ben", "ana"])
def test_a_changed_day_is_a_page_that_says_so_and_a_log_line_that_names_nobody(
    attacked: Attacked, who: str, capsys: pytest.CaptureFixture[str]
) -> None:
    attacked.sql("UPDATE sealed_field SET sealed = zeroblob(200) WHERE subject_id = ?", attacked["ben"])
    week = f"/team/claims/people/{attacked['ben']}/weeks/2026-W45?purpose=one_to_one"

    found = attacked.office.client(who).get(f"/me/days/{DAY}" if who == "ben" else week)

    assert found.status_code == 500
    assert "changed or removed in the database" in found.text
    assert attacked["ben"] not in "".join(capsys.readouterr())


def test_everything_of_a_person_removed_is_named(attacked: Attacked) -> None:
    for table in ("sealed_field", "manifest"):
        attacked.sql(f"DELETE FROM {table} WHERE subject_id = ?", attacked["ben"])  # noqa: S608

    assert told(attacked, f"vault of {attacked['ben']}", "changed from outside")


def test_one_persons_data_of_yesterday_put_back_are_named(attacked: Attacked) -> None:
    """Rows and manifests of one class as they were before a week froze: they agree with one another."""
    tables = ("sealed_field", "manifest")
    before = {each: attacked.sql(f"SELECT * FROM {each} WHERE subject_id = ?", attacked["ben"]) for each in tables}  # noqa: S608
    attacked.look()

    for table, rows in before.items():
        attacked.sql(f"DELETE FROM {table} WHERE subject_id = ?", attacked["ben"])  # noqa: S608
        for row in rows:
            attacked.sql(f"INSERT INTO {table} VALUES ({', '.join('?' * len(row))})", *row)  # noqa: S608

    assert told(attacked, f"vault of {attacked['ben']}", "an older state was put back")


def test_a_frozen_week_thawed_for_new_figures_has_another_digest_than_the_receipt(attacked: Attacked) -> None:
    """Whoever thaws a week, brings in more and lets it freeze again: the manager's two receipts differ."""
    frozen = attacked.copy(DATA)
    attacked.look()
    attacked.put_back(frozen)
    attacked.office.file_days("ben", {day: day_values(30_000.5) for day in working_days(WEEK.first, WEEK.end)})

    attacked.look()

    shown = [each.digest for each in attacked.office.entries("ben") if each.outcome == "shown"]
    assert len(shown) == len(set(shown)) == 2


def test_yesterdays_data_alone_put_back_are_named(attacked: Attacked) -> None:
    yesterday = attacked.copy(DATA)
    attacked.look()

    attacked.put_back(yesterday)

    assert told(attacked, f"vault of {attacked['ben']}", "an older state was put back")


def test_yesterdays_data_and_log_put_back_are_named_by_what_was_published(attacked: Attacked) -> None:
    yesterday = attacked.copy(DATA, LOG)
    attacked.look()
    checkpoints.publish(attacked.system)

    attacked.put_back(yesterday)

    problems = attacked.verify()
    assert any(each.startswith("watermark:") for each in problems)
    assert any(each.startswith("checkpoints/") for each in problems)


def test_yesterdays_data_log_and_keys_put_back_are_noticed_outside(
    attacked: Attacked, ben: Keeper, witness: Outside
) -> None:
    yesterday = attacked.copy(DATA, LOG, KEYS)
    attacked.look()
    assert ben.check(attacked) == ""
    assert witness.ask(attacked.system).status == 200

    attacked.put_back(yesterday)

    assert attacked.verify() == []
    assert witness.ask(attacked.system).status != 200
    assert "rolled back" in ben.check(attacked)


def test_a_key_put_in_anothers_place_is_named(attacked: Attacked) -> None:
    give_eva_days(attacked)
    attacked.sql(
        "UPDATE wrapped_key SET wrapped = (SELECT other.wrapped FROM wrapped_key AS other"
        " WHERE other.subject_id = ? AND other.key_class = 'shared' LIMIT 1)"
        " WHERE subject_id = ? AND key_class = 'shared'",
        *(attacked["eva"], attacked["ben"]),
        store=KEYS,
    )

    assert told(attacked, f"wrapped_key subject={attacked['ben']} class=shared", "put it back from its newest backup")


def test_not_detected_a_writing_undone_and_then_written_again(attacked: Attacked) -> None:
    """One step back before the next writing: the entry that is then the last one is true again. Verify every night."""
    one_step_back = attacked.copy(DATA)
    attacked.office.file_days("ben", {day: day_values(1_000.5) for day in working_days(WEEK.first, WEEK.end)})
    attacked.put_back(one_step_back)
    assert told(attacked, f"vault of {attacked['ben']}", "a writing was broken off, or an older state was put back")

    attacked.office.file_days("ben", {WEEK.first: day_values(2_000.5)})

    assert attacked.verify() == []
