"""As many teams as the stack's configuration says, each with ten resources that break no rule of the pack.

A project with four variables, security headers and a log drain, and a repository with a protected branch and a secret.
"""

import json
from datetime import UTC, datetime

import pulumi
import pulumi_github as github
import pulumiverse_vercel as vercel

VARIABLES_OF_A_TEAM = 4
TODAY = datetime.now(UTC).date()
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "Strict-Transport-Security": "max-age=63072000; includeSubDomains; preload",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}


def declare(team: int) -> None:
    project = vercel.Project(
        f"project-{team}",
        name=f"shop-{team}",
        framework="nextjs",
        vercel_authentication={"deployment_type": "standard_protection_new"},
        git_repository={"type": "github", "repo": f"shops/shop-{team}", "production_branch": "main"},
    )
    for number in range(VARIABLES_OF_A_TEAM):
        vercel.ProjectEnvironmentVariable(
            f"variable-{team}-{number}",
            project_id=project.id,
            key=f"VARIABLE_{number}",
            value=pulumi.Output.secret(f"value-{team}-{number}"),
            sensitive=True,
            targets=["production"],
            comment=f"secret-ref=vault://kv/shop-{team}#{number} version=1 rotated={TODAY}",
        )
    vercel.ProjectRoute(
        f"headers-{team}",
        project_id=project.id,
        name="headers",
        src_syntax="regex",
        position={"placement": "end"},
        route={
            "src": "^/.*$",
            "transforms": [
                {
                    "type": "response.headers",
                    "op": "set",
                    "target": json.dumps({"key": name}),
                    "args": json.dumps(value),
                }
                for name, value in HEADERS.items()
            ],
        },
    )
    vercel.LogDrain(
        f"drain-{team}",
        project_ids=[project.id],
        delivery_format="json",
        endpoint="https://logs.example.com/vercel",
        environments=["production"],
        sources=["lambda", "edge", "external", "build", "firewall", "static", "redirect"],
    )
    repository = github.Repository(
        f"repository-{team}",
        name=f"shop-{team}",
        visibility="private",
        security_and_analysis={
            "secret_scanning": {"status": "enabled"},
            "secret_scanning_push_protection": {"status": "enabled"},
        },
    )
    github.BranchProtection(
        f"protection-{team}",
        repository_id=repository.name,
        pattern="main",
        enforce_admins=True,
        require_signed_commits=True,
        required_pull_request_reviews=[{"required_approving_review_count": 1}],
        required_status_checks=[{"strict": True, "contexts": ["test"]}],
    )
    github.ActionsSecret(
        f"secret-{team}",
        repository=repository.name,
        secret_name="DEPLOY_TOKEN",
        value=pulumi.Output.secret(f"token-{team}"),
    )


for team in range(pulumi.Config().require_int("teams")):
    declare(team)
