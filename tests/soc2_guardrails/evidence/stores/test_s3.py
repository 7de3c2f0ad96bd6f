"""What is special about the bucket: what is asked of S3, and how its answers are told.

moto differs from S3 in that it carries out a conditional write in two steps (see `s3_server`), lets a retention be
shortened, takes any KMS key, and serves a bucket to every region. Nothing here leans on those.
"""

from __future__ import annotations

import base64
import hashlib
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from soc2_guardrails.evidence.stores import Store, StoreError, TakenError, open_store
from soc2_guardrails.evidence.stores.s3_errors import explained
from soc2_guardrails.workspace import S3Store
from tests.soc2_guardrails.evidence.stores.s3_server import S3Server

KMS_KEY = "arn:aws:kms:eu-central-1:123456789012:key/0f1e2d3c-0000-4000-8000-000000000000"
ROOT = Path()


@pytest.fixture
def store(s3_settings: S3Store) -> Store:
    return open_store(s3_settings, ROOT)


def test_a_record_is_put_once_encrypted_locked_and_with_its_checksum(
    s3_settings: S3Store, s3_server: S3Server, s3_client: Any, bucket: str
) -> None:
    store = open_store(s3_settings.model_copy(update={"kms_key": KMS_KEY}), ROOT)
    before = datetime.now(UTC)
    store.create("shop/1.json", b"content")

    asked = s3_server.application.requests[-1].headers
    assert asked["if-none-match"] == "*"
    assert asked["x-amz-checksum-sha256"] == base64.b64encode(hashlib.sha256(b"content").digest()).decode()
    kept = s3_client.head_object(Bucket=bucket, Key="soc2/shop/1.json")
    assert kept["ServerSideEncryption"] == "aws:kms"
    assert kept["SSEKMSKeyId"] == KMS_KEY
    assert kept["ObjectLockMode"] == "COMPLIANCE"
    retained = kept["ObjectLockRetainUntilDate"] - before
    assert timedelta(seconds=-1) <= retained - timedelta(days=400) < timedelta(minutes=1)


def test_nobody_deletes_a_record_or_an_old_head(store: Store, s3_client: Any, bucket: str) -> None:
    store.create("shop/1.json", b"content")
    store.replace("shop/head.json", b"one")
    store.replace("shop/head.json", b"two")

    versions = s3_client.list_object_versions(Bucket=bucket)["Versions"]
    assert len(versions) == 3
    for version in versions:
        with pytest.raises(ClientError, match="AccessDenied"):
            s3_client.delete_object(
                Bucket=bucket, Key=version["Key"], VersionId=version["VersionId"], BypassGovernanceRetention=True
            )
    assert s3_client.list_object_versions(Bucket=bucket)["Versions"] == versions
    old = [v for v in versions if v["Key"] == "soc2/shop/head.json" and not v["IsLatest"]]
    got = s3_client.get_object(Bucket=bucket, Key=old[0]["Key"], VersionId=old[0]["VersionId"])
    assert got["Body"].read() == b"one"


def test_a_delete_marker_hides_a_record_and_keeps_it(store: Store, s3_client: Any, bucket: str) -> None:
    store.create("shop/1.json", b"content")
    s3_client.delete_object(Bucket=bucket, Key="soc2/shop/1.json")

    assert store.read("shop/1.json") is None
    assert list(store.entries("shop")) == []
    assert len(s3_client.list_object_versions(Bucket=bucket)["Versions"]) == 1


def test_a_put_whose_answer_is_lost_is_not_taken_for_somebody_elses(store: Store, s3_server: S3Server) -> None:
    s3_server.application.answers_lost = 1
    store.create("shop/1.json", b"content")

    assert s3_server.application.answers_lost == 0
    assert store.read("shop/1.json") == b"content"
    with pytest.raises(TakenError):
        store.create("shop/1.json", b"content")


def test_more_than_a_page_is_listed_in_order_and_read_several_at_once(
    store: Store, s3_server: S3Server, s3_client: Any, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOTO_S3_DEFAULT_MAX_KEYS", "100")
    keys = [f"shop/{number:09}.json" for number in range(1, 251)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda key: s3_client.put_object(Bucket=bucket, Key=f"soc2/{key}", Body=key.encode()), keys))
    application = s3_server.application
    application.most_at_once, before = 0, len(application.requests)

    assert list(store.entries("shop")) == [(key, key.encode()) for key in keys]

    assert len(application.requests) - before == 3 + len(keys)
    assert 2 <= application.most_at_once <= 17  # a listing and 16 readers
    assert store.names() == keys


def test_who_stops_early_reads_little(store: Store, s3_server: S3Server) -> None:
    for number in range(100):
        store.create(f"shop/{number:09}.json", b"x")
    before = len(s3_server.application.requests)

    entries = store.entries("shop")
    next(entries)
    entries.close()  # type: ignore[attr-defined]  # a generator

    assert len(s3_server.application.requests) - before < 90


def test_the_prefix_is_a_folder_of_the_bucket(s3_settings: S3Store, s3_client: Any, bucket: str) -> None:
    for prefix in ("a", "a/", "/a/"):
        store = open_store(s3_settings.model_copy(update={"prefix": prefix}), ROOT)
        store.replace("1.json", prefix.encode())
        assert store.names() == ["1.json"]
    open_store(s3_settings.model_copy(update={"prefix": ""}), ROOT).create("ab/1.json", b"x")

    keys = [found["Key"] for found in s3_client.list_objects_v2(Bucket=bucket)["Contents"]]
    assert keys == ["a/1.json", "ab/1.json"]


def test_without_object_lock_nothing_is_stored_unless_it_is_given_up(s3_settings: S3Store, s3_client: Any) -> None:
    s3_client.create_bucket(Bucket="plain", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    plain = s3_settings.model_copy(update={"bucket": "plain"})

    with pytest.raises(StoreError, match=r"bucket plain: the bucket has no Object Lock.*evidence\.store\.retainDays"):
        open_store(plain, ROOT).create("shop/1.json", b"x")
    given_up = open_store(plain.model_copy(update={"retain_days": None}), ROOT)
    given_up.create("shop/1.json", b"x")
    assert given_up.read("shop/1.json") == b"x"


def test_a_missing_bucket_is_named(s3_settings: S3Store) -> None:
    store = open_store(s3_settings.model_copy(update={"bucket": "not-there"}), ROOT)
    _assert_all_fail(store, r"S3 bucket not-there: there is no such bucket.*evidence\.store\.bucket")


def test_missing_credentials_are_said(s3_settings: S3Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    _assert_all_fail(open_store(s3_settings, ROOT), "no AWS credentials were found.*AWS_PROFILE")


def test_a_missing_profile_is_said(s3_settings: S3Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "not-there")
    with pytest.raises(StoreError, match="the AWS profile does not exist"):
        open_store(s3_settings, ROOT)


def test_denied_access_names_the_permissions(store: Store, s3_client: Any, bucket: str) -> None:
    store.create("shop/1.json", b"x")
    s3_client.put_bucket_policy(
        Bucket=bucket,
        Policy=f"""{{"Version": "2012-10-17", "Statement": [{{"Effect": "Deny", "Principal": "*",
            "Action": "s3:*", "Resource": ["arn:aws:s3:::{bucket}", "arn:aws:s3:::{bucket}/*"]}}]}}""",
    )
    with pytest.raises(StoreError, match=rf"get shop/1\.json .* {bucket}: access is denied.*s3:GetObject"):
        store.read("shop/1.json")


def test_an_unreachable_endpoint_is_said(s3_settings: S3Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    settings = s3_settings.model_copy(update={"endpoint": "http://someone:canary-password@127.0.0.1:9"})
    _assert_all_fail(open_store(settings, ROOT), "it cannot be reached.*the network")


def test_an_endpoint_that_is_no_url_is_said(s3_settings: S3Store) -> None:
    with pytest.raises(StoreError, match=r"evidence\.store\.endpoint is no URL"):
        open_store(s3_settings.model_copy(update={"endpoint": "no url"}), ROOT)


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("PermanentRedirect", r"in another region.*evidence\.store\.region"),
        ("AuthorizationHeaderMalformed", r"in another region.*evidence\.store\.region"),
        ("AccessDenied", r"access is denied.*s3:PutObject.*s3:PutObjectRetention.*kms:GenerateDataKey"),
        ("ExpiredToken", "have expired.*get new ones"),
        ("KMS.DisabledException", "the KMS key is disabled"),
        ("InternalError", "S3 answered InternalError: We encountered"),
    ],
)
def test_answers_that_moto_does_not_give_are_told_as_well(s3_settings: S3Store, code: str, message: str) -> None:
    answer = {"Error": {"Code": code, "Message": "We encountered an error"}}
    told = explained(ClientError(answer, "PutObject"), s3_settings, "put shop/1.json")  # type: ignore[arg-type]
    with pytest.raises(StoreError, match=message):
        raise told


def test_without_the_aws_sdk_the_extra_is_named(s3_settings: S3Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "soc2_guardrails.evidence.stores.s3", raising=False)
    monkeypatch.setitem(sys.modules, "boto3", None)

    with pytest.raises(StoreError, match=r"pip install 'soc2-guardrails\[aws\]'"):
        open_store(s3_settings, ROOT)


def _assert_all_fail(store: Store, message: str) -> None:
    for use in (
        lambda: store.create("shop/1.json", b"x"),
        lambda: store.replace("shop/1.json", b"x"),
        lambda: store.read("shop/1.json"),
        lambda: list(store.entries("shop")),
        lambda: store.names(""),
    ):
        with pytest.raises(StoreError, match=message) as told:
            use()
        assert "canary" not in str(told.value)
        assert not isinstance(told.value, TakenError)
