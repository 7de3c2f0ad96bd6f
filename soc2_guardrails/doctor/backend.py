"""Where state is kept, and what encrypts the secrets in it."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from soc2_guardrails.settings import SettingsError, stack_names
from soc2_guardrails.settings.documents import read_document

from .finding import Finding, ok, problem, warning

_STATE: Final = "state"
_SECRETS: Final = "secrets"
_SECONDS: Final = 30.0
_ASKED: Final = ("--non-interactive", "--color", "never", "whoami", "--verbose", "--json")
_KMS: Final = "awskms://alias/NAME?region=REGION"
_CLOUD: Final = "https"
_BUCKETS: Final = ("s3", "gs", "azblob")
_WAY: Final = "docs/secrets.md tells the whole way under State"


def backend(cli: Path, project: Path, environment: Mapping[str, str]) -> Iterator[Finding]:
    """The state backend that the CLI uses in a project's folder.

    Args:
        cli: the Pulumi CLI.
        project: the folder that it runs in.
        environment: its environment.
    """
    mend = "pulumi login, or pulumi login s3://BUCKET, or backend.url in Pulumi.yaml"
    try:
        asked = subprocess.run(
            [str(cli), *_ASKED],
            cwd=project,
            env={**environment, "PULUMI_SKIP_UPDATE_CHECK": "true"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        yield problem(
            _STATE, f"the backend did not answer within {_SECONDS:.0f} s", "see to the network, or to its address"
        )
        return
    except OSError as error:
        yield problem(_STATE, f"{cli} does not run: {error.strerror}", "see the line about the engine")
        return
    address = _address(asked.stdout)
    if asked.returncode or not address:
        said = [line for line in asked.stderr.splitlines() if line.strip()]
        yield problem(_STATE, said[0].removeprefix("error: ") if said else "the CLI is not logged in", mend)
    elif urlsplit(address).scheme == "file":
        yield warning(
            _STATE,
            "kept in a folder of this machine: whoever can write there can change what was deployed, and nobody knows",
            f"move to one with access control, a lock and earlier versions, such as s3://BUCKET; {_WAY}",
        )
    elif urlsplit(address).scheme in _BUCKETS:
        # What the CLI cannot tell, and asking the cloud would take more rights than a run needs.
        yield ok(_STATE, f"kept at {_shown(address)}, locked while it is written; see that the bucket keeps versions")
    else:
        yield ok(_STATE, f"kept at {_shown(address)}")


def secrets_providers(folder: Path, stacks: Sequence[str], environment: Mapping[str, str]) -> Iterator[Finding]:
    """What encrypts the secrets of each stack, as its file says.

    Args:
        folder: the folder of the stack files.
        stacks: the stacks to look at; all that have a file if there are none.
        environment: may name the backend.
    """
    for stack in stacks or stack_names(folder):
        path = folder / f"Pulumi.{stack}.yaml"
        try:
            content = read_document(path, f"{folder.name}/{path.name}").content
        except SettingsError as error:
            yield problem(_SECRETS, str(error), "see soc2 stacks check")
            continue
        yield _provider(stack, content if isinstance(content, Mapping) else {}, environment)


def _provider(stack: str, content: Mapping[str, object], environment: Mapping[str, str]) -> Finding:
    change = f'pulumi stack change-secrets-provider --stack {stack} "{_KMS}"; {_WAY}'
    stated = str(content.get("secretsprovider") or "")
    if stated == "passphrase" or (not stated and "encryptionsalt" in content):
        what = f"{stack}: encrypted with a passphrase that people share, and nobody sees who uses it"
        return warning(_SECRETS, what, change)
    if stated and stated != "default":
        return ok(_SECRETS, f"{stack}: encrypted by {stated.partition('://')[0]}")
    address = environment.get("PULUMI_BACKEND_URL", "")
    if stated == "default" or not address or urlsplit(address).scheme == _CLOUD:
        return ok(
            _SECRETS, f"{stack}: its file names no provider, so Pulumi Cloud's is taken, or a passphrase elsewhere"
        )
    return warning(_SECRETS, f"{stack}: its file names no provider, so a passphrase would be taken", change)


def _address(told: str) -> str:
    try:
        value = json.loads(told)
    except ValueError:
        return ""
    return str(value.get("url", "")) if isinstance(value, dict) else ""


def _shown(address: str) -> str:
    """The address without what may open it: user, password and query."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
