"""The browser's cookie: one opaque token, and nothing else in it.

A second cookie, signed, lives from a form to the page after it, and holds the sentence that this page is to say.

The token points at a row of `auth.sessions`, so that a session can be revoked and expires on the server. Before sign-in
it points at nothing and only binds forms to this browser (login CSRF); at sign-in it is replaced, so that a planted
cookie is worth nothing (session fixation). Flask-Login finds the asker through its request loader (`portal.access`);
its own session, which keeps a user id in the cookie, is not used.
"""

import hashlib
import hmac
import re
import secrets
from typing import Any, Final, cast

from flask import Flask, Request, Response, session
from flask.sessions import SessionInterface, SessionMixin
from itsdangerous import BadData, URLSafeSerializer

COOKIE: Final = "sameview"
SAID_COOKIE: Final = "sameview-said"
UNWATCHED: Final = "X-Sameview-Live"
"""Sent by a page that keeps itself current (static/live.js)."""
_SAID: Final = "_flashes"  # where Flask keeps what the next page is to say, such as "Kept."
_TOKEN = re.compile(r"[A-Za-z0-9_-]{32,128}")


class BrowserSession(dict[str, Any], SessionMixin):
    """What Flask-WTF finds in `flask.session`: the check value of this browser's forms, derived from its token."""

    def __init__(self, token: str | None, said: list[Any] | None = None) -> None:
        super().__init__({} if said is None else {_SAID: said})
        self.had_said = said is not None
        self.fresh = token is None
        self.accessed = False
        self.ended = False
        self._bind(token or secrets.token_urlsafe(32))

    def _bind(self, token: str) -> None:
        self.token = token
        check = hmac.new(token.encode(), b"sameview/v1/csrf", hashlib.sha256).hexdigest()
        super().__setitem__("csrf_token", check)

    def __contains__(self, key: object) -> bool:
        if key == "csrf_token":
            self.accessed = True  # a form is being drawn or checked: from now on this browser needs its cookie
        return super().__contains__(key)

    def renew(self, token: str) -> None:
        """Go on under the token of a new sign-in; the old cookie is overwritten."""
        self._bind(token)
        self.fresh = self.accessed = True

    def end(self) -> None:
        """Forget this browser: the cookie is deleted with the answer."""
        self.ended = True


class BrowserSessions(SessionInterface):
    """Reads and writes the cookie. On https its name begins with `__Host-`, so that no sibling host can plant it."""

    def name(self, secure: bool) -> str:
        return f"__Host-{COOKIE}" if secure else COOKIE

    def open_session(self, app: Flask, request: Request) -> BrowserSession:
        token = request.cookies.get(self.name(_secure(app, request)), "")
        return BrowserSession(token if _TOKEN.fullmatch(token) else None, self._said(app, request))

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        from flask import request  # the interface hands over no request, and the cookie's name depends on its scheme

        browser, secure = cast(BrowserSession, session), _secure(app, request)
        flags: dict[str, Any] = {"path": "/", "secure": secure, "httponly": True, "samesite": "Lax"}
        if browser.ended:
            response.delete_cookie(self.name(secure), **flags)
        elif browser.fresh and browser.accessed:
            response.set_cookie(self.name(secure), browser.token, **flags)
        if said := browser.get(_SAID):
            response.set_cookie(SAID_COOKIE, self._signer(app).dumps(said), **flags)
        elif browser.had_said and UNWATCHED not in request.headers:  # nobody reads what such a page says
            response.delete_cookie(SAID_COOKIE, **flags)

    def _said(self, app: Flask, request: Request) -> list[Any] | None:
        """Return the sentences that the page before left for this one; only sentences of ours, so they are signed."""
        try:
            return cast(list[Any], self._signer(app).loads(request.cookies[SAID_COOKIE]))
        except (KeyError, BadData):
            return None

    def _signer(self, app: Flask) -> URLSafeSerializer:
        return URLSafeSerializer(str(app.secret_key), salt="sameview/v1/said")


def _secure(app: Flask, request: Request) -> bool:
    """Say whether the browser came by https: as it seems from here, or since people reach the portal there."""
    return request.is_secure or bool(app.config["SESSION_COOKIE_SECURE"])


def browser() -> BrowserSession:
    """Return the session of the present request."""
    return cast(BrowserSession, session)
