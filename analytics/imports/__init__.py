"""Readers of other programs' exports: a file in, columns of events out. No policy and no keys in here."""

from collections.abc import Callable, Mapping
from typing import BinaryIO, Final

from analytics.imports.activitywatch import read_export
from analytics.imports.columns import Export, ImportedBucket, Progress, RefusedBucket
from analytics.imports.packed import NotAnExport

FORMATS: Final[Mapping[str, Callable[[BinaryIO, Progress | None], Export]]] = {"activitywatch": read_export}
"""Every format that can be imported, by the name that the command line uses."""

__all__ = ["FORMATS", "Export", "ImportedBucket", "NotAnExport", "Progress", "RefusedBucket", "read_export"]
