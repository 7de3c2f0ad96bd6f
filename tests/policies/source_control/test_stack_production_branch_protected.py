from __future__ import annotations

from dataclasses import replace

import pytest

from policies.judge.resources import Resource, resource
from policies.judge.values import UNKNOWN, Raw, Secret
from policies.subjects.tokens import (
    BRANCH_DEFAULT,
    BRANCH_PROTECTION,
    BRANCH_PROTECTION_V3,
    ORGANIZATION_RULESET,
    PROJECT,
    REPOSITORY,
    REPOSITORY_RULESET,
)

from ..pack_process import Answer, PackProcess

RULE = "stack-production-branch-protected"
CANARY = "canary-" + "s9Wd4Pq7Zk2Xv6Bn8Mt3Lf5H"
REPOSITORY_URN = f"urn:pulumi:stack::project::{REPOSITORY}::shop"


def project(**connection: Raw) -> Resource:
    stated: dict[str, Raw] = {"type": "github", "repo": "acme/shop", **connection}
    declared: dict[str, Raw] = {"name": "shop", "gitRepository": stated}
    planned: dict[str, Raw] = {"name": "shop", "gitRepository": {"productionBranch": UNKNOWN, **stated}}
    return resource(PROJECT, "shop", planned, declared=declared)


def repository(**properties: Raw) -> Resource:
    declared: dict[str, Raw] = {"name": "shop", **properties}
    planned: dict[str, Raw] = dict.fromkeys(("id", "nodeId", "fullName", "repoId", "defaultBranch"), UNKNOWN)
    return resource(REPOSITORY, "shop", {**planned, **declared}, declared=declared)


def without_none(properties: dict[str, Raw]) -> dict[str, Raw]:
    return {key: value for key, value in properties.items() if value is not None}


def classic(name: str = "bp", by: str = REPOSITORY_URN, **changed: Raw) -> Resource:
    stated: dict[str, Raw] = {
        "repositoryId": UNKNOWN,
        "pattern": "main",
        "requiredPullRequestReviews": [{"requiredApprovingReviewCount": 1.0}],
        "requiredStatusChecks": [{"strict": True, "contexts": ["test"]}],
        "requireSignedCommits": True,
        "enforceAdmins": True,
        **changed,
    }
    dependencies = {"repositoryId": (by,)} if by else {}
    return resource(BRANCH_PROTECTION, name, without_none(stated), dependencies=dependencies)


RULES: dict[str, Raw] = {
    "pullRequest": {"requiredApprovingReviewCount": 1.0},
    "requiredStatusChecks": {"requiredChecks": [{"context": "test"}], "strictRequiredStatusChecksPolicy": True},
    "requiredSignatures": True,
    "nonFastForward": True,
    "deletion": True,
}


def ruleset(name: str = "rs", rules: Raw = None, **changed: Raw) -> Resource:
    stated: dict[str, Raw] = {
        "repository": "shop",
        "target": "branch",
        "enforcement": "active",
        "conditions": {"refName": {"includes": ["~DEFAULT_BRANCH"], "excludes": []}},
        "rules": RULES if rules is None else rules,
        **changed,
    }
    return resource(REPOSITORY_RULESET, name, without_none(stated))


def organization(repositories: dict[str, Raw], **changed: Raw) -> Resource:
    conditions: Raw = {"refName": {"includes": ["~ALL"], "excludes": []}, **repositories}
    stated: dict[str, Raw] = {
        "target": "branch",
        "enforcement": "active",
        "conditions": conditions,
        "rules": RULES,
        **changed,
    }
    return resource(ORGANIZATION_RULESET, "org", stated)


def rule(**changed: Raw) -> dict[str, Raw]:
    return without_none({**RULES, **changed})


def judged(pack: PackProcess, *resources: Resource) -> Answer:
    return pack.judge_stack(*resources).of(RULE)


@pytest.mark.parametrize(
    ("changed", "verdict"),
    [
        ({}, "pass"),
        ({"requiredPullRequestReviews": None}, "fail"),
        ({"requiredPullRequestReviews": []}, "fail"),
        ({"requiredPullRequestReviews": [{}]}, "pass"),
        ({"requiredPullRequestReviews": [None]}, "fail"),
        ({"requiredPullRequestReviews": [UNKNOWN]}, "unknown"),
        ({"requiredPullRequestReviews": [{"requiredApprovingReviewCount": 0.0}]}, "fail"),
        ({"requiredPullRequestReviews": [{"requiredApprovingReviewCount": "2"}]}, "fail"),
        ({"requiredPullRequestReviews": [{"pullRequestBypassers": ["/octocat"]}]}, "fail"),
        ({"requiredPullRequestReviews": [{"pullRequestBypassers": UNKNOWN}]}, "unknown"),
        ({"requiredStatusChecks": None}, "fail"),
        ({"requiredStatusChecks": [None]}, "fail"),
        ({"requiredStatusChecks": [{"strict": True, "contexts": []}]}, "fail"),
        ({"requiredStatusChecks": [{"strict": True, "contexts": [None]}]}, "fail"),
        ({"requiredStatusChecks": [{"strict": True, "contexts": [""]}]}, "fail"),
        ({"requiredStatusChecks": [{"strict": True, "contexts": [7.0]}]}, "fail"),
        ({"requiredStatusChecks": [{"strict": True, "contexts": [None, "test"]}]}, "pass"),
        ({"requiredStatusChecks": [{"strict": True, "contexts": [UNKNOWN]}]}, "unknown"),
        ({"requiredStatusChecks": [{"strict": False, "contexts": [UNKNOWN]}]}, "fail"),
        ({"requiredStatusChecks": [{"strict": False, "contexts": ["test"]}]}, "fail"),
        ({"requiredStatusChecks": UNKNOWN}, "unknown"),
        ({"requireSignedCommits": None}, "fail"),
        ({"requireSignedCommits": UNKNOWN}, "unknown"),
        ({"allowsForcePushes": True}, "fail"),
        ({"forcePushBypassers": ["/octocat"]}, "fail"),
        ({"allowsDeletions": True}, "fail"),
        ({"enforceAdmins": None}, "fail"),
        ({"enforceAdmins": "true"}, "fail"),
        ({"enforceAdmins": UNKNOWN}, "unknown"),
        ({"enforceAdmins": Secret(True)}, "pass"),
        ({"pattern": "*"}, "pass"),
        ({"pattern": "release/*"}, "fail"),
        ({"pattern": UNKNOWN}, "unknown"),
        ({"pattern": 7}, "fail"),
        ({"repositoryId": "shop"}, "pass"),
        ({"repositoryId": "acme/Shop"}, "pass"),
        ({"repositoryId": "other/shop"}, "fail"),
        ({"repositoryId": "shop-docs"}, "fail"),
    ],
)
def test_branch_protection(preview: PackProcess, changed: dict[str, Raw], verdict: str) -> None:
    assert judged(preview, project(), repository(), classic(**changed)).verdict == verdict  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changed", "verdict"),
    [
        ({}, "pass"),
        ({"enforcement": "evaluate"}, "fail"),
        ({"enforcement": "disabled"}, "fail"),
        ({"enforcement": UNKNOWN}, "unknown"),
        ({"enforcement": UNKNOWN, "target": "tag"}, "fail"),
        ({"target": "push"}, "fail"),
        ({"repository": "other"}, "fail"),
        ({"conditions": None}, "fail"),
        ({"conditions": {"refName": {"includes": [], "excludes": []}}}, "fail"),
        ({"conditions": {"refName": {"includes": ["~ALL"], "excludes": []}}}, "pass"),
        ({"conditions": {"refName": {"includes": ["refs/heads/main"], "excludes": []}}}, "pass"),
        ({"conditions": {"refName": {"includes": ["refs/heads/m*"], "excludes": []}}}, "pass"),
        ({"conditions": {"refName": {"includes": ["refs/tags/main"], "excludes": []}}}, "fail"),
        ({"conditions": {"refName": {"includes": ["~ALL"], "excludes": ["refs/heads/main"]}}}, "fail"),
        ({"conditions": {"refName": {"includes": ["~ALL"], "excludes": [UNKNOWN]}}}, "unknown"),
        ({"conditions": {"refName": {"includes": ["~ALL"], "excludes": ["refs/heads/x*"]}}}, "pass"),
        ({"conditions": {"refName": {"includes": ["~ALL"], "excludes": ["refs/heads/m[^b]in"]}}}, "fail"),
        ({"conditions": {"refName": {"includes": ["~ALL"], "excludes": ["refs/heads/[!x]ain"]}}}, "fail"),
        ({"conditions": {"refName": {"includes": ["~ALL"], "excludes": ["refs/heads/ma\\in"]}}}, "fail"),
        ({"conditions": {"refName": {"includes": ["[^x]", "~ALL"], "excludes": []}}}, "pass"),
        ({"conditions": {"refName": {"includes": ["[^x]"], "excludes": []}}}, "fail"),
        ({"conditions": {"refName": {"includes": [UNKNOWN, "~ALL"], "excludes": []}}}, "pass"),
        ({"conditions": {"refName": {"includes": UNKNOWN, "excludes": []}}}, "unknown"),
        ({"rules": rule(pullRequest=None)}, "fail"),
        ({"rules": rule(pullRequest={})}, "fail"),
        ({"rules": rule(requiredStatusChecks={"requiredChecks": [{"context": "test"}]})}, "fail"),
        ({"rules": rule(requiredSignatures=False)}, "fail"),
        ({"rules": rule(nonFastForward=None)}, "fail"),
        ({"rules": rule(deletion=UNKNOWN)}, "unknown"),
        ({"rules": "odd"}, "fail"),
        ({"bypassActors": []}, "pass"),
        ({"bypassActors": [{"actorType": "OrganizationAdmin", "bypassMode": "always"}]}, "fail"),
        ({"bypassActors": [{"actorType": "Team", "actorId": 1.0, "bypassMode": "pull_request"}]}, "fail"),
        ({"bypassActors": UNKNOWN}, "unknown"),
    ],
)
def test_ruleset(preview: PackProcess, changed: dict[str, Raw], verdict: str) -> None:
    assert judged(preview, project(), repository(), ruleset(**changed)).verdict == verdict  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("checks", "verdict"),
    [
        ([], "fail"),
        ([None], "fail"),
        ([{}], "fail"),
        ([{"context": ""}], "fail"),
        ([{"context": 7.0}], "fail"),
        ([UNKNOWN], "unknown"),
        ([None, {"context": "test"}], "pass"),
    ],
)
def test_checks_that_a_ruleset_requires(preview: PackProcess, checks: Raw, verdict: str) -> None:
    required: Raw = {"requiredChecks": checks, "strictRequiredStatusChecksPolicy": True}
    asking = ruleset(rules=rule(requiredStatusChecks=required))
    assert judged(preview, project(), repository(), asking).verdict == verdict


@pytest.mark.parametrize(
    ("repositories", "verdict"),
    [
        ({"repositoryName": {"includes": ["~ALL"], "excludes": []}}, "pass"),
        ({"repositoryName": {"includes": ["sh*"], "excludes": []}}, "pass"),
        ({"repositoryName": {"includes": ["~ALL"], "excludes": ["shop"]}}, "fail"),
        ({"repositoryName": {"includes": ["~ALL"], "excludes": ["sh[^x]p"]}}, "fail"),
        ({"repositoryName": {"includes": [UNKNOWN], "excludes": []}}, "unknown"),
        ({"repositoryIds": [7.0]}, "unknown"),
        ({"repositoryProperty": {"includes": [{"name": "tier", "propertyValues": ["1"]}]}}, "fail"),
        ({}, "fail"),
    ],
)
def test_organization_ruleset(preview: PackProcess, repositories: dict[str, Raw], verdict: str) -> None:
    assert judged(preview, project(), repository(), organization(repositories)).verdict == verdict


def test_organization_ruleset_by_repository_id(update: PackProcess) -> None:
    deployed = repository(repoId=7.0)
    assert judged(update, project(), deployed, organization({"repositoryIds": [7.0]})).verdict == "pass"
    assert judged(update, project(), deployed, organization({"repositoryIds": [8.0]})).verdict == "fail"


BLOG_URN = f"urn:pulumi:stack::project::{REPOSITORY}::blog"


@pytest.mark.parametrize(
    ("ids", "computed_from", "shop_id", "blog_id", "verdict"),
    [
        ([1.0], (REPOSITORY_URN, BLOG_URN), 1.0, 2.0, "pass"),
        ([2.0], (REPOSITORY_URN, BLOG_URN), 1.0, 2.0, "fail"),
        ([2.0], (REPOSITORY_URN, BLOG_URN), UNKNOWN, 2.0, "unknown"),
        ([], (REPOSITORY_URN,), UNKNOWN, UNKNOWN, "fail"),
        ([UNKNOWN], (REPOSITORY_URN,), UNKNOWN, UNKNOWN, "pass"),
        ([UNKNOWN], (BLOG_URN,), UNKNOWN, UNKNOWN, "fail"),
        ([UNKNOWN], (), UNKNOWN, UNKNOWN, "unknown"),
        ([UNKNOWN], (REPOSITORY_URN, BLOG_URN), UNKNOWN, UNKNOWN, "unknown"),
        ([2.0, UNKNOWN], (REPOSITORY_URN, BLOG_URN), UNKNOWN, 2.0, "pass"),
        ([UNKNOWN, UNKNOWN], (REPOSITORY_URN,), UNKNOWN, UNKNOWN, "unknown"),
        (UNKNOWN, (REPOSITORY_URN,), UNKNOWN, UNKNOWN, "pass"),
        (UNKNOWN, (REPOSITORY_URN, BLOG_URN), UNKNOWN, UNKNOWN, "unknown"),
    ],
)
def test_organization_ruleset_lists_what_its_ids_say(
    preview: PackProcess, ids: Raw, computed_from: tuple[str, ...], shop_id: Raw, blog_id: Raw, verdict: str
) -> None:
    blog = resource(REPOSITORY, "blog", {"name": "blog", "repoId": blog_id}, declared={"name": "blog"})
    listing = replace(organization({"repositoryIds": ids}), dependencies={"conditions": computed_from})
    assert judged(preview, project(), repository(repoId=shop_id), blog, listing).verdict == verdict


def test_protections_add_up(preview: PackProcess) -> None:
    half = classic(requireSignedCommits=False, allowsDeletions=True)
    rest = ruleset(rules={"requiredSignatures": True, "deletion": True})
    assert judged(preview, project(), repository(), half).verdict == "fail"
    assert judged(preview, project(), repository(), half, rest).verdict == "pass"
    loose = classic(enforceAdmins=False)
    assert judged(preview, project(), repository(), loose, ruleset()).verdict == "pass"


def test_only_one_classic_rule_applies(preview: PackProcess) -> None:
    strong, weak = classic("strong", pattern="*"), classic("weak", requireSignedCommits=False)
    assert judged(preview, project(), repository(), strong, weak).verdict == "fail"
    weak_pattern = classic("weak", pattern="m*", requireSignedCommits=False)
    assert judged(preview, project(), repository(), strong, weak_pattern).verdict == "fail"
    assert judged(preview, project(), repository(), classic("named"), weak_pattern).verdict == "pass"


def third_version(*checks: Raw) -> Resource:
    return resource(
        BRANCH_PROTECTION_V3,
        "v3",
        {
            "repository": "shop",
            "branch": "main",
            "enforceAdmins": True,
            "requireSignedCommits": True,
            "requiredPullRequestReviews": {"requiredApprovingReviewCount": 2.0},
            "requiredStatusChecks": {"strict": True, "checks": list(checks)},
        },
    )


def test_third_version_cannot_show_everything(preview: PackProcess) -> None:
    third = third_version("test")
    answer = judged(preview, project(), repository(), third)
    assert [message.partition("\n")[0] for message in answer.messages] == [
        "gitRepository deploys a branch to production that can be rewritten by a force push",
        "gitRepository deploys a branch to production that can be deleted",
    ]
    rest = ruleset(rules={"nonFastForward": True, "deletion": True})
    assert judged(preview, project(), repository(), third, rest).verdict == "pass"
    assert judged(preview, project(), repository(), third_version(None), rest).verdict == "fail"
    assert judged(preview, project(), repository(), third_version(UNKNOWN), rest).verdict == "unknown"


def test_messages(preview: PackProcess) -> None:
    answer = judged(preview, project(), repository(), classic(requireSignedCommits=False))
    assert answer.messages == [
        "gitRepository deploys a branch to production that takes commits that are not signed\n"
        "mend: in its BranchProtection: requireSignedCommits true; or in a RepositoryRuleset: "
        "rules.requiredSignatures true"
    ]
    [diagnostic] = judged(preview, project(), repository(), classic(enforceAdmins=False)).diagnostics
    assert diagnostic.urn.endswith("BranchProtection::bp")
    assert "enforceAdmins is not true, which lets administrators past: a required review, " in diagnostic.message


@pytest.mark.parametrize(
    ("resources", "verdict"),
    [
        ([project(productionBranch="main"), repository(), classic()], "pass"),
        ([project(productionBranch="release"), repository(), classic()], "fail"),
        ([project(productionBranch="release"), repository(), classic(pattern="release")], "pass"),
        ([project(productionBranch=UNKNOWN), repository(), classic()], "unknown"),
        ([project(), repository(defaultBranch="trunk"), classic()], "fail"),
        ([project(), repository(defaultBranch="trunk"), ruleset()], "pass"),
        ([project(productionBranch="release"), repository(), ruleset()], "fail"),
        (
            [
                project(),
                repository(),
                classic(pattern="trunk"),
                resource(BRANCH_DEFAULT, "d", {"repository": "shop", "branch": "trunk"}),
            ],
            "pass",
        ),
        (
            [
                project(),
                repository(),
                classic(),
                resource(BRANCH_DEFAULT, "d", {"repository": "shop", "branch": UNKNOWN}),
            ],
            "unknown",
        ),
    ],
)
def test_production_branch(preview: PackProcess, resources: list[Resource], verdict: str) -> None:
    assert judged(preview, *resources).verdict == verdict


def test_repository_outside_of_the_stack(preview: PackProcess) -> None:
    [message] = judged(preview, project()).messages
    assert message.startswith("gitRepository deploys from a repository that this stack neither declares nor protects")
    assert judged(preview, project(), ruleset()).verdict == "pass"
    assert judged(preview, project(), classic(repositoryId="shop", by="")).verdict == "pass"
    [message] = judged(preview, project(), repository()).messages
    assert message.startswith("gitRepository deploys a branch to production that no BranchProtection")


def test_repository_found_by_what_the_project_depends_on(preview: PackProcess) -> None:
    declared: dict[str, Raw] = {"name": "shop", "gitRepository": {"type": "github", "repo": UNKNOWN}}
    dependent = resource(PROJECT, "shop", declared, dependencies={"gitRepository": (REPOSITORY_URN,)})
    assert judged(preview, dependent, repository(), classic()).verdict == "pass"
    assert judged(preview, dependent, repository()).verdict == "fail"
    assert judged(preview, resource(PROJECT, "shop", declared), repository(), classic()).verdict == "unknown"


def test_protection_found_by_node_id(update: PackProcess) -> None:
    deployed = repository(nodeId="R_1", fullName="acme/shop")
    assert judged(update, project(), deployed, classic(by="", repositoryId="R_1")).verdict == "pass"
    assert judged(update, project(), deployed, classic(by="", repositoryId="R_2")).verdict == "fail"
    assert judged(update, project(), repository(fullName="other/shop"), classic()).verdict == "fail"
    assert judged(update, project(), deployed, classic(by="", repositoryId=UNKNOWN)).verdict == "fail"


def test_protection_computed_from_two_repositories_protects_neither_for_certain(preview: PackProcess) -> None:
    blog = resource(REPOSITORY, "blog", {"name": "blog"})
    chosen = replace(classic(), dependencies={"repositoryId": (REPOSITORY_URN, BLOG_URN)})
    blogging = resource(PROJECT, "blog", {"name": "blog", "gitRepository": {"type": "github", "repo": "acme/blog"}})
    answer = judged(preview, project(), blogging, repository(), blog, chosen)
    assert answer.verdict == "unknown"
    assert {diagnostic.urn for diagnostic in answer.diagnostics} == {chosen.urn}
    both = [classic("shop"), classic("blog", by=BLOG_URN)]
    assert judged(preview, project(), blogging, repository(), blog, *both, chosen).verdict == "pass"
    elsewhere = resource(PROJECT, "docs", {"name": "docs", "gitRepository": {"type": "github", "repo": "acme/docs"}})
    assert judged(preview, elsewhere, repository(), blog, chosen).verdict == "fail"


def test_default_branch_computed_from_two_repositories_is_neithers_for_certain(preview: PackProcess) -> None:
    blog = resource(REPOSITORY, "blog", {"name": "blog"})
    default = resource(
        BRANCH_DEFAULT,
        "d",
        {"repository": UNKNOWN, "branch": "trunk"},
        dependencies={"repository": (REPOSITORY_URN, BLOG_URN)},
    )
    assert judged(preview, project(), repository(), blog, classic(pattern="trunk"), default).verdict == "unknown"
    alone = replace(default, dependencies={"repository": (REPOSITORY_URN,)})
    assert judged(preview, project(), repository(), blog, classic(pattern="trunk"), alone).verdict == "pass"


def test_a_bare_name_means_no_repository_of_another_owner(preview: PackProcess, update: PackProcess) -> None:
    contracted = project(repo="contractor/shop")
    by_name = [classic(by="", repositoryId="shop"), ruleset()]
    for protection in by_name:
        assert judged(update, contracted, repository(fullName="acme/shop"), protection).verdict == "fail"
        assert judged(update, project(), repository(fullName="Acme/Shop"), protection).verdict == "pass"
        assert judged(preview, project(), repository(), protection).verdict == "pass"


def test_a_bare_name_of_two_owners_means_the_one_it_was_computed_from(update: PackProcess) -> None:
    contractors = resource(REPOSITORY, "contractors", {"name": "shop", "fullName": "contractor/shop"})
    both = [project(), repository(fullName="acme/shop"), contractors]
    assert judged(update, *both, classic(repositoryId="shop")).verdict == "pass"
    assert judged(update, *both, classic(repositoryId="shop", by=contractors.urn)).verdict == "fail"
    told = judged(update, *both, classic(repositoryId="shop", by="")).messages
    assert told[0].startswith("repositoryId is not taken from one Repository, of several owners' that have this name")


def test_unknown_in_one_element_does_not_silence_another(preview: PackProcess) -> None:
    answer = judged(preview, project(), repository(), classic(requireSignedCommits=UNKNOWN, allowsDeletions=True))
    assert answer.verdict == "fail"
    assert any("deferred" in message for message in answer.messages)
    mixed = judged(preview, project(repo=UNKNOWN), resource(PROJECT, "b", {"gitRepository": {"type": "github"}}))
    assert mixed.verdict == "fail"
    assert any("deferred" in message for message in mixed.messages)


@pytest.mark.parametrize(
    "connection", [{"repo": "shop"}, {"repo": "/"}, {"repo": 7}, {"type": 7}, {"type": None}, {"type": "GitHub"}]
)
def test_odd_connections(preview: PackProcess, connection: dict[str, Raw]) -> None:
    assert judged(preview, project(**connection), repository(), classic()).verdict == "fail"


def test_not_applicable(preview: PackProcess) -> None:
    assert judged(preview, repository()).verdict == "not applicable"
    assert judged(preview, resource(PROJECT, "shop", {"name": "shop"})).verdict == "not applicable"
    assert judged(preview, project(type="gitlab")).verdict == "not applicable"
    static = resource(PROJECT, "static", {"name": "static"})
    assert judged(preview, static, project(), repository(), classic()).verdict == "pass"
    assert judged(preview, static, project(), repository()).verdict == "fail"


def test_secret_is_never_shown(preview: PackProcess) -> None:
    secret = project(productionBranch=Secret(CANARY), repo=Secret(f"{CANARY}/{CANARY}"))
    answer = judged(preview, secret, repository(), classic(requireSignedCommits=Secret(CANARY)))
    assert answer.verdict == "fail"
    assert CANARY not in answer.text


def test_an_exclusion_that_cannot_be_read_is_named(preview: PackProcess) -> None:
    odd: Raw = {"refName": {"includes": ["~ALL"], "excludes": ["refs/heads/[^x]*"]}}
    told = judged(preview, project(), repository(), ruleset(conditions=odd)).messages
    assert told[0].startswith("conditions.refName.excludes[0] is not a pattern that GitHub reads")
    other = ruleset("other", repository="docs", conditions=odd)
    assert judged(preview, project(), repository(), classic(), other).verdict == "pass"
