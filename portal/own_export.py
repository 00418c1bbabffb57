"""My data: a copy of everything about oneself, sent as one ZIP file while it is made.

Nothing is prepared, and nothing of it stays here: the copy is read in slices of a month from a snapshot of one moment,
and each slice is on its way before the next is opened. Rejected: a job that puts the finished file aside, which would
be one more place where everything about somebody lies, to be sealed, counted, expired and erased.
"""

import datetime as dt
import time
from collections.abc import Generator, Iterator
from contextlib import ExitStack, closing
from typing import Final

import structlog
from flask import Blueprint, Response, current_app, render_template
from jinja2 import Template

from auth.permissions import Permission, requires
from portal import export_days, export_facts, export_index, export_proofs, own
from portal.access import person, session_key, system, viewer
from portal.export_copy import Copy, begin
from portal.export_turns import Progress, turns
from portal.locale import _, current, speaking
from portal.zip_stream import ZipStream
from privacy.fields import Tier
from privacy.vault_store import extent

blueprint = Blueprint("own_export", __name__, url_prefix="/me/data")

OF_SEALED: Final = 2.3
"""How many bytes a byte of ciphertext becomes in the file, at most: measured over a year of a busy desk."""
_LESS_SAID: Final = frozenset({"categories.csv", "access/README.txt", *export_proofs.GO_WITH_PROOFS})
"""What the page does not list: it goes with something else that it does."""
_OF_MONTHS: Final = ("days/", "events/2", "events/1")
_RETRY_SECONDS: Final = 60
_logger = structlog.get_logger("sameview")


class BrokenOff(Exception):
    """An export could not be made to its end; the text is the kind of what broke, and nothing else."""


@blueprint.get("")
@requires(Permission.ACCOUNT_READ)
def my_data() -> str:
    """Show what an export holds, how much that is about, and how far one is that is being sent; nothing is opened."""
    return _page(None)


@blueprint.post("/export")
@requires(Permission.ACCOUNT_READ)
def export() -> Response | tuple[str, int, dict[str, str]]:
    """Send everything about me as one ZIP file, while it is read."""
    subject = viewer()
    progress = turns.take(system(), subject)
    if progress is None:
        busy = _("Another export is being sent at this moment. Nothing was begun: try again when that has arrived.")
        return _page(busy), 503, {"Retry-After": str(_RETRY_SECONDS)}
    left = ExitStack()
    left.callback(turns.leave, subject, progress)
    try:
        copy = begin(system(), person(), session_key(), own.own(), left)
    except BaseException:
        left.close()
        raise
    name = f"sameview-{copy.moment.astimezone(copy.owner.zone):%Y-%m-%d}.zip"
    headers = {"Content-Disposition": f"attachment; filename={name}", "X-Accel-Buffering": "no"}
    page = current_app.jinja_env.get_template("me/export_index.html")
    sent = _in_language(current(), _sent(copy, progress, page, left))
    response = Response(sent, mimetype="application/zip", headers=headers)
    response.call_on_close(left.close)  # of a response that nobody began to read, too
    return response


def _page(busy: str | None) -> str:
    with system().stores.data.connect() as connection:
        found = extent(connection, viewer())
    return render_template(
        "me/data.html",
        extent=found,
        megabytes=found.sealed_bytes * OF_SEALED / 1_000_000,
        contents=[_(words) for name, words in export_index.FOLDERS if name not in _LESS_SAID],
        progress=turns.of(viewer()),
        busy=busy,
        has_mail=system().config.smtp_url is not None,
    )


def _in_language(tag: str, portions: Generator[bytes]) -> Iterator[bytes]:
    """Make each portion in a language, and leave no trace of it between two: the thread may serve others meanwhile.

    For the same reason no context of the request is kept open (`flask.stream_with_context`): whose request it is would
    be seen by the next one of this thread.
    """
    with closing(portions):
        while True:
            with speaking(tag):
                portion = next(portions, None)
            if portion is None:
                return
            yield portion


def _sent(copy: Copy, progress: Progress, page: Template, left: ExitStack) -> Generator[bytes]:
    packed = ZipStream(copy.moment.astimezone(copy.owner.zone))
    progress.total = len(list(copy.months(Tier.SUMMARY))) + 2 * len(list(copy.months(Tier.DAY)))
    with left:
        try:
            for name, chunks in _files(copy, packed, page):
                for portion in packed.add(name, chunks):
                    progress.moved_at = time.monotonic()
                    yield portion
                progress.done += name.startswith(_OF_MONTHS)
            yield from packed.close()
        except Exception as broken:
            # What was sent has no end and does not unpack: its reader sees that it broke off, and can begin again. The
            # server writes down what it is told here, and the message of what broke may name a row, and so a person.
            _logger.warning("export broke off", reason=type(broken).__name__)
            raise BrokenOff(type(broken).__name__) from None


def _files(copy: Copy, packed: ZipStream, page: Template) -> Iterator[export_days.File]:
    figures: export_days.Figures = {}
    seconds: list[tuple[dt.date, str, float]] = []
    yield from export_days.figures(copy, figures, seconds)
    yield from export_days.tables(figures, seconds)
    for of_days in (export_days.events, export_days.growing, export_days.weeks, export_days.notes):
        yield from of_days(copy)
    for of_facts in (
        export_facts.settings,
        export_facts.one_to_ones,
        export_facts.sharing,
        export_facts.threads,
        export_facts.notices,
        export_facts.account,
        export_facts.policies,
    ):
        yield from of_facts(copy)
    entries = copy.system.gate.own_log(copy.owner.subject, copy.session)
    yield from export_proofs.log(copy, entries)
    yield from export_proofs.proofs(copy, entries)
    yield from export_proofs.verifier(copy)
    yield from export_index.index(copy, page, figures, export_proofs.by_people(copy, entries), packed.packed)
    yield from export_index.manifest(copy, packed.packed)
