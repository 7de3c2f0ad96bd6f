"""Reviewed traits of GitHub resource types: what the Python SDK does not say.

Sources: the schema of the bridged provider (what replaces on change), its recorded requests, the SDK's
property documentation (defaults). GitHub's provider is an SDKv2 one: defaults other than false, 0 and ""
appear in Check, the rest in the plan, where an optional value that is not given is an explicit null and an
optional list of blocks is empty.
"""

from __future__ import annotations

from .traits import Parent, Traits, names

_REPOSITORY = Parent("Repository", "repository", ("name", "fullName"))

COMMON = Traits(
    parents=(_REPOSITORY,),
    settled={
        "createdAt": "{now}",
        "etag": "",
        "nodeId": "{hex24}",
        "remoteUpdatedAt": "{now}",
        "updatedAt": "{now}",
        # The id of the repository that the resource belongs to.
        "repositoryId": "{parent.repoId}",
    },
    lists=names("conditions.refName.excludes conditions.refName.includes"),
)

_REVIEWS = "requiredPullRequestReviews"

# A webhook's address and secret, for repositories and organizations alike.
_WEBHOOK = Traits(
    defaults={"active": True},
    secrets=names("configuration.url configuration.secret"),
    write_only=names("configuration.secret"),
    zeroed=names("configuration.secret"),
    settled={"url": "https://api.github.com/repos/{owner}/{repository}/hooks/{number}", "etag": None},
    id="{number}",
)

# The value of a secret is never given back. Codespaces secrets have the old property names only.
_OLD_SECRET = Traits(write_only=names("plaintextValue encryptedValue"))
_SECRET = _OLD_SECRET.overlaid(Traits(settled={"keyId": "{hex16}"}, write_only=names("value valueEncrypted")))

_PULL_REQUEST_RULES = {
    "rules.pullRequest.dismissStaleReviewsOnPush": False,
    "rules.pullRequest.requireCodeOwnerReview": False,
    "rules.pullRequest.requireLastPushApproval": False,
    "rules.pullRequest.requiredApprovingReviewCount": 0.0,
    "rules.pullRequest.requiredReviewThreadResolution": False,
    "rules.requiredStatusChecks.strictRequiredStatusChecksPolicy": False,
    "rules.requiredStatusChecks.doNotEnforceOnCreate": False,
    "rules.copilotCodeReview.reviewDraftPullRequests": False,
    "rules.copilotCodeReview.reviewOnPush": False,
}


def _secret(*, replaces: str, claim: str, identity: str, base: Traits = _SECRET) -> Traits:
    return base.overlaid(Traits(replaces=names(replaces), claims=(claim,), id=identity))


TRAITS: dict[str, Traits] = {
    "ActionsEnvironmentSecret": _secret(
        replaces="environment secretName",
        claim="secret {secretName} of environment {environment} of {repository}",
        identity="{repository}:{environment}:{secretName}",
    ),
    "ActionsEnvironmentVariable": Traits(
        replaces=names("environment variableName"),
        claims=("variable {variableName} of environment {environment} of {repository}",),
        id="{repository}:{environment}:{variableName}",
    ),
    "ActionsHostedRunner": Traits(replaces=names("image imageGen")),
    "ActionsOrganizationPermissions": Traits(id="{owner}", upsert=True),
    "ActionsOrganizationSecret": _secret(
        replaces="secretName selectedRepositoryIds",
        claim="organization secret {secretName}",
        identity="{secretName}",
    ),
    "ActionsOrganizationSecretRepositories": Traits(replaces=names("secretName")),
    "ActionsOrganizationSecretRepository": Traits(replaces=names("repositoryId secretName")),
    "ActionsOrganizationVariable": Traits(
        replaces=names("variableName"), claims=("organization variable {variableName}",), id="{variableName}"
    ),
    "ActionsOrganizationVariableRepositories": Traits(replaces=names("variableName")),
    "ActionsOrganizationVariableRepository": Traits(replaces=names("repositoryId variableName")),
    "ActionsOrganizationWorkflowPermissions": Traits(
        defaults={"defaultWorkflowPermissions": "read", "canApprovePullRequestReviews": False},
        replaces=names("organizationSlug"),
        id="{organizationSlug}",
        upsert=True,
    ),
    "ActionsRepositoryPermissions": Traits(defaults={"enabled": True}, id="{repository}", upsert=True),
    "ActionsRunnerGroup": Traits(defaults={"allowsPublicRepositories": False, "restrictedToWorkflows": False}),
    "ActionsSecret": _secret(
        replaces="secretName", claim="secret {secretName} of {repository}", identity="{repository}:{secretName}"
    ),
    "ActionsVariable": Traits(
        replaces=names("variableName"),
        claims=("variable {variableName} of {repository}",),
        id="{repository}:{variableName}",
    ),
    "AppInstallationRepositories": Traits(replaces=names("installationId"), id="{installationId}"),
    "AppInstallationRepository": Traits(
        replaces=names("installationId repository"), id="{installationId}:{repository}"
    ),
    "Branch": Traits(
        defaults={"sourceBranch": "main"},
        replaces=names("repository sourceBranch sourceSha"),
        settled={"ref": "refs/heads/{branch}", "sha": "{hex40}", "sourceSha": "{hex40}"},
        claims=("branch {branch} of {repository}",),
        id="{repository}:{branch}",
    ),
    "BranchDefault": Traits(defaults={"rename": False}, id="{repository}", upsert=True),
    "BranchProtection": Traits(
        defaults={
            "allowsDeletions": False,
            "allowsForcePushes": False,
            "enforceAdmins": False,
            "lockBranch": False,
            "requireConversationResolution": False,
            "requireSignedCommits": False,
            "requiredLinearHistory": False,
            f"{_REVIEWS}.requireLastPushApproval": False,
            f"{_REVIEWS}.requiredApprovingReviewCount": 1.0,
            "requiredStatusChecks.strict": False,
            "restrictPushes.blocksCreations": True,
        },
        replaces=names("repositoryId"),
        settled={"repositoryId": None},
        parents=(Parent("Repository", "repositoryId", ("nodeId", "name")),),
        claims=("branch protection {pattern} of {repositoryId}",),
        id="BPR_{hex16}",
    ),
    "BranchProtectionV3": Traits(
        defaults={
            "enforceAdmins": False,
            "requireConversationResolution": False,
            "requireSignedCommits": False,
            "requiredStatusChecks.strict": False,
            f"{_REVIEWS}.requireLastPushApproval": False,
            f"{_REVIEWS}.requiredApprovingReviewCount": 1.0,
        },
        replaces=names("branch repository"),
        id="{repository}:{branch}",
        upsert=True,
    ),
    "CodespacesOrganizationSecret": _secret(
        replaces="encryptedValue plaintextValue secretName selectedRepositoryIds visibility",
        claim="organization Codespaces secret {secretName}",
        identity="{secretName}",
        base=_OLD_SECRET,
    ),
    "CodespacesOrganizationSecretRepositories": Traits(replaces=names("secretName")),
    "CodespacesSecret": _secret(
        replaces="encryptedValue plaintextValue repository secretName",
        claim="Codespaces secret {secretName} of {repository}",
        identity="{repository}:{secretName}",
        base=_OLD_SECRET,
    ),
    "CodespacesUserSecret": _secret(
        replaces="encryptedValue plaintextValue secretName selectedRepositoryIds",
        claim="user Codespaces secret {secretName}",
        identity="{secretName}",
        base=_OLD_SECRET,
    ),
    "DependabotOrganizationSecret": _secret(
        replaces="secretName selectedRepositoryIds",
        claim="organization Dependabot secret {secretName}",
        identity="{secretName}",
    ),
    "DependabotOrganizationSecretRepositories": Traits(replaces=names("secretName")),
    "DependabotOrganizationSecretRepository": Traits(replaces=names("repositoryId secretName")),
    "DependabotSecret": _secret(
        replaces="secretName",
        claim="Dependabot secret {secretName} of {repository}",
        identity="{repository}:{secretName}",
    ),
    "EmuGroupMapping": Traits(replaces=names("groupId")),
    "EnterpriseActionsPermissions": Traits(replaces=names("enterpriseSlug"), id="{enterpriseSlug}", upsert=True),
    "EnterpriseActionsWorkflowPermissions": Traits(
        defaults={"defaultWorkflowPermissions": "read", "canApprovePullRequestReviews": False},
        replaces=names("enterpriseSlug"),
        id="{enterpriseSlug}",
        upsert=True,
    ),
    "EnterpriseIpAllowListEntry": Traits(defaults={"isActive": True}, replaces=names("enterpriseSlug ip")),
    "EnterpriseOrganization": Traits(replaces=names("enterpriseId name")),
    "EnterpriseSecurityAnalysisSettings": Traits(replaces=names("enterpriseSlug"), id="{enterpriseSlug}", upsert=True),
    "Issue": Traits(replaces=names("repository"), settled={"number": "{number}", "issueId": "{number}"}),
    "IssueLabel": Traits(
        replaces=names("repository"), claims=("label {name} of {repository}",), id="{repository}:{name}"
    ),
    "IssueLabels": Traits(replaces=names("repository"), id="{repository}", upsert=True),
    "Membership": Traits(
        defaults={"role": "member", "downgradeOnDestroy": False},
        replaces=names("username"),
        id="{owner}:{username}",
        upsert=True,
    ),
    "OrganizationBlock": Traits(replaces=names("username"), id="{username}", upsert=True),
    "OrganizationCustomProperties": Traits(
        defaults={"required": False, "valueType": "string"}, id="{propertyName}", upsert=True
    ),
    "OrganizationRole": Traits(defaults={"baseRole": "none"}),
    "OrganizationRoleTeam": Traits(replaces=names("roleId teamSlug"), id="{roleId}:{teamSlug}"),
    "OrganizationRoleTeamAssignment": Traits(replaces=names("roleId teamSlug"), id="{roleId}:{teamSlug}"),
    "OrganizationRoleUser": Traits(replaces=names("login roleId"), id="{roleId}:{login}"),
    "OrganizationRuleset": Traits(
        defaults=_PULL_REQUEST_RULES,
        settled={"rulesetId": "{id}", "nodeId": "RRS_{id}"},
        claims=("organization ruleset {name}",),
        id="{number}",
    ),
    "OrganizationSettings": Traits(
        defaults={
            "defaultRepositoryPermission": "read",
            "membersCanCreateInternalRepositories": True,
            "membersCanCreatePages": True,
            "membersCanCreatePrivatePages": True,
            "membersCanCreatePrivateRepositories": True,
            "membersCanCreatePublicPages": True,
            "membersCanCreatePublicRepositories": True,
            "membersCanCreateRepositories": True,
            "hasOrganizationProjects": True,
            "hasRepositoryProjects": True,
            "advancedSecurityEnabledForNewRepositories": False,
            "dependabotAlertsEnabledForNewRepositories": False,
            "dependabotSecurityUpdatesEnabledForNewRepositories": False,
            "dependencyGraphEnabledForNewRepositories": False,
            "membersCanForkPrivateRepositories": False,
            "secretScanningEnabledForNewRepositories": False,
            "secretScanningPushProtectionEnabledForNewRepositories": False,
            "webCommitSignoffRequired": False,
        },
        id="{number}",
    ),
    "OrganizationWebhook": _WEBHOOK.overlaid(
        Traits(settled={"url": "https://api.github.com/orgs/{owner}/hooks/{number}"})
    ),
    "ProjectCard": Traits(replaces=names("columnId")),
    "ProjectColumn": Traits(replaces=names("projectId")),
    "Release": Traits(
        defaults={"draft": True, "prerelease": True, "targetCommitish": "main"},
        replaces=names("discussionCategoryName draft repository tagName targetCommitish"),
        claims=("release {tagName} of {repository}",),
        id="{number}",
    ),
    "Repository": Traits(
        defaults={
            "allowAutoMerge": False,
            "allowMergeCommit": True,
            "allowRebaseMerge": True,
            "allowSquashMerge": True,
            "archived": False,
            "deleteBranchOnMerge": False,
            "ignoreVulnerabilityAlertsDuringRead": False,
            "mergeCommitMessage": "PR_TITLE",
            "mergeCommitTitle": "MERGE_MESSAGE",
            "squashMergeCommitMessage": "COMMIT_MESSAGES",
            "squashMergeCommitTitle": "COMMIT_OR_PR_TITLE",
        },
        settled={
            "allowForking": True,
            "defaultBranch": "main",
            "fork": "false",
            "fullName": "{owner}/{name}",
            "gitCloneUrl": "git://github.com/{owner}/{name}.git",
            "htmlUrl": "https://github.com/{owner}/{name}",
            "httpCloneUrl": "https://github.com/{owner}/{name}.git",
            "nodeId": "R_{hex16}",
            "primaryLanguage": "Markdown",
            "private": "{privateOfVisibility}",
            "repoId": "{number}",
            "securityAndAnalysis": None,
            "sourceOwner": "",
            "sourceRepo": "",
            "sshCloneUrl": "git@github.com:{owner}/{name}.git",
            "svnUrl": "https://github.com/{owner}/{name}",
            "visibility": "{visibilityOfPrivate}",
            "vulnerabilityAlerts": None,
            "webCommitSignoffRequired": False,
        },
        zeroed=names(
            "allowUpdateBranch hasDiscussions hasDownloads hasIssues hasProjects hasWiki homepageUrl",
            "isTemplate",
        ),
        id="{name}",
        claims=("repository name {owner}/{name}",),
    ),
    "RepositoryAutolinkReference": Traits(
        defaults={"isAlphanumeric": True},
        replaces=names("isAlphanumeric keyPrefix repository targetUrlTemplate"),
        claims=("autolink prefix {keyPrefix} of {repository}",),
        id="{number}",
    ),
    "RepositoryCollaborator": Traits(
        defaults={"permission": "push", "permissionDiffSuppression": False},
        replaces=names("permission repository username"),
        id="{repository}:{username}",
        upsert=True,
    ),
    "RepositoryCollaborators": Traits(
        defaults={"teams.permission": "push", "users.permission": "push"}, id="{repository}", upsert=True
    ),
    "RepositoryCustomProperty": Traits(
        replaces=names("propertyName propertyType"), id="{repository}:{propertyName}", upsert=True
    ),
    "RepositoryDependabotSecurityUpdates": Traits(replaces=names("repository"), id="{repository}", upsert=True),
    "RepositoryDeployKey": Traits(
        defaults={"readOnly": True}, replaces=names("key readOnly repository title"), id="{repository}:{number}"
    ),
    "RepositoryDeploymentBranchPolicy": Traits(replaces=names("environmentName repository"), id="{number}"),
    "RepositoryEnvironment": Traits(
        defaults={"canAdminsBypass": True, "preventSelfReview": False},
        replaces=names("environment"),
        id="{repository}:{environment}",
        upsert=True,
    ),
    "RepositoryEnvironmentDeploymentPolicy": Traits(
        replaces=names("environment"),
        settled={"policyId": "{number}"},
        id="{repository}:{environment}:{number}",
    ),
    "RepositoryFile": Traits(
        defaults={"overwriteOnCreate": False},
        replaces=names("branch file"),
        settled={
            "autocreateBranchSourceSha": None,
            "branch": "main",
            "commitMessage": "Add {file}",
            "commitSha": "{hex40}",
            "ref": "{branch}",
            "sha": "{hex40}",
        },
        id="{repository}:{file}:{branch}",
        upsert=True,
    ),
    "RepositoryMilestone": Traits(defaults={"state": "open"}, settled={"number": "{number}"}),
    "RepositoryPages": Traits(
        defaults={"buildType": "legacy", "source.path": "/"},
        replaces=names("repository"),
        id="{repository}",
        upsert=True,
    ),
    "RepositoryProject": Traits(replaces=names("repository")),
    "RepositoryPullRequest": Traits(
        replaces=names("baseRepository headRef owner"),
        defaults={"maintainerCanModify": False},
        parents=(Parent("Repository", "baseRepository", ("name", "fullName")),),
        settled={"number": "{number}", "state": "open"},
        id="{baseRepository}:{number}",
    ),
    "RepositoryRuleset": Traits(
        defaults={
            **_PULL_REQUEST_RULES,
            "rules.updateAllowsFetchAndMerge": False,
            "rules.mergeQueue.checkResponseTimeoutMinutes": 60.0,
            "rules.mergeQueue.groupingStrategy": "ALLGREEN",
            "rules.mergeQueue.maxEntriesToBuild": 5.0,
            "rules.mergeQueue.maxEntriesToMerge": 5.0,
            "rules.mergeQueue.mergeMethod": "MERGE",
            "rules.mergeQueue.minEntriesToMerge": 1.0,
            "rules.mergeQueue.minEntriesToMergeWaitMinutes": 5.0,
        },
        settled={"rulesetId": "{id}", "nodeId": "RRS_{id}"},
        claims=("ruleset {name} of {repository}",),
        id="{number}",
    ),
    "RepositoryTopics": Traits(id="{repository}", upsert=True),
    "RepositoryVulnerabilityAlerts": Traits(
        defaults={"enabled": True}, replaces=names("repository"), id="{repositoryId}", upsert=True
    ),
    "RepositoryWebhook": _WEBHOOK.overlaid(Traits(replaces=names("repository"))),
    "Team": Traits(
        defaults={
            "createDefaultMaintainer": False,
            "notificationSetting": "notifications_enabled",
            "privacy": "secret",
        },
        settled={"membersCount": 0.0, "parentTeamReadId": "", "parentTeamReadSlug": "", "slug": "{slug}"},
        zeroed=names("parentTeamId"),
        claims=("team {slug}",),
        id="{number}",
    ),
    "TeamMembers": Traits(defaults={"members.role": "member"}, id="{teamId}", upsert=True),
    "TeamMembership": Traits(
        defaults={"role": "member"}, replaces=names("teamId username"), id="{teamId}:{username}", upsert=True
    ),
    "TeamRepository": Traits(
        defaults={"permission": "pull"},
        replaces=names("repository teamId"),
        id="{teamId}:{repository}",
        upsert=True,
    ),
    "TeamSettings": Traits(replaces=names("teamId"), id="{teamId}", upsert=True),
    "TeamSyncGroupMapping": Traits(replaces=names("groups")),
    "UserGpgKey": Traits(replaces=names("armoredPublicKey")),
    "UserInvitationAccepter": Traits(replaces=names("allowEmptyId invitationId")),
    "UserSshKey": Traits(replaces=names("key title")),
    "WorkflowRepositoryPermissions": Traits(id="{repository}", upsert=True),
}
