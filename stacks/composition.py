"""The program of a stack that is described by its settings: one component for each part of them."""

from collections.abc import Mapping
from typing import cast

import pulumi

from components import (
    ContentSecurityPolicyArgs,
    CorsArgs,
    CrossOriginEmbedderPolicy,
    CrossOriginOpenerPolicy,
    CrossOriginResourcePolicy,
    DeploymentProtection,
    DomainArgs,
    EnvironmentVariableArgs,
    EnvironmentVariables,
    EnvironmentVariablesArgs,
    FirewallArgs,
    FrameOptions,
    HstsArgs,
    LogDrain,
    LogDrainArgs,
    ProtectedRepository,
    ProtectedRepositoryArgs,
    RateLimitArgs,
    ReferrerPolicy,
    RepositorySecrets,
    RepositorySecretsArgs,
    RetentionArgs,
    SecurityHeaders,
    SecurityHeadersArgs,
    ValueSourceArgs,
    WebProject,
    WebProjectArgs,
)
from soc2_guardrails.secrets.values import SecretValues
from soc2_guardrails.settings.models import Headers, Project, Repository, Settings
from soc2_guardrails.settings.models import LogDrain as LogDrainSettings
from soc2_guardrails.settings.references import SecretReference


class Composition:
    """Declares what settings describe.

    Settings that are absent stay absent from a component's arguments, so that its defaults stand in one place.
    The dumps that become arguments have the same keys as these; a test holds them together.
    """

    def __init__(self, settings: Settings, values: SecretValues) -> None:
        """Take what is declared, and the values of all its references to secrets."""
        self._settings = settings
        self._values = values

    def declare(self) -> None:
        """Declare repositories, then the projects that are deployed from them, then the drains of their logs."""
        repositories = {
            name: ProtectedRepository(name.split("/")[1], _repository_args(name, repository))
            for name, repository in self._settings.repositories.items()
        }
        for name, repository in self._settings.repositories.items():
            self._repository_secrets(name, repository, repositories[name])
        projects = {
            key: self._project(key, project, repositories.get(project.repository))
            for key, project in self._settings.projects.items()
        }
        for key, drain in self._settings.log_drains.items():
            LogDrain(key, self._drain_args(drain, projects))

    def _secret(self, reference: SecretReference) -> pulumi.Output[str]:
        return self._values.output(reference.reference)

    def _source(self, secret: SecretReference, text: str | None) -> ValueSourceArgs:
        source = ValueSourceArgs(comment=self._values.provenance(secret.reference).comment(text))
        version = self._values.version(secret.reference)
        if version is not None:
            source["version"] = version
        return source

    def _repository_secrets(self, name: str, repository: Repository, protected: ProtectedRepository) -> None:
        args = RepositorySecretsArgs(repository=protected.repository_name)
        if repository.actions_secrets:
            args["actions"] = {key: self._secret(each.reference) for key, each in repository.actions_secrets.items()}
        if repository.dependabot_secrets:
            args["dependabot"] = {
                key: self._secret(each.reference) for key, each in repository.dependabot_secrets.items()
            }
        if repository.actions_secrets or repository.dependabot_secrets:
            RepositorySecrets(name.split("/")[1], args)

    def _project(self, key: str, project: Project, repository: ProtectedRepository | None) -> WebProject:
        web = WebProject(
            key,
            self._project_args(project),
            # Vercel refuses to link a repository that is not there yet.
            pulumi.ResourceOptions(depends_on=[repository] if repository else []),
        )
        variables = self._variables(project)
        if variables:
            EnvironmentVariables(
                key, _with_team(EnvironmentVariablesArgs(project_id=web.project_id, variables=variables), project.team)
            )
        headers = SecurityHeadersArgs(project_id=web.project_id)
        if project.team is not None:
            headers["team_id"] = project.team
        _fill_headers(headers, project.headers)
        SecurityHeaders(key, headers)
        return web

    def _project_args(self, project: Project) -> WebProjectArgs:
        args = WebProjectArgs(
            repository=project.repository,
            production_branch=project.production_branch,
            protection=DeploymentProtection(project.protection),
            domains=[
                *(DomainArgs(domain=domain) for domain in project.domains),
                *(DomainArgs(domain=source, redirect=target) for source, target in project.redirects.items()),
            ],
            firewall=FirewallArgs(
                rate_limits=[
                    cast("RateLimitArgs", limit.model_dump(exclude_none=True)) for limit in project.firewall.rate_limits
                ]
            ),
            retention=cast("RetentionArgs", project.retention.model_dump(exclude_none=True)),
        )
        if project.firewall.import_id is not None:
            args["firewall"]["import_id"] = project.firewall.import_id
        if project.name is not None:
            args["name"] = project.name
        if project.team is not None:
            args["team_id"] = project.team
        if project.root_directory is not None:
            args["root_directory"] = project.root_directory
        if project.node_version is not None:
            args["node_version"] = project.node_version
        if project.password is not None:
            args["password"] = self._secret(project.password)
        return args

    def _variables(self, project: Project) -> list[EnvironmentVariableArgs]:
        variables = []
        for key, secret in project.secrets.items():
            args = EnvironmentVariableArgs(key=key, secret=True)
            if secret.production is not None:
                args["production"] = self._secret(secret.production)
                args["production_source"] = self._source(secret.production, secret.comment)
            if secret.preview is not None:
                args["preview"] = self._secret(secret.preview)
                args["preview_source"] = self._source(secret.preview, secret.comment)
            if secret.version is not None:
                args["version"] = secret.version
            variables.append(args)
        for key, plain in project.variables.items():
            given = plain.model_dump(exclude_none=True)
            variables.append(cast("EnvironmentVariableArgs", {"key": key, "secret": False, **given}))
        return variables

    def _drain_args(self, drain: LogDrainSettings, projects: Mapping[str, WebProject]) -> LogDrainArgs:
        args = LogDrainArgs(
            endpoint=drain.endpoint,
            project_ids=[projects[key].project_id for key in drain.projects],
            signing_secret=self._secret(drain.signing_secret),
        )
        if drain.headers:
            args["headers"] = {name: self._secret(reference) for name, reference in drain.headers.items()}
        return args


def _repository_args(name: str, repository: Repository) -> ProtectedRepositoryArgs:
    given = repository.model_dump(exclude_none=True, exclude={"actions_secrets", "dependabot_secrets"})
    return cast("ProtectedRepositoryArgs", {"name": name.split("/")[1], **given})


def _fill_headers(args: SecurityHeadersArgs, headers: Headers) -> None:
    args["content_security_policy"] = cast(
        "ContentSecurityPolicyArgs", headers.content_security_policy.model_dump(exclude_none=True)
    )
    args["hsts"] = cast("HstsArgs", headers.hsts.model_dump(exclude_none=True))
    args["permissions"] = headers.permissions
    args["extra_headers"] = headers.extra_headers
    args["cors"] = [cast("CorsArgs", policy.model_dump(exclude_none=True)) for policy in headers.cors]
    args["no_store_paths"] = headers.no_store_paths
    if headers.reporting_endpoints:
        args["reporting_endpoints"] = headers.reporting_endpoints
    if headers.referrer_policy is not None:
        args["referrer_policy"] = ReferrerPolicy(headers.referrer_policy)
    if headers.frame_options is not None:
        args["frame_options"] = FrameOptions(headers.frame_options)
    if headers.cross_origin_opener_policy is not None:
        args["cross_origin_opener_policy"] = CrossOriginOpenerPolicy(headers.cross_origin_opener_policy)
    if headers.cross_origin_resource_policy is not None:
        args["cross_origin_resource_policy"] = CrossOriginResourcePolicy(headers.cross_origin_resource_policy)
    if headers.cross_origin_embedder_policy is not None:
        args["cross_origin_embedder_policy"] = CrossOriginEmbedderPolicy(headers.cross_origin_embedder_policy)


def _with_team(args: EnvironmentVariablesArgs, team: str | None) -> EnvironmentVariablesArgs:
    return args if team is None else {**args, "team_id": team}
