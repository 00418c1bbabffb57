"""The application: every blueprint, behind the checks of `portal.access`."""

from pathlib import Path
from typing import TYPE_CHECKING

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from auth.permissions import Permission, requires
from portal import (
    account,
    admin,
    api,
    api_devices,
    api_others,
    api_releases,
    api_sharing,
    api_targets,
    api_volumes,
    charter_pages,
    close_week,
    compliance,
    controls,
    devices,
    key_pages,
    look_pages,
    me,
    notes,
    ops,
    own_account,
    own_erasure,
    own_export,
    policy_pages,
    settings_pages,
    sharing_pages,
    shell,
    show,
    target_pages,
    team,
    team_figures,
    thread_pages,
    trust,
    vega,
    volume_pages,
)
from portal.access import add_access
from portal.headers import add_headers
from portal.ingest import activitywatch, relays, whole
from portal.ingest.form import add_form
from portal.ingest.short_way import ShortWay
from portal.languages import add_languages
from portal.parse import is_shown_by
from portal.problems import add_problems
from portal.sessions import BrowserSessions
from portal.templating import Templates

if TYPE_CHECKING:
    from portal.wiring import System

_ROOT = Path(__file__).resolve().parent.parent
_LONGEST_FORM = 256_000  # bytes: each form with every field full, whatever the script; uploads have their own limit
BLUEPRINTS = (
    account,
    me,
    controls,
    notes,
    close_week,
    devices,
    own_account,
    own_erasure,
    own_export,
    look_pages,
    settings_pages,
    sharing_pages,
    thread_pages,
    volume_pages,
    target_pages,
    team_figures,
    team,
    charter_pages,
    compliance,
    key_pages,
    policy_pages,
    admin,
    api,
    api_devices,
    api_others,
    api_releases,
    api_sharing,
    api_targets,
    api_volumes,
    ops,
    relays,
    activitywatch,
    whole,
    vega,
    trust,
)


def assemble(system: "System") -> Flask:
    """Return the application over the parts of `system`."""
    ops.configure_log()
    app = Flask("portal", template_folder=str(_ROOT / "templates"))
    app.jinja_environment = Templates
    app.extensions["sameview"] = system
    app.config.update(
        SECRET_KEY=system.web_secret,
        MAX_CONTENT_LENGTH=_LONGEST_FORM,
        SESSION_COOKIE_SECURE=system.config.base_url.startswith("https://"),
    )
    app.session_interface = BrowserSessions()
    app.json.sort_keys = False  # type: ignore[attr-defined]
    requires(Permission.SIGN_IN)(app.view_functions["static"])
    for add in (ops.add_counting, add_languages, add_headers, add_form, add_access, add_problems, shell.add_shell):
        add(app)
    show.register(app.jinja_env)
    app.jinja_env.policies["json.dumps_kwargs"] = {"separators": (",", ":")}
    app.jinja_env.tests["shown_by"] = is_shown_by
    for module in BLUEPRINTS:
        app.register_blueprint(module.blueprint)
    app.wsgi_app = ShortWay(system, app.wsgi_app, app.extensions["count_heartbeat"])  # type: ignore[method-assign]
    if hops := system.config.proxy_hops:
        app.wsgi_app = ProxyFix(app.wsgi_app, hops, hops, hops)  # type: ignore[method-assign]
    return app
