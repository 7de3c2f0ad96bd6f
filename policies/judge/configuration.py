"""What a team configures, as the engine hands it over; nothing else configures the pack.

The engine merges the defaults of the published schema with what it was given, applies `all` to every policy, and
passes everything on, known or not. It sends a level for every policy, so a level that equals the published default
(mandatory) cannot be told from one that nobody stated: that is where a profile decides.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Final, Literal

from pydantic import Field

from . import published
from .configured import DEFAULT_LEVEL, DEFAULT_WAIVER_DAYS, PACK, Configuration, Stated
from .pack import Level
from .plans import Vendor
from .production import EVERY
from .profiles import Profile
from .rule import Rule
from .strict import Strict, Unreadable, nearest, read, schema
from .waiver import Waiver
from .waivers import unknown_policies

ALL: Final = "all"
"""What the engine calls every policy at once; it has applied it, and passes it on all the same."""


class RuleSettings(Strict):
    """What each rule takes besides its level."""

    on_unknown: Literal["defer", "fail"] = Field(
        default="defer",
        description="What a value that only the update will know is at a preview: deferred to the update, or a "
        "violation.",
    )


class Plan(Strict):
    """The plans that the team has with its vendors."""

    vercel: Literal["hobby", "pro", "enterprise"] | None = Field(default=None, description="The team's plan at Vercel.")
    github: Literal["free", "team", "enterprise"] | None = Field(
        default=None, description="The organization's plan at GitHub."
    )

    def by_vendor(self) -> dict[Vendor, str]:
        """The plans that are stated."""
        stated = {Vendor.VERCEL: self.vercel, Vendor.GITHUB: self.github}
        return {vendor: plan for vendor, plan in stated.items() if plan}


class Projects(Strict):
    """Which Vercel projects are what."""

    production: tuple[Annotated[str, Field(pattern=r"\S")], ...] = Field(
        default=EVERY,
        min_length=1,
        description="Names of the projects that serve production; * stands for any text. Without it, all of them do.",
    )


class PackSettings(Strict):
    """What concerns the pack as a whole."""

    profile: str | None = Field(default=None, description="Levels for a kind of team; without one all are mandatory.")
    mandatory: tuple[str, ...] = Field(
        default=(),
        description="Rules that stay mandatory whatever the profile says, and whose advice is a violation.",
    )
    plan: Plan = Field(default_factory=Plan, description="Controls that these plans do not have are not applicable.")
    projects: Projects = Field(default_factory=Projects, description="Which projects rules on production speak of.")
    waivers: tuple[Waiver, ...] = Field(default=(), description="Violations that are accepted for a time.")
    max_waiver_days: int = Field(
        default=DEFAULT_WAIVER_DAYS, ge=1, le=366, description="How many days a waiver may hold."
    )


def configuration(
    stated: Mapping[str, Stated], rules: Mapping[str, Rule], profiles: Mapping[str, Profile]
) -> Configuration:
    """Reads what the engine hands over.

    Args:
        stated: by name of the policy.
        rules: the rules of the pack by id.
        profiles: the profiles by name.

    Raises:
        Unreadable: naming every unknown rule, key and value by its path.
    """
    problems = [
        f"{name}: no rule is called that{nearest(name, [*rules, PACK, ALL])}"
        for name in sorted(set(stated) - {ALL, PACK, *rules})
    ]
    if ALL in stated and stated[ALL].properties:
        problems += [f"{ALL}.{key}: it takes a level only" for key in stated[ALL].properties]
    settings: dict[str, RuleSettings] = {}
    for rule in rules.keys() & stated.keys():
        try:
            settings[rule] = read(RuleSettings, stated[rule].properties, rule)
        except Unreadable as error:
            problems += error.problems
    pack = PackSettings()
    try:
        pack = read(PackSettings, stated[PACK].properties if PACK in stated else {}, PACK)
    except Unreadable as error:
        problems += error.problems
    problems += _unknown_names(pack, rules, profiles)
    problems += _contradicted(pack, stated)
    if problems:
        raise Unreadable(sorted(problems))
    return Configuration(
        levels=_levels(stated, rules, pack, profiles),
        strict=frozenset(pack.mandatory) | (profiles[pack.profile].strict if pack.profile else frozenset()),
        unknown_fails=frozenset(rule for rule, each in settings.items() if each.on_unknown == "fail"),
        profile=pack.profile,
        plans=pack.plan.by_vendor(),
        production=pack.projects.production,
        waivers=pack.waivers,
        max_waiver_days=pack.max_waiver_days,
        pack_level=stated[PACK].level if PACK in stated else DEFAULT_LEVEL,
    )


def schemas() -> dict[str, dict[str, Any]]:
    """The JSON Schemas to be published; what profiles there are is added when they are."""
    return {published.RULE: schema(RuleSettings), published.PACK: schema(PackSettings)}


def _levels(
    stated: Mapping[str, Stated], rules: Mapping[str, Rule], pack: PackSettings, profiles: Mapping[str, Profile]
) -> dict[str, Level]:
    levels = {rule: stated[rule].level for rule in rules if rule in stated}
    if pack.profile is not None and ALL not in stated:
        profile = profiles[pack.profile]
        for rule in rules:
            if rule not in pack.mandatory and not (rule in stated and stated[rule].chosen):
                levels[rule] = profile.level(rule)
    return levels


def _contradicted(pack: PackSettings, stated: Mapping[str, Stated]) -> Iterator[str]:
    """What is to stay mandatory and was set to less, which a profile cannot have done: none is applied yet."""
    for index, rule in enumerate(pack.mandatory):
        level = stated[rule].level if rule in stated else DEFAULT_LEVEL
        if level in {Level.ADVISORY, Level.DISABLED}:
            where = ALL if ALL in stated and stated[ALL].level is level else rule
            yield (
                f"{PACK}.mandatory[{index}]: {rule} is {level.value} by the level of {where}; remove it here, or set "
                f"{rule} itself to {Level.MANDATORY.value}"
            )


def _unknown_names(pack: PackSettings, rules: Mapping[str, Rule], profiles: Mapping[str, Profile]) -> Iterator[str]:
    if pack.profile is not None and pack.profile not in profiles:
        yield f"{PACK}.profile: there is no profile {pack.profile}{nearest(pack.profile, profiles)}"
    for index, rule in enumerate(pack.mandatory):
        if rule not in rules:
            yield f"{PACK}.mandatory[{index}]: no rule is called {rule}{nearest(rule, rules)}"
    for index, waiver in enumerate(pack.waivers):
        for path, rule in unknown_policies(waiver, rules):
            yield f"{PACK}.waivers[{index}].{path}: no rule is called {rule}{nearest(rule, rules)}"
