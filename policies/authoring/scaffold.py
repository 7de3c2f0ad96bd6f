"""Begins a rule: its file and its test, both of a form that cannot be taken for finished."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from string import Template
from typing import Final

from ..judge.registry import AREAS

_ID: Final = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)+")
_LONGEST_ID: Final = 60
_STACK: Final = "stack-"


class ScaffoldError(Exception):
    """The rule cannot be begun; the text says why and what to type instead. Nothing was written."""


@dataclass(frozen=True, slots=True)
class Begun:
    """What was written.

    Attributes:
        rule: the rule's file.
        test: its test.
    """

    rule: Path
    test: Path


def begin(pack: Path, project: Path, package: str, area: str, id: str) -> Begun:  # noqa: A002
    """Writes the file of a new rule and its test. An id that begins with `stack-` makes a rule about the whole stack.

    Args:
        pack: the folder of the pack.
        project: the folder that holds `tests/`.
        package: the name under which tests import the pack.
        area: the folder of the control area.
        id: the rule's id.

    Raises:
        ScaffoldError: the area is unknown, the id is malformed or taken, or a file cannot be written.
    """
    if area not in AREAS:
        near = get_close_matches(area, AREAS, n=1)
        hint = f"; did you mean {near[0]}?" if near else "."
        raise ScaffoldError(f"{area!r} is no control area{hint} There are {', '.join(AREAS)}")
    if not _ID.fullmatch(id) or len(id) > _LONGEST_ID:
        raise ScaffoldError(
            f"{id!r} is no id of a rule: two or more words of lower-case letters and digits, joined by hyphens, "
            f"{_LONGEST_ID} characters at most, for example project-code-visibility-off"
        )
    name = id.replace("-", "_")
    rule = pack / area / f"{name}.py"
    test = project / "tests" / "policies" / area / f"test_{name}.py"
    for taken in (*(pack / each / rule.name for each in AREAS), test):
        if taken.exists():
            raise ScaffoldError(f"{id!r} is taken: {_from(project, taken)} is there already")
    kind = _STACK_RULE if id.startswith(_STACK) else _RESOURCE_RULE
    try:
        test.parent.mkdir(parents=True, exist_ok=True)
        test.write_text(_TEST.substitute(imports=_imports(package, area, name)), encoding="utf-8")
        rule.write_text(kind.substitute(id=id), encoding="utf-8")
    except OSError as error:
        test.unlink(missing_ok=True)
        raise ScaffoldError(f"{error.filename} cannot be written: {error.strerror}") from error
    return Begun(rule, test)


def next_steps(begun: Begun, project: Path, program: str) -> str:
    """What to do now, for the one who typed the command."""
    steps = [
        f"write the rule: every FILL IN in {_from(project, begun.rule)}",
        f"write its cases: every FILL IN in {_from(project, begun.test)}",
        f"run them: python -m pytest {_from(project, begun.test)}",
        "add the id to MEMBERS in tests/policies/test_examples.py, so that no rule comes unseen",
        f"write its page and the tables: python -m {program} pages",
    ]
    return "\n".join(
        (
            f"begun   {_from(project, begun.rule)}",
            f"        {_from(project, begun.test)}",
            "",
            "Until its check is written, the rule refuses every resource that it is shown.",
            "Next:",
            *(f"  {number}. {step}" for number, step in enumerate(steps, start=1)),
        )
    )


def _imports(package: str, area: str, name: str) -> str:
    harness = f"from {package}.authoring.harness import UNKNOWN, Raw, Secret, changed, judge"
    return "\n".join(sorted((harness, f"from {package}.{area}.{name} import RULE")))


def _from(project: Path, file: Path) -> str:
    return str(file.relative_to(project)) if file.is_relative_to(project) else str(file)


_RESOURCE_RULE: Final = Template('''"""FILL IN: the control in one sentence."""

from __future__ import annotations

from ..judge.resources import Resource, resource
from ..judge.rule import Example, Findings, ResourceRule, Severity
from ..subjects.tokens import PROJECT


def _check(project: Resource) -> Findings:
    # FILL IN. Read properties with project["..."], then .flag(), .text(), .number() or .elements(): an unknown value
    # defers the verdict and a shape that is not expected is a violation, both by themselves. For what is wrong:
    # - yield Violation(value.path, "is false, so ...", mend="set it to true")
    raise NotImplementedError


RULE = ResourceRule(
    id="$id",
    title="FILL IN: what should hold, as a fact and without a full stop",
    criterion="CC0.0",  # FILL IN: for example CC6.6
    frameworks=("FILL IN: for example NIST SC-28",),
    severity=Severity.HIGH,
    rationale="FILL IN: why it matters, for a reader who has never heard of it.",
    remediation="FILL IN: what to write instead.",
    source="FILL IN: where the condition comes from",
    types=(PROJECT,),
    check=_check,
    failing=Example("FILL IN: what the reader should see in it", resource(PROJECT, "shop", {"FILL IN": False})),
    passing=Example("FILL IN: what the reader should see in it", resource(PROJECT, "shop", {"FILL IN": True})),
)
''')

_STACK_RULE: Final = Template('''"""FILL IN: the control in one sentence."""

from __future__ import annotations

from ..judge.resources import Stack, resource
from ..judge.rule import Example, Findings, Severity, StackRule
from ..subjects.tokens import PROJECT


def _check(stack: Stack) -> Findings:
    # FILL IN. Ask for resources with stack.of(PROJECT), and for what an id refers to with stack.targets(...). A stack
    # that has nothing to judge is NotApplicable(reason). For what is missing:
    # - yield Violation("", "has no ...", mend="declare a ...", on=project)
    raise NotImplementedError


RULE = StackRule(
    id="$id",
    title="FILL IN: what should hold, as a fact and without a full stop",
    criterion="CC0.0",  # FILL IN: for example CC6.6
    frameworks=("FILL IN: for example NIST SC-28",),
    severity=Severity.HIGH,
    rationale="FILL IN: why it matters, for a reader who has never heard of it.",
    remediation="FILL IN: what to write instead.",
    source="FILL IN: where the condition comes from",
    check=_check,
    failing=Example("FILL IN: what the reader should see in it", resource(PROJECT, "shop", {"FILL IN": False})),
    passing=Example("FILL IN: what the reader should see in it", resource(PROJECT, "shop", {"FILL IN": True})),
)
''')

_TEST: Final = Template("""from __future__ import annotations

import pytest

$imports

CANARY = "canary-" + "q7Zp2Lx9Rv4Ks8Tn3Wb6Yd1F"


@pytest.mark.parametrize(
    ("given", "verdict"),
    [
        ({}, "pass"),
        ({"FILL IN": "what breaks the rule"}, "fail"),
        ({"FILL IN": None}, "what the rule says where it is left out"),
        ({"FILL IN": {"another": "shape"}}, "fail"),
        ({"FILL IN": UNKNOWN}, "unknown"),
        ({"FILL IN": Secret(CANARY)}, "what the rule says of a secret there"),
    ],
)
def test_verdict(given: dict[str, Raw], verdict: str) -> None:
    assert judge(RULE, changed(RULE.passing, given)).verdict == verdict


def test_message() -> None:
    assert judge(RULE, RULE.failing).text == "FILL IN: what is wrong, the mend, the page, a line each"


def test_unknown_at_update_is_a_violation() -> None:
    assert judge(RULE, changed(RULE.passing, {"FILL IN": UNKNOWN}), update=True).verdict == "fail"
""")
