"""What somebody sets about their own pages: the language, mails about their own data, and nudges."""

from typing import Final

from flask import Blueprint, flash, redirect, render_template, request
from werkzeug.wrappers import Response

from auth.permissions import Permission, requires
from auth.wishes import Wish
from portal.access import person, system, viewer
from portal.locale import LANGUAGES, N_, _, speak

WISHES: Final = (
    (
        Wish.RECAP,
        N_("Mail me my week on Mondays"),
        N_("The week that is over, in a few sentences. The subject has no figures."),
    ),
    (
        Wish.LOOKS,
        N_("Mail me after a day on which somebody looked"),
        N_("Or was refused. The mail says that it happened; who it was stands on your page."),
    ),
    (
        Wish.NUDGES,
        N_("Show me at most one nudge a day"),
        N_(
            "On the page of the running day: when you go without a break for longer than is usual for you. Never"
            " during focus, never after hours."
        ),
    ),
)
"""Each wish with its text and its hint."""

blueprint = Blueprint("settings_pages", __name__, url_prefix="/me/settings")


@blueprint.get("")
@requires(Permission.ACCOUNT_READ)
def settings() -> str:
    """Show what can be set."""
    return _page({})


@blueprint.post("/language")
@requires(Permission.ACCOUNT_WRITE)
def choose_language() -> Response | tuple[str, int]:
    """Keep the language of my pages; the empty choice follows the browser again."""
    wanted = request.form.get("language", "")
    if wanted and wanted not in LANGUAGES:
        return _page({"language": _("Choose one of the languages in the list.")}), 422
    system().people.speak(viewer(), wanted or None)
    if wanted:
        speak(wanted)
    flash(_("Your pages are in this language from now on.") if wanted else _("Your pages follow your browser again."))
    return redirect("/me/settings", 303)


@blueprint.post("/wishes")
@requires(Permission.OWN_WRITE)
def keep_wishes() -> Response:
    """Keep what I want to be told of my own data."""
    known = set(Wish)
    system().people.wish(viewer(), [Wish(each) for each in request.form.getlist("wish") if each in known])
    flash(_("Kept. It concerns only you, and can be changed at any time."))
    return redirect("/me/settings#mails", 303)


def _page(wrong: dict[str, str]) -> str:
    options = [("", _("As my browser asks")), *((each.tag, each.name) for each in LANGUAGES.values())]
    wishes = [(each.value, _(text), _(hint), person().wants(each)) for each, text, hint in WISHES]
    return render_template(
        "me/settings.html",
        person=person(),
        options=options,
        wrong=wrong,
        wishes=wishes,
        has_mail=system().config.smtp_url is not None,
        mail_language=LANGUAGES[system().config.language].name,
    )
