"""The headers of every answer: a strict content security policy, and nothing personal kept in a cache.

Own lines rather than a package, so that a reviewer reads the whole policy in one place.
"""

from typing import Final

from flask import Flask, Response, request

CONTENT_SECURITY_POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)

ALWAYS: Final = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",  # for browsers that do not know frame-ancestors
    # Our own forms are checked against their origin, so the referrer stays within the site and never leaves it.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
}

_SAME_FOR_ALL: Final = frozenset({"static", "vega.script"})
"""Files without anything personal, which browsers may keep."""

HSTS: Final = "max-age=31536000; includeSubDomains"
"""Sent on https only: over plain http a browser must ignore it (RFC 6797 §7.2)."""


def add_headers(app: Flask) -> None:
    """Set the headers on every answer of `app`, errors included."""

    @app.after_request
    def _set(response: Response) -> Response:
        for name, value in ALWAYS.items():
            response.headers.setdefault(name, value)
        if request.is_secure:
            response.headers.setdefault("Strict-Transport-Security", HSTS)
        if request.endpoint not in _SAME_FOR_ALL:
            # Every page may be personal: neither a proxy nor the Back button of a shared computer may keep it.
            response.headers["Cache-Control"] = "no-store"
            response.vary.add("Cookie")
        return response
