"""What stands out of a day, in words."""

from typing import Final

from analytics.notable import Notable
from portal.locale import N_, _
from portal.show import figure

_SAID: Final = {
    "longest_focus": N_("A focus block of %(value)s is longer than any of your last %(days)s working days."),
    "longest_stretch": N_("%(value)s without a break is longer than on any of your last %(days)s working days."),
    "focus_time": N_("%(value)s in focus is more than on any of your last %(days)s working days."),
    "breaks": N_("%(value)s breaks are more than on any of your last %(days)s working days."),
    "active_time": N_("%(value)s active is more than on any of your last %(days)s working days."),
}
"""By measure; each sentence is a figure, and no verdict."""


def sentence(found: Notable | None) -> str | None:
    """Say what stands out of a day; None where nothing does."""
    if found is None:
        return None
    value = figure(found.value, found.measure.unit)
    return _(_SAID[found.measure.name], value=value, days=found.days)
