"""Targets in words: what one is about, and what it is warned of."""

from typing import Final

from analytics.target_aims import AIMS
from analytics.target_checks import CALL_CENTRE, OUTSIDE
from analytics.targets import Terms, Warned
from portal.locale import N_, _
from portal.show import figure

_CALL_CENTRE: Final = N_(
    "These are call-centre numbers. Near 50% is normal for back-office work, since much of it is not done in core"
    " applications; call centres are near 80%. People who are held to it will look busy rather than be well."
)
_OUTSIDE: Final = N_(
    "The team’s own figure lay between %(low)s and %(high)s over the last weeks: the band is outside of what the"
    " process does today. Say in the reason what changes in the work so that it can be reached."
)
_UNSEEN: Final = N_(
    "There is no figure of this team yet to hold the band against. Nobody can see whether it can be reached, nor"
    " whether it is."
)


def title(aim: str, process: str) -> str:
    """Return what a target is about."""
    name = _(AIMS[aim].title)
    return _("%(process)s: %(measure)s", process=process, measure=name) if process else name


def title_of(terms: Terms) -> str:
    """Return what a version of a target is about."""
    return title(*terms.what)


def warning(warned: Warned, terms: Terms) -> str:
    """Return what a band is warned of, as a sentence."""
    if warned.code == CALL_CENTRE:
        return _(_CALL_CENTRE)
    if warned.code == OUTSIDE:
        low, high = (figure(each or 0, terms.of.unit) for each in (warned.low, warned.high))
        return _(_OUTSIDE, low=low, high=high)
    return _(_UNSEEN)
