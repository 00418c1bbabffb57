"""Tables of people: who they are, what they are to one another, and their credentials.

Every table about one person has `subject_id` in its primary key, so that the data can be spread by subject. Days are
local days of the person concerned where nothing else is said, periods are half-open. No column tells when within a day
somebody was at work: sessions, tokens, links and announcements know days only, and a session's own times are sealed
(`auth.sessions`). Rows that give rights are stamped (`auth.stamps`).
"""

import datetime as dt

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Date,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    String,
)
from sqlalchemy.orm import Mapped

from privacy.base import Base, Sensitivity, column

OPERATIONAL, PERSONAL, SECRET = Sensitivity.OPERATIONAL, Sensitivity.PERSONAL, Sensitivity.SECRET


class Person(Base):
    """Somebody in the organisation. The password is null until an invitation has been accepted."""

    __tablename__ = "person"

    subject_id: Mapped[str] = column(OPERATIONAL, String(32), ForeignKey("subject.id"), primary_key=True)
    email: Mapped[str] = column(PERSONAL, String(320), unique=True)  # always lower case
    name: Mapped[str] = column(PERSONAL, String(200))
    password_hash: Mapped[str | None] = column(SECRET, String(400))  # PHC string
    timezone: Mapped[str] = column(OPERATIONAL, String(64))  # IANA name
    joined: Mapped[dt.date] = column(PERSONAL, Date)
    left: Mapped[dt.date | None] = column(PERSONAL, Date)  # the last day
    acknowledged_policy: Mapped[int | None] = column(OPERATIONAL, Integer)  # null: has not read the notice
    language: Mapped[str | None] = column(OPERATIONAL, String(16))  # null: as the browser asks
    wishes: Mapped[str | None] = column(OPERATIONAL, String(64))  # auth.wishes, space-separated, sorted; null: none
    mailed: Mapped[dt.date | None] = column(OPERATIONAL, Date)  # the day on which a week was last mailed
    looks_mailed: Mapped[dt.date | None] = column(OPERATIONAL, Date)  # the same of who looked; null: not since 0009
    former_zones: Mapped[bytes | None] = column(OPERATIONAL, LargeBinary(32))  # auth.genuine: a digest; null: none
    stamp: Mapped[bytes | None] = column(SECRET, LargeBinary(32))  # auth.stamps; null: of a version before stamps


class FormerZone(Base):
    """A time zone that somebody had until it was changed; `until` is the latest date on earth at that moment.

    A week that began by then closes for others only when it has closed on the former clock, too.
    """

    __tablename__ = "former_zone"

    subject_id: Mapped[str] = column(OPERATIONAL, String(32), ForeignKey("person.subject_id"), primary_key=True)
    id: Mapped[str] = column(OPERATIONAL, String(32), primary_key=True)
    timezone: Mapped[str] = column(OPERATIONAL, String(64))  # IANA name
    until: Mapped[dt.date] = column(OPERATIONAL, Date)


class Team(Base):
    """A team; its id is the part of an address that names it."""

    __tablename__ = "team"

    id: Mapped[str] = column(OPERATIONAL, String(64), primary_key=True)
    name: Mapped[str] = column(OPERATIONAL, String(200), unique=True)


class Membership(Base):
    """That somebody belongs to a team, from the day `since` until before the day `until`."""

    __tablename__ = "membership"
    __table_args__ = (Index("ix_membership_team_id", "team_id"),)

    subject_id: Mapped[str] = column(OPERATIONAL, String(32), ForeignKey("person.subject_id"), primary_key=True)
    id: Mapped[str] = column(OPERATIONAL, String(32), primary_key=True)
    team_id: Mapped[str] = column(OPERATIONAL, String(64), ForeignKey("team.id"))
    since: Mapped[dt.date] = column(OPERATIONAL, Date)
    until: Mapped[dt.date | None] = column(OPERATIONAL, Date)


class Management(Base):
    """That somebody manages a team, from the day `since` until before the day `until`."""

    __tablename__ = "management"
    __table_args__ = (Index("ix_management_team_id", "team_id"),)

    subject_id: Mapped[str] = column(OPERATIONAL, String(32), ForeignKey("person.subject_id"), primary_key=True)
    id: Mapped[str] = column(OPERATIONAL, String(32), primary_key=True)
    team_id: Mapped[str] = column(OPERATIONAL, String(64), ForeignKey("team.id"))
    since: Mapped[dt.date] = column(OPERATIONAL, Date)
    until: Mapped[dt.date | None] = column(OPERATIONAL, Date)
    stamp: Mapped[bytes] = column(SECRET, LargeBinary(32))  # auth.stamps


class Told(Base):
    """That a person was told, on a day, that an appointed manager may read them as a member of a team.

    The day is the latest date on earth at that moment, so that no change of a time zone makes it an earlier one.
    It belongs to one membership and one appointment: who returns to a team, or is appointed again, is told again.
    Without such a row there is no relation (`auth.directory`).
    """

    __tablename__ = "told"
    __table_args__ = (
        ForeignKeyConstraint(["subject_id", "membership_id"], ["membership.subject_id", "membership.id"]),
        ForeignKeyConstraint(["manager_id", "management_id"], ["management.subject_id", "management.id"]),
        Index("ix_told_manager_id", "manager_id"),
    )

    subject_id: Mapped[str] = column(OPERATIONAL, String(32), primary_key=True)
    membership_id: Mapped[str] = column(OPERATIONAL, String(32), primary_key=True)
    management_id: Mapped[str] = column(OPERATIONAL, String(32), primary_key=True)
    manager_id: Mapped[str] = column(OPERATIONAL, String(32))
    day: Mapped[dt.date] = column(OPERATIONAL, Date)
    stamp: Mapped[bytes] = column(SECRET, LargeBinary(32))  # auth.stamps


class Meeting(Base):
    """A one-to-one of a person and a manager of theirs: it decides who may read closed weeks, and when.

    It counts once both have said yes to its day. `agreement` is the number of a key (`privacy.granted`) that was made
    when both had, and is destroyed when the day is moved or given up: an older state of the row, put back, has none.
    Rows are never deleted while their person is here, so that a number that is missing shows.
    """

    __tablename__ = "meeting"
    __table_args__ = (Index("ix_meeting_manager_id", "manager_id"),)

    subject_id: Mapped[str] = column(OPERATIONAL, String(32), ForeignKey("person.subject_id"), primary_key=True)
    number: Mapped[int] = column(OPERATIONAL, Integer, primary_key=True, autoincrement=False)  # from 1, by person
    manager_id: Mapped[str] = column(OPERATIONAL, String(32))
    day: Mapped[dt.date] = column(OPERATIONAL, Date)
    changes: Mapped[int] = column(OPERATIONAL, Integer)  # how often anything of it was changed
    proposed_by: Mapped[str] = column(OPERATIONAL, String(32))  # who proposed this day
    proposed_on: Mapped[dt.date] = column(OPERATIONAL, Date)
    agreed_on: Mapped[dt.date | None] = column(OPERATIONAL, Date)
    agreement: Mapped[int | None] = column(OPERATIONAL, Integer)
    ended_on: Mapped[dt.date | None] = column(OPERATIONAL, Date)  # cancelled
    stamp: Mapped[bytes] = column(SECRET, LargeBinary(32))  # auth.stamps


class RoleGrant(Base):
    """A role that was granted, on a day of UTC as the access log counts them: a reviewer reads from that day on.

    Managing is no grant: whoever manages a team now has that role.
    """

    __tablename__ = "role_grant"

    subject_id: Mapped[str] = column(OPERATIONAL, String(32), ForeignKey("person.subject_id"), primary_key=True)
    id: Mapped[str] = column(OPERATIONAL, String(32), primary_key=True)
    role: Mapped[str] = column(OPERATIONAL, String(16))
    since: Mapped[dt.date] = column(OPERATIONAL, Date)
    until: Mapped[dt.date | None] = column(OPERATIONAL, Date)
    stamp: Mapped[bytes] = column(SECRET, LargeBinary(32))  # auth.stamps


class Announcement(Base):
    """Something that a person must be told: shown at the next sign-in until it was seen, and kept after that.

    `parameters` holds ids, never names; `auth.notice_sentences` makes the sentence.
    """

    __tablename__ = "announcement"

    subject_id: Mapped[str] = column(OPERATIONAL, String(32), ForeignKey("person.subject_id"), primary_key=True)
    entry: Mapped[int] = column(OPERATIONAL, BigInteger, primary_key=True)  # of the access log
    day: Mapped[dt.date] = column(OPERATIONAL, Date)
    kind: Mapped[str] = column(OPERATIONAL, String(32))
    parameters: Mapped[dict[str, str]] = column(PERSONAL, JSON)
    seen: Mapped[bool] = column(OPERATIONAL, Boolean)


class Invitation(Base):
    """A one-time link: an invitation, a password reset, or a sign-in link of a throw-away system."""

    __tablename__ = "invitation"
    __table_args__ = (Index("ix_invitation_token_hash", "token_hash"),)

    subject_id: Mapped[str] = column(OPERATIONAL, String(32), ForeignKey("person.subject_id"), primary_key=True)
    id: Mapped[str] = column(OPERATIONAL, String(32), primary_key=True)
    kind: Mapped[str] = column(OPERATIONAL, String(16))
    token_hash: Mapped[str] = column(SECRET, String(64))
    issued_by: Mapped[str | None] = column(OPERATIONAL, String(32))  # null: from the command line
    issued_on: Mapped[dt.date] = column(OPERATIONAL, Date)
    expires_on: Mapped[dt.date] = column(OPERATIONAL, Date)  # the last day
    opened_on: Mapped[dt.date | None] = column(OPERATIONAL, Date)
    opened_from: Mapped[str | None] = column(PERSONAL, String(64))
    replaced_on: Mapped[dt.date | None] = column(OPERATIONAL, Date)  # by a newer one
    used_on: Mapped[dt.date | None] = column(OPERATIONAL, Date)
    used_from: Mapped[str | None] = column(PERSONAL, String(64))
    stamp: Mapped[bytes] = column(SECRET, LargeBinary(32))  # auth.stamps


class SignInSession(Base):
    """A browser that is signed in, by the hash of its random id.

    `times` is sealed under a key made from that id, which only the browser has: nobody who reads this table learns when
    somebody came or was last here.
    """

    __tablename__ = "sign_in_session"
    __table_args__ = (Index("ix_sign_in_session_token_hash", "token_hash"),)

    subject_id: Mapped[str] = column(OPERATIONAL, String(32), ForeignKey("person.subject_id"), primary_key=True)
    token_hash: Mapped[str] = column(SECRET, String(64), primary_key=True)
    times: Mapped[bytes] = column(SECRET, LargeBinary)
    created_on: Mapped[dt.date] = column(OPERATIONAL, Date)
    stamp: Mapped[bytes] = column(SECRET, LargeBinary(32))  # auth.stamps


class PersonalToken(Base):
    """A bearer token of a person, for scripts (`read`) or for their own devices (`ingest`).

    `host` is the name of the computer to which a device's token belongs, null for a token that was made by hand.
    """

    __tablename__ = "personal_token"
    __table_args__ = (Index("ix_personal_token_token_hash", "token_hash"),)

    subject_id: Mapped[str] = column(OPERATIONAL, String(32), ForeignKey("person.subject_id"), primary_key=True)
    id: Mapped[str] = column(OPERATIONAL, String(32), primary_key=True)
    name: Mapped[str] = column(PERSONAL, String(100))
    host: Mapped[str | None] = column(PERSONAL, String(255))
    token_hash: Mapped[str] = column(SECRET, String(64))
    scopes: Mapped[str] = column(OPERATIONAL, String(64))  # space-separated, sorted
    created_on: Mapped[dt.date] = column(OPERATIONAL, Date)
    expires_on: Mapped[dt.date] = column(OPERATIONAL, Date)  # the last day
    last_used_on: Mapped[dt.date | None] = column(OPERATIONAL, Date)
    revoked_on: Mapped[dt.date | None] = column(OPERATIONAL, Date)
    stamp: Mapped[bytes] = column(SECRET, LargeBinary(32))  # auth.stamps


class Enrolment(Base):
    """A computer that asks to send for somebody; nobody is known yet (`auth.enrolments`).

    What it says of itself is sealed under the code that its person types, the answer under the code that it keeps.
    """

    __tablename__ = "enrolment"
    __table_args__ = (Index("ix_enrolment_user_hash", "user_hash", unique=True),)

    device_hash: Mapped[str] = column(SECRET, String(64), primary_key=True)
    user_hash: Mapped[str] = column(SECRET, String(64))
    day: Mapped[dt.date] = column(OPERATIONAL, Date)
    until: Mapped[bytes] = column(SECRET, LargeBinary)
    asked: Mapped[bytes] = column(SECRET, LargeBinary)
    answer: Mapped[bytes | None] = column(SECRET, LargeBinary)  # null: nobody has confirmed it


class SignInAttempt(Base):
    """Failed sign-ins at one account or from one address, by a keyed hash; rows go when they have served."""

    __tablename__ = "sign_in_attempt"

    key: Mapped[str] = column(SECRET, String(64), primary_key=True)
    failures: Mapped[int] = column(OPERATIONAL, Integer)
    wait_until: Mapped[int] = column(OPERATIONAL, BigInteger)  # number of a step of the throttle's grid
    forget_on: Mapped[dt.date] = column(OPERATIONAL, Date)
