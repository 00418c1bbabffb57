"""A long file is taken in while it is still being read: its data pass the door as they come, before any transaction.

What becomes of them is only remembered then. `Intake.take` looks it up, unless other policies hold by that time.
"""

from typing import BinaryIO

from analytics.door import Door
from analytics.imports import Export, Progress
from analytics.imports.beside import read_beside
from analytics.intake import Intake, Report, uncollected


def take_file(
    intake: Intake,
    subject: str,
    source: BinaryIO,
    reading: Progress | None = None,
    taking: Progress | None = None,
) -> tuple[Export, Report]:
    """Take in an ActivityWatch export as a person's own record; return it, and what became of it.

    `reading` is told how many bytes of how many are read, `taking` how many days of how many are done. Raises
    NotAnExport, and as `Intake.take` does; then nothing was written.
    """
    door = Door(intake.policies.of(subject), intake.categorisers, intake.directory.zone(subject))
    with uncollected():
        export = read_beside(source, reading, door.ask_ahead)
    return export, intake.take(subject, export, taking, door)
