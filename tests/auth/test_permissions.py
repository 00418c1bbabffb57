"""One table says which role may open what; what is not in it is closed."""

import pytest

from auth.permissions import GRANTABLE, GRANTS, Permission, Role, allows, permission_of, requires


def view() -> None:
    """Stand in for a page."""


def test_every_permission_is_granted_to_somebody_and_named_thing_action() -> None:
    assert GRANTS.keys() == set(Permission)
    assert all(GRANTS.values())
    assert all(len(permission.split(":")) == 2 for permission in Permission)
    assert list(Permission) == sorted(Permission)


def test_a_view_that_declares_nothing_is_closed_to_all() -> None:
    assert permission_of(view) is None
    assert not allows(view, frozenset(Role))


def test_a_declaration_of_another_kind_is_none() -> None:
    def other() -> None: ...

    other.permission = "own:read"  # type: ignore[attr-defined]

    assert not allows(other, frozenset(Role))


@pytest.mark.parametrize("permission", Permission)
@pytest.mark.parametrize("role", Role)
def test_a_role_opens_what_the_table_says_and_nothing_else(permission: Permission, role: Role) -> None:
    def page() -> None: ...

    assert allows(requires(permission)(page), {role}) == (role in GRANTS[permission])


def test_nobody_without_a_role_opens_anything() -> None:
    def page() -> None: ...

    assert not any(allows(requires(permission)(page), ()) for permission in Permission)


def test_no_role_opens_everything_and_operators_read_neither_teams_nor_the_log() -> None:
    for role in Role:
        assert any(role not in roles for roles in GRANTS.values())
    assert Role.OPERATOR not in GRANTS[Permission.TEAM_READ] | GRANTS[Permission.ACCESS_LOG_READ]
    assert Role.ANYONE not in GRANTABLE
