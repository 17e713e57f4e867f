"""The object store on S3 (SeaweedFS, MinIO, Ceph, AWS): one versioned bucket, path-style addresses."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError

from dataroom.errors import DataroomError, Invalid, Tampered, Unavailable
from dataroom.vault.store import Listed, Missing, Stored

PART_BYTES = 8 * 1024 * 1024
CONCURRENT_PARTS = 3
_READ_BYTES = 256 * 1024
_LIST_AT_ONCE = 1000
_DELETE_AT_ONCE = 1000
_TAKEN = {"PreconditionFailed", "412", "ConditionalRequestConflict"}
_GONE = {"NoSuchKey", "NoSuchVersion", "404", "MethodNotAllowed", "405"}


@dataclass(frozen=True, slots=True)
class S3Settings:
    """Where the bucket is and who we are there. The secret stays out of `repr`."""

    endpoint: str
    bucket: str
    access_key: str
    secret_key: str = field(repr=False)
    region: str = "us-east-1"
    connect_timeout: float = 5.0
    read_timeout: float = 60.0
    attempts: int = 4


class S3Store:
    """`dataroom.vault.store.ObjectStore` on one bucket. Safe for threads; connections are per process."""

    def __init__(self, settings: S3Settings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._client: tuple[int, Any] | None = None

    def alive(self) -> None:
        """Returns if the server answers and knows us; the bucket need not exist yet."""
        with _translated("list buckets"):
            self._s3.list_buckets()

    def ready(self) -> None:
        """Returns if the bucket exists, serves us and keeps versions; else `Unavailable`."""
        with _translated("look at the bucket"):
            state = self._s3.get_bucket_versioning(Bucket=self._settings.bucket).get("Status")
        if state != "Enabled":
            raise Unavailable("The object store's bucket does not keep versions.")

    def prepare(self) -> None:
        """Make the bucket if it is missing and switch versioning on. May be repeated."""
        with _translated("make the bucket"):
            with suppress(
                self._s3.exceptions.BucketAlreadyOwnedByYou,
                self._s3.exceptions.BucketAlreadyExists,
            ):
                self._s3.create_bucket(Bucket=self._settings.bucket, **_location(self._settings.region))
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
        rest = _parts(pieces)
        first = next(rest)
        if len(first) < PART_BYTES:
            with _translated("store an object"):
                reply = self._s3.put_object(Bucket=self._settings.bucket, Key=key, Body=first)
            return Stored(key, _version_of(reply), len(first))
        parts = chain([first], rest)
        del first  # the upload alone holds parts, and lets each go once sent
        with _translated("begin an upload"):
            upload = self._s3.create_multipart_upload(Bucket=self._settings.bucket, Key=key)["UploadId"]
        try:
            done, length = self._send_parts(key, upload, parts)
            with _translated("finish an upload"):
                reply = self._s3.complete_multipart_upload(
                    Bucket=self._settings.bucket,
                    Key=key,
                    UploadId=upload,
                    MultipartUpload={"Parts": done},
                )
            return Stored(key, _version_of(reply), length)
        except BaseException:
            self._abort(key, upload)
            raise

    def read_range(self, stored: Stored, start: int, stop: int) -> bytes:
        """Bytes [start, stop) of exactly this version, with one request."""
        if not 0 <= start <= stop <= stored.length:
            raise Invalid("The range lies outside the object.")
        if start == stop:
            return b""
        with _translated("read an object"):
            reply = self._get(stored, Range=f"bytes={start}-{stop - 1}")
            with closing(reply["Body"]) as body:
                if reply.get("ContentRange") != f"bytes {start}-{stop - 1}/{stored.length}":
                    raise Tampered("The stored object has another length than recorded.")
                data: bytes = body.read()
        if len(data) != stop - start:
            raise Unavailable("The object store broke off its reply.")
        return data

    def read_stream(self, stored: Stored) -> Iterator[bytes]:
        """All bytes of exactly this version, 256 KiB at a time; the request is made before this returns."""
        with _translated("read an object"):
            reply = self._get(stored)
        if reply["ContentLength"] != stored.length:
            reply["Body"].close()
            raise Tampered("The stored object has another length than recorded.")
        return _body(reply["Body"])

    def put_once(self, key: str, data: bytes) -> bool:
        """Store `data` unless the key holds something; a store without conditional writes is asked first."""
        place = {"Bucket": self._settings.bucket, "Key": key}
        with _translated("store a note"):
            try:
                self._s3.put_object(**place, Body=data, IfNoneMatch="*")
            except ClientError as error:
                code = str(error.response.get("Error", {}).get("Code", ""))
                if code in _TAKEN:
                    return False
                if code != "NotImplemented":
                    raise
                if self.first(key) is not None:
                    return False
                self._s3.put_object(**place, Body=data)
        return True

    def first(self, prefix: str) -> tuple[str, bytes] | None:
        """The first key, in order, that begins with `prefix`, and what it holds now."""
        with _translated("look for a note"):
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
            with _translated("erase an object"):
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

    def abort_stale_uploads(self, older_than: datetime) -> int:
        """Drop unfinished uploads begun before `older_than` (aware); returns how many."""
        stale: list[tuple[str, str]] = []
        with _translated("list uploads"):
            for page in self._s3.get_paginator("list_multipart_uploads").paginate(Bucket=self._settings.bucket):
                found = page.get("Uploads", [])
                stale += [(one["Key"], one["UploadId"]) for one in found if one["Initiated"] < older_than]
        for key, upload in stale:
            with _translated("abort an upload"):
                self._s3.abort_multipart_upload(Bucket=self._settings.bucket, Key=key, UploadId=upload)
        return len(stale)

    @property
    def _s3(self) -> Any:
        with self._lock:
            if self._client is None or self._client[0] != os.getpid():
                self._client = (os.getpid(), _connect(self._settings))
            return self._client[1]

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

    def _send_parts(self, key: str, upload: str, parts: Iterable[bytearray]) -> tuple[list[dict[str, Any]], int]:
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
                future = pool.submit(self._send_part, key, upload, number, part)
                future.add_done_callback(lambda _: slots.release())
                sending.append(future)
        return [future.result() for future in sending], length

    def _send_part(self, key: str, upload: str, number: int, part: bytearray) -> dict[str, Any]:
        """Send one part and empty it, whatever still refers to it in the client."""
        with _translated("send a part"):
            reply = self._s3.upload_part(
                Bucket=self._settings.bucket,
                Key=key,
                UploadId=upload,
                PartNumber=number,
                Body=part,
            )
        with suppress(BufferError):
            part.clear()
        return {"PartNumber": number, "ETag": reply["ETag"]}

    def _abort(self, key: str, upload: str) -> None:
        """Best effort: what a dead store keeps, `abort_stale_uploads` finds later."""
        with suppress(DataroomError), _translated("abort an upload"):
            self._s3.abort_multipart_upload(Bucket=self._settings.bucket, Key=key, UploadId=upload)

    def _version_pages(self, prefix: str) -> Iterator[dict[str, Any]]:
        with _translated("list versions"):
            yield from self._s3.get_paginator("list_object_versions").paginate(
                Bucket=self._settings.bucket,
                Prefix=prefix,
                PaginationConfig={"PageSize": _LIST_AT_ONCE},
            )


def _connect(settings: S3Settings) -> Any:
    session = boto3.session.Session(
        aws_access_key_id=settings.access_key,
        aws_secret_access_key=settings.secret_key,
        region_name=settings.region,
    )
    config = Config(
        signature_version="s3v4",
        connect_timeout=settings.connect_timeout,
        read_timeout=settings.read_timeout,
        retries={"mode": "standard", "total_max_attempts": settings.attempts},
        max_pool_connections=32,
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        s3={"addressing_style": "path"},
    )
    return session.client("s3", endpoint_url=settings.endpoint, config=config)


def _location(region: str) -> dict[str, Any]:
    """What S3 wants to hear when a bucket is made outside its first region."""
    return {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}


@contextmanager
def _translated(what: str) -> Iterator[None]:
    """Turn errors of the S3 client into ours; they name the act and the store's code, never secrets."""
    try:
        yield
    except ClientError as error:
        code = str(error.response.get("Error", {}).get("Code", "unknown"))
        if code in _GONE:
            raise Missing("The object is not in the store.") from None
        if code in {"InvalidRange", "416"}:
            raise Tampered("The stored object is shorter than recorded.") from None
        raise Unavailable(
            f"The object store refused us ({code}).",
            facts={"act": what, "reason": code},
        ) from None
    except (BotoCoreError, HTTPClientError) as error:
        reason = type(error).__name__
        raise Unavailable("The object store does not answer.", facts={"act": what, "reason": reason}) from None


def _parts(pieces: Iterable[bytes]) -> Iterator[bytearray]:
    """Regroup pieces into parts of `PART_BYTES`; the last may be shorter, and is empty only if all is."""
    part, began = bytearray(), False
    for piece in pieces:
        rest = memoryview(piece)
        while len(rest):
            room = PART_BYTES - len(part)
            part += rest[:room]
            rest = rest[room:]
            if len(part) == PART_BYTES:
                yield part
                part, began = bytearray(), True
    if part or not began:
        yield part


def _version_of(reply: dict[str, Any]) -> str:
    version = reply.get("VersionId")
    if not version or version == "null":
        raise Unavailable("The object store's bucket does not keep versions.")
    return str(version)


def _body(body: Any) -> Iterator[bytes]:
    with closing(body), _translated("read an object"):
        yield from body.iter_chunks(_READ_BYTES)
