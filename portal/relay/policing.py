"""Which policy the desk goes by: only what its pinned signers have signed, never an older version, never early.

A policy that lacks a signature is not taken, whatever it allows; the one before stays, and the person is told. Where
the portal had agreed on no signers when the device was enrolled, its policy is taken as it comes, and the person is
told that, too; if it has signers by now (`is_unpinned`), enrolling again pins them.

Why a desk is shut (no notice, or ended) is kept with its queue, so that after a restart it captures nothing before it
has asked again; it holds for the enrolment under which the portal said it, and for no other.
"""

import datetime as dt
import hashlib
import time
from collections.abc import Callable
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from analytics.own_times import OwnTimes, Span
from portal.relay.desk import Desk
from portal.relay.doors import ENDED, NO_NOTICE, NO_POLICY, PolicyDoor, ShutDoor
from portal.relay.home import Enrolment
from portal.relay.judging import Door
from portal.relay.known_policies import KnownPolicies, is_note
from privacy.capture_policy import CapturePolicy, PolicyBroken
from privacy.checkpoint import NoteBroken
from privacy.policy_note import NotSigned, Signers

_NOTE: Final = "policy"
_SHUT_NOTE: Final = "shut"


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


class _Shut(msgspec.Struct, array_like=True, frozen=True):
    """Why nothing is captured, and of which enrolment that was said."""

    rule: str
    enrolment: bytes


class Policing:
    """Holds the policies that were taken, and puts the right door into the desk."""

    def __init__(self, desk: Desk, enrolment: Enrolment | None, clock: Callable[[], float] = time.time) -> None:
        self._desk = desk
        self._clock = clock
        self._signers = _signers(enrolment)
        self._enrolled = hashlib.sha256(enrolment.token.encode() if enrolment else b"").digest()
        self.known = KnownPolicies(desk.queue, self._signers)
        self._offer: Offer | None = None
        self._policies: list[CapturePolicy] = []
        self._shut = self._kept_shut()
        self._used: tuple[str, str | None, str] | None = None
        self.refused: str | None = None
        self.is_unpinned = False
        kept = desk.queue.note(_NOTE)
        if kept is not None:
            self._take(msgspec.json.decode(kept, type=Offer), tried=True)
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
        before = self._offer
        if self._take(offer) and offer != before:
            self._desk.queue.submit([self._desk.queue.put_note(_NOTE, msgspec.json.encode(offer))]).wait()
        self._shut_for(None if offer.notice else NO_NOTICE)
        self._desk.keep_private(offer.own)  # the person's own word, whatever becomes of the policy
        self.refresh()

    def notice_missing(self) -> None:
        """Capture nothing until the person has acknowledged the notice."""
        self._shut_for(NO_NOTICE)
        self.refresh()

    def ended(self) -> None:
        """Capture nothing any more: the portal does not know this device."""
        self._shut_for(ENDED)
        self.refresh()

    def _shut_for(self, rule: str | None) -> None:
        """Shut the desk, or open it again, and remember that."""
        if rule == self._shut:
            return
        self._shut, queue = rule, self._desk.queue
        shut = msgspec.msgpack.encode(_Shut(rule or "", self._enrolled))
        queue.submit([queue.put_note(_SHUT_NOTE, shut)]).wait()

    def _kept_shut(self) -> str | None:
        kept = self._desk.queue.note(_SHUT_NOTE)
        found = None if kept is None else msgspec.msgpack.decode(kept, type=_Shut)
        return found.rule or None if found is not None and found.enrolment == self._enrolled else None

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
        return PolicyDoor(policy, zone, self._offer.schedule, day_start, self.known.held_at)

    def _take(self, offer: Offer, *, tried: bool = False) -> bool:
        notes = [each for each in (offer.policy, offer.next) if each is not None]
        try:
            found = [self.known.opened(each, tried=tried) for each in notes]
            ZoneInfo(offer.timezone)
            dt.time.fromisoformat(offer.day_start)
            self._refuse_older(found[0])
        except (NotSigned, NoteBroken, PolicyBroken, ValueError, LookupError, OSError) as error:
            self.refused = f"the portal offered a policy that was not taken: {error}"
            return False
        self.refused = None
        self._offer = offer
        self._policies = found
        self.is_unpinned = self._signers is None and is_note(offer.policy)
        self.known.keep(notes)
        return True

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
