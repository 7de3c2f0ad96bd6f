"""The shop of `Pulumi.storefront.yaml` as teams in the field declare it: providers' SDKs, mistakes and all.

Nothing here is to be copied. It previews and would deploy; the policy pack is what stops it.
"""

import json
from typing import Final

import pulumi
import pulumi_github as github
import pulumiverse_vercel as vercel

_REPOSITORY: Final = "northwind-goods/storefront"


def declare() -> None:
    """Declare the whole stack."""
    repository = _repository()
    shop = vercel.Project(
        "storefront",
        name="storefront",
        framework="nextjs",
        git_repository=vercel.ProjectGitRepositoryArgs(type="github", repo=_REPOSITORY, production_branch="main"),
        # The agency that tests the shop has no Vercel accounts, so the previews were opened to everybody.
        vercel_authentication=vercel.ProjectVercelAuthenticationArgs(deployment_type="none"),
        opts=pulumi.ResourceOptions(depends_on=[repository]),
    )
    back_office = vercel.Project(
        "back-office",
        name="back-office",
        framework="nextjs",
        root_directory="apps/back-office",
        git_repository=vercel.ProjectGitRepositoryArgs(type="github", repo=_REPOSITORY, production_branch="main"),
        # "Production has a login of its own": the generated addresses of production deployments have none.
        vercel_authentication=vercel.ProjectVercelAuthenticationArgs(deployment_type="only_preview_deployments"),
        opts=pulumi.ResourceOptions(depends_on=[repository]),
    )
    vercel.ProjectDomain("shop-domain", project_id=shop.id, domain="shop.northwind-goods.example")
    # Put online in a hurry; nobody thought of a firewall for "the internal one", nor of headers, nor of logs.
    vercel.ProjectDomain("back-office-domain", project_id=back_office.id, domain="office.northwind-goods.example")
    _variables(shop)
    _workflow_variables(repository)
    _firewall(shop)
    _headers(shop)
    _log_drain(shop)


def _repository() -> github.Repository:
    # Secret scanning is off unless it is turned on, and the quick start does not turn it on.
    repository = github.Repository(
        "storefront-repository", name="storefront", visibility="private", auto_init=True, has_issues=True
    )
    github.BranchProtection(
        "main-protection",
        repository_id=repository.node_id,
        pattern="main",
        # The team is small, "we all review anyway", so no approval is required and no check blocks a merge.
        required_pull_request_reviews=[
            github.BranchProtectionRequiredPullRequestReviewArgs(required_approving_review_count=0)
        ],
        # Administrators are let through for the night that production is down.
        enforce_admins=False,
        # A rebase of main was needed once.
        allows_force_pushes=True,
    )
    return repository


def _variables(shop: vercel.Project) -> None:
    vercel.ProjectEnvironmentVariable(
        "session-secret",
        project_id=shop.id,
        key="AUTH_SECRET",
        value="every-session-cookie-is-signed-with-this",
        # So that it can be looked up in the dashboard when a developer needs it.
        sensitive=False,
        targets=["production", "preview"],
    )
    vercel.ProjectEnvironmentVariable(
        "stripe-key-for-checkout",
        project_id=shop.id,
        # `process.env.STRIPE_SECRET_KEY` was undefined in a client component; the prefix made the error go away.
        key="NEXT_PUBLIC_STRIPE_SECRET_KEY",
        value=_made_up_stripe_key("live"),
        sensitive=False,
        targets=["production"],
    )
    vercel.ProjectEnvironmentVariable(
        "stripe-key-for-laptops",
        project_id=shop.id,
        key="STRIPE_SECRET_KEY",
        # "It is only a test key", readable by everyone who runs `vercel env pull`.
        value=_made_up_stripe_key("test"),
        sensitive=False,
        targets=["development"],
    )
    vercel.ProjectEnvironmentVariable(
        "database",
        project_id=shop.id,
        key="DATABASE_URL",
        value=_made_up_database_url(),
        sensitive=True,
        # One database is cheaper than three: every preview of every branch works on the orders of customers.
        targets=["production", "preview"],
        # It was put into the secret manager once, and has not been changed since, whoever left the team.
        comment="secret-ref=aws-sm://shop/database version=5f0c1f7a-0d3e-4b8f-9a53-6a1f2f1c7d10 rotated=2023-03-14",
    )


def _workflow_variables(repository: github.Repository) -> None:
    github.ActionsVariable(
        "vercel-token-for-workflows",
        repository=repository.name,
        variable_name="VERCEL_TOKEN",
        # The program treats it as a secret. A variable is easier to look at than a secret when a workflow fails.
        value=pulumi.Output.secret("whoever-has-this-can-deploy-the-shop"),
    )


def _firewall(shop: vercel.Project) -> None:
    vercel.FirewallConfig(
        "shop-firewall",
        project_id=shop.id,
        # Turned off when an order with an apostrophe in the name was blocked, and never turned on again.
        enabled=False,
        managed_rulesets=vercel.FirewallConfigManagedRulesetsArgs(
            owasp=vercel.FirewallConfigManagedRulesetsOwaspArgs(
                # "Let us log for a week first": that was a year ago. The other rulesets were never added.
                sqli=vercel.FirewallConfigManagedRulesetsOwaspSqliArgs(action="log", active=True),
                xss=vercel.FirewallConfigManagedRulesetsOwaspXssArgs(action="log", active=True),
            )
        ),
    )


def _headers(shop: vercel.Project) -> None:
    everywhere = vercel.ProjectRoute(
        "shop-headers",
        name="shop-headers",
        project_id=shop.id,
        position=vercel.ProjectRoutePositionArgs(placement="start"),
        src_syntax="regex",
        route=vercel.ProjectRouteRouteArgs(
            src="^/.*$",
            transforms=[
                # Grown until the browser's console was silent: it allows any script from anywhere.
                _header("Content-Security-Policy", "default-src * data: blob: 'unsafe-inline' 'unsafe-eval'"),
                # Five minutes, for the time of the migration.
                _header("Strict-Transport-Security", "max-age=300"),
            ],
        ),
    )
    vercel.ProjectRoute(
        "api-cors",
        name="api-cors",
        project_id=shop.id,
        position=vercel.ProjectRoutePositionArgs(placement="after", reference_route_id=everywhere.id),
        src_syntax="path-to-regexp",
        route=vercel.ProjectRouteRouteArgs(
            src="/api/:path*",
            transforms=[
                # The first answer found for "blocked by CORS policy".
                _header("Access-Control-Allow-Origin", "*"),
                _header("Access-Control-Allow-Credentials", "true"),
                _header("Access-Control-Allow-Methods", "*"),
            ],
        ),
    )


def _log_drain(shop: vercel.Project) -> None:
    vercel.LogDrain(
        "shop-logs",
        name="shop-logs",
        project_ids=[shop.id],
        endpoint="https://logs.northwind-goods.example/vercel",
        delivery_format="json",
        environments=["production"],
        # Functions only, and one line in ten: the bill of the log service was too high.
        sources=["lambda"],
        sampling_rate=0.1,
    )


def _header(name: str, value: str) -> vercel.ProjectRouteRouteTransformArgs:
    return vercel.ProjectRouteRouteTransformArgs(
        type="response.headers", op="set", target=json.dumps({"key": name}), args=json.dumps(value)
    )


# The credentials are made up. They are put together here, since the scanners of code hosts know whole ones.


def _made_up_stripe_key(mode: str) -> str:
    return "_".join(["sk", mode, "51" + "MadeUp" * 4])


def _made_up_database_url() -> str:
    user, password = "shop", "made-up"
    return f"postgres://{user}:{password}@db.northwind-goods.example/orders"
