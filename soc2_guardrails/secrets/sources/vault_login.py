"""Who this process is to Vault: a token it was given, or one it logs in for.

Variables are those of Vault's own command line where it has them. The first of these that is there is used:

1. `VAULT_TOKEN`
2. `VAULT_ROLE_ID` and `VAULT_SECRET_ID`: AppRole, mounted at `VAULT_AUTH_PATH` or `approle`
3. `VAULT_ROLE`, with a JSON web token from `VAULT_JWT`, the file `VAULT_JWT_FILE` or GitHub Actions, which is asked for
   the audience `VAULT_JWT_AUDIENCE` if given: JWT, mounted at `VAULT_AUTH_PATH` or `jwt`
4. the file `.vault-token` in the home directory, where `vault login` leaves its token
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import hvac
import requests

from ..source import Failure, FailureKind

_GITHUB_URL = "ACTIONS_ID_TOKEN_REQUEST_URL"
_GITHUB_TOKEN = "ACTIONS_ID_TOKEN_REQUEST_TOKEN"  # noqa: S105 - the name of a variable
_GITHUB_SECONDS = 10


@dataclass(frozen=True, slots=True)
class GivenToken:
    """A token that somebody else made, and will revoke."""

    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class AppRoleLogin:
    """A role and its secret id, which may be for one use."""

    role_id: str = field(repr=False)
    secret_id: str = field(repr=False)
    path: str


@dataclass(frozen=True, slots=True)
class JwtLogin:
    """A role that is bound to claims of a JSON web token."""

    role: str
    jwt: str = field(repr=False)
    path: str


Login = GivenToken | AppRoleLogin | JwtLogin


def login_of(environment: Mapping[str, str]) -> Login | Failure:
    """How the environment says that this process logs in."""
    if token := environment.get("VAULT_TOKEN"):
        return GivenToken(token)
    path = environment.get("VAULT_AUTH_PATH", "").strip("/")
    role_id, secret_id = environment.get("VAULT_ROLE_ID"), environment.get("VAULT_SECRET_ID")
    if role_id and secret_id:
        return AppRoleLogin(role_id, secret_id, path or "approle")
    if role := environment.get("VAULT_ROLE"):
        jwt = _json_web_token(environment)
        return jwt if isinstance(jwt, Failure) else JwtLogin(role, jwt, path or "jwt")
    left = _left_by_the_command_line(environment)
    if left:
        return GivenToken(left)
    return Failure(
        FailureKind.NOT_AUTHENTICATED,
        "there are no credentials for Vault; set VAULT_TOKEN, or VAULT_ROLE_ID and VAULT_SECRET_ID, or VAULT_ROLE and"
        " VAULT_JWT (in GitHub Actions VAULT_ROLE and the permission id-token: write), or run `vault login`",
    )


def log_in(client: hvac.Client, login: Login) -> None:
    """Give the client its token.

    Raises:
        hvac.exceptions.VaultError: When Vault refuses.
        requests.RequestException: When Vault cannot be reached.
    """
    match login:
        case GivenToken():
            client.token = login.token
        case AppRoleLogin():
            client.auth.approle.login(login.role_id, login.secret_id, mount_point=login.path)
        case JwtLogin():
            client.auth.jwt.jwt_login(login.role, login.jwt, path=login.path)


def _json_web_token(environment: Mapping[str, str]) -> str | Failure:
    if jwt := environment.get("VAULT_JWT"):
        return jwt
    if file := environment.get("VAULT_JWT_FILE"):
        try:
            return Path(file).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            return Failure(
                FailureKind.NOT_AUTHENTICATED, f"VAULT_JWT_FILE {file} cannot be read: {type(error).__name__}"
            )
    if environment.get(_GITHUB_URL) and environment.get(_GITHUB_TOKEN):
        return _from_github(environment)
    return Failure(
        FailureKind.NOT_AUTHENTICATED,
        "VAULT_ROLE is set but there is no JSON web token; set VAULT_JWT or VAULT_JWT_FILE, or give the job of GitHub"
        " Actions the permission id-token: write",
    )


def _from_github(environment: Mapping[str, str]) -> str | Failure:
    audience = environment.get("VAULT_JWT_AUDIENCE")
    try:
        response = requests.get(
            environment[_GITHUB_URL],
            params={"audience": audience} if audience else None,
            headers={"Authorization": f"bearer {environment[_GITHUB_TOKEN]}"},
            timeout=_GITHUB_SECONDS,
        )
        response.raise_for_status()
        return str(response.json()["value"])
    except (requests.RequestException, ValueError, KeyError, TypeError) as error:
        # The exception's own text has the address, which GitHub makes for one job.
        return Failure(FailureKind.NOT_AUTHENTICATED, f"GitHub Actions gave no identity token: {type(error).__name__}")


def _left_by_the_command_line(environment: Mapping[str, str]) -> str | None:
    home = environment.get("HOME")
    if not home:
        return None
    try:
        return (Path(home) / ".vault-token").read_text(encoding="utf-8").strip() or None
    except (OSError, UnicodeDecodeError):
        return None
