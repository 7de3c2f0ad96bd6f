"""AWS over HTTP on this machine: moto's server as a process of its own."""

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Self

import boto3
import requests

from tests.free_port import free_port

_SECONDS_TO_START = 60
REGION = "eu-central-1"


class AwsServer:
    """A server on the loopback, and the settings by which AWS's libraries find it."""

    def __init__(self, directory: Path) -> None:
        port = free_port()
        self.address = f"http://127.0.0.1:{port}"
        self._log = (directory / "moto.log").open("w")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=subprocess.STDOUT,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
        try:
            self._await_start()
        except BaseException:
            self.stop()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        self._process.kill()
        self._process.wait()
        self._log.close()

    def environment(self, **changes: str) -> dict[str, str]:
        """The environment of a process that may do everything here."""
        return {
            "AWS_ENDPOINT_URL": self.address,
            "AWS_REGION": REGION,
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
            **changes,
        }

    def client(self, service: str, region: str = REGION) -> Any:
        """A client that may do everything."""
        return boto3.session.Session(
            aws_access_key_id="testing", aws_secret_access_key="testing", region_name=region
        ).client(service, endpoint_url=self.address)  # type: ignore[call-overload]

    def demand_credentials(self, *, demand: bool) -> None:
        """Whether keys and policies are checked from now on, as AWS does and moto does not unless asked."""
        body = b"0" if demand else b"1000000000"
        requests.post(f"{self.address}/moto-api/reset-auth", data=body, timeout=10).raise_for_status()

    def _await_start(self) -> None:
        deadline = time.monotonic() + _SECONDS_TO_START
        while time.monotonic() < deadline:
            assert self._process.poll() is None, f"moto ended; see {self._log.name}"
            try:
                requests.get(f"{self.address}/moto-api/data.json", timeout=5)
            except requests.ConnectionError:
                time.sleep(0.1)
            else:
                return
        raise AssertionError(f"moto does not answer; see {self._log.name}")
