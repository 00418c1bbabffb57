"""What was agreed on of the policy holds whatever is written into the data store: the key store and the log say it."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

import pytest
from conftest import Clock
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st
from policies import SaidOf
from sqlalchemy import delete, select, update

from privacy import policy_versions
from privacy.capture import preset_text
from privacy.key_history import FOUNDED
from privacy.key_provider import KeyGone
from privacy.log_ledger import POLICY_OUTCOMES
from privacy.policies import Policies
from privacy.policy import Relation
from privacy.policy_history import POLICY, SIGNERS
from privacy.policy_loading import LOST, complete, known
from privacy.policy_marks import PolicyMarkRow, PolicyMarks
from privacy.policy_note import PolicyKey, Signers
from privacy.policy_text import version_of
from privacy.policy_versions import Agreed, PolicyRow, SignersRow, Stored, Version
from privacy.stores import Stores, writing

ORIGIN = "sameview/example-mutual-0a1b2c3d"
EMPLOYER = PolicyKey("example-mutual/employer", bytes(range(32)))
COUNCIL = PolicyKey("example-mutual/council", bytes(range(32, 64)))
BOTH = Signers(str(EMPLOYER.verifier), str(COUNCIL.verifier))
HOUR = dt.timedelta(hours=1)


def version(number: int, effective: dt.datetime, preset: str, *keys: PolicyKey) -> Version:
    text = version_of(preset_text(preset), number, ORIGIN, effective)
    return Version(number, text, "".join(key.sign(text) for key in keys), effective, True)


@dataclass
class Installation:
    """An installation on which a setting chose `coaching`, and two signed `own_insight` and then `strict`."""

    stores: Stores
    clock: Clock
    said: SaidOf
    policies: Policies

    def started(self) -> Policies:
        """Return the policies of another process."""
        marks = PolicyMarks(self.stores.keys, lambda: b"k" * 32)
        return Policies(self.stores.data, marks, self.said, self.clock, ORIGIN, lambda: preset_text("own_insight"))

    def accept(self, accepted: Version | Agreed) -> None:
        with writing(self.stores.data) as connection:
            put = policy_versions.put if isinstance(accepted, Version) else policy_versions.agree
            put(connection, accepted)  # type: ignore[operator]
        self.said.of(accepted.digest, POLICY if isinstance(accepted, Version) else SIGNERS, self.clock())
        self.policies.learn()

    def write(self, *statements: Any, keys: bool = False) -> None:
        """Write as whoever has a database, and nothing else, does."""
        with writing(self.stores.keys if keys else self.stores.data) as connection:
            for each in statements:
                connection.execute(each)
        self.policies.forget()

    def in_force(self) -> set[str]:
        return {each.now().name for each in (self.policies, self.started())}

    def named(self, *words: str) -> bool:
        return any(all(word in each for word in words) for each in self.started().refused())


@pytest.fixture
def here(stores: Stores, clock: Clock) -> Installation:
    found = Installation(stores, clock, SaidOf(), None)  # type: ignore[arg-type]
    found.policies = found.started()
    found.accept(version(1, clock(), "coaching"))
    found.accept(Agreed(BOTH, 2))
    clock.advance(hours=1)
    found.accept(version(2, clock(), "own_insight", EMPLOYER, COUNCIL))
    clock.advance(hours=1)
    found.accept(version(3, clock(), "strict", EMPLOYER, COUNCIL))
    clock.advance(hours=1)
    assert (found.in_force(), found.policies.refused()) == ({"strict"}, ())
    return found


def written(number: int, **values: Any) -> Any:
    return update(PolicyRow).where(PolicyRow.version == number).values(**values)


ATTACKS: dict[str, list[Any]] = {
    "the newest version taken away": [delete(PolicyRow).where(PolicyRow.version == 3)],
    "every version taken away": [delete(PolicyRow)],
    "the newest version no longer accepted": [written(3, accepted=False)],
    "the newest version dated later": [written(3, effective=4_000_000_000)],
    "its signatures taken away": [written(3, signatures="")],
    "its text changed": [written(3, text="name = 'none'")],
    "an earlier text under its number": [
        written(3, text=version_of(preset_text("own_insight"), 3, ORIGIN, dt.datetime(2026, 11, 19, tzinfo=dt.UTC)))
    ],
    "signatures from a later version on": [update(SignersRow).values(first_signed=99)],
    "other keys": [update(SignersRow).values(employer=str(PolicyKey("x/y", bytes(32)).verifier), council=None)],
    "keys that are none": [update(SignersRow).values(employer="none")],
    "no keys": [delete(SignersRow)],
    "no keys and no version": [delete(SignersRow), delete(PolicyRow)],
}


@pytest.mark.parametrize("statements", ATTACKS.values(), ids=ATTACKS)
def test_what_was_agreed_on_holds_whatever_the_data_store_says_and_it_is_named(
    here: Installation, statements: list[Any]
) -> None:
    here.write(*statements)

    assert here.in_force() == {"strict"}
    assert here.policies.signers == BOTH
    assert here.policies.is_signed()
    assert here.named("policy signers") or here.named("policy version 3")


@pytest.mark.parametrize("values", [{"stamp": b""}, {"stamp": b"s" * 32}, {"entry": 0}, {"at": 1}, {"content": None}])
def test_a_mark_that_was_changed_counts_for_nothing_is_named_and_made_anew_from_the_log(
    here: Installation, values: dict[str, Any]
) -> None:
    here.write(update(PolicyMarkRow).values(**values), keys=True)
    assert here.in_force() == {"strict"}
    assert here.named("policy mark", "was not written by the portal")

    here.policies.learn()
    assert here.started().refused() == ()


def test_where_row_and_mark_are_taken_away_nothing_is_kept_until_a_later_version_holds(here: Installation) -> None:
    digest = here.policies.versions()[-1].digest
    here.write(delete(PolicyRow).where(PolicyRow.version == 3))
    here.write(delete(PolicyMarkRow).where(PolicyMarkRow.digest == digest), keys=True)
    here.policies.learn()

    assert here.in_force() == {LOST}
    assert here.named("what it commits to of the policy is not stored")
    assert here.policies.now().retention.months == 120  # nothing is let go by the word of what is lost
    rules = here.policies.in_force().rules_since(here.clock())
    assert not any(rule.relation is Relation.MANAGER for rule in rules)

    here.accept(version(4, here.clock(), "coaching", EMPLOYER, COUNCIL))
    assert here.in_force() == {"coaching"}
    assert here.policies.refused() == ()


def test_an_installation_of_before_there_were_marks_gets_them_from_the_log(here: Installation) -> None:
    here.write(delete(PolicyMarkRow), keys=True)
    assert here.in_force() == {"strict"}  # a process that nobody let learn asks the log

    here.policies.learn()
    reads = here.said.read
    assert {each.content for each in here.policies.marks.read()[0]} >= {Agreed(BOTH, 2)}
    assert (here.started().now().name, here.said.read) == ("strict", reads)  # from then on the log stays closed


def test_a_forged_row_lets_a_process_read_the_log_once(here: Installation) -> None:
    here.write(policy_row(version(4, here.clock(), "own_insight", EMPLOYER)))
    for _ in range(3):
        here.policies.forget()
        assert here.policies.now().name == "strict"

    assert here.named("policy version 4", "example-mutual/council")
    before = here.said.read
    here.policies.forget()
    assert (here.policies.now().name, here.said.read) == ("strict", before)


def policy_row(found: Version) -> Any:
    effective = int(found.effective.timestamp())
    return PolicyRow.__table__.insert().values(  # type: ignore[attr-defined]
        version=found.version, text=found.text, signatures=found.signatures, effective=effective, accepted=True
    )


def test_keys_that_nobody_knows_any_more_let_nothing_be_kept(here: Installation) -> None:
    digest = Agreed(BOTH, 2).digest
    here.write(delete(SignersRow))
    here.write(delete(PolicyMarkRow).where(PolicyMarkRow.digest == digest), keys=True)
    here.policies.learn()

    assert here.in_force() == {LOST}
    assert here.policies.is_lost
    assert here.policies.unrecorded() is None  # the settings do not choose again


def test_a_process_without_the_key_of_the_stamps_keeps_nothing_and_says_so(here: Installation) -> None:
    def gone() -> bytes:
        raise KeyGone("no audit key")

    blind = Policies(here.stores.data, PolicyMarks(here.stores.keys, gone), here.said, here.clock, ORIGIN, str)

    assert (blind.now().name, blind.signers) == (LOST, None)
    assert "no audit key" in blind.refused()[0]


def test_marks_are_read_back_as_they_were_written(here: Installation) -> None:
    marks, forged = here.policies.marks.read()
    with here.stores.keys.connect() as connection:
        stored = set(connection.scalars(select(PolicyMarkRow.digest)))

    assert forged == []
    assert {each.digest for each in marks} == stored == set(here.said.all)
    assert [each.entry for each in marks] == sorted(each.entry for each in marks)
    assert all(each.content is None or each.content.digest == each.digest for each in marks)


def test_what_commits_to_a_policy_is_one_list() -> None:
    assert frozenset({FOUNDED, POLICY, SIGNERS}) == POLICY_OUTCOMES


START = dt.datetime(2026, 11, 19, tzinfo=dt.UTC)
SIGNED = [
    version(number, START + number * HOUR, preset, EMPLOYER, COUNCIL)
    for number, preset in enumerate(("strict", "coaching", "own_insight", "strict"), 1)
]
FORGED = [version(number, START + number * HOUR, "own_insight", EMPLOYER) for number in range(1, 7)]


@examples(max_examples=60)
@given(
    agreed=st.integers(1, 4),
    kept=st.sets(st.sampled_from(SIGNED)),
    changed=st.lists(st.sampled_from(FORGED), unique_by=lambda each: each.version),
    keys=st.sampled_from([None, Agreed(BOTH, 1), Agreed(BOTH, 9), Agreed(Signers(BOTH.employer), 1)]),
    marked=st.integers(0, 4),
)
def test_rows_never_bring_into_force_what_was_not_agreed_on(
    agreed: int, kept: set[Version], changed: list[Version], keys: Agreed | None, marked: int
) -> None:
    """Whatever rows there are, and however many marks: in force is the newest that was agreed on, or nothing."""
    said = SaidOf()
    said.of(Agreed(BOTH, 1).digest, SIGNERS, START)
    for each in SIGNED[:agreed]:
        said.of(each.digest, POLICY, START)
    whole = Stored(tuple(SIGNED[:agreed]), Agreed(BOTH, 1))
    marks = [each for each in complete([], said.all, whole, ORIGIN) if each.entry <= marked]
    rows = {each.version: each for each in kept} | {each.version: each for each in changed}
    stored = Stored(tuple(rows.values()), keys)

    found = known(complete(marks, said.all, stored, ORIGIN), [], stored, ORIGIN)

    newest = SIGNED[agreed - 1]
    there = newest in stored.versions or agreed <= marked
    if found.is_closed:
        assert found.refused
    elif there:
        assert found.timeline[-1].text == newest.text
    else:
        assert (found.timeline[-1].name, bool(found.refused)) == (LOST, True)
    assert all(policy.text in {each.text for each in SIGNED[:agreed]} for policy, _ in found.usable)
    assert found.agreed in (None, Agreed(BOTH, 1))
