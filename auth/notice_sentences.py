"""The sentence of a notice: its stored parameters in words, with names for ids, and days as the reader writes them."""

import datetime as dt
import re
from collections.abc import Mapping
from functools import reduce
from typing import Any, Final

from auth.notices import TOLD, Kind
from privacy.messages import N_, Said

PEOPLE: Final = frozenset({"by", "manager", "person", "reviewer", "viewer"})
"""Parameters that hold the subject id of somebody; an empty one is the command line."""

_COMMAND_LINE: Final = N_("An operator at the command line")
_COMMAND_LINE_INSIDE: Final = N_("an operator at the command line")
GONE: Final = N_("somebody who is no longer here")
USED_FROM: Final = " first, and used from "
"""Between the address that opened a link and another that used it."""

_WORDS: Final = frozenset({"change", "field", "role"})
"""Parameters that are words of ours."""
_LISTS: Final = frozenset({"names", "scopes"})
"""Parameters that are several words, with "and" between them."""
_DAYS: Final = frozenset({"closes", "day", "due", "expires", "issued", "last_day", "opens", "since"})
"""Parameters that are days, or a moment in UTC."""
_DAY: Final = re.compile(r"(\d{4}-\d\d-\d\d)(?: (\d\d:\d\d) UTC)?")


def sentence(kind: Kind, parameters: Mapping[str, str], names: Mapping[str, str], teams: Mapping[str, str]) -> str:
    """Return the notice in plain words; `names` and `teams` map ids to names."""
    shown: dict[str, Any] = dict(parameters)
    text = TOLD[kind][1]
    operator = Said(_COMMAND_LINE if text.startswith("%") else _COMMAND_LINE_INSIDE)
    for key in PEOPLE & shown.keys():
        shown[key] = names.get(shown[key]) or Said(GONE) if shown[key] else operator
    for key in _WORDS & shown.keys():
        shown[key] = Said(shown[key].replace("%", "%%"))
    if "team" in shown:
        shown["team"] = teams.get(shown["team"], shown["team"])
    for key in _DAYS & shown.keys():
        shown[key] = _day(shown[key])
    for key in _LISTS & shown.keys():
        shown[key] = reduce(_and, map(_word, shown[key].split(" and ")))
    if "address" in shown and (places := shown["address"].split(USED_FROM))[1:]:
        shown["address"] = Said(N_("%(opened)s first, and used from %(used)s"), opened=places[0], used=places[1])
    return Said(text, **shown)


def _day(text: str) -> Any:
    """Return a stored day as one that a sentence writes in its reader's language."""
    found = _DAY.fullmatch(text)
    if found is None:
        return text
    day = dt.date.fromisoformat(found[1])
    return day if found[2] is None else Said(N_("%(day)s, %(time)s UTC"), day=day, time=found[2])


def _word(text: str) -> str:
    return text if "%" in text else Said(text)  # in a message it would be doubled


def _and(before: str, last: str) -> str:
    return Said(N_("%(before)s and %(last)s"), before=before, last=last)
