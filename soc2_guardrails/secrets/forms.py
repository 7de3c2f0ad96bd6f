"""How a reference is written for each secret manager that is built in."""

import re
from dataclasses import dataclass
from typing import Final, Literal

Presence = Literal["none", "optional", "needed"]


@dataclass(frozen=True)
class Form:
    """What a reference with one scheme may say."""

    text: str
    """The form as messages show it."""
    path: re.Pattern[str]
    """What stands between `://` and the query, decoded."""
    field: Presence
    """Whether a fragment names one field of the secret."""
    version: re.Pattern[str] | None = None
    """What `?version=` takes, None where there is no such parameter."""
    stage: re.Pattern[str] | None = None
    """What `?stage=` takes, None where there is no such parameter."""


_NUMBER: Final = re.compile(r"[1-9][0-9]{0,14}")
_TWO_PARTS: Final = re.compile(r"[^/]+/[^/]+")
_ANY_PATH: Final = re.compile(r"[^/]+(/[^/]+)*")
_ANY_VERSION: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")

FORMS: Final = {
    "env": Form("env://NAME", re.compile(r"[A-Za-z_][A-Za-z0-9_]*"), "none"),
    "vault": Form(
        "vault://<mount>/<path>[?version=<number>]#<field>",
        re.compile(r"(?!.*(^|/)\.{1,2}(/|$))[^/]+(/[^/]+)+"),
        "needed",
        version=_NUMBER,
    ),
    "aws-sm": Form(
        "aws-sm://<name>[?version=<id>|?stage=<stage>][#<json key>]",
        re.compile(r"[A-Za-z0-9/_+=.@:!-]{1,512}"),
        "optional",
        version=re.compile(r"[A-Za-z0-9-]{32,64}"),
        stage=re.compile(r"[A-Za-z0-9/_+=.@!-]{1,256}"),
    ),
    "gcp-sm": Form(
        "gcp-sm://<project>/<secret>[?version=<number or alias>][#<json key>]",
        _TWO_PARTS,
        "optional",
        version=re.compile(r"[A-Za-z0-9_-]{1,63}"),
    ),
    "azure-kv": Form(
        "azure-kv://<vault>/<secret>[?version=<id>][#<json key>]",
        re.compile(r"[A-Za-z0-9-]{3,24}/[A-Za-z0-9-]{1,127}"),
        "optional",
        version=re.compile(r"[0-9a-f]{32}"),
    ),
    "esc": Form(
        "esc://<project>/<environment>[?version=<revision or tag>]#<path>",
        _TWO_PARTS,
        "needed",
        version=_ANY_VERSION,
    ),
}

PLUGIN_FORM: Final = Form(
    "<scheme>://<path>[?version=<version>|?stage=<stage>][#<field>]",
    _ANY_PATH,
    "optional",
    version=_ANY_VERSION,
    stage=_ANY_VERSION,
)
"""The form of references to managers whose source is a plugin, which may be stricter itself."""
