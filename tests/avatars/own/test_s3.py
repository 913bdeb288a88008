"""The same files in an S3-compatible service: a real server over HTTP."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import boto3
import httpx
import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone
from moto.server import ThreadedMotoServer
from pytest_django.fixtures import Settings

from accounts.identifiers import uuid7
from accounts.models import Workspace
from accounts.tenancy import workspace_scope
from avatars.services import files as service
from avatars.services import orphans
from avatars.storage import content_of, link, writing

pytestmark = pytest.mark.django_db
OPTIONS = {
    "region_name": "eu-central-1",
    "access_key": "test",
    "secret_key": "secret",
    "default_acl": None,
    "querystring_auth": True,
    "querystring_expire": 7200,
    "file_overwrite": False,
    "signature_version": "s3v4",
}


@pytest.fixture
def bucket(settings: Settings) -> Iterator[str]:
    """The address of a server with one empty bucket, which the storage now uses."""
    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    address = f"http://{host}:{port}".replace("0.0.0.0", "127.0.0.1")  # noqa: S104
    client = boto3.client(
        "s3", endpoint_url=address, region_name="eu-central-1", aws_access_key_id="test", aws_secret_access_key="secret"
    )
    name = f"visavis-{uuid4()}"  # the server of the test before has the same memory
    client.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    backend = {"BACKEND": "avatars.bucket.PrivateBucket", "OPTIONS": OPTIONS | {"endpoint_url": address, "bucket_name": name}}
    settings.STORAGES = settings.STORAGES | {"default": backend}
    yield address
    server.stop()


def test_it_keeps_shows_and_erases_files_there(
    bucket: str, workspace: Workspace, django_capture_on_commit_callbacks: object
) -> None:
    with workspace_scope(workspace.pk), writing() as write:
        row = write(owner_id=uuid4(), purpose="portrait", content=b"\xff\xd8\xffpicture", media_type="image/jpeg")
        row.save(force_insert=True)
    assert content_of(row) == b"\xff\xd8\xffpicture"
    address = link(row)
    assert address.startswith(bucket)
    assert {"X-Amz-Expires=7200", "X-Amz-Algorithm=AWS4-HMAC-SHA256"} <= set(address.split("?")[1].split("&"))
    response = httpx.get(address)
    assert response.headers["Content-Disposition"] == "inline"
    part = httpx.get(address, headers={"Range": "bytes=3-5"})
    assert (part.status_code, part.content) == (206, b"pic")
    assert (response.content, response.headers["Content-Type"]) == (b"\xff\xd8\xffpicture", "image/jpeg")
    with workspace_scope(workspace.pk):
        service._erase(workspace.pk, [row])
    assert not default_storage.exists(row.name)
    assert httpx.get(address).status_code in {403, 404}  # services differ in what they tell those with an address


def test_it_removes_what_was_written_when_the_rest_fails(bucket: str, workspace: Workspace) -> None:
    with pytest.raises(ZeroDivisionError), workspace_scope(workspace.pk), writing() as write:
        row = write(owner_id=uuid4(), purpose="photo", content=b"x", media_type="image/jpeg")
        assert default_storage.exists(row.name)
        _ = 1 / 0
    assert not default_storage.exists(row.name)


@pytest.fixture
def client_of(bucket: str) -> Any:
    """A client of the service, as an operator has one."""
    return boto3.client(
        "s3", endpoint_url=bucket, region_name="eu-central-1", aws_access_key_id="test", aws_secret_access_key="secret"
    )


def bucket_name() -> str:
    name: str = default_storage.bucket.name  # type: ignore[attr-defined]
    return name


def versions(client: Any) -> list[str]:
    """The keys of all versions and marks of deletion."""
    found = client.list_object_versions(Bucket=bucket_name())
    return sorted(one["Key"] for kind in ("Versions", "DeleteMarkers") for one in found.get(kind, []))


def test_it_erases_every_version(bucket: str, client_of: Any, workspace: Workspace) -> None:
    client_of.put_bucket_versioning(Bucket=bucket_name(), VersioningConfiguration={"Status": "Enabled"})
    with workspace_scope(workspace.pk), writing() as write:
        row = write(owner_id=uuid4(), purpose="portrait", content=b"\xff\xd8\xffpicture", media_type="image/jpeg")
        row.save(force_insert=True)
    client_of.put_object(Bucket=bucket_name(), Key=row.name, Body=b"overwritten by somebody")
    client_of.delete_object(Bucket=bucket_name(), Key=row.name)  # as a tool does: only marked
    client_of.put_object(Bucket=bucket_name(), Key=f"{row.name}2", Body=b"another")
    assert len(versions(client_of)) == 4
    with workspace_scope(workspace.pk):
        service._erase(workspace.pk, [row])
    assert versions(client_of) == [f"{row.name}2"]
    default_storage.delete(row.name)  # once more harms nothing
    assert versions(client_of) == [f"{row.name}2"]


def test_it_finds_orphans_there(bucket: str, workspace: Workspace) -> None:
    assert orphans.sweep(timezone.now()) == 0
    with workspace_scope(workspace.pk), writing() as write:
        row = write(owner_id=uuid4(), purpose="upload", content=b"x", media_type="image/jpeg")
        row.save(force_insert=True)
    name = default_storage.save(f"quarantine/{workspace.pk}/{uuid7()}.jpg", ContentFile(b"left behind"))
    assert orphans.sweep(timezone.now() + timedelta(hours=23)) == 0
    assert orphans.sweep(timezone.now() + timedelta(hours=25)) == 1
    assert [default_storage.exists(one) for one in (name, row.name)] == [False, True]


def test_operators_are_told_a_rule_that_the_service_takes(bucket: str, client_of: Any) -> None:
    text = (Path(__file__).parents[3] / "docs" / "operations.md").read_text()
    found = re.search(r"```json\n(.*?CORSRules.*?)```", text, re.DOTALL)
    assert found, "the rule is not in docs/operations.md"
    rule = json.loads(found[1])
    client_of.put_bucket_cors(Bucket=bucket_name(), CORSConfiguration=rule)
    kept = client_of.get_bucket_cors(Bucket=bucket_name())["CORSRules"]
    assert kept == rule["CORSRules"]
    assert kept[0]["AllowedMethods"] == ["GET", "HEAD"]
    assert "Range" in kept[0]["AllowedHeaders"]


def test_it_gives_a_service_up_that_hangs(bucket: str) -> None:
    config = default_storage.connection.meta.client.meta.config  # type: ignore[attr-defined]
    assert (config.connect_timeout, config.read_timeout) == (3, 10)
    assert config.retries["total_max_attempts"] == 2
    assert config.signature_version == "s3v4"
