from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from policies.authoring.documents import Difference, Documents, DocumentsError, areas
from policies.authoring.example_yaml import render, short
from policies.authoring.harness import UNKNOWN, Opaque, Raw, Secret, changed, judge, resource
from policies.authoring.pages import PageError, index, page
from policies.authoring.reads import deferrals, types
from policies.authoring.vocabulary import in_order
from policies.boundary.firewall_enabled import RULE
from policies.boundary.stack_firewall_per_exposed_project import RULE as STACK_RULE
from policies.judge.profiles import profiles
from policies.judge.registry import rules
from policies.judge.resources import Resource
from policies.judge.rule import Example, Findings, ResourceRule, Rule, Violation
from policies.subjects.tokens import FIREWALL_CONFIG, PROJECT, PROJECT_DOMAIN

from ..pack_process import PACK

REPOSITORY = PACK.parent
RULES = list(rules())
PROFILES = profiles(PACK / "profiles", {rule.id for rule in RULES})
LINK = re.compile(r"\]\(([^)#]+)(?:#[^)]*)?\)")


def documents(project: Path) -> Documents:
    return Documents(project, [RULE, STACK_RULE], areas(PACK, [RULE, STACK_RULE]), PROFILES)


def test_what_is_committed_says_what_the_rules_say() -> None:
    difference = Documents(REPOSITORY, RULES, areas(PACK, RULES), PROFILES).difference()
    assert not difference, f"{difference}; write them anew with: python -m policies.authoring pages"


def test_writing_makes_it_so_and_checking_names_what_is_not(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("# Mine\n<!-- rules -->\n<!-- /rules -->\nend\n", "utf-8")
    one, other, surplus = (Path(f"docs/rules/{name}.md") for name in (RULE.id, STACK_RULE.id, "gone"))
    readme, table = Path("docs/rules/README.md"), Path("README.md")
    assert documents(tmp_path).write() == Difference((one, other, readme), (table,), ())
    assert not documents(tmp_path).difference()
    assert (tmp_path / "README.md").read_text("utf-8").startswith("# Mine\n<!-- rules -->\n| criterion | rule |")
    (tmp_path / one).unlink()
    (tmp_path / other).write_text("something else", "utf-8")
    (tmp_path / surplus).write_text("a rule that is gone", "utf-8")
    assert documents(tmp_path).difference() == Difference((one,), (other,), (surplus,))
    documents(tmp_path).write()
    assert not documents(tmp_path).difference()
    assert not (tmp_path / surplus).exists()


@pytest.mark.parametrize("text", ["", "<!-- rules -->", "<!-- rules -->\n<!-- /rules -->\n" * 2])
def test_a_readme_without_one_place_for_the_table_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "README.md").write_text(text, "utf-8")
    with pytest.raises(DocumentsError, match=r"README\.md must have one place"):
        documents(tmp_path).difference()


def run(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "policies.authoring", "pages", "--project", str(project), *arguments]
    return subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, timeout=60, check=False)


def test_the_command_checks_and_writes(tmp_path: Path) -> None:
    missing = run(tmp_path)
    assert missing.returncode == 1
    assert missing.stderr == "error: README.md cannot be read: No such file or directory\n"
    (tmp_path / "README.md").write_text("<!-- rules -->\n<!-- /rules -->\n", "utf-8")
    checked = run(tmp_path, "--check")
    assert checked.returncode == 1
    assert "missing  docs/rules/firewall-enabled.md\n" in checked.stdout
    assert "stale    README.md\n" in checked.stdout
    assert not (tmp_path / "docs").exists()
    assert run(tmp_path).returncode == 0
    again = run(tmp_path, "--check")
    assert (again.returncode, again.stderr) == (0, "")


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_page_has_every_part_and_its_links_lead_somewhere(rule: Rule) -> None:
    text = (REPOSITORY / f"docs/rules/{rule.id}.md").read_text("utf-8")
    headings = re.findall(r"^## (.*)$", text, re.MULTILINE)
    mends = isinstance(rule, ResourceRule) and rule.remediate is not None
    assert headings == [
        "Why",
        "Fails",
        "Passes",
        "How to mend it",
        *(["Mended by the rule itself"] if mends else []),
        "While values are unknown",
        *(["Resource types"] if len(types(rule)) > 8 else []),
        "Source",
    ]
    for target in LINK.findall(text):
        assert (REPOSITORY / "docs/rules" / target).is_file(), target
    assert all(message in text for message in judge(rule, rule.failing).messages)
    for block in re.findall(r"```yaml\n(.*?)```", text, re.DOTALL):
        declared = yaml.safe_load(block)
        for each in declared if isinstance(declared, list) else [declared]:
            assert set(each) == {"type", "name", "properties"}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_page_tells_the_settings_and_whether_it_can_be_waived(rule: Rule) -> None:
    text = page(rule, areas(PACK, RULES)[rule.id])
    settings = "`enforcementLevel`, `onUnknown` (`defer` or `fail`); see [configuration](../configuration.md)."
    assert f"\nSettings, as of every rule: {settings}\n" in text
    assert ("| Waivers | this rule can never be waived " in text) is not rule.waivable


def test_every_type_is_told_where_a_rule_has_more_than_a_cell_takes() -> None:
    [rule] = [rule for rule in RULES if rule.id == "secret-in-plain-sink"]
    text = page(rule, "secrets")
    assert f"| Judges each by itself | [{len(types(rule))} resource types](#resource-types) |" in text
    listed = re.findall(r"^- `(.*)`$", text.partition("## Resource types")[2], re.MULTILINE)
    assert listed == sorted(map(short, types(rule)))


@pytest.mark.parametrize("file", sorted((REPOSITORY / "docs/rules").glob("*.md")), ids=lambda file: file.stem)
def test_no_line_of_a_cell_is_too_long_to_read(file: Path) -> None:
    for line in file.read_text("utf-8").splitlines():
        if line.startswith("| "):
            shown = re.sub(r"\]\([^)]*\)", "]", line)
            assert max(len(part) for cell in shown.split(" | ") for part in cell.split("<br>")) <= 250


def test_the_index_tells_what_a_rule_needs_and_whether_it_can_be_waived() -> None:
    by_criterion = index(RULES, areas(PACK, RULES), PROFILES).split("## By ")[1]
    rows = [[cell.strip() for cell in line.split(" | ")] for line in by_criterion.splitlines() if line[:3] == "| ["]
    told = {row[0].partition("]")[0].removeprefix("| ["): (row[-2], row[-1].removesuffix(" |")) for row in rows}
    assert told.keys() == {rule.id for rule in RULES}
    assert {rule for rule, (_, waivable) in told.items() if waivable == "never"} == {
        rule.id for rule in RULES if not rule.waivable
    }
    assert told["firewall-owasp-deny"] == ("Vercel Enterprise", "yes")
    assert told["repo-secret-scanning"] == ("GitHub Team, for some", "yes")
    assert told["firewall-enabled"] == ("any plan", "yes")


def test_the_index_lists_every_rule_by_criterion_framework_type_and_profile() -> None:
    text = index(RULES, areas(PACK, RULES), PROFILES)
    by_criterion, by_framework, by_type, by_profile = re.split(r"^## By .*$", text, flags=re.MULTILINE)[1:]
    for rule in RULES:
        for part in (by_criterion, by_framework, by_type, by_profile):
            assert f"({rule.id}.md)" in part
    assert text.index("| A.8.3 |") < text.index("| A.8.20 |")
    for target in LINK.findall(text):
        assert (REPOSITORY / "docs/rules" / target).is_file(), target


def test_the_index_tells_the_level_of_every_rule_in_every_profile() -> None:
    by_profile = index(RULES, areas(PACK, RULES), PROFILES).split("## By profile")[1]
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in by_profile.splitlines() if line[:1] == "|"]
    _, _, *counts = rows[: len(PROFILES) + 2]
    head, _, *levels = rows[len(PROFILES) + 2 :]
    assert head == ["rule", *(f"`{name}`" for name in PROFILES)]
    told = {row[0].partition("]")[0].removeprefix("["): row[1:] for row in levels}
    assert told == {rule.id: [each.level(rule.id).value for each in PROFILES.values()] for rule in RULES}
    for place, (name, title, *numbers) in enumerate(counts):
        column = [each[place] for each in told.values()]
        assert (name.strip("`"), title) == (list(PROFILES)[place], list(PROFILES.values())[place].title)
        assert numbers == [str(column.count("mandatory")), str(column.count("advisory"))]


def crashing(subject: Resource) -> Findings:
    raise RuntimeError("boom\non two lines")


QUOTED = Example("x", resource(FIREWALL_CONFIG, "shop", {"token": Secret("canary-4711")}))
PROJECT_EXAMPLE = Example("x", resource(PROJECT, "shop", {}))
UNKNOWN_EXAMPLE = Example("x", changed(RULE.passing, {"enabled": UNKNOWN}))


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"failing": RULE.passing}, "the failing example of firewall-enabled does not fail: pass; correct the example"),
        (
            {"passing": RULE.failing},
            "the passing example of firewall-enabled does not pass: fail (CC6.6: enabled is false, so no rule of this "
            "firewall is applied to any request); correct the example",
        ),
        ({"passing": UNKNOWN_EXAMPLE}, "the passing example of firewall-enabled does not pass: unknown (CC6.6: def"),
        (
            {"failing": PROJECT_EXAMPLE},
            "the failing example of firewall-enabled shows a vercel:index/project:Project, which its types lack "
            "(vercel:index/firewallConfig:FirewallConfig); show one of these, or name the type there",
        ),
        ({"passing": PROJECT_EXAMPLE}, "the passing example of firewall-enabled shows a vercel:index/project:Project"),
        (
            {"passing": Example("x", *RULE.passing.resources, *RULE.failing.resources)},
            "the passing example of firewall-enabled has several resources; leave one",
        ),
        ({"criterion": "CC0.0"}, "firewall-enabled serves 'CC0.0', which is none of "),
        ({"frameworks": ("NERC 1",)}, "firewall-enabled names 'NERC 1', which begins with none of "),
        ({"remediate": lambda _: None}, "the failing example of firewall-enabled is not remediated; show one that is"),
        (
            {"check": crashing},
            f"firewall-enabled itself failed: RuntimeError: boom on two lines (test_documents.py, line "
            f"{crashing.__code__.co_firstlineno + 1}); correct the check",
        ),
        (
            {"check": lambda subject: [Violation("", "is " + subject["token"].text())], "failing": QUOTED},
            "firewall-enabled quotes a secret; without it the messages are: ",
        ),
    ],
)
def test_a_page_is_refused_with_the_file_and_the_mend_on_one_line(changes: dict[str, Any], told: str) -> None:
    with pytest.raises(PageError) as refused:
        page(replace(RULE, **changes), "boundary")
    assert str(refused.value).startswith(f"policies/boundary/firewall_enabled.py: {told}")
    assert "\n" not in str(refused.value)


def test_examples_are_yaml_with_secrets_and_unknowns_marked() -> None:
    properties: dict[str, Raw] = {
        "port": 443.0,
        "rate": 0.5,
        "ids": [UNKNOWN],
        "secret": Secret("x"),
        "telling": Secret("sk_live_1"),
        "lines": "a\nb\n",
        "file": Opaque("an asset"),
        "nothing": [],
    }
    project = resource(PROJECT, "web", {})
    drain = resource("vercel:index/logDrain:LogDrain", "drain", properties, dependencies={"ids": (project.urn,)})
    assert render(Example("x", drain)).splitlines() == [
        "type: vercel:LogDrain",
        "name: drain",
        "properties:",
        "  port: 443",
        "  rate: 0.5",
        "  ids:",
        "    - (known after update)",
        "  secret: '[secret]'",
        "  telling: '[secret]'  # for example sk_live_1",
        "  lines: |",
        "    a",
        "    b",
        "  file: (an asset)",
        "  nothing: []",
    ]
    assert "    - (known after update)  # from vercel:Project web\n" in render(Example("x", project, drain))


def test_markup_in_a_rules_prose_stays_text() -> None:
    text = page(replace(RULE, title="No <b> | no *", rationale="`<kept>` and [x](y)"), "boundary")
    assert r"# No \<b> | no \*" in text
    assert r"`<kept>` and \[x\](y)" in text


def test_what_a_rule_reads_is_found_by_watching_it() -> None:
    assert types(STACK_RULE) == sorted([FIREWALL_CONFIG, PROJECT, PROJECT_DOMAIN])
    assert [(each.path, each.from_outside) for each in deferrals(RULE)] == [("enabled", False)]
    found = {(each.type, each.path, each.from_outside) for each in deferrals(STACK_RULE)}
    assert found == {
        (PROJECT_DOMAIN, "projectId", True),
        (PROJECT_DOMAIN, "redirect", False),
        (FIREWALL_CONFIG, "projectId", True),
    }


def test_identifiers_are_sorted_as_a_reader_does() -> None:
    assert sorted(["A.8.20", "A.8.3", "A.8.3(2)", "AC-4", "A"], key=in_order) == [
        "A",
        "A.8.3",
        "A.8.3(2)",
        "A.8.20",
        "AC-4",
    ]
