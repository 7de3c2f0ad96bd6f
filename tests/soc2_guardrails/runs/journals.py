"""Journals for tests, as a pack writes them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

DIGEST = "sha256:" + "ab" * 32
TIME = "2026-11-02T09:30:00.000+00:00"
PROJECT_URN = "urn:pulumi:dev::shop::vercel:index/project:Project::web"
STACK_URN = "urn:pulumi:dev::shop::pulumi:pulumi:Stack::shop-dev"
MESSAGE = "CC6.6: lets strangers in\nmend: close it\nsee: docs/rules/a-rule.md"
CHANGED = "CC6.6: changed protection, which the program states otherwise\nsee: docs/rules/a-rule.md"

RUN: dict[str, Any] = {
    "record": "run",
    "format": 1,
    "pack": {"name": "guardrails", "version": "0.1.0", "digest": DIGEST},
    "stack": "acme/shop/dev",
    "operation": "preview",
    "configuration": DIGEST,
    "profile": None,
    "rules": {"a-rule": "mandatory", "stack-rule": "mandatory", "off-rule": "disabled"},
    "waivers": [],
    "time": TIME,
}


def decision(**changed: Any) -> dict[str, Any]:
    return {
        "record": "decision",
        "rule": "a-rule",
        "urn": PROJECT_URN,
        "scope": "resource",
        "verdict": "pass",
        "level": "mandatory",
        "messages": [],
        "reason": "",
        "waiver": None,
        "time": TIME,
        **changed,
    }


def failure(**changed: Any) -> dict[str, Any]:
    return decision(**{"verdict": "fail", "messages": [MESSAGE], **changed})


def remediation(**changed: Any) -> dict[str, Any]:
    return {
        "record": "remediation",
        "rule": "a-rule",
        "urn": PROJECT_URN,
        "message": CHANGED,
        "severity": "high",
        "changed": ["protection"],
        "withheld": "",
        "time": TIME,
        **changed,
    }


def end(decisions: int, *, remediations: int = 0, stack_judged: bool = True) -> dict[str, Any]:
    counted = {"decisions": decisions, "remediations": remediations}
    return {"record": "end", **counted, "stack_judged": stack_judged, "time": TIME}


def write(file: Path, *entries: Mapping[str, Any], rest: str = "") -> Path:
    file.write_text("".join(f"{json.dumps(each)}\n" for each in entries) + rest)
    return file
