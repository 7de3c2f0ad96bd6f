"""What criteria and frameworks are called on the pages.

Identifiers are those of their publishers; what stands beside a criterion is our own short name for it, not its text.
"""

from __future__ import annotations

import re
from typing import Final

CRITERIA: Final = {
    "CC6.1": "who can reach what, and with which keys",
    "CC6.2": "accounts are opened and closed on purpose",
    "CC6.3": "nobody may do more than their work needs",
    "CC6.6": "strangers stay outside",
    "CC6.7": "data is safe on its way",
    "CC6.8": "no foreign code gets in",
    "CC7.1": "weak settings and changes are noticed",
    "CC7.2": "what happens is watched",
    "CC7.3": "what was noticed is weighed",
    "CC7.4": "incidents are answered",
    "CC7.5": "incidents are recovered from",
    "CC8.1": "changes are intended and approved",
    "CC9.1": "interruptions are planned for",
    "CC9.2": "vendors are kept in view",
}
"""Trust services criteria of the AICPA by identifier, with names of our own."""

FRAMEWORKS: Final = {
    "CIS GitHub": "CIS GitHub Benchmark",
    "HIPAA": "HIPAA Security Rule, 45 CFR",
    "ISO 27001": "ISO/IEC 27001:2022",
    "NIST": "NIST SP 800-53, revision 5",
    "NIST SSDF": "NIST SP 800-218",
    "PCI": "PCI DSS 4.0.1",
    "SLSA": "SLSA",
}
"""The publications that a rule's `frameworks` refer to, by the words these begin with."""


class UnknownIdentifierError(Exception):
    """A rule names a criterion or a framework that the pages have no name for."""


def criterion(identifier: str, rule: str) -> str:
    """Our name for a criterion.

    Raises:
        UnknownIdentifierError: there is none.
    """
    if identifier not in CRITERIA:
        raise UnknownIdentifierError(
            f"{rule} serves {identifier!r}, which is none of {', '.join(CRITERIA)}; "
            "correct it, or name it in policies/authoring/vocabulary.py"
        )
    return CRITERIA[identifier]


def framework(identifier: str, rule: str) -> tuple[str, str]:
    """The framework that a control belongs to, and the control's own identifier.

    Raises:
        UnknownIdentifierError: it begins with no known framework.
    """
    for prefix in sorted(FRAMEWORKS, key=len, reverse=True):
        if identifier.startswith(f"{prefix} "):
            return prefix, identifier.removeprefix(f"{prefix} ")
    raise UnknownIdentifierError(
        f"{rule} names {identifier!r}, which begins with none of {', '.join(FRAMEWORKS)}; "
        "correct it, or name the framework in policies/authoring/vocabulary.py"
    )


def in_order(identifier: str) -> list[tuple[int, int | str]]:
    """Sorts identifiers as a reader does: `A.8.3` before `A.8.20`."""
    return [(0, int(part)) if part.isdigit() else (1, part) for part in re.split(r"(\d+)", identifier) if part]
