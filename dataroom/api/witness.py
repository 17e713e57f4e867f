"""`POST /witness/add-checkpoint`: where partners' servers have their checkpoints cosigned (c2sp.org/tlog-witness).

There is no sign-in: a request counts by the log's own signature in it. So it is small, paced by address, and every
one that reads as a request is recorded, whether it was granted or not.
"""

from __future__ import annotations

import base64
import threading
import time
from collections import OrderedDict

from flask import Blueprint, Response, request

from dataroom.actions.context import Principal
from dataroom.actions.gate import Gate
from dataroom.actions.witnessing import Verdict
from dataroom.api.answering import HEADERS
from dataroom.audit.witness import (
    FORKED,
    INCONSISTENT,
    MALFORMED,
    MAX_REQUEST_BYTES,
    SIZE_MEDIA,
    STALE,
    read_submission,
)
from dataroom.errors import DataroomError, TooLarge, TooMany

PATH = "/witness/add-checkpoint"
PER_MINUTE = 240
_ADDRESSES = 4096
_STATUS = {MALFORMED: 400, INCONSISTENT: 422, FORKED: 409, STALE: 409}


class Pace:
    """At most `PER_MINUTE` requests a minute from one address; remembers a bounded number of addresses."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def step(self, address: str, now: float) -> None:
        """Counts one request; `TooMany` when the address has none left."""
        with self._lock:
            left, since = self._left.pop(address, (float(PER_MINUTE), now))
            left = min(float(PER_MINUTE), left + (now - since) * PER_MINUTE / 60)
            self._left[address] = (max(left - 1, 0.0), now)
            while len(self._left) > _ADDRESSES:
                self._left.popitem(last=False)
        if left < 1:
            raise TooMany("Too many requests; wait a minute.")


def build_witness(gate: Gate) -> Blueprint:
    """The blueprint with the one address of a witness."""
    witness, pace = Blueprint("witness", __name__), Pace()

    def add_checkpoint() -> Response:
        try:
            pace.step(request.remote_addr or "", time.monotonic())
            return _told(_judged(gate, _body()))
        except DataroomError as error:
            status = _STATUS.get(error.code, error.status)
            if error.code == STALE:
                return Response(f"{error.facts['size']}\n", status, HEADERS, content_type=SIZE_MEDIA)
            return Response(f"{error.code}\n", status, HEADERS, mimetype="text/plain")

    witness.add_url_rule(PATH, view_func=add_checkpoint, methods=["POST"], provide_automatic_options=False)
    return witness


def _body() -> bytes:
    if (request.content_length or 0) > MAX_REQUEST_BYTES:
        raise TooLarge()
    data = request.stream.read(MAX_REQUEST_BYTES + 1)
    if len(data) > MAX_REQUEST_BYTES:
        raise TooLarge()
    return data


def _judged(gate: Gate, data: bytes) -> Verdict:
    read_submission(data)
    who = Principal(role="service", name="witness", address=request.remote_addr or "")
    verdict = gate.perform(who, "witness.cosign", None, {"request": base64.b64encode(data).decode()})
    return verdict if isinstance(verdict, Verdict) else Verdict(code=MALFORMED)


def _told(verdict: Verdict) -> Response:
    if verdict.line:
        return Response(verdict.line, 200, HEADERS, content_type="text/plain; charset=utf-8")
    if verdict.code == FORKED:
        return Response(f"{verdict.size}\n", 409, HEADERS, content_type=SIZE_MEDIA)
    return Response(f"{verdict.code}\n", _STATUS[verdict.code], HEADERS, mimetype="text/plain")
