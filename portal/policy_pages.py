"""Pages of the policy's versions: one with a dry run on the reader's own days; all of them for council and reviewers.

The council's page has no figures over everybody. Counting them would open everybody's days for a page, and nobody opens
a day without an entry in its person's log; figures of groups are released once, by a job. So each employee sees the
numbers of their own days, and the council sees the text, what changes in words, and who has signed.
"""

from typing import Final

from flask import Blueprint, Response, abort, render_template

from auth.permissions import Permission, Role, requires
from portal import policy_words
from portal.access import current_roles, person, system
from portal.dry_runs import DAYS, dry_run
from portal.proposed import proposed
from privacy.checkpoint import Verifier
from privacy.policy_versions import Version

blueprint = Blueprint("policy_pages", __name__)

_OF_MINE: Final = frozenset({Role.EMPLOYEE, Role.MANAGER})
"""Of whom something is recorded."""


@blueprint.get("/me/recorded/versions/<int:version>")
@requires(Permission.ACCOUNT_READ)
def one_version(version: int) -> str:
    """Show one version of the policy; of one that is to come, what it would have done to my own last days."""
    stored = _stored(version)
    coming = next((each for each in proposed(system()) if each.version == version), None)
    tried = coming is not None and not _OF_MINE.isdisjoint(current_roles())
    return render_template(
        "me/version.html",
        number=version,
        text=stored.text,
        coming=coming,
        past=next((each for each in policy_words.versions(system()) if each.version == version), None),
        now=system().policies.now(),
        dry=dry_run(coming, coming.policy) if tried and coming and coming.policy else None,
        dry_days=DAYS,
        zone=person().zone,
    )


@blueprint.get("/compliance/policy")
@requires(Permission.POLICY_READ)
def policy() -> str:
    """Show every version, those that wait with their differences and signatures, and who has to sign."""
    signers = system().policies.signers
    stored = {each.version for each in system().policies.versions()}
    return render_template(
        "compliance/policy.html",
        agreement=policy_words.agreement(system()),
        coming=proposed(system()),
        signers=[] if signers is None else [Verifier.parse(each) for each in signers.keys],
        refused=list(system().policies.refused()),
        stored=stored,
        smallest=system().policies.now().sharing.smallest_group,
        dry_days=DAYS,
        zone=person().zone,
    )


@blueprint.get("/compliance/policy/<int:version>.toml")
@requires(Permission.POLICY_READ)
def text(version: int) -> Response:
    """Give a version's text, byte for byte as it is or will be signed."""
    name = f"attachment; filename=version-{version}.toml"
    headers = {"Content-Disposition": name}
    return Response(_stored(version).text, content_type="application/toml; charset=utf-8", headers=headers)


def _stored(number: int) -> Version:
    found = [each for each in system().policies.versions() if each.version == number]
    if not found:
        abort(404)
    return found[0]
