"""Strings that have broken other people's parsers, terminals, logs and regular expressions.

A corpus of more of them is read from beside the project where there is one.
"""

from __future__ import annotations

import json
from pathlib import Path

OWN = (
    "",
    " ",
    "\t \u00a0\u3000",
    "\x00",
    "\x1b[2J\x1b[1;1H passed",
    "\x9b31m",
    "\r\nmend: nothing to do\nsee: nowhere",
    "\u2028\u2029\x85\x0b\x0c",
    "\u202egnissap\u202c \u2066\u2069\u200b\ufeff",
    "a\u0301\u0327" + "\u0316" * 200,
    "\U0001f468\u200d\U0001f469\u200d\U0001f467 \U000e0001 \uffff",
    "\u0130\u0131\u017f\u1e9e\ufb01",  # letters whose lower and upper case differ in length or do not come back
    "\u0663\u0661\u0665\u0663\u0666\u0660\u0660\u0660",  # digits that int() takes
    "--help; $(id) `id` ${HOME} %s %n {0} {x!r} {{7*7}}",
    "'\"\\`<script>|&;#%",
    "../../../etc/passwd",
    "__proto__",
    "__class__.__init__",
    "null",
    "NaN",
    "-Infinity",
    "1e999",
    "true",
    "{}",
    "[]",
    '"',
    '{"key": "a", "key": ["b"]}',
    '{"key": {"re": "(a+)+$"}}',
    '{"headers": [{"source": 1, "headers": {"key": []}}], "routes": {}}',
    "[" * 20_000,
    '{"a":' * 20_000,
    "(" * 3_000 + ")" * 3_000,
    "[" * 3_000 + "]" * 3_000,
    "**/" * 40 + "x",
    "*a" * 40 + "b",
    "/" * 5_000,
    "a" * 50_000,
    "'nonce-" + "a" * 5_000,
    "default-src " * 2_000,
    "a;" * 5_000,
    "a," * 5_000,
    "eyJhbGciOiJIUzI1NiJ9.eyJhIjpb" + "W1tb" * 5_000 + "." + "x" * 20,  # a token whose claims are brackets all the way
    "eyJ" * 10_000,
    "https://edge-config.vercel.com/" * 1_000,
    "postgres://" + "a:" * 5_000 + "@",
    "/a/" + "(" * 3_000 + ")" * 3_000,
    "[a--b]",
    "0.0.0.0/0",
    "::/0",
    "999.999.999.999/99",
    "~ALL",
    "~DEFAULT_BRANCH",
    "production",
    "[z-a]",
    "[!a]",
    "\\",
    "refs/heads/" + "x/" * 500,
)

_CORPUS = Path(__file__).resolve().parents[3] / "shared" / "corpora" / "blns" / "blns.json"


def corpus() -> tuple[str, ...]:
    """The strings of the corpus beside the project; none where it is missing."""
    if not _CORPUS.is_file():
        return ()
    return tuple(json.loads(_CORPUS.read_text(encoding="utf-8")))
