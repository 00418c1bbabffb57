"""Whether the log says that something was done to the installation: of the organisation alone, and no word of a person.

What was done once and may not be done again, such as stamping rows as they stand, asks here before it is done.
"""

from privacy.access_log import AccessLog
from privacy.log_entries import Chain
from privacy.log_read import Filter
from privacy.vault import ORGANISATION


def has_said(log: AccessLog, outcome: str, before: int | None = None) -> bool:
    """Tell whether an entry of the organisation's chain has this outcome; with `before`, one of the first so many."""
    wanted = Filter(subject=ORGANISATION, outcome=outcome, chains=(Chain.ORGANISATION,), before=before, limit=1)
    return bool(log.read(wanted).entries)
