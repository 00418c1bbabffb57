"""The operator's pages: people, teams and invitations, and what works. Nobody's figures are here, nor a way to them."""

from dataclasses import dataclass
from typing import Final

from flask import Blueprint, abort, render_template, request, url_for
from sqlalchemy import make_url

from auth.errors import ChangeRefused
from auth.permissions import Permission, requires
from auth.person import Person
from portal import checkpoints, policy_words
from portal.access import system, viewer
from portal.checks import inspect
from portal.locale import N_, _, ngettext
from portal.parse import number_from
from portal.problems import Problem
from privacy.policy import POLICY_VERSION

blueprint = Blueprint("admin", __name__, url_prefix="/admin")

PAGE: Final = 50
DATABASES: Final = {"sqlite": N_("SQLite, in this portal's own files"), "postgresql": "PostgreSQL"}
READY, WAITING, LEFT = N_("Has a password"), N_("No password yet"), N_("Has left")


@dataclass(frozen=True, slots=True)
class Line:
    """A person as the operator's list shows them."""

    subject: str
    name: str
    email: str
    teams: tuple[str, ...]
    manages: tuple[str, ...]
    roles: tuple[str, ...]
    state: str

    @property
    def invitable(self) -> bool:
        """Whether an invitation can be issued: only to an account that has no credentials yet."""
        return self.state == WAITING


@blueprint.get("/")
@requires(Permission.PEOPLE_READ)
def people() -> str:
    """Show who has an account, a page at a time."""
    first = number_from(request.args.get("after"), 0)
    everybody = system().people.everybody()
    shown = [_line(each) for each in everybody[first : first + PAGE]]
    back = url_for("admin.people", after=max(first - PAGE, 0)) if first else None
    on = url_for("admin.people", after=first + PAGE) if first + PAGE < len(everybody) else None
    return render_template("admin/people.html", people=shown, count=len(everybody), back=back, on=on)


@blueprint.post("/people/<person>/invitation")
@requires(Permission.PEOPLE_WRITE)
def invite(person: str) -> str:
    """Issue a one-time invitation and show its link, this once; the person is told who issued it."""
    found = system().directory.person(person)
    if found is None:
        abort(404)
    try:
        link = system().invitation_url(person, by=viewer())
    except ChangeRefused as refused:
        raise Problem(409, _("No invitation"), _(str(refused))) from refused
    return render_template("admin/link.html", person=found, link=link)


@blueprint.get("/system")
@requires(Permission.SYSTEM_READ)
def checks() -> str:
    """Show every fault that `sameview check` finds, with its fix."""
    config = system().config
    policy = system().policies.now()
    facts = [
        (_("Organisation"), system().organisation.name),
        (_("Data and log"), _(DATABASES[make_url(config.data_url).get_backend_name()])),
        (_("Capture"), f"{policy.name}: {policy_words.in_short(policy)}"),
        (_("Policy"), _("version %(version)s", version=POLICY_VERSION)),
        (
            _("Access log"),
            ngettext(
                "%(num)s entry published", "%(num)s entries published", checkpoints.latest(system()).checkpoint.size
            ),
        ),
    ]
    return render_template("admin/system.html", findings=inspect(system()), facts=facts)


def _line(found: Person) -> Line:
    directory = system().directory
    here = found.is_here(system().clock())
    return Line(
        subject=found.subject,
        name=found.name,
        email=found.email,
        teams=tuple(directory.teams_of(found.subject).values()),
        manages=tuple(team.name for team in directory.managed(found.subject)),
        roles=tuple(sorted(role.value for role in directory.roles(found.subject))),
        state=LEFT if not here else READY if found.has_password else WAITING,
    )
