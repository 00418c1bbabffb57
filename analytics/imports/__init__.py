"""Readers of other programs' exports: a file in, columns of events out. No policy and no keys in here."""

from analytics.imports.activitywatch import read_export
from analytics.imports.columns import Export, ImportedBucket, Progress, RefusedBucket
from analytics.imports.packed import NotAnExport

__all__ = ["Export", "ImportedBucket", "NotAnExport", "Progress", "RefusedBucket", "read_export"]
