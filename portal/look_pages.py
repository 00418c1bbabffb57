"""Who looked, on a page: chosen by a form that stands in the address, and the same rows as CSV and as JSON."""

from flask import Blueprint, Response, render_template, request

from auth.permissions import Permission, requires
from auth.wishes import Wish
from portal import own_check, who_looked
from portal.access import person, system
from portal.answers import csv_file, plain

blueprint = Blueprint("look_pages", __name__, url_prefix="/me")


@blueprint.get("/access")
@requires(Permission.ACCOUNT_READ)
def access() -> str | tuple[str, int]:
    """Show who looked at me, or my own looks, newest first; a day that is none is named beside its field."""
    found = who_looked.page(request.args)
    page = render_template(
        "me/access.html",
        downloads=own_check.downloads(),
        mailed=person().wants(Wish.LOOKS),
        has_mail=system().config.smtp_url is not None,
        **found,
    )
    return (page, 400) if found["wrong"] else page


@blueprint.get("/access.csv")
@requires(Permission.ACCOUNT_READ)
def as_csv() -> Response:
    """The chosen entries as CSV, with their numbers."""
    return csv_file("sameview-who-looked.csv", who_looked.chosen_csv(request.args))


@blueprint.get("/access.json")
@requires(Permission.ACCOUNT_READ)
def as_json() -> Response:
    """The chosen entries as JSON, with their numbers."""
    answer = plain(who_looked.chosen_json(request.args))
    answer.headers["Content-Disposition"] = "attachment; filename=sameview-who-looked.json"
    return answer
