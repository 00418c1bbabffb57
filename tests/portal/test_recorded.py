"""What is recorded is generated: it cannot say anything else than the policy and the preset."""

import pytest

from portal.log_words import FIELD_NAMES
from portal.recorded import notice_of
from privacy.capture import COACHING, OWN_INSIGHT, PRESETS, STRICT, CapturePolicy
from privacy.decisions import STANDING
from privacy.fields import SHARED_FIELDS, Field
from privacy.policy import FORBIDDEN_USES, POLICY, POLICY_VERSION


@pytest.mark.parametrize("preset", PRESETS.values(), ids=lambda preset: preset.name)
def test_every_rule_at_the_door_is_shown_with_its_reason(preset: CapturePolicy) -> None:
    shown = notice_of(preset).rules_at_door

    assert [line.because for line in shown] == [rule.because for rule in preset.rules]


def test_every_rule_of_the_policy_is_shown_in_its_own_words() -> None:
    found = notice_of(COACHING)

    assert [reader.because for reader in found.rules] == [rule.because for rule in POLICY]
    assert (found.version, found.forbidden) == (POLICY_VERSION, FORBIDDEN_USES)


def test_a_field_is_called_shared_if_and_only_if_somebody_else_may_see_it() -> None:
    lines = notice_of(COACHING).fields

    words = {shared: " ".join(line.name.lower() for line in lines if line.shared is shared) for shared in (True, False)}
    for field in Field:
        assert FIELD_NAMES[field] in words[field in SHARED_FIELDS | STANDING]
    assert len(lines) == 5, "shared with managers, agreed, sheets, private, and private but for what its person shares"


def effects(preset: CapturePolicy) -> dict[str, str]:
    return {line.what: line.effect for line in notice_of(preset).capture}


def test_the_short_list_says_what_the_preset_does() -> None:
    assert effects(STRICT)["Application"] == "category only"
    assert effects(STRICT)["Category of the work"] == "top level only"
    assert effects(COACHING)["Application"] == "kept"
    assert effects(COACHING)["Window titles"] == "category only"
    assert effects(COACHING)["Private browser windows"] == "dropped"
    assert effects(OWN_INSIGHT)["Web addresses"] == "kept 14 days"
