"""Records of keys that lie in the open, held against the log: the key store's days, and the escrow's public key.

Whoever moves those days would keep a key for longer than the erasure horizon; whoever replaces that public key would be
handed every key by the next night. So neither is used before the organisation's entries were asked.
"""

from collections.abc import Iterator

from portal.escrow_files import EscrowFolder, PublicKey
from portal.wiring import System
from privacy import key_history, rotation
from privacy.canonical import digest_of
from privacy.escrow_key import EscrowRefused
from privacy.rotation import State


def states(system: System) -> list[State]:
    """Return every version of every class, with what the key store and the log say of its age."""
    return rotation.report(system.keys, key_history.read(system.log))


def escrow_key(system: System) -> PublicKey | None:
    """Return the escrow's public key, None if there is none; EscrowRefused unless the log says that it was made here.

    The newest entry about a key pair counts: the holders of an older one are not to be given what is sealed now.
    """
    folder = EscrowFolder(system.config.home)
    if (public := folder.public()) is None:
        return None
    said = key_history.read(system.log)
    if not said.is_whole:
        raise EscrowRefused(
            f"{folder.key_file}: cannot be held against the log, of which entries are missing or do not open: run"
            " `sameview log verify`. Nothing is sealed to this key until then"
        )
    if said.escrow_key != digest_of(public.key):
        raise EscrowRefused(
            f"{folder.key_file}: is not the escrow key that the log says was made last: somebody replaced it, or making"
            " one was broken off. Nothing is sealed to it; find out who wrote there, then make a new pair with"
            " `sameview keys escrow-key --output DIR --replace`"
        )
    return public


def redated(system: System) -> Iterator[str]:
    """Yield which keys are older, says the log, than the key store says, as `place: reason`."""
    return rotation.contradictions(states(system))


def problems(system: System) -> Iterator[str]:
    """Yield what the log contradicts, as `place: reason`."""
    yield from redated(system)
    if system.config.key_provider == "file":
        try:
            escrow_key(system)
        except EscrowRefused as error:
            yield str(error)
