"""A store in an S3 bucket: an object per name, under Object Lock and KMS."""

from __future__ import annotations

import random
import secrets
import time
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from soc2_guardrails.workspace import S3Store

from .names import checked, checked_folder, is_name
from .s3_errors import code_of, explained
from .store import TakenError

_READERS = 16
_READ_AHEAD = 4 * _READERS
"""How many objects `entries` holds at most that were not asked for yet."""

_CONFLICT_ATTEMPTS = 5
_WRITER = "soc2-write"


class S3:
    """Keeps records as objects that S3 takes once per key, encrypts, and does not delete before their time."""

    def __init__(self, settings: S3Store) -> None:
        self._settings = settings
        self._prefix = f"{settings.prefix.strip('/')}/" if settings.prefix.strip("/") else ""
        with self._explained("open"):
            self._client: Any = boto3.session.Session(region_name=settings.region).client(
                "s3",
                endpoint_url=settings.endpoint,
                config=Config(
                    retries={"mode": "standard"}, connect_timeout=10, read_timeout=30, max_pool_connections=_READERS
                ),
            )

    def described(self) -> str:
        """The bucket and the prefix of its keys."""
        return f"the S3 bucket {self._settings.bucket}" + (f" below {self._prefix}" if self._prefix else "")

    def create(self, name: str, content: bytes) -> None:
        """Put a new object, on condition that its key has none.

        Raises:
            TakenError: it has one.
            StoreError: it cannot be put.
        """
        writer = secrets.token_hex(16)
        with self._explained(f"put {name}"):
            if not self._put_on_condition(name, content, writer) and not self._is_written_by(name, writer):
                raise TakenError(f"{name} is already in {self.described()}")

    def replace(self, name: str, content: bytes) -> None:
        """Put an object; the version before it stays in the bucket, as long as its Object Lock says.

        Raises:
            StoreError: it cannot be put.
        """
        with self._explained(f"put {name}"):
            self._put(name, content)

    def read(self, name: str) -> bytes | None:
        """The newest version of an object, None if there is none or a delete marker covers it.

        Raises:
            StoreError: it cannot be got.
        """
        key = self._prefix + checked(name)
        with self._explained(f"get {name}"):
            try:
                got = self._client.get_object(Bucket=self._settings.bucket, Key=key)
                content: bytes = got["Body"].read()
            except ClientError as error:
                if code_of(error) == "NoSuchKey":
                    return None
                raise
            return content

    def entries(self, folder: str) -> Iterator[tuple[str, bytes]]:
        """The objects directly below a folder, in the order of their keys; several are fetched at once.

        Raises:
            StoreError: the bucket cannot be listed or an object cannot be got.
        """
        waiting: deque[tuple[str, Future[bytes | None]]] = deque()
        readers = ThreadPoolExecutor(_READERS, thread_name_prefix="s3-read")
        try:
            for name in self._listed(checked_folder(folder), deep=False):
                waiting.append((name, readers.submit(self.read, name)))
                if len(waiting) >= _READ_AHEAD:
                    yield from _finished(*waiting.popleft())
            while waiting:
                yield from _finished(*waiting.popleft())
        finally:
            readers.shutdown(cancel_futures=True)

    def names(self, folder: str = "") -> list[str]:
        """All keys at any depth below a folder, without the prefix, in order.

        Raises:
            StoreError: the bucket cannot be listed.
        """
        return sorted(self._listed(checked_folder(folder), deep=True))

    def _put_on_condition(self, name: str, content: bytes, writer: str) -> bool:
        for attempt in range(_CONFLICT_ATTEMPTS):
            try:
                self._put(name, content, IfNoneMatch="*", Metadata={_WRITER: writer})
            except ClientError as error:
                if code_of(error) == "PreconditionFailed":
                    return False
                if code_of(error) != "ConditionalRequestConflict":
                    raise
            else:
                return True
            time.sleep(random.uniform(0, 0.1 * 2**attempt))  # noqa: S311  spreads those who collided
        return False

    def _put(self, name: str, content: bytes, **conditions: str | dict[str, str]) -> None:
        settings = self._settings
        protection: dict[str, Any] = {}
        if settings.retain_days is not None:
            protection["ObjectLockMode"] = "COMPLIANCE"
            protection["ObjectLockRetainUntilDate"] = datetime.now(UTC) + timedelta(days=settings.retain_days)
        if settings.kms_key is not None:
            protection["ServerSideEncryption"] = "aws:kms"
            protection["SSEKMSKeyId"] = settings.kms_key
        self._client.put_object(
            Bucket=settings.bucket,
            Key=self._prefix + checked(name),
            Body=content,
            ContentType="application/json",
            ChecksumAlgorithm="SHA256",
            **protection,
            **conditions,
        )

    def _is_written_by(self, name: str, writer: str) -> bool:
        """Whether the object is of this very call: an answer that got lost makes botocore ask a second time."""
        try:
            found = self._client.head_object(Bucket=self._settings.bucket, Key=self._prefix + name)
        except ClientError as error:
            if code_of(error) == "404":
                return False
            raise
        return bool(found["Metadata"].get(_WRITER) == writer)

    def _listed(self, folder: str, *, deep: bool) -> Iterator[str]:
        asked = {"Bucket": self._settings.bucket, "Prefix": self._prefix + (f"{folder}/" if folder else "")}
        if not deep:
            asked["Delimiter"] = "/"
        with self._explained("list the keys"):
            for page in self._client.get_paginator("list_objects_v2").paginate(**asked):
                for found in page.get("Contents", ()):
                    name = found["Key"].removeprefix(self._prefix)
                    if is_name(name):
                        yield name

    @contextmanager
    def _explained(self, doing: str) -> Iterator[None]:
        try:
            yield
        except (BotoCoreError, ClientError, ValueError) as error:
            # Not `from error`: what botocore says may quote an endpoint with its password.
            raise explained(error, self._settings, doing) from None


def _finished(name: str, read: Future[bytes | None]) -> Iterator[tuple[str, bytes]]:
    content = read.result()
    if content is not None:
        yield name, content
