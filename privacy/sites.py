"""Addresses and the sites that they belong to. Pure; what is no address of the web has no site."""

import re
from functools import lru_cache
from typing import Final
from urllib.parse import urlsplit

_HOST: Final = re.compile(r"(?=.{1,253}\Z)[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?)*")
_WEB: Final = ("http", "https")


@lru_cache(maxsize=4096)
def host_of(address: str) -> str | None:
    """Return the host of an address of the web, in small letters, without port and without who signed in."""
    try:
        parts = urlsplit(address)
        host = parts.hostname
    except ValueError:
        return None
    if parts.scheme not in _WEB or not host:
        return None
    if not host.isascii():
        try:
            host = host.encode("idna").decode("ascii")
        except UnicodeError:
            return None
    host = host.lower().rstrip(".")
    return host if _HOST.fullmatch(host) else None


def site_of(address: str) -> str | None:
    """Return an address that says nothing but its site, or None. The site of a site is itself."""
    host = host_of(address)
    return None if host is None else f"{urlsplit(address).scheme}://{host}"


def belongs_to(host: str, domain: str) -> bool:
    """Tell whether a host is a domain or lies below it."""
    return host == domain or host.endswith("." + domain)
