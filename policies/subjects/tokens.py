"""Type tokens of the resources that rules speak of, as the engine sends them."""

from typing import Final

PROJECT: Final = "vercel:index/project:Project"
PROJECT_DOMAIN: Final = "vercel:index/projectDomain:ProjectDomain"
PROJECT_ROUTE: Final = "vercel:index/projectRoute:ProjectRoute"
ENVIRONMENT_VARIABLE: Final = "vercel:index/projectEnvironmentVariable:ProjectEnvironmentVariable"
ENVIRONMENT_VARIABLES: Final = "vercel:index/projectEnvironmentVariables:ProjectEnvironmentVariables"
SHARED_ENVIRONMENT_VARIABLE: Final = "vercel:index/sharedEnvironmentVariable:SharedEnvironmentVariable"
DEPLOYMENT: Final = "vercel:index/deployment:Deployment"
FIREWALL_CONFIG: Final = "vercel:index/firewallConfig:FirewallConfig"
LOG_DRAIN: Final = "vercel:index/logDrain:LogDrain"
TEAM_CONFIG: Final = "vercel:index/teamConfig:TeamConfig"

REPOSITORY: Final = "github:index/repository:Repository"
REPOSITORY_FILE: Final = "github:index/repositoryFile:RepositoryFile"
BRANCH_DEFAULT: Final = "github:index/branchDefault:BranchDefault"
BRANCH_PROTECTION: Final = "github:index/branchProtection:BranchProtection"
BRANCH_PROTECTION_V3: Final = "github:index/branchProtectionV3:BranchProtectionV3"
REPOSITORY_RULESET: Final = "github:index/repositoryRuleset:RepositoryRuleset"
ORGANIZATION_RULESET: Final = "github:index/organizationRuleset:OrganizationRuleset"
