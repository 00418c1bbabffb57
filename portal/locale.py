"""The language in which texts are written at this moment, and `_`, which writes a text in it.

The language belongs to the running request (`portal.languages` sets it); outside of requests, and for programs, it is
English. A message is an English sentence with named places, `_("Paused until %(until)s", until=at)`, so that another
language can order them anew; sentences are never glued together from parts.
"""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from typing import Any, Final, NamedTuple

from babel import Locale
from babel.dates import format_date
from babel.lists import format_list
from babel.numbers import format_decimal
from werkzeug.datastructures import LanguageAccept
from werkzeug.http import parse_accept_header

from portal.catalogues import catalogue
from privacy.messages import N_, Said

__all__ = ["LANGUAGES", "N_", "Language", "_", "current", "gettext", "language", "ngettext", "pgettext", "speaking"]


class Language(NamedTuple):
    """A language of the portal: its tag, how dates and numbers are written in it, and its own name for itself."""

    tag: str
    locale: Locale
    name: str

    @property
    def html(self) -> str:
        """The value of the attribute `lang`."""
        return str(self.locale).replace("_", "-")


ENGLISH: Final = "en"
LANGUAGES: Final[dict[str, Language]] = {
    "en": Language("en", Locale("en", "GB"), "English"),
    "de": Language("de", Locale("de", "DE"), "Deutsch"),
}
"""Every language that can be chosen, by its tag; the first one is what everybody else gets."""

_current: Final[ContextVar[str]] = ContextVar("language", default=ENGLISH)
_LONGEST_HEADER: Final = 200
"""Characters of an `Accept-Language`; browsers send a few dozen."""


def current() -> str:
    """Return the tag of the language in which texts are written now."""
    return _current.get()


def language() -> Language:
    """Return the language in which texts are written now."""
    return LANGUAGES[_current.get()]


def speak(tag: str) -> None:
    """Write texts in a language from now on; KeyError if there is none with this tag."""
    _current.set(LANGUAGES[tag].tag)


@contextmanager
def speaking(tag: str) -> Iterator[None]:
    """Write texts in a language for the length of a block, such as a mail to somebody."""
    before = _current.set(LANGUAGES[tag].tag)
    try:
        yield
    finally:
        _current.reset(before)


@lru_cache(maxsize=256)
def preferred(header: str) -> str:
    """Return the tag of the language that a browser's `Accept-Language` likes best; English where it names none."""
    for wanted, quality in parse_accept_header(header[:_LONGEST_HEADER], LanguageAccept):
        tag = wanted.partition("-")[0].lower()  # de-AT and de-CH are German; werkzeug would take a later "en" first
        if quality > 0 and tag in LANGUAGES:
            return tag
    return ENGLISH


def gettext(message: str, /, **variables: Any) -> str:
    """Return a message in the present language, with its named places filled; without any, `%` means itself.

    A sentence of another package (`privacy.messages.Said`) is said anew, with its days and lists as they are written.
    """
    if isinstance(message, Said):
        return gettext(message.message, **{key: _written(value) for key, value in message.values.items()})
    text = catalogue(_current.get()).gettext(message) if message else ""
    return text % variables if variables else text


def pgettext(context: str, message: str, /, **variables: Any) -> str:
    """Return a message that means several things, by what it means here: `pgettext("verb", "Open")`."""
    text = catalogue(_current.get()).pgettext(context, message)
    return text % variables if variables else text


def ngettext(singular: str, plural: str, num: int, /, **variables: Any) -> str:
    """Return the form that fits a number; `%(num)s` is the number, written as the language writes it."""
    text = catalogue(_current.get()).ngettext(singular, plural, num)
    return text % {"num": count(num), **variables}


def count(number: int) -> str:
    """Write a whole number with the grouping of the present language."""
    return str(number) if -1000 < number < 1000 else str(format_decimal(number, locale=language().locale))


def _written(value: Any) -> Any:
    if isinstance(value, Said):
        return gettext(value)
    if isinstance(value, dt.date):
        return str(format_date(value, "d MMMM y" if _current.get() == ENGLISH else "long", locale=language().locale))
    if isinstance(value, tuple):
        return str(format_list([_written(each) for each in value], locale=language().locale))
    return count(value) if isinstance(value, int) else value


_ = gettext
