"""The capture policy in plain words: what it says beside its rules, who signed it, and how it came to be what it is."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from portal.locale import ENGLISH, N_, _, current, ngettext
from portal.show import listing
from privacy import policy_loading
from privacy.capture_policy import CapturePolicy
from privacy.policy_diff import changes
from privacy.policy_parts import ANY, BROWSER, CATEGORY, WEEKDAYS, WINDOW, Effect, Never, Schedule

if TYPE_CHECKING:
    from portal.wiring import System

UNSIGNED: Final = N_(
    "Nobody has signed this policy. Whoever runs the server can change it by a setting; you are told when it changes,"
    " and the access log keeps what it was."
)
ONE_KEY: Final = N_(
    "One key alone signs this policy, the one of %(name)s. Nobody else, such as a works council, has to agree."
)
UNSIGNED_YET: Final = N_(
    "Nobody has signed this policy: a setting chose it before %(names)s were agreed on. It goes on until a version that"
    " they have signed holds, and no setting changes it any more."
)
NOT_YET: Final = N_("Nothing is kept yet: %(names)s have not signed a first policy.")
LOST: Final = N_("Nothing is kept: the access log says that something else was agreed on, and nobody has it any more.")
CHANGED: Final = N_(
    "What the database says of the policy was changed from outside, or is lost. What was agreed on holds, or nothing is"
    " kept; whoever runs the server finds what it is with `sameview check`."
)


@dataclass(frozen=True, slots=True)
class Clause:
    """One line of the policy in words."""

    what: str
    says: str
    because: str = ""
    never: bool = False


@dataclass(frozen=True, slots=True)
class Past:
    """A version: its number, from when on it holds or held, who signed it, and what it changed."""

    version: int
    since: str
    signed: str
    changes: tuple[str, ...]
    wider: bool


@dataclass(frozen=True, slots=True)
class Agreement:
    """Who stands behind the policy: a warning where nobody or one alone does, its clauses, and its versions."""

    version: int
    warning: str | None
    clauses: tuple[Clause, ...]
    versions: tuple[Past, ...]
    text: str


def agreement(system: "System") -> Agreement:
    """Return the agreement of an installation."""
    policy = system.policies.now()
    return Agreement(policy.version, warning(system), tuple(clauses(policy)), tuple(versions(system)), policy.text)


def warning(system: "System") -> str | None:
    """Return what has to be said of who signed the policy in force, and of rows that were changed; None if nothing."""
    said = [_(CHANGED) if system.policies.refused() else None, _who_signed(system)]
    return " ".join(each for each in said if each is not None) or None


def _who_signed(system: "System") -> str | None:
    policies = system.policies
    signers = policies.signers
    if policies.now().name == policy_loading.LOST:
        return _(LOST)
    if signers is not None and policies.now().is_draft:
        return _(NOT_YET, names=listing(list(signers.names)))
    if signers is None:
        return _(UNSIGNED)
    if not policies.is_signed():
        return _(UNSIGNED_YET, names=listing(list(signers.names)))
    return _(ONE_KEY, name=signers.names[0]) if signers.single_key else None


def in_short(policy: CapturePolicy) -> str:
    """Return in a few words what is captured."""
    kept = (Effect.KEEP, Effect.DOMAIN)
    app = policy.rule_for(WINDOW, "app").effect is Effect.KEEP
    texts = any(policy.rule_for(BROWSER, key).effect in kept for key in ("title", "url"))
    if policy.rule_for(WINDOW, ANY).effect is Effect.DROP and policy.is_draft:
        return _("Nothing yet")
    whole = policy.rule_for(WINDOW, CATEGORY).effect is Effect.KEEP
    parts = ([_("apps")] if app else []) + ([_("categories")] if whole else [_("top-level categories")])
    words = listing([*parts, *([_("texts")] if texts else [])])
    return words[:1].upper() + words[1:]


def clauses(policy: CapturePolicy) -> Iterator[Clause]:
    """Yield what the policy says beside its rules at the door and the fields."""
    first, *others = policy.schedules
    yield Clause(
        _("Working time"),
        _sentence(hours(first)),
        "" if first.days is None else reason(policy, "outside-working-time"),
    )
    for each in others:
        yield Clause(_("Working time of %(listing)s", listing=listing(sorted(each.teams))), _sentence(hours(each)))
    for line in policy.never:
        yield Clause(
            _("Never: %(what)s", what=_inside(plain(line.id))),
            _sentence(listing(list(_forbidden(line)))),
            _(line.because),
            never=True,
        )
    if policy.grid_seconds:
        grid = _("Moved to the nearest %(grid_seconds)s seconds.", grid_seconds=policy.grid_seconds)
        yield Clause(_("Times of events"), grid, reason(policy, "time-grid"))
    yield Clause(
        _("Smallest group"),
        _("No team figure of fewer than %(smallest_group)s people.", smallest_group=policy.sharing.smallest_group),
    )
    if policy.sharing.listen_weeks:
        yield Clause(
            _("New managers"),
            ngettext(
                "For a week after you were told of a manager, they only listen: they open nothing of yours, and publish"
                " no target.",
                "For %(num)s weeks after you were told of a manager, they only listen: they open nothing of yours, and"
                " publish no target.",
                policy.sharing.listen_weeks,
            ),
        )
    core = sum(each.core is True for each in policy.categories)
    yield Clause(
        _("Category rules"),
        _("%(total)s, of which %(core)s are marked as core work.", total=len(policy.categories), core=core),
    )


def _sentence(words: str) -> str:
    return f"{words[:1].upper()}{words[1:]}."


def _inside(words: str) -> str:
    """Return words as they stand inside a sentence."""
    return words if current() != ENGLISH else words.lower()


def _forbidden(line: Never) -> Iterator[str]:
    yield from (_("the application %(each)s", each=each) for each in line.apps)
    yield from (_("everything at %(each)s", each=each) for each in line.domains)
    yield from (_("texts with “%(each)s”", each=each) for each in line.titles)


def hours(schedule: Schedule) -> str:
    """Return a working time in words; days with the same hours stand together."""
    if schedule.days is None:
        return _("any time")
    together: dict[str, list[str]] = {}
    for day, spans in zip(WEEKDAYS, schedule.days, strict=True):
        words = ", ".join("–".join(f"{at // 60:02}:{at % 60:02}" for at in span) for span in spans)
        together.setdefault(words or _("nothing"), []).append(_(day.capitalize()))
    return "; ".join(f"{listing(days)} {words}" for words, days in together.items())


def reason(policy: CapturePolicy, rule: str) -> str:
    """Return why a rule of a policy is there, nothing if the policy has no such rule."""
    found = policy.because(rule)
    return _(found) if found else ""


def plain(id: str) -> str:
    """Return a rule's id as words."""
    return _(id.replace("-", " ").capitalize().replace("Url", "URL"))


def versions(system: "System") -> Iterator[Past]:
    """Yield the versions that hold, held or are accepted and to come, newest first."""
    policies = system.policies
    known = [*policies.recorded()]
    if (chosen := policies.unrecorded()) is not None:
        known.append(chosen)
    notes = policies.signed_versions()
    signers = policies.signers
    for before, policy in reversed(list(zip([None, *known], known, strict=False))):
        found = [] if before is None else changes(before, policy)
        yield Past(
            policy.version,
            _("%(moment)s UTC", moment=f"{policy.effective:%Y-%m-%d %H:%M}"),
            listing(list(signers.names)) if signers and policy.version in notes else _("nobody"),
            tuple(_(each.sentence) for each in found),
            any(each.wider for each in found),
        )
