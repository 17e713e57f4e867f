"""The object store on a bucket that keeps no versions, for servers that have none; the operator asks for it by name.

Objects have random names and are never written twice, so what a version id is for elsewhere is done here by the
entity tag the server gave the bytes: it stands in the version's place, and a read whose tag differs is refused. What
is lost is written in DECISIONS.md: an object overwritten or deleted by somebody with the bucket is gone.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from botocore.exceptions import ClientError

from dataroom.adapters.s3 import S3Store
from dataroom.adapters.s3_client import S3Settings, location, translated
from dataroom.errors import Tampered, Unavailable
from dataroom.vault.store import Listed, Missing, Stored

_NO_VERSIONING = {"NotImplemented", "MethodNotAllowed", "501"}
_THERE = {"BucketAlreadyOwnedByYou", "BucketAlreadyExists"}


class UnversionedStore(S3Store):
    """`dataroom.vault.store.ObjectStore` on a bucket without versions; refuses one that keeps or kept them."""

    def ready(self) -> None:
        """Returns if the bucket exists, serves us and keeps no versions; else `Unavailable`.

        With versions, `erase` would leave the bytes behind: such a bucket wants the other store.
        """
        with translated("look at the bucket"):
            self._s3.head_bucket(Bucket=self._settings.bucket)
            try:
                state = self._s3.get_bucket_versioning(Bucket=self._settings.bucket).get("Status")
            except ClientError as error:
                if str(error.response.get("Error", {}).get("Code", "")) not in _NO_VERSIONING:
                    raise
                state = None
        if state is not None:
            raise Unavailable("The object store's bucket keeps versions, against the configuration.")

    def prepare(self) -> None:
        """Make the bucket if it is missing. May be repeated."""
        with translated("make the bucket"):
            try:
                self._s3.create_bucket(Bucket=self._settings.bucket, **location(self._settings.region))
            except ClientError as error:
                if str(error.response.get("Error", {}).get("Code", "")) not in _THERE:
                    raise
        self.ready()

    def put_once(self, key: str, data: bytes) -> bool:
        """Store `data` unless the key holds something. Looks first, because servers without versions tend to
        ignore conditions: of two at the very same moment the later stays.
        """
        if self._tag(key) is not None:
            return False
        return super().put_once(key, data)

    def erase(self, key: str) -> int:
        """Remove `key`; returns whether there was anything, as 1 or 0. May be repeated."""
        if self._tag(key) is None:
            return 0
        with translated("erase an object"):
            self._s3.delete_object(Bucket=self._settings.bucket, Key=key)
        return 1

    def listing(self, prefix: str) -> Iterator[Listed]:
        """Every key that begins with `prefix`; its entity tag stands for the version."""
        with translated("list objects"):
            pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=self._settings.bucket, Prefix=prefix)
            for page in pages:
                for item in page.get("Contents", []):
                    yield Listed(item["Key"], _plain(item["ETag"]), item["Size"], item["LastModified"], True)

    def _pin(self, key: str, reply: dict[str, Any]) -> str:
        """The entity tag that readers will be shown; after an upload in parts it is another than the reply's."""
        tag = self._tag(key)
        if tag is None:
            raise Unavailable("The object store lost what it had just stored.")
        return tag

    def _get(self, stored: Stored, **more: str) -> dict[str, Any]:
        reply: dict[str, Any] = self._s3.get_object(Bucket=self._settings.bucket, Key=stored.key, **more)
        if _plain(reply["ETag"]) != stored.version_id:
            reply["Body"].close()
            raise Tampered("The object store answered with another object.")
        return reply

    def _tag(self, key: str) -> str | None:
        try:
            with translated("look at an object"):
                return _plain(self._s3.head_object(Bucket=self._settings.bucket, Key=key)["ETag"])
        except Missing:
            return None


def object_store(settings: S3Settings) -> S3Store:
    """The store that fits `settings.versions`."""
    return {"kept": S3Store, "none": UnversionedStore}[settings.versions](settings)


def _plain(tag: str) -> str:
    """An entity tag without its quotes, which some servers leave away in listings."""
    return tag.strip('"')
