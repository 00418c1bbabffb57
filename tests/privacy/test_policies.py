"""Which policy holds when: versions are never retroactive, and an unsigned one is not there where signatures are."""

import datetime as dt
from collections.abc import Callable

import pytest
from conftest import Clock
from policies import SaidOf, never, versioned

from privacy import policy_sections, policy_versions
from privacy.capture import STRICT, WINDOW, apply, preset_text
from privacy.capture_policy import PolicyBroken, read
from privacy.policies import BEGINNING, InForce, Policies, Teams
from privacy.policy_history import POLICY, SIGNERS
from privacy.policy_marks import PolicyMarks
from privacy.policy_note import PolicyKey, Signers
from privacy.policy_parts import Category
from privacy.policy_text import body_of, categories_text, quoted, version_of
from privacy.policy_versions import Agreed, Version
from privacy.stores import Stores, writing

ORIGIN = "sameview/example-mutual-0a1b2c3d"
EMPLOYER = PolicyKey("example-mutual/employer", bytes(range(32)))
COUNCIL = PolicyKey("example-mutual/council", bytes(range(32, 64)))
STRANGER = PolicyKey("example-mutual/council", bytes(32))
BOTH = Signers(str(EMPLOYER.verifier), str(COUNCIL.verifier))
HOUR = dt.timedelta(hours=1)


class Chosen:
    """What the settings choose, which an operator can change."""

    def __init__(self) -> None:
        self.body = preset_text("coaching")

    def __call__(self) -> str:
        return self.body


@pytest.fixture
def chosen() -> Chosen:
    return Chosen()


@pytest.fixture
def said() -> SaidOf:
    """What the log says, in the place of one."""
    return SaidOf()


@pytest.fixture
def policies(stores: Stores, clock: Clock, chosen: Chosen, said: SaidOf) -> Policies:
    return Policies(stores.data, PolicyMarks(stores.keys, lambda: b"k" * 32), said, clock, ORIGIN, chosen)


Store = Callable[..., Version]


@pytest.fixture
def write(stores: Stores, policies: Policies) -> Store:
    """Store a version as whoever may write into the database does."""

    def _write(number: int, moment: dt.datetime, *keys: PolicyKey, preset: str = "strict", text: str = "") -> Version:
        text = text or version_of(preset_text(preset), number, ORIGIN, moment)
        version = Version(number, text, "".join(key.sign(text) for key in keys), moment, True)
        with writing(stores.data) as connection:
            policy_versions.put(connection, version)
        policies.forget()
        return version

    return _write


@pytest.fixture
def store(policies: Policies, said: SaidOf, write: Store) -> Store:
    """Store a version as the portal does when it is accepted, whatever its text and signatures are."""

    def _store(number: int, moment: dt.datetime, *keys: PolicyKey, preset: str = "strict", text: str = "") -> Version:
        version = write(number, moment, *keys, preset=preset, text=text)
        said.of(version.digest, POLICY)
        policies.learn()
        return version

    return _store


@pytest.fixture
def agree(stores: Stores, policies: Policies, said: SaidOf) -> Callable[[int], None]:
    def _agree(first_signed: int) -> None:
        keys = Agreed(BOTH, first_signed)
        with writing(stores.data) as connection:
            policy_versions.agree(connection, keys)
        said.of(keys.digest, SIGNERS)
        policies.learn()

    return _agree


@pytest.fixture
def agreed(agree: Callable[[int], None]) -> None:
    agree(1)


def test_where_nobody_signs_the_settings_choose(policies: Policies, chosen: Chosen) -> None:
    assert (policies.now().name, policies.now().version) == ("coaching", 1)
    assert (policies.signers, policies.note(), policies.is_signed()) == (None, None, False)

    chosen.body = preset_text("strict")
    assert policies.now().name == "strict"


def test_a_changed_setting_is_a_version_of_its_own_and_not_retroactive(
    policies: Policies, store: Store, chosen: Chosen, clock: Clock
) -> None:
    store(1, clock(), preset="coaching")
    assert policies.unrecorded() is None
    clock.advance(hours=2)
    chosen.body = preset_text("strict")

    changed = policies.unrecorded()

    assert changed is not None
    assert (changed.version, changed.name, changed.effective) == (2, "strict", clock())
    assert [each.name for each in policies.in_force().policies] == ["coaching", "strict"]
    assert policies.in_force().at(clock() - HOUR).name == "coaching"
    assert policies.in_force().at(clock() - 9 * HOUR).name == "coaching"  # before the first version, too


@pytest.mark.usefixtures("agreed")
def test_where_two_sign_nothing_is_kept_before_they_have(policies: Policies, clock: Clock, store: Store) -> None:
    assert apply(policies.now(), WINDOW, {"app": "EXCEL.EXE"}, "Work").data is None
    assert policies.unrecorded() is None

    store(1, clock() + HOUR, EMPLOYER, COUNCIL)
    assert policies.now().is_draft
    assert [each.version for each in policies.coming()] == [1]
    clock.advance(hours=1)
    assert (policies.now().name, policies.is_signed()) == ("strict", True)
    assert (policies.note() or "").count("\u2014 example-mutual/") == 2


@pytest.mark.usefixtures("agreed")
@pytest.mark.parametrize(
    "keys", [(), (EMPLOYER,), (COUNCIL,), (EMPLOYER, PolicyKey("example-mutual/council", bytes(32)))]
)
def test_a_version_that_lacks_a_signature_is_not_there_whoever_wrote_it(
    policies: Policies, clock: Clock, store: Store, write: Store, keys: tuple[PolicyKey, ...]
) -> None:
    store(1, clock() - HOUR, EMPLOYER, COUNCIL)
    write(2, clock(), *keys, preset="own_insight")

    assert policies.now().name == "strict"
    assert len(policies.refused()) == 1
    assert "policy version 2: the policy is not agreed on" in policies.refused()[0]


@pytest.mark.usefixtures("agreed")
def test_a_signed_text_of_another_organisation_or_number_is_not_there(
    policies: Policies, clock: Clock, write: Store
) -> None:
    write(1, clock(), EMPLOYER, COUNCIL, text=version_of(preset_text("strict"), 1, "sameview/other-00000000", clock()))
    write(2, clock(), EMPLOYER, COUNCIL, text=versioned("strict", 3))

    assert policies.now().is_draft
    assert ["is of 'sameview/other-00000000'" in each or "another number" in each for each in policies.refused()] == [
        True
    ] * 2


def test_what_was_chosen_before_keys_were_agreed_on_goes_on_until_the_first_signed_version(
    policies: Policies, clock: Clock, store: Store, agree: Callable[[int], None]
) -> None:
    store(1, clock(), preset="coaching")
    agree(2)
    assert (policies.now().name, policies.is_signed()) == ("coaching", False)

    clock.advance(hours=1)
    store(2, clock(), EMPLOYER, COUNCIL)
    assert [each.name for each in policies.in_force().policies] == ["coaching", "strict"]
    assert policies.is_signed()


def test_a_version_that_a_later_one_has_overtaken_never_holds(
    policies: Policies, clock: Clock, store: Store, agree: Callable[[int], None]
) -> None:
    store(1, clock() + 4 * HOUR, preset="own_insight")  # unsigned, of before there were signatures, and dated later
    agree(2)
    store(2, clock() + 3 * HOUR, EMPLOYER, COUNCIL, preset="own_insight")
    store(3, clock() + 2 * HOUR, EMPLOYER, COUNCIL, preset="strict")

    clock.advance(hours=5)

    assert [(each.version, each.name) for each in policies.in_force().policies] == [(3, "strict")]
    assert policies.is_signed()


@pytest.mark.usefixtures("agreed")
def test_on_a_busy_machine_no_older_policy_holds_in_the_place_of_one_that_was_accepted(
    policies: Policies, clock: Clock, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(policy_sections, "TRIAL_SECONDS", -1.0)
    text = version_of(preset_text("strict") + never("health", titles=["busy"]), 1, ORIGIN, clock() - HOUR)
    with pytest.raises(PolicyBroken, match="all expressions together"):
        read(text)

    store(1, clock() - HOUR, EMPLOYER, COUNCIL, text=text)

    assert (policies.now().version, policies.refused()) == (1, ())


def test_the_reason_of_a_rule_is_told_as_long_as_any_version_had_it(
    policies: Policies, store: Store, chosen: Chosen, clock: Clock
) -> None:
    store(1, clock(), preset="strict")
    chosen.body = preset_text("own_insight")

    assert policies.because("app-to-category") == STRICT.because("app-to-category")
    assert policies.because("everything").startswith("It is your own record")


def test_versions_end_where_the_next_begins() -> None:
    first, second = read(versioned("strict", 1)), read(versioned("coaching", 2).replace("11-16", "11-17"))

    held = InForce((first, second))

    assert held.ends_us() == (1_794_873_600_000_000,)
    assert held.at(dt.datetime(2026, 11, 16, 23, 59, 59, tzinfo=dt.UTC)) is first
    assert held.at(dt.datetime(2026, 11, 17, tzinfo=dt.UTC)) is second


SHIFTS = (
    '[[schedule]]\nname = "office"\nmonday = ["08:00-18:00"]\n'
    '[[schedule]]\nname = "night"\nteams = ["Night"]\nmonday = ["22:00-06:00"]\n'
)


def test_the_working_time_of_a_team_holds_from_when_somebody_is_in_it(clock: Clock) -> None:
    first, second = (
        read(versioned("coaching", 1) + SHIFTS),
        read(versioned("strict", 2).replace("11-16", "11-18") + SHIFTS),
    )
    joined = Teams(dt.datetime(2026, 11, 17, tzinfo=dt.UTC), frozenset({"Night"}))

    held = InForce((first, second)).of_member([Teams(BEGINNING, frozenset()), joined])

    assert [(each.name, each.schedule().name, each.effective.day) for each in held.policies] == [
        ("coaching", "office", 16),
        ("coaching", "night", 17),
        ("strict", "night", 18),
    ]
    assert [each.text for each in held.policies] == [first.text, first.text, second.text]
    assert InForce((first, second)).of_member([]).policies == (first, second)


def test_only_where_working_times_differ_anybody_asks_for_teams(
    stores: Stores, clock: Clock, chosen: Chosen, said: SaidOf
) -> None:
    asked: list[str] = []
    leaves = clock() + HOUR

    def teams(subject: str) -> list[Teams]:
        asked.append(subject)
        return [Teams(BEGINNING, frozenset({"Night"})), Teams(leaves, frozenset())]

    marks = PolicyMarks(stores.keys, lambda: b"k" * 32)
    policies = Policies(stores.data, marks, said, clock, ORIGIN, chosen, teams)
    assert policies.of("ben").now.schedule().name == "anytime"
    assert asked == []

    chosen.body = preset_text("coaching") + SHIFTS
    assert policies.of("ben").now.schedule().name == "night"
    clock.advance(hours=2)
    assert policies.of("ben").now.schedule().name == "office"
    assert policies.now().schedule().name == "office"


@pytest.mark.parametrize(
    "category",
    [
        Category(("Work", "ERP"), r"saplogon|\bsap\b", True, ("app", "title"), 15, True),
        Category(("Wörk",), 'it\'s a "quote" \\ and \u202e', False),
        Category(("Private",), core=False),
    ],
)
def test_category_rules_are_read_back_as_they_were_written(category: Category) -> None:
    body = preset_text("coaching") + categories_text([category])
    text = version_of(body, 7, ORIGIN, dt.datetime(2027, 1, 4, tzinfo=dt.UTC))

    policy = read(text)

    assert policy.categories == (category,)
    assert (policy.version, policy.organisation, body_of(text)) == (7, ORIGIN, body)
    assert quoted("a") == '"a"'
