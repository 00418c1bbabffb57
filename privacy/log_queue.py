"""The log's queue: one commit for all entries that wait (privacy/group_commit.py), and one error for all that fail."""

from collections.abc import Sequence

from privacy.group_commit import GroupCommit
from privacy.log_commit import Waiting
from privacy.log_entries import LogUnavailable


class CommitQueue(GroupCommit[Waiting]):
    """Commits entries in batches."""

    def submit(self, entries: Sequence[Waiting]) -> None:
        """Return when all `entries` are committed; LogUnavailable, to every thread of a batch that failed."""
        self.wait_for(entries)
        for each in entries:
            if each.error is not None:
                raise LogUnavailable(str(each.error)) from each.error
