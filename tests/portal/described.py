"""Holds an application to its own description: no answer of `/api/v1` has a status that is not in the document."""

import functools
import re
from typing import Any

from flask import Flask, Response, current_app, request

from portal.openapi import document

_PARAMETER = re.compile(r"<(?:\w+(?:\(.*?\))?:)?(\w+)>")


def hold_to_description(app: Flask) -> None:
    """Fail whatever test gets an answer from `app` that is not described."""

    @app.after_request
    def _check(response: Response) -> Response:
        rule = "" if request.url_rule is None else request.url_rule.rule
        if rule.startswith("/api/v1/") and request.method not in ("HEAD", "OPTIONS"):
            operation = _described().get(_PARAMETER.sub(r"{\1}", rule), {}).get(request.method.lower())
            statuses = {"200", "401", "404"} if operation is None else operation["responses"]  # its own address; none
            assert str(response.status_code) in statuses, f"{request.method} {rule} {response.status_code}: undescribed"
        return response


@functools.cache
def _described() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = document(current_app)["paths"]
    return found
