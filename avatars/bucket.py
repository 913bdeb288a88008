"""Files in an S3-compatible service: nothing public, and what is deleted leaves no version behind."""

from __future__ import annotations

from typing import Any

from botocore.config import Config
from storages.backends.s3 import S3Storage
from storages.utils import clean_name

# Seconds to connect, and between two pieces of an answer; tries of one call in all.
_PATIENCE = Config(connect_timeout=3, read_timeout=10, retries={"total_max_attempts": 2, "mode": "standard"})


class PrivateBucket(S3Storage):  # type: ignore[misc]
    """Names are made by us and used once, so older versions of one exist only where it was deleted.

    A service that hangs is given up soon: some files are written while their row is locked.
    """

    client_config: Config

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        config: Config = self.client_config
        self.client_config = config.merge(_PATIENCE)

    def delete(self, name: str) -> None:
        """Remove the object; in a bucket that keeps versions, every one of them."""
        key = self._normalize_name(clean_name(name))
        answer: dict[str, Any] = self.connection.meta.client.delete_object(Bucket=self.bucket.name, Key=key)
        if not answer.get("DeleteMarker"):
            return
        for version in self.bucket.object_versions.filter(Prefix=key):
            if version.object_key == key:
                version.delete()

    def signed(self, name: str, *, media_type: str, disposition: str) -> str:
        """An address that shows the object for a while, as what it is and under the name that it is saved by."""
        said = {"ResponseContentType": media_type, "ResponseContentDisposition": disposition}
        address: str = self.url(name, parameters=said)
        return address
