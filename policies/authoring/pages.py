"""The pages that explain the rules, made from the rules: one for each, an index, and the table for a README."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from ..judge import published
from ..judge.pack import Level
from ..judge.profiles import Profile
from ..judge.registry import AREAS
from ..judge.rule import Example, ResourceRule, Rule
from . import reads
from .example_yaml import render, short
from .harness import Judgement, RuleCrashed, SecretQuoted, judge, remediated
from .reads import Deferral
from .vocabulary import CRITERIA, FRAMEWORKS, UnknownIdentifierError, criterion, framework, in_order

Areas = Mapping[str, str]
"""The folder of each rule's control area, by the rule's id."""

_CONFIGURATION: Final = "../configuration.md"
_FEW_TYPES: Final = 8
"""As many as a cell of a table takes; more are listed below it."""

_LEVELS: Final = (Level.MANDATORY, Level.ADVISORY)
"""The levels that a profile gives."""


class PageError(Exception):
    """The page of a rule cannot be written; the text names the rule's file and the mend, on one line."""


class FalseExampleError(Exception):
    """A rule's example does not show what its page would say it shows."""


def page(rule: Rule, area: str) -> str:
    """The page of one rule, as Markdown.

    Raises:
        PageError: an example does not show what the page would say it shows, the check crashes or quotes a secret, or
            the rule names a criterion or a framework that there is no name for.
    """
    file = f"policies/{area}/{rule.id.replace('-', '_')}.py"
    try:
        return _page(rule, area, file)
    except (FalseExampleError, UnknownIdentifierError) as error:
        raise PageError(f"{file}: {_on_one_line(error)}") from error
    except (RuleCrashed, SecretQuoted) as error:
        raise PageError(f"{file}: {_on_one_line(error)}; correct the check") from error


def _on_one_line(error: Exception) -> str:
    return " ".join(str(error).split())


def _page(rule: Rule, area: str, file: str) -> str:
    for named, example in (("failing", rule.failing), ("passing", rule.passing)):
        _shown_to(rule, named, example)
    return (
        "\n\n".join(
            (
                _written_from(file),
                f"# {_plain(rule.title)}",
                f"`{rule.id}` · {rule.severity.value} · {AREAS[area]}",
                _facts(rule, file),
                _settings(),
                f"## Why\n\n{_plain(rule.rationale)}",
                _failing(rule),
                _passing(rule),
                f"## How to mend it\n\n{_plain(rule.remediation)}",
                *_remediated(rule),
                _while_unknown(rule),
                *_types(rule),
                f"## Source\n\n{_plain(rule.source)}.",
            )
        ).rstrip()
        + "\n"
    )


def index(rules: Sequence[Rule], areas: Areas, profiles: Mapping[str, Profile]) -> str:
    """The page that lists the rules by criterion, framework, resource type and profile, as Markdown."""
    count = f"{len(rules)} rules" if len(rules) != 1 else "One rule"
    return (
        "\n\n".join(
            (
                _written_from("the rules"),
                "# Rules",
                f"{count}. [By criterion](#by-criterion) · [By framework](#by-framework) · "
                "[By resource type](#by-resource-type) · [By profile](#by-profile)",
                "Criteria and controls are given by identifier, and what stands beside a criterion is our own name for "
                "it. The mapping is ours as well: it tells which control a rule helps to keep, not that the rule alone "
                "is enough for it, and an auditor has the last word.",
                _by_criterion(rules, areas),
                _by_framework(rules),
                _by_type(rules),
                _by_profile(rules, profiles),
            )
        )
        + "\n"
    )


def readme_table(rules: Sequence[Rule]) -> str:
    """The table of all rules for the README, as Markdown."""
    return _table(
        ("criterion", "rule", "what should hold"),
        (
            (rule.criterion, f"[{rule.id}](docs/rules/{rule.id}.md)", _cell(rule.title))
            for rule in sorted(rules, key=lambda rule: in_order(rule.criterion))
        ),
    )


def _written_from(source: str) -> str:
    return f"<!-- Written by `python -m policies.authoring pages` from {source}; change that, not this. -->"


def _facts(rule: Rule, file: str) -> str:
    serves = [f"{each} ({criterion(each, rule.id)})" for each in (rule.criterion, *rule.also)]
    controls: defaultdict[str, list[str]] = defaultdict(list)
    for each in sorted(rule.frameworks, key=in_order):
        prefix, control = framework(each, rule.id)
        controls[prefix].append(control)
    scope = "each by itself" if isinstance(rule, ResourceRule) else "the stack as a whole"
    return _table(
        ("Criterion", serves[0]),
        (
            *((("Also", ", ".join(serves[1:])),) if rule.also else ()),
            *((FRAMEWORKS[prefix], ", ".join(controls[prefix])) for prefix in sorted(controls)),
            *((("Needs", f"{rule.needs.named}, for {rule.needs.feature}"),) if rule.needs else ()),
            *(
                ()
                if rule.waivable
                else (("Waivers", f"this rule can never be waived ([why]({_CONFIGURATION}#waivers))"),)
            ),
            (f"Judges {scope}", _judged(reads.types(rule))),
            ("Rule", f"[{file}](../../{file})"),
        ),
    )


def _settings() -> str:
    """What a configuration may say of any rule, from the schema that the pack publishes."""
    stated = published.rule_schema()["properties"]
    others = (f"`{key}` ({' or '.join(f'`{value}`' for value in stated[key]['enum'])})" for key in stated)
    settings = ", ".join(("`enforcementLevel`", *others))
    return f"Settings, as of every rule: {settings}; see [configuration]({_CONFIGURATION})."


def _judged(tokens: Sequence[str]) -> str:
    if len(tokens) > _FEW_TYPES:
        return f"[{len(tokens)} resource types](#resource-types)"
    return ", ".join(f"`{short(token)}`" for token in tokens)


def _types(rule: Rule) -> list[str]:
    """The types of a rule that speaks of too many for a cell of a table."""
    tokens = sorted(map(short, reads.types(rule)))
    if len(tokens) <= _FEW_TYPES:
        return []
    return ["## Resource types", "\n".join(f"- `{token}`" for token in tokens)]


def _shown_to(rule: Rule, named: str, example: Example) -> None:
    """Refuses an example that the rule would never be shown."""
    if not isinstance(rule, ResourceRule):
        return
    first, *others = example.resources
    if others:
        raise FalseExampleError(f"the {named} example of {rule.id} has several resources; leave one, it judges no more")
    if first.type not in rule.types:
        raise FalseExampleError(
            f"the {named} example of {rule.id} shows a {first.type}, which its types lack ({', '.join(rule.types)}); "
            "show one of these, or name the type there"
        )


def _failing(rule: Rule) -> str:
    told = judge(rule, rule.failing)
    if told.verdict != "fail":
        raise FalseExampleError(
            f"the failing example of {rule.id} does not fail: {_came_to(told)}; correct the example or the check"
        )
    return f"## Fails\n\n{_example(rule.failing)}\n\nThe pack says:\n\n```text\n{_said(told)}\n```"


def _passing(rule: Rule) -> str:
    told = judge(rule, rule.passing)
    if told.verdict != "pass":
        raise FalseExampleError(
            f"the passing example of {rule.id} does not pass: {_came_to(told)}; correct the example or the check"
        )
    return f"## Passes\n\n{_example(rule.passing)}"


def _came_to(told: Judgement) -> str:
    first = "".join(text.partition("\n")[0] for text in told.messages[:1])
    return f"{told.verdict} ({first})" if first else told.verdict


def _example(example: Example) -> str:
    shows = _plain(example.shows)
    return f"{shows[0].upper()}{shows[1:]}:\n\n```yaml\n{render(example)}```"


def _said(told: Judgement) -> str:
    spoken = zip(told.resources, told.messages, strict=True)
    return "\n\n".join(f"{short(each.type)} {each.name}\n{message}" for each, message in spoken)


def _remediated(rule: Rule) -> list[str]:
    if not isinstance(rule, ResourceRule) or rule.remediate is None:
        return []
    after = remediated(rule, rule.failing)
    if after is None:
        raise FalseExampleError(
            f"the failing example of {rule.id} is not remediated; show one that is, or correct the remediation"
        )
    return [
        f'## Mended by the rule itself\n\nWith the level `remediate` (`{{"{rule.id}": "remediate"}}` in the policy '
        "configuration) the rule changes the resource before it is deployed, and judges the result; the change shows "
        f"in the diff. The example that fails becomes:\n\n```yaml\n{render(Example('', after))}```"
    ]


def _while_unknown(rule: Rule) -> str:
    found = reads.deferrals(rule)
    types = dict.fromkeys(each.type for each in found)
    if not found:
        return (
            "## While values are unknown\n\n"
            "Nothing that the rule reads in these examples keeps it from deciding at a preview."
        )
    lines = [f"- `{short(token)}`: {_listed(each for each in found if each.type == token)}" for token in types]
    return (
        "## While values are unknown\n\n"
        "At a preview, examples like these are deferred, and judged by the update, while one of these properties, or "
        "the part of it that the rule reads, is unknown and nothing else has decided:\n\n"
        + "\n".join(lines)
        + "\n\nWhat is still unknown at the update itself is a violation."
    )


def _listed(found: Iterable[Deferral]) -> str:
    outside = " (unless it is computed from a resource of the same stack)"
    return ", ".join(f"`{each.path}`{outside if each.from_outside else ''}" for each in found)


def _by_criterion(rules: Sequence[Rule], areas: Areas) -> str:
    sections = ["## By criterion"]
    for identifier, name in CRITERIA.items():
        first = [rule for rule in rules if rule.criterion == identifier]
        also = [rule for rule in rules if identifier in rule.also]
        if not first and not also:
            continue
        sections.append(f"### {identifier}: {name}")
        if first:
            sections.append(
                _table(
                    ("rule", "what should hold", "severity", "area", "needs", "waivable"),
                    (
                        (
                            _link(rule),
                            _cell(rule.title),
                            rule.severity.value,
                            _cell(AREAS[areas[rule.id]]),
                            _plan(rule),
                            "yes" if rule.waivable else "never",
                        )
                        for rule in first
                    ),
                )
            )
        if also:
            sections.append(f"{'Served also' if first else 'Served'} by {', '.join(map(_link, also))}.")
    return "\n\n".join(sections)


def _plan(rule: Rule) -> str:
    if rule.needs is None:
        return "any plan"
    return f"{rule.needs.named}, for some" if rule.needs.of else rule.needs.named


def _by_framework(rules: Sequence[Rule]) -> str:
    found: defaultdict[str, defaultdict[str, list[Rule]]] = defaultdict(lambda: defaultdict(list))
    for rule in rules:
        for each in rule.frameworks:
            prefix, control = framework(each, rule.id)
            found[prefix][control].append(rule)
    sections = ["## By framework"]
    for prefix in sorted(found):
        sections.append(f"### {FRAMEWORKS[prefix]}")
        sections.append(_grouped("control", found[prefix], lambda control: control))
    return "\n\n".join(sections)


def _by_type(rules: Sequence[Rule]) -> str:
    found: defaultdict[str, list[Rule]] = defaultdict(list)
    for rule in rules:
        for token in reads.types(rule):
            found[short(token)].append(rule)
    return f"## By resource type\n\n{_grouped('resource type', found, lambda token: f'`{token}`')}"


def _by_profile(rules: Sequence[Rule], profiles: Mapping[str, Profile]) -> str:
    counts = _table(
        ("profile", "what it is for", *(f"{level.value} rules" for level in _LEVELS)),
        (
            (f"`{name}`", _cell(each.title), *(str(sum(each.level(r.id) is level for r in rules)) for level in _LEVELS))
            for name, each in profiles.items()
        ),
    )
    levels = _table(
        ("rule", *(f"`{name}`" for name in profiles)),
        ((_link(rule), *(each.level(rule.id).value for each in profiles.values())) for rule in rules),
    )
    how = "Without a profile every rule is mandatory; [how to choose one](../configuration.md#levels-and-profiles)."
    return f"## By profile\n\n{how}\n\n{counts}\n\n{levels}"


def _grouped(heading: str, groups: Mapping[str, Sequence[Rule]], shown: Callable[[str], str]) -> str:
    return _table(
        (heading, "rules"),
        ((shown(each), "<br>".join(map(_link, groups[each]))) for each in sorted(groups, key=in_order)),
    )


def _link(rule: Rule) -> str:
    return f"[{rule.id}]({rule.id}.md)"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _cell(text: str) -> str:
    return _plain(text).replace("|", r"\|")


def _plain(text: str) -> str:
    """Prose of a rule, with what Markdown would take for markup outside of `code` escaped."""
    parts = text.split("`")
    escaped = [
        part if at % 2 else "".join(rf"\{c}" if c in "<*[]" else c for c in part) for at, part in enumerate(parts)
    ]
    return "`".join(escaped)
