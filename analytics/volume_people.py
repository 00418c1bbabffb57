"""Finding people where only work should be: columns that name them, and values that are their names or addresses.

A file about the work of a team becomes one about its people by one more column. So a file is refused as a whole when a
column is called like one, or when a value is an e-mail address, or the name, address or id of somebody known here. It
cannot know who does which work: a process that one person does alone is theirs, whatever it is called.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

_WORDS: Final = re.compile(r"\w+")
_PARTS: Final = re.compile(r"[^\W_]+")
_ADDRESS: Final = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")
_LONGEST_NAME: Final = 6
"""Words of a name that are looked for inside of a longer text."""

_OF_PERSONS: Final = frozenset({
    "account", "agent", "agents", "assignee", "author", "bearbeiter", "bearbeiterin", "benutzer", "clerk",
    "colleague", "email", "employee", "employees", "examiner", "firstname", "forename", "handler", "initials",
    "kennung", "kollege", "kuerzel", "kürzel", "lastname", "login", "mail", "member", "mitarbeitende",
    "mitarbeiter", "mitarbeiterin", "nachname", "name", "nickname", "nutzer", "officer", "operator", "owner",
    "person", "personal", "personalnr", "personalnummer", "personnel", "sachbearbeiter", "sachbearbeiterin",
    "signum", "staff", "subject", "surname", "upn", "user", "userid", "username", "vorname", "worker",
})  # fmt: skip


def names_persons(column: str) -> bool:
    """Tell whether a column is called like one that says who: `employee`, `user_id`, `Agent name`, `Kürzel`."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", column)  # userId
    return not _OF_PERSONS.isdisjoint(_PARTS.findall(spaced.casefold()))


@dataclass(frozen=True, slots=True)
class KnownPeople:
    """Who is known, by what is only theirs: names as their sorted words, and addresses and ids as they are.

    So is what stands before the @, unless it is a word like any other.
    """

    names: frozenset[tuple[str, ...]]
    marks: frozenset[str]

    @classmethod
    def of(cls, people: Iterable[tuple[str, str, str]]) -> "KnownPeople":
        """Return those of `people`, each as (name, e-mail address, id)."""
        found = list(people)
        names = frozenset(_sorted(name) for name, _, _ in found)
        marks = {mark.casefold() for _, email, subject in found for mark in (email, subject)}
        logins = {mark.partition("@")[0] for mark in marks if "@" in mark}
        return cls(names - {()}, frozenset(marks | {each for each in logins if not each.isalpha()}))

    def in_text(self, text: str) -> bool:
        """Tell whether a value names somebody: it is or holds an address, or is one's id or name in any order.

        A name of two words or more is found inside of a longer text, too; one of a single word, which may be a word
        like any other, only where it is all there is.
        """
        if _ADDRESS.search(text) or text.strip().casefold() in self.marks:
            return True
        words = _WORDS.findall(text.casefold())
        if tuple(sorted(words)) in self.names:
            return True
        return any(
            tuple(sorted(words[first : first + count])) in self.names
            for count in range(2, _LONGEST_NAME + 1)
            for first in range(len(words) - count + 1)
        )


def _sorted(name: str) -> tuple[str, ...]:
    return tuple(sorted(_WORDS.findall(name.casefold())))
