"""Texts of the packages that know no request and so no language, which the portal shows in the reader's language.

They stay English, in one place each. `N_` marks a text for the catalogue and does nothing else; `Said` is an English
sentence that remembers from which message and values it was made, so that the portal can say it anew.
"""

import datetime as dt
from typing import Any


def N_(message: str) -> str:
    """Return `message` as it is; the mark is for the extractor."""
    return message


class Said(str):
    """`Said("Valid until %(day)s.", day=date)`: a text like any other, for logs, terminals and programs.

    Values are texts, numbers, days, other messages (`Said`), or tuples of texts, which a sentence lists.
    """

    message: str
    values: dict[str, Any]

    def __new__(cls, message: str, **values: Any) -> "Said":
        made = super().__new__(cls, message % {key: _plain(value) for key, value in values.items()})
        made.message, made.values = message, values
        return made

    def __str__(self) -> str:
        return self  # so that an exception made of it hands it on whole


def _plain(value: Any) -> Any:
    if isinstance(value, dt.date):
        return f"{value.day} {value:%B %Y}"
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    return value
