"""Every kind of resource once; `CHANGE=1` changes inputs, which shows the update paths."""

import os

import pulumi
import pulumi_github as github
import pulumiverse_vercel as vercel

changed = os.environ.get("CHANGE") == "1"
opts = pulumi.ResourceOptions(provider=vercel.Provider("vc", team="my-team"))

project = vercel.Project(
    "app",
    name="app",
    framework="nextjs",
    build_command="next build --debug" if changed else "next build",
    git_repository=vercel.ProjectGitRepositoryArgs(type="github", repo="my-org/app"),
    resource_config=vercel.ProjectResourceConfigArgs(function_default_regions=["iad1"]),
    vercel_authentication=vercel.ProjectVercelAuthenticationArgs(deployment_type="standard_protection_new"),
    opts=opts,
)
staging = vercel.CustomEnvironment(
    "staging", project_id=project.id, name="staging", description="b" if changed else "a", opts=opts
)
vercel.ProjectEnvironmentVariable(
    "one",
    project_id=project.id,
    key="ONE",
    value="2" if changed else "1",
    sensitive=False,
    targets=["production", "preview"],
    opts=opts,
)
vercel.ProjectEnvironmentVariable(
    "sens", project_id=project.id, key="SENS", value="s3cret", sensitive=True, targets=["production"], opts=opts
)
vercel.ProjectEnvironmentVariable(
    "cust",
    project_id=project.id,
    key="CUST",
    value="c",
    sensitive=False,
    custom_environment_ids=[staging.id],
    opts=opts,
)
vercel.ProjectEnvironmentVariables(
    "many",
    project_id=project.id,
    variables=[
        vercel.ProjectEnvironmentVariablesVariableArgs(
            key="M1", value="b" if changed else "a", sensitive=False, targets=["production"]
        ),
        vercel.ProjectEnvironmentVariablesVariableArgs(key="M2", value="b", sensitive=False, targets=["preview"]),
    ],
    opts=opts,
)
vercel.SharedEnvironmentVariable(
    "shared",
    key="SHARED",
    value="y" if changed else "x",
    sensitive=False,
    targets=["production"],
    project_ids=[project.id],
    opts=opts,
)
vercel.LogDrain(
    "drain",
    name="drain",
    delivery_format="json",
    environments=["production"],
    sources=["static", "lambda"],
    endpoint="https://logs.example.test/in",
    project_ids=[project.id],
    opts=opts,
)
vercel.FirewallConfig(
    "fw",
    project_id=project.id,
    managed_rulesets=vercel.FirewallConfigManagedRulesetsArgs(
        bot_protection=vercel.FirewallConfigManagedRulesetsBotProtectionArgs(action="log", active=True)
    ),
    rules=vercel.FirewallConfigRulesArgs(
        rules=[
            vercel.FirewallConfigRulesRuleArgs(
                name="block-wp",
                action=vercel.FirewallConfigRulesRuleActionArgs(action="challenge" if changed else "deny"),
                condition_groups=[
                    vercel.FirewallConfigRulesRuleConditionGroupArgs(
                        conditions=[
                            vercel.FirewallConfigRulesRuleConditionGroupConditionArgs(
                                type="path", op="pre", value="/wp-admin"
                            )
                        ]
                    )
                ],
            )
        ]
    ),
    ip_rules=vercel.FirewallConfigIpRulesArgs(
        rules=[vercel.FirewallConfigIpRulesRuleArgs(action="deny", ip="203.0.113.7", hostname="*")]
    ),
    opts=opts,
)
vercel.ProjectDomain(
    "dom", project_id=project.id, domain="app.example.test", git_branch="next" if changed else None, opts=opts
)
# The recorded program gave no position here.
old = vercel.ProjectRoute(
    "r1",
    project_id=project.id,
    name="old",
    route=vercel.ProjectRouteRouteArgs(src="/old", dest="/newer" if changed else "/new"),
    position=vercel.ProjectRoutePositionArgs(placement="end"),
    opts=opts,
)
vercel.ProjectRoute(
    "r2",
    project_id=project.id,
    name="before-old",
    route=vercel.ProjectRouteRouteArgs(src="/older", dest="/new"),
    position=vercel.ProjectRoutePositionArgs(placement="before", reference_route_id=old.id),
    opts=opts,
)
# The recorded program gave the team's id, for which the SDK has no argument.
vercel.TeamConfig("team", name="My Team 2" if changed else "My Team", opts=opts)
deployment = vercel.Deployment("dep", project_id=project.id, ref="main", production=True, opts=opts)
vercel.AttackChallengeMode(
    "atk",
    project_id=project.id,
    enabled=True,
    attack_mode_active_until=1893456000001 if changed else 1893456000000,
    opts=opts,
)
alias = vercel.Alias("al", alias="demo-alias.vercel.app", deployment_id=deployment.id, opts=opts)
vercel.DeploymentProtectionException("dpe", alias=alias.alias, project_id=project.id, opts=opts)
vercel.ProjectProtectionBypass("byp", project_id=project.id, note="ci2" if changed else "ci", opts=opts)
vercel.ProjectDeploymentRetention(
    "ret",
    project_id=project.id,
    expiration_preview="2m" if changed else "1m",
    expiration_production="1y",
    expiration_canceled="1m",
    expiration_errored="2m",
    opts=opts,
)
vercel.ProjectCrons("crons", project_id=project.id, enabled=not changed, opts=opts)
vercel.Webhook(
    "hook",
    endpoint="https://hooks.example.test/v",
    events=["deployment.created"],
    project_ids=[project.id],
    opts=opts,
)

repository = github.Repository(
    "app",
    name="app",
    visibility="private",
    auto_init=True,
    delete_branch_on_merge=True,
    topics=["a", "b"],
    description="d2" if changed else "d1",
)
github.BranchProtection(
    "bp",
    repository_id=repository.node_id,
    pattern="main",
    enforce_admins=True,
    require_signed_commits=changed,
    required_status_checks=[github.BranchProtectionRequiredStatusCheckArgs(strict=True, contexts=["ci"])],
    required_pull_request_reviews=[
        github.BranchProtectionRequiredPullRequestReviewArgs(required_approving_review_count=1)
    ],
)
github.RepositoryRuleset(
    "rs",
    repository=repository.name,
    name="rs",
    target="branch",
    enforcement="active",
    conditions=github.RepositoryRulesetConditionsArgs(
        ref_name=github.RepositoryRulesetConditionsRefNameArgs(includes=["~DEFAULT_BRANCH"], excludes=[])
    ),
    rules=github.RepositoryRulesetRulesArgs(deletion=True, non_fast_forward=True),
)
environment = github.RepositoryEnvironment(
    "prod", repository=repository.name, environment="production", wait_timer=5 if changed else 0
)
github.ActionsVariable("v", repository=repository.name, variable_name="V", value="2" if changed else "1")
github.ActionsEnvironmentVariable(
    "ev", repository=repository.name, environment=environment.environment, variable_name="EV", value="1"
)
github.ActionsSecret("s", repository=repository.name, secret_name="S", plaintext_value="zzz")
github.RepositoryFile(
    "f",
    repository=repository.name,
    file="README2.md",
    content="bye" if changed else "hello",
    branch="main",
    commit_message="m",
    overwrite_on_create=True,
)
github.RepositoryWebhook(
    "w",
    repository=repository.name,
    events=["push"],
    configuration=github.RepositoryWebhookConfigurationArgs(url="https://hooks.example.test/g", content_type="json"),
)
github.Team("t", name="core", privacy="closed")
github.RepositoryVulnerabilityAlerts("va", repository=repository.name)
