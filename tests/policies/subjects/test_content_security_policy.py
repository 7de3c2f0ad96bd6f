from __future__ import annotations

import pytest

from policies.subjects.content_security_policy import restricts_framing, weaknesses

REST = "; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
HASH = "'sha256-hqBEA/HXB3aJU2FgOnYN8rkAgEVgyfi3Vs1j2/XMPBA='"


def kinds(*texts: str) -> list[str]:
    return [weakness.kind for weakness in weaknesses(texts)]


@pytest.mark.parametrize(
    ("scripts", "expected"),
    [
        ("default-src 'self'", []),
        ("default-src 'none'", []),
        ("DEFAULT-SRC 'SELF'", []),
        ("script-src 'self' https://js.stripe.com", []),
        ("img-src 'self'", ["any-script"]),
        ("", ["any-script"]),
        # browsers read the first of two directives of one name
        ("script-src 'self'; script-src *", []),
        ("script-src *; script-src 'self'", ["open-source"]),
        ("script-src 'self' 'unsafe-inline'", ["unsafe-inline"]),
        ("script-src 'self' 'UNSAFE-inline'", ["unsafe-inline"]),
        ("default-src 'unsafe-inline'; script-src 'self'", []),
        ("script-src 'self'; script-src-elem 'unsafe-inline'", ["unsafe-inline"]),
        ("script-src 'self'; script-src-attr 'unsafe-inline'", ["unsafe-inline"]),
        (f"script-src 'unsafe-inline' {HASH}", []),
        ("script-src 'unsafe-inline' 'sha256-not base64'", ["unsafe-inline"]),
        ("script-src 'unsafe-inline' sha256-hqBEA", ["unsafe-inline"]),
        (f"script-src 'strict-dynamic' {HASH} 'unsafe-inline' https:", []),
        ("script-src 'self' 'unsafe-eval'", ["unsafe-eval"]),
        ("script-src 'self' 'wasm-unsafe-eval'", []),
        ("script-src *", ["open-source"]),
        ("script-src https://*", ["open-source"]),
        ("script-src *:443", ["open-source"]),
        ("script-src https://*.com", ["open-source"]),
        ("script-src https:", ["open-source"]),
        ("script-src http: data:", ["open-source", "open-source"]),
        ("script-src 'self' data:", ["open-source"]),
        ("script-src 'self' blob:", []),
        ("script-src https://*.example.com", []),
        ("script-src cdn.jsdelivr.net", ["open-source"]),
        ("script-src https://cdn.jsdelivr.net/npm/", ["open-source"]),
        ("script-src https://cdn.jsdelivr.net/npm/htmx@1.9.0/htmx.min.js", []),
        ("script-src https://www.google.com/recaptcha/", []),
        ("script-src https://www.google.com", ["open-source"]),
        ("script-src https://*.google.com", ["open-source"]),
        ("script-src https://*.vercel.app", ["open-source"]),
        ("script-src https://shop.vercel.app", []),
        ("script-src 'nonce-abc123'", ["nonce"]),
        ("script-src 'self'; style-src 'NONCE-abc123'", ["nonce"]),
        ("script-src 'self' $1", ["request"]),
        ("script-src 'self' https://$host", ["request"]),
        # a no-break space is no separator for a browser, and makes the directive one that it skips
        ("script-src\u00a0'self'", ["any-script"]),
    ],
)
def test_scripts(scripts: str, expected: list[str]) -> None:
    assert kinds(scripts + REST) == expected


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        ("", ["empty"]),
        (" ; ;", ["empty"]),
        ("default-src 'none'; base-uri 'self'; form-action 'none'; frame-ancestors 'self'", []),
        ("default-src 'self'", ["plugins", "base", "frame-ancestors", "form-action"]),
        ("default-src 'self'; object-src 'self'; base-uri *; form-action *; frame-ancestors https:", None),
        (
            "default-src 'none'; object-src none; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
            ["plugins"],
        ),
        ("default-src 'none' https:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'", None),
    ],
)
def test_other_directives(policy: str, expected: list[str] | None) -> None:
    found = kinds(policy)
    assert found == expected if expected is not None else "plugins" in found


def test_every_policy_is_enforced() -> None:
    strong = "default-src 'self'" + REST
    assert kinds(strong, "img-src *") == []
    assert kinds(f"img-src *, {strong}") == []
    assert kinds("default-src *" + REST, "script-src https:" + REST) == ["open-source"]
    assert kinds("script-src 'self'" + REST, "script-src 'nonce-x'" + REST) == ["nonce"]


@pytest.mark.parametrize(
    ("policies", "expected"),
    [
        (("script-src * 'unsafe-inline' 'unsafe-eval'" + REST, "upgrade-insecure-requests"), "all"),
        (("upgrade-insecure-requests", "script-src * 'unsafe-inline' 'unsafe-eval'" + REST), "all"),
        (("script-src * 'unsafe-inline' 'unsafe-eval'" + REST + ", upgrade-insecure-requests",), "all"),
        (("script-src 'self' 'unsafe-eval'" + REST, "img-src *", "font-src *"), ["unsafe-eval"]),
        (("script-src http: https:" + REST, "img-src *"), ["open-source", "open-source"]),
        (("img-src *" + REST, "upgrade-insecure-requests"), ["any-script"]),
        # what each of these leaves open, another one forbids
        (("img-src *", "script-src 'unsafe-inline'" + REST, "script-src *"), []),
        (("script-src * 'unsafe-eval'" + REST, "default-src 'self'"), []),
        # missing elsewhere is as open as allowed here
        (("default-src 'self'; object-src *; base-uri *; form-action *; frame-ancestors *", "img-src *"), "others"),
        (("img-src *", "default-src 'self'; object-src *; base-uri *; form-action *; frame-ancestors *"), "others"),
        (("default-src 'self'" + REST, "script-src *; object-src *; base-uri *; form-action *"), []),
    ],
)
def test_a_policy_that_does_not_restrict_something_hides_no_other(
    policies: tuple[str, ...], expected: list[str] | str
) -> None:
    named = {
        "all": ["unsafe-inline", "unsafe-eval", "open-source"],
        "others": ["plugins", "base", "frame-ancestors", "form-action"],
    }
    assert kinds(*policies) == (named[expected] if isinstance(expected, str) else expected)


def test_a_weakness_is_told_of_the_policy_that_has_it() -> None:
    [weakness] = weaknesses(["upgrade-insecure-requests", "script-src 'self' 'unsafe-eval'" + REST])
    assert weakness.what.startswith("allows 'unsafe-eval' in script-src")


def test_a_weakness_names_directive_and_keyword_only() -> None:
    [weakness] = weaknesses(["script-src data:" + REST])
    assert weakness.what == "allows data: in script-src, so a script can stand in the address itself"
    [weakness] = weaknesses(["script-src hunter2:" + REST])
    assert "hunter2" not in weakness.what + weakness.mend
    for policy in ("correct-horse $1" + REST, "correct-horse-src 'nonce-x'" + REST):
        assert "correct-horse" not in "".join(each.what + each.mend for each in weaknesses([policy]))
    [weakness] = weaknesses(["default-src 'self'; img-src $1" + REST])
    assert weakness.what.startswith("takes part of img-src from the request")


def test_framing() -> None:
    assert restricts_framing(["frame-ancestors 'self' https://partner.example.com"])
    assert not restricts_framing(["frame-ancestors *"])
    assert not restricts_framing(["default-src 'none'"])
