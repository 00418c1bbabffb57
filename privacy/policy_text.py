"""A policy's text, put together: the header of a version, a preset, and category rules as TOML.

What is written here reads back as the same, and says nothing that cannot be seen.
"""

import datetime as dt
from collections.abc import Iterable
from functools import lru_cache

from privacy.policy_parts import Category


def version_of(body: str, version: int, organisation: str, effective: dt.datetime) -> str:
    """Return the text of a version: its header, and a body without one."""
    moment = effective.astimezone(dt.UTC).replace(microsecond=0)
    return (
        f"version = {version}\norganisation = {quoted(organisation)}\n"
        f"effective = {moment.isoformat().replace('+00:00', 'Z')}\n\n{body}"
    )


@lru_cache(16)
def body_of(text: str) -> str:
    """Return the body of a text that `version_of` put together."""
    return text.partition("\n\n")[2]


def categories_text(categories: Iterable[Category]) -> str:
    """Return category rules as tables of a policy."""
    return "".join(f"\n[[category]]\n{_category(each)}" for each in categories)


def _category(each: Category) -> str:
    lines = [f"path = {_list(each.path)}"]
    lines += [f"regex = {quoted(each.regex)}"] if each.regex else []
    lines += ["ignore_case = true"] if each.ignore_case else []
    lines += [f"select_keys = {_list(each.select_keys)}"] if each.select_keys else []
    lines += [] if each.priority is None else [f"priority = {each.priority}"]
    lines += [] if each.core is None else [f"core = {str(each.core).lower()}"]
    return "\n".join(lines) + "\n"


def _list(texts: Iterable[str]) -> str:
    return f"[{', '.join(map(quoted, texts))}]"


def quoted(text: str) -> str:
    """Return a text in quotes: as it is where it can be (expressions stay readable), or with escapes."""
    if text.isprintable() and "\\" in text and "'" not in text:
        return f"'{text}'"
    return '"' + "".join(map(_escaped, text)) + '"'


def _escaped(letter: str) -> str:
    if letter in '"\\':
        return f"\\{letter}"
    if letter.isprintable():
        return letter
    return f"\\u{ord(letter):04X}" if ord(letter) < 0x10000 else f"\\U{ord(letter):08X}"
