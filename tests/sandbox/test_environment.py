import pytest

from sandbox.environment import credential_names, without_host_settings

CREDENTIALS = [
    "VERCEL_API_TOKEN",
    "GITHUB_TOKEN",
    "GH_TOKEN",
    "PULUMI_ACCESS_TOKEN",
    "PULUMI_CONFIG_PASSPHRASE",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_PROFILE",
    "VAULT_ADDR",
    "VAULT_TOKEN",
    "STRIPE_API_KEY",
    "SENTRY_AUTH_TOKEN",
    "SENTRY_DSN",
    "DATABASE_URL",
    "POSTGRES_PASSWORD",
    "PGPASSWORD",
    "GITHUB_PAT",
    "AZURE_CLIENT_SECRET",
    "GOOGLE_APPLICATION_CREDENTIALS",
    "SSH_PRIVATE_KEY",
    "SLACK_WEBHOOK_URL",
    "npm_config_token",
]
PLAIN = [
    "AWS_REGION",
    "AWS_CA_BUNDLE",
    "VAULT_CACERT",
    "PATH",
    "HOME",
    "LANG",
    "TERM",
    "CI",
    "GITHUB_ACTIONS",
    "GITHUB_REPOSITORY",
    "KEYBOARD",
    "TMPDIR",
    "USER",
]


@pytest.mark.parametrize("name", CREDENTIALS)
def test_names_of_credentials_are_removed(name: str) -> None:
    assert credential_names({name: "v"}) == (name,)
    assert without_host_settings({name: "v"}) == {}


@pytest.mark.parametrize("name", PLAIN)
def test_other_names_stay(name: str) -> None:
    assert without_host_settings({name: "v"}) == {name: "v"}


@pytest.mark.parametrize(
    ("value", "removed"),
    [
        ("https://someone:canary@example.com/", True),
        ("postgres://u:p@db/app", True),
        ("https://example.com:8080/", False),
        ("https://example.com/a:b@c", False),
        ("/usr/bin:/bin", False),
    ],
)
def test_urls_with_a_password_are_removed(value: str, removed: bool) -> None:
    assert (credential_names({"PIP_INDEX": value}) == ("PIP_INDEX",)) is removed


def test_the_users_pulumi_settings_are_removed_and_not_called_credentials() -> None:
    assert without_host_settings({"PULUMI_BACKEND_URL": "s3://theirs"}) == {}
    assert credential_names({"PULUMI_BACKEND_URL": "s3://theirs"}) == ()
