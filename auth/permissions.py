"""Which role may open which part of the portal, as one table.

This guards pages. It opens no data: `privacy.policy` and the gate decide about that. A view that declares nothing is
refused to everybody, and so is a permission that nobody was granted.

Names are `thing:action`, in alphabetical order. A thing is what the page is about, never the page itself.
"""

import enum
from collections.abc import Callable, Iterable
from typing import Any, Final, TypeVar

View = TypeVar("View", bound=Callable[..., Any])


class Permission(enum.StrEnum):
    """What a view may ask for."""

    ACCESS_LOG_READ = "access-log:read"  # the whole log, through the gate
    ACCOUNT_READ = "account:read"  # what one was told, who looked, what is recorded
    ACCOUNT_WRITE = "account:write"  # one's password, sessions and tokens
    CHECKPOINT_READ = "checkpoint:read"  # the signed size and root of the log: no person in it
    COUNTS_READ = "counts:read"  # reads and refusals by purpose, without persons
    EVENTS_WRITE = "events:write"  # one's own devices' uploads
    GRANTED_READ = "granted:read"  # what others let one see: the gate decides about each
    HEALTH_READ = "health:read"
    KEYS_READ = "keys:read"  # versions and ages of keys: no person in it
    NOTICE_ACCEPT = "notice:accept"  # the notice on what is recorded
    OWN_READ = "own:read"  # one's own figures
    OWN_WRITE = "own:write"
    PEOPLE_READ = "people:read"
    PEOPLE_WRITE = "people:write"
    POLICY_READ = "policy:read"  # every version of the policy, who has signed it, and its text to sign: no person in it
    RELEASES_READ = "releases:read"  # released figures of a unit: of its people together, and of nobody
    SIGN_IN = "sign-in:use"  # sign-in page, links, static files
    SIGN_OUT = "sign-out:use"
    SYSTEM_READ = "system:read"
    TARGETS_READ = "targets:read"  # the targets of a team, with their reasons: no person in it
    TARGETS_WRITE = "targets:write"  # announcing, changing and ending one, and saying what came of comments
    TEAM_READ = "team:read"
    TEAM_WRITE = "team:write"  # a goal proposed to somebody in one's team, or answered, and answers to their questions
    THREADS_READ = "threads:read"  # conversations that compliance or council are asked to answer
    THREADS_WRITE = "threads:write"
    VOLUMES_READ = "volumes:read"  # the state of the work of a team: cases, and no person
    VOLUMES_WRITE = "volumes:write"  # a delivery of volumes
    WEEK_READ = "week:read"  # a person's closed week: whoever may not is refused by name, in that person's log


class Role(enum.StrEnum):
    """What somebody is in the organisation. ANYONE is whoever has not signed in, too."""

    ANYONE = "anyone"
    EMPLOYEE = "employee"
    MANAGER = "manager"
    REVIEWER = "reviewer"
    OPERATOR = "operator"
    COUNCIL = "council"
    PLANNER = "planner"


GRANTABLE: Final = frozenset(Role) - {Role.ANYONE}
"""Roles that a person can be given."""

_SIGNED_IN: Final = GRANTABLE
_RECORDED: Final = frozenset({Role.EMPLOYEE, Role.MANAGER})  # managers are subjects, too

GRANTS: Final[dict[Permission, frozenset[Role]]] = {
    Permission.ACCESS_LOG_READ: frozenset({Role.REVIEWER}),
    Permission.ACCOUNT_READ: _SIGNED_IN,
    Permission.ACCOUNT_WRITE: _SIGNED_IN,
    Permission.CHECKPOINT_READ: _SIGNED_IN,
    Permission.COUNTS_READ: frozenset({Role.REVIEWER, Role.COUNCIL}),
    Permission.EVENTS_WRITE: _RECORDED,
    Permission.GRANTED_READ: _SIGNED_IN,
    Permission.HEALTH_READ: frozenset({Role.ANYONE}),
    Permission.KEYS_READ: frozenset({Role.REVIEWER, Role.COUNCIL}),
    Permission.NOTICE_ACCEPT: _SIGNED_IN,
    Permission.OWN_READ: _RECORDED,
    Permission.OWN_WRITE: _RECORDED,
    Permission.PEOPLE_READ: frozenset({Role.OPERATOR}),
    Permission.PEOPLE_WRITE: frozenset({Role.OPERATOR}),
    Permission.POLICY_READ: frozenset({Role.REVIEWER, Role.COUNCIL}),
    Permission.RELEASES_READ: _RECORDED | {Role.PLANNER},
    Permission.SIGN_IN: frozenset({Role.ANYONE}),
    Permission.SIGN_OUT: _SIGNED_IN,
    Permission.SYSTEM_READ: frozenset({Role.OPERATOR}),
    Permission.TARGETS_READ: _RECORDED | {Role.PLANNER},
    Permission.TARGETS_WRITE: frozenset({Role.MANAGER}),
    Permission.TEAM_READ: frozenset({Role.MANAGER}),
    Permission.TEAM_WRITE: frozenset({Role.MANAGER}),
    Permission.THREADS_READ: frozenset({Role.REVIEWER, Role.COUNCIL}),
    Permission.THREADS_WRITE: frozenset({Role.REVIEWER, Role.COUNCIL}),
    Permission.VOLUMES_READ: _RECORDED | {Role.PLANNER},
    Permission.VOLUMES_WRITE: frozenset({Role.OPERATOR}),
    Permission.WEEK_READ: _SIGNED_IN,
}
"""The whole table. There is no role that may open everything."""


def requires(permission: Permission) -> Callable[[View], View]:
    """Declare what a view needs. A view that declares nothing is refused to all."""

    def mark(view: View) -> View:
        view.permission = permission  # type: ignore[attr-defined]
        return view

    return mark


def allows(view: object, roles: Iterable[Role]) -> bool:
    """Return whether somebody with these roles may open the view; ANYONE must be among them to count."""
    permission = permission_of(view)
    return permission is not None and not GRANTS[permission].isdisjoint(roles)


def permission_of(view: object) -> Permission | None:
    """Return what the view declared, or None: then nobody may open it."""
    permission = getattr(view, "permission", None)
    return permission if isinstance(permission, Permission) else None
