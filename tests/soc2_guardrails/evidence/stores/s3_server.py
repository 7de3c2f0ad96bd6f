"""S3 over HTTP on this machine: moto's server, made to do one request at a time.

S3 decides a conditional write as one step. moto looks whether the key is there and stores the object in two steps, and
serves requests in threads, so that two writers can both win. One request at a time gives what S3 promises; what is
judged here is what the store asks of S3 and how it takes the answers.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import WSGIRequestHandler, make_server

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment


@dataclass
class Request:
    """A request as it came in."""

    method: str
    path: str
    headers: dict[str, str]


@dataclass
class OneAtATime:
    """moto's application behind a lock; keeps what was asked."""

    requests: list[Request] = field(default_factory=list)
    most_at_once: int = 0
    """How many requests were waiting at most, with the one being done."""
    answers_lost: int = 0
    """How many of the next PUT requests are carried out and then answered with an internal error."""

    def __post_init__(self) -> None:
        self._moto = DomainDispatcherApplication(create_backend_app)
        self._lock = threading.Lock()
        self._waiting: set[int] = set()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        headers = {name[5:].replace("_", "-").lower(): v for name, v in environ.items() if name.startswith("HTTP_")}
        self._waiting.add(threading.get_ident())
        self.most_at_once = max(self.most_at_once, len(self._waiting))
        try:
            return self._done(environ, start_response, headers)
        finally:
            self._waiting.discard(threading.get_ident())

    def _done(
        self, environ: WSGIEnvironment, start_response: StartResponse, headers: dict[str, str]
    ) -> Iterable[bytes]:
        with self._lock:
            self.requests.append(Request(environ["REQUEST_METHOD"], environ["PATH_INFO"], headers))
            if environ["REQUEST_METHOD"] == "PUT" and self.answers_lost:
                self.answers_lost -= 1
                b"".join(self._moto(environ, lambda *_: lambda _: None))
                start_response("500 Internal Server Error", [("Content-Length", "0")])
                return [b""]
            return [b"".join(self._moto(environ, start_response))]


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002  werkzeug names it so
        """Log nothing."""


class S3Server:
    """A server on a free port of this machine's loopback; stopped by `stop`."""

    def __init__(self) -> None:
        self.application = OneAtATime()
        self._server = make_server("127.0.0.1", 0, self.application, threaded=True, request_handler=_Quiet)
        self.endpoint = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
