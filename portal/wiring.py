"""Everything is built here, once, from the settings, and handed in: nothing reaches for a global."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from auth.announcements import Announcements
from auth.credentials import Credentials
from auth.devices import Devices
from auth.directory import Directory
from auth.enrolments import Enrolments
from auth.invitations import Invitations, Kind
from auth.journal import Journal
from auth.passwords import PasswordHasher
from auth.people import People
from auth.sessions import Sessions
from auth.signin import SignIn
from auth.stamps import Stamps
from auth.team_history import teams_over_time
from auth.throttle import Throttle
from auth.tokens import Tokens
from portal import lost_stores, schema
from portal.config import Config, ConfigError
from portal.occupancy import Occupancy, Occupied
from portal.providers import open_provider
from portal.request_directory import RequestDirectory
from privacy import organisation, policy_history, restoration
from privacy.access_log import AccessLog
from privacy.disclosure import Gate
from privacy.granted import GrantedSeal
from privacy.granted_gate import Rooms
from privacy.grants import Grants
from privacy.keys import KeyRing
from privacy.log_key import open_signer
from privacy.organisation import Organisation
from privacy.policies import Always, Policies, PolicySource, Teams
from privacy.policy import Rule
from privacy.policy_marks import PolicyMarks
from privacy.release_memory import ReleaseMemory
from privacy.release_store import ReleaseStore
from privacy.stamp_key import policy_key, stamp_key
from privacy.stores import Stores, open_engine
from privacy.threads import Threads
from privacy.vault import Vault

if TYPE_CHECKING:
    from analytics.categories import Categorisers
    from analytics.folding import Folding
    from analytics.intake import Intake
    from analytics.own_events import OwnEvents
    from analytics.receiving import Receiver
    from analytics.weeks import Weeks
    from portal.ingest.known_tokens import KnownTokens
    from privacy.file_keys import FileKeyProvider
    from privacy.pkcs11_keys import Pkcs11KeyProvider

Clock = Callable[[], dt.datetime]


class NotInitialised(Exception):
    """There is no installation here, or its schema is old; the text says what to run."""


def utc_now() -> dt.datetime:
    """Return the present moment, aware, UTC."""
    return dt.datetime.now(dt.UTC)


@dataclass(frozen=True)
class System:
    """The parts of a running installation. What only some commands need is built when it is asked for."""

    config: Config
    organisation: Organisation
    stores: Stores
    provider: "FileKeyProvider | Pkcs11KeyProvider"
    keys: KeyRing
    log: AccessLog
    vault: Vault
    stamps: Stamps
    directory: Directory
    gate: Gate
    rooms: Rooms
    clock: Clock
    occupancy: Occupancy | None = None

    @cached_property
    def journal(self) -> Journal:
        return Journal(self.log, self.clock)

    @cached_property
    def people(self) -> People:
        return People(self.stores.data, self.journal, self.clock, self.stamps, GrantedSeal(self.keys))

    @cached_property
    def announcements(self) -> Announcements:
        return Announcements(self.stores.data)

    @cached_property
    def sessions(self) -> Sessions:
        return Sessions(self.stores.data, self.clock, self.stamps)

    @cached_property
    def tokens(self) -> Tokens:
        return Tokens(self.stores.data, self.journal, self.clock, self.stamps)

    @cached_property
    def devices(self) -> Devices:
        return Devices(self.stores.data, self.journal, self.clock)

    @cached_property
    def enrolments(self) -> Enrolments:
        return Enrolments(self.stores.data, self.tokens, self.throttle, self.clock, self.stamps)

    @cached_property
    def hasher(self) -> PasswordHasher:
        return PasswordHasher()

    @cached_property
    def throttle(self) -> Throttle:
        return Throttle(self.stores.data, self.clock, self.web_secret.encode())

    @cached_property
    def sign_in(self) -> SignIn:
        return SignIn(self.stores.data, self.journal, self.hasher, self.throttle, self.clock, self.stamps)

    @cached_property
    def credentials(self) -> Credentials:
        return Credentials(self.stores.data, self.journal, self.hasher, self.throttle, self.stamps)

    @cached_property
    def invitations(self) -> Invitations:
        trial = self.organisation.throw_away
        shown = lambda: self.policies.now().version  # noqa: E731 - the notice of an invitation is that of now
        return Invitations(self.stores.data, self.journal, self.hasher, self.clock, self.stamps, trial, shown)

    @cached_property
    def policies(self) -> Policies:
        from portal.policy_settings import chosen_body

        return Policies(
            self.stores.data,
            PolicyMarks(self.stores.keys, policy_key(self.keys)),
            lambda: policy_history.read(self.log),
            self.clock,
            self.organisation.origin,
            lambda: chosen_body(self.config),
            self.teams,
        )

    @cached_property
    def capture(self) -> PolicySource:
        """The policies that events pass: those agreed on, or one that keeps everything where nothing is real."""
        if not self.config.testing:
            return self.policies
        from privacy.capture import OWN_INSIGHT

        return Always(OWN_INSIGHT)

    def teams(self, subject: str) -> list[Teams]:
        """Return in which teams somebody was from when on."""
        return teams_over_time(self.stores.data, subject)

    @cached_property
    def categorisers(self) -> "Categorisers":
        from analytics.categories import Categorisers

        return Categorisers()

    @cached_property
    def intake(self) -> "Intake":
        from analytics.intake import Intake

        return Intake(
            vault=self.vault,
            gate=self.gate,
            directory=self.directory,
            policies=self.capture,
            categorisers=self.categorisers,
            clock=self.clock,
            day_start=self.config.day_start,
        )

    @cached_property
    def receiver(self) -> "Receiver":
        from analytics.categories import Categorisers
        from analytics.receiving import Receiver

        return Receiver(
            hot=self.intake.hot,
            directory=self.directory,
            policies=self.capture,
            categorisers=Categorisers(),  # its own: one thread at a time asks it, and jobs have another
            clock=self.clock,
            day_start=self.config.day_start,
            on_full=self.folding.soon,
        )

    @cached_property
    def folding(self) -> "Folding":
        from analytics.folding import Folding

        return Folding(self.intake)

    @cached_property
    def own_events(self) -> "OwnEvents":
        from analytics.own_events import OwnEvents

        return OwnEvents(self.intake)

    @cached_property
    def known_tokens(self) -> "KnownTokens":
        from portal.ingest.known_tokens import KnownTokens, looked_up

        return KnownTokens(looked_up(self.tokens, self.directory))

    @cached_property
    def built_in(self) -> str | None:
        """The one person of testing mode, who needs no token; None everywhere else."""
        from portal.testing import subject_of

        return subject_of(self) if self.config.testing else None

    @property
    def hostname(self) -> str:
        """What this server calls itself: the name under which people reach it."""
        return urlsplit(self.config.base_url).hostname or "sameview"

    @cached_property
    def weeks(self) -> "Weeks":
        from analytics.weeks import Weeks

        return Weeks(self.vault, self.gate, self.directory)

    @cached_property
    def releases(self) -> ReleaseStore:
        return ReleaseStore(self.stores.data, self.stamps)

    @cached_property
    def release_memory(self) -> ReleaseMemory:
        return ReleaseMemory(GrantedSeal(self.keys))

    @cached_property
    def web_secret(self) -> str:
        """What signs form tokens: the setting, or the random one that `init` kept."""
        return self.config.secret_key or self.config.web_secret.read_text(encoding="utf-8").strip()

    def invitation_url(self, subject: str, by: str | None) -> str:
        """Issue a one-time invitation and return its address."""
        return f"{self.config.base_url}/invitation/{self.invitations.issue(subject, Kind.INVITATION, by=by)}"

    def close(self) -> None:
        """Close the stores. Work that was acknowledged is durable already."""
        self.stores.dispose()
        if self.occupancy is not None:
            self.occupancy.leave()


def open_stores(config: Config) -> Stores:
    """Open the three stores that the settings name."""
    return Stores(open_engine(config.data_url), open_engine(config.log_url), open_engine(config.keys_url))


def build(config: Config, clock: Clock = utc_now, *, restoring: bool = False) -> System:
    """Build the system of an installation, or raise NotInitialised.

    Only `restoring` builds one whose restore is not finished; whoever asks for that holds the installation alone.
    """
    if config.database_url is None and not (config.home / "data" / "sameview.db").exists():
        raise NotInitialised(f"there is no installation in {config.home}: run `sameview init`, or set SAMEVIEW_HOME")
    occupancy = None if restoring else _occupy(config)
    stores = open_stores(config)
    try:
        owner = _owner(stores, restoring)
        if config.testing and not owner.throw_away:  # whoever starts it, and however
            raise NotInitialised(
                "testing mode serves only a database made with `sameview init --throw-away`: leave out --testing and"
                " SAMEVIEW_TESTING"
            )
        system = _assemble(config, owner, stores, clock, occupancy)
        if not restoring:
            _refuse_contradictions(system)
        return system
    except BaseException:
        stores.dispose()
        if occupancy is not None:
            occupancy.leave()
        raise


def _refuse_contradictions(system: System) -> None:
    """Raise ConfigError if the settings choose a policy where signatures do: nobody may think that they count."""
    if system.policies.signers is not None and not system.policies.now().is_draft:
        from portal.policy_settings import contradictions

        if found := contradictions(system.config, system.policies.now()):
            raise ConfigError(found[0])


def _occupy(config: Config) -> Occupancy:
    try:
        return Occupancy(config.home)
    except Occupied as error:
        raise NotInitialised(str(error)) from error


def _owner(stores: Stores, restoring: bool) -> Organisation:
    with stores.data.connect() as connection:
        if not restoring and restoration.find(connection) is not None:
            raise NotInitialised("a restore did not finish: run `sameview restore` again")
    if (gone := lost_stores.lost(stores)) is not None:
        raise NotInitialised(gone)
    if waiting := schema.outdated(stores):
        raise NotInitialised(f"the schema of {', '.join(waiting)} is not current: run `sameview migrate`")
    with stores.data.connect() as connection:
        owner = organisation.find(connection)
    if owner is None:
        raise NotInitialised("these stores were never set up: run `sameview init`")
    return owner


def _assemble(config: Config, owner: Organisation, stores: Stores, clock: Clock, occupancy: Occupancy | None) -> System:
    provider = open_provider(config, config.key_classes)
    keys = KeyRing(stores.keys, provider, classes=config.key_classes, today=lambda: clock().date())
    log = AccessLog(stores.log, keys, open_signer(keys, owner.origin), clock)
    vault = Vault(stores.data, keys)
    stamps = Stamps(stamp_key(keys))
    seal = GrantedSeal(keys)
    directory = RequestDirectory(stores.data, clock, stamps, seal)

    def rules_since(moment: dt.datetime) -> tuple[Rule, ...]:
        return system.policies.in_force().rules_since(moment)

    rooms = Rooms(Grants(stores.data, seal, stamps), Threads(stores.data, seal, stamps))
    gate = Gate(vault, log, directory, clock, day_start=config.day_start, rules_since=rules_since, rooms=rooms)
    system = System(config, owner, stores, provider, keys, log, vault, stamps, directory, gate, rooms, clock, occupancy)
    return system
