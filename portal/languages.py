"""Which language a page is in, and gettext for Jinja.

A page follows, in this order, a choice in its own address (`?language=de`, kept by this browser), what its reader has
chosen in their settings, what this browser kept, and the browser's `Accept-Language`. Programs always get English.
"""

from typing import Any, Final
from urllib.parse import urlencode

from flask import Flask, Response, request
from jinja2 import Environment, pass_eval_context
from jinja2.nodes import EvalContext
from markupsafe import Markup

from portal import locale
from portal.catalogues import catalogue
from portal.locale import ENGLISH, LANGUAGES
from portal.problems import for_program

COOKIE: Final = "sameview-language"
ARGUMENT: Final = "language"
_KEPT_SECONDS: Final = 366 * 24 * 3600


def add_languages(app: Flask) -> None:
    """Let every request of `app` speak the language that its browser asks for; `follow` is told of a person's own."""
    register(app.jinja_env)
    app.before_request(_listen)
    app.after_request(_remember)
    app.teardown_request(_forget)
    app.context_processor(lambda: {"language": locale.language(), "languages": LANGUAGES.values()})
    app.jinja_env.globals["in_language"] = address


def follow(chosen: str | None) -> None:
    """Speak what somebody chose in their settings, if they did and the address does not ask for another."""
    if chosen in LANGUAGES and _asked() is None and not for_program():
        locale.speak(chosen)


def address(tag: str) -> str:
    """Return the address of this page in a language, relative to the page."""
    return "?" + urlencode([*((k, v) for k, v in request.args.items(multi=True) if k != ARGUMENT), (ARGUMENT, tag)])


def _asked() -> str | None:
    """Return the language that the address asks for, or None."""
    found = request.args.get(ARGUMENT)
    return found if found in LANGUAGES else None


def _listen() -> None:
    if for_program():
        locale.speak(ENGLISH)
        return
    chosen = _asked() or request.cookies.get(COOKIE)
    if chosen not in LANGUAGES:
        chosen = locale.preferred(request.headers.get("Accept-Language", ""))
    locale.speak(chosen)


def _remember(response: Response) -> Response:
    if response.mimetype == "text/html":
        response.vary.add("Accept-Language")
    if not for_program() and (asked := _asked()) is not None:
        flags: dict[str, Any] = {"path": "/", "secure": request.is_secure, "httponly": True, "samesite": "Lax"}
        response.set_cookie(COOKIE, asked, max_age=_KEPT_SECONDS, **flags)
    return response


def _forget(_error: BaseException | None) -> None:
    locale.speak(ENGLISH)  # the thread serves somebody else next


def register(environment: Environment) -> None:
    """Give `_`, `ngettext`, `pgettext` and `trans` to Jinja. A message in a template is markup; what is put in is not.

    Always a format string, as Jinja's own newer gettext has it: a percent sign is written twice. The filter
    `translated` is for a text that comes from elsewhere: it formats nothing and is escaped. What a module of macros
    sets at its top is made once for all readers: mark it there by `N_`, and translate it where it is shown.
    """
    environment.add_extension("jinja2.ext.i18n")
    environment.policies["ext.i18n.trimmed"] = True
    environment.newstyle_gettext = True  # type: ignore[attr-defined]
    environment.globals.update(_=_gettext, gettext=_gettext, ngettext=_ngettext, pgettext=_pgettext, N_=locale.N_)
    environment.filters["translated"] = locale.gettext


_known: Final[dict[str, dict[str, tuple[Markup, Markup]]]] = {tag: {} for tag in LANGUAGES}
"""By language and message of a template: the format, and it filled with nothing. A page asks for dozens."""


@pass_eval_context
def _gettext(context: EvalContext, message: str, /, **variables: Any) -> str:
    tag = locale.current()
    if not context.autoescape:
        return catalogue(tag).gettext(message) % variables
    known = _known[tag].get(message)
    if known is None:
        text = catalogue(tag).gettext(message)
        known = _known[tag][message] = (Markup(text), Markup(text if "%(" in text else text % {}))  # noqa: S704
    return known[0] % variables if variables else known[1]


@pass_eval_context
def _pgettext(context: EvalContext, about: str, message: str, /, **variables: Any) -> str:
    text = catalogue(locale.current()).pgettext(about, message)
    return (Markup(text) if context.autoescape else text) % variables  # noqa: S704 - texts of our own


@pass_eval_context
def _ngettext(context: EvalContext, singular: str, plural: str, num: int, /, **variables: Any) -> str:
    text = catalogue(locale.current()).ngettext(singular, plural, num)
    filled = {"num": locale.count(num), **variables}
    return (Markup(text) if context.autoescape else text) % filled  # noqa: S704 - texts of our own
