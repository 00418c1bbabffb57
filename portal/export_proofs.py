"""The access log of an export: every entry about its person, what proves each of them, and the program that checks it.

Proofs are those that `/api/v1/me/access/proofs` and `/closing` answer with, made at one moment.
"""

from collections.abc import Iterator
from typing import Any, Final

from portal import checkpoints
from portal.answers import counted, logged
from portal.export_copy import Copy
from portal.export_days import File, as_file
from portal.locale import N_, _
from portal.log_rows import as_csv
from portal.look_filter import PEOPLE, whose
from portal.own_check import FOLDER, fingerprint
from portal.sentences import Sentence, sentences
from privacy.closings import NotClosed
from privacy.key_provider import KeyGone
from privacy.log_entries import Entry

PROOFS: Final = "access/proofs.json"
CLOSING: Final = "access/closing.json"
COSIGNED: Final = "access/proofs-cosigned.json"
COSIGNED_CLOSING: Final = "access/closing-cosigned.json"
GO_WITH_PROOFS: Final = (CLOSING, COSIGNED, COSIGNED_CLOSING)
_GONE: Final = N_("somebody who is no longer here")


def log(copy: Copy, entries: list[Entry]) -> Iterator[File]:
    """Yield the log about somebody, newest first, as JSON and as CSV."""
    names = _names(copy, entries)
    newest = sorted(entries, key=lambda each: each.index, reverse=True)
    yield "access/log.json", [as_file({"entries": [logged(each) for each in newest], "names": names})]
    yield "access/log.csv", [as_csv(newest, copy.owner.subject, names, _(_GONE)).encode()]


def by_people(copy: Copy, entries: list[Entry]) -> list[Sentence]:
    """Return what other people did as sentences, newest first."""
    names = _names(copy, entries)
    people = [each for each in entries if whose(each) == PEOPLE]
    return sentences(people, copy.owner.subject, lambda each: names.get(each, _(_GONE)), copy.owner.zone)


def proofs(copy: Copy, entries: list[Entry]) -> Iterator[File]:
    """Yield the proofs, how the last closing counted the entries, and the same under what witnesses signed, if any."""
    own = [each.index for each in entries if each.subject == copy.owner.subject]
    yield PROOFS, [as_file(copy.system.gate.own_proofs(copy.owner.subject, copy.session, own))]
    yield from _closing(copy, CLOSING, 0)
    latest = checkpoints.latest(copy.system)
    if latest.cosignatures:
        size = latest.checkpoint.size
        within = [index for index in own if index < size]
        found = copy.system.gate.own_proofs(copy.owner.subject, copy.session, within, 0, latest.note)
        yield COSIGNED, [as_file(found)]
        yield from _closing(copy, COSIGNED_CLOSING, size)


def verifier(copy: Copy) -> Iterator[File]:
    """Yield the program that checks the proofs, and how to use it."""
    yield "access/verify.py", [(FOLDER / "verify.py").read_bytes()]
    yield "access/README.txt", [_how(copy).encode()]


def _names(copy: Copy, entries: list[Entry]) -> dict[str, str]:
    ids = {each for e in entries for each in (e.viewer, e.subject) if each is not None}
    return copy.system.directory.names(ids)


def _closing(copy: Copy, name: str, old: int) -> Iterator[File]:
    try:
        found: Any = counted(copy.system.gate.own_closing(copy.owner.subject, copy.session, None, old))
    except (NotClosed, KeyGone):
        return  # before the first night there is none, and one that is too old opens no more
    except (LookupError, ValueError) as wrong:
        copy.miss(name, wrong)
        return
    yield name, [as_file(found)]


def _how(copy: Copy) -> str:
    key = str(copy.system.log.signer.verifier)
    lines = (
        _("How to check what the access log says about you, without trusting this portal"),
        _(
            "1. Take the verifier key of the log (KEY) from the witness that your works council runs, or from paper."
            " It should be this one: %(key)s",
            key=key,
        ),
        _(
            "2. Take verify.py from the witness, too. The one in this folder is the same if its SHA-256 is:"
            " %(fingerprint)s",
            fingerprint=fingerprint(),
        ),
        _("3. It needs Python 3.11 and the package “cryptography”. In this folder, run:"),
        "    python verify.py proofs.json --log KEY --state checked.json",
        _("   If there is a closing.json beside it, add: --closing closing.json"),
        _(
            "   If there are files with “cosigned” in their names, witnesses signed an earlier state of the log: check"
            " those two together, with --witness and the witness’s key."
        ),
        _("4. Keep checked.json away from the portal. Next time the same command proves that the log only grew since."),
        _(
            "No proof can show what whoever runs the server reads in its memory or with its keys, screenshots, and what"
            " other programs show."
        ),
    )
    return "\n\n".join(lines) + "\n"
