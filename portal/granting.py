"""Giving and ending a grant: the sealed copy, the entries of the log, and the announcements, in one transaction."""

from typing import Any

from analytics.granted import Terms
from auth.notices import Kind, Notice
from portal.wiring import System
from privacy.canonical import canonical, digest
from privacy.grants import Grant
from privacy.stores import writing
from privacy.vault_store import lock


def give(system: System, terms: Terms, payload: dict[str, Any]) -> Grant:
    """Grant `payload` on these terms, and tell both. LogUnavailable if the log cannot be written: nothing was given.

    The same form sent twice grants once: what is in force with this digest, which has a salt, is returned as it is.
    """
    asked = Grant(
        subject=terms.subject,
        number=0,
        viewer=terms.viewer,
        purpose=terms.purpose,
        fields=terms.fields,
        period=terms.period,
        given_on=system.gate.today(terms.subject),
        expires_on=terms.expires_on,
        digest=digest(payload),
    )
    with writing(system.stores.data) as connection:
        lock(connection, terms.subject)
        if (same := _in_force(system, asked)) is not None:
            return same
        grant = system.rooms.grants.give(connection, asked, canonical(payload))
        both = (_notice(grant, grant.subject, Kind.GRANT_MADE), _notice(grant, grant.viewer, Kind.GRANT_GIVEN))
        system.journal.tell(connection, both, by=grant.subject)
    return grant


def end(system: System, grant: Grant) -> None:
    """End a grant as its person: the key goes first, so that nothing keeps open what was taken back; both are told.

    LogUnavailable if the log cannot be written: nothing opens the grant any more, and ending it again removes the row.
    """
    with writing(system.stores.data) as connection:
        system.rooms.grants.end(connection, grant)
        both = (_notice(grant, grant.subject, Kind.GRANT_ENDED), _notice(grant, grant.viewer, Kind.GRANT_REVOKED))
        system.journal.tell(connection, both, by=grant.subject)


def _in_force(system: System, asked: Grant) -> Grant | None:
    """Return the grant that says the same and opens; its digest is of viewer, purpose, days, last day and figures."""
    known = system.rooms.grants.of(asked.subject)
    same = (each for each in known if (each.viewer, each.digest) == (asked.viewer, asked.digest))
    return next((each for each in same if each.permits(asked.viewer, asked.given_on)), None)


def _notice(grant: Grant, subject: str, kind: Kind) -> Notice:
    told = {"grant": str(grant.number), "viewer": grant.viewer, "expires": grant.expires_on.isoformat()}
    return Notice(subject, kind, told)
