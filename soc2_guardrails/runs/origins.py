"""From a resource back to the line of the stack file that it was declared by.

Only what is certain is told: the component that a resource belongs to is taken from the engine's own parents, and its
name has to be that of one entry of the settings.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from soc2_guardrails.settings import CONFIG_KEY, SettingsError
from soc2_guardrails.settings.documents import Document, read_document

from .urns import name_of, type_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .observed import Observed

_PROJECTS: Final = "projects"
_SECTIONS: Final = {
    "soc2:index:WebProject": _PROJECTS,
    "soc2:index:EnvironmentVariables": _PROJECTS,
    "soc2:index:SecurityHeaders": _PROJECTS,
    "soc2:index:ProtectedRepository": "repositories",
    "soc2:index:LogDrain": "logDrains",
}
_KEYS: Final = {
    "vercel:index/firewallConfig:FirewallConfig": "firewall",
    "vercel:index/projectDeploymentRetention:ProjectDeploymentRetention": "retention",
    "vercel:index/projectRoute:ProjectRoute": "headers",
}
_VARIABLE: Final = "vercel:index/projectEnvironmentVariable:ProjectEnvironmentVariable"
_TARGETS: Final = ("production", "preview", "development")


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a resource was declared: the file as messages name it, its line, and the key within the settings."""

    file: str
    line: int
    key: str


class Origins:
    """The origins of the resources of one run."""

    def __init__(self, document: Document | None, label: str, observed: Observed) -> None:
        self._document = document
        self._label = label
        self._observed = observed

    @classmethod
    def of(cls, stack_folder: Path, project: Path, stack: str, observed: Observed) -> Origins:
        """Reads the stack file; nothing is told where there is none that can be read."""
        file = stack_folder / f"Pulumi.{stack}.yaml"
        label = str(file.relative_to(project)) if file.is_relative_to(project) else str(file)
        try:
            return cls(read_document(file, label), label, observed)
        except SettingsError:
            return cls(None, label, observed)

    def origin(self, urn: str) -> Origin | None:
        """Where a resource was declared, None where that is not certain."""
        settings = self._settings()
        component = self._component(urn)
        if self._document is None or not settings or not component:
            return None
        section = _SECTIONS[type_of(component)]
        entries = settings.get(section)
        named = [key for key in entries or () if _component_name(section, key) == name_of(component)]
        if not isinstance(entries, dict) or len(named) != 1:
            return None
        key = (section, named[0], *_within(urn, named[0], entries[named[0]]))
        line = self._document.line(("config", CONFIG_KEY, *key))
        return Origin(self._label, line, ".".join(key)) if line else None

    def _component(self, urn: str) -> str:
        seen: set[str] = set()
        while urn and urn not in seen and type_of(urn) not in _SECTIONS:
            seen.add(urn)
            urn = self._observed.parent_of(urn)
        return urn if type_of(urn) in _SECTIONS else ""

    def _settings(self) -> Mapping[str, Any]:
        content = self._document.content if self._document else None
        config = content.get("config") if isinstance(content, dict) else None
        settings = config.get(CONFIG_KEY) if isinstance(config, dict) else None
        return settings if isinstance(settings, dict) else {}


def _component_name(section: str, key: str) -> str:
    return key.rpartition("/")[2] if section == "repositories" else key


def _within(urn: str, entry: str, stated: object) -> tuple[str, ...]:
    """The key below an entry that a resource comes from, as far as the entry states it."""
    if not isinstance(stated, dict):
        return ()
    if key := _KEYS.get(type_of(urn)):
        return (key,) if key in stated else ()
    if type_of(urn) == _VARIABLE:
        for section in ("secrets", "variables"):
            for variable in stated.get(section) or ():
                for target in _TARGETS:
                    if name_of(urn) == f"{entry}-{variable}-{target}":
                        targets = stated[section][variable]
                        exact = isinstance(targets, dict) and target in targets
                        return (section, variable, target) if exact else (section, variable)
    return ()
