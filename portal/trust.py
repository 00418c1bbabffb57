"""The Trust centre: what must still be trusted, in six plain lines, and what each promise stands on today.

It never says that nobody looked: only that nobody looked through Sameview without an entry.
"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, abort, render_template, request

from auth.permissions import Permission, requires
from portal import checkpoints, fingerprint, key_records, own_check, sources, witness_states
from portal.access import person, system
from portal.escrow_files import EscrowFolder
from portal.locale import N_, _, ngettext
from portal.parse import week_from
from portal.problems import Problem, answer
from portal.show import listing, number
from portal.witness_states import Mood
from privacy.checkpoint import NoteBroken
from privacy.escrow_key import EscrowRefused
from privacy.fields import KeyClass
from privacy.key_provider import ProviderRefused
from privacy.period import week_name

if TYPE_CHECKING:
    from portal.wiring import System

blueprint = Blueprint("trust", __name__)

STILL_TRUSTED: Final = (
    (
        N_("Whoever is root on the server."),
        N_("They can read figures in its memory while a page is made, and copy the keys. No log shows that."),
    ),
    (
        N_("A program that holds open keys."),
        N_("A server that was taken over can open whatever its keys open. A server without a key cannot."),
    ),
    (
        N_("The collector on your computer."),
        N_(
            "ActivityWatch has a viewer and a database of its own. Whoever uses or manages that computer can"
            " look there."
        ),
    ),
    (
        N_("Whoever may look."),
        N_(
            "What was shown once can be photographed, printed, remembered and told. The log only says that it"
            " was shown."
        ),
    ),
    (
        N_("The witnesses, together."),
        N_("A second log goes unnoticed only if all its witnesses and everybody who kept a fingerprint play along."),
    ),
    (
        N_("These pages, until you check them."),
        N_(
            "They come from the server that they speak about. A check counts if its program and keys came from"
            " elsewhere."
        ),
    ),
)
"""What no software of this kind can take away: a heading and a sentence each."""

_TONES: Final = {
    Mood.COSIGNED: "good",
    Mood.UNASKED: "warn",
    Mood.NEVER: "warn",
    Mood.SILENT: "warn",
    Mood.REFUSED: "bad",
    Mood.BROKEN: "bad",
}


_WORSE: Final = ("good", "warn", "bad")


@dataclass(frozen=True, slots=True)
class Promise:
    """One promise, how it is kept, and what is so today. `tone` is good, warn or bad; `link` an address with words."""

    what: str
    how: str
    facts: tuple[tuple[str, str], ...]
    link: tuple[str, str]


@blueprint.errorhandler(NoteBroken)
def _unsigned(error: NoteBroken) -> Response:
    """Say what it means that a stored checkpoint is not one of the log's: no fingerprint is shown in its place."""
    detail = _(
        "A stored checkpoint of the access log is not signed by the log’s key (%(error)s). Somebody "
        "changed it. Do not rely on the log, keep every fingerprint that you have, and tell your works "
        "council.",
        error=error,
    )
    return answer(Problem(409, _("The log does not verify"), detail))


@blueprint.get("/trust")
@requires(Permission.CHECKPOINT_READ)
def centre() -> str:
    """Show what each promise stands on today, and what must still be trusted."""
    latest = checkpoints.latest(system())
    return render_template(
        "trust/centre.html",
        still=[(_(heading), _(sentence)) for heading, sentence in STILL_TRUSTED],
        promises=promises(system(), latest, person().zone),
        latest=latest.checkpoint,
        groups=fingerprint.groups(latest.checkpoint.root),
        sources=sources.in_general(),
        verifier=own_check.fingerprint(),
        downloads=own_check.downloads(),
        key=str(system().log.signer.verifier),
    )


@blueprint.get("/log/fingerprint")
@requires(Permission.CHECKPOINT_READ)
def sheet() -> str:
    """Show the log's fingerprint of a closed week, to be printed and pinned on a board."""
    weeks = fingerprint.closed_weeks(system().clock().astimezone(dt.UTC).date())
    asked = week_from(request.args["week"]) if "week" in request.args else weeks[0]
    if asked.first > weeks[0].first:
        abort(404)
    return render_template(
        "trust/fingerprint.html",
        found=fingerprint.fingerprint(system(), asked),
        week=week_name(asked),
        weeks=[(f"/log/fingerprint?week={week_name(each)}", week_name(each), each == asked) for each in weeks],
        witnesses=witness_states.states(system()),
        organisation=system().organisation.name,
        key=str(system().log.signer.verifier),
        verifier=own_check.fingerprint(),
    )


def promises(system: "System", latest: checkpoints.Latest, zone: ZoneInfo) -> tuple[Promise, ...]:
    """Return every promise with the facts of this installation beside it."""
    return (
        Promise(
            _("Nobody looks through Sameview without an entry"),
            _("One gate opens figures. It writes to the log first, and opens nothing when it cannot."),
            (
                (
                    "good",
                    _("%(number)s entries in the last published checkpoint", number=number(latest.checkpoint.size)),
                ),
            ),
            ("/me/access/check", _("Check your entries")),
        ),
        Promise(
            _("You see what your manager sees"),
            _("One function, one template. The digest of what was shown is logged before it is sent."),
            (("good", _("what they saw can be opened again by you, as long as the week is kept")),),
            ("/me/access", _("Open what was shown")),
        ),
        Promise(
            _("The log only grows"),
            _("Each checkpoint is signed. Witnesses elsewhere co-sign it only if it grew out of the one before."),
            _witnesses(system, zone),
            ("/log/fingerprint", _("Print the week’s fingerprint")),
        ),
        Promise(
            _("What is erased cannot be brought back"),
            _("Erasing destroys keys. An older backup of the keys opens until its wrapping key is destroyed, too."),
            _keys(system),
            ("/me/erase", _("What goes, and what stays")),
        ),
        Promise(
            _("Nothing is kept for longer than agreed"),
            _("When its time is over, the key of a period is destroyed, and so is whatever it seals."),
            _retention(system),
            ("/me/recorded", _("What is recorded")),
        ),
        Promise(
            _("Private things need private keys"),
            _("Every field is sealed under a key of its class. A server opens only the classes that it was given."),
            (("good", _("this server holds %(classes)s", classes=_classes(system.config.key_classes))),),
            ("/me/recorded", _("Who may see what")),
        ),
    )


def _witnesses(system: "System", zone: ZoneInfo) -> tuple[tuple[str, str], ...]:
    found = [(_TONES[each.mood], witness_states.sentence(each, zone)) for each in witness_states.states(system)]
    return tuple(found) or (("warn", _("no witness is set up: only kept fingerprints show a forked log")),)


def _keys(system: "System") -> tuple[tuple[str, str], ...]:
    """Say whether what is erased is gone after the horizon: as long as no key of before is older, nor an escrow."""
    horizon = system.config.erasure_horizon
    try:
        facts = [*_wrapping_keys(system, horizon), *_escrow(system, horizon)]
    except (EscrowRefused, ProviderRefused):
        return (("warn", _("keys or escrow cannot be looked at now")),)
    worst = max((tone for tone, _ in facts), key=_WORSE.index)
    gone = _("gone from every backup after %(horizon)s days", horizon=horizon)
    return (worst, gone if worst == "good" else _("it is not certain: %(gone)s", gone=gone)), *facts


def _wrapping_keys(system: "System", horizon: int) -> Iterator[tuple[str, str]]:
    today = system.clock().astimezone(dt.UTC).date()
    states = key_records.states(system)
    ages = [each.age_days(today) for each in states if each.is_back or not each.destroyed_on]
    known = [each for each in ages if each is not None]
    if known:
        yield _tone(max(known), horizon), _("oldest wrapping key %(days)s", days=_days(max(known)))
    if len(known) < len(ages) or not ages:
        yield "warn", _("the age of the wrapping keys is not recorded yet")
    if any(each.is_back for each in states):
        yield "bad", _("a destroyed wrapping key was put back")
    if any(each.is_redated for each in states):
        yield "bad", _("somebody wrote another age of a wrapping key into the key store")


def _escrow(system: "System", horizon: int) -> Iterator[tuple[str, str]]:
    """An escrow holds the keys of its day: whoever opens it opens the backups of then."""
    if (receipt := EscrowFolder(system.config.home).receipt()) is not None:
        age = (system.clock().astimezone(dt.UTC).date() - receipt.day).days
        yield (
            "good" if age < horizon else "warn",
            _("newest escrow %(days)s; older ones must be destroyed", days=_days(age)),
        )


def _tone(age: int, horizon: int) -> str:
    """The day of the horizon itself is a warning, since the night that replaces the key may still come."""
    return "good" if age < horizon else "warn" if age == horizon else "bad"


def _days(age: int) -> str:
    return _("made today") if age <= 0 else ngettext("%(num)s day old", "%(num)s days old", age)


def _retention(system: "System") -> tuple[tuple[str, str], ...]:
    policy = system.policies.now()
    text_days, years = policy.text_days, policy.retention.log_years
    texts = (
        _("titles and addresses %(text_days)s days", text_days=text_days)
        if text_days
        else _("titles and addresses are not stored")
    )
    log = ngettext("the log %(num)s year", "the log %(num)s years", years)
    return ("good", _("figures %(months)s months", months=policy.retention.months)), ("good", texts), ("good", log)


def _classes(held: frozenset[KeyClass]) -> str:
    missing = [each.value for each in KeyClass if each not in held]
    return _("the keys of all classes") if not missing else _("no key of %(listing)s", listing=listing(missing))
