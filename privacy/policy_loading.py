"""Which versions of the policy may be used: what is stored, held against what the key store and the log say. Pure.

The rows of the data store show what is recorded; they decide nothing. What was agreed on is what has a mark in the key
store (`privacy.policy_marks`), or what an entry of the log commits to, for rows of before there were marks or of a
moment ago. A row that neither knows is not used. A row that was changed or taken away changes nothing: what the mark
has goes on. Where nobody has any more what the log says was agreed on, nothing is kept from that moment until a later
version holds, since what came before may have been wider. Everything of this is named.
"""

import datetime as dt
import functools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

from privacy.capture import preset_text
from privacy.capture_policy import CapturePolicy, PolicyBroken, read
from privacy.key_history import FOUNDED
from privacy.policy_history import SIGNERS, Said
from privacy.policy_marks import Mark
from privacy.policy_note import NotSigned, open_note
from privacy.policy_parts import Retention
from privacy.policy_versions import Agreed, Stored, Version

LOST: Final = "lost"
"""The name of what holds in the place of a version that nobody has any more: it keeps nothing."""
_LONGEST: Final = Retention(text_days=14, months=120, log_years=30)
"""As long as any policy can say: nothing is let go by the word of a policy that is lost."""


@dataclass(frozen=True, eq=False)
class Known:
    """What a process goes by: the keys, and the accepted versions that may be used, oldest first.

    `timeline` has the same policies, and one that keeps nothing where a version is lost. `last` is what was accepted
    last, None if it is lost; `accepted` is every version by number, as it was accepted, and `highest` the number of any
    that is stored. With `is_closed` nobody knows who has to sign, so that nothing is kept at all. `refused` says what
    of the stored is not used, or is not what was accepted.
    """

    agreed: Agreed | None
    usable: tuple[tuple[CapturePolicy, Version], ...]
    timeline: tuple[CapturePolicy, ...]
    last: Version | None
    accepted: dict[int, Version]
    highest: int
    is_closed: bool
    refused: tuple[str, ...]


def complete(marks: Iterable[Mark], said: Mapping[str, Said], stored: Stored, organisation: str) -> list[Mark]:
    """Return the marks by entry, with those that the log lets be made of what is stored.

    An empty one is made of what the log says and nobody has. A version that waits for signatures still is not lost: the
    entry is of an acceptance that was interrupted.
    """
    found = {each.digest: each for each in marks}
    for digest, (entry, outcome, at) in said.items():
        before = found.get(digest)
        found[digest] = Mark(digest, entry, at, outcome, None if before is None else before.content)
    lost = {digest for digest, mark in found.items() if mark.content is None}
    if stored.agreed is not None and stored.agreed.digest in lost:
        found[stored.agreed.digest] = replace(found[stored.agreed.digest], content=stored.agreed)
    keys = agreed_of(found.values())
    for each in (version for version in stored.versions if version.digest in lost):
        try:
            checked(each, keys, organisation)
        except (NotSigned, PolicyBroken):
            if not each.accepted:
                del found[each.digest]
        else:
            found[each.digest] = replace(found[each.digest], content=replace(each, accepted=True))
    return sorted(found.values(), key=lambda each: each.entry)


def known(marks: Sequence[Mark], forged: Sequence[str], stored: Stored, organisation: str) -> Known:
    """Return what the marks (by entry) let be used, and in what the stored differs; `forged` are digests of marks."""
    agreed = agreed_of(marks)
    accepted = {each.content.version: each.content for each in marks if isinstance(each.content, Version)}
    refused = [*_differences(accepted, agreed, stored, organisation), *map(_forged, forged), *_lost(marks)]
    begins: list[_Beginning] = []
    for mark in marks:
        if isinstance(mark.content, Version):
            try:
                begins.append(_Beginning(checked(mark.content, agreed, organisation), mark.entry, mark.content))
            except (NotSigned, PolicyBroken) as error:
                refused.append(f"policy version {mark.content.version}: {error}")
        elif _is_lost_version(mark):
            begins.append(_Beginning(_gap(mark.at), mark.entry, None))
    holding = _in_turn(begins)
    newest = next((each for each in reversed(marks) if not _is_of_keys(each)), None)
    return Known(
        agreed=agreed,
        usable=tuple((each.policy, each.version) for each in holding if each.version is not None),
        timeline=tuple(each.policy for each in holding),
        last=newest.content if newest is not None and isinstance(newest.content, Version) else None,
        accepted=accepted,
        highest=max((*accepted, *(each.version for each in stored.versions)), default=0),
        is_closed=agreed is None and any(_may_be_lost_keys(each, accepted) for each in marks),
        refused=tuple(refused),
    )


def closed(why: str, stored: Stored) -> Known:
    """Return what is known where the marks cannot be checked: nothing that is stored is used."""
    highest = max((each.version for each in stored.versions), default=0)
    refused = f"the capture policy cannot be held against the key store, so that nothing is kept: {why}"
    return Known(None, (), (), None, {}, highest, True, (refused,))


def agreed_of(marks: Iterable[Mark]) -> Agreed | None:
    """Return the keys that sign, None if nobody was agreed on or they are lost."""
    return next((each.content for each in reversed([*marks]) if isinstance(each.content, Agreed)), None)


def checked(version: Version, keys: Agreed | None, organisation: str) -> CapturePolicy:
    """Return the policy of a version; NotSigned or PolicyBroken if it may not be used."""
    signed = keys is not None and version.version >= keys.first_signed
    if signed and keys is not None:
        policy = _opened(version.note, keys.signers, tried=True)
    else:
        policy = _read(version.text, tried=True)
    if policy.version != version.version or policy.effective != version.effective:
        raise PolicyBroken("is filed under another number or moment than its text says")
    if policy.organisation != organisation:
        raise PolicyBroken(f"is of {policy.organisation!r}, not of this organisation, {organisation!r}")
    return policy


@functools.cache
def nothing() -> CapturePolicy:
    """Return the policy that keeps nothing: what holds before a first version does."""
    return _read(preset_text("nothing"), draft=True)


@functools.lru_cache(maxsize=64)
def _gap(since: dt.datetime) -> CapturePolicy:
    """Return what holds in the place of a version that is lost."""
    summary = "Nothing is kept: what was agreed on is lost."
    return replace(nothing(), name=LOST, summary=summary, effective=since, retention=_LONGEST)


def lost() -> CapturePolicy:
    """Return what holds where nobody knows who has to sign."""
    return _gap(dt.datetime(1970, 1, 1, tzinfo=dt.UTC))


# A text is read once in a process: compiling its expressions takes a while.
_read = functools.lru_cache(maxsize=64)(read)
_opened = functools.lru_cache(maxsize=64)(open_note)


class _Beginning(NamedTuple):
    """That a policy was accepted with an entry; without a version it stands for one that is lost."""

    policy: CapturePolicy
    entry: int
    version: Version | None


def _in_turn(begins: Iterable[_Beginning]) -> list[_Beginning]:
    """Return what ever holds, oldest first: not what something accepted later has overtaken.

    That never holds, at the desk neither; else whoever dates an older text later would bring it back.
    """
    ordered = sorted(begins, key=lambda each: (each.policy.effective, each.entry))
    return [each for place, each in enumerate(ordered) if all(before.entry <= each.entry for before in ordered[:place])]


def _is_of_keys(mark: Mark) -> bool:
    return mark.outcome == SIGNERS or isinstance(mark.content, Agreed)


def _is_lost_version(mark: Mark) -> bool:
    return mark.content is None and mark.outcome != SIGNERS


def _may_be_lost_keys(mark: Mark, accepted: Mapping[int, Version]) -> bool:
    """Tell whether a mark may be of keys that nobody has: a setup commits to keys, or to the first of the versions."""
    return mark.content is None and (mark.outcome == SIGNERS or (mark.outcome == FOUNDED and not accepted))


# What is named


def _differences(
    accepted: Mapping[int, Version], agreed: Agreed | None, stored: Stored, organisation: str
) -> Iterator[str]:
    """Yield in what the rows of the data store are not what was agreed on."""
    rows = {each.version: each for each in stored.versions}
    for number, version in sorted(accepted.items()):
        if (row := rows.get(number)) != version:
            yield f"policy version {number}: {_how(row, version)}: changed from outside; the accepted one goes on"
    for number, row in sorted(rows.items()):
        if row.accepted and number not in accepted:
            yield f"policy version {number}: {_why(row, agreed, organisation)}: written from outside, and not used"
    if stored.broken:
        yield f"policy signers: {stored.broken}: the row was changed from outside"
    elif agreed is None and stored.agreed is not None:
        yield "policy signers: no entry of the log commits to these keys: written from outside, and not used"
    elif agreed is not None and stored.agreed is None:
        yield "policy signers: their row was taken away: those who were agreed on have to sign as before"
    elif stored.agreed != agreed:
        yield "policy signers: no entry of the log commits to these keys: changed from outside; the agreed ones count"


def _why(row: Version, agreed: Agreed | None, organisation: str) -> str:
    try:
        checked(row, agreed, organisation)
    except (NotSigned, PolicyBroken) as error:
        return str(error)
    return "no entry of the log commits to it"


def _how(row: Version | None, version: Version) -> str:
    if row is None:
        return "its row was taken away"
    if row.text != version.text:
        return "no entry of the log commits to what the database has"
    return "it is not accepted in the database" if not row.accepted else "the database has other signatures or times"


def _forged(digest: str) -> str:
    return f"policy mark {digest}: was not written by the portal, and counts for nothing"


def _lost(marks: Sequence[Mark]) -> Iterator[str]:
    """Yield what is lost and has not been followed by anything."""
    for place, mark in enumerate(marks):
        if mark.content is None and not any(each.content is not None for each in marks[place + 1 :]):
            yield (
                f"entry {mark.entry}: what it commits to of the policy is not stored, so that nothing is kept: put its"
                " row back from a backup, or have a version after it accepted"
            )
