import pytest

from soc2_guardrails.terminal import printable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain ✅ text", "plain ✅ text"),
        ("a\x1b[2Jb", r"a\x1b[2Jb"),
        ("a\r\nb", r"a\r\nb"),
        ("a\u202eb", r"a\u202eb"),
        ("a\x9bb", r"a\x9bb"),
        ("a\ud800b", r"a\ud800b"),
    ],
)
def test_only_printable_characters_are_left(text: str, shown: str) -> None:
    assert printable(text) == shown
    assert printable(text).isprintable()
