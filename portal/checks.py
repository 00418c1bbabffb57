"""`sameview check`: every fault with its fix, found without opening anybody's data."""

import enum
import os
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from portal import (
    key_life,
    known_erasures,
    leftovers,
    person_stamps,
    policy_words,
    target_record,
    verifying,
    witness_states,
)
from portal.config import Config, ConfigError
from portal.locale import N_, _
from portal.wiring import NotInitialised, System, build
from portal.witness_states import Mood
from privacy.key_provider import KeyClassWithheld, KeyGone, KeyRefused, ProviderRefused

_MENDING: Final = {
    Mood.UNASKED: N_("`sameview serve` asks it when it starts, and then on a schedule."),
    Mood.NEVER: N_(
        "Does it run, at the address in SAMEVIEW_WITNESSES? The server's log says what the portal met there."
    ),
    Mood.SILENT: N_(
        "Does it run, at the address in SAMEVIEW_WITNESSES? The server's log says what the portal met there."
    ),
    Mood.REFUSED: N_(
        "Run `sameview log verify`, and compare with the checkpoints in the witness's page and in backups."
    ),
    Mood.BROKEN: N_("Somebody wrote into the log's database, or the verifier key in SAMEVIEW_WITNESSES was changed."),
}


_UNOPENED: Final = (
    ConfigError,
    KeyClassWithheld,
    KeyGone,
    KeyRefused,
    NotInitialised,
    OSError,
    ProviderRefused,
    SQLAlchemyError,
)


class Level(enum.Enum):
    """How bad it is: a fault stops or endangers a promise, a warning weakens one."""

    FAULT = "fault"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong, and what to do."""

    level: Level
    what: str
    fix: str


def examine(environ: Mapping[str, str]) -> list[Finding]:
    """Look at settings, stores, keys and the log of the installation that `environ` names."""
    try:
        config = Config.from_environ(environ)
    except ConfigError as error:
        return [Finding(Level.FAULT, str(error), _("Correct the setting and run `sameview check` again."))]
    try:
        system = build(config)
    except _UNOPENED as error:
        return [Finding(Level.FAULT, _first_line(error), _("Nothing else can be checked before this is mended."))]
    try:
        return inspect(system)
    finally:
        system.close()


def inspect(system: System) -> list[Finding]:
    """Look at a running installation."""
    return [
        *_keys(system),
        *_key_life(system),
        *_places(system.config),
        *_erasures(system),
        *_policy(system),
        *_people(system),
        *_targets(system),
        *_log(system),
        *_witnesses(system),
    ]


def _keys(system: System) -> Iterator[Finding]:
    try:
        system.provider.check()
        for warning in system.provider.warnings():
            what, _colon, fix = warning.partition(": ")
            yield Finding(Level.WARNING, what, f"{fix[:1].upper()}{fix[1:]}.")
    except (ProviderRefused, KeyGone) as error:
        yield Finding(Level.FAULT, str(error), _("Without this key nothing of its class opens."))
    secret = system.config.web_secret
    if system.config.secret_key is None and not secret.exists():
        yield Finding(
            Level.FAULT, _("%(secret)s is missing", secret=secret), _("Restore it, or set SAMEVIEW_SECRET_KEY.")
        )
    elif system.config.secret_key is None and stat.S_IMODE(secret.stat().st_mode) & 0o077:
        yield Finding(Level.FAULT, _("%(secret)s can be read by others", secret=secret), f"chmod 600 {secret}")


def _key_life(system: System) -> Iterator[Finding]:
    try:
        found = list(key_life.concerns(system))
    except ProviderRefused:
        return  # the keys cannot be looked at: said above
    for each in found:
        yield Finding(Level.FAULT if each.is_fault else Level.WARNING, each.what, each.fix)


def _places(config: Config) -> Iterator[Finding]:
    if config.key_provider == "file":
        yield from _same_disk(config)
    for path in leftovers.find(config):
        yield Finding(
            Level.WARNING,
            _(
                "%(path)s was left by a restore or a recovery that was killed: names or wrapped keys of a backup",
                path=path,
            ),
            _("`sameview jobs nightly` removes it, and so does the next erasure."),
        )
    if config.home.exists() and stat.S_IMODE(config.home.stat().st_mode) & 0o077:
        yield Finding(
            Level.WARNING,
            _("%(home)s can be read by others", home=config.home),
            f"chmod 700 {config.home}",
        )
    if config.base_url.startswith("https://") and config.proxy_hops == 0:
        yield Finding(
            Level.FAULT,
            _("SAMEVIEW_BASE_URL is https, but SAMEVIEW_PROXY_HOPS is 0"),
            _("Set it to the number of proxies in front: without it cookies are not marked Secure."),
        )
    if config.base_url.startswith("http://") and not _is_local(config.base_url):
        yield Finding(
            Level.FAULT,
            _("%(base_url)s is not encrypted", base_url=config.base_url),
            _("Put TLS in front and use https://."),
        )


def _same_disk(config: Config) -> Iterator[Finding]:
    keks = os.stat(config.kek_dir).st_dev
    for url in (config.data_url, config.keys_url):
        database = make_url(url)
        if database.get_backend_name() == "sqlite" and os.stat(str(database.database)).st_dev == keks:
            yield Finding(
                Level.WARNING,
                _(
                    "%(kek_dir)s is on the same file system as %(database)s",
                    kek_dir=config.kek_dir,
                    database=database.database,
                ),
                _("Whoever copies that disk has data and keys. Set SAMEVIEW_KEY_DIR to another disk."),
            )


def _erasures(system: System) -> Iterator[Finding]:
    for stone in (each for each in known_erasures.stones(system) if not each.finished):
        yield Finding(
            Level.FAULT if stone.day < system.clock().date() else Level.WARNING,
            _(
                "the erasure of person %(subject)s, begun on %(day)s, is not finished",
                subject=stone.subject,
                day=stone.day,
            ),
            _(
                "`sameview jobs nightly` finishes it, or names the damage in its way: put that store back from a"
                " backup."
            ),
        )


def _policy(system: System) -> Iterator[Finding]:
    """Say what lies between the capture policy and one that two have agreed on."""
    system.policies.hear()
    for problem in system.policies.refused():
        fix = _("Somebody wrote there: keep the file. Then `sameview policy mend` puts back what was agreed on.")
        yield Finding(Level.FAULT, problem, fix)
    if system.policies.signers is None:
        yield Finding(
            Level.WARNING,
            _("nobody signs the capture policy: whoever runs this server can change what is recorded"),
            _("Agree on keys with the works council, and run `sameview policy signers`. It is done once."),
        )
    elif (warning := policy_words.warning(system)) is not None:
        yield Finding(Level.WARNING, warning, _("Every “What is recorded” page says so, too."))
    if (chosen := system.policies.unrecorded()) is not None and system.policies.recorded():
        yield Finding(
            Level.WARNING,
            _(
                "the settings choose another capture policy (%(name)s) than the one that people were told of",
                name=chosen.name,
            ),
            _("It is recorded, and everybody is told, when `sameview serve` starts or the nightly job runs."),
        )


def _people(system: System) -> Iterator[Finding]:
    for problem in person_stamps.problems(system):
        yield Finding(Level.FAULT, problem, _("Keep a copy of the row first: somebody wrote there."))


def _targets(system: System) -> Iterator[Finding]:
    for problem in target_record.problems(system):
        fix = _("Keep a copy of the row first: somebody wrote there. Then a manager of the team announces it anew.")
        yield Finding(Level.FAULT, problem, fix)


def _log(system: System) -> Iterator[Finding]:
    named = {*person_stamps.problems(system), *target_record.problems(system)}
    for problem in (each for each in verifying.verify(system, hashes_only=True).problems if each not in named):
        yield Finding(
            Level.FAULT,
            _("the access log does not verify: %(problem)s", problem=problem),
            _("Keep the files: somebody wrote there."),
        )


def _witnesses(system: System) -> Iterator[Finding]:
    if not system.config.witnesses:
        yield Finding(
            Level.WARNING,
            _("no witness co-signs the access log"),
            _(
                "Ask the works council to run `sameview log witness`, and set SAMEVIEW_WITNESSES to its key and"
                " address."
            ),
        )
    for address in (each.address for each in system.config.witnesses):
        if address.startswith("http://") and not _is_local(address):
            yield Finding(
                Level.WARNING,
                _("the way to the witness %(address)s is not encrypted", address=address),
                _("Use https://: a refusal is not signed, and whoever is on the way could alarm everybody with one."),
            )
    for each in witness_states.states(system):
        if each.mood is not Mood.COSIGNED:
            yield Finding(Level.WARNING, witness_states.sentence(each, ZoneInfo("UTC")), _(_MENDING[each.mood]))


def _is_local(url: str) -> bool:
    return urlsplit(url).hostname in ("127.0.0.1", "::1", "localhost")


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]
