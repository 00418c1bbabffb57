"""The policies that a desk knows: each text is opened once, and what has held here is kept for events of its time.

Opening tries every expression, which takes a while, and the portal tells its policy before each upload. History that is
taken over passes the policy of its own time, then the one in force: what only an earlier version forbade stays
forbidden. The portal says which versions there were before this desk was enrolled (`learn`); what the desk itself has
held, it does not need to be told.
"""

import datetime as dt
import hashlib
from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from portal.relay.portal_calls import NoAnswer, Portal
from portal.relay.queue import Queue
from privacy.capture_policy import CapturePolicy, PolicyBroken, read
from privacy.checkpoint import NoteBroken
from privacy.policy_note import NotSigned, Signers, open_note, text_of

EARLIER: Final = "/api/v1/relay/policies"
_NOTE: Final = "policies"
_MOST: Final = 200
_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MICROSECOND: Final = dt.timedelta(microseconds=1)
_notes: Final = msgspec.json.Decoder(list[str]).decode


class EarlierUnknown(Exception):
    """What held before cannot be learned; the text says why."""


class Earlier(msgspec.Struct):
    """What the portal answers: the policies that held before the one in force, as notes or texts."""

    policies: list[str]


class KnownPolicies:
    """Opens policies with the signatures that were pinned, and says which one held when."""

    def __init__(self, queue: Queue, signers: Signers | None) -> None:
        self._queue = queue
        self._signers = signers
        self._opened: dict[bytes, CapturePolicy] = {}
        self._held: tuple[CapturePolicy, ...] | None = None
        kept = queue.note(_NOTE)
        self._notes = [] if kept is None else _notes(kept)

    def opened(self, note: str, *, tried: bool = False) -> CapturePolicy:
        """Return the policy of a note, or of a text where nobody signs; NotSigned, NoteBroken or PolicyBroken.

        `tried` says that it was taken before. What was refused is looked at again: a busy machine may have been why.
        """
        digest = hashlib.sha256(note.encode()).digest()
        if (found := self._opened.get(digest)) is None:
            if self._signers is not None:
                found = open_note(note, self._signers, tried=tried)
            else:
                found = read(_text(note), draft=True, tried=tried)
            if len(self._opened) >= _MOST:
                self._opened.clear()
            self._opened[digest] = found
        return found

    def keep(self, notes: Iterable[str]) -> None:
        """Keep notes of policies that were taken, also when others follow."""
        if new := [note for note in notes if note not in self._notes]:
            self._notes, self._held = [*self._notes, *new][-_MOST:], None
            self._queue.submit([self._queue.put_note(_NOTE, msgspec.json.encode(self._notes))]).wait()

    def learn(self, notes: Sequence[str]) -> None:
        """Keep what held before; EarlierUnknown if one cannot be read, or lacks a signature that it needs.

        One without signatures counts if it is older than every signed one: it held before anybody signed.
        """
        signed, unsigned = [], []
        try:
            for note in (*self._notes, *notes):
                try:
                    signed.append(self.opened(note, tried=True).version)
                except NotSigned:
                    unsigned.append(read(_text(note), draft=True, tried=True).version)
        except (NoteBroken, PolicyBroken) as error:
            raise EarlierUnknown(f"a policy that held before cannot be read: {error}") from error
        if signed and unsigned and max(unsigned) > min(signed):
            raise EarlierUnknown(f"version {max(unsigned)} of the policy, which held before, lacks a signature")
        self.keep(notes)

    def held_at(self, start_us: int, now: CapturePolicy) -> CapturePolicy | None:
        """Return the policy from before `now` that held at a moment, the first one before it began, too.

        None if it is `now`, or if no other is known. As at the portal (`privacy.policies`), a version that a later one
        had overtaken before it began never held.
        """
        if start_us >= _us(now):
            return None
        if self._held is None:
            self._held = self._in_order()
        before = [each for each in self._held if each.version < now.version and each.effective < now.effective]
        if not before:
            return None
        return next((each for each in reversed(before) if _us(each) <= start_us), before[0])

    def _in_order(self) -> tuple[CapturePolicy, ...]:
        """Return what the notes say, oldest first. They were checked when they were taken, whoever signs by now."""
        by_version = {
            each.version: each for each in (read(_text(note), draft=True, tried=True) for note in self._notes)
        }
        ordered = sorted(by_version.values(), key=lambda each: (each.effective, each.version))
        return tuple(
            each for place, each in enumerate(ordered) if all(other.version < each.version for other in ordered[:place])
        )


def learn_from(portal: Portal, known: KnownPolicies) -> None:
    """Ask the portal which policies held before; EarlierUnknown if that cannot be learned now."""
    try:
        reply = portal.get(EARLIER)
    except NoAnswer as error:
        raise EarlierUnknown(f"the portal cannot be reached: {error}") from error
    if reply.status != 200:
        raise EarlierUnknown(f"the portal does not tell: {reply.reason}")
    try:
        known.learn(msgspec.json.decode(reply.body, type=Earlier).policies)
    except msgspec.MsgspecError as error:
        raise EarlierUnknown("the portal's answer cannot be read") from error


def is_note(policy: str) -> bool:
    """Say whether a policy came with signatures, whoever made them."""
    try:
        text_of(policy)
    except NoteBroken:
        return False
    return True


def _text(note: str) -> str:
    return text_of(note) if is_note(note) else note


def _us(policy: CapturePolicy) -> int:
    return (policy.effective - _EPOCH) // _MICROSECOND
