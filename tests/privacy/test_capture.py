"""What the presets leave of an event, and that they say so."""

from typing import Any

import pytest

from privacy.capture import (
    AWAY,
    BROWSER,
    COACHING,
    OWN_INSIGHT,
    PRESETS,
    STRICT,
    WINDOW,
    Captured,
    CapturePolicy,
    Effect,
    apply,
)

LETTER = {"app": "WINWORD.EXE", "title": "Notice of termination.docx - Word"}
PAGE = {"url": "https://clinic.example/", "title": "Clinic", "audible": True, "incognito": False, "tabCount": 3}


@pytest.mark.parametrize(
    ("preset", "stream", "data", "category", "left"),
    [
        (
            COACHING,
            WINDOW,
            LETTER,
            "Work > Letters",
            ({"app": "WINWORD.EXE"}, "Work > Letters", ("title-to-category",)),
        ),
        (
            STRICT,
            WINDOW,
            LETTER,
            "Work > Letters",
            ({}, "Work", ("app-to-category", "category-to-top-level", "title-to-category")),
        ),
        (STRICT, WINDOW, {}, "Work", ({}, "Work", ())),
        (OWN_INSIGHT, WINDOW, LETTER, "Work > Letters", (LETTER, "Work > Letters", ())),
        (
            COACHING,
            BROWSER,
            PAGE,
            "Private",
            ({"audible": True}, "Private", ("browser-details", "title-to-category", "url-to-category")),
        ),
        (OWN_INSIGHT, BROWSER, PAGE, "Private", (PAGE, "Private", ())),
        (COACHING, AWAY, {"status": "afk"}, "", ({"status": "afk"}, "", ())),
        (STRICT, AWAY, {"status": "afk", "mood": "tired"}, "", ({"status": "afk"}, "", ("unknown-key",))),
        (COACHING, WINDOW, {"app": 7, "nested": {"a": 1}}, "Work", ({}, "Work", ("unknown-key",))),
    ],
)
def test_a_preset_leaves_what_it_names_and_counts_what_it_takes(
    preset: CapturePolicy, stream: str, data: dict[str, Any], category: str, left: tuple[Any, ...]
) -> None:
    assert apply(preset, stream, data, category) == Captured(*left)


@pytest.mark.parametrize("preset", [STRICT, COACHING], ids=lambda p: p.name)
def test_private_browsing_and_watchers_that_nobody_agreed_to_are_dropped_whole(preset: CapturePolicy) -> None:
    private = apply(preset, BROWSER, PAGE | {"incognito": True}, "Private")
    editor = apply(preset, "app.editor.activity", {"file": "cv.docx"}, "")
    empty = apply(preset, "general.stopwatch", {}, "")

    assert private == Captured(None, "", ("incognito",))
    assert editor == empty == Captured(None, "", ("unknown-stream",))


def test_own_insight_keeps_streams_and_keys_of_every_kind() -> None:
    data = {"file": "cv.docx", "app": 7, "nested": {"a": [1, None]}}

    assert apply(OWN_INSIGHT, "app.editor.activity", data, "") == Captured(data, "", ())


@pytest.mark.parametrize("preset", PRESETS.values(), ids=lambda p: p.name)
def test_every_rule_has_a_name_and_a_reason_in_plain_words(preset: CapturePolicy) -> None:
    ids = [rule.id for rule in preset.rules]

    assert len(ids) == len(set(ids))
    assert all(rule.because.endswith((".", "?")) and rule.because[0].isupper() for rule in preset.rules)


@pytest.mark.parametrize("preset", [STRICT, COACHING], ids=lambda p: p.name)
@pytest.mark.parametrize("key", ["title", "url", "path", "anything"])
@pytest.mark.parametrize("stream", [WINDOW, AWAY, BROWSER, "app.editor.activity"])
def test_no_text_outlives_the_door_unless_the_preset_says_for_how_long(
    preset: CapturePolicy, stream: str, key: str
) -> None:
    left = apply(preset, stream, {key: "a canary"}, "Work")

    assert preset.text_days is None
    assert "a canary" not in (left.data or {}).values()
    assert left.rules


def test_only_a_preset_that_names_no_keys_keeps_text() -> None:
    assert OWN_INSIGHT.text_days == 14
    assert [rule.effect for rule in OWN_INSIGHT.rules] == [Effect.KEEP]
