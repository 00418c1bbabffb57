"""Collects the texts of the portal's pages into its catalogues, and says what is not translated: `make translations`.

Texts come from calls of gettext in Python and in templates, from the reasons of the presets (signed texts, which a page
shows translated as long as nobody has written them anew), and from the table of measures.
"""

import io
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.pofile import read_po, write_po
from werkzeug.exceptions import default_exceptions

from analytics.measures import MEASURES
from analytics.team_measures import TEAM_MEASURES
from auth.permissions import GRANTABLE
from auth.tokens import Scope
from portal.catalogues import path
from portal.compliance import OUTCOMES
from portal.ledgers import OF_DESKS, WHY_NOT
from portal.locale import ENGLISH, LANGUAGES
from portal.policy_words import plain
from portal.team import PURPOSES
from privacy.fields import Field
from privacy.policy import Purpose, Relation
from privacy.policy_parts import GRID, OUTSIDE, WEEKDAYS

ROOT: Final = Path(__file__).resolve().parent.parent
SOURCES: Final = [
    ("portal/relay/**", "ignore"),  # whose texts stay English: they are read on a desk's terminal and by programs
    ("portal/**.py", "python"),
    ("auth/**.py", "python"),
    ("analytics/**.py", "python"),
    ("privacy/**.py", "python"),
    ("templates/**.html", "jinja2"),
    ("templates/**.txt", "jinja2"),
    ("privacy/presets/**.toml", "docs.translations:settings"),
    ("analytics/imports/mappings/**.toml", "docs.translations:settings"),
]
_OPTIONS: Final = {"templates/**": {"trimmed": "true", "newstyle_gettext": "true", "silent": "false"}}
_KEYWORDS: Final = {**DEFAULT_KEYWORDS, "N_": None}
_FOLDERS: Final = ("portal", "auth", "analytics", "privacy", "templates")
_WIDTH: Final = 120
_ABOUT_THE_WRITER: Final = re.compile(
    r'^"(?:Report-Msgid-Bugs-To|POT-Creation-Date|PO-Revision-Date|Last-Translator|Language-Team|Generated-By): .*\n',
    re.MULTILINE,
)
"""Lines of the header that say who wrote the file, and when."""


def settings(source: Any, keywords: Any, tags: Any, options: Any) -> Iterator[tuple[int, str, str, list[str]]]:
    """Yield what people read of a file of settings, for babel: summary, reasons and plain names of a preset's rules,
    and who else sees what a suite of which exports are imported records.
    """
    text = tomllib.loads(source.read().decode())
    yield from ((1, "N_", text[name], []) for name in ("summary", "who_else") if name in text)
    for rule in (*text.get("rule", ()), *text.get("never", ())):
        yield 1, "N_", plain(rule["id"]), []
        yield 1, "N_", rule["because"], []


def extracted() -> Catalog:
    """Return every text of the pages, without translations."""
    found = Catalog(charset="utf-8", header_comment="")
    for folder in _FOLDERS:
        methods = [(pattern.removeprefix(f"{folder}/"), how) for pattern, how in SOURCES if pattern.startswith(folder)]
        options = {p.removeprefix("templates/"): o for p, o in _OPTIONS.items()} if folder == "templates" else {}
        if folder == "templates":
            options = {pattern: next(iter(_OPTIONS.values())) for pattern, _ in methods}
        for name, _line, message, comments, context in extract_from_dir(
            ROOT / folder, methods, options, keywords=_KEYWORDS, comment_tags=()
        ):
            found.add(message, None, [(f"{folder}/{name}", 0)], auto_comments=comments, context=context)
    for place, message in _of_code():
        found.add(message, None, [(place, 0)])
    return found


def _of_code() -> Iterator[tuple[str, str]]:
    """Yield what pages say of tables and enumerations of the code, through the filter `translated` or by a variable."""
    for each in MEASURES:
        texts = (each.title, each.definition, each.formula, each.not_for)
        charter = (each.charter.who, each.charter.when, each.charter.decision, each.charter.owner)
        yield from (("analytics/measures.py", text) for text in (*texts, *charter))
    for of in TEAM_MEASURES:
        texts = (
            of.title,
            of.definition,
            of.not_for,
            of.charter.who,
            of.charter.when,
            of.charter.decision,
            of.charter.owner,
        )
        yield from (("analytics/team_measures.py", text) for text in texts)
    yield from (("auth/permissions.py", role.value) for role in GRANTABLE)
    yield from (("auth/tokens.py", scope.value) for scope in Scope)
    yield from (("privacy/policy.py", relation.value) for relation in Relation)
    yield from (("privacy/policy.py", purpose.value.replace("_", " ")) for purpose in Purpose)
    yield from (("privacy/fields.py", field.value.replace("_", " ")) for field in Field)
    yield from (("portal/team.py", label) for _, label in PURPOSES)
    yield from (("portal/compliance.py", outcome.replace("-", " ")) for outcome in OUTCOMES)
    yield from (("privacy/policy_parts.py", day.capitalize()) for day in WEEKDAYS)
    for status in (400, 405, 413, 415):  # of which pages say what the framework says; 404 has a sentence of its own
        refusal = default_exceptions[status]()
        yield from (("portal/problems.py", text) for text in (refusal.name, refusal.description or ""))
    yield from (("portal/ledgers.py", plain(rule)) for rule in (*OF_DESKS, *WHY_NOT, OUTSIDE, GRID))


def read(language: str) -> Catalog:
    """Return the catalogue of a language as it is kept."""
    with path(language).open("rb") as source:
        return read_po(source, locale=language, abort_invalid=True)


def missing(catalogue: Catalog) -> list[Message]:
    """Return the messages without a whole translation, fuzzy ones included."""
    return [each for each in catalogue if each.id and (each.fuzzy or not _is_whole(each))]


def _is_whole(message: Message) -> bool:
    return all(message.string) if isinstance(message.string, tuple) else bool(message.string)


def update(language: str) -> Catalog:
    """Bring the catalogue of a language up to the texts, write it, and return it; what is no longer said is dropped."""
    kept = read(language)
    kept.update(extracted(), no_fuzzy_matching=True, update_header_comment=False)
    kept.obsolete.clear()
    write(kept, path(language))
    return kept


def write(catalogue: Catalog, target: Path) -> None:
    """Write a catalogue so that the same texts give the same bytes, whoever writes them and when."""
    catalogue.fuzzy = False
    written = io.BytesIO()
    write_po(written, catalogue, width=_WIDTH, sort_output=True, include_lineno=False)
    target.write_text(_ABOUT_THE_WRITER.sub("", written.getvalue().decode()), encoding="utf-8")


def main() -> int:
    """Update every catalogue; say what is missing, and fail if anything is."""
    lacking = 0
    for language in sorted(set(LANGUAGES) - {ENGLISH}):
        found = update(language)
        waiting = missing(found)
        lacking += len(waiting)
        print(f"{language}: {len(found)} texts, {len(waiting)} without a translation")
        for each in waiting:
            print(f"  {each.id if isinstance(each.id, str) else each.id[0]}")
    return 1 if lacking else 0


if __name__ == "__main__":
    sys.exit(main())
