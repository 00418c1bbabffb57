"""What pages draw of a target: its state, the versions that hold and come, its track, and why it changed."""

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

from analytics.target_aims import Seen
from analytics.target_chart import Track, track
from analytics.targets import Target, Version
from portal import target_figures, targets
from privacy.canonical import digest

if TYPE_CHECKING:
    from portal.wiring import System


@dataclass(frozen=True, slots=True)
class Drawn:
    """A target on a day, for `templates/macros/targets.html`.

    `shown` is the version that stands for it, `held` the one in effect, `coming` the one that is announced, `before`
    the one that `shown` replaced; `lately` is between what the team's own figure lay, `review` whether it is to be
    looked at again.
    """

    target: Target
    state: str
    shown: Version
    held: Version | None
    coming: Version | None
    before: Version | None
    lately: Seen | None
    review: bool
    track: Track


def drawn(system: "System", target: Target, today: dt.date) -> Drawn:
    """Return what is drawn of a target."""
    held, coming, shown = target.holds_on(today), target.coming(today), target.shown(today)
    lately = target_figures.seen(system, target.team, *shown.terms.what, today)
    ahead = coming.terms if coming and held else None
    return Drawn(
        target=target,
        state=target.state(today),
        shown=shown,
        held=held,
        coming=coming,
        before=target.before(shown),
        lately=lately,
        review=target.is_to_review(today),
        track=track(shown.terms, lately, ahead),
    )


def bands(system: "System", team: str, today: dt.date) -> dict[tuple[str, str], Drawn]:
    """Return the open targets of a team by what they are about: the name of a measure, and of a process or none."""
    found = (each for each in targets.board(system, team).targets if each.is_open)
    return {each.shown(today).terms.what: drawn(system, each, today) for each in found}


def digest_of(target: Target, version: Version) -> str:
    """Return the digest of what a version says, as pages and JSON show it."""
    return digest({"team": target.team, "target": target.number, "terms": version.terms.dump()})
