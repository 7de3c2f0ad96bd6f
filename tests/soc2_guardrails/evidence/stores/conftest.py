"""Each kind of store, new and empty, as `soc2.yaml` would ask for it."""

from __future__ import annotations

import itertools
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from soc2_guardrails.evidence.stores import Store
from soc2_guardrails.workspace import FolderStore, GitStore, S3Store
from tests.soc2_guardrails.evidence.stores.asked_for import AskedFor
from tests.soc2_guardrails.evidence.stores.s3_server import S3Server

_NUMBERS = itertools.count()


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Credentials and an identity of the tests' own, and none of whoever runs them."""
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIATESTTESTTESTTEST")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "canary-secret-key")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "no-aws-config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "no-aws-credentials"))
    global_config = tmp_path / "gitconfig"
    global_config.write_text("[user]\n\tname = Robin\n\temail = robin@example.com\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(global_config))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")


@pytest.fixture(scope="session")
def s3_server() -> Iterator[S3Server]:
    server = S3Server()
    yield server
    server.stop()


@pytest.fixture
def s3_client(s3_server: S3Server) -> Any:
    """The administrator's way to the buckets."""
    return boto3.client("s3", endpoint_url=s3_server.endpoint, region_name="eu-central-1")


@pytest.fixture
def bucket(s3_client: Any) -> str:
    """The name of a new bucket with Object Lock."""
    name = f"acme-evidence-{next(_NUMBERS)}"
    s3_client.create_bucket(
        Bucket=name,
        ObjectLockEnabledForBucket=True,
        CreateBucketConfiguration={"LocationConstraint": "eu-central-1"},
    )
    return name


@pytest.fixture
def s3_settings(s3_server: S3Server, bucket: str) -> S3Store:
    return S3Store(
        kind="s3", bucket=bucket, prefix="soc2", region="eu-central-1", endpoint=s3_server.endpoint, retain_days=400
    )


@pytest.fixture
def remote(tmp_path: Path) -> Path:
    """A bare repository, as a host of repositories has it."""
    path = tmp_path / "remote.git"
    subprocess.run(["git", "init", "--quiet", "--bare", str(path)], check=True)
    return path


@pytest.fixture(params=["folder", "s3", "git"])
def asked_for(request: pytest.FixtureRequest, tmp_path: Path) -> AskedFor:
    """A store that a test may open any number of times, also from other processes."""
    match request.param:
        case "s3":
            return AskedFor(request.getfixturevalue("s3_settings"), tmp_path)
        case "git":
            request.getfixturevalue("remote")
            return AskedFor(GitStore(kind="git", remote="remote.git"), tmp_path)
    return AskedFor(FolderStore(path=Path("evidence")), tmp_path)


@pytest.fixture
def store(asked_for: AskedFor) -> Store:
    return asked_for.opened()
