"""Whether the clock may be wrong, before anything is done by it that cannot be undone.

A clock that is set forward for one night would let go of everything that is kept, freeze weeks that have not been, and
close days to come. The days of the access log show it: somebody looks, or a night closes a day, every few days, so that
a long time without any is a clock that jumped, or an installation that stood still. Only whoever runs it knows which.
"""

import datetime as dt
from itertools import pairwise
from typing import Final

from portal import retention
from portal.wiring import System

LONGEST_SILENCE: Final = dt.timedelta(days=35)


def doubt(system: System) -> str | None:
    """Return a sentence if the clock may have jumped and a night would let something go by it; otherwise None.

    Days count from the last one that a night closed on: a night in doubt closes none, so that a second one by the same
    clock is in doubt as well, whatever was written by it in between.
    """
    today = system.clock().astimezone(dt.UTC).date()
    days = [each for each in system.log.days_since_closing() if each < today]
    jumps = [(last, day) for last, day in pairwise([*days, today]) if day - last > LONGEST_SILENCE]
    if not jumps or not retention.is_due(system):
        return None
    last, day = jumps[-1]
    return (
        f"the clock says {today}, and the access log says nothing between {last} and {day}: no week was frozen, nothing"
        " let go and no day closed, since none of it could be undone. If the clock is wrong, set it right; if this"
        " installation stood still for so long, run `sameview jobs nightly --clock-is-right` once"
    )
