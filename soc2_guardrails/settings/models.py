"""The settings of a stack, as they stand under `soc2-guardrails:settings` in its stack file.

Keys are written in camel case there, as Pulumi's own are. Unknown keys and values of another type are refused.
The defaults that a component has are not repeated here: what is absent stays absent.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from .references import HeaderSecretReference, PasswordReference, SecretReference, SigningSecretReference
from .values import (
    Branch,
    CspSource,
    Domain,
    EndpointName,
    Feature,
    Grantee,
    HeaderName,
    HeaderValue,
    HttpsAddress,
    Name,
    Origin,
    Path,
    RepositoryName,
    SecretName,
    Token,
    VariableKey,
)

Retained = Literal["1d", "1w", "1m", "2m", "3m", "6m", "1y", "unlimited"]
Sources = Annotated[list[CspSource], Field(min_length=1)]
Text = Annotated[str, Field(min_length=1, description="a text that is not empty")]


class _Model(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, alias_generator=to_camel)


class ContentSecurityPolicy(_Model):
    """Sources by directive; a directive that is not given keeps its safe default."""

    default_src: Sources | None = None
    script_src: Sources | None = None
    style_src: Sources | None = None
    img_src: Sources | None = None
    font_src: Sources | None = None
    connect_src: Sources | None = None
    media_src: Sources | None = None
    frame_src: Sources | None = None
    worker_src: Sources | None = None
    manifest_src: Sources | None = None
    object_src: Sources | None = None
    base_uri: Sources | None = None
    form_action: Sources | None = None
    frame_ancestors: Sources | None = None
    require_trusted_types: bool | None = None
    report_to: EndpointName | None = None


class Hsts(_Model):
    """Strict-Transport-Security."""

    max_age_seconds: Annotated[int, Field(ge=31_536_000)] | None = None
    include_subdomains: bool | None = None
    preload: bool | None = None


class Cors(_Model):
    """The one other origin that may call a path."""

    path: Path
    allow_origin: Origin
    allow_methods: Annotated[list[Token], Field(min_length=1)] | None = None
    allow_headers: Annotated[list[Token], Field(min_length=1)] | None = None
    allow_credentials: bool | None = None
    max_age_seconds: Annotated[int, Field(ge=0, le=86_400)] | None = None


class Headers(_Model):
    """Security headers of a project's responses."""

    content_security_policy: ContentSecurityPolicy = ContentSecurityPolicy()
    hsts: Hsts = Hsts()
    referrer_policy: (
        Literal["no-referrer", "same-origin", "strict-origin", "strict-origin-when-cross-origin"] | None
    ) = None
    frame_options: Literal["DENY", "SAMEORIGIN"] | None = None
    permissions: dict[Feature, list[Grantee]] = {}
    cross_origin_opener_policy: Literal["same-origin", "same-origin-allow-popups", "noopener-allow-popups"] | None = (
        None
    )
    cross_origin_resource_policy: Literal["same-origin", "same-site"] | None = None
    cross_origin_embedder_policy: Literal["require-corp", "credentialless"] | None = None
    reporting_endpoints: dict[EndpointName, HttpsAddress] = {}
    extra_headers: dict[HeaderName, HeaderValue] = {}
    cors: list[Cors] = []
    no_store_paths: list[Path] = []


class RateLimit(_Model):
    """How often one IP address may request a path."""

    name: Name
    path: Path
    limit: Annotated[int, Field(ge=1)]
    window_seconds: Annotated[int, Field(ge=10, le=3600)] | None = None


class Firewall(_Model):
    """What the firewall does beyond its managed rulesets, which are always on."""

    rate_limits: list[RateLimit] = []
    import_id: Annotated[str, Field(pattern=r"^(team_[A-Za-z0-9_]+/)?prj_[A-Za-z0-9_]+$")] | None = Field(
        default=None, description="the id of a firewall configuration on Vercel that the state does not know yet"
    )


class Retention(_Model):
    """How long deployments are kept."""

    production: Retained | None = None
    preview: Retained | None = None
    canceled: Retained | None = None
    errored: Retained | None = None


class SecretVariable(_Model):
    """A secret and where its value comes from in each environment; developers' machines get none."""

    production: SecretReference | None = None
    preview: SecretReference | None = None
    version: Annotated[int, Field(ge=1)] | None = Field(
        default=None,
        description="makes a value write-only whose source has no versions, such as env://; a new value is sent when"
        " this number is raised",
    )
    comment: Text | None = None
    shared_reason: Text | None = Field(
        default=None, description="why previews have a secret that production has too, which is refused otherwise"
    )


class PlainVariable(_Model):
    """A variable that anybody may know, and its value in each environment."""

    production: str | None = None
    preview: str | None = None
    development: str | None = None
    comment: Text | None = None


class Project(_Model):
    """A Next.js project on Vercel."""

    repository: RepositoryName
    name: Name | None = Field(default=None, description="the project's name on Vercel, its key unless given")
    team: Annotated[str, Field(pattern=r"^team_[A-Za-z0-9_]+$")] | None = Field(
        default=None, description="the id of the Vercel team; vercel:team unless given"
    )
    production_branch: Branch = "main"
    root_directory: Text | None = None
    node_version: Literal["20.x", "22.x", "24.x"] | None = None
    domains: list[Domain] = []
    redirects: dict[Domain, Domain] = Field(
        default={}, description="domains that are redirected for good, each to one of domains"
    )
    protection: Literal["standard_protection_new", "standard_protection", "all_deployments"] = "standard_protection_new"
    password: PasswordReference | None = None
    firewall: Firewall = Firewall()
    retention: Retention = Retention()
    secrets: dict[VariableKey, SecretVariable] = Field(default={}, json_schema_extra={"x-concealed": True})
    variables: dict[VariableKey, PlainVariable] = Field(default={}, json_schema_extra={"x-concealed": True})
    headers: Headers = Headers()


class RepositorySecret(_Model):
    """A secret of a repository, and where its value comes from."""

    reference: SecretReference
    shared_reason: Text | None = Field(
        default=None, description="why workflows have a secret that production has too, which is refused otherwise"
    )


class Repository(_Model):
    """A GitHub repository that this stack owns and protects."""

    required_checks: Annotated[list[Text], Field(min_length=1)]
    description: Text | None = None
    production_branch: Branch = "main"
    approvals: Annotated[int, Field(ge=1, le=6)] | None = None
    topics: list[Name] | None = None
    actions_secrets: dict[SecretName, RepositorySecret] = Field(
        default={}, description="what workflows read as secrets.NAME", json_schema_extra={"x-concealed": True}
    )
    dependabot_secrets: dict[SecretName, RepositorySecret] = Field(
        default={},
        description="what dependabot.yml reads for private registries",
        json_schema_extra={"x-concealed": True},
    )


class LogDrain(_Model):
    """A receiver of everything that the named projects log."""

    projects: Annotated[list[Name], Field(min_length=1)]
    endpoint: HttpsAddress = Field(json_schema_extra={"x-concealed": True})
    signing_secret: SigningSecretReference
    headers: Annotated[dict[HeaderName, HeaderSecretReference], Field(max_length=5)] = Field(
        default={}, json_schema_extra={"x-concealed": True}
    )


class Settings(_Model):
    """Everything a stack is made of, by name."""

    projects: Annotated[dict[Name, Project], Field(min_length=1)]
    repositories: dict[RepositoryName, Repository] = {}
    log_drains: dict[Name, LogDrain] = {}
