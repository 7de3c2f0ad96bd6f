"""Does what the variable RUN_MODE says, for tests of whole runs."""

import os
import time
from pathlib import Path

import pulumi
import pulumi_github as github

modes = os.environ["RUN_MODE"].split(",")

scanning = github.RepositorySecurityAndAnalysisArgs(
    secret_scanning=github.RepositorySecurityAndAnalysisSecretScanningArgs(status="enabled"),
    secret_scanning_push_protection=github.RepositorySecurityAndAnalysisSecretScanningPushProtectionArgs(
        status="enabled"
    ),
)
for number in range(3):
    repository = github.Repository(
        f"repository-{number}",
        name=f"repository-{pulumi.get_stack()}-{0 if 'clash' in modes else number}",
        visibility="private",
        security_and_analysis=scanning if "risky" not in modes or number else None,
    )

# What a rule would tighten, beside a value that only the update knows.
if "half-known" in modes:
    github.Repository(
        "half-known",
        name="half-known",
        visibility="private",
        security_and_analysis=github.RepositorySecurityAndAnalysisArgs(
            secret_scanning=github.RepositorySecurityAndAnalysisSecretScanningArgs(status="disabled"),
            secret_scanning_push_protection=github.RepositorySecurityAndAnalysisSecretScanningPushProtectionArgs(
                status=repository.node_id.apply(lambda _: "enabled")
            ),
        ),
    )

# What the preview did not plan.
if "deviates" in modes and not pulumi.runtime.is_dry_run():
    github.Repository("unplanned", name="unplanned", visibility="private", security_and_analysis=scanning)

if "secret" in modes:
    hidden = pulumi.Output.secret(os.environ["RUN_CANARY"])
    holder = github.Repository("secret", name="secret", visibility="private", security_and_analysis=scanning)
    github.ActionsSecret("secret", repository=holder.name, secret_name="SECRET", plaintext_value=hidden)
    pulumi.export("hidden", hidden)
    if "risky" in modes:
        github.ActionsVariable("plain", repository=holder.name, variable_name="PLAIN", value=hidden)

if "fails" in modes:
    raise RuntimeError("the program fails")

# Waits at the update only, or at the preview too: until the test is done with it.
if ("waits" in modes and not pulumi.runtime.is_dry_run()) or "waits-always" in modes:
    Path(os.environ["RUN_REACHED"]).touch()
    time.sleep(120)
