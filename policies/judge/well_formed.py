"""Whether a rule is of the form that the judge relies on; Python does not hold it to its annotations.

The worst is a string where a tuple belongs: seen as a list it holds single letters, no resource is of such a type, and
the rule would be listed and never asked.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, Final

from .rule import Example, ResourceRule, Rule, Severity

_TOKEN: Final = re.compile(r"[A-Za-z][\w.-]*:[\w./-]+:\w+")
_CRITERION: Final = re.compile(r"(?:CC|A|C|PI|P)[0-9]+\.[0-9]+")


def faults(rule: Rule) -> Iterator[str]:
    """What is wrong with the form of a rule: for each fault a line with the field, what it is, and what it must be."""
    for field, (holds, form) in (_FORM | _FORM_OF_TYPES if isinstance(rule, ResourceRule) else _FORM).items():
        value = getattr(rule, field)
        if not holds(value):
            yield f"{field} is {value!r}; it must be {form}"


def _is_text(value: object) -> bool:
    return isinstance(value, str) and value.strip() != ""


def _is_function(value: object) -> bool:
    return callable(value)


def _is_example(value: object) -> bool:
    return isinstance(value, Example) and len(value.resources) > 0


def _of_form(pattern: re.Pattern[str]) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, str) and pattern.fullmatch(value) is not None


def _listing(holds: Callable[[Any], bool], *, empty: bool = True) -> Callable[[Any], bool]:
    def check(value: object) -> bool:
        if not isinstance(value, tuple | list) or not all(map(holds, value)):
            return False
        return len(set(value)) == len(value) and (empty or len(value) > 0)

    return check


_FORM: Final[dict[str, tuple[Callable[[Any], bool], str]]] = {
    "id": (_is_text, "text"),
    "title": (_is_text, "text"),
    "criterion": (_of_form(_CRITERION), "the identifier of a criterion, such as 'CC6.6'"),
    "also": (_listing(_of_form(_CRITERION)), "a tuple of different criteria, such as ('CC6.1',)"),
    "frameworks": (_listing(_is_text), "a tuple of different controls, such as ('NIST SC-28',)"),
    "severity": (lambda value: isinstance(value, Severity), "a Severity, such as Severity.HIGH"),
    "rationale": (_is_text, "text"),
    "remediation": (_is_text, "text"),
    "waivable": (lambda value: isinstance(value, bool), "True or False"),
    "failing": (_is_example, "an Example with a resource at least"),
    "passing": (_is_example, "an Example with a resource at least"),
    "check": (_is_function, "the function that yields findings"),
}
_FORM_OF_TYPES: Final[dict[str, tuple[Callable[[Any], bool], str]]] = {
    "types": (
        _listing(_of_form(_TOKEN), empty=False),
        "a tuple of different type tokens, one at least, such as ('vercel:index/project:Project',)",
    ),
    "remediate": (lambda value: value is None or callable(value), "a function, or left out"),
}
