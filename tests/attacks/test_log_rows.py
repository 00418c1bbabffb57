"""An administrator writes to the rows of the log. Without its keys nothing there fits any more."""

import datetime as dt

from portal import checkpoints, verifying
from portal.who_looked import numbering
from tests.attacks.conftest import LOG, Attacked, Keeper


def named(problems: list[str], index: int) -> bool:
    return any(each.startswith(f"entry {index}:") for each in problems)


def test_a_deleted_entry_is_named(attacked: Attacked) -> None:
    """By the log, and to the employee: the numbers of the chain have a gap."""
    look = attacked.look()
    assert numbering(attacked.office.entries("ben")) == []

    attacked.log_sql('DELETE FROM entry WHERE "index" = ?', look)

    assert named(attacked.verify(), look)
    assert numbering(attacked.office.entries("ben")) != []


def test_an_edited_entry_is_named(attacked: Attacked) -> None:
    look = attacked.look()

    attacked.log_sql('UPDATE entry SET day = ? WHERE "index" = ?', "2026-11-18", look)

    assert named(attacked.verify(), look)


def test_two_entries_in_each_others_place_are_named(attacked: Attacked) -> None:
    look = attacked.look()

    for old, new in ((look, -1), (look + 1, look), (-1, look + 1)):
        attacked.log_sql('UPDATE entry SET "index" = ? WHERE "index" = ?', new, old)

    problems = attacked.verify()
    assert any("root is not that of the entries" in each for each in problems)
    assert any("does not continue" in each or "comes after" in each for each in problems)


def test_a_replayed_entry_is_named(attacked: Attacked) -> None:
    look, size = attacked.look(), attacked.system.log.size

    attacked.log_sql(
        'INSERT INTO entry ("index", leaf_hash, commitment, day, subject_tag, viewer_tag, sealed)'
        ' SELECT ?, leaf_hash, commitment, day, subject_tag, viewer_tag, sealed FROM entry WHERE "index" = ?',
        size,
        look,
    )
    attacked.log_sql("UPDATE head SET size = size + 1")

    problems = attacked.verify()
    assert named(problems, size)
    assert any(each.startswith("head:") for each in problems)


def test_a_tail_cut_off_with_the_head_of_before_is_named_by_the_chains(attacked: Attacked) -> None:
    head = attacked.log_sql("SELECT size, root, note, day FROM head")[0]
    look = attacked.look()

    attacked.log_sql('DELETE FROM entry WHERE "index" >= ?', look)
    attacked.log_sql("UPDATE head SET size = ?, root = ?, note = ?, day = ?", *head)
    attacked.log_sql("DELETE FROM node WHERE number >= (SELECT max(number) FROM node)")

    assert any("the head of the chain counts" in each for each in attacked.verify())


def test_a_tail_cut_off_with_every_head_of_before_is_named_by_what_was_published(attacked: Attacked) -> None:
    """Yesterday's log as a whole agrees with itself: only what lies outside of it shows that it was longer."""
    yesterday = attacked.copy(LOG)
    attacked.look()
    checkpoints.publish(attacked.system)
    size = attacked.system.log.size

    attacked.put_back(yesterday)

    assert attacked.system.log.verify().problems == []
    assert any(each.startswith("watermark:") and f"{size} were published" in each for each in attacked.verify())


def test_a_tail_cut_off_before_it_was_published_is_named_by_the_stored_data(attacked: Attacked) -> None:
    """The manager's first look froze the week: the vault is further than the log."""
    yesterday = attacked.copy(LOG)
    attacked.look()

    attacked.put_back(yesterday)

    assert any(each.startswith(f"vault of {attacked['ben']}:") for each in attacked.verify())


def test_a_look_that_changed_nothing_and_was_cut_off_unpublished_is_seen_by_whoever_kept_a_checkpoint(
    attacked: Attacked, ben: Keeper
) -> None:
    attacked.look()
    yesterday = attacked.copy(LOG)
    attacked.look()
    assert ben.check(attacked) == ""

    attacked.put_back(yesterday)

    assert attacked.verify() == []
    assert "rolled back" in ben.check(attacked)


def test_an_entry_dated_back_by_a_clock_set_back_is_a_warning(attacked: Attacked) -> None:
    attacked.look()
    attacked.office.clock.advance(days=-2)
    attacked.look()
    attacked.office.clock.advance(days=2)

    (warning,) = verifying.verify(attacked.system).warnings
    assert "the clock was set back" in warning


def test_an_entry_dated_after_now_is_a_warning(attacked: Attacked) -> None:
    attacked.office.clock.now += dt.timedelta(days=2)
    attacked.look()
    attacked.office.clock.now -= dt.timedelta(days=2)

    assert any("dated after now" in each for each in verifying.verify(attacked.system).warnings)
