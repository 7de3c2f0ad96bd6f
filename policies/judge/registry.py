"""Finds the rules: every file of a control area is one rule, and nothing else has to be edited to add one."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

from .rule import ResourceRule, Rule, StackRule
from .well_formed import faults

AREAS = {
    "secrets": "Secrets and environment variables",
    "boundary": "Deployment protection, firewall, exposure",
    "headers": "Security headers and CORS",
    "source_control": "Source control and supply chain",
    "delivery": "Build and deployment integrity",
    "monitoring": "Monitoring and audit logs",
    "access": "Access",
    "change_control": "Change control",
}
"""The control areas, by folder. The folders have no `__init__.py`: as a package, `secrets` would hide the standard
library's module of that name from everything that runs with this folder on its path."""


class PackError(Exception):
    """The pack is not whole: a file of a control area is no rule. The pack does not start."""


def rules() -> Sequence[Rule]:
    """All rules, by area and name.

    Raises:
        PackError: a file cannot be imported or does not define `RULE`, a rule is not of the form that the judge
            relies on, its id differs from its file's name, or two ids are the same.
    """
    pack = Path(__file__).resolve().parent.parent
    package = __package__.rpartition(".")[0]
    found: dict[str, Rule] = {}
    for area in AREAS:
        for file in sorted((pack / area).glob("[!_]*.py")):
            where = f"{area}/{file.name}"
            try:
                rule = getattr(import_module(f"{package}.{area}.{file.stem}"), "RULE", None)
            except Exception as error:
                raise PackError(f"{where} cannot be imported: {type(error).__name__}: {error}") from error
            if not isinstance(rule, ResourceRule | StackRule):
                raise PackError(
                    f"{where} defines no RULE; a rule file ends with RULE = ResourceRule(...) or StackRule(...)"
                )
            if wrong := "\n".join(f"{where}: {fault}" for fault in faults(rule)):
                raise PackError(wrong)
            if rule.id != file.stem.replace("_", "-"):
                raise PackError(f"{where} holds the rule {rule.id!r}; name the file after it")
            if rule.id in found:
                raise PackError(f"{where} defines {rule.id!r} a second time")
            found[rule.id] = rule
    if not found:
        raise PackError(f"no rules below {pack}")
    return list(found.values())
