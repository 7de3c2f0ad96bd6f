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
    github.Repository(
        f"repository-{number}",
        name=f"repository-{pulumi.get_stack()}-{0 if 'clash' in modes else number}",
        visibility="private",
        security_and_analysis=scanning if "risky" not in modes or number else None,
    )

# What the preview did not plan.
if "deviates" in modes and not pulumi.runtime.is_dry_run():
    github.Repository("unplanned", name="unplanned", visibility="private", security_and_analysis=scanning)

if "fails" in modes:
    raise RuntimeError("the program fails")

# Waits at the update only, or at the preview too: until the test is done with it.
if ("waits" in modes and not pulumi.runtime.is_dry_run()) or "waits-always" in modes:
    Path(os.environ["RUN_REACHED"]).touch()
    time.sleep(120)
