"""A mapping says what the columns of a CSV file mean. It is a TOML text that whoever imports can read and keep.

```toml
name = "Our suite, sessions"
source = "our-suite"                       # events of one source are joined, whichever file they come from
rows = "events"                            # or "totals": how much, but not when within interval_minutes
who_else = "The suite's administrators."   # who else can see it there, for the employee to read

[columns]
start = ["Day", "From"]                    # several columns are joined with a space
end = "To"
app = "Program"
title = "Window"
```
"""

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from importlib import resources
from pathlib import Path
from typing import Final, Literal
from zoneinfo import ZoneInfo

import msgspec

from analytics.imports.csv_text import CsvRefused

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,40}")
_INTERVALS: Final = (5, 15, 30, 60)
_WHAT: Final = ("app", "activity", "title", "url", "status")

Column = str | tuple[str, ...]


class Columns(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Which column holds what. `activity` is an application's name or a site's, as RescueTime has it."""

    start: Column
    end: Column | None = None
    duration: Column | None = None
    app: Column | None = None
    activity: Column | None = None
    title: Column | None = None
    url: Column | None = None
    category: Column | None = None
    status: Column | None = None


class CsvMapping(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What the columns mean, and how the file is written where that cannot be seen from it."""

    source: str
    rows: Literal["events", "totals"]
    columns: Columns
    name: str = ""
    who_else: str = ""
    interval_minutes: int | None = None
    duration_unit: Literal["seconds", "minutes", "hours"] = "seconds"
    dates: Literal["day-first", "month-first"] | None = None
    zone: str | None = None
    encoding: Literal["utf-8", "utf-16", "cp1252"] | None = None
    separator: Literal["comma", "semicolon", "tab"] | None = None
    header: tuple[str, ...] | None = None
    optional: tuple[str, ...] = ()
    active: tuple[str, ...] = ()
    away: tuple[str, ...] = ()
    blank: tuple[str, ...] = ()

    def wanted(self, needed: bool = False) -> list[str]:
        """Return the names of the columns in use; with `needed`, of those without which a file is none of these."""
        return [name for what, names in self.parts() if not (needed and what in self.optional) for name in names]

    def parts(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Yield what is looked for, with the columns that hold it."""
        for what in self.columns.__struct_fields__:
            column = getattr(self.columns, what)
            if column is not None:
                yield what, (column,) if isinstance(column, str) else column


def read_mapping(text: str, changes: Mapping[str, str] | None = None) -> CsvMapping:
    """Read a mapping, with single keys changed. Raises CsvRefused with the key and the fix."""
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise CsvRefused(f"the mapping is not TOML: {error}") from None
    try:
        mapping = msgspec.convert(content | _typed(changes or {}), CsvMapping)
    except msgspec.ValidationError as error:
        raise CsvRefused(f"the mapping cannot be used: {error}") from None
    _check(mapping)
    return mapping


def presets() -> dict[str, str]:
    """Return the mappings that come with Sameview, by name."""
    folder = resources.files("analytics.imports") / "mappings"
    found = sorted((each for each in folder.iterdir() if each.name.endswith(".toml")), key=lambda each: each.name)
    return {each.name.removesuffix(".toml"): each.read_text(encoding="utf-8") for each in found}


def find_mapping(name: str, folder: Path) -> str:
    """Return the text of a mapping: one that comes with Sameview, one that was kept in `folder`, or a file."""
    known = presets()
    if name in known:
        return known[name]
    kept = folder / f"{name}.toml"
    path = kept if _NAME.fullmatch(name) and kept.is_file() else Path(name)
    if not path.is_file():
        kept_names = sorted(each.stem for each in folder.glob("*.toml"))
        raise CsvRefused(f"there is no mapping {name}: give a file, or one of {', '.join([*known, *kept_names])}")
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise CsvRefused(f"{path} is not UTF-8: save the mapping as UTF-8") from None


def sources(folder: Path) -> dict[str, tuple[str, str]]:
    """Return the sources that mappings name, ours and those kept in `folder`: name, and who else can see it there."""
    found: dict[str, tuple[str, str]] = {}
    for name in [*presets(), *(path.stem for path in sorted(folder.glob("*.toml")))]:
        with suppress(CsvRefused, OSError):  # a kept file that is none of ours any more says nothing
            mapping = read_mapping(find_mapping(name, folder))
            if not mapping.who_else:
                continue
            found.setdefault(mapping.source, (mapping.name.partition(",")[0] or mapping.source, mapping.who_else))
    return found


def keep_mapping(mapping: CsvMapping, name: str, folder: Path) -> Path:
    """Write a mapping under a name of its own. Raises CsvRefused."""
    if not _NAME.fullmatch(name) or name in presets():
        raise CsvRefused(f"{name[:60]!r} cannot name a mapping: take small letters, digits and hyphens, none of ours")
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.toml"
    path.write_text(written(mapping), encoding="utf-8")
    return path


def written(mapping: CsvMapping) -> str:
    """Return a mapping as TOML, such that reading it gives the same mapping."""
    content = msgspec.to_builtins(mapping)
    columns = content.pop("columns")
    lines = [f"{key} = {_toml(value)}" for key, value in content.items()]
    return "\n".join([*lines, "", "[columns]", *(f"{key} = {_toml(value)}" for key, value in columns.items()), ""])


def _toml(value: str | int | list[str] | tuple[str, ...]) -> str:
    """Return a value as TOML, whose basic strings are JSON's but for the character DEL."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _typed(changes: Mapping[str, str]) -> dict[str, str | int]:
    if "columns" in changes:
        raise CsvRefused("columns cannot be changed by --with: write the mapping to a file and change it there")
    return {key: int(value) if value.isdecimal() and value.isascii() else value for key, value in changes.items()}


def _check(mapping: CsvMapping) -> None:
    columns, totals = mapping.columns, mapping.rows == "totals"
    faults = {
        "source is no short name: take small letters, digits and hyphens": not _NAME.fullmatch(mapping.source),
        "columns names neither end nor duration: say which column holds one": not (columns.end or columns.duration),
        f"columns names none of {', '.join(_WHAT)}": not any(getattr(columns, each) for each in _WHAT),
        "totals need a column duration": totals and not columns.duration,
        "totals have no end and no status: take them out of columns": totals and bool(columns.end or columns.status),
        f"interval_minutes of totals is one of {', '.join(map(str, _INTERVALS))}": totals
        and mapping.interval_minutes not in _INTERVALS,
        "status needs active and away: which words mean which": bool(columns.status)
        and not (mapping.active and mapping.away),
        "optional can name title, url and category": not {*mapping.optional} <= {"title", "url", "category"},
        "a column has no name": not all(mapping.wanted()),
    }
    if fault := next((each for each, there in faults.items() if there), None):
        raise CsvRefused(f"the mapping cannot be used: {fault}")
    if mapping.zone is not None:
        zone_named(mapping.zone)


def zone_named(name: str) -> ZoneInfo:
    """Return a time zone. Raises CsvRefused."""
    try:
        return ZoneInfo(name)
    except (LookupError, ValueError, OSError):
        raise CsvRefused(f"{name[:60]!r} is not a time zone; write an IANA name such as Europe/Vienna") from None
