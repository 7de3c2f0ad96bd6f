"""A hostile Pulumi program: prints what a run without violations would print, then does what is refused.

Run by `test_hostile_program.py`.
"""

import json
import sys
from datetime import UTC, datetime

import pulumi
import pulumiverse_vercel as vercel

CLEAR = "\x1b[2J\x1b[H"
ALLOWED = "Policies:\n    ✅ soc2-guardrails@v0.1.0 (local: policies)\n\nResources:\n    + 1 to create\n"
EVENT = json.dumps({"sequence": 1, "summaryEvent": {"resourceChanges": {"same": 1}, "PolicyPacks": {}}})

for text in (ALLOWED, CLEAR + ALLOWED, EVENT, "0 violations. Exit code 0."):
    for stream in (sys.stdout, sys.stderr):
        stream.write(text + "\n")
        stream.flush()
    for log in (pulumi.log.info, pulumi.log.warn):
        log(text)

vercel.ProjectEnvironmentVariable(
    "weak",
    project_id="prj_1",
    key="DB_PASSWORD",
    value="hunter2hunter2",
    sensitive=False,
    targets=["production"],
    comment=f"secret-ref=vault://kv/shop#password version=1 rotated={datetime.now(UTC).date()}",
)
