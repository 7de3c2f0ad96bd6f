"""A rule's example as YAML, in the shape in which Pulumi programs in YAML declare resources."""

from __future__ import annotations

import re
from collections.abc import Sequence

import yaml

from ..judge.resources import Resource
from ..judge.rule import Example
from ..judge.values import UNKNOWN, Opaque, Raw, Secret

SECRET = "[secret]"  # noqa: S105 - what is shown in place of one
UNKNOWN_SHOWN = "(known after update)"


def short(token: str) -> str:
    """The type as programs in YAML write it: `vercel:Project` for `vercel:index/project:Project`."""
    return f"{token.partition(':')[0]}:{token.rpartition(':')[2]}"


def render(example: Example) -> str:
    """The resources of an example as they are declared, a list if there are several.

    A secret is shown as `[secret]`, with a comment on what the example has there if that tells something; what only
    the update will know as `(known after update)`, with a comment on the resource it comes from.
    """
    marks: list[str] = []
    described = [_described(subject, example.resources, marks) for subject in example.resources]
    shown = yaml.dump(
        described[0] if len(described) == 1 else described,
        Dumper=_Dumper,
        sort_keys=False,
        allow_unicode=True,
        width=10**6,
    )
    return re.sub(r"<mark (\d+)>", lambda found: marks[int(found[1])], shown)


class _Mark(str):
    """Stands in the tree for text that is put in after dumping, since a dumper writes no comments."""

    __slots__ = ()


class _Dumper(yaml.SafeDumper):
    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, indentless=False)


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(_Mark, lambda dumper, mark: dumper.represent_scalar("tag:yaml.org,2002:str", str(mark)))
_Dumper.add_representer(str, _text)


def _described(subject: Resource, among: Sequence[Resource], marks: list[str]) -> dict[str, object]:
    names = {each.urn: f"{short(each.type)} {each.name}" for each in among}

    def tree(raw: Raw, origin: str) -> object:
        if isinstance(raw, Secret):
            telling = isinstance(raw.value, str) and len(raw.value) > 1 and raw.value.isprintable()
            return mark(f"'{SECRET}'" + (f"  # for example {raw.value}" if telling else ""))
        if raw is UNKNOWN:
            return mark(UNKNOWN_SHOWN + (f"  # from {origin}" if origin else ""))
        if isinstance(raw, Opaque):
            return mark(f"({raw.kind})")
        if isinstance(raw, dict):
            return {key: tree(each, origin) for key, each in raw.items()}
        if isinstance(raw, list):
            return [tree(each, origin) for each in raw]
        return int(raw) if isinstance(raw, float) and raw.is_integer() else raw

    def mark(text: str) -> _Mark:
        marks.append(text)
        return _Mark(f"<mark {len(marks) - 1}>")

    def origin(key: str) -> str:
        return " and ".join(names[urn] for urn in subject.dependencies.get(key, ()) if urn in names)

    return {
        "type": short(subject.type),
        "name": subject.name,
        "properties": {key: tree(value, origin(key)) for key, value in subject.declared.raw().items()},
    }
