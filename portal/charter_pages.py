"""What a measure is, for whoever is shown somebody else's figure of it: definition and charter, and no figure."""

from flask import Blueprint, abort, render_template

from analytics.measures import MEASURES
from auth.permissions import Permission, requires

blueprint = Blueprint("charters", __name__, url_prefix="/measures")


@blueprint.get("/<measure>")
@requires(Permission.ACCOUNT_READ)
def charter(measure: str) -> str:
    """Show what a measure is, who uses it for which decision, and what it must not be used for."""
    of = next((each for each in MEASURES if each.name == measure), None)
    if of is None:
        abort(404)
    return render_template("shared/measure.html", of=of)
