"""A policy is read whole or refused with the line and the fix; and no policy keeps what it says it does not."""

import contextlib
import json
import time
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from policies import CATEGORIES, DATA, STREAMS, never, policies, rule, versioned

from privacy.capture import BROWSER, COACHING, PRESETS, WINDOW, Captured, Effect, apply, preset_text
from privacy.capture_policy import CapturePolicy, PolicyBroken, read
from privacy.decisions import AGREED, SHEETS
from privacy.fields import SHARED_FIELDS
from privacy.never import matching

COACHED = versioned("coaching")


def test_a_version_says_whose_it_is_and_from_when_on() -> None:
    policy = read(COACHED)

    assert (policy.version, policy.organisation) == (1, "sameview/example-mutual-0a1b2c3d")
    assert policy.effective.isoformat() == "2026-11-16T00:00:00+00:00"
    assert policy.text == COACHED
    assert policy.sharing.manager == SHARED_FIELDS | AGREED | SHEETS


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_is_a_draft_until_somebody_dates_it(name: str) -> None:
    assert PRESETS[name].is_draft
    with pytest.raises(PolicyBroken, match=r"^line \d+: version: is no whole number"):
        read(preset_text(name))


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('name = "coaching"', 'nmae = "coaching"', r"line 1: name: is missing"),
        ("months = 13", "months = 13\nmonth = 12", r"line 15: retention\.month: is unknown; did you mean 'months'"),
        ("version = 1", "version = 1\ncollour = 3", r"line 2: collour: is unknown"),
        ("text_days = 0", "text_days = 15", r"line 13: retention\.text_days: is no whole number from 0 to 14"),
        ("log_years = 3", "log_years = true", r"log_years: is no whole number"),
        ("smallest_group = 5", "smallest_group = 4", r"sharing\.smallest_group: is no whole number from 5"),
        (
            '"one_to_ones"]',
            '"titles"]',
            r"sharing\.manager: 'titles' is not one of active_time, agreed_goals",
        ),
        ('["discipline", "pay", "ranking"]', '["pay"]', r"sharing\.forbidden: 'discipline' is missing"),
        ("grid_seconds = 0", "grid_seconds = 7", r"time\.grid_seconds: 900 is no multiple of 7"),
        ('effect = "keep"', 'effect = "kept"', r"rule\.effect: 'kept' is not one of keep, coarsen, domain, drop"),
        ('id = "sound"', 'id = "status"', r"two lines have the id 'status'"),
        ('id = "sound"', 'id = "Sound!"', r"rule\.id: 'Sound!' is no name of small letters"),
        ('id = "sound"', 'id = "time-grid"', r"rule\.id: 'time-grid' is the name of a rule that every policy has"),
        ('keys = ["audible"]', 'keys = ["url"]', r"rule\.keys: url of web\.tab\.current is ruled by 'sound' already"),
        ('keys = ["incognito"]\neffect = "drop"', 'keys = ["incognito"]\neffect = "keep"', "private browsing is never"),
        (
            'keys = ["audible"]\neffect = "keep"',
            'keys = ["audible"]\neffect = "domain"',
            "only an address has a domain",
        ),
        ('keys = ["title"]\neffect = "coarsen"', 'keys = ["title"]\neffect = "keep"', "kept, but text_days is 0"),
        ('keys = ["url"]\neffect = "coarsen"', 'keys = ["url"]\neffect = "domain"', "kept, but text_days is 0"),
        ("effective = 2026-11-16T00:00:00Z", "effective = 2026-11-16T00:00:00", r"line 3: effective: is no moment"),
        (
            "effective = 2026-11-16T00:00:00Z",
            "effective = 2026-11-16T00:00:00.5Z",
            r"line 3: effective: has parts of a s",
        ),
        ('summary = "', 'summary = "\u202e', r"line 6: U\+202E cannot be seen"),
        ('summary = "', 'summary = "\t', r"line 6: U\+0009 cannot be seen"),
        ("version = 1", "version =", r"not TOML: .*line 1"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(old: str, new: str, told: str) -> None:
    assert old in COACHED
    with pytest.raises(PolicyBroken, match=told):
        read(COACHED.replace(old, new, 1))


@pytest.mark.parametrize(
    ("added", "told"),
    [
        (rule("editor", ["app.editor.activity"], ["project"], "keep"), "other keys of app.editor.activity"),
        (never("health"), r"never\.id: names nothing"),
        (
            never("health", domains=["https://clinic.example/"]),
            r"never\.domains: .* is no domain",
        ),
        (never("health", titles=["(clinic"]), r"line \d\d: never\.titles: .*cannot be read"),
        (never("health", titles=["(a{1000}){1000}"]), "count less"),
        (never("health", titles=["(" * 900 + ")" * 900]), "nested too deeply"),
        ('[[never]]\nid = "x"\napps = ["a"]\n', r"never\.because: is missing"),
        ('[[schedule]]\nname = "office"\n', "has no hours"),
        ('[[schedule]]\nname = "office"\nmonday = ["8-18"]\n', "'8-18' are no hours"),
        ('[[schedule]]\nname = "office"\nmonday = ["08:00-25:00"]\n', "no hours of a day"),
        ('[[schedule]]\nname = "office"\nanytime = true\nmonday = ["08:00-09:00"]\n', "keep one of the two"),
        ('[[category]]\npath = ["Work > ERP"]\n', "a level holds"),
        ('[[category]]\npath = ["Work"]\nregex = "("\n', r"category\.regex: .*cannot be read"),
        ('[[category]]\npath = ["Work"]\npriority = "high"\n', r"category\.priority: is no whole number"),
        ("[extra]\n", "extra: is unknown"),
    ],
)
def test_sections_are_read_to_the_last_key(added: str, told: str) -> None:
    with pytest.raises(PolicyBroken, match=told):
        read(COACHED + "\n" + added)


@pytest.mark.parametrize("expression", [r"(a|aa)+$", r"(a|a)*$", r"^(.|..)*#$", r"(.+)(.+)(.+)(.+)\1\2!"])
@pytest.mark.parametrize("kind", ["never", "category"])
def test_a_catastrophic_expression_is_refused_in_bounded_time(
    monkeypatch: pytest.MonkeyPatch, expression: str, kind: str
) -> None:
    monkeypatch.setattr("privacy.patterns.TIMEOUT_SECONDS", 0.1)  # tests of categories wait for the whole second
    line = json.dumps(expression)
    text = {
        "never": f'[[never]]\nid = "x"\ntitles = [{line}]\nbecause = "No."\n',
        "category": f'[[category]]\npath = ["Work"]\nregex = {line}\n',
    }[kind]
    began = time.monotonic()

    with pytest.raises(PolicyBroken, match="takes too long"):
        read(COACHED + "\n" + text)
    assert time.monotonic() - began < 10


def test_a_search_that_takes_too_long_at_the_desk_counts_as_forbidden(monkeypatch: pytest.MonkeyPatch) -> None:
    policy = read(COACHED + "\n" + never("health", titles=["clinic"]))

    def late(self: object, text: str) -> bool:
        raise TimeoutError

    monkeypatch.setattr("privacy.patterns.Pattern.search", late)
    assert apply(policy, WINDOW, {"app": "x", "title": "y"}, "Work") == Captured(None, "", ("health",))


@pytest.mark.parametrize(
    ("data", "forbidden"),
    [
        ({"url": "https://www.Clinic.example:8443/visit"}, True),
        ({"url": "https://search.example/url?q=https://clinic.example/"}, True),
        ({"url": "ftp://clinic.example/"}, True),
        ({"url": "https://notclinic.example/"}, False),
        ({"url": "https://clinic.example.shop.example/"}, False),
        ({"app": "UNION-mail.exe"}, True),
        ({"app": "reunion"}, False),
        ({"app": "x", "title": "Minutes of the Works Council.docx"}, True),
        ({"file": "/home/ben/works council/minutes.md"}, True),
        ({"nested": {"deep": ["the WORKS COUNCIL"]}}, True),
        ({"app": "works council"}, False),
    ],
)
def test_the_never_list_is_stronger_than_any_rule(data: dict[str, Any], forbidden: bool) -> None:
    lines = never("private", domains=["clinic.example"], apps=["union*"], titles=["works council"])
    policy = read(preset_text("own_insight") + "\n" + lines, draft=True)

    left = apply(policy, BROWSER, data, "Work")

    assert left == (Captured(None, "", ("private",)) if forbidden else Captured(data, "Work", ()))


@pytest.mark.parametrize(
    ("url", "site"),
    [
        ("https://ben:secret@Clinic.example:443/visit?patient=7#top", "https://clinic.example"),
        ("http://intranet/wiki", "http://intranet"),
        ("https://clinic.example", "https://clinic.example"),
        ("file:///home/ben/cv.docx", None),
        ("about:blank", None),
        ("just words", None),
        (7, None),
    ],
)
def test_of_an_address_only_its_site_is_left(url: Any, site: str | None) -> None:
    text = versioned("coaching", text_days="text_days = 7").replace(
        'keys = ["url"]\neffect = "coarsen"', 'keys = ["url"]\neffect = "domain"'
    )
    left = apply(read(text), BROWSER, {"url": url, "title": "A canary"}, "Private")

    assert left.data == ({} if site is None else {"url": site})
    assert ("url-to-category" in left.rules) == (site != url and isinstance(url, str))


@pytest.mark.parametrize("policy", PRESETS.values(), ids=lambda each: each.name)
@pytest.mark.parametrize("stream", STREAMS)
def test_private_browsing_is_never_kept_under_any_preset(policy: CapturePolicy, stream: str) -> None:
    left = apply(policy, stream, {"incognito": True, "title": "A canary"}, "Private")

    assert left.data is None or "A canary" not in left.data.values()


@given(policies(), st.sampled_from(STREAMS), DATA, CATEGORIES)
def test_a_policy_applied_again_changes_nothing(
    policy: CapturePolicy, stream: str, data: dict[str, Any], category: str
) -> None:
    once = apply(policy, stream, data, category)
    assume(once.data is not None)
    assert once.data is not None

    assert apply(policy, stream, once.data, once.category) == Captured(once.data, once.category, ())


CANARY = "canary-5b1f"


def planted(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


@given(policies(), st.sampled_from(STREAMS), DATA, st.sampled_from(["title", "url", "file", "anything"]))
def test_no_value_that_a_policy_does_not_keep_is_in_what_it_leaves(
    policy: CapturePolicy, stream: str, data: dict[str, Any], key: str
) -> None:
    secret = f"https://shop.example/{CANARY}" if key == "url" else f"about {CANARY}"
    left = apply(policy, stream, data | {key: secret}, "Work")

    if policy.rule_for(stream, key).effect is not Effect.KEEP:
        assert CANARY not in planted(left)


@given(policies(), st.sampled_from(STREAMS), DATA, CATEGORIES)
def test_what_is_private_or_on_the_never_list_is_dropped_whole(
    policy: CapturePolicy, stream: str, data: dict[str, Any], category: str
) -> None:
    left = apply(policy, stream, data, category)

    if matching(policy.never, data) is not None:
        assert left.data is None
        assert left.rules[0].startswith("never-")
    if data.get("incognito") and left.data is not None:
        assert "incognito" not in left.data


@given(st.data())
def test_a_text_that_is_cut_or_changed_is_read_or_refused_and_nothing_else(data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(COACHED)))
    until = data.draw(st.integers(at, min(len(COACHED), at + 40)))
    changed = COACHED[:at] + data.draw(st.text(max_size=5)) + COACHED[until:]

    with contextlib.suppress(PolicyBroken):
        assert read(changed).text == changed


def test_every_rule_has_its_reason_by_id() -> None:
    assert all(COACHING.because(rule.id) == rule.because for rule in COACHING.rules)
    assert COACHING.because("outside-working-time")
    assert COACHING.because("nobody-knows") == ""
