"""Rules of a Vercel firewall with the action bypass: which of them let more past than the few that they are meant for.

A custom rule applies to what meets all conditions of one of its groups. Conditions that only take some away, such as
any path but one, do not make a group narrow.
"""

from __future__ import annotations

import re
from functools import partial
from typing import Final

from ..judge.clauses import all_hold, any_holds
from ..judge.resources import Resource
from ..judge.values import Malformed, Value
from .addresses import everybody

_OPPOSITES: Final = {"neq": "eq", "nex": "ex", "ninc": "inc"}
_OPERATORS: Final = frozenset({"re", "eq", "ex", "inc", "pre", "suf", "sub"})
_COMPARISONS: Final = frozenset({"gt", "gte", "lt", "lte"})

_NOT_IN_EVERY_REQUEST: Final = frozenset({"header", "query", "cookie", "rate_limit_api_id"})
_IN_EVERY_REQUEST_TO_PRODUCTION: Final = {"scheme": "https", "environment": "production"}
_PATHS: Final = frozenset({"path", "target_path", "raw_path"})

_ANYTHING: Final = r"(?:\.|\\S|\[\\s\\S\]|\[\\S\\s\])"
_WHOLE_REGEX: Final = re.compile(rf"\^?(?:/\??)?(?:(?:{_ANYTHING}[*+]?\??)?|{_ANYTHING}[*+]\??\$)")
"""What matches every path, once the parentheses are taken away."""


def lets_every_address_past(firewall: Resource) -> bool:
    """Whether the firewall's IP rules let every address past; raises as `everybody` does."""
    past: list[Value] = []
    for rule in firewall["ipRules"]["rules"].elements():
        if rule["action"].unknown:
            past.append(rule["action"])  # stands for an address that is not known yet
        elif rule["action"].text() == "bypass":
            past.append(rule["ip"])
    return everybody(past)


def lets_every_request_past(rule: Value) -> bool:
    """Whether a custom rule is in force and lets every request past, or every one but those that it names.

    Raises:
        Undetermined: that hangs on an unknown value.
        Malformed: it hangs on a shape or an operator that is not known here.
    """
    return all_hold(
        (
            lambda: rule["active"].flag(default=True),
            lambda: rule["action"]["action"].text() == "bypass",
            lambda: _applies_to_all(rule["conditionGroups"].elements()),
        )
    )


def _applies_to_all(groups: list[Value]) -> bool:
    # One without groups, or a group without conditions, leaves nothing out.
    return not groups or any_holds(partial(_is_met_by_all, group) for group in groups)


def _is_met_by_all(group: Value) -> bool:
    return not any_holds(partial(_narrows, condition) for condition in group["conditions"].elements())


def _narrows(condition: Value) -> bool:
    operator, negated = condition["op"].text(), condition["neg"].flag(default=False)
    if operator in _COMPARISONS:
        return True
    if operator in _OPPOSITES:
        operator, negated = _OPPOSITES[operator], not negated
    if operator not in _OPERATORS:
        raise Malformed(condition["op"].path, "an operator that Vercel knows")
    return _holds_always(condition, operator) is negated


def _holds_always(condition: Value, operator: str) -> bool:
    of, value = condition["type"].text(), condition["value"]
    if operator == "ex":
        return of not in _NOT_IN_EVERY_REQUEST
    if operator in {"eq", "inc"}:
        values = condition["values"].elements() if operator == "inc" else [value]
        if of == "ip_address":
            return everybody(values)
        usual = _IN_EVERY_REQUEST_TO_PRODUCTION.get(of)
        return any_holds(partial(_is, each, usual) for each in values)
    text = value.text()
    if operator == "re":
        bare = text.replace("(?:", "(").replace("\\/", "/")
        return "|" not in bare and _WHOLE_REGEX.fullmatch(re.sub("[()]", "", bare)) is not None
    if operator in {"pre", "sub"}:
        return text in ({"", "/"} if of in _PATHS else {""})
    return operator == "suf" and text == ""


def _is(value: Value, usual: str | None) -> bool:
    return value.text().lower() == usual
