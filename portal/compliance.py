"""The reviewer's pages: the access log with filters, one entry with its proof, and whether the log is whole.

Reading the log is disclosure, too: the gate writes an entry before it opens one, and the pages say so.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Final
from urllib.parse import urlencode

from flask import Blueprint, abort, render_template, request, url_for

from auth.permissions import Permission, requires
from portal import checkpoints, verifying, witness_states
from portal.access import person, system, viewer
from portal.answers import logged
from portal.locale import N_, _
from portal.parse import day_from, number_from
from portal.sentences import Sentence, sentence
from privacy.access_log import Entry, Filter
from privacy.policy import Purpose, Relation

blueprint = Blueprint("compliance", __name__, url_prefix="/compliance")

BY: Final[dict[str, bool | None]] = {"people": False, "system": True, "all": None}
"""Whose doing the page shows, as the log filters it: jobs write most entries, and would hide the looks of people."""

OUTCOMES: Final = ("disclosed", "shown", "refused", "imported", "appointed", "dismissed", "credential-changed")
"""What the page offers to filter by; the JSON takes any."""

UNKNOWN: Final = N_("somebody who is no longer here")


@blueprint.get("/")
@requires(Permission.ACCESS_LOG_READ)
def log() -> str:
    """Show the log, newest first, as asked: what people did, or what the system did by itself."""
    by = request.args.get("by", "")
    by = by if by in BY else next(iter(BY))
    found = system().gate.review(viewer(), replace(query_from(request.args), by_job=BY[by]))
    return render_template(
        "compliance/log.html",
        lines=[replace(each, digest=None) for each in _lines(found.page.entries)],  # it is on the entry's own page
        unreadable=found.page.unreadable,
        entry=found.entry,
        reach=found.sentence,
        asked=request.args,
        by=by,
        tabs={each: _address(by=each) for each in BY},
        choices=_choices(),
        newer=_address() if "before" in request.args else None,
        older=None if found.page.before is None else _address(before=str(found.page.before)),
    )


@blueprint.get("/entries/<int:index>")
@requires(Permission.ACCESS_LOG_READ)
def entry(index: int) -> str:
    """Show one entry in full, with the proof that it is in the log."""
    try:
        found, number = system().gate.review_entry(viewer(), index)
    except LookupError:
        abort(404)
    return render_template(
        "compliance/entry.html",
        index=index,
        line=None if found is None else _lines([found])[0],
        payload=[] if found is None else list(logged(found)["payload"].items()),
        proof=system().log.export_bundle([index]),
        entry=number,
    )


@blueprint.get("/verification")
@requires(Permission.ACCESS_LOG_READ)
def verification() -> str:
    """Show whether the log is whole; payloads are opened only if asked, because it takes a while."""
    deep = request.args.get("payloads") == "yes"
    result = verifying.verify(system(), hashes_only=not deep)
    return render_template(
        "compliance/verification.html",
        result=result,
        deep=deep,
        checkpoint=checkpoints.latest(system()).note,
        witnesses=witness_states.states(system()),
        zone=person().zone,
    )


def query_from(asked: Mapping[str, str]) -> Filter:
    """Read the filters of an address; raise a 400 for a day or a number that is none."""
    first, end = asked.get("from"), asked.get("to")
    return Filter(
        subject=asked.get("person") or None,
        viewer=asked.get("viewer") or None,
        relation=asked.get("relation") or None,
        purpose=asked.get("purpose") or None,
        outcome=asked.get("outcome") or None,
        first_day=day_from(first) if first else None,
        end_day=day_from(end) if end else None,
        before=number_from(asked["before"], 0) if asked.get("before") else None,
    )


def _address(**changed: str) -> str:
    """Return the address of this page with the filters that were asked for, from the newest entry on."""
    asked = {name: value for name, value in request.args.items() if value and name != "before"}
    query = urlencode(asked | changed)
    return url_for("compliance.log") + (f"?{query}" if query else "")


def _lines(entries: Iterable[Entry]) -> list[Sentence]:
    found = list(entries)
    known = system().directory.names({each for e in found for each in (e.viewer, e.subject) if each})
    names: Callable[[str], str] = lambda subject: known.get(subject, _(UNKNOWN))  # noqa: E731
    return [sentence(each, viewer(), names, person().zone) for each in found]


def _choices() -> dict[str, list[tuple[str, str]]]:
    people = [(each.subject, each.name) for each in system().people.everybody()]
    return {
        "person": [("", _("Anybody")), *people],
        "viewer": [("", _("Anybody")), *people],
        "relation": [("", _("Any")), *((each.value, _(each.value)) for each in Relation)],
        "purpose": [("", _("Any")), *((each.value, _(each.value.replace("_", " "))) for each in Purpose)],
        "outcome": [("", _("Any")), *((each, _(each.replace("-", " "))) for each in OUTCOMES)],
    }
