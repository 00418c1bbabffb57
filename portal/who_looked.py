"""What the log says about the asker, ready for their pages: who looked, refusals, changes, and their own looks."""

import itertools
from collections.abc import Mapping, Sequence
from typing import Any, Final

from auth.notice_sentences import GONE
from portal import checkpoints, look_filter, own, verifying, witness_states
from portal.access import session_key, system, viewer
from portal.answers import logged
from portal.locale import N_, _
from portal.log_rows import as_csv
from portal.log_words import PURPOSE_NAMES
from portal.look_filter import NOBODY, OUTCOMES, choose, chosen_from
from portal.parse import bad, number_from
from portal.sentences import Sentence, sentences
from privacy.log_entries import Chain, Entry

A_PAGE: Final = 30
LATEST: Final = 3
_PAGE: Final = "/me/access"


def latest() -> list[Sentence]:
    """Return the last looks of other people, refused ones too."""
    return _said(system().gate.own_looks(viewer(), session_key(), 2 * LATEST))[:LATEST]


def page(asked: Mapping[str, str]) -> dict[str, Any]:
    """Return what the page shows: the entries that the address chooses (`portal.look_filter`), `before` for older ones.

    `verify=1` rebuilds the tree. A day that cannot be read stands in `wrong`.
    """
    chosen, before = chosen_from(asked), number_from(asked.get("before"), 0)
    published, every = checkpoints.latest(system()), _entries()
    found = choose(every, chosen, own.zone())
    older = [e for e in found if not before or e.index < before]
    return {
        "by": chosen.by,
        "chosen": chosen,
        "wrong": chosen.wrong,
        "choices": _choices([e for e in every if look_filter.whose(e) == chosen.by]),
        "found": len(found),
        "entries": _said(older[-A_PAGE:]),
        "looks": sum(_is_look(e) for e in every),
        "refused": sum(e.outcome == "refused" and e.chain is not Chain.SELF for e in every),
        "numbering": numbering(every),
        "verified": verifying.verify(system(), hashes_only=True) if asked.get("verify") == "1" else None,
        "size": published.checkpoint.size,  # not that of now, which tells each time that somebody did something
        "checkpoint": published.note,
        "witnesses": witness_states.states(system()),
        "zone": own.zone(),
        "newer": chosen.address(_PAGE) if before else None,
        "older": chosen.address(_PAGE, before=older[-A_PAGE].index) if len(older) > A_PAGE else None,
    }


def chosen_csv(asked: Mapping[str, str]) -> str:
    """Return the entries that an address chooses as CSV, newest first. A 400 for days that cannot be read."""
    found = _chosen(asked)
    return as_csv(found, viewer(), _names(found), _(GONE))


def chosen_json(asked: Mapping[str, str]) -> dict[str, Any]:
    """Return the entries that an address chooses as `/api/v1/me/access` answers them, with the names of persons."""
    found = _chosen(asked)
    return {"entries": [logged(each) for each in found], "names": _names(found)}


def _chosen(asked: Mapping[str, str]) -> list[Entry]:
    chosen = chosen_from(asked)
    if chosen.wrong:
        raise bad(" ".join(chosen.wrong.values()))
    return choose(_entries(), chosen, own.zone())[::-1]


def _choices(entries: Sequence[Entry]) -> dict[str, list[tuple[str, str]]]:
    """Return what the form offers: the persons and purposes that are in the log, and the outcomes."""
    found = look_filter.persons(entries)
    names = system().directory.names(found)
    people = sorted(((each, names.get(each, _(GONE))) for each in found if each != NOBODY), key=lambda each: each[1])
    nobody = [(NOBODY, _("The system itself, or the command line"))] if NOBODY in found else []
    purposes = [
        (each, _(PURPOSE_NAMES.get(each, N_("for no agreed purpose")))) for each in look_filter.purposes(entries)
    ]
    anything = [("", _("Any"))]
    return {
        "person": [("", _("Anybody")), *people, *nobody],
        "purpose": anything + purposes,
        "outcome": anything + [(name, _(words)) for name, words in OUTCOMES],
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


def _names(entries: Sequence[Entry]) -> dict[str, str]:
    """Return the names of everybody whom entries name, by subject id."""
    ids = {each for e in entries for each in (e.viewer, e.subject) if each is not None}
    return system().directory.names(ids) if ids else {}


def _is_look(entry: Entry) -> bool:
    by_other = entry.viewer not in (None, entry.subject) and entry.chain is not Chain.SELF
    return by_other and entry.outcome == "disclosed" and bool(entry.fields)


def _said(entries: Sequence[Entry]) -> list[Sentence]:
    names = _names(entries)
    return sentences(entries, viewer(), lambda person: names.get(person, _(GONE)), own.zone())
