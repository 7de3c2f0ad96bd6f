"""Strings that have broken other people's parsers, terminals, logs and regular expressions.

A string with half of a surrogate pair is not among them: protobuf has no such string. JSON in a string may spell one.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

_KINDS: Final = {
    "nothing and blanks": (
        "",
        " ",
        "\t \u00a0\u3000",
        "\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f",
    ),
    "control characters and ends of lines": (
        "\x00",
        "cut\x00off",
        "".join(map(chr, (*range(0x20), 0x7F))),
        "".join(map(chr, range(0x80, 0xA0))),
        "\r\nmend: nothing to do\nsee: nowhere",
        "\u2028\u2029\x85\x0b\x0c",
    ),
    "escapes of terminals": (
        "\x1b[2J\x1b[1;1H passed",
        "\x9b31m",
        "\x1b]0;passed\x07\x1b]8;;https://example.com\x1b\\here\x1b]8;;\x1b\\",
        "\x1bP1$r0m\x1b\\\x1bc",
        "refused\b\b\b\b\b\b\bpassed\x1b[8m\x07",
    ),
    "direction of writing": (
        "\u202egnissap\u202c \u2066\u2069\u200b\ufeff",
        "\u061c\u200e\u200f\u202a\u202b\u202d\u2067\u2068",
        "key \u05de\u05e4\u05ea\u05d7 1 \u0645\u0641\u062a\u0627\u062d 2",
    ),
    "no width, and no characters": (
        "pass\u00adwo\u200brd\u2060\u180e\u200c\u200d",
        "\ufeff{}",
        "\ufffe\uffff\ufffd\U0010ffff\ufdd0",
        "\ue000\uf8ff\U000f0000\U000e0041\ufe0f",
    ),
    "scripts, and letters that change with their case": (
        "a\u0301\u0327" + "\u0316" * 200,
        "\u0e01\u0e49\u0e49\u0e49\u0e49 \u0915\u094d\u0937\u093f \ufdfd",
        "\uac00 \u1100\u1161 \u79d8\u5bc6 \U00020bb7\U0002a6d6 \U00010410\U00010438",
        "\u0130\u0131\u017f\u1e9e\ufb01",  # their lower and upper case differ in length or do not come back
        "\u023a\u023e\u03c2\u01c5\u1f88",
        "\uff21\uff35\uff34\uff28\uff3f\uff33\uff25\uff23\uff32\uff25\uff34",
        "\U0001d412\U0001d404\U0001d402\U0001d411\U0001d404\U0001d413 \u249c \u2488 \u210c",
        "p\u0430ssw\u043erd",  # with Cyrillic letters that look the same
    ),
    "emoji": (
        "\U0001f468\u200d\U0001f469\u200d\U0001f467 \U000e0001 \uffff",
        "\U0001f511\U0001f3ff\ufe0f 7\ufe0f\u20e3 \U0001f1e6\U0001f1e8\U0001f1e6",
    ),
    "numbers": (
        "\u0663\u0661\u0665\u0663\u0666\u0660\u0660\u0660",  # digits that int() takes
        "\u00b2\u2460\u00bd\u0bf0\u3007",  # digits that it does not take
        "\uff11\uff12",
        "0",
        "-0",
        "007",
        "1_000",
        "1,000.00",
        "+1e2",
        "0x7f",
        "9" * 5_000,  # more than int() takes
        "1e999",
        "1e-999",
        "NaN",
        "-Infinity",
        "9007199254740993",
    ),
    "words that mean something elsewhere": (
        "null",
        "None",
        "undefined",
        "nil",
        "true",
        "FALSE",
        "yes",
        "off",
        "~",
        "__proto__",
        "constructor",
        "hasOwnProperty",
        "__class__.__init__",
        "NUL",
        "com1.txt",
        "[secret]",
        "~ALL",
        "~DEFAULT_BRANCH",
        "production",
    ),
    "words with a telling part": (
        "passwordless",
        "secretariat",
        "tokenizer",
        "keyboard",
        "authoritative",
    ),
    "shells, templates, formats and queries": (
        "--help; $(id) `id` ${HOME} %s %n {0} {x!r} {{7*7}}",
        "%",
        "%(name)s %*d %1$n %99999999d",
        "{",
        "{0.__class__.__mro__} {:>99999999}",
        "${{ secrets.GITHUB_TOKEN }} ${jndi:ldap://example.com} #{1} <%= 1 %> {% raw %}",
        "[/bold][link=https://example.com]passed[/link] <{%reset%}>",
        "() { :; }; true | tee x && exit 0 #",
        "'); DELETE FROM decisions; --",
        "' OR 'a'='a",
        "*)(uid=*",
        "=1+1",
    ),
    "markup and scripts": (
        "'\"\\`<script>|&;#%",
        "<svg/onload=confirm`1`>",
        '"><img src=. onerror=confirm(1)>',
        "java\tscript:confirm(1)",
        "data:text/html;base64,PHA+",
        "&lt;b&gt;&#0;&#x1F600;&nosuch;",
        "]]>--><!DOCTYPE x [<!ENTITY y SYSTEM 'file:///etc/passwd'>]>",
        "</title></script></textarea>",
        "[x](javascript:confirm(1)) | ``` | ![]()",
    ),
    "paths": (
        "../../../etc/passwd",
        "..\\..\\windows\\win.ini",
        "%2e%2e%2f%2e%2e%2fetc%2fpasswd%00.png",
        "%ff%zz%",
        "....//....//",
        "/dev/null",
        "file:///etc/passwd",
        "C:",
        "\\\\host\\share",
        "~root",
        "/" * 5_000,
        "refs/heads/" + "x/" * 500,
    ),
    "addresses": (
        "0.0.0.0/0",
        "::/0",
        "999.999.999.999/99",
        "http://[::1",
        "http://user:@:99999/#?",
        "https://xn--/",
        "//example.com",
    ),
    "JSON": (
        "{}",
        "[]",
        '"',
        '{"key": "a", "key": ["b"]}',
        '{"key": {"re": "(a+)+$"}}',
        '{"headers": [{"source": 1, "headers": {"key": []}}], "routes": {}}',
        '"\\ud83d"',
        '{"key": "\\udc00\\ud800", "\\udfff": "\\u0000"}',
        '{"key": NaN, "value": 1e999}',
        "[" * 20_000,
        '{"a":' * 20_000,
    ),
    "patterns": (
        "(" * 3_000 + ")" * 3_000,
        "[" * 3_000 + "]" * 3_000,
        "/a/" + "(" * 3_000 + ")" * 3_000,
        "**/" * 40 + "x",
        "*a" * 40 + "b",
        "[a--b]",
        "[z-a]",
        "[!a]",
        "\\",
        "(?P<",
        "a{99999}{99999}",
        "(?<!a*)\\1",
    ),
    "long ones": (
        "a" * 50_000,
        "\U0001f511" * 5_000,
        "'nonce-" + "a" * 5_000,
        "default-src " * 2_000,
        "a;" * 5_000,
        "a," * 5_000,
        "eyJhbGciOiJIUzI1NiJ9.eyJhIjpb" + "W1tb" * 5_000 + "." + "x" * 20,  # a token whose claims are brackets
        "eyJ" * 10_000,
        "https://edge-config.vercel.com/" * 1_000,
        "postgres://" + "a:" * 5_000 + "@",
    ),
}

OWN: Final = tuple(text for kind in _KINDS.values() for text in kind)
"""The project's own."""

PLACE: Final = "../shared/corpora/blns/blns.json"
"""Where the Big List of Naughty Strings may lie, from the project's root. The project does not ship it."""

CORPUS: Final = Path(__file__).resolve().parents[2] / PLACE


def corpus() -> tuple[str, ...]:
    """The strings of the Big List.

    Raises:
        OSError: it is not there.
    """
    return tuple(json.loads(CORPUS.read_text(encoding="utf-8")))
