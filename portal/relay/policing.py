"""Which policy the desk goes by: only what its pinned signers have signed, never an older version, never early.

A policy that lacks a signature is not taken, whatever it allows; the one before stays, and the person is told. Where
the portal had agreed on no signers when the device was enrolled, its policy is taken as it comes, and the person is
told that, too; if it has signers by now (`is_unpinned`), enrolling again pins them.
"""

import datetime as dt
import time
from collections.abc import Callable
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from analytics.own_times import OwnTimes, Span
from portal.relay.categorising import categoriser_of
from portal.relay.desk import Desk
from portal.relay.doors import ENDED, NO_NOTICE, NO_POLICY, PolicyDoor, ShutDoor
from portal.relay.home import Enrolment
from portal.relay.judging import Door
from privacy.capture_policy import CapturePolicy, PolicyBroken, read
from privacy.checkpoint import NoteBroken
from privacy.policy_note import NotSigned, Signers, open_note, text_of

_NOTE: Final = "policy"


class Offer(msgspec.Struct, frozen=True):
    """What the portal answers: the policy in force, the next one if there is one, and this person's working time.

    A policy is a signed note, or, where nobody signs, its text alone. `notice` says whether the person has acknowledged
    what is recorded; the rest is what they keep private, for all their computers.
    """

    policy: str
    next: str | None = None
    schedule: str | None = None
    timezone: str = "UTC"
    day_start: str = "00:00"
    notice: bool = True
    paused: tuple[Span, ...] = ()
    forgotten: tuple[Span, ...] = ()
    private_apps: tuple[str, ...] = ()

    @property
    def own(self) -> OwnTimes:
        """What the person keeps private at the portal."""
        return OwnTimes(self.paused, self.forgotten, self.private_apps)


class Policing:
    """Holds the policies that were taken, and puts the right door into the desk."""

    def __init__(self, desk: Desk, enrolment: Enrolment | None, clock: Callable[[], float] = time.time) -> None:
        self._desk = desk
        self._clock = clock
        self._signers = _signers(enrolment)
        self._offer: Offer | None = None
        self._policies: list[CapturePolicy] = []
        self._shut: str | None = None
        self._used: tuple[str, str | None, str] | None = None
        self.refused: str | None = None
        self.is_unpinned = False
        kept = desk.queue.note(_NOTE)
        if kept is not None:
            self._take(msgspec.json.decode(kept, type=Offer))
        if self._offer is not None:
            desk.keep_private(self._offer.own)
        self.refresh()

    @property
    def policy(self) -> CapturePolicy | None:
        """The version in force, None before the first has arrived and begun."""
        now = dt.datetime.fromtimestamp(self._clock(), dt.UTC)
        return max((p for p in self._policies if p.effective <= now), key=lambda p: p.version, default=None)

    @property
    def is_signed(self) -> bool:
        """Whether policies have to be signed here."""
        return self._signers is not None

    @property
    def shut(self) -> str | None:
        """The rule by which nothing is captured at the moment, None if the policy decides."""
        return self._shut or (NO_POLICY if self.policy is None else None)

    def offered(self, offer: Offer) -> None:
        """Take what the portal offers, or say in `refused` why it is not taken."""
        if self._take(offer):
            self._desk.queue.submit([self._desk.queue.put_note(_NOTE, msgspec.json.encode(offer))]).wait()
            self._shut = None if offer.notice else NO_NOTICE
        self._desk.keep_private(offer.own)  # the person's own word, whatever becomes of the policy
        self.refresh()

    def notice_missing(self) -> None:
        """Capture nothing until the person has acknowledged the notice."""
        self._shut = NO_NOTICE
        self.refresh()

    def ended(self) -> None:
        """Capture nothing any more: the portal does not know this device."""
        self._shut = ENDED
        self.refresh()

    def accepted(self) -> None:
        """The portal takes what this desk sends."""
        self._shut = None
        self.refresh()

    def refresh(self) -> None:
        """Put the door of this moment into the desk, if it is another one than before."""
        policy = self.policy
        wanted: tuple[str, str | None, str]
        if policy is None or self._shut:
            wanted = (self._shut or NO_POLICY, None, "")
        else:
            assert self._offer is not None  # noqa: S101 - it brought the policy
            wanted = (policy.text, self._offer.schedule, f"{self._offer.timezone} {self._offer.day_start}")
        if wanted != self._used:
            change = self._desk.begin if self._used is None else self._desk.use
            self._used = wanted
            change(self._door(policy))

    def _door(self, policy: CapturePolicy | None) -> Door:
        if policy is None or self._shut or self._offer is None:
            return ShutDoor(self._shut or NO_POLICY, policy.version if policy else 0)
        zone, day_start = ZoneInfo(self._offer.timezone), dt.time.fromisoformat(self._offer.day_start)
        return PolicyDoor(policy, categoriser_of(policy), zone, self._offer.schedule, day_start)

    def _take(self, offer: Offer) -> bool:
        try:
            found = [self._opened(each) for each in (offer.policy, offer.next) if each is not None]
            ZoneInfo(offer.timezone)
            dt.time.fromisoformat(offer.day_start)
            self._refuse_older(found[0])
        except (NotSigned, NoteBroken, PolicyBroken, ValueError, LookupError, OSError) as error:
            self.refused = f"the portal offered a policy that was not taken: {error}"
            return False
        self.refused = None
        self._offer = offer
        self._policies = found
        return True

    def _opened(self, note: str) -> CapturePolicy:
        if self._signers is not None:
            return open_note(note, self._signers)
        try:
            text, self.is_unpinned = text_of(note), True
        except NoteBroken:
            text, self.is_unpinned = note, False
        return read(text, draft=True)

    def _refuse_older(self, found: CapturePolicy) -> None:
        held = self.policy
        if held is None or self._signers is None:
            return
        if found.version < held.version:
            raise ValueError(f"it is version {found.version}, and {held.version} was in force here already")
        if found.version == held.version and found.text != held.text:
            raise ValueError(f"there are two texts of version {held.version}: show both to the works council")


def _signers(enrolment: Enrolment | None) -> Signers | None:
    if enrolment is None or not enrolment.signers:
        return None
    return Signers(enrolment.signers["employer"], enrolment.signers.get("council"))
