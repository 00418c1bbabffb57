"""What keeps a target from being announced, said beside each field; and what it is, and stays, warned of (pure)."""

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

from analytics.target_aims import AIMS, Seen
from analytics.targets import COMMENT_DAYS, Terms, Warned
from privacy.free_text import UNSEEN, unseen
from privacy.messages import N_, Said

LONGEST: Final = 600
_YEAR: Final = dt.timedelta(days=366)
_BACK_OFFICE: Final = 65
"""A band of utilisation that begins above this is one of call centres."""

CALL_CENTRE: Final = "call-centre"
OUTSIDE: Final = "outside"
UNSEEN_YET: Final = "unseen"

_MISSING: Final[Mapping[str, str]] = {
    "reason": N_("Say why: a target without a reason cannot be announced."),
    "benefit": N_("Say what it brings the people concerned: a target without that cannot be announced."),
    "change": N_("Say why it changes: a change has a reason of its own."),
}


@dataclass(frozen=True, slots=True)
class Known:
    """What terms are held against: the day, the earliest one on which they may take effect, the managers of the team,
    what it can have a target about and has one about already, and the version that they replace.
    """

    today: dt.date
    earliest: dt.date
    owners: Collection[str]
    possible: Collection[tuple[str, str]]
    taken: Collection[tuple[str, str]]
    before: Terms | None = None


def faults(terms: Terms, known: Known) -> dict[str, str]:
    """Return a message for each field that has to change; no more than one for each."""
    wrong: dict[str, str] = {}
    texts = {"reason": terms.reason, "benefit": terms.benefit}
    texts |= {} if known.before is None else {"change": terms.change}
    for place, text in texts.items():
        if (found := text_fault(text, _MISSING[place])) is not None:
            wrong[place] = found
    if terms.what not in known.possible:
        wrong["measure"] = N_("Choose what the target is about.")
    elif terms.what in known.taken:
        wrong["measure"] = N_("There is a target about this already. Change that one, or end it first.")
    if terms.owner not in known.owners:
        wrong["owner"] = N_("Choose a manager of the team: somebody has to answer for it.")
    return wrong | _band_faults(terms) | _day_faults(terms, known) | _unchanged(terms, known)


def text_fault(text: str, missing: str) -> str | None:
    """Return what is wrong with a text that everybody in the team reads, None if nothing is."""
    if not text.strip():
        return missing
    if len(text) > LONGEST:
        return Said(N_("At most %(most)s characters; these are %(count)s."), most=LONGEST, count=len(text))
    if (letter := unseen(text, lines=True)) is not None:
        return Said(UNSEEN, **letter)
    return None


def warnings(terms: Terms, seen: Seen | None) -> tuple[Warned, ...]:
    """Return what a band is warned of; `seen` is between what the team's own figure lay over the last weeks."""
    found = []
    if terms.aim == "utilisation" and terms.low > _BACK_OFFICE:
        found.append(Warned(CALL_CENTRE))
    if seen is None:
        found.append(Warned(UNSEEN_YET))
    elif terms.low > seen.high or terms.high < seen.low:
        found.append(Warned(OUTSIDE, int(seen.low), int(-(-seen.high // 1))))
    return tuple(found)


def _band_faults(terms: Terms) -> dict[str, str]:
    aim = AIMS.get(terms.aim)
    if aim is None:
        return {}
    if terms.low < 0:
        return {"low": N_("Write where the band begins.")}
    if terms.high < 0:
        return {"high": N_("Write where the band ends.")}
    if terms.high > aim.most:
        return {"high": Said(N_("The band ends at %(most)s at the most."), most=_written(aim.most, aim.unit))}
    if terms.low >= terms.high:
        return {"high": N_("The band ends above where it begins: a target is a band, and never one number.")}
    return {}


def _written(value: int, unit: str) -> str:
    if unit == "minutes":
        return f"{value // 60}:{value % 60:02}"
    return f"{value} %" if unit == "percent" else str(value)


def _day_faults(terms: Terms, known: Known) -> dict[str, str]:
    wrong: dict[str, str] = {}
    if terms.effective <= known.today:
        wrong["effective"] = N_("A target takes effect on a day to come.")
    elif terms.effective < known.earliest:
        sentence = N_("People have %(days)s working days to comment first: %(day)s at the earliest.")
        wrong["effective"] = Said(sentence, days=COMMENT_DAYS, day=known.earliest)
    elif terms.effective - known.today > _YEAR:
        wrong["effective"] = N_("This is more than a year ahead.")
    if terms.review <= terms.effective:
        wrong["review"] = N_("It is looked at again after it took effect.")
    elif terms.effective > known.today and terms.review - terms.effective > _YEAR:
        wrong["review"] = N_("It is looked at again within a year of taking effect.")
    return wrong


def _unchanged(terms: Terms, known: Known) -> dict[str, str]:
    """Refuse a change that changes nothing but its days and its reason."""
    before = known.before
    if before is None:
        return {}
    same = (terms.low, terms.high, terms.reason, terms.benefit, terms.owner, terms.review)
    if same == (before.low, before.high, before.reason, before.benefit, before.owner, before.review):
        return {"change": N_("Nothing would change: the band, the reasons, the owner and the review are the same.")}
    return {}
