"""From what a stack file says to settings that can be relied on, or to one error that tells all that is wrong."""

import json
from collections.abc import Iterable, Mapping
from operator import itemgetter
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from ..secrets import Fetched, Reference
from .consistency import inconsistencies
from .documents import Document, read_document
from .misplaced_secrets import suggested
from .models import Settings
from .problems import Problem, SettingsError, from_validation, nearest
from .secret_reading import read_secrets, secret_references
from .stack_files import read_stack_file

CONFIG_KEY: Final = "soc2-guardrails:settings"
PROGRAM_KEY: Final = "soc2-guardrails:program"


def load(raw: object, *, file: str, github_owner: str | None = None, document: Document | None = None) -> Settings:
    """Check the object under `soc2-guardrails:settings`, but not the secrets that it refers to.

    Args:
        raw: The object as Pulumi's configuration or the stack file gives it, None where there is none.
        file: How messages name the stack file, such as `stacks/Pulumi.storefront.yaml`.
        github_owner: The account that the GitHub provider works on, where it is configured.
        document: The stack file, for the lines that messages name.

    Raises:
        SettingsError: With every problem there is.
    """
    settings = _validated(raw, file, document)
    _refuse(file, list(inconsistencies(settings, github_owner)), document)
    return settings


def load_secrets(
    settings: Settings, *, file: str, environment: Mapping[str, str], document: Document | None = None
) -> Mapping[Reference, Fetched]:
    """Read every secret that settings refer to, each once.

    Args:
        settings: What was loaded.
        file: How messages name the stack file.
        environment: Where `env://` references lead and secret managers find their addresses and credentials.
        document: The stack file, for the lines that messages name.

    Raises:
        SettingsError: With every secret that cannot be used and what its manager says, and no value.
    """
    fetched, problems = read_secrets(settings, environment)
    _refuse(file, problems, document)
    return fetched


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
    """Check the file of a stack without Pulumi, and that the secrets it refers to can be read.

    Returns:
        None for a stack that names a program instead of settings.

    Raises:
        SettingsError: When there is no such stack, the file is unreadable, or its settings or secrets are refused.
    """
    stack_file = read_stack_file(folder, stack)
    if PROGRAM_KEY in stack_file.config and CONFIG_KEY not in stack_file.config:
        return None
    check_keys(stack_file.config, file=stack_file.label)
    owner = stack_file.config.get("github:owner")
    document = read_document(stack_file.path, stack_file.label)
    settings = load(
        stack_file.config.get(CONFIG_KEY),
        file=stack_file.label,
        github_owner=owner if isinstance(owner, str) else None,
        document=document,
    )
    load_secrets(settings, file=stack_file.label, environment=environment, document=document)
    return settings


def required_environment(folder: Path, stack: str) -> tuple[str, ...]:
    """The environment variables that the references of a stack lead to, sorted.

    Raises:
        SettingsError: As `load_stack_file` does, except for variables that are not set.
    """
    return tuple(sorted(reference.path for reference in stack_references(folder, stack) if reference.scheme == "env"))


def stack_references(folder: Path, stack: str) -> frozenset[Reference]:
    """Every reference to a secret in the file of a stack; none for a stack that has no settings of this project's.

    Raises:
        SettingsError: When there is no such stack, or its settings are refused.
    """
    stack_file = read_stack_file(folder, stack)
    if CONFIG_KEY not in stack_file.config:
        return frozenset()
    settings = _validated(stack_file.config.get(CONFIG_KEY), stack_file.label, None)
    return frozenset(secret.reference for _, secret in secret_references(settings))


def _validated(raw: object, file: str, document: Document | None) -> Settings:
    if raw is None:
        raise SettingsError(file, [f"config.{CONFIG_KEY}: is missing; it needs a mapping with the key projects"])
    try:
        # By way of JSON, since strict checking of JSON takes a list for every kind of sequence.
        return Settings.model_validate_json(json.dumps(raw, default=str))
    except ValidationError as error:
        problems = from_validation(error.errors(include_url=False), Settings)
        _refuse(file, [suggested(problem, raw) for problem in problems], document)
        raise  # Not reached: a validation error has at least one problem.


def _refuse(file: str, problems: list[Problem], document: Document | None) -> None:
    if not problems:
        return
    root = f"config.{CONFIG_KEY}"
    if document is None:
        raise SettingsError(file, [problem.line(root) for problem in problems]) from None
    lines = [
        (document.line(("config", CONFIG_KEY, *problem.location)) or 0, problem.line(root)) for problem in problems
    ]
    # As they stand in the file, which Pulumi's configuration does not keep.
    lines.sort(key=itemgetter(0))
    raise SettingsError(file, [f"line {line}: {text}" if line else text for line, text in lines]) from None
