"""For machines: alive, ready, counted. Nothing here names a person, and no count is kept by person."""

import sys

import structlog
from flask import Blueprint, Flask, Response, current_app, request
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    disable_created_metrics,
    generate_latest,
)
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from auth.permissions import Permission, requires
from portal.access import system

blueprint = Blueprint("ops", __name__)
_logger = structlog.get_logger("sameview")


@blueprint.get("/healthz")
@requires(Permission.HEALTH_READ)
def alive() -> Response:
    """Answer that the process is alive."""
    return Response("ok\n", content_type="text/plain; charset=utf-8")


@blueprint.get("/readyz")
@requires(Permission.HEALTH_READ)
def ready() -> Response:
    """Answer whether the three stores can be read; what is wrong is told to `sameview check`, not to strangers."""
    stores = system().stores
    try:
        for engine in (stores.data, stores.log, stores.keys):
            with engine.connect() as connection:
                connection.execute(text("SELECT 1"))
    except SQLAlchemyError as error:
        _logger.error("not ready", kind=type(error).__name__)
        return Response("a store cannot be read\n", 503, content_type="text/plain; charset=utf-8")
    return Response("ready\n", content_type="text/plain; charset=utf-8")


@blueprint.get("/metrics")
@requires(Permission.HEALTH_READ)
def metrics() -> Response:
    """Answer the counters of this process, in Prometheus' form."""
    return Response(generate_latest(current_app.extensions["metrics"]), content_type=CONTENT_TYPE_LATEST)


def configure_log() -> None:
    """Write one line of JSON an event to standard error: no time of our own, no address, no path, no id."""
    if structlog.is_configured():
        return
    structlog.configure(
        processors=[structlog.processors.add_log_level, structlog.processors.JSONRenderer(sort_keys=True)],
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
    )


def _kind(rule: str) -> str:
    """Return what a route is for, no finer: a count per page would tell when a small team's manager looked."""
    if rule in ("/healthz", "/readyz", "/metrics"):
        return "machine"
    first = rule.strip("/").partition("/")[0]
    return first if first in ("api", "static") else "page"


def add_counting(app: Flask) -> None:
    """Count and log every answer by method, route rule and status: a rule has no ids in it, so it names nobody."""
    registry = CollectorRegistry()
    app.extensions["metrics"] = registry
    disable_created_metrics()  # type: ignore[no-untyped-call]  # they would tell to the millisecond when a page was first opened
    answered = Counter("sameview_answers", "Answers given.", ["kind", "status"], registry=registry)

    app.extensions["count_heartbeat"] = answered.labels("api", "200").inc

    @app.after_request
    def _count(response: Response) -> Response:
        rule = request.url_rule.rule if request.url_rule is not None else "none"
        method = request.method if request.url_rule is not None else "any"  # a stranger may invent methods
        answered.labels(_kind(rule), str(response.status_code)).inc()
        _logger.info("answered", method=method, rule=rule, status=response.status_code)
        return response
