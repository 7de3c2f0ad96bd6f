"""From what a stack file says to settings that can be relied on, or to one error that tells all that is wrong."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from .consistency import inconsistencies, secret_references
from .models import Settings
from .problems import Problem, SettingsError, from_validation, nearest
from .stack_files import read_stack_file

CONFIG_KEY: Final = "soc2-guardrails:settings"
PROGRAM_KEY: Final = "soc2-guardrails:program"


def load(raw: object, *, file: str, environment: Mapping[str, str], github_owner: str | None = None) -> Settings:
    """Check the object under `soc2-guardrails:settings`.

    Args:
        raw: The object as Pulumi's configuration or the stack file gives it, None where there is none.
        file: How messages name the stack file, such as `stacks/Pulumi.storefront.yaml`.
        environment: Where `env://` references lead; every one has to lead to a usable value.
        github_owner: The account that the GitHub provider works on, where it is configured.

    Raises:
        SettingsError: With every problem there is.
    """
    settings = _validated(raw, file)
    _refuse(file, list(inconsistencies(settings, environment, github_owner)))
    return settings


def check_keys(config: Iterable[str], *, file: str) -> None:
    """Check the keys of a stack's configuration; those of other namespaces are other people's.

    Raises:
        SettingsError: When a key of this namespace is not one that is read, with the nearest that is.
    """
    allowed = (CONFIG_KEY, PROGRAM_KEY)
    unknown = [key for key in config if key.startswith("soc2-guardrails:") and key not in allowed]
    if unknown:
        raise SettingsError(file, [f"config.{key}: there is no such key{nearest(key, allowed)}" for key in unknown])


def load_stack_file(folder: Path, stack: str, environment: Mapping[str, str]) -> Settings | None:
    """Check the file of a stack without Pulumi; None for a stack that names a program instead of settings.

    Raises:
        SettingsError: When there is no such stack, the file is unreadable or its settings are refused.
    """
    stack_file = read_stack_file(folder, stack)
    if PROGRAM_KEY in stack_file.config and CONFIG_KEY not in stack_file.config:
        return None
    check_keys(stack_file.config, file=stack_file.label)
    owner = stack_file.config.get("github:owner")
    return load(
        stack_file.config.get(CONFIG_KEY),
        file=stack_file.label,
        environment=environment,
        github_owner=owner if isinstance(owner, str) else None,
    )


def required_environment(folder: Path, stack: str) -> tuple[str, ...]:
    """The environment variables that the references of a stack lead to, sorted.

    Raises:
        SettingsError: As `load_stack_file` does, except for variables that are not set.
    """
    stack_file = read_stack_file(folder, stack)
    if PROGRAM_KEY in stack_file.config and CONFIG_KEY not in stack_file.config:
        return ()
    settings = _validated(stack_file.config.get(CONFIG_KEY), stack_file.label)
    return tuple(sorted({reference.variable for _, reference in secret_references(settings)}))


def _validated(raw: object, file: str) -> Settings:
    if raw is None:
        raise SettingsError(file, [f"config.{CONFIG_KEY}: is missing; it needs a mapping with the key projects"])
    try:
        # By way of JSON, since strict checking of JSON takes a list for every kind of sequence.
        return Settings.model_validate_json(json.dumps(raw, default=str))
    except ValidationError as error:
        _refuse(file, from_validation(error.errors(include_url=False), Settings))
        raise  # Not reached: a validation error has at least one problem.


def _refuse(file: str, problems: list[Problem]) -> None:
    if problems:
        raise SettingsError(file, [problem.line(f"config.{CONFIG_KEY}") for problem in problems]) from None
