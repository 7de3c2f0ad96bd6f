"""What went wrong with a bucket, and what to do about it."""

from __future__ import annotations

from botocore import exceptions
from botocore.exceptions import ClientError

from soc2_guardrails.workspace import S3Store

from .addresses import without_credentials
from .store import StoreError

_CREDENTIALS = "set AWS_PROFILE, or let the CI job assume a role through OIDC"
_NEW_CREDENTIALS = f"get new ones: {_CREDENTIALS}"

_CONNECTION = "check the network, evidence.store.endpoint and evidence.store.region in soc2.yaml"
_REGION = "set evidence.store.region in soc2.yaml to the bucket's region"

_BY_CODE = {
    "NoSuchBucket": ("there is no such bucket", "make it, or correct evidence.store.bucket in soc2.yaml"),
    "PermanentRedirect": ("it is in another region", _REGION),
    "301": ("it is in another region", _REGION),
    "AuthorizationHeaderMalformed": ("it is in another region", _REGION),
    "ExpiredToken": ("the AWS credentials have expired", _NEW_CREDENTIALS),
    "ExpiredTokenException": ("the AWS credentials have expired", _NEW_CREDENTIALS),
    "InvalidAccessKeyId": ("AWS does not know the access key", _NEW_CREDENTIALS),
    "InvalidToken": ("AWS does not take the session token", _NEW_CREDENTIALS),
    "SignatureDoesNotMatch": ("the secret access key does not fit the access key", _NEW_CREDENTIALS),
    "RequestTimeTooSkewed": ("this machine's clock is wrong", "set the clock"),
    "KMS.NotFoundException": ("there is no such KMS key", "correct evidence.store.kmsKey in soc2.yaml"),
    "KMS.DisabledException": ("the KMS key is disabled", "enable it, or name another as evidence.store.kmsKey"),
    "NotImplemented": (
        "it does not know conditional writes, Object Lock or checksums, which evidence needs",
        "use a store that knows them",
    ),
}

_BY_TYPE: tuple[tuple[type[Exception], str, str], ...] = (
    (exceptions.NoCredentialsError, "no AWS credentials were found", _CREDENTIALS),
    (exceptions.PartialCredentialsError, "the AWS credentials are incomplete", _CREDENTIALS),
    (exceptions.ProfileNotFound, "the AWS profile does not exist", "correct AWS_PROFILE"),
    (exceptions.CredentialRetrievalError, "no AWS credentials could be got", _CREDENTIALS),
    (exceptions.TokenRetrievalError, "the AWS sign-in has ended", "sign in again: aws sso login"),
    (exceptions.SSOError, "the AWS sign-in has ended", "sign in again: aws sso login"),
    (exceptions.NoRegionError, "no AWS region is known", "set evidence.store.region in soc2.yaml"),
    (exceptions.InvalidRegionError, "the AWS region is none", "correct evidence.store.region in soc2.yaml"),
    (
        exceptions.ParamValidationError,
        "its name or a setting is not one that S3 takes",
        "correct evidence.store in soc2.yaml",
    ),
    (exceptions.ConnectionError, "it cannot be reached", _CONNECTION),
    (exceptions.HTTPClientError, "it cannot be reached", _CONNECTION),
)

_PERMISSIONS = {
    "PutObject": "s3:PutObject, with retainDays also s3:PutObjectRetention, with a KMS key also kms:GenerateDataKey",
    "GetObject": "s3:GetObject and s3:ListBucket, with a KMS key also kms:Decrypt",
    "HeadObject": "s3:GetObject and s3:ListBucket",
    "ListObjectsV2": "s3:ListBucket",
}


def code_of(error: ClientError) -> str:
    """The S3 error code, such as `NoSuchKey`; the HTTP status where the answer has no body."""
    return str(error.response.get("Error", {}).get("Code", ""))


def explained(error: Exception, settings: S3Store, doing: str) -> StoreError:
    """What to tell the user: the bucket, the cause and the mend. No credential is in it.

    Args:
        error: what botocore raised.
        settings: the store that was used.
        doing: what was tried, such as "get a/1.json".
    """
    cause, mend = _of_answer(error) if isinstance(error, ClientError) else _of_client(error, settings)
    return StoreError(f"Cannot {doing} in the S3 bucket {settings.bucket}: {cause}. To mend it, {mend}")


def _of_answer(error: ClientError) -> tuple[str, str]:
    code = code_of(error)
    message = str(error.response.get("Error", {}).get("Message", ""))
    if code in _BY_CODE:
        return _BY_CODE[code]
    if code in {"AccessDenied", "403"}:
        needed = _PERMISSIONS.get(error.operation_name, error.operation_name)
        return "access is denied", f"grant {needed} to the role that runs soc2 (docs/evidence-stores.md)"
    if code == "InvalidRequest" and "lock" in message.lower():
        return (
            "the bucket has no Object Lock, so nobody is kept from deleting records",
            "turn Object Lock on, or give up the protection with evidence.store.retainDays: null in soc2.yaml",
        )
    return f"S3 answered {code}: {without_credentials(message)}", "see docs/evidence-stores.md"


def _of_client(error: Exception, settings: S3Store) -> tuple[str, str]:
    for kind, cause, mend in _BY_TYPE:
        if isinstance(error, kind):
            return cause, mend
    if isinstance(error, ValueError) and settings.endpoint:
        return "evidence.store.endpoint is no URL", "write it as https://HOST in soc2.yaml"
    return without_credentials(str(error)), "see docs/evidence-stores.md"
