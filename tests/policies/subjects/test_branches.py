from __future__ import annotations

import pytest

from policies.subjects.branches import matches


@pytest.mark.parametrize(
    ("pattern", "name", "expected"),
    [
        ("main", "main", True),
        ("main", "Main", False),
        ("mai", "main", False),
        ("main.", "mainx", False),
        ("ma?n", "main", True),
        ("*", "main", True),
        ("*", "release/1", False),
        ("release/*", "release/1", True),
        ("release/*", "release/1/2", False),
        ("release/?", "release//", False),
        ("*release*", "my-release-1", True),
        ("**/*", "main", True),
        ("**/*", "release/1/2", True),
        ("qa/**/*", "qa/a/b/c", True),
        ("qa/**/*", "qa", False),
        ("refs/heads/**/*", "refs/heads/main", True),
        ("[lm]ain", "main", True),
        ("[a-m]ain", "main", True),
        ("[!x]ain", "main", False),
        ("[^x]ain", "main", False),
        ("[]m]ain", "main", True),
        ("[z-a]ain", "main", False),
        ("[main", "main", False),
        ("ma+in", "maain", False),
        ("ma(i)n", "main", False),
    ],
)
def test_patterns_as_github_reads_them(pattern: str, name: str, expected: bool) -> None:
    assert matches(pattern, name) is expected
