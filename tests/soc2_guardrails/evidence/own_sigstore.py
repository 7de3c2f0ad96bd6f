"""A Sigstore of a test's own on this machine: identities, a certificate authority, and its two logs.

It stands in for services that a test cannot reach, answers the library's own clients over HTTP, and signs in earnest;
what it issues is checked by the library's own verification. It is no proof that the real services answer alike.
"""

from __future__ import annotations

import base64
import hashlib
import json
import struct
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, cast

import jwt
import rfc8785
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier
from sigstore._internal.fulcio import FulcioClient
from sigstore._internal.rekor.client import RekorClient
from sigstore.models import TrustedRoot
from sigstore.sign import SigningContext

WORKFLOW = "https://github.com/acme/shop/.github/workflows/up.yml@refs/heads/main"
ISSUER = "https://token.actions.githubusercontent.com"

_ISSUER_EXTENSION = ObjectIdentifier("1.3.6.1.4.1.57264.1.1")
_SCT_EXTENSION = ObjectIdentifier("1.3.6.1.4.1.11129.2.4.2")
_SHA256 = ec.ECDSA(hashes.SHA256())
_ORIGIN = "log.example"


class OwnSigstore:
    """The services' keys, and what they answer."""

    def __init__(self) -> None:
        self._ca_key, self._ct_key, self._log_key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(3))
        self._began = datetime.now(UTC) - timedelta(hours=1)
        name = x509.Name(
            [x509.NameAttribute(NameOID.ORGANIZATION_NAME, "example"), x509.NameAttribute(NameOID.COMMON_NAME, "ca")]
        )
        usage = dict.fromkeys(("content_commitment", "key_encipherment", "data_encipherment", "key_agreement"), False)
        usage |= {"encipher_only": False, "decipher_only": False, "digital_signature": False}
        self._ca = (
            x509.CertificateBuilder(name, name, self._ca_key.public_key(), x509.random_serial_number())
            .not_valid_before(self._began)
            .not_valid_after(self._began + timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(x509.KeyUsage(key_cert_sign=True, crl_sign=True, **usage), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(self._ca_key.public_key()), critical=False)
            .sign(self._ca_key, hashes.SHA256())
        )
        self.certified = 0
        self.logged = 0

    def trust_root(self, file: Path) -> Path:
        """What trusts these services, written to a file."""

        def log(key: ec.EllipticCurvePrivateKey) -> dict[str, Any]:
            return {
                "baseUrl": "https://log.example",
                "hashAlgorithm": "SHA2_256",
                "publicKey": {
                    "rawBytes": base64.b64encode(_der(key)).decode(),
                    "keyDetails": "PKIX_ECDSA_P256_SHA_256",
                    "validFor": {"start": f"{self._began:%FT%TZ}"},
                },
                "logId": {"keyId": base64.b64encode(_key_id(key)).decode()},
            }

        authority = {
            "subject": {"organization": "example", "commonName": "ca"},
            "uri": "https://ca.example",
            "certChain": {
                "certificates": [{"rawBytes": base64.b64encode(self._ca.public_bytes(Encoding.DER)).decode()}]
            },
            "validFor": {"start": f"{self._began:%FT%TZ}"},
        }
        root = {
            "mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
            "tlogs": [log(self._log_key)],
            "certificateAuthorities": [authority],
            "ctlogs": [log(self._ct_key)],
            "timestampAuthorities": [],
        }
        file.write_text(json.dumps(root), "utf-8")
        return file

    def context(self, address: str, file: Path) -> SigningContext:
        """What signs with these services at an address."""
        return SigningContext(
            fulcio=FulcioClient(address),
            rekor=RekorClient(address),
            trusted_root=TrustedRoot.from_file(str(self.trust_root(file))),
        )

    def token(self) -> str:
        """The identity of a job, which nobody but `certificate` looks at."""
        now = int(time.time())
        claims = {"iss": ISSUER, "sub": "repo:acme/shop", "aud": "sigstore", "iat": now, "nbf": now, "exp": now + 300}
        return jwt.encode(claims | {"job_workflow_ref": WORKFLOW}, "k" * 32)

    def certificate(self, request: bytes) -> dict[str, Any]:
        """A certificate for the key of a request and the identity of the job, and the authority's own."""
        self.certified += 1
        asked = x509.load_pem_x509_csr(request)
        now = datetime.now(UTC).replace(microsecond=0)
        building = (
            x509.CertificateBuilder(
                self._ca.subject, x509.Name([]), cast(Any, asked.public_key()), x509.random_serial_number()
            )
            .not_valid_before(now)
            .not_valid_after(now + timedelta(minutes=10))
            .add_extension(_key_usage_of_a_signer(), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CODE_SIGNING]), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self._ca_key.public_key()), critical=False
            )
            .add_extension(x509.SubjectAlternativeName([x509.UniformResourceIdentifier(WORKFLOW)]), critical=True)
            .add_extension(x509.UnrecognizedExtension(_ISSUER_EXTENSION, ISSUER.encode()), critical=False)
        )
        # What the log promises to include is the certificate without that promise in it.
        tbs = building.sign(self._ca_key, hashes.SHA256()).tbs_certificate_bytes
        promise = x509.UnrecognizedExtension(_SCT_EXTENSION, self._promise(tbs, now))
        final = building.add_extension(promise, critical=False).sign(self._ca_key, hashes.SHA256())
        chain = [each.public_bytes(Encoding.PEM).decode() for each in (final, self._ca)]
        return {"signedCertificateEmbeddedSct": {"chain": {"certificates": chain}}}

    def _promise(self, tbs: bytes, now: datetime) -> bytes:
        milliseconds = int(now.timestamp() * 1000)
        entry = _key_id(self._ca_key) + len(tbs).to_bytes(3, "big") + tbs
        signed = struct.pack("!BBQH", 0, 0, milliseconds, 1) + entry + b"\0\0"
        signature = self._ct_key.sign(signed, _SHA256)
        sct = b"\0" + _key_id(self._ct_key) + struct.pack("!QH", milliseconds, 0)
        sct += struct.pack("!BBH", 4, 3, len(signature)) + signature  # SHA-256, ECDSA
        listed = struct.pack("!H", len(sct)) + sct
        octets = struct.pack("!H", len(listed)) + listed
        return b"\x04" + _der_length(len(octets)) + octets

    def log(self, proposed: dict[str, Any]) -> dict[str, Any]:
        """Log a DSSE envelope: the first entry of a tree of one."""
        self.logged += 1
        content = proposed["spec"]["proposedContent"]
        envelope = json.loads(content["envelope"])
        [verifier] = content["verifiers"]
        spec: dict[str, Any] = {
            "envelopeHash": {"algorithm": "sha256", "value": _hex(content["envelope"].encode())},
            "payloadHash": {"algorithm": "sha256", "value": _hex(base64.b64decode(envelope["payload"]))},
            "signatures": [{"signature": each["sig"], "verifier": verifier} for each in envelope["signatures"]],
        }
        body = rfc8785.dumps({"apiVersion": "0.0.1", "kind": "dsse", "spec": spec})
        entry: dict[str, Any] = {
            "body": base64.b64encode(body).decode(),
            "integratedTime": int(time.time()),
            "logID": _key_id(self._log_key).hex(),
            "logIndex": 0,
        }
        promise = self._log_key.sign(rfc8785.dumps(entry), _SHA256)
        root = hashlib.sha256(b"\0" + body).digest()
        proof = {
            "checkpoint": self._checkpoint(root),
            "hashes": [],
            "logIndex": 0,
            "rootHash": root.hex(),
            "treeSize": 1,
        }
        verification = {"inclusionProof": proof, "signedEntryTimestamp": base64.b64encode(promise).decode()}
        return {_hex(body): entry | {"verification": verification}}

    def _checkpoint(self, root: bytes) -> str:
        note = f"{_ORIGIN}\n1\n{base64.b64encode(root).decode()}\n"
        signature = _key_id(self._log_key)[:4] + self._log_key.sign(note.encode(), _SHA256)
        return f"{note}\n\N{EM DASH} {_ORIGIN} {base64.b64encode(signature).decode()}\n"


@contextmanager
def served(services: OwnSigstore) -> Iterator[str]:
    """Yield the address where the services answer until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer({"value": services.token()})

        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if "signingCert" in self.path:
                self._answer(services.certificate(base64.b64decode(asked["certificateSigningRequest"])))
            else:
                self._answer(services.log(asked))

        def _answer(self, document: dict[str, Any]) -> None:
            content = json.dumps(document).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def _key_usage_of_a_signer() -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )


def _der(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _key_id(key: ec.EllipticCurvePrivateKey) -> bytes:
    return hashlib.sha256(_der(key)).digest()


def _hex(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _der_length(length: int) -> bytes:
    return bytes([length]) if length < 128 else b"\x81" + bytes([length])
