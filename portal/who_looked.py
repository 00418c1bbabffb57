"""What the log says about the asker, ready for their pages: who looked, refusals, changes, and their own looks."""

import itertools
from collections.abc import Mapping, Sequence
from typing import Any, Final

from portal import checkpoints, own, verifying, witness_states
from portal.access import session_key, system, viewer
from portal.locale import N_, _
from portal.parse import number_from
from portal.sentences import Sentence, sentences
from privacy.log_entries import Chain, Entry

A_PAGE: Final = 30
LATEST: Final = 3
PEOPLE, SYSTEM, ME = "people", "system", "me"
GONE: Final = N_("somebody who is no longer here")


def latest() -> list[Sentence]:
    """Return the last looks of other people, refused ones too."""
    return _said(system().gate.own_looks(viewer(), session_key(), 2 * LATEST))[:LATEST]


def page(asked: Mapping[str, str]) -> dict[str, Any]:
    """Return what the page shows: `by` people, system or me; `before` for older ones; `verify=1` rebuilds the tree."""
    by = asked.get("by", PEOPLE) if asked.get("by") in (SYSTEM, ME) else PEOPLE
    before = number_from(asked.get("before"), 0)
    published, every = checkpoints.latest(system()), _entries()
    chosen = [e for e in every if _by(e) == by]
    older = [e for e in chosen if not before or e.index < before]
    shown = _said(older[-A_PAGE:])
    base = f"/me/access?by={by}"
    return {
        "by": by,
        "entries": shown,
        "looks": sum(_is_look(e) for e in every),
        "refused": sum(e.outcome == "refused" and e.chain is not Chain.SELF for e in every),
        "numbering": numbering(every),
        "verified": verifying.verify(system(), hashes_only=True) if asked.get("verify") == "1" else None,
        "size": published.checkpoint.size,  # not that of now, which tells each time that somebody did something
        "checkpoint": published.note,
        "witnesses": witness_states.states(system()),
        "zone": own.zone(),
        "newer": base if before else None,
        "older": f"{base}&before={older[-A_PAGE].index}" if len(older) > A_PAGE else None,
    }


def numbering(entries: Sequence[Entry]) -> list[str]:
    """Return where the numbers of the asker's two chains have a gap: an entry that was left out would leave one."""
    problems = []
    for chain in (Chain.OTHERS, Chain.SELF):
        own_entries = sorted((e for e in entries if e.chain is chain), key=lambda e: e.sequence)
        if own_entries and own_entries[0].sequence:
            problems.append(
                _(
                    "the numbers of “%(chain)s” begin at %(sequence)s, not at 0",
                    chain=chain,
                    sequence=own_entries[0].sequence,
                )
            )
        for a, b in itertools.pairwise(own_entries):
            if b.sequence != a.sequence + 1:
                problems.append(
                    _(
                        "entry %(index)s: numbered %(sequence)s after %(sequence2)s",
                        index=b.index,
                        sequence=b.sequence,
                        sequence2=a.sequence,
                    )
                )
    return problems


def _entries() -> list[Entry]:
    return system().gate.own_log(viewer(), session_key())


def _by(entry: Entry) -> str:
    """Tell whose doing an entry is: the system's own work is many entries, and would hide the looks of people."""
    if entry.chain is Chain.SELF:
        return ME
    return SYSTEM if entry.by_job else PEOPLE


def _is_look(entry: Entry) -> bool:
    by_other = entry.viewer not in (None, entry.subject) and entry.chain is not Chain.SELF
    return by_other and entry.outcome == "disclosed" and bool(entry.fields)


def _said(entries: Sequence[Entry]) -> list[Sentence]:
    ids = {each for e in entries for each in (e.viewer, e.subject) if each is not None}
    names = system().directory.names(ids)
    return sentences(entries, viewer(), lambda person: names.get(person, _(GONE)), own.zone())
