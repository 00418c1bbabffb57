"""The refusals that a desk acts on, by their type in the portal's problem details (RFC 9457). Both ends read them here.

A status alone does not say who gave it: a proxy or a filter in between answers 401, 403 or 422 with a page of its own.
Only a refusal of one of these types, which the portal alone gives, ends a desk, shuts it, or lets go of an event.
"""

from typing import Final

TOKEN_UNKNOWN: Final = "urn:sameview:problem:token-unknown"  # noqa: S105 - the name of a refusal
"""401: a token came, and no living device or person has it."""

NOTICE_NOT_READ: Final = "urn:sameview:problem:notice-not-read"
"""403: the person has not acknowledged the notice."""

POLICY_TOO_OLD: Final = "urn:sameview:problem:policy-too-old"
"""409: another policy is in force; `version` is its number."""

TOO_MANY_BUCKETS: Final = "urn:sameview:problem:too-many-buckets"
"""409: there is no room for the buckets in `buckets`; nothing of the upload was taken."""

NO_UPLOAD: Final = "urn:sameview:problem:no-upload"
"""422: what came is no upload, and never will be."""
