"""The tables of a policy's text, each with the line where it stands, so that what is wrong can be pointed at."""

import difflib
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, Final

_HEADER: Final = re.compile(r"\s*\[\[?\s*([A-Za-z0-9_-]+)\s*\]\]?\s*(?:#.*)?")
_KEY: Final = re.compile(r'\s*"?([A-Za-z0-9_-]+)"?\s*=')


class PolicyBroken(ValueError):
    """A policy cannot be used; the text names the line, the key, and what to change."""


class Lines:
    """Where in a text each table begins, and each key in it."""

    def __init__(self, text: str) -> None:
        self._keys: dict[tuple[str, int], dict[str, int]] = {("", 0): {}}
        self._heads: dict[tuple[str, int], int] = {("", 0): 1}
        count: dict[str, int] = {}
        here = ("", 0)
        for number, line in enumerate(text.split("\n"), start=1):
            if header := _HEADER.fullmatch(line):
                here = (header[1], count.get(header[1], 0))
                count[header[1]] = here[1] + 1
                self._heads[here] = number
                self._keys[here] = {}
            elif key := _KEY.match(line):
                self._keys[here].setdefault(key[1], number)

    def of(self, table: str, number: int, key: str | None = None) -> int:
        """Return the line of a key of the table of a name, the `number`th of them from 0, or where the table begins."""
        place = (table, number)
        if place not in self._heads:
            return self._keys["", 0].get(table, 1)
        return self._keys[place].get(key or "", self._heads[place])


class Table:
    """One table of the text, read key by key; whatever was not asked for in the end is refused."""

    def __init__(self, lines: Lines, content: Any, name: str = "", number: int = 0) -> None:
        self._lines, self._name, self._number = lines, name, number
        self._known: list[str] = []
        if not isinstance(content, Mapping):
            raise self.broken(None, f"write it as a table, [{name}]")
        self._content = content

    def broken(self, key: str | None, reason: str) -> PolicyBroken:
        """Return the error that names the line of a key and the reason."""
        line = self._lines.of(self._name, self._number, key)
        where = ".".join(filter(None, (self._name, key))) or "the policy"
        return PolicyBroken(f"line {line}: {where}: {reason}")

    def __contains__(self, key: str) -> bool:
        self._known.append(key)
        return key in self._content

    def value(self, key: str) -> Any:
        """Return what stands there, None if nothing does."""
        self._known.append(key)
        return self._content.get(key)

    def text(self, key: str, default: str | None = None) -> str:
        value = self.value(key)
        if value is None and default is not None:
            return default
        if not isinstance(value, str) or not value.strip():
            raise self.broken(key, f'is missing or no text; write {key} = "…"')
        return value

    def whole(self, key: str, low: int, high: int, default: int | None = None) -> int:
        value = self.value(key)
        if value is None and default is not None:
            return default
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise self.broken(key, f"is no whole number from {low} to {high}; write {key} = {max(low, default or low)}")
        return value

    def flag(self, key: str) -> bool | None:
        value = self.value(key)
        if value is not None and not isinstance(value, bool):
            raise self.broken(key, f"is neither true nor false; write {key} = true")
        return value

    def texts(self, key: str, *, needed: bool = True) -> tuple[str, ...]:
        value = self.value(key)
        if value is None and not needed:
            return ()
        if not isinstance(value, list) or not value or not all(isinstance(each, str) and each for each in value):
            raise self.broken(key, f'is no list of texts; write {key} = ["…"]')
        return tuple(value)

    def chosen(self, key: str, known: Collection[str], *, needed: bool = True) -> tuple[str, ...]:
        """Return a list of texts of which every one is known."""
        found = self.texts(key, needed=needed)
        if strange := [each for each in found if each not in known]:
            raise self.broken(key, f"{strange[0]!r} is not one of {', '.join(sorted(known))}")
        return found

    def chosen_one(self, key: str, known: Collection[str]) -> str:
        """Return a text that is known."""
        found = self.text(key)
        if found not in known:
            raise self.broken(key, f"{found!r} is not one of {', '.join(known)}")
        return found

    def table(self, key: str) -> "Table":
        """Return a table inside, which may be missing: then it is empty."""
        return Table(self._lines, self._content.get(self._noted(key), {}), key)

    def tables(self, key: str, most: int) -> Iterator["Table"]:
        """Yield each `[[key]]`."""
        found = self._content.get(self._noted(key), [])
        if not isinstance(found, Sequence) or isinstance(found, str):
            raise self.broken(key, f"write each as a table of its own, under [[{key}]]")
        if len(found) > most:
            raise self.broken(key, f"there are {len(found)} of them; at most {most} are allowed")
        return (Table(self._lines, each, key, number) for number, each in enumerate(found))

    def finish(self) -> None:
        """Raise PolicyBroken for a key that nobody asked for: a misspelt one must not silently mean nothing."""
        for key in self._content:
            if key not in self._known:
                near = difflib.get_close_matches(key, self._known, n=1)
                hint = f"; did you mean {near[0]!r}?" if near else f"; known here: {', '.join(sorted(self._known))}"
                raise self.broken(key, f"is unknown{hint}")

    def _noted(self, key: str) -> str:
        self._known.append(key)
        return key
