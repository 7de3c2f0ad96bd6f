"""Pulumi components that declare compliant Vercel and GitHub resources.

The type tokens (`soc2:index:*`) are part of every URN and never change. The argument types are typed
dictionaries that Pulumi's component schema inference understands; an argument that decides which resources
there are, or that is checked before anything is declared, is plain, the others are Pulumi inputs.
"""

from .environment_variables import (
    EnvironmentVariableArgs,
    EnvironmentVariables,
    EnvironmentVariablesArgs,
    ValueSourceArgs,
)
from .header_values import (
    ContentSecurityPolicyArgs,
    CorsArgs,
    CrossOriginEmbedderPolicy,
    CrossOriginOpenerPolicy,
    CrossOriginResourcePolicy,
    FrameOptions,
    HeaderValueError,
    HstsArgs,
    ReferrerPolicy,
)
from .log_drain import LogDrain, LogDrainArgs
from .protected_repository import ProtectedRepository, ProtectedRepositoryArgs
from .repository_secrets import RepositorySecrets, RepositorySecretsArgs
from .security_headers import SecurityHeaders, SecurityHeadersArgs
from .web_project import (
    DeploymentProtection,
    DomainArgs,
    FirewallArgs,
    RateLimitArgs,
    RetentionArgs,
    WebProject,
    WebProjectArgs,
)

__all__ = [
    "ContentSecurityPolicyArgs",
    "CorsArgs",
    "CrossOriginEmbedderPolicy",
    "CrossOriginOpenerPolicy",
    "CrossOriginResourcePolicy",
    "DeploymentProtection",
    "DomainArgs",
    "EnvironmentVariableArgs",
    "EnvironmentVariables",
    "EnvironmentVariablesArgs",
    "FirewallArgs",
    "FrameOptions",
    "HeaderValueError",
    "HstsArgs",
    "LogDrain",
    "LogDrainArgs",
    "ProtectedRepository",
    "ProtectedRepositoryArgs",
    "RateLimitArgs",
    "ReferrerPolicy",
    "RepositorySecrets",
    "RepositorySecretsArgs",
    "RetentionArgs",
    "SecurityHeaders",
    "SecurityHeadersArgs",
    "ValueSourceArgs",
    "WebProject",
    "WebProjectArgs",
]
