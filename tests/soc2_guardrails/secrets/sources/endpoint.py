"""A local HTTP or HTTPS server that answers what a test says, and remembers what it was asked."""

import json
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import TypeAlias

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass(frozen=True)
class Asked:
    """A request."""

    method: str
    path: str
    headers: dict[str, str]
    body: str


@dataclass(frozen=True)
class Said:
    """An answer; the body is sent as JSON unless it is a text."""

    status: int
    body: object = ""
    headers: dict[str, str] = field(default_factory=dict)
    after_seconds: float = 0


Answering: TypeAlias = Callable[[Asked], Said]


@dataclass
class Endpoint:
    """A running server."""

    address: str
    asked: list[Asked] = field(default_factory=list)


@contextmanager
def serving(answer: Answering, certificate: Path | None = None) -> Iterator[Endpoint]:
    """Serve on a free port of this machine until the block ends; by HTTPS with a certificate and its key."""
    ending = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _serve(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            asked = Asked(self.command, self.path, dict(self.headers.items()), self.rfile.read(length).decode())
            endpoint.asked.append(asked)
            said = answer(asked)
            if said.after_seconds:
                ending.wait(said.after_seconds)
            body = (said.body if isinstance(said.body, str) else json.dumps(said.body)).encode()
            kind = "text/plain" if isinstance(said.body, str) else "application/json"
            self.send_response(said.status)
            for name, value in ({"Content-Type": kind, "Content-Length": str(len(body))} | said.headers).items():
                self.send_header(name, value)
            with suppress(BrokenPipeError, ConnectionResetError):  # a client that did not wait is what a test is about
                self.end_headers()
                self.wfile.write(body)

        do_GET = do_POST = _serve  # noqa: N815 - the names that the class asks for

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    endpoint = Endpoint(f"{'https' if certificate else 'http'}://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield endpoint
    finally:
        ending.set()
        server.shutdown()
        server.server_close()
        thread.join()


def certificate(folder: Path) -> Path:
    """A certificate for 127.0.0.1 that was signed by itself, with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = folder / "endpoint.pem"
    file.write_bytes(
        signed.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return file
