"""Profiles: named sets of enforcement levels, one file each in `policies/profiles/`."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, TypeAlias

import yaml
from pydantic import Field

from .pack import Level
from .registry import PackError
from .strict import Strict, Unreadable, nearest, read

_Text = Annotated[str, Field(pattern=r"\S")]
_Level: TypeAlias = Literal["advisory", "mandatory"]


class _File(Strict):
    title: _Text
    why: _Text
    otherwise: _Level
    levels: dict[str, _Level] = Field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Profile:
    """A set of enforcement levels; none of them switches a rule off.

    Attributes:
        name: what the configuration calls it; the file's name.
        title: one line.
        why: whom it is for, and why its levels are what they are.
        otherwise: the level of every rule that `levels` does not name.
        levels: levels by rule id. A rule that is named as mandatory is taken strictly: what it would only advise is a
            violation.
    """

    name: str
    title: str
    why: str
    otherwise: Level
    levels: Mapping[str, Level]

    def level(self, rule: str) -> Level:
        """The level of a rule."""
        return self.levels.get(rule, self.otherwise)

    @property
    def strict(self) -> frozenset[str]:
        """The rules whose advice is a violation."""
        return frozenset(rule for rule, level in self.levels.items() if level is Level.MANDATORY)


def profiles(folder: Path, rules: Collection[str]) -> dict[str, Profile]:
    """The profiles by name.

    Args:
        folder: the folder of the profiles.
        rules: the ids of its rules.

    Raises:
        PackError: a file cannot be read, or names a rule that there is none of.
    """
    return {file.stem: _profile(file, rules) for file in sorted(folder.glob("*.yaml"))}


def _profile(file: Path, rules: Collection[str]) -> Profile:
    where = f"profiles/{file.name}"
    try:
        stated = yaml.safe_load(file.read_text(encoding="utf-8"))
        if not isinstance(stated, dict):
            raise PackError(f"{where} must be YAML with title, why, otherwise and levels")
        content = read(_File, stated, where)
    except (OSError, yaml.YAMLError, TypeError, Unreadable) as error:
        raise PackError(f"{where} cannot be read: {error}") from error
    for rule in content.levels:
        if rule not in rules:
            raise PackError(f"{where}: levels.{rule}: no rule is called that{nearest(rule, rules)}")
    return Profile(
        name=file.stem,
        title=content.title,
        why=content.why,
        otherwise=Level(content.otherwise),
        levels={rule: Level(level) for rule, level in content.levels.items()},
    )
