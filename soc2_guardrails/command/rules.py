"""`soc2 rules`: what the pack judges, asked of the pack itself."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.text import Text

from soc2_guardrails.packs import PublishedPack, PublishedRule, describe
from soc2_guardrails.settings.problems import nearest

from .consoles import cell, out, print_json, table
from .options import Json, PolicyPack
from .place import place_of
from .severities import STYLES, rank

rules_app = typer.Typer(
    no_args_is_help=True,
    help="What the policy pack judges: its rules, why they are there, and which controls they serve.",
    epilog="Examples:\n\n  soc2 rules list\n\n  soc2 rules show firewall-enabled\n\n  soc2 rules coverage --json",
)


@rules_app.command("list")
def list_rules(context: typer.Context, policy_pack: PolicyPack = None, as_json: Json = False) -> None:
    """List the rules by criterion, the worst first."""
    pack = _asked(context, policy_pack)
    ordered = sorted(pack.rules, key=lambda rule: (rule.criterion, rank(rule.severity), rule.id))
    if as_json:
        print_json({"pack": pack.name, "version": pack.version, "rules": [_summary(rule) for rule in ordered]})
        return
    shown = table("Criterion", "Rule", "Severity", "What should hold", whole=("Criterion", "Rule", "Severity"))
    for rule in ordered:
        shown.add_row(
            cell(rule.criterion),
            cell(rule.id, "bold"),
            cell(rule.severity, STYLES.get(rule.severity, "")),
            cell(rule.title),
        )
    out.print(shown, soft_wrap=False)


@rules_app.command()
def show(
    context: typer.Context,
    rule_id: Annotated[str, typer.Argument(metavar="ID", help="Id of a rule, as `soc2 rules list` shows it.")],
    policy_pack: PolicyPack = None,
    as_json: Json = False,
) -> None:
    """Show a rule: why it is there, how to mend a violation, which controls it serves, what it can be told."""
    pack = _asked(context, policy_pack)
    by_id = {rule.id: rule for rule in pack.rules}
    if rule_id not in by_id:
        raise typer.BadParameter(f"there is no rule {rule_id}{nearest(rule_id, by_id)}", param_hint="ID")
    rule = by_id[rule_id]
    page = rule.url or _page_beside(_folder(context, policy_pack), rule.id)
    if as_json:
        stated = {**_summary(rule), "rationale": rule.rationale, "remediation": rule.remediation, "page": page}
        print_json({**stated, "level": rule.level, "settings": rule.settings})
        return
    out.print(cell(rule.id, "bold"), cell(rule.title), sep="  ")
    _paragraph("Severity", rule.severity)
    _paragraph("Judges", {"resource": "each resource", "stack": "the stack as a whole"}.get(rule.scope, rule.scope))
    _paragraph("Controls", ", ".join(f"{each.framework} {each.identifier}".strip() for each in rule.controls))
    _paragraph("Why", rule.rationale)
    _paragraph("Mend", rule.remediation)
    _paragraph("Level", f"{rule.level}, unless the policy configuration says otherwise")
    for key, schema in rule.settings.items():
        _paragraph("Setting", f"{key}: {_described(schema)}")
    _paragraph("Page", page)


@rules_app.command()
def coverage(context: typer.Context, policy_pack: PolicyPack = None, as_json: Json = False) -> None:
    """Show which rules serve which control of which framework; identifiers only, the mapping is the pack's."""
    pack = _asked(context, policy_pack)
    by_control: dict[tuple[str, str], list[str]] = {}
    for rule in pack.rules:
        for control in rule.controls:
            by_control.setdefault((control.framework, control.identifier), []).append(rule.id)
    if as_json:
        covered = [
            {"framework": framework, "control": identifier, "rules": sorted(ids)}
            for (framework, identifier), ids in sorted(by_control.items())
        ]
        print_json({"pack": pack.name, "version": pack.version, "coverage": covered})
        return
    shown = table("Framework", "Control", "Rules", whole=("Framework", "Control"))
    before = ""
    for (framework, identifier), ids in sorted(by_control.items()):
        shown.add_row(cell("" if framework == before else framework, "bold"), cell(identifier), cell(", ".join(ids)))
        before = framework
    out.print(shown, soft_wrap=False)


def _folder(context: typer.Context, policy_pack: Path | None) -> Path:
    return policy_pack if policy_pack is not None else place_of(context).workspace.pack


def _asked(context: typer.Context, policy_pack: Path | None) -> PublishedPack:
    return describe(_folder(context, policy_pack))


def _summary(rule: PublishedRule) -> dict[str, Any]:
    return {
        "id": rule.id,
        "title": rule.title,
        "criterion": rule.criterion,
        "severity": rule.severity,
        "scope": rule.scope,
        "controls": [asdict(control) for control in rule.controls],
    }


def _page_beside(pack: Path, rule: str) -> str:
    """The rule's page in the repository of a pack that states no address for it."""
    page = pack.parent / "docs" / "rules" / f"{rule}.md"
    return str(page) if page.is_file() else ""


def _described(schema: object) -> str:
    stated = schema if isinstance(schema, dict) else {}
    parts = [str(stated.get("description", "")).rstrip(".")]
    if choices := stated.get("enum"):
        parts.append(f"one of {', '.join(map(str, choices))}")
    if "default" in stated:
        parts.append(f"default {stated['default']}")
    return "; ".join(filter(None, parts)) or str(stated.get("type", ""))


def _paragraph(heading: str, text: str) -> None:
    if text:
        out.print(cell(heading, "dim"))
        # Wrapped for a reader at a terminal only: whoever searches a log wants each text on one line.
        lines = cell(text).wrap(out, out.width - 2) if out.is_terminal else [cell(text)]
        for line in lines:
            out.print(Text("  ") + line)
