"""Planned states for tests: resources stated by type and name."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from soc2_guardrails.runs.planned import MASK, UNKNOWN, PlannedResource, PlannedState

PROJECT = "vercel:index/project:Project"
VARIABLE = "vercel:index/projectEnvironmentVariable:ProjectEnvironmentVariable"
FIREWALL = "vercel:index/firewallConfig:FirewallConfig"
STACK = "pulumi:pulumi:Stack"

__all__ = ["FIREWALL", "MASK", "PROJECT", "STACK", "UNKNOWN", "VARIABLE", "planned", "resource", "urn_of", "written"]


def urn_of(kind: str, name: str) -> str:
    return f"urn:pulumi:production::shop::{kind}::{name}"


def resource(kind: str, name: str, operation: str = "create", **stated: Any) -> PlannedResource:
    return PlannedResource(urn=urn_of(kind, name), type=kind, operation=operation, **stated)


def planned(*resources: PlannedResource) -> PlannedState:
    root = resource(STACK, "shop-production")
    return PlannedState(project="shop", stack="production", sandbox=False, resources=[root, *resources])


def written(folder: Path, content: PlannedState | Mapping[str, Any] | str) -> Path:
    file = folder / "planned.json"
    if isinstance(content, PlannedState):
        content.write(file)
    else:
        file.write_text(content if isinstance(content, str) else json.dumps(content))
    return file
