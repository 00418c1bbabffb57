"""A person's own rules: which category an application has for them, from a day on (pure).

A rule holds for the days from its first one, whenever their data comes, and for nobody else. What the policy says of an
application stays as it is for everybody; a day that somebody corrects by hand keeps that correction.
"""

import datetime as dt
from typing import Final

import msgspec

from analytics.annotations import MOST, NoteRefused, Refusal, check_name
from analytics.own_times import stem


class OwnRule(msgspec.Struct, frozen=True, array_like=True):
    """From a day on, an application has this category, given as the whole path."""

    app: str
    category: str
    since: dt.date


class OwnRules(msgspec.Struct, frozen=True, array_like=True):
    """One person's rules, by application and day."""

    rules: tuple[OwnRule, ...] = ()

    @classmethod
    def parse(cls, encoded: bytes | None) -> "OwnRules":
        """Return what `dump` was given; no rules of anybody who never made one."""
        return NO_OWN_RULES if encoded is None else _decode(encoded)

    def dump(self) -> bytes:
        """Return it as bytes, to be sealed."""
        return msgspec.msgpack.encode(self)

    def adding(self, new: OwnRule) -> "OwnRules":
        """Return it with one more rule; it takes the place of those of the same application from its day on.

        Raises NoteRefused.
        """
        for text in (new.app, new.category):
            check_name(text)
        kept = [each for each in self.rules if stem(each.app) != stem(new.app) or each.since < new.since]
        if len(kept) >= MOST:
            raise NoteRefused(Refusal.TOO_MANY)
        return OwnRules(tuple(sorted([*kept, new], key=lambda each: (stem(each.app), each.since))))

    def removing(self, app: str) -> "OwnRules":
        """Return it without the rules of an application."""
        return OwnRules(tuple(each for each in self.rules if stem(each.app) != stem(app)))

    def on(self, day: dt.date) -> dict[str, str]:
        """Return the category of each application that has a rule on a day, by its `stem`."""
        return {stem(each.app): each.category for each in self.rules if each.since <= day}

    @property
    def latest(self) -> tuple[OwnRule, ...]:
        """The rule of each application that holds from some day on without an end."""
        return tuple({stem(each.app): each for each in self.rules}.values())


NO_OWN_RULES: Final = OwnRules()

_decode = msgspec.msgpack.Decoder(OwnRules).decode
