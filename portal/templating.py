"""How templates are set up: Flask's environment, and names that every template has, which cost nothing to look up."""

from collections.abc import MutableMapping
from typing import Any

from flask.sansio.app import App
from flask.templating import Environment


class Templates(Environment):
    """Flask's environment of templates, without a map of its own around the global names of each template.

    Jinja puts one there so that a template can be given others. None of ours is, and a page imports a dozen templates:
    to compare and copy their names through such a map took a tenth of the time that a page needs.
    """

    def __init__(self, app: App, **options: Any) -> None:
        super().__init__(app, **{"cache_size": -1, **options})  # all of ours: there is nothing to choose, or to lock

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """Return the global names of a template: those of all, unless it is given others."""
        return super().make_globals(d) if d else self.globals
