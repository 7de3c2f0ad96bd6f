"""Writes secrets into AWS Secrets Manager."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, Protocol, cast

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from .errors import NotWrittenError, SandboxError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from soc2_guardrails.secrets import Reference

_THERE: Final = "ResourceExistsException"


class _Client(Protocol):
    """What is used of the AWS library's client, which makes its methods when it runs."""

    def create_secret(self, **wanted: str) -> Mapping[str, Any]: ...

    def put_secret_value(self, **wanted: str) -> Mapping[str, Any]: ...


class AwsWriter:
    """Writes the whole text of a secret."""

    def __init__(self, client: _Client) -> None:
        """Take a client of the manager."""
        self._client = client

    def create(self, reference: Reference, value: str) -> bool:
        """Write a secret that is not there; False if it is.

        Raises:
            NotWrittenError: AWS refuses.
        """
        try:
            self._client.create_secret(Name=reference.path, SecretString=value)
        except ClientError as error:
            if error.response["Error"].get("Code") == _THERE:
                return False
            raise NotWrittenError(reference, _words(error)) from None
        except BotoCoreError as error:
            raise NotWrittenError(reference, type(error).__name__) from None
        return True

    def replace(self, reference: Reference, value: str, version: str | None) -> None:
        """Write the version that follows; AWS does not compare it with `version`, and keeps that as AWSPREVIOUS.

        Raises:
            NotWrittenError: AWS refuses.
        """
        try:
            self._client.put_secret_value(SecretId=reference.path, SecretString=value)
        except ClientError as error:
            raise NotWrittenError(reference, _words(error)) from None
        except BotoCoreError as error:
            raise NotWrittenError(reference, type(error).__name__) from None


@contextmanager
def aws_writer(environment: Mapping[str, str]) -> Iterator[AwsWriter]:
    """A writer that signs in as sources do.

    Raises:
        SandboxError: the environment names no region.
    """
    region = environment.get("AWS_REGION") or environment.get("AWS_DEFAULT_REGION")
    try:
        client = boto3.session.Session(region_name=region).client("secretsmanager")
    except BotoCoreError as error:
        raise SandboxError(f"AWS Secrets Manager cannot be asked: {error}") from None
    yield AwsWriter(cast("_Client", client))


def _words(error: ClientError) -> str:
    told = error.response["Error"]
    # After the first line some refusals repeat the request.
    return f"{told.get('Code', '')}: {(told.get('Message', '').splitlines() or [''])[0]}"
