"""Who is asking, and may they: decided before any view runs.

Default deny: a view that declares no permission is not found, whoever asks. This guards pages and opens no data; what
may be seen of a person is decided by the gate.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final, cast
from urllib.parse import urlsplit

from flask import Flask, Request, abort, current_app, g, redirect, request, url_for
from flask_login import LoginManager, current_user
from flask_wtf import CSRFProtect
from werkzeug.wrappers import Response

from auth.permissions import GRANTS, Permission, Role, View, allows
from auth.person import Person
from auth.tokens import Scope
from portal import languages
from portal.locale import _
from portal.problems import Problem, for_program, for_watcher
from portal.relay.refusals import NOTICE_NOT_READ, TOKEN_UNKNOWN
from portal.request_directory import note
from portal.sessions import UNWATCHED, browser

if TYPE_CHECKING:
    from portal.wiring import System

_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_BEARER: Final = "Bearer "
_OPEN: Final = frozenset({each for each, roles in GRANTS.items() if Role.ANYONE in roles})
_BEFORE_NOTICE: Final = _OPEN | {Permission.NOTICE_ACCEPT, Permission.SIGN_OUT}
_OF_READ_TOKEN: Final = frozenset(
    {
        Permission.ACCESS_LOG_READ,
        Permission.ACCOUNT_READ,
        Permission.CHECKPOINT_READ,
        Permission.COUNTS_READ,
        Permission.GRANTED_READ,
        Permission.OWN_READ,
        Permission.RELEASES_READ,
        Permission.TEAM_READ,
        Permission.VOLUMES_READ,
        Permission.WEEK_READ,
    }
)
"""What a personal token with the scope `read` may do; it makes no tokens, and it changes nothing."""

_FIRST_PAGES: Final = {
    Role.REVIEWER: "/compliance/",
    Role.COUNCIL: "/compliance/policy",
    Role.OPERATOR: "/admin/",
    Role.PLANNER: "/team/work",
}

_OF_COLLECTORS: Final = frozenset({"events", "activitywatch", "activitywatch_whole"})
"""Blueprints that watchers and relays call every second."""

_csrf = CSRFProtect()


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who asks. `session` names the sign-in or the personal token where own reads are logged once a day;
    `scopes` is None for a browser, which may do whatever its owner may.
    """

    subject: str
    session: str
    scopes: frozenset[Scope] | None = None

    # What Flask-Login asks of a user.
    is_authenticated: ClassVar[bool] = True
    is_active: ClassVar[bool] = True
    is_anonymous: ClassVar[bool] = False

    def get_id(self) -> str:
        return self.subject


def system() -> "System":
    """Return the parts that the portal was built from."""
    return cast("System", current_app.extensions["sameview"])


def asking() -> Viewer | None:
    """Return who asks, or None for a stranger."""
    found = current_user._get_current_object()
    return cast(Viewer, found) if found.is_authenticated else None


def viewer() -> str:
    """Return the subject id of whoever asks; a view that calls this is only reached by somebody signed in."""
    found = asking()
    if found is None:
        abort(404)
    return found.subject


def person() -> Person:
    """Return the person who asks, read once a request."""
    if "person" not in g:
        g.person = system().directory.person(viewer())
    found = cast("Person | None", g.person)
    if found is None:
        abort(404)
    return found


def session_key() -> str:
    """Return the name of the present sign-in or token."""
    found = asking()
    if found is None:
        abort(404)
    return found.session


def current_roles() -> frozenset[Role]:
    """Return what the asker may be; a stranger is anyone."""
    return cast("frozenset[Role]", g.get("roles", frozenset({Role.ANYONE})))


def add_access(app: Flask) -> None:
    """Check every request of `app` before its view: who, forged, may, has read the notice — in this order."""
    app.config["WTF_CSRF_CHECK_DEFAULT"] = False  # checked below, after bearer tokens are known
    app.config["WTF_CSRF_TIME_LIMIT"] = None  # a form lives as long as its session
    _csrf.init_app(app)
    logins = LoginManager()
    logins.session_protection = None  # sessions are ours (portal.sessions), and so is their protection
    logins.request_loader(_load)
    logins.init_app(app, add_context_processor=False)  # no template asks it, and a page without a database could not
    for check in (_identify, _refuse_nul, _refuse_undeclared, _refuse_forged, _refuse_unread):
        app.before_request(check)


def acts_for_nobody(view: View) -> View:
    """Declare that a view changes nothing of whoever asks, so that no form of ours has to stand behind it."""
    view.acts_for_nobody = True  # type: ignore[attr-defined]
    return view


def safe_next(target: str) -> str:
    """Return `target` if it is a path of this portal, else the first page: no link of ours leads elsewhere."""
    plain = target.isascii() and target.isprintable() and "\\" not in target  # browsers read \ as /, and drop tabs
    return target if plain and target.startswith("/") and not target.startswith("//") else "/"


def _refuse_nul() -> None:
    """Refuse text that no store can hold, before it becomes a fault of ours."""
    given = [request.path, *request.args.keys(), *request.args.values()]
    if request.method not in _SAFE and request.blueprint not in _OF_COLLECTORS:  # whose bodies are no forms
        given += request.form.values()
    if any("\0" in each for each in given):
        raise Problem(400, _("Bad Request"), _("The request holds a NUL character."))


def _load(asked: Request) -> Viewer | None:
    """Find who sent a request, for Flask-Login: by a personal token, or by this browser's session."""
    header = asked.headers.get("Authorization", "")
    if for_watcher() and not header and (built_in := system().built_in) is not None:
        return Viewer(built_in, "testing", frozenset(Scope))
    return _by_token(header.removeprefix(_BEARER)) if header.startswith(_BEARER) else _by_cookie()


def _identify() -> None:
    found = asking()
    if found is not None and "roles" not in g:
        g.roles = system().directory.roles(found.subject) | {Role.ANYONE}
    if found is not None and found.scopes is None:
        languages.follow(person().language)


def _by_token(secret: str) -> Viewer | None:
    if not for_program():
        return None  # pages are for browsers
    if request.blueprint in _OF_COLLECTORS:
        return _by_known_token(secret.strip())
    token = system().tokens.find(secret.strip())
    return None if token is None else Viewer(token.subject, f"token:{token.id}", token.scopes)


def _by_known_token(secret: str) -> Viewer | None:
    """Find a collector's owner with all that is asked about them, looked up a moment ago at most."""
    known = system().known_tokens.find(secret)
    if known is None:
        return None
    g.person, g.roles = known.person, known.roles
    return Viewer(known.subject, known.session, known.scopes)


def _by_cookie() -> Viewer | None:
    if browser().fresh:
        return None
    found = system().sessions.find(browser().token, used=UNWATCHED not in request.headers)
    if found is None:
        return None
    note(found.owner)
    return Viewer(found.subject, f"session:{found.id}")


def _permission() -> Permission | None:
    view = current_app.view_functions.get(request.endpoint or "")
    return getattr(view, "permission", None)


def _refuse_undeclared() -> Response | None:
    if request.endpoint is None:
        return None  # no such address: Flask answers 404 or 405
    permission = _permission()
    if permission is None:
        abort(404)
    if not allows(current_app.view_functions[request.endpoint], current_roles()):
        if asking() is None:
            return _ask_to_sign_in()
        if request.path == "/" and (first := _first_page()):
            return redirect(first)
        abort(404)  # not 403: a stranger does not learn what there is
    if not _within_scopes(permission):
        raise Problem(403, "Forbidden", "This token was not made for that.")
    return None


def _first_page() -> str | None:
    """Return where somebody begins of whom nothing is recorded, and who so has no day to see."""
    return next((page for role, page in _FIRST_PAGES.items() if role in current_roles()), None)


def _within_scopes(permission: Permission) -> bool:
    """Tell whether a token, if that is what asks, may do this: it reads, uploads or delivers, and nothing else."""
    found = asking()
    if found is None or found.scopes is None or permission in _OPEN:
        return True
    if permission is Permission.EVENTS_WRITE:
        return Scope.INGEST in found.scopes
    if permission is Permission.VOLUMES_WRITE:
        return Scope.VOLUMES in found.scopes
    return Scope.READ in found.scopes and permission in _OF_READ_TOKEN


def _ask_to_sign_in() -> Response:
    if for_program():
        token = request.headers.get("Authorization", "").startswith(_BEARER)
        more = {"type": TOKEN_UNKNOWN} if token else {}  # a relay ends by that: nothing in between may seem to say it
        raise Problem(401, "Unauthorized", "Sign in, or send a personal token.", **more)
    if request.method not in _SAFE:  # what was sent is not kept for later: whoever signs in may be somebody else
        return redirect(url_for("account.sign_in", unsent=None if request.endpoint == "account.sign_out" else "yes"))
    wanted = request.full_path.rstrip("?")
    return redirect(url_for("account.sign_in", next=None if wanted == "/" else wanted))


def _refuse_forged() -> None:
    """Refuse a change that another site made this browser send. Tokens are never sent by a browser on its own."""
    found = asking()
    if request.method in _SAFE or request.endpoint is None or (found is not None and found.scopes is not None):
        return
    if hasattr(current_app.view_functions[request.endpoint], "acts_for_nobody"):
        return
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    if site not in (None, "same-origin", "none") or (origin is not None and urlsplit(origin).netloc != request.host):
        raise Problem(403, _("Forbidden"), _("This request came from another site."))
    _csrf.protect()


def _refuse_unread() -> Response | None:
    found = asking()
    if found is None or _permission() in _BEFORE_NOTICE or person().acknowledged_policy is not None:
        return None
    if for_program():
        detail = "Read the notice on what is recorded first, at /welcome."
        raise Problem(403, "Notice not read", detail, type=NOTICE_NOT_READ)
    return redirect(url_for("account.welcome"))
