"""What is configured, as the rest of the pack takes it, and what holds where nobody configures anything.

The engine hands over a configuration always: where nobody wrote one, the published levels and defaults. That needs no
reading, so such a run, which most are, does not load what reads and checks a configuration.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from . import published
from .pack import Level
from .plans import Vendor
from .production import EVERY

if TYPE_CHECKING:
    from .waiver import Waiver

PACK: Final = "pack"
"""The policy that takes what concerns the pack as a whole."""

DEFAULT_LEVEL: Final = Level.MANDATORY
"""The level that is published for every policy."""

DEFAULT_WAIVER_DAYS: Final = 90
"""How many days a waiver may hold where nobody says otherwise."""


@dataclass(frozen=True, slots=True)
class Stated:
    """What the engine says of one policy.

    Attributes:
        level: its level.
        properties: everything else, as JSON has it.
        chosen: whether somebody chose the level; one that is the published default may be nobody's choice.
    """

    level: Level
    properties: dict[str, Any]
    chosen: bool


@dataclass(frozen=True, slots=True)
class Configuration:
    """What is configured; as constructed, what holds without any configuration.

    Attributes:
        levels: by rule id; a rule that is not named is mandatory.
        strict: the rules whose advice is a violation like any other.
        unknown_fails: the rules for which an unknown value is a violation at a preview already.
        profile: the profile that the levels come from, None for none.
        plans: the plans that the team states, by vendor.
        production: globs of the projects that serve production.
        waivers: violations that are accepted for a time.
        max_waiver_days: how many days a waiver may hold.
        pack_level: the level of findings about the configuration itself.
    """

    levels: Mapping[str, Level] = field(default_factory=dict)
    strict: frozenset[str] = frozenset()
    unknown_fails: frozenset[str] = frozenset()
    profile: str | None = None
    plans: Mapping[Vendor, str] = field(default_factory=dict)
    production: Sequence[str] = EVERY
    waivers: Sequence[Waiver] = ()
    max_waiver_days: int = DEFAULT_WAIVER_DAYS
    pack_level: Level = DEFAULT_LEVEL


def as_published(stated: Mapping[str, Stated], rules: Collection[str]) -> Configuration | None:
    """What holds if the properties are the published defaults and all policies are known; else None.

    Args:
        stated: what the engine hands over, by name of the policy.
        rules: the ids of the rules.
    """
    defaults = {PACK: published.defaults(published.PACK)} | dict.fromkeys(rules, published.defaults(published.RULE))
    if any(name not in defaults or not _among(each.properties, defaults[name]) for name, each in stated.items()):
        return None
    return Configuration(
        levels={rule: stated[rule].level for rule in rules if rule in stated},
        pack_level=stated[PACK].level if PACK in stated else DEFAULT_LEVEL,
    )


def _among(properties: Mapping[str, Any], defaults: Mapping[str, Any]) -> bool:
    return all(
        key in defaults and type(value) in _SAME[type(defaults[key])] and value == defaults[key]
        for key, value in properties.items()
    )


_SAME: Final[Mapping[type, Collection[type]]] = {str: (str,), bool: (bool,), list: (list,), int: (int, float)}
"""By type of a default, the types that the engine may hand it over in: all its numbers are floats."""
