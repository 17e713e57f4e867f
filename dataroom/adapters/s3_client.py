"""The client of the object store: where the bucket is, how it is spoken to, and its errors as ours."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError

from dataroom.errors import Tampered, Unavailable
from dataroom.vault.store import Missing

_SESSION = boto3.session.Session()
_MAKING = threading.Lock()
"""What S3 speaks is read from boto3's files once a process; its session makes one client at a time."""
_GONE = {"NoSuchKey", "NoSuchVersion", "404", "MethodNotAllowed", "405"}


@dataclass(frozen=True, slots=True)
class S3Settings:
    """Where the bucket is and who we are there. The secret stays out of `repr`.

    `addressing` is `path` or `virtual` (the bucket in the host name); `checksums` is `when_required` or
    `when_supported` (a CRC with every upload, which some servers want and some refuse; what is read is judged by
    its seal alone); `versions` is `kept` or `none`.
    `attempts` counts the first try; between tries the wait doubles.
    """

    endpoint: str
    bucket: str
    access_key: str
    secret_key: str = field(repr=False)
    region: str = "us-east-1"
    connect_timeout: float = 5.0
    read_timeout: float = 60.0
    attempts: int = 4
    addressing: str = "path"
    checksums: str = "when_required"
    versions: str = "kept"


def connect(settings: S3Settings) -> Any:
    """A client of its own for this process; it tries again, with growing waits, what the server was too busy for."""
    config = Config(
        signature_version="s3v4",
        connect_timeout=settings.connect_timeout,
        read_timeout=settings.read_timeout,
        retries={"mode": "standard", "total_max_attempts": settings.attempts},
        max_pool_connections=32,
        request_checksum_calculation=settings.checksums,
        response_checksum_validation="when_required",
        s3={"addressing_style": settings.addressing},
    )
    with _MAKING:
        return _SESSION.client(
            "s3",
            region_name=settings.region,
            endpoint_url=settings.endpoint,
            aws_access_key_id=settings.access_key,
            aws_secret_access_key=settings.secret_key,
            config=config,
        )


def location(region: str) -> dict[str, Any]:
    """What S3 wants to hear when a bucket is made outside its first region."""
    return {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}


@contextmanager
def translated(what: str) -> Iterator[None]:
    """Turn errors of the S3 client into ours; they name the act and the store's code, never secrets."""
    try:
        yield
    except ClientError as error:
        code = str(error.response.get("Error", {}).get("Code", "unknown"))
        if code in _GONE:
            raise Missing("The content is not in the object store: whoever runs it has to look.") from None
        if code in {"InvalidRange", "416"}:
            raise Tampered("The stored object is shorter than recorded.") from None
        raise Unavailable(
            f"The object store refused us ({code}).",
            facts={"act": what, "reason": code},
        ) from None
    except (BotoCoreError, HTTPClientError) as error:
        reason = type(error).__name__
        raise Unavailable("The object store does not answer.", facts={"act": what, "reason": reason}) from None
