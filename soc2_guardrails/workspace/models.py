"""The shape of `soc2.yaml`. Every key may be left out; an unknown one is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

_Text = Annotated[str, Field(pattern=r"\S")]
_Digest = Annotated[str, Field(pattern=r"^sha256:[0-9a-f]{64}$")]


class _Stated(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, alias_generator=to_camel, populate_by_name=True)


class PolicyPackSettings(_Stated):
    """The pack that judges, and what configures it."""

    path: Path = Field(default=Path("policies"), description="the folder of the pack, from the folder of this file")
    configuration: Path | None = Field(default=None, description="the file for the engine's --policy-pack-config")
    digest: _Digest | None = Field(
        default=None, description="the pack's content digest, sha256: and 64 hexadecimal digits"
    )


class FolderStore(_Stated):
    """Records in a folder of this machine, or of a volume."""

    kind: Literal["folder"] = "folder"
    path: Path = Field(default=Path(".soc2/evidence"), description="the folder, from the folder of this file")


class S3Store(_Stated):
    """Records in an S3 bucket, with Object Lock so that nobody deletes them, and KMS."""

    kind: Literal["s3"]
    bucket: _Text = Field(description="the name of a bucket with versioning and Object Lock")
    prefix: str = Field(default="", description="what the keys begin with")
    region: str | None = Field(default=None, description="the bucket's region; that of the AWS settings if left out")
    endpoint: str | None = Field(default=None, description="the address of another endpoint of the S3 protocol")
    kms_key: str | None = Field(default=None, description="key id or ARN for SSE-KMS; the bucket's own if left out")
    retain_days: int | None = Field(
        default=400, ge=1, description="days of Object Lock in compliance mode, null for none"
    )


class GitStore(_Stated):
    """Records on a branch of a git repository that holds nothing else."""

    kind: Literal["git"]
    remote: _Text = Field(default="origin", description="a remote of this repository, or a URL")
    branch: _Text = Field(default="soc2-evidence", description="the name of a branch; it is made if there is none")


StoreSettings: TypeAlias = Annotated[FolderStore | S3Store | GitStore, Field(discriminator="kind")]


class SigningSettings(_Stated):
    """How records are signed.

    `auto`: by Sigstore where the run has an OIDC identity, else with a key if one is named, else not at all.
    """

    how: Literal["auto", "keyless", "key", "none"] = Field(default="auto", description="how records are signed")
    key: Path | None = Field(default=None, description="the PEM file of an Ed25519 or ECDSA P-256 private key")


class Identity(_Stated):
    """Who may have signed keyless: the identity in the certificate, and who vouches for it."""

    identity: _Text = Field(description="the certificate's subject alternative name, such as the URL of a workflow")
    issuer: _Text = Field(description="the OIDC issuer")


class TrustSettings(_Stated):
    """What a verifier accepts."""

    keys: tuple[Path, ...] = Field(default=(), description="PEM files of public keys")
    identities: tuple[Identity, ...] = Field(default=(), description="keyless identities")
    trust_root: Path | None = Field(default=None, description="a Sigstore trust root; the public one if left out")


class EvidenceSettings(_Stated):
    """Where records are kept, how they are signed, and whose signatures count."""

    store: StoreSettings = Field(default_factory=FolderStore)
    signing: SigningSettings = Field(default_factory=SigningSettings)
    trust: TrustSettings = Field(default_factory=TrustSettings)


class WorkspaceSettings(_Stated):
    """The whole of `soc2.yaml`."""

    policy_pack: PolicyPackSettings = Field(default_factory=PolicyPackSettings)
    evidence: EvidenceSettings = Field(default_factory=EvidenceSettings)
