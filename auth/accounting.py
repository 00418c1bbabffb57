"""Comparing who is what with the access log: every right that stands now must be what an entry made it.

The announcements are the link: each stands in the log with the digest of its words (`auth.journal`). So they are
compared with the log first, and then each relation, role and credential with the last announcement about it. What was
forged, back-dated, taken from an older state or hidden is named, by subject ids. Rows that grant nothing any more are
not looked at, and a right that somebody deleted is not either: it opens nothing.
"""

import datetime as dt
from collections.abc import Collection, Iterator
from typing import Any, Final

from sqlalchemy import Connection, Row, select

from auth import person
from auth.confirmed import Confirmed, ConfirmedAnnouncements
from auth.invitations import Kind as LinkKind
from auth.meeting_accounts import meeting_problems
from auth.models import Invitation, Management, Membership, PersonalToken, RoleGrant, SignInSession, Told
from auth.models import Person as PersonRow
from auth.notices import Kind
from auth.passwords import PASSWORD, fingerprint
from auth.person import Person
from auth.stamps import Stamped, Stamps
from auth.tokens import Scope
from privacy.grants import Granted
from privacy.log_ledger import Ledger
from privacy.log_talks import removal
from privacy.threads import ThreadRow

_PASSWORD_KINDS: Final = (Kind.PASSWORD_SET, Kind.PASSWORD_RESET, Kind.PASSWORD_CHANGED, Kind.PASSWORD_RENEWED)
_TOKEN_KINDS: Final = (
    Kind.TOKEN_ISSUED,
    Kind.TOKEN_REVOKED,
    Kind.DEVICE_ENROLLED,
    Kind.DEVICE_RENAMED,
    Kind.DEVICE_REVOKED,
)
_LINK_KINDS: Final = {
    LinkKind.INVITATION: Kind.INVITED,
    LinkKind.RESET: Kind.RESET_ISSUED,
    LinkKind.SIGN_IN: Kind.SIGN_IN_LINK_ISSUED,
}
_NOT_STAMPED: Final = "was not written by the portal, and gives no right"


class Accounting:
    """One comparison, inside one reading transaction on the data store.

    `erased` are those who have a tombstone: of them the log says nothing any more, and nothing may give them a right.
    """

    def __init__(
        self,
        connection: Connection,
        ledger: Ledger,
        stamps: Stamps,
        now: dt.datetime,
        erased: Collection[str] = frozenset(),
    ) -> None:
        self._connection = connection
        self._erased = frozenset(erased)
        self._stamps = stamps
        self._now = now
        self._people = {each.subject: each for each in person.read(connection)}
        self._ledger = ledger
        self._said = ConfirmedAnnouncements(connection, ledger)

    @property
    def warnings(self) -> list[str]:
        """What was lost in a restore."""
        return self._said.warnings

    @property
    def uncompared(self) -> Collection[str]:
        """Whose rights rest on entries that expired, by subject id; known once `problems` was gone through."""
        return self._said.uncompared

    def undone_by(self, entry: int) -> int | None:
        """Return the entry with which everybody was told that a restore undid another entry, None if none did."""
        return self._said.undone_by(entry)

    def problems(self) -> Iterator[str]:
        """Yield what does not stand in the log as it stands here, as `place: reason`."""
        yield from self._said.problems
        yield from self._roles()
        yield from self._memberships()
        yield from self._managements()
        yield from self._told()
        yield from meeting_problems(self._connection, self._stamps, self._said, self._ledger, self._erased)
        yield from self._accounts()
        yield from self._tokens()
        yield from self._links()
        yield from self._grants()
        yield from self._threads()
        for row in self._rows(SignInSession):
            if not self._stamps.holds(SignInSession, row):
                yield f"session of {row.subject_id}: {_NOT_STAMPED}"

    # Roles and relations

    def _roles(self) -> Iterator[str]:
        for row in self._current(RoleGrant):
            last = self._said.last(row.subject_id, Kind.ROLE_GRANTED, Kind.ROLE_REVOKED, role=row.role)
            place = f"role {row.role} of {row.subject_id}"
            yield from self._granted(place, RoleGrant, row, last, Kind.ROLE_GRANTED)

    def _managements(self) -> Iterator[str]:
        for row in self._current(Management):
            last = self._said.last(row.subject_id, Kind.APPOINTED, Kind.DISMISSED, team=row.team_id)
            place = f"management of {row.team_id} by {row.subject_id}"
            yield from self._granted(place, Management, row, last, Kind.APPOINTED)

    def _memberships(self) -> Iterator[str]:
        for row in self._current(Membership):
            last = self._said.last(row.subject_id, Kind.MEMBER_ADDED, Kind.MEMBER_REMOVED, team=row.team_id)
            yield from self._granted(
                f"membership of {row.subject_id} in {row.team_id}", None, row, last, Kind.MEMBER_ADDED
            )

    def _granted(
        self, place: str, table: Stamped | None, row: Row[Any], last: Confirmed | None, kind: Kind
    ) -> Iterator[str]:
        """A right stands if its row is stamped, and the last that was said about it is that it begins on its day."""
        if table is not None and not self._stamps.holds(table, row):
            yield f"{place}: {_NOT_STAMPED}"
        if last is None:
            yield f"{place}: no entry of the log made it so"
        elif last.kind is not kind:
            yield f"{place}: entry {last.entry} of the log ended it"
        elif last.parameters.get("since") != row.since.isoformat():
            yield f"{place}: begins on {row.since}, which is not what entry {last.entry} of the log says"

    def _told(self) -> Iterator[str]:
        memberships = {(row.subject_id, row.id): row for row in self._current(Membership)}
        managements = {(row.subject_id, row.id): row for row in self._current(Management)}
        for told in self._connection.execute(select(Told.__table__)):
            membership = memberships.get((told.subject_id, told.membership_id))
            management = managements.get((told.manager_id, told.management_id))
            if membership is None or management is None:
                continue
            place = f"{told.manager_id} as manager of {told.subject_id}"
            columns = {**told._mapping, "team_id": membership.team_id, "since": membership.since}
            if told.stamp != self._stamps.of(Told, columns) or management.team_id != membership.team_id:
                yield f"{place}: {_NOT_STAMPED}"
            yield from self._announced(place, told, membership.team_id)

    def _announced(self, place: str, told: Row[Any], team: str) -> Iterator[str]:
        about = {"manager": told.manager_id, "team": team}
        began = self._said.last(told.subject_id, Kind.MANAGER_APPOINTED, day=told.day.isoformat(), **about)
        ended = self._said.last(told.subject_id, Kind.MANAGER_DISMISSED, **about)
        if began is None:
            yield f"{place}: no entry of the log told it on {told.day}"
        elif ended is not None and ended.entry > began.entry:
            yield f"{place}: entry {ended.entry} of the log ended it"

    # Accounts and credentials

    def _accounts(self) -> Iterator[str]:
        for row in self._rows(PersonRow):
            read = self._said.last(row.subject_id, Kind.ACKNOWLEDGED)
            if row.acknowledged_policy is not None and (
                read is None or read.parameters.get("policy") != str(row.acknowledged_policy)
            ):
                yield f"person {row.subject_id}: no entry of the log says that they have read the notice"
            left = self._said.last(row.subject_id, Kind.LEAVING, Kind.STAYING)
            day = left.parameters.get("last_day") if left is not None and left.kind is Kind.LEAVING else None
            if row.subject_id not in self._erased and day != (None if row.left is None else row.left.isoformat()):
                yield f"person {row.subject_id}: the last day is not what the log says"
            yield from self._password(row)

    def _password(self, row: Row[Any]) -> Iterator[str]:
        last = self._said.last(row.subject_id, *_PASSWORD_KINDS)
        if row.password_hash is None and last is not None:
            yield f"password of {row.subject_id}: was removed since entry {last.entry} of the log"
        elif row.password_hash is not None and last is None:
            yield f"password of {row.subject_id}: no entry of the log set one"
        elif last is not None and last.parameters.get(PASSWORD) != fingerprint(row.password_hash):
            yield f"password of {row.subject_id}: is not the one that entry {last.entry} of the log set"

    def _tokens(self) -> Iterator[str]:
        for row in self._rows(PersonalToken):
            if row.revoked_on is not None or row.expires_on < self._now.date():
                continue
            place = f"token {row.id} of {row.subject_id}"
            if not self._stamps.holds(PersonalToken, row):
                yield f"{place}: {_NOT_STAMPED}"
            last = self._said.last(row.subject_id, *_TOKEN_KINDS, token=row.id)
            reset = self._said.last(row.subject_id, Kind.PASSWORD_RESET, Kind.PASSWORD_SET)
            if last is None:
                yield f"{place}: no entry of the log issued it"
            elif last.kind in (Kind.TOKEN_REVOKED, Kind.DEVICE_REVOKED):
                yield f"{place}: entry {last.entry} of the log revoked it"
            elif (last.kind is Kind.TOKEN_ISSUED) != (row.host is None) or last.parameters.get("name") != row.name:
                yield f"{place}: is shown otherwise than entry {last.entry} of the log says"
            elif Scope.READ in row.scopes.split() and reset is not None and reset.entry > last.entry:
                yield f"{place}: entry {reset.entry} of the log ended it"

    def _links(self) -> Iterator[str]:
        for row in self._rows(Invitation):
            if row.used_on is not None or row.replaced_on is not None or row.expires_on < self._now.date():
                continue
            place = f"{row.kind} link {row.id} of {row.subject_id}"
            if not self._stamps.holds(Invitation, row):
                yield f"{place}: {_NOT_STAMPED}"
            kind = _LINK_KINDS[LinkKind(row.kind)]
            issued = self._said.last(row.subject_id, kind, expires=row.expires_on.isoformat())
            used = self._said.last(row.subject_id, Kind.PASSWORD_SET, Kind.PASSWORD_RESET)
            if issued is None:
                yield f"{place}: no entry of the log issued it"
            elif kind is not Kind.SIGN_IN_LINK_ISSUED and used is not None and used.entry > issued.entry:
                yield f"{place}: was used, as entry {used.entry} of the log says"

    # What people let others read

    def _grants(self) -> Iterator[str]:
        for row in self._rows(Granted):
            place = f"grant {row.number} of {row.subject_id} to {row.viewer_id}"
            if not self._stamps.holds(Granted, row):
                yield f"{place}: {_NOT_STAMPED}"
            about = {"grant": str(row.number), "by": row.subject_id}
            last = self._said.last(row.viewer_id, Kind.GRANT_GIVEN, Kind.GRANT_REVOKED, **about)
            if last is None:
                yield f"{place}: no entry of the log made it so"
            elif last.kind is Kind.GRANT_REVOKED:
                yield f"{place}: entry {last.entry} of the log ended it"
            elif last.parameters.get("expires") != row.expires_on.isoformat():
                yield f"{place}: ends on {row.expires_on}, which is not what entry {last.entry} of the log says"

    def _threads(self) -> Iterator[str]:
        for row in self._rows(ThreadRow):
            place = f"conversation {row.number} of {row.subject_id}"
            if not self._stamps.holds(ThreadRow, row):
                yield f"{place}: was not written by the portal, and nobody can read it"
            answer = self._said.last(row.subject_id, Kind.THREAD_ANSWERED, thread=str(row.number))
            if answer is not None and int(answer.parameters.get("messages", "0")) > row.messages:
                yield f"{place}: lacks the answer of entry {answer.entry} of the log: an older state was put back"
        yield from self._taken_away()

    def _taken_away(self) -> Iterator[str]:
        """Every conversation in which somebody was asked is there, or an entry says that it was removed."""
        here = {(row.subject_id, str(row.number)) for row in self._rows(ThreadRow)}
        for each in self._said.every(Kind.THREAD_ASKED):
            whose = (by, number) = each.parameters.get("by", ""), each.parameters.get("thread", "")
            if whose in here or by in self._erased or self._ledger.is_shortened(by):
                continue
            here.add(whose)
            if not number.isdecimal() or (by, removal(int(number))) not in self._ledger.removed:
                yield (
                    f"conversation {number} of {by}: is not there, as entry {each.entry} of the log says, and no entry"
                    " says that it was removed: it was taken away"
                )

    # Rows

    def _rows(self, table: Any) -> Iterator[Row[Any]]:
        yield from self._connection.execute(select(table.__table__).order_by(table.subject_id))

    def _current(self, table: Any) -> Iterator[Row[Any]]:
        """Yield the rows that have not ended on their person's clock, nor by UTC."""
        for row in self._rows(table):
            if row.until is None or row.until > self._today(self._people.get(row.subject_id)):
                yield row

    def _today(self, whose: Person | None) -> dt.date:
        utc = self._now.date()
        return utc if whose is None else max(utc, self._now.astimezone(whose.zone).date())
