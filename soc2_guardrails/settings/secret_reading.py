"""The secrets that settings refer to: which there are, and that every one can be used."""

from collections.abc import Iterator, Mapping

from pydantic import BaseModel

from ..secrets import Failure, Fetched, Reference, fetch_all
from .models import Settings
from .problems import Location, Problem
from .references import SecretReference


def secret_references(model: BaseModel, location: Location = ()) -> Iterator[tuple[Location, SecretReference]]:
    """Yield every reference to a secret below a model, with its location."""
    for name, field in type(model).model_fields.items():
        yield from _below(getattr(model, name), (*location, field.alias or name))


def read_secrets(
    settings: Settings, environment: Mapping[str, str]
) -> tuple[Mapping[Reference, Fetched], list[Problem]]:
    """Read every secret once, and tell of each that cannot be used, at every place that refers to it."""
    wanted = list(secret_references(settings))
    answers = fetch_all((reference.reference for _, reference in wanted), environment)
    problems = []
    for location, secret in wanted:
        answer = answers[secret.reference]
        fault = answer.text if isinstance(answer, Failure) else secret.fault(answer.value)
        if fault is not None:
            problems.append(Problem(location, f"{secret.reference}: {fault}"))
    return {key: answer for key, answer in answers.items() if isinstance(answer, Fetched)}, problems


def _below(value: object, location: Location) -> Iterator[tuple[Location, SecretReference]]:
    if isinstance(value, SecretReference):
        yield location, value
    elif isinstance(value, BaseModel):
        yield from secret_references(value, location)
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _below(item, (*location, key))
