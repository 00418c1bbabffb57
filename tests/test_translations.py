"""The catalogues: whole, current, and saying the same with the same places; no template speaks past gettext."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from babel.messages.catalog import Message
from jinja2 import Environment, nodes
from pages_read import read as texts_of

from docs import translations
from portal import languages
from portal.catalogues import path
from portal.locale import ENGLISH, LANGUAGES

ROOT = Path(__file__).resolve().parent.parent
TRANSLATED = sorted(set(LANGUAGES) - {ENGLISH})
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
GETTEXT = frozenset({"_", "gettext", "ngettext", "pgettext", "N_"})
SAME_IN_ALL = frozenset({"CSV", "JSON", "KEY", "SHA-256", "Sameview", "UTC", "null"})
"""Names, and what stands in a command or in data."""
_PLACE = re.compile(r"%\((\w+)\)s")
_TAG = re.compile(r"<[^>]*>")
_WORD = re.compile(r"(?<![\w.])[\w-]+(?![\w.]*\.\w)")  # not the name of a file
_LETTERS = re.compile(r"[^\W\d_]{2}")


@cache
def extracted() -> dict[tuple[str | None, str], Message]:
    return {(each.context, _first(each.id)): each for each in translations.extracted() if each.id}


def _first(text: str | tuple[str, ...]) -> str:
    return text if isinstance(text, str) else text[0]


def _pairs(message: Message) -> Iterator[tuple[str, str]]:
    """Yield each translation with the form that it translates."""
    if isinstance(message.id, str):
        yield message.id, message.string
    else:
        yield from ((message.id[1], each) for each in message.string)


def _translated(language: str) -> Iterator[Message]:
    return (each for each in translations.read(language) if each.id and each.string and all(each.string))


def _signs(text: str) -> int:
    """Return how many percent signs begin no place: one that is not doubled would break a message with places."""
    return _PLACE.sub("", text).count("%")


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_text_is_translated_and_nothing_else_is_kept(language: str) -> None:
    kept = translations.read(language)

    assert [each.id for each in translations.missing(kept)] == []
    assert {(each.context, _first(each.id)) for each in kept if each.id} == set(extracted())
    assert not kept.obsolete


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_translation_has_the_same_places_and_the_same_markup(language: str) -> None:
    """A singular may say "one" for its number; nothing else may be left out, and no attribute may be broken."""
    for each in _translated(language):
        for english, other in _pairs(each):
            places, wanted = set(_PLACE.findall(other)), set(_PLACE.findall(english))
            assert places <= wanted, other
            assert wanted - places <= {"num"}, other
            assert _TAG.findall(other) == _TAG.findall(english), other
            assert '"' not in _TAG.sub("", other), other
            assert other.replace("%%", "").count("%") == english.replace("%%", "").count("%") - (wanted != places), (
                other
            )


@pytest.mark.parametrize("language", TRANSLATED)
def test_the_catalogue_is_what_the_command_writes(language: str, tmp_path: Path) -> None:
    kept = translations.read(language)
    kept.update(translations.extracted(), no_fuzzy_matching=True, update_header_comment=False)
    translations.write(kept, tmp_path / "again.po")

    assert (tmp_path / "again.po").read_text() == path(language).read_text()


@cache
def _environment() -> Environment:
    made = Environment(autoescape=True)
    languages.register(made)
    return made


def _without_code(source: str) -> str:
    """Return a template with a mark in place of everything that Jinja fills in, `trans` blocks among it."""
    written, inside = [], False
    for _line, kind, value in _environment().lex(source):
        if kind == "name" and value in ("trans", "endtrans"):
            inside = value == "trans"
        if kind == "data" and not inside:
            written.append(value)
        elif kind in ("variable_end", "block_end"):
            written.append("·")
    return "".join(written)


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda each: str(each.relative_to(ROOT / "templates")))
def test_a_template_says_nothing_outside_of_gettext(template: Path) -> None:
    source = template.read_text()

    left = [text for text in texts_of(_without_code(source)) if _LETTERS.search(text)]
    assert [text for text in left if set(_WORD.findall(text)) - SAME_IN_ALL] == []
    assert list(_prose(_environment().parse(source))) == []


def _prose(node: nodes.Node) -> Iterator[str]:
    """Yield the literals of a template's code that are sentences or titles and are not handed to gettext."""
    if isinstance(node, nodes.Call) and isinstance(node.node, nodes.Name) and node.node.name in GETTEXT:
        for keyword in node.kwargs:
            yield from _prose(keyword)
        return
    if isinstance(node, nodes.Const) and isinstance(node.value, str) and _is_prose(node.value):
        yield node.value
    for child in node.iter_child_nodes():
        yield from _prose(child)


def _is_prose(text: str) -> bool:
    if text in SAME_IN_ALL or "<path" in text or text.startswith("/"):
        return False
    return bool(re.match(r"[A-Z][a-z]+( |$)", text) or re.search(r"[a-z]{2,} [a-z]{2,} [a-z]{2,}", text))


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda each: str(each.relative_to(ROOT / "templates")))
def test_no_template_hides_gettext_behind_a_name_of_its_own(template: Path) -> None:
    bound = _environment().parse(template.read_text()).find_all(nodes.Name)

    assert [each.name for each in bound if each.ctx != "load" and each.name in GETTEXT] == []


def test_what_macros_set_once_is_only_marked() -> None:
    """A module of macros is made once for all readers: what is translated at its top stays in one language."""
    for template in sorted((ROOT / "templates" / "macros").glob("*.html")):
        for statement in _environment().parse(template.read_text()).body:
            if isinstance(statement, nodes.Assign):
                called = [
                    each.node.name for each in statement.find_all(nodes.Call) if isinstance(each.node, nodes.Name)
                ]
                assert set(called) & (GETTEXT - {"N_"}) == set(), template


def test_no_function_hides_gettext_behind_a_name_of_its_own() -> None:
    """`_` as a name for what is not used makes `_` local in the whole function."""
    found = []
    for module in sorted((ROOT / "portal").rglob("*.py")):
        for function in ast.walk(ast.parse(module.read_text())):
            if isinstance(function, ast.FunctionDef):
                names = [each for each in _own(function) if isinstance(each, ast.Name) and each.id == "_"]
                kinds = {type(each.ctx) for each in names}
                found += [f"{module.name}: {function.name}"] if {ast.Load, ast.Store} <= kinds else []

    assert found == []


def _own(node: ast.AST) -> Iterator[ast.AST]:
    """Yield what is inside a function, but not inside comprehensions, which have names of their own."""
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp):
            yield child
            yield from _own(child)
