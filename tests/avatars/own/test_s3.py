"""The same files in an S3-compatible service: a real server over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

import boto3
import httpx
import pytest
from django.core.files.storage import default_storage
from moto.server import ThreadedMotoServer
from pytest_django.fixtures import Settings

from accounts.models import Workspace
from accounts.tenancy import workspace_scope
from avatars.services import files as service
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
    backend = {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": OPTIONS | {"endpoint_url": address, "bucket_name": name}}
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
    assert (response.content, response.headers["Content-Type"]) == (b"\xff\xd8\xffpicture", "image/jpeg")
    with workspace_scope(workspace.pk):
        service._erase(workspace.pk, [row])
    assert not default_storage.exists(row.name)
    assert httpx.get(address).status_code == 404


def test_it_removes_what_was_written_when_the_rest_fails(bucket: str, workspace: Workspace) -> None:
    with pytest.raises(ZeroDivisionError), workspace_scope(workspace.pk), writing() as write:
        row = write(owner_id=uuid4(), purpose="photo", content=b"x", media_type="image/jpeg")
        assert default_storage.exists(row.name)
        _ = 1 / 0
    assert not default_storage.exists(row.name)
