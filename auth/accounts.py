"""Changes of one person: account, profile, roles, and having read the notice."""

import datetime as dt
import re
import uuid
from collections.abc import Iterable
from typing import Final

from sqlalchemy import insert

from auth import genuine, person
from auth.change import Change, earliest_day, zone_named
from auth.errors import ChangeRefused
from auth.models import Person as PersonRow
from auth.models import RoleGrant
from auth.notices import Kind
from auth.permissions import GRANTABLE, Role
from auth.person import normal_email
from auth.stamps import COLUMNS
from auth.wishes import Wish, stored
from privacy.messages import N_, Said
from privacy.vault import Subject

_EMAIL: Final = re.compile(r"[^@\s,;<>\"]+@[^@\s,;<>\"]+")
_FIELD_NAMES: Final = {
    "email": N_("e-mail address"),
    "name": N_("name"),
    "timezone": N_("time zone"),
    "joined": N_("first day"),
}

_MAILED_ON: Final = {Wish.RECAP: "mailed", Wish.LOOKS: "looks_mailed"}
_UNASKED: Final = dict.fromkeys(("wishes", *_MAILED_ON.values()))


class AccountChanges(Change):
    """Changes of one person."""

    def create(self, email: str, name: str, timezone: str, joined: dt.date | None = None) -> str:
        """Add a person without credentials, and return their subject id."""
        address, zone = checked_email(email), zone_named(timezone)
        self._refuse_taken(address)
        subject, today = uuid.uuid4().hex, self.now.astimezone(zone).date()
        self.connection.execute(insert(Subject).values(id=subject, created_day=today))
        values = {"subject_id": subject, "email": address, "timezone": timezone, "joined": joined or today}
        row = dict.fromkeys(COLUMNS[PersonRow]) | values | {"name": checked_name(name)}
        self.connection.execute(insert(PersonRow).values(**self.stamps.stamped(PersonRow, **row)))
        self.tell(subject, Kind.CREATED)
        return subject

    def update(
        self,
        subject: str,
        *,
        email: str | None = None,
        name: str | None = None,
        timezone: str | None = None,
        joined: dt.date | None = None,
    ) -> None:
        """Change what is given and differs; the person is told which field, the log no values."""
        found = self.person(subject)
        wanted = {
            "email": None if email is None else checked_email(email),
            "name": None if name is None else checked_name(name),
            "timezone": None if timezone is None else zone_named(timezone).key,
            "joined": joined,
        }
        changed = {key: new for key, new in wanted.items() if new is not None and new != getattr(found, key)}
        if "email" in changed:
            self._refuse_taken(str(changed["email"]))
        if changed:
            self.write(subject, **changed)
        for key in changed:
            self.tell(subject, Kind.PROFILE_CHANGED, field=_FIELD_NAMES[key])

    def vouch(self, subject: str) -> None:
        """Take what stands in a person's row as right, without wishes, and stamp it; the person is told of all of it.

        It is for a row that the portal did not write (`auth.genuine`), after somebody has looked at it.
        """
        self.person(subject)
        genuine.write(self.connection, self.stamps, subject, _UNASKED, vouched=True)
        for key in ("email", "timezone", "joined"):
            self.tell(subject, Kind.PROFILE_CHANGED, field=_FIELD_NAMES[key])

    def acknowledge(self, subject: str, policy: int) -> None:
        """Note that the person has read the notice of this version of the policy."""
        if self.person(subject).acknowledged_policy == policy:
            return
        self.write(subject, acknowledged_policy=policy)
        self.tell(subject, Kind.ACKNOWLEDGED, policy=str(policy))

    def speak(self, subject: str, language: str | None) -> None:
        """Keep the language that somebody chose for their own pages; it concerns nobody else, so nobody is told."""
        self.person(subject)
        self.write(subject, language=language)

    def wish(self, subject: str, wishes: Iterable[Wish]) -> None:
        """Keep what somebody asked for about their own data; it concerns nobody else, so nobody is told."""
        found, wanted = self.person(subject), list(wishes)
        begins = Wish.LOOKS in wanted and not found.wants(Wish.LOOKS)
        since = {"looks_mailed": self.today(found)} if begins else {}  # of looks from now on, and of all of them
        self.write(subject, wishes=stored(wanted), **since)

    def mailed(self, subject: str, wish: Wish, day: dt.date) -> None:
        """Note the day of the last mail of a kind about somebody's own data, so that there is none twice."""
        self.write(subject, **{_MAILED_ON[wish]: day})

    def grant(self, subject: str, role: Role) -> None:
        """Give a role from today on; that somebody can read the access log is told to everybody."""
        if role not in GRANTABLE:
            raise ChangeRefused(Said(N_("The role %(role)s cannot be given."), role=role))
        found = self.person(subject)
        if any(row.role == role for row in self.current(RoleGrant, found)):
            return
        since = self.now.astimezone(dt.UTC).date()
        values = {"subject_id": subject, "id": uuid.uuid4().hex, "role": role.value, "since": since}
        self.connection.execute(insert(RoleGrant).values(**self.stamps.stamped(RoleGrant, **values)))
        self.tell(subject, Kind.ROLE_GRANTED, role=role.value, since=since.isoformat())
        if role is Role.REVIEWER:
            self._tell_others(subject, Kind.REVIEWER_GRANTED, reviewer=subject, since=since.isoformat())

    def revoke(self, subject: str, role: Role) -> None:
        """Take a role back, at once."""
        found = self.person(subject)
        if not self.end(RoleGrant, found, earliest_day(self.now), RoleGrant.role == role.value):
            return
        self.tell(subject, Kind.ROLE_REVOKED, role=role.value)
        if role is Role.REVIEWER:
            self._tell_others(subject, Kind.REVIEWER_REVOKED, reviewer=subject)

    def _tell_others(self, subject: str, kind: Kind, **parameters: str) -> None:
        """Tell everybody who is here but `subject`."""
        for each in person.read(self.connection):
            if each.subject != subject and each.is_here(self.now):
                self.tell(each.subject, kind, **parameters)

    def _refuse_taken(self, email: str) -> None:
        if person.by_email(self.connection, email) is not None:
            raise ChangeRefused(Said(N_("There is already an account for %(email)s."), email=email))


def checked_email(text: str) -> str:
    """Return an address in its stored form; ChangeRefused if it is none."""
    address = normal_email(text)
    if not _EMAIL.fullmatch(address) or len(address) > 320 or not address.isprintable():
        raise ChangeRefused(Said(N_("%(text)s is not an e-mail address"), text=repr(text)))
    return address


def checked_name(text: str) -> str:
    """Return a name without needless spaces; ChangeRefused if nothing is left or it is too long."""
    name = " ".join(text.split())
    if not name or len(name) > 200 or not name.isprintable():
        raise ChangeRefused(N_("A name has 1 to 200 printable characters."))
    return name
