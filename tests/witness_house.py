"""A works council's machine on loopback: a real witness over HTTP, and others that misbehave."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from werkzeug.serving import make_server
from witnessed import NAME, SEED

from portal.settings import WitnessAddress
from portal.wiring import System
from portal.witness.app import create_app
from portal.witnessing import NoAnswer, post
from privacy.checkpoint import Verifier
from privacy.cosignature import CosignatureSigner
from privacy.witness import Witness
from privacy.witness_store import WitnessStore

SIGNER = CosignatureSigner(NAME, SEED)
KEY = str(SIGNER.verifier)


@contextmanager
def witness_on_loopback(folder: Path, log: Verifier, clock: Any) -> Iterator[tuple[Witness, str]]:
    """Run a witness in threads of this process; yields it and its address."""
    witness = Witness(WitnessStore(folder / "witness.db"), SIGNER, [log], clock)
    server = make_server("127.0.0.1", 0, create_app(witness), threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield witness, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()
    witness.store.close()


@contextmanager
def somebody_on_loopback(answer: Callable[[BaseHTTPRequestHandler, bytes], None]) -> Iterator[str]:
    """Run a server that does with each request what `answer` does; yields its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            answer(self, self.rfile.read(int(self.headers["Content-Length"])))

        def log_message(self, *_: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def said(status: int, body: bytes) -> Callable[[BaseHTTPRequestHandler, bytes], None]:
    """Return what answers every request with this."""

    def answer(handler: BaseHTTPRequestHandler, _: bytes) -> None:
        handler.send_response(status)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return answer


def agree(system: System, address: str, key: str = KEY) -> None:
    """Let the system's operator agree on a witness."""
    witnesses = (WitnessAddress(key, address),)
    object.__setattr__(system, "config", replace(system.config, witnesses=witnesses))


def free_port() -> int:
    """Return a port of loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def post_when_it_listens(url: str, body: bytes) -> int:
    """Post to a witness that is being started; returns the status."""
    for _ in range(300):
        try:
            return post(f"{url}/add-checkpoint", body).status
        except NoAnswer:
            time.sleep(0.1)
    raise AssertionError("the witness never listened")
