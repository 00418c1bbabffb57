"""What the frame of every page shows of whoever is signed in: name, areas, notices, what is captured, warnings."""

from dataclasses import dataclass
from typing import Any, Final
from zoneinfo import ZoneInfo

from flask import Flask, g, request
from sqlalchemy.exc import SQLAlchemyError

from portal import policy_words, witness_states
from portal.access import asking, current_roles, person, system
from portal.locale import N_, _
from portal.widened import Widened, widened

TRIAL: Final = N_("Synthetic data: nobody in this portal is real.")


@dataclass(frozen=True, slots=True)
class Shell:
    """The frame's variables; see templates/base.html."""

    person: str
    roles: frozenset[str]
    notices: int
    capture: str
    mark: str | None
    warnings: tuple[str, ...] = ()
    widened: Widened | None = None


def shell() -> Shell | None:
    """Return the frame of the asker, or None for a stranger."""
    found = asking()
    if found is None:
        return None
    return Shell(
        person=person().name,
        roles=frozenset(role.value for role in current_roles()),
        notices=system().announcements.unseen(found.subject),
        capture=policy_words.in_short(system().policies.now()),
        mark=_(TRIAL) if system().organisation.throw_away else None,
        warnings=_warnings(person().zone),
        widened=widened(system(), person()),
    )


def _warnings(zone: ZoneInfo) -> tuple[str, ...]:
    """Return what everybody is warned of. A page is shown also while the log cannot be read, which says so itself."""
    try:
        return tuple(witness_states.warnings(system(), zone))
    except SQLAlchemyError:
        return ()


def add_shell(app: Flask) -> None:
    """Give the frame to every template of `app`."""

    @app.context_processor
    def _frame() -> dict[str, Any]:
        # Without its database a page has no frame: whose page it is cannot be read.
        return {"shell": None if request.path.startswith("/api/") or g.get("stores_away") else shell()}
