"""The kinds of text that settings are made of. A validator's message says what is allowed."""

import re
from typing import Annotated, Final

from pydantic import AfterValidator, Field

_LABEL: Final = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
_DOMAIN: Final = re.compile(rf"(\*\.)?({_LABEL}\.)+[a-z]([a-z0-9-]{{0,61}}[a-z0-9])?")
_REPOSITORY: Final = re.compile(r"[A-Za-z0-9](-?[A-Za-z0-9]){0,38}/[A-Za-z0-9._-]{1,100}")
_ORIGIN: Final = re.compile(rf"https://{_LABEL}(\.{_LABEL})*(:\d{{1,5}})?")
_HTTPS_ADDRESS: Final = re.compile(r"https://[A-Za-z0-9.-]+(:\d{1,5})?(/[^\s\"@]*)?")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")
_CONTROL_NAMES: Final = {"\n": "a line feed", "\r": "a carriage return", "\t": "a tab", "\0": "a null character"}


def _domain(value: str) -> str:
    if len(value) > 253 or not _DOMAIN.fullmatch(value):
        raise ValueError("a domain name in lower case such as shop.example.com, without scheme, path or port")
    return value


def _repository(value: str) -> str:
    if not _REPOSITORY.fullmatch(value):
        raise ValueError("a GitHub repository in the form owner/name")
    return value


def _name(value: str) -> str:
    if not re.fullmatch(r"[a-z0-9]([a-z0-9._-]{0,98}[a-z0-9])?", value) or "---" in value:
        raise ValueError(
            "1 to 100 lower-case letters, digits, '.', '_' or '-', beginning and ending with one of the first two"
        )
    return value


def _variable_key(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", value):
        raise ValueError("letters, digits and '_', not beginning with a digit")
    return value


def _secret_name(value: str) -> str:
    if not re.fullmatch(r"(?!GITHUB_)[A-Z_][A-Z0-9_]*", value):
        raise ValueError("capital letters, digits and '_', not beginning with a digit or with GITHUB_")
    return value


def _header_name(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9-]*", value):
        raise ValueError("a header name such as X-Request-Origin")
    return value


def _header_value(value: str) -> str:
    if found := _CONTROL.search(value):
        what = _CONTROL_NAMES.get(found.group(), f"the control character U+{ord(found.group()):04X}")
        raise ValueError(f"one line without control characters; there is {what} at position {found.start() + 1}")
    if not value.strip():
        raise ValueError("a text that is not empty")
    return value


def _csp_source(value: str) -> str:
    if value.startswith("'nonce-"):
        raise ValueError("hashes, hosts and keywords; a nonce that stands in a file is the same in every response")
    if not value or re.search(r"[\x00-\x20\x7f;,]", value):
        raise ValueError("one source for each item, without space, comma, semicolon or newline")
    return value


def _origin(value: str) -> str:
    if not _ORIGIN.fullmatch(value):
        raise ValueError("an https origin such as https://partner.example.com, without path or wildcard")
    return value


def _grantee(value: str) -> str:
    return value if value == "self" else _origin(value)


def _token(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9-]*", value):
        raise ValueError("a name of letters, digits and '-', without a wildcard")
    return value


def _endpoint_name(value: str) -> str:
    if not re.fullmatch(r"[a-z][a-z0-9-]*", value):
        raise ValueError("a name of lower-case letters, digits and '-', beginning with a letter")
    return value


def _feature(value: str) -> str:
    if not re.fullmatch(r"[a-z][a-z-]*", value):
        raise ValueError("a browser feature such as camera or display-capture")
    return value


def _https_address(value: str) -> str:
    if not _HTTPS_ADDRESS.fullmatch(value):
        raise ValueError("an https address without credentials in it")
    return value


def _path(value: str) -> str:
    if not re.fullmatch(r"/[\x21-\x7e]*", value):
        raise ValueError("a path that begins with '/'")
    return value


def _branch(value: str) -> str:
    if not re.fullmatch(r"(?!/)[A-Za-z0-9._/-]{1,244}(?<![./])", value) or ".." in value or "//" in value:
        raise ValueError("the name of a Git branch, not a pattern")
    return value


Domain = Annotated[
    str,
    AfterValidator(_domain),
    Field(description="a domain name such as shop.example.com", json_schema_extra={"pattern": f"^{_DOMAIN.pattern}$"}),
]
RepositoryName = Annotated[
    str,
    AfterValidator(_repository),
    Field(description="a GitHub repository as owner/name", json_schema_extra={"pattern": f"^{_REPOSITORY.pattern}$"}),
]
Origin = Annotated[
    str,
    AfterValidator(_origin),
    Field(description="an https origin", json_schema_extra={"pattern": f"^{_ORIGIN.pattern}$"}),
]
HttpsAddress = Annotated[
    str,
    AfterValidator(_https_address),
    Field(description="an https address", json_schema_extra={"pattern": f"^{_HTTPS_ADDRESS.pattern}$"}),
]
Path = Annotated[
    str, AfterValidator(_path), Field(description="a path that begins with '/'", json_schema_extra={"pattern": "^/"})
]
Name = Annotated[str, AfterValidator(_name), Field(description="a name in lower case")]
VariableKey = Annotated[str, AfterValidator(_variable_key), Field(description="the name of a variable")]
SecretName = Annotated[str, AfterValidator(_secret_name), Field(description="the name of a secret on GitHub")]
HeaderName = Annotated[str, AfterValidator(_header_name), Field(description="a header name")]
HeaderValue = Annotated[str, AfterValidator(_header_value), Field(description="a text of one line")]
CspSource = Annotated[str, AfterValidator(_csp_source), Field(description="one source of a directive")]
Grantee = Annotated[str, AfterValidator(_grantee), Field(description="self or an https origin")]
Token = Annotated[str, AfterValidator(_token), Field(description="a name without a wildcard")]
EndpointName = Annotated[str, AfterValidator(_endpoint_name), Field(description="the name of an endpoint")]
Feature = Annotated[str, AfterValidator(_feature), Field(description="a browser feature")]
Branch = Annotated[str, AfterValidator(_branch), Field(description="the name of a Git branch")]
