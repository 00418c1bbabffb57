"""How templates are set up: Flask's environment, and names that every template has, which cost nothing to look up."""

import re
from collections.abc import Callable, MutableMapping
from typing import Any, Final

from flask.sansio.app import App
from flask.templating import Environment
from jinja2 import Template
from jinja2.runtime import Context, Macro
from markupsafe import Markup, escape

_NUMBERS: Final = frozenset({int, float})
"""What has nothing to escape."""
_to_escape: Final = re.compile("[&<>\"']").search
"""Finds what `escape` writes otherwise, in a third of the time that it takes to make markup of a word."""


def written(value: Any) -> str:
    """Return a value as it stands in a page: what `escape` returns, but not made markup where it is only joined."""
    kind = type(value)
    if kind is Markup or (kind is str and _to_escape(value) is None):
        return value  # type: ignore[no-any-return]
    return str(value) if kind in _NUMBERS else escape(value)


class Page(Template):
    """A template that writes each of its values by `written`: a day has some nine hundred."""

    @classmethod
    def from_code(cls, *args: Any, **options: Any) -> Template:
        """Return the template of compiled code, in whose names `escape` is what each value passes through."""
        template = super().from_code(*args, **options)
        template.root_render_func.__globals__["escape"] = written
        return template


class Calls(Context):
    """Jinja's names and values of a template. What a macro wants is known; Jinja looks for it at each of its calls."""

    def call(self, asked: Callable[..., Any], /, *args: Any, **given: Any) -> Any:
        """Call what a template calls."""
        if type(asked) is Macro:
            given.pop("_block_vars", None)  # what Jinja hands to functions that want the context alone
            given.pop("_loop_vars", None)
            return asked(self.eval_ctx, *args, **given)
        return super().call(asked, *args, **given)


class Templates(Environment):
    """Flask's environment of templates, without a map of its own around the global names of each template.

    Jinja puts one there so that a template can be given others. None of ours is, and a page imports a dozen templates:
    to compare and copy their names through such a map took a tenth of the time that a page needs.
    """

    template_class = Page
    context_class = Calls

    def __init__(self, app: App, **options: Any) -> None:
        super().__init__(app, **{"cache_size": -1, **options})  # all of ours: there is nothing to choose, or to lock

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """Return the global names of a template: those of all, unless it is given others."""
        return super().make_globals(d) if d else self.globals
