"""What changes from one policy to another is said change by change, and what widens it is never called narrower."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from policies import DATA, STREAMS, never, policies, rule, versioned

from privacy.capture import COACHING, OWN_INSIGHT, STRICT, apply
from privacy.capture_policy import CapturePolicy, read
from privacy.policy_diff import changes, is_wider

COACHED = versioned("coaching")
OFFICE = '[[schedule]]\nname = "office"\nmonday = ["08:00-18:00"]\n'
ERP = '[[category]]\npath = ["Work", "ERP"]\nregex = "erp"\n'
NEVER = never("health", domains=["clinic.example"])
EDITOR = rule("editor", ["app.editor.activity"], ["*"], "coarsen")


def replaced(old: str, new: str) -> str:
    assert old in COACHED
    return COACHED.replace(old, new, 1)


@pytest.mark.parametrize(
    ("old", "new", "wider", "said"),
    [
        (COACHED, replaced("version = 1", "version = 2"), False, ""),
        (COACHED, replaced("months = 13", "months = 14"), True, "Months that figures are kept: 14, it was 13."),
        (COACHED, replaced("months = 13", "months = 12"), False, "Months that figures are kept: 12, it was 13."),
        (COACHED, replaced("grid_seconds = 0", "grid_seconds = 300"), False, "grid of seconds: 300, it was 0."),
        (replaced("grid_seconds = 0", "grid_seconds = 300"), COACHED, True, "grid of seconds: 0, it was 300."),
        (COACHED, replaced("smallest_group = 5", "smallest_group = 8"), False, "smallest group of a team figure: 8"),
        (COACHED, replaced('"categories", "focus"', '"categories"'), False, "Managers may read: focus no longer."),
        (replaced('"categories", "focus"', '"categories"'), COACHED, True, "Managers may read: focus, which was not"),
        (COACHED, replaced("listen_weeks = 2", "listen_weeks = 3"), False, "new manager only listens: 3, it was 2."),
        (COACHED, replaced("listen_weeks = 2", "listen_weeks = 0"), True, "new manager only listens: 0, it was 2."),
        (
            COACHED,
            COACHED + OFFICE,
            False,
            "The working time of everybody without another is “office”: Monday 08:00-18:00.",
        ),
        (COACHED + OFFICE, COACHED, True, "The working time of everybody without another is “anytime”: at any time."),
        (COACHED + OFFICE, COACHED + OFFICE.replace("18:00", "19:00"), True, "“office” is Monday 08:00-19:00."),
        (COACHED + OFFICE, COACHED + OFFICE.replace("18:00", "17:00"), False, "“office” is Monday 08:00-17:00."),
        (COACHED, COACHED + NEVER, False, "Never kept any more: sites of clinic.example."),
        (COACHED + NEVER, COACHED, True, "Not on the never-list any more: sites of clinic.example."),
        (COACHED, COACHED + ERP, True, "Category rule: Work > ERP, texts with erp."),
        (COACHED, COACHED + EDITOR, True, "What is not named of app.editor.activity: coarsened (Editor), was dropped."),
        (COACHED, replaced("private_minutes = 0", "private_minutes = 30"), False, "private time a day: 30, it was 0."),
        (COACHED, replaced("makes your active time", "counts"), False, "The reason of Status is"),
    ],
)
def test_each_change_is_a_sentence_and_says_whether_it_widens(old: str, new: str, wider: bool, said: str) -> None:
    before, after = read(old), read(new)

    assert is_wider(before, after) == wider
    assert said in " ".join(change.sentence for change in changes(before, after))
    assert bool(changes(before, after)) == bool(said)


def test_the_presets_widen_from_strict_to_own_insight() -> None:
    assert is_wider(STRICT, COACHING)
    assert is_wider(COACHING, OWN_INSIGHT)
    assert not is_wider(COACHING, STRICT)


@given(policies())
def test_a_policy_compared_with_itself_has_no_change(policy: CapturePolicy) -> None:
    assert changes(policy, read(policy.text, draft=True)) == []


@given(policies(), policies(), st.sampled_from(STREAMS), DATA)
def test_what_only_the_new_policy_keeps_makes_it_wider(
    old: CapturePolicy, new: CapturePolicy, stream: str, data: dict[str, Any]
) -> None:
    before, after = (apply(policy, stream, data, "Work > ERP") for policy in (old, new))
    kept = set(after.data or {}) - set(before.data or {})

    if kept or (before.data is None and after.data is not None) or len(after.category) > len(before.category):
        assert is_wider(old, new)
