from __future__ import annotations

import pytest

from policies.subjects.transport_security import faults


@pytest.mark.parametrize(
    "value",
    [
        "max-age=63072000; includeSubDomains; preload",
        "max-age=31536000; includeSubDomains",
        "includesubdomains;MAX-AGE = 31536000 ;",
        'max-age="31536000"; includeSubDomains',
        "max-age=99999999999999999999; includeSubDomains",
    ],
)
def test_good_values(value: str) -> None:
    assert list(faults([value])) == []


@pytest.mark.parametrize(
    ("value", "fault"),
    [
        ("", "no max-age"),
        ("includeSubDomains", "no max-age"),
        ("max-age; includeSubDomains", "not a plain number"),
        ("max-age=; includeSubDomains", "not a plain number"),
        ("max-age=31536000s; includeSubDomains", "not a plain number"),
        ("max-age=+31536000; includeSubDomains", "not a plain number"),
        ("max-age=031536000; includeSubDomains", "not a plain number"),
        ("max-age=3.2e7; includeSubDomains", "not a plain number"),
        ("max-age=\u0663\u0661\u0665\u0663\u0666\u0660\u0660\u0660; includeSubDomains", "not a plain number"),
        ('max-age="31536000; includeSubDomains', "not a plain number"),
        ("max-age=0; includeSubDomains", "max-age=0"),
        ("max-age=31535999; includeSubDomains", "a max-age of less than a year (31536000 seconds)"),
        ("max-age=31536000", "no includeSubDomains"),
        ("max-age=31536000, includeSubDomains", "not a plain number"),
        ("max-age=31536000; max-age=0; includeSubDomains", "max-age 2 times"),
        ("max-age=31536000; includeSubDomains; includeSubDomains", "includeSubDomains 2 times"),
        ("max-age=31536000; includeSubDomains=true", "gives includeSubDomains a value"),
        ("max-age=31536000; includeSubdomain", "a directive other than"),
    ],
)
def test_faults(value: str, fault: str) -> None:
    assert any(fault in each for each in faults([value]))


def test_several_values() -> None:
    good = "max-age=63072000; includeSubDomains"
    assert list(faults([good, good])) == ["has 2 values, of which browsers read the first at most"]
    assert list(faults([])) == ["has 0 values, of which browsers read the first at most"]


def test_unknown_directives_are_not_quoted() -> None:
    assert "hunter2" not in " ".join(faults(["hunter2; max-age=hunter2"]))


def test_numbers_are_not_quoted() -> None:
    assert "4242424" not in " ".join(faults(["max-age=4242424"]))
