"""A protected repository is private, scanned, and its production branch takes only reviewed changes."""

import pytest

from components import ProtectedRepository
from tests.components.recorder import declared_by, named


def test_the_defaults() -> None:
    declared = declared_by(lambda: ProtectedRepository("shop", {"required_checks": ["build"]}))
    repository = named(declared, "github:index/repository:Repository", "shop").inputs
    assert repository["visibility"] == "private"
    assert repository["deleteBranchOnMerge"] is True
    assert repository["securityAndAnalysis"] == {
        "secretScanning": {"status": "enabled"},
        "secretScanningPushProtection": {"status": "enabled"},
    }
    protection = named(declared, "github:index/branchProtection:BranchProtection", "shop-production").inputs
    assert protection == {
        "repositoryId": "shop-node",
        "pattern": "main",
        "requiredPullRequestReviews": [
            {
                "requiredApprovingReviewCount": 2,
                "dismissStaleReviews": True,
                "requireCodeOwnerReviews": True,
                "requireLastPushApproval": True,
            }
        ],
        "requiredStatusChecks": [{"strict": True, "contexts": ["build"]}],
        "requireSignedCommits": True,
        "requireConversationResolution": True,
        "enforceAdmins": True,
        "allowsForcePushes": False,
        "allowsDeletions": False,
    }
    alerts = "github:index/repositoryVulnerabilityAlerts:RepositoryVulnerabilityAlerts"
    updates = "github:index/repositoryDependabotSecurityUpdates:RepositoryDependabotSecurityUpdates"
    assert named(declared, alerts, "shop-alerts").inputs == {"repository": "shop", "enabled": True}
    assert named(declared, updates, "shop-security-updates").inputs == {"repository": "shop", "enabled": True}


def test_one_approval_is_allowed_and_another_branch() -> None:
    declared = declared_by(
        lambda: ProtectedRepository(
            "shop", {"required_checks": ["build"], "approvals": 1, "production_branch": "release"}
        )
    )
    protection = named(declared, "github:index/branchProtection:BranchProtection", "shop-production").inputs
    assert protection["pattern"] == "release"
    assert protection["requiredPullRequestReviews"][0]["requiredApprovingReviewCount"] == 1


@pytest.mark.parametrize("approvals", [0, -1, 7])
def test_a_number_of_approvals_that_is_none(approvals: int) -> None:
    with pytest.raises(ValueError, match=f"shop: approvals is {approvals}; GitHub takes 1 to 6, and 0 is no review"):
        declared_by(lambda: ProtectedRepository("shop", {"required_checks": ["build"], "approvals": approvals}))


def test_no_check_is_refused() -> None:
    with pytest.raises(ValueError, match="shop: required_checks is empty; name at least one status check"):
        declared_by(lambda: ProtectedRepository("shop", {"required_checks": []}))
