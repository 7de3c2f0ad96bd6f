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

    path: Path = Field(default=Path("policies"), description="Folder of the pack, from the folder of this file.")
    configuration: Path | None = Field(default=None, description="The file for the engine's --policy-pack-config.")
    digest: _Digest | None = Field(default=None, description="What the pack's content digest has to be.")


class FolderStore(_Stated):
    """Records in a folder of this machine, or of a volume."""

    kind: Literal["folder"] = "folder"
    path: Path = Field(default=Path(".soc2/evidence"), description="The folder, from the folder of this file.")


class S3Store(_Stated):
    """Records in an S3 bucket, with Object Lock so that nobody deletes them, and KMS."""

    kind: Literal["s3"]
    bucket: _Text = Field(description="The bucket; it needs versioning and Object Lock.")
    prefix: str = Field(default="", description="What the keys begin with.")
    region: str | None = Field(default=None, description="The bucket's region; that of the AWS settings if left out.")
    endpoint: str | None = Field(default=None, description="Another endpoint of the S3 protocol.")
    kms_key: str | None = Field(default=None, description="Key id or ARN for SSE-KMS; the bucket's own if left out.")
    retain_days: int | None = Field(default=400, ge=1, description="Object Lock in compliance mode; null for none.")


class GitStore(_Stated):
    """Records on a branch of a git repository that holds nothing else."""

    kind: Literal["git"]
    remote: _Text = Field(default="origin", description="A remote of this repository, or a URL.")
    branch: _Text = Field(default="soc2-evidence", description="The branch; it is made if there is none.")


StoreSettings: TypeAlias = Annotated[FolderStore | S3Store | GitStore, Field(discriminator="kind")]


class SigningSettings(_Stated):
    """How records are signed.

    `auto`: by Sigstore where the run has an OIDC identity, else with a key if one is named, else not at all.
    """

    how: Literal["auto", "keyless", "key", "none"] = Field(default="auto", description="How records are signed.")
    key: Path | None = Field(default=None, description="PEM file of an Ed25519 or ECDSA P-256 private key.")


class Identity(_Stated):
    """Who may have signed keyless: the identity in the certificate, and who vouches for it."""

    identity: _Text = Field(description="The certificate's subject alternative name, e.g. the workflow's URL.")
    issuer: _Text = Field(description="The OIDC issuer.")


class TrustSettings(_Stated):
    """What a verifier accepts."""

    keys: tuple[Path, ...] = Field(default=(), description="PEM files of public keys.")
    identities: tuple[Identity, ...] = Field(default=(), description="Keyless identities.")
    trust_root: Path | None = Field(default=None, description="A Sigstore trust root; the public one if left out.")


class EvidenceSettings(_Stated):
    """Where records are kept, how they are signed, and whose signatures count."""

    store: StoreSettings = Field(default_factory=FolderStore)
    signing: SigningSettings = Field(default_factory=SigningSettings)
    trust: TrustSettings = Field(default_factory=TrustSettings)


class WorkspaceSettings(_Stated):
    """The whole of `soc2.yaml`."""

    policy_pack: PolicyPackSettings = Field(default_factory=PolicyPackSettings)
    evidence: EvidenceSettings = Field(default_factory=EvidenceSettings)
