"""A bucket with Object Lock: what is written stays as it is until its date, whoever holds our credentials."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError

from dataroom.adapters.s3_client import S3Settings, connect, location, translated
from dataroom.errors import Conflict, Unavailable

_TAKEN = {"PreconditionFailed", "412", "ConditionalRequestConflict"}
_THERE = {"BucketAlreadyOwnedByYou", "BucketAlreadyExists"}
_UNLOCKED = {"ObjectLockConfigurationNotFoundError", "ObjectLockConfigurationNotFound"}


class LockedBucket:
    """Notes under COMPLIANCE retention.

    Deletion markers and newer versions may be laid over a note by whoever may write; the note below stays. So
    everything here reads all versions, never only the newest.
    """

    def __init__(self, settings: S3Settings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._client: tuple[int, Any] | None = None

    def prepare(self) -> None:
        """Make the bucket, with Object Lock, if it is missing; `Unavailable` if one is there without."""
        with translated("make the locked bucket"):
            try:
                self._s3.create_bucket(
                    Bucket=self._settings.bucket, ObjectLockEnabledForBucket=True, **location(self._settings.region)
                )
            except ClientError as error:
                if _code(error) not in _THERE:
                    raise
        self.ready()

    def ready(self) -> None:
        """Returns if the bucket locks objects; else `Unavailable`."""
        with translated("look at the locked bucket"):
            try:
                found = self._s3.get_object_lock_configuration(Bucket=self._settings.bucket)
                locks = found.get("ObjectLockConfiguration", {}).get("ObjectLockEnabled") == "Enabled"
            except ClientError as error:
                if _code(error) not in _UNLOCKED:
                    raise
                locks = False
        if not locks:
            raise Unavailable("The bucket for anchors has no Object Lock.", code="bucket-without-lock")

    def keep(self, key: str, data: bytes, until: datetime) -> tuple[str, datetime]:
        """Write `data` under `key`, locked until then; returns the id of its version, and until when it is locked.

        `Conflict` when the key holds something else. `Unavailable` unless the server confirms the lock.
        """
        s3, place = self._s3, {"Bucket": self._settings.bucket, "Key": key}
        with translated("lock a note"):
            try:
                version = s3.put_object(
                    **place, Body=data, IfNoneMatch="*", ObjectLockMode="COMPLIANCE", ObjectLockRetainUntilDate=until
                )["VersionId"]
            except ClientError as error:
                if _code(error) not in _TAKEN:
                    raise
                version = next((one for one, held in self._versions(key) if held == data), None)
                if version is None:
                    raise Conflict("Another note is locked under this size.", code="anchor-taken") from None
            kept = s3.get_object_retention(**place, VersionId=version)["Retention"]
        if kept.get("Mode") != "COMPLIANCE" or kept["RetainUntilDate"] < datetime.now(UTC):
            raise Unavailable("The bucket for anchors did not lock the note.", code="bucket-without-lock")
        return str(version), kept["RetainUntilDate"]

    def first(self, prefix: str) -> tuple[str, list[bytes]] | None:
        """The first key, in order, that begins with `prefix`, and everything ever written under it."""
        with translated("look for anchors"):
            pages = self._s3.get_paginator("list_object_versions")
            for page in pages.paginate(Bucket=self._settings.bucket, Prefix=prefix):
                for item in page.get("Versions", []):
                    key = str(item["Key"])
                    return key, [data for _, data in self._versions(key)]
        return None

    def every(self, prefix: str) -> Iterator[tuple[str, bytes]]:
        """Everything ever written under keys that begin with `prefix`, with its key, in the order of the keys."""
        with translated("read the anchors"):
            pages = self._s3.get_paginator("list_object_versions")
            for page in pages.paginate(Bucket=self._settings.bucket, Prefix=prefix):
                for item in page.get("Versions", []):
                    yield str(item["Key"]), self._read(str(item["Key"]), str(item["VersionId"]))

    def _versions(self, key: str) -> Iterator[tuple[str, bytes]]:
        pages = self._s3.get_paginator("list_object_versions")
        for page in pages.paginate(Bucket=self._settings.bucket, Prefix=key):
            for item in page.get("Versions", []):
                if item["Key"] == key:
                    yield str(item["VersionId"]), self._read(key, str(item["VersionId"]))

    def _read(self, key: str, version: str) -> bytes:
        reply = self._s3.get_object(Bucket=self._settings.bucket, Key=key, VersionId=version)
        with closing(reply["Body"]) as body:
            return bytes(body.read())

    @property
    def _s3(self) -> Any:
        with self._lock:
            if self._client is None or self._client[0] != os.getpid():
                self._client = (os.getpid(), connect(self._settings))
            return self._client[1]


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))
