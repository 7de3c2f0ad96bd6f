"""A private GitHub repository whose production branch takes only reviewed, checked and signed changes."""

from typing import NotRequired, TypedDict

import pulumi
import pulumi_github as github


class ProtectedRepositoryArgs(TypedDict):
    """What a protected repository is made of."""

    required_checks: list[str]
    """Names of the status checks that must pass before a merge; at least one."""
    name: NotRequired[str]
    """The repository's name, without its owner; the component's name unless given."""
    description: NotRequired[str]
    production_branch: NotRequired[str]
    """The branch that is protected, `main` unless given."""
    approvals: NotRequired[int]
    """Approving reviews that a pull request needs, 2 unless given, 1 to 6."""
    topics: NotRequired[list[str]]


class ProtectedRepository(pulumi.ComponentResource):
    """A private GitHub repository with secret scanning, dependency alerts and a protected production branch."""

    repository_name: pulumi.Output[str]
    """The name of the repository, without its owner."""
    node_id: pulumi.Output[str]
    """The id that GitHub's GraphQL API knows the repository by."""

    def __init__(self, name: str, args: ProtectedRepositoryArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Declare the repository and its protection.

        Raises:
            ValueError: When no approval or no status check would be required.
        """
        approvals = args.get("approvals", 2)
        if not 1 <= approvals <= 6:
            raise ValueError(f"{name}: approvals is {approvals}; GitHub takes 1 to 6, and 0 is no review")
        if not args["required_checks"]:
            raise ValueError(f"{name}: required_checks is empty; name at least one status check")
        super().__init__("soc2:index:ProtectedRepository", name, {}, opts)
        child = pulumi.ResourceOptions(parent=self)
        enabled = "enabled"
        repository = github.Repository(
            name,
            name=args.get("name", name),
            description=args.get("description"),
            topics=args.get("topics"),
            visibility="private",
            # The branch must be there for Vercel to deploy it.
            auto_init=True,
            delete_branch_on_merge=True,
            security_and_analysis=github.RepositorySecurityAndAnalysisArgs(
                secret_scanning=github.RepositorySecurityAndAnalysisSecretScanningArgs(status=enabled),
                secret_scanning_push_protection=github.RepositorySecurityAndAnalysisSecretScanningPushProtectionArgs(
                    status=enabled
                ),
            ),
            opts=child,
        )
        alerts = github.RepositoryVulnerabilityAlerts(
            f"{name}-alerts", repository=repository.name, enabled=True, opts=child
        )
        github.RepositoryDependabotSecurityUpdates(
            f"{name}-security-updates",
            repository=repository.name,
            enabled=True,
            # GitHub turns security updates on only where alerts are on.
            opts=pulumi.ResourceOptions(parent=self, depends_on=[alerts]),
        )
        github.BranchProtection(
            f"{name}-production",
            repository_id=repository.node_id,
            pattern=args.get("production_branch", "main"),
            required_pull_request_reviews=[
                github.BranchProtectionRequiredPullRequestReviewArgs(
                    required_approving_review_count=approvals,
                    dismiss_stale_reviews=True,
                    require_code_owner_reviews=True,
                    require_last_push_approval=True,
                )
            ],
            required_status_checks=[
                github.BranchProtectionRequiredStatusCheckArgs(strict=True, contexts=args["required_checks"])
            ],
            require_signed_commits=True,
            require_conversation_resolution=True,
            enforce_admins=True,
            allows_force_pushes=False,
            allows_deletions=False,
            opts=child,
        )
        self.repository_name = repository.name
        self.node_id = repository.node_id
        self.register_outputs({"repositoryName": self.repository_name, "nodeId": self.node_id})
