"""The OpenAPI document of `/api/v1`, made from the routes and from the structures of `portal.shapes`.

A view says what it answers with `@answers(...)`; its first docstring line is the summary. Statuses that any view may
give, since the checks before it and the handlers of errors do, are in one table here; those of its own are in its
`also`. Tests hold that no route is missing, and that real answers have the shapes and statuses promised here.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

import msgspec
from flask import Flask
from werkzeug.routing import Rule

from portal.shapes import Problem

F = TypeVar("F", bound=Callable[..., Any])
_REFERENCES: Final = "#/components/schemas/{name}"
_PARAMETER = re.compile(r"<(?:(?P<converter>\w+)(?:\(.*?\))?:)?(?P<name>\w+)>")
EVERYWHERE: Final = {
    400: "The request cannot be read.",
    401: "Nobody is signed in, or the token is of nobody.",
    403: "The policy, the token's scope or a notice that was not read does not permit this; see detail.",
    404: "There is nothing here, or it is not yours to see.",
    409: "Not yet: the week is running or in its 48 hours of grace; or the log does not verify, see detail.",
    503: "The access log or the database cannot be used at the moment: nothing was opened. Come again.",
}
"""Refusals that any view may give."""

WITH_BODY: Final = {413: "The body is larger than it may be."}
"""Those of a view that reads a body, besides."""


@dataclass(frozen=True, slots=True)
class Operation:
    """What one view takes and answers. `query` maps a parameter to (required, sentence).

    `also` maps statuses that it gives besides `status` and those of `EVERYWHERE` to a sentence; of one that is there,
    too, its own sentence counts. One below 400 is answered with an empty object.
    """

    shape: Any
    query: dict[str, tuple[bool, str]] = field(default_factory=dict)
    body: Any = None
    media: str = "application/json"
    status: int = 200
    also: dict[int, str] = field(default_factory=dict)

    @property
    def refusals(self) -> dict[int, str]:
        """Every status but the one of success, with its sentence."""
        return dict(sorted({**EVERYWHERE, **(WITH_BODY if self.body is not None else {}), **self.also}.items()))


def answers(shape: Any, **rest: Any) -> Callable[[F], F]:
    """Declare what a view of the API answers."""

    def mark(view: F) -> F:
        view.operation = Operation(shape, **rest)  # type: ignore[attr-defined]
        return view

    return mark


def document(app: Flask) -> dict[str, Any]:
    """Return the OpenAPI 3.1 document of every declared operation of `app`."""
    declared = sorted(_declared(app), key=lambda each: each[0].rule)
    kept = [part for _, _, operation in declared for part in (operation.shape, operation.body) if part is not None]
    schemas, components = msgspec.json.schema_components([*kept, Problem], ref_template=_REFERENCES)
    by_id = {id(part): schema for part, schema in zip([*kept, Problem], schemas, strict=True)}
    paths: dict[str, dict[str, Any]] = {}
    for rule, method, operation in declared:
        view = app.view_functions[rule.endpoint]
        path = _PARAMETER.sub(r"{\g<name>}", rule.rule)
        paths.setdefault(path, {})[method.lower()] = _operation(rule, view, operation, by_id)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Sameview", "version": "1", "description": "The same figures as the pages, through JSON."},
        "security": [{"session": []}, {"token": []}],
        "paths": paths,
        "components": {"schemas": components, "securitySchemes": _SECURITY},
    }


_SECURITY: Final = {
    "session": {"type": "apiKey", "in": "cookie", "name": "sameview", "description": "`__Host-sameview` on https."},
    "token": {"type": "http", "scheme": "bearer", "description": "A personal token with the scope `read`."},
}


def _declared(app: Flask) -> Iterator[tuple[Rule, str, Operation]]:
    for rule in app.url_map.iter_rules():
        operation = getattr(app.view_functions[rule.endpoint], "operation", None)
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            if operation is not None:
                yield rule, method, operation


def _operation(rule: Rule, view: Callable[..., Any], operation: Operation, by_id: dict[int, Any]) -> dict[str, Any]:
    inside = [{"name": n, "in": "path", "required": True, "schema": {"type": "string"}} for n in sorted(rule.arguments)]
    asked = [
        {"name": name, "in": "query", "required": required, "description": sentence, "schema": {"type": "string"}}
        for name, (required, sentence) in operation.query.items()
    ]
    done: dict[str, Any] = {"description": "Done."}
    if operation.shape is not None:
        done["content"] = {operation.media: {"schema": by_id[id(operation.shape)]}}
    found: dict[str, Any] = {
        "operationId": rule.endpoint.replace(".", "_"),
        "summary": (view.__doc__ or "").strip().splitlines()[0],
        "parameters": inside + asked,
        "responses": {str(operation.status): done}
        | {str(code): _refusal(code, text, by_id[id(Problem)]) for code, text in operation.refusals.items()},
    }
    if operation.body is not None:
        found["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": by_id[id(operation.body)]}},
        }
    return found


def _refusal(status: int, sentence: str, problem: Any) -> dict[str, Any]:
    if status < 400:
        return {"description": sentence, "content": {"application/json": {"schema": {"type": "object"}}}}
    found: dict[str, Any] = {
        "description": sentence,
        "content": {"application/problem+json": {"schema": problem}},
    }
    if status == 503:
        when = {"description": "After so many seconds, where that is known.", "schema": {"type": "integer"}}
        found["headers"] = {"Retry-After": when}
    return found
