"""Git over HTTP on this machine: git's own `http-backend`, for those who send the right header."""

from __future__ import annotations

import os
import subprocess
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from werkzeug.serving import WSGIRequestHandler, make_server

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002  werkzeug names it so
        """Log nothing."""


class GitServer:
    """Serves the bare repositories of a folder on a free port of this machine's loopback."""

    def __init__(self, folder: Path, authorization: str) -> None:
        self._folder = folder
        self._authorization = authorization
        self._server = make_server("127.0.0.1", 0, self._answer, threaded=True, request_handler=_Quiet)
        self.address = f"127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _answer(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        if environ.get("HTTP_AUTHORIZATION") != self._authorization:
            start_response("401 Unauthorized", [("WWW-Authenticate", 'Basic realm="git"'), ("Content-Length", "0")])
            return [b""]
        asked = {name: value for name, value in environ.items() if isinstance(value, str) and name.isupper()}
        asked |= {
            "GIT_PROJECT_ROOT": str(self._folder),
            "GIT_HTTP_EXPORT_ALL": "1",
            "REMOTE_USER": "robin",
            "CONTENT_LENGTH": str(len(body)),
            "PATH": os.environ["PATH"],
        }
        done = subprocess.run(["git", "http-backend"], env=asked, input=body, capture_output=True, check=True)
        head, _, content = done.stdout.partition(b"\r\n\r\n")
        headers = [(name, value) for name, _, value in (line.partition(": ") for line in head.decode().split("\r\n"))]
        status = dict(headers).pop("Status", "200 OK")
        start_response(status, [pair for pair in headers if pair[0] != "Status"])
        return [content]
