"""Categories are ActivityWatch's: the same rules on the same data give the same path, quickly, and never hang."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import regex
from aw_transform.classify import Rule as TheirRule
from aw_transform.classify import _pick_category
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.categories import Categoriser, RulesError, load, read
from privacy.patterns import Texts, compile_pattern, fold

ERP = [["Work", "ERP"], {"type": "regex", "regex": r"\bFB(60|L1N)\b|saplogon"}]
WORK = [["Work"], {"type": "regex", "regex": "EXCEL"}]
EXPRESSIONS = (
    "EXCEL",
    "excel|winword",
    r"\.xlsx?\b",
    r"\bFB(60|L1N)\b",
    r"Case #?\d+",
    r"^Case",
    r"– Sheets$",
    "(Inbox|Sent)",
    "a+b*c",
    "x{2}y",
    "foo{e}",
    r"KB-\d+|",
    r"[Kk]ey",
    r"(?i)straße",
    r"\x45XCEL",
    r"(?=.*Excel)(?!.*Word)",
    "Ab?c|d",
    r"\.|\(",
    "(?:one)+two",
)
TEXTS = (
    "EXCEL.EXE",
    "Aging.xlsx – Sheets",
    "FB60 Enter",
    "Case #12",
    "case 12",
    "KB-7 – Intranet",
    "\u212aey",
    "STRASSE",
)


class _Event:
    def __init__(self, data: dict[str, Any]) -> None:
        self.data = data


def _theirs(classes: list[Any], data: dict[str, Any]) -> str:
    """Categorise with aw-core's own code."""
    rules = [(path, TheirRule(rule)) for path, rule in classes]
    return " > ".join(_pick_category([(path, rule) for path, rule in rules if rule.match(_Event(data))]))


def _ours(classes: list[Any], data: dict[str, Any]) -> str:
    return Categoriser(read(json.dumps(classes))).of(data)


RULE = st.fixed_dictionaries(
    {"regex": st.sampled_from(EXPRESSIONS)},
    optional={
        "ignore_case": st.booleans(),
        "select_keys": st.lists(st.sampled_from(["app", "title", "other"]), max_size=2),
        "priority": st.integers(-5, 35),
    },
)
PATHS = st.lists(st.sampled_from(["Work", "ERP", "Comms"]), min_size=1, max_size=3)
DATA = st.dictionaries(
    st.sampled_from(["app", "title", "url", "other"]),
    st.one_of(st.sampled_from(TEXTS), st.text("abcxyEXCEL#60kKſıİ.{}e() -", max_size=12), st.none(), st.integers()),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(PATHS, RULE).map(list), max_size=6), st.lists(DATA, min_size=1, max_size=4))
def test_the_same_rules_give_the_same_category_as_aw_core(classes: list[Any], events: list[dict[str, Any]]) -> None:
    together = Categoriser(read(json.dumps(classes))).of_each(events)

    assert together == [_theirs(classes, data) for data in events]
    assert together[0] == _ours(classes, events[0])


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(EXPRESSIONS), st.booleans(), st.text("abcxyEXCEL#60kKſ.{}e() -Casefo2", max_size=16))
def test_words_are_in_every_match(expression: str, ignore_case: bool, text: str) -> None:
    pattern = compile_pattern(expression, ignore_case)
    searched = fold(text) if pattern.folded else text

    found = bool(re.search(expression, text, re.IGNORECASE if ignore_case else 0))

    assert pattern.search(text) == found
    if found or pattern.exact:
        assert any(word in searched for word in pattern.words) == found


def test_words_are_found_in_ordinary_expressions() -> None:
    """The quick way must be taken where it can: else an import of many titles crawls."""
    assert compile_pattern("EXCEL|WINWORD").words == ("EXCEL", "WINWORD")
    assert compile_pattern("EXCEL|WINWORD").exact
    assert compile_pattern(r"\bFB(60|L1N)\b|Invoice \d+").words == ("FB", "Invoice ")
    assert compile_pattern("a|(b|c)").words == ("",)


def test_folding_finds_every_letter_that_equals_an_ascii_letter() -> None:
    every = "".join(chr(code) for code in range(0x110000) if not 0xD800 <= code < 0xE000)

    alike = regex.findall("[a-z]", every, regex.IGNORECASE)

    assert len(alike) > 52
    assert all(fold(other) in "abcdefghijklmnopqrstuvwxyz" for other in alike)
    assert all(regex.fullmatch(fold(other), other, regex.IGNORECASE) for other in alike)


def test_folding_keeps_the_length_so_that_texts_can_be_folded_together() -> None:
    assert all(len(fold(chr(code))) == 1 for code in range(0x110000))


def test_a_word_is_found_in_each_text_that_holds_it_and_not_across_two() -> None:
    texts = Texts(["", "one, one", "ONE", "o", "ne", "two"])

    assert texts.holding(["one", "two"], folded=False) == [1, 5]
    assert texts.holding(["one"], folded=True) == [1, 2]
    assert texts.holding(["o\0ne"], folded=False) == []
    assert texts.holding([""], folded=False) == [0, 1, 2, 3, 4, 5]
    assert Texts([]).holding([""], folded=False) == []


def test_a_text_known_before_is_judged_again_when_an_expression_was_given_up() -> None:
    categoriser = Categoriser(read(json.dumps([[["Work"], {"regex": r"^(q|qq)+z$"}], WORK])))
    events = [{"title": "qqz"}, {"title": "q" * 400 + "!z"}]

    assert categoriser.of_each(events[:1]) == ["Work"]
    assert categoriser.of_each(events) == ["Uncategorized", "Uncategorized"]


def test_deepest_category_wins_and_of_equals_the_later() -> None:
    classes = [ERP, WORK, [["Comms", "Email"], {"type": "regex", "regex": "FB60"}]]

    assert _ours(classes, {"app": "EXCEL.EXE", "title": "none"}) == "Work"
    assert _ours(classes, {"app": "EXCEL.EXE", "title": "saplogon"}) == "Work > ERP"
    assert _ours(classes, {"app": "EXCEL.EXE", "title": "FB60"}) == "Comms > Email"
    assert _ours(classes, {"app": "calc", "nested": {"deep": "EXCEL"}}) == "Uncategorized"


@pytest.mark.parametrize(
    "content",
    [
        [ERP, WORK],
        [{"name": path, "rule": rule, "data": {"color": "#0F0"}} for path, rule in (ERP, WORK)],
        {"categories": [{"id": 0, "name": path, "rule": rule} for path, rule in (ERP, WORK)]},
        {"classes": [ERP, WORK]},
        [["Work > ERP", ERP[1]], ["Work", WORK[1]]],
    ],
    ids=["query", "settings", "export", "classes", "paths as text"],
)
def test_every_form_of_rules_is_read(content: object) -> None:
    rules = read(json.dumps(content))

    assert [rule.name for rule in rules.rules] == ["Work > ERP", "Work"]
    assert Categoriser(rules).of({"title": "FB60"}) == "Work > ERP"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "not JSON"),
        ('{"rules": 1}', "no list"),
        ('[["Work"]]', "rule 1: expected"),
        ('[["", {}]]', "rule 1: the name"),
        ('[[["Work"], {"regex": "("}]]', r"rule 1 \(Work\): the expression '\(' cannot be read"),
        ('[[["Work"], {"regex": 7}]]', "no text"),
        ('[[["Work"], {"type": "glob", "regex": "x"}]]', "the type 'glob' is unknown"),
        ('[[["Work"], {"regex": "x", "priority": true}]]', "no whole number"),
        ('[[["Work"], {"regex": "x", "select_keys": "app"}]]', "no list of names"),
        ('[[["Work"], {"regex": "x", "core": 1}]]', "core is neither"),
        ('[[["Work"], {}], [["Work", "ERP"], []]]', r"rule 2 \(Work > ERP\): write the rule"),
    ],
)
def test_an_error_names_the_rule_and_the_fix(content: str, message: str) -> None:
    with pytest.raises(RulesError, match=message):
        read(content)


def test_core_is_work_unless_a_flag_at_or_above_says_otherwise() -> None:
    def flagged(path: list[str], **rule: bool) -> list[Any]:
        return [path, {"type": "none", **rule}]

    usual = read(json.dumps([flagged(["Work", "ERP"]), flagged(["Comms", "Email"])]))
    changed = read(json.dumps([flagged(["Work", "Private"], core=False), flagged(["Comms"], core=True), ERP, WORK]))

    assert usual.core == {"Work", "Work > ERP"}
    assert changed.core == {"Work", "Work > ERP", "Comms"}
    assert "Uncategorized" in usual.categories


def test_an_expression_that_runs_away_is_disabled_and_counted() -> None:
    rules = read(json.dumps([[["Work"], {"regex": r"(a|aa)+$"}], ERP]))
    categoriser = Categoriser(rules)

    assert rules.disabled == ("Work",)
    assert categoriser.of({"title": "aaaa"}) == "Uncategorized"
    assert categoriser.of({"title": "saplogon"}) == "Work > ERP"
    assert categoriser.disabled == {"Work": 1}


def test_an_expression_that_runs_away_later_is_disabled_then() -> None:
    """Nothing tried beforehand shows this one: only a text made for it does."""
    rules = read(json.dumps([[["Work"], {"regex": r"^(q|qq)+z$"}], WORK]))
    categoriser = Categoriser(rules)

    assert rules.disabled == ()
    assert categoriser.of({"app": "EXCEL", "title": "q" * 400 + "!z"}) == "Work"
    assert categoriser.of({"title": "qqz"}) == "Uncategorized"
    assert categoriser.disabled == {"Work": 1}


def test_the_rules_that_come_along_are_usable(tmp_path: Path) -> None:
    rules = load()

    assert rules.disabled == ()
    assert {"Work", "Comms", "Meetings"} <= set(rules.categories)
    assert Categoriser(rules).of({"app": "EXCEL.EXE", "title": "Aging.xlsx - Excel"}) == "Work > Spreadsheets"
    (tmp_path / "rules.json").write_text(json.dumps([WORK]))
    assert load(tmp_path / "rules.json").categories == ("Work", "Uncategorized")
