"""A Next.js project on Vercel: Git repository, domains, deployment protection, firewall and retention."""

from enum import StrEnum
from typing import NotRequired, TypedDict

import pulumi
import pulumiverse_vercel as vercel


class DeploymentProtection(StrEnum):
    """Which deployments ask for Vercel Authentication; the values that protect too little are left out."""

    STANDARD = "standard_protection_new"
    STANDARD_LEGACY = "standard_protection"
    ALL_DEPLOYMENTS = "all_deployments"


class DomainArgs(TypedDict):
    """A domain of the project."""

    domain: str
    redirect: NotRequired[str]
    """The domain of the same project that requests are redirected to, permanently."""


class RateLimitArgs(TypedDict):
    """A limit on how often one IP address may request a path."""

    name: str
    path: str
    """The beginning of the paths that are limited, such as `/api/checkout`."""
    limit: int
    """Requests per window."""
    window_seconds: NotRequired[int]
    """Length of the window, 60 seconds unless given."""


class FirewallArgs(TypedDict):
    """What the firewall does beyond its managed rulesets, which are always on."""

    rate_limits: NotRequired[list[RateLimitArgs]]
    import_id: NotRequired[str]
    """`team_…/prj_…` of a firewall configuration that exists on Vercel and has no entry in the state yet."""


class RetentionArgs(TypedDict):
    """How long deployments are kept: `1d`, `1w`, `1m`, `2m`, `3m`, `6m`, `1y` or `unlimited`."""

    production: NotRequired[str]
    preview: NotRequired[str]
    canceled: NotRequired[str]
    errored: NotRequired[str]


class WebProjectArgs(TypedDict):
    """What a web project is made of; only the repository has no default."""

    repository: str
    """The GitHub repository as `owner/name`."""
    name: NotRequired[str]
    """The project's name on Vercel; the component's name unless given."""
    production_branch: NotRequired[str]
    """The branch that is deployed to production, `main` unless given."""
    team_id: NotRequired[pulumi.Input[str]]
    root_directory: NotRequired[str]
    node_version: NotRequired[str]
    domains: NotRequired[list[DomainArgs]]
    protection: NotRequired[DeploymentProtection]
    password: NotRequired[pulumi.Input[str]]
    """A password asked of visitors of the protected deployments, 1 to 72 characters."""
    firewall: NotRequired[FirewallArgs]
    retention: NotRequired[RetentionArgs]


class WebProject(pulumi.ComponentResource):
    """A Next.js project on Vercel with its domains, deployment protection, firewall and retention."""

    project_id: pulumi.Output[str]
    """The id of the Vercel project."""
    project_name: pulumi.Output[str]
    """The name of the Vercel project."""

    def __init__(self, name: str, args: WebProjectArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Declare the project and what belongs to it.

        Raises:
            ValueError: When the repository is not in the form `owner/name`.
        """
        if args["repository"].count("/") != 1 or not all(args["repository"].split("/")):
            raise ValueError(f"{name}: the repository is {args['repository']!r}; it takes the form owner/name")
        super().__init__("soc2:index:WebProject", name, {}, opts)
        team_id = args.get("team_id")
        project = _project(name, args, pulumi.ResourceOptions(parent=self))
        _domains(name, args, project, self)
        firewall = args.get("firewall", FirewallArgs())
        vercel.FirewallConfig(
            f"{name}-firewall",
            project_id=project.id,
            team_id=team_id,
            enabled=True,
            managed_rulesets=_managed_rulesets(),
            rules=_rate_limit_rules(firewall.get("rate_limits", [])),
            opts=pulumi.ResourceOptions(parent=self, import_=firewall.get("import_id")),
        )
        retention = args.get("retention", RetentionArgs())
        vercel.ProjectDeploymentRetention(
            f"{name}-retention",
            project_id=project.id,
            team_id=team_id,
            expiration_production=retention.get("production", "1y"),
            expiration_preview=retention.get("preview", "3m"),
            expiration_canceled=retention.get("canceled", "1m"),
            expiration_errored=retention.get("errored", "3m"),
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.project_id = project.id
        self.project_name = project.name
        self.register_outputs({"projectId": self.project_id, "projectName": self.project_name})


def _project(name: str, args: WebProjectArgs, opts: pulumi.ResourceOptions) -> vercel.Project:
    protection = args.get("protection", DeploymentProtection.STANDARD).value
    password_protection = None
    if "password" in args:
        # The SDK marks neither the block nor its password as secret.
        opts.additional_secret_outputs = ["passwordProtection"]
        password_protection = vercel.ProjectPasswordProtectionArgs(
            deployment_type=protection, password=pulumi.Output.secret(args["password"])
        )
    return vercel.Project(
        name,
        name=args.get("name", name),
        team_id=args.get("team_id"),
        framework="nextjs",
        root_directory=args.get("root_directory"),
        node_version=args.get("node_version"),
        git_repository=vercel.ProjectGitRepositoryArgs(
            type="github",
            repo=args["repository"],
            production_branch=args.get("production_branch", "main"),
        ),
        git_provider_options=vercel.ProjectGitProviderOptionsArgs(require_verified_commits=True),
        git_fork_protection=True,
        vercel_authentication=vercel.ProjectVercelAuthenticationArgs(deployment_type=protection),
        password_protection=password_protection,
        protected_sourcemaps=True,
        directory_listing=False,
        # Lets a log line of the running application name the commit and the deployment it comes from.
        automatically_expose_system_environment_variables=True,
        opts=opts,
    )


def _domains(name: str, args: WebProjectArgs, project: vercel.Project, parent: WebProject) -> None:
    # Vercel redirects only to a domain that the project has already.
    served: list[pulumi.Resource] = []
    for domain in sorted(args.get("domains", []), key=lambda domain: "redirect" in domain):
        redirected = "redirect" in domain
        declared = vercel.ProjectDomain(
            f"{name}-{domain['domain']}",
            project_id=project.id,
            team_id=args.get("team_id"),
            domain=domain["domain"],
            redirect=domain.get("redirect"),
            redirect_status_code=308 if redirected else None,
            opts=pulumi.ResourceOptions(parent=parent, depends_on=served if redirected else None),
        )
        if not redirected:
            served.append(declared)


def _managed_rulesets() -> vercel.FirewallConfigManagedRulesetsArgs:
    # The rulesets for PHP and Java and for session fixation add no protection to a Next.js application.
    return vercel.FirewallConfigManagedRulesetsArgs(
        owasp=vercel.FirewallConfigManagedRulesetsOwaspArgs(
            sqli=vercel.FirewallConfigManagedRulesetsOwaspSqliArgs(action="deny", active=True),
            xss=vercel.FirewallConfigManagedRulesetsOwaspXssArgs(action="deny", active=True),
            rce=vercel.FirewallConfigManagedRulesetsOwaspRceArgs(action="deny", active=True),
            lfi=vercel.FirewallConfigManagedRulesetsOwaspLfiArgs(action="deny", active=True),
            rfi=vercel.FirewallConfigManagedRulesetsOwaspRfiArgs(action="deny", active=True),
            sd=vercel.FirewallConfigManagedRulesetsOwaspSdArgs(action="deny", active=True),
            ma=vercel.FirewallConfigManagedRulesetsOwaspMaArgs(action="deny", active=True),
            gen=vercel.FirewallConfigManagedRulesetsOwaspGenArgs(action="deny", active=True),
        ),
        bot_protection=vercel.FirewallConfigManagedRulesetsBotProtectionArgs(action="challenge", active=True),
    )


def _rate_limit_rules(limits: list[RateLimitArgs]) -> vercel.FirewallConfigRulesArgs | None:
    if not limits:
        return None
    return vercel.FirewallConfigRulesArgs(
        rules=[
            vercel.FirewallConfigRulesRuleArgs(
                name=limit["name"],
                active=True,
                condition_groups=[
                    vercel.FirewallConfigRulesRuleConditionGroupArgs(
                        conditions=[
                            vercel.FirewallConfigRulesRuleConditionGroupConditionArgs(
                                type="path", op="pre", value=limit["path"]
                            )
                        ]
                    )
                ],
                action=vercel.FirewallConfigRulesRuleActionArgs(
                    action="rate_limit",
                    rate_limit=vercel.FirewallConfigRulesRuleActionRateLimitArgs(
                        action="deny",
                        algo="fixed_window",
                        keys=["ip"],
                        limit=limit["limit"],
                        window=limit.get("window_seconds", 60),
                    ),
                ),
            )
            for limit in limits
        ]
    )
