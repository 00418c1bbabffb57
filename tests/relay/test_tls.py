"""The way to the portal: trusted certificates alone, no redirects, no token for anybody else."""

import datetime as dt
import ipaddress
import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from portal.relay.portal_calls import NoAnswer, Portal

TOKEN = "sv_secret"


def certificate(folder: Path, name: str) -> Path:
    """Write a certificate that signs itself, with its key, for one address or name."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "portal")])
    host = x509.DNSName(name) if not name[0].isdigit() else x509.IPAddress(ipaddress.ip_address(name))
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([host]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    plain = serialization.NoEncryption()
    kept = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    path = folder / f"{name}.pem"
    path.write_bytes(kept + made.public_bytes(serialization.Encoding.PEM))
    return path


class Server:
    """Answers every call in one way, and remembers what was asked."""

    def __init__(self, certificate: Path | None = None, location: str | None = None) -> None:
        self.asked: list[str] = []
        asked = self.asked

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                asked.append(self.headers.get("Authorization") or "")
                self.send_response(307 if location else 200)
                if location:
                    self.send_header("Location", location)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"{}")

            def log_message(self, *_: Any) -> None:
                return

        class Quiet(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request: Any, client_address: Any) -> None:
                return

        self.server = Quiet(("127.0.0.1", 0), Handler)
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.url = f"{'https' if certificate else 'http'}://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def own(tmp_path: Path) -> Iterator[tuple[Server, Path]]:
    path = certificate(tmp_path, "127.0.0.1")
    server = Server(path)
    yield server, path
    server.close()


def test_a_pinned_certificate_is_trusted_and_gets_the_token(own: tuple[Server, Path]) -> None:
    server, path = own

    assert Portal(server.url, TOKEN, str(path)).get("/").status == 200
    assert server.asked == [f"Bearer {TOKEN}"]


def test_any_other_certificate_is_not_and_gets_nothing(own: tuple[Server, Path], tmp_path: Path) -> None:
    server, _ = own
    for ca in ("", str(certificate(tmp_path, "127.0.0.2"))):
        with pytest.raises(NoAnswer, match="certificate is not trusted"):
            Portal(server.url, TOKEN, ca).get("/")

    assert server.asked == []


def test_a_certificate_for_another_name_is_refused(tmp_path: Path) -> None:
    path = certificate(tmp_path, "portal.example")
    server = Server(path)
    with pytest.raises(NoAnswer, match="certificate is not trusted"):
        Portal(server.url, TOKEN, str(path)).get("/")
    server.close()

    assert server.asked == []


def test_nobody_is_followed_elsewhere(tmp_path: Path) -> None:
    elsewhere = Server()
    portal = Server(location=elsewhere.url)

    reply = Portal(portal.url, TOKEN).get("/")

    portal.close()
    elsewhere.close()
    assert reply.status == 307
    assert elsewhere.asked == []
