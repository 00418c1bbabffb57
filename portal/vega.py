"""The script that draws charts in the browser: vega-embed, Vega-Lite and Vega, made from the installed wheel.

Nothing comes from another site and nothing is downloaded: `vl_convert` holds the libraries. Making the bundle takes
some seconds and starts a script engine, so it is done once, by a process of its own, and kept beside the data; a server
does it when it starts, so that nobody waits for the first chart.
"""

import gzip
import os
import subprocess
import sys
import threading
from importlib.metadata import version
from pathlib import Path
from typing import Final

import structlog
from flask import Blueprint, Response, request

from auth.permissions import Permission, requires
from portal.access import system

blueprint = Blueprint("vega", __name__)

_MAKE: Final = "import sys, vl_convert; sys.stdout.buffer.write(vl_convert.javascript_bundle().encode())"
_LONGEST_SECONDS: Final = 120
_KEPT_SECONDS: Final = 24 * 3600
_logger = structlog.get_logger("sameview")


@blueprint.get("/static/vega.js")
@requires(Permission.SIGN_IN)
def script() -> Response:
    """Answer the bundle: the same for everybody, and new only with a new version of the wheel."""
    packed = bundle(system().config.home / "cache")
    zipped = request.accept_encodings["gzip"] > 0
    answer = Response(packed if zipped else gzip.decompress(packed), content_type="text/javascript; charset=utf-8")
    if zipped:
        answer.content_encoding = "gzip"
    answer.vary.add("Accept-Encoding")
    answer.cache_control.public, answer.cache_control.max_age = True, _KEPT_SECONDS
    return answer


def bundle_path(directory: Path) -> Path:
    """Return where the gzipped bundle of the installed version is kept."""
    return directory / f"vega-{version('vl-convert-python')}.js.gz"


def bundle(directory: Path) -> bytes:
    """Return the gzipped bundle, made now if it is not yet there."""
    path = bundle_path(directory)
    if not path.exists():
        _write(path, _make())
    return path.read_bytes()


def warm(directory: Path) -> threading.Thread:
    """Make the bundle in the background if it is not yet there; if that fails, the first chart tries again."""
    thread = threading.Thread(target=_warm, args=(directory,), name="vega", daemon=True)
    thread.start()
    return thread


def _warm(directory: Path) -> None:
    try:
        bundle(directory)
    except (OSError, subprocess.SubprocessError) as error:
        _logger.warning("the script of the charts was not made", kind=type(error).__name__)


def _make() -> bytes:
    command = [sys.executable, "-c", _MAKE]
    made = subprocess.run(command, check=True, capture_output=True, timeout=_LONGEST_SECONDS)  # noqa: S603 - a constant
    return gzip.compress(made.stdout, 9, mtime=0)


def _write(path: Path, content: bytes) -> None:
    """Put the file in place whole: another process may make the same one at the same time."""
    path.parent.mkdir(parents=True, exist_ok=True)
    waiting = path.with_suffix(f".{os.getpid()}")
    waiting.write_bytes(content)
    waiting.replace(path)
