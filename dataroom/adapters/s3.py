"""The object store on S3 (SeaweedFS, Ceph, AWS): one versioned bucket, everything pinned to the version written."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, suppress
from datetime import datetime
from itertools import chain
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError

from dataroom.adapters.s3_client import S3Settings, connect, location, translated
from dataroom.adapters.s3_parts import PART_BYTES, Parts
from dataroom.errors import DataroomError, Invalid, Tampered, Unavailable
from dataroom.vault.store import Listed, Stored

__all__ = ["CONCURRENT_PARTS", "PART_BYTES", "S3Settings", "S3Store"]

CONCURRENT_PARTS = 3
RESUMED_AFTER = 0.1
_READ_BYTES = 256 * 1024
_LIST_AT_ONCE = 1000
_DELETE_AT_ONCE = 1000
_TAKEN = {"PreconditionFailed", "412", "ConditionalRequestConflict"}


class S3Store:
    """`dataroom.vault.store.ObjectStore` on one bucket. Safe for threads; connections are per process."""

    def __init__(self, settings: S3Settings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._client: tuple[int, Any] | None = None

    def alive(self) -> None:
        """Returns if the server answers and knows us; the bucket need not exist yet."""
        with translated("list buckets"):
            self._s3.list_buckets()

    def ready(self) -> None:
        """Returns if the bucket exists, serves us and keeps versions; else `Unavailable`."""
        with translated("look at the bucket"):
            state = self._s3.get_bucket_versioning(Bucket=self._settings.bucket).get("Status")
        if state != "Enabled":
            raise Unavailable("The object store's bucket does not keep versions.")

    def prepare(self) -> None:
        """Make the bucket if it is missing and switch versioning on. May be repeated."""
        with translated("make the bucket"):
            with suppress(
                self._s3.exceptions.BucketAlreadyOwnedByYou,
                self._s3.exceptions.BucketAlreadyExists,
            ):
                self._s3.create_bucket(Bucket=self._settings.bucket, **location(self._settings.region))
            self._s3.put_bucket_versioning(
                Bucket=self._settings.bucket,
                VersioningConfiguration={"Status": "Enabled"},
            )
        self.ready()

    def put_stream(self, key: str, pieces: Iterable[bytes]) -> Stored:
        """Store all `pieces` as one new version; holds at most `CONCURRENT_PARTS` + 1 parts in memory.

        Less than a part goes in one request. On any failure the upload is aborted and the failure comes out.
        A reply lost after the last request may leave a complete version that no row names: `listing` shows
        it.
        """
        parts = Parts(pieces)
        rest = iter(parts)
        first = next(rest)
        if len(first) < PART_BYTES:
            with translated("store an object"):
                reply = self._s3.put_object(Bucket=self._settings.bucket, Key=key, Body=first)
            return Stored(key, self._pin(key, reply), len(first))
        with translated("begin an upload"):
            upload = self._s3.create_multipart_upload(Bucket=self._settings.bucket, Key=key)["UploadId"]
        try:
            done, length = self._send_parts(key, upload, chain([first], rest), parts.sent)
            with translated("finish an upload"):
                reply = self._s3.complete_multipart_upload(
                    Bucket=self._settings.bucket,
                    Key=key,
                    UploadId=upload,
                    MultipartUpload={"Parts": done},
                )
            return Stored(key, self._pin(key, reply), length)
        except BaseException:
            self._abort(key, upload)
            raise
        finally:
            parts.close()

    def read_range(self, stored: Stored, start: int, stop: int) -> bytes:
        """Bytes [start, stop) of exactly this version, with one request unless the reply breaks off."""
        if not 0 <= start <= stop <= stored.length:
            raise Invalid("The range lies outside the object.")
        return b"".join(self._resumed(stored, start, stop, self._open(stored, start, stop))) if start < stop else b""

    def read_stream(self, stored: Stored) -> Iterator[bytes]:
        """All bytes of exactly this version, 256 KiB at a time; the request is made before this returns.

        A reply that breaks off is taken up again at the byte reached.
        """
        return self._resumed(stored, 0, stored.length, self._open(stored, 0, stored.length))

    def put_once(self, key: str, data: bytes) -> bool:
        """Store `data` unless the key holds something; a store that cannot promise that is `Unavailable`."""
        with translated("store a note"):
            try:
                self._s3.put_object(Bucket=self._settings.bucket, Key=key, Body=data, IfNoneMatch="*")
            except ClientError as error:
                if str(error.response.get("Error", {}).get("Code", "")) not in _TAKEN:
                    raise
                return False
        return True

    def first(self, prefix: str) -> tuple[str, bytes] | None:
        """The first key, in order, that begins with `prefix`, and what it holds now."""
        with translated("look for a note"):
            reply = self._s3.list_objects_v2(Bucket=self._settings.bucket, Prefix=prefix, MaxKeys=1)
            found = reply.get("Contents", [])
            if not found:
                return None
            key = str(found[0]["Key"])
            with closing(self._s3.get_object(Bucket=self._settings.bucket, Key=key)["Body"]) as body:
                return key, bytes(body.read())

    def erase(self, key: str) -> int:
        """Remove every version and delete marker of `key`; returns how many. May be repeated."""
        found = [
            item
            for page in self._version_pages(key)
            for item in page.get("Versions", []) + page.get("DeleteMarkers", [])
        ]
        doomed = [{"Key": key, "VersionId": item["VersionId"]} for item in found if item["Key"] == key]
        for start in range(0, len(doomed), _DELETE_AT_ONCE):
            batch = {"Objects": doomed[start : start + _DELETE_AT_ONCE], "Quiet": True}
            with translated("erase an object"):
                reply = self._s3.delete_objects(Bucket=self._settings.bucket, Delete=batch)
            if reply.get("Errors"):
                raise Unavailable("The object store refused to erase a version.")
        return len(doomed)

    def listing(self, prefix: str) -> Iterator[Listed]:
        """Every version of every key that begins with `prefix`; delete markers are not listed."""
        for page in self._version_pages(prefix):
            for item in page.get("Versions", []):
                yield Listed(
                    item["Key"],
                    item["VersionId"],
                    item["Size"],
                    item["LastModified"],
                    item["IsLatest"],
                )

    def unfinished(self) -> Iterator[tuple[str, datetime]]:
        """Key and beginning of every unfinished upload."""
        yield from ((one["Key"], one["Initiated"]) for one in self._unfinished())

    def abort_stale_uploads(self, older_than: datetime) -> int:
        """Drop unfinished uploads begun before `older_than` (aware); returns how many."""
        stale = [(one["Key"], one["UploadId"]) for one in self._unfinished() if one["Initiated"] < older_than]
        for key, upload in stale:
            with translated("abort an upload"):
                self._s3.abort_multipart_upload(Bucket=self._settings.bucket, Key=key, UploadId=upload)
        return len(stale)

    @property
    def _s3(self) -> Any:
        with self._lock:
            if self._client is None or self._client[0] != os.getpid():
                self._client = (os.getpid(), connect(self._settings))
            return self._client[1]

    def _pin(self, key: str, reply: dict[str, Any]) -> str:
        """What later reads demand of the object that `reply` says was stored."""
        version = reply.get("VersionId")
        if not version or version == "null":
            raise Unavailable("The object store's bucket does not keep versions.")
        return str(version)

    def _get(self, stored: Stored, **more: str) -> dict[str, Any]:
        reply: dict[str, Any] = self._s3.get_object(
            Bucket=self._settings.bucket,
            Key=stored.key,
            VersionId=stored.version_id,
            **more,
        )
        if reply.get("VersionId") != stored.version_id:
            reply["Body"].close()
            raise Tampered("The object store answered with another version.")
        return reply

    def _open(self, stored: Stored, start: int, stop: int) -> dict[str, Any]:
        """The reply with bytes [start, stop), its head checked and its body not yet read."""
        whole = (start, stop) == (0, stored.length)
        with translated("read an object"):
            reply = self._get(stored, **({} if whole else {"Range": f"bytes={start}-{stop - 1}"}))
        expected = None if whole else f"bytes {start}-{stop - 1}/{stored.length}"
        if reply["ContentLength"] != stop - start or reply.get("ContentRange") != expected:
            reply["Body"].close()
            raise Tampered("The stored object has another length than recorded.")
        return reply

    def _resumed(self, stored: Stored, at: int, stop: int, reply: dict[str, Any]) -> Iterator[bytes]:
        """The body of `reply`, which goes to `stop`; when it breaks off, the rest of the same object is asked for."""
        entity, failures = reply["ETag"], 0
        while True:
            try:
                with closing(reply["Body"]) as body:
                    for piece in body.iter_chunks(_READ_BYTES):
                        at, failures = at + len(piece), 0
                        yield piece
                return
            except (BotoCoreError, HTTPClientError) as error:
                failures += 1
                if failures >= self._settings.attempts:
                    facts = {"act": "read an object", "reason": type(error).__name__}
                    raise Unavailable("The object store broke off its reply.", facts=facts) from None
            time.sleep(RESUMED_AFTER * 2**failures)
            reply = self._open(stored, at, stop)
            if reply["ETag"] != entity:
                reply["Body"].close()
                raise Tampered("The stored object changed while it was read.")

    def _send_parts(
        self, key: str, upload: str, parts: Iterable[bytearray], sent: Callable[[bytearray], None]
    ) -> tuple[list[dict[str, Any]], int]:
        """Send parts while the next one fills; returns what completion needs, and the length."""
        slots = threading.Semaphore(CONCURRENT_PARTS)
        sending: list[Future[dict[str, Any]]] = []
        length = 0
        with ThreadPoolExecutor(CONCURRENT_PARTS, thread_name_prefix="s3-part") as pool:
            for number, part in enumerate(parts, start=1):
                slots.acquire()
                failed = [future for future in sending if future.done() and future.exception()]
                if failed:
                    break
                length += len(part)
                future = pool.submit(self._send_part, key, upload, number, part, sent)
                future.add_done_callback(lambda _: slots.release())
                sending.append(future)
        return [future.result() for future in sending], length

    def _send_part(
        self, key: str, upload: str, number: int, part: bytearray, sent: Callable[[bytearray], None]
    ) -> dict[str, Any]:
        """Send one part and give its buffer back."""
        with translated("send a part"):
            reply = self._s3.upload_part(
                Bucket=self._settings.bucket,
                Key=key,
                UploadId=upload,
                PartNumber=number,
                Body=part,
            )
        sent(part)
        return {"PartNumber": number, "ETag": reply["ETag"]}

    def _abort(self, key: str, upload: str) -> None:
        """Best effort: what a dead store keeps, `abort_stale_uploads` finds later."""
        with suppress(DataroomError), translated("abort an upload"):
            self._s3.abort_multipart_upload(Bucket=self._settings.bucket, Key=key, UploadId=upload)

    def _unfinished(self) -> Iterator[dict[str, Any]]:
        """The uploads in parts that were neither completed nor aborted."""
        with translated("list uploads"):
            try:
                for page in self._s3.get_paginator("list_multipart_uploads").paginate(Bucket=self._settings.bucket):
                    yield from page.get("Uploads", [])
            except self._s3.exceptions.NoSuchUpload:
                return  # what rclone answers before it has seen any upload

    def _version_pages(self, prefix: str) -> Iterator[dict[str, Any]]:
        with translated("list versions"):
            yield from self._s3.get_paginator("list_object_versions").paginate(
                Bucket=self._settings.bucket,
                Prefix=prefix,
                PaginationConfig={"PageSize": _LIST_AT_ONCE},
            )
