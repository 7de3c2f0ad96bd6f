"""The table of sinks against the schemas of the installed SDKs: every text that a resource takes is decided on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Final

import pytest

from policies.subjects.plain_sinks import SINKS
from sandbox.schema.cache import PACKAGES, load
from sandbox.schema.model import PropertyType, ResourceType
from sandbox.schema.traits import names

RULESETS: Final = ("RepositoryRuleset", "OrganizationRuleset")
LEFT_OUT: Final[Mapping[str, frozenset[str]]] = {
    "an id or a digest": names(
        "accessGroupId accessGroups alertRuleId awsAvailabilityZoneIds blobStoreId columnId connectorId",
        "customEnvironmentId customEnvironmentIds defaultVariantId deploymentId disabledVariantId edgeConfigId",
        "enterpriseId externalResourceId flagId grantedTeamId groupId id importKeyId installationId integrationId",
        "invitationId issuerId keyId microfrontendGroupId oauthAppId parentTeamId parentTeamReadId projectId",
        "projectIds referenceRouteId repositoryId roleArn roleId sharedEnvironmentVariableId slackChannelId",
        "slackInstallationId storeId teamId userId webhookId Deployment.files TeamConfig.avatar",
    ),
    "a name by which something is called or chosen": names(
        "contexts discussionCategoryName envVarPrefix environment environmentName environments envs externalCheckName",
        "groupName imageVersion keyPrefix propertyName requiredDeploymentEnvironments secretName targets tool",
        "variableName",
        "ActionsHostedRunner.name ActionsRunnerGroup.name BranchProtectionV3.requiredStatusChecks.checks",
        "CustomAlertRule.evaluation.query.formulas CustomAlertRule.evaluation.query.groupBies",
        "CustomAlertRule.evaluation.query.metrics.dimensions CustomAlertRule.evaluation.query.metrics.metric",
        "CustomAlertRule.evaluation.query.outputs CustomAlertRule.trigger.output",
        "CustomAlertRule.trigger.minimum.output CustomEnvironment.name EdgeConfig.name",
        "EnterpriseActionsRunnerGroup.name FeatureFlagDefinition.key",
        "FeatureFlagSegment.excludes.attribute FeatureFlagSegment.excludes.entity",
        "FeatureFlagSegment.includes.attribute FeatureFlagSegment.includes.entity Issue.labels IssueLabel.name",
        "IssueLabels.labels.name OidcFederationPolicy.claims.name OrganizationCustomRole.name",
        "OrganizationRepositoryRole.name OrganizationRole.name Project.environments.key Project.name",
        "ProjectEnvironmentVariable.key ProjectEnvironmentVariables.variables.key SharedEnvironmentVariable.key",
        "VcrRepository.name",
        *(f"{ruleset}.rules.requiredStatusChecks.requiredChecks.context" for ruleset in RULESETS),
    ),
    "a repository, branch, tag or commit": names(
        "autocreateBranchSourceBranch autocreateBranchSourceSha baseRef baseRepository branch defaultBranch",
        "enabledRepositories gitBranch headRef productionBranch ref repo repository selectedRepositories sourceBranch",
        "sourceRepo sourceSha tagName targetCommitish Repository.name",
    ),
    "who or what somebody is": names(
        "adminLogins apps assignees billingEmail commitAuthor commitEmail dismissalApps dismissalRestrictions",
        "dismissalTeams dismissalUsers email enabledOrganizations enterpriseSlug forcePushBypassers grantedTeamSlug",
        "ldapDn login organizationSlug owner parentTeamReadSlug pullRequestBypassers pushAllowances slug slugs",
        "sourceOwner teamSlug teams twitterUsername username users EnterpriseOrganization.name Team.name",
    ),
    "a domain or another address of the network": names(
        "alias cidr cname domain emailDomain hostname ip issuer issuerUrl previewDeploymentSuffix sourceIp",
        "DnsRecord.name DnsRecord.https.target DnsRecord.srv.target",
    ),
    "a path": names(
        "defaultRoute path pathPrefix pathname requestPath rootDirectory selectedWorkflows BlobObject.source",
        "Project.optionsAllowlist.paths.value",
    ),
    "a pattern of such": names(
        "branchPattern filePatterns patternsAlloweds restrictedFileExtensions restrictedFilePaths tagPattern",
        "BranchProtection.pattern CustomEnvironment.branchTracking.pattern RepositoryDeploymentBranchPolicy.name",
        *(
            f"{ruleset}.rules.{of}Pattern.pattern"
            for ruleset in RULESETS
            for of in ("branchName", "tagName", "commitAuthorEmail", "committerEmail")
        ),
        *(f"{ruleset}.conditions.refName.{list_}" for ruleset in RULESETS for list_ in ("includes", "excludes")),
        *(
            f"OrganizationRuleset.conditions.{list_}"
            for which in ("includes", "excludes")
            for list_ in (
                f"repositoryName.{which}",
                f"repositoryProperty.{which}.name",
                f"repositoryProperty.{which}.propertyValues",
            )
        ),
    ),
    "a word of a fixed list": names(
        "access accessLevel action actorType advancementType aggregation alertsThreshold algo algorithm allowedActions",
        "allowedMergeMethods baseRole buildMachineType buildType bypassMode color compression contentType",
        "defaultBuildMachineType defaultRepositoryPermission defaultWorkflowPermissions deliveryFormat deploymentType",
        "disjunctiveProductionSecretPolicy enablePreviewFeedback enableProductionFeedback encoding enforcement events",
        "fork framework functionDefaultCpuType functionDefaultRegions gitignoreTemplate groupingStrategy",
        "includeClaimKeys issuerMode kind licenseTemplate matchMinimumSeverityLevel mergeCommitMessage",
        "mergeCommitTitle mergeMethod minimumSeverityLevel nodeVersion normalize notificationSetting objectAcl op",
        "operator permission permissions placement preset privacy propertyType protectionMode provider region role",
        "scopes securityAlertsThreshold sensitiveEnvironmentVariablePolicy serverSideEncryption",
        "serverlessFunctionRegion severity size skewProtection squashMergeCommitMessage squashMergeCommitTitle",
        "srcSyntax state status type valueType valuesEditableBy vercelNotificationsMinimumSeverityLevel visibility",
        "ActionsHostedRunner.image.source CustomAlertRule.evaluation.query.metrics.per",
        "FirewallConfig.rules.rules.action.rateLimit.keys LogDrain.sources OidcFederationPolicy.client",
        "OidcFederationPolicy.commands OrganizationRuleset.target",
        "OrganizationRuleset.conditions.repositoryProperty.excludes.source",
        "OrganizationRuleset.conditions.repositoryProperty.includes.source",
        "ProjectDeploymentCheck.blocks ProjectDeploymentCheck.requires RepositoryRuleset.target",
    ),
    "a time": names(
        "actionDuration dueDate expirationCanceled expirationErrored expirationPreview expirationProduction",
        "refreshPeriod revokePreviousAt CustomAlertRule.evaluation.window",
    ),
    "a public key": names(
        "armoredPublicKey certificate certificateAuthorityCertificate RepositoryDeployKey.key UserSshKey.key"
    ),
    "a key that has no other place to go": names("incidentIoRoutingKey"),
    "decided by Vercel or GitHub": names("etag htmlUrl IssueLabels.labels.url Repository.pages.url"),
    "kept in the state and sent nowhere": names(
        "KmsSigningKey.keepers Network.timeouts.create ShareableLink.rotationId",
    ),
}
"""Why a text is no sink: names of properties that mean the same wherever they are, and single properties as
`Type.path`. Names that say nothing by themselves (name, title, value) are never among the first."""


@pytest.fixture(scope="module")
def texts(tmp_path_factory: pytest.TempPathFactory) -> Mapping[tuple[str, str], tuple[str, str]]:
    """How `LEFT_OUT` may speak of every text that the provider does not keep secret, by type token and path."""
    kept = tmp_path_factory.mktemp("schemas")
    return {
        (token, path): (_plain(path).rpartition(".")[2], f"{each.name}.{_plain(path)}")
        for package in PACKAGES
        for token, each in load(package, kept).resources.items()
        for path in _texts_of(each)
    }


def _texts_of(each: ResourceType) -> Iterator[str]:
    secrets = each.secrets | each.traits.secrets
    for name, given in each.inputs.items():
        for path in _texts(given.type, name):
            if _plain(path) not in secrets:
                yield path


def _texts(at: PropertyType, path: str) -> Iterator[str]:
    if at.kind == "string":
        yield path
    elif at.kind == "any":
        yield f"{path}.**"
    elif at.kind == "asset":
        pytest.fail(f"{path} takes a file, which no sink can look into: decide on it")
    elif at.fields is not None:
        for name, inside in at.fields.items():
            yield from _texts(inside.type, f"{path}.{name}")
    elif at.item is not None:
        yield from _texts(at.item, f"{path}{'[]' if at.kind == 'array' else '.*'}")


def _plain(path: str) -> str:
    """The names of a path alone, as the traits of the schemas write it."""
    return path.replace("[]", "").replace(".**", "").replace(".*", "")


def test_every_sink_is_a_text_that_the_provider_does_not_keep_secret(
    texts: Mapping[tuple[str, str], tuple[str, str]],
) -> None:
    assert not {(token, path) for token, paths in SINKS.items() for path in paths} - texts.keys()


def test_every_text_is_a_sink_or_left_out_for_one_reason(texts: Mapping[tuple[str, str], tuple[str, str]]) -> None:
    wrong = []
    for (token, path), called in texts.items():
        reasons = [why for why, entries in LEFT_OUT.items() if not entries.isdisjoint(called)]
        if path in SINKS.get(token, {}):
            reasons.append("a sink")
        if len(reasons) != 1:
            wrong.append(f"{token} {path}: {' and '.join(reasons) or 'neither a sink nor left out'}")
    assert not wrong, "\n".join(["decide, in SINKS or in LEFT_OUT:", *wrong])


def test_nothing_is_left_out_that_is_not_there(texts: Mapping[tuple[str, str], tuple[str, str]]) -> None:
    there = {name for called in texts.values() for name in called}
    listed = Counter(entry for entries in LEFT_OUT.values() for entry in entries)
    assert not listed.keys() - there
    assert max(listed.values()) == 1
