"""The policy configuration of an emergency: what was configured, with every rule advisory."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from soc2_guardrails.packs.configuration import read_configuration

if TYPE_CHECKING:
    from pathlib import Path

_ADVISORY: Final = "advisory"
_LEVEL: Final = "enforcementLevel"
_ALL: Final = "all"
_PACK: Final = "pack"
_MANDATORY: Final = "mandatory"
"""What of the pack's settings speaks against it: the pack refuses a rule that is named there and advisory."""


def write_emergency_configuration(given: Path | None, file: Path) -> None:
    """Writes to `file` the configuration `given`, with every rule advisory.

    A rule that was switched off stays so, and the pack's settings keep none mandatory. Profiles, waivers and plans stay
    as they are: a record should show what they said on that day.

    Raises:
        ConfigurationError: `given` cannot be read.
    """
    stated = read_configuration(given) if given else {}
    lowered = {name: _lowered(settings) for name, settings in stated.items() if name != _ALL}
    if isinstance(pack := lowered.get(_PACK), Mapping):
        lowered[_PACK] = {key: value for key, value in pack.items() if key != _MANDATORY}
    file.write_text(json.dumps({**lowered, _ALL: _ADVISORY}), encoding="utf-8")
    file.chmod(0o600)


def _lowered(settings: object) -> object:
    if isinstance(settings, str):
        return settings if settings == "disabled" else _ADVISORY
    if isinstance(settings, Mapping):
        level = settings.get(_LEVEL)
        return {**settings, _LEVEL: level if level == "disabled" else _ADVISORY}
    return settings
