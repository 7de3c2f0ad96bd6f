"""Secrets that stand in a stack file themselves, or that reach further than they should."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

from pydantic import BaseModel

from ..secrets import MalformedReferenceError, Reference, schemes
from ..secrets.literals import credential_format
from .models import Project, Settings
from .problems import Location, Problem
from .references import SecretReference
from .secret_reading import secret_references

_SECRETS: Final = "secrets"
_TARGETS: Final = ("production", "preview")
_PARTS: Final = 5
"""Of the location of a secret: projects, the project, secrets, the variable, the target."""


def literal_secrets(settings: Settings) -> Iterator[Problem]:
    """Yield every text that is a secret, or refers to one where no secret belongs, with the reference that mends it."""
    known = list(_valid_references(settings.model_dump(mode="json", by_alias=True)))
    beginnings = tuple(f"{scheme}://" for scheme in schemes())
    for key, project in settings.projects.items():
        for name, plain in project.variables.items():
            where = ("projects", key, "variables", name)
            for target in ("production", "preview", "development"):
                value = getattr(plain, target)
                if value is not None and value.startswith(beginnings):
                    yield Problem((*where, target), "a reference to a secret; move the variable to secrets")
    for location, text in _texts(settings, ()):
        if found := credential_format(text):
            yield Problem(
                location, f"it is {found}, which everybody who reads this file has now; {_mend(location, known)}"
            )


def suggested(problem: Problem, raw: object) -> Problem:
    """A problem with a value that should be a reference, with the reference that would mend it."""
    location = problem.location
    if len(location) != _PARTS or location[2] != _SECRETS or location[-1] not in _TARGETS:
        return problem
    mend = suggestion(location, list(_valid_references(raw)))
    return replace(problem, text=f"{problem.text}; here for example {mend}")


def _mend(location: Location, known: Sequence[tuple[Location, Reference]]) -> str:
    if location[0] != "projects" or location[2] not in ("variables", _SECRETS):
        return "replace it, and take it out"
    project, name, target = location[1], location[3], location[-1] if location[-1] in _TARGETS else "production"
    place = ("projects", project, _SECRETS, name, target)
    return (
        "replace it, store the new one in a secret manager and write in its place"
        f" {_SECRETS}: {name}: {target}: {suggestion(place, known)}"
    )


def suggestion(location: Location, known: Sequence[tuple[Location, Reference]]) -> str:
    """A reference for a secret of a project, like the others of the project and environment if there are any."""
    _, project, _, name, target = map(str, location)
    alike = [
        reference for at, reference in sorted(known, key=lambda item: item[0][:2] != location[:2]) if at[-1] == target
    ]
    if alike and alike[0].field is not None:
        return str(replace(alike[0].unpinned, field=name))
    if alike and alike[0].scheme != "env":
        return str(replace(alike[0].unpinned, path=f"{alike[0].path}-{name}".lower()))
    words = [project, *(["preview"] if target == "preview" else []), name]
    variable = f"env://{re.sub('[^A-Z0-9]+', '_', '_'.join(words).upper())}"
    return variable if alike else f"vault://<mount>/{project}/{target}#{name} or {variable}"


def shared_with_production(settings: Settings) -> Iterator[Problem]:
    """Yield every secret of previews that something else than previews has too, unless a reason is given."""
    others = [
        (location, reference.reference)
        for location, reference in secret_references(settings)
        if not _is_of_preview(location)
    ]
    for key, project in settings.projects.items():
        yield from _shared(("projects", key, _SECRETS), project, others)


def _shared(location: Location, project: Project, others: Sequence[tuple[Location, Reference]]) -> Iterator[Problem]:
    for name, secret in project.secrets.items():
        same = next((at for at, other in others if secret.preview and overlap(secret.preview.reference, other)), None)
        if same is not None and secret.shared_reason is None:
            yield Problem(
                (*location, name, "preview"),
                f"{'.'.join(map(str, same))} has the same secret; give previews one of their own, or say under"
                " sharedReason why they need this one",
            )
        if same is None and secret.shared_reason is not None:
            yield Problem((*location, name, "sharedReason"), "nothing is shared; take it out")


def overlap(one: Reference, other: Reference) -> bool:
    """Whether two references lead to one secret, or one of them to the whole that the other is a field of."""
    # A version or a stage is another value of the same secret, and the whole of a secret has all of its fields.
    return one.whole.unpinned == other.whole.unpinned and (
        one.field == other.field or one.field is None or other.field is None
    )


def _is_of_preview(location: Location) -> bool:
    return location[-1] == "preview" and _SECRETS in location


def _texts(value: object, location: Location) -> Iterator[tuple[Location, str]]:
    """Every text of settings that is no reference."""
    if isinstance(value, SecretReference):
        return
    if isinstance(value, BaseModel):
        for name, field in type(value).model_fields.items():
            yield from _texts(getattr(value, name), (*location, field.alias or name))
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _texts(item, (*location, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _texts(item, (*location, index))
    elif isinstance(value, str):
        yield location, value


def _valid_references(raw: object, location: Location = ()) -> Iterator[tuple[Location, Reference]]:
    """Every reference in settings as the file has them, which need not be allowed otherwise."""
    if isinstance(raw, Mapping):
        for key, item in raw.items():
            yield from _valid_references(item, (*location, str(key)))
    elif isinstance(raw, str) and len(location) > 1:
        try:
            reference = Reference.parse(raw)
        except MalformedReferenceError:
            return
        if reference.scheme in schemes():
            yield location, reference
