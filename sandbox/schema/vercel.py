"""Reviewed traits of Vercel resource types: what the Python SDK does not say.

Sources: the schema of the bridged provider, its recorded requests, the SDK's property documentation.
Vercel's provider is a plugin-framework one: defaults and computed values appear in the plan, not in Check;
what is neither given nor computed is absent; a computed value stays known in an update only where the
provider asks for it, and the recordings show which do not (`volatile`).
"""

from __future__ import annotations

from .traits import Parent, Traits, names

_PROJECT = Parent("Project", "projectId")

# A change of the project or the team always makes a new object.
COMMON = Traits(
    replaces=names("projectId teamId"),
    parents=(_PROJECT,),
    settled={"teamId": "{team}"},
    # The string arrays that are lists in the provider; all others are sets.
    lists=names("commands redirectUris scopes egressIpAddresses rules.rules.conditionGroups.conditions.values"),
)

TRAITS: dict[str, Traits] = {
    "AccessGroup": Traits(id="ag_{hex24}", claims=("access group name {name}",)),
    "AccessGroupMember": Traits(
        replaces=names("accessGroupId userId"),
        parents=(Parent("AccessGroup", "accessGroupId"),),
        id="{accessGroupId}/{userId}",
    ),
    "AccessGroupProject": Traits(
        replaces=names("accessGroupId"),
        parents=(Parent("AccessGroup", "accessGroupId"), _PROJECT),
        id="{accessGroupId}/{projectId}",
    ),
    "Alias": Traits(
        replaces=names("alias deploymentId"),
        parents=(Parent("Deployment", "deploymentId"),),
        id="al_{hex24}",
        claims=("alias {alias}",),
    ),
    "AttackChallengeMode": Traits(
        id="{projectId}",
        upsert=True,
        settled={"teamId": None},
    ),
    "AuditLogDrain": Traits(secrets=names("http.headers http.secret"), id="ald_{hex24}"),
    "BlobStore": Traits(defaults={"access": "public"}, replaces=names("access name region"), id="store_{hex16}"),
    "BulkRedirects": Traits(id="{projectId}", upsert=True, volatile=names("versionId")),
    "CustomCertificate": Traits(
        replaces=names("certificate certificateAuthorityCertificate privateKey"), id="cert_{hex24}"
    ),
    "CustomEnvironment": Traits(
        settled={"branchTracking": None, "description": None},
        id="env_{hex24}",
        claims=("custom environment {name} of {projectId}",),
    ),
    "Deployment": Traits(
        replaces=names("customEnvironmentId environment files meta pathPrefix production projectSettings ref"),
        settled={
            "teamId": None,
            "meta": None,
            "production": False,
            "url": "{parent.name}-{hex9}.vercel.app",
            "domains": ["{url}", "{parent.name}.vercel.app"],
        },
        id="dpl_{hex24}",
    ),
    "DeploymentProtectionException": Traits(
        replaces=names("alias"),
        settled={"createdBy": "sandbox", "scope": "alias-protection-override", "createdAt": "{nowMs}"},
        id="{projectId}/{alias}",
    ),
    "DnsRecord": Traits(replaces=names("domain type"), settled={"comment": "", "ttl": 60}, id="rec_{hex24}"),
    "EdgeConfig": Traits(id="ecfg_{hex24}"),
    "EdgeConfigItem": Traits(
        replaces=names("edgeConfigId key"),
        parents=(Parent("EdgeConfig", "edgeConfigId"),),
        id="{edgeConfigId}/{key}",
    ),
    "EdgeConfigToken": Traits(
        replaces=names("edgeConfigId label"),
        parents=(Parent("EdgeConfig", "edgeConfigId"),),
        settled={
            "token": "{hex32}",
            "connectionString": "https://edge-config.vercel.com/{edgeConfigId}?token={token}",
        },
        id="{edgeConfigId}/{hex16}",
    ),
    "FirewallConfig": Traits(
        defaults={"enabled": True, "rules.rules.conditionGroups.conditions.neg": False},
        computed=names("rules.rules.id ipRules.rules.id"),
        volatile=names("id rules.rules.id ipRules.rules.id"),
        settled={"rules.rules.id": "rule_{hex12}", "ipRules.rules.id": "ip_{hex24}"},
        id="{team}/{projectId}",
        upsert=True,
    ),
    "LogDrain": Traits(
        # The API has no update: every change makes a new drain.
        replaces=names("deliveryFormat endpoint environments sources headers name projectIds samplingRate secret"),
        settled={"secret": "{hex32}"},
        id="drn_{hex24}",
    ),
    "MicrofrontendGroup": Traits(settled={"slug": "{name}"}, id="mfe_{hex24}"),
    "MicrofrontendGroupMembership": Traits(
        replaces=names("microfrontendGroupId"),
        parents=(Parent("MicrofrontendGroup", "microfrontendGroupId"), _PROJECT),
        settled={"defaultRoute": None, "routeObservabilityToThisProject": False},
        id="{microfrontendGroupId}/{projectId}",
    ),
    "OauthAppClientSecret": Traits(parents=(Parent("OauthApp", "oauthAppId"),), replaces=names("oauthAppId")),
    "Project": Traits(
        defaults={
            "autoAssignCustomDomains": True,
            "gitForkProtection": True,
            "oidcTokenConfig": {"issuerMode": "team"},
            "vercelAuthentication": {"deploymentType": "standard_protection_new"},
        },
        secrets=names(
            "environments.value gitRepository.deployHooks.url passwordProtection.password",
            "trustedIps.addresses.value",
        ),
        computed=names(
            "environments.id environments.comment environments.targets gitRepository.productionBranch",
            "resourceConfig.functionDefaultCpuType resourceConfig.functionDefaultRegions",
            "resourceConfig.functionDefaultTimeout resourceConfig.fluid gitRepository.deployHooks.id",
            "gitRepository.deployHooks.url",
        ),
        volatile=names("buildMachineType"),
        settled={
            "automaticallyExposeSystemEnvironmentVariables": False,
            "buildMachineType": "standard",
            "enablePreviewFeedback": None,
            "environments.id": "env_{hex16}",
            "environments.comment": "",
            "gitProviderOptions": None,
            "gitRepository.deployHooks.id": "hook_{hex16}",
            "gitRepository.deployHooks.url": "https://api.vercel.com/v1/integrations/deploy/{id}/{hex16}",
            "gitRepository.productionBranch": "main",
            "nodeVersion": "22.x",
            "passport": None,
            "previewComments": None,
            "resourceConfig": {
                "functionDefaultCpuType": "standard",
                "functionDefaultRegions": ["iad1"],
                "functionDefaultTimeout": 300.0,
                "fluid": True,
            },
            "resourceConfig.fluid": True,
            "resourceConfig.functionDefaultCpuType": "standard",
            "resourceConfig.functionDefaultRegions": ["iad1"],
            "resourceConfig.functionDefaultTimeout": 300.0,
            "serverlessFunctionRegion": None,
        },
        replaces=names("teamId"),
        # The API does not give the password back.
        write_only=names("passwordProtection.password"),
        id="prj_{hex16}",
        claims=("project name {name}",),
    ),
    "ProjectCrons": Traits(id="{projectId}", upsert=True, settled={"teamId": None}, volatile=names("id")),
    "ProjectDeploymentCheck": Traits(
        defaults={"blocks": "none", "isRerequestable": False, "targets": ["production"]},
        settled={"source": None},
        id="check_{hex24}",
    ),
    "ProjectDeploymentRetention": Traits(
        defaults={
            "expirationCanceled": "1m",
            "expirationErrored": "3m",
            "expirationPreview": "6m",
            "expirationProduction": "1y",
        },
        volatile=names("id"),
        id="{team}/{projectId}",
        upsert=True,
    ),
    "ProjectDomain": Traits(
        replaces=names("domain"),
        volatile=names("misconfigured verifications verified"),
        settled={
            "misconfigured": False,
            "verified": False,
            "verifications": [
                {
                    "domain": "_vercel.{apex}",
                    "reason": "pending_domain_verification",
                    "type": "TXT",
                    "value": "vc-domain-verify={domain},{hex20}",
                }
            ],
        },
        id="{domain}",
        claims=("domain {domain}",),
    ),
    "ProjectEnvironmentVariable": Traits(
        replaces=names("key"),
        volatile=names("comment"),
        settled={"comment": "", "customEnvironmentIds": [], "targets": [], "visibility": None},
        transient=names("valueWo"),
        hidden_if="sensitive",
        id="env_{hex16}",
        claims=(
            "environment variable {key} of {projectId} for {targets[]}, branch {gitBranch}",
            "environment variable {key} of {projectId} for {customEnvironmentIds[]}, branch {gitBranch}",
        ),
    ),
    "ProjectEnvironmentVariables": Traits(
        secrets=names("variables.value"),
        computed=names("variables.comment variables.customEnvironmentIds variables.id variables.targets"),
        volatile=names("id teamId"),
        sets=names("variables"),
        settled={
            "teamId": None,
            "variables.comment": "",
            "variables.customEnvironmentIds": None,
            "variables.id": "env_{hex16}",
            "variables.targets": None,
        },
        id="{projectId}",
        upsert=True,
    ),
    "ProjectMembers": Traits(id="{projectId}", upsert=True),
    "ProjectProtectionBypass": Traits(
        volatile=names("createdAt createdBy"),
        steady=names("teamId"),
        settled={
            "createdAt": "{nowMs}",
            "createdBy": "sandbox",
            "isEnvVar": True,
            "scope": "automation-bypass",
            "secret": "{hex32}",
            "teamId": None,
        },
        # The real id holds the secret itself, and an id is shown everywhere: here it holds another number.
        id="{projectId}/{hex32}",
    ),
    "ProjectRollingRelease": Traits(id="{projectId}", upsert=True),
    "ProjectRoute": Traits(
        defaults={"enabled": True},
        computed=names(
            "route.caseSensitive route.dest route.has route.headers route.missings",
            "route.respectOriginCacheControl route.status route.transforms",
        ),
        volatile=names("id srcSyntax"),
        settled={
            "description": None,
            "routeType": None,
            "srcSyntax": "regex",
            "route.caseSensitive": None,
            "route.dest": None,
            "route.has": None,
            "route.headers": None,
            "route.missings": None,
            "route.respectOriginCacheControl": None,
            "route.status": None,
            "route.transforms": None,
        },
        required={
            "position": "the Vercel provider crashes on a route without a position, "
            'so always set it, e.g. {"placement": "end"}'
        },
        id="rt_{hex24}",
    ),
    "SharedEnvironmentVariable": Traits(
        volatile=names("comment applyToAllCustomEnvironments"),
        settled={"comment": "", "applyToAllCustomEnvironments": False, "targets": []},
        transient=names("valueWo"),
        hidden_if="sensitive",
        id="env_{hex24}",
        claims=("shared environment variable {key} for {targets[]}",),
    ),
    "SharedEnvironmentVariableProjectLink": Traits(
        replaces=names("sharedEnvironmentVariableId"),
        parents=(Parent("SharedEnvironmentVariable", "sharedEnvironmentVariableId"), _PROJECT),
        id="{sharedEnvironmentVariableId}/{projectId}",
    ),
    "TeamConfig": Traits(
        # What a fresh team has; the real resource takes over a team that is there already.
        settled={
            "defaultBuildMachineType": None,
            "defaultDeploymentProtection": None,
            "defaultPassport": None,
            "description": None,
            "disjunctiveProductionSecretPolicy": None,
            "emailDomain": None,
            "enablePreviewFeedback": "default",
            "enableProductionFeedback": "default",
            "inviteCode": "{hex24}",
            "previewDeploymentSuffix": None,
            "remoteCaching": {"enabled": True},
            "saml": None,
            "sensitiveEnvironmentVariablePolicy": "default",
            "slug": "{teamSlug}",
        },
        id="{team}",
        upsert=True,
    ),
    "TeamMember": Traits(replaces=names("userId email"), settled={"confirmed": False}, id="{teamId}/{hex24}"),
    "TraceDrain": Traits(settled={"secret": "{hex32}"}, id="drn_{hex24}"),
    "UserToken": Traits(settled={"bearerToken": "{hex24}"}),
    "VcrRepository": Traits(defaults={"public": False}, replaces=names("name")),
    "Webhook": Traits(
        # The API has no update: every change makes a new webhook.
        replaces=names("endpoint events projectIds"),
        settled={"secret": "{hex32}"},
        id="hook_{hex24}",
    ),
}
