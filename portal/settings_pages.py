"""What somebody sets about their own pages: the language."""

from flask import Blueprint, flash, redirect, render_template, request
from werkzeug.wrappers import Response

from auth.permissions import Permission, requires
from portal.access import person, system, viewer
from portal.locale import LANGUAGES, _, speak

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


def _page(wrong: dict[str, str]) -> str:
    options = [("", _("As my browser asks")), *((each.tag, each.name) for each in LANGUAGES.values())]
    return render_template("me/settings.html", person=person(), options=options, wrong=wrong)
