"""What the log says of released periods: of the organisation alone; gives out periods and digests, and no person."""

from typing import Final, NamedTuple

from privacy.access_log import AccessLog
from privacy.log_entries import RELEASED, RELEASES_RESTORED, Chain, Entry
from privacy.log_read import Filter
from privacy.period import Period
from privacy.vault import ORGANISATION

_ALL: Final = 2**31


class Said(NamedTuple):
    """That an entry commits to the releases of a period."""

    period: Period
    entry: int
    digest: str


def said(log: AccessLog) -> list[Said]:
    """Return what the log says was released, oldest entry first: of a period the last one counts."""
    return [
        Said(each.period, each.index, each.digest)
        for each in reversed(_entries(log, RELEASED, _ALL))
        if each.period is not None and each.digest is not None
    ]


def restored(log: AccessLog) -> tuple[int, str | None] | None:
    """Return the last entry that says which releases a restore has brought back, and its digest."""
    return next(((each.index, each.digest) for each in _entries(log, RELEASES_RESTORED, 1)), None)


def _entries(log: AccessLog, outcome: str, limit: int) -> tuple[Entry, ...]:
    wanted = Filter(subject=ORGANISATION, outcome=outcome, chains=(Chain.ORGANISATION,), limit=limit)
    return log.read(wanted).entries
