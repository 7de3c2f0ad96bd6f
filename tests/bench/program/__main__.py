"""As many teams as the stack's configuration says, each with ten resources.

A project with six variables, and a repository with a protected branch and a secret.
"""

import pulumi
import pulumi_github as github
import pulumiverse_vercel as vercel

VARIABLES_OF_A_TEAM = 6


def declare(team: int) -> None:
    project = vercel.Project(
        f"project-{team}",
        name=f"shop-{team}",
        framework="nextjs",
        vercel_authentication={"deployment_type": "standard_protection_new"},
    )
    for number in range(VARIABLES_OF_A_TEAM):
        vercel.ProjectEnvironmentVariable(
            f"variable-{team}-{number}",
            project_id=project.id,
            key=f"VARIABLE_{number}",
            value=pulumi.Output.secret(f"value-{team}-{number}"),
            sensitive=True,
            targets=["production", "preview"],
        )
    repository = github.Repository(f"repository-{team}", name=f"shop-{team}", visibility="private")
    github.BranchProtection(
        f"protection-{team}",
        repository_id=repository.name,
        pattern="main",
        enforce_admins=True,
        require_signed_commits=True,
        required_pull_request_reviews=[{"required_approving_review_count": 1}],
    )
    github.ActionsSecret(
        f"secret-{team}",
        repository=repository.name,
        secret_name="DEPLOY_TOKEN",
        value=pulumi.Output.secret(f"token-{team}"),
    )


for team in range(pulumi.Config().require_int("teams")):
    declare(team)
