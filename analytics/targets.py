"""Targets of teams: a band, why, what it brings the people concerned, who answers for it, and since when (pure).

A target is a list of acts, and nothing in it is ever changed in place: it is announced, changed by another version with
a reason of its own, ended, and beside it stands what came of the comments on it. What holds goes on until a newer
version takes effect. There is no person in it, but for the managers who answer for it.
"""

import datetime as dt
import enum
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from analytics.target_aims import AIMS, Aim

COMMENT_DAYS: Final = 5
"""Working days between the day on which a version is announced and the one on which it takes effect."""
REVIEW_SOON: Final = dt.timedelta(days=14)
MOST_TARGETS: Final = 20
"""Of one team at a time: nobody can keep more in mind, and most teams need two."""


class ActKind(enum.StrEnum):
    """What was done about a target."""

    ANNOUNCED = "announced"
    ENDED = "ended"
    ANSWERED = "answered"


@dataclass(frozen=True, slots=True)
class Act:
    """One stored row; `content` is JSON, `entry` the number of its entry in the access log."""

    team: str
    number: int
    sequence: int
    kind: ActKind
    day: dt.date
    by: str
    content: str
    entry: int

    @property
    def statement(self) -> dict[str, Any]:
        """What the entry's digest is of."""
        said = {"team": self.team, "number": self.number, "sequence": self.sequence, "kind": self.kind.value}
        return {"target": said | {"day": self.day.isoformat(), "by": self.by, "content": self.content}}


@dataclass(frozen=True, slots=True)
class Warned:
    """A warning that was acknowledged: its code (`analytics.target_checks`), and between what the figure lay."""

    code: str
    low: int | None = None
    high: int | None = None


@dataclass(frozen=True, slots=True)
class Terms:
    """What a version says; `change` is why it changes what held, empty in the first version of a target."""

    aim: str
    process: str
    low: int
    high: int
    reason: str
    benefit: str
    owner: str
    effective: dt.date
    review: dt.date
    change: str = ""
    warned: tuple[Warned, ...] = ()

    @property
    def of(self) -> Aim:
        return AIMS[self.aim]

    @property
    def what(self) -> tuple[str, str]:
        """What there is one target about at a time."""
        return self.aim, self.process

    @property
    def comments_until(self) -> dt.date:
        """The last day on which it can be commented on before it takes effect."""
        return self.effective - dt.timedelta(days=1)

    def dump(self) -> str:
        return _dump(self)


@dataclass(frozen=True, slots=True)
class Version:
    """A version: which one it is, from 1, who announced it and when, and the entry that commits to it."""

    number: int
    by: str
    day: dt.date
    terms: Terms
    entry: int


@dataclass(frozen=True, slots=True)
class Answered:
    """You said, we did: what came of comments, and of how many people's, if they were enough to be counted."""

    by: str
    day: dt.date
    said: str
    did: str
    entry: int


@dataclass(frozen=True, slots=True)
class Ended:
    """That a target was ended, and why."""

    by: str
    day: dt.date
    reason: str
    entry: int


@dataclass(frozen=True, slots=True)
class Target:
    """A target of a team with all its versions, oldest first; `acts` counts its rows."""

    team: str
    number: int
    versions: tuple[Version, ...]
    answers: tuple[Answered, ...]
    ended: Ended | None
    acts: int

    @property
    def newest(self) -> Version:
        return self.versions[-1]

    @property
    def is_open(self) -> bool:
        return self.ended is None

    def holds_on(self, day: dt.date) -> Version | None:
        """Return the version that is in effect on a day, None if none is."""
        if self.ended is not None and self.ended.day <= day:
            return None
        begun = [each for each in self.versions if each.terms.effective <= day]
        return begun[-1] if begun else None

    def coming(self, day: dt.date) -> Version | None:
        """Return the version that was announced and does not hold yet: comments on it are asked for."""
        return self.newest if self.is_open and self.newest.terms.effective > day else None

    def before(self, version: Version) -> Version | None:
        """Return the version that one replaced."""
        return self.versions[version.number - 2] if version.number > 1 else None

    def shown(self, day: dt.date) -> Version:
        """Return the version that stands for the target: what holds, or else the newest."""
        return self.holds_on(day) or self.newest

    def state(self, day: dt.date) -> str:
        """Return "ended", "changing", "holds" or "announced"."""
        if not self.is_open:
            return "ended"
        if self.holds_on(day) is None:
            return "announced"
        return "changing" if self.coming(day) else "holds"

    def is_to_review(self, day: dt.date) -> bool:
        """Tell whether the day on which it is looked at again is near, or past."""
        held = self.holds_on(day)
        return held is not None and self.coming(day) is None and held.terms.review - day <= REVIEW_SOON


def said(text: str, did: str) -> str:
    """Return the content of what came of comments."""
    return _dump({"said": text, "did": did})


def reason(text: str) -> str:
    """Return the content of an end."""
    return _dump({"reason": text})


def targets_of(acts: Iterable[Act]) -> tuple[list[Target], list[int]]:
    """Put acts of one team together, newest target first; and the numbers of targets of which acts are missing."""
    by_number: dict[int, list[Act]] = defaultdict(list)
    for act in acts:
        by_number[act.number].append(act)
    found, broken = [], []
    for number in sorted(by_number, reverse=True):
        try:
            found.append(_target(sorted(by_number[number], key=lambda each: each.sequence)))
        except (KeyError, TypeError, ValueError):
            broken.append(number)
    return found, broken


def _target(acts: list[Act]) -> Target:
    if [each.sequence for each in acts] != list(range(1, len(acts) + 1)) or acts[0].kind is not ActKind.ANNOUNCED:
        raise ValueError("acts are missing")
    versions: list[Version] = []
    answers, ended = [], None
    for act in acts:
        content = msgspec.json.decode(act.content)
        if act.kind is ActKind.ANNOUNCED:
            versions.append(Version(len(versions) + 1, act.by, act.day, _terms(content), act.entry))
        elif act.kind is ActKind.ANSWERED:
            answers.append(Answered(act.by, act.day, content["said"], content["did"], act.entry))
        else:
            ended = Ended(act.by, act.day, content["reason"], act.entry)
    return Target(acts[0].team, acts[0].number, tuple(versions), tuple(answers), ended, len(acts))


def _terms(content: Any) -> Terms:
    found = msgspec.convert(content, Terms)
    if found.aim not in AIMS:
        raise ValueError("no such measure")
    return found


def _dump(content: Any) -> str:
    return msgspec.json.encode(content, order="sorted").decode()
